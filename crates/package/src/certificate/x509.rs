//! One X.509 certificate: what it says, and whether a key made a signature.
//!
//! It does not know of files, chains or trust.

use accession_core::time::Timestamp;
use der::Tag;
use der::oid::ObjectIdentifier;
use serde::Serialize;
use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::Digest;

use super::der::{Element, Elements, field};
use super::pkcs1::{Hash, PublicKey};
use crate::text::short;

/// Whether a signature is the key's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// It is.
    Valid,
    /// It is not: what was signed has changed since, or another key signed it.
    Invalid,
    /// This program does not check signatures of this kind.
    Unchecked {
        /// The kind, as `ECDSA P-256`.
        algorithm: String,
    },
    /// There is nothing to check: no signature, or nothing that it is of.
    Missing,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// For whom it is, in the form that vSphere shows: `/C=US/O=Example, Inc./CN=signing`.
    pub subject: String,
    /// Who vouches for it, in the same form.
    pub issuer: String,
    /// Its number at the issuer, in upper-case hex with colons.
    pub serial: String,
    /// Whether it vouches for itself.
    pub self_signed: bool,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Kind and size of the key: `RSA 2048`, `ECDSA P-256`.
    pub key: String,
    /// What it was signed with: `RSA with SHA256`.
    pub signature_algorithm: String,
    /// SHA-1 of the certificate, in upper-case hex with colons.
    pub sha1: String,
    /// SHA-256 of the certificate, in upper-case hex with colons.
    pub sha256: String,
}

/// A certificate that could be read.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) der: Vec<u8>,
    pub(super) seen: Certificate,
    key: Key,
    /// The part that the issuer signed, as it stands in the file.
    signed: Vec<u8>,
    signature: Vec<u8>,
    /// What `signature` is made of, if it is RSA with PKCS#1 v1.5 padding.
    hash: Option<Hash>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    authority: Authority,
}

#[derive(Debug, Clone)]
enum Key {
    Rsa(Box<PublicKey>),
    Other(String),
}

/// Whether a certificate may vouch for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Authority {
    /// It says so, perhaps with at most this many authorities between it and the last certificate.
    Yes(Option<u8>),
    /// It says that it may not, or says nothing.
    No,
    /// It is from before certificates could say so.
    Old,
}

impl Parsed {
    /// Reads a certificate; none if it is not one. RFC 5280, section 4.1, lists the fields.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let mut file = Elements::of(der)?;
        let mut certificate = file.within(Tag::Sequence)?;
        file.end()?;
        let signed = certificate.take().filter(|signed| signed.tag == Tag::Sequence)?;
        let (algorithm, _) = read_algorithm(&mut certificate)?;
        let signature = certificate.bits()?;
        certificate.end()?;

        let mut fields = Elements::of(signed.value)?;
        let is_first_version = match fields.within(field(0, true)) {
            None => true,
            Some(mut version) => match version.unsigned()? {
                [0] => true,
                [1 | 2] => false,
                _ => return None,
            },
        };
        let serial = fields.number()?;
        read_algorithm(&mut fields)?;
        let issuer = fields.value(Tag::Sequence)?;
        let mut validity = fields.within(Tag::Sequence)?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.end()?;
        let subject = fields.value(Tag::Sequence)?;
        let key = Key::read(fields.within(Tag::Sequence)?)?;
        // Numbers of issuer and subject, long out of use.
        let _ = (fields.value(field(1, false)), fields.value(field(2, false)));
        let constraints = match fields.within(field(3, true)) {
            Some(mut extensions) => basic_constraints(extensions.within(Tag::Sequence)?)?,
            None => None,
        };
        fields.end()?;

        let (hash, algorithm_name) = signature_algorithm(algorithm);
        let authority = match constraints {
            Some(authority) => authority,
            None if is_first_version => Authority::Old,
            None => Authority::No,
        };
        let seen = Certificate {
            subject: name(Elements::of(subject)?)?,
            issuer: name(Elements::of(issuer)?)?,
            serial: colons(serial),
            self_signed: false,
            not_before,
            not_after,
            key: key.name(),
            signature_algorithm: algorithm_name,
            sha1: colons(&Sha1::digest(der)),
            sha256: colons(&Sha256::digest(der)),
        };
        let mut parsed = Self {
            der: der.to_vec(),
            seen,
            key,
            signed: signed.whole.to_vec(),
            signature: signature.to_vec(),
            hash,
            subject: subject.to_vec(),
            issuer: issuer.to_vec(),
            authority,
        };
        parsed.seen.self_signed =
            parsed.names_itself() && parsed.vouches_for(&parsed) != Signature::Invalid;
        Some(parsed)
    }

    /// Whether issuer and subject are the same.
    pub(super) fn names_itself(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether the other one says that this one vouches for it.
    pub(super) fn is_named_by(&self, other: &Self) -> bool {
        self.subject == other.issuer
    }

    /// Whether this one's key signed the other one.
    pub(super) fn vouches_for(&self, other: &Self) -> Signature {
        match other.hash {
            Some(hash) => self.signed(hash, &other.signed, &other.signature),
            None => Signature::Unchecked { algorithm: other.seen.signature_algorithm.clone() },
        }
    }

    /// Whether it may vouch for a certificate with this many authorities below it.
    pub(super) fn may_vouch(&self, authorities_below: usize) -> bool {
        match self.authority {
            Authority::Yes(Some(most)) => authorities_below <= usize::from(most),
            Authority::Yes(None) | Authority::Old => true,
            Authority::No => false,
        }
    }

    /// Whether its time has begun and is not over.
    pub(super) fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.seen.not_before..=self.seen.not_after).contains(&now)
    }

    /// The size of an RSA key, in bits.
    pub(super) fn rsa_bits(&self) -> Option<u32> {
        match &self.key {
            Key::Rsa(key) => Some(key.bits()),
            Key::Other(_) => None,
        }
    }

    /// Whether this one's key signed a message.
    pub(super) fn signed(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Signature {
        match &self.key {
            Key::Rsa(key) if key.signed(hash, message, signature) => Signature::Valid,
            Key::Rsa(_) => Signature::Invalid,
            Key::Other(algorithm) => Signature::Unchecked { algorithm: algorithm.clone() },
        }
    }
}

impl Key {
    fn read(mut info: Elements<'_>) -> Option<Self> {
        let (algorithm, mut parameters) = read_algorithm(&mut info)?;
        let key = info.bits()?;
        info.end()?;
        if algorithm != RSA {
            return Some(Self::Other(match parameters.object() {
                Some(curve) => format!("{} {}", known(algorithm), known(curve)),
                None => known(algorithm),
            }));
        }
        let key = Self::read_rsa(Elements::of(key)?);
        Some(key.unwrap_or_else(|| Self::Other("RSA of an unusual size".to_owned())))
    }

    fn read_rsa(mut key: Elements<'_>) -> Option<Self> {
        let mut numbers = key.within(Tag::Sequence)?;
        key.end()?;
        let key = PublicKey::new(numbers.unsigned()?, numbers.unsigned()?)?;
        numbers.end()?;
        Some(Self::Rsa(Box::new(key)))
    }

    fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.bits()),
            Self::Other(name) => name.clone(),
        }
    }
}

/// What the extensions say of whether a certificate may vouch for others, if they do.
fn basic_constraints(mut extensions: Elements<'_>) -> Option<Option<Authority>> {
    const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    let mut found = None;
    while !extensions.is_empty() {
        let mut extension = extensions.within(Tag::Sequence)?;
        let (kind, _critical) = (extension.object()?, extension.flag()?);
        let mut value = Elements::of(extension.value(Tag::OctetString)?)?;
        extension.end()?;
        if kind != BASIC_CONSTRAINTS {
            continue;
        }
        let mut constraints = value.within(Tag::Sequence)?;
        value.end()?;
        let is_authority = constraints.flag()?;
        let most_below = match constraints.is_empty() {
            true => None,
            false => match constraints.unsigned()? {
                [most] => Some(*most),
                _ => return None,
            },
        };
        constraints.end()?;
        let authority = if is_authority { Authority::Yes(most_below) } else { Authority::No };
        if found.replace(authority).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Takes the number of an algorithm, and the element with its parameters if there is one.
fn read_algorithm<'a>(fields: &mut Elements<'a>) -> Option<(ObjectIdentifier, Elements<'a>)> {
    let mut algorithm = fields.within(Tag::Sequence)?;
    let (number, parameters) = (algorithm.object()?, algorithm.clone());
    if !algorithm.is_empty() {
        algorithm.take()?;
    }
    algorithm.end()?;
    Some((number, parameters))
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// What a certificate was signed with: the digest if it can be checked here, and its name.
fn signature_algorithm(oid: ObjectIdentifier) -> (Option<Hash>, String) {
    const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
    const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
    const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
    const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
    let hash = match oid {
        RSA_SHA1 => Hash::Sha1,
        RSA_SHA256 => Hash::Sha256,
        RSA_SHA384 => Hash::Sha384,
        RSA_SHA512 => Hash::Sha512,
        _ => return (None, known(oid)),
    };
    (Some(hash), format!("RSA with {}", hash.name()))
}

/// The name of an algorithm, a curve or a part of a name; the number itself if it is not known.
fn known(oid: ObjectIdentifier) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("0.9.2342.19200300.100.1.1", "UID"),
        ("0.9.2342.19200300.100.1.25", "DC"),
        ("1.2.840.10040.4.1", "DSA"),
        ("1.2.840.10040.4.3", "DSA with SHA1"),
        ("1.2.840.10045.2.1", "ECDSA"),
        ("1.2.840.10045.3.1.7", "P-256"),
        ("1.2.840.10045.4.1", "ECDSA with SHA1"),
        ("1.2.840.10045.4.3.2", "ECDSA with SHA256"),
        ("1.2.840.10045.4.3.3", "ECDSA with SHA384"),
        ("1.2.840.10045.4.3.4", "ECDSA with SHA512"),
        ("1.2.840.113549.1.1.4", "RSA with MD5"),
        ("1.2.840.113549.1.1.10", "RSA-PSS"),
        ("1.2.840.113549.1.9.1", "emailAddress"),
        ("1.3.101.112", "Ed25519"),
        ("1.3.132.0.34", "P-384"),
        ("1.3.132.0.35", "P-521"),
        ("2.5.4.3", "CN"),
        ("2.5.4.5", "serialNumber"),
        ("2.5.4.6", "C"),
        ("2.5.4.7", "L"),
        ("2.5.4.8", "ST"),
        ("2.5.4.9", "street"),
        ("2.5.4.10", "O"),
        ("2.5.4.11", "OU"),
        ("2.5.4.15", "businessCategory"),
        ("2.5.4.17", "postalCode"),
        ("2.16.840.1.101.3.4.3.2", "DSA with SHA256"),
    ];
    let number = oid.to_string();
    let name = NAMES.iter().find(|(known, _)| *known == number);
    name.map_or(number, |(_, name)| (*name).to_owned())
}

/// A name in the form of `openssl x509 -subject -nameopt compat`, which is the API's.
fn name(mut parts: Elements<'_>) -> Option<String> {
    let mut text = String::new();
    while !parts.is_empty() {
        let mut part = parts.within(Tag::Set)?;
        while !part.is_empty() {
            let mut attribute = part.within(Tag::Sequence)?;
            let kind = attribute.object()?;
            let Element { tag, value, .. } = attribute.take()?;
            attribute.end()?;
            let value = match tag {
                Tag::BmpString => two_byte_text(value).unwrap_or_else(|| colons(value)),
                // Latin-1 is what Teletex strings hold in practice.
                Tag::TeletexString => value.iter().copied().map(char::from).collect(),
                _ => String::from_utf8_lossy(value).into_owned(),
            };
            text.push('/');
            text.push_str(&known(kind));
            text.push('=');
            text.push_str(&value);
        }
    }
    Some(short(&text))
}

/// Text in two bytes for each character.
fn two_byte_text(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = pairs.iter().map(|pair| char::from_u32(u16::from_be_bytes(*pair).into())).collect();
    if rest.is_empty() { text } else { None }
}

/// Upper-case hex with colons, as thumbprints are written in vSphere.
fn colons(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

//! One X.509 certificate: what it says, and whether a key made a signature.
//!
//! It does not know of files, chains or trust.

use accession_core::time::Timestamp;
use rsa::{BoxedUint, Pkcs1v15Sign, PublicKey};
use serde::Serialize;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{AnyRef, BmpString, ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

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

/// A digest that an RSA signature is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    fn of(self, message: &[u8]) -> (Vec<u8>, Pkcs1v15Sign) {
        match self {
            Self::Sha1 => (Sha1::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha1>()),
            Self::Sha256 => (Sha256::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha256>()),
            Self::Sha384 => (Sha384::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha384>()),
            Self::Sha512 => (Sha512::digest(message).to_vec(), Pkcs1v15Sign::new::<Sha512>()),
        }
    }
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
    Rsa { key: Box<PublicKey>, bits: u32 },
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
    /// Reads a certificate; none if it is not one.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let tbs = certificate.tbs_certificate();
        let key = Key::read(tbs.subject_public_key_info());
        let algorithm = certificate.signature_algorithm().oid;
        let (hash, algorithm_name) = signature_algorithm(algorithm);
        let (subject, issuer) = (tbs.subject().to_der().ok()?, tbs.issuer().to_der().ok()?);
        let constraints = tbs.get_extension::<BasicConstraints>().ok()?;
        let authority = match constraints {
            Some((_, constraints)) if constraints.ca => {
                Authority::Yes(constraints.path_len_constraint)
            }
            None if tbs.version() == Version::V1 => Authority::Old,
            _ => Authority::No,
        };
        let seen = Certificate {
            subject: name(tbs.subject()),
            issuer: name(tbs.issuer()),
            serial: colons(tbs.serial_number().as_bytes()),
            self_signed: false,
            not_before: timestamp(tbs.validity().not_before),
            not_after: timestamp(tbs.validity().not_after),
            key: key.name(),
            signature_algorithm: algorithm_name,
            sha1: colons(&Sha1::digest(der)),
            sha256: colons(&Sha256::digest(der)),
        };
        let mut parsed = Self {
            der: der.to_vec(),
            seen,
            key,
            // Encoding the parsed part anew would lose what its writer did in another way.
            signed: first_element(der)?.to_vec(),
            signature: certificate.signature().raw_bytes().to_vec(),
            hash,
            subject,
            issuer,
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
            Key::Rsa { bits, .. } => Some(*bits),
            Key::Other(_) => None,
        }
    }

    /// Whether this one's key signed a message.
    ///
    /// RUSTSEC-2023-0071, a timing leak of the `rsa` crate, is about private keys; there is none here.
    pub(super) fn signed(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Signature {
        match &self.key {
            Key::Rsa { key, .. } => {
                let (digest, scheme) = hash.of(message);
                match key.verify(scheme, &digest, signature) {
                    Ok(()) => Signature::Valid,
                    Err(_) => Signature::Invalid,
                }
            }
            Key::Other(algorithm) => Signature::Unchecked { algorithm: algorithm.clone() },
        }
    }
}

impl Key {
    fn read(info: &SubjectPublicKeyInfoOwned) -> Self {
        let algorithm = info.algorithm.oid;
        if algorithm != RSA {
            let curve = info.algorithm.parameters.as_ref();
            let curve = curve.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
            return Self::Other(match curve {
                Some(curve) => format!("{} {}", known(algorithm), known(curve)),
                None => known(algorithm),
            });
        }
        Self::read_rsa(info.subject_public_key.raw_bytes())
            .unwrap_or_else(|| Self::Other("RSA of an unusual size".to_owned()))
    }

    fn read_rsa(der: &[u8]) -> Option<Self> {
        let parts = AnyRef::from_der(der).ok()?;
        let numbers = parts.sequence(|reader| {
            Ok::<_, x509_cert::der::Error>((UintRef::decode(reader)?, UintRef::decode(reader)?))
        });
        let (modulus, exponent) = numbers.ok()?;
        let modulus = BoxedUint::from_be_slice_vartime(modulus.as_bytes());
        let exponent = BoxedUint::from_be_slice_vartime(exponent.as_bytes());
        let bits = modulus.bit_width_vartime();
        // The upper bound keeps a hostile file from costing minutes.
        let key = PublicKey::new_with_size_limits(modulus, exponent, 512..=8192).ok()?;
        Some(Self::Rsa { key: Box::new(key), bits })
    }

    fn name(&self) -> String {
        match self {
            Self::Rsa { bits, .. } => format!("RSA {bits}"),
            Self::Other(name) => name.clone(),
        }
    }
}

/// The bytes of the first element within an element.
fn first_element(der: &[u8]) -> Option<&[u8]> {
    let contents = AnyRef::from_der(der).ok()?.value();
    SliceReader::new(contents).ok()?.tlv_bytes().ok()
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
fn name(name: &Name) -> String {
    let mut text = String::new();
    for part in name.iter() {
        let value = part.value.value();
        let value = match part.value.tag() {
            Tag::BmpString => part
                .value
                .decode_as::<BmpString>()
                .map_or_else(|_| colons(value), |s| s.to_string()),
            // Latin-1 is what Teletex strings hold in practice.
            Tag::TeletexString => value.iter().copied().map(char::from).collect(),
            _ => String::from_utf8_lossy(value).into_owned(),
        };
        text.push('/');
        text.push_str(&known(part.oid));
        text.push('=');
        text.push_str(&value);
    }
    short(&text)
}

fn timestamp(time: Time) -> Timestamp {
    let millis = time.to_unix_duration().as_millis();
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// Upper-case hex with colons, as thumbprints are written in vSphere.
fn colons(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

//! The `.cert` file of a signed package: who signed its manifest, and what a vCenter will say to it.
//!
//! The file is small and read whole: a line with the signature, as `SHA256(package.mf)= 5a0f…`,
//! then certificates in PEM, the signer's first. The signature is RSA with PKCS#1 v1.5 padding over
//! the bytes of the manifest. Other kinds of signatures are named and not checked; nor are
//! revocation, time stamps and what a certificate was issued for.
//!
//! It does not know whether the manifest is right, what the time is, or whom a vCenter trusts.

mod chain;
mod der;
mod pkcs1;
mod x509;

use accession_core::model::{CertificateInfo, WarningType};
use accession_core::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;

pub use self::x509::{Certificate, Signature};

use self::chain::{End, Search};
use self::pkcs1::Hash;
use self::x509::Parsed;
use crate::findings::{Check, Findings, Notes, Place, checks};
use crate::text::short;

/// The longest file that is read, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// How many certificates of a file are read.
pub const MOST_CERTIFICATES: usize = 32;

checks! {
    TOO_LARGE = Warns "certificate.too-large":
        "The certificate file has {0} bytes and was not read.",
        why "A certificate file holds one signature and a few certificates, some thousand bytes. \
            What a vCenter does with one of this size is not recorded.",
        remedy "Sign the package anew (ovftool --privateKey=key.pem in.ova out.ova), or remove the \
            .cert file.",
        Assumed "no limit is documented; this is the limit of this program";
    NO_CERTIFICATE = Warns "certificate.none":
        "The certificate file holds no certificate that can be read.",
        why "A package with a .cert file counts as signed, and here nobody can tell by whom. \
            How a content library answers is not recorded.",
        remedy "Sign the package anew (ovftool --privateKey=key.pem in.ova out.ova), or remove the \
            .cert file.",
        Assumed "the OVF specification (DSP0243) wants a certificate; no server's answer is recorded";
    NO_SIGNATURE = Warns "certificate.no-signature":
        "The certificate file holds no signature line.",
        why "A line as SHA256(package.mf)= and hexadecimal digits has to stand before the \
            certificate. Without it nothing is signed. How a content library answers is not recorded.",
        remedy "Sign the package anew (ovftool --privateKey=key.pem in.ova out.ova), or remove the \
            .cert file.",
        Assumed "the OVF specification (DSP0243) wants the line; no server's answer is recorded";
    SIGNATURE_UNREADABLE = Warns "certificate.signature-unreadable":
        "The signature line cannot be read: {0}.",
        why "The line has to be as SHA256(package.mf)= and hexadecimal digits. \
            How a content library answers is not recorded.",
        remedy "Sign the package anew (ovftool --privateKey=key.pem in.ova out.ova). By hand: \
            openssl dgst -sha256 -sign key.pem package.mf | xxd -p -c 0",
        Assumed "the OVF specification (DSP0243) gives the form; no server's answer is recorded";
    SIGNATURE_SPELLING = Warns "certificate.signature-spelling":
        "The signature line begins with {0} instead of {1}.",
        why "A vCenter refuses manifests that are spelt in this way (Invalid OVF checksum algorithm). \
            That it is as strict here is not recorded.",
        remedy "Write {1} at the begin of the line; the signature does not change by it.",
        Assumed "seen for manifests only";
    OPENSSL_SPELLING = Informs "certificate.openssl-spelling":
        "The signature line begins with {0}, as openssl writes it, instead of {1}.",
        why "Public signing scripts leave it so, and ovftool is used on what they make. \
            Whether a content library takes it is not recorded.",
        remedy "If the library refuses the package, write {1} at the begin of the line; the \
            signature does not change by it.",
        Assumed "the OVF specification (DSP0243) gives the form; no server's answer is recorded";
    OTHER_MANIFEST = Warns "certificate.other-manifest":
        "The signature is of {0}, but the manifest is named {1}.",
        why "A renamed or exchanged file. Whether a content library compares the names is not \
            recorded.",
        remedy "Give the manifest the name {0}, or sign the package anew (ovftool \
            --privateKey=key.pem in.ova out.ova).",
        Assumed "the OVF specification (DSP0243) wants the name; no server's answer is recorded";
    NO_MANIFEST = Warns "certificate.no-manifest":
        "The package has a certificate file, but no manifest that it signs.",
        why "A signature without the file that it is of proves nothing. \
            How a content library answers is not recorded.",
        remedy "Add the manifest that was signed, or remove the .cert file.",
        Assumed "the OVF specification (DSP0243) wants both; no server's answer is recorded";
    SIGNATURE_MISMATCH = Blocks "certificate.signature-mismatch":
        "The signature does not match the manifest.",
        why "The manifest was changed after it was signed, or another key signed it. Who takes a \
            package has to verify the signature, and no setting of an update session lets a wrong \
            one pass. The message that a content library answers with is not recorded.",
        remedy "Get the package anew. If the change was yours: sign it anew (ovftool \
            --privateKey=key.pem in.ova out.ova), or remove the .cert file.",
        Documented "DSP0243 1.1.0, section 5.1: the signature has to be verified";
    LINE_ENDINGS = Blocks "certificate.line-endings":
        "The signature is of this manifest with {0} at the ends of its lines, but it has {1}.",
        why "A tool or a transfer in text mode changed the manifest after it was signed, so the \
            signature does not match. The message that a content library answers with is not \
            recorded.",
        remedy "Turn the line ends back (unix2dos for CR LF, dos2unix for LF), or get the package \
            anew.",
        Documented "DSP0243 1.1.0, section 5.1: the signature has to be verified";
    UNCHECKED = Informs "certificate.unchecked":
        "The signature was made with {0}, which is not checked here.",
        why "It may be right or wrong. OVF tools sign with RSA; whether a content library takes \
            another kind is not recorded.",
        remedy "Try it, or sign the package with an RSA key (ovftool --privateKey=key.pem in.ova \
            out.ova).",
        Assumed "this program checks RSA with PKCS#1 v1.5 padding only";
    UNCHECKED_ISSUER = Informs "certificate.unchecked-issuer":
        "A certificate above {0} is signed with {1}, which is not checked here.",
        why "So whether the publisher is trusted is left open. If it is not, the preview warns of \
            UNTRUSTED_CERTIFICATE.",
        remedy "Compare the thumbprints with those that the publisher names.",
        Assumed "this program checks RSA with PKCS#1 v1.5 padding only";
    OTHER_BLOCK = Informs "certificate.other-block":
        "The certificate file also holds a block of the type {0}, which is not read here.",
        why "VBoxManage signova adds a signature in the form PKCS #7, for example. \
            What a content library does with it is not recorded.",
        remedy "If the library refuses the package, remove the block: the signature line and the \
            certificate are enough.",
        Assumed "DSP0243 names no other blocks; no server's answer is recorded";
    PRIVATE_KEY = Warns "certificate.private-key":
        "The certificate file holds a private key.",
        why "It is a secret: whoever gets the package can sign in the name of its publisher.",
        remedy "Do not pass the package on. Remove the key from the file, have the certificate \
            revoked, and sign anew with another key.",
        Documented "DSP0243: the file holds a signature and certificates, and nothing else";
    PEM_DAMAGED = Warns "certificate.pem-damaged":
        "A block in the certificate file is damaged: {0}.",
        why "The certificate in it cannot be read. How a content library answers is not recorded.",
        remedy "Get the file anew, or sign the package anew (ovftool --privateKey=key.pem in.ova \
            out.ova).",
        Assumed "RFC 7468 gives the form; no server's answer is recorded";
    UNREADABLE = Warns "certificate.unreadable":
        "What stands in a certificate block is not a certificate that this program can read.",
        why "It may be damaged, or unusual. How a content library answers is not recorded.",
        remedy "See what openssl x509 -in package.cert -noout -text says. If it cannot read it \
            either, get the file anew or sign the package anew.",
        Assumed "RFC 5280 gives the form; no server's answer is recorded";
    TOO_MANY = Informs "certificate.too-many":
        "The certificate file holds more than {0} certificates; the others were not read.",
        why "A chain has three or four. More look like a bundle that got in by mistake.",
        remedy "Leave the signer's certificate and those above it.",
        Assumed "no limit is documented; this is the limit of this program";
    ORDER = Warns "certificate.order":
        "The signer's certificate is number {0} in the file instead of the first.",
        why "Tools take the first certificate for the signer's, and find that the signature does \
            not match. How a content library answers is not recorded.",
        remedy "Put the certificate of {1} first, then the one that vouches for it, and so on.",
        Assumed "ovftool writes the signer first; no server's answer is recorded";
    SELF_SIGNED = Warns "certificate.self-signed":
        "The certificate of {0} is signed by itself.",
        why "The preview will warn of SELF_SIGNED_CERTIFICATE, and complete fails unless the \
            warning is ignored.",
        remedy "If you trust the publisher: create or update the session with warning_behavior \
            [{\"type\":\"SELF_SIGNED_CERTIFICATE\",\"ignored\":true}]. Else sign the package with a \
            certificate of an authority (ovftool --privateKey=key.pem in.ova out.ova), or remove \
            .cert and .mf.",
        Documented "the reference of update sessions: WarningType, WarningBehavior";
    EXPIRED = Warns "certificate.expired":
        "The certificate of {0} was valid until {1}.",
        why "The preview will warn of EXPIRED_CERTIFICATE, and complete fails unless the warning is \
            ignored.",
        remedy "Get a newer package. If you trust this one: create or update the session with \
            warning_behavior [{\"type\":\"EXPIRED_CERTIFICATE\",\"ignored\":true}].",
        Documented "the reference of update sessions: WarningType, WarningBehavior";
    NOT_YET_VALID = Warns "certificate.not-yet-valid":
        "The certificate of {0} is valid from {1} on.",
        why "The preview will warn of NOT_YET_VALID_CERTIFICATE, and complete fails unless the \
            warning is ignored.",
        remedy "Look at the clock first. Then wait, or create or update the session with \
            warning_behavior [{\"type\":\"NOT_YET_VALID_CERTIFICATE\",\"ignored\":true}].",
        Documented "the reference of update sessions: WarningType, WarningBehavior";
    UNTRUSTED = Warns "certificate.untrusted":
        "The certificate of {0} leads to no authority that is trusted; the last one is {1}.",
        why "The preview will warn of UNTRUSTED_CERTIFICATE if the vCenter does not trust {1} \
            either, and complete fails unless the warning is ignored.",
        remedy "Add the authority to the vCenter's trusted certificates, or create or update the \
            session with warning_behavior \
            [{\"type\":\"UNTRUSTED_CERTIFICATE\",\"ignored\":true}].",
        Documented "the reference of update sessions: WarningType, WarningBehavior";
    TRUST_UNKNOWN = Informs "certificate.trust-unknown":
        "The certificate of {0} is vouched for by {1}; whether the vCenter trusts it is not known \
        here.",
        why "If it does not, the preview warns of UNTRUSTED_CERTIFICATE, and complete fails unless \
            the warning is ignored.",
        remedy "Read the preview before complete. To let the warning pass: warning_behavior \
            [{\"type\":\"UNTRUSTED_CERTIFICATE\",\"ignored\":true}].",
        Documented "the reference of update sessions: WarningType, WarningBehavior";
    CHAIN = Warns "certificate.chain":
        "{0} is named as the issuer of the certificate of {1}, but {2}.",
        why "The chain breaks there, and the preview is likely to warn of UNTRUSTED_CERTIFICATE. \
            A vCenter with a better certificate of the same name may not.",
        remedy "Put the right certificates into the file, the signer's first, or create or update \
            the session with warning_behavior \
            [{\"type\":\"UNTRUSTED_CERTIFICATE\",\"ignored\":true}].",
        Assumed "RFC 5280 says how chains are checked; what a vCenter does with this one is not \
            recorded";
    WEAK_DIGEST = Informs "certificate.weak-digest":
        "The signature is made of a {0} digest.",
        why "Newer vCenters refuse manifests with it (Invalid OVF checksum algorithm). That they \
            refuse it in a signature is not recorded.",
        remedy "Sign the package anew: ovftool --shaAlgorithm=SHA256 --privateKey=key.pem in.ova \
            out.ova",
        Assumed "seen for manifests only";
    WEAK_KEY = Informs "certificate.weak-key":
        "The signer's key has {0} bits.",
        why "Keys of less than 2048 bits are no longer taken for safe. That a vCenter refuses them \
            here is not recorded.",
        remedy "Sign the package anew with a key of 2048 bits or more: openssl genrsa 3072",
        Assumed "NIST SP 800-131A; no server's answer is recorded";
    DIGEST_DIFFERS = Informs "certificate.digest-differs":
        "The signature is made of {0}, the manifest lists {1}.",
        why "Tools use one for both. That a content library minds is not recorded.",
        remedy "If the library refuses the package, sign it anew: ovftool --shaAlgorithm=SHA256 \
            --privateKey=key.pem in.ova out.ova",
        Assumed "ovftool sets both with one option; no server's answer is recorded";
}

/// A `.cert` file that could be read.
#[derive(Debug, Clone)]
pub struct CertificateFile {
    signatures: Vec<Line>,
    first: Located,
    others: Vec<Located>,
}

/// A certificate, and the line in which it begins.
#[derive(Debug, Clone)]
struct Located {
    line: u64,
    certificate: Parsed,
}

/// A line with a signature.
#[derive(Debug, Clone)]
struct Line {
    number: u64,
    /// The digest as it is written.
    algorithm: String,
    hash: Option<Hash>,
    manifest: String,
    signature: Vec<u8>,
}

/// The certificates of authorities that are trusted.
#[derive(Debug, Clone, Default)]
pub struct Roots(Vec<Parsed>);

impl Roots {
    /// Takes certificates in DER. What is not a certificate is left out.
    pub fn read<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(ders.into_iter().filter_map(Parsed::read).collect())
    }

    /// Takes all certificates of a text in PEM.
    pub fn of_pem(text: &[u8]) -> Self {
        let mut findings = Findings::default();
        let read = CertificateFile::read(text, &mut findings.of(""));
        let found = read.iter().flat_map(CertificateFile::certificates);
        Self(found.map(|located| located.certificate.clone()).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none, so that trust cannot be judged.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether the signer is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// An authority that is trusted vouches for it.
    Trusted,
    /// It vouches for itself.
    SelfSigned,
    /// No authority that is trusted vouches for it.
    Untrusted,
    /// Nobody said who is trusted, or a signature on the way was not checked.
    Unknown,
}

/// What a package's certificate file comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateReport {
    /// The certificate of who signed.
    pub signer: Certificate,
    /// The certificates above it, the nearest first, as far as they are known.
    pub chain: Vec<Certificate>,
    /// The signer's certificate in PEM.
    pub x509: String,
    /// The signer's certificate and those above it, each in base64: the preview's `cert_chain`.
    pub cert_chain: Vec<String>,
    /// The name of the manifest as the signature line gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The digest as the signature line gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether the signature is the signer's.
    pub signature: Signature,
    /// Whether the signer is trusted.
    pub trust: Trust,
    /// The warnings that the preview of an update session will raise.
    pub warnings: Vec<WarningType>,
}

impl CertificateReport {
    /// The certificate as the preview of an update session shows it.
    pub fn info(&self) -> CertificateInfo {
        CertificateInfo {
            issuer: self.signer.issuer.clone(),
            subject: self.signer.subject.clone(),
            self_signed: self.signer.self_signed,
            x509: self.x509.clone(),
        }
    }
}

/// The checks that raise a warning of the preview.
pub(crate) fn checks_of(warning: &WarningType) -> &'static [&'static Check] {
    match warning {
        WarningType::SelfSignedCertificate => &[SELF_SIGNED],
        WarningType::ExpiredCertificate => &[EXPIRED],
        WarningType::NotYetValidCertificate => &[NOT_YET_VALID],
        WarningType::UntrustedCertificate => &[UNTRUSTED, CHAIN],
        _ => &[],
    }
}

impl CertificateFile {
    /// Reads a file; none if there is no certificate in it.
    pub fn read(bytes: &[u8], notes: &mut Notes<'_>) -> Option<Self> {
        if bytes.len() > MOST_BYTES {
            notes.add(TOO_LARGE, None, [&bytes.len()]);
            return None;
        }
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        let (mut signatures, mut certificates) = (Vec::new(), Vec::new());
        let mut unsigned = true;
        let mut block: Option<Block<'_>> = None;
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if let Some(label) = boundary(line, "-----BEGIN ") {
                if let Some(open) = block.replace(Block { begin: number, label, lines: Vec::new() })
                {
                    open.cut(notes);
                }
            } else if let Some(label) = boundary(line, "-----END ") {
                match block.take() {
                    Some(open) if open.label == label => open.read(&mut certificates, notes),
                    Some(open) => open.cut(notes),
                    None => {
                        let why = "its first line is missing";
                        notes.add(PEM_DAMAGED, Some(Place::Line(number)), [&why]);
                    }
                }
            } else if let Some(open) = &mut block {
                open.lines.push((number, line));
            } else if looks_signed(line) {
                unsigned = false;
                if signatures.len() < MOST_CERTIFICATES {
                    signatures.extend(Line::read(number, line, notes));
                }
            }
        }
        if let Some(open) = block {
            open.cut(notes);
        }
        let mut certificates = certificates.into_iter();
        let Some(first) = certificates.next() else {
            notes.add(NO_CERTIFICATE, None, []);
            return None;
        };
        if unsigned {
            notes.add(NO_SIGNATURE, None, []);
        }
        Some(Self { signatures, first, others: certificates.collect() })
    }

    /// The certificates in the order of the file.
    fn certificates(&self) -> impl Iterator<Item = &Located> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// Judges the file: against the name and bytes of the manifest of its package, at a time, with
    /// these authorities trusted.
    pub fn judge(
        &self,
        manifest: Option<(&str, &[u8])>,
        now: Timestamp,
        roots: &Roots,
        notes: &mut Notes<'_>,
    ) -> CertificateReport {
        let line = self.signature_of(manifest.map(|(name, _)| name));
        let (Located { line: begin, certificate }, signature) = self.signer(line, manifest, notes);
        let place = Some(Place::Line(*begin));
        let seen = &certificate.seen;
        if let Some(bits) = certificate.rsa_bits().filter(|bits| *bits < 2048) {
            notes.add(WEAK_KEY, place, [&bits]);
        }
        let mut warnings = Vec::new();
        let certificates = self.certificates().map(|located| &located.certificate);
        let search =
            Search { issuers: roots.0.iter().chain(certificates).collect(), roots: &roots.0, now };
        let (above, end) = search.from(certificate);
        let last = above.last().map_or(&seen.issuer, |top| &top.seen.issuer);
        let trust = match &end {
            End::Root => Trust::Trusted,
            End::Top if above.is_empty() => {
                notes.add(SELF_SIGNED, place, [&seen.subject]);
                warnings.push(WarningType::SelfSignedCertificate);
                Trust::SelfSigned
            }
            End::Unchecked(algorithm) => {
                notes.add(UNCHECKED_ISSUER, place, [&seen.subject, algorithm]);
                Trust::Unknown
            }
            End::Unfit { issuer, why } => {
                let below = above.last().map_or(&seen.subject, |top| &top.seen.subject);
                notes.add(CHAIN, place, [issuer, below, why]);
                if roots.is_empty() { Trust::Unknown } else { Trust::Untrusted }
            }
            End::Top | End::Missing if roots.is_empty() => {
                notes.add(TRUST_UNKNOWN, place, [&seen.subject, last]);
                Trust::Unknown
            }
            End::Top | End::Missing => {
                notes.add(UNTRUSTED, place, [&seen.subject, last]);
                Trust::Untrusted
            }
        };
        if now > seen.not_after {
            notes.add(EXPIRED, place, [&seen.subject, &seen.not_after]);
            warnings.push(WarningType::ExpiredCertificate);
        }
        if now < seen.not_before {
            notes.add(NOT_YET_VALID, place, [&seen.subject, &seen.not_before]);
            warnings.push(WarningType::NotYetValidCertificate);
        }
        if trust == Trust::Untrusted {
            warnings.push(WarningType::UntrustedCertificate);
        }
        let ders = [certificate].into_iter().chain(above.iter().copied());
        CertificateReport {
            signer: seen.clone(),
            chain: above.iter().map(|above| above.seen.clone()).collect(),
            x509: pem(&certificate.der),
            cert_chain: ders.map(|certificate| BASE64.encode(&certificate.der)).collect(),
            manifest: line.map(|line| short(&line.manifest)),
            digest: line.map(|line| line.algorithm.clone()),
            signature,
            trust,
            warnings,
        }
    }

    /// The line that names the manifest, else the first.
    fn signature_of(&self, manifest: Option<&str>) -> Option<&Line> {
        let named = |line: &&Line| manifest.is_some_and(|name| same_name(name, &line.manifest));
        self.signatures.iter().find(named).or(self.signatures.first())
    }

    /// Which certificate is the signer's, and whether it signed.
    fn signer(
        &self,
        line: Option<&Line>,
        manifest: Option<(&str, &[u8])>,
        notes: &mut Notes<'_>,
    ) -> (&Located, Signature) {
        let Some((name, bytes)) = manifest else {
            notes.add(NO_MANIFEST, None, []);
            return (&self.first, Signature::Missing);
        };
        let Some(line) = line else {
            return (&self.first, Signature::Missing);
        };
        let place = Some(Place::Line(line.number));
        if !same_name(name, &line.manifest) {
            notes.add(OTHER_MANIFEST, place, [&short(&line.manifest), &short(name)]);
        }
        let Some(hash) = line.hash else {
            notes.add(UNCHECKED, place, [&line.algorithm]);
            return (&self.first, Signature::Unchecked { algorithm: line.algorithm.clone() });
        };
        if hash == Hash::Sha1 {
            notes.add(WEAK_DIGEST, place, [&hash.name()]);
        }
        if let Some(other) = other_digest(bytes, hash) {
            notes.add(DIGEST_DIFFERS, place, [&hash.name(), &other]);
        }
        let verdict = |located: &Located| located.certificate.signed(hash, bytes, &line.signature);
        let mut numbered = (1..).zip(self.certificates());
        if let Some((number, signer)) = numbered.find(|(_, it)| verdict(it) == Signature::Valid) {
            if number > 1 {
                let subject = &signer.certificate.seen.subject;
                notes.add(ORDER, Some(Place::Line(signer.line)), [&number, subject]);
            }
            return (signer, Signature::Valid);
        }
        let verdict = verdict(&self.first);
        match &verdict {
            Signature::Unchecked { algorithm } => notes.add(UNCHECKED, place, [algorithm]),
            _ => match line_ends(&self.first.certificate, hash, bytes, &line.signature) {
                Some((signed, found)) => notes.add(LINE_ENDINGS, place, [&signed, &found]),
                None => notes.add(SIGNATURE_MISMATCH, place, []),
            },
        }
        (&self.first, verdict)
    }
}

/// What stands between a `-----BEGIN` and its `-----END`.
struct Block<'a> {
    begin: u64,
    label: &'a str,
    lines: Vec<(u64, &'a str)>,
}

impl Block<'_> {
    /// Takes what is in it, if it is a certificate.
    fn read(&self, certificates: &mut Vec<Located>, notes: &mut Notes<'_>) {
        let place = Some(Place::Line(self.begin));
        if self.label.contains("PRIVATE KEY") {
            notes.add(PRIVATE_KEY, place, []);
        } else if !matches!(self.label, "CERTIFICATE" | "X509 CERTIFICATE") {
            notes.add(OTHER_BLOCK, place, [&short(self.label)]);
        } else if certificates.len() >= MOST_CERTIFICATES {
            notes.add(TOO_MANY, place, [&MOST_CERTIFICATES]);
        } else if let Some(der) = self.decode(notes) {
            match Parsed::read(&der) {
                Some(certificate) => certificates.push(Located { line: self.begin, certificate }),
                None => notes.add(UNREADABLE, place, []),
            }
        }
    }

    /// Notes that there is no end to it. A cut key is still a secret.
    fn cut(&self, notes: &mut Notes<'_>) {
        let place = Some(Place::Line(self.begin));
        if self.label.contains("PRIVATE KEY") {
            notes.add(PRIVATE_KEY, place, []);
        }
        notes.add(PEM_DAMAGED, place, [&"its last line is missing"]);
    }

    fn decode(&self, notes: &mut Notes<'_>) -> Option<Vec<u8>> {
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent)
                .with_decode_allow_trailing_bits(true),
        );
        let letters = |line: &str| {
            line.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b' '))
        };
        if let Some((number, _)) = self.lines.iter().find(|(_, line)| !letters(line)) {
            let why = "there is more than base64 in it";
            notes.add(PEM_DAMAGED, Some(Place::Line(*number)), [&why]);
            return None;
        }
        let text: String = self.lines.iter().flat_map(|(_, line)| line.split(' ')).collect();
        let decoded = LENIENT.decode(text);
        if decoded.is_err() {
            let why = "its base64 is incomplete";
            notes.add(PEM_DAMAGED, Some(Place::Line(self.begin)), [&why]);
        }
        decoded.ok()
    }
}

/// The label of a line that begins or ends a block.
fn boundary<'a>(line: &'a str, begin: &str) -> Option<&'a str> {
    line.strip_prefix(begin)?.strip_suffix("-----")
}

/// Whether a line is meant as a signature, and not a comment as `openssl` writes them.
fn looks_signed(line: &str) -> bool {
    let algorithm = line.split(['(', '=']).next().unwrap_or_default().to_ascii_uppercase();
    line.contains('(') && ["SHA", "MD5", "RSA-"].iter().any(|begin| algorithm.starts_with(begin))
}

impl Line {
    fn read(number: u64, line: &str, notes: &mut Notes<'_>) -> Option<Self> {
        let place = Some(Place::Line(number));
        let parts = line.split_once('(').and_then(|(algorithm, rest)| {
            // Names may hold parentheses; the digits cannot.
            let (name, digits) = rest.rsplit_once(')')?;
            let usual = digits.starts_with('=');
            Some((algorithm, name, digits.trim_start().strip_prefix('=')?.trim(), usual))
        });
        let Some((algorithm, name, digits, usual)) = parts else {
            notes.add(SIGNATURE_UNREADABLE, place, [&"it is not of this form"]);
            return None;
        };
        let Some(signature) = unhex(digits).filter(|signature| !signature.is_empty()) else {
            let why = "what follows the equals sign is not hexadecimal, or is cut off";
            notes.add(SIGNATURE_UNREADABLE, place, [&why]);
            return None;
        };
        let hash = hash(algorithm);
        if let Some(hash) = hash.filter(|hash| !usual || algorithm != hash.name()) {
            let found = line.strip_suffix(digits).unwrap_or(line).trim();
            let check = match algorithm.strip_prefix("RSA-") {
                Some(rest) if usual && rest == hash.name() => OPENSSL_SPELLING,
                _ => SIGNATURE_SPELLING,
            };
            let usual = format!("{}({name})=", hash.name());
            notes.add(check, place, [&short(found), &short(&usual)]);
        }
        let algorithm = hash.map_or_else(|| short(algorithm.trim()), |hash| hash.name().to_owned());
        Some(Self { number, algorithm, hash, manifest: name.to_owned(), signature })
    }
}

/// The digest that a spelling means. `openssl dgst -sign -hex` writes `RSA-SHA2-256`.
fn hash(algorithm: &str) -> Option<Hash> {
    let spelling: String = algorithm.chars().filter(|c| !matches!(c, '-' | ' ' | '_')).collect();
    let spelling = spelling.to_ascii_uppercase();
    match spelling.strip_prefix("RSA").unwrap_or(&spelling) {
        "SHA1" => Some(Hash::Sha1),
        "SHA256" | "SHA2256" => Some(Hash::Sha256),
        "SHA384" | "SHA2384" => Some(Hash::Sha384),
        "SHA512" | "SHA2512" => Some(Hash::Sha512),
        _ => None,
    }
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// The digest of a manifest whose lines all have another one than the signature.
fn other_digest(manifest: &[u8], signed: Hash) -> Option<&'static str> {
    let mut other = None;
    for line in manifest.split(|byte| *byte == b'\n').take(1000) {
        let Some(end) = line.iter().position(|byte| *byte == b'(') else {
            continue;
        };
        let algorithm = line.get(..end).and_then(|algorithm| str::from_utf8(algorithm).ok());
        let found = algorithm.and_then(hash)?;
        if found == signed {
            return None;
        }
        other.get_or_insert(found.name());
    }
    other
}

/// The line ends that the manifest had when it was signed, and those that it has, if that is all
/// that is wrong.
fn line_ends(
    signer: &Parsed,
    hash: Hash,
    manifest: &[u8],
    signature: &[u8],
) -> Option<(&'static str, &'static str)> {
    if manifest.len() > MOST_BYTES {
        return None;
    }
    let lf: Vec<u8> = manifest.iter().copied().filter(|byte| *byte != b'\r').collect();
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(
            |byte| if *byte == b'\n' { [Some(b'\r'), Some(b'\n')] } else { [Some(*byte), None] },
        )
        .flatten()
        .collect();
    let signed = |bytes: &[u8]| signer.signed(hash, bytes, signature) == Signature::Valid;
    if signed(&lf) {
        Some(("LF", "CR LF"))
    } else if signed(&crlf) {
        Some(("CR LF", "LF"))
    } else {
        None
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END CERTIFICATE-----\n"
}

/// Whether two names are the same, whatever their folders and the case of their letters.
fn same_name(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|name| name.rsplit('/').next().unwrap_or(name));
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_in_pairs() {
        assert_eq!(unhex("00fFa0"), Some(vec![0, 255, 160]));
        assert_eq!(unhex("00f"), None);
        assert_eq!(unhex("0g"), None);
        assert_eq!(unhex("é"), None);
    }

    #[test]
    fn folders_and_case_make_no_other_name() {
        assert!(same_name("folder/Package.MF", "package.mf"));
        assert!(!same_name("package (1).mf", "package.mf"));
    }

    #[test]
    fn a_manifest_with_any_line_of_the_same_digest_does_not_differ() {
        assert_eq!(other_digest(b"SHA1(a)= 00\nSHA256(a)= 00\n", Hash::Sha256), None);
        assert_eq!(other_digest(b"SHA1(a)= 00\nSHA1(b)= 00\n", Hash::Sha256), Some("SHA1"));
        assert_eq!(other_digest(b"odd\n", Hash::Sha256), None);
        assert_eq!(other_digest(b"ODD(a)= 00\n", Hash::Sha256), None);
    }
}

//! Makes keys, certificates and `.cert` files. Every run has its own keys; none is in the repository.

use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData,
    SignatureAlgorithm, SigningKey,
};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::{Pkcs1v15Sign, PrivateKey};
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};

/// The kind of the signer's key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// RSA of 2048 bits.
    Rsa,
    /// RSA of 1024 bits.
    WeakRsa,
    /// ECDSA with the curve P-256.
    Ec,
}

/// Who signs a package.
#[derive(Clone)]
pub(crate) struct Signer {
    /// The CN of the certificate.
    pub(crate) name: &'static str,
    /// The kind of its key.
    pub(crate) key: Key,
    /// The years on whose first days its time begins and ends.
    pub(crate) years: (i32, i32),
    /// The CN of the authorities above it, the nearest first. With none it signs itself.
    pub(crate) authorities: &'static [&'static str],
    /// The years of the authorities.
    pub(crate) authority_years: (i32, i32),
    /// Whether the authorities say that they are authorities.
    pub(crate) authorities_say_so: bool,
    /// The digest of the signature: `SHA1`, `SHA256` or `SHA512`.
    pub(crate) digest: &'static str,
}

impl Default for Signer {
    /// Signs itself with RSA and SHA256, from 2020 to 2040.
    fn default() -> Self {
        Self {
            name: "signer",
            key: Key::Rsa,
            years: (2020, 2040),
            authorities: &[],
            authority_years: (2020, 2040),
            authorities_say_so: true,
            digest: "SHA256",
        }
    }
}

impl Signer {
    /// Signs with the certificate of an intermediate authority under a root.
    pub(crate) fn issued() -> Self {
        Self { authorities: &["intermediate", "root"], ..Self::default() }
    }

    /// The certificates in DER, the signer's first, the root's last.
    pub(crate) fn certificates(&self) -> Vec<Vec<u8>> {
        let name = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.remove(DnType::CommonName);
            params.distinguished_name.push(DnType::CountryName, "US");
            params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let mut signer = name(self.name);
        limit(&mut signer, self.years);
        let params: Vec<_> = self
            .authorities
            .iter()
            .map(|authority| {
                let mut params = name(authority);
                limit(&mut params, self.authority_years);
                if self.authorities_say_so {
                    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                }
                params
            })
            .collect();
        let mut made = Vec::new();
        for (at, subject) in [&signer].into_iter().chain(&params).enumerate() {
            let key: &dyn AnyKey = if at == 0 { self.key.get() } else { authority_key() };
            let certificate = match params.get(at) {
                Some(issuer) => {
                    subject.signed_by(&Dyn(key), &Issuer::from_params(issuer, Dyn(authority_key())))
                }
                None => subject.self_signed(&Dyn(key)),
            };
            made.push(certificate.unwrap().der().to_vec());
        }
        made
    }

    /// The certificate of the uppermost authority.
    pub(crate) fn root(&self) -> Vec<u8> {
        self.certificates().pop().unwrap()
    }

    /// The signature of a manifest.
    pub(crate) fn signature(&self, manifest: &[u8]) -> Vec<u8> {
        match self.key {
            Key::Ec => self.key.get().sign_bytes(manifest),
            Key::Rsa | Key::WeakRsa => sign(self.key.rsa(), self.digest, manifest),
        }
    }

    /// The line with the signature of a manifest.
    pub(crate) fn line(&self, name: &str, manifest: &[u8]) -> String {
        let digits: String =
            self.signature(manifest).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}({name})= {digits}\n", self.digest)
    }

    /// The whole `.cert` file for a manifest; without the root, as is the custom.
    pub(crate) fn file(&self, name: &str, manifest: &[u8]) -> String {
        let mut certificates = self.certificates();
        if !self.authorities.is_empty() {
            certificates.pop();
        }
        certificates.iter().fold(self.line(name, manifest), |file, der| file + &pem(der))
    }
}

/// A certificate in PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    block("CERTIFICATE", der)
}

/// Anything in PEM.
pub(crate) fn block(label: &str, bytes: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Signs a certificate that `Signer` made anew, with RSA and SHA-1.
pub(crate) fn with_sha1(der: &[u8]) -> Vec<u8> {
    const SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    let mut der = der.to_vec();
    while let Some(at) = der.windows(SHA256.len()).position(|window| window == SHA256) {
        der[at + SHA256.len() - 1] = 5;
    }
    let signed = 4..8 + usize::from(der[6]) * 256 + usize::from(der[7]);
    let signature = sign(Key::Rsa.rsa(), "SHA1", &der[signed]);
    let end = der.len();
    der[end - signature.len()..].copy_from_slice(&signature);
    der
}

fn sign(key: &PrivateKey, digest: &str, message: &[u8]) -> Vec<u8> {
    let signed = match digest {
        "SHA1" => key.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message)),
        "SHA256" => key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)),
        "SHA512" => key.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message)),
        other => panic!("no digest {other}"),
    };
    signed.unwrap()
}

fn limit(params: &mut CertificateParams, (from, to): (i32, i32)) {
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
}

/// A key of any kind, for rcgen.
trait AnyKey: Sync {
    fn public(&self) -> &[u8];
    fn kind(&self) -> &'static SignatureAlgorithm;
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8>;
}

struct RsaKey {
    private: PrivateKey,
    public: Vec<u8>,
}

impl RsaKey {
    fn make(bits: usize) -> Self {
        let private = PrivateKey::new(&mut getrandom::SysRng, bits).unwrap();
        let public = private.to_public_key().to_pkcs1_der().unwrap().as_bytes().to_vec();
        Self { private, public }
    }
}

impl AnyKey for RsaKey {
    fn public(&self) -> &[u8] {
        &self.public
    }

    fn kind(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }

    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        sign(&self.private, "SHA256", message)
    }
}

impl AnyKey for KeyPair {
    fn public(&self) -> &[u8] {
        self.der_bytes()
    }

    fn kind(&self) -> &'static SignatureAlgorithm {
        self.algorithm()
    }

    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        self.sign(message).unwrap()
    }
}

struct Dyn<'a>(&'a dyn AnyKey);

impl PublicKeyData for Dyn<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.kind()
    }
}

impl SigningKey for Dyn<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign_bytes(message))
    }
}

static RSA: OnceLock<RsaKey> = OnceLock::new();
static WEAK_RSA: OnceLock<RsaKey> = OnceLock::new();
static AUTHORITY: OnceLock<RsaKey> = OnceLock::new();
static EC: OnceLock<KeyPair> = OnceLock::new();

fn authority_key() -> &'static RsaKey {
    AUTHORITY.get_or_init(|| RsaKey::make(2048))
}

impl Key {
    fn rsa(self) -> &'static PrivateKey {
        match self {
            Self::Rsa => &RSA.get_or_init(|| RsaKey::make(2048)).private,
            Self::WeakRsa => &WEAK_RSA.get_or_init(|| RsaKey::make(1024)).private,
            Self::Ec => panic!("an EC key is not an RSA key"),
        }
    }

    fn get(self) -> &'static dyn AnyKey {
        match self {
            Self::Rsa => RSA.get_or_init(|| RsaKey::make(2048)),
            Self::WeakRsa => WEAK_RSA.get_or_init(|| RsaKey::make(1024)),
            Self::Ec => {
                EC.get_or_init(|| KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap())
            }
        }
    }
}

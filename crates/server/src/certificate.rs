//! The certificate by which clients know this server: a given one, or one made at the start.
//!
//! It does not know what is said under it, nor who trusts it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use accession_core::received::Algorithm;
use accession_core::time::Timestamp;
use accession_package::Intake;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::origin::Origin;
use crate::{clock, files};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Some clients take no certificate that is valid for longer than two years, whoever signed it.
const VALID_DAYS: u32 = 365;

/// Which certificate clients are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// One that is made at the start, and that nobody has signed but its own key.
    SelfSigned {
        /// The file that it is written to, for clients that are to trust it.
        write_to: Option<PathBuf>,
    },
    /// One that there is.
    Given {
        /// The file of the certificate and of those that vouch for it, in PEM.
        certificate: PathBuf,
        /// The file of its private key, in PEM.
        key: PathBuf,
    },
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("failed to read {}: {source}; {option} names a PEM file that this user may read", file.display())]
    Unreadable {
        /// What named the file.
        option: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not in PEM, or holds something else.
    #[error("{} holds no {what} in PEM: {source}; {remedy}", file.display())]
    NotPem {
        /// What should be in it.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: PemError,
        /// How to make it right.
        remedy: &'static str,
    },
    /// The two do not belong together, or are of a kind that cannot be used.
    #[error(
        "the certificate in {} cannot be used with the key in {}: {source}; give the certificate \
         of this key, before those that vouch for it", certificate.display(), key.display()
    )]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
    /// A self-signed certificate cannot be made for these names.
    #[error(
        "failed to make a certificate for {names}: {source}; give one with --certificate and --key"
    )]
    Unmade {
        /// The names.
        names: String,
        /// What is wrong with them.
        source: rcgen::Error,
    },
    /// The self-signed certificate cannot be written.
    #[error("failed to write the certificate to {}: {source}; choose another file with --write-certificate", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// TLS has no usable protocol version.
    #[error("failed to set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// What a client is shown, and how TLS with it begins.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) thumbprint: Thumbprint,
}

/// The digest of a certificate, as `openssl x509 -fingerprint` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbprint(String);

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Certificate {
    /// Reads or makes the certificate of a server at this address.
    pub(crate) fn identity(
        &self,
        address: SocketAddr,
        public_url: Option<&Origin>,
    ) -> Result<Identity, CertificateError> {
        match self {
            Self::SelfSigned { write_to } => {
                let names = names(address, public_url);
                let (certificate, key) = make(&names, clock::now()).map_err(|source| {
                    CertificateError::Unmade { names: names.join(", "), source }
                })?;
                if let Some(file) = write_to {
                    files::write(file, pem(&certificate).as_bytes()).map_err(|source| {
                        CertificateError::Unwritable { file: file.clone(), source }
                    })?;
                }
                Ok(Identity::new(vec![certificate], key)?)
            }
            Self::Given { certificate, key } => {
                let chain = read_chain(certificate)?;
                let private = read_key(key)?;
                Identity::new(chain, private).map_err(|source| CertificateError::Unusable {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    source,
                })
            }
        }
    }
}

impl Identity {
    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let shown = chain.first().map_or(&[][..], |shown| shown.as_ref());
        let thumbprint = Thumbprint::of(Algorithm::Sha256, shown);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), thumbprint })
    }
}

impl Thumbprint {
    /// One that somebody has written; case does not matter.
    pub(crate) fn written(text: &str) -> Self {
        Self(text.to_ascii_uppercase())
    }

    pub(crate) fn of(algorithm: Algorithm, certificate: &[u8]) -> Self {
        let mut intake = Intake::new([algorithm]);
        intake.write(certificate);
        let digest = intake.finish().digests.remove(&algorithm).unwrap_or_default();
        let mut text = String::new();
        for (index, digit) in digest.chars().enumerate() {
            if index > 0 && index % 2 == 0 {
                text.push(':');
            }
            text.push(digit.to_ascii_uppercase());
        }
        Self(text)
    }
}

/// The names by which clients may call a server that listens there.
fn names(address: SocketAddr, public_url: Option<&Origin>) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let bound = Some(address.ip()).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
    let public = public_url.map(|origin| origin.host().to_ascii_lowercase());
    for name in bound.into_iter().chain(public) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn make(
    names: &[String],
    now: Timestamp,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "accession-server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let day = |at: Timestamp| {
        // An instant is written with its date first: 2026-01-02.
        let text = at.to_string();
        let number = |from: usize, to: usize| text[from..to].parse::<u16>().unwrap_or(1);
        date_time_ymd(i32::from(number(0, 4)), number(5, 7) as u8, number(8, 10) as u8)
    };
    // A client's clock may be a little behind.
    (params.not_before, params.not_after) = (day(now - DAY), day(now + VALID_DAYS * DAY));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// Lines of 64 characters, as RFC 7468 has them.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = BASE64.encode(certificate);
    let lines: Vec<_> =
        (0..text.len()).step_by(64).map(|at| &text[at..][..64.min(text.len() - at)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn read_chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let bytes = read("--certificate", file)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        failed => Err(CertificateError::NotPem {
            what: "certificate",
            file: file.to_owned(),
            source: failed.err().unwrap_or(PemError::NoItemsFound),
            remedy: "it must have a section that begins with -----BEGIN CERTIFICATE-----",
        }),
    }
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let bytes = read("--key", file)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|source| CertificateError::NotPem {
        what: "private key",
        file: file.to_owned(),
        source,
        remedy: "a key with a passphrase is not read; take it off with openssl pkey -in FILE -out FILE",
    })
}

fn read(option: &'static str, file: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(file).map_err(|source| CertificateError::Unreadable {
        option,
        file: file.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_for_every_name_that_a_client_may_use() {
        let names = |address: &str, public: &str| {
            names(address.parse().unwrap(), public.parse().ok().as_ref()).join(" ")
        };
        assert_eq!(names("127.0.0.1:1", ""), "localhost 127.0.0.1 ::1");
        assert_eq!(names("[::]:1", "https://Lab.example:1"), "localhost 127.0.0.1 ::1 lab.example");
        assert_eq!(
            names("192.0.2.7:1", "https://[2001:db8::1]"),
            "localhost 127.0.0.1 ::1 192.0.2.7 2001:db8::1"
        );
    }

    #[test]
    fn a_thumbprint_is_written_as_openssl_does() {
        // Of "abc", from FIPS 180-2.
        assert_eq!(
            Thumbprint::of(Algorithm::Sha256, b"abc").to_string(),
            "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        // The last day of February has no day a year later.
        let now = "2028-02-29T00:00:00Z".parse().unwrap();
        let (certificate, _) = make(&["localhost".to_owned()], now).unwrap();
        let text = pem(&certificate);
        assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        let read: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).flatten().collect();
        assert_eq!(read, [certificate]);
    }
}

//! TLS towards other servers, and whom it trusts.
//!
//! It does not know what is said over it.

use std::sync::Arc;

use accession_core::received::Algorithm;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use tokio_rustls::TlsConnector;

use crate::certificate::Thumbprint;

/// Whom to trust.
#[derive(Debug)]
pub(crate) enum Whom {
    /// Who has the word of an authority that this machine trusts.
    Authorities,
    /// Whoever shows this certificate.
    Only(Pin),
    Anybody,
}

/// One certificate, told from all others.
#[derive(Debug)]
pub(crate) enum Pin {
    Certificate(CertificateDer<'static>),
    Thumbprint(Algorithm, Thumbprint),
}

impl Pin {
    fn fits(&self, shown: &CertificateDer<'_>) -> bool {
        match self {
            Self::Certificate(certificate) => certificate == shown,
            Self::Thumbprint(algorithm, thumbprint) => {
                Thumbprint::of(*algorithm, shown) == *thumbprint
            }
        }
    }

    /// The digest by which a certificate that does not fit is named.
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Certificate(_) => Algorithm::Sha256,
            Self::Thumbprint(algorithm, _) => *algorithm,
        }
    }
}

/// The certificate that a server shows instead.
#[derive(Debug, thiserror::Error)]
#[error("its {} is {thumbprint}", algorithm.name())]
struct Another {
    algorithm: Algorithm,
    thumbprint: Thumbprint,
}

/// Speaks TLS with those who are trusted.
pub(crate) fn connector(whom: Whom) -> Result<TlsConnector, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    let pin = match whom {
        Whom::Authorities => None,
        Whom::Only(pin) => Some(Some(pin)),
        Whom::Anybody => Some(None),
    };
    let builder = match pin {
        None => builder.with_root_certificates(authorities()),
        Some(pin) => {
            let verifier = Arc::new(Unvouched { provider, pin });
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

fn authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is missed when it is needed: the answer then names the remedy.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Takes a certificate for itself, as long as the peer has its key: one, or any.
#[derive(Debug)]
struct Unvouched {
    provider: Arc<CryptoProvider>,
    pin: Option<Pin>,
}

impl ServerCertVerifier for Unvouched {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.pin {
            Some(pin) if !pin.fits(end_entity) => {
                let algorithm = pin.algorithm();
                let thumbprint = Thumbprint::of(algorithm, end_entity);
                let another = OtherError(Arc::new(Another { algorithm, thumbprint }));
                Err(CertificateError::Other(another).into())
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

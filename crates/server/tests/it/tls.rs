//! TLS: the certificate that clients are shown, and what becomes of those who do not speak it well.

use std::sync::Arc;
use std::time::Duration;

use accession_core::received::Algorithm;
use accession_package::Intake;
use accession_server::{Certificate, Config, Job, Limits, Recipe, Running, StartError, start};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use crate::support::{Answer, Connection, Directory, Reach, User, ask, serve};

const SHORT: Duration = Duration::from_millis(200);

/// A server that speaks TLS, with a self-signed certificate that its clients trust.
pub(crate) struct Secure {
    pub(crate) server: Running,
    trusted: Reach,
    pub(crate) certificate: CertificateDer<'static>,
}

impl Secure {
    pub(crate) fn new(config: Config) -> Self {
        let directory = Directory::new();
        let file = directory.0.join("certificate.pem");
        let certificate = Certificate::SelfSigned { write_to: Some(file.clone()) };
        let server = serve(Config { certificate: Some(certificate), ..config });
        let certificate = CertificateDer::from_pem_file(file).unwrap();
        let trusted = trusted_at(&server, &certificate);
        Self { server, trusted, certificate }
    }
}

fn simulator() -> Config {
    Config::new(Job::Simulate(Recipe::new(7)))
}

fn trusting(certificate: &CertificateDer<'static>) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn trusted_at(server: &Running, certificate: &CertificateDer<'static>) -> Reach {
    Reach { tls: Some(trusting(certificate)), ..server.address().into() }
}

fn refusal(certificate: Certificate) -> String {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        certificate: Some(certificate),
        ..simulator()
    };
    match start(config) {
        Err(error @ StartError::Certificate(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_session_goes_over_tls() {
    let secure = Secure::new(simulator());
    assert_eq!(secure.server.origin(), format!("https://{}", secure.server.address()));
    let user = User::new(secure.trusted.clone());
    user.whole_session();
    let added = user.added("a.iso", 3);
    assert!(added.link.starts_with("https://localhost:443/"), "{}", added.link);
    // Many requests on one connection, and a large one.
    let mut connection = Connection::open(secure.trusted.clone());
    let token = [("vmware-api-session-id", user.token.as_str())];
    for _ in 0..3 {
        assert_eq!(connection.ask("GET", "/api/session", &token, b"").status, 200);
    }
    let large = user.add(&added.session, "large.iso", &json!({ "size": 5 << 20 }));
    let answer = connection.ask("PUT", large.path(), &[], &vec![1; 5 << 20]);
    assert_eq!((answer.status, user.status(&large).as_str()), (200, "READY"));
}

/// A digest as openssl writes it.
pub(crate) fn thumbprint(algorithm: Algorithm, certificate: &CertificateDer<'_>) -> String {
    let mut intake = Intake::new([algorithm]);
    intake.write(certificate);
    let digest = &intake.finish().digests[&algorithm];
    let pairs: Vec<_> = (0..digest.len()).step_by(2).map(|at| &digest[at..at + 2]).collect();
    pairs.join(":").to_uppercase()
}

#[test]
fn the_thumbprint_is_that_of_the_certificate() {
    let directory = Directory::new();
    let file = directory.0.join("certificate.pem");
    let program =
        crate::program::Program::start(&["--tls", "--write-certificate", file.to_str().unwrap()]);
    let certificate = CertificateDer::from_pem_file(file).unwrap();
    let expected = format!("certificate SHA-256 {}\n", thumbprint(Algorithm::Sha256, &certificate));
    assert_eq!(program.second_line(), expected);
    let tls = Some(trusting(&certificate));
    User::new(Reach { tls, ..program.address.into() }).whole_session();
    assert!(program.first_line.contains("listening on https://127.0.0.1:"));
}

#[test]
fn a_given_certificate_is_shown() {
    let directory = Directory::new();
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    directory.write("certificate.pem", pem("CERTIFICATE", made.der()));
    directory.write("key.pem", pem("PRIVATE KEY", &key.serialize_der()));
    directory.write("other.pem", pem("PRIVATE KEY", &KeyPair::generate().unwrap().serialize_der()));
    directory.write("locked.pem", pem("ENCRYPTED PRIVATE KEY", b"whatever"));
    directory.write("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n");
    let given = |certificate: &str, key: &str| Certificate::Given {
        certificate: directory.0.join(certificate),
        key: directory.0.join(key),
    };

    let certificate = Some(given("certificate.pem", "key.pem"));
    let server = serve(Config { certificate, ..simulator() });
    User::new(trusted_at(&server, made.der())).whole_session();

    for (certificate, key, told) in [
        ("missing.pem", "key.pem", ["missing.pem", "--certificate"]),
        ("certificate.pem", "missing.pem", ["missing.pem", "--key"]),
        ("key.pem", "key.pem", ["key.pem holds no certificate", "BEGIN CERTIFICATE"]),
        ("broken.pem", "key.pem", ["broken.pem", "BEGIN CERTIFICATE"]),
        (
            "certificate.pem",
            "certificate.pem",
            ["certificate.pem holds no private key", "passphrase"],
        ),
        ("certificate.pem", "locked.pem", ["locked.pem", "passphrase"]),
        ("certificate.pem", "other.pem", ["other.pem", "cannot be used"]),
    ] {
        let refused = refusal(given(certificate, key));
        assert!(told.iter().all(|part| refused.contains(part)), "{refused}");
    }
    let nowhere = directory.0.join("no-such-directory/certificate.pem");
    let refused = refusal(Certificate::SelfSigned { write_to: Some(nowhere) });
    assert!(refused.contains("no-such-directory") && refused.contains("--write-certificate"));
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[test]
fn plain_http_is_told_to_speak_tls() {
    let secure = Secure::new(simulator());
    for (method, path) in [("GET", "/api/session"), ("PUT", "/cls/data/x/y")] {
        let answer = ask(secure.server.address(), method, path, &[], b"");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["error"], "accession-server");
        assert!(answer.text().contains("https://"), "{}", answer.text());
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let mut garbage = Connection::open(secure.server.address());
    garbage.send([0x80; 300]);
    garbage.wait_for_end();
    User::new(secure.trusted).whole_session();
}

#[test]
fn a_slow_or_broken_handshake_holds_no_place() {
    let limits = Limits { connections: 2, head: SHORT, ..Limits::default() };
    let secure = Secure::new(Config { limits, ..simulator() });
    let address = secure.server.address();
    for _ in 0..2 {
        let silent = Connection::open(address);
        // The head of a handshake record, and a byte now and then.
        let mut slow = Connection::open(address);
        slow.send([22, 3, 1, 0x20, 0]);
        while slow.try_send([1]).is_ok() {
            std::thread::sleep(SHORT / 4);
        }
        let mut broken = Connection::open(address);
        broken.send([22, 3, 1, 0, 2, 0xff, 0xff]);
        broken.wait_for_end();
        drop(silent);
    }
    let mut silent = Connection::open(address);
    silent.wait_for_end();
    User::new(secure.trusted).whole_session();
}

#[test]
fn a_client_that_trusts_somebody_else_leaves() {
    let (secure, other) = (Secure::new(simulator()), Secure::new(simulator()));
    assert_ne!(secure.certificate, other.certificate);
    let mut connection = Connection::open(trusted_at(&secure.server, &other.certificate));
    let error = connection.try_send("GET /api/session HTTP/1.1\r\n\r\n").unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    User::new(secure.trusted).whole_session();
}

#[test]
fn a_refusal_reaches_a_client_that_is_still_sending_over_tls() {
    let secure = Secure::new(simulator());
    let mut connection = Connection::open(secure.trusted.clone());
    let length = 20 << 20;
    connection.head("PUT", "/cls/data/wrong/a", &[("Content-Length", &length.to_string())]);
    let piece = vec![0; 1 << 20];
    for _ in 0..length / piece.len() {
        connection.send(&piece);
    }
    let refusal: Answer = connection.answer(true);
    assert_eq!((refusal.status, refusal.header("connection")), (404, Some("close")));
}

#[test]
fn a_client_that_does_not_listen_is_left_over_tls() {
    let directory = Directory::new();
    directory.write("large.bin", vec![0; 32 << 20]);
    let limits = Limits { write: SHORT, ..Limits::default() };
    let page = Some(directory.0.clone());
    let secure = Secure::new(Config { page, limits, ..simulator() });
    let mut connection = Connection::open(secure.trusted.clone());
    connection.head("GET", "/large.bin", &[]);
    std::thread::sleep(5 * SHORT);
    let got = connection.rest_until_cut().len();
    assert!(got < 32 << 20, "{got} bytes came after all");
}

#[test]
fn a_gateway_speaks_tls_too() {
    let behind = serve(simulator());
    let secure = Secure::new(Config::new(crate::support::forward(&behind.origin(), false)));
    let user = User::new(secure.trusted);
    user.whole_session();
    let added = user.added("a.iso", 3);
    assert!(added.link.starts_with("https://localhost:443/"), "{}", added.link);
}

//! The gateway: in front of a simulator, and in front of servers that misbehave.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use accession_server::{Config, Limits, Running};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::{
    Answer, Connection, Directory, Peer, User, ask, forward, gateway, serve, simulator, wait_until,
};

const SHORT: Duration = Duration::from_millis(200);
const OWN: &str = "accession-gateway";

fn simulator_and_gateway() -> (Running, Running) {
    let simulator = simulator(Limits::default());
    let gateway = gateway(&simulator.origin(), Limits::default());
    (simulator, gateway)
}

/// An answer that is the gateway's own, and cannot be mistaken for the live server's.
fn own_message(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["error"], OWN);
    assert!(body.get("error_type").is_none() && body.get("messages").is_none());
    body["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_whole_session_goes_through() {
    let (simulator, gateway) = simulator_and_gateway();
    let user = User::new(gateway.address());
    user.whole_session();
    let answer = user.call("GET", "/api/session", None);
    assert_eq!(answer.header("x-accession-gateway"), Some(simulator.origin().as_str()));
    let direct = ask(simulator.address(), "GET", "/api/session", &[], b"");
    assert_eq!(direct.header("x-accession-gateway"), None);

    // Links lead through the gateway, under the name that the client uses for it.
    let added = user.added("a.iso", 3);
    assert!(added.link.starts_with("http://localhost:80/"), "{}", added.link);

    // Refusals come through as they are.
    let refused = user.complete(&added.session);
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error_type"], "NOT_ALLOWED_IN_CURRENT_STATE");
}

#[test]
fn a_large_body_that_is_no_upload_goes_through() {
    let (_simulator, gateway) = simulator_and_gateway();
    let user = User::new(gateway.address());
    let token = [("vmware-api-session-id", user.token.as_str())];
    let path = "/api/content/library/item/update-session";
    let answer = ask(gateway.address(), "POST", path, &token, &vec![b' '; 2 << 20]);
    // The limit is the simulator's own.
    assert_eq!((answer.status, &answer.json()["error_type"]), (413, &"INVALID_REQUEST".into()));
}

#[test]
fn a_cancelled_upload_is_cancelled_behind_the_gateway() {
    let (simulator, gateway) = simulator_and_gateway();
    let user = User::new(gateway.address());
    for framing in [("Content-Length", "1000"), ("Transfer-Encoding", "chunked")] {
        let added = user.added("cut.iso", 1000);
        let mut connection = Connection::open(gateway.address());
        connection.head("PUT", added.path(), &[framing]);
        connection.send("3\r\nabc\r\n");
        wait_until("the transfer", || user.status(&added) == "TRANSFERRING");
        drop(connection);
        wait_until("the end", || user.status(&added) == "ERROR");
        assert!(user.file(&added).to_string().contains("connection"));
        // The session is not lost with it.
        let again = user.add(&added.session, "cut.iso", &serde_json::json!({ "size": 3 }));
        assert_eq!(user.upload("PUT", &again, b"abc").status, 200);
        assert_eq!(user.complete(&again.session).status, 204);
    }
    User::new(simulator.address()).whole_session();
}

#[test]
fn a_client_that_leaves_is_followed_at_once() {
    // While it waits for an answer ...
    let (asked, was_asked) = mpsc::channel();
    let peer = Peer::new(move |mut connection| {
        connection.message();
        asked.send(()).unwrap();
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin, Limits::default());
    let mut connection = Connection::open(server.address());
    connection.head("GET", "/api/slow", &[]);
    was_asked.recv().unwrap();
    let left = Instant::now();
    drop(connection);
    peer.join();
    assert!(left.elapsed() < Duration::from_secs(2));

    // ... and while it is being answered.
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n");
        let piece = vec![0; 1 << 16];
        while connection.try_send(&piece).is_ok() {}
    });
    let server = gateway(&peer.origin, Limits::default());
    let mut connection = Connection::open(server.address());
    connection.head("GET", "/api/large", &[]);
    connection.bytes(1 << 20);
    let left = Instant::now();
    drop(connection);
    peer.join();
    assert!(left.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_server_that_has_refused_gets_no_more() {
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        assert!(connection.rest().len() < 50 << 20);
    });
    let server = gateway(&peer.origin, Limits::default());
    let mut connection = Connection::open(server.address());
    connection.head("PUT", "/cls/data/x/y", &[("Content-Length", "1000000000")]);
    assert_eq!(connection.answer(true).status, 404);
    // The client is still heard out, so that it finds the refusal whenever it looks.
    let piece = vec![0; 1 << 20];
    (0..50).for_each(|_| connection.send(&piece));
    peer.join();
}

#[test]
fn pieces_go_on_as_they_come() {
    let (go_on, told) = mpsc::channel::<()>();
    let peer = Peer::new(move |mut connection| {
        let (_, headers) = connection.message();
        assert!(headers.contains(&("content-length".to_owned(), "6".to_owned())));
        assert_eq!(connection.bytes(3), b"abc");
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nuvw\r\n");
        assert_eq!(connection.bytes(3), b"def");
        told.recv().unwrap();
        connection.send("3\r\nxyz\r\n0\r\n\r\n");
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin, Limits::default());
    let mut connection = Connection::open(server.address());
    connection.head("PUT", "/cls/data/x/y", &[("Content-Length", "6")]);
    connection.send("abc");
    let (status, headers) = connection.message();
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(headers.contains(&("transfer-encoding".to_owned(), "chunked".to_owned())));
    assert_eq!(connection.bytes(8), b"3\r\nuvw\r\n");
    connection.send("def");
    go_on.send(()).unwrap();
    assert_eq!(connection.bytes(13), b"3\r\nxyz\r\n0\r\n\r\n");
    peer.join();
}

#[test]
fn fields_are_passed_on_except_those_of_the_connection() {
    let peer = Peer::new(|mut connection| {
        let (first, headers) = connection.message();
        assert_eq!(first, "POST /rest/a%2Fb?~action=x&c=%20 HTTP/1.1");
        let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
        for gone in ["connection", "x-private", "te", "upgrade", "origin", "expect", "keep-alive"] {
            assert!(!names.contains(&gone), "{gone} in {names:?}");
        }
        let field = |name: &str| {
            let mut fields = headers.iter().filter(|(other, _)| other == name);
            let value = fields.next().map(|(_, value)| value.as_str());
            assert!(fields.next().is_none(), "{name} twice");
            value
        };
        let host = connection.second_handle().local_addr().unwrap().to_string();
        assert_eq!(field("host"), Some(host.as_str()));
        assert_eq!(field("x-forwarded-host"), Some("localhost:1"));
        assert_eq!(field("x-forwarded-proto"), Some("http"));
        assert_eq!(field("vmware-api-session-id"), Some("secret"));
        assert_eq!(field("cookie"), Some("a=b"));
        connection.send(
            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nSet-Cookie: c=d\r\n\
             Connection: close, X-Theirs\r\nX-Theirs: 1\r\nKeep-Alive: timeout=5\r\n\
             Content-Length: 2\r\n\r\nok",
        );
    });
    let server = gateway(&peer.origin, Limits::default());
    let answer = ask(
        server.address(),
        "POST",
        "/rest/a%2Fb?~action=x&c=%20",
        &[
            ("Host", "localhost:1"),
            ("Origin", "http://localhost:1"),
            ("Connection", "keep-alive, X-Private"),
            ("Keep-Alive", "5"),
            ("X-Private", "1"),
            ("TE", "trailers"),
            ("Upgrade", "websocket"),
            ("Cookie", "a=b"),
            ("vmware-api-session-id", "secret"),
        ],
        b"",
    );
    peer.join();
    assert_eq!((answer.status, answer.text().as_str()), (302, "ok"));
    assert_eq!(answer.header("location"), Some("http://elsewhere.example/"));
    assert_eq!(answer.header("set-cookie"), Some("c=d"));
    assert_eq!((answer.header("x-theirs"), answer.header("keep-alive")), (None, None));
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let server = gateway(&gone, Limits::default());
    let message = own_message(&ask(server.address(), "GET", "/api/session", &[], b""), 502);
    assert!(message.contains(&gone) && message.contains("check the address"), "{message}");

    let server = gateway("http://no-such-host.invalid", Limits::default());
    let message = own_message(&ask(server.address(), "GET", "/api/session", &[], b""), 502);
    assert!(message.contains("no-such-host.invalid"), "{message}");
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let limits = Limits { answer: SHORT, ..Limits::default() };
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin, limits.clone());
    let message = own_message(&ask(server.address(), "POST", "/api/x", &[], b"{}"), 504);
    assert!(message.contains("may still be done"), "{message}");
    peer.join();

    // A request that is still being sent is not late.
    let limits = Limits { answer: 3 * SHORT, ..limits };
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.bytes(8);
        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    let server = gateway(&peer.origin, limits.clone());
    let mut connection = Connection::open(server.address());
    connection.head("PUT", "/api/x", &[("Content-Length", "8")]);
    for _ in 0..8 {
        std::thread::sleep(SHORT / 2);
        connection.send("x");
    }
    assert_eq!(connection.answer(true).status, 204);
    peer.join();

    // An answer that stops halfway is not passed off as a whole one.
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin, limits);
    let mut connection = Connection::open(server.address());
    connection.head("GET", "/api/x", &[]);
    assert!(connection.rest().ends_with(b"\r\n\r\nabc"));
    peer.join();
}

#[test]
fn a_server_that_breaks_off_is_named() {
    let peer = Peer::new(|mut connection| {
        connection.message();
    });
    let server = gateway(&peer.origin, Limits::default());
    let message = own_message(&ask(server.address(), "GET", "/api/x", &[], b""), 502);
    assert!(message.contains(&peer.origin) && message.contains("broke"), "{message}");
    peer.join();

    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.send("SSH-2.0-something\r\n");
    });
    let server = gateway(&peer.origin, Limits::default());
    own_message(&ask(server.address(), "GET", "/api/x", &[], b""), 502);
    peer.join();
}

#[test]
fn a_slow_client_is_told_so() {
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin, Limits { upload_idle: SHORT, ..Limits::default() });
    let mut connection = Connection::open(server.address());
    connection.head("PUT", "/cls/data/x/y", &[("Content-Length", "4")]);
    own_message(&connection.answer(true), 408);
    peer.join();
}

#[test]
fn a_certificate_must_be_trusted_or_waved_through() {
    let tls = TlsPeer::new();
    let careful = gateway(&tls.origin, Limits::default());
    let message = own_message(&ask(careful.address(), "GET", "/api/x", &[], b""), 502);
    for part in [tls.origin.as_str(), "not trusted", "--insecure", "SSL_CERT_FILE"] {
        assert!(message.contains(part), "{message}");
    }

    let careless = serve(Config::new(forward(&tls.origin, true)));
    let answer = ask(careless.address(), "GET", "/api/x", &[], b"");
    assert_eq!((answer.status, answer.text().as_str()), (200, "over TLS"));
}

#[test]
fn a_server_without_tls_is_named() {
    let peer = Peer::new(|mut connection| {
        connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        connection.wait_for_end();
    });
    let server = gateway(&peer.origin.replace("http:", "https:"), Limits::default());
    let message = own_message(&ask(server.address(), "GET", "/api/x", &[], b""), 502);
    assert!(message.contains("no TLS") && message.contains("http://"), "{message}");
    peer.join();

    let silent = Peer::new(|mut connection| connection.wait_for_end());
    let limits = Limits { connect: SHORT, ..Limits::default() };
    let server = gateway(&silent.origin.replace("http:", "https:"), limits);
    let message = own_message(&ask(server.address(), "GET", "/api/x", &[], b""), 504);
    assert!(message.contains("firewall"), "{message}");
    silent.join();
}

#[test]
fn only_the_api_is_forwarded() {
    let (_simulator, gateway) = simulator_and_gateway();
    for path in ["/", "/ui", "/apix", "/api/../ui", "/rest/%2e%2E/ui", "/cls/./x"] {
        let message = own_message(&ask(gateway.address(), "GET", path, &[], b""), 404);
        assert!(message.contains("/api, /rest, /cls"), "{message}");
    }
}

#[test]
fn a_page_from_elsewhere_cannot_use_it() {
    let simulator = simulator(Limits::default());
    let directory = Directory::new();
    directory.write("index.html", "page");
    let page = Some(directory.0.clone());
    let gateway = serve(Config { page, ..Config::new(forward(&simulator.origin(), false)) });
    for foreign in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Host", "evil.example"),
    ] {
        let answer = ask(gateway.address(), "POST", "/api/session", &[foreign], b"");
        own_message(&answer, 403);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let own = [("Host", "localhost:8080"), ("Origin", "http://localhost:8080")];
    assert_eq!(ask(gateway.address(), "GET", "/api/session", &own, b"").status, 401);
    // A link to the page is not a call.
    let link = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(ask(gateway.address(), "GET", "/", &link, b"").text(), "page");
}

/// A server with a certificate that nobody has signed but itself.
struct TlsPeer {
    origin: String,
}

impl TlsPeer {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        // It ends with the process; nobody waits for a connection that was refused.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let session = rustls::ServerConnection::new(config.clone()).unwrap();
                let mut stream = rustls::StreamOwned::new(session, stream.unwrap());
                // The careful gateway goes away in the handshake.
                if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nover TLS";
                    stream.write_all(answer).unwrap();
                }
            }
        });
        Self { origin }
    }
}

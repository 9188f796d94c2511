//! Files that the server fetches: from whom, whom it trusts there, and what becomes of those that do
//! not arrive.

use std::time::Duration;

use accession_core::received::Algorithm;
use accession_core::release::Release;
use accession_server::{Admin, Config, Job, Limits, Recipe, Running};
use serde_json::{Value, json};

use crate::support::{Added, Connection, Directory, Peer, User, ask, serve, simulator, wait_until};
use crate::tls::{Secure, pem, thumbprint};

const SHORT: Duration = Duration::from_millis(300);

/// A simulator that fetches from these servers.
fn fetching(origins: &[&str], limits: Limits) -> Running {
    serve(Config { limits, ..from(origins, Recipe::new(7)) })
}

fn from(origins: &[&str], recipe: Recipe) -> Config {
    let allow_pull =
        origins.iter().map(|origin| origin.split_once("://").unwrap().1.parse().unwrap()).collect();
    Config { allow_pull, admin: Admin::ThisMachine, ..Config::new(Job::Simulate(recipe)) }
}

/// A server of the files of a directory.
fn mirror(directory: &Directory) -> Config {
    Config { page: Some(directory.0.clone()), ..Config::new(Job::Simulate(Recipe::new(7))) }
}

fn at(uri: String) -> Value {
    json!({ "uri": uri })
}

/// Why a file cannot be fetched.
fn refused(user: &User, endpoint: &Value) -> String {
    let session = user.session();
    user.pull(&session, "a.iso", endpoint, &json!({}));
    user.failure(&session)
}

/// Begins to fetch from a server that sends 3 bytes of 10 and waits.
fn running(user: &User, source: &Peer, session: &str) -> Added {
    let file = user.pull(session, "a.iso", &at(format!("{}/a.iso", source.origin)), &json!({}));
    wait_until("the first bytes", || user.file(&file)["bytes_transferred"] == 3);
    assert_eq!(user.status(&file), "TRANSFERRING");
    file
}

fn waiting() -> Peer {
    Peer::new(|mut connection| {
        connection.message();
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        connection.wait_for_end();
    })
}

fn sending(answer: &'static str) -> Peer {
    Peer::new(move |mut connection: Connection| {
        connection.message();
        connection.send(answer);
    })
}

#[test]
fn a_file_is_fetched_and_checked() {
    let directory = Directory::new();
    directory.write("a.iso", vec![7; 5 << 20]);
    directory.write("b c.iso", "abc");
    let source = serve(mirror(&directory));
    let server = fetching(&[&source.origin()], Limits::default());
    let user = User::new(server.address());
    let session = user.session();
    let endpoint = at(format!("{}/a.iso", source.origin()));
    let first = user.pull(&session, "a.iso", &endpoint, &json!({ "size": 5 << 20 }));
    let digest = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let spec = json!({ "checksum_info": { "algorithm": "SHA1", "checksum": digest } });
    let endpoint = at(format!("{}/b%20c.iso", source.origin()));
    let second = user.pull(&session, "b c.iso", &endpoint, &spec);
    // Complete waits for what is on its way.
    assert_eq!(user.complete(&session).status, 204);
    wait_until("the end", || user.state(&session) == "DONE");
    let files = user.item_files();
    let find = |name: &str| files.as_array().unwrap().iter().find(|file| file["name"] == name);
    assert_eq!(find(&first.name).unwrap()["size"], 5 << 20);
    assert_eq!(find(&second.name).unwrap()["checksum_info"]["checksum"], digest);

    // A wrong file is in ERROR, and its session goes on.
    let session = user.session();
    let spec = json!({ "checksum_info": { "algorithm": "SHA1", "checksum": "00".repeat(20) } });
    let file = user.pull(&session, "b.iso", &endpoint, &spec);
    wait_until("the check", || user.status(&file) == "ERROR");
    assert_eq!(user.state(&session), "ACTIVE");
    user.pull(&session, "b.iso", &endpoint, &json!({ "size": 3 }));
    wait_until("the other fetch", || user.status(&file) == "READY");
}

#[test]
fn nothing_is_fetched_unless_it_is_allowed() {
    let directory = Directory::new();
    directory.write("a.iso", "abc");
    let source = serve(mirror(&directory));
    let endpoint = at(format!("{}/a.iso", source.origin()));
    let closed = simulator(Limits::default());
    let why = refused(&User::new(closed.address()), &endpoint);
    assert!(why.contains("fetches nothing itself"), "{why}");

    // The port counts, too.
    let server = fetching(&["http://127.0.0.1", "http://localhost"], Limits::default());
    let user = User::new(server.address());
    let host = source.origin().replace("http://", "");
    let remedy = format!("start it with --allow-pull {host}");
    let why = refused(&user, &endpoint);
    assert!(why.contains(&remedy), "{why}");
    for (uri, told) in [
        ("http://me:hunter2@127.0.0.1/a", "a user and a password"),
        ("http://127.0.0.1:99999/a", "no usable URI"),
        ("http:///a", "no usable URI"),
        ("http://127.0.0.1.evil.test/a", "--allow-pull 127.0.0.1.evil.test"),
        ("ds:///vmfs/volumes/1/a.iso", "fetches nothing itself"),
    ] {
        let why = refused(&user, &at(uri.to_owned()));
        assert!(why.contains(told) && !why.contains("hunter2"), "{why}");
    }
}

#[test]
fn no_credential_is_sent() {
    let source = Peer::new(|mut connection| {
        let (line, mut fields) = connection.message();
        assert_eq!(line, "GET /a%20b.iso?key=1 HTTP/1.1");
        fields.sort();
        let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["accept-encoding", "host", "user-agent"]);
        connection.send("HTTP/1.0 200 OK\r\n\r\nabc");
    });
    let server = fetching(&[&source.origin], Limits::default());
    let user = User::new(server.address());
    let session = user.session();
    let endpoint = at(format!("{}/a%20b.iso?key=1", source.origin));
    let file = user.pull(&session, "a.iso", &endpoint, &json!({ "size": 3 }));
    wait_until("the fetch", || user.status(&file) == "READY");
    source.join();
}

#[test]
fn what_does_not_arrive_is_told_with_its_reason() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let limits = Limits { upload_idle: SHORT, ..Limits::default() };
    for (source, told) in [
        (sending("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404 Not Found"),
        (sending("HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\na"), "206"),
        (sending("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "302 Found"),
        (
            sending("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
            "announces 10 bytes, and the connection ends after 3",
        ),
        (
            sending("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            "broke after 3 bytes",
        ),
        (sending("HELO\r\n\r\n"), "broke before the answer"),
        (sending(""), "broke before the answer"),
        (waiting(), "sends no more after 3 bytes"),
        (Peer::new(|mut connection| connection.wait_for_end()), "does not answer in time"),
    ] {
        let server = fetching(&[&source.origin], limits.clone());
        let user = User::new(server.address());
        let why = refused(&user, &at(format!("{}/a.iso", source.origin)));
        assert!(why.contains(told) && why.contains(&source.origin), "{told}: {why}");
        source.join();
    }
    let nowhere = [format!("http://{nobody}"), "http://nowhere.invalid".to_owned()];
    let server = fetching(&[&nowhere[0], &nowhere[1]], limits);
    let user = User::new(server.address());
    for (origin, told) in nowhere.iter().zip(["cannot connect to", "no such host as nowhere.inv"]) {
        let why = refused(&user, &at(format!("{origin}/a.iso")));
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn a_redirect_leads_only_where_it_may() {
    let directory = Directory::new();
    directory.write("a.iso", "abc");
    let mirror = serve(mirror(&directory));
    let redirecting = |target: String| {
        Peer::new(move |mut connection| {
            connection.message();
            let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation:";
            connection.send(format!("{head} {target}\r\n\r\n"));
        })
    };
    let source = redirecting(format!("{}/a.iso", mirror.origin()));
    let server = fetching(&[&source.origin, &mirror.origin()], Limits::default());
    let user = User::new(server.address());
    let session = user.session();
    let endpoint = at(format!("{}/b.iso", source.origin));
    let file = user.pull(&session, "a.iso", &endpoint, &json!({ "size": 3 }));
    wait_until("the fetch", || user.status(&file) == "READY");

    for (target, told) in [
        (mirror.origin(), "is redirected to http://127.0.0.1"),
        ("http://169.254.169.254/latest".to_owned(), "--allow-pull 169.254.169.254"),
        ("http://me:hunter2@127.0.0.1/".to_owned(), "a user and a password"),
        ("file:///etc/passwd".to_owned(), "no usable URI"),
    ] {
        let source = redirecting(target);
        let server = fetching(&[&source.origin], Limits::default());
        let why = refused(&User::new(server.address()), &at(format!("{}/a", source.origin)));
        assert!(why.contains(told) && !why.contains("hunter2"), "{why}");
    }
}

#[test]
fn a_redirect_does_not_go_on_for_ever() {
    let source = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", source.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        for _ in 0..=10 {
            let mut connection = Connection::new(source.accept().unwrap().0);
            connection.message();
            connection.send("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: ?\r\n\r\n");
        }
    });
    let server = fetching(&[&origin], Limits::default());
    let why = refused(&User::new(server.address()), &at(format!("{origin}/a.iso")));
    assert!(why.contains("redirected more than 10 times"), "{why}");
    serving.join().unwrap();
}

#[test]
fn a_fetch_that_nobody_wants_stops() {
    for end in ["cancel", "add", "reset", "forget", "restore"] {
        let source = waiting();
        let server = fetching(&[&source.origin], Limits::default());
        let user = match end {
            "forget" => {
                let prefix = "/worlds/a";
                User::new(crate::support::Reach { prefix, ..server.address().into() })
            }
            _ => User::new(server.address()),
        };
        let session = user.session();
        let state = ask(server.address(), "GET", "/accession/state", &[], b"").body;
        running(&user, &source, &session);
        let done = match end {
            "cancel" => user.cancel(&session),
            "add" => {
                user.add(&session, "a.iso", &json!({}));
                source.join();
                assert_eq!(user.state(&session), "ACTIVE");
                continue;
            }
            "reset" => ask(server.address(), "POST", "/accession/reset", &[], b""),
            "forget" => ask(server.address(), "DELETE", "/worlds/a/accession", &[], b""),
            _ => ask(server.address(), "PUT", "/accession/state", &[], &state),
        };
        assert!(matches!(done.status, 200 | 204), "{end}: {done:?}");
        source.join();
    }
}

#[test]
fn fetches_wait_for_each_other_where_many_are_asked_for() {
    let (first, second) = (waiting(), sending("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let limits = Limits { fetches: 1, ..Limits::default() };
    let server = fetching(&[&first.origin, &second.origin], limits);
    let user = User::new(server.address());
    let session = user.session();
    running(&user, &first, &session);
    let file = user.pull(&session, "b.iso", &at(format!("{}/b", second.origin)), &json!({}));
    std::thread::sleep(SHORT);
    assert_eq!(user.status(&file), "TRANSFERRING");
    user.add(&session, "a.iso", &json!({}));
    wait_until("its turn", || user.status(&file) == "READY");
}

#[test]
fn who_is_trusted_over_tls() {
    let directory = Directory::new();
    directory.write("a.iso", "abc");
    let [source, other] = [&directory, &directory].map(|directory| Secure::new(mirror(directory)));
    let origin = source.server.origin();
    let [known, foreign] = [&source, &other].map(|secure| pem("CERTIFICATE", &secure.certificate));
    let sha256 = |secure: &Secure| thumbprint(Algorithm::Sha256, &secure.certificate);
    let sha1 = thumbprint(Algorithm::Sha1, &source.certificate);
    let endpoint = |more: Value| {
        let mut endpoint = at(format!("{origin}/a.iso"));
        for (name, value) in more.as_object().unwrap() {
            endpoint[name] = value.clone();
        }
        endpoint
    };
    let server = fetching(&[&origin], Limits::default());
    let user = User::new(server.address());
    let fetched = |user: &User, more: Value| {
        let session = user.session();
        let file = user.pull(&session, "a.iso", &endpoint(more), &json!({ "size": 3 }));
        wait_until("the fetch", || user.status(&file) == "READY");
        assert_eq!(user.complete(&session).status, 204);
    };
    fetched(&user, json!({ "ssl_certificate_thumbprint": sha256(&source) }));
    fetched(&user, json!({ "ssl_certificate_thumbprint": sha256(&source).to_lowercase() }));
    fetched(&user, json!({ "ssl_certificate": known }));
    // The certificate wins.
    fetched(
        &user,
        json!({ "ssl_certificate": known, "ssl_certificate_thumbprint": sha256(&other) }),
    );
    for (more, told) in [
        (json!({}), "is not trusted"),
        (json!({ "ssl_certificate_thumbprint": sha256(&other) }), sha256(&source).as_str()),
        (json!({ "ssl_certificate_thumbprint": sha1 }), "made with SHA-256"),
        (json!({ "ssl_certificate": foreign }), "than that of ssl_certificate:"),
        (
            json!({ "ssl_certificate": foreign, "ssl_certificate_thumbprint": sha256(&source) }),
            "than that of ssl_certificate:",
        ),
        (json!({ "ssl_certificate": "abc" }), "no certificate in PEM"),
    ] {
        let why = refused(&user, &endpoint(more));
        assert!(why.contains(told), "{told}: {why}");
    }

    let old = Recipe { release: Some(Release::V8_0), ..Recipe::new(7) };
    let old = serve(from(&[&origin], old));
    let user = User::new(old.address());
    fetched(&user, json!({ "ssl_certificate_thumbprint": sha1 }));
    let why = refused(&user, &endpoint(json!({ "ssl_certificate_thumbprint": sha256(&source) })));
    assert!(why.contains("made with SHA-1"), "{why}");
}

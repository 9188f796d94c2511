//! What a client may not take: time, space, or another name.

use std::time::{Duration, Instant};

use accession_server::{Limits, Running};
use serde_json::json;

use crate::support::{Connection, Directory, User, ask, serve, simulator, wait_until};

const SHORT: Duration = Duration::from_millis(200);

/// A server, somebody on it with a session of theirs, and a proof that both are well at the end.
struct Bench {
    server: Running,
    user: User,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let server = simulator(limits);
        let user = User::new(server.address());
        Self { server, user }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.server.address())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            User::new(self.server.address()).whole_session();
        }
    }
}

#[test]
fn bad_requests_get_their_error() {
    let bench = Bench::new(Limits::default());
    let create = |content_type: &str, body: &str| {
        let token = ("vmware-api-session-id", bench.user.token.as_str());
        let headers = [token, ("Content-Type", content_type)];
        let path = "/api/content/library/item/update-session";
        ask(bench.server.address(), "POST", path, &headers, body.as_bytes())
    };
    let json = "application/json";
    for body in ["{", "\u{0}", "[]", "{\"library_item_id\": 5}", "{\"libary_item_id\": \"x\"}"] {
        let answer = create(json, body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["error_type"].is_string(), "{body}");
    }
    let mut connection = bench.connect();
    connection.send("not HTTP at all\r\n\r\n");
    assert_eq!(connection.answer(true).status, 400);
}

#[test]
fn a_head_has_a_limit() {
    let bench = Bench::new(Limits::default());
    let mut connection = bench.connect();
    connection.send("GET /api/session HTTP/1.1\r\nHost: localhost\r\nX-Big: ");
    // More than is read before the refusal, so that it must get through while this is sent.
    for _ in 0..64 {
        connection.send(vec![b'x'; 8 << 10]);
    }
    connection.send("\r\n\r\n");
    assert_eq!(connection.answer(true).status, 431);

    let many: String = (0..500).map(|number| format!("X-{number}: 1\r\n")).collect();
    let mut connection = bench.connect();
    connection.send(format!("GET /api/session HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"));
    assert_eq!(connection.answer(true).status, 431);
}

#[test]
fn a_body_has_a_limit_off_the_upload_path() {
    let bench = Bench::new(Limits::default());
    let mebibyte = 1 << 20;
    let too_large = |answer: crate::support::Answer| {
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["error_type"], "INVALID_REQUEST");
        assert_eq!(answer.json()["messages"][0]["args"], json!([mebibyte.to_string()]));
    };
    let mut connection = bench.connect();
    connection.head("POST", "/api/session", &[("Content-Length", "99999999999")]);
    too_large(connection.answer(true));

    let mut connection = bench.connect();
    connection.head("POST", "/api/session", &[("Transfer-Encoding", "chunked")]);
    let chunk = [b"10000\r\n", vec![b' '; 1 << 16].as_slice(), b"\r\n"].concat();
    for _ in 0..32 {
        connection.send(&chunk);
    }
    too_large(connection.answer(true));

    let token = [("vmware-api-session-id", bench.user.token.as_str())];
    let path = "/api/content/library/item/update-session";
    let just_small_enough = bench.connect().ask("POST", path, &token, &vec![b' '; mebibyte]);
    assert_eq!(just_small_enough.status, 400);

    let added = bench.user.added("large.iso", 3 * mebibyte);
    assert_eq!(bench.user.upload("PUT", &added, &vec![1; 3 * mebibyte]).status, 200);
}

#[test]
fn a_slow_head_ends_the_connection() {
    let bench = Bench::new(Limits { head: SHORT, ..Limits::default() });
    let mut silent = bench.connect();
    let mut slow = bench.connect();
    let mut second = bench.connect();
    let token = [("vmware-api-session-id", bench.user.token.as_str())];
    assert_eq!(second.ask("GET", "/api/session", &token, b"").status, 200);
    second.send("GET /api");
    let began = Instant::now();
    slow.send("GET /api/session HTTP/1.1\r\n");
    // A byte now and then does not buy more time.
    while slow.try_send("X").is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
    silent.wait_for_end();
    second.wait_for_end();
}

#[test]
fn a_connection_may_rest_longer_than_a_head_may_take() {
    let limits = Limits { head: SHORT, keep_alive: 8 * SHORT, ..Limits::default() };
    let bench = Bench::new(limits);
    let token = [("vmware-api-session-id", bench.user.token.as_str())];
    let mut connection = bench.connect();
    for _ in 0..2 {
        assert_eq!(connection.ask("GET", "/api/session", &token, b"").status, 200);
        std::thread::sleep(2 * SHORT);
    }
    let began = Instant::now();
    connection.wait_for_end();
    assert!(began.elapsed() < 40 * SHORT);
}

#[test]
fn a_slow_body_is_not_waited_for() {
    let bench = Bench::new(Limits { body: SHORT, ..Limits::default() });
    let mut connection = bench.connect();
    connection.head("POST", "/api/session", &[("Content-Length", "10")]);
    connection.send("{");
    let answer = connection.answer(true);
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["error"], "accession-server");
    connection.wait_for_end();
}

#[test]
fn an_upload_that_pauses_for_too_long_is_broken() {
    let bench = Bench::new(Limits { upload_idle: 3 * SHORT, ..Limits::default() });
    let added = bench.user.added("slow.iso", 10);
    let mut connection = bench.connect();
    connection.head("PUT", added.path(), &[("Content-Length", "10")]);
    // Slow, but not idle.
    for _ in 0..8 {
        connection.send("x");
        std::thread::sleep(SHORT / 2);
    }
    assert_eq!(bench.user.status(&added), "TRANSFERRING");
    let answer = connection.answer(true);
    assert_eq!(answer.json()["error_type"], "INVALID_REQUEST");
    let file = bench.user.file(&added);
    assert_eq!(file["status"], "ERROR");
    assert!(file.to_string().contains("for too long"), "{file}");
    connection.wait_for_end();
}

#[test]
fn an_upload_that_breaks_off_leaves_everything_else_alone() {
    let bench = Bench::new(Limits::default());
    let other = User::new(bench.server.address());
    let others = other.added("other.iso", 3);

    let cut = bench.user.added("cut.iso", 10);
    let mut connection = bench.connect();
    connection.head("PUT", cut.path(), &[("Content-Length", "10")]);
    connection.send("abc");
    wait_until("the transfer", || bench.user.status(&cut) == "TRANSFERRING");
    drop(connection);
    wait_until("the end", || bench.user.status(&cut) == "ERROR");
    assert!(bench.user.file(&cut).to_string().contains("connection"));

    // Half closed: the rest will not come, but somebody may still listen.
    let cut = User::new(bench.server.address());
    let added = cut.added("cut.iso", 10);
    let mut connection = bench.connect();
    connection.head("PUT", added.path(), &[("Content-Length", "10")]);
    connection.send("abc");
    connection.stop_sending();
    wait_until("the end", || cut.status(&added) == "ERROR");

    let added = User::new(bench.server.address()).added("chunks.iso", 10);
    let mut connection = bench.connect();
    connection.head("PUT", added.path(), &[("Transfer-Encoding", "chunked")]);
    connection.send("3\r\nabc\r\nnonsense");
    connection.wait_for_end();

    assert_eq!(other.upload("PUT", &others, b"abc").status, 200);
    assert_eq!(other.complete(&others.session).status, 204);
}

#[test]
fn an_upload_stops_when_its_session_ends() {
    let bench = Bench::new(Limits::default());
    let added = bench.user.added("a.iso", 1 << 30);
    let mut connection = bench.connect();
    connection.head("PUT", added.path(), &[("Content-Length", &(1 << 30).to_string())]);
    connection.send(vec![0; 1 << 20]);
    let path = format!("/api/content/library/item/update-session/{}", added.session);
    let cancelled = bench.user.call("POST", &format!("{path}?action=cancel"), None);
    assert_eq!(cancelled.status, 204);
    // Enough for the next report of progress.
    connection.send(vec![0; 4 << 20]);
    assert_eq!(connection.answer(true).status, 404);
}

#[test]
fn a_client_that_does_not_listen_is_left() {
    let directory = Directory::new();
    directory.write("large.bin", vec![0; 32 << 20]);
    let job = accession_server::Job::Simulate(accession_server::Recipe::new(7));
    let limits = Limits { write: SHORT, ..Limits::default() };
    let page = Some(directory.0.clone());
    let server =
        serve(accession_server::Config { page, limits, ..accession_server::Config::new(job) });
    let mut connection = Connection::open(server.address());
    connection.head("GET", "/large.bin", &[]);
    std::thread::sleep(5 * SHORT);
    let got = connection.rest().len();
    assert!(got < 32 << 20, "{got} bytes came after all");
}

#[test]
fn methods_that_nothing_has_are_refused() {
    let bench = Bench::new(Limits::default());
    for method in ["OPTIONS", "HEAD", "TRACE", "BREW"] {
        let answer = bench.connect().ask(method, "/api/session", &[], b"");
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, POST, PUT, PATCH, DELETE"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[test]
fn another_name_for_this_machine_is_refused() {
    let bench = Bench::new(Limits::default());
    let foreign = [("Host", "evil.example")];
    for path in ["/api/session", "/", "/cls/data/x/y"] {
        let answer = bench.connect().ask("GET", path, &foreign, b"");
        assert_eq!((answer.status, &answer.json()["error"]), (403, &json!("accession-server")));
    }
    let whole_url = bench.connect().ask("GET", "http://evil.example/api/session", &[], b"");
    assert_eq!(whole_url.status, 403);
    assert_eq!(bench.connect().ask("GET", "/api/session", &[("Host", "a b")], b"").status, 400);
}

#[test]
fn hostile_names_reach_nothing_but_their_session() {
    let bench = Bench::new(Limits::default());
    let added = bench.user.added("a.iso", 3);
    let (front, _) = added.path().rsplit_once('/').unwrap();
    for name in ["..", "%2e%2e", "a.iso%00", "..%2fa.iso", "b.iso", "", "%ff"] {
        let answer = bench.connect().ask("PUT", &format!("{front}/{name}"), &[], b"abc");
        assert_eq!(answer.status, 404, "{name}");
    }
    assert_eq!(bench.user.status(&added), "WAITING_FOR_TRANSFER");
}

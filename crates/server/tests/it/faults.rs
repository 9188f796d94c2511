//! Faults on purpose, as they are seen on a socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use accession_server::Limits;
use serde_json::{Value, json};

use crate::support::{User, ask, steered};

const READ: &str = "cis.session.get";

fn arm(user: &User, fault: Value) {
    let body = fault.to_string();
    let armed = ask(user.reach.address, "POST", "/accession/faults", &[], body.as_bytes());
    assert_eq!(armed.status, 204, "{fault}");
}

/// Everything that comes back on a connection of its own, whether or not it is whole.
fn raw(user: &User, path: &str) -> String {
    let mut stream = TcpStream::connect(user.reach.address).unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nvmware-api-session-id: {}\r\n\r\n",
        user.token
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn an_answer_is_late_slow_cut_or_not_there() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let whole = raw(&user, "/api/session");
    let body = whole.split("\r\n\r\n").nth(1).unwrap().to_owned();

    let once = |effect: Value| arm(&user, json!({ "on": READ, "effect": effect, "count": 1 }));
    once(json!({ "kind": "latency", "millis": 300 }));
    let began = Instant::now();
    assert!(raw(&user, "/api/session").starts_with("HTTP/1.1 200"));
    assert!(began.elapsed() >= Duration::from_millis(300));

    once(json!({ "kind": "bandwidth", "bytes_per_second": body.len() * 2 }));
    let began = Instant::now();
    assert!(raw(&user, "/api/session").split("\r\n\r\n").nth(1).unwrap().len() == body.len());
    assert!(began.elapsed() >= Duration::from_millis(300));

    once(json!({ "kind": "drop", "after": 7 }));
    let cut = raw(&user, "/api/session");
    assert!(cut.contains(&format!("content-length: {}", body.len())), "{cut}");
    assert_eq!(cut.split("\r\n\r\n").nth(1).unwrap(), &body[..7]);

    once(json!({ "kind": "reset" }));
    assert_eq!(raw(&user, "/api/session"), "");

    once(json!({ "kind": "malformed" }));
    let malformed = raw(&user, "/api/session");
    let half = malformed.split("\r\n\r\n").nth(1).unwrap();
    assert!(!half.is_empty() && serde_json::from_str::<Value>(half).is_err(), "{malformed}");
    assert_eq!(raw(&user, "/api/session").len(), whole.len());
}

#[test]
fn a_call_is_refused_as_often_as_it_is_said() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let unavailable = json!({ "kind": "error", "error_type": "SERVICE_UNAVAILABLE" });
    arm(&user, json!({ "on": "any", "effect": unavailable, "skip": 1, "count": 2 }));
    let status = || raw(&user, "/api/session")[9..12].to_owned();
    assert_eq!([status(), status(), status(), status()], ["200", "503", "503", "200"]);

    arm(&user, json!({ "on": READ, "effect": unavailable }));
    let list = || ask(server.address(), "GET", "/accession/faults", &[], b"").json();
    assert_eq!(list()["faults"][0]["on"], READ);
    let disarm = ask(server.address(), "DELETE", "/accession/faults", &[], b"");
    assert_eq!((disarm.status, list()), (204, json!({ "faults": [] })));
    assert_eq!(status(), "200");
    // In one world only.
    arm(&user, json!({ "on": "any", "effect": unavailable }));
    let other = ask(server.address(), "GET", "/worlds/b/accession/faults", &[], b"").json();
    assert_eq!(other, json!({ "faults": [] }));
}

#[test]
fn what_is_no_fault_is_told() {
    let server = steered(Limits::default());
    for (body, told) in [
        (r#"{"on": "complete", "effect": {"kind": "reset"}}"#, "complete"),
        (r#"{"on": "any", "effect": {"kind": "fire"}}"#, "known kind"),
        (r#"{"on": "any", "effect": {"kind": "drop"}}"#, "after"),
        (r#"{"on": "any"}"#, "effect"),
        (r#"{"on": "any", "effect": {"kind": "reset"}, "often": true}"#, "often"),
    ] {
        let refused = ask(server.address(), "POST", "/accession/faults", &[], body.as_bytes());
        let message = String::from_utf8(refused.body).unwrap();
        assert!(refused.status == 400 && message.contains(told), "{body}: {message}");
    }
}

#[test]
fn an_upload_is_cut_off_and_the_storage_can_be_full() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 3);
    arm(&user, json!({ "on": "upload", "effect": { "kind": "drop", "after": 1 }, "count": 1 }));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head =
        format!("PUT {} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\nabc", added.path());
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    assert_eq!(user.status(&added), "ERROR");

    let user = User::new(server.address());
    let added = user.added("b.iso", 3);
    arm(&user, json!({ "on": "upload", "effect": { "kind": "storage_full" }, "count": 1 }));
    assert_eq!(ask(server.address(), "PUT", added.path(), &[], b"abc").status, 200);
    assert_eq!(user.state(&added.session), "ERROR");
}

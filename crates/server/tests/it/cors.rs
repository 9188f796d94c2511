//! Pages from elsewhere: what their browsers ask, and what they are told.

use accession_server::{Config, Job, Limits, Recipe, Running};
use serde_json::json;

use crate::support::{Answer, Directory, Peer, User, ask, forward, serve, simulator};

const PAGE: &str = "http://localhost:3000";
const PATH: &str = "/api/content/library/item/update-session/x?action=complete";

fn open(job: Job) -> Running {
    let cors = [PAGE, "https://lab.example"].map(|origin| origin.parse().unwrap());
    serve(Config { cors: cors.to_vec(), ..Config::new(job) })
}

fn open_simulator() -> Running {
    open(Job::Simulate(Recipe::new(7)))
}

fn preflight(server: &Running, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![("Access-Control-Request-Method", "POST")];
    headers.extend(more);
    ask(server.address(), "OPTIONS", PATH, &headers, b"")
}

/// What an answer says about pages from elsewhere, in order.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    let fields = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    fields.filter(|(name, _)| name.starts_with("access-control-") || *name == "vary").collect()
}

#[test]
fn a_browser_that_asks_first_is_answered() {
    let server = open_simulator();
    let fields = "authorization,client-token,content-type,vmware-api-session-id";
    let asked = [("Origin", PAGE), ("Access-Control-Request-Headers", fields)];
    let answer = preflight(&server, &asked);
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, \
                Access-Control-Request-Private-Network";
    let expected = vec![
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE"),
        ("access-control-max-age", "600"),
        ("vary", vary),
        ("access-control-allow-headers", fields),
    ];
    assert_eq!(told(&answer), expected);

    let near = [("Origin", PAGE), ("Access-Control-Request-Private-Network", "true")];
    let answer = preflight(&server, &near);
    assert_eq!(answer.header("access-control-allow-private-network"), Some("true"));
}

#[test]
fn a_page_that_is_let_in_reads_every_answer() {
    let server = open_simulator();
    let user = User::new(server.address());
    let added = user.added("a.iso", 3);
    let page = [("Origin", PAGE), ("vmware-api-session-id", user.token.as_str())];
    for (method, path, status) in [
        ("GET", "/api/session", 200),
        ("POST", PATH, 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/cls/data/wrong/a.iso", 404),
        ("PUT", added.path(), 200),
    ] {
        let body: &[u8] = if method == "PUT" { b"abc" } else { b"" };
        let answer = ask(server.address(), method, path, &page, body);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE), "{path}");
        assert_eq!(answer.header("vary"), Some("Origin"), "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert_eq!(exposed.contains("content-type"), status != 200 || path == "/api/session");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    assert_eq!(user.status(&added), "READY");
    let denied = ask(server.address(), "OPTIONS", "/api/session", &page[..1], b"");
    let exposed = denied.header("access-control-expose-headers").unwrap();
    assert_eq!((denied.status, exposed.contains("allow")), (405, true), "{exposed}");
    // As it is written, whatever else it could be written as.
    let other = [("Origin", "https://LAB.example:443")];
    let answer = ask(server.address(), "GET", "/api/session", &other, b"");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://LAB.example:443"));
}

#[test]
fn any_other_page_is_told_nothing() {
    let server = open_simulator();
    for origin in ["http://localhost:3001", "https://localhost:3000", "null", "*", "x"] {
        let answer = ask(server.address(), "GET", "/api/session", &[("Origin", origin)], b"");
        assert_eq!((answer.status, told(&answer)), (401, vec![("vary", "Origin")]), "{origin}");
        let answer = preflight(&server, &[("Origin", origin)]);
        assert_eq!((answer.status, told(&answer)), (405, vec![("vary", "Origin")]), "{origin}");
    }
    // No page, or one of two.
    let answer = preflight(&server, &[]);
    assert_eq!((answer.status, told(&answer)), (405, vec![("vary", "Origin")]));
    let answer = preflight(&server, &[("Origin", PAGE), ("Origin", "null")]);
    assert_eq!((answer.status, told(&answer)), (405, vec![("vary", "Origin")]));

    let closed = simulator(Limits::default());
    let answer = preflight(&closed, &[("Origin", PAGE)]);
    assert_eq!((answer.status, told(&answer)), (405, vec![]));
    let answer = ask(closed.address(), "GET", "/api/session", &[("Origin", PAGE)], b"");
    assert_eq!((answer.status, told(&answer)), (401, vec![]));
}

#[test]
fn the_built_page_is_not_for_other_pages() {
    let directory = Directory::new();
    directory.write("index.html", "page");
    let page = Some(directory.0.clone());
    let cors = vec![PAGE.parse().unwrap()];
    let job = Job::Simulate(Recipe::new(7));
    let server = serve(Config { page, cors, ..Config::new(job) });
    let answer = ask(server.address(), "GET", "/", &[("Origin", PAGE)], b"");
    let packing = ("vary", "accept-encoding");
    assert_eq!((answer.text().as_str(), told(&answer)), ("page", vec![packing]));
    assert_eq!(preflight(&server, &[("Origin", PAGE)]).status, 204);
}

#[test]
fn a_live_server_is_open_to_the_same_pages() {
    let behind = simulator(Limits::default());
    let server = open(forward(&behind.origin(), false));
    let site = ("Sec-Fetch-Site", "cross-site");
    let answer = preflight(&server, &[("Origin", PAGE), site]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some(PAGE)));
    let answer = ask(server.address(), "GET", "/api/session", &[("Origin", PAGE), site], b"");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, Some(PAGE)));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("x-accession-gateway"), "{exposed}");

    let foreign = [("Origin", "http://evil.example"), site];
    let refused = preflight(&server, &foreign);
    assert_eq!((refused.status, told(&refused)), (403, vec![("vary", "Origin")]));
    assert_eq!(refused.json()["error"], json!("accession-gateway"));
    let message = refused.text();
    assert!(message.contains("--cors") && message.contains("--public-url"), "{message}");
}

#[test]
fn what_a_live_server_says_of_pages_is_not_passed_on_to_them() {
    let peer = Peer::new(|mut connection| {
        connection.message();
        connection.send(
            "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nVary: Accept\r\n\
             Access-Control-Allow-Credentials: true\r\nSet-Cookie: a=b\r\nX-Odd: 1\r\n\
             Content-Length: 0\r\n\r\n",
        );
    });
    let server = open(forward(&peer.origin, false));
    let answer = ask(server.address(), "GET", "/api/x", &[("Origin", PAGE)], b"");
    peer.join();
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let exposed: Vec<_> =
        answer.header("access-control-expose-headers").unwrap().split(", ").collect();
    assert!(exposed.contains(&"x-odd") && !exposed.contains(&"set-cookie"), "{exposed:?}");
    let vary: Vec<_> = told(&answer).into_iter().filter(|(name, _)| *name == "vary").collect();
    assert_eq!(vary, [("vary", "Accept"), ("vary", "Origin")]);
}

//! The admin path: what a test does to a world from outside.

use accession_core::release::Release;
use accession_core::time::Timestamp;
use accession_server::{Admin, Config, Job, Limits, Recipe, Running};
use serde_json::{Value, json};

use crate::support::{
    Answer, Connection, Directory, Reach, User, ask, serve, simulator, steered, told, wait_until,
};

const DAY: u64 = 24 * 60 * 60;

fn get(server: &Running, path: &str) -> Value {
    let answer = ask(server.address(), "GET", path, &[], b"");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

fn post(server: &Running, path: &str, body: &Value) -> Value {
    let answer = ask(server.address(), "POST", path, &[], body.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn it_tells_what_it_does() {
    let server = steered(Limits::default());
    let told = get(&server, "/accession");
    assert_eq!(told["world"], Value::Null);
    let requests: Vec<_> = told["requests"].as_array().unwrap().iter().collect();
    assert!(requests.iter().all(|request| request["does"].is_string()));
    // What it tells is there: nothing of it is unknown, by path or by method.
    get(&server, "/worlds/a/accession/seed");
    for request in requests {
        let path = request["path"].as_str().unwrap().replacen('/', "/worlds/a/", 1);
        let method = request["method"].as_str().unwrap();
        let body = request.get("body").map(Value::to_string).unwrap_or_default();
        let answer = ask(server.address(), method, &path, &[], body.as_bytes());
        assert!(!matches!(answer.status, 404 | 405), "{method} {path}: {answer:?}");
    }
    assert_eq!(get(&server, "/worlds/a/accession")["world"], "a");
}

#[test]
fn a_clock_is_put_ahead() {
    let server = steered(Limits::default());
    let before = get(&server, "/accession/clock");
    assert_eq!((&before["ahead_seconds"], &before["next_event"]), (&json!(0), &Value::Null));

    let user = User::new(server.address());
    let session = user.session();
    let clock = get(&server, "/accession/clock");
    let (now, next) = (instant(&clock["now"]), instant(&clock["next_event"]));
    assert!(next > now);
    let all = next.since(now).as_secs() + 1;

    let clock = post(&server, "/accession/clock", &json!({ "advance_seconds": all }));
    assert_eq!((&clock["ahead_seconds"], &clock["next_event"]), (&json!(all), &Value::Null));
    assert!(instant(&clock["now"]) > next);
    let transitions = clock["transitions"].as_array().unwrap();
    assert_eq!(transitions.len(), 1, "{transitions:?}");
    assert_eq!(
        (&transitions[0]["session"], &transitions[0]["because"]),
        (&json!(session), &json!("expire"))
    );
    assert_eq!(instant(&transitions[0]["at"]), next);

    // It adds up, and does not run backwards.
    let clock = post(&server, "/accession/clock", &json!({ "advance_seconds": DAY }));
    assert_eq!((&clock["ahead_seconds"], &clock["transitions"]), (&json!(all + DAY), &json!([])));
    let most = json!({ "advance_seconds": 100_u64 * 365 * DAY });
    (0..100).for_each(|_| drop(post(&server, "/accession/clock", &most)));
    assert!(get(&server, "/accession/clock")["now"].as_str().unwrap().starts_with("9999-"));
    // Time that has passed is no hindrance to a new session.
    User::new(server.address()).session();
}

#[test]
fn each_world_has_its_own_clock_and_seed() {
    let server = steered(Limits::default());
    post(&server, "/worlds/a/accession/clock", &json!({ "advance_seconds": DAY }));
    let by_header = [("accession-world", "a")];
    let clock = ask(server.address(), "GET", "/accession/clock", &by_header, b"").json();
    assert_eq!(clock["ahead_seconds"], DAY);
    assert_eq!(get(&server, "/accession/clock")["ahead_seconds"], 0);
    assert_eq!(
        post(&server, "/worlds/b/accession/reset", &json!({ "seed": 8 })),
        json!({ "seed": 8 })
    );
    for (path, seed) in [("", 7), ("/worlds/a", 7), ("/worlds/b", 8)] {
        assert_eq!(get(&server, &format!("{path}/accession/seed")), json!({ "seed": seed }));
    }
    let first_token = |prefix| User::new(Reach { prefix, ..server.address().into() }).token;
    let [unnamed, a, b] = ["", "/worlds/a", "/worlds/b"].map(first_token);
    assert_eq!(unnamed, a);
    assert_ne!(a, b);
}

#[test]
fn a_world_begins_anew() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    post(&server, "/accession/clock", &json!({ "advance_seconds": 60 }));
    let first = (user.token.clone(), user.item.clone(), user.session());
    for body in ["", "{}", "{\"seed\": 7}", "{\"seed\": null}"] {
        let answer = ask(server.address(), "POST", "/accession/reset", &[], body.as_bytes());
        assert_eq!((answer.status, answer.json()), (200, json!({ "seed": 7 })), "{body}");
        assert_eq!(user.call("GET", "/api/session", None).status, 401, "{body}");
        assert_eq!(get(&server, "/accession/clock")["ahead_seconds"], 0);
        let again = User::new(server.address());
        assert_eq!((again.token.clone(), again.item.clone(), again.session()), first, "{body}");
    }
    let other = post(&server, "/accession/reset", &json!({ "seed": u64::MAX }));
    assert_eq!(other, json!({ "seed": u64::MAX }));
    assert_ne!(User::new(server.address()).token, first.0);
}

#[test]
fn an_upload_ends_in_the_world_that_it_began_in() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 6);
    let mut connection = Connection::open(server.address());
    connection.head("PUT", added.path(), &[("Content-Length", "6")]);
    connection.send("abc");
    wait_until("the transfer", || user.status(&added) == "TRANSFERRING");

    // The same seed makes the same link, but what was sent for the old one is not the new one's.
    post(&server, "/accession/reset", &json!({}));
    let user = User::new(server.address());
    let again = user.added("a.iso", 6);
    assert_eq!(again.path(), added.path());
    let mut other = Connection::open(server.address());
    other.head("PUT", again.path(), &[("Content-Length", "6")]);
    other.send("a");
    wait_until("the transfer", || user.status(&again) == "TRANSFERRING");
    connection.send("def");
    assert_eq!(connection.answer(true).status, 200);
    assert_eq!(user.status(&again), "TRANSFERRING");
    other.send("bcdef");
    assert_eq!(other.answer(true).status, 200);
    assert_eq!(user.status(&again), "READY");
}

#[test]
fn worlds_are_listed_and_forgotten() {
    let server = steered(Limits { worlds: 2, ..Limits::default() });
    assert_eq!(get(&server, "/accession/worlds"), json!({ "worlds": [] }));
    let user = User::new(Reach { prefix: "/worlds/b", ..server.address().into() });
    get(&server, "/worlds/a/accession/seed");
    assert_eq!(get(&server, "/accession/worlds"), json!({ "worlds": ["a", "b"] }));
    assert_eq!(get(&server, "/worlds/c/accession/worlds"), json!({ "worlds": ["a", "b"] }));
    for method_and_path in
        [("POST", "/worlds/c/accession/reset"), ("GET", "/worlds/c/accession/clock")]
    {
        let (method, path) = method_and_path;
        told(&ask(server.address(), method, path, &[], b""), 507);
    }

    let forget = |path: &str| ask(server.address(), "DELETE", path, &[], b"");
    let forgotten = forget("/worlds/b/accession");
    assert_eq!((forgotten.status, forgotten.body.len()), (204, 0));
    assert!(told(&forget("/worlds/b/accession"), 404).contains("no world b"));
    assert_eq!(get(&server, "/accession/worlds"), json!({ "worlds": ["a"] }));
    assert_eq!(user.call("GET", "/api/session", None).status, 401);
    assert_eq!(get(&server, "/accession/worlds"), json!({ "worlds": ["a", "b"] }));

    let unnamed = forget("/accession");
    assert!(told(&unnamed, 405).contains("reset"));
    assert_eq!(unnamed.header("allow"), Some("GET"));
}

#[test]
fn what_does_not_fit_is_named_with_its_remedy() {
    let server = steered(Limits::default());
    let clock = "/accession/clock";
    let example = "send {\"advance_seconds\": 3600}";
    for (path, body, parts) in [
        (clock, "", ["advance_seconds is missing", example]),
        (clock, "{", ["not JSON", example]),
        (clock, "[1]", ["no JSON object", example]),
        (clock, "{\"advance_seconds\": \"1\"}", ["advance_seconds is \"1\"", example]),
        (clock, "{\"advance_seconds\": -1}", ["advance_seconds is -1", "from 0 to 3153600000"]),
        (clock, "{\"advance_seconds\": 1.5}", ["advance_seconds is 1.5", "whole number"]),
        (clock, "{\"advance_seconds\": 1, \"minutes\": 1}", ["\"minutes\"", example]),
        ("/accession/reset", "{\"sead\": 1}", ["\"sead\"", "send {\"seed\": 7}"]),
        ("/accession/reset", "{\"seed\": -1}", ["seed is -1", "whole number"]),
        ("/accession/reset?seed=1", "{}", ["query", "leave out"]),
    ] {
        let message = told(&ask(server.address(), "POST", path, &[], body.as_bytes()), 400);
        assert!(parts.iter().all(|part| message.contains(part)), "{path} {body}: {message}");
    }
    let clock = get(&server, clock);
    assert_eq!(clock["ahead_seconds"], 0, "nothing was done");

    let large = ask(server.address(), "POST", "/accession/clock", &[], &vec![b' '; (1 << 20) + 1]);
    assert!(told(&large, 413).contains("1048576"));
    for (method, path, allow) in [
        ("PUT", "/accession/clock", "GET, POST"),
        ("OPTIONS", "/accession/clock", "GET, POST"),
        ("HEAD", "/accession/seed", "GET"),
        ("GET", "/accession/reset", "POST"),
        ("BREW", "/accession", "GET, DELETE"),
    ] {
        let answer = ask(server.address(), method, path, &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
    for path in ["/accession/", "/accession/nothing", "/accession/clock/"] {
        assert!(told(&ask(server.address(), "GET", path, &[], b""), 404).contains(path));
    }
}

#[test]
fn it_is_not_there_unless_asked_for() {
    let server = simulator(Limits::default());
    for (method, path) in [("GET", "/accession"), ("POST", "/accession/reset")] {
        let answer = ask(server.address(), method, path, &[], b"");
        assert_eq!((answer.status, &answer.json()["error_type"]), (404, &json!("NOT_FOUND")));
    }
}

#[test]
fn a_page_from_elsewhere_cannot_steer() {
    let page = "http://localhost:3000";
    let config =
        || Config { admin: Admin::ThisMachine, ..Config::new(Job::Simulate(Recipe::new(7))) };
    let advance = |server: &Running, headers: &[(&str, &str)]| -> Answer {
        let body = b"{\"advance_seconds\": 1}";
        ask(server.address(), "POST", "/accession/clock", headers, body)
    };
    let closed = serve(config());
    for foreign in [
        ("Origin", page),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Host", "evil.example"),
    ] {
        told(&advance(&closed, &[foreign]), 403);
    }
    assert_eq!(get(&closed, "/accession/clock")["ahead_seconds"], 0);

    let open = serve(Config { cors: vec![page.parse().unwrap()], ..config() });
    let answer = advance(&open, &[("Origin", page), ("Sec-Fetch-Site", "same-site")]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(page)));
    let preflight = [("Origin", page), ("Access-Control-Request-Method", "POST")];
    let answer = ask(open.address(), "OPTIONS", "/worlds/a/accession/clock", &preflight, b"");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some(page)));
    assert_eq!(get(&open, "/accession/worlds"), json!({ "worlds": [] }));
}

#[test]
fn it_is_there_beside_the_page() {
    let directory = Directory::new();
    directory.write("index.html", "page");
    let (page, admin) = (Some(directory.0.clone()), Admin::ThisMachine);
    let server = serve(Config { page, admin, ..Config::new(Job::Simulate(Recipe::new(7))) });
    assert_eq!(get(&server, "/accession/seed"), json!({ "seed": 7 }));
    assert_eq!(ask(server.address(), "GET", "/", &[], b"").text(), "page");
}

fn put(server: &Running, path: &str, body: &str) -> Answer {
    ask(server.address(), "PUT", path, &[], body.as_bytes())
}

/// The values of all settings that are not the default.
fn changed(settings: &Value) -> Vec<(&str, &str)> {
    let all = settings["settings"].as_array().unwrap().iter();
    let changed = all.filter(|setting| setting["value"] != setting["values"][0]["value"]);
    changed
        .map(|setting| (setting["name"].as_str().unwrap(), setting["value"].as_str().unwrap()))
        .collect()
}

#[test]
fn settings_are_told_and_changed() {
    let mut recipe = Recipe::new(7);
    recipe.behaviour.get_or_insert_default().set("reads", "activity").unwrap();
    recipe.release = Some(Release::V8_0);
    let admin = Admin::ThisMachine;
    let server = serve(Config { admin, ..Config::new(Job::Simulate(recipe)) });
    let path = "/worlds/a/accession/behaviour";
    assert_eq!(get(&server, "/worlds/a/accession/release"), json!({ "release": "8.0" }));
    let told_now = get(&server, path);
    assert_eq!(changed(&told_now), [("reads", "activity")]);
    let expired = &told_now["settings"].as_array().unwrap().iter();
    let expired = expired.clone().find(|setting| setting["name"] == "expired").unwrap();
    assert!(expired["decides"].as_str().unwrap().contains("expired"));
    assert_eq!(expired["values"][1]["value"], "shown");

    // A session follows those that there were when it began.
    let user = User::new(Reach { prefix: "/worlds/a", ..server.address().into() });
    let answer = put(&server, path, r#"{"expired": "shown", "reads": "idle"}"#);
    assert_eq!((answer.status, changed(&answer.json())), (200, vec![("expired", "shown")]));
    let session = user.session();
    post(&server, "/worlds/a/accession/clock", &json!({ "advance_seconds": 400 }));
    assert_eq!(user.state(&session), "ERROR");
    assert_eq!(changed(&get(&server, "/accession/behaviour")), [("reads", "activity")]);

    post(&server, "/worlds/a/accession/reset", &json!({}));
    assert_eq!(changed(&get(&server, path)), [("reads", "activity")]);
    assert_eq!(get(&server, "/worlds/a/accession/release"), json!({ "release": "8.0" }));
}

#[test]
fn a_source_is_made_up_and_takes_its_time() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let source = json!({
        "uri": "https://mirror.test/a.iso",
        "source": {
            "received": { "size": 4 },
            "certificate": { "trusted": true },
        },
    });
    assert_eq!(put(&server, "/accession/sources", &source.to_string()).status, 204);
    assert_eq!(put(&server, "/accession/pace", r#"{"looks": 2}"#).status, 204);
    let session = user.session();
    let endpoint = json!({ "uri": "https://mirror.test/a.iso" });
    let file = user.pull(&session, "a.iso", &endpoint, &json!({ "size": 4 }));
    assert_eq!(user.status(&file), "TRANSFERRING");
    assert_eq!(user.status(&file), "READY");
    assert_eq!(put(&server, "/accession/pace", "\"immediate\"").status, 204);
    let file = user.pull(&session, "b.iso", &endpoint, &json!({ "size": 5 }));
    assert_eq!(user.status(&file), "ERROR");
    assert_eq!(user.state(&session), "ACTIVE");
}

#[test]
fn what_core_does_not_know_is_named_by_its_place() {
    let server = steered(Limits::default());
    let long = format!("{{\"{}\": 1}}", "x".repeat(1000));
    for (path, body, parts) in [
        ("/accession/pace", "", ["not JSON", "send {\"takes\": 2000}"]),
        ("/accession/pace", "\"soon\"", ["the body: expected", "send {\"takes\": 2000}"]),
        ("/accession/pace", "{\"takes\": -1}", ["takes: expected", "-1"]),
        ("/accession/pace", "{\"takes\": 1, \"tikes\": 1}", ["tikes: there is no", "send"]),
        ("/accession/behaviour", "{\"expired\": 1}", ["expired: expected a string", "send"]),
        ("/accession/behaviour", "{\"expired\": \"soon\"}", ["gone or shown", "GET /accession"]),
        ("/accession/behaviour", "{\"colour\": \"blue\"}", ["\"colour\"; there are", "GET"]),
        ("/accession/sources", "{}", ["missing field `uri`", "mirror.test"]),
        ("/accession/sources", "[]", ["no JSON object", "mirror.test"]),
        (
            "/accession/sources",
            "{\"uri\": \"http://a/b\", \"source\": {\"received\": {\"size\": 1, \"weight\": 2}}}",
            ["source.received.weight: there is no such field", "mirror.test"],
        ),
        ("/accession/sources", long.as_str(), ["missing field `uri`", "send"]),
    ] {
        let message = told(&put(&server, path, body), 400);
        assert!(parts.iter().all(|part| message.contains(part)), "{path} {body}: {message}");
    }
    assert_eq!(changed(&get(&server, "/accession/behaviour")), []);
}

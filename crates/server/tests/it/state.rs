//! The state of a world: told, put in the place of another, and kept in a file between two starts.

use std::fs;
use std::path::PathBuf;

use accession_core::release::Release;
use accession_server::{Admin, Config, Job, Limits, Recipe, Running, StartError, start};
use serde_json::{Value, json};

use crate::support::{Directory, PASSWORD, Reach, User, ask, serve, simulator, steered, told};

fn kept(file: PathBuf) -> Config {
    let admin = Admin::ThisMachine;
    Config { snapshot: Some(file), admin, ..Config::new(Job::Simulate(Recipe::new(7))) }
}

fn state(server: &Running, world: &str) -> Vec<u8> {
    let answer = ask(server.address(), "GET", &format!("{world}/accession/state"), &[], b"");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    answer.body
}

fn refusal(config: Config) -> String {
    match start(Config { listen: ([127, 0, 0, 1], 0).into(), log: false, ..config }) {
        Err(error @ StartError::Snapshot(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_is_taken_up_by_another_world() {
    let server = steered(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 3);
    let day = json!({ "advance_seconds": 60 }).to_string();
    ask(server.address(), "POST", "/accession/clock", &[], day.as_bytes());
    let old = state(&server, "");
    let put = ask(server.address(), "PUT", "/worlds/b/accession/state", &[], &old);
    assert_eq!((put.status, put.body.len()), (204, 0));

    let reach = Reach { prefix: "/worlds/b", ..server.address().into() };
    let stale = [("vmware-api-session-id", user.token.as_str())];
    let out = ask(server.address(), "GET", "/worlds/b/api/session", &stale, b"");
    assert_eq!(out.status, 401, "nobody is logged in");
    let again = User::new(reach);
    assert_eq!(again.state(&added.session), "ACTIVE");
    // The old link is good in its new place, too.
    assert_eq!(again.status(&added), "WAITING_FOR_TRANSFER");
    let link = format!("/worlds/b{}", added.path());
    assert_eq!(ask(server.address(), "PUT", &link, &[], b"abc").status, 200);
    assert_eq!(
        (again.status(&added), user.status(&added)),
        ("READY".into(), "WAITING_FOR_TRANSFER".into())
    );
    assert!(again.file(&added)["upload_endpoint"]["uri"].as_str().unwrap().contains(&link));

    let get = |path: &str| ask(server.address(), "GET", path, &[], b"").json();
    assert_eq!(get("/worlds/b/accession/seed"), json!({ "seed": 7 }));
    // Its time goes on where it was, though this machine's is behind.
    let ahead = get("/worlds/b/accession/clock")["ahead_seconds"].as_u64().unwrap();
    assert!((50..=60).contains(&ahead), "{ahead}");
    again.whole_session();
}

#[test]
fn what_is_no_state_changes_nothing() {
    let server = steered(Limits { state_bytes: 1 << 20, ..Limits::default() });
    let user = User::new(server.address());
    let mut foreign: Value = serde_json::from_slice(&state(&server, "")).unwrap();
    foreign["version"] = json!(99);
    for body in ["", "{", "{}", "[]", "{\"version\": 1}", &foreign.to_string()] {
        let answer = ask(server.address(), "PUT", "/accession/state", &[], body.as_bytes());
        let message = told(&answer, 400);
        assert!(message.contains("GET /accession/state"), "{body}: {message}");
        assert_eq!(message.contains("99"), body.contains("99"), "{body}: {message}");
    }
    let large = ask(server.address(), "PUT", "/accession/state", &[], &vec![b' '; (1 << 20) + 1]);
    told(&large, 413);
    user.whole_session();
}

#[test]
fn a_server_begins_where_the_one_before_ended() {
    let directory = Directory::new();
    let file = directory.0.join("lab.json");
    let server = serve(kept(file.clone()));
    assert!(!file.exists(), "it was only tried");
    let user = User::new(server.address());
    let session = user.session();
    User::new(Reach { prefix: "/worlds/a", ..server.address().into() });
    drop(server);
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 1);
    let text = fs::read_to_string(&file).unwrap();
    for secret in [user.token.as_str(), PASSWORD] {
        assert!(!text.contains(secret), "{text}");
    }

    let server = serve(kept(file.clone()));
    assert_eq!(User::new(server.address()).state(&session), "ACTIVE");
    // Worlds that have a name are for one test, not for ever.
    let worlds = ask(server.address(), "GET", "/accession/worlds", &[], b"");
    assert_eq!(worlds.json(), json!({ "worlds": [] }));
    drop(server);
    let server = serve(kept(file));
    assert_eq!(User::new(server.address()).state(&session), "ACTIVE");
}

#[test]
fn the_file_is_written_when_that_is_asked_for() {
    let directory = Directory::new();
    let file = directory.0.join("lab.json");
    let server = serve(kept(file.clone()));
    let session = User::new(server.address()).session();
    let write = |path: &str| ask(server.address(), "POST", path, &[], b"");
    let written = write("/accession/snapshot");
    assert_eq!(written.status, 200);
    assert_eq!(written.json(), json!({ "bytes": fs::metadata(&file).unwrap().len() }));
    let named = told(&write("/worlds/a/accession/snapshot"), 409);
    assert!(named.contains("/worlds/a/accession/state"), "{named}");

    // Another server takes it up, while this one goes on.
    let copy = directory.0.join("copy.json");
    fs::copy(&file, &copy).unwrap();
    let other = serve(kept(copy));
    assert_eq!(User::new(other.address()).state(&session), "ACTIVE");

    fs::remove_dir_all(&directory.0).unwrap();
    let failed = told(&write("/accession/snapshot"), 500);
    assert!(failed.contains("lab.json") && failed.contains("--snapshot"), "{failed}");
    drop(other);
    let without = steered(Limits::default());
    let answer = ask(without.address(), "POST", "/accession/snapshot", &[], b"");
    assert!(told(&answer, 409).contains("--snapshot FILE"));
    assert_eq!(
        ask(simulator(Limits::default()).address(), "GET", "/accession/state", &[], b"").status,
        404
    );
}

#[test]
fn a_file_that_cannot_be_taken_up_is_named_and_left_alone() {
    let directory = Directory::new();
    directory.write("empty", "");
    directory.write("damaged", "{\"version\": 1,");
    directory.write("other", "{\"name\": \"package\"}");
    for name in ["empty", "damaged", "other"] {
        let file = directory.0.join(name);
        let before = fs::read(&file).unwrap();
        let refused = refusal(kept(file.clone()));
        for part in [name, "--snapshot", "move this one away"] {
            assert!(refused.contains(part), "{refused}");
        }
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    let refused = refusal(kept(directory.0.clone()));
    assert!(refused.contains("failed to read") && refused.contains("--snapshot"), "{refused}");
    let nowhere = refusal(kept(directory.0.join("no-such-directory/lab.json")));
    assert!(
        nowhere.contains("failed to write") && nowhere.contains("no-such-directory"),
        "{nowhere}"
    );
}

#[test]
fn what_the_start_asks_for_wins_over_the_file() {
    let directory = Directory::new();
    let file = directory.0.join("lab.json");
    let with = |release, setting: Option<(&str, &str)>| {
        let mut recipe = Recipe { release, ..Recipe::new(7) };
        if let Some((name, value)) = setting {
            recipe.behaviour.get_or_insert_default().set(name, value).unwrap();
        }
        let server = serve(Config { job: Job::Simulate(recipe), ..kept(file.clone()) });
        let state = ask(server.address(), "GET", "/accession/state", &[], b"").json();
        (state["release"].clone(), state["behaviour"].clone())
    };
    let shown = json!({ "expired": "shown" });
    let old = (json!("8.0"), shown.clone());
    assert_eq!(with(Some(Release::V8_0), Some(("expired", "shown"))), old);
    assert_eq!(with(None, None), old);
    assert_eq!(with(Some(Release::V9_1), None), (json!("9.1"), shown));
    let idle = (json!("9.1"), json!({ "reads": "activity" }));
    assert_eq!(with(None, Some(("reads", "activity"))), idle);
}

//! Worlds: many simulators behind one socket, for tests that must not meet each other.

use accession_server::{Admin, Config, Job, Limits, Recipe, Running, StartError, start};

use crate::support::{Directory, Reach, User, ask, serve, simulator, steered, told};

fn below(server: &Running, prefix: &'static str) -> Reach {
    Reach { prefix, ..server.address().into() }
}

fn named(server: &Running, world: &'static str) -> Reach {
    Reach { world: Some(world), ..server.address().into() }
}

#[test]
fn worlds_do_not_meet() {
    let server = steered(Limits::default());
    let users = [
        User::new(server.address()),
        User::new(below(&server, "/worlds/a")),
        User::new(below(&server, "/worlds/b.B_-9")),
    ];
    // Each begins with the same seed, so each gives the first caller the same.
    for user in &users[1..] {
        assert_eq!((&user.token, &user.item), (&users[0].token, &users[0].item));
    }
    let sessions = users.each_ref().map(|user| user.session());
    assert_eq!(sessions[0], sessions[1]);
    let path = format!("/api/content/library/item/update-session/{}?action=cancel", sessions[1]);
    assert_eq!(users[1].call("POST", &path, None).status, 204);
    let states = users.each_ref().map(|user| user.state(&sessions[0]));
    assert_eq!(states, ["ACTIVE", "CANCELED", "ACTIVE"]);
    users[1].whole_session();
}

#[test]
fn links_lead_back_into_their_world() {
    let server = steered(Limits::default());
    for reach in [below(&server, "/worlds/a"), named(&server, "b")] {
        let name = reach.world.unwrap_or("a");
        let user = User::new(reach);
        let added = user.added("a.iso", 3);
        let start = format!("http://localhost:80/worlds/{name}/cls/data/");
        assert!(added.link.starts_with(&start), "{}", added.link);
        // Whoever sends the bytes has the link and nothing else.
        assert_eq!(user.upload("PUT", &added, b"abc").status, 200);
        assert_eq!(user.status(&added), "READY");
        let elsewhere = added.path().replacen(&format!("/worlds/{name}"), "", 1);
        assert_eq!(ask(server.address(), "PUT", &elsewhere, &[], b"abc").status, 404);
        assert_eq!(user.complete(&added.session).status, 204);
    }
}

#[test]
fn a_path_and_a_header_name_the_same_world() {
    let server = steered(Limits::default());
    let user = User::new(below(&server, "/worlds/a"));
    let token = ("vmware-api-session-id", user.token.as_str());
    let session = |path: &str, headers: &[(&str, &str)]| {
        ask(server.address(), "GET", path, headers, b"").status
    };
    assert_eq!(session("/api/session", &[token, ("Accession-World", "a")]), 200);
    assert_eq!(session("/worlds/a/api/session", &[token, ("Accession-World", "a")]), 200);
    assert_eq!(session("/api/session", &[token]), 401);
    assert_eq!(session("/api/session", &[token, ("Accession-World", "b")]), 401);
    // An SDK speaks JSON-RPC to the bare path.
    let answer = ask(server.address(), "POST", "/worlds/a/api", &[], b"{");
    assert_eq!((answer.status, answer.json()["error"]["code"].as_i64()), (200, Some(-32700)));
}

#[test]
fn a_world_that_cannot_be_is_refused() {
    let server = steered(Limits { worlds: 2, ..Limits::default() });
    let get = |path: &str, world: &[(&str, &str)]| ask(server.address(), "GET", path, world, b"");
    for path in ["/worlds/", "/worlds/a%20b/api/session", "/worlds/../api/session"] {
        assert!(told(&get(path, &[]), 400).contains("1 to 64 characters"), "{path}");
    }
    assert!(told(&get("/api/session", &[("accession-world", "a b")]), 400).contains("letters"));
    let two = told(&get("/worlds/a/api/session", &[("accession-world", "b")]), 400);
    assert!(two.contains("\"a\"") && two.contains("\"b\""), "{two}");

    for (name, status) in [("a", 401), ("b", 401), ("c", 507), ("a", 401)] {
        let answer = get(&format!("/worlds/{name}/api/session"), &[]);
        assert_eq!(answer.status, status, "{name}");
        if status == 507 {
            let message = told(&answer, status);
            assert!(message.contains("2 worlds") && message.contains("DELETE"), "{message}");
        }
    }
    User::new(server.address()).whole_session();
}

#[test]
fn there_are_none_unless_asked_for() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let token = ("vmware-api-session-id", user.token.as_str());
    let elsewhere = [token, ("accession-world", "a")];
    assert_eq!(ask(server.address(), "GET", "/api/session", &elsewhere, b"").status, 200);
    let answer = ask(server.address(), "GET", "/worlds/a/api/session", &[token], b"");
    assert_eq!((answer.status, &answer.json()["error_type"]), (404, &"NOT_FOUND".into()));
}

#[test]
fn a_page_from_elsewhere_makes_no_world() {
    let server = steered(Limits { worlds: 0, ..Limits::default() });
    let site = ("Sec-Fetch-Site", "cross-site");
    for (path, headers) in [
        ("/worlds/a/api/session", vec![site]),
        ("/api/session", vec![("accession-world", "a"), ("Origin", "http://evil.example")]),
    ] {
        let answer = ask(server.address(), "GET", path, &headers, b"");
        assert!(told(&answer, 403).contains("--cors"));
    }
    assert_eq!(ask(server.address(), "GET", "/api/session", &[site], b"").status, 401);
}

#[test]
fn the_page_is_in_no_world() {
    let directory = Directory::new();
    directory.write("index.html", "page");
    let (page, admin) = (Some(directory.0.clone()), Admin::ThisMachine);
    let server = serve(Config { page, admin, ..Config::new(Job::Simulate(Recipe::new(7))) });
    assert_eq!(ask(server.address(), "GET", "/", &[], b"").text(), "page");
    let inside = ask(server.address(), "GET", "/worlds/a/index.html", &[], b"");
    assert_eq!((inside.status, inside.header("content-type")), (404, Some("application/json")));
    User::new(below(&server, "/worlds/a")).whole_session();
}

#[test]
fn other_machines_are_not_let_in_by_mistake() {
    let everywhere = |admin| {
        let listen = ([0, 0, 0, 0], 0).into();
        start(Config { listen, admin, log: false, ..Config::new(Job::Simulate(Recipe::new(7))) })
    };
    match everywhere(Admin::ThisMachine) {
        Err(error @ StartError::AdminInReach { .. }) => {
            let told = error.to_string();
            assert!(told.contains("0.0.0.0") && told.contains("--admin-anywhere"), "{told}");
        }
        other => panic!("{other:?}"),
    }
    assert!(everywhere(Admin::Anybody).is_ok());
}

//! Whole sessions against the simulator behind the socket.

use accession_server::{Config, Job, Limits, Recipe};
use serde_json::json;

use crate::packages::{ova, package};
use crate::support::{Answer, Connection, User, ask, serve, simulator};

const SESSIONS: &str = "/api/content/library/item/update-session";

#[test]
fn a_session_with_put_and_post_is_completed() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let session = user.session();
    let checksum = |algorithm: &str, hex: &str| json!({ "size": 3, "checksum_info": { "algorithm": algorithm, "checksum": hex } });
    // Of "abc" and "abd".
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let sha1 = "cb4cc28df0fdbe0ecf9d9662e294b118092a5735";
    let put = user.add(&session, "put.iso", &checksum("SHA256", sha256));
    let post = user.add(&session, "post.iso", &checksum("SHA1", sha1));
    assert!(put.link.starts_with("http://localhost:80/"), "{}", put.link);

    let too_early = user.complete(&session);
    assert_eq!(too_early.status, 400);
    assert_eq!(too_early.json()["error_type"], "NOT_ALLOWED_IN_CURRENT_STATE");

    assert_eq!(user.upload("PUT", &put, b"abc").status, 200);
    assert_eq!(user.upload("POST", &post, b"abd").status, 200);
    assert_eq!(user.status(&put), "READY");
    assert_eq!(user.file(&post)["bytes_transferred"], 3);

    let completed = user.complete(&session);
    assert_eq!((completed.status, completed.body.as_slice()), (204, &b""[..]));
    assert_eq!(user.state(&session), "DONE");
    assert_eq!(user.item_files().as_array().unwrap().len(), 2);

    assert_eq!(user.complete(&session).status, 400);
    assert_eq!(user.complete("no-such-session").status, 404);
    let unknown = ask(server.address(), "GET", SESSIONS, &[], b"");
    assert_eq!(unknown.status, 401);
    assert_eq!(unknown.json()["error_type"], "UNAUTHENTICATED");
}

#[test]
fn a_post_to_the_bare_path_is_json_rpc() {
    let server = simulator(Limits::default());
    let post = |path: &str, body: &str| ask(server.address(), "POST", path, &[], body.as_bytes());
    let log_in = json!({
        "jsonrpc": "2.0", "id": 1, "method": "invoke",
        "params": {
            "serviceId": "com.vmware.cis.session",
            "operationId": "create",
            "input": { "STRUCTURE": { "operation-input": {} } },
            "ctx": { "securityCtx": {
                "schemeId": "com.vmware.vapi.std.security.user_pass",
                "userName": "lab",
                "password": "secret",
            } },
        },
    });
    let answer = post("/api", &log_in.to_string());
    assert_eq!(answer.status, 200);
    assert!(answer.json()["result"]["output"]["SECRET"].is_string());
    assert_eq!(post("/api", "{").json()["error"]["code"], -32700);
    assert_eq!(post("/api/", "{").status, 404);
    assert_eq!(post("/rest", "{").status, 404);
}

#[test]
fn a_package_ends_as_a_content_library_would_end_it() {
    let server = simulator(Limits::default());
    let user = User::with_item(server.address(), "ovf");
    let push = |session: &str, name: &str, bytes: &[u8]| {
        let added = user.add(session, name, &json!({ "size": bytes.len() }));
        assert_eq!(user.upload("PUT", &added, bytes).status, 200, "{name}");
    };
    let refused = |session: &str| {
        let answer = user.complete(session);
        assert_eq!(answer.status, 400);
        answer.json()["messages"][0].clone()
    };
    let [(ovf_name, ovf), (list_name, list), (disk_name, disk)] = package();

    let session = user.session();
    push(&session, list_name, &list);
    push(&session, ovf_name, &ovf);
    assert_eq!(refused(&session)["args"], json!(["disk.vmdk ", ""]));
    let mut other = disk.clone();
    let last = other.len() - 600;
    other[last] ^= 1;
    push(&session, disk_name, &other);
    assert_eq!(refused(&session)["args"], json!(["", "disk.vmdk "]));
    push(&session, disk_name, &disk);
    assert_eq!(user.complete(&session).status, 204);

    let session = user.session();
    push(&session, ovf_name, &ovf);
    // One sector more than the descriptor says, behind the end of the disk's stream.
    let longer = [disk.as_slice(), &[0; 512]].concat();
    push(&session, disk_name, &longer);
    assert_eq!(user.state(&session), "ERROR");
    let message = refused(&session)["default_message"].to_string();
    assert!(message.contains("Pipe closed"), "{message}");

    let session = user.session();
    push(&session, "vm.ova", &ova());
    assert_eq!(user.complete(&session).status, 204);
    let files = user.item_files();
    let names: Vec<_> = files.as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["disk.vmdk", "vm.ovf"]);
}

#[test]
fn a_wrong_checksum_is_refused() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let session = user.session();
    let checksum = json!({ "algorithm": "SHA256", "checksum": "00".repeat(32) });
    let added = user.add(&session, "a.iso", &json!({ "size": 3, "checksum_info": checksum }));
    user.upload("PUT", &added, b"abc");
    assert_eq!(user.status(&added), "ERROR");
    assert_eq!(user.complete(&session).status, 400);
}

#[test]
fn bytes_may_come_in_chunks_of_their_own_length() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 5);
    let mut connection = Connection::open(server.address());
    connection.head("PUT", added.path(), &[("Transfer-Encoding", "chunked")]);
    connection.send("2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n");
    assert_eq!(connection.answer(true).status, 200);
    assert_eq!(user.status(&added), "READY");
}

#[test]
fn one_connection_takes_many_requests() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 3);
    let token = [("vmware-api-session-id", user.token.as_str())];
    let mut connection = Connection::open(server.address());
    for _ in 0..3 {
        assert_eq!(connection.ask("GET", SESSIONS, &token, b"").status, 200);
    }
    assert_eq!(connection.ask("PUT", added.path(), &[], b"abc").status, 200);
    assert_eq!(connection.ask("GET", SESSIONS, &token, b"").status, 200);
}

#[test]
fn links_lead_to_where_the_client_is() {
    let link = |config: Config, headers: &[(&str, &str)]| {
        let server = serve(config);
        let user = User::new(server.address());
        let mut headers = headers.to_vec();
        headers.push(("vmware-api-session-id", &user.token));
        headers.push(("Content-Type", "application/json"));
        let path = format!("{SESSIONS}/{}/file", user.session());
        let spec = json!({ "name": "a", "source_type": "PUSH" }).to_string();
        let answer = ask(server.address(), "POST", &path, &headers, spec.as_bytes());
        let link = answer.json()["upload_endpoint"]["uri"].as_str().unwrap().to_owned();
        link.split("/cls/").next().unwrap().to_owned()
    };
    let config = || Config::new(Job::Simulate(Recipe::new(7)));
    assert_eq!(link(config(), &[("Host", "127.0.0.1:1234")]), "http://127.0.0.1:1234");
    let proxied = [("X-Forwarded-Host", "lab.example"), ("X-Forwarded-Proto", "https")];
    assert_eq!(link(config(), &proxied), "https://lab.example:443");
    let public = Config { public_url: "https://public.example".parse().ok(), ..config() };
    assert_eq!(link(public, &proxied), "https://public.example:443");
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on_only_if_it_may() {
    let server = simulator(Limits::default());
    let user = User::new(server.address());
    let added = user.added("a.iso", 3);
    let upload = |path: &str| -> (Answer, Connection) {
        let mut connection = Connection::open(server.address());
        let expect = [("Content-Length", "3"), ("Expect", "100-continue")];
        connection.head("PUT", path, &expect);
        (connection.answer(true), connection)
    };
    assert_eq!(upload("/cls/data/wrong/a.iso").0.status, 404);
    let (first, mut connection) = upload(added.path());
    assert_eq!(first.status, 100);
    connection.send("abc");
    assert_eq!(connection.answer(true).status, 200);
    assert_eq!(user.status(&added), "READY");
}

#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let server = simulator(Limits::default());
    let mut connection = Connection::open(server.address());
    let length = 100 << 20;
    connection.head("PUT", "/cls/data/wrong/a", &[("Content-Length", &length.to_string())]);
    let piece = vec![0; 1 << 20];
    for _ in 0..length / piece.len() {
        connection.send(&piece);
    }
    let refusal = connection.answer(true);
    assert_eq!(refusal.status, 404);
    assert_eq!(refusal.header("connection"), Some("close"));
}

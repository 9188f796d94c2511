//! The same seed and the same calls give the same bytes: here twice in a row, in a Node test of the
//! headless module once more, by replaying the same committed script.
//!
//! `determinism/script.json` is `{"seed": number, "steps": [step]}`, one step on each line;
//! `determinism/expected.json` is the list of what the steps give, in the same order and again one on
//! each line, written as `JSON.stringify` writes it. All instants are milliseconds since 1970.
//!
//! | step | gives |
//! |---|---|
//! | `{"step":"handle","now":…,"request":{"method","url","headers":[[name,value]],"body":"text"}}` | an answer: `{"status","headers","body","transitions","rule"}` |
//! | `{"step":"openUpload","now":…,"request":{"method","url","headers"}}` | `{"wants":[algorithm]}`; if refused, an answer whose transitions are `[]` and whose rule is null |
//! | `{"step":"progress","now":…,"bytes":…}` | whether the upload that was opened last is still expected |
//! | `{"step":"closeUpload","now":…,"received":{"size","digests"}}`, or with `"broken":"connection-lost"` or `"timed-out"` in place of `received` | an answer |
//! | `{"step":"advance","now":…}` | the transitions |
//! | `{"step":"pollTimeout"}` | an instant, or null |
//!
//! Ids, tokens and links stand in the script as they are: the seed fixes them. `UPDATE_TRANSCRIPTS=1`
//! writes both files anew.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use accession_core::dialect::{self, Dialect, SESSION_HEADER};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{Broken, Received};
use accession_core::simulator::{Handled, Simulator, Upload};
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method, Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{BEGIN, Client, ORIGIN, OTHER_SHA1, SEED, SHA1, basic, calls, cases, push_spec};

// ---------------------------------------------------------------------------------------------
// Replaying
// ---------------------------------------------------------------------------------------------

/// A simulator that does what a script says.
struct Replay {
    simulator: Simulator,
    upload: Option<Upload>,
}

impl Replay {
    fn new(seed: u64) -> Self {
        Self { simulator: Simulator::new(seed), upload: None }
    }

    fn step(&mut self, step: &Value) -> Value {
        let now = Timestamp::from_millis(step["now"].as_i64().unwrap_or_default());
        let upload = self.upload.clone();
        let upload = || upload.clone().expect("an upload was opened before");
        match step["step"].as_str().expect("every step has a name") {
            "handle" => answer(&self.simulator.handle(&request(&step["request"]), now)),
            "openUpload" => match self.simulator.open_upload(&request(&step["request"]), now) {
                Ok(upload) => {
                    let wants = json!({ "wants": upload.wants().digests });
                    self.upload = Some(upload);
                    wants
                }
                Err(refused) => answer(&refused),
            },
            "progress" => {
                let bytes = step["bytes"].as_u64().expect("a number of bytes");
                Value::from(self.simulator.progress(&upload(), bytes, now).is_ok())
            }
            "closeUpload" => answer(&self.simulator.close_upload(upload(), outcome(step), now)),
            "advance" => json!(self.simulator.advance(now)),
            "pollTimeout" => json!(self.simulator.poll_timeout().map(Timestamp::as_millis)),
            other => panic!("no step is called {other}"),
        }
    }
}

fn request(value: &Value) -> Request {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Request {
        method: text("method").parse().expect("a method"),
        url: text("url"),
        headers: serde_json::from_value(value["headers"].clone()).expect("pairs of texts"),
        body: text("body").into_bytes(),
    }
}

fn outcome(step: &Value) -> Result<Received, Broken> {
    match step.get("broken").and_then(Value::as_str) {
        Some("connection-lost") => Err(Broken::ConnectionLost),
        Some("timed-out") => Err(Broken::TimedOut),
        Some(other) => panic!("no upload breaks by {other}"),
        None => Ok(serde_json::from_value(step["received"].clone()).expect("what arrived")),
    }
}

fn answer(handled: &Handled) -> Value {
    let Response { status, headers, body } = &handled.response;
    let rule = handled.rule.map(|rule| {
        json!({
            "id": rule.id,
            "sentence": rule.sentence,
            "provenance": rule.provenance,
            "source": rule.source,
            "report": rule.report,
        })
    });
    json!({
        "status": status,
        "headers": headers,
        "body": std::str::from_utf8(body).expect("bodies are JSON"),
        "transitions": handled.transitions,
        "rule": rule,
        "lacks": handled.lacks,
        // The script arms no fault.
        "disturbance": null,
    })
}

fn lines(values: &[Value]) -> String {
    let lines: Vec<_> = values.iter().map(Value::to_string).collect();
    format!("[\n{}\n]", lines.join(",\n"))
}

// ---------------------------------------------------------------------------------------------
// The script
// ---------------------------------------------------------------------------------------------

/// Writes a script by acting it out.
struct Author {
    replay: Replay,
    dialect: Dialect,
    now: Timestamp,
    token: Option<LoginToken>,
    steps: Vec<Value>,
    outputs: Vec<Value>,
}

impl Author {
    fn step(&mut self, step: Value) -> Value {
        let output = self.replay.step(&step);
        self.steps.push(step);
        self.outputs.push(output.clone());
        output
    }

    fn wait(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    fn send(&mut self, request: &Request) -> Value {
        let Request { method, url, headers, body } = request;
        let body = std::str::from_utf8(body).expect("a script is text");
        let request = json!({"method": method, "url": url, "headers": headers, "body": body});
        self.step(json!({"step": "handle", "now": self.now.as_millis(), "request": request}))
    }

    /// Sends a call, which may be refused.
    fn ask<O: Operation>(&mut self, call: &O) -> Value {
        let mut request = call.encode(self.dialect, ORIGIN).expect("the call can be sent");
        if O::ROW.opens_login() {
            request.headers.push("Authorization", basic("lab", "secret"));
        } else if let Some(token) = &self.token {
            request.headers.push(SESSION_HEADER, token.reveal());
        }
        self.send(&request)
    }

    /// Sends a call that is granted.
    fn call<O: Operation>(&mut self, call: &O) -> O::Reply {
        let answer = self.ask(call);
        let response = Response {
            status: u16::try_from(answer["status"].as_u64().expect("a status")).expect("small"),
            headers: Headers::new(),
            body: answer["body"].as_str().expect("a text").as_bytes().to_vec(),
        };
        support::read_reply::<O>(self.dialect, &response).expect("granted")
    }

    fn raw(&mut self, method: Method, target: &str, headers: &[(&str, &str)], body: &str) {
        let mut request = Request::new(method, format!("{ORIGIN}{target}"));
        request.headers = headers.iter().copied().collect();
        if let Some(token) = &self.token {
            request.headers.push(SESSION_HEADER, token.reveal());
        }
        request.body = body.as_bytes().to_vec();
        self.send(&request);
    }

    fn open(&mut self, method: Method, url: &str) {
        let request = json!({"method": method, "url": url, "headers": [["Content-Length", "9"]]});
        self.step(json!({"step": "openUpload", "now": self.now.as_millis(), "request": request}));
    }

    fn progress(&mut self, bytes: u64) {
        self.step(json!({"step": "progress", "now": self.now.as_millis(), "bytes": bytes}));
    }

    fn close(&mut self, size: u64, sha1: &str) {
        self.close_with(json!({"size": size, "digests": {"SHA1": sha1}}));
    }

    fn close_with(&mut self, received: Value) {
        let now = self.now.as_millis();
        self.step(json!({"step": "closeUpload", "now": now, "received": received}));
    }

    fn broken(&mut self, how: &str) {
        let now = self.now.as_millis();
        self.step(json!({"step": "closeUpload", "now": now, "broken": how}));
    }

    fn advance(&mut self) {
        self.step(json!({"step": "pollTimeout"}));
        self.step(json!({"step": "advance", "now": self.now.as_millis()}));
    }
}

/// Every operation in both dialects, uploads that work and that do not, refusals, and time.
fn write_script() -> (Vec<Value>, Vec<Value>) {
    let mut author = Author {
        replay: Replay::new(SEED),
        dialect: Dialect::Api,
        now: BEGIN,
        token: None,
        steps: Vec::new(),
        outputs: Vec::new(),
    };
    for dialect in Dialect::ALL {
        author.dialect = dialect;
        author.token = None;
        act(&mut author);
        author.wait(Duration::from_millis(1234));
    }
    (author.steps, author.outputs)
}

fn act(a: &mut Author) {
    let second = Duration::from_secs(1);
    a.ask(&LocalLibraryList {});
    a.token = Some(a.call(&LoginCreate {}));
    a.call(&LoginGet {});
    let token = || Some(ClientToken::new("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11"));
    let create_spec = support::library_spec("Bücher 📚 \"lab\"");
    let library_id = a.call(&LocalLibraryCreate { client_token: None, create_spec });
    a.call(&LocalLibraryGet { library_id: library_id.clone() });
    a.call(&LocalLibraryList {});
    let create_spec = support::item_spec(&library_id, "tools", "ovf");
    let create = ItemCreate { client_token: token(), create_spec };
    let item = a.call(&create);
    a.call(&create);
    a.ask(&ItemCreate { client_token: None, ..create });
    a.call(&ItemGet { library_item_id: item.clone() });
    a.call(&ItemList { library_id: library_id.clone() });

    // A session that works.
    a.wait(second);
    let session = a.call(&support::session_create(&item));
    let id = || session.clone();
    a.ask(&support::session_create(&item));
    let added = a.call(&support::file_add(&session, push_spec("a b é.mf")));
    a.open(Method::Put, &support::link(&added));
    a.progress(4);
    a.wait(second);
    a.call(&SessionFileGet { update_session_id: id(), file_name: "a b é.mf".to_owned() });
    a.ask(&UpdateSessionComplete { update_session_id: id() });
    a.close(9, SHA1);
    let checksum = ChecksumInfo { algorithm: None, checksum: SHA1.to_owned() };
    let spec = AddSpec { size: Some(9), checksum_info: Some(checksum), ..push_spec("tools.ovf") };
    for (size, sha1) in [(8, SHA1), (9, OTHER_SHA1), (9, SHA1)] {
        let added = a.call(&support::file_add(&session, spec.clone()));
        a.open(Method::Post, &support::link(&added));
        a.close(size, sha1);
        a.call(&UpdateSessionGet { update_session_id: id() });
    }
    a.ask(&support::file_add(&session, push_spec("late.mf")));
    let added = a.call(&support::file_add(&session, push_spec("disk.vmdk")));
    for how in ["connection-lost", "timed-out"] {
        a.open(Method::Put, &support::link(&added));
        a.progress(3);
        a.broken(how);
    }
    a.open(Method::Get, &support::link(&added));
    a.call(&SessionFileList { update_session_id: id() });
    a.call(&SessionFileRemove { update_session_id: id(), file_name: "disk.vmdk".to_owned() });
    a.progress(5);
    let behavior = WarningBehavior { r#type: WarningType::ExpiredCertificate, ignored: true };
    let update_spec =
        UpdateSessionModel { warning_behavior: Some(vec![behavior]), ..Default::default() };
    a.call(&UpdateSessionUpdate { update_session_id: id(), update_spec });
    a.wait(second);
    for client_progress in [Some(40), None, Some(7)] {
        a.call(&UpdateSessionKeepAlive { update_session_id: id(), client_progress });
    }
    a.ask(&UpdateSessionKeepAlive { update_session_id: id(), client_progress: Some(-1) });
    a.call(&SessionFileValidate { update_session_id: id() });
    a.call(&UpdateSessionGet { update_session_id: id() });
    a.call(&UpdateSessionComplete { update_session_id: id() });
    a.ask(&UpdateSessionComplete { update_session_id: id() });
    a.call(&ItemFileList { library_item_id: item.clone() });
    a.call(&ItemGet { library_item_id: item.clone() });
    a.call(&UpdateSessionList { library_item_id: Some(item.clone()) });
    a.call(&UpdateSessionDelete { update_session_id: id() });
    a.ask(&UpdateSessionGet { update_session_id: id() });

    // Sessions that end otherwise.
    let session = a.call(&support::session_create(&item));
    let client_error_message = "pulled the plug: \u{1f50c}".to_owned();
    a.ask(&UpdateSessionDelete { update_session_id: session.clone() });
    a.call(&UpdateSessionFail { update_session_id: session.clone(), client_error_message });
    a.ask(&SessionFileValidate { update_session_id: session.clone() });
    a.call(&UpdateSessionGet { update_session_id: session });
    let session = a.call(&support::session_create(&item));
    a.call(&UpdateSessionCancel { update_session_id: session.clone() });
    let session = a.call(&support::session_create(&item));
    a.wait(5 * 60 * second - Duration::from_millis(1));
    a.advance();
    a.wait(Duration::from_millis(1));
    a.ask(&UpdateSessionGet { update_session_id: session });
    let session = a.call(&support::session_create(&item));
    a.wait(24 * 60 * 60 * second);
    a.advance();
    a.ask(&UpdateSessionGet { update_session_id: session });

    // What is in a package.
    let session = a.call(&support::session_create(&item));
    let id = || session.clone();
    for contents in [
        json!({"needs": [{"name": "disk.vmdk", "size": 9}, {"name": "vm.nvram"}]}),
        json!({"invalid": [{"id": "odd", "default_message": "é", "args": ["é"]}]}),
        json!({
            "members": [{"name": "vm.ovf", "size": 4, "digests": {"SHA256": "ab".repeat(32)}}],
            "listed": [{"name": "vm.ova", "algorithm": "SHA1", "digest": OTHER_SHA1}],
            "signature": {
                "certificate": {"issuer": "/CN=a", "subject": "/CN=é", "self_signed": true, "x509": "b"},
                "chain": ["b"],
                "warnings": ["SELF_SIGNED_CERTIFICATE", "NEW_WARNING"],
            },
        }),
        json!({"unwritable": "disk.vmdk"}),
    ] {
        let added = a.call(&support::file_add(&session, push_spec("vm.ova")));
        a.open(Method::Put, &support::link(&added));
        a.close_with(json!({"size": 9, "digests": {"SHA1": SHA1}, "contents": contents}));
        a.ask(&SessionFileValidate { update_session_id: id() });
        a.ask(&UpdateSessionComplete { update_session_id: id() });
        a.call(&UpdateSessionGet { update_session_id: id() });
    }

    libraries_and_items(a, &library_id, &item);

    // Requests that cannot be read.
    let json = [("Content-Type", "application/json")];
    let sessions = match a.dialect {
        Dialect::Api => "/api/content/library/item/update-session",
        Dialect::Rest => "/rest/com/vmware/content/library/item/update-session",
    };
    for body in
        ["{", "[]", "null", r#"{"é":1}"#, r#"{"create_spec":7}"#, r#"{"library_item_id":7}"#]
    {
        a.raw(Method::Post, sessions, &json, body);
    }
    a.raw(Method::Post, sessions, &[("Content-Type", "text/plain")], "{}");
    a.raw(Method::Get, &format!("{sessions}?colour=%C3%A9+blue"), &[], "");
    a.raw(Method::Get, &format!("{sessions}/%FF"), &[], "");
    a.raw(Method::Get, "/nowhere", &[], "");
    a.call(&LoginDelete {});
    a.ask(&LoginGet {});
}

/// Everything that is done to libraries and items outside a session.
fn libraries_and_items(a: &mut Author, library_id: &LibraryId, item: &ItemId) {
    let library = || library_id.clone();
    let library_item_id = || item.clone();
    let version = |version: &str| Some(version.to_owned());
    let named = |name: &str| Some(name.to_owned());
    for (version, name) in [(version("7"), named("x")), (version("1"), named("Bücher"))] {
        let update_spec = LibraryModel { version, name, ..LibraryModel::default() };
        a.ask(&LocalLibraryUpdate { library_id: library(), update_spec });
    }
    for version in [version("1"), version("2")] {
        let description = Some("é".to_owned());
        let update_spec = LibraryModel { version, description, ..LibraryModel::default() };
        a.ask(&LibraryUpdate { library_id: library(), update_spec });
    }
    a.call(&LibraryGet { library_id: library() });
    a.call(&LibraryList {});
    let found = LibraryFindSpec { name: named("BüCHER"), ..LibraryFindSpec::default() };
    for spec in [found, LibraryFindSpec::default()] {
        a.ask(&LibraryFind { spec });
    }
    for (version, name) in [(version("2"), named("x")), (version("1"), named("tools 2"))] {
        let update_spec = ItemModel { version, name, ..ItemModel::default() };
        a.ask(&ItemUpdate { library_item_id: library_item_id(), update_spec });
    }
    for spec in [
        ItemFindSpec { name: named("TOOLS 2"), r#type: named("OVF"), ..ItemFindSpec::default() },
        ItemFindSpec { library_id: Some("nowhere".into()), ..ItemFindSpec::default() },
        ItemFindSpec::default(),
    ] {
        a.ask(&ItemFind { spec });
    }
    for name in ["tools.ovf", "nowhere"].map(str::to_owned) {
        a.ask(&ItemFileGet { library_item_id: library_item_id(), name: name.clone() });
        a.ask(&ItemStorageGet { library_item_id: library_item_id(), file_name: name });
    }
    a.call(&ItemStorageList { library_item_id: library_item_id() });
    a.call(&ItemChangesList { library_item: library_item_id() });
    for version in ["1", "2"].map(ItemVersion::new) {
        a.ask(&ItemChangesGet { library_item: library_item_id(), version });
    }
    let copy = |name, client_token| ItemCopy {
        client_token,
        source_library_item_id: library_item_id(),
        destination_create_spec: ItemModel {
            r#type: None,
            ..support::item_spec(library_id, name, "")
        },
    };
    let token = || Some(ClientToken::new("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11"));
    a.ask(&copy("tools 2", token()));
    let second = a.call(&copy("copy", token()));
    a.call(&copy("copy", token()));
    a.call(&ItemGet { library_item_id: second.clone() });
    a.call(&ItemFileList { library_item_id: second.clone() });
    let session = a.call(&support::session_create(&second));
    a.call(&ItemDelete { library_item_id: second.clone() });
    a.ask(&ItemGet { library_item_id: second });
    a.ask(&UpdateSessionGet { update_session_id: session });
    let create_spec = support::library_spec("in the way");
    for force in [false, true] {
        let create = LocalLibraryCreate { client_token: None, create_spec: create_spec.clone() };
        let library_id = a.call(&create);
        let item = a.call(&ItemCreate {
            client_token: None,
            create_spec: support::item_spec(&library_id, "in it", "iso"),
        });
        a.call(&support::session_create(&item));
        if force {
            a.call(&LocalLibraryForceDelete { library_id: library_id.clone() });
        } else {
            a.call(&LocalLibraryDelete { library_id: library_id.clone() });
        }
        a.ask(&LocalLibraryGet { library_id });
        a.ask(&ItemGet { library_item_id: item });
    }
}

#[test]
fn the_committed_script_gives_the_committed_answers() {
    let (steps, outputs) = write_script();
    let script = format!("{{\"seed\": {SEED}, \"steps\": {}}}\n", lines(&steps));
    support::compare_with_file("determinism/script.json", &script);
    support::compare_with_file("determinism/expected.json", &format!("{}\n", lines(&outputs)));

    // The script as it was written, from a fresh simulator.
    let script: Value = serde_json::from_str(&script).expect("it was written as JSON");
    let mut replay = Replay::new(script["seed"].as_u64().expect("a seed"));
    let steps = script["steps"].as_array().expect("steps");
    let again: Vec<_> = steps.iter().map(|step| replay.step(step)).collect();
    assert_eq!(lines(&again), lines(&outputs));
}

#[test]
fn the_script_has_every_operation_granted_in_both_dialects() {
    let (steps, outputs) = write_script();
    let mut granted = BTreeSet::new();
    for (step, output) in steps.iter().zip(&outputs).filter(|(step, _)| step["step"] == "handle") {
        let request = request(&step["request"]);
        let Some(dialect) = Dialect::of_path(request.path()) else { continue };
        let lines = accession_core::operations::lines(dialect);
        let Some(routed) = dialect::route(lines, dialect, &request) else { continue };
        if output["status"] == routed.line.success() {
            granted.insert((routed.line.row.full_name(), dialect));
        }
    }
    let all = ROWS.iter().flat_map(|row| Dialect::ALL.map(|dialect| (row.full_name(), dialect)));
    assert_eq!(granted, all.collect());
}

#[test]
fn another_seed_gives_other_ids_and_the_same_course() {
    let ids = |seed| {
        let mut client = Client { simulator: Simulator::new(seed), ..Client::new(Dialect::Api) };
        client.log_in();
        let library = client.library("lab");
        let item = client.item(&library, "tools", "iso");
        let session = client.session(&item);
        let file = client.add(&session, "a.iso");
        let link = support::link(&file);
        vec![
            client.login.as_ref().expect("logged in").reveal().to_owned(),
            library.to_string(),
            item.to_string(),
            session.to_string(),
            link,
        ]
    };
    let (first, second) = (ids(SEED), ids(SEED + 1));
    assert_eq!(first, ids(SEED));
    assert!(first.iter().zip(&second).all(|(first, second)| first != second));
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_same_calls_give_the_same_bytes(
        dialect in proptest::sample::select(&Dialect::ALL[..]),
        calls in proptest::collection::vec(proptest::strategy::Union::new(calls()), 1..24),
    ) {
        let run = || {
            let mut client = Client::logged_in(dialect);
            let library = client.library("lab");
            client.item(&library, "tools", "iso");
            calls.iter().map(|call| {
                client.wait(1000);
                let request = call.encode(dialect, ORIGIN).ok()?;
                let request = client.signed(request, call.row().opens_login());
                Some(client.send(&request))
            }).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}

//! Whatever arrives, the simulator answers: no bytes make it panic, every refusal has the API's own
//! error body, and what is refused changes nothing that anybody can see.

mod support;

use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::jsonrpc;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{Algorithm, Received};
use accession_core::simulator::body_too_large;
use accession_core::wire::{Headers, Method, Request, Response};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use support::busy::{World, call_of, world};
use support::{
    Client, HOSTILE, ORIGIN, cases, file_add, link, push_spec, received, refusal, rpc, rpc_reply,
    rpc_request, text,
};

/// Hands a request in, and holds the answer and what it left behind against what is promised.
fn answered(world: &World, request: &Request) -> Response {
    let mut client = world.client.clone();
    let response = client.send(request).response;
    if jsonrpc::is_for(request) {
        if let Err(refused) = rpc_reply(&response) {
            assert_eq!(client.seen(), world.seen, "{refused:?}");
        }
        return response;
    }
    if response.is_success() {
        return response;
    }
    let dialect = Dialect::of_path(request.path()).unwrap_or_default();
    let refused = refusal(dialect, &response);
    assert!(refused.status < 500 || refused.kind == "RESOURCE_BUSY", "{refused:?}");
    assert_eq!(client.seen(), world.seen, "{refused:?}");
    response
}

// ---------------------------------------------------------------------------------------------
// Requests made of anything
// ---------------------------------------------------------------------------------------------

fn method() -> BoxedStrategy<Method> {
    select(vec![Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete]).boxed()
}

fn url() -> BoxedStrategy<String> {
    let word = select(vec![
        "api",
        "rest",
        "cls",
        "data",
        "com",
        "vmware",
        "cis",
        "session",
        "content",
        "library",
        "local-library",
        "item",
        "update-session",
        "updatesession",
        "file",
        "id:",
        "id:x",
        "x",
        "%FF",
        "%C0%80",
        "%ED%A0%80",
        "%",
        "%f",
        "%zz",
        "",
        ".",
        "..",
        "{update_session_id}",
    ]);
    let segment = prop_oneof![4 => word.prop_map(str::to_owned), 1 => text()];
    let key = select(vec![
        "action",
        "~action",
        "library_id",
        "library_item_id",
        "file_name",
        "client_token",
        "%FF",
        "",
        "=",
        "action[]",
        "update_session_id",
    ]);
    let value = select(vec!["complete", "keep-alive", "validate", "", "%", "%80", "+", "&&", "?"]);
    let path = proptest::collection::vec(segment, 0..9).prop_map(|segments| segments.join("/"));
    let query = proptest::collection::vec((key, value), 0..3).prop_map(|pairs| {
        pairs.into_iter().map(|(key, value)| format!("{key}={value}&")).collect::<String>()
    });
    prop_oneof![
        4 => (path, query).prop_map(|(path, query)| format!("{ORIGIN}/{path}?{query}")),
        1 => text(),
        1 => any::<String>(),
    ]
    .boxed()
}

fn headers() -> BoxedStrategy<Headers> {
    let name = select(vec![
        SESSION_HEADER,
        "Authorization",
        "Cookie",
        "Content-Type",
        "Client-Token",
        "Content-Range",
        "Accept-Language",
        "",
    ]);
    let value = prop_oneof![
        text(),
        select(vec![
            "Basic",
            "Basic ",
            "Basic :",
            "Basic bGFiOg==",
            "Basic //79",
            "Basic OnNlY3JldA==",
            "application/json",
            "text/html",
            "vmware-api-session-id",
            "vmware-api-session-id=x; =",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec((name, value), 0..4).prop_map(Headers::from_iter).boxed()
}

fn body() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        "[\\[\\]{}:,\"a0.eE+\\- \\\\u]{0,40}".prop_map(String::into_bytes),
        select(&ODD[..]).prop_map(|text| text.as_bytes().to_vec()),
    ]
    .boxed()
}

/// JSON, nearly.
const ODD: [&str; 24] = [
    "null",
    "true",
    "0",
    "-0",
    "1.5",
    "-1",
    "101",
    "1e999",
    "-1e-999",
    "9223372036854775807",
    "9223372036854775808",
    "123456789012345678901234567890",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"READY\"",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "{\"\":{\"\":{}}}",
    "{\"a\":1,\"a\":2}",
    "[null]",
    "[1,",
    "\u{feff}{}",
];

proptest! {
    #![proptest_config(cases(768))]

    #[test]
    fn any_request_is_answered(
        (dialect, signed) in (select(&Dialect::ALL[..]), any::<bool>()),
        (method, url, headers, body) in (method(), url(), headers(), body()),
    ) {
        let world = world(dialect);
        let request = Request { method, url, headers, body };
        answered(world, &if signed { world.client.signed(request, false) } else { request });
    }

    #[test]
    fn any_upload_is_answered(
        (method, url, headers) in (method(), url(), headers()),
        (on_link, suffix) in (any::<bool>(), text()),
    ) {
        let world = world(Dialect::Api);
        let mut client = world.client.clone();
        let url = if on_link { format!("{}{suffix}", world.link) } else { url };
        let head = Request { method, url, headers, body: Vec::new() };
        match client.simulator.open_upload(&head, client.now) {
            Ok(_) => prop_assert!(on_link && matches!(method, Method::Put | Method::Post)),
            Err(refused) => {
                let response = refused.response;
                refusal(Dialect::Api, &response);
                prop_assert!(response.status < 500);
                prop_assert!(client.seen() == world.seen);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Good requests with something wrong in them
// ---------------------------------------------------------------------------------------------

/// One thing that goes wrong with a request.
#[derive(Debug, Clone)]
enum Wrong {
    Truncated(Index),
    Flipped(Index, u8),
    Inserted(Index, Vec<u8>),
    /// Another value somewhere in the body.
    Value(Index, &'static str),
    /// One more field in some object of the body.
    Field(Index, String, &'static str),
    /// A field twice.
    Twice(Index),
    Method(Method),
    Url(Index, String),
    Header(&'static str, String),
    /// The body in place of another request's.
    OtherBody(Index),
}

fn wrong() -> BoxedStrategy<Wrong> {
    let index = any::<Index>;
    let header = select(vec!["Content-Type", "Client-Token", "Authorization", "Cookie"]);
    prop_oneof![
        1 => index().prop_map(Wrong::Truncated),
        1 => (index(), any::<u8>()).prop_map(|(at, byte)| Wrong::Flipped(at, byte)),
        1 => (index(), proptest::collection::vec(any::<u8>(), 1..5))
            .prop_map(|(at, bytes)| Wrong::Inserted(at, bytes)),
        4 => (index(), select(&ODD[..])).prop_map(|(at, value)| Wrong::Value(at, value)),
        2 => (index(), text(), select(&ODD[..]))
            .prop_map(|(at, name, value)| Wrong::Field(at, name, value)),
        1 => index().prop_map(Wrong::Twice),
        1 => method().prop_map(Wrong::Method),
        2 => (index(), text()).prop_map(|(at, text)| Wrong::Url(at, text)),
        1 => (header, text()).prop_map(|(name, value)| Wrong::Header(name, value)),
        1 => index().prop_map(Wrong::OtherBody),
    ]
    .boxed()
}

impl Wrong {
    fn happen(&self, request: &mut Request, world: &World) {
        let length = request.body.len();
        match self {
            Self::Truncated(at) => request.body.truncate(at.index(length + 1)),
            Self::Flipped(at, byte) if length > 0 => request.body[at.index(length)] ^= byte,
            Self::Flipped(..) => {}
            Self::Inserted(at, bytes) => {
                let at = at.index(length + 1);
                request.body.splice(at..at, bytes.iter().copied());
            }
            Self::Value(at, value) => change_json(request, *at, value, |node, mark| {
                *node = mark;
            }),
            Self::Field(at, name, value) => change_json(request, *at, value, |node, mark| {
                if let Value::Object(fields) = node {
                    fields.insert(name.clone(), mark);
                }
            }),
            Self::Twice(at) => {
                let text = String::from_utf8_lossy(&request.body).into_owned();
                let starts: Vec<_> = text.match_indices('{').map(|(start, _)| start + 1).collect();
                let end = text.find([',', '}']).unwrap_or(0);
                if let (false, Some(field)) = (starts.is_empty(), text.get(1..end)) {
                    let start = starts[at.index(starts.len())];
                    let body = format!("{}{field},{}", &text[..start], &text[start..]);
                    request.body = body.into_bytes();
                }
            }
            Self::Method(method) => request.method = *method,
            Self::Url(at, text) => {
                let places: Vec<_> = request.url.char_indices().map(|(place, _)| place).collect();
                let place = *at.get(&places);
                request.url.insert_str(place, text);
            }
            Self::Header(name, value) => {
                let others = request.headers.iter().filter(|(other, _)| other != name);
                let mut headers: Headers = others.collect();
                headers.push(*name, value.as_str());
                request.headers = headers;
            }
            Self::OtherBody(other) => request.body = other.get(&world.good).body.clone(),
        }
    }
}

/// Changes one value of the body, which need not be JSON afterwards.
fn change_json(
    request: &mut Request,
    at: Index,
    text: &str,
    change: impl FnOnce(&mut Value, Value),
) {
    const MARK: &str = "@here@";
    let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) else { return };
    let mut paths = Vec::new();
    collect_paths(&body, String::new(), &mut paths);
    let node = body.pointer_mut(at.get::<String>(&paths)).expect("the path was just collected");
    change(node, Value::from(MARK));
    request.body = body.to_string().replace(&format!("\"{MARK}\""), text).into_bytes();
}

fn collect_paths(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect_paths(value, format!("{path}/{name}"), paths);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                collect_paths(value, format!("{path}/{at}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}

proptest! {
    #![proptest_config(cases(768))]

    #[test]
    fn a_request_with_something_wrong_in_it_is_answered(
        (dialect, which) in (select(&Dialect::ALL[..]), any::<Index>()),
        wrongs in proptest::collection::vec(wrong(), 1..3),
    ) {
        let world = world(dialect);
        let mut request = which.get(&world.good).clone();
        for wrong in &wrongs {
            wrong.happen(&mut request, world);
        }
        answered(world, &request);
    }
}

// ---------------------------------------------------------------------------------------------
// The same over JSON-RPC
// ---------------------------------------------------------------------------------------------

#[test]
fn json_rpc_gives_what_api_gives() {
    let world = world(Dialect::Api);
    let mut later = world.clone();
    later.client.call(&UpdateSessionCancel { update_session_id: later.session.clone() }).unwrap();
    let mut stranger = world.clone();
    stranger.client.login = Some(LoginToken::new("nobody's"));
    for world in [world, &later, &stranger] {
        for good in &world.good {
            let call = call_of(good);
            let name = call.row().full_name();
            let (mut by_api, mut by_rpc) = (world.client.clone(), world.client.clone());
            let request = call.encode(Dialect::Api, ORIGIN).expect("it was sent before");
            let opens_login = call.row().opens_login();
            let api = by_api.send(&by_api.signed(request, opens_login));
            let rpc = by_rpc.send(&rpc(&call, true, by_rpc.login.as_ref()));
            match rpc_reply(&rpc.response) {
                Ok(output) if call.row().void => assert_eq!(output, Value::Null, "{name}"),
                Ok(output) => {
                    let expected: Value = serde_json::from_slice(&api.response.body).expect("JSON");
                    assert_eq!(output, expected, "{name}");
                }
                Err(refused) => {
                    let expected = refusal(Dialect::Api, &api.response);
                    assert_eq!((refused.kind, refused.message), (expected.kind, expected.message));
                }
            }
            assert_eq!((api.transitions, api.rule), (rpc.transitions, rpc.rule), "{name}");
            let end = |client: &mut Client| {
                client.log_in();
                client.seen()
            };
            assert_eq!(end(&mut by_api), end(&mut by_rpc), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_json_rpc_request_with_something_wrong_in_it_is_answered(
        (which, wrapped) in (any::<Index>(), any::<bool>()),
        wrongs in proptest::collection::vec(wrong(), 1..3),
    ) {
        let world = world(Dialect::Api);
        let mut request = rpc(&call_of(which.get(&world.good)), wrapped, world.client.login.as_ref());
        for wrong in &wrongs {
            wrong.happen(&mut request, world);
        }
        answered(world, &request);
    }

    #[test]
    fn any_json_rpc_input_is_answered(input in tagged(), which in any::<Index>()) {
        let world = world(Dialect::Api);
        let call = call_of(which.get(&world.good));
        let request = rpc(&call, false, world.client.login.as_ref());
        let mut envelope: Value = serde_json::from_slice(&request.body).expect("JSON");
        envelope["params"]["input"] = input;
        answered(world, &rpc_request(&envelope));
    }
}

/// Values with tags, many of them in the wrong place.
fn tagged() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let field = select(ROWS.iter().flat_map(|row| row.parameters).copied().collect::<Vec<_>>());
    let name = prop_oneof![
        4 => field.prop_map(str::to_owned),
        2 => select(vec!["key", "value", "name", "type"]).prop_map(str::to_owned),
        1 => text(),
    ];
    let tag = select(vec!["STRUCTURE", "OPTIONAL", "SECRET", "BINARY", "ERROR", "VOID", ""]);
    let structure = select(vec!["operation-input", "map-entry", "com.vmware.any", ""]);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let fields = proptest::collection::btree_map(name.clone(), inner.clone(), 0..4);
        prop_oneof![
            3 => (structure.clone(), fields)
                .prop_map(|(name, fields)| json!({"STRUCTURE": {name: fields}})),
            1 => inner.clone().prop_map(|value| json!({"OPTIONAL": value})),
            1 => (tag.clone(), inner.clone()).prop_map(|(tag, value)| json!({tag: value})),
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            1 => proptest::collection::btree_map(tag.clone(), inner, 0..3)
                .prop_map(|members| json!(members)),
        ]
    })
    .boxed()
}

// ---------------------------------------------------------------------------------------------
// One thing at a time
// ---------------------------------------------------------------------------------------------

#[test]
fn without_a_login_a_known_path_is_401_and_changes_nothing() {
    for dialect in Dialect::ALL {
        let world = world(dialect);
        assert_eq!(world.good.len(), ROWS.len());
        for request in &world.good {
            for value in [None, Some(""), Some("not a token"), Some("é")] {
                let mut request = Request { headers: Headers::new(), ..request.clone() };
                if let Some(value) = value {
                    request.headers.push(SESSION_HEADER, value);
                    request.headers.push("Authorization", value);
                }
                assert_eq!(answered(world, &request).status, 401, "{}", request.url);
                // A path that nobody knows is found out first.
                request.url = request.url.replace("session", "sessions").replace("/item", "/items");
                request.url = request.url.replace("library", "libraries");
                assert_eq!(answered(world, &request).status, 404, "{}", request.url);
            }
        }
    }
}

/// Fuzzing found that what stood between the prefix and the next slash was not looked at.
#[test]
fn a_path_that_only_begins_like_a_dialect_is_nobodys() {
    for dialect in Dialect::ALL {
        let world = world(dialect);
        for request in &world.good {
            let prefix = dialect.prefix();
            let url = request.url.replacen(prefix, &format!("{prefix}s"), 1);
            assert_eq!(answered(world, &Request { url, ..request.clone() }).status, 404);
        }
    }
}

#[test]
fn depth_does_not_matter() {
    let deep = [
        "[".repeat(100_000),
        "[".repeat(100_000) + &"]".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "{\"create_spec\":".repeat(100_000) + "1" + &"}".repeat(100_000),
        "\"".repeat(100_000),
        "9".repeat(100_000),
    ];
    for body in &deep {
        let request = rpc_request(&Value::Null);
        let request = Request { body: body.clone().into_bytes(), ..request };
        answered(world(Dialect::Api), &request);
    }
    for dialect in Dialect::ALL {
        let world = world(dialect);
        for request in &world.good {
            for body in &deep {
                let request = Request { body: body.clone().into_bytes(), ..request.clone() };
                assert_eq!(answered(world, &request).status, 400, "{}", request.url);
            }
        }
        for long in ["/a".repeat(50_000), "?a".repeat(50_000), "&a=%".repeat(50_000)] {
            let url = format!("{ORIGIN}{}/session{long}", dialect.prefix());
            let status = answered(world, &Request::new(Method::Get, url)).status;
            assert!([400, 401, 404].contains(&status), "{status}");
        }
    }
}

#[test]
fn hostile_file_names_are_refused_or_kept_as_they_are() {
    let world = world(Dialect::Api);
    let session = world.client.clone().call(&UpdateSessionList { library_item_id: None });
    let session = session.expect("a list").pop().expect("the active one came last");
    for name in HOSTILE {
        let mut client = world.client.clone();
        let answer = client.call(&file_add(&session, push_spec(name)));
        let folder = ["", ".", ".."].contains(name);
        if folder || name.contains(['/', '\\', '\0', '\n']) {
            let refused = answer.expect_err(name);
            assert_eq!(
                (refused.status, refused.kind.as_str()),
                (400, "INVALID_ARGUMENT"),
                "{name:?}"
            );
            assert_eq!(client.seen(), world.seen);
            continue;
        }
        let file = answer.expect("a good name");
        assert_eq!(file.name, *name);
        assert!(link(&file).is_ascii() && !link(&file).contains([' ', '"', '?', '#']));
        client.upload(&file, 1);
        let file_name = (*name).to_owned();
        let get = SessionFileGet { update_session_id: session.clone(), file_name };
        assert_eq!(client.call(&get).expect("it is there").status, TransferStatus::Ready);
    }
    let long = "n".repeat(256);
    let refused = world.client.clone().call(&file_add(&session, push_spec(&long)));
    assert_eq!(refused.expect_err("too long").status, 400);
}

#[test]
fn a_running_upload_survives_whatever_else_arrives() {
    let world = world(Dialect::Api);
    let mut client = world.client.clone();
    for request in &world.good {
        let wreck = Request { body: b"{".to_vec(), ..request.clone() };
        assert_eq!(client.send(&wreck).response.status, 400, "{}", request.url);
    }
    let running = world.running.clone();
    client.simulator.progress(&running, 9, client.now).expect("it still runs");
    let closed = client.close(running, Ok(received(9)));
    assert_eq!(closed.response.status, 200);
}

#[test]
fn what_arrived_may_be_of_any_size() {
    let mut client = Client::logged_in(Dialect::Api);
    let library = client.library("lab");
    let item = client.item(&library, "huge", "iso");
    let session = client.session(&item);
    for name in ["a.iso", "b.iso"] {
        let file = client.add(&session, name);
        let upload = client.open(&file);
        client.simulator.progress(&upload, u64::MAX, client.now).expect("it runs");
        let digests = [(Algorithm::Md5, "é".to_owned()), (Algorithm::Sha1, String::new())];
        let received = Received { size: u64::MAX, digests: digests.into(), contents: None };
        assert_eq!(client.close(upload, Ok(received)).response.status, 200);
    }
    client.call(&UpdateSessionComplete { update_session_id: session }).expect("all is sent");
    let item = client.call(&ItemGet { library_item_id: item }).expect("it is there");
    assert_eq!(item.size, Some(i64::MAX));
}

#[test]
fn a_body_over_the_limit_is_413_in_the_words_of_its_dialect() {
    for (path, dialect) in
        [("/api/session", Dialect::Api), ("/rest/com", Dialect::Rest), ("/x", Dialect::Api)]
    {
        let request = Request::new(Method::Post, format!("{ORIGIN}{path}"));
        let response = body_too_large(&request, 1_048_576);
        let refused = refusal(dialect, &response);
        assert_eq!((refused.status, refused.kind.as_str()), (413, "INVALID_REQUEST"));
        let body = String::from_utf8(response.body).expect("text");
        assert!(body.contains("1048576"), "{body}");
    }
}

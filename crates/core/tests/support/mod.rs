//! What the tests of core share: a client of a simulator with a clock of its own, everything that
//! such a client can see, and generated calls.
#![allow(dead_code, reason = "each test program uses its own part of this")]

pub(crate) mod busy;

use std::collections::BTreeMap;
use std::time::Duration;

use accession_core::dialect::{self, Dialect, SESSION_HEADER};
use accession_core::error::ApiError;
use accession_core::jsonrpc;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::reading;
use accession_core::received::{Algorithm, Broken, Received};
use accession_core::simulator::{Handled, Simulator, Upload};
use accession_core::structure::Plain;
use accession_core::time::Timestamp;
use accession_core::wire::{Method, Request, Response};
use base64::Engine;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

pub(crate) const ORIGIN: &str = "https://vcenter.lab.test";
pub(crate) const SEED: u64 = 7;
/// 2026-03-01T09:00:00.000Z, when every test begins.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_772_355_600_000);
/// A digest that fits a file which says that it is [`SHA1`].
pub(crate) const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
pub(crate) const OTHER_SHA1: &str = "0123456789abcdef0123456789abcdef01234567";

/// How many cases a property is tried on: the same ones in every run, unless `ACCESSION_SOAK` is set
/// and asks for new ones and many more. Its value is the factor if it is a number above 1, else 20.
pub(crate) fn cases(in_the_gate: u32) -> ProptestConfig {
    let soak = std::env::var("ACCESSION_SOAK").ok();
    let given = soak.as_ref().and_then(|text| text.parse().ok()).filter(|factor| *factor > 1);
    let factor = if soak.is_some() { given.unwrap_or(20) } else { 1 };
    let rng_seed = if soak.is_some() { RngSeed::Random } else { RngSeed::Fixed(SEED) };
    ProptestConfig {
        cases: in_the_gate * factor,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..ProptestConfig::default()
    }
}

/// Whether the committed files are to be written anew instead of compared.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE_TRANSCRIPTS").is_some()
}

/// Compares a text with a committed file below `tests`, or writes the file anew.
pub(crate) fn compare_with_file(path: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path);
    if updating() {
        std::fs::write(&file, text).expect("the checkout can be written to");
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let differing = expected.lines().zip(text.lines()).position(|(old, new)| old != new);
    let line = differing.unwrap_or_else(|| expected.lines().count().min(text.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    assert!(
        expected == text,
        "tests/{path}, line {}:\n  committed: {}\n  now:       {}\nUPDATE_TRANSCRIPTS=1 writes it anew.",
        line + 1,
        at(&expected),
        at(text),
    );
}

// ---------------------------------------------------------------------------------------------
// A client
// ---------------------------------------------------------------------------------------------

/// A simulator, and what a client of it keeps.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) simulator: Simulator,
    pub(crate) now: Timestamp,
    pub(crate) dialect: Dialect,
    pub(crate) login: Option<LoginToken>,
}

/// A refusal, short enough to compare.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl Client {
    /// Nobody is logged in.
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { simulator: Simulator::new(SEED), now: BEGIN, dialect, login: None }
    }

    pub(crate) fn logged_in(dialect: Dialect) -> Self {
        let mut client = Self::new(dialect);
        client.log_in();
        client
    }

    pub(crate) fn log_in(&mut self) {
        let token = self.call(&LoginCreate {}).expect("anybody may log in");
        self.login = Some(token);
    }

    /// The request for a call, with what says who asks.
    pub(crate) fn request<O: Operation>(&self, call: &O) -> Request {
        let request = call.encode(self.dialect, ORIGIN).expect("the call can be sent");
        self.signed(request, O::ROW.opens_login())
    }

    pub(crate) fn signed(&self, mut request: Request, opens_login: bool) -> Request {
        match &self.login {
            _ if opens_login => request.headers.push("Authorization", basic("lab", "secret")),
            Some(token) => request.headers.push(SESSION_HEADER, token.reveal()),
            None => {}
        }
        request
    }

    pub(crate) fn send(&mut self, request: &Request) -> Handled {
        if jsonrpc::is_for(request) {
            return jsonrpc::handle(&mut self.simulator, request, self.now);
        }
        self.simulator.handle(request, self.now)
    }

    pub(crate) fn call<O: Operation>(&mut self, call: &O) -> Result<O::Reply, Refused> {
        let handled = self.send(&self.request(call));
        read_reply::<O>(self.dialect, &handled.response)
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }

    pub(crate) fn library(&mut self, name: &str) -> LibraryId {
        let create_spec = library_spec(name);
        self.call(&LocalLibraryCreate { client_token: None, create_spec }).expect("a good library")
    }

    pub(crate) fn item(&mut self, library: &LibraryId, name: &str, kind: &str) -> ItemId {
        let create_spec = item_spec(library, name, kind);
        self.call(&ItemCreate { client_token: None, create_spec }).expect("a good item")
    }

    pub(crate) fn session(&mut self, item: &ItemId) -> SessionId {
        self.call(&session_create(item)).expect("the item has no active session")
    }

    pub(crate) fn add(&mut self, session: &SessionId, name: &str) -> SessionFileInfo {
        self.call(&file_add(session, push_spec(name))).expect("a good file")
    }

    /// Opens an upload on the link of a file.
    pub(crate) fn open(&mut self, file: &SessionFileInfo) -> Upload {
        let head = Request::new(Method::Put, link(file));
        self.simulator.open_upload(&head, self.now).expect("the link is good")
    }

    pub(crate) fn close(&mut self, upload: Upload, outcome: Result<Received, Broken>) -> Handled {
        self.simulator.close_upload(upload, outcome, self.now)
    }

    /// Sends the whole of a file.
    pub(crate) fn upload(&mut self, file: &SessionFileInfo, size: u64) {
        let upload = self.open(file);
        assert_eq!(self.close(upload, Ok(received(size))).response.status, 200);
    }

    /// Adds a file and sends the whole of it.
    pub(crate) fn push(&mut self, session: &SessionId, name: &str, size: u64) {
        let file = self.add(session, name);
        self.upload(&file, size);
    }

    /// Puts a file into an item by a session of its own.
    pub(crate) fn store(&mut self, item: &ItemId, name: &str, size: u64) {
        let session = self.session(item);
        self.push(&session, name, size);
        self.call(&UpdateSessionComplete { update_session_id: session.clone() })
            .expect("all is sent");
        self.call(&UpdateSessionDelete { update_session_id: session }).expect("it is done");
    }

    /// Everything that the client can read, by reading it. Changes nothing of it.
    pub(crate) fn seen(&mut self) -> Value {
        let mut seen = Map::new();
        let list = UpdateSessionList { library_item_id: None };
        for id in self.call(&list).expect("a list") {
            seen.insert(format!("session {id}"), self.seen_session(&id));
        }
        for library in self.call(&LocalLibraryList {}).expect("a list") {
            let library_id = library.clone();
            let model = self.raw(&LocalLibraryGet { library_id });
            seen.insert(format!("library {library}"), model);
            for item in self.call(&ItemList { library_id: library }).expect("a list") {
                seen.insert(format!("item {item}"), self.seen_item(&item));
            }
        }
        Value::Object(seen)
    }

    pub(crate) fn seen_session(&mut self, id: &SessionId) -> Value {
        let model = self.raw(&UpdateSessionGet { update_session_id: id.clone() });
        let files = self.raw(&SessionFileList { update_session_id: id.clone() });
        json!([model, files])
    }

    pub(crate) fn seen_item(&mut self, id: &ItemId) -> Value {
        let model = self.raw(&ItemGet { library_item_id: id.clone() });
        let files = self.raw(&ItemFileList { library_item_id: id.clone() });
        json!([model, files])
    }

    fn raw<O: Operation>(&mut self, call: &O) -> Value {
        let handled = self.send(&self.request(call));
        assert!(handled.response.is_success(), "{}", O::ROW.full_name());
        serde_json::from_slice(&handled.response.body).expect("a JSON body")
    }
}

/// Reads an answer as its operation's.
pub(crate) fn read_reply<O: Operation>(
    dialect: Dialect,
    response: &Response,
) -> Result<O::Reply, Refused> {
    if !response.is_success() {
        return Err(refusal(dialect, response));
    }
    assert_eq!(response.status, line(O::ROW, dialect).success(), "{}", O::ROW.full_name());
    if O::ROW.void {
        assert!(response.body.is_empty(), "{}", O::ROW.full_name());
        return Ok(reading::read(&Value::Null).expect("nothing is null").value);
    }
    let body = serde_json::from_slice(&response.body).expect("a JSON body");
    let (result, in_envelope) = dialect::unwrap_result(dialect, body);
    assert!(in_envelope, "{}", O::ROW.full_name());
    Ok(reading::read(&result).expect("the reply of the operation").value)
}

/// Reads a refusal, and holds its body against the form that the dialect prescribes.
pub(crate) fn refusal(dialect: Dialect, response: &Response) -> Refused {
    assert!((400..=599).contains(&response.status), "{}", response.status);
    assert_eq!(response.headers.get("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&response.body).expect("a refusal is JSON");
    let structure = match dialect {
        Dialect::Api => body.clone(),
        Dialect::Rest => body["value"].clone(),
    };
    let kind = structure["error_type"].as_str().expect("an error type").to_owned();
    if dialect == Dialect::Rest {
        let canonical = format!("com.vmware.vapi.std.errors.{}", kind.to_lowercase());
        assert_eq!(body["type"], canonical);
        assert_eq!(body.as_object().map(Map::len), Some(2), "{body}");
    }
    let messages = structure["messages"].as_array().expect("messages");
    for message in messages {
        assert!(message["id"].is_string() && message["default_message"].is_string(), "{message}");
        assert!(message["args"].as_array().expect("args").iter().all(Value::is_string));
    }
    let error = dialect::read_error(&response.body).expect("an error structure");
    assert_eq!(error.challenge.is_some(), response.status == 401, "{body}");
    let ApiError { messages, .. } = error;
    let message = messages.into_iter().next().expect("one message or more").id;
    Refused { status: response.status, kind, message }
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    let text = format!("{user}:{password}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}

pub(crate) fn link(file: &SessionFileInfo) -> String {
    file.upload_endpoint.as_ref().expect("a pushed file has a link").uri.clone()
}

pub(crate) fn received(size: u64) -> Received {
    Received { size, digests: [(Algorithm::Sha1, SHA1.to_owned())].into(), contents: None }
}

pub(crate) fn library_spec(name: &str) -> LibraryModel {
    let backing = StorageBacking {
        r#type: Some(StorageBackingType::Datastore),
        datastore_id: Some("datastore-11".to_owned()),
        storage_uri: None,
    };
    LibraryModel {
        name: Some(name.to_owned()),
        storage_backings: Some(vec![backing]),
        ..LibraryModel::default()
    }
}

pub(crate) fn item_spec(library: &LibraryId, name: &str, kind: &str) -> ItemModel {
    ItemModel {
        library_id: Some(library.clone()),
        name: Some(name.to_owned()),
        r#type: Some(kind.to_owned()),
        ..ItemModel::default()
    }
}

pub(crate) fn session_create(item: &ItemId) -> UpdateSessionCreate {
    let create_spec =
        UpdateSessionModel { library_item_id: Some(item.clone()), ..Default::default() };
    UpdateSessionCreate { client_token: None, create_spec }
}

pub(crate) fn file_add(session: &SessionId, file_spec: AddSpec) -> SessionFileAdd {
    SessionFileAdd { update_session_id: session.clone(), file_spec }
}

pub(crate) fn push_spec(name: &str) -> AddSpec {
    AddSpec {
        name: name.to_owned(),
        source_type: SourceType::Push,
        source_endpoint: None,
        size: None,
        checksum_info: None,
    }
}

// ---------------------------------------------------------------------------------------------
// JSON-RPC
// ---------------------------------------------------------------------------------------------

/// How the vendor's SDKs write a call. `wrapped` fields say that they are optional; a server takes
/// those that are not so, too.
pub(crate) fn rpc(call: &Call, wrapped: bool, login: Option<&LoginToken>) -> Request {
    let row = call.row();
    let input = typed("operation-input", &Value::Object(call.parameters(&Plain)), wrapped);
    let security = match login {
        _ if row.opens_login() => json!({
            "schemeId": "com.vmware.vapi.std.security.user_pass",
            "userName": "lab",
            "password": "secret",
        }),
        Some(token) => json!({
            "schemeId": "com.vmware.vapi.std.security.session_id",
            "sessionId": token.reveal(),
        }),
        None => Value::Null,
    };
    rpc_request(&json!({
        "jsonrpc": "2.0",
        "method": "invoke",
        "params": {
            "serviceId": row.service,
            "operationId": row.name,
            "input": input,
            "ctx": {"appCtx": {"opId": "1"}, "securityCtx": security},
        },
        "id": "7",
    }))
}

pub(crate) fn rpc_request(envelope: &Value) -> Request {
    let mut request = Request::new(Method::Post, format!("{ORIGIN}/api"));
    request.headers.push("Content-Type", "application/json");
    request.body = envelope.to_string().into_bytes();
    request
}

/// Puts the tags on a value, as far as they can be told without its type.
fn typed(name: &str, value: &Value, wrapped: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let value = match value {
                    // The API has one map: the named arguments of a message.
                    Value::Object(entries) if name == "params" => {
                        let entry = |(key, value): (&String, &Value)| {
                            let value = typed("com.vmware.any", value, wrapped);
                            json!({"STRUCTURE": {"map-entry": {"key": key, "value": value}}})
                        };
                        entries.iter().map(entry).collect()
                    }
                    value => typed("com.vmware.any", value, wrapped),
                };
                let is_optional = wrapped || value.is_null();
                (name.clone(), if is_optional { json!({"OPTIONAL": value}) } else { value })
            };
            let fields: Map<_, _> = fields.iter().map(field).collect();
            json!({"STRUCTURE": {name: fields}})
        }
        Value::Array(values) => values.iter().map(|value| typed(name, value, wrapped)).collect(),
        plain => plain.clone(),
    }
}

/// Takes the tags off a value that a server wrote, and holds them against what is promised.
pub(crate) fn untyped(value: &Value) -> Value {
    let tagged = match value {
        Value::Object(tagged) => tagged,
        Value::Array(values) if values.iter().any(|value| entry(value).is_some()) => {
            return values.iter().map(|value| entry(value).expect("all or none")).collect();
        }
        Value::Array(values) => return values.iter().map(untyped).collect(),
        plain => return plain.clone(),
    };
    assert_eq!(tagged.len(), 1, "{value}");
    let (tag, inner) = tagged.iter().next().expect("one tag");
    match (tag.as_str(), inner) {
        ("OPTIONAL", inner) => untyped(inner),
        ("SECRET", Value::String(_)) => inner.clone(),
        ("STRUCTURE" | "ERROR", Value::Object(named)) => {
            assert_eq!(named.len(), 1, "{value}");
            let (name, fields) = named.iter().next().expect("one name");
            assert!(name.starts_with("com.vmware."), "{name} has no name of the API's");
            assert!(name.chars().all(|c| c == '.' || c == '_' || c.is_ascii_lowercase()), "{name}");
            let fields = fields.as_object().expect("fields");
            fields.iter().map(|(name, value)| (name.clone(), untyped(value))).collect()
        }
        _ => panic!("{value} has no tag that is known"),
    }
}

/// A key and a value, if it is an entry of a map.
fn entry(value: &Value) -> Option<(String, Value)> {
    let entry = value.pointer("/STRUCTURE/map-entry")?;
    assert_eq!(entry.as_object().map(Map::len), Some(2), "{value}");
    Some((entry["key"].as_str()?.to_owned(), untyped(&entry["value"])))
}

/// Reads the answer to a JSON-RPC request: the output as `/api` writes it, or the refusal.
pub(crate) fn rpc_reply(response: &Response) -> Result<Value, Refused> {
    assert_eq!(response.status, 200);
    assert_eq!(response.headers.get("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&response.body).expect("an answer is JSON");
    let members = body.as_object().expect("an answer is an object");
    assert!(members.len() == 3 && members["jsonrpc"] == "2.0", "{body}");
    if let Some(error) = members.get("error") {
        let code = error["code"].as_i64().expect("a code");
        assert!([-32700, -32600, -32601, -32602, -31001].contains(&code), "{body}");
        assert!(error["message"].is_string() && error["data"].is_string(), "{body}");
        let id = &members["id"];
        assert!(id.is_null() || ![-32700, -32600].contains(&code), "{body}");
        let message = error["data"].as_str().unwrap_or_default().to_owned();
        return Err(Refused { status: 200, kind: code.to_string(), message });
    }
    let result = members["result"].as_object().expect("a result");
    assert_eq!(result.len(), 1, "{body}");
    let Some(error) = result.get("error") else { return Ok(untyped(&result["output"])) };
    let fields = untyped(error);
    let kind = fields["error_type"].as_str().expect("an error type").to_owned();
    let name = error["ERROR"].as_object().and_then(|named| named.keys().next());
    assert_eq!(
        name,
        Some(&format!("com.vmware.vapi.std.errors.{}", kind.to_lowercase())),
        "{body}"
    );
    let message = fields["messages"][0]["id"].as_str().expect("a message").to_owned();
    Err(Refused { status: 200, kind, message })
}

// ---------------------------------------------------------------------------------------------
// Generated calls
// ---------------------------------------------------------------------------------------------

/// Texts that look like something else in a URL, in JSON or to a file system.
pub(crate) const HOSTILE: &[&str] = &[
    "",
    ".",
    "..",
    "...",
    "%2e",
    "update-session",
    "file",
    "id:x",
    "a/b",
    "/",
    "a\\b",
    "%2F",
    "%",
    "%zz",
    "%ff",
    "+",
    "a b",
    " a ",
    "é ü",
    "\u{1f980}",
    "\u{202e}fdp.exe",
    "\u{0}",
    "a\r\nb",
    "1d2c:3b4a",
    "?x#y",
    "#",
    "a&b=c",
    "~action=complete",
    "{update_session_id}",
    "\"quoted\"",
    "null",
];

pub(crate) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-zA-Z0-9_-]{1,12}",
        1 => "[0-9a-f]{8}-[0-9a-f]{4}:[0-9a-f]{8}",
        2 => proptest::sample::select(HOSTILE).prop_map(str::to_owned),
        1 => ".{0,12}",
        1 => any::<String>().prop_map(|text| text.chars().take(16).collect()),
    ]
    .boxed()
}

fn opt<T: std::fmt::Debug + 'static>(
    of: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    proptest::option::of(of).boxed()
}

fn some<T: std::fmt::Debug + 'static>(
    of: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Vec<T>> {
    proptest::collection::vec(of, 0..3).boxed()
}

/// One of the known values of an enumeration, or one that this program does not know.
fn known<T: Clone + std::fmt::Debug + From<String> + 'static>(
    values: &'static [T],
) -> BoxedStrategy<T> {
    let unknown = "LATER_[A-Z]{1,4}".prop_map(T::from);
    prop_oneof![4 => proptest::sample::select(values), 1 => unknown].boxed()
}

/// Any JSON without null: null and absent are the same, so a null would not come back.
pub(crate) fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

fn instant() -> BoxedStrategy<Timestamp> {
    (-62_167_219_200_000..=253_402_300_799_999_i64).prop_map(Timestamp::from_millis).boxed()
}

fn session_id() -> BoxedStrategy<SessionId> {
    text().prop_map(SessionId::new).boxed()
}

fn item_id() -> BoxedStrategy<ItemId> {
    text().prop_map(ItemId::new).boxed()
}

fn library_id() -> BoxedStrategy<LibraryId> {
    text().prop_map(LibraryId::new).boxed()
}

fn client_token() -> BoxedStrategy<Option<ClientToken>> {
    opt(text().prop_map(ClientToken::new))
}

/// A named argument; a message in it goes `depth` levels down.
fn param(depth: u32) -> BoxedStrategy<LocalizationParam> {
    let nested = match depth {
        0 => Just(None).boxed(),
        _ => opt((text(), params(depth - 1))
            .prop_map(|(id, params)| Box::new(NestedLocalizableMessage { id, params }))),
    };
    // Some numbers with a fraction are not the same after a way through text.
    let fraction = any::<i32>().prop_map(|number| f64::from(number) / 8.0 + 0.0625);
    let format = opt(known(DateTimeFormat::KNOWN));
    (opt(text()), opt(instant()), opt(any::<i64>()), opt(fraction), nested, format)
        .prop_map(|(s, dt, i, d, l, format)| LocalizationParam {
            s,
            dt,
            i,
            d,
            l,
            format,
            precision: i,
        })
        .boxed()
}

fn params(depth: u32) -> BoxedStrategy<Option<BTreeMap<String, LocalizationParam>>> {
    opt(proptest::collection::btree_map(text(), param(depth), 0..3))
}

fn message() -> BoxedStrategy<LocalizableMessage> {
    (text(), text(), some(text()), params(1), opt(text()))
        .prop_map(|(id, default_message, args, params, localized)| LocalizableMessage {
            id,
            default_message,
            args,
            params,
            localized,
        })
        .boxed()
}

fn checksum() -> BoxedStrategy<ChecksumInfo> {
    (opt(known(ChecksumAlgorithm::KNOWN)), text())
        .prop_map(|(algorithm, checksum)| ChecksumInfo { algorithm, checksum })
        .boxed()
}

fn endpoint() -> BoxedStrategy<TransferEndpoint> {
    (text(), opt(text()), opt(text()))
        .prop_map(|(uri, ssl_certificate_thumbprint, ssl_certificate)| TransferEndpoint {
            uri,
            ssl_certificate_thumbprint,
            ssl_certificate,
        })
        .boxed()
}

fn add_spec() -> BoxedStrategy<AddSpec> {
    (text(), known(SourceType::KNOWN), opt(endpoint()), opt(any::<i64>()), opt(checksum()))
        .prop_map(|(name, source_type, source_endpoint, size, checksum_info)| AddSpec {
            name,
            source_type,
            source_endpoint,
            size,
            checksum_info,
        })
        .boxed()
}

fn preview() -> BoxedStrategy<PreviewInfo> {
    let certificate =
        (text(), text(), any::<bool>(), text()).prop_map(|(issuer, subject, self_signed, x509)| {
            CertificateInfo { issuer, subject, self_signed, x509 }
        });
    let warning = (known(WarningType::KNOWN), message(), any::<bool>())
        .prop_map(|(r#type, message, ignored)| PreviewWarningInfo { r#type, message, ignored });
    (known(PreviewState::KNOWN), opt(certificate), opt(some(warning)), opt(some(text())))
        .prop_map(|(state, certificate_info, warnings, cert_chain)| PreviewInfo {
            state,
            certificate_info,
            warnings,
            cert_chain,
        })
        .boxed()
}

fn session_model() -> BoxedStrategy<UpdateSessionModel> {
    let behavior = (known(WarningType::KNOWN), any::<bool>())
        .prop_map(|(r#type, ignored)| WarningBehavior { r#type, ignored });
    let told = (opt(session_id()), opt(item_id()), opt(text()), opt(message()));
    let state = (
        opt(any::<i64>()),
        opt(known(SessionState::KNOWN)),
        opt(instant()),
        opt(preview()),
        opt(some(behavior)),
    );
    (told, state)
        .prop_map(|(told, state)| {
            let (id, library_item_id, library_item_content_version, error_message) = told;
            let (client_progress, state, expiration_time, preview_info, warning_behavior) = state;
            UpdateSessionModel {
                id,
                library_item_id,
                library_item_content_version,
                error_message,
                client_progress,
                state,
                expiration_time,
                preview_info,
                warning_behavior,
            }
        })
        .boxed()
}

fn item_model() -> BoxedStrategy<ItemModel> {
    let texts = proptest::collection::vec(opt(text()), 6);
    let ids = (opt(item_id()), opt(library_id()), opt(item_id()));
    let times = (opt(instant()), opt(instant()), opt(instant()));
    let flags = (opt(any::<bool>()), opt(any::<bool>()));
    let verification = (known(CertificateVerificationStatus::KNOWN), opt(some(text())))
        .prop_map(|(status, cert_chain)| CertificateVerificationInfo { status, cert_chain });
    (texts, ids, times, flags, opt(any::<i64>()), opt(verification))
        .prop_map(|(mut texts, ids, times, flags, size, certificate_verification_info)| {
            let mut text = || texts.pop().flatten();
            ItemModel {
                id: ids.0,
                library_id: ids.1,
                content_version: text(),
                creation_time: times.0,
                description: text(),
                last_modified_time: times.1,
                last_sync_time: times.2,
                metadata_version: text(),
                name: text(),
                cached: flags.0,
                size,
                r#type: text(),
                version: text(),
                source_id: ids.2,
                security_compliance: flags.1,
                certificate_verification_info,
            }
        })
        .boxed()
}

fn item_find_spec() -> BoxedStrategy<ItemFindSpec> {
    (opt(text()), opt(library_id()), opt(item_id()), opt(text()), opt(any::<bool>()))
        .prop_map(|(name, library_id, source_id, r#type, cached)| ItemFindSpec {
            name,
            library_id,
            source_id,
            r#type,
            cached,
        })
        .boxed()
}

fn library_find_spec() -> BoxedStrategy<LibraryFindSpec> {
    (opt(text()), opt(known(LibraryType::KNOWN)), opt(backing()))
        .prop_map(|(name, r#type, storage_backing)| LibraryFindSpec {
            name,
            r#type,
            storage_backing,
        })
        .boxed()
}

fn backing() -> BoxedStrategy<StorageBacking> {
    (opt(known(StorageBackingType::KNOWN)), opt(text()), opt(text()))
        .prop_map(|(r#type, datastore_id, storage_uri)| StorageBacking {
            r#type,
            datastore_id,
            storage_uri,
        })
        .boxed()
}

fn library_model() -> BoxedStrategy<LibraryModel> {
    let texts = proptest::collection::vec(opt(text()), 5);
    let times = (opt(instant()), opt(instant()), opt(instant()));
    let publish = (proptest::collection::vec(opt(text()), 5), opt(any::<bool>())).prop_map(
        |(mut texts, published)| {
            let mut text = || texts.pop().flatten();
            PublishInfo {
                authentication_method: text(),
                published,
                publish_url: text(),
                user_name: text(),
                password: text(),
                current_password: text(),
                persist_json_enabled: published,
            }
        },
    );
    let flag = || opt(any::<bool>());
    let infos = (
        opt(publish),
        opt(value()),
        opt(flag().prop_map(|flag| OptimizationInfo { optimize_remote_publishing: flag })),
        opt((opt(known(LibraryState::KNOWN)), opt(message()))
            .prop_map(|(state, message)| StateInfo { state, message })),
        opt(flag().prop_map(|flag| ConfigurationInfo { apply_library_usage_to_items: flag })),
        flag(),
    );
    (opt(library_id()), texts, times, opt(known(LibraryType::KNOWN)), opt(some(backing())), infos)
        .prop_map(|(id, mut texts, times, r#type, storage_backings, infos)| {
            let mut text = || texts.pop().flatten();
            LibraryModel {
                id,
                name: text(),
                description: text(),
                r#type,
                storage_backings,
                version: text(),
                creation_time: times.0,
                last_modified_time: times.1,
                last_sync_time: times.2,
                publish_info: infos.0,
                subscription_info: infos.1,
                optimization_info: infos.2,
                server_guid: text(),
                security_policy_id: text(),
                unset_security_policy_id: infos.5,
                state_info: infos.3,
                configuration_info: infos.4,
            }
        })
        .boxed()
}

/// For each operation, in the order of the table, what generates its calls.
pub(crate) fn calls() -> Vec<BoxedStrategy<Call>> {
    let of_library = |make: fn(LibraryId) -> Call| library_id().prop_map(make).boxed();
    let of_item = |make: fn(ItemId) -> Call| item_id().prop_map(make).boxed();
    let of_item_and_text = |make: fn(ItemId, String) -> Call| {
        (item_id(), text()).prop_map(move |(id, text)| make(id, text)).boxed()
    };
    let of_session = |make: fn(SessionId) -> Call| session_id().prop_map(make).boxed();
    let of_file = |make: fn(SessionId, String) -> Call| {
        (session_id(), text()).prop_map(move |(id, name)| make(id, name)).boxed()
    };
    vec![
        Just(Call::LoginCreate(LoginCreate {})).boxed(),
        Just(Call::LoginGet(LoginGet {})).boxed(),
        Just(Call::LoginDelete(LoginDelete {})).boxed(),
        (client_token(), library_model())
            .prop_map(|(client_token, create_spec)| {
                Call::LocalLibraryCreate(LocalLibraryCreate { client_token, create_spec })
            })
            .boxed(),
        of_library(|library_id| Call::LocalLibraryGet(LocalLibraryGet { library_id })),
        Just(Call::LocalLibraryList(LocalLibraryList {})).boxed(),
        (library_id(), library_model())
            .prop_map(|(library_id, update_spec)| {
                Call::LocalLibraryUpdate(LocalLibraryUpdate { library_id, update_spec })
            })
            .boxed(),
        of_library(|library_id| Call::LocalLibraryDelete(LocalLibraryDelete { library_id })),
        of_library(|library_id| {
            Call::LocalLibraryForceDelete(LocalLibraryForceDelete { library_id })
        }),
        of_library(|library_id| Call::LibraryGet(LibraryGet { library_id })),
        Just(Call::LibraryList(LibraryList {})).boxed(),
        library_find_spec().prop_map(|spec| Call::LibraryFind(LibraryFind { spec })).boxed(),
        (library_id(), library_model())
            .prop_map(|(library_id, update_spec)| {
                Call::LibraryUpdate(LibraryUpdate { library_id, update_spec })
            })
            .boxed(),
        (client_token(), item_model())
            .prop_map(|(client_token, create_spec)| {
                Call::ItemCreate(ItemCreate { client_token, create_spec })
            })
            .boxed(),
        of_item(|library_item_id| Call::ItemGet(ItemGet { library_item_id })),
        of_library(|library_id| Call::ItemList(ItemList { library_id })),
        item_find_spec().prop_map(|spec| Call::ItemFind(ItemFind { spec })).boxed(),
        (item_id(), item_model())
            .prop_map(|(library_item_id, update_spec)| {
                Call::ItemUpdate(ItemUpdate { library_item_id, update_spec })
            })
            .boxed(),
        of_item(|library_item_id| Call::ItemDelete(ItemDelete { library_item_id })),
        (client_token(), item_id(), item_model())
            .prop_map(|(client_token, source_library_item_id, destination_create_spec)| {
                Call::ItemCopy(ItemCopy {
                    client_token,
                    source_library_item_id,
                    destination_create_spec,
                })
            })
            .boxed(),
        of_item_and_text(|library_item_id, name| {
            Call::ItemFileGet(ItemFileGet { library_item_id, name })
        }),
        of_item(|library_item_id| Call::ItemFileList(ItemFileList { library_item_id })),
        of_item_and_text(|library_item_id, file_name| {
            Call::ItemStorageGet(ItemStorageGet { library_item_id, file_name })
        }),
        of_item(|library_item_id| Call::ItemStorageList(ItemStorageList { library_item_id })),
        of_item(|library_item| Call::ItemChangesList(ItemChangesList { library_item })),
        of_item_and_text(|library_item, version| {
            let version = ItemVersion::new(version);
            Call::ItemChangesGet(ItemChangesGet { library_item, version })
        }),
        (client_token(), session_model())
            .prop_map(|(client_token, create_spec)| {
                Call::UpdateSessionCreate(UpdateSessionCreate { client_token, create_spec })
            })
            .boxed(),
        of_session(|update_session_id| {
            Call::UpdateSessionGet(UpdateSessionGet { update_session_id })
        }),
        opt(item_id())
            .prop_map(|library_item_id| {
                Call::UpdateSessionList(UpdateSessionList { library_item_id })
            })
            .boxed(),
        (session_id(), session_model())
            .prop_map(|(update_session_id, update_spec)| {
                Call::UpdateSessionUpdate(UpdateSessionUpdate { update_session_id, update_spec })
            })
            .boxed(),
        of_session(|update_session_id| {
            Call::UpdateSessionComplete(UpdateSessionComplete { update_session_id })
        }),
        (session_id(), opt(any::<i64>()))
            .prop_map(|(update_session_id, client_progress)| {
                Call::UpdateSessionKeepAlive(UpdateSessionKeepAlive {
                    update_session_id,
                    client_progress,
                })
            })
            .boxed(),
        of_session(|update_session_id| {
            Call::UpdateSessionCancel(UpdateSessionCancel { update_session_id })
        }),
        of_file(|update_session_id, client_error_message| {
            Call::UpdateSessionFail(UpdateSessionFail { update_session_id, client_error_message })
        }),
        of_session(|update_session_id| {
            Call::UpdateSessionDelete(UpdateSessionDelete { update_session_id })
        }),
        (session_id(), add_spec())
            .prop_map(|(update_session_id, file_spec)| {
                Call::SessionFileAdd(SessionFileAdd { update_session_id, file_spec })
            })
            .boxed(),
        of_file(|update_session_id, file_name| {
            Call::SessionFileGet(SessionFileGet { update_session_id, file_name })
        }),
        of_session(|update_session_id| {
            Call::SessionFileList(SessionFileList { update_session_id })
        }),
        of_file(|update_session_id, file_name| {
            Call::SessionFileRemove(SessionFileRemove { update_session_id, file_name })
        }),
        of_session(|update_session_id| {
            Call::SessionFileValidate(SessionFileValidate { update_session_id })
        }),
    ]
}

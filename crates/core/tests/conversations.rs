//! Conversations with the simulator, written out as HTTP and compared with `transcripts/*.http`.
//!
//! The transcripts are documentation: read them to see what a call looks like and what comes back.
//! `UPDATE_TRANSCRIPTS=1` writes them anew; what changed is then reviewed like any other change.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::privileges::{Privilege, Privileges};
use accession_core::received::{
    Algorithm, Broken, Contents, ListedDigest, Member, Needed, Received, Signature,
};
use accession_core::simulator::{Account, Accounts, Handled, Source, SourceCertificate, Upload};
use accession_core::wire::{Method, Request, Response};
use serde_json::{Value, json};
use support::{
    Client, ORIGIN, OTHER_SHA1, Refused, SHA1, basic, compare_with_file, file_add, item_spec,
    library_spec, link, push_spec, read_reply, received, rpc, rpc_reply, rpc_request,
    session_create, updating,
};

/// Every transcript, and in which dialects it is written.
const TRANSCRIPTS: &[(&str, &[Dialect])] = &[
    ("bad-requests", &Dialect::ALL),
    ("broken-upload", &[Dialect::Api]),
    ("client-token", &Dialect::ALL),
    ("complete-too-early", &Dialect::ALL),
    ("complete-twice", &[Dialect::Api]),
    ("copy", &[Dialect::Api]),
    ("duplicate-item-name", &[Dialect::Api]),
    ("ends-of-a-session", &[Dialect::Api]),
    ("expiry", &[Dialect::Api]),
    ("items", &Dialect::ALL),
    ("json-rpc", &[Dialect::Api]),
    ("language", &Dialect::ALL),
    ("libraries", &Dialect::ALL),
    ("log-in", &Dialect::ALL),
    ("manifest-before-descriptor", &[Dialect::Api]),
    ("mismatches", &[Dialect::Api]),
    ("missing-file", &[Dialect::Api]),
    ("not-found", &Dialect::ALL),
    ("one-active-session", &Dialect::ALL),
    ("pipe-closed", &[Dialect::Api]),
    ("privileges", &Dialect::ALL),
    ("pull", &Dialect::ALL),
    ("pull-fails", &[Dialect::Api]),
    ("replace-remove-keep", &[Dialect::Api]),
    ("signed-package", &[Dialect::Api]),
    ("two-users", &[Dialect::Api]),
    ("update", &Dialect::ALL),
    ("upload", &Dialect::ALL),
    ("upload-links", &[Dialect::Api]),
];

/// A conversation that is written down while it happens.
struct Conversation {
    client: Client,
    file: String,
    text: String,
}

impl Conversation {
    /// Begins with nobody logged in and an empty server.
    fn begin(name: &str, dialect: Dialect, title: &str, about: &str) -> Self {
        let entry = TRANSCRIPTS.iter().find(|(other, _)| *other == name);
        assert!(entry.is_some_and(|(_, dialects)| dialects.contains(&dialect)), "{name}");
        let file = format!("transcripts/{name}.{}.http", dialect.prefix().trim_start_matches('/'));
        let mut conversation = Self { client: Client::new(dialect), file, text: String::new() };
        conversation.line(&format!("# {title} ({dialect})"));
        conversation.line("#");
        conversation.note(about);
        conversation
    }

    /// Lets something happen that is not written down.
    fn before<T>(&mut self, happen: impl FnOnce(&mut Client) -> T) -> T {
        happen(&mut self.client)
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a text can always grow");
    }

    fn note(&mut self, note: &str) {
        let mut line = "#".to_owned();
        for word in note.split_whitespace() {
            if line.len() + word.len() > 98 {
                self.line(&line);
                "#".clone_into(&mut line);
            }
            line = format!("{line} {word}");
        }
        self.line(&line);
    }

    fn heading(&mut self, title: &str) {
        let at = self.client.now.to_string();
        self.line(&format!("\n### {} {title}\n", &at[11..23]));
    }

    fn request(&mut self, title: &str, request: &Request) -> Response {
        self.heading(title);
        self.head(request, None);
        self.line(&String::from_utf8_lossy(&request.body));
        if !request.body.is_empty() {
            self.line("");
        }
        let handled = self.client.send(request);
        self.answer(&handled);
        handled.response
    }

    fn call<O: Operation>(&mut self, title: &str, call: &O) -> Result<O::Reply, Refused> {
        let request = self.client.request(call);
        let response = self.request(title, &request);
        read_reply::<O>(self.client.dialect, &response)
    }

    /// Sends a body that no client of ours would.
    fn raw(&mut self, title: &str, method: Method, target: &str, body: &str) -> Response {
        let url = format!("{ORIGIN}{}{target}", self.client.dialect.prefix());
        let mut request = self.client.signed(Request::new(method, url), false);
        if !body.is_empty() {
            request.headers.push("Content-Type", "application/json");
            request.body = body.as_bytes().to_vec();
        }
        self.request(title, &request)
    }

    /// The head of a request as HTTP/1.1 writes it. `length` is an upload's.
    fn head(&mut self, request: &Request, length: Option<u64>) {
        let target = &request.url[request.origin().len()..];
        self.line(&format!("{} {target} HTTP/1.1", request.method));
        let host = request.origin().split_once("://").map_or("", |(_, host)| host);
        self.line(&format!("Host: {host}"));
        for (name, value) in request.headers.iter() {
            self.line(&format!("{name}: {value}"));
        }
        if let Some(length) = length {
            self.line(&format!("Content-Length: {length}"));
        }
        if length.is_some() || !request.body.is_empty() {
            self.line("");
        }
    }

    fn response(&mut self, response: &Response) {
        let reason = match response.status {
            200 => "OK",
            201 => "Created",
            204 => "No Content",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            415 => "Unsupported Media Type",
            500 => "Internal Server Error",
            other => panic!("{other} has no reason here"),
        };
        self.line(&format!("HTTP/1.1 {} {reason}", response.status));
        for (name, value) in response.headers.iter() {
            self.line(&format!("{name}: {value}"));
        }
        if !response.body.is_empty() {
            self.line("");
            self.line(&String::from_utf8_lossy(&response.body));
        }
    }

    fn answer(&mut self, handled: &Handled) {
        self.response(&handled.response);
        for step in &handled.transitions {
            let phase = |phase: Option<_>, none: &str| {
                phase.map_or(none.to_owned(), |phase| format!("{phase:?}"))
            };
            let (from, to) = (phase(step.from, "(none)"), phase(step.to, "(gone)"));
            self.line(&format!("\n# session: {from} -> {to}, because of {}", step.because));
        }
        if let Some(rule) = &handled.rule {
            self.line("");
            let known = format!("{:?}", rule.provenance).to_lowercase();
            self.note(&format!("rule {} ({known}): {}", rule.id, rule.sentence));
        }
        if let Some(privilege) = handled.lacks {
            self.note(&format!("lacks {privilege}"));
        }
    }

    /// Opens an upload, which may be refused, and tells of its first bytes.
    fn open(&mut self, title: &str, method: Method, url: &str, length: u64) -> Option<Upload> {
        self.open_with(title, Request::new(method, url), length)
    }

    fn open_with(&mut self, title: &str, head: Request, length: u64) -> Option<Upload> {
        self.heading(title);
        self.head(&head, Some(length));
        let now = self.client.now;
        match self.client.simulator.open_upload(&head, now) {
            Ok(upload) => Some(upload),
            Err(refused) => {
                self.response(&refused.response);
                None
            }
        }
    }

    fn progress(&mut self, upload: &Upload, bytes: u64) {
        let now = self.client.now;
        match self.client.simulator.progress(upload, bytes, now) {
            Ok(()) => self.note(&format!("{bytes} bytes have arrived")),
            Err(stopped) => self.note(&format!("{bytes} bytes have arrived; {stopped}")),
        }
    }

    fn close(&mut self, upload: Upload, outcome: Result<Received, Broken>) {
        match &outcome {
            Ok(received) => {
                let digest = |(name, hex)| format!("{name:?} {hex}").to_lowercase();
                let digests: Vec<_> = received.digests.iter().map(digest).collect();
                let end = format!("the upload ended after {} bytes", received.size);
                self.note(&format!("{end}, {}", digests.join(", ")));
            }
            Err(broken) => self.note(&format!("the upload broke: {broken}")),
        }
        self.line("");
        let handled = self.client.close(upload, outcome);
        self.answer(&handled);
    }

    /// Sends the whole of a file.
    fn upload(&mut self, title: &str, file: &SessionFileInfo, received: Received) {
        let upload = self.open(title, Method::Put, &link(file), received.size);
        self.close(upload.expect("the link is good"), Ok(received));
    }

    fn wait(&mut self, duration: Duration) {
        self.client.now = self.client.now + duration;
    }

    fn end(self) {
        compare_with_file(&self.file, &self.text);
    }
}

/// What most conversations begin with, and do not write down.
fn with_item(client: &mut Client, kind: &str) -> ItemId {
    client.log_in();
    let library = client.library("lab");
    client.item(&library, "appliance", kind)
}

fn log_in_as(client: &mut Client, user: &str) -> LoginToken {
    let mut request = LoginCreate {}.encode(client.dialect, ORIGIN).expect("sendable");
    request.headers.push("Authorization", basic(user, "secret"));
    let answer = client.send(&request).response;
    read_reply::<LoginCreate>(client.dialect, &answer).expect("granted")
}

fn second() -> Duration {
    Duration::from_secs(1)
}

fn complete(session: &SessionId) -> UpdateSessionComplete {
    UpdateSessionComplete { update_session_id: session.clone() }
}

fn get(session: &SessionId) -> UpdateSessionGet {
    UpdateSessionGet { update_session_id: session.clone() }
}

fn cancel(session: &SessionId) -> UpdateSessionCancel {
    UpdateSessionCancel { update_session_id: session.clone() }
}

fn delete(session: &SessionId) -> UpdateSessionDelete {
    UpdateSessionDelete { update_session_id: session.clone() }
}

fn validate(session: &SessionId) -> SessionFileValidate {
    SessionFileValidate { update_session_id: session.clone() }
}

fn keep_alive(session: &SessionId, client_progress: Option<i64>) -> UpdateSessionKeepAlive {
    UpdateSessionKeepAlive { update_session_id: session.clone(), client_progress }
}

fn fail(session: &SessionId, text: &str) -> UpdateSessionFail {
    let client_error_message = text.to_owned();
    UpdateSessionFail { update_session_id: session.clone(), client_error_message }
}

fn file(session: &SessionId, name: &str) -> SessionFileGet {
    SessionFileGet { update_session_id: session.clone(), file_name: name.to_owned() }
}

fn remove(session: &SessionId, name: &str) -> SessionFileRemove {
    SessionFileRemove { update_session_id: session.clone(), file_name: name.to_owned() }
}

fn files(session: &SessionId) -> SessionFileList {
    SessionFileList { update_session_id: session.clone() }
}

fn item_files(item: &ItemId) -> ItemFileList {
    ItemFileList { library_item_id: item.clone() }
}

fn item_get(item: &ItemId) -> ItemGet {
    ItemGet { library_item_id: item.clone() }
}

#[test]
fn nothing_else_is_committed() {
    let names = |(name, dialects): &(&str, &'static [Dialect])| {
        let name = (*name).to_owned();
        dialects.iter().map(move |dialect| format!("{name}.{}.http", &dialect.prefix()[1..]))
    };
    let expected: BTreeSet<_> = TRANSCRIPTS.iter().flat_map(names).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let found = std::fs::read_dir(folder).expect("the folder is there");
    let found: BTreeSet<_> = found
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(updating() || found == expected, "{:?}", found.symmetric_difference(&expected));
}

#[test]
fn upload() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "upload",
            dialect,
            "A file is uploaded",
            "The whole way: log in, make a library and an item, open a session, add a file, send its \
             bytes, complete, clean up. Nothing of the file is seen in the item before complete.",
        );
        let token = c.call("Log in", &LoginCreate {}).expect("granted");
        c.client.login = Some(token);
        c.call("Ask whose login it is", &LoginGet {}).expect("granted");
        let create_spec = library_spec("lab");
        let create = LocalLibraryCreate { client_token: None, create_spec };
        let library = c.call("Create a library on a datastore", &create).expect("granted");
        let read = LocalLibraryGet { library_id: library.clone() };
        c.call("Read the library", &read).expect("granted");
        let create_spec = item_spec(&library, "installer", "iso");
        let create = ItemCreate { client_token: None, create_spec };
        let item = c.call("Create an item", &create).expect("granted");
        c.call("Read the item", &item_get(&item)).expect("granted");
        c.wait(second());
        let session = c.call("Open an update session", &session_create(&item)).expect("granted");
        c.call("Read the session", &get(&session)).expect("granted");

        let checksum = ChecksumInfo { algorithm: None, checksum: SHA1.to_owned() };
        let spec = AddSpec {
            size: Some(2048),
            checksum_info: Some(checksum),
            ..push_spec("setup v1.iso")
        };
        let added = c.call("Add a file", &file_add(&session, spec)).expect("granted");
        c.wait(second());
        let upload = c.open("Send the bytes to the link", Method::Put, &link(&added), 2048);
        let upload = upload.expect("the link is good");
        c.progress(&upload, 1024);
        c.wait(second());
        let name = "setup v1.iso";
        c.call("Ask for the file while its bytes flow", &file(&session, name)).expect("granted");
        c.heading("The rest of the bytes");
        c.close(upload, Ok(received(2048)));
        c.call("List the session's files", &files(&session)).expect("granted");
        c.call("Let the server check them", &validate(&session)).expect("granted");
        c.call("Tell the progress", &keep_alive(&session, Some(100))).expect("granted");
        c.call("The item shows nothing yet", &item_files(&item)).expect("granted");
        c.wait(second());
        c.call("Complete", &complete(&session)).expect("granted");
        c.call("The session is DONE", &get(&session)).expect("granted");
        c.call("The item has the file", &item_files(&item)).expect("granted");
        c.call("Its content version has risen", &item_get(&item)).expect("granted");
        c.call("Delete the session", &delete(&session)).expect("granted");
        let all = UpdateSessionList { library_item_id: None };
        c.call("No session is left", &all).expect("granted");
        c.call("Log out", &LoginDelete {}).expect("granted");
        c.call("The token is worth nothing now", &LoginGet {}).expect_err("refused");
        c.end();
    }
}

#[test]
fn log_in() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "log-in",
            dialect,
            "Who may log in, and what is refused without a login",
            "This server knows one user. Why a login is refused is not told. A path that does not \
             exist is found out before the login is looked at.",
        );
        let accounts = Accounts::Only(vec![Account::new("lab", "secret")]);
        c.client.simulator = c.client.simulator.clone().with_accounts(accounts);
        let mut attempt = |title: &str, value: Option<String>| {
            let mut request = LoginCreate {}.encode(dialect, ORIGIN).expect("sendable");
            if let Some(value) = value {
                request.headers.push("Authorization", value);
            }
            c.request(title, &request).status
        };
        assert_eq!(attempt("A wrong password", Some(basic("lab", "guess"))), 401);
        assert_eq!(attempt("An unknown user", Some(basic("nobody", "secret"))), 401);
        assert_eq!(attempt("No credentials", None), 401);
        assert_eq!(attempt("Another scheme", Some("Bearer c2VjcmV0".to_owned())), 401);
        c.call("Complete without a token", &complete(&"some-session".into())).expect_err("refused");
        c.client.login = Some(LoginToken::new("0123456789abcdef0123456789abcdef"));
        c.call("A token that nobody handed out", &LocalLibraryList {}).expect_err("refused");
        c.client.login = None;
        c.raw("An unknown path, without a token", Method::Get, "/content/libraries", "");
        let token = c.call("The right password", &LoginCreate {}).expect("granted");
        let mut request = LocalLibraryList {}.encode(dialect, ORIGIN).expect("sendable");
        let cookie = format!("{SESSION_HEADER}={}", token.reveal());
        request.headers.push("Cookie", cookie);
        assert_eq!(c.request("The token may travel as a cookie", &request).status, 200);
        c.end();
    }
}

#[test]
fn libraries() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "libraries",
            dialect,
            "What is done to libraries",
            "A change that names a version needs the current one. A stale one is a ConcurrentChange \
             for a local library, and an InvalidArgument where the library may be of any type.",
        );
        let library = c.before(|client| {
            client.log_in();
            client.library("lab")
        });
        let id = || library.clone();
        let spec = |name: &str, version: &str| LibraryModel {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            version: Some(version.to_owned()),
            ..LibraryModel::default()
        };
        let update_spec =
            LibraryModel { description: Some("for tests".to_owned()), ..spec("", "1") };
        let mut as_local = |title: &str, update_spec| {
            c.call(title, &LocalLibraryUpdate { library_id: id(), update_spec })
        };
        as_local("Describe it", update_spec.clone()).expect("granted");
        as_local("Once more, with the version from before", update_spec).expect_err("refused");
        let mut as_any = |title: &str, update_spec| {
            c.call(title, &LibraryUpdate { library_id: id(), update_spec })
        };
        as_any("Rename it, with the version from before", spec("Lab", "1")).expect_err("refused");
        as_any("Rename it", spec("Lab", "2")).expect("granted");
        let nameless = LibraryModel { name: Some(String::new()), ..LibraryModel::default() };
        as_any("Take its name away", nameless).expect_err("refused");
        c.call("Read it", &LibraryGet { library_id: id() }).expect("granted");
        let find = |name: Option<&str>, r#type| LibraryFind {
            spec: LibraryFindSpec { name: name.map(str::to_owned), r#type, storage_backing: None },
        };
        let mut found =
            |title: &str, call: LibraryFind| c.call(title, &call).map(|found| found.len());
        assert_eq!(found("Find it", find(Some("LAB"), Some(LibraryType::Local))), Ok(1));
        assert_eq!(found("Find no other", find(None, Some(LibraryType::Subscribed))), Ok(0));
        found("Find anything", find(None, None)).expect_err("refused");
        let session = c.before(|client| {
            let item = client.item(&library, "tools", "iso");
            client.session(&item)
        });
        c.call("Delete it, from under a session", &LocalLibraryDelete { library_id: id() })
            .expect("granted");
        c.call("The session is gone", &get(&session)).expect_err("refused");
        c.call("So is the library", &LocalLibraryForceDelete { library_id: id() })
            .expect_err("refused");
        c.call("No library is left", &LibraryList {}).expect("granted");
        c.end();
    }
}

#[test]
fn items() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "items",
            dialect,
            "What is done to items outside a session",
            "Properties have a version of their own, which a change may name. The files have another \
             one: each completed session raises it and is remembered as a change.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        c.before(|client| client.store(&item, "a b.iso", 5));
        let id = || item.clone();
        let update = |name: &str, version: Option<&str>| ItemUpdate {
            library_item_id: item.clone(),
            update_spec: ItemModel {
                name: Some(name.to_owned()),
                version: version.map(str::to_owned),
                ..ItemModel::default()
            },
        };
        c.call("Rename it", &update("renamed", Some("1"))).expect("granted");
        c.call("With the version from before", &update("again", Some("1"))).expect_err("refused");
        c.call("To nothing", &update("", None)).expect_err("refused");
        c.call("Read it", &ItemGet { library_item_id: id() }).expect("granted");
        let find = |name: Option<&str>, kind: Option<&str>| ItemFind {
            spec: ItemFindSpec {
                name: name.map(str::to_owned),
                r#type: kind.map(str::to_owned),
                ..ItemFindSpec::default()
            },
        };
        let mut found = |title: &str, call: ItemFind| c.call(title, &call).map(|found| found.len());
        assert_eq!(found("Find it", find(Some("Renamed"), Some("ISO"))), Ok(1));
        assert_eq!(found("All of it has to fit", find(Some("renamed"), Some("ovf"))), Ok(0));
        found("Find anything", find(None, None)).expect_err("refused");
        let file =
            |name: &str| ItemFileGet { library_item_id: item.clone(), name: name.to_owned() };
        c.call("A file", &file("a b.iso")).expect("granted");
        c.call("A file that is not there: 404, unlike in a session", &file("b.iso"))
            .expect_err("refused");
        let file_name = "a b.iso".to_owned();
        c.call("Where it lies", &ItemStorageGet { library_item_id: id(), file_name })
            .expect("granted");
        c.call("What changed", &ItemChangesList { library_item: id() }).expect("granted");
        let change =
            |version: &str| ItemChangesGet { library_item: item.clone(), version: version.into() };
        c.call("One change", &change("2")).expect("granted");
        c.call("It began as version 1", &change("1")).expect_err("refused");
        c.call("Delete it", &ItemDelete { library_item_id: id() }).expect("granted");
        c.call("It is gone", &ItemStorageList { library_item_id: id() }).expect_err("refused");
        c.end();
    }
}

#[test]
fn copy() {
    let mut c = Conversation::begin(
        "copy",
        Dialect::Api,
        "Copy an item",
        "The copy has the files and the type of its source, and remembers where it came from: a copy \
         of a copy names the first one. Copy answers 200, where create answers 201.",
    );
    let (library, item) = c.before(|client| {
        client.log_in();
        let library = client.library("lab");
        let item = client.item(&library, "tools", "iso");
        client.store(&item, "tools.iso", 5);
        (library, item)
    });
    let copy = |source: &ItemId, name: &str| ItemCopy {
        client_token: Some("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11".into()),
        source_library_item_id: source.clone(),
        destination_create_spec: ItemModel {
            library_id: Some(library.clone()),
            name: Some(name.to_owned()),
            ..ItemModel::default()
        },
    };
    c.call("Its name is taken", &copy(&item, "tools")).expect_err("refused");
    let first = c.call("Copy it", &copy(&item, "copy")).expect("granted");
    let again = c.call("The same token", &copy(&item, "another name")).expect("granted");
    assert_eq!(first, again);
    c.call("The copy", &ItemGet { library_item_id: first.clone() }).expect("granted");
    c.call("Its files", &ItemFileList { library_item_id: first.clone() }).expect("granted");
    let second = ItemCopy { client_token: None, ..copy(&first, "copy of a copy") };
    let second = c.call("Copy the copy", &second).expect("granted");
    let second =
        c.call("It names the first", &ItemGet { library_item_id: second }).expect("granted");
    assert_eq!(second.source_id, Some(item));
    let nothing = ItemCopy { client_token: None, ..copy(&"nothing".into(), "x") };
    c.call("Copy what is not there", &nothing).expect_err("refused");
    c.end();
}

#[test]
fn privileges() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "privileges",
            dialect,
            "A user who may create items and not fill them",
            "The privilege to create an update session is called Update files in the vSphere Client. \
             The answer does not say what is missing. Whoever knows a session may use it: the calls \
             that name one need no privilege.",
        );
        let library = c.before(|client| {
            client.log_in();
            client.library("lab")
        });
        let may = [Privilege::Read, Privilege::AddLibraryItem];
        let mut porter = Account::new("porter", "secret");
        porter.privileges = Privileges::Only(may.into());
        let accounts = Accounts::Only(vec![Account::new("lab", "secret"), porter]);
        c.client.simulator = c.client.simulator.clone().with_accounts(accounts);
        let admin = c.client.login.take();
        let porter = c.before(|client| log_in_as(client, "porter"));
        c.client.login = Some(porter.clone());
        let create_spec = item_spec(&library, "tools", "iso");
        let item = c
            .call("Create an item", &ItemCreate { client_token: None, create_spec })
            .expect("granted");
        c.call("Create a session", &session_create(&item)).expect_err("refused");
        let sessions = |library_item_id| UpdateSessionList { library_item_id };
        c.call("List those on the item", &sessions(Some(item.clone()))).expect_err("refused");
        c.call("List all of one's own", &sessions(None)).expect("granted");
        c.call("Clean up", &ItemDelete { library_item_id: item.clone() }).expect_err("refused");
        c.call("See where files lie", &ItemStorageList { library_item_id: item.clone() })
            .expect_err("refused");
        c.client.login = admin;
        let session = c.before(|client| client.session(&item));
        c.client.login = Some(porter);
        c.call("Read a session that somebody else created", &get(&session)).expect("granted");
        c.end();
    }
}

#[test]
fn language() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "language",
            dialect,
            "Messages in the language that is asked for",
            "There is English, so far. What a client said itself is not translated.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let session = c.before(|client| client.session(&item));
        let client_error_message = "disque plein".to_owned();
        let busy = c.client.request(&session_create(&item));
        let fail = UpdateSessionFail { update_session_id: session.clone(), client_error_message };
        let mut ask = |title: &str, language: &str, request: &Request| {
            let mut request = request.clone();
            request.headers.push("Accept-Language", language);
            c.request(title, &request);
        };
        ask("Swiss German, else English", "de-CH, en;q=0.5", &busy);
        ask("German and nothing else", "de", &busy);
        c.call("Fail it", &fail).expect("granted");
        let mut read = c.client.request(&get(&session));
        read.headers.push("Accept-Language", "en");
        c.request("In a result", &read);
        c.end();
    }
}

#[test]
fn complete_too_early() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "complete-too-early",
            dialect,
            "Complete before the bytes are there",
            "Complete and validate are refused until every file that the client sends is READY. The \
             refusal names the first one that is not; the session stays as it was.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let session = c.before(|client| client.session(&item));
        let spec = AddSpec { size: Some(5), ..push_spec("disk.iso") };
        let added = c.call("Add a file", &file_add(&session, spec)).expect("granted");
        c.wait(second());
        c.call("Complete, with nothing sent", &complete(&session)).expect_err("refused");
        c.call("Nor is there anything to check", &validate(&session)).expect_err("refused");
        let upload = c.open("Begin to send", Method::Put, &link(&added), 5).expect("a good link");
        c.progress(&upload, 3);
        c.wait(second());
        c.call("Complete, with the bytes flowing", &complete(&session)).expect_err("refused");
        c.call("The session did not expire later for it", &get(&session)).expect("granted");
        c.heading("The rest of the bytes");
        c.close(upload, Ok(received(5)));
        c.call("Complete", &complete(&session)).expect("granted");
        c.end();
    }
}

#[test]
fn complete_twice() {
    let mut c = Conversation::begin(
        "complete-twice",
        Dialect::Api,
        "Complete a session twice",
        "The second time the session is DONE, and once it is deleted it is not found. An empty session \
         may be completed: it leaves the files as they are and still raises the content version.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let session = c.before(|client| client.session(&item));
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("Complete again", &complete(&session)).expect_err("refused");
    c.call("The content version rose once", &item_get(&item)).expect("granted");
    c.call("Delete the session", &delete(&session)).expect("granted");
    c.call("Complete what is gone", &complete(&session)).expect_err("refused");
    c.call("Delete what is gone", &delete(&session)).expect_err("refused");
    c.end();
}

#[test]
fn not_found() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "not-found",
            dialect,
            "Things that are not there",
            "A session, an item or a library that is not there is 404. A file that is not in a session \
             is 400: the file is an argument, the session is what is looked for.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let session = c.before(|client| client.session(&item));
        let nowhere: SessionId = "00000000-0000-4000-8000-000000000000".into();
        c.call("Complete an unknown session", &complete(&nowhere)).expect_err("refused");
        let add = file_add(&nowhere, push_spec("a.iso"));
        c.call("Add a file to an unknown session", &add).expect_err("refused");
        c.call("Ask an unknown session for a file", &file(&nowhere, "a.iso")).expect_err("refused");
        c.call("Ask for a file that is not there", &file(&session, "a.iso")).expect_err("refused");
        c.call("Remove one", &remove(&session, "a b/é.iso")).expect_err("refused");
        let item = || ItemId::new("no-such-item");
        c.call("Open a session on an unknown item", &session_create(&item())).expect_err("refused");
        let list = UpdateSessionList { library_item_id: Some(item()) };
        c.call("List the sessions of an unknown item", &list).expect_err("refused");
        c.call("Read an unknown item", &item_get(&item())).expect_err("refused");
        c.call("List its files", &item_files(&item())).expect_err("refused");
        let library_id = LibraryId::new("no-such-library");
        let list = ItemList { library_id: library_id.clone() };
        c.call("List the items of an unknown library", &list).expect_err("refused");
        let read = LocalLibraryGet { library_id: library_id.clone() };
        c.call("Read an unknown library", &read).expect_err("refused");
        let create_spec = item_spec(&library_id, "orphan", "iso");
        let create = ItemCreate { client_token: None, create_spec };
        c.call("Create an item in it", &create).expect_err("refused");
        c.raw("A path that does not exist", Method::Get, "/content/libraries", "");
        c.end();
    }
}

#[test]
fn json_rpc() {
    let mut c = Conversation::begin(
        "json-rpc",
        Dialect::Api,
        "The same calls over JSON-RPC",
        "What the vendor's SDKs speak unless told otherwise. One path takes every call; the status is \
         always 200, and an error is in the result. Only a request that is no call gets an error of \
         JSON-RPC's own.",
    );
    let request = rpc(&Call::LoginCreate(LoginCreate {}), true, None);
    let token = rpc_reply(&c.request("Log in", &request)).expect("granted");
    c.client.login = Some(LoginToken::new(token.as_str().expect("a token")));
    let library = c.before(|client| client.library("lab"));
    let item = c.before(|client| client.item(&library, "appliance", "iso"));

    let invoke = |c: &mut Conversation, title: &str, row: (&str, &str), input: Value| {
        let security = json!({
            "schemeId": "com.vmware.vapi.std.security.session_id",
            "sessionId": c.client.login.as_ref().map(LoginToken::reveal),
        });
        let (service, operation) = row;
        let context = json!({"securityCtx": security});
        let params =
            json!({"serviceId": service, "operationId": operation, "input": input, "ctx": context});
        let envelope = json!({"jsonrpc": "2.0", "method": "invoke", "params": params, "id": "7"});
        rpc_reply(&c.request(title, &rpc_request(&envelope)))
    };
    let input = |fields: Value| json!({"STRUCTURE": {"operation-input": fields}});
    let sessions = |name: &'static str| (UpdateSessionCreate::ROW.service, name);
    let spec = json!({"STRUCTURE": {"com.vmware.content.library.item.update_session_model": {
        "library_item_id": {"OPTIONAL": item},
        "warning_behavior": {"OPTIONAL": null},
    }}});
    let create = input(json!({"client_token": {"OPTIONAL": null}, "create_spec": spec}));
    let session =
        invoke(&mut c, "Open a session", sessions("create"), create.clone()).expect("granted");
    invoke(&mut c, "Open another one", sessions("create"), create).expect_err("refused");
    let id = || input(json!({"update_session_id": session}));
    invoke(&mut c, "Read it", sessions("get"), id()).expect("granted");
    invoke(&mut c, "Cancel it", sessions("cancel"), id()).expect("granted");
    let elsewhere = ("com.vmware.content.type", "list");
    let title = "A service that this server does not have";
    invoke(&mut c, title, elsewhere, input(json!({}))).expect_err("refused");
    let bare = json!({"library_item_id": item});
    invoke(&mut c, "An input without its tag", sessions("list"), bare).expect_err("refused");
    c.end();
}

#[test]
fn one_active_session() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "one-active-session",
            dialect,
            "One active session per item",
            "The status of RESOURCE_BUSY is where the two dialects differ: 500 on /api, 400 on /rest. \
             A session that has ended blocks nobody.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let create = session_create(&item);
        let session = c.call("Open a session", &create).expect("granted");
        c.call("Open another one", &create).expect_err("refused");
        c.call("Cancel the first", &cancel(&session)).expect("granted");
        c.call("Now there is room", &create).expect("granted");
        let list = UpdateSessionList { library_item_id: Some(item) };
        c.call("Both are listed, in the order of their creation", &list).expect("granted");
        c.end();
    }
}

#[test]
fn expiry() {
    let mut c = Conversation::begin(
        "expiry",
        Dialect::Api,
        "A session without activity expires after five minutes",
        "Accepted changes and arriving bytes are activity; reads and refused calls are not. The session \
         does not expire before its expiration_time, and at that instant it is gone.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let session = c.call("Open a session", &session_create(&item)).expect("granted");
    c.wait(minutes(4));
    c.call("Four minutes later, a read", &get(&session)).expect("granted");
    c.call("and a refused call", &keep_alive(&session, Some(101))).expect_err("refused");
    c.wait(minutes(1) - Duration::from_millis(1));
    c.call("One millisecond before the end, keep it alive", &keep_alive(&session, None))
        .expect("granted");
    c.call("It has five minutes more", &get(&session)).expect("granted");
    c.wait(minutes(4));
    let added = c.call("So has every change", &file_add(&session, push_spec("big.iso")));
    let added = added.expect("granted");
    c.wait(minutes(4));
    let upload = c.open("and every byte", Method::Put, &link(&added), 3000).expect("a good link");
    for bytes in [1000, 2000, 3000] {
        c.wait(minutes(4));
        c.progress(&upload, bytes);
    }
    c.close(upload, Ok(received(3000)));
    c.wait(minutes(5) - Duration::from_millis(1));
    c.call("One millisecond before the end, it is there", &get(&session)).expect("granted");
    c.wait(Duration::from_millis(1));
    c.call("At the end, it is gone", &complete(&session)).expect_err("refused");
    c.call("Its item is free again", &session_create(&item)).expect("granted");
    let (version, files) = ("The item never changed", "and has no file");
    c.call(version, &item_get(&item)).expect("granted");
    c.call(files, &item_files(&item)).expect("granted");
    c.end();
}

#[test]
fn ends_of_a_session() {
    let mut c = Conversation::begin(
        "ends-of-a-session",
        Dialect::Api,
        "Cancel, fail and delete, in every state",
        "An ACTIVE session can be cancelled or failed and not deleted; an ended one can be deleted and \
         nothing else. What is refused in ERROR tells the reason of the ERROR.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let mut session = c.before(|client| client.session(&item));
    c.before(|client| client.push(&session, "disk.iso", 1));
    c.call("Delete while it is ACTIVE", &delete(&session)).expect_err("refused");
    c.call("Cancel", &cancel(&session)).expect("granted");
    for state in ["CANCELED", "ERROR", "DONE"] {
        c.call(&format!("Read: {state}"), &get(&session)).expect("granted");
        c.call("Its files can still be listed", &files(&session)).expect("granted");
        c.call(&format!("Cancel in {state}"), &cancel(&session)).expect_err("refused");
        c.call(&format!("Fail in {state}"), &fail(&session, "again")).expect_err("refused");
        c.call(&format!("Complete in {state}"), &complete(&session)).expect_err("refused");
        let add = file_add(&session, push_spec("late.iso"));
        c.call(&format!("Add in {state}"), &add).expect_err("refused");
        c.call(&format!("Delete in {state}"), &delete(&session)).expect("granted");
        c.call("It is gone", &get(&session)).expect_err("refused");
        if state != "DONE" {
            session = c.before(|client| client.session(&item));
        }
        match state {
            "CANCELED" => c.call("Fail another one", &fail(&session, "disk 2 of 3 is unreadable")),
            "ERROR" => c.call("Complete a third one", &complete(&session)),
            _ => Ok(()),
        }
        .expect("granted");
    }
    c.end();
}

#[test]
fn mismatches() {
    let mut c = Conversation::begin(
        "mismatches",
        Dialect::Api,
        "A wrong size, a wrong checksum",
        "That an upload answers 200 says that its bytes arrived, not that they are what was declared. \
         The file's status tells; the session stays ACTIVE, and the file can be added again.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let session = c.before(|client| client.session(&item));
    let spec = AddSpec { size: Some(10), ..push_spec("disk.iso") };
    let added = c.call("Declare ten bytes", &file_add(&session, spec)).expect("granted");
    c.upload("Send nine", &added, received(9));
    c.call("The file is in ERROR", &file(&session, "disk.iso")).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    let none = c.open("The link takes no second try", Method::Put, &link(&added), 10);
    assert_eq!(none, None);
    let checksum_info = Some(ChecksumInfo {
        algorithm: Some(ChecksumAlgorithm::Sha1),
        checksum: OTHER_SHA1.to_uppercase(),
    });
    let spec = AddSpec { checksum_info, ..push_spec("disk.iso") };
    let added = c.call("Add it again, with a checksum", &file_add(&session, spec.clone()));
    c.upload("Send something else", &added.expect("granted"), received(10));
    c.call("The file is in ERROR", &file(&session, "disk.iso")).expect("granted");
    let added = c.call("Add it again", &file_add(&session, spec)).expect("granted");
    let digests = [(Algorithm::Sha1, OTHER_SHA1.to_owned())];
    c.upload(
        "Send the right bytes",
        &added,
        Received { size: 10, digests: digests.into(), contents: None },
    );
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("The item has it", &item_files(&item)).expect("granted");
    let session = c.before(|client| client.session(&item));
    let bad = |algorithm, checksum: &str| {
        let checksum_info = Some(ChecksumInfo { algorithm, checksum: checksum.to_owned() });
        file_add(&session, AddSpec { checksum_info, ..push_spec("disk.iso") })
    };
    let md5 = bad(Some(ChecksumAlgorithm::Md5), SHA1);
    c.call("A checksum of the wrong length", &md5).expect_err("refused");
    let crc = bad(Some(ChecksumAlgorithm::Unknown("CRC32".to_owned())), "00000000");
    c.call("An unknown algorithm", &crc).expect_err("refused");
    let spec = AddSpec { size: Some(-1), ..push_spec("disk.iso") };
    c.call("A negative size", &file_add(&session, spec)).expect_err("refused");
    c.end();
}

fn with(contents: Contents, size: u64) -> Received {
    Received { contents: Some(Box::new(contents)), ..received(size) }
}

fn needs(files: &[(&str, Option<u64>)]) -> Contents {
    let needed = |(name, size): &(&str, _)| Needed { name: (*name).to_owned(), size: *size };
    Contents { needs: files.iter().map(needed).collect(), ..Contents::default() }
}

#[test]
fn missing_file() {
    let mut c = Conversation::begin(
        "missing-file",
        Dialect::Api,
        "A file that the descriptor names and nobody sent",
        "An item of type ovf is complete when every file that its descriptor names is there and is what the \
         manifest says. Validate tells what is missing and what is wrong; complete is refused until then.",
    );
    let item = c.before(|client| with_item(client, "ovf"));
    let session = c.before(|client| client.session(&item));
    let add = |name: &str| file_add(&session, push_spec(name));
    let manifest = c.before(|client| client.add(&session, "vm.mf"));
    let listed = ListedDigest {
        name: "disk.vmdk".to_owned(),
        algorithm: Algorithm::Sha256,
        digest: "ab".repeat(32),
    };
    let contents = Contents { listed: vec![listed], ..Contents::default() };
    c.upload("Send the manifest", &manifest, with(contents, 60));
    let descriptor = c.before(|client| client.add(&session, "vm.ovf"));
    let contents = needs(&[("disk.vmdk", Some(20)), ("vm.nvram", None)]);
    c.upload("Send the descriptor", &descriptor, with(contents, 900));
    let validate = SessionFileValidate { update_session_id: session.clone() };
    c.call("Validate", &validate).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    let disk = c.call("Add the disk", &add("disk.vmdk")).expect("granted");
    let digest =
        |hex: &str| [(Algorithm::Sha1, SHA1.to_owned()), (Algorithm::Sha256, hex.repeat(32))];
    let bytes = |hex| Received { digests: digest(hex).into(), ..received(20) };
    c.upload("Send another disk than the manifest has", &disk, bytes("cd"));
    c.call("Validate", &validate).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    c.before(|client| client.push(&session, "vm.nvram", 8));
    let disk = c.before(|client| client.add(&session, "disk.vmdk"));
    c.upload("Send the right disk, and the other file", &disk, bytes("ab"));
    c.call("Validate", &validate).expect("granted");
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("The item has all but the manifest", &item_files(&item)).expect("granted");
    c.end();
}

#[test]
fn pipe_closed() {
    let mut c = Conversation::begin(
        "pipe-closed",
        Dialect::Api,
        "A disk that the storage does not take",
        "The upload is answered with 200, and the session breaks behind the client's back: the disk's stream \
         ends before its file does, or the file is not as long as the descriptor says. No retry helps; the \
         disk or the descriptor has to be mended.",
    );
    let item = c.before(|client| with_item(client, "ovf"));
    let session = c.before(|client| client.session(&item));
    let archive = c.before(|client| client.add(&session, "vm.ova"));
    let contents = Contents { unwritable: Some("disk.vmdk".to_owned()), ..Contents::default() };
    c.upload("Send an OVA whose disk has bytes after its end", &archive, with(contents, 5000));
    c.call("The file", &file(&session, "vm.ova")).expect("granted");
    c.call("The session", &get(&session)).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    let session = c.before(|client| client.session(&item));
    let descriptor = c.before(|client| client.add(&session, "vm.ovf"));
    c.before(|client| {
        let upload = client.open(&descriptor);
        client.close(upload, Ok(with(needs(&[("disk.vmdk", Some(20))]), 900)));
    });
    let disk = c.before(|client| client.add(&session, "disk.vmdk"));
    c.upload("Send a disk of 19 bytes where the descriptor says 20", &disk, received(19));
    c.call("Complete", &complete(&session)).expect_err("refused");
    c.call("The item has nothing of all that", &item_files(&item)).expect("granted");
    c.end();
}

#[test]
fn signed_package() {
    let mut c = Conversation::begin(
        "signed-package",
        Dialect::Api,
        "A signed OVA, and a warning",
        "The preview shows who signed, and what there is to warn of. A session that is completed with a \
         warning that nobody said to ignore fails. The next one says so first; the item then has the files that were in the archive, \
         without manifest and certificate.",
    );
    let item = c.before(|client| with_item(client, "ovf"));
    let session = c.before(|client| client.session(&item));
    c.call("Nothing to preview yet", &get(&session)).expect("granted");
    let archive = c.before(|client| client.add(&session, "vm.ova"));
    let member = |name: &str, size| {
        let digests = [(Algorithm::Sha256, "ab".repeat(32))].into();
        Member { name: name.to_owned(), size, digests }
    };
    let subject = "/CN=Field Software".to_owned();
    let certificate = CertificateInfo {
        issuer: subject.clone(),
        subject,
        self_signed: true,
        x509: "-----BEGIN CERTIFICATE-----".to_owned(),
    };
    let signature = Signature {
        certificate,
        chain: vec!["MIIB".to_owned()],
        warnings: vec![WarningType::SelfSignedCertificate],
    };
    let members = [member("vm.ovf", 900), member("vm.mf", 60), member("disk.vmdk", 2000)];
    let contents = Contents {
        members: Some(members.into()),
        signature: Some(signature),
        ..Contents::default()
    };
    c.upload("Send the OVA", &archive, with(contents.clone(), 5000));
    c.call("The preview warns", &get(&session)).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    c.call("The session has failed", &get(&session)).expect("granted");
    let session = c.before(|client| {
        let session = client.session(&item);
        let archive = client.add(&session, "vm.ova");
        let upload = client.open(&archive);
        client.close(upload, Ok(with(contents, 5000)));
        session
    });
    let behavior = WarningBehavior { r#type: WarningType::SelfSignedCertificate, ignored: true };
    let update_spec =
        UpdateSessionModel { warning_behavior: Some(vec![behavior]), ..Default::default() };
    let update = UpdateSessionUpdate { update_session_id: session.clone(), update_spec };
    c.call("The next session, with all of it sent: ignore the warning", &update).expect("granted");
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("The item has what was in the archive", &item_files(&item)).expect("granted");
    c.end();
}

fn pull_spec(name: &str, uri: &str) -> AddSpec {
    let endpoint = TransferEndpoint { uri: uri.to_owned(), ..TransferEndpoint::default() };
    AddSpec { source_type: SourceType::Pull, source_endpoint: Some(endpoint), ..push_spec(name) }
}

#[test]
fn pull() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "pull",
            dialect,
            "A file that the server fetches",
            "The fetch begins with add. Complete does not wait for its end: it is accepted at once, and the \
             session stays ACTIVE until the file is there. Whoever waits for that before complete waits \
             for ever. The source here is made up: 8 MB in 8 seconds.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let session = c.before(|client| {
            let received = Received { size: 8_000_000, ..Received::default() };
            let source = Source { received, takes: Some(8000), ..Source::default() };
            client.simulator.declare_source("http://mirror.test/disk.iso", source);
            client.session(&item)
        });
        let spec = pull_spec("disk.iso", "http://mirror.test/disk.iso");
        c.call("Add the file", &file_add(&session, spec)).expect("granted");
        let file = || SessionFileGet {
            update_session_id: session.clone(),
            file_name: "disk.iso".to_owned(),
        };
        c.wait(2 * second());
        c.call("A quarter is there", &file()).expect("granted");
        c.call("A check does without it", &validate(&session)).expect("granted");
        c.call("Complete", &complete(&session)).expect("granted");
        c.call("It is completing, which still is ACTIVE", &get(&session)).expect("granted");
        c.call("Complete once more", &complete(&session)).expect_err("refused");
        let late = push_spec("late.iso");
        c.call("Add a file now", &file_add(&session, late)).expect_err("refused");
        let keep_alive = UpdateSessionKeepAlive {
            update_session_id: session.clone(),
            client_progress: Some(50),
        };
        c.call("Keep it alive", &keep_alive).expect("granted");
        c.call("Nothing is seen of it", &item_files(&item)).expect("granted");
        c.wait(6 * second());
        c.call("It is done", &get(&session)).expect("granted");
        c.call("The item has the file", &item_files(&item)).expect("granted");
        c.end();
    }
}

#[test]
fn pull_fails() {
    let mut c = Conversation::begin(
        "pull-fails",
        Dialect::Api,
        "A source that is not trusted",
        "All calls are granted; that the fetch failed is seen in the session and in the file. Complete then \
         says so. With the thumbprint of the source it works: then nobody asks who issued the certificate.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let thumbprint = "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89";
    let uri = "https://mirror.test/disk.iso";
    let session = c.before(|client| {
        let certificate = SourceCertificate {
            thumbprints: vec![thumbprint.to_owned()],
            ..SourceCertificate::default()
        };
        let source = Source {
            received: Received { size: 5, ..Received::default() },
            certificate: Some(certificate),
            ..Source::default()
        };
        client.simulator.declare_source(uri, source);
        client.session(&item)
    });
    let file = |session: &SessionId| SessionFileList { update_session_id: session.clone() };
    c.call("Add the file", &file_add(&session, pull_spec("disk.iso", uri))).expect("granted");
    c.wait(second());
    c.call("The file", &file(&session)).expect("granted");
    c.call("The session", &get(&session)).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    let session = c.before(|client| client.session(&item));
    let mut spec = pull_spec("disk.iso", uri);
    if let Some(endpoint) = &mut spec.source_endpoint {
        endpoint.ssl_certificate_thumbprint = Some(thumbprint.to_lowercase());
    }
    c.call("A new session: add the file with the thumbprint", &file_add(&session, spec))
        .expect("granted");
    c.wait(second());
    c.call("The file", &file(&session)).expect("granted");
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("The item has the file", &item_files(&item)).expect("granted");
    c.end();
}

#[test]
fn duplicate_item_name() {
    let mut c = Conversation::begin(
        "duplicate-item-name",
        Dialect::Api,
        "Two items of one name",
        "A library takes a name once. This is what a program runs into that failed after it had created \
         its item and starts from the beginning.",
    );
    c.before(Client::log_in);
    let (lab, store) = c.before(|client| (client.library("lab"), client.library("store")));
    let create = |library| {
        let create_spec = item_spec(library, "appliance", "ovf");
        ItemCreate { client_token: None, create_spec }
    };
    c.call("Create an item", &create(&lab)).expect("granted");
    c.call("Create it again", &create(&lab)).expect_err("refused");
    c.call("In another library it is another item", &create(&store)).expect("granted");
    let list = ItemList { library_id: lab };
    c.call("The first library still has one", &list).expect("granted");
    c.end();
}

#[test]
fn client_token() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "client-token",
            dialect,
            "A create that is sent twice",
            "A client that got no answer sends the same create with the same token, and gets the id of \
             what the first one made, for as long as that exists.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let token = ClientToken::new("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11");
        let create = UpdateSessionCreate { client_token: Some(token), ..session_create(&item) };
        let first = c.call("Open a session", &create).expect("granted");
        let upper = ClientToken::new("5F0C1A52-7D3E-4B8E-9A41-C6D2E8B07F11");
        let again = UpdateSessionCreate { client_token: Some(upper), ..create.clone() };
        let second = c.call("Again: the same session, not RESOURCE_BUSY", &again).expect("granted");
        assert_eq!(first, second);
        let other = ClientToken::new("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f12");
        let other = UpdateSessionCreate { client_token: Some(other), ..create.clone() };
        c.call("Another token is another create", &other).expect_err("refused");
        let bad = ClientToken::new("once");
        let bad = UpdateSessionCreate { client_token: Some(bad), ..create.clone() };
        c.call("A token that is no UUID", &bad).expect_err("refused");
        let mine = c.client.login.take();
        c.client.login = Some(c.before(|client| log_in_as(client, "somebody-else")));
        c.call("Another user's token is another token", &create).expect_err("refused");
        c.client.login = mine;
        c.call("Cancel the session", &cancel(&first)).expect("granted");
        c.call("The token still means it", &create).expect("granted");
        c.call("Delete the session", &delete(&first)).expect("granted");
        let third = c.call("Now the token makes a new one", &create).expect("granted");
        assert_ne!(first, third);
        c.end();
    }
}

#[test]
fn two_users() {
    let mut c = Conversation::begin(
        "two-users",
        Dialect::Api,
        "Two users and one session",
        "A session is listed for the user who created it. Whoever knows its id can use it, and its item \
         is busy for everybody.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let session = c.call("Open a session", &session_create(&item)).expect("granted");
    c.client.login = Some(c.before(|client| log_in_as(client, "somebody-else")));
    let all = UpdateSessionList { library_item_id: None };
    c.call("To somebody else it is not listed", &all).expect("granted");
    c.call("Its item is busy", &session_create(&item)).expect_err("refused");
    c.call("It can be read", &get(&session)).expect("granted");
    c.call("and ended", &cancel(&session)).expect("granted");
    c.end();
}

#[test]
fn replace_remove_keep() {
    let mut c = Conversation::begin(
        "replace-remove-keep",
        Dialect::Api,
        "An item's files are replaced, removed, left alone and added",
        "A session starts from the item's files. What it does to them is seen by nobody else until it is \
         completed; then all of it is, and the content version rises by one.",
    );
    let item = c.before(|client| {
        let item = with_item(client, "iso");
        let session = client.session(&item);
        for name in ["a.iso", "b.iso", "c.iso"] {
            client.push(&session, name, 10);
        }
        client.call(&complete(&session)).expect("all is sent");
        item
    });
    let session = c.call("Open a session", &session_create(&item)).expect("granted");
    c.call("It sees the item's files", &files(&session)).expect("granted");
    let replace = file_add(&session, push_spec("a.iso"));
    let added = c.call("Replace the first", &replace).expect("granted");
    c.upload("Send it", &added, received(11));
    c.call("Remove the second", &remove(&session, "b.iso")).expect("granted");
    let add = file_add(&session, push_spec("d.iso"));
    let added = c.call("Add a fourth", &add).expect("granted");
    c.upload("Send it", &added, received(12));
    let add = file_add(&session, push_spec("e.iso"));
    c.call("Add a fifth", &add).expect("granted");
    c.call("and think better of it", &remove(&session, "e.iso")).expect("granted");
    c.call("A removed file cannot be removed", &remove(&session, "b.iso")).expect_err("refused");
    c.call("The session sees the outcome", &files(&session)).expect("granted");
    c.call("The item does not", &item_files(&item)).expect("granted");
    c.call("nor its content version", &item_get(&item)).expect("granted");
    c.wait(second());
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("Now it does", &item_files(&item)).expect("granted");
    c.call("and its content version has risen by one", &item_get(&item)).expect("granted");
    c.end();
}

#[test]
fn manifest_before_descriptor() {
    let mut c = Conversation::begin(
        "manifest-before-descriptor",
        Dialect::Api,
        "The order of an OVF's files",
        "In an item of type ovf, the manifest and the certificate are added before the descriptor; the \
         item does not keep them. The preview follows the descriptor.",
    );
    let item = c.before(|client| with_item(client, "ovf"));
    let session = c.before(|client| client.session(&item));
    let add = |name: &str| file_add(&session, push_spec(name));
    let added = c.call("Add the manifest", &add("vm.mf")).expect("granted");
    c.upload("Send it", &added, received(100));
    c.call("The preview is UNAVAILABLE", &get(&session)).expect("granted");
    let descriptor = c.call("Add the descriptor", &add("vm.ovf")).expect("granted");
    c.call("The preview is PREPARING", &get(&session)).expect("granted");
    c.call("Add the certificate", &add("vm.cert")).expect_err("refused");
    c.call("Add the manifest again", &add("VM.MF")).expect_err("refused");
    c.upload("Send the descriptor", &descriptor, received(200));
    c.call("The preview is AVAILABLE", &get(&session)).expect("granted");
    let disk = c.call("Disks may follow", &add("vm.vmdk")).expect("granted");
    c.upload("Send it", &disk, received(300));
    c.call("Complete", &complete(&session)).expect("granted");
    c.call("A session that is DONE has no preview", &get(&session)).expect("granted");
    c.call("The manifest was not kept", &item_files(&item)).expect("granted");
    c.end();
}

#[test]
fn upload_links() {
    let mut c = Conversation::begin(
        "upload-links",
        Dialect::Api,
        "What an upload link is good for",
        "A link needs no login, takes the whole file by PUT or POST, and works until its file is added \
         again or removed, or the session ends. A READY file may be sent once more.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let session = c.before(|client| client.session(&item));
    let add = file_add(&session, push_spec("disk.iso"));
    let first = c.call("Add a file", &add).expect("granted");
    c.upload("Send it", &first, received(4));
    let upload = c.open("Send it once more, by POST", Method::Post, &link(&first), 5);
    let upload = upload.expect("a good link");
    let busy = c.open("Send it a third time while that runs", Method::Put, &link(&first), 5);
    assert_eq!(busy, None);
    let second = c.call("Add the file again", &add).expect("granted");
    c.heading("The running upload is stopped");
    c.progress(&upload, 5);
    c.close(upload, Ok(received(5)));
    let old = c.open("The first link is dead", Method::Put, &link(&first), 4);
    assert_eq!(old, None);
    c.call("The file waits for its bytes", &file(&session, "disk.iso")).expect("granted");
    let other = link(&second).replace("disk.iso", "other.iso");
    assert_eq!(c.open("A link is for its own file", Method::Put, &other, 4), None);
    assert_eq!(c.open("It cannot be read", Method::Get, &link(&second), 0), None);
    let mut ranged = Request::new(Method::Put, link(&second));
    ranged.headers.push("Content-Range", "bytes 0-3/8");
    assert_eq!(c.open_with("It takes no parts", ranged, 4), None);
    c.upload("It takes the whole", &second, received(4));
    let removed = c.call("Add another file", &file_add(&session, push_spec("b.iso")));
    c.call("and remove it", &remove(&session, "b.iso")).expect("granted");
    let link_of_removed = link(&removed.expect("granted"));
    assert_eq!(c.open("Its link is dead", Method::Put, &link_of_removed, 1), None);
    c.call("Complete", &complete(&session)).expect("granted");
    let late = c.open("After the end, every link is dead", Method::Put, &link(&second), 4);
    assert_eq!(late, None);
    c.end();
}

#[test]
fn broken_upload() {
    let mut c = Conversation::begin(
        "broken-upload",
        Dialect::Api,
        "An upload that breaks off",
        "The file goes to ERROR and must be added again; the session and its other files stay as they \
         are. A session that ends stops the uploads that run.",
    );
    let item = c.before(|client| with_item(client, "iso"));
    let session = c.before(|client| client.session(&item));
    c.before(|client| client.push(&session, "other.iso", 7));
    let spec = AddSpec { size: Some(100), ..push_spec("disk.iso") };
    let add = file_add(&session, spec);
    let added = c.call("Add a file", &add).expect("granted");
    let upload = c.open("Send it", Method::Put, &link(&added), 100).expect("a good link");
    c.progress(&upload, 60);
    c.close(upload, Err(Broken::ConnectionLost));
    c.call("The file is in ERROR, the other is not", &files(&session)).expect("granted");
    c.call("Complete", &complete(&session)).expect_err("refused");
    let again = c.open("Send it again", Method::Put, &link(&added), 100);
    assert_eq!(again, None);
    let added = c.call("Add it again", &add).expect("granted");
    let upload = c.open("Send it", Method::Put, &link(&added), 100).expect("a good link");
    c.close(upload, Err(Broken::TimedOut));
    let added = c.call("Add it once more", &add).expect("granted");
    let upload = c.open("Send it", Method::Put, &link(&added), 100).expect("a good link");
    c.progress(&upload, 60);
    c.call("Cancel the session meanwhile", &cancel(&session)).expect("granted");
    c.heading("The upload is stopped");
    c.progress(&upload, 80);
    c.close(upload, Ok(received(100)));
    c.call("The session is CANCELED", &get(&session)).expect("granted");
    c.end();
}

#[test]
fn update() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "update",
            dialect,
            "Which warnings are ignored",
            "The warning behavior can be given when the session is opened and changed while it is \
             ACTIVE. It is the only field that update changes; the list is replaced as a whole.",
        );
        let item = c.before(|client| with_item(client, "ovf"));
        let behavior = |r#type, ignored| WarningBehavior { r#type, ignored };
        let spec = |warning_behavior| UpdateSessionModel { warning_behavior, ..Default::default() };
        let mut create = session_create(&item);
        create.create_spec.warning_behavior =
            Some(vec![behavior(WarningType::SelfSignedCertificate, true)]);
        let session = c.call("Open a session", &create).expect("granted");
        let found = c.call("Read it", &get(&session)).expect("granted");
        let update =
            |update_spec| UpdateSessionUpdate { update_session_id: session.clone(), update_spec };
        c.wait(second());
        let expired = vec![
            behavior(WarningType::ExpiredCertificate, true),
            behavior(WarningType::UntrustedCertificate, false),
        ];
        c.call("Change it", &update(spec(Some(expired)))).expect("granted");
        c.call("The list was replaced", &get(&session)).expect("granted");
        let other = UpdateSessionModel { client_progress: Some(50), ..found };
        let other = UpdateSessionModel { warning_behavior: None, ..other };
        c.call("Other fields change nothing", &update(other)).expect("granted");
        c.call("Empty the list", &update(spec(Some(Vec::new())))).expect("granted");
        c.call("Read it", &get(&session)).expect("granted");
        c.call("Cancel", &cancel(&session)).expect("granted");
        c.call("An ended session", &update(spec(Some(Vec::new())))).expect_err("refused");
        c.end();
    }
}

#[test]
fn bad_requests() {
    for dialect in Dialect::ALL {
        let mut c = Conversation::begin(
            "bad-requests",
            dialect,
            "Requests that cannot be read",
            "Requests are read strictly: what is unknown, missing or of the wrong type is named. A null \
             is the same as nothing.",
        );
        let item = c.before(|client| with_item(client, "iso"));
        let session = c.before(|client| client.session(&item));
        let (sessions, add, own) = match dialect {
            Dialect::Api => {
                let sessions = "/content/library/item/update-session".to_owned();
                (
                    sessions.clone(),
                    format!("{sessions}/{session}/file"),
                    format!("{sessions}/{session}?action="),
                )
            }
            Dialect::Rest => {
                let base = "/com/vmware/content/library/item";
                let add = format!("{base}/updatesession/file/id:{session}?~action=add");
                let sessions = format!("{base}/update-session");
                (sessions.clone(), add, format!("{sessions}/id:{session}?~action="))
            }
        };
        let spec = |fields: &str| match dialect {
            Dialect::Api => fields.to_owned(),
            Dialect::Rest => format!(r#"{{"file_spec":{fields}}}"#),
        };
        let post = Method::Post;
        let mut refused = |title: &str, target: &str, body: &str| {
            assert_eq!(c.raw(title, post, target, body).status, 400, "{title}");
        };
        refused("A body that is no JSON", &add, r#"{"name": "disk.iso", "#);
        let unknown = spec(r#"{"name":"disk.iso","source_type":"PUSH","colour":"blue"}"#);
        refused("A field that the structure does not have", &add, &unknown);
        refused("A field that is missing", &add, &spec(r#"{"name":"disk.iso"}"#));
        let wrong = spec(r#"{"name":"disk.iso","source_type":"PUSH","size":"12"}"#);
        refused("A value of the wrong type", &add, &wrong);
        refused("A list where an object belongs", &add, "[]");
        let union = spec(
            r#"{"name":"disk.iso","source_type":"PUSH","source_endpoint":{"uri":"https://h/f"}}"#,
        );
        refused("A union with a field that its tag forbids", &add, &union);
        let union = spec(r#"{"name":"disk.iso","source_type":"PULL"}"#);
        refused("A union without the field that its tag needs", &add, &union);
        let none = spec(r#"{"name":"disk.iso","source_type":"NONE"}"#);
        refused("A file from nowhere", &add, &none);
        let pull = spec(
            r#"{"name":"disk.iso","source_type":"PULL","source_endpoint":{"uri":"ftp://h/f"}}"#,
        );
        refused("A source of a scheme that nobody fetches from", &add, &pull);
        let name = spec(r#"{"name":"../disk.iso","source_type":"PUSH"}"#);
        refused("A file name that leaves the folder", &add, &name);
        refused(
            "A create without its item",
            &sessions,
            &match dialect {
                Dialect::Api => "{}".to_owned(),
                Dialect::Rest => r#"{"create_spec":{}}"#.to_owned(),
            },
        );
        refused(
            "A query parameter that the operation does not have",
            &format!("{own}complete&force=true"),
            "",
        );
        refused("Fail without a message", &format!("{own}fail"), "{}");
        let other = format!(r#"{{"client_error_message":"no","update_session_id":"{session}"}}"#);
        refused("A body that repeats what is in the path", &format!("{own}fail"), &other);
        refused("A progress over 100", &format!("{own}keep-alive"), r#"{"client_progress":101}"#);
        let status = c.raw("An unknown action", post, &format!("{own}explode"), "").status;
        assert_eq!(status, 404);
        let mut form = c.client.request(&file_add(&session, push_spec("disk.iso")));
        form.headers = [
            (SESSION_HEADER, form.headers.get(SESSION_HEADER).expect("a token").to_owned()),
            ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
        ]
        .into_iter()
        .collect();
        assert_eq!(c.request("A body that does not say it is JSON", &form).status, 415);
        let nulls = spec(
            r#"{"name":"disk.iso","source_type":"PUSH","size":null,"checksum_info":null,"colour":null}"#,
        );
        assert!(c.raw("Nulls are nothing", post, &add, &nulls).is_success());
        c.end();
    }
}

//! Does things to a simulator one after the other, and writes them down as a run.

use std::time::Duration;

use accession_core::dialect::{self, Dialect};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::reading;
use accession_core::received::Received;
use accession_core::rules::RuleRef;
use accession_core::run::{Deed, Entry, Outcome, Replay, Run};
use accession_core::session::{Phase, Session};
use accession_core::simulator::{Explanation, Handled, Source, Step, Unmet};
use accession_core::structure::{Plain, Wire};
use accession_core::time::Timestamp;
use accession_scenarios::Scenario;
use serde_json::Value;

/// Who does it; the page's own simulator knows the same name.
pub(crate) const USER: &str = "you";

const SEED: u64 = 7;

/// 2026-03-02T09:00:00.000Z, when every run begins.
const BEGIN: Timestamp = Timestamp::from_millis(1_772_442_000_000);

/// So much time goes by between two things that are done.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(crate) struct Author {
    run: Run,
    replay: Replay,
    now: Timestamp,
    /// The sessions that began, in order.
    pub(crate) sessions: Vec<SessionId>,
}

/// A refusal: its status, and the rule that made it.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) Option<RuleRef>);

impl Author {
    /// With a library and an item of this type; they are there for everybody who needs them.
    pub(crate) fn furnished(kind: &str) -> (Self, LibraryId, ItemId) {
        Self::with(Run::new(SEED, Dialect::Api), kind)
    }

    /// The same in a simulator that begins so.
    pub(crate) fn with(run: Run, kind: &str) -> (Self, LibraryId, ItemId) {
        let mut author = Self::begin(run);
        author.does(Deed::LogIn { user: USER.to_owned() });
        let library = author.library("Lab library", "datastore-11");
        let item = author.call(&item_create(&library, kind)).expect("the name is free");
        (author, library, item)
    }

    /// A run that begins with this setting at another value.
    pub(crate) fn run_with(setting: &str, value: &str) -> Run {
        let mut run = Run::new(SEED, Dialect::Api);
        run.behaviour.set(setting, value).expect("it is one of its values");
        run
    }

    fn begin(run: Run) -> Self {
        let replay = run.begin().expect("a good run");
        Self { run, replay, now: BEGIN, sessions: Vec::new() }
    }

    /// Goes on where a scenario ends.
    pub(crate) fn after(scenario: &Scenario) -> Self {
        let value = serde_json::from_str(scenario.run).expect("it is JSON");
        let read = reading::read::<Run>(&value).expect("it is a run");
        assert!(read.unknown.is_empty(), "{}: {:?}", scenario.id, read.unknown);
        let Run { entries, .. } = read.value.clone();
        let mut author = Self::begin(Run { entries: Vec::new(), ..read.value });
        for entry in entries {
            author.now = entry.at;
            let outcome = author.take_down(entry);
            assert!(!matches!(outcome, Outcome::Impossible(_)), "{}: {outcome:?}", scenario.id);
        }
        author
    }

    /// The run, one entry a line.
    pub(crate) fn into_text(self) -> String {
        let entries: Vec<_> =
            self.run.entries.iter().map(|entry| entry.write(&Plain).to_string()).collect();
        let head = Run { entries: Vec::new(), ..self.run }.write(&Plain).to_string();
        let head = head.strip_suffix("[]}").expect("the entries come last");
        format!("{head}[\n{}\n]}}\n", entries.join(",\n"))
    }

    // -----------------------------------------------------------------------------------------
    // Doing
    // -----------------------------------------------------------------------------------------

    pub(crate) fn does(&mut self, deed: Deed) -> Outcome {
        self.now = self.now + PAUSE;
        self.take_down(Entry { at: self.now, deed })
    }

    fn take_down(&mut self, entry: Entry) -> Outcome {
        let outcome = self.replay.step(&entry);
        let transitions = match &outcome {
            Outcome::Answered(answered) => {
                answered.handled.as_ref().map_or(&[][..], |handled| &handled.transitions)
            }
            Outcome::Happened(transitions) => transitions,
            Outcome::Impossible(_) => &[],
        };
        let begun = transitions.iter().filter(|transition| transition.from.is_none());
        self.sessions.extend(begun.map(|transition| transition.session.clone()));
        self.run.entries.push(entry);
        outcome
    }

    pub(crate) fn call<O: Operation>(&mut self, call: &O) -> Result<O::Reply, Refused> {
        let parameters = call.parameters(self.run.dialect.form());
        let handled = heard(self.does(Deed::Call { operation: O::ROW.full_name(), parameters }));
        if !handled.response.is_success() {
            return Err(Refused(handled.response.status, handled.rule));
        }
        let body = match handled.response.body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).expect("a JSON body"),
        };
        let (result, _) = dialect::unwrap_result(self.run.dialect, body);
        Ok(reading::read(&result).expect("the reply of the operation").value)
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds) - PAUSE;
        self.does(Deed::Advance);
    }

    pub(crate) fn library(&mut self, name: &str, datastore: &str) -> LibraryId {
        let backing = StorageBacking {
            r#type: Some(StorageBackingType::Datastore),
            datastore_id: Some(datastore.to_owned()),
            storage_uri: None,
        };
        let create_spec = LibraryModel {
            name: Some(name.to_owned()),
            storage_backings: Some(vec![backing]),
            ..LibraryModel::default()
        };
        let create = LocalLibraryCreate { client_token: None, create_spec };
        self.call(&create).expect("a good library")
    }

    pub(crate) fn session(&mut self, item: &ItemId) -> SessionId {
        self.call(&session_create(item)).expect("the item has no active session")
    }

    /// Adds a file of which nothing is declared.
    pub(crate) fn add(&mut self, session: &SessionId, name: &str) {
        self.call(&file_add(session, push(name))).expect("a good file");
    }

    pub(crate) fn open(&mut self, session: &SessionId, file: &str) {
        let deed = Deed::OpenUpload { session: session.clone(), file: file.to_owned() };
        let outcome = self.does(deed);
        assert!(matches!(outcome, Outcome::Happened(_)), "{outcome:?}");
    }

    /// Bytes have gone by for so long.
    pub(crate) fn progress(&mut self, file: &str, bytes: u64, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds) - PAUSE;
        self.does(Deed::Progress { file: file.to_owned(), bytes });
    }

    /// Ends an upload, and gives the status of its answer.
    pub(crate) fn close(&mut self, file: &str, received: Option<Received>) -> u16 {
        let deed = Deed::CloseUpload { file: file.to_owned(), received, dropped: false };
        heard(self.does(deed)).response.status
    }

    /// Sends the whole of a file that was added.
    pub(crate) fn send(&mut self, session: &SessionId, file: &str, received: Received) {
        self.open(session, file);
        assert_eq!(self.close(file, Some(received)), 200, "the bytes of {file} arrive");
    }

    /// Adds a file, and sends the whole of it.
    pub(crate) fn push(&mut self, session: &SessionId, file: &str, received: Received) {
        self.add(session, file);
        self.send(session, file, received);
    }

    pub(crate) fn declare(&mut self, uri: &str, source: Source) {
        self.does(Deed::Declare { uri: uri.to_owned(), source });
    }

    // -----------------------------------------------------------------------------------------
    // Asking
    // -----------------------------------------------------------------------------------------

    /// The session that began last.
    pub(crate) fn latest(&self) -> SessionId {
        self.sessions.last().expect("one began").clone()
    }

    pub(crate) fn find(&self, session: &SessionId) -> Option<&Session> {
        self.replay.simulator.find_session(session)
    }

    /// The phase of the session that began last; `None`: it is gone.
    pub(crate) fn phase(&self) -> Option<Phase> {
        self.find(&self.latest()).map(Session::phase)
    }

    /// A read that is no part of the run.
    pub(crate) fn peek<O: Operation + Into<Call>>(&self, call: O) -> O::Reply {
        let result = self.replay.simulator.peek(&call.into(), USER).expect("it can be read");
        reading::read(&result.unwrap_or_default()).expect("the reply of the operation").value
    }

    /// The files of the session that began last, with their statuses.
    pub(crate) fn files(&self) -> Vec<(String, TransferStatus)> {
        let list = SessionFileList { update_session_id: self.latest() };
        self.peek(list).into_iter().map(|file| (file.name, file.status)).collect()
    }

    /// The item of the session that began last, as everybody sees it: the version of its content, and
    /// its files.
    pub(crate) fn item(&self, item: &ItemId) -> (String, Vec<String>) {
        let model = self.peek(ItemGet { library_item_id: item.clone() });
        let files = self.peek(ItemFileList { library_item_id: item.clone() });
        let names = files.into_iter().map(|file| file.name).collect();
        (model.content_version.unwrap_or_default(), names)
    }

    /// The only item of the only library, or the first of them.
    pub(crate) fn only_item(&self) -> ItemId {
        let library = self.peek(LocalLibraryList {}).remove(0);
        self.peek(ItemList { library_id: library }).remove(0)
    }

    pub(crate) fn why_not(&self, call: impl Into<Call>) -> Vec<Unmet> {
        self.replay.simulator.why_not(&call.into(), USER)
    }

    pub(crate) fn path_to(&self, call: impl Into<Call>) -> Option<Vec<Step>> {
        self.replay.simulator.path_to(&call.into(), USER)
    }

    /// What is said of a call's answer that is made now, on a copy.
    pub(crate) fn explain(&self, call: impl Into<Call>) -> Explanation {
        let call = call.into();
        let mut copy = self.replay.clone();
        let parameters = call.parameters(self.run.dialect.form());
        let deed = Deed::Call { operation: call.row().full_name(), parameters };
        let handled = heard(copy.step(&Entry { at: self.now, deed }));
        copy.simulator.explain(Some(&call), USER, &handled)
    }

    /// Lets time leap to when something next happens by itself.
    pub(crate) fn leap(&mut self) {
        let due = self.replay.simulator.poll_timeout().expect("something will happen");
        self.now = due - PAUSE;
        self.does(Deed::Advance);
    }
}

/// The answer to a call.
fn heard(outcome: Outcome) -> Handled {
    match outcome {
        Outcome::Answered(answered) => answered.handled.expect("somebody hears it"),
        other => panic!("{other:?} is no answer"),
    }
}

// ---------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------

/// The name of the item of this type.
fn item_name(kind: &str) -> &'static str {
    if kind == "ovf" { "appliance" } else { "ubuntu-iso" }
}

pub(crate) fn item_create(library: &LibraryId, kind: &str) -> ItemCreate {
    let create_spec = ItemModel {
        library_id: Some(library.clone()),
        name: Some(item_name(kind).to_owned()),
        r#type: Some(kind.to_owned()),
        ..ItemModel::default()
    };
    ItemCreate { client_token: None, create_spec }
}

pub(crate) fn session_create(item: &ItemId) -> UpdateSessionCreate {
    let create_spec =
        UpdateSessionModel { library_item_id: Some(item.clone()), ..Default::default() };
    UpdateSessionCreate { client_token: None, create_spec }
}

pub(crate) fn file_add(session: &SessionId, file_spec: AddSpec) -> SessionFileAdd {
    SessionFileAdd { update_session_id: session.clone(), file_spec }
}

pub(crate) fn push(name: &str) -> AddSpec {
    AddSpec {
        name: name.to_owned(),
        source_type: SourceType::Push,
        source_endpoint: None,
        size: None,
        checksum_info: None,
    }
}

pub(crate) fn pull(name: &str, uri: &str) -> AddSpec {
    let endpoint = TransferEndpoint { uri: uri.to_owned(), ..TransferEndpoint::default() };
    AddSpec { source_type: SourceType::Pull, source_endpoint: Some(endpoint), ..push(name) }
}

pub(crate) fn get(session: &SessionId) -> UpdateSessionGet {
    UpdateSessionGet { update_session_id: session.clone() }
}

pub(crate) fn complete(session: &SessionId) -> UpdateSessionComplete {
    UpdateSessionComplete { update_session_id: session.clone() }
}

pub(crate) fn cancel(session: &SessionId) -> UpdateSessionCancel {
    UpdateSessionCancel { update_session_id: session.clone() }
}

pub(crate) fn delete(session: &SessionId) -> UpdateSessionDelete {
    UpdateSessionDelete { update_session_id: session.clone() }
}

pub(crate) fn validate(session: &SessionId) -> SessionFileValidate {
    SessionFileValidate { update_session_id: session.clone() }
}

pub(crate) fn fail(session: &SessionId, message: &str) -> UpdateSessionFail {
    let client_error_message = message.to_owned();
    UpdateSessionFail { update_session_id: session.clone(), client_error_message }
}

pub(crate) fn keep_alive(session: &SessionId, progress: Option<i64>) -> UpdateSessionKeepAlive {
    UpdateSessionKeepAlive { update_session_id: session.clone(), client_progress: progress }
}

//! The state machine: the life of one update session.
//!
//! An event is judged first, and what is refused changes nothing; what is let through meets a match
//! over every phase and event. The machine does not know other sessions, the wire, or who calls.

mod observed;

use std::time::Duration;

use serde_json::Value;

use crate::adapter;
use crate::behaviour::{
    Behaviour, Extensions, ProgressViolation, Reads, StoredOva, UploadAgain, WarningBehaviorUpdate,
};
use crate::error::{ApiError, ErrorType};
use crate::file;
use crate::messages;
use crate::model::{
    ChecksumAlgorithm, ChecksumInfo, ItemId, LocalizableMessage, PreviewInfo, SessionId,
    SessionState, TransferEndpoint, ValidationResult, WarningBehavior, WarningType,
};
use crate::reading::{Fit, Reader};
use crate::received::{Algorithm, Broken, Member, Received};
use crate::rules;
use crate::store::Store;
use crate::structure::{Form, Wire, Writer};
use crate::text::Text;
use crate::time::Timestamp;
use crate::{structure, through_json};

pub use observed::Observed;

/// Without activity for this long, an open session expires.
pub const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);

/// An ended session is forgotten after this long. That it is forgotten is documented, when is not.
pub const ENDED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a session is in its life; [`Phase::state`] is what the API tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Files may be added and sent.
    Open,
    /// Complete was accepted, and the server is still fetching files.
    Completing,
    /// What it did is visible.
    Done,
    /// It ended with an error.
    Failed,
    /// A client cancelled it.
    Canceled,
}

/// The phase's name, as transitions have it.
impl Wire for Phase {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let name = reader.text()?;
        let phase = Self::ALL.into_iter().find(|phase| phase.name() == name);
        *self = phase.ok_or_else(|| reader.mismatch("a phase of a session"))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.name())
    }

    fn blank() -> Self {
        Self::Open
    }
}

through_json!(Phase);

impl Phase {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Completing, Self::Done, Self::Failed, Self::Canceled];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completing => "completing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// What the API says.
    pub const fn state(self) -> SessionState {
        match self {
            Self::Open | Self::Completing => SessionState::Active,
            Self::Done => SessionState::Done,
            Self::Failed => SessionState::Error,
            Self::Canceled => SessionState::Canceled,
        }
    }

    /// Whether the session still counts as the active one of its item.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::Completing)
    }
}

/// What can happen to a session, without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// The client changes the warning behavior.
    Update,
    /// The client says that it is still there.
    KeepAlive,
    /// The client adds a file.
    AddFile,
    /// The client removes a file.
    RemoveFile,
    /// Something happens to the upload of a file.
    Upload,
    /// Something happens to a file that the server fetches or checks.
    Transfer,
    /// The client asks for a check.
    Validate,
    /// The client asks for completion.
    Complete,
    /// The last file that the server fetches is there.
    Settle,
    /// The client cancels.
    Cancel,
    /// The client fails the session.
    Fail,
    /// The server could not do its part.
    Break,
    /// The time without activity is over.
    Expire,
    /// The client deletes the session.
    Delete,
    /// Somebody deletes the item, or its library.
    ItemDeleted,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Update,
        Self::KeepAlive,
        Self::AddFile,
        Self::RemoveFile,
        Self::Upload,
        Self::Transfer,
        Self::Validate,
        Self::Complete,
        Self::Settle,
        Self::Cancel,
        Self::Fail,
        Self::Break,
        Self::Expire,
        Self::Delete,
        Self::ItemDeleted,
    ];

    /// The operation's name as messages use it.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::KeepAlive => "keep_alive",
            Self::AddFile => "add",
            Self::RemoveFile => "remove",
            Self::Upload => "upload",
            Self::Transfer => "transfer",
            Self::Validate => "validate",
            Self::Complete => "complete",
            Self::Settle => "settle",
            Self::Cancel => "cancel",
            Self::Fail => "fail",
            Self::Break => "break",
            Self::Expire => "expire",
            Self::Delete => "delete",
            Self::ItemDeleted => "item_deleted",
        }
    }
}

/// Where an event leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The phase stays.
    Stay,
    /// Another phase begins.
    To(Phase),
    /// The session is no more.
    Gone,
    /// Nothing happens: the event is not allowed there.
    Refused,
}

/// The machine. `still_fetching` is whether the server has files left to fetch.
pub const fn next(phase: Phase, event: EventKind, still_fetching: bool) -> Next {
    use EventKind as E;
    use Phase as P;
    match (phase, event) {
        (P::Open, E::Update | E::KeepAlive | E::AddFile | E::RemoveFile) => Next::Stay,
        (P::Open, E::Upload | E::Validate) => Next::Stay,
        (P::Open | P::Completing, E::Transfer) => Next::Stay,
        (P::Open, E::Complete) if still_fetching => Next::To(P::Completing),
        (P::Open, E::Complete) => Next::To(P::Done),
        (P::Open, E::Settle) => Next::Stay,
        // What the server fetches is activity for as long as it lasts.
        (P::Open | P::Completing, E::Expire) if still_fetching => Next::Refused,
        (P::Open | P::Completing, E::Expire) => Next::Gone,

        (P::Completing, E::KeepAlive) => Next::Stay,
        (P::Completing, E::Update | E::AddFile | E::RemoveFile | E::Upload) => Next::Refused,
        (P::Completing, E::Validate | E::Complete) => Next::Refused,
        (P::Completing, E::Settle) if still_fetching => Next::Stay,
        (P::Completing, E::Settle) => Next::To(P::Done),

        (P::Open | P::Completing, E::Cancel) => Next::To(P::Canceled),
        (P::Open | P::Completing, E::Fail | E::Break) => Next::To(P::Failed),
        (P::Open | P::Completing, E::Delete) => Next::Refused,
        (P::Open | P::Completing, E::ItemDeleted) => Next::Gone,

        (P::Done | P::Failed | P::Canceled, E::Delete | E::Expire | E::ItemDeleted) => Next::Gone,
        (P::Done | P::Failed | P::Canceled, E::Update | E::KeepAlive) => Next::Refused,
        (P::Done | P::Failed | P::Canceled, E::AddFile | E::RemoveFile) => Next::Refused,
        (P::Done | P::Failed | P::Canceled, E::Upload | E::Validate) => Next::Refused,
        (P::Done | P::Failed | P::Canceled, E::Transfer) => Next::Refused,
        (P::Done | P::Failed | P::Canceled, E::Complete | E::Settle) => Next::Refused,
        (P::Done | P::Failed | P::Canceled, E::Cancel | E::Fail | E::Break) => Next::Refused,
    }
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The list of warning behaviors is replaced, if there is one.
    Update(Option<Vec<WarningBehavior>>),
    /// The client is still there, and may say how far it is.
    KeepAlive(Option<i64>),
    /// A file is added, or replaces the one of its name.
    AddFile(AddedFile),
    /// The file of this name is removed.
    RemoveFile(String),
    /// The file of this name is as the item has it.
    RestoreFile(String, StoredFile),
    /// Something happens to the upload of the file of this name.
    Upload(String, UploadEvent),
    /// Something happens to what the server does for the file of this name.
    Transfer(String, TransferEvent),
    /// The client asks for a check.
    Validate,
    /// The client asks for completion.
    Complete,
    /// A file that the server fetches has ended.
    Settle,
    /// The client cancels.
    Cancel,
    /// The client fails the session, in its own words.
    Fail(String),
    /// The server could not do its part.
    Break(LocalizableMessage),
    /// The time without activity is over.
    Expire,
    /// The client deletes the session.
    Delete,
    /// Somebody deletes the item, or its library.
    ItemDeleted,
}

/// What happens to the upload of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum UploadEvent {
    /// It begins, and is this one of all uploads.
    Open(u64),
    /// So many bytes have arrived in all.
    Progress(u64),
    /// All bytes are there; what is left of it takes its time.
    Arrive(Box<Work>),
    /// All bytes are there, and the storage did not take them.
    Lose(u64, LocalizableMessage),
    /// It ended.
    Close(Result<Received, Broken>),
}

/// What happens to what the server does for a file: it fetches it, or checks what arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum TransferEvent {
    /// It begins.
    Begin(Work),
    /// So many bytes have been fetched in all.
    Progress(u64),
    /// A client looked at it: where that is what the server waits for, one look less is missing.
    Look,
    /// It ended with what its work says, or with this.
    End(Option<Result<Received, LocalizableMessage>>),
}

impl Event {
    /// The event without its data.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Update(_) => EventKind::Update,
            Self::KeepAlive(_) => EventKind::KeepAlive,
            Self::AddFile(_) => EventKind::AddFile,
            Self::RemoveFile(_) => EventKind::RemoveFile,
            Self::RestoreFile(..) => EventKind::AddFile,
            Self::Upload(..) => EventKind::Upload,
            Self::Transfer(..) => EventKind::Transfer,
            Self::Validate => EventKind::Validate,
            Self::Complete => EventKind::Complete,
            Self::Settle => EventKind::Settle,
            Self::Cancel => EventKind::Cancel,
            Self::Fail(_) => EventKind::Fail,
            Self::Break(_) => EventKind::Break,
            Self::Expire => EventKind::Expire,
            Self::Delete => EventKind::Delete,
            Self::ItemDeleted => EventKind::ItemDeleted,
        }
    }
}

structure! {
    /// A file that was added: the client sends it, or the server fetches it.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    strict pub struct AddedFile {
        /// Its name.
        pub name: String,
        /// The secret part of its upload link; only if the client sends it.
        pub link: Option<Text>,
        /// Where it is fetched from; only if the server does.
        pub source: Option<TransferEndpoint>,
        /// What was declared of its length.
        pub declared_size: Option<u64>,
        /// What was declared of its digest.
        pub declared_checksum: Option<Checksum>,
    }

    /// What the server does for a file that takes its time.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Work {
        /// When it began.
        pub began: Timestamp,
        /// When it ends, if that is known.
        pub ends: Option<Timestamp>,
        /// How many looks of a client it takes until it ends, if it waits for those.
        pub looks: Option<u64>,
        /// Which fetch of the host's it is, if it is one.
        pub fetch: Option<u64>,
        /// How many bytes there are to fetch, if that is known.
        pub size: Option<u64>,
        /// What will have arrived, if it is known and if it goes well.
        pub received: Option<Received>,
        /// Why it will fail, if it is known to.
        pub failure: Option<LocalizableMessage>,
    }
}

structure! {
    /// A digest and its algorithm.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct Checksum {
        /// Which digest.
        pub algorithm: Algorithm,
        /// In lower-case hex.
        pub hex: String,
    }
}

impl From<&Checksum> for ChecksumInfo {
    fn from(checksum: &Checksum) -> Self {
        let algorithm = match checksum.algorithm {
            Algorithm::Md5 => ChecksumAlgorithm::Md5,
            Algorithm::Sha1 => ChecksumAlgorithm::Sha1,
            Algorithm::Sha256 => ChecksumAlgorithm::Sha256,
            Algorithm::Sha512 => ChecksumAlgorithm::Sha512,
        };
        Self { algorithm: Some(algorithm), checksum: checksum.hex.clone() }
    }
}

structure! {
    /// A file as an item keeps it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct StoredFile {
        /// Its length in bytes.
        pub size: u64,
        /// Its digest, where one was computed.
        pub checksum: Option<Checksum>,
        /// How many times a file of this name was stored.
        pub version: u64,
    }
}

/// A file as its session sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionFile {
    /// The item's own, as it was when the session began.
    Untouched(StoredFile),
    /// Added in this session.
    Added(Box<Transfer>),
    /// Of the item, and to be removed on completion.
    Removed,
}

/// A file of a session under its name: in a snapshot, what it is says which field there is.
impl Wire for (String, SessionFile) {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let fields = reader.fields()?;
        fields.note_others(&["name", "untouched", "added"]);
        let file = match (fields.take("untouched")?, fields.take("added")?) {
            (None, None) => SessionFile::Removed,
            (Some(stored), None) => SessionFile::Untouched(stored),
            (None, Some(transfer)) => SessionFile::Added(transfer),
            (Some(_), Some(_)) => return Err(reader.mismatch("a file that is one or the other")),
        };
        *self = (fields.take("name")?, file);
        Ok(())
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut writer = Writer::new(form);
        writer.put("name", &self.0);
        match &self.1 {
            SessionFile::Untouched(stored) => writer.put("untouched", stored),
            SessionFile::Added(transfer) => writer.put("added", transfer),
            SessionFile::Removed => {}
        }
        writer.finish("")
    }

    fn blank() -> Self {
        (String::new(), SessionFile::Removed)
    }
}

structure! {
    /// An added file and how far it is.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Transfer {
        /// What was declared.
        pub file: AddedFile,
        /// How far it is.
        pub status: file::Status,
        /// Which of all uploads is the latest of it. An older one must not end a newer one.
        pub upload: Option<u64>,
        /// Bytes that have arrived so far.
        pub bytes: u64,
        /// What arrived, once it was accepted.
        pub received: Option<Received>,
        /// Why the status is ERROR.
        pub error: Option<LocalizableMessage>,
        /// What the server is doing for it.
        pub work: Option<Box<Work>>,
    }
}

impl Transfer {
    fn new(file: AddedFile) -> Self {
        let (status, bytes) = (file::Status::Waiting, 0);
        Self { file, status, upload: None, bytes, received: None, error: None, work: None }
    }

    /// Whether the server fetches it.
    pub fn is_pull(&self) -> bool {
        self.file.source.is_some()
    }

    /// Whether the server has something to do for it before its status can be final.
    pub fn is_running(&self) -> bool {
        self.work.is_some()
    }

    /// Bytes that have arrived by then.
    pub fn bytes_at(&self, now: Timestamp) -> u64 {
        let Some(Work { began, ends: Some(ends), size: Some(size), .. }) = self.work.as_deref()
        else {
            return self.bytes;
        };
        if !self.is_pull() {
            return self.bytes;
        }
        let since = |at: Timestamp| u64::try_from(at.since(*began).as_millis()).unwrap_or(u64::MAX);
        let whole = since(*ends).max(1);
        let passed = since(now).min(whole);
        // The product of size and share, in parts that fit: 128 bits would bring their division along.
        size / whole * passed + (size % whole).saturating_mul(passed) / whole
    }

    /// The digest that the item will show: of the declared algorithm, else SHA-1, the API's default.
    pub fn wanted_algorithm(&self) -> Algorithm {
        self.file.declared_checksum.as_ref().map_or(Algorithm::Sha1, |checksum| checksum.algorithm)
    }

    fn step(&mut self, event: file::Event) {
        if let Some(status) = self.status.next(event) {
            self.status = status;
        }
    }

    /// Ends the upload. `broken` is why the storage did not take all that arrived.
    fn end(&mut self, outcome: Result<Received, Broken>, broken: Option<LocalizableMessage>) {
        match outcome {
            Err(broken) => {
                self.step(file::Event::Break);
                let (bytes, why) = (self.bytes.to_string(), broken.to_string());
                self.error = Some(messages::UPLOAD_BROKEN.with([&self.file.name, &bytes, &why]));
            }
            Ok(received) => {
                self.receive(received.size);
                self.settle(received, broken);
            }
        }
    }

    /// All bytes are there.
    fn receive(&mut self, bytes: u64) {
        self.step(file::Event::Receive);
        self.bytes = bytes;
    }

    /// What is there is checked.
    fn settle(&mut self, received: Received, broken: Option<LocalizableMessage>) {
        self.error = self.mismatch(&received).or(broken);
        if self.error.is_some() {
            self.step(file::Event::Refuse);
        } else {
            self.step(file::Event::Accept);
            self.received = Some(received);
        }
    }

    /// What the server did for it ended.
    fn end_work(
        &mut self,
        outcome: Result<Received, LocalizableMessage>,
        broken: Option<LocalizableMessage>,
    ) {
        self.work = None;
        match outcome {
            Ok(received) => {
                self.receive(received.size);
                self.settle(received, broken);
            }
            Err(message) => {
                self.step(file::Event::Break);
                self.error = Some(message);
            }
        }
    }

    /// What of the received file differs from what was declared.
    fn mismatch(&self, received: &Received) -> Option<LocalizableMessage> {
        let name = self.file.name.as_str();
        if let Some(declared) = self.file.declared_size.filter(|size| *size != received.size) {
            let (declared, received) = (declared.to_string(), received.size.to_string());
            return Some(messages::SIZE_MISMATCH.with([name, &declared, &received]));
        }
        let declared = self.file.declared_checksum.as_ref()?;
        let computed = received.digests.get(&declared.algorithm).map_or("none", String::as_str);
        if computed.eq_ignore_ascii_case(&declared.hex) {
            return None;
        }
        let algorithm = ChecksumInfo::from(declared).algorithm.unwrap_or_default();
        Some(messages::CHECKSUM_MISMATCH.with([name, algorithm.as_str(), &declared.hex, computed]))
    }

    /// The files that an item keeps of it: itself, or those in it.
    fn stored(&self, is_ovf: bool) -> Vec<(&str, StoredFile)> {
        let Some(received) = &self.received else { return Vec::new() };
        let store = |size, digest: Option<(Algorithm, &String)>| StoredFile {
            size,
            checksum: digest.map(|(algorithm, hex)| Checksum { algorithm, hex: hex.clone() }),
            version: 1,
        };
        // Other types take an archive as any other file.
        let contents = received.contents.as_deref().filter(|_| is_ovf);
        match contents.and_then(|contents| contents.members.as_ref()) {
            Some(members) => {
                let stored = |member: &Member| {
                    let digest = member.digests.iter().next();
                    store(member.size, digest.map(|(algorithm, hex)| (*algorithm, hex)))
                };
                members.iter().map(|member| (member.name.as_str(), stored(member))).collect()
            }
            None => {
                let algorithm = self.wanted_algorithm();
                let digest = received.digests.get(&algorithm).map(|hex| (algorithm, hex));
                vec![(self.file.name.as_str(), store(received.size, digest))]
            }
        }
    }
}

/// The machine said no.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Rejected {
    /// The phase does not allow the event.
    #[error("{} needs an active session; this one is in phase {phase:?}", event.operation())]
    Phase {
        /// The event.
        event: EventKind,
        /// The phase.
        phase: Phase,
        /// Why the session is in that phase, if it failed.
        reason: Option<LocalizableMessage>,
    },
    /// A pushed file is not READY.
    #[error("file {name} has not been received ({status:?})")]
    FileNotReceived {
        /// Which.
        name: String,
        /// How far it is.
        status: file::Status,
    },
    /// Files are missing, or cannot be used.
    #[error("files are missing ({missing:?}) or invalid ({invalid:?})")]
    Unusable {
        /// The names of those that are not there.
        missing: Vec<String>,
        /// The names of those that are of no use.
        invalid: Vec<String>,
    },
    /// A warning of the preview is not ignored.
    #[error("the warning {0:?} is not ignored")]
    Warned(WarningType),
    /// The session has no file of this name.
    #[error("the session has no file {0}")]
    NoSuchFile(String),
    /// A client progress outside 0 to 100.
    #[error("client progress {0} is not between 0 and 100")]
    ProgressOutOfRange(i64),
    /// A manifest or certificate after the descriptor.
    #[error("file {0} must be added before the descriptor")]
    AfterDescriptor(String),
    /// The file has an upload already.
    #[error("file {0} is being uploaded")]
    UploadRunning(String),
    /// The file's status does not allow an upload.
    #[error("file {name} does not expect an upload in status {status:?}")]
    UploadNotExpected {
        /// Which.
        name: String,
        /// How far it is.
        status: file::Status,
    },
}

impl From<Rejected> for ApiError {
    fn from(rejected: Rejected) -> Self {
        let not_allowed =
            |rule, message| Self::new(ErrorType::NotAllowedInCurrentState, rule, message);
        let invalid = |rule, message| Self::new(ErrorType::InvalidArgument, rule, message);
        match rejected {
            Rejected::Phase { event: EventKind::Delete, phase, .. } => not_allowed(
                rules::DELETE_ENDED_ONLY,
                messages::ACTIVE_SESSION_NOT_DELETABLE.with([phase.state().as_str()]),
            ),
            Rejected::Phase { event, phase: Phase::Completing, .. } => not_allowed(
                rules::EDIT_BEFORE_COMPLETE,
                messages::COMPLETING.with([event.operation()]),
            ),
            Rejected::Phase { event, phase, reason } => {
                let (operation, state) = (event.operation(), phase.state());
                let message = match &reason {
                    Some(reason) => {
                        let reason = reason.default_message.as_str();
                        messages::INVALID_STATE_REASON.with([operation, state.as_str(), reason])
                    }
                    None => messages::INVALID_STATE.with([operation, state.as_str()]),
                };
                // What matters is not that the session failed but why.
                let rule = match reason.as_ref().map(|reason| reason.id.as_str()) {
                    Some(id) if id == messages::PIPE_CLOSED.id => rules::STORAGE_TAKES_ALL,
                    Some(id) if id == messages::IMPORT_FAILED.id => rules::SOURCE_FETCHED,
                    _ if matches!(event, EventKind::AddFile | EventKind::RemoveFile) => {
                        rules::EDIT_ACTIVE_ONLY
                    }
                    _ => rules::ACTIVE_ONLY,
                };
                not_allowed(rule, message)
            }
            Rejected::FileNotReceived { name, status } => not_allowed(
                rules::FILES_RECEIVED,
                messages::FILE_NOT_RECEIVED.with([&name, status.word_in_messages()]),
            ),
            Rejected::Unusable { missing, invalid } => not_allowed(
                rules::FILES_PRESENT,
                messages::MISSING_OR_INVALID.with([&listed(&missing), &listed(&invalid)]),
            ),
            Rejected::Warned(warning) => not_allowed(
                rules::WARNINGS_IGNORED,
                messages::WARNING_NOT_IGNORED.with([warning.as_str()]),
            ),
            Rejected::NoSuchFile(name) => {
                invalid(rules::FILE_EXISTS, messages::SESSION_FILE_NOT_FOUND.with([&name]))
            }
            Rejected::ProgressOutOfRange(progress) => {
                let why = format!("{progress} is not between 0 and 100");
                let message = messages::FIELD_INVALID.with(["client_progress", &why]);
                invalid(rules::PROGRESS_RANGE, message)
            }
            Rejected::AfterDescriptor(name) => not_allowed(
                rules::MANIFEST_BEFORE_DESCRIPTOR,
                messages::AFTER_DESCRIPTOR.with([&name]),
            ),
            Rejected::UploadRunning(name) => {
                not_allowed(rules::UPLOAD_ONE_AT_A_TIME, messages::UPLOAD_RUNNING.with([&name]))
            }
            Rejected::UploadNotExpected { name, status } => not_allowed(
                rules::UPLOAD_AFTER_ERROR,
                messages::UPLOAD_NOT_EXPECTED
                    .with([&name, crate::model::TransferStatus::from(status).as_str()]),
            ),
        }
    }
}

/// Names as the recorded message has them: each with a space behind it.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("{name} ")).collect()
}

/// What a session is opened on: an item, as it is at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The item whose files the session changes.
    pub item: ItemId,
    /// Whether the item is of type OVF, which orders the files.
    pub is_ovf: bool,
    /// Its content version.
    pub content_version: u64,
    /// Its files, in the order of their names.
    pub files: Vec<(String, StoredFile)>,
    /// Where the storage keeps them.
    pub folder: String,
    /// The settings to follow.
    pub behaviour: Behaviour,
}

structure! {
    /// One update session.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Session {
        /// Its id.
        pub id: SessionId,
        /// Its place among all sessions, in the order of their creation.
        pub serial: u64,
        /// The item whose files it changes.
        pub item: ItemId,
        /// Whether the item is of type OVF, which orders the files.
        pub is_ovf: bool,
        /// Where the storage keeps the item's files.
        pub folder: String,
        /// The settings that it follows.
        pub behaviour: Behaviour,
        /// The files that the adapter refuses whatever is in them.
        pub refused: Vec<String> = default,
        /// Who created it.
        pub owner: String,
        /// The item's content version when the session was created.
        pub content_version: u64,
        /// What the client said of its progress.
        pub client_progress: i64,
        /// Which warnings are ignored.
        pub warning_behavior: Option<Vec<WarningBehavior>>,
        /// Why it failed.
        pub error: Option<LocalizableMessage>,
        phase: Phase,
        expires: Timestamp,
        /// In the order in which they came.
        files: Vec<(String, SessionFile)>,
    }
}

impl Session {
    /// Opens a session.
    pub fn open(id: SessionId, serial: u64, target: Target, owner: String, now: Timestamp) -> Self {
        let untouched = |(name, file)| (name, SessionFile::Untouched(file));
        Self {
            id,
            serial,
            item: target.item,
            is_ovf: target.is_ovf,
            folder: target.folder,
            behaviour: target.behaviour,
            refused: Vec::new(),
            owner,
            content_version: target.content_version,
            client_progress: 0,
            warning_behavior: None,
            error: None,
            phase: Phase::Open,
            expires: now + IDLE_LIMIT,
            files: target.files.into_iter().map(untouched).collect(),
        }
    }

    /// Where it is in its life.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// It does not expire before this.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The same as it is told at an instant: what the server does for it keeps it alive.
    pub fn not_before(&self, now: Timestamp) -> Timestamp {
        let busy = self.phase.is_active() && self.still_fetching();
        if busy { self.expires.max(now + IDLE_LIMIT) } else { self.expires }
    }

    /// Why its files cannot be read once it has ended.
    pub(crate) fn reject_files(&self) -> ApiError {
        let (phase, reason) = (self.phase, self.error.clone());
        Rejected::Phase { event: EventKind::AddFile, phase, reason }.into()
    }

    /// When something will next happen to it without a call, if anything will: work of the server
    /// ends, or it expires.
    pub fn due(&self) -> Option<Timestamp> {
        if !self.phase.is_active() || !self.still_fetching() {
            return Some(self.expires);
        }
        self.works().filter_map(|(_, work)| work.ends).min()
    }

    /// The file for which work of the server has ended by then.
    pub fn ended_work(&self, now: Timestamp) -> Option<&str> {
        let ended =
            |work: &Work| work.ends.is_some_and(|ends| ends <= now) || work.looks == Some(0);
        self.works().find(|(_, work)| ended(work)).map(|(name, _)| name)
    }

    /// What the server is doing, by file.
    pub fn works(&self) -> impl Iterator<Item = (&str, &Work)> {
        self.transfers()
            .filter_map(|transfer| Some((transfer.file.name.as_str(), transfer.work.as_deref()?)))
    }

    /// The files that are not marked for removal, in order.
    pub fn files(&self) -> impl Iterator<Item = (&str, &SessionFile)> {
        let present = self.files.iter().filter(|(_, file)| *file != SessionFile::Removed);
        present.map(|(name, file)| (name.as_str(), file))
    }

    /// The file of this name, if it is not marked for removal.
    pub fn file(&self, name: &str) -> Option<&SessionFile> {
        self.files().find(|(other, _)| *other == name).map(|(_, file)| file)
    }

    /// The files that were added.
    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.files().filter_map(|(_, file)| match file {
            SessionFile::Added(transfer) => Some(transfer.as_ref()),
            SessionFile::Untouched(_) | SessionFile::Removed => None,
        })
    }

    /// The added file of this name.
    pub fn transfer(&self, name: &str) -> Option<&Transfer> {
        self.transfers().find(|transfer| transfer.file.name == name)
    }

    /// The latest upload of the file of this name; none counts once the session has ended.
    pub fn latest_upload(&self, name: &str) -> Option<u64> {
        self.transfer(name).filter(|_| self.phase.is_active())?.upload
    }

    /// The secret part of the link to which the file of this name is sent.
    pub fn link(&self, name: &str) -> Option<&Text> {
        self.transfer(name)?.file.link.as_ref()
    }

    /// Whether one of its files is sent to the link with this secret part.
    pub fn has_link(&self, link: &Text) -> bool {
        self.transfers().any(|transfer| transfer.file.link.as_ref() == Some(link))
    }

    /// Whether the server has files left to fetch, or work left to do.
    fn still_fetching(&self) -> bool {
        self.transfers().any(|transfer| {
            let waits = transfer.is_pull() && transfer.status == file::Status::Waiting;
            transfer.is_running() || (waits && self.phase == Phase::Completing)
        })
    }

    /// Whether complete would have to wait for files that the server fetches.
    fn fetches_at_complete(&self) -> bool {
        let done = |transfer: &Transfer| transfer.status == file::Status::Ready;
        self.transfers().any(|transfer| transfer.is_pull() && !done(transfer))
    }

    /// What the server found in the metadata files; only while active.
    pub fn preview(&self) -> Option<PreviewInfo> {
        self.phase.is_active().then(|| adapter::preview(self))
    }

    /// Whether complete was accepted and is not through.
    pub fn is_completing(&self) -> bool {
        self.phase == Phase::Completing
    }

    /// What there is to say against its files.
    pub fn validation(&self) -> ValidationResult {
        adapter::validate(self)
    }

    /// Why the server cannot do its part any more, if it cannot: a [`Event::Break`] is due.
    pub fn breaks(&self) -> Option<LocalizableMessage> {
        adapter::breaks(self)
    }

    /// The digests that are to be computed while a file arrives.
    pub fn wanted_algorithms(&self, name: &str) -> Vec<Algorithm> {
        let Some(transfer) = self.transfer(name) else { return Vec::new() };
        let own = transfer.wanted_algorithm();
        let mut wanted = Algorithm::ALL.to_vec();
        wanted.retain(|algorithm| *algorithm == own || adapter::asks_for(self, name, *algorithm));
        wanted
    }

    /// Asks whether an event may happen now, and where it would lead. Changes nothing.
    pub fn judge(&self, event: &Event) -> Result<Next, Rejected> {
        let kind = event.kind();
        let waits = match kind {
            EventKind::Complete => self.fetches_at_complete(),
            _ => self.still_fetching(),
        };
        let next = next(self.phase, kind, waits);
        if next == Next::Refused {
            let reason = self.error.clone();
            return Err(Rejected::Phase { event: kind, phase: self.phase, reason });
        }
        match event {
            Event::KeepAlive(Some(progress))
                if !(0..=100).contains(progress)
                    && self.behaviour.progress_violation == ProgressViolation::Refused =>
            {
                Err(Rejected::ProgressOutOfRange(*progress))
            }
            Event::AddFile(file) if self.comes_too_late(&file.name) => {
                Err(Rejected::AfterDescriptor(file.name.clone()))
            }
            Event::RemoveFile(name) if self.file(name).is_none() => {
                Err(Rejected::NoSuchFile(name.clone()))
            }
            Event::Upload(name, upload) => self.judge_upload(name, upload).map(|()| next),
            Event::Transfer(name, transfer) => self.judge_transfer(name, transfer).map(|()| next),
            Event::Validate => self.judge_received(false).map(|()| next),
            Event::Complete => {
                self.judge_received(true).and_then(|()| self.judge_usable()).map(|()| next)
            }
            Event::Settle if next == Next::To(Phase::Done) => {
                self.judge_received(true).and_then(|()| self.judge_usable()).map(|()| next)
            }
            _ => Ok(next),
        }
    }

    fn judge_upload(&self, name: &str, upload: &UploadEvent) -> Result<(), Rejected> {
        let transfer = self.transfer(name).ok_or_else(|| Rejected::NoSuchFile(name.to_owned()))?;
        let running = transfer.status == file::Status::Transferring;
        let fits = match upload {
            UploadEvent::Open(_) if running => {
                return Err(Rejected::UploadRunning(name.to_owned()));
            }
            UploadEvent::Open(_) => {
                let again = transfer.status == file::Status::Ready;
                let refused = again && self.behaviour.upload_again == UploadAgain::Refused;
                !refused && transfer.status.next(file::Event::Open).is_some()
            }
            UploadEvent::Progress(_) | UploadEvent::Arrive(_) => running,
            UploadEvent::Lose(..) | UploadEvent::Close(_) => running,
        };
        let status = transfer.status;
        (fits && !transfer.is_pull())
            .then_some(())
            .ok_or_else(|| Rejected::UploadNotExpected { name: name.to_owned(), status })
    }

    fn judge_transfer(&self, name: &str, event: &TransferEvent) -> Result<(), Rejected> {
        let transfer = self.transfer(name).ok_or_else(|| Rejected::NoSuchFile(name.to_owned()))?;
        let fits = match event {
            TransferEvent::Begin(_) => {
                transfer.is_pull() && transfer.status.next(file::Event::Open).is_some()
            }
            TransferEvent::Progress(_) | TransferEvent::Look | TransferEvent::End(_) => {
                transfer.is_running()
            }
        };
        let status = transfer.status;
        fits.then_some(())
            .ok_or_else(|| Rejected::UploadNotExpected { name: name.to_owned(), status })
    }

    /// Everything that keeps an event from happening now; the first is what it would be refused for.
    pub fn unmet(&self, event: &Event) -> Vec<Rejected> {
        let completing = match event {
            Event::Complete => true,
            Event::Validate => false,
            _ => return self.judge(event).err().into_iter().collect(),
        };
        if let Err(phase @ Rejected::Phase { .. }) = self.judge(event) {
            return vec![phase];
        }
        let mut unmet: Vec<_> = self.not_received(completing).collect();
        if completing && unmet.is_empty() {
            unmet.extend(self.judge_usable().err());
            if !matches!(unmet.first(), Some(Rejected::Warned(_))) {
                unmet.extend(adapter::unignored_warnings(self).cloned().map(Rejected::Warned));
            }
        }
        unmet
    }

    /// The warnings that keep it from completing.
    pub fn unignored_warnings(&self) -> impl Iterator<Item = &WarningType> {
        adapter::unignored_warnings(self)
    }

    /// Every file that the client sends has to be there. Of those that the server fetches, none may
    /// have failed; a check does without the others, and complete waits for them.
    fn not_received(&self, completing: bool) -> impl Iterator<Item = Rejected> {
        use file::Status::{Error, Ready, Validating};
        let fine = move |transfer: &&Transfer| match transfer.status {
            Ready => true,
            Error => false,
            // Complete ends the checks of what was sent.
            Validating => completing || transfer.is_pull(),
            _ => transfer.is_pull(),
        };
        self.transfers().filter(move |transfer| !fine(transfer)).map(|transfer| {
            let (name, status) = (transfer.file.name.clone(), transfer.status);
            Rejected::FileNotReceived { name, status }
        })
    }

    fn judge_received(&self, completing: bool) -> Result<(), Rejected> {
        self.not_received(completing).next().map_or(Ok(()), Err)
    }

    fn judge_usable(&self) -> Result<(), Rejected> {
        let ValidationResult { has_errors, missing_files, invalid_files } = self.validation();
        if has_errors {
            let mut invalid: Vec<_> = invalid_files.into_iter().map(|file| file.name).collect();
            invalid.dedup();
            return Err(Rejected::Unusable { missing: missing_files, invalid });
        }
        let warning = adapter::unignored_warnings(self).next();
        warning.map_or(Ok(()), |warning| Err(Rejected::Warned(warning.clone())))
    }

    /// For items of type OVF: a manifest or certificate after the descriptor.
    fn comes_too_late(&self, name: &str) -> bool {
        let has_descriptor =
            || self.transfers().any(|transfer| self.has_extension(&transfer.file.name, "ovf"));
        self.is_ovf && self.is_signature(name) && has_descriptor()
    }

    /// Lets an event happen. A refused event changes nothing, the deadline included.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Result<Next, Rejected> {
        let next = self.judge(&event)?;
        // A check is a read, and an upload that breaks off is refused: they are no activity.
        let activity = match &event {
            Event::Validate => self.behaviour.reads == Reads::Activity,
            Event::Upload(_, UploadEvent::Close(Err(_))) => false,
            Event::Transfer(_, TransferEvent::Look) => false,
            _ => true,
        };
        match event {
            Event::Update(behavior) => {
                if let Some(new) = behavior {
                    self.update_warnings(new);
                }
            }
            // The reference expects it to grow; a lower value is not stored.
            Event::KeepAlive(progress) => {
                let progress = progress.unwrap_or(0).clamp(0, 100);
                self.client_progress = self.client_progress.max(progress);
            }
            Event::AddFile(file) => {
                let name = file.name.clone();
                self.put(name, SessionFile::Added(Box::new(Transfer::new(file))));
            }
            Event::RemoveFile(name) => self.put(name, SessionFile::Removed),
            Event::RestoreFile(name, stored) => self.put(name, SessionFile::Untouched(stored)),
            Event::Upload(name, upload) => self.upload(&name, upload),
            Event::Transfer(name, event) => self.transfer_event(&name, event),
            Event::Fail(text) => self.error = Some(messages::CLIENT_ERROR.with([&text])),
            Event::Break(message) => self.error = Some(message),
            Event::Validate
            | Event::Complete
            | Event::Settle
            | Event::Cancel
            | Event::Expire
            | Event::Delete
            | Event::ItemDeleted => {}
        }
        if let Next::To(phase) = next {
            self.phase = phase;
        }
        if activity {
            self.expires = now + if self.phase.is_active() { IDLE_LIMIT } else { ENDED_KEPT };
        }
        Ok(next)
    }

    fn update_warnings(&mut self, new: Vec<WarningBehavior>) {
        let mut behaviors = match self.behaviour.warning_behavior_update {
            WarningBehaviorUpdate::Replaced => Vec::new(),
            WarningBehaviorUpdate::Merged => self.warning_behavior.take().unwrap_or_default(),
        };
        behaviors.retain(|old| !new.iter().any(|new| new.r#type == old.r#type));
        behaviors.extend(new);
        self.warning_behavior = Some(behaviors);
    }

    /// A client has looked at the session.
    pub(crate) fn looked_at(&mut self, now: Timestamp) {
        if self.behaviour.reads == Reads::Activity && self.phase == Phase::Open {
            self.expires = now + IDLE_LIMIT;
        }
    }

    fn transfer_mut(&mut self, name: &str) -> Option<&mut Transfer> {
        self.files.iter_mut().find_map(|(other, file)| match file {
            SessionFile::Added(transfer) if other == name => Some(&mut **transfer),
            _ => None,
        })
    }

    /// Why the storage does not take all of a file that arrived.
    fn unwritable(&self, received: Option<&Received>) -> Option<LocalizableMessage> {
        let contents = received?.contents.as_ref().filter(|_| self.is_ovf)?;
        contents.unwritable.as_ref().map(|name| adapter::pipe_closed(self, name))
    }

    fn transfer_event(&mut self, name: &str, event: TransferEvent) {
        let outcome = match &event {
            TransferEvent::End(told) => told.clone().or_else(|| {
                let work = *self.transfer(name)?.work.clone()?;
                Some(work.failure.map_or_else(|| Ok(work.received.unwrap_or_default()), Err))
            }),
            _ => None,
        };
        let broken = self.unwritable(outcome.as_ref().and_then(|outcome| outcome.as_ref().ok()));
        let Some(transfer) = self.transfer_mut(name) else { return };
        match event {
            TransferEvent::Begin(work) => {
                transfer.step(file::Event::Open);
                transfer.work = Some(Box::new(work));
            }
            TransferEvent::Progress(bytes) => transfer.bytes = transfer.bytes.max(bytes),
            TransferEvent::Look => {
                if let Some(looks) = transfer.work.as_mut().and_then(|work| work.looks.as_mut()) {
                    *looks = looks.saturating_sub(1);
                }
            }
            TransferEvent::End(_) => {
                transfer.end_work(outcome.unwrap_or_else(|| Ok(Received::default())), broken)
            }
        }
    }

    fn put(&mut self, name: String, file: SessionFile) {
        match self.files.iter_mut().find(|(other, _)| *other == name) {
            Some((_, present)) => *present = file,
            None => self.files.push((name, file)),
        }
    }

    fn upload(&mut self, name: &str, upload: UploadEvent) {
        let broken = match &upload {
            UploadEvent::Close(Ok(received)) => self.unwritable(Some(received)),
            _ => None,
        };
        let Some(transfer) = self.transfer_mut(name) else { return };
        match upload {
            UploadEvent::Open(serial) => {
                transfer.step(file::Event::Open);
                transfer.upload = Some(serial);
                transfer.bytes = 0;
                transfer.received = None;
                transfer.error = None;
            }
            UploadEvent::Progress(bytes) => transfer.bytes = transfer.bytes.max(bytes),
            UploadEvent::Arrive(work) => {
                transfer.receive(work.received.as_ref().map_or(0, |received| received.size));
                transfer.work = Some(work);
            }
            UploadEvent::Lose(bytes, message) => {
                transfer.receive(bytes);
                transfer.step(file::Event::Refuse);
                transfer.error = Some(message);
            }
            UploadEvent::Close(outcome) => transfer.end(outcome, broken),
        }
    }

    /// The item's files after completion, made from those it has now.
    pub fn publish(&self, files: &mut Store<Text, StoredFile>) {
        for (name, file) in &self.files {
            match file {
                SessionFile::Untouched(_) => {}
                SessionFile::Removed => {
                    files.remove(&name.as_str().into());
                }
                SessionFile::Added(_) if !self.keeps(name) => {
                    files.remove(&name.as_str().into());
                }
                SessionFile::Added(transfer) => {
                    let unpack = self.is_ovf && self.behaviour.stored_ova == StoredOva::Members;
                    let stored = transfer.stored(unpack);
                    for (name, stored) in stored.into_iter().filter(|(name, _)| self.keeps(name)) {
                        let name = Text::from(name);
                        let version = files.get(&name).map_or(1, |stored| stored.version + 1);
                        files.insert(name, StoredFile { version, ..stored });
                    }
                }
            }
        }
    }

    /// Whether the item keeps a file of this name: manifest and certificate of an OVF go.
    pub fn keeps(&self, name: &str) -> bool {
        !(self.is_ovf && self.is_signature(name))
    }

    fn is_signature(&self, name: &str) -> bool {
        self.has_extension(name, "mf") || self.has_extension(name, "cert")
    }

    /// Whether a name tells what kind of file it is, as far as the settings let it.
    pub(crate) fn has_extension(&self, name: &str, extension: &str) -> bool {
        let found = name.rsplit_once('.').map_or("", |(_, found)| found);
        match self.behaviour.extensions {
            Extensions::AnyCase => found.eq_ignore_ascii_case(extension),
            Extensions::LowerCase => found == extension,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::Few;
    use crate::model::PreviewState;
    use crate::received::{Contents, Needed};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const LATER: Timestamp = Timestamp::from_millis(1_060_000);

    fn session() -> Session {
        let stored = StoredFile { size: 3, checksum: None, version: 1 };
        let files = vec![("old.iso".to_owned(), stored)];
        let folder = "ds:///vmfs/volumes/v//contentlib-l/i".to_owned();
        let target = Target {
            item: "i".into(),
            is_ovf: false,
            content_version: 1,
            files,
            folder,
            behaviour: Behaviour::default(),
        };
        Session::open("s".into(), 0, target, "me".to_owned(), NOW)
    }

    fn pushed(name: &str) -> AddedFile {
        AddedFile {
            name: name.to_owned(),
            link: Some("link".into()),
            declared_size: Some(2),
            ..AddedFile::default()
        }
    }

    fn received(size: u64) -> Received {
        Received { size, ..Received::default() }
    }

    /// A session in each phase, reached by events.
    fn in_phase(phase: Phase) -> Session {
        let mut session = session();
        let event = match phase {
            Phase::Open => return session,
            Phase::Completing => {
                session.phase = Phase::Completing;
                return session;
            }
            Phase::Done => Event::Complete,
            Phase::Failed => Event::Fail("disk full".to_owned()),
            Phase::Canceled => Event::Cancel,
        };
        session.handle(event, NOW).expect("an open session accepts it");
        assert_eq!(session.phase(), phase);
        session
    }

    fn event_of(kind: EventKind) -> Event {
        match kind {
            EventKind::Update => Event::Update(Some(Vec::new())),
            EventKind::KeepAlive => Event::KeepAlive(Some(7)),
            EventKind::AddFile => Event::AddFile(pushed("new.iso")),
            EventKind::RemoveFile => Event::RemoveFile("old.iso".to_owned()),
            EventKind::Upload => Event::Upload("old.iso".to_owned(), UploadEvent::Open(1)),
            EventKind::Transfer => Event::Transfer("old.iso".to_owned(), TransferEvent::Look),
            EventKind::Validate => Event::Validate,
            EventKind::Complete => Event::Complete,
            EventKind::Settle => Event::Settle,
            EventKind::Cancel => Event::Cancel,
            EventKind::Fail => Event::Fail("no".to_owned()),
            EventKind::Break => Event::Break(LocalizableMessage::default()),
            EventKind::Expire => Event::Expire,
            EventKind::Delete => Event::Delete,
            EventKind::ItemDeleted => Event::ItemDeleted,
        }
    }

    #[test]
    fn every_pair_of_phase_and_event() {
        let mut table = Vec::new();
        for phase in Phase::ALL {
            for kind in EventKind::ALL {
                let before = in_phase(phase);
                let mut after = before.clone();
                let outcome = after.handle(event_of(kind), LATER);
                match &outcome {
                    Err(_) => assert_eq!(after, before, "{phase:?} {kind:?}"),
                    Ok(Next::To(reached)) => assert_eq!(after.phase(), *reached),
                    Ok(_) => assert_eq!(after.phase(), phase),
                }
                if let Ok(next) = outcome.as_ref().map(|next| *next) {
                    table.push(format!("{phase:?} {kind:?} {next:?}"));
                }
            }
        }
        let expected = "\
Open Update Stay
Open KeepAlive Stay
Open AddFile Stay
Open RemoveFile Stay
Open Validate Stay
Open Complete To(Done)
Open Settle Stay
Open Cancel To(Canceled)
Open Fail To(Failed)
Open Break To(Failed)
Open Expire Gone
Open ItemDeleted Gone
Completing KeepAlive Stay
Completing Settle To(Done)
Completing Cancel To(Canceled)
Completing Fail To(Failed)
Completing Break To(Failed)
Completing Expire Gone
Completing ItemDeleted Gone
Done Expire Gone
Done Delete Gone
Done ItemDeleted Gone
Failed Expire Gone
Failed Delete Gone
Failed ItemDeleted Gone
Canceled Expire Gone
Canceled Delete Gone
Canceled ItemDeleted Gone";
        assert_eq!(table.join("\n"), expected);
    }

    /// Adds a file and sends it.
    fn push(session: &mut Session, name: &str, contents: Contents) {
        let file = AddedFile { declared_size: None, ..pushed(name) };
        let contents = Some(Box::new(contents));
        let received = Received { contents, ..Received::default() };
        for event in [
            Event::AddFile(file),
            Event::Upload(name.to_owned(), UploadEvent::Open(1)),
            Event::Upload(name.to_owned(), UploadEvent::Close(Ok(received))),
        ] {
            session.handle(event, NOW).expect("an open session accepts it");
        }
    }

    #[test]
    fn a_file_that_is_asked_for_twice_is_missing_once() {
        let mut session = Session { is_ovf: true, ..session() };
        let need = |name: &str| Needed { name: name.to_owned(), size: None };
        let needs = vec![need("b"), need("a"), need("b")];
        push(&mut session, "1.ovf", Contents { needs: needs.clone(), ..Contents::default() });
        push(&mut session, "2.ovf", Contents { needs, ..Contents::default() });
        assert_eq!(session.validation().missing_files, ["b", "a"]);
    }

    #[test]
    fn the_preview_waits_for_manifest_and_certificate() {
        let mut session = Session { is_ovf: true, ..session() };
        let state = |session: &Session| session.preview().map(|preview| preview.state);
        session.handle(Event::AddFile(pushed("vm.cert")), NOW).expect("the session is open");
        assert_eq!(state(&session), Some(PreviewState::Unavailable));
        push(&mut session, "vm.ovf", Contents::default());
        assert_eq!(state(&session), Some(PreviewState::Preparing));
        session.handle(Event::RemoveFile("vm.cert".to_owned()), NOW).expect("it is there");
        assert_eq!(state(&session), Some(PreviewState::Available));
    }

    #[test]
    fn an_upload_that_breaks_off_does_not_keep_the_session_alive() {
        let mut session = session();
        let upload = |upload| Event::Upload("new.iso".to_owned(), upload);
        let events = [
            (Event::AddFile(pushed("new.iso")), NOW),
            (upload(UploadEvent::Open(1)), NOW),
            (upload(UploadEvent::Close(Err(Broken::TimedOut))), LATER),
        ];
        for (event, now) in events {
            session.handle(event, now).expect("an open session accepts it");
        }
        assert_eq!(session.expires(), NOW + IDLE_LIMIT);
    }

    #[test]
    fn an_item_of_another_type_keeps_a_package_as_it_is() {
        let mut session = session();
        let member = Member { name: "in.ovf".to_owned(), size: 1, digests: Few::new() };
        let contents = Contents {
            members: Some(vec![member]),
            missing: vec!["disk.vmdk".to_owned()],
            unwritable: Some("disk.vmdk".to_owned()),
            ..Contents::default()
        };
        let received = Received { contents: Some(Box::new(contents)), ..received(2) };
        let upload = |event| Event::Upload("a.ova".to_owned(), event);
        for event in [
            Event::AddFile(AddedFile { declared_checksum: None, ..pushed("a.ova") }),
            upload(UploadEvent::Open(1)),
            upload(UploadEvent::Close(Ok(received))),
            Event::Complete,
        ] {
            session.handle(event, NOW).expect("allowed");
        }
        assert_eq!(session.breaks(), None);
        let mut files = Store::default();
        session.publish(&mut files);
        assert_eq!(files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a.ova"]);
    }

    #[test]
    fn a_completing_session_does_not_expire_while_the_server_fetches() {
        assert_eq!(next(Phase::Completing, EventKind::Expire, true), Next::Refused);
        assert_eq!(next(Phase::Completing, EventKind::Settle, true), Next::Stay);
        assert_eq!(next(Phase::Open, EventKind::Complete, true), Next::To(Phase::Completing));
    }

    #[test]
    fn complete_waits_for_every_pushed_file() {
        let mut session = session();
        let name = || "a.iso".to_owned();
        session.handle(Event::AddFile(pushed("a.iso")), NOW).expect("open");
        let refused =
            |session: &Session| session.judge(&Event::Complete).expect_err("not received");
        let not_received = |status| Rejected::FileNotReceived { name: name(), status };
        assert_eq!(refused(&session), not_received(file::Status::Waiting));
        session.handle(Event::Upload(name(), UploadEvent::Open(1)), NOW).expect("waiting");
        assert_eq!(refused(&session), not_received(file::Status::Transferring));
        let twice = session.judge(&Event::Upload(name(), UploadEvent::Open(1)));
        assert_eq!(twice, Err(Rejected::UploadRunning(name())));
        session
            .handle(Event::Upload(name(), UploadEvent::Close(Ok(received(1)))), NOW)
            .expect("open");
        assert_eq!(refused(&session), not_received(file::Status::Error));
        let again = session.judge(&Event::Upload(name(), UploadEvent::Open(1)));
        assert!(matches!(again, Err(Rejected::UploadNotExpected { .. })), "{again:?}");

        session.handle(Event::AddFile(pushed("a.iso")), NOW).expect("open");
        session.handle(Event::Upload(name(), UploadEvent::Open(1)), NOW).expect("waiting");
        session
            .handle(Event::Upload(name(), UploadEvent::Close(Ok(received(2)))), NOW)
            .expect("open");
        assert_eq!(session.judge(&Event::Complete), Ok(Next::To(Phase::Done)));
    }

    #[test]
    fn publishing_touches_what_the_session_touched() {
        let mut session = session();
        for name in ["old.iso", "new.iso"] {
            session.handle(Event::AddFile(pushed(name)), NOW).expect("open");
            session
                .handle(Event::Upload(name.to_owned(), UploadEvent::Open(1)), NOW)
                .expect("waiting");
            let close = UploadEvent::Close(Ok(received(2)));
            session.handle(Event::Upload(name.to_owned(), close), NOW).expect("transferring");
        }
        let stored = |size, version| StoredFile { size, checksum: None, version };
        let mut files =
            Store::from([("old.iso".into(), stored(3, 4)), ("other.iso".into(), stored(9, 1))]);
        session.publish(&mut files);
        let expected =
            [("new.iso", stored(2, 1)), ("old.iso", stored(2, 5)), ("other.iso", stored(9, 1))];
        assert_eq!(files, expected.map(|(name, file)| (name.into(), file)).into());

        session.handle(Event::RemoveFile("old.iso".to_owned()), NOW).expect("open");
        session.publish(&mut files);
        assert!(files.get(&"old.iso".into()).is_none());
    }

    #[test]
    fn an_ovf_takes_its_manifest_before_its_descriptor() {
        let mut session = session();
        session.is_ovf = true;
        session.handle(Event::AddFile(pushed("a.MF")), NOW).expect("before the descriptor");
        session.handle(Event::AddFile(pushed("a.ovf")), NOW).expect("open");
        let late = session.judge(&Event::AddFile(pushed("a.cert")));
        assert_eq!(late, Err(Rejected::AfterDescriptor("a.cert".to_owned())));
        assert!(!session.keeps("a.mf") && session.keeps("a.ovf"));
    }

    #[test]
    fn progress_grows_within_its_range() {
        let mut session = session();
        for (progress, stored) in [(Some(40), 40), (Some(30), 40), (None, 40), (Some(100), 100)] {
            session.handle(Event::KeepAlive(progress), NOW).expect("in range");
            assert_eq!(session.client_progress, stored);
        }
        for progress in [-1, 101, i64::MAX] {
            let refused = session.handle(Event::KeepAlive(Some(progress)), LATER);
            assert_eq!(refused, Err(Rejected::ProgressOutOfRange(progress)));
        }
        assert_eq!(session.expires(), NOW + IDLE_LIMIT);
    }
}

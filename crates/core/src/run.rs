//! A run: everything that was done to a simulator, in order, as data. Done again from the same seed it
//! gives the same bytes.
//!
//! It names no host and holds no secret: whoever replays it logs in anew, and the seed makes the same
//! token of it. It does not know why anything was done.

use serde_json::{Map, Value};

use crate::behaviour::Behaviour;
use crate::dialect::{self, Dialect, SESSION_HEADER};
use crate::model::{LoginToken, SessionId};
use crate::operations::{self, Call, Row};
use crate::reading::{Fit, Reader};
use crate::received::{Broken, Received};
use crate::release::Release;
use crate::simulator::{
    Credentials, Fault, Handled, NoSuchPlace, Pace, Simulator, Source, Transition, Unmet, Upload,
};
use crate::store::Store;
use crate::structure;
use crate::structure::{Form, Parts, Wire};
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::{Method, Request};

/// The version of the form that this program writes and reads.
pub const VERSION: u64 = 1;

/// Where calls are sent in a replay that nobody says more of. Links in answers begin with it.
pub const ORIGIN: &str = "https://vcenter.test";

structure! {
    /// A run.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Run {
        /// Of the form of the other fields.
        pub version: u64,
        /// The simulator's seed; a text, since not every reader of JSON has numbers of 64 bits.
        pub seed: String,
        /// The release that it is of.
        pub release: Release,
        /// The settings that it follows.
        pub behaviour: Behaviour,
        /// The spelling of the calls.
        pub dialect: Dialect,
        /// What was done, in order.
        pub entries: Vec<Entry>,
    }

    /// One thing that was done.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Entry {
        /// When.
        pub at: Timestamp,
        /// What.
        pub deed: Deed,
    }
}

/// What can be done to a simulator.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Somebody logs in, and makes the calls from then on.
    LogIn {
        /// Who.
        user: String,
    },
    /// A call is made.
    Call {
        /// The operation, by its name in programs.
        operation: String,
        /// Its parameters.
        parameters: Map<String, Value>,
    },
    /// An upload begins, or is refused.
    OpenUpload {
        /// Of which session; of one that is gone, how its id begins.
        session: SessionId,
        /// Which file.
        file: String,
    },
    /// So many bytes of the upload of this file have arrived.
    Progress {
        /// Which file.
        file: String,
        /// In all.
        bytes: u64,
    },
    /// The upload of this file ends, with what arrived or without.
    CloseUpload {
        /// Which file.
        file: String,
        /// What arrived.
        received: Option<Received>,
        /// Whether it was dropped on the client's side, so that nobody heard the answer.
        dropped: bool,
    },
    /// Time passes.
    Advance,
    /// A source is made up.
    Declare {
        /// Under which URI.
        uri: String,
        /// What it is.
        source: Source,
    },
    /// The server's own work takes so long from now on.
    Pace(Pace),
    /// A fault is armed.
    Arm(Fault),
    /// All faults are disarmed.
    Disarm,
    /// Calls are spelled like this from now on.
    Speak(Dialect),
}

impl Deed {
    /// One of each kind, with nothing in it.
    fn blanks() -> [Self; 11] {
        let (file, session) = (String::new(), SessionId::blank());
        [
            Self::LogIn { user: String::new() },
            Self::Call { operation: String::new(), parameters: Map::new() },
            Self::OpenUpload { session, file },
            Self::Progress { file: String::new(), bytes: 0 },
            Self::CloseUpload { file: String::new(), received: None, dropped: false },
            Self::Advance,
            Self::Declare { uri: String::new(), source: Source::blank() },
            Self::Pace(Pace::blank()),
            Self::Arm(Fault::blank()),
            Self::Disarm,
            Self::Speak(Dialect::blank()),
        ]
    }

    /// Its kind, and its fields by their names.
    fn parts(&mut self) -> Parts<'_> {
        match self {
            Self::LogIn { user } => Parts::of("log_in").with("user", user),
            Self::Call { operation, parameters } => {
                Parts::of("call").with("operation", operation).with("parameters", parameters)
            }
            Self::OpenUpload { session, file } => {
                Parts::of("open_upload").with("session", session).with("file", file)
            }
            Self::Progress { file, bytes } => {
                Parts::of("progress").with("file", file).with("bytes", bytes)
            }
            Self::CloseUpload { file, received, dropped } => Parts::of("close_upload")
                .with("file", file)
                .with("received", received)
                .with("dropped", dropped),
            Self::Advance => Parts::of("advance"),
            Self::Declare { uri, source } => {
                Parts::of("declare").with("uri", uri).with("source", source)
            }
            Self::Pace(pace) => Parts::of("pace").with("pace", pace),
            Self::Arm(fault) => Parts::of("arm").with("fault", fault),
            Self::Disarm => Parts::of("disarm"),
            Self::Speak(dialect) => Parts::of("speak").with("dialect", dialect),
        }
    }
}

impl Wire for Deed {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let kind = reader.kind()?;
        let kinds = Self::blanks().into_iter();
        *self = kinds
            .filter_map(|mut blank| (blank.parts().kind == kind).then_some(blank))
            .next()
            .ok_or_else(|| reader.mismatch("a deed of a known kind"))?;
        self.parts().fill(reader, &["parameters", "dropped"])
    }

    fn write(&self, form: &dyn Form) -> Value {
        self.clone().parts().write(form)
    }

    fn blank() -> Self {
        Self::Advance
    }
}

impl Deed {
    /// Does it, if it arranges the world around the calls; whoever makes it happen lets time pass then.
    /// Nothing, if it is a deed of another kind.
    pub fn arrange(&self, simulator: &mut Simulator) -> Option<Result<(), NoSuchPlace>> {
        match self {
            Self::Declare { uri, source } => {
                simulator.declare_source(uri.clone(), source.clone());
            }
            Self::Pace(pace) => simulator.set_pace(*pace),
            Self::Arm(fault) => return Some(simulator.arm(fault.clone())),
            Self::Disarm => simulator.disarm(),
            Self::LogIn { .. }
            | Self::Call { .. }
            | Self::OpenUpload { .. }
            | Self::Progress { .. }
            | Self::CloseUpload { .. }
            | Self::Speak(_)
            | Self::Advance => return None,
        }
        Some(Ok(()))
    }
}

/// Takes down what is done to a simulator, for a run. Whoever does it says so here, at the same instant.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    entries: Vec<Entry>,
}

impl Tape {
    /// A deed.
    pub fn note(&mut self, at: Timestamp, deed: Deed) {
        self.entries.push(Entry { at, deed });
    }

    /// A request that is handed to [`Simulator::handle`]. Of one that no operation fits, or whose
    /// parameters cannot be read, nothing remains but that time passed.
    pub fn request(&mut self, at: Timestamp, request: &Request) {
        let deed = match recognised(request) {
            None => Deed::Advance,
            Some((row, parameters)) => match Credentials::of(row, request) {
                Credentials::Basic(Some((user, _))) => Deed::LogIn { user },
                Credentials::Basic(None) | Credentials::Token(_) => {
                    Deed::Call { operation: row.full_name(), parameters }
                }
            },
        };
        self.note(at, deed);
    }

    /// What was taken down since this was asked last.
    pub fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }
}

/// The operation that a request calls, in whichever spelling, and its parameters.
pub fn recognised(request: &Request) -> Option<(&'static Row, Map<String, Value>)> {
    let dialect = Dialect::of_path(request.path())?;
    let routed = dialect::route(operations::lines(dialect), dialect, request)?;
    Some((routed.line.row, routed.parameters(request).ok()?))
}

/// The call that a request makes, if its parameters are those of one.
pub fn call_of(request: &Request) -> Option<Call> {
    let (row, parameters) = recognised(request)?;
    Call::decode(row, &parameters).ok()
}

/// What came of one entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer.
    Answered(Box<Answered>),
    /// What happened by itself.
    Happened(Vec<Transition>),
    /// It could not be done: there is no such operation, file or upload.
    Impossible(String),
}

/// A request of a run, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// When it was sent. An upload is answered later.
    pub sent: Timestamp,
    /// The operation that it calls; none: it is an upload.
    pub row: Option<&'static Row>,
    /// What was sent. Of an upload, without the bytes.
    pub request: Request,
    /// How many bytes went with an upload, as far as it is known.
    pub bytes: u64,
    /// The answer; `None` if nobody was left to hear it.
    pub handled: Option<Handled>,
}

/// A run that is being done again.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The simulator, as the entries so far have left it.
    pub simulator: Simulator,
    origin: &'static str,
    dialect: Dialect,
    token: Option<LoginToken>,
    /// The uploads that are open, by their files' names.
    uploads: Store<Text, Open>,
}

/// An upload that is open.
#[derive(Debug, Clone)]
struct Open {
    upload: Upload,
    sent: Timestamp,
    head: Request,
    /// So many bytes have arrived.
    bytes: u64,
}

/// Why a run cannot be begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARun {
    /// It is of another version.
    #[error("its version is {0}, and this program reads version {VERSION}")]
    Version(u64),
    /// The seed is no number.
    #[error("its seed {0:?} is no whole number of 64 bits")]
    Seed(String),
}

impl Run {
    /// Whether it can be begun; and if so, its seed.
    pub fn check(&self) -> Result<u64, NotARun> {
        if self.version != VERSION {
            return Err(NotARun::Version(self.version));
        }
        self.seed.parse().map_err(|_| NotARun::Seed(self.seed.clone()))
    }

    /// Begins it anew.
    pub fn begin(&self) -> Result<Replay, NotARun> {
        let simulator =
            Simulator::new(self.check()?).with_release(self.release).with_behaviour(self.behaviour);
        let (dialect, token, uploads) = (self.dialect, None, Store::default());
        Ok(Replay { simulator, origin: ORIGIN, dialect, token, uploads })
    }

    /// The same, with nothing done yet.
    #[must_use]
    pub fn head(&self) -> Self {
        let (seed, entries) = (self.seed.clone(), Vec::new());
        let Self { version, release, behaviour, dialect, .. } = *self;
        Self { version, seed, release, behaviour, dialect, entries }
    }

    /// A run that begins here, with nothing in it.
    pub fn new(seed: u64, dialect: Dialect) -> Self {
        Self {
            version: VERSION,
            seed: seed.to_string(),
            release: Release::default(),
            behaviour: Behaviour::default(),
            dialect,
            entries: Vec::new(),
        }
    }

    /// Does all of it again, and tells what came of each entry.
    pub fn replay(&self) -> Result<(Replay, Vec<Outcome>), NotARun> {
        let mut replay = self.begin()?;
        let outcomes = self.entries.iter().map(|entry| replay.step(entry)).collect();
        Ok((replay, outcomes))
    }
}

impl Replay {
    /// The token of the login that makes the calls.
    pub fn token(&self) -> Option<&LoginToken> {
        self.token.as_ref()
    }

    /// The user who makes the calls, or what keeps all of them from being granted now.
    pub fn caller(&self) -> Result<&str, Unmet> {
        self.simulator.caller(self.token.as_ref().unwrap_or(&LoginToken::default()))
    }

    /// The same, its calls sent to another server.
    #[must_use]
    pub fn with_origin(self, origin: &'static str) -> Self {
        Self { origin, ..self }
    }

    /// Does the next thing.
    pub fn step(&mut self, entry: &Entry) -> Outcome {
        let now = entry.at;
        match &entry.deed {
            Deed::LogIn { user } => self.log_in(user, now),
            Deed::Call { operation, parameters } => match operations::row_named(operation) {
                Some(row) => self.call(row, parameters.clone(), now),
                None => Outcome::Impossible(format!("there is no operation {operation:?}")),
            },
            Deed::OpenUpload { session, file } => self.open(session, file, now),
            Deed::Progress { file, bytes } => match self.uploads.get_mut(&file.as_str().into()) {
                Some(open) => {
                    open.bytes = *bytes;
                    // That it is no longer expected shows when it ends.
                    let _ = self.simulator.progress(&open.upload, *bytes, now);
                    // What happened meanwhile, the next answer tells.
                    Outcome::Happened(Vec::new())
                }
                None => not_uploading(file),
            },
            Deed::CloseUpload { file, received, dropped } => {
                match self.uploads.remove(&file.as_str().into()) {
                    Some(open) => {
                        let Open { upload, sent, head, bytes } = open;
                        let bytes = received.as_ref().map_or(bytes, |received| received.size);
                        let outcome = received.clone().ok_or(Broken::ConnectionLost);
                        let handled = self.simulator.close_upload(upload, outcome, now);
                        answered(sent, None, head, bytes, (!dropped).then_some(handled))
                    }
                    None => not_uploading(file),
                }
            }
            Deed::Advance | Deed::Declare { .. } | Deed::Pace(_) | Deed::Arm(_) | Deed::Disarm => {
                match entry.deed.arrange(&mut self.simulator) {
                    Some(Err(error)) => Outcome::Impossible(error.to_string()),
                    None | Some(Ok(())) => Outcome::Happened(self.simulator.advance(now)),
                }
            }
            Deed::Speak(dialect) => {
                self.dialect = *dialect;
                Outcome::Happened(Vec::new())
            }
        }
    }

    fn open(&mut self, session: &SessionId, file: &str, now: Timestamp) -> Outcome {
        let link = self.simulator.upload_link(self.origin, session, file);
        // One that leads nowhere any more is refused again.
        let link = link.unwrap_or_else(|| Simulator::dead_link(self.origin, session, file));
        let mut head = Request::new(Method::Put, link);
        head.headers.push("Content-Type", "application/octet-stream");
        if let Some(token) = &self.token {
            head.headers.push(SESSION_HEADER, token.reveal());
        }
        match self.simulator.open_upload(&head, now) {
            Ok(upload) => {
                let open = Open { upload, sent: now, head, bytes: 0 };
                self.uploads.insert(file.into(), open);
                Outcome::Happened(Vec::new())
            }
            Err(refused) => answered(now, None, head, 0, Some(refused)),
        }
    }

    fn log_in(&mut self, user: &str, now: Timestamp) -> Outcome {
        let row = operations::LOG_IN;
        let request = operations::encode(row, self.dialect, self.origin, Map::new());
        let Ok(mut request) = request else {
            return Outcome::Impossible("log-in cannot be sent".to_owned());
        };
        // Any password will do: a run has none.
        request.headers.push("Authorization", crate::wire::basic(user, "replayed"));
        let handled = self.simulator.handle(&request, now);
        let token = serde_json::from_slice(&handled.response.body).ok();
        let token = token.map(|body: Value| crate::dialect::unwrap_result(self.dialect, body).0);
        if let Some(Value::String(token)) = token.filter(|_| handled.response.is_success()) {
            self.token = Some(LoginToken::new(token));
        }
        answered(now, Some(row), request, 0, Some(handled))
    }

    fn call(
        &mut self,
        row: &'static Row,
        parameters: Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        match operations::encode(row, self.dialect, self.origin, parameters) {
            Ok(mut request) => {
                if let Some(token) = &self.token {
                    request.headers.push(SESSION_HEADER, token.reveal());
                }
                let handled = self.simulator.handle(&request, now);
                answered(now, Some(row), request, 0, Some(handled))
            }
            Err(unsendable) => Outcome::Impossible(unsendable.to_string()),
        }
    }
}

fn answered(
    sent: Timestamp,
    row: Option<&'static Row>,
    request: Request,
    bytes: u64,
    handled: Option<Handled>,
) -> Outcome {
    Outcome::Answered(Box::new(Answered { sent, row, request, bytes, handled }))
}

fn not_uploading(file: &str) -> Outcome {
    Outcome::Impossible(format!("file {file:?} is not being uploaded"))
}

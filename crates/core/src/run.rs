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
    Credentials, Fault, Handled, NoSuchPlace, Pace, Simulator, Source, Transition, Upload,
};
use crate::store::Store;
use crate::structure;
use crate::structure::{Form, Wire, Writer};
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::{Method, Request};

/// The version of the form that this program writes and reads.
pub const VERSION: u64 = 1;

/// Where calls are sent in a replay. Links in answers begin with it.
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
    /// An upload begins.
    OpenUpload {
        /// Of which session.
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
}

impl Wire for Deed {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let fields = reader.fields()?;
        let kind: String = fields.take("kind")?;
        let (deed, known): (_, &[&'static str]) = match kind.as_str() {
            "log_in" => (Self::LogIn { user: fields.take("user")? }, &["user"]),
            "call" => {
                let operation = fields.take("operation")?;
                let parameters = match fields.take::<Option<Value>>("parameters")? {
                    Some(Value::Object(parameters)) => parameters,
                    None => Map::new(),
                    Some(_) => return Err(reader.mismatch("parameters in an object")),
                };
                (Self::Call { operation, parameters }, &["operation", "parameters"])
            }
            "open_upload" => {
                let (session, file) = (fields.take("session")?, fields.take("file")?);
                (Self::OpenUpload { session, file }, &["session", "file"])
            }
            "progress" => {
                let (file, bytes) = (fields.take("file")?, fields.take("bytes")?);
                (Self::Progress { file, bytes }, &["file", "bytes"])
            }
            "close_upload" => {
                let (file, received) = (fields.take("file")?, fields.take("received")?);
                (Self::CloseUpload { file, received }, &["file", "received"])
            }
            "advance" => (Self::Advance, &[]),
            "declare" => {
                let (uri, source) = (fields.take("uri")?, fields.take("source")?);
                (Self::Declare { uri, source }, &["uri", "source"])
            }
            "pace" => (Self::Pace(fields.take("pace")?), &["pace"]),
            "arm" => (Self::Arm(fields.take("fault")?), &["fault"]),
            "disarm" => (Self::Disarm, &[]),
            _ => return Err(reader.mismatch("a deed of a known kind")),
        };
        let known: Vec<_> = known.iter().copied().chain(["kind"]).collect();
        fields.note_others(&known);
        *self = deed;
        Ok(())
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut writer = Writer::new(form);
        let kind = match self {
            Self::LogIn { user } => {
                writer.put("user", user);
                "log_in"
            }
            Self::Call { operation, parameters } => {
                writer.put("operation", operation);
                writer.put("parameters", &Value::Object(parameters.clone()));
                "call"
            }
            Self::OpenUpload { session, file } => {
                writer.put("session", session);
                writer.put("file", file);
                "open_upload"
            }
            Self::Progress { file, bytes } => {
                writer.put("file", file);
                writer.put("bytes", bytes);
                "progress"
            }
            Self::CloseUpload { file, received } => {
                writer.put("file", file);
                writer.put("received", received);
                "close_upload"
            }
            Self::Advance => "advance",
            Self::Declare { uri, source } => {
                writer.put("uri", uri);
                writer.put("source", source);
                "declare"
            }
            Self::Pace(pace) => {
                writer.put("pace", pace);
                "pace"
            }
            Self::Arm(fault) => {
                writer.put("fault", fault);
                "arm"
            }
            Self::Disarm => "disarm",
        };
        writer.put("kind", &kind.to_owned());
        writer.finish("")
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
                Credentials::Basic(given) => {
                    Deed::LogIn { user: given.map(|(user, _)| user).unwrap_or_default() }
                }
                Credentials::Token(_) => Deed::Call { operation: row.full_name(), parameters },
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
    Answered(Box<Handled>),
    /// What happened by itself.
    Happened(Vec<Transition>),
    /// It could not be done: there is no such operation, file or upload.
    Impossible(String),
}

/// A run that is being done again.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The simulator, as the entries so far have left it.
    pub simulator: Simulator,
    dialect: Dialect,
    token: Option<LoginToken>,
    /// The uploads that are open, by their files' names.
    uploads: Store<Text, Upload>,
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
    /// Begins it anew.
    pub fn begin(&self) -> Result<Replay, NotARun> {
        if self.version != VERSION {
            return Err(NotARun::Version(self.version));
        }
        let seed = self.seed.parse().map_err(|_| NotARun::Seed(self.seed.clone()))?;
        let simulator =
            Simulator::new(seed).with_release(self.release).with_behaviour(self.behaviour);
        let (dialect, token, uploads) = (self.dialect, None, Store::default());
        Ok(Replay { simulator, dialect, token, uploads })
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

    /// Does the next thing.
    pub fn step(&mut self, entry: &Entry) -> Outcome {
        let now = entry.at;
        match &entry.deed {
            Deed::LogIn { user } => self.log_in(user, now),
            Deed::Call { operation, parameters } => match operations::row_named(operation) {
                Some(row) => self.call(row, parameters.clone(), now),
                None => Outcome::Impossible(format!("there is no operation {operation:?}")),
            },
            Deed::OpenUpload { session, file } => {
                let Some(link) = self.simulator.upload_link(ORIGIN, session, file) else {
                    return Outcome::Impossible(format!("file {file:?} has no upload link"));
                };
                let mut head = Request::new(Method::Put, link);
                if let Some(token) = &self.token {
                    head.headers.push(SESSION_HEADER, token.reveal());
                }
                match self.simulator.open_upload(&head, now) {
                    Ok(upload) => {
                        self.uploads.insert(file.as_str().into(), upload);
                        Outcome::Happened(Vec::new())
                    }
                    Err(refused) => Outcome::Answered(Box::new(refused)),
                }
            }
            Deed::Progress { file, bytes } => match self.uploads.get(&file.as_str().into()) {
                Some(upload) => {
                    // That it is no longer expected shows when it ends.
                    let _ = self.simulator.progress(upload, *bytes, now);
                    Outcome::Happened(self.simulator.advance(now))
                }
                None => Outcome::Impossible(format!("file {file:?} is not being uploaded")),
            },
            Deed::CloseUpload { file, received } => {
                match self.uploads.remove(&file.as_str().into()) {
                    Some(upload) => {
                        let outcome = received.clone().ok_or(Broken::ConnectionLost);
                        let handled = self.simulator.close_upload(upload, outcome, now);
                        Outcome::Answered(Box::new(handled))
                    }
                    None => Outcome::Impossible(format!("file {file:?} is not being uploaded")),
                }
            }
            Deed::Advance | Deed::Declare { .. } | Deed::Pace(_) | Deed::Arm(_) | Deed::Disarm => {
                match entry.deed.arrange(&mut self.simulator) {
                    Some(Err(error)) => Outcome::Impossible(error.to_string()),
                    None | Some(Ok(())) => Outcome::Happened(self.simulator.advance(now)),
                }
            }
        }
    }

    fn log_in(&mut self, user: &str, now: Timestamp) -> Outcome {
        let row = operations::LOG_IN;
        let request = operations::encode(row, self.dialect, ORIGIN, Map::new());
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
        Outcome::Answered(Box::new(handled))
    }

    fn call(
        &mut self,
        row: &'static Row,
        parameters: Map<String, Value>,
        now: Timestamp,
    ) -> Outcome {
        match operations::encode(row, self.dialect, ORIGIN, parameters) {
            Ok(mut request) => {
                if let Some(token) = &self.token {
                    request.headers.push(SESSION_HEADER, token.reveal());
                }
                Outcome::Answered(Box::new(self.simulator.handle(&request, now)))
            }
            Err(unsendable) => Outcome::Impossible(unsendable.to_string()),
        }
    }
}

//! A vCenter content library in memory, and what it answers.
//!
//! It has no clock, no socket and no source of chance, and no file's bytes reach it. Rules of one
//! session are `session`'s; what crosses sessions is here.

mod access;
mod checks;
mod deadlines;
mod faults;
mod items;
mod libraries;
mod reasons;
mod replays;
mod service;
mod snapshot;
mod transfers;
mod uploads;

use std::collections::{BinaryHeap, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::store::Store;
pub(crate) use access::Credentials;
use access::Login;
pub use access::{Account, Accounts, LoginLimits};
use deadlines::Deadlines;
pub use faults::{Disturbance, Effect, Fault, NoSuchPlace};
use items::Item;
use libraries::Library;
pub use reasons::{Explanation, Outcome, Step, Unmet};
use replays::Replays;
pub use snapshot::{NotASnapshot, Snapshot};
pub use transfers::{Fetch, Pace, Source, SourceCertificate, Trust};
pub use uploads::{Stopped, Upload, Wants};

use crate::behaviour::{Behaviour, Expired};
use crate::dialect::{self, Dialect};
use crate::error::{ApiError, ErrorType};
use crate::messages::{self, Locale};
use crate::model::{ItemId, LibraryId, LoginToken, SessionId};
use crate::operations::{self, Call, Row};
use crate::privileges::{On, Privilege};
use crate::random::Random;
use crate::release::Release;
use crate::rules::{self, RuleRef};
use crate::session::{Event, Next, Phase, Session};
use crate::structure::Form;
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::{Request, Response};

/// What every operation is told besides its parameters. Made once per request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The instant of the request.
    pub now: Timestamp,
    /// Who asks.
    pub caller: Caller,
    /// What links begin with: scheme, host and port by which the client reached this server, and the
    /// path under which the host serves it.
    pub origin: String,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub user: String,
    /// The token of the API login; empty in the call that opens one.
    pub login: LoginToken,
}

/// The answer to a request, and what it changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// The answer.
    pub response: Response,
    /// What happened to sessions since the last answer, in order.
    pub transitions: Vec<Transition>,
    /// The rule that refused the request.
    pub rule: Option<RuleRef>,
    /// The privilege that the caller lacks, if that is why.
    pub lacks: Option<Privilege>,
    /// What the host is to do to the connection, if a fault asks for it.
    pub disturbance: Disturbance,
}

/// A session's step from one phase to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Which session.
    pub session: SessionId,
    /// The phase before; `None` if the session began.
    pub from: Option<Phase>,
    /// The phase after; `None` if the session is gone.
    pub to: Option<Phase>,
    /// The event's name: an operation, or `expire`.
    pub because: &'static str,
}

impl Transition {
    /// In words: the session, the phases' names (empty: none), the event's, and when, in milliseconds.
    pub fn told(&self) -> Vec<String> {
        let name = |phase: Option<Phase>| phase.map_or("", Phase::name);
        let at = self.at.as_millis().to_string();
        let words = [self.session.as_str(), name(self.from), name(self.to), self.because, &at];
        words.map(str::to_owned).into()
    }
}

/// The simulator.
#[derive(Debug, Clone)]
pub struct Simulator {
    accounts: Accounts,
    mount: String,
    random: Random,
    /// The latest instant that a host handed in; time does not run backwards.
    now: Timestamp,
    serial: u64,
    server_guid: String,
    logins: Store<LoginToken, Login>,
    login_limits: LoginLimits,
    /// So many logins are kept before those that have ended are looked for.
    logins_kept: usize,
    libraries: Store<LibraryId, Library>,
    items: Store<ItemId, Item>,
    sessions: Store<SessionId, Session>,
    deadlines: Deadlines,
    replays: Replays,
    release: Release,
    behaviour: Behaviour,
    /// How long the server's own work takes.
    pace: Pace,
    /// Sources that are made up, by their URIs.
    sources: Store<Text, Source>,
    /// Whether the host fetches other sources, and which it is to fetch next.
    fetching: bool,
    fetches: VecDeque<Fetch>,
    /// Faults that are armed, and their own stream of chance.
    faults: Vec<Fault>,
    chance: Random,
    /// What faults have in store for the answer, and for the adapter.
    disturbance: Disturbance,
    malformed: bool,
    refusing: Option<String>,
    transitions: Vec<Transition>,
}

impl Simulator {
    /// An empty content library. The same seed and the same calls give the same bytes.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let server_guid = random.uuid();
        Self {
            accounts: Accounts::Any,
            mount: String::new(),
            random,
            now: Timestamp::default(),
            serial: 0,
            server_guid,
            logins: Store::default(),
            login_limits: LoginLimits::default(),
            logins_kept: 64,
            libraries: Store::default(),
            items: Store::default(),
            sessions: Store::default(),
            deadlines: Deadlines::default(),
            replays: Replays::default(),
            release: Release::default(),
            behaviour: Behaviour::default(),
            pace: Pace::default(),
            sources: Store::default(),
            fetching: false,
            fetches: VecDeque::new(),
            faults: Vec::new(),
            chance: Random::new(!seed),
            disturbance: Disturbance::default(),
            malformed: false,
            refusing: None,
            transitions: Vec::new(),
        }
    }

    /// The seed that it began with.
    pub fn seed(&self) -> u64 {
        self.random.seed()
    }

    /// The same, as another release is.
    #[must_use]
    pub fn with_release(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// The release that it is.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The same, with other settings. They count for sessions that begin from now on.
    #[must_use]
    pub fn with_behaviour(self, behaviour: Behaviour) -> Self {
        Self { behaviour, ..self }
    }

    /// Follows other settings for what begins from now on.
    pub fn set_behaviour(&mut self, behaviour: Behaviour) {
        self.behaviour = behaviour;
    }

    /// The settings that it follows.
    pub fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// Who may log in.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The same, for these users only.
    #[must_use]
    pub fn with_accounts(self, accounts: Accounts) -> Self {
        Self { accounts, ..self }
    }

    /// The same, served by its host under this path, such as `/worlds/a`. Links lead there; the
    /// requests that are handed in do not have it.
    #[must_use]
    pub fn with_mount(self, mount: impl Into<String>) -> Self {
        Self { mount: mount.into(), ..self }
    }

    /// Answers a request. What was due before `now` happens first.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Handled {
        self.pass_time(now);
        // What lies outside both dialects is refused in the current one.
        let dialect = Dialect::of_path(request.path()).unwrap_or_default();
        let result = self.answer(dialect, request);
        self.handled(result, dialect, Locale::of(request))
    }

    fn answer(&mut self, dialect: Dialect, request: &Request) -> Result<Response, ApiError> {
        let routed = dialect::route(operations::lines(dialect), dialect, request)
            .filter(|routed| routed.line.row.since <= self.release)
            .ok_or_else(|| path_not_found(dialect, request))?;
        let row = routed.line.row;
        let credentials = Credentials::of(row, request);
        let parameters = || routed.parameters(request);
        let result = self.serve(row, request.origin(), credentials, parameters, dialect.form())?;
        Ok(dialect::success(routed.line, result, Locale::of(request)))
    }

    /// Serves a call in whatever spelling it came. Who asks is looked at before what is asked.
    pub(crate) fn serve(
        &mut self,
        row: &Row,
        origin: &str,
        credentials: Credentials<'_>,
        parameters: impl FnOnce() -> Result<Map<String, Value>, ApiError>,
        form: &dyn Form,
    ) -> Result<Option<Value>, ApiError> {
        let token = credentials.token().unwrap_or_default().to_owned();
        self.strike(&row.full_name(), &token)?;
        let caller = self.recognise(credentials)?;
        let parameters = Value::Object(parameters()?);
        if let Some(field) = self.release.later_field(&parameters) {
            return Err(dialect::unexpected_field(field, "operation-input"));
        }
        let call = Call::decode(row, parameters.as_object().expect("it was made of one"))?;
        let names_no_item = parameters.get("library_item_id").is_none();
        for need in row.needs {
            if need.on != On::ItemIfNamed || !names_no_item {
                self.require(&caller, need.privilege)?;
            }
        }
        let origin = uploads::with_port(origin) + &self.mount;
        let context = Context { now: self.now, caller, origin };
        let mut result = operations::serve(self, &context, call, form)?;
        if let Some(result) = &mut result {
            self.release.leave_out_later(result);
        }
        Ok(result)
    }

    fn handled(
        &mut self,
        result: Result<Response, ApiError>,
        dialect: Dialect,
        locale: Option<&Locale>,
    ) -> Handled {
        let (response, rule, lacks) = match result {
            Ok(response) => (response, None, None),
            Err(error) => (dialect::failure(dialect, &error, locale), error.rule, error.lacks),
        };
        self.finish(response, rule, lacks)
    }

    /// What goes back to the host, with what faults do to it.
    pub(crate) fn finish(
        &mut self,
        mut response: Response,
        rule: Option<RuleRef>,
        lacks: Option<Privilege>,
    ) -> Handled {
        if std::mem::take(&mut self.malformed) {
            response.body.truncate(response.body.len() / 2);
        }
        let disturbance = std::mem::take(&mut self.disturbance);
        Handled { response, transitions: self.take_transitions(), rule, lacks, disturbance }
    }

    // -----------------------------------------------------------------------------------------
    // Time
    // -----------------------------------------------------------------------------------------

    /// The latest instant that it was told of.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The next instant at which something happens without a call.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| at)
    }

    /// Makes happen what is due by `now`.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Transition> {
        self.pass_time(now);
        self.take_transitions()
    }

    pub(crate) fn take_transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.transitions)
    }

    pub(crate) fn pass_time(&mut self, now: Timestamp) {
        while let Some((at, id)) = self.deadlines.first().filter(|(at, _)| *at <= now) {
            self.now = self.now.max(at);
            // What is refused would be due for ever; it waits for its next event instead.
            if self.end_what_is_due(&id, at).is_err() {
                self.deadlines.forget(at, &id);
            }
        }
        self.now = self.now.max(now);
    }

    // -----------------------------------------------------------------------------------------
    // Sessions
    // -----------------------------------------------------------------------------------------

    /// Ends work of the server that is through, or else the session.
    fn end_what_is_due(&mut self, id: &SessionId, at: Timestamp) -> Result<(), ApiError> {
        let session = self.session(id)?;
        if let Some(name) = session.ended_work(at).map(str::to_owned) {
            return self.end_work(id, &name);
        }
        let event = match self.behaviour.expired {
            Expired::Shown if session.phase() == Phase::Open => {
                Event::Break(messages::EXPIRED.with([]))
            }
            _ => Event::Expire,
        };
        self.session_event(id, event)
    }

    fn session(&self, id: &SessionId) -> Result<&Session, ApiError> {
        self.sessions.get(id).ok_or_else(|| session_not_found(id))
    }

    /// Lets an event happen to a session, and keeps every index true to it. Each is asked once: beside
    /// many sessions, finding something is most of the work.
    fn session_event(&mut self, id: &SessionId, event: Event) -> Result<(), ApiError> {
        let (now, because) = (self.now, event.kind().operation());
        let session = self.sessions.get_mut(id).ok_or_else(|| session_not_found(id))?;
        let (from, before) = (session.phase(), session.due());
        let next = session.handle(event, now).map_err(ApiError::from)?;
        let to = match next {
            Next::Gone => None,
            Next::Stay | Next::To(_) | Next::Refused => Some(session.phase()),
        };
        self.deadlines.change(session, before, to.and(session.due()));
        if to == Some(from) {
            return Ok(());
        }
        self.transitions.push(Transition {
            at: now,
            session: id.clone(),
            from: Some(from),
            to,
            because,
        });
        let ends = from.is_active() && !to.is_some_and(Phase::is_active);
        if let Some(item) = self.items.get_mut(&session.item) {
            if ends {
                item.active = None;
            }
            match to {
                Some(Phase::Done) => item.publish(session, now),
                None => item.forget(session),
                Some(_) => {}
            }
        }
        if to.is_none() {
            self.sessions.remove(id);
            self.replays.forget(id.text());
        }
        Ok(())
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// In the order in which they came. Serials are those of the entries.
fn in_order<'a, Id: From<Text>>(entries: impl Iterator<Item = (u64, &'a Text)>) -> Vec<Id> {
    // No two have the same, and the code of a heap is a fifth of that of a slice's sort.
    let entries: BinaryHeap<_> = entries.collect();
    entries.into_sorted_vec().into_iter().map(|(_, id)| Id::from(id.clone())).collect()
}

fn session_not_found(id: &SessionId) -> ApiError {
    let message = messages::SESSION_NOT_FOUND.with([id.as_str()]);
    ApiError::new(ErrorType::NotFound, rules::SESSION_EXISTS, message)
}

fn path_not_found(dialect: Dialect, request: &Request) -> ApiError {
    let message = match dialect {
        Dialect::Api => messages::PATH_NOT_FOUND.with([]),
        Dialect::Rest => messages::OPERATIONS_FOR_URL_NOT_FOUND
            .with([request.path().strip_prefix(dialect.prefix()).unwrap_or_default()]),
    };
    ApiError::new(ErrorType::NotFound, rules::PATH_BEFORE_LOGIN, message)
}

/// A refusal for a body over the host's limit, which only the host can see.
pub fn body_too_large(request: &Request, limit: u64) -> Response {
    let dialect = Dialect::of_path(request.path()).unwrap_or_default();
    let message = messages::BODY_TOO_LARGE.with([&limit.to_string()]);
    let error = ApiError::new(ErrorType::InvalidRequest, rules::BODY_LIMIT, message);
    let error = ApiError { http_status: Some(413), ..error };
    dialect::failure(dialect, &error, Locale::of(request))
}

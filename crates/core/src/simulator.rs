//! A vCenter content library in memory, and what it answers.
//!
//! It has no clock, no socket and no source of chance, and no file's bytes reach it. Rules of one
//! session are `session`'s; what crosses sessions is here.

mod checks;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;

use crate::dialect::{self, Dialect, SESSION_HEADER, UPLOAD_PREFIX};
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    ItemId, ItemModel, LibraryId, LibraryModel, LoginToken, SessionId, TransferEndpoint,
};
use crate::operations::{self, Call, Row};
use crate::random::Random;
use crate::received::{Algorithm, Broken, Received};
use crate::rules::{self, RuleRef};
use crate::session::{self, Event, Next, Phase, Session, StoredFile};
use crate::time::Timestamp;
use crate::wire::{Method, Request, Response};

/// Who may log in.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Accounts {
    /// Anybody, with any password.
    #[default]
    Any,
    /// One user.
    Only {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("Any"),
            Self::Only { user, .. } => {
                f.debug_struct("Only").field("user", user).finish_non_exhaustive()
            }
        }
    }
}

/// What every operation is told besides its parameters. Made once per request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The instant of the request.
    pub now: Timestamp,
    /// Who asks.
    pub caller: Caller,
    /// The language that the request asks for.
    pub locale: Option<String>,
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

/// An upload that was allowed. The host gives it back with what arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    session: SessionId,
    file: String,
    link: String,
    serial: u64,
    wants: Wants,
}

/// What a host is to find out of a file while its bytes go by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants {
    /// The digests to compute, and no others.
    pub digests: Vec<Algorithm>,
    /// The name by which to look into the file, if the type of its item asks for that. A host that
    /// cannot look leaves `contents` out.
    pub look_into: Option<String>,
}

impl Upload {
    /// What the host is to find out.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }
}

/// The upload goes nowhere any more: its session ended, or the file was added again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the upload is no longer expected")]
pub struct Stopped;

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
    logins: BTreeMap<String, Login>,
    libraries: BTreeMap<LibraryId, Library>,
    items: BTreeMap<ItemId, Item>,
    sessions: BTreeMap<SessionId, Session>,
    /// The active session of each item that has one.
    active: BTreeMap<ItemId, SessionId>,
    /// Upload links, by their secret part.
    links: BTreeMap<String, Link>,
    /// When each session expires, soonest first.
    deadlines: BTreeSet<(Timestamp, SessionId)>,
    /// What a create with a client token made, by user, operation and token.
    replays: BTreeMap<(String, &'static str, String), String>,
    transitions: Vec<Transition>,
}

/// What an upload link is for.
#[derive(Debug, Clone)]
struct Link {
    session: SessionId,
    file: String,
    /// The latest upload on it. An older handle must not end a newer upload.
    upload: Option<u64>,
}

#[derive(Debug, Clone)]
struct Login {
    user: String,
    created: Timestamp,
    last_accessed: Timestamp,
}

#[derive(Debug, Clone)]
struct Library {
    serial: u64,
    model: LibraryModel,
}

#[derive(Debug, Clone)]
struct Item {
    serial: u64,
    library: LibraryId,
    model: ItemModel,
    content_version: u64,
    files: BTreeMap<String, StoredFile>,
}

const UPLOAD_PATH: &str = "/data/";

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
            logins: BTreeMap::new(),
            libraries: BTreeMap::new(),
            items: BTreeMap::new(),
            sessions: BTreeMap::new(),
            active: BTreeMap::new(),
            links: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            replays: BTreeMap::new(),
            transitions: Vec::new(),
        }
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
        self.handled(result, dialect)
    }

    fn answer(&mut self, dialect: Dialect, request: &Request) -> Result<Response, ApiError> {
        let routed = dialect::route(operations::lines(dialect), dialect, request)
            .ok_or_else(|| path_not_found(dialect, request))?;
        let context = self.context(routed.line.row, request)?;
        let call = Call::decode(routed.line.row, routed.parameters(request)?)?;
        let result = operations::serve(self, &context, call)?;
        Ok(dialect::success(routed.line, result))
    }

    fn context(&mut self, row: &Row, request: &Request) -> Result<Context, ApiError> {
        let caller =
            if row.opens_login() { self.admit(request)? } else { self.recognise(request)? };
        let locale = request.headers.get("accept-language").map(str::to_owned);
        let origin = with_port(request.origin()) + &self.mount;
        Ok(Context { now: self.now, caller, locale, origin })
    }

    /// Looks at user and password. The login itself begins once the whole request was read.
    fn admit(&self, request: &Request) -> Result<Caller, ApiError> {
        let (user, password) = basic_credentials(request)
            .filter(|(user, _)| !user.is_empty())
            .ok_or_else(|| unauthenticated(rules::CREDENTIALS))?;
        let accepted = match &self.accounts {
            Accounts::Any => true,
            Accounts::Only { user: known, password: secret } => {
                *known == user && *secret == password
            }
        };
        if !accepted {
            return Err(unauthenticated(rules::CREDENTIALS));
        }
        Ok(Caller { user, login: LoginToken::default() })
    }

    fn recognise(&mut self, request: &Request) -> Result<Caller, ApiError> {
        let token = request.headers.get(SESSION_HEADER).or_else(|| session_cookie(request));
        let login = token.and_then(|token| self.logins.get_mut(token));
        let (Some(token), Some(login)) = (token, login) else {
            return Err(unauthenticated(rules::LOGIN_REQUIRED));
        };
        login.last_accessed = self.now;
        Ok(Caller { user: login.user.clone(), login: LoginToken::new(token) })
    }

    fn handled(&mut self, result: Result<Response, ApiError>, dialect: Dialect) -> Handled {
        let (response, rule) = match result {
            Ok(response) => (response, None),
            Err(error) => (dialect::failure(dialect, &error), error.rule),
        };
        Handled { response, transitions: std::mem::take(&mut self.transitions), rule }
    }

    // -----------------------------------------------------------------------------------------
    // Time
    // -----------------------------------------------------------------------------------------

    /// The next instant at which something happens without a call.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Makes happen what is due by `now`.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Transition> {
        self.pass_time(now);
        std::mem::take(&mut self.transitions)
    }

    fn pass_time(&mut self, now: Timestamp) {
        while let Some((at, id)) = self.deadlines.first().filter(|(at, _)| *at <= now).cloned() {
            self.now = self.now.max(at);
            // The machine may refuse to let a session expire; then it waits for its next event.
            if self.session_event(&id, Event::Expire).is_err() {
                self.deadlines.remove(&(at, id));
            }
        }
        self.now = self.now.max(now);
    }

    // -----------------------------------------------------------------------------------------
    // Sessions
    // -----------------------------------------------------------------------------------------

    fn session(&self, id: &SessionId) -> Result<&Session, ApiError> {
        self.sessions.get(id).ok_or_else(|| {
            let message = messages::SESSION_NOT_FOUND.with([id.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::SESSION_EXISTS, message)
        })
    }

    /// Lets an event happen to a session, and keeps every index true to it.
    fn session_event(&mut self, id: &SessionId, event: Event) -> Result<(), ApiError> {
        let (now, because) = (self.now, event.kind().operation());
        self.session(id)?;
        let session = self.sessions.get_mut(id).expect("looked up just now");
        let (from, deadline) = (session.phase(), session.expires());
        let next = session.handle(event, now).map_err(ApiError::from)?;
        self.deadlines.remove(&(deadline, id.clone()));
        let to = match next {
            Next::Gone => None,
            Next::Stay | Next::To(_) | Next::Refused => Some(session.phase()),
        };
        if to.is_some() {
            self.deadlines.insert((session.expires(), id.clone()));
        }
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
        if from.is_active() && !to.is_some_and(Phase::is_active) {
            self.close_session(id, to);
        }
        if to.is_none() {
            self.sessions.remove(id);
        }
        Ok(())
    }

    /// What the end of a session's active life changes around it.
    fn close_session(&mut self, id: &SessionId, to: Option<Phase>) {
        let Some(session) = self.sessions.get(id) else { return };
        self.active.remove(&session.item);
        self.links.retain(|_, link| link.session != *id);
        if to == Some(Phase::Done)
            && let Some(item) = self.items.get_mut(&session.item)
        {
            session.publish(&mut item.files);
            item.content_version += 1;
            item.model.last_modified_time = Some(self.now);
        }
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    // -----------------------------------------------------------------------------------------
    // Uploads
    // -----------------------------------------------------------------------------------------

    /// Whether a path is an upload link's. Requests to it go to [`Simulator::open_upload`].
    pub fn is_upload(path: &str) -> bool {
        path.strip_prefix(UPLOAD_PREFIX).is_some_and(|rest| rest.starts_with(UPLOAD_PATH))
    }

    /// Opens an upload if its link, method and headers allow it. No API login is needed: the link is
    /// the key.
    pub fn open_upload(&mut self, head: &Request, now: Timestamp) -> Result<Upload, Response> {
        self.pass_time(now);
        self.try_open_upload(head).map_err(|error| {
            let mut response = dialect::failure(Dialect::Api, &error);
            if response.status == 405 {
                response.headers.push("Allow", "PUT, POST");
            }
            response
        })
    }

    fn try_open_upload(&mut self, head: &Request) -> Result<Upload, ApiError> {
        let unknown = || {
            let message = messages::UPLOAD_LINK_UNKNOWN.with([]);
            ApiError::new(ErrorType::NotFound, rules::UPLOAD_LINK, message)
        };
        let path = head.path().strip_prefix(UPLOAD_PREFIX).unwrap_or_default();
        let (link, name) = path
            .strip_prefix(UPLOAD_PATH)
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(unknown)?;
        let Link { session, file, .. } = self.links.get(link).cloned().ok_or_else(unknown)?;
        if dialect::decode_component(name).as_ref() != Some(&file) {
            return Err(unknown());
        }
        if !matches!(head.method, Method::Put | Method::Post) {
            let message = messages::UPLOAD_METHOD.with([head.method.as_str()]);
            let error = ApiError::new(ErrorType::InvalidRequest, rules::UPLOAD_METHOD, message);
            return Err(ApiError { http_status: Some(405), ..error });
        }
        if head.headers.get("content-range").is_some() {
            let message = messages::RANGE_NOT_SUPPORTED.with(["Content-Range"]);
            return Err(ApiError::new(ErrorType::InvalidArgument, rules::UPLOAD_WHOLE, message));
        }
        self.session_event(&session, Event::Upload(file.clone(), session::UploadEvent::Open))?;
        let wants = self.sessions.get(&session).map(|session| Wants {
            digests: session.wanted_algorithms(&file),
            look_into: session.is_ovf.then(|| file.clone()),
        });
        let wants = wants.unwrap_or_default();
        let serial = self.next_serial();
        if let Some(link) = self.links.get_mut(link) {
            link.upload = Some(serial);
        }
        Ok(Upload { session, file, link: link.to_owned(), serial, wants })
    }

    /// Tells how many bytes have arrived in all. They count as activity of the session.
    pub fn progress(&mut self, upload: &Upload, bytes: u64, now: Timestamp) -> Result<(), Stopped> {
        self.pass_time(now);
        self.upload_event(upload, session::UploadEvent::Progress(bytes)).map_err(|_| Stopped)
    }

    /// Ends an upload. That it arrived does not mean that it is accepted: the file's status tells.
    pub fn close_upload(
        &mut self,
        upload: Upload,
        outcome: Result<Received, Broken>,
        now: Timestamp,
    ) -> Handled {
        self.pass_time(now);
        let broken = outcome.is_err();
        let result =
            self.upload_event(&upload, session::UploadEvent::Close(outcome)).and_then(|()| {
                // What the storage does not take shows in the session, not in the answer.
                if let Some(message) = self.session(&upload.session)?.breaks() {
                    self.session_event(&upload.session, Event::Break(message))?;
                }
                if !broken {
                    return Ok(Response::empty(200));
                }
                let message = messages::UPLOAD_INCOMPLETE.with([&upload.file]);
                Err(ApiError::new(ErrorType::InvalidRequest, rules::UPLOAD_WHOLE, message))
            });
        self.handled(result, Dialect::Api)
    }

    /// An upload whose link is no longer valid must not touch the file that took its place.
    fn upload_event(
        &mut self,
        upload: &Upload,
        event: session::UploadEvent,
    ) -> Result<(), ApiError> {
        let link = self.links.get(&upload.link);
        if link.and_then(|link| link.upload) != Some(upload.serial) {
            let message = messages::UPLOAD_LINK_UNKNOWN.with([]);
            return Err(ApiError::new(ErrorType::NotFound, rules::UPLOAD_LINK, message));
        }
        self.session_event(&upload.session, Event::Upload(upload.file.clone(), event))
    }
}

/// The link to which a file's bytes are sent.
fn upload_endpoint(origin: &str, link: &str, name: &str) -> TransferEndpoint {
    let name = dialect::encode_segment(name);
    let uri = format!("{origin}{UPLOAD_PREFIX}{UPLOAD_PATH}{link}/{name}");
    TransferEndpoint { uri, ..TransferEndpoint::default() }
}

/// Recorded links name the port even where it is the scheme's own.
fn with_port(origin: &str) -> String {
    let (scheme, host) = origin.split_once("://").unwrap_or(("", origin));
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    match scheme {
        "https" if !has_port => format!("{origin}:443"),
        "http" if !has_port => format!("{origin}:80"),
        _ => origin.to_owned(),
    }
}

fn path_not_found(dialect: Dialect, request: &Request) -> ApiError {
    let message = match dialect {
        Dialect::Api => messages::PATH_NOT_FOUND.with([]),
        Dialect::Rest => messages::OPERATIONS_FOR_URL_NOT_FOUND
            .with([request.path().strip_prefix(dialect.prefix()).unwrap_or_default()]),
    };
    ApiError::new(ErrorType::NotFound, rules::PATH_BEFORE_LOGIN, message)
}

fn unauthenticated(rule: RuleRef) -> ApiError {
    let error =
        ApiError::new(ErrorType::Unauthenticated, rule, messages::AUTHENTICATION_REQUIRED.with([]));
    ApiError { challenge: Some("Basic realm=\"VAPI endpoint\"".to_owned()), ..error }
}

fn basic_credentials(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = request.headers.get("authorization")?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn session_cookie(request: &Request) -> Option<&str> {
    let cookies = request.headers.get("cookie")?.split(';');
    cookies
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| name.eq_ignore_ascii_case(SESSION_HEADER).then_some(value))
}

/// A refusal for a body over the host's limit, which only the host can see.
pub fn body_too_large(request: &Request, limit: u64) -> Response {
    let dialect = Dialect::of_path(request.path()).unwrap_or_default();
    let message = messages::BODY_TOO_LARGE.with([&limit.to_string()]);
    let error = ApiError::new(ErrorType::InvalidRequest, rules::BODY_LIMIT, message);
    dialect::failure(dialect, &ApiError { http_status: Some(413), ..error })
}

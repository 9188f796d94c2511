//! Reasons: why a call would be refused, what would have to happen first, and what an answer means.
//!
//! All of it is asked of the rules and the machine themselves, on a copy of the simulator where
//! something has to be tried out. Nothing is changed by asking.

use serde_json::Value;

use super::items::Item;
use super::libraries::Library;
use super::{Caller, Context, Handled, Simulator};
use crate::error::ApiError;
use crate::file::Status;
use crate::model::{
    AddSpec, ChecksumInfo, ItemModel, LibraryId, LibraryModel, LoginToken, SessionId, SourceType,
    UpdateSessionModel, WarningBehavior,
};
use crate::operations::{
    self, Call, SessionFileAdd, SessionFileRemove, UpdateSessionCancel, UpdateSessionCreate,
    UpdateSessionUpdate,
};
use crate::privileges::{On, Privilege};
use crate::received::Received;
use crate::rules::{Provenance, RuleRef};
use crate::session::{AddedFile, Event, EventKind, Rejected, Session, Transfer};
use crate::store::{Ranks, Store};
use crate::structure::Plain;
use crate::time::Timestamp;
use crate::wire::{Method, Request};

/// A condition that a call needs and that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmet {
    /// The rule that asks for it.
    pub rule: RuleRef,
    /// What does not hold, in one sentence.
    pub why: String,
    /// The privilege that the caller lacks, if that is it.
    pub lacks: Option<Privilege>,
}

/// One step on the way to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A call.
    Call(Box<Call>),
    /// The bytes of a file, sent to its link.
    Upload {
        /// Of which session.
        session: SessionId,
        /// Which file.
        file: String,
    },
    /// The end of an upload that is running.
    FinishUpload {
        /// Of which session.
        session: SessionId,
        /// Which file.
        file: String,
    },
    /// Time passes, and the server does its work.
    Wait(Timestamp),
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What happened.
    pub outcome: Outcome,
    /// The rule that refused it, if it was refused and one is known.
    pub rule: Option<RuleRef>,
    /// Why, in the words of the answer; of a missing privilege, which one it is.
    pub because: Option<String>,
    /// The operations on the session that would be granted now.
    pub legal: Vec<&'static str>,
    /// What to do so that the same call is granted; nothing if there is no way.
    pub path: Option<Vec<Step>>,
}

/// What happened to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was granted.
    Granted,
    /// It was refused, by a rule that is known so.
    Refused(Provenance),
    /// It was refused, and no rule is known that would.
    Unexplained,
}

/// More steps than this are no path that a person would go.
const LONGEST: usize = 64;

impl Simulator {
    /// A simulator that holds one session and knows nothing around it: what is to be said of a session
    /// on another server.
    pub fn holding(session: Session, now: Timestamp) -> Self {
        let mut simulator = Self::new(0);
        simulator.now = now;
        // What it is for must be there; what else it is does not matter.
        let library = LibraryId::default();
        let item = Item {
            serial: 0,
            library: library.clone(),
            model: ItemModel::default(),
            version: 0,
            content_version: session.content_version,
            files: Store::default(),
            changes: Vec::new(),
            sessions: Vec::new(),
            active: None,
        };
        simulator.items.insert(session.item.clone(), item);
        let holder = Library {
            serial: 0,
            model: LibraryModel::default(),
            version: 0,
            backing_lost: false,
            items: Ranks::default(),
            names: Store::default(),
        };
        simulator.libraries.insert(library, holder);
        simulator.deadlines.change(&session, None, session.due());
        simulator.sessions.insert(session.id.clone(), session);
        simulator
    }

    /// What a read would be answered, without doing it.
    pub fn peek(&self, call: &Call, user: &str) -> Result<Option<Value>, ApiError> {
        self.clone().try_call(call, user)
    }

    /// What a request would be answered, and do, without doing it.
    pub fn foresee(&self, request: &Request, now: Timestamp) -> Handled {
        self.clone().handle(request, now)
    }

    /// Who calls with this token, or what keeps every call with it from being granted now.
    pub fn caller(&self, token: &LoginToken) -> Result<&str, Unmet> {
        self.holder(token).map_err(unmet)
    }

    /// The conditions that keep a call of this user's from being granted now. None: it is granted.
    /// Whether the user is logged in is no matter here; `caller` tells.
    pub fn why_not(&self, call: &Call, user: &str) -> Vec<Unmet> {
        let Err(refused) = self.clone().try_call(call, user) else { return Vec::new() };
        let session = session_of(call).and_then(|id| self.sessions.get(&id));
        let first = unmet(refused);
        let all = session.map_or_else(Vec::new, |session| {
            let mut copy = self.clone();
            copy.end_checks(&session.id);
            let session = copy.sessions.get(&session.id).unwrap_or(session);
            let all = event_of(call).map(|event| session.unmet(&event)).unwrap_or_default();
            all.into_iter().map(|rejected| unmet(rejected.into())).collect()
        });
        // What is not the session's to say, it does not say.
        if all.iter().any(|other: &Unmet| other.rule == first.rule) { all } else { vec![first] }
    }

    /// The shortest way to a state in which this call is granted, without giving up what was added.
    /// `None`: there is no way, as from a session that has ended.
    pub fn path_to(&self, call: &Call, user: &str) -> Option<Vec<Step>> {
        let mut copy = self.clone();
        let mut path = Vec::new();
        while copy.clone().try_call(call, user).is_err() {
            if path.len() > LONGEST {
                return None;
            }
            let steps = copy.next_steps(call, user)?;
            for step in &steps {
                copy.follow(step, user).ok()?;
            }
            path.extend(steps);
        }
        Some(path)
    }

    /// What an answer to a call means, seen from the state that it left.
    pub fn explain(&self, call: Option<&Call>, user: &str, handled: &Handled) -> Explanation {
        let refused = !handled.response.is_success();
        let outcome = match handled.rule {
            _ if !refused => Outcome::Granted,
            Some(rule) => Outcome::Refused(rule.provenance),
            None => Outcome::Unexplained,
        };
        let told = || {
            let error = crate::dialect::read_error(&handled.response.body)?;
            Some(error.messages.first()?.default_message.clone())
        };
        let because = match handled.lacks {
            _ if !refused => None,
            Some(privilege) => Some(format!("The caller lacks the privilege {privilege}.")),
            None => told(),
        };
        let session = call.and_then(session_of).filter(|id| self.sessions.get(id).is_some());
        let path = call.filter(|_| refused).and_then(|call| self.path_to(call, user));
        let legal = session.map(|id| self.legal(&id)).unwrap_or_default();
        Explanation { outcome, rule: handled.rule, because, legal, path }
    }

    /// A session that it knows.
    pub fn find_session(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// The operations on a session that would be granted now, by their names.
    pub fn legal(&self, id: &SessionId) -> Vec<&'static str> {
        let Some(session) = self.sessions.get(id) else { return Vec::new() };
        let calls = [
            Event::AddFile(AddedFile::default()),
            Event::Validate,
            Event::KeepAlive(None),
            Event::Update(None),
            Event::Complete,
            Event::Cancel,
            Event::Fail(String::new()),
            Event::Delete,
        ];
        let granted = |event: &Event| session.unmet(event).is_empty();
        calls.iter().filter(|event| granted(event)).map(|event| event.kind().operation()).collect()
    }

    // -----------------------------------------------------------------------------------------
    // Trying
    // -----------------------------------------------------------------------------------------

    /// Makes a call of this user's, as if it had come over the wire.
    fn try_call(&mut self, call: &Call, user: &str) -> Result<Option<Value>, ApiError> {
        let row = call.row();
        if row.since > self.release {
            let message = crate::messages::NOT_SIMULATED.with([&row.full_name()]);
            let kind = crate::error::ErrorType::OperationNotFound;
            return Err(ApiError::new(kind, crate::rules::OPERATION_EXISTS, message));
        }
        let held = self.logins.iter().find(|(_, login)| login.user == user);
        let login = held.map(|(token, _)| LoginToken::from(token.clone()));
        if login.is_none() && matches!(call, Call::LoginGet(_) | Call::LoginDelete(_)) {
            return Err(super::access::unauthenticated(crate::rules::LOGIN_REQUIRED));
        }
        let caller = Caller { user: user.to_owned(), login: login.unwrap_or_default() };
        let parameters = call.parameters(&Plain);
        for need in row.needs {
            if need.on != On::ItemIfNamed || parameters.contains_key("library_item_id") {
                self.require(&caller, need.privilege)?;
            }
        }
        let context = Context { now: self.now, caller, origin: "http://copy:80".to_owned() };
        // Read anew from what it says, which costs less of the wasm than a copy of every call would.
        operations::serve(self, &context, Call::decode(row, &parameters)?, &Plain)
    }

    fn next_steps(&self, call: &Call, user: &str) -> Option<Vec<Step>> {
        if let Call::UpdateSessionCreate(UpdateSessionCreate { create_spec, .. }) = call {
            let item = self.items.get(create_spec.library_item_id.as_ref()?)?;
            let update_session_id = item.active.clone()?;
            return Some(vec![made(Call::UpdateSessionCancel(UpdateSessionCancel {
                update_session_id,
            }))]);
        }
        let id = session_of(call)?;
        let session = self.sessions.get(&id)?;
        let rejected = session.unmet(&event_of(call)?).into_iter().next()?;
        let steps = self.remedy(session, call, &rejected)?;
        // A way that the user may not go is none.
        let mine = steps.iter().all(|step| match step {
            Step::Call(call) => {
                call.row().needs.iter().all(|need| self.accounts_allow(user, need.privilege))
            }
            _ => true,
        });
        mine.then_some(steps)
    }

    fn remedy(&self, session: &Session, call: &Call, rejected: &Rejected) -> Option<Vec<Step>> {
        let id = || session.id.clone();
        let send = |name: &str| Step::Upload { session: id(), file: name.to_owned() };
        let anew = |name: &str| {
            let spec = match session.transfer(name) {
                Some(transfer) => as_added(transfer),
                None => plain_push(name),
            };
            vec![made(add(&session.id, spec)), send(name)]
        };
        let wait = || session.due().map(|due| vec![Step::Wait(due)]);
        match rejected {
            Rejected::Phase { event: EventKind::Delete, .. } if session.is_completing() => wait(),
            Rejected::Phase { event: EventKind::Delete, .. } => {
                let cancel = UpdateSessionCancel { update_session_id: id() };
                Some(vec![made(Call::UpdateSessionCancel(cancel))])
            }
            // What has ended cannot go on.
            Rejected::Phase { .. } => None,
            Rejected::FileNotReceived { name, status } => {
                let is_pull = session.transfer(name).is_some_and(Transfer::is_pull);
                match status {
                    Status::Error if is_pull => None,
                    Status::Waiting | Status::Transferring if is_pull => wait(),
                    Status::Waiting => Some(vec![send(name)]),
                    Status::Transferring => {
                        Some(vec![Step::FinishUpload { session: id(), file: name.clone() }])
                    }
                    Status::Validating => wait(),
                    Status::Error | Status::Ready => Some(anew(name)),
                }
            }
            Rejected::Unusable { missing, invalid } => {
                let name = missing.iter().chain(invalid).next()?;
                // The purpose of a fault is that there is no way around it.
                let refused = session.refused.contains(name);
                (!refused).then(|| anew(name))
            }
            Rejected::Warned(_) => {
                let ignored = |r#type| WarningBehavior { r#type, ignored: true };
                let mut behaviors = session.warning_behavior.clone().unwrap_or_default();
                behaviors.extend(session.unignored_warnings().cloned().map(ignored));
                let update_spec = UpdateSessionModel {
                    warning_behavior: Some(behaviors),
                    ..UpdateSessionModel::default()
                };
                let update = UpdateSessionUpdate { update_session_id: id(), update_spec };
                Some(vec![made(Call::UpdateSessionUpdate(update))])
            }
            Rejected::AfterDescriptor(_) => {
                let descriptor = session
                    .transfers()
                    .find(|transfer| session.has_extension(&transfer.file.name, "ovf"))?;
                let file_name = descriptor.file.name.clone();
                let remove = SessionFileRemove { update_session_id: id(), file_name };
                Some(vec![made(Call::SessionFileRemove(remove))])
            }
            Rejected::NoSuchFile(name) => match call {
                Call::SessionFileRemove(_) => Some(vec![made(add(&session.id, plain_push(name)))]),
                _ => None,
            },
            Rejected::ProgressOutOfRange(_)
            | Rejected::UploadRunning(_)
            | Rejected::UploadNotExpected { .. } => None,
        }
    }

    /// Goes one step. What arrives of a file is what was declared of it.
    pub fn follow(&mut self, step: &Step, user: &str) -> Result<(), ApiError> {
        match step {
            Step::Call(call) => self.try_call(call, user).map(|_| ()),
            Step::Wait(until) => {
                self.advance(*until);
                Ok(())
            }
            Step::Upload { session, file } => {
                let transfer = self.session(session)?.transfer(file);
                let transfer = transfer.ok_or_else(super::uploads::unknown_link)?;
                let received = expected(transfer);
                let Some(link) = transfer.file.link.clone() else {
                    // The links of another server's session are not known; bytes arrive all the same.
                    let upload = |event| Event::Upload(file.clone(), event);
                    let open = crate::session::UploadEvent::Open(self.next_serial());
                    self.session_event(session, upload(open))?;
                    let close = crate::session::UploadEvent::Close(Ok(received));
                    return self.session_event(session, upload(close));
                };
                let endpoint = super::uploads::upload_endpoint("http://copy:80", &link, file);
                let mut head = Request::new(Method::Put, endpoint.uri);
                if let Some((token, _)) = self.logins.iter().next() {
                    head.headers.push(crate::dialect::SESSION_HEADER, token.as_str());
                }
                let now = self.now;
                let upload =
                    self.open_upload(&head, now).map_err(|_| super::uploads::unknown_link())?;
                self.close_upload(upload, Ok(received), now);
                Ok(())
            }
            Step::FinishUpload { session, file } => {
                let transfer = self.session(session)?.transfer(file);
                let received = transfer.map(expected).unwrap_or_default();
                let close = crate::session::UploadEvent::Close(Ok(received));
                self.session_event(session, Event::Upload(file.clone(), close))
            }
        }
    }
}

fn unmet(error: ApiError) -> Unmet {
    let why = error.messages.first().map(|message| message.default_message.clone());
    Unmet {
        rule: error.rule.unwrap_or(crate::rules::WELL_FORMED),
        why: match error.lacks {
            Some(privilege) => format!("The caller lacks the privilege {privilege}."),
            None => why.unwrap_or_default(),
        },
        lacks: error.lacks,
    }
}

fn made(call: Call) -> Step {
    Step::Call(Box::new(call))
}

fn add(session: &SessionId, file_spec: AddSpec) -> Call {
    Call::SessionFileAdd(SessionFileAdd { update_session_id: session.clone(), file_spec })
}

fn plain_push(name: &str) -> AddSpec {
    AddSpec {
        name: name.to_owned(),
        source_type: SourceType::Push,
        source_endpoint: None,
        size: None,
        checksum_info: None,
    }
}

/// The same file once more, without what it could not live up to.
fn as_added(transfer: &Transfer) -> AddSpec {
    let size = transfer.file.declared_size.and_then(|size| i64::try_from(size).ok());
    let checksum_info = transfer.file.declared_checksum.as_ref().map(ChecksumInfo::from);
    AddSpec { size, checksum_info, ..plain_push(&transfer.file.name) }
}

/// What arrives of a file if all goes well.
fn expected(transfer: &Transfer) -> Received {
    let file = &transfer.file;
    let declared = file.declared_checksum.iter();
    let digests = declared.map(|checksum| (checksum.algorithm, checksum.hex.clone()));
    Received {
        size: file.declared_size.unwrap_or(transfer.bytes),
        digests: digests.collect(),
        contents: None,
    }
}

/// The session that a call names.
fn session_of(call: &Call) -> Option<SessionId> {
    let parameters = call.parameters(&Plain);
    parameters.get("update_session_id").and_then(Value::as_str).map(SessionId::new)
}

/// What a call is to the machine of its session.
fn event_of(call: &Call) -> Option<Event> {
    Some(match call {
        Call::UpdateSessionUpdate(_) => Event::Update(None),
        Call::UpdateSessionComplete(_) => Event::Complete,
        Call::UpdateSessionKeepAlive(call) => Event::KeepAlive(call.client_progress),
        Call::UpdateSessionCancel(_) => Event::Cancel,
        Call::UpdateSessionFail(_) => Event::Fail(String::new()),
        Call::UpdateSessionDelete(_) => Event::Delete,
        Call::SessionFileAdd(call) => {
            let name = call.file_spec.name.clone();
            Event::AddFile(AddedFile { name, ..AddedFile::default() })
        }
        Call::SessionFileRemove(call) => Event::RemoveFile(call.file_name.clone()),
        Call::SessionFileValidate(_) => Event::Validate,
        _ => return None,
    })
}

//! Upload links: which there are, and what may be sent to them.
//!
//! What arrives is judged by the session's machine; its bytes are read elsewhere.

use super::{Credentials, Handled, Simulator};
use crate::behaviour::UploadLogin;
use crate::dialect::{self, Dialect, UPLOAD_PREFIX};
use crate::error::{ApiError, ErrorType};
use crate::messages::{self, Locale};
use crate::model::{SessionId, TransferEndpoint};
use crate::received::{Algorithm, Broken, Received};
use crate::rules;
use crate::session::{Event, Session, UploadEvent};
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::{Method, Request, Response};

const UPLOAD_PATH: &str = "/data/";

/// How much of an upload link it shares with its session's id, in bytes.
const SHARED: usize = 8;

/// An upload that was allowed. The host gives it back with what arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    session: SessionId,
    file: String,
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
    /// Of which session it is.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// Which file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What the host is to find out.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }
}

/// The upload goes nowhere any more: its session ended, or the file was added again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the upload is no longer expected")]
pub struct Stopped;

impl Simulator {
    /// Whether a path is an upload link's. Requests to it go to [`Simulator::open_upload`].
    pub fn is_upload(path: &str) -> bool {
        path.strip_prefix(UPLOAD_PREFIX).is_some_and(|rest| rest.starts_with(UPLOAD_PATH))
    }

    /// The link of a file that is to be sent, as an answer to a client at `origin` has it.
    pub fn upload_link(&self, origin: &str, session: &SessionId, file: &str) -> Option<String> {
        let link = self.sessions.get(session)?.link(file)?;
        let base = with_port(origin) + &self.mount;
        Some(upload_endpoint(&base, link, file).uri)
    }

    /// What an upload link leads to, or led to: a session, and a file's name. Of a session that is gone
    /// the link knows how the id began. Nothing, if it is no link at all.
    pub fn upload_target(&self, path: &str) -> Option<(SessionId, String)> {
        let (link, name) = link_and_name(path)?;
        let near = SessionId::new(link.get(..SHARED)?);
        let first = self.sessions.starting_at(&near).next();
        let session = first.filter(|session| leads_to(&link.into(), &session.id));
        let session = session.map_or(near, |session| session.id.clone());
        Some((session, dialect::decode_component(name)?))
    }

    /// A link of a session that leads nowhere.
    pub(crate) fn dead_link(origin: &str, session: &SessionId, file: &str) -> String {
        const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";
        upload_endpoint(&with_port(origin), &link_to(session, NOWHERE), file).uri
    }

    /// Opens an upload if its link, method and headers allow it. No API login is needed: the link is
    /// the key.
    pub fn open_upload(&mut self, head: &Request, now: Timestamp) -> Result<Upload, Handled> {
        self.pass_time(now);
        self.try_open_upload(head).map_err(|error| {
            let mut handled = self.handled(Err(error), Dialect::Api, Locale::of(head));
            if handled.response.status == 405 {
                handled.response.headers.push("Allow", "PUT, POST");
            }
            handled
        })
    }

    fn try_open_upload(&mut self, head: &Request) -> Result<Upload, ApiError> {
        let unknown = unknown_link;
        let (link, name) = link_and_name(head.path()).ok_or_else(unknown)?;
        let link = Text::from(link);
        let session = self.session_of(&link).ok_or_else(unknown)?;
        let file = dialect::decode_component(name).ok_or_else(unknown)?;
        if session.link(&file) != Some(&link) {
            return Err(unknown());
        }
        let (id, wants) = (session.id.clone(), wants(session, &file));
        if self.behaviour.upload_login == UploadLogin::Needed {
            self.recognise(Credentials::token_of(head))?;
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
        let serial = self.serial + 1;
        self.session_event(&id, Event::Upload(file.clone(), UploadEvent::Open(serial)))?;
        // What is refused takes no number.
        self.serial = serial;
        Ok(Upload { session: id, file, serial, wants })
    }

    /// The active session that an upload link leads to.
    fn session_of(&self, link: &Text) -> Option<&Session> {
        let near = SessionId::new(link.as_str().get(..SHARED)?);
        let mut sessions =
            self.sessions.starting_at(&near).take_while(|session| leads_to(link, &session.id));
        sessions.find(|session| session.phase().is_active() && session.has_link(link))
    }

    /// Tells how many bytes have arrived in all. They count as activity of the session.
    pub fn progress(&mut self, upload: &Upload, bytes: u64, now: Timestamp) -> Result<(), Stopped> {
        self.pass_time(now);
        self.upload_event(upload, UploadEvent::Progress(bytes)).map_err(|_| Stopped)
    }

    /// Ends an upload. That it arrived does not mean that it is accepted: the file's status tells.
    pub fn close_upload(
        &mut self,
        upload: Upload,
        outcome: Result<Received, Broken>,
        now: Timestamp,
    ) -> Handled {
        self.pass_time(now);
        let mut outcome = outcome;
        let lost = self.strike_bytes("upload", &upload.session, &upload.file, &mut outcome);
        let (broken, event) = match (outcome, lost) {
            (Ok(received), Some(message)) => (false, UploadEvent::Lose(received.size, message)),
            (Ok(received), None) => (false, self.arrival(received)),
            (Err(broken), _) => (true, UploadEvent::Close(Err(broken))),
        };
        let result = self.upload_event(&upload, event).and_then(|()| {
            // What the storage does not take shows in the session, not in the answer.
            self.after_work(&upload.session);
            if !broken {
                return Ok(Response::empty(200));
            }
            let message = messages::UPLOAD_INCOMPLETE.with([&upload.file]);
            Err(ApiError::new(ErrorType::InvalidRequest, rules::UPLOAD_WHOLE, message))
        });
        self.told(result)
    }

    /// An upload that is no longer the latest must not touch what took its place.
    fn upload_event(&mut self, upload: &Upload, event: UploadEvent) -> Result<(), ApiError> {
        let session = self.sessions.get(&upload.session);
        let latest = session.and_then(|session| session.latest_upload(&upload.file));
        if latest != Some(upload.serial) {
            return Err(unknown_link());
        }
        self.session_event(&upload.session, Event::Upload(upload.file.clone(), event))
    }
}

/// The secret part of an upload link, and the file's name as it stands there.
fn link_and_name(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix(UPLOAD_PREFIX)?.strip_prefix(UPLOAD_PATH)?.split_once('/')
}

/// The secret part of an upload link, out of a UUID that is drawn for it. It begins as the session's id
/// does: so it leads to the session, and no index of links has to be kept.
pub(super) fn link_to(session: &SessionId, drawn: &str) -> Text {
    let shared = session.as_str().get(..SHARED).unwrap_or_default();
    format!("{shared}{}", drawn.get(SHARED..).unwrap_or_default()).into()
}

/// Whether the beginning of a link's secret part is that of this session's links.
pub(super) fn leads_to(link: &Text, session: &SessionId) -> bool {
    session.as_str().get(..SHARED).is_some_and(|shared| link.as_str().starts_with(shared))
}

/// What a host has to find out of a file of a session.
pub(super) fn wants(session: &Session, name: &str) -> Wants {
    Wants {
        digests: session.wanted_algorithms(name),
        look_into: session.is_ovf.then(|| name.to_owned()),
    }
}

/// A link that leads nowhere, or no longer.
pub(super) fn unknown_link() -> ApiError {
    let message = messages::UPLOAD_LINK_UNKNOWN.with([]);
    ApiError::new(ErrorType::NotFound, rules::UPLOAD_LINK, message)
}

/// The link to which a file's bytes are sent.
pub(super) fn upload_endpoint(origin: &str, link: &Text, name: &str) -> TransferEndpoint {
    let (link, name) = (link.as_str(), dialect::encode_segment(name));
    let uri = format!("{origin}{UPLOAD_PREFIX}{UPLOAD_PATH}{link}/{name}");
    TransferEndpoint { uri, ..TransferEndpoint::default() }
}

/// Recorded links name the port even where it is the scheme's own.
pub(super) fn with_port(origin: &str) -> String {
    let (scheme, host) = origin.split_once("://").unwrap_or(("", origin));
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    match scheme {
        "https" if !has_port => format!("{origin}:443"),
        "http" if !has_port => format!("{origin}:80"),
        _ => origin.to_owned(),
    }
}

//! Work that the server does by itself and that takes its time: fetching files, and checking those
//! that arrived.
//!
//! A source is made up, if somebody declared it; else the host fetches it, if it says that it does.
//! What work means for a session is its machine's.

use std::time::Duration;

use serde_json::Value;

use super::{Handled, Simulator, Stopped, Transition, Wants};
use crate::behaviour::PullStart;
use crate::dialect::Dialect;
use crate::error::ApiError;
use crate::messages;
use crate::model::{LocalizableMessage, SessionId, TransferEndpoint};
use crate::reading::{Fit, Reader};
use crate::received::{Algorithm, Received};
use crate::release::Release;
use crate::session::{AddedFile, Event, Transfer, TransferEvent, UploadEvent, Work};
use crate::structure;
use crate::structure::{Form, Wire, Writer};
use crate::text::Text;
use crate::time::Timestamp;
use crate::wire::REDACTED;

/// How long the server's work on a file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// It is through before the next call.
    #[default]
    Immediate,
    /// So much time.
    Takes(Duration),
    /// Until a client has looked at the session or its files so many times.
    Looks(u64),
}

/// A word, or an object with a number.
impl Wire for Pace {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        if reader.value().as_str() == Some("immediate") {
            *self = Self::Immediate;
            return Ok(());
        }
        let fields = reader.fields()?;
        fields.note_others(&["takes", "looks"]);
        *self = match (fields.take("takes")?, fields.take("looks")?) {
            (Some(millis), None) => Self::Takes(Duration::from_millis(millis)),
            (None, Some(looks)) => Self::Looks(looks),
            _ => return Err(reader.mismatch("\"immediate\", or takes or looks with a number")),
        };
        Ok(())
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut writer = Writer::new(form);
        match self {
            Self::Immediate => return Value::from("immediate"),
            Self::Takes(time) => {
                writer.put("takes", &u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
            Self::Looks(looks) => writer.put("looks", looks),
        }
        writer.finish("")
    }

    fn blank() -> Self {
        Self::default()
    }
}

structure! {
    /// A source of a file that is made up.
    #[derive(Debug, Clone, PartialEq, Default)]
    strict pub struct Source {
        /// What arrives from it. Digests that are not told are taken to be as declared.
        pub received: Received,
        /// How long the fetch takes, in milliseconds; as the pace has it, if it is not told.
        pub takes: Option<u64> = default,
        /// What an HTTPS source shows; nothing, and it is trusted.
        pub certificate: Option<SourceCertificate> = default,
        /// Why the fetch fails, if it does.
        pub failure: Option<String> = default,
    }

    /// The certificate of a source that is made up.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    strict pub struct SourceCertificate {
        /// Whether the server trusts who issued it.
        pub trusted: bool = default,
        /// The thumbprints by which it can be trusted anyway.
        pub thumbprints: Vec<String> = default,
        /// The certificate itself, in PEM.
        pub pem: Option<String> = default,
    }
}

/// A file that the host is to fetch. It gives this back with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    session: SessionId,
    file: String,
    serial: u64,
    release: Release,
    /// From where, and whom to trust there.
    pub source: TransferEndpoint,
    /// What to find out while the bytes go by.
    pub wants: Wants,
}

/// Whom the server trusts at an HTTPS source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust<'a> {
    /// Who has the word of an authority that the server trusts.
    Authorities,
    /// Who shows this certificate, in PEM, and nobody else; the authorities have no say.
    Certificate(&'a str),
    /// The same, by this digest of the certificate, in hex with colons.
    Thumbprint(Algorithm, &'a str),
}

impl Fetch {
    /// Whom to trust, if the source speaks HTTPS, or why that cannot be told.
    pub fn trust(&self) -> Result<Trust<'_>, &'static str> {
        trust(&self.source, self.release)
    }
}

impl Simulator {
    /// The same, with a host that fetches what nobody made up: see [`Simulator::poll_fetch`].
    #[must_use]
    pub fn with_fetching(self) -> Self {
        Self { fetching: true, ..self }
    }

    /// How long the server's own work takes from now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// How long the server's own work takes.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Makes up a source, or another one under its URI.
    pub fn declare_source(&mut self, uri: impl Into<Text>, source: Source) {
        self.sources.insert(uri.into(), source);
    }

    /// What the host is to fetch next, if anything.
    pub fn poll_fetch(&mut self) -> Option<Fetch> {
        while let Some(fetch) = self.fetches.pop_front() {
            if self.is_expected(&fetch) {
                return Some(fetch);
            }
        }
        None
    }

    /// Tells how many bytes of a fetch have arrived in all.
    pub fn fetch_progress(
        &mut self,
        fetch: &Fetch,
        bytes: u64,
        now: Timestamp,
    ) -> Result<(), Stopped> {
        self.pass_time(now);
        self.fetch_event(fetch, TransferEvent::Progress(bytes)).or(Err(Stopped))
    }

    /// Ends a fetch with what arrived, or with why nothing did.
    pub fn close_fetch(
        &mut self,
        fetch: &Fetch,
        outcome: Result<Received, String>,
        now: Timestamp,
    ) -> Vec<Transition> {
        self.pass_time(now);
        let source = &fetch.source.uri;
        let mut outcome = outcome.map_err(|why| fetch_failed(&fetch.file, source, &why));
        if let Ok(received) = &mut outcome {
            let mut arrived = Ok(std::mem::take(received));
            match self.strike_bytes("fetch", &fetch.session, &fetch.file, &mut arrived) {
                Some(message) => outcome = Err(message),
                None => {
                    outcome = arrived
                        .map_err(|broken| fetch_failed(&fetch.file, source, &broken.to_string()));
                }
            }
        }
        if self.fetch_event(fetch, TransferEvent::End(Some(outcome))).is_ok() {
            self.after_work(&fetch.session);
        }
        self.take_transitions()
    }

    fn fetch_event(&mut self, fetch: &Fetch, event: TransferEvent) -> Result<(), ApiError> {
        if !self.is_expected(fetch) {
            return Err(super::uploads::unknown_link());
        }
        self.session_event(&fetch.session, Event::Transfer(fetch.file.clone(), event))
    }

    /// Whether a fetch is still wanted: the file was not added again, and its session goes on.
    fn is_expected(&self, fetch: &Fetch) -> bool {
        let session =
            self.sessions.get(&fetch.session).filter(|session| session.phase().is_active());
        let transfer = session.and_then(|session| session.transfer(&fetch.file));
        transfer.is_some_and(|transfer| {
            let serial = transfer.work.as_ref().and_then(|work| work.fetch);
            serial == Some(fetch.serial)
        })
    }

    // -----------------------------------------------------------------------------------------
    // Beginning
    // -----------------------------------------------------------------------------------------

    /// Begins to fetch what is waiting for it, if now is the time.
    pub(super) fn begin_pulls(&mut self, id: &SessionId, at: PullStart) {
        if self.behaviour.pull_start != at {
            return;
        }
        let Some(session) = self.sessions.get(id) else { return };
        let waiting = session.transfers().filter(|transfer| {
            transfer.is_pull() && transfer.status == crate::file::Status::Waiting
        });
        let files: Vec<_> = waiting.map(|transfer| transfer.file.clone()).collect();
        for file in files {
            let work = self.pull(id, &file);
            let begin = Event::Transfer(file.name, TransferEvent::Begin(work));
            // It was waiting for this.
            let _ = self.session_event(id, begin);
        }
    }

    fn pull(&mut self, id: &SessionId, file: &AddedFile) -> Work {
        let Some(endpoint) = &file.source else { return Work::at(self.now) };
        let Some(source) = self.sources.get(&Text::from(endpoint.uri.as_str())) else {
            if !self.fetching || !is_http(&endpoint.uri) {
                let why =
                    "nothing is known of this source, and this simulator fetches nothing itself";
                return Work {
                    ends: Some(self.now),
                    failure: Some(fetch_failed(&file.name, &endpoint.uri, why)),
                    ..Work::at(self.now)
                };
            }
            let serial = self.next_serial();
            let session = self.sessions.get(id);
            let wants = session
                .map_or_else(Wants::default, |session| super::uploads::wants(session, &file.name));
            let (session, source, release) = (id.clone(), endpoint.clone(), self.release);
            let fetch = Fetch { session, file: file.name.clone(), serial, release, source, wants };
            self.fetches.push_back(fetch);
            return Work { fetch: Some(serial), ..Work::at(self.now) };
        };
        let why = distrust(endpoint, source, self.release).or(source.failure.as_deref());
        let mut failure = why.map(|why| fetch_failed(&file.name, &endpoint.uri, why));
        let mut received = source.received.clone();
        if let Some(declared) = &file.declared_checksum
            && received.digests.get(&declared.algorithm).is_none()
        {
            received.digests.insert(declared.algorithm, declared.hex.clone());
        }
        let takes = source.takes.map(|millis| Pace::Takes(Duration::from_millis(millis)));
        let mut arrived = Ok(received);
        failure = failure.or(self.strike_bytes("fetch", id, &file.name, &mut arrived));
        let received = arrived.unwrap_or_else(|broken| {
            failure = Some(fetch_failed(&file.name, &endpoint.uri, &broken.to_string()));
            Received::default()
        });
        let pace = takes.unwrap_or(self.pace);
        let size = Some(received.size);
        Work { size, received: Some(received), failure, ..self.paced(pace) }
    }

    /// Work that is through at this pace.
    fn paced(&self, pace: Pace) -> Work {
        let (ends, looks) = match pace {
            Pace::Immediate => (Some(self.now), None),
            Pace::Takes(time) => (Some(self.now + time), None),
            Pace::Looks(looks) => (None, Some(looks)),
        };
        Work { ends, looks, ..Work::at(self.now) }
    }

    /// The end of an upload that arrived: its checks take their time, unless they take none.
    pub(super) fn arrival(&self, received: Received) -> UploadEvent {
        match self.pace {
            Pace::Immediate => UploadEvent::Close(Ok(received)),
            pace => {
                let work = Work { received: Some(received), ..self.paced(pace) };
                UploadEvent::Arrive(Box::new(work))
            }
        }
    }

    // -----------------------------------------------------------------------------------------
    // Ending
    // -----------------------------------------------------------------------------------------

    /// Ends the work on a file that is through, and what follows from that.
    pub(super) fn end_work(&mut self, id: &SessionId, name: &str) -> Result<(), ApiError> {
        let end = Event::Transfer(name.to_owned(), TransferEvent::End(None));
        self.session_event(id, end)?;
        self.after_work(id);
        Ok(())
    }

    /// Ends the checks of what a client sent: complete waits for them.
    pub(super) fn end_checks(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        let running = |transfer: &&Transfer| transfer.is_running() && !transfer.is_pull();
        let files: Vec<_> = session
            .transfers()
            .filter(running)
            .map(|transfer| transfer.file.name.clone())
            .collect();
        for name in files {
            // It was running.
            let _ = self.end_work(id, &name);
        }
    }

    /// What the storage does not take, or what cannot be fetched, ends a session; the last file that
    /// a completing one waits for completes it.
    pub(super) fn after_work(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        if let Some(message) = session.breaks() {
            let _ = self.session_event(id, Event::Break(message));
            return;
        }
        if session.is_completing()
            && let Err(refused) = self.session_event(id, Event::Settle)
        {
            // Nobody is there to be refused: it fails instead.
            let message = refused.messages.into_iter().next().unwrap_or_default();
            let _ = self.session_event(id, Event::Break(message));
        }
    }

    /// What a host was fetching breaks off, as it does when a server goes away.
    pub(super) fn break_fetches(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        let broken: Vec<_> = session
            .transfers()
            .filter(|transfer| transfer.work.as_ref().is_some_and(|work| work.fetch.is_some()))
            .map(|transfer| transfer.file.clone())
            .collect();
        for file in broken {
            let uri = file.source.unwrap_or_default().uri;
            let failure = fetch_failed(&file.name, &uri, "the server went away meanwhile");
            let end = Event::Transfer(file.name, TransferEvent::End(Some(Err(failure))));
            if self.session_event(id, end).is_ok() {
                self.after_work(id);
            }
        }
    }

    /// A client looks at a session or its files. That is what some work waits for.
    pub(super) fn look(&mut self, id: &SessionId) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(id) else { return };
        let before = session.due();
        session.looked_at(now);
        self.deadlines.change(session, before, session.due());
        let Some(session) = self.sessions.get(id) else { return };
        let waiting: Vec<_> = session
            .works()
            .filter(|(_, work)| work.looks.is_some())
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in waiting {
            let _ = self.session_event(id, Event::Transfer(name.clone(), TransferEvent::Look));
            let ended = self.sessions.get(id).and_then(|session| session.ended_work(now));
            if ended == Some(name.as_str()) {
                let _ = self.end_work(id, &name);
            }
        }
    }

    /// Tells a host what its own work led to.
    pub(super) fn told(&mut self, result: Result<crate::wire::Response, ApiError>) -> Handled {
        self.handled(result, Dialect::Api, None)
    }
}

impl Work {
    fn at(began: Timestamp) -> Self {
        let (ends, looks, fetch, size, received, failure) = (None, None, None, None, None, None);
        Self { began, ends, looks, fetch, size, received, failure }
    }
}

/// Whom to trust. The certificate wins over the thumbprint, and that over whom the server trusts by
/// itself.
fn trust(endpoint: &TransferEndpoint, release: Release) -> Result<Trust<'_>, &'static str> {
    if let Some(pem) = &endpoint.ssl_certificate {
        return Ok(Trust::Certificate(pem));
    }
    let Some(thumbprint) = &endpoint.ssl_certificate_thumbprint else {
        return Ok(Trust::Authorities);
    };
    let (algorithm, why) = match release {
        Release::V9_1 => (Algorithm::Sha256, "a thumbprint is made with SHA-256"),
        Release::V8_0 => (Algorithm::Sha1, "a thumbprint is made with SHA-1"),
    };
    let fits = thumbprint.split(':').count() == algorithm.hex_digits() / 2;
    if fits { Ok(Trust::Thumbprint(algorithm, thumbprint)) } else { Err(why) }
}

/// Why a source that is made up is not trusted, if it is not.
fn distrust(
    endpoint: &TransferEndpoint,
    source: &Source,
    release: Release,
) -> Option<&'static str> {
    let shown = source.certificate.as_ref().filter(|_| scheme(&endpoint.uri) == "https")?;
    let plain =
        |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_whitespace()).collect() };
    match trust(endpoint, release) {
        Err(why) => Some(why),
        Ok(Trust::Certificate(expected)) => {
            let same = shown.pem.as_ref().is_some_and(|pem| plain(pem) == plain(expected));
            (!same).then_some("the source shows another certificate than ssl_certificate has")
        }
        Ok(Trust::Thumbprint(_, expected)) => {
            let same = |thumbprint: &String| thumbprint.eq_ignore_ascii_case(expected);
            let known = shown.thumbprints.iter().any(same);
            (!known).then_some("the thumbprint of the source's certificate is another one")
        }
        Ok(Trust::Authorities) => {
            (!shown.trusted).then_some("the certificate of the source is not trusted")
        }
    }
}

/// The scheme of a URI, in lower case.
pub(super) fn scheme(uri: &str) -> String {
    uri.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase()
}

fn is_http(uri: &str) -> bool {
    matches!(scheme(uri).as_str(), "http" | "https")
}

fn fetch_failed(name: &str, uri: &str, why: &str) -> LocalizableMessage {
    messages::FETCH_FAILED.with([name, &shown(uri), why])
}

/// A URI as it may be told: a user and a password can stand in one.
fn shown(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@') {
        Some(at) => format!("{scheme}://{REDACTED}{}", &rest[at..]),
        None => uri.to_owned(),
    }
}

//! The sequence: who sent what to whom, and what lasted how long.
//!
//! It is read off the log alone; what the server did unseen is not in it.

use std::time::Duration;

use accession_client::Exchange;
use accession_core::dialect;
use accession_core::model::SessionId;
use accession_core::reading;
use accession_core::session::Phase;
use accession_core::simulator::Transition;
use accession_core::time::Timestamp;
use serde_json::Value;

use super::log::{Entry, Happening};
use super::{Lab, SessionView, phases};
use crate::format;

/// So many rows are drawn at most: the last ones.
pub const ROWS: usize = 200;

/// A longer wait gets a row of its own.
const LONG: Duration = Duration::from_secs(30);

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The client.
    You,
    /// The API.
    Api,
    /// What takes the bytes of files, and fetches them.
    Transfer,
    /// Where files are fetched from.
    Source,
}

impl Lane {
    /// What it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Api => "API",
            Self::Transfer => "transfer service",
            Self::Source => "source server",
        }
    }
}

/// A row of the sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The entry of the log that it shows; of several, the last one.
    pub entry: Option<u64>,
    /// The first of them.
    pub first: Option<u64>,
    /// When it ended.
    pub at: Timestamp,
    /// What it shows.
    pub what: Move,
}

/// What a row shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// A call and its answer.
    Call {
        /// To whom.
        to: Lane,
        /// What was sent.
        name: String,
        /// What came back; nothing: no answer, or none yet.
        status: Option<u16>,
        /// Whether it is still on its way.
        runs: bool,
        /// Whether the server begins to fetch a file.
        fetches: bool,
    },
    /// Calls that only read, and were answered.
    Reads(Vec<String>),
    /// Something that the server did by itself.
    Event(String),
    /// From here on calls go elsewhere.
    Target(String),
    /// Nothing for so long.
    Wait(Duration),
}

impl Row {
    /// In words.
    pub fn spoken(&self) -> String {
        let time = format::time_of_day(self.at);
        match &self.what {
            Move::Call { to, name, status, runs, .. } => {
                let came = match status {
                    Some(status @ 200..=299) => format!("answered {status}"),
                    Some(status) => format!("refused, {status}"),
                    None if *runs => "on its way".to_owned(),
                    None => "no answer".to_owned(),
                };
                format!("{name}, you to {}, {came}, {time}", to.word())
            }
            Move::Reads(names) => format!("{} of the API, {time}", reads(names)),
            Move::Event(text) | Move::Target(text) => format!("{text}, {time}"),
            Move::Wait(time) => format!("{} without a call", format::duration(*time)),
        }
    }
}

/// Reads in one line.
pub fn reads(names: &[String]) -> String {
    match names {
        [one] => format!("read: {one}"),
        names => format!("{} reads", names.len()),
    }
}

impl Row {
    /// Whether it shows an entry of the log.
    pub fn shows(&self, entry: Option<u64>) -> bool {
        entry.is_some() && self.first <= entry && entry <= self.entry
    }
}

/// What lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// An API login.
    Login,
    /// The update session, while it is ACTIVE.
    Session,
    /// An upload.
    Upload,
}

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// What.
    pub span: Span,
    /// Its first row; nothing: it began before.
    pub from: Option<usize>,
    /// Its last row; nothing: it goes on.
    pub to: Option<usize>,
}

/// The sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sequence {
    /// How many rows there are that are not drawn.
    pub left_out: usize,
    /// The rows.
    pub rows: Vec<Row>,
    /// The bars beside them.
    pub bars: Vec<Bar>,
    /// Whether something is fetched.
    pub pulls: bool,
}

impl Sequence {
    /// The sequence of the branch that goes on.
    pub fn of(lab: &Lab) -> Self {
        let mut all = Self::default();
        let mut last: Option<Timestamp> = None;
        let session = mine(lab);
        let session = session.as_ref();
        for entry in lab.log().entries() {
            let began = match &entry.what {
                Happening::Call(exchange) => exchange.at,
                Happening::Event(_) | Happening::Target(_) => entry.at,
            };
            let waited = last.map_or(Duration::ZERO, |last| began.since(last));
            if waited > LONG {
                all.add(None, began, Move::Wait(waited));
            }
            last = Some(entry.at.max(last.unwrap_or(entry.at)));
            all.take(entry, session);
        }
        // Complete was accepted, and the session goes on while the server fetches.
        let active = lab.session.as_ref().is_some_and(SessionView::is_active);
        let of_session = |bar: &&mut Bar| bar.span == Span::Session;
        if let Some(bar) = all.bars.iter_mut().rfind(of_session)
            && active
            && lab.selected.is_none()
        {
            bar.to = None;
        }
        for upload in &lab.uploads {
            let name = format!("PUT {}, {} %", upload.file, upload.progress.percent());
            let to = Lane::Transfer;
            let what = Move::Call { to, name, status: None, runs: true, fetches: false };
            let row = all.add(None, lab.now, what);
            all.bars.push(Bar { span: Span::Upload, from: Some(row), to: None });
        }
        all.last_rows()
    }

    fn add(&mut self, entry: Option<u64>, at: Timestamp, what: Move) -> usize {
        self.rows.push(Row { entry, first: entry, at, what });
        self.rows.len() - 1
    }

    fn take(&mut self, entry: &Entry, session: Option<&SessionId>) {
        let is_mine = |event: &Transition| session == Some(&event.session);
        match &entry.what {
            Happening::Target(text) => {
                let row = self.add(Some(entry.number), entry.at, Move::Target(text.clone()));
                self.end(Span::Login, row.saturating_sub(1));
            }
            Happening::Event(event) => {
                let row = self.add(Some(entry.number), entry.at, Move::Event(happened(event)));
                if is_mine(event) {
                    self.passes(event, row);
                }
            }
            Happening::Call(exchange) if !entry.is_telling() => {
                let name = called(exchange, entry.times);
                match self.rows.last_mut() {
                    Some(Row { entry: last, at, what: Move::Reads(names), .. }) => {
                        (*last, *at) = (Some(entry.number), entry.at);
                        names.push(name);
                    }
                    _ => {
                        self.add(Some(entry.number), entry.at, Move::Reads(vec![name]));
                    }
                }
                self.lasts(exchange, self.rows.len() - 1, session);
            }
            Happening::Call(exchange) => {
                let is_upload = exchange.operation == "upload";
                let fetches = fetches(exchange);
                self.pulls |= fetches;
                let what = Move::Call {
                    to: if is_upload { Lane::Transfer } else { Lane::Api },
                    name: called(exchange, entry.times),
                    status: exchange.status(),
                    runs: false,
                    fetches,
                };
                let row = self.add(Some(entry.number), entry.at, what);
                // What the server did meanwhile stands below.
                for event in exchange.transitions.iter().filter(|event| !is_called(exchange, event))
                {
                    self.add(Some(entry.number), event.at, Move::Event(happened(event)));
                }
                self.lasts(exchange, row, session);
                for event in exchange.transitions.iter().filter(|event| is_mine(event)) {
                    self.passes(event, row);
                }
            }
        }
    }

    /// What begins or ends with a call.
    fn lasts(&mut self, exchange: &Exchange, row: usize, session: Option<&SessionId>) {
        let succeeded = matches!(exchange.status(), Some(200..=299));
        match exchange.operation.as_str() {
            "cis.session.create" if succeeded => {
                self.end(Span::Login, row);
                self.begin(Span::Login, row);
            }
            "cis.session.delete" if succeeded => self.end(Span::Login, row),
            // Whatever login there was, it is over.
            _ if exchange.status() == Some(401) => self.end(Span::Login, row),
            "upload" => {
                let started = |other: &Row| other.at > exchange.at;
                let from = self.rows.iter().position(started).map_or(row, |from| from.min(row));
                self.bars.push(Bar { span: Span::Upload, from: Some(from), to: Some(row) });
            }
            // A server that is no simulator does not tell what its answers did.
            operation if succeeded && exchange.transitions.is_empty() => {
                let Some(id) = session.map(SessionId::as_str) else { return };
                let answer = match &exchange.outcome {
                    accession_client::Outcome::Answered(answer) => answer.body.as_text(),
                    accession_client::Outcome::NoAnswer(_) => "",
                };
                let is_mine = exchange.request.url.contains(&dialect::encode_segment(id));
                if operation.ends_with("update_session.create") && answer.contains(id) {
                    self.begin(Span::Session, row);
                } else if is_mine && ends_a_session(operation) {
                    self.end(Span::Session, row);
                } else if is_mine && answer.contains("\"ACTIVE\"") && !self.knows_session() {
                    // It began elsewhere; here it was seen first.
                    self.begin(Span::Session, row);
                }
            }
            _ => {}
        }
    }

    fn passes(&mut self, event: &Transition, row: usize) {
        if event.from.is_none() {
            self.begin(Span::Session, row);
        } else if !event.to.is_some_and(Phase::is_active) {
            self.end(Span::Session, row);
        }
    }

    fn knows_session(&self) -> bool {
        self.bars.iter().any(|bar| bar.span == Span::Session)
    }

    fn begin(&mut self, span: Span, row: usize) {
        self.bars.push(Bar { span, from: Some(row), to: None });
    }

    fn end(&mut self, span: Span, row: usize) {
        let open = |bar: &&mut Bar| bar.span == span && bar.to.is_none();
        if let Some(bar) = self.bars.iter_mut().rfind(open) {
            bar.to = Some(row);
        }
    }

    /// The same with no more rows than are drawn.
    fn last_rows(mut self) -> Self {
        let cut = self.rows.len().saturating_sub(ROWS);
        self.left_out = cut;
        self.rows.drain(..cut);
        self.bars.retain(|bar| bar.to.is_none_or(|to| to >= cut));
        for bar in &mut self.bars {
            bar.from = bar.from.and_then(|from| from.checked_sub(cut));
            bar.to = bar.to.map(|to| to - cut);
        }
        self
    }
}

/// The session on screen, else the one that began last.
fn mine(lab: &Lab) -> Option<SessionId> {
    let began = || {
        let calls = lab.log().entries().iter().rev().filter_map(|entry| match &entry.what {
            Happening::Call(exchange) => Some(exchange),
            Happening::Event(_) | Happening::Target(_) => None,
        });
        let mut begun =
            calls.flat_map(|call| &call.transitions).filter(|event| event.from.is_none());
        begun.next().map(|event| event.session.clone())
    };
    lab.session.as_ref().map(|session| session.id.clone()).or_else(began)
}

/// What is written at the arrow of a call.
fn called(exchange: &Exchange, times: u32) -> String {
    let name = if exchange.operation == "upload" {
        let path = exchange.request.url.split('?').next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default();
        let name = dialect::decode_component(file);
        format!("PUT {}", name.as_deref().unwrap_or(file))
    } else {
        // The last two parts tell it: session.create is not update_session.create.
        let mut parts = exchange.operation.rsplit('.');
        let (name, of) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{of}.{name}")
    };
    if times > 1 { format!("{name} ×{times}") } else { name }
}

/// Whether a transition is what the call itself does.
fn is_called(exchange: &Exchange, event: &Transition) -> bool {
    exchange.operation.rsplit('.').next() == Some(event.because)
}

fn happened(event: &Transition) -> String {
    let (from, to) = phases(event);
    format!("{}: {from} → {to}", event.because)
}

/// Whether the server is told to fetch a file, and agrees.
fn fetches(exchange: &Exchange) -> bool {
    if !exchange.operation.ends_with("file.add") || !matches!(exchange.status(), Some(200..=299)) {
        return false;
    }
    let Ok(body) = reading::parse(exchange.request.body.as_text()) else {
        return false;
    };
    let spec = body.get("file_spec").unwrap_or(&body);
    spec.get("source_type").and_then(Value::as_str) == Some("PULL")
}

fn ends_a_session(operation: &str) -> bool {
    ["complete", "cancel", "fail", "delete"]
        .iter()
        .any(|name| operation.ends_with(&format!("update_session.{name}")))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use accession_client::{Body, Outcome, RecordedRequest, RecordedResponse};
    use accession_core::wire::{Headers, Method};

    use super::super::{Action, Progress, Upload, reduce};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn at(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    fn called(seconds: u64, operation: &str, status: u16) -> Exchange {
        let name = operation.rsplit('.').next().unwrap_or_default();
        let transition = |from, to, because| Transition {
            at: at(seconds),
            session: "s".into(),
            from,
            to,
            because,
        };
        let transitions = match name {
            "create" if operation.contains("update") => {
                vec![transition(None, Some(Phase::Open), "create")]
            }
            "complete" if status < 300 => {
                vec![transition(Some(Phase::Open), Some(Phase::Done), "complete")]
            }
            _ => Vec::new(),
        };
        Exchange {
            id: seconds,
            operation: operation.to_owned(),
            at: at(seconds),
            took: Duration::ZERO,
            request: RecordedRequest {
                method: Method::Post,
                url: format!("https://h/x/{seconds}/a%20b.iso"),
                headers: Headers::new(),
                body: Body::Empty,
            },
            outcome: Outcome::Answered(RecordedResponse {
                status,
                headers: Headers::new(),
                body: Body::Empty,
            }),
            notes: Vec::new(),
            transitions,
            rule: None,
        }
    }

    fn record(lab: Lab, exchange: Exchange) -> Lab {
        reduce(lab, Action::Recorded(Rc::new(exchange), Vec::new()))
    }

    fn after(calls: &[(u64, &str, u16)]) -> Lab {
        let lab =
            reduce(Lab::new("http://127.0.0.1", 7, NOW), Action::SessionOpened(0, "s".into()));
        calls.iter().fold(lab, |lab, (seconds, operation, status)| {
            record(lab, called(*seconds, operation, *status))
        })
    }

    const LIFE: [(u64, &str, u16); 6] = [
        (0, "cis.session.create", 201),
        (1, "library.item.update_session.create", 201),
        (2, "library.item.update_session.complete", 400),
        (254, "upload", 204),
        (255, "library.item.update_session.complete", 204),
        (256, "cis.session.delete", 204),
    ];

    #[test]
    fn a_call_is_an_arrow_and_a_long_wait_is_folded() {
        let sequence = Sequence::of(&after(&LIFE));
        let said: Vec<_> = sequence.rows.iter().map(Row::spoken).collect();
        assert_eq!(
            said,
            [
                "session.create, you to API, answered 201, 22:13:20.000",
                "update_session.create, you to API, answered 201, 22:13:21.000",
                "update_session.complete, you to API, refused, 400, 22:13:22.000",
                "4 min 12 s without a call",
                "PUT a b.iso, you to transfer service, answered 204, 22:17:34.000",
                "update_session.complete, you to API, answered 204, 22:17:35.000",
                "session.delete, you to API, answered 204, 22:17:36.000",
            ]
        );
        let entries: Vec<_> = sequence.rows.iter().map(|row| row.entry).collect();
        assert_eq!(entries, [Some(1), Some(2), Some(3), None, Some(4), Some(5), Some(6)]);
        assert!(!sequence.pulls);
    }

    #[test]
    fn reads_that_were_answered_share_a_row() {
        let read = |seconds, name: &str| Exchange {
            request: RecordedRequest { method: Method::Get, ..called(seconds, name, 200).request },
            ..called(seconds, name, 200)
        };
        let lab = after(&LIFE[..2]);
        let names = ["x.update_session.get", "x.file.list", "x.item.get"];
        let lab = (2..).zip(names).fold(lab, |lab, (at, name)| record(lab, read(at, name)));
        let sequence = Sequence::of(&lab);
        let row = sequence.rows.last().expect("there are some");
        assert_eq!((sequence.rows.len(), row.first, row.entry), (3, Some(3), Some(5)));
        assert!(row.spoken().starts_with("3 reads of the API"), "{}", row.spoken());
        assert!(row.shows(Some(4)) && !row.shows(Some(2)) && !row.shows(None));
        let mut lost = read(6, "x.item.get");
        if let Outcome::Answered(answer) = &mut lost.outcome {
            answer.status = 404;
        }
        assert_eq!(Sequence::of(&record(lab, lost)).rows.len(), 4);
    }

    #[test]
    fn login_and_session_last_side_by_side() {
        let bar = |span, from, to| Bar { span, from: Some(from), to };
        let bars = Sequence::of(&after(&LIFE)).bars;
        assert_eq!(
            bars,
            [
                bar(Span::Login, 0, Some(6)),
                bar(Span::Session, 1, Some(5)),
                bar(Span::Upload, 4, Some(4)),
            ]
        );
        // A refused call ends nothing, a lost login is over.
        let bars = Sequence::of(&after(&LIFE[..3])).bars;
        assert_eq!(bars, [bar(Span::Login, 0, None), bar(Span::Session, 1, None)]);
        let lost = record(after(&LIFE[..3]), called(3, "library.item.create", 401));
        assert_eq!(Sequence::of(&lost).bars[0], bar(Span::Login, 0, Some(3)));
    }

    #[test]
    fn a_server_that_tells_nothing_of_its_sessions_is_read_by_its_answers() {
        let mut begun = called(1, "library.item.update_session.create", 201);
        begun.transitions.clear();
        if let Outcome::Answered(answer) = &mut begun.outcome {
            answer.body = Body::Text("\"s\"".to_owned());
        }
        let mut ended = called(2, "library.item.update_session.cancel", 204);
        ended.request.url = "https://h/update-session/s?action=cancel".to_owned();
        let bars = Sequence::of(&record(record(after(&[]), begun), ended)).bars;
        assert_eq!(bars, [Bar { span: Span::Session, from: Some(0), to: Some(1) }]);

        let mut read = called(3, "library.item.update_session.get", 200);
        read.request.method = Method::Get;
        read.request.url = "https://h/update-session/s".to_owned();
        let seen = |state: &str| {
            let mut read = read.clone();
            if let Outcome::Answered(answer) = &mut read.outcome {
                answer.body = Body::Text(format!("{{\"state\":\"{state}\"}}"));
            }
            Sequence::of(&record(after(&[]), read)).bars
        };
        assert_eq!(seen("ACTIVE"), [Bar { span: Span::Session, from: Some(0), to: None }]);
        assert_eq!(seen("DONE"), []);
    }

    #[test]
    fn what_the_server_does_by_itself_is_a_note() {
        let expired = Transition {
            at: at(301),
            session: "s".into(),
            from: Some(Phase::Open),
            to: None,
            because: "expire",
        };
        let lab = reduce(after(&LIFE[..2]), Action::Happened(vec![expired], Vec::new()));
        let sequence = Sequence::of(&lab);
        let said: Vec<_> = sequence.rows.iter().skip(2).map(Row::spoken).collect();
        assert_eq!(said, ["5 min 0 s without a call", "expire: ACTIVE → gone, 22:18:21.000"]);
        assert_eq!(sequence.bars[1].to, Some(3));
    }

    #[test]
    fn a_file_that_is_fetched_brings_its_server_in() {
        let mut add = called(1, "library.item.updatesession.file.add", 200);
        let body = r#"{"file_spec":{"name":"PULL","source_type":"PUSH"}}"#;
        add.request.body = Body::Text(body.to_owned());
        assert!(!Sequence::of(&record(after(&[]), add.clone())).pulls);
        add.request.body = Body::Text(body.replace("PUSH", "PULL"));
        assert!(Sequence::of(&record(after(&[]), add)).pulls);
    }

    #[test]
    fn an_upload_that_runs_is_the_last_row() {
        let upload = Upload {
            id: 1,
            session: "s".into(),
            file: "a.iso".to_owned(),
            progress: Progress { moved: 37, ..Progress::new(100, NOW) },
        };
        let lab = reduce(after(&LIFE[..2]), Action::UploadBegan(0, upload));
        let sequence = Sequence::of(&lab);
        let said = sequence.rows.last().map(Row::spoken);
        assert!(said.is_some_and(|said| {
            said.starts_with("PUT a.iso, 37 %, you to transfer service, on its way")
        }));
        assert_eq!(
            sequence.bars.last(),
            Some(&Bar { span: Span::Upload, from: Some(2), to: None })
        );
    }

    #[test]
    fn only_the_last_rows_are_drawn() {
        let calls: Vec<_> = (0..u64::try_from(ROWS).unwrap_or(0) + 10)
            .map(|second| (second, "library.item.update_session.keep_alive", 204))
            .collect();
        let all: Vec<_> = LIFE[..2].iter().chain(&calls).copied().collect();
        let sequence = Sequence::of(&after(&all));
        assert_eq!((sequence.rows.len(), sequence.left_out), (ROWS, 12));
        assert!(sequence.bars.iter().all(|bar| bar.from.is_none() && bar.to.is_none()));
        assert_eq!(sequence.bars.len(), 2);
    }
}

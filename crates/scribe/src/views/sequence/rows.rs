//! The sequence as data: who sent what to whom, and what lasted how long.
//!
//! It is read off the log alone; what the server did unseen is not in it.

use accession_artefacts::word;
use accession_core::dialect;
use accession_core::time::Timestamp;
use serde_json::Value;

use super::super::Facts;
use crate::tree::{count, say, word as word_of};

/// So many rows are drawn at most: the last ones.
pub(super) const ROWS: usize = 200;

/// A longer wait gets a row of its own, in milliseconds.
const LONG: i64 = 30_000;

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
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
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Api => "API",
            Self::Transfer => "transfer service",
            Self::Source => "source server",
        }
    }
}

/// A row of the sequence.
pub(super) struct Row {
    /// The entry of the log that it shows; of several, the last one.
    pub(super) entry: Option<u64>,
    /// The first of them.
    first: Option<u64>,
    /// When it ended.
    pub(super) at: i64,
    /// What it shows.
    pub(super) what: Move,
}

/// What a row shows.
pub(super) enum Move {
    /// A call and its answer.
    Call {
        /// To whom.
        to: Lane,
        /// What was sent.
        name: String,
        /// What came back; nothing: no answer, or none yet.
        status: Option<u64>,
        /// Whether it is still on its way.
        runs: bool,
        /// Whether the server begins to fetch a file.
        fetches: bool,
    },
    /// Calls that only read, and were answered: how many, and the first.
    Reads(usize, String),
    /// Something that the server did by itself.
    Event(String),
    /// From here on calls go elsewhere.
    Target(String),
    /// Nothing for so many milliseconds.
    Wait(i64),
}

impl Row {
    /// In words.
    pub(super) fn spoken(&self) -> Value {
        let at = time_of_day(self.at).into();
        match &self.what {
            Move::Call { to, name, status, runs, .. } => {
                let message = match status {
                    Some(200..=299) => "{0}, you to {1}, answered {2}, {3}",
                    Some(_) => "{0}, you to {1}, refused, {2}, {3}",
                    None if *runs => "{0}, you to {1}, on its way, {3}",
                    None => "{0}, you to {1}, no answer, {3}",
                };
                say(message, &[name.clone().into(), word_of(to.word()), (*status).into(), at])
            }
            Move::Reads(..) => say("{0} of the API, {1}", &[self.text(), at]),
            Move::Event(_) | Move::Target(_) => say("{0}, {1}", &[self.text(), at]),
            Move::Wait(_) => say("{0} without a call", &[self.text()]),
        }
    }

    /// What is written, where it is no call.
    pub(super) fn text(&self) -> Value {
        match &self.what {
            Move::Reads(1, name) => say("read: {0}", &[name.clone().into()]),
            Move::Reads(reads, _) => count(*reads, "{0} read", "{0} reads"),
            Move::Wait(millis) => duration(*millis),
            Move::Event(text) | Move::Target(text) | Move::Call { name: text, .. } => {
                text.clone().into()
            }
        }
    }

    /// Whether it shows an entry of the log.
    pub(super) fn shows(&self, entry: Option<u64>) -> bool {
        entry.is_some() && self.first <= entry && entry <= self.entry
    }
}

/// The time of day: `13:04:05.678`, in UTC like everything on the wire.
pub(super) fn time_of_day(at: i64) -> String {
    Timestamp::from_millis(at).to_string().get(11..23).unwrap_or_default().to_owned()
}

/// A time that is long enough for a row of its own.
fn duration(millis: i64) -> Value {
    match millis / 1000 {
        seconds @ ..60 => say("{0} s", &[format!("{seconds}.{}", millis % 1000 / 100).into()]),
        seconds => say("{0} min {1} s", &[(seconds / 60).into(), (seconds % 60).into()]),
    }
}

/// What lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// An API login.
    Login,
    /// The update session, while it is ACTIVE.
    Session,
    /// An upload.
    Upload,
}

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    /// What.
    pub(super) span: Span,
    /// Its first row; nothing: it began before.
    pub(super) from: Option<usize>,
    /// Its last row; nothing: it goes on.
    pub(super) to: Option<usize>,
}

/// An entry of the log, as the page tells of it.
#[derive(Clone, Copy)]
struct Entry<'a>(&'a Value);

/// A step of a session: its id, the phase before and after, the event and the instant.
struct Step<'a>(&'a Value);

/// The sequence.
#[derive(Default)]
pub(super) struct Sequence {
    /// How many rows there are that are not drawn.
    pub(super) left_out: usize,
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// The bars beside them.
    pub(super) bars: Vec<Bar>,
    /// Whether something is fetched.
    pub(super) pulls: bool,
    /// Whether the server fetches nothing before complete is granted.
    fetches_late: bool,
    /// Whether something is to be fetched, and that has not begun.
    due: bool,
}

impl Sequence {
    /// The sequence of the log that the page tells of.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let mut all = Self { fetches_late: *facts.get("fetches_late") == true, ..Self::default() };
        let mut last: Option<i64> = None;
        let session = mine(facts);
        for Facts(entry) in facts.list("entries") {
            let entry = Entry(entry);
            let waited = last.map_or(0, |last| entry.began() - last);
            if waited > LONG {
                all.add(None, entry.began(), Move::Wait(waited));
            }
            last = last.max(Some(entry.at()));
            all.take(entry, session);
        }
        // Complete was accepted, and the session goes on while the server fetches.
        let of_session = |bar: &&mut Bar| bar.span == Span::Session;
        if let Some(bar) = all.bars.iter_mut().rfind(of_session)
            && *facts.get("goes_on") == true
        {
            bar.to = None;
        }
        let now = facts.get("now").as_i64().unwrap_or_default();
        for Facts(upload) in facts.list("uploads") {
            let name = upload.as_str().unwrap_or_default().to_owned();
            let to = Lane::Transfer;
            let what = Move::Call { to, name, status: None, runs: true, fetches: false };
            let from = all.add(None, now, what);
            all.begin(Span::Upload, from);
        }
        all.last_rows()
    }

    fn add(&mut self, entry: Option<u64>, at: i64, what: Move) -> usize {
        self.rows.push(Row { entry, first: entry, at, what });
        self.rows.len() - 1
    }

    fn take(&mut self, entry: Entry<'_>, session: &str) {
        let (number, at) = (entry.0["number"].as_u64(), entry.at());
        if let Some(target) = entry.0["target"].as_str() {
            let row = self.add(number, at, Move::Target(target.to_owned()));
            return self.end(Span::Login, row.saturating_sub(1));
        }
        let event = &entry.0["event"];
        if event.is_array() {
            let row = self.add(number, at, Move::Event(Step(event).in_words()));
            return self.passes(&Step(event), row, session);
        }
        let name = entry.name();
        if entry.0["telling"] != true {
            if let Some(Row { entry, at: until, what: Move::Reads(count, _), .. }) =
                self.rows.last_mut()
            {
                (*entry, *until) = (number, at);
                *count += 1;
            } else {
                self.add(number, at, Move::Reads(1, name));
            }
            return self.lasts(entry, self.rows.len() - 1, session);
        }
        let operation = entry.text("operation");
        let to = if operation == "upload" { Lane::Transfer } else { Lane::Api };
        let status = entry.status();
        let asks = entry.asks_to_fetch();
        self.pulls |= asks;
        self.due |= asks;
        let begins = !self.fetches_late
            || (entry.succeeded() && operation.ends_with("update_session.complete"));
        let fetches = self.due && begins;
        self.due &= !begins;
        let row = self.add(number, at, Move::Call { to, name, status, runs: false, fetches });
        // What the server did meanwhile stands below.
        for step in entry.steps() {
            if operation.rsplit('.').next() != Some(step.part(3)) {
                let at = step.part(4).parse().unwrap_or(at);
                self.add(number, at, Move::Event(step.in_words()));
            }
        }
        self.lasts(entry, row, session);
        for step in entry.steps() {
            self.passes(&step, row, session);
        }
    }

    /// What begins or ends with a call.
    fn lasts(&mut self, call: Entry<'_>, row: usize, session: &str) {
        match call.text("operation") {
            "cis.session.create" if call.succeeded() => {
                self.end(Span::Login, row);
                self.begin(Span::Login, row);
            }
            "cis.session.delete" if call.succeeded() => self.end(Span::Login, row),
            // Whatever login there was, it is over.
            _ if call.status() == Some(401) => self.end(Span::Login, row),
            "upload" => {
                let started = |other: &Row| other.at > call.began();
                let from = self.rows.iter().position(started).map_or(row, |from| from.min(row));
                self.bars.push(Bar { span: Span::Upload, from: Some(from), to: Some(row) });
            }
            // A server that is no simulator does not tell what its answers did.
            operation if call.succeeded() && call.steps().next().is_none() => {
                let is_mine = call.text("url").contains(&dialect::encode_segment(session));
                let knows = self.bars.iter().any(|bar| bar.span == Span::Session);
                match operation.split_once("update_session.").map_or("", |(_, name)| name) {
                    _ if session.is_empty() => {}
                    "create" if call.text("answered").contains(session) => {
                        self.begin(Span::Session, row)
                    }
                    "complete" | "cancel" | "fail" | "delete" if is_mine => {
                        self.end(Span::Session, row);
                    }
                    // It began elsewhere; here it was seen first.
                    _ if is_mine && call.text("answered").contains("\"ACTIVE\"") && !knows => {
                        self.begin(Span::Session, row);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn passes(&mut self, step: &Step<'_>, row: usize, session: &str) {
        if step.part(0) != session {
            return;
        }
        if step.begins() {
            self.begin(Span::Session, row);
        } else if step.to() != "ACTIVE" {
            self.end(Span::Session, row);
        }
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
fn mine<'a>(facts: &Facts<'a>) -> &'a str {
    if let Some(session) = facts.get("session").as_str() {
        return session;
    }
    let mut last = "";
    for Facts(entry) in facts.list("entries") {
        if let Some(begun) = Entry(entry).steps().find(Step::begins) {
            last = begun.part(0);
        }
    }
    last
}

impl<'a> Entry<'a> {
    #[inline(never)]
    fn text(self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }

    fn at(self) -> i64 {
        self.0["at"].as_i64().unwrap_or_default()
    }

    fn began(self) -> i64 {
        self.0["began"].as_i64().unwrap_or(self.at())
    }

    fn status(self) -> Option<u64> {
        self.0["status"].as_u64()
    }

    fn succeeded(self) -> bool {
        matches!(self.status(), Some(200..=299))
    }

    fn steps(self) -> impl Iterator<Item = Step<'a>> {
        self.0["steps"].as_array().map_or(&[][..], Vec::as_slice).iter().map(Step)
    }

    /// What is written at the arrow of a call.
    fn name(self) -> String {
        let (operation, url) = (self.text("operation"), self.text("url"));
        let mut name = if operation == "upload" {
            let path = url.split('?').next().unwrap_or_default();
            let file = path.rsplit('/').next().unwrap_or_default();
            "PUT ".to_owned() + dialect::decode_component(file).as_deref().unwrap_or(file)
        } else {
            // The last two parts tell it: session.create is not update_session.create.
            let mut parts = operation.rsplit('.');
            let (name, of) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            [of, ".", name].concat()
        };
        if let Some(times @ 2..) = self.0["times"].as_u64() {
            name = name + " ×" + &times.to_string();
        }
        name
    }

    /// Whether the server is told to fetch a file, and agrees.
    fn asks_to_fetch(self) -> bool {
        if !self.text("operation").ends_with("file.add") || !self.succeeded() {
            return false;
        }
        let body: Value = accession_core::reading::parse(self.text("asked")).unwrap_or_default();
        let spec = body.get("file_spec").unwrap_or(&body);
        spec["source_type"] == "PULL"
    }
}

impl<'a> Step<'a> {
    fn part(&self, place: usize) -> &'a str {
        self.0[place].as_str().unwrap_or_default()
    }

    fn begins(&self) -> bool {
        self.part(1).is_empty()
    }

    fn to(&self) -> &'a str {
        if self.part(2).is_empty() { "gone" } else { word(self.part(2)) }
    }

    fn in_words(&self) -> String {
        let from = if self.begins() { "none" } else { word(self.part(1)) };
        [self.part(3), ": ", from, " → ", self.to()].concat()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::in_english;

    const NOW: i64 = 1_700_000_000_000;

    fn at(seconds: i64) -> i64 {
        NOW + seconds * 1000
    }

    /// A call as the page tells of it; its number follows.
    fn called(seconds: i64, operation: &str, status: u64) -> Value {
        let step = |from, to, because| json!(["s", from, to, because, at(seconds).to_string()]);
        let steps = match operation.rsplit('.').next() {
            Some("create") if operation.contains("update") => {
                vec![step("", "open", "create")]
            }
            Some("complete") if status < 300 => vec![step("open", "done", "complete")],
            _ => Vec::new(),
        };
        let url = format!("https://h/x/{seconds}/a%20b.iso");
        let at = at(seconds);
        json!({
            "at": at,
            "times": 1,
            "telling": true,
            "began": at,
            "operation": operation,
            "status": status,
            "url": url,
            "steps": steps,
        })
    }

    fn read(seconds: i64, operation: &str) -> Value {
        let mut read = called(seconds, operation, 200);
        read["telling"] = false.into();
        read
    }

    /// What the page tells of a log with these entries.
    fn told(mut entries: Vec<Value>) -> Value {
        for (entry, number) in entries.iter_mut().zip(1..) {
            entry["number"] = number.into();
        }
        json!({ "session": "s", "entries": entries })
    }

    fn sequence(entries: Vec<Value>) -> Sequence {
        Sequence::of(&Facts(&told(entries)))
    }

    fn life(count: usize) -> Vec<Value> {
        const LIFE: [(i64, &str, u64); 6] = [
            (0, "cis.session.create", 201),
            (1, "library.item.update_session.create", 201),
            (2, "library.item.update_session.complete", 400),
            (254, "upload", 204),
            (255, "library.item.update_session.complete", 204),
            (256, "cis.session.delete", 204),
        ];
        LIFE[..count].iter().map(|(at, name, status)| called(*at, name, *status)).collect()
    }

    fn said(sequence: &Sequence) -> Vec<String> {
        sequence.rows.iter().map(|row| in_english(&row.spoken())).collect()
    }

    #[test]
    fn a_call_is_an_arrow_and_a_long_wait_is_folded() {
        let sequence = sequence(life(6));
        assert_eq!(
            said(&sequence),
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
    fn a_call_counts_how_often_it_came_and_says_when_no_answer_did() {
        let mut lost = called(3, "library.item.get", 200);
        (lost["times"], lost["status"]) = (2.into(), Value::Null);
        let mut all = life(1);
        all.push(lost);
        let said = said(&sequence(all));
        assert_eq!(said[1], "item.get ×2, you to API, no answer, 22:13:23.000");
    }

    #[test]
    fn a_wait_is_told_in_its_unit() {
        assert_eq!(in_english(&duration(30_590)), "30.5 s");
        assert_eq!(in_english(&duration(252_000)), "4 min 12 s");
    }

    #[test]
    fn reads_that_were_answered_share_a_row() {
        let names = ["x.update_session.get", "x.file.list", "x.item.get"];
        let mut all = life(2);
        all.extend((2..).zip(names).map(|(at, name)| read(at, name)));
        let sequence = sequence(all.clone());
        let row = sequence.rows.last().expect("there are some");
        assert_eq!((sequence.rows.len(), row.first, row.entry), (3, Some(3), Some(5)));
        assert_eq!(in_english(&row.spoken()), "3 reads of the API, 22:13:24.000");
        assert!(row.shows(Some(4)) && !row.shows(Some(2)) && !row.shows(None));
        let alone = super::Sequence::of(&Facts(&told(all[..3].to_vec())));
        assert_eq!(said(&alone)[2], "read: update_session.get of the API, 22:13:22.000");
        all.push(called(6, "x.item.get", 404));
        assert_eq!(super::Sequence::of(&Facts(&told(all))).rows.len(), 4);
    }

    #[test]
    fn login_and_session_last_side_by_side() {
        let bar = |span, from, to| Bar { span, from: Some(from), to };
        assert_eq!(
            sequence(life(6)).bars,
            [
                bar(Span::Login, 0, Some(6)),
                bar(Span::Session, 1, Some(5)),
                bar(Span::Upload, 4, Some(4)),
            ]
        );
        // A refused call ends nothing, a lost login is over.
        let bars = sequence(life(3)).bars;
        assert_eq!(bars, [bar(Span::Login, 0, None), bar(Span::Session, 1, None)]);
        let mut all = life(3);
        all.push(called(3, "library.item.create", 401));
        assert_eq!(sequence(all).bars[0], bar(Span::Login, 0, Some(3)));
        // Complete was accepted, and the server still fetches.
        let mut facts = told(life(6));
        facts["goes_on"] = true.into();
        assert_eq!(Sequence::of(&Facts(&facts)).bars[1], bar(Span::Session, 1, None));
    }

    #[test]
    fn another_target_has_a_login_of_its_own() {
        let mut all = life(1);
        all.push(json!({ "at": at(1), "target": "LIVE, h, /api" }));
        let sequence = sequence(all);
        assert_eq!(said(&sequence)[1], "LIVE, h, /api, 22:13:21.000");
        assert_eq!(sequence.bars, [Bar { span: Span::Login, from: Some(0), to: Some(0) }]);
    }

    #[test]
    fn a_server_that_tells_nothing_of_its_sessions_is_read_by_its_answers() {
        let mut begun = called(1, "library.item.update_session.create", 201);
        (begun["answered"], begun["steps"]) = ("\"s\"".into(), json!([]));
        let mut ended = called(2, "library.item.update_session.cancel", 204);
        ended["url"] = "https://h/update-session/s?action=cancel".into();
        let bars = sequence(vec![begun, ended]).bars;
        assert_eq!(bars, [Bar { span: Span::Session, from: Some(0), to: Some(1) }]);

        let seen = |state: &str, url: &str| {
            let mut read = read(3, "library.item.update_session.get");
            (read["url"], read["answered"]) =
                (url.into(), format!("{{\"state\":\"{state}\"}}").into());
            sequence(vec![read]).bars
        };
        let begun = [Bar { span: Span::Session, from: Some(0), to: None }];
        assert_eq!(seen("ACTIVE", "https://h/update-session/s"), begun);
        assert_eq!(seen("ACTIVE", "http://h/another"), []);
        assert_eq!(seen("DONE", "https://h/update-session/s"), []);
    }

    #[test]
    fn what_the_server_does_by_itself_is_a_note() {
        let mut all = life(2);
        all.push(json!({ "at": at(301), "event": ["s", "open", "", "expire"] }));
        let sequence = sequence(all);
        let said = said(&sequence);
        assert_eq!(said[2..], ["5 min 0 s without a call", "expire: ACTIVE → gone, 22:18:21.000"]);
        assert_eq!(sequence.bars[1].to, Some(3));
    }

    #[test]
    fn what_the_server_did_meanwhile_is_a_note_of_the_call() {
        let mut all = life(2);
        let mut call = called(9, "library.item.update_session.complete", 204);
        call["steps"] = json!([
            ["s", "completing", "open", "settle", at(8).to_string()],
            ["s", "open", "done", "complete", at(9).to_string()],
        ]);
        all.push(call);
        let sequence = sequence(all);
        assert_eq!(said(&sequence)[3..], ["settle: ACTIVE → ACTIVE, 22:13:28.000"]);
        assert_eq!(sequence.rows[3].entry, Some(3));
        assert_eq!(sequence.bars[1].to, Some(2));
    }

    #[test]
    fn without_a_session_on_screen_it_is_the_one_that_began_last() {
        let mut facts = told(life(6));
        facts["session"] = Value::Null;
        assert_eq!(mine(&Facts(&facts)), "s");
        assert_eq!(Sequence::of(&Facts(&facts)).bars.len(), 3);
        facts["session"] = "another".into();
        assert_eq!(Sequence::of(&Facts(&facts)).bars.len(), 2);
    }

    #[test]
    fn the_fetch_begins_where_the_server_begins_it() {
        let of_session = "library.item.update_session.complete";
        let mut add = called(1, "library.item.updatesession.file.add", 201);
        add["asked"] = json!({ "source_type": "PULL" }).to_string().into();
        let calls = vec![add, called(2, of_session, 400), called(3, of_session, 204)];
        let begins = |late: bool| {
            let mut facts = told(calls.clone());
            facts["fetches_late"] = late.into();
            let rows = Sequence::of(&Facts(&facts)).rows;
            let begins = |row: &&Row| matches!(row.what, Move::Call { fetches: true, .. });
            rows.iter().filter(begins).map(|row| row.entry).collect::<Vec<_>>()
        };
        assert_eq!(begins(false), [Some(1)]);
        assert_eq!(begins(true), [Some(3)]);
    }

    #[test]
    fn a_file_that_is_fetched_brings_its_server_in() {
        let pulls = |source: &str, status| {
            let mut add = called(1, "library.item.updatesession.file.add", status);
            let spec = json!({ "name": "PULL", "source_type": source });
            add["asked"] = json!({ "file_spec": spec }).to_string().into();
            let wrapped = sequence(vec![add.clone()]).pulls;
            add["asked"] = spec.to_string().into();
            assert_eq!(sequence(vec![add]).pulls, wrapped);
            wrapped
        };
        assert!(pulls("PULL", 200));
        assert!(!pulls("PUSH", 200));
        assert!(!pulls("PULL", 400));
    }

    #[test]
    fn an_upload_that_runs_is_the_last_row() {
        let mut facts = told(life(2));
        (facts["uploads"], facts["now"]) = (json!(["PUT a.iso, 37 %"]), at(2).into());
        let sequence = Sequence::of(&Facts(&facts));
        let said = said(&sequence);
        let upload = "PUT a.iso, 37 %, you to transfer service, on its way, 22:13:22.000";
        assert_eq!(said[2..], [upload]);
        let bar = Bar { span: Span::Upload, from: Some(2), to: None };
        assert_eq!(sequence.bars.last(), Some(&bar));
    }

    #[test]
    fn only_the_last_rows_are_drawn() {
        let mut all = life(2);
        let calls = 2..i64::try_from(ROWS).unwrap_or(0) + 12;
        all.extend(calls.map(|at| called(at, "library.item.update_session.keep_alive", 204)));
        let sequence = sequence(all);
        assert_eq!((sequence.rows.len(), sequence.left_out), (ROWS, 12));
        assert!(sequence.bars.iter().all(|bar| bar.from.is_none() && bar.to.is_none()));
        assert_eq!(sequence.bars.len(), 2);
    }
}

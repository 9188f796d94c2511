//! What there is to tell of a run: what was done, and what was seen of it. The page hands it in as JSON.

use accession_client::Exchange;
use accession_core::time::Timestamp;
use serde_json::Value;

/// A run, and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it is called.
    pub title: String,
    /// What was done to a simulator; none: a server answered.
    pub run: Option<Value>,
    /// What was seen, in order.
    pub lines: Vec<Line>,
    /// The session that it is about, as it is now.
    pub session: Option<Session>,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its number in the log.
    pub number: u64,
    /// When it ended.
    pub at: Timestamp,
    /// How often the same was seen in a row.
    pub times: u64,
    /// What it was.
    pub what: Seen,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A call.
    Call(Box<Call>),
    /// Something that the server did by itself.
    Event(Event),
    /// From here on calls went elsewhere.
    Target(String),
}

/// A call, and what a simulator told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The request, and what came of it.
    pub exchange: Exchange,
    /// What happened to sessions.
    pub events: Vec<Event>,
    /// The rule that refused it.
    pub rule: Option<Rule>,
}

/// A step of a session, by the names of its phases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which session.
    pub session: String,
    /// The phase before; none: it began.
    pub from: Option<String>,
    /// The phase after; none: it is gone.
    pub to: Option<String>,
    /// The operation, or the event.
    pub because: String,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its short name.
    pub id: String,
    /// How it is known.
    pub known: String,
    /// What it says.
    pub sentence: String,
    /// Where it stands.
    pub source: String,
}

/// A session as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Its state, in the API's word; none: the server does not know it.
    pub state: Option<String>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What it changes.
    pub item: Option<String>,
    /// Its files.
    pub files: Vec<File>,
}

/// A file of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its status, in the API's word.
    pub status: String,
    /// How many bytes it has, as far as it is known.
    pub size: Option<i64>,
    /// Why it is in ERROR.
    pub error: Option<String>,
}

impl Record {
    /// Reads what the page hands in: `{"run": {…}, "lines": […], "session": {…}}`. A line is
    /// `{"number": 1, "at": 0, "times": 1}` with a `call`, an `event` or a `target`.
    pub fn from_value(value: &Value) -> Option<Self> {
        let run = Some(&value["run"]).filter(|run| run.is_object()).cloned();
        let lines: Option<Vec<Line>> = value["lines"].as_array()?.iter().map(Line::read).collect();
        let session = &value["session"];
        let session = if session.is_null() { None } else { Some(Session::read(session)?) };
        let item = session.as_ref().and_then(|session| session.item.as_deref());
        let title = item.map_or("A run".to_owned(), |item| format!("Update session of {item}"));
        Some(Self { title, run, lines: lines?, session })
    }

    /// The calls, in order.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = (&Line, &Call)> {
        self.lines.iter().filter_map(|line| match &line.what {
            Seen::Call(call) => Some((line, &**call)),
            Seen::Event(_) | Seen::Target(_) => None,
        })
    }
}

impl Line {
    fn read(value: &Value) -> Option<Self> {
        let (call, event, target) = (&value["call"], &value["event"], &value["target"]);
        let what = if !call.is_null() {
            Seen::Call(Box::new(Call::read(call)?))
        } else if !event.is_null() {
            Seen::Event(Event::read(event)?)
        } else {
            Seen::Target(text(target)?)
        };
        Some(Self {
            number: value["number"].as_u64()?,
            at: Timestamp::from_millis(value["at"].as_i64()?),
            times: value["times"].as_u64().unwrap_or(1),
            what,
        })
    }
}

impl Call {
    /// Reads what [`Exchange::to_value`] wrote.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let events = value["transitions"].as_array().into_iter().flatten();
        let rule = &value["rule"];
        Some(Self {
            exchange: Exchange::from_value(value)?,
            events: events.map(Event::read).collect::<Option<_>>()?,
            rule: Some(rule).filter(|rule| rule.is_array()).map(Rule::read),
        })
    }
}

impl Event {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            session: text(&value[0])?,
            from: text(&value[1]).filter(|phase| !phase.is_empty()),
            to: text(&value[2]).filter(|phase| !phase.is_empty()),
            because: text(&value[3])?,
        })
    }

    pub(crate) fn to_value(&self) -> Value {
        let name = |phase: &Option<String>| phase.clone().unwrap_or_default();
        vec![self.session.clone(), name(&self.from), name(&self.to), self.because.clone()].into()
    }
}

impl Rule {
    fn read(value: &Value) -> Self {
        let field = |place: usize| text(&value[place]).unwrap_or_default();
        Self { id: field(0), known: field(1), sentence: field(2), source: field(3) }
    }

    pub(crate) fn to_value(&self) -> Value {
        [&self.id, &self.known, &self.sentence, &self.source].map(String::as_str).to_vec().into()
    }
}

impl Session {
    fn read(value: &Value) -> Option<Self> {
        let files = value["files"].as_array().into_iter().flatten();
        Some(Self {
            id: text(&value["id"])?,
            state: text(&value["model"]["state"]).filter(|_| value["gone"] != true),
            error: message(&value["model"]["error_message"]),
            item: text(&value["item"]).or_else(|| text(&value["model"]["library_item_id"])),
            files: files.map(File::read).collect(),
        })
    }
}

impl File {
    fn read(value: &Value) -> Self {
        Self {
            name: text(&value["name"]).unwrap_or_default(),
            status: text(&value["status"]).unwrap_or_default(),
            size: value["size"].as_i64(),
            error: message(&value["error_message"]),
        }
    }
}

fn message(value: &Value) -> Option<String> {
    text(&value["default_message"])
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

//! What a script has to do, made out of what was recorded. It does not know in which language.
//!
//! How a call is spelled is taken from the recording or asked of the operations table.

use accession_client::{Exchange, Outcome};
use accession_core::dialect::{self, Dialect};
use accession_core::model::ChecksumAlgorithm;
use accession_core::operations::{
    self, LoginCreate, LoginDelete, LoginGet, Operation, Row, SessionFileAdd, SessionFileGet,
    SessionFileValidate, UpdateSessionComplete, UpdateSessionGet, UpdateSessionKeepAlive,
};
use accession_core::reading;
use accession_core::wire::{Method, REDACTED, Request};
use serde_json::{Map, Value};

/// The parameters and fields that hold an id, and what a script calls such an id.
const IDS: [(&str, &str); 6] = [
    ("update_session_id", "session"),
    ("library_item_id", "item"),
    ("library_item", "item"),
    ("source_library_item_id", "item"),
    ("library_id", "library"),
    ("datastore_id", "datastore"),
];

/// How an upload is recorded.
const UPLOAD: &str = "upload";

/// What a script has to do.
pub(super) struct Plan {
    /// Whether it is a run, or one call.
    pub(super) whole: bool,
    /// How its calls are spelled.
    pub(super) dialect: Dialect,
    /// Opens the API login.
    pub(super) login: Line,
    /// Ends it.
    pub(super) logout: Line,
    /// What happens in between.
    pub(super) steps: Vec<Step>,
    /// What the run found on the server: the name of each, and its value then.
    pub(super) found: Vec<(String, String)>,
    /// The names of secrets that were recorded without their values.
    pub(super) secrets: Vec<String>,
    /// The values that stand under a name.
    names: Vec<(String, String)>,
}

/// A part of a script.
pub(super) enum Step {
    /// Something to be read.
    Note(String),
    /// A call.
    Call(Box<Call>),
    /// A file's bytes.
    Upload(Box<Upload>),
    /// The bytes of the file of this name, to a link that has to be handed in.
    Send(String),
}

/// One call.
pub(super) struct Call {
    /// The operation's full name.
    pub(super) operation: String,
    /// What the call is about, in words: the operation, and the name of a thing.
    pub(super) about: String,
    /// What is sent.
    pub(super) line: Line,
    /// What is done with its answer.
    pub(super) then: Then,
}

impl Call {
    /// The file that it declares, if its bytes are sent as well.
    pub(super) fn file(&self) -> Option<&File> {
        match &self.then {
            Then::Link(file) => Some(file),
            _ => None,
        }
    }
}

/// A file's bytes.
pub(super) struct Upload {
    /// The number of the file.
    pub(super) file: usize,
    /// Its name.
    pub(super) name: String,
    /// What keeps its session alive.
    pub(super) keep_alive: Line,
    /// What tells how far it is.
    pub(super) look: Line,
}

/// What is done with the answer of a call.
#[derive(Clone)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// It is shown.
    Print,
    /// It is an id, to be kept under this name.
    Keep(String),
    /// It is a list of one id, to be kept under this name.
    KeepOnly(String),
    /// It has the upload link of a file.
    Link(File),
    /// It tells whether the files are accepted.
    Judge,
    /// This is looked at until the session has ended.
    Await(Line),
}

/// A file that is declared and sent.
#[derive(Clone)]
pub(super) struct File {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Its name.
    pub(super) name: String,
    /// Whether its length is declared.
    pub(super) has_size: bool,
    /// What its declared digest is made with, in the word of those who make digests.
    pub(super) algorithm: Option<String>,
}

/// What is sent for a call.
#[derive(Clone)]
pub(super) struct Line {
    /// The method.
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: Vec<Piece>,
    /// The body.
    pub(super) body: Option<Value>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// As it was recorded.
    Text(String),
    /// The value that stands under a name.
    Name(String),
}

/// An exchange, taken apart.
struct Recorded<'a> {
    exchange: &'a Exchange,
    row: Option<&'static Row>,
    parameters: Map<String, Value>,
    /// The result, if there is one.
    answer: Option<Value>,
}

impl Plan {
    /// What a script has to do in order to do what was recorded: this one call, or the whole run.
    pub(super) fn of(exchanges: &[&Exchange], whole: bool) -> Self {
        let dialect = exchanges.iter().find_map(|exchange| {
            Dialect::of_path(Request::new(Method::Get, exchange.request.url.as_str()).path())
        });
        let dialect = dialect.unwrap_or_default();
        let recorded: Vec<_> =
            exchanges.iter().map(|exchange| Recorded::of(exchange, dialect)).collect();
        let mut plan = Self {
            whole,
            dialect,
            login: own(LoginCreate::ROW, dialect),
            logout: own(LoginDelete::ROW, dialect),
            steps: Vec::new(),
            found: Vec::new(),
            secrets: Vec::new(),
            names: Vec::new(),
        };
        plan.fill(&recorded);
        plan
    }

    /// The name under which a field's value stands, if it stands under one.
    pub(super) fn name_of(&self, key: &str, value: &str) -> Option<&str> {
        role(key)?;
        self.named(value)
    }

    /// Whether this is the name of a secret.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.secrets.iter().any(|secret| secret == name)
    }

    fn named(&self, value: &str) -> Option<&str> {
        self.names.iter().find(|(other, _)| other == value).map(|(_, name)| name.as_str())
    }

    fn fill(&mut self, recorded: &[Recorded<'_>]) {
        let kept =
            if self.whole { self.choose(recorded) } else { vec![Choice::Done; recorded.len()] };
        // Ids first: what an answer brings is known before the call is written.
        let mut sources = vec![None; recorded.len()];
        for (at, _) in kept.iter().enumerate().filter(|(_, choice)| **choice == Choice::Done) {
            for (role, id) in recorded[at].ids() {
                self.name(role, &id, &recorded[..at], &mut sources);
            }
        }
        let mut adds = Vec::new();
        for (at, choice) in kept.iter().enumerate() {
            let one = &recorded[at];
            match choice {
                Choice::Done if one.is_upload() => self.upload(recorded, at, &adds),
                Choice::Done if one.is_login() => {}
                Choice::Done => self.call(recorded, at, sources[at].take(), &mut adds),
                Choice::Read if sources[at].is_some() => {
                    self.call(recorded, at, sources[at].take(), &mut adds);
                }
                Choice::Told(note) => self.steps.push(Step::Note(note.clone())),
                Choice::Read | Choice::Dropped => {}
            }
        }
    }

    fn choose(&self, recorded: &[Recorded<'_>]) -> Vec<Choice> {
        let sends = recorded.iter().any(|one| one.is_upload() && one.is_done());
        let mut last: Option<&Recorded<'_>> = None;
        let mut choices = Vec::new();
        for one in recorded {
            let is_read =
                one.row.is_some_and(|row| !row.changes() && row != SessionFileValidate::ROW);
            let found_errors = || one.answer.as_ref()?.get("has_errors")?.as_bool();
            let choice = if one.is_login() {
                Choice::Dropped
            } else if is_read {
                if one.is_done() { Choice::Read } else { Choice::Dropped }
            } else if !one.is_done() {
                Choice::Told(format!("{}: {}", one.about(), one.refusal()))
            } else if one.is(SessionFileValidate::ROW) && found_errors() == Some(true) {
                Choice::Told(format!("{}: it found errors then", one.about()))
            } else if one.is(UpdateSessionKeepAlive::ROW) && sends {
                // The script keeps alive whatever it sends files to.
                Choice::Dropped
            } else if last.is_some_and(|last| last.repeats(one)) {
                Choice::Dropped
            } else {
                last = Some(one);
                Choice::Done
            };
            choices.push(choice);
        }
        choices
    }

    /// Gives an id a name: that of what brought it, or that of something the run found.
    fn name(
        &mut self,
        role: &str,
        id: &str,
        before: &[Recorded<'_>],
        sources: &mut [Option<Then>],
    ) {
        if self.named(id).is_some() || id == REDACTED {
            return;
        }
        let source = before.iter().position(|one| self.whole && one.brings(id).is_some());
        let name = match source {
            Some(at) => {
                let name = self.free_name(role);
                let is_list = before[at].brings(id) == Some(true);
                let keep = if is_list { Then::KeepOnly } else { Then::Keep };
                sources[at] = Some(keep(name.clone()));
                name
            }
            None => {
                let name = self.free_name(&role.to_ascii_uppercase());
                self.found.push((name.clone(), id.to_owned()));
                name
            }
        };
        self.names.push((id.to_owned(), name));
    }

    fn free_name(&self, name: &str) -> String {
        let is_taken = |name: &str| self.names.iter().any(|(_, other)| other == name);
        let mut free = name.to_owned();
        let mut number = 1;
        while is_taken(&free) {
            number += 1;
            free = format!("{name}_{number}");
        }
        free
    }

    fn call(
        &mut self,
        recorded: &[Recorded<'_>],
        at: usize,
        keep: Option<Then>,
        adds: &mut Vec<usize>,
    ) {
        let one = &recorded[at];
        let target = || {
            let id = one.parameters.get("update_session_id")?.as_str()?;
            self.line_of_session(UpdateSessionGet::ROW, id, None)
        };
        let file = (at + 1..recorded.len())
            .filter(|upload| recorded[*upload].is_upload() && recorded[*upload].is_done())
            .any(|upload| link_of(recorded, upload) == Some(at));
        let then = if !self.whole {
            Then::Print
        } else if let Some(keep) = keep {
            keep
        } else if one.is(SessionFileAdd::ROW) && file {
            adds.push(at);
            Then::Link(one.file(adds.len()))
        } else if one.is(SessionFileValidate::ROW) {
            Then::Judge
        } else if one.is(UpdateSessionComplete::ROW) {
            target().map_or(Then::Nothing, Then::Await)
        } else {
            Then::Nothing
        };
        let sent = &one.exchange.request;
        let mut request = Request::new(sent.method, sent.url.as_str());
        request.body = sent.body.as_text().into();
        let mut line = self.line(&request);
        if let Some(body) = &mut line.body {
            // It made a repeat find what the first call made; a script shall make its own.
            body.as_object_mut().map(|fields| fields.remove("client_token"));
            self.name_secrets(body);
        }
        let (operation, about) = (one.exchange.operation.clone(), one.about());
        self.steps.push(Step::Call(Box::new(Call { operation, about, line, then })));
    }

    fn upload(&mut self, recorded: &[Recorded<'_>], at: usize, adds: &[usize]) {
        let one = &recorded[at];
        let step = match self.upload_of(recorded, at, adds) {
            _ if !self.whole => Step::Send(one.name()),
            Some(upload) => Step::Upload(Box::new(upload)),
            None => Step::Note([&one.about(), ": its file was not added in this run"].concat()),
        };
        self.steps.push(step);
    }

    fn upload_of(&self, recorded: &[Recorded<'_>], at: usize, adds: &[usize]) -> Option<Upload> {
        let add = link_of(recorded, at)?;
        let name = recorded[add].name();
        let id = recorded[add].parameters.get("update_session_id")?.as_str()?;
        Some(Upload {
            file: adds.iter().position(|other| *other == add)? + 1,
            // A call that keeps alive sends nothing but itself.
            keep_alive: Line {
                body: None,
                ..self.line_of_session(UpdateSessionKeepAlive::ROW, id, None)?
            },
            look: self.line_of_session(SessionFileGet::ROW, id, Some(&name))?,
            name,
        })
    }

    /// A secret has no value here; it gets a name instead.
    fn name_secrets(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if text == REDACTED => {
                let number = self.secrets.len() + 1;
                let name =
                    if number == 1 { "SECRET".to_owned() } else { format!("SECRET_{number}") };
                *text = format!("{REDACTED}{name}");
                self.secrets.push(name);
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.name_secrets(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.name_secrets(value)),
            _ => {}
        }
    }

    fn line_of_session(&self, row: &'static Row, id: &str, file: Option<&str>) -> Option<Line> {
        let parameters = [("update_session_id", Some(id)), ("file_name", file)];
        Some(self.line(&own_request(row, self.dialect, &parameters)?))
    }

    fn line(&self, request: &Request) -> Line {
        let target = &request.url[request.origin().len()..];
        let (mut pieces, mut text) = (Vec::new(), String::new());
        for part in target.split_inclusive(['/', '?', '&', '=']) {
            let word = part.trim_end_matches(['/', '?', '&', '=']);
            // How `/rest` marks an id in a path.
            let id = word.strip_prefix("id:").unwrap_or(word);
            match self.named(id) {
                Some(name) => {
                    text.push_str(&word[..word.len() - id.len()]);
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Name(name.to_owned()));
                    text.push_str(&part[word.len()..]);
                }
                None => text.push_str(part),
            }
        }
        pieces.push(Piece::Text(text));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        let body = reading::parse(&request.body).ok();
        Line { method: request.method, target: pieces, body }
    }
}

/// What becomes of an exchange in the script of a run.
#[derive(Clone, PartialEq)]
enum Choice {
    /// It is done again.
    Done,
    /// It only read, and is done if an id came from it.
    Read,
    /// It is left out, for a reason that is told.
    Told(String),
    /// It is left out.
    Dropped,
}

impl<'a> Recorded<'a> {
    fn of(exchange: &'a Exchange, dialect: Dialect) -> Self {
        let sent = &exchange.request;
        let mut request = Request::new(sent.method, sent.url.as_str());
        request.body = sent.body.as_text().into();
        let routed = dialect::route(operations::lines(dialect), dialect, &request);
        let parameters = routed.and_then(|routed| routed.parameters(&request).ok());
        let answer = match &exchange.outcome {
            Outcome::Answered(answer) if matches!(answer.status, 200..=299) => {
                reading::parse(answer.body.as_text()).ok()
            }
            Outcome::Answered(_) | Outcome::NoAnswer(_) => None,
        };
        Self {
            exchange,
            row: operations::row_named(&exchange.operation),
            parameters: parameters.unwrap_or_default(),
            answer: answer.map(|answer| dialect::unwrap_result(dialect, answer).0),
        }
    }

    fn is(&self, row: &'static Row) -> bool {
        self.row == Some(row)
    }

    fn is_login(&self) -> bool {
        [LoginCreate::ROW, LoginGet::ROW, LoginDelete::ROW].into_iter().any(|row| self.is(row))
    }

    fn is_upload(&self) -> bool {
        self.exchange.operation == UPLOAD
    }

    fn is_done(&self) -> bool {
        matches!(self.exchange.status(), Some(200..=299))
    }

    /// Whether another one is the same again. Adding a file again asks for its bytes again.
    fn repeats(&self, other: &Self) -> bool {
        !self.is(SessionFileAdd::ROW) && self.exchange.request == other.exchange.request
    }

    /// What became of it, if it was not done.
    fn refusal(&self) -> String {
        match &self.exchange.outcome {
            Outcome::NoAnswer(_) => "no answer came then".to_owned(),
            Outcome::Answered(answer) => {
                let error = dialect::read_error(answer.body.as_text().as_bytes());
                let kind = error.and_then(|error| error.error_type);
                let kind = kind.map(|kind| format!(" {kind}")).unwrap_or_default();
                format!("refused then with {}{kind}", answer.status)
            }
        }
    }

    /// Whether its answer brings this id; as the only one of a list, if it was searched for.
    fn brings(&self, id: &str) -> Option<bool> {
        let row = self.row.filter(|_| !self.is_login())?;
        match self.answer.as_ref()? {
            Value::String(text) if text == id => Some(false),
            Value::Array(values)
                if row.name == "find"
                    && matches!(values.as_slice(), [Value::String(text)] if text == id) =>
            {
                Some(true)
            }
            _ => None,
        }
    }

    /// The ids that it needs, each with what it is the id of.
    fn ids(&self) -> Vec<(&'static str, String)> {
        let mut ids = Vec::new();
        gather(&self.parameters, &mut ids);
        ids
    }

    /// The name of what it is about; empty if that has none.
    fn name(&self) -> String {
        if self.is_upload() {
            let request = Request::new(Method::Put, self.exchange.request.url.as_str());
            let last = request.path().rsplit('/').next().unwrap_or_default();
            return dialect::decode_component(last).unwrap_or_else(|| last.to_owned());
        }
        let own =
            |fields: &Map<String, Value>, key: &str| Some(fields.get(key)?.as_str()?.to_owned());
        let specs = self.parameters.values().filter_map(Value::as_object);
        let named = || specs.filter_map(|spec| own(spec, "name")).next();
        own(&self.parameters, "file_name").or_else(named).unwrap_or_default()
    }

    /// The file that it declares.
    fn file(&self, number: usize) -> File {
        let spec = self.parameters.get("file_spec");
        let checksum = spec.and_then(|spec| spec.get("checksum_info"));
        File {
            number,
            name: self.name(),
            has_size: spec.is_some_and(|spec| spec.get("size").is_some()),
            algorithm: checksum.and_then(algorithm),
        }
    }

    fn about(&self) -> String {
        match self.name() {
            name if name.is_empty() => self.exchange.operation.clone(),
            name => format!("{} of {}", self.exchange.operation, super::quote(&name)),
        }
    }
}

/// The call whose answer gave the link of an upload: the last one before it with that link.
fn link_of(recorded: &[Recorded<'_>], upload: usize) -> Option<usize> {
    let path = |url: &str| {
        let request = Request::new(Method::Put, url);
        request.url[request.origin().len()..].to_owned()
    };
    let sent_to = path(&recorded[upload].exchange.request.url);
    recorded[..upload].iter().rposition(|one| {
        let link = || one.answer.as_ref()?.pointer("/upload_endpoint/uri")?.as_str();
        one.is(SessionFileAdd::ROW) && link().is_some_and(|link| path(link) == sent_to)
    })
}

/// What a checksum is made with; `None` if nobody here knows how.
fn algorithm(checksum: &Value) -> Option<String> {
    let algorithm = match checksum.get("algorithm").and_then(Value::as_str) {
        Some(name) => ChecksumAlgorithm::from(name.to_owned()),
        None => ChecksumAlgorithm::default(),
    };
    let is_known = ChecksumAlgorithm::KNOWN.contains(&algorithm);
    is_known.then(|| algorithm.as_str().to_ascii_lowercase())
}

fn role(key: &str) -> Option<&'static str> {
    IDS.iter().find(|(other, _)| *other == key).map(|(_, role)| *role)
}

fn gather(fields: &Map<String, Value>, ids: &mut Vec<(&'static str, String)>) {
    for (key, value) in fields {
        match value {
            Value::String(id) => ids.extend(role(key).map(|role| (role, id.clone()))),
            Value::Object(fields) => gather(fields, ids),
            Value::Array(values) => {
                values.iter().filter_map(Value::as_object).for_each(|fields| gather(fields, ids));
            }
            _ => {}
        }
    }
}

fn own_request(
    row: &'static Row,
    dialect: Dialect,
    parameters: &[(&str, Option<&str>)],
) -> Option<Request> {
    let given = |(name, value): &(&str, Option<&str>)| Some(((*name).to_owned(), (*value)?.into()));
    operations::encode(row, dialect, "", parameters.iter().filter_map(given).collect()).ok()
}

/// A line of an operation that has no parameters.
fn own(row: &'static Row, dialect: Dialect) -> Line {
    let url = own_request(row, dialect, &[]).map(|request| request.url).unwrap_or_default();
    let method = operations::line(row, dialect).method;
    Line { method, target: vec![Piece::Text(url)], body: None }
}

//! The call builder: any operation of the table, with parameters that are filled in or written as JSON,
//! and what is to be expected of the call.
//!
//! It has no list of operations and no rule of its own: whether they will be refused, core tells; what
//! they carry, the scribe, who draws the form. What was typed is never lost because it does not fit.

use accession_client::is_secret;
use accession_core::dialect::{self, Dialect};
use accession_core::model::SessionId;
use accession_core::operations::{self, Call, Operation, Row, UpdateSessionCreate};
use accession_core::reading::{self, Path};
use accession_core::rules;
use accession_core::structure::{Plain, Writer};
use serde_json::{Map, Value};

use super::{Foresight, Lab, Replica, Scene, SessionCall, Target};
use crate::format;
use crate::words::{say, word};

/// The call that is being built.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// The operation.
    pub row: &'static Row,
    /// Whether its form is unfolded.
    pub open: bool,
    /// Whether its parameters are edited as JSON.
    as_json: bool,
    /// Raised when all of them give way to others.
    turn: u64,
    /// What was made of them; nothing as long as they are as they are offered.
    edited: Option<Draft>,
    /// The sessions that were met on this target, the newest first.
    sessions: Vec<SessionId>,
}

/// The parameters of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// As the text had them when it last could be read.
    pub parameters: Map<String, Value>,
    /// As they were written; nothing if they were filled in.
    pub text: Option<String>,
    /// Why the text cannot be read, and where it goes wrong.
    pub error: Option<String>,
}

/// A call that was built.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The operation.
    pub row: &'static Row,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// What the operation is called.
    pub name: String,
    /// What it does.
    pub effect: String,
}

/// What is done to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Unfolded, or folded up.
    Open(bool),
    /// Another operation.
    Choose(&'static Row),
    /// As JSON, or as a form.
    AsJson(bool),
    /// These parameters.
    Fill(Map<String, Value>),
    /// The whole as text, and the parameters before it.
    Text(String, Map<String, Value>),
    /// As it is offered.
    Anew,
    /// It was sent: passwords are no longer needed.
    Sent,
}

impl Edit {
    /// A change that comes as data: its name, and what it needs.
    pub fn read(edit: &Value) -> Option<Self> {
        let fields = |place: usize| edit[place].as_object().cloned();
        let text = edit[1].as_str();
        Some(match edit[0].as_str()? {
            "build" => Self::Choose(operations::row_named(text?)?),
            "as-json" => Self::AsJson(edit[1].as_bool()?),
            "fill" => Self::Fill(fields(1)?),
            "text" => Self::Text(text?.to_owned(), fields(2)?),
            "anew" => Self::Anew,
            _ => return None,
        })
    }
}

impl Default for Builder {
    fn default() -> Self {
        let row = UpdateSessionCreate::ROW;
        let (open, as_json) = (false, false);
        Self { row, open, as_json, turn: 0, edited: None, sessions: Vec::new() }
    }
}

impl Builder {
    /// The same for another server, which knows none of these ids.
    pub(super) fn elsewhere(&self) -> Self {
        Self { edited: None, sessions: Vec::new(), ..self.clone() }
    }

    /// Takes note of a session.
    pub(super) fn met(&mut self, id: &SessionId) {
        self.sessions.retain(|known| known != id);
        self.sessions.insert(0, id.clone());
    }

    /// The parameters as they are now; `offer` makes those that they are as long as nobody changed them.
    pub fn draft(&self, offer: impl FnOnce(Value) -> Value) -> Draft {
        let offered = || match offer(self.tell(|_| ())) {
            Value::Object(parameters) => Draft { parameters, ..Draft::default() },
            _ => Draft::default(),
        };
        self.edited.clone().unwrap_or_else(offered)
    }

    /// What the scribe has to know to draw the form, together with which value is at fault.
    pub fn told(&self, draft: &Draft, place: Option<&Path>) -> Value {
        self.tell(|told| {
            told.put("parameters", &draft.parameters);
            told.put("text", &draft.text);
            told.put("error", &draft.error);
            told.put("place", &place.map(Path::to_string));
            told.put("asJson", &self.as_json);
            told.put("touched", &self.edited.is_some());
            told.put("turn", &self.turn);
        })
    }

    fn tell(&self, more: impl FnOnce(&mut Writer<'_>)) -> Value {
        let mut told = Writer::new(&Plain);
        told.put("operation", &self.row.full_name());
        more(&mut told);
        told.finish("")
    }

    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Open(open) => self.open = open,
            Edit::Choose(row) => {
                self.row = row;
                self.edited = None;
                self.turn += 1;
            }
            Edit::AsJson(as_json) => self.as_json = as_json,
            Edit::Fill(parameters) => self.edited = Some(Draft { parameters, ..Draft::default() }),
            Edit::Text(text, before) => self.edited = Some(Draft::read(text, before)),
            Edit::Anew => {
                self.edited = None;
                self.turn += 1;
            }
            Edit::Sent => {
                if let Some(draft) = &mut self.edited
                    && forget_secrets_of(&mut draft.parameters)
                {
                    (draft.text, draft.error) = (None, None);
                }
            }
        }
    }
}

impl Draft {
    fn read(text: String, before: Map<String, Value>) -> Self {
        let (parameters, error) = match reading::parse(&text) {
            Ok(Value::Object(parameters)) => (parameters, None),
            Ok(_) => (before, Some(word("the parameters are one object, {…}, from line 1 on"))),
            Err(error) => (before, Some(error.to_string())),
        };
        Self { parameters, text: Some(text), error }
    }
}

fn forget_secrets(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => forget_secrets_of(fields),
        Value::Array(values) => {
            values.iter_mut().fold(false, |any, value| forget_secrets(value) | any)
        }
        _ => false,
    }
}

fn forget_secrets_of(fields: &mut Map<String, Value>) -> bool {
    let before = fields.len();
    fields.retain(|name, _| !is_secret(name));
    let deeper = fields.values_mut().fold(false, |any, value| forget_secrets(value) | any);
    deeper || fields.len() < before
}

// -------------------------------------------------------------------------------------------------
// What the page knows
// -------------------------------------------------------------------------------------------------

/// What occurred so far: ids, and names of files, each with what people call it, and whether it is the
/// one that is on screen or chosen.
pub fn known(lab: &Lab) -> Value {
    let mut known: Vec<Value> = Vec::new();
    let mut add = |what: &str, value: &str, label: &str, chosen: bool| {
        if !known.iter().any(|known| known["what"] == what && known["value"] == value) {
            let mut one = Writer::new(&Plain);
            one.put("what", &what.to_owned());
            one.put("value", &value.to_owned());
            one.put("label", &label.to_owned());
            one.put("chosen", &chosen);
            known.push(one.finish(""));
        }
    };
    let session = lab.session.as_ref();
    for id in &lab.builder.sessions {
        let chosen = session.is_some_and(|session| session.id == *id);
        let here = if chosen { "{0}, on screen" } else { "{0}, met before" };
        let label = say(here, &[&format::short(id.as_str())]);
        add("session", id.as_str(), &label, chosen);
    }
    for item in lab.items.ready().into_iter().flatten() {
        let chosen = lab.item.as_ref() == Some(&item.id);
        add("item", item.id.as_str(), item.label(), chosen);
        let version = item.model.as_ref().and_then(|item| item.content_version.as_ref());
        if let (true, Some(version)) = (chosen, version) {
            add("version", version, &word("of the chosen item"), true);
        }
    }
    for library in lab.libraries.ready().into_iter().flatten() {
        let chosen = lab.library.as_ref() == Some(&library.id);
        add("library", library.id.as_str(), library.label(), chosen);
    }
    if let Some(session) = session {
        let model = session.model.ready();
        if let Some(item) = model.and_then(|model| model.library_item_id.as_ref()) {
            add("item", item.as_str(), session.item_label().unwrap_or_default(), false);
        }
        for file in session.files.ready().into_iter().flatten() {
            add("file", &file.name, &file.name, true);
        }
        for file in session.item_files.ready().into_iter().flatten() {
            add("file", &file.name, &file.name, true);
        }
    }
    Value::Array(known)
}

// -------------------------------------------------------------------------------------------------
// What is to be expected
// -------------------------------------------------------------------------------------------------

/// What is to be expected of a call, before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Lint {
    /// It cannot be sent.
    Unsendable(String),
    /// It can.
    Foreseen {
        /// What will come of it.
        what: Foresight,
        /// Which of its values is at fault, if one is.
        place: Option<Path>,
    },
}

/// Looks at a call as its receiver would: written as a request and read back. What reads well is for
/// `foresee` to judge, who knows the state that the call will meet.
pub fn lint(
    row: &Row,
    dialect: Dialect,
    parameters: &Map<String, Value>,
    foresee: impl FnOnce(Call) -> Foresight,
) -> Lint {
    // A parameter that the operation does not have has no place in the request.
    if let Some(name) = parameters.keys().find(|name| !row.parameters.contains(&name.as_str())) {
        return Lint::Unsendable(say("{0} has no parameter {1}", &[row.name, name]));
    }
    let request = match operations::encode(row, dialect, "", parameters.clone()) {
        Ok(request) => request,
        Err(error) if error.value.is_empty() => {
            return Lint::Unsendable(say("{0} is empty", &[&error.parameter]));
        }
        Err(error) => return Lint::Unsendable(error.to_string()),
    };
    let routed = dialect::route(operations::lines(dialect), dialect, &request);
    let Some(routed) = routed else {
        return Lint::Foreseen { what: Foresight::Unknown, place: None };
    };
    let read = routed.parameters(&request).map_err(|error| (error, None));
    let call = read.and_then(|parameters| {
        let misfit = Call::misfit(row, &parameters);
        Call::decode(row, &parameters).map_err(|error| (error, misfit))
    });
    match call {
        Ok(call) => Lint::Foreseen { what: foresee(call), place: None },
        Err((error, place)) => {
            let said = error.messages.first().map(|message| message.default_message.clone());
            let because = said.unwrap_or_default();
            let rule = error.rule.unwrap_or(rules::WELL_FORMED);
            Lint::Foreseen { what: Foresight::Refused { because, rule }, place }
        }
    }
}

/// What is to be expected of a call at the entry that is shown. The simulator tells by its own rules;
/// of a server only the session on screen is known.
pub fn foresee(lab: &Lab, scene: &Scene, replica: &mut Replica, call: &Call) -> Foresight {
    if call.row().opens_login() {
        let because = "no user and no password go with it from here".to_owned();
        return Foresight::Refused { because, rule: rules::CREDENTIALS };
    }
    match &lab.target {
        Target::Live { .. } | Target::Replay { .. } => {
            let parameters = call.parameters(&Plain);
            let named = parameters.get("update_session_id").and_then(Value::as_str);
            let on_screen = scene.session.as_ref().map(|session| session.id.as_str());
            let button = SessionCall::ALL.into_iter().find(|button| button.is_of(call.row()));
            let button = button.filter(|_| named.is_some() && named == on_screen);
            button.map_or(Foresight::Unknown, |button| scene.foresee(button).clone())
        }
        Target::Simulated => {
            let Some(replay) = replica.of(lab) else { return Foresight::Unknown };
            let unmet = match replay.caller() {
                Ok(user) => replay.simulator.why_not(call, user).into_iter().next(),
                Err(outside) => Some(outside),
            };
            unmet.map_or(Foresight::Fine, Foresight::from)
        }
    }
}

#[cfg(test)]
mod tests;

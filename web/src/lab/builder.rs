//! The call builder: any operation of the table, its parameters as a form and as JSON over the same
//! data, and what is to be expected of the call.
//!
//! It has no list of operations and no rule of its own: which there are, what they carry and whether
//! they will be refused, core tells. What was typed is never lost because it does not fit.

use accession_client::is_secret;
use accession_core::dialect::{self, Dialect};
use accession_core::model::{Identifier, SessionId};
use accession_core::operations::{self, Call, Operation, ROWS, Row, UpdateSessionCreate};
use accession_core::reading::{Path, Step};
use accession_core::rules;
use accession_core::shape::{Field, Shape};
use accession_core::structure::Plain;
use serde_json::{Map, Value};

use super::{Connection, Foresight, Lab, Replica, Scene, SessionCall, Target};
use crate::format;

/// The part of a session's life, or of the API, that an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A session begins.
    Start,
    /// Its files.
    Files,
    /// It goes on.
    StayAlive,
    /// It ends.
    Finish,
    /// What can be done with any, also one that has ended.
    CleanUp,
    /// Libraries.
    Libraries,
    /// Items, and their files.
    Items,
    /// API logins.
    Login,
}

impl Phase {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Start,
        Self::Files,
        Self::StayAlive,
        Self::Finish,
        Self::CleanUp,
        Self::Libraries,
        Self::Items,
        Self::Login,
    ];

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Files => "Files",
            Self::StayAlive => "Stay alive",
            Self::Finish => "Finish",
            Self::CleanUp => "Clean up",
            Self::Libraries => "Libraries",
            Self::Items => "Items",
            Self::Login => "API login",
        }
    }

    /// That of an operation, by its service and name: one that is new in the table has its place.
    pub fn of(row: &Row) -> Self {
        let is_of = |service: &str| row.service.ends_with(service);
        let below = |service: &str| row.service.starts_with(service);
        match row.name {
            "create" if is_of(".update_session") => Self::Start,
            "keep_alive" | "update" if is_of(".update_session") => Self::StayAlive,
            "complete" | "cancel" | "fail" if is_of(".update_session") => Self::Finish,
            _ if is_of(".update_session") => Self::CleanUp,
            _ if is_of(".updatesession.file") => Self::Files,
            _ if below("com.vmware.content.library.item") => Self::Items,
            _ if below("com.vmware.cis.") => Self::Login,
            _ => Self::Libraries,
        }
    }

    /// Its operations.
    pub fn rows(self) -> impl Iterator<Item = &'static Row> {
        ROWS.iter().copied().filter(move |row| Self::of(row) == self)
    }
}

/// What an operation is called beside others of its phase: as shortly as can be.
pub fn name_of(row: &Row) -> String {
    match Phase::of(row) {
        Phase::Libraries | Phase::Items | Phase::Login => row.full_name(),
        _ => row.name.to_owned(),
    }
}

/// The call that is being built.
#[derive(Debug, Clone, PartialEq)]
pub struct Builder {
    /// The operation.
    pub row: &'static Row,
    /// Whether its parameters are edited as JSON.
    pub as_json: bool,
    /// Raised when all of them give way to others.
    pub turn: u32,
    /// What was made of them; nothing as long as they are as they were offered.
    edited: Option<Draft>,
    /// The sessions that were met on this target, the newest first.
    sessions: Vec<SessionId>,
}

/// The parameters of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// As the text had them when it last could be read.
    pub parameters: Map<String, Value>,
    /// As text.
    pub text: String,
    /// Why the text cannot be read, and where it goes wrong.
    pub error: Option<String>,
}

/// What is done to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Another operation.
    Choose(&'static Row),
    /// As JSON, or as a form.
    AsJson(bool),
    /// A value at a place; also a field or an element that was not there.
    Set(Path, Value),
    /// Nothing at a place.
    Remove(Path),
    /// The whole as text.
    Text(String),
    /// As it was offered.
    Anew,
    /// It was sent: passwords are no longer needed.
    Sent,
}

impl Default for Builder {
    fn default() -> Self {
        let row = UpdateSessionCreate::ROW;
        Self { row, as_json: false, turn: 0, edited: None, sessions: Vec::new() }
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

    /// The parameters as they are now.
    pub fn draft(&self, known: &Known) -> Draft {
        self.edited.clone().unwrap_or_else(|| Draft::of(offered(self.row, known)))
    }

    /// Whether they are as they were offered.
    pub const fn is_untouched(&self) -> bool {
        self.edited.is_none()
    }

    pub(super) fn apply(&mut self, edit: Edit, known: &Known) {
        match edit {
            Edit::Choose(row) => {
                self.row = row;
                self.edited = None;
                self.turn += 1;
            }
            Edit::AsJson(as_json) => self.as_json = as_json,
            Edit::Text(text) => {
                let before = self.draft(known).parameters;
                self.edited = Some(Draft::read(text, before));
            }
            Edit::Set(path, value) => self.change(known, |whole| set(whole, &path.0, value)),
            Edit::Remove(path) => self.change(known, |whole| remove(whole, &path.0)),
            Edit::Anew => {
                self.edited = None;
                self.turn += 1;
            }
            Edit::Sent => {
                if let Some(draft) = self.edited.take() {
                    let mut whole = Value::Object(draft.parameters.clone());
                    let had_secrets = forget_secrets(&mut whole);
                    self.edited = match whole {
                        Value::Object(parameters) if had_secrets => Some(Draft::of(parameters)),
                        _ => Some(draft),
                    };
                }
            }
        }
    }

    fn change(&mut self, known: &Known, change: impl FnOnce(&mut Value)) {
        let mut whole = Value::Object(self.draft(known).parameters);
        change(&mut whole);
        if let Value::Object(parameters) = whole {
            self.edited = Some(Draft::of(parameters));
        }
    }
}

impl Draft {
    fn of(parameters: Map<String, Value>) -> Self {
        let whole = Value::Object(parameters.clone());
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        Self { parameters, text, error: None }
    }

    fn read(text: String, before: Map<String, Value>) -> Self {
        match serde_json::from_str(&text) {
            Ok(Value::Object(parameters)) => Self { parameters, text, error: None },
            Ok(_) => {
                let error = Some("the parameters are one object, {…}, from line 1 on".to_owned());
                Self { parameters: before, text, error }
            }
            Err(error) => Self { parameters: before, text, error: Some(error.to_string()) },
        }
    }
}

fn set(value: &mut Value, path: &[Step], new: Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    match (step, value) {
        (Step::Field(name), Value::Object(fields)) => {
            set(fields.entry(name.as_str()).or_insert(Value::Null), rest, new);
        }
        (Step::Element(at), Value::Array(elements)) => {
            if *at == elements.len() {
                elements.push(Value::Null);
            }
            if let Some(element) = elements.get_mut(*at) {
                set(element, rest, new);
            }
        }
        // The form was of other parameters than these.
        _ => {}
    }
}

fn remove(value: &mut Value, path: &[Step]) {
    match (path, value) {
        ([Step::Field(name)], Value::Object(fields)) => {
            fields.shift_remove(name);
        }
        ([Step::Element(at)], Value::Array(elements)) if *at < elements.len() => {
            elements.remove(*at);
        }
        ([Step::Field(name), rest @ ..], Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(name) {
                remove(value, rest);
            }
        }
        ([Step::Element(at), rest @ ..], Value::Array(elements)) => {
            if let Some(value) = elements.get_mut(*at) {
                remove(value, rest);
            }
        }
        _ => {}
    }
}

fn forget_secrets(value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let before = fields.len();
            fields.retain(|name, _| !is_secret(name));
            let deeper = fields.values_mut().fold(false, |any, value| forget_secrets(value) | any);
            deeper || fields.len() < before
        }
        Value::Array(values) => {
            values.iter_mut().fold(false, |any, value| forget_secrets(value) | any)
        }
        _ => false,
    }
}

// -------------------------------------------------------------------------------------------------
// What the page knows, and what it offers
// -------------------------------------------------------------------------------------------------

/// A value that occurred, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The value.
    pub value: String,
    /// What people call it.
    pub label: String,
    /// Whether it is the one that is on screen or chosen.
    pub chosen: bool,
    what: Occurred,
}

/// What it was that occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occurred {
    Session,
    Item,
    Library,
    Version,
    FileName,
}

/// What occurred so far: ids, and names of files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known(Vec<Offer>);

impl Known {
    /// What this page knows.
    pub fn of(lab: &Lab) -> Self {
        let mut known = Self::default();
        let session = lab.session.as_ref();
        for id in &lab.builder.sessions {
            let chosen = session.is_some_and(|session| session.id == *id);
            let here = if chosen { "on screen" } else { "met before" };
            let label = format!("{}, {here}", format::short(id.as_str()));
            known.add(Occurred::Session, id.as_str(), &label, chosen);
        }
        for item in lab.items.ready().into_iter().flatten() {
            let chosen = lab.item.as_ref() == Some(&item.id);
            known.add(Occurred::Item, item.id.as_str(), item.label(), chosen);
            let version = item.model.as_ref().and_then(|item| item.content_version.as_ref());
            if let (true, Some(version)) = (chosen, version) {
                known.add(Occurred::Version, version, "of the chosen item", true);
            }
        }
        for library in lab.libraries.ready().into_iter().flatten() {
            let chosen = lab.library.as_ref() == Some(&library.id);
            known.add(Occurred::Library, library.id.as_str(), library.label(), chosen);
        }
        if let Some(session) = session {
            let model = session.model.ready();
            if let Some(item) = model.and_then(|model| model.library_item_id.as_ref()) {
                let label = session.item_label().unwrap_or_default();
                known.add(Occurred::Item, item.as_str(), label, false);
            }
            for file in session.files.ready().into_iter().flatten() {
                known.add(Occurred::FileName, &file.name, &file.name, true);
            }
            for file in session.item_files.ready().into_iter().flatten() {
                known.add(Occurred::FileName, &file.name, &file.name, true);
            }
        }
        known
    }

    fn add(&mut self, what: Occurred, value: &str, label: &str, chosen: bool) {
        let is_known = |known: &Offer| known.what == what && known.value == value;
        if !self.0.iter().any(is_known) {
            let (value, label) = (value.to_owned(), label.to_owned());
            self.0.push(Offer { value, label, chosen, what });
        }
    }

    /// What may be meant in a field.
    fn offers(&self, row: &Row, name: &str, shape: Shape) -> impl Iterator<Item = &Offer> {
        let what = match shape {
            Shape::Id(Identifier::SessionId) => Some(Occurred::Session),
            Shape::Id(Identifier::ItemId) => Some(Occurred::Item),
            Shape::Id(Identifier::LibraryId) => Some(Occurred::Library),
            Shape::Id(Identifier::ItemVersion) => Some(Occurred::Version),
            Shape::Text if name == "file_name" => Some(Occurred::FileName),
            Shape::Text if name == "name" && row.service.ends_with(".file") => {
                Some(Occurred::FileName)
            }
            _ => None,
        };
        self.0.iter().filter(move |offer| Some(offer.what) == what)
    }
}

/// Parameters to begin with: what has to be there, with the ids that are chosen.
pub fn offered(row: &Row, known: &Known) -> Map<String, Value> {
    fields_of(row, row.fields(), known, false)
}

fn fields_of(row: &Row, fields: &[Field], known: &Known, creates: bool) -> Map<String, Value> {
    let wanted =
        fields.iter().filter(|field| field.is_required() || (creates && field.is_for_create()));
    wanted
        .map(|field| (field.name.to_owned(), blank(row, field.name, field.shape(), known)))
        .collect()
}

/// What a field begins with.
fn blank(row: &Row, name: &str, shape: Shape, known: &Known) -> Value {
    match shape {
        Shape::Text | Shape::Id(_) | Shape::Time => {
            let chosen = known.offers(row, name, shape).find(|offer| offer.chosen);
            Value::from(chosen.map_or("", |offer| &offer.value))
        }
        Shape::Optional(inside) => blank(row, name, inside(), known),
        Shape::Integer | Shape::Number => Value::from(0),
        Shape::Boolean => Value::from(false),
        Shape::Enumeration(names) => {
            // Whoever sets a field means something by it.
            let name = names.iter().find(|name| **name != "NONE").or(names.first());
            Value::from(name.copied().unwrap_or_default())
        }
        Shape::List(element) => Value::from(vec![blank(row, name, element(), known)]),
        Shape::Map(_) | Shape::Any => Value::Object(Map::new()),
        Shape::Structure(fields) => {
            Value::Object(fields_of(row, fields, known, name.ends_with("create_spec")))
        }
    }
}

// -------------------------------------------------------------------------------------------------
// The form
// -------------------------------------------------------------------------------------------------

/// A line of the form, or a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where its value is.
    pub path: Path,
    /// The field's name, or the element's number.
    pub name: String,
    /// What it means; empty for elements, and for fields that nobody knows.
    pub doc: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// How it is filled in.
    pub kind: Kind,
}

/// How a value is filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// By typing.
    Line {
        /// What stands there.
        text: String,
        /// What is meant by it.
        typed: Typed,
        /// Values that occurred.
        offers: Vec<Offer>,
    },
    /// By choosing.
    Choice {
        /// What is chosen.
        text: String,
        /// All there is, and what is chosen if that is none of it.
        options: Vec<String>,
        /// What is meant by it.
        typed: Typed,
    },
    /// A structure.
    Group {
        /// The fields that are set.
        entries: Vec<Entry>,
        /// The others, and what they begin with.
        unset: Vec<(&'static str, Value)>,
    },
    /// A list.
    List {
        /// Its elements.
        entries: Vec<Entry>,
        /// What another one begins with.
        next: Value,
    },
    /// Not at all: JSON that has no form.
    Kept(String),
}

/// What is meant by what is typed or chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A password.
    Secret,
    /// True or false.
    Boolean,
}

impl Typed {
    /// What a text means. What is no number stays a text, and is refused as such.
    pub fn value(self, text: &str) -> Value {
        match (self, serde_json::from_str(text)) {
            // Any other spelling of it would change while it is typed.
            (Self::Number, Ok(Value::Number(number))) if number.to_string() == text => {
                Value::Number(number)
            }
            (Self::Boolean, Ok(Value::Bool(value))) => Value::Bool(value),
            _ => Value::from(text),
        }
    }
}

impl Entry {
    /// Whether it can be taken out.
    pub const fn is_removable(&self) -> bool {
        !self.required
    }
}

/// The form for the parameters of an operation.
pub fn form(row: &Row, parameters: &Map<String, Value>, known: &Known) -> Kind {
    group(row, row.fields(), parameters, &Path::default(), known)
}

fn group(
    row: &Row,
    fields: &'static [Field],
    values: &Map<String, Value>,
    path: &Path,
    known: &Known,
) -> Kind {
    let at = |name: &str| below(path, Step::Field(name.to_owned()));
    let is_set = |field: &&Field| values.get(field.name).is_some();
    let set = fields.iter().filter(is_set).map(|field| {
        let (name, path) = (field.name.to_owned(), at(field.name));
        let kind = kind(row, field.name, field.shape(), &values[field.name], &path, known);
        Entry { path, name, doc: field.doc, required: field.is_required(), kind }
    });
    let is_known = |name: &str| fields.iter().any(|field| field.name == name);
    let others = values.iter().filter(|(name, _)| !is_known(name)).map(|(name, value)| Entry {
        path: at(name),
        name: name.clone(),
        doc: "",
        required: false,
        kind: Kind::Kept(value.to_string()),
    });
    let unset = fields.iter().filter(|field| !is_set(field));
    Kind::Group {
        entries: set.chain(others).collect(),
        unset: unset
            .map(|field| (field.name, blank(row, field.name, field.shape(), known)))
            .collect(),
    }
}

fn kind(row: &Row, name: &str, shape: Shape, value: &Value, path: &Path, known: &Known) -> Kind {
    let text = text_of(value);
    match (shape, value) {
        (Shape::Optional(inside), _) => kind(row, name, inside(), value, path, known),
        (Shape::Structure(fields), Value::Object(values)) => {
            group(row, fields, values, path, known)
        }
        (Shape::List(element), Value::Array(values)) => {
            let entry = |(index, value)| {
                let path = below(path, Step::Element(index));
                let kind = kind(row, name, element(), value, &path, known);
                let name = format!("{name} {}", index + 1);
                Entry { path, name, doc: "", required: false, kind }
            };
            let entries = values.iter().enumerate().map(entry).collect();
            Kind::List { entries, next: blank(row, name, element(), known) }
        }
        (Shape::Enumeration(names), _) => choice(text, names, Typed::Text),
        (Shape::Boolean, _) => choice(text, &["true", "false"], Typed::Boolean),
        (Shape::Any | Shape::Map(_) | Shape::Structure(_) | Shape::List(_), _) => {
            Kind::Kept(value.to_string())
        }
        (Shape::Text | Shape::Id(_) | Shape::Time | Shape::Integer | Shape::Number, _) => {
            let typed = match shape {
                Shape::Integer | Shape::Number => Typed::Number,
                _ if is_secret(name) => Typed::Secret,
                _ => Typed::Text,
            };
            Kind::Line { text, typed, offers: known.offers(row, name, shape).cloned().collect() }
        }
    }
}

fn choice(text: String, names: &[&str], typed: Typed) -> Kind {
    let mut options: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if !options.contains(&text) {
        options.push(text.clone());
    }
    Kind::Choice { text, options, typed }
}

fn below(path: &Path, step: Step) -> Path {
    let mut path = path.clone();
    path.0.push(step);
    path
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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
        return Lint::Unsendable(format!("{} has no parameter {name}", row.name));
    }
    let request = match operations::encode(row, dialect, "", parameters.clone()) {
        Ok(request) => request,
        Err(error) if error.value.is_empty() => {
            return Lint::Unsendable(format!("{} is empty", error.parameter));
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
    let refused = |because: &str, rule| Foresight::Refused { because: because.to_owned(), rule };
    if call.row().opens_login() {
        return refused("no user and no password go with it from here", rules::CREDENTIALS);
    }
    match (&lab.target, &lab.connection) {
        (Target::Live { .. } | Target::Replay { .. }, _) => {
            let parameters = call.parameters(&Plain);
            let named = parameters.get("update_session_id").and_then(Value::as_str);
            let on_screen = scene.session.as_ref().map(|session| session.id.as_str());
            let button = SessionCall::ALL.into_iter().find(|button| button.is_of(call.row()));
            let button = button.filter(|_| named.is_some() && named == on_screen);
            button.map_or(Foresight::Unknown, |button| scene.foresee(button).clone())
        }
        (Target::Simulated, Connection::Open { user: Some(user) }) => {
            let Some(simulator) = replica.of(lab) else { return Foresight::Unknown };
            match simulator.why_not(call, user).into_iter().next() {
                None => Foresight::Fine,
                Some(unmet) => Foresight::Refused { because: unmet.why, rule: unmet.rule },
            }
        }
        _ => refused("there is no API login", rules::LOGIN_REQUIRED),
    }
}

#[cfg(test)]
mod tests;

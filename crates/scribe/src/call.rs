//! Any operation of the table as something to fill in: where it is offered, what its parameters begin
//! with, and what a form for them consists of.
//!
//! It has no list of operations and no rule of its own: which there are and what they carry, core
//! tells. How the form looks it does not know.

use accession_client::is_secret;
use accession_core::model::Identifier;
use accession_core::operations::{ROWS, Row};
use accession_core::reading::{Path, Step};
use accession_core::shape::{Field, Shape};
use serde_json::{Map, Value, json};

// -------------------------------------------------------------------------------------------------
// Operations
// -------------------------------------------------------------------------------------------------

/// The part of a session's life, or of the API, that an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
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
    pub(crate) const ALL: [Self; 8] = [
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
    pub(crate) const fn label(self) -> &'static str {
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
    fn of(row: &Row) -> Self {
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
    pub(crate) fn rows(self) -> impl Iterator<Item = &'static Row> {
        ROWS.iter().copied().filter(move |row| Self::of(row) == self)
    }
}

/// What an operation is called beside others of its phase: as shortly as can be.
pub(crate) fn name_of(row: &Row) -> String {
    match Phase::of(row) {
        Phase::Libraries | Phase::Items | Phase::Login => row.full_name(),
        _ => row.name.to_owned(),
    }
}

/// The command that sends a call.
pub(crate) fn send(row: &Row, parameters: Value) -> Value {
    json!(["send", row.full_name(), parameters, name_of(row), row.doc()])
}

// -------------------------------------------------------------------------------------------------
// What the page knows, and what is offered
// -------------------------------------------------------------------------------------------------

/// A value that occurred, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer<'a> {
    /// The value.
    pub(crate) value: &'a str,
    /// What people call it.
    pub(crate) label: &'a str,
    /// Whether it is the one that is on screen or chosen.
    chosen: bool,
}

/// What occurred so far, as the page tells it: ids, and names of files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a>(pub(crate) &'a Value);

impl<'a> Known<'a> {
    /// What may be meant in a field.
    fn offers(self, row: &Row, name: &str, shape: Shape) -> Vec<Offer<'a>> {
        let what = match shape {
            Shape::Id(Identifier::SessionId) => "session",
            Shape::Id(Identifier::ItemId) => "item",
            Shape::Id(Identifier::LibraryId) => "library",
            Shape::Id(Identifier::ItemVersion) => "version",
            Shape::Text if name == "file_name" => "file",
            Shape::Text if name == "name" && row.service.ends_with(".file") => "file",
            _ => return Vec::new(),
        };
        let known = self.0.as_array().into_iter().flatten().filter(|known| known["what"] == what);
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        known
            .map(|known| Offer {
                value: text(&known["value"]),
                label: text(&known["label"]),
                chosen: known["chosen"] == true,
            })
            .collect()
    }
}

/// Parameters to begin with: what has to be there, with the ids that are chosen.
pub(crate) fn offered(row: &Row, known: Known<'_>) -> Map<String, Value> {
    fields_of(row, row.fields(), known, false)
}

fn fields_of(row: &Row, fields: &[Field], known: Known<'_>, creates: bool) -> Map<String, Value> {
    let wanted =
        fields.iter().filter(|field| field.is_required() || (creates && field.is_for_create()));
    wanted
        .map(|field| (field.name.to_owned(), blank(row, field.name, field.shape(), known)))
        .collect()
}

/// What a field begins with.
fn blank(row: &Row, name: &str, shape: Shape, known: Known<'_>) -> Value {
    match shape {
        Shape::Text | Shape::Id(_) | Shape::Time => {
            let offers = known.offers(row, name, shape);
            let chosen = offers.iter().find(|offer| offer.chosen);
            chosen.map_or("", |offer| offer.value).into()
        }
        Shape::Optional(inside) => blank(row, name, inside(), known),
        Shape::Integer | Shape::Number => 0.into(),
        Shape::Boolean => false.into(),
        Shape::Enumeration(names) => {
            // Whoever sets a field means something by it.
            let name = names.iter().find(|name| **name != "NONE").or(names.first());
            name.copied().unwrap_or_default().into()
        }
        Shape::List(element) => Value::Array(vec![blank(row, name, element(), known)]),
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
pub(crate) struct Entry<'a> {
    /// Where its value is.
    pub(crate) path: Path,
    /// The field's name, or the element's number.
    pub(crate) name: String,
    /// What it means; empty for elements, and for fields that nobody knows.
    pub(crate) doc: &'static str,
    /// Whether it has to be there.
    pub(crate) required: bool,
    /// How it is filled in.
    pub(crate) kind: Kind<'a>,
}

/// How a value is filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind<'a> {
    /// By typing.
    Line {
        /// What stands there.
        text: String,
        /// What is meant by it.
        typed: Typed,
        /// Values that occurred.
        offers: Vec<Offer<'a>>,
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
        entries: Vec<Entry<'a>>,
        /// The others, and what they begin with.
        unset: Vec<(&'static str, Value)>,
    },
    /// A list.
    List {
        /// Its elements.
        entries: Vec<Entry<'a>>,
        /// What another one begins with.
        next: Value,
    },
    /// Not at all: JSON that has no form.
    Kept(String),
}

/// What is meant by what is typed or chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
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
    /// A value of its kind, in whose place the page puts what is entered.
    pub(crate) fn example(self) -> Value {
        match self {
            Self::Number => 0.into(),
            Self::Boolean => false.into(),
            Self::Text | Self::Secret => "".into(),
        }
    }
}

impl Entry<'_> {
    /// Whether it can be taken out.
    pub(crate) const fn is_removable(&self) -> bool {
        !self.required
    }
}

/// The form for the parameters of an operation.
pub(crate) fn form<'a>(row: &Row, parameters: &Map<String, Value>, known: Known<'a>) -> Kind<'a> {
    group(row, row.fields(), parameters, &Path::default(), known)
}

fn group<'a>(
    row: &Row,
    fields: &'static [Field],
    values: &Map<String, Value>,
    path: &Path,
    known: Known<'a>,
) -> Kind<'a> {
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

fn kind<'a>(
    row: &Row,
    name: &str,
    shape: Shape,
    value: &Value,
    path: &Path,
    known: Known<'a>,
) -> Kind<'a> {
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
        (Shape::Enumeration(names), _) => choice(value, names, Typed::Text),
        (Shape::Boolean, _) => choice(value, &["true", "false"], Typed::Boolean),
        (Shape::Any | Shape::Map(_) | Shape::Structure(_) | Shape::List(_), _) => {
            Kind::Kept(value.to_string())
        }
        (Shape::Text | Shape::Id(_) | Shape::Time | Shape::Integer | Shape::Number, _) => {
            let typed = match shape {
                Shape::Integer | Shape::Number => Typed::Number,
                _ if is_secret(name) => Typed::Secret,
                _ => Typed::Text,
            };
            Kind::Line { text: text_of(value), typed, offers: known.offers(row, name, shape) }
        }
    }
}

fn choice<'a>(value: &Value, names: &[&str], typed: Typed) -> Kind<'a> {
    let text = text_of(value);
    let mut options: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if !options.contains(&text) {
        options.push(text.clone());
    }
    Kind::Choice { text, options, typed }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The way to what is one step further.
pub(crate) fn below(path: &Path, step: Step) -> Path {
    let mut path = path.clone();
    path.0.push(step);
    path
}

// -------------------------------------------------------------------------------------------------
// Changes
// -------------------------------------------------------------------------------------------------

/// The same parameters with a value at a place; also a field or an element that was not there.
pub(crate) fn with(parameters: &Map<String, Value>, path: &Path, new: Value) -> Value {
    let mut whole = Value::Object(parameters.clone());
    set(&mut whole, &path.0, new);
    whole
}

/// The same parameters with nothing at a place.
pub(crate) fn without(parameters: &Map<String, Value>, path: &Path) -> Value {
    let mut whole = Value::Object(parameters.clone());
    remove(&mut whole, &path.0);
    whole
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

#[cfg(test)]
mod tests;

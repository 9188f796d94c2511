//! Reads JSON values into structures, and tells by path what does not fit and what is not known.
//!
//! Strict reading of requests and lenient reading of replies share it; it does not know which is
//! which. What it reads into is declared with [`structure!`](crate::structure).

use std::cell::RefCell;
use std::fmt;

use serde_json::{Map, Value};

use crate::structure::{Field, Wire};

/// A value that was read, and the fields that it had no place for.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// What was made of the value.
    pub value: T,
    /// Where the fields are that the structures do not have.
    pub unknown: Vec<Path>,
}

/// What keeps a value from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Misfit {
    /// Where it is; for a missing field, the structure that lacks it.
    pub path: Path,
    /// What it is.
    pub problem: Problem,
}

/// What comes of reading. A misfit is boxed, so that what seldom happens is in nobody's way.
pub type Fit<T = ()> = Result<T, Box<Misfit>>;

/// How a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A required field is not there.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// The value is of another type, or out of range.
    #[error("{0}")]
    Mismatch(String),
}

/// The way from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To a field.
    Field(String),
    /// To an element of a list.
    Element(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if index == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Element(element) => write!(f, "[{element}]")?,
            }
        }
        Ok(())
    }
}

/// Parses JSON. All that is linked into the wasm goes through here: texts and bytes apart would each
/// bring a parser of their own.
pub fn parse(json: &(impl AsRef<[u8]> + ?Sized)) -> serde_json::Result<Value> {
    serde_json::from_slice(json.as_ref())
}

/// Reads a value. Null and absent are the same; unknown fields are passed over and told.
pub fn read<T: Wire>(value: &Value) -> Fit<Read<T>> {
    let mut place = T::blank();
    let unknown = read_into(value, &mut place)?;
    Ok(Read { value: place, unknown })
}

/// Apart from the type, so that there is one of it for all of them.
fn read_into(value: &Value, place: &mut dyn Wire) -> Fit<Vec<Path>> {
    let unknown = RefCell::new(Vec::new());
    place.fill(Reader { value, at: At::Root, unknown: &unknown })?;
    Ok(unknown.into_inner())
}

/// Reads the fields of an object that is no structure: the parameters of a call.
pub fn read_fields<T>(
    object: &Map<String, Value>,
    read: impl FnOnce(&Fields<'_>) -> Fit<T>,
) -> Fit<Read<T>> {
    let unknown = RefCell::new(Vec::new());
    let reader = Reader { value: &Value::Null, at: At::Root, unknown: &unknown };
    let value = read(&Fields { object, reader })?;
    Ok(Read { value, unknown: unknown.into_inner() })
}

/// Where a reader stands. It lives on the stack, so that nothing is paid while all goes well.
#[derive(Clone, Copy)]
enum At<'a> {
    Root,
    Field(&'a At<'a>, &'a str),
    Element(&'a At<'a>, usize),
}

impl At<'_> {
    fn path(&self) -> Path {
        let (mut path, step) = match self {
            Self::Root => return Path::default(),
            Self::Field(parent, name) => (parent.path(), Step::Field((*name).to_owned())),
            Self::Element(parent, index) => (parent.path(), Step::Element(*index)),
        };
        path.0.push(step);
        path
    }
}

/// A value that is being read, and where it is.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    value: &'a Value,
    at: At<'a>,
    unknown: &'a RefCell<Vec<Path>>,
}

impl<'a> Reader<'a> {
    /// The value itself.
    pub fn value(self) -> &'a Value {
        self.value
    }

    /// A text.
    pub fn text(self) -> Fit<&'a str> {
        self.value.as_str().ok_or_else(|| self.mismatch("a string"))
    }

    /// Goes through the elements of a list.
    pub fn elements(self, each: &mut dyn FnMut(Reader<'_>) -> Fit) -> Fit {
        let Value::Array(values) = self.value else { return Err(self.mismatch("a list")) };
        values.iter().enumerate().try_for_each(|(index, value)| {
            each(Reader { value, at: At::Element(&self.at, index), unknown: self.unknown })
        })
    }

    /// The fields of a structure. A list will not do.
    pub fn fields(&self) -> Fit<Fields<'_>> {
        match self.value {
            Value::Object(object) => Ok(Fields { object, reader: *self }),
            _ => Err(self.mismatch("an object")),
        }
    }

    /// The kind of what has one, by which its other fields go.
    pub fn kind(self) -> Fit<String> {
        self.fields()?.take("kind")
    }

    /// Reads a structure: each field into its place.
    pub fn structure(self, fields: &[Field], places: &mut [&mut dyn Wire]) -> Fit {
        let found = self.fields()?;
        found.fill(fields, places)?;
        found.note_all_but(fields);
        Ok(())
    }

    /// Goes through the entries of a map. Some servers write one as a list of keys and values.
    pub fn entries(self, each: &mut dyn FnMut(&'a str, Reader<'_>) -> Fit) -> Fit {
        let mut entry = |key: &'a str, value: &'a Value| {
            each(key, Reader { value, at: At::Field(&self.at, key), unknown: self.unknown })
        };
        match self.value {
            Value::Object(fields) => {
                let set = fields.iter().filter(|(_, value)| !value.is_null());
                set.into_iter().try_for_each(|(key, value)| entry(key, value))
            }
            Value::Array(entries) => entries.iter().try_for_each(|pair| {
                let pair = pair.as_object().filter(|fields| fields.len() == 2);
                let key = pair.and_then(|pair| pair.get("key")?.as_str());
                let value = pair.and_then(|pair| pair.get("value"));
                match (key, value) {
                    (Some(key), Some(value)) => entry(key, value),
                    _ => Err(self.mismatch("a map")),
                }
            }),
            _ => Err(self.mismatch("a map")),
        }
    }

    /// Says that the value is not what was expected.
    #[cold]
    pub fn mismatch(self, expected: &str) -> Box<Misfit> {
        let found = match self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("the boolean {value}"),
            Value::Number(number) => format!("the number {number}"),
            Value::String(_) => format!("the string {}", self.value),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        self.misfit(format!("expected {expected}, found {found}"))
    }

    /// Says what is wrong with the value.
    #[cold]
    pub fn misfit(self, why: String) -> Box<Misfit> {
        Box::new(Misfit { path: self.at.path(), problem: Problem::Mismatch(why) })
    }
}

/// The fields of a structure that is being read.
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    reader: Reader<'a>,
}

impl<'a> Fields<'a> {
    /// The value of a field, if it is set, with where it is.
    fn find(&self, name: &'static str) -> Option<Reader<'_>> {
        let name = wire_name(name);
        let value = self.object.get(name).filter(|value| !value.is_null())?;
        let at = At::Field(&self.reader.at, name);
        Some(Reader { value, at, unknown: self.reader.unknown })
    }

    /// Reads a field that has to be there, unless its type says otherwise.
    pub fn take<T: Wire>(&self, name: &'static str) -> Fit<T> {
        let mut value = T::blank();
        self.fill_one(Field { name, required: true }, &mut value)?;
        Ok(value)
    }

    /// Reads a field that may be left out.
    pub fn take_or_default<T: Wire>(&self, name: &'static str) -> Fit<T> {
        let mut value = T::blank();
        self.fill_one(Field { name, required: false }, &mut value)?;
        Ok(value)
    }

    /// Reads these fields, each into its place.
    pub fn fill(&self, fields: &[Field], places: &mut [&mut dyn Wire]) -> Fit {
        let mut pairs = fields.iter().zip(places);
        pairs.try_for_each(|(field, place)| self.fill_one(*field, *place))
    }

    pub(crate) fn fill_one(&self, field: Field, place: &mut dyn Wire) -> Fit {
        match self.find(field.name) {
            Some(reader) => place.fill(reader),
            None if field.required && !place.may_be_absent() => Err(Box::new(Misfit {
                path: self.reader.at.path(),
                problem: Problem::Missing(wire_name(field.name)),
            })),
            None => Ok(()),
        }
    }

    /// Tells which fields there are besides these.
    pub fn note_others(&self, known: &[&'static str]) {
        self.note(&|name| known.iter().any(|known| wire_name(known) == name));
    }

    /// Likewise.
    pub fn note_all_but(&self, known: &[Field]) {
        self.note(&|name| known.iter().any(|known| wire_name(known.name) == name));
    }

    fn note(&self, is_known: &dyn Fn(&str) -> bool) {
        for (name, value) in self.object {
            if !value.is_null() && !is_known(name) {
                let path = At::Field(&self.reader.at, name).path();
                self.reader.unknown.borrow_mut().push(path);
            }
        }
    }
}

/// The name of a field on the wire: a raw identifier of Rust loses its mark.
pub(crate) fn wire_name(name: &'static str) -> &'static str {
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{
        AddSpec, ItemFileInfo, LibraryModel, LocalizableMessage, UpdateSessionModel,
    };

    fn misfit<T: Wire + fmt::Debug>(value: Value) -> (String, String) {
        let misfit = read::<T>(&value).map(|read| read.value).expect_err("it does not fit");
        (misfit.path.to_string(), misfit.problem.to_string())
    }

    fn pair(path: &str, problem: &str) -> (String, String) {
        (path.to_owned(), problem.to_owned())
    }

    #[test]
    fn names_the_place_of_what_does_not_fit() {
        let spec =
            json!({"name": "a", "source_type": "PUSH", "checksum_info": {"algorithm": "MD5"}});
        assert_eq!(misfit::<AddSpec>(spec), pair("checksum_info", "missing field `checksum`"));
        assert_eq!(misfit::<AddSpec>(json!({})), pair("", "missing field `name`"));
        assert_eq!(
            misfit::<AddSpec>(json!({"name": "a", "source_type": null})),
            pair("", "missing field `source_type`")
        );
        assert_eq!(
            misfit::<LibraryModel>(json!({"storage_backings": [{}, {"datastore_id": 7}]})),
            pair("storage_backings[1].datastore_id", "expected a string, found the number 7")
        );
        assert_eq!(
            misfit::<LibraryModel>(json!({"type": []})),
            pair("type", "expected a string, found a list")
        );
        assert_eq!(
            misfit::<UpdateSessionModel>(json!({"expiration_time": "soon"})),
            pair(
                "expiration_time",
                "expected a date-time like 2026-01-02T03:04:05.678Z, found the string \"soon\""
            )
        );
        for (number, found) in [("1.5", "1.5"), ("9223372036854775808", "9223372036854775808")] {
            let value = serde_json::from_str(&format!("{{\"client_progress\": {number}}}"));
            assert_eq!(
                misfit::<UpdateSessionModel>(value.expect("JSON")),
                pair(
                    "client_progress",
                    &format!("expected a whole number of 64 bits, found the number {found}")
                )
            );
        }
    }

    #[test]
    fn a_list_is_no_structure() {
        assert_eq!(
            misfit::<Vec<ItemFileInfo>>(json!([["a"]])),
            pair("[0]", "expected an object, found a list")
        );
        assert_eq!(misfit::<AddSpec>(json!(["a", "PUSH"])).0, "");
    }

    #[test]
    fn a_map_may_be_a_list_of_keys_and_values() {
        let params = json!({"a": {"s": "x"}, "b": {"i": 7}});
        let listed = json!([{"key": "a", "value": {"s": "x"}}, {"key": "b", "value": {"i": 7}}]);
        let [one, other] = [params, listed].map(|params| {
            read::<LocalizableMessage>(&json!({ "params": params })).expect("it fits").value
        });
        assert_eq!(one, other);
        let bad = json!({"params": [{"key": "a"}]});
        assert_eq!(
            misfit::<LocalizableMessage>(bad),
            pair("params", "expected a map, found a list")
        );
    }

    #[test]
    fn tells_unknown_fields_by_path() {
        let value =
            json!({"a": 1, "b": null, "type": "LOCAL", "storage_backings": [{"x": {"y": 1}}]});
        let read = read::<LibraryModel>(&value).expect("it fits");
        let unknown: Vec<_> = read.unknown.iter().map(ToString::to_string).collect();
        assert_eq!(unknown, ["storage_backings[0].x", "a"]);
    }
}

//! Reads JSON values into structures, and tells by path what does not fit and what is not known.
//!
//! It is a serde deserializer of its own, so that each structure is compiled for it once: strict
//! reading of requests and lenient reading of replies share it. It does not know which is which.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

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

/// Reads a value. Null and absent are the same; unknown fields are passed over and told.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<Read<T>, Misfit> {
    let unknown = RefCell::new(Vec::new());
    let reader = Reader { value, at: At::Root, unknown: &unknown };
    match T::deserialize(reader) {
        Ok(value) => Ok(Read { value, unknown: unknown.into_inner() }),
        Err(Error { at, problem }) => Err(Misfit { path: at.unwrap_or_default(), problem }),
    }
}

/// The fields of an object, taken one by one: what reading a structure would do, without compiling
/// a visitor for each structure that is only read in one place.
#[derive(Debug)]
pub struct Parameters<'a> {
    fields: &'a Map<String, Value>,
    unknown: RefCell<Vec<Path>>,
}

impl<'a> Parameters<'a> {
    /// The fields of an object, of which these are known.
    pub fn new(fields: &'a Map<String, Value>, known: &[&str]) -> Self {
        let unknown = fields
            .iter()
            .filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str()));
        let unknown = unknown.map(|(name, _)| Path(vec![Step::Field(name.clone())])).collect();
        Self { fields, unknown: RefCell::new(unknown) }
    }

    /// Reads one of the fields. Null and absent are the same.
    #[inline(never)]
    pub fn take<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Misfit> {
        let value = self.fields.get(name).unwrap_or(&Value::Null);
        let at = At::Field(&At::Root, name);
        T::deserialize(Reader { value, at, unknown: &self.unknown }).map_err(|error| {
            if value.is_null() {
                return Misfit { path: Path::default(), problem: Problem::Missing(name) };
            }
            Misfit { path: error.at.unwrap_or_else(|| at.path()), problem: error.problem }
        })
    }

    /// Where the fields are that nobody has a place for.
    pub fn unknown(self) -> Vec<Path> {
        self.unknown.into_inner()
    }
}

/// A [`Misfit`] on its way up; the innermost reader tells where it is.
#[derive(Debug)]
struct Error {
    at: Option<Path>,
    problem: Problem,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.problem, f)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { at: None, problem: Problem::Mismatch(message.to_string()) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { at: None, problem: Problem::Missing(field) }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("invalid type: {}, expected {expected}", Found(unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("invalid value: {}, expected {expected}", Found(unexpected)))
    }
}

/// What was found, in serde's words. Serde would have the standard library write numbers with a
/// fraction, which nothing else needs, and which is 15 KB of wasm.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Float(number) => {
                write!(f, "floating point `{}`", Value::from(number))
            }
            Unexpected::Bool(value) => write!(f, "boolean `{value}`"),
            Unexpected::Unsigned(number) => write!(f, "integer `{number}`"),
            Unexpected::Signed(number) => write!(f, "integer `{number}`"),
            Unexpected::Str(text) => write!(f, "string {text:?}"),
            Unexpected::Seq => f.write_str("sequence"),
            Unexpected::Map => f.write_str("map"),
            Unexpected::Other(what) => f.write_str(what),
            // JSON has no other.
            _ => f.write_str("nothing"),
        }
    }
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

#[derive(Clone, Copy)]
struct Reader<'a> {
    value: &'a Value,
    at: At<'a>,
    unknown: &'a RefCell<Vec<Path>>,
}

impl<'a> Reader<'a> {
    /// Reads a value inside this one. What does not fit in it, or further in, is found there.
    fn inside<'de, S: DeserializeSeed<'de>>(
        self,
        value: &'a Value,
        at: At<'_>,
        seed: S,
    ) -> Result<S::Value, Error> {
        let result = seed.deserialize(Reader { value, at, unknown: self.unknown });
        result.map_err(|error| Error { at: error.at.or_else(|| Some(at.path())), ..error })
    }

    fn mismatch(self, expected: &dyn de::Expected) -> Error {
        let unexpected = match self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => Unexpected::Unsigned(value),
                (_, Some(value), _) => Unexpected::Signed(value),
                (_, _, value) => Unexpected::Float(value.unwrap_or_default()),
            },
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Error::invalid_type(unexpected, expected)
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, value) => visitor.visit_f64(value.unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(values) => visitor.visit_seq(Elements { reader: self, values, index: 0 }),
            Value::Object(fields) => visitor.visit_map(Fields::new(self, fields)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// Only an object will do: serde would fill the fields from a list one by one.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(fields) => visitor.visit_map(Fields::new(self, fields)),
            _ => Err(self.mismatch(&"a structure")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let Value::String(text) = self.value else { return Err(self.mismatch(&"a string")) };
        let name: StrDeserializer<'_, Error> = text.as_str().into_deserializer();
        visitor.visit_enum(name)
    }

    /// Some servers write a map as a list of keys and values.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = match self.value {
            Value::Object(fields) => return visitor.visit_map(Fields::new(self, fields)),
            Value::Array(entries) => entries.iter().map(key_and_value).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match entries {
            Some(entries) => {
                visitor.visit_map(Entries { reader: self, entries: entries.into_iter(), at: None })
            }
            None => Err(self.mismatch(&"a map")),
        }
    }

    /// Serde asks for this where a structure has no such field.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if !self.value.is_null() {
            self.unknown.borrow_mut().push(self.at.path());
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct identifier
    }
}

/// An entry of a map that is written as a list.
fn key_and_value(entry: &Value) -> Option<(&str, &Value)> {
    let entry = entry.as_object().filter(|fields| fields.len() == 2)?;
    Some((entry.get("key")?.as_str()?, entry.get("value")?))
}

struct Entries<'a> {
    reader: Reader<'a>,
    entries: std::vec::IntoIter<(&'a str, &'a Value)>,
    at: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.at = self.entries.next();
        let Some((key, _)) = self.at else { return Ok(None) };
        let key: StrDeserializer<'_, Error> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, value) = self.at.take().expect("serde asks for a value after its key");
        self.reader.inside(value, At::Field(&self.reader.at, key), seed)
    }
}

struct Elements<'a> {
    reader: Reader<'a>,
    values: &'a [Value],
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.values.get(self.index) else { return Ok(None) };
        let at = At::Element(&self.reader.at, self.index);
        self.index += 1;
        self.reader.inside(value, at, seed).map(Some)
    }
}

struct Fields<'a> {
    reader: Reader<'a>,
    fields: serde_json::map::Iter<'a>,
    current: Option<(&'a String, &'a Value)>,
}

impl<'a> Fields<'a> {
    fn new(reader: Reader<'a>, fields: &'a Map<String, Value>) -> Self {
        Self { reader, fields: fields.iter(), current: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        // What is null is absent.
        self.current = self.fields.by_ref().find(|(_, value)| !value.is_null());
        let Some((name, _)) = self.current else { return Ok(None) };
        let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (name, value) = self.current.take().expect("serde asks for a key before its value");
        let at = At::Field(&self.reader.at, name);
        self.reader.inside(value, at, seed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AddSpec, ItemFileInfo, LibraryModel, UpdateSessionModel};

    fn misfit<T: DeserializeOwned + fmt::Debug>(value: Value) -> (String, String) {
        let misfit = read::<T>(&value).expect_err("it does not fit");
        (misfit.path.to_string(), misfit.problem.to_string())
    }

    fn pair(path: &str, problem: &str) -> (String, String) {
        (path.to_owned(), problem.to_owned())
    }

    #[test]
    fn reads_what_fits() {
        let spec = json!({
            "name": "a", "source_type": "PUSH", "size": 7, "source_endpoint": null,
            "checksum_info": {"algorithm": "MD5", "checksum": "00"},
        });
        let direct: AddSpec = serde_json::from_value(spec.clone()).expect("it fits");
        assert_eq!(read(&spec), Ok(Read { value: direct, unknown: Vec::new() }));
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
            pair(
                "storage_backings[1].datastore_id",
                "invalid type: integer `7`, expected a string"
            )
        );
        assert_eq!(
            misfit::<UpdateSessionModel>(json!({"expiration_time": "soon"})).0,
            "expiration_time"
        );
        assert_eq!(
            misfit::<UpdateSessionModel>(json!({"client_progress": 1.5})),
            pair("client_progress", "invalid type: floating point `1.5`, expected i64")
        );
    }

    #[test]
    fn a_list_is_no_structure() {
        assert_eq!(
            misfit::<Vec<ItemFileInfo>>(json!([["a"]])),
            pair("[0]", "invalid type: sequence, expected a structure")
        );
        assert_eq!(misfit::<AddSpec>(json!(["a", "PUSH"])).0, "");
    }

    #[test]
    fn tells_unknown_fields_by_path() {
        let value = json!({"a": 1, "b": null, "storage_backings": [{"x": {"y": 1}}]});
        let read = read::<LibraryModel>(&value).expect("it fits");
        let unknown: Vec<_> = read.unknown.iter().map(ToString::to_string).collect();
        assert_eq!(unknown, ["a", "storage_backings[0].x"]);
    }
}

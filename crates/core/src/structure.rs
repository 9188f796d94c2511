//! What a structure of the API is made of, declared once: it can then be read, and be written in
//! every form that the API has.
//!
//! Serde would do the same; but what its derived code adds to the wasm for each structure is a
//! multiple of this. Structures can still be used with serde: they go through a JSON value there.
//! This module does not know which structures there are.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::reading::{Misfit, Reader, wire_name};
use crate::shape::Shape;

/// A value that crosses the wire.
pub trait Wire: Sized {
    /// What it looks like; told of what calls carry, and of nothing else.
    const SHAPE: Shape = Shape::Any;

    /// Whether it may be left out.
    const OPTIONAL: bool = false;

    /// Reads it.
    fn read(reader: Reader<'_>) -> Result<Self, Misfit>;

    /// Writes it.
    fn write(&self, form: &dyn Form) -> Value;

    /// What it is where it is left out, if it may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// How what is no plain JSON is written.
pub trait Form {
    /// A structure, by its name in the API.
    fn structure(&self, _name: &str, fields: Map<String, Value>) -> Value {
        Value::Object(fields)
    }

    /// The value of a field that could have been left out.
    fn optional(&self, value: Value) -> Value {
        value
    }

    /// A password or a token.
    fn secret(&self, text: &str) -> Value {
        Value::from(text)
    }

    /// A map.
    fn map(&self, entries: Map<String, Value>) -> Value {
        Value::Object(entries)
    }
}

/// Plain JSON, as `/api` has it.
#[derive(Debug)]
pub struct Plain;

impl Form for Plain {}

/// The fields of a structure that is being written. Unset ones are left out.
pub struct Writer<'a> {
    form: &'a dyn Form,
    fields: Map<String, Value>,
}

impl<'a> Writer<'a> {
    /// Begins a structure.
    pub fn new(form: &'a dyn Form) -> Self {
        Self { form, fields: Map::new() }
    }

    /// Writes a field.
    #[inline(never)]
    pub fn put(&mut self, name: &'static str, value: &impl Wire) {
        let value = value.write(self.form);
        self.set(name, value);
    }

    #[inline(never)]
    fn set(&mut self, name: &'static str, value: Value) {
        if !value.is_null() {
            self.fields.insert(wire_name(name).to_owned(), value);
        }
    }

    /// Ends the structure.
    pub fn finish(self, name: impl AsRef<str>) -> Value {
        self.form.structure(name.as_ref(), self.fields)
    }

    /// Ends what is no structure of its own: the parameters of a call.
    pub fn into_fields(self) -> Map<String, Value> {
        self.fields
    }
}

/// Declares structures, by their names in the API if they have one. In a `strict` one, what is not
/// optional has to be there to be read, unless it says `= default`; in a `lenient` one it gets its
/// default.
#[macro_export]
macro_rules! structure {
    (@take strict $fields:ident $field:ident) => {
        $fields.take(stringify!($field))?
    };
    (@take $mode:ident $fields:ident $field:ident $(default)?) => {
        $fields.take_or_default(stringify!($field))?
    };
    (@must strict) => {
        true
    };
    (@must $mode:ident $(default)?) => {
        false
    };
    ($(
        $(#[$meta:meta])*
        $mode:ident $visibility:vis struct $name:ident $(= $api:literal)? {
            $(
                $(#[doc = $field_doc:literal])*
                $field_visibility:vis $field:ident: $type:ty $(= $default:ident)?,
            )*
        }
    )+) => {$(
        $(#[$meta])*
        $visibility struct $name {
            $($(#[doc = $field_doc])* $field_visibility $field: $type,)*
        }

        impl $crate::structure::Wire for $name {
            const SHAPE: $crate::shape::Shape = $crate::shape::Shape::Structure(|| {
                const FIELDS: &[$crate::shape::Field] = &[$($crate::shape::Field::of::<$type>(
                    stringify!($field),
                    concat!($($field_doc),*),
                    $crate::structure!(@must $mode $($default)?),
                ),)*];
                FIELDS
            });

            fn read(reader: $crate::reading::Reader<'_>) -> Result<Self, $crate::reading::Misfit> {
                let fields = reader.fields()?;
                let read = Self {
                    $($field: $crate::structure!(@take $mode fields $field $($default)?),)*
                };
                fields.note_others(&[$(stringify!($field)),*]);
                Ok(read)
            }

            fn write(&self, form: &dyn $crate::structure::Form) -> serde_json::Value {
                let mut writer = $crate::structure::Writer::new(form);
                $(writer.put(stringify!($field), &self.$field);)*
                writer.finish(concat!($($api)?))
            }
        }

        $crate::through_json!($name);
    )+};
}

/// Lets serde read and write a [`Wire`] value.
#[macro_export]
macro_rules! through_json {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let value = $crate::structure::Wire::write(self, &$crate::structure::Plain);
                serde::Serialize::serialize(&value, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                match $crate::reading::read(&value) {
                    Ok(read) => Ok(read.value),
                    Err(misfit) => Err(serde::de::Error::custom(misfit)),
                }
            }
        }
    };
}

impl Wire for String {
    const SHAPE: Shape = Shape::Text;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.text().map(str::to_owned)
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.as_str())
    }
}

impl Wire for bool {
    const SHAPE: Shape = Shape::Boolean;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.value().as_bool().ok_or_else(|| reader.mismatch("a boolean"))
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }
}

impl Wire for i64 {
    const SHAPE: Shape = Shape::Integer;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.value().as_i64().ok_or_else(|| reader.mismatch("a whole number of 64 bits"))
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }
}

impl Wire for u64 {
    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.value().as_u64().ok_or_else(|| reader.mismatch("a whole number from 0 on"))
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }
}

impl Wire for f64 {
    const SHAPE: Shape = Shape::Number;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.value().as_f64().ok_or_else(|| reader.mismatch("a number"))
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }
}

/// Any JSON, kept as it came.
impl Wire for Value {
    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        Ok(reader.value().clone())
    }

    fn write(&self, _: &dyn Form) -> Value {
        self.clone()
    }
}

/// The result of a void operation.
impl Wire for () {
    const OPTIONAL: bool = true;

    fn read(_: Reader<'_>) -> Result<Self, Misfit> {
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::Null
    }

    fn absent() -> Option<Self> {
        Some(())
    }
}

impl<T: Wire> Wire for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const OPTIONAL: bool = true;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        if reader.value().is_null() { Ok(None) } else { T::read(reader).map(Some) }
    }

    fn write(&self, form: &dyn Form) -> Value {
        match self {
            Some(value) => form.optional(value.write(form)),
            None => Value::Null,
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Wire> Wire for Box<T> {
    const SHAPE: Shape = T::SHAPE;
    const OPTIONAL: bool = T::OPTIONAL;

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        T::read(reader).map(Self::new)
    }

    fn write(&self, form: &dyn Form) -> Value {
        (**self).write(form)
    }
}

impl<T: Wire> Wire for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        reader.elements()
    }

    fn write(&self, form: &dyn Form) -> Value {
        Value::Array(self.iter().map(|value| value.write(form)).collect())
    }
}

/// The key of a map: a text, or a name that stands for something.
pub trait Key: Ord + Sized {
    /// Reads it; `None` if nothing has this name.
    fn from_name(name: &str) -> Option<Self>;

    /// Writes it.
    fn name(&self) -> &str;
}

impl Key for String {
    fn from_name(name: &str) -> Option<Self> {
        Some(name.to_owned())
    }

    fn name(&self) -> &str {
        self
    }
}

impl<K: Key, T: Wire> Wire for BTreeMap<K, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn read(reader: Reader<'_>) -> Result<Self, Misfit> {
        let mut map = Self::new();
        reader.entries(|key, value| {
            let key = K::from_name(key).ok_or_else(|| reader.mismatch("a map with known keys"))?;
            map.insert(key, T::read(value)?);
            Ok(())
        })?;
        Ok(map)
    }

    fn write(&self, form: &dyn Form) -> Value {
        let entries = self.iter().map(|(key, value)| (key.name().to_owned(), value.write(form)));
        form.map(entries.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AddSpec, SourceType, StorageBacking};

    #[test]
    fn serde_sees_the_same() {
        let spec = AddSpec {
            name: "a".to_owned(),
            source_type: SourceType::Push,
            source_endpoint: None,
            size: Some(7),
            checksum_info: None,
        };
        let json = json!({"name": "a", "source_type": "PUSH", "size": 7});
        assert_eq!(serde_json::to_value(&spec).ok(), Some(json.clone()));
        assert_eq!(serde_json::from_value(json).ok(), Some(spec));
        let raw = StorageBacking { storage_uri: Some("x".to_owned()), ..Default::default() };
        assert_eq!(raw.write(&Plain), json!({"storage_uri": "x"}));
        assert!(serde_json::from_value::<AddSpec>(json!({"name": "a"})).is_err());
    }
}

//! What a structure of the API is made of, declared once: it can then be read, and be written in
//! every form that the API has.
//!
//! Serde would do the same; but what its derived code adds to the wasm for each structure is a
//! multiple of this. Structures can still be used with serde: they go through a JSON value there.
//! What a structure brings along is where its fields are; the code that goes through them is there
//! once. That is why a value is read into a place that is there already, and both go by `dyn`.
//! This module does not know which structures there are.

use serde_json::{Map, Value};

use crate::reading::{Fit, Reader, wire_name};
use crate::shape::Shape;

/// A value that crosses the wire.
pub trait Wire {
    /// Reads it into this place, which is blank.
    fn fill(&mut self, reader: Reader<'_>) -> Fit;

    /// Writes it.
    fn write(&self, form: &dyn Form) -> Value;

    /// What stands in its place until it is read, and stays there if it may be left out and is: the
    /// default, if it has one.
    fn blank() -> Self
    where
        Self: Sized;

    /// Whether it may be left out by its type alone.
    fn may_be_absent(&self) -> bool {
        false
    }

    /// What it looks like; told of what calls carry, and of nothing else.
    fn shape() -> Shape
    where
        Self: Sized,
    {
        Shape::Any
    }

    /// Reads it.
    fn read(reader: Reader<'_>) -> Fit<Self>
    where
        Self: Sized,
    {
        let mut value = Self::blank();
        value.fill(reader)?;
        Ok(value)
    }
}

/// A field of a structure.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, with the mark of a raw identifier if it has one.
    pub name: &'static str,
    /// Whether it has to be there to be read, unless its type says otherwise.
    pub required: bool,
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
    pub fn put(&mut self, name: &'static str, value: &dyn Wire) {
        let value = value.write(self.form);
        if !value.is_null() {
            self.fields.insert(wire_name(name).to_owned(), value);
        }
    }

    /// Writes these fields.
    pub fn put_all(&mut self, fields: &[Field], values: &[&dyn Wire]) {
        fields.iter().zip(values).for_each(|(field, value)| self.put(field.name, *value));
    }

    /// Ends the structure.
    pub fn finish(self, name: &str) -> Value {
        self.form.structure(name, self.fields)
    }

    /// Ends what is no structure of its own: the parameters of a call.
    pub fn into_fields(self) -> Map<String, Value> {
        self.fields
    }
}

/// What has a kind, and by that its fields: what they are called, and where they are.
pub struct Parts<'a> {
    /// The kind.
    pub kind: &'static str,
    fields: Vec<(&'static str, &'a mut dyn Wire)>,
}

impl<'a> Parts<'a> {
    /// Begins one of this kind.
    #[inline(never)]
    pub fn of(kind: &'static str) -> Self {
        Self { kind, fields: Vec::new() }
    }

    /// The same with a field.
    #[must_use]
    pub fn with(self, name: &'static str, place: &'a mut dyn Wire) -> Self {
        self.and(name, place)
    }

    /// Apart from the type of the field, so that there is one of it for all.
    #[inline(never)]
    fn and(mut self, name: &'static str, place: &'a mut dyn Wire) -> Self {
        self.fields.push((name, place));
        self
    }

    /// Reads each field into its place. Some may be left out.
    pub fn fill(self, reader: Reader<'_>, optional: &[&str]) -> Fit {
        let found = reader.fields()?;
        let mut known = vec!["kind"];
        for (name, place) in self.fields {
            found.fill_one(Field { name, required: !optional.contains(&name) }, place)?;
            known.push(name);
        }
        found.note_others(&known);
        Ok(())
    }

    /// Writes it.
    pub fn write(self, form: &dyn Form) -> Value {
        let mut writer = Writer::new(form);
        writer.put("kind", &self.kind.to_owned());
        self.fields.iter().for_each(|(name, place)| writer.put(name, &**place));
        writer.finish("")
    }
}

/// Writes a structure.
pub fn write(form: &dyn Form, name: &str, fields: &[Field], values: &[&dyn Wire]) -> Value {
    let mut writer = Writer::new(form);
    writer.put_all(fields, values);
    writer.finish(name)
}

/// Declares structures, by their names in the API if they have one. In a `strict` one, what is not
/// optional has to be there to be read, unless it says `= default`; in a `lenient` one it gets its
/// default.
#[macro_export]
macro_rules! structure {
    (@required strict) => {
        true
    };
    (@required $mode:ident $(default)?) => {
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

        impl $name {
            const FIELDS: &'static [$crate::structure::Field] = &[$($crate::structure::Field {
                name: stringify!($field),
                required: $crate::structure!(@required $mode $($default)?),
            }),*];
        }

        impl $crate::structure::Wire for $name {
            fn fill(
                &mut self,
                reader: $crate::reading::Reader<'_>,
            ) -> $crate::reading::Fit {
                reader.structure(Self::FIELDS, &mut [$(&mut self.$field),*])
            }

            fn write(&self, form: &dyn $crate::structure::Form) -> serde_json::Value {
                $crate::structure::write(
                    form,
                    concat!($($api)?),
                    Self::FIELDS,
                    &[$(&self.$field),*],
                )
            }

            fn blank() -> Self {
                Self { $($field: $crate::structure::Wire::blank(),)* }
            }

            fn shape() -> $crate::shape::Shape {
                const FIELDS: &[$crate::shape::Field] = &[$($crate::shape::Field::of::<$type>(
                    stringify!($field),
                    concat!($($field_doc),*),
                    $crate::structure!(@required $mode $($default)?),
                ),)*];
                $crate::shape::Shape::Structure(FIELDS)
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
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        self.push_str(reader.text()?);
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.as_str())
    }

    fn blank() -> Self {
        Self::new()
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Wire for bool {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = reader.value().as_bool().ok_or_else(|| reader.mismatch("a boolean"))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }

    fn blank() -> Self {
        false
    }

    fn shape() -> Shape {
        Shape::Boolean
    }
}

impl Wire for i64 {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self =
            reader.value().as_i64().ok_or_else(|| reader.mismatch("a whole number of 64 bits"))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }

    fn blank() -> Self {
        0
    }

    fn shape() -> Shape {
        Shape::Integer
    }
}

impl Wire for u64 {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self =
            reader.value().as_u64().ok_or_else(|| reader.mismatch("a whole number from 0 on"))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }

    fn blank() -> Self {
        0
    }
}

impl Wire for f64 {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = reader.value().as_f64().ok_or_else(|| reader.mismatch("a number"))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(*self)
    }

    fn blank() -> Self {
        0.0
    }

    fn shape() -> Shape {
        Shape::Number
    }
}

/// Any JSON, kept as it came.
impl Wire for Value {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = reader.value().clone();
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        self.clone()
    }

    fn blank() -> Self {
        Self::Null
    }
}

/// Any fields, kept as they came.
impl Wire for Map<String, Value> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = reader.value().as_object().ok_or_else(|| reader.mismatch("an object"))?.clone();
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::Object(self.clone())
    }

    fn blank() -> Self {
        Self::new()
    }
}

/// The result of a void operation.
impl Wire for () {
    fn fill(&mut self, _: Reader<'_>) -> Fit {
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::Null
    }

    fn blank() -> Self {}

    fn may_be_absent(&self) -> bool {
        true
    }
}

/// Apart from the type, as what is below.
fn write_optional(form: &dyn Form, value: Option<&dyn Wire>) -> Value {
    value.map_or(Value::Null, |value| form.optional(value.write(form)))
}

#[inline(never)]
fn write_element(values: &mut Vec<Value>, form: &dyn Form, value: &dyn Wire) {
    values.push(value.write(form));
}

#[inline(never)]
pub(crate) fn write_entry(
    entries: &mut Map<String, Value>,
    form: &dyn Form,
    key: &str,
    value: &dyn Wire,
) {
    entries.insert(key.to_owned(), value.write(form));
}

impl<T: Wire> Wire for Option<T> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        if reader.value().is_null() { Ok(()) } else { self.insert(T::blank()).fill(reader) }
    }

    fn write(&self, form: &dyn Form) -> Value {
        write_optional(form, self.as_ref().map(|value| value as &dyn Wire))
    }

    fn blank() -> Self {
        None
    }

    fn may_be_absent(&self) -> bool {
        true
    }

    fn shape() -> Shape {
        Shape::Optional(T::shape)
    }
}

impl<T: Wire> Wire for Box<T> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        (**self).fill(reader)
    }

    fn write(&self, form: &dyn Form) -> Value {
        (**self).write(form)
    }

    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        reader.elements(&mut |reader| self.push_mut(T::blank()).fill(reader))
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut values = Vec::new();
        self.iter().for_each(|value| write_element(&mut values, form, value));
        Value::Array(values)
    }

    fn blank() -> Self {
        Self::new()
    }

    fn shape() -> Shape {
        Shape::List(T::shape)
    }
}

/// The key of a map: a name that stands for something.
pub trait Key: Ord + Sized {
    /// Reads it; `None` if nothing has this name.
    fn from_name(name: &str) -> Option<Self>;

    /// Writes it.
    fn name(&self) -> &str;
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

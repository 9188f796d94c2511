//! JSON that may be cut or damaged, read as far as it goes: of the lists of entries whatever stands before
//! the damage, of all else what is whole.
//!
//! It does not know what the entries are.

use serde_json::{Deserializer, Map, Value};

use crate::MOST;

/// Objects whose fields are read one by one.
const OBJECTS: [&str; 2] = ["run", "log"];

/// Lists whose elements are read one by one.
const LISTS: [&str; 2] = ["entries", "exchanges"];

/// What was read.
pub(crate) struct Partial {
    /// The fields of the object that the text is.
    pub(crate) fields: Map<String, Value>,
    /// Why there is no more.
    pub(crate) broken: Option<Broken>,
}

/// Where the text stops to make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// In which element of a list of entries, if in one, counted from 1.
    pub(crate) entry: Option<usize>,
    /// Why.
    pub(crate) why: String,
}

/// Reads a text that should be an object.
pub(crate) fn read(text: &str) -> Partial {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader { text, at: 0 };
    let (mut fields, mut broken) = (Map::new(), None);
    if let Err(why) = reader.object(&mut fields, 1) {
        broken = Some(why);
    } else if reader.peek().is_some() {
        broken = Some(reader.broken("there is something after its end"));
    }
    Partial { fields, broken }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn object(&mut self, fields: &mut Map<String, Value>, depth: u8) -> Result<(), Broken> {
        self.expect(b'{')?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            let Value::String(name) = self.value()? else {
                return Err(self.broken("a field has no name"));
            };
            self.expect(b':')?;
            let begins = self.peek();
            if begins == Some(b'{') && depth < 2 && OBJECTS.contains(&name.as_str()) {
                let mut inner = Map::new();
                let end = self.object(&mut inner, depth + 1);
                fields.insert(name, Value::Object(inner));
                end?;
            } else if begins == Some(b'[') && LISTS.contains(&name.as_str()) {
                let mut inner = Vec::new();
                let end = self.list(&mut inner);
                fields.insert(name, Value::Array(inner));
                end?;
            } else {
                let value = self.value()?;
                fields.insert(name, value);
            }
            if self.takes(b'}') {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }

    fn list(&mut self, elements: &mut Vec<Value>) -> Result<(), Broken> {
        self.expect(b'[')?;
        if self.takes(b']') {
            return Ok(());
        }
        loop {
            let entry = Some(elements.len() + 1);
            if elements.len() == MOST {
                let why = format!("it has more than {MOST} entries");
                return Err(Broken { entry, why });
            }
            elements.push(self.value().map_err(|broken| Broken { entry, ..broken })?);
            if self.takes(b']') {
                return Ok(());
            }
            let entry = Some(elements.len() + 1);
            self.expect(b',').map_err(|broken| Broken { entry, ..broken })?;
        }
    }

    fn value(&mut self) -> Result<Value, Broken> {
        self.peek();
        let mut values = Deserializer::from_str(&self.text[self.at..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Ok(value)
            }
            Some(Err(error)) if !error.is_eof() => {
                let why = error.to_string();
                // Lines and columns would be those of a part of the text.
                let why = why.split(" at line ").next().unwrap_or_default();
                Err(self.broken(why))
            }
            Some(Err(_)) | None => Err(self.broken("it ends in the middle")),
        }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| b" \n\r\t".contains(byte)).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.takes(byte) {
            return Ok(());
        }
        let end = self.peek().is_none();
        let wanted = format!("{:?} is missing", char::from(byte));
        Err(self.broken(if end { "it ends in the middle" } else { &wanted }))
    }

    fn broken(&self, why: &str) -> Broken {
        let why = format!("{why}, at byte {} of {}", self.at, self.text.len());
        Broken { entry: None, why }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_before_a_cut_is_read() {
        let whole =
            r#"{"a": {"b": [1]}, "run": {"seed": "7", "entries": [{"x": 1}, {"x": "}"}]}, "c": 2}"#;
        assert_eq!(
            Value::Object(read(whole).fields),
            serde_json::from_str::<Value>(whole).unwrap()
        );
        assert_eq!(read(whole).broken, None);
        let part = read(r#"{"run": {"seed": "7", "entries": [{"x": 1}, {"x": "#);
        assert_eq!(
            Value::Object(part.fields),
            json!({"run": {"seed": "7", "entries": [{"x": 1}]}})
        );
        let broken = part.broken.expect("it is cut");
        assert_eq!(broken.entry, Some(2));
        assert_eq!(broken.why, "it ends in the middle, at byte 44 of 50");
        let odd = read(r#"{"entries": [1, 2 3]}"#).broken.expect("a comma is missing");
        assert_eq!((odd.entry, odd.why.as_str()), (Some(3), "',' is missing, at byte 18 of 21"));
        assert_eq!(
            read("[]").broken.map(|broken| broken.why),
            Some("'{' is missing, at byte 0 of 2".to_owned())
        );
        assert!(read("{} x").broken.is_some() && read("").broken.is_some());
    }
}

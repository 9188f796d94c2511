//! Reads replies as leniently as can be: a live server may be newer, older or simply different.
//!
//! Whatever is missing or odd becomes a note. It does not know which reply it reads.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::exchange::Note;

/// How many odd values are left out before the whole is given up.
const LIMIT: usize = 64;

/// Reads a reply. What cannot be read at all is told in the error.
pub(crate) fn read<T: DeserializeOwned + Serialize>(
    mut value: Value,
    notes: &mut Vec<Note>,
) -> Result<T, String> {
    accession_core::dialect::drop_nulls(&mut value);
    for _ in 0..LIMIT {
        let mut unknown = Vec::new();
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&value, &mut track);
        let mut note_unknown =
            |path: serde_ignored::Path<'_>| unknown.push(Note::Unknown(path.to_string()));
        let attempt = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note_unknown));
        let error = match attempt {
            Ok(reply) => {
                let read = serde_json::to_value(&reply).unwrap_or_default();
                if accession_core::dialect::list_for_structure(&read, &value).is_some() {
                    return Err("a list came in place of a structure".to_owned());
                }
                notes.append(&mut unknown);
                note_missing(&read, &value, "", notes);
                return Ok(reply);
            }
            Err(error) => error,
        };
        let path = track.path();
        let segments: Vec<&Segment> = path.iter().collect();
        if !segments.is_empty() && remove(&mut value, &segments) {
            notes.push(Note::Odd { path: path.to_string(), why: error.to_string() });
        } else if value.is_null() {
            // Some servers write an empty list as null; where a list will not do, give up.
            notes.push(Note::NullList);
            value = Value::Array(Vec::new());
        } else {
            return Err(format!("the result does not fit: {error}"));
        }
    }
    Err("too many values of the result do not fit".to_owned())
}

fn remove(value: &mut Value, path: &[&Segment]) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let mut target = value;
    for segment in parents {
        let next = match segment {
            Segment::Map { key } => target.get_mut(key),
            Segment::Seq { index } => target.get_mut(index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        match next {
            Some(next) => target = next,
            None => return false,
        }
    }
    match (last, target) {
        (Segment::Map { key }, Value::Object(fields)) => fields.shift_remove(key).is_some(),
        (Segment::Seq { index }, Value::Array(values)) if *index < values.len() => {
            values.remove(*index);
            true
        }
        _ => false,
    }
}

/// What the reply has and the answer had not was filled in because the API requires it.
fn note_missing(filled: &Value, found: &Value, path: &str, notes: &mut Vec<Note>) {
    match (filled, found) {
        (Value::Object(filled), Value::Object(found)) => {
            for (name, value) in filled.iter().filter(|(_, value)| !value.is_null()) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match found.get(name) {
                    Some(found) => note_missing(value, found, &path, notes),
                    None => notes.push(Note::Missing(path)),
                }
            }
        }
        (Value::Array(filled), Value::Array(found)) => {
            for (index, (value, found)) in filled.iter().zip(found).enumerate() {
                note_missing(value, found, &format!("{path}[{index}]"), notes);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use accession_core::model::{
        ItemModel, SessionFileInfo, SessionId, TransferStatus, UpdateSessionModel,
    };
    use serde_json::json;

    use super::*;

    fn lenient<T: DeserializeOwned + Serialize>(value: Value) -> (Result<T, String>, Vec<String>) {
        let mut notes = Vec::new();
        let result = read(value, &mut notes);
        (result, notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_good_reply_has_no_notes() {
        let (reply, notes) = lenient::<SessionFileInfo>(json!({
            "name": "a.iso", "source_type": "PUSH", "bytes_transferred": 0,
            "status": "READY", "upload_endpoint": {"uri": "https://h/x"}, "size": null,
        }));
        assert_eq!(reply.map(|file| file.status), Ok(TransferStatus::Ready));
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn missing_unknown_and_odd_fields_become_notes() {
        let (reply, notes) = lenient::<Vec<SessionFileInfo>>(json!([{
            "name": "a.iso", "bytes_transferred": "many", "colour": {"a": 1},
            "status": "PAUSED",
        }]));
        let file = reply.unwrap().remove(0);
        assert_eq!(file.status, TransferStatus::Unknown("PAUSED".to_owned()));
        assert_eq!(
            notes,
            [
                "the value of [0].bytes_transferred was left out: invalid type: string \"many\", expected i64",
                "the field 0.colour is not known to this client",
                "the required field [0].source_type is missing",
                "the required field [0].bytes_transferred is missing",
            ]
        );
    }

    #[test]
    fn an_empty_list_may_come_as_null() {
        let (reply, notes) = lenient::<Vec<SessionId>>(Value::Null);
        assert_eq!(reply, Ok(Vec::new()));
        assert_eq!(notes, ["an empty list came as null"]);
    }

    #[test]
    fn an_odd_date_does_not_lose_the_rest() {
        let (reply, notes) = lenient::<UpdateSessionModel>(
            json!({"state": "ACTIVE", "expiration_time": "tomorrow", "client_progress": 3}),
        );
        assert_eq!(reply.map(|session| session.client_progress), Ok(Some(3)));
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for value in [json!("text"), json!(7), json!([[1]])] {
            assert!(lenient::<ItemModel>(value).0.is_err());
        }
        assert!(lenient::<SessionId>(json!({"a": 1})).0.is_err());
        assert!(lenient::<SessionId>(Value::Null).0.is_err());
    }
}

//! Reads replies as leniently as can be: a live server may be newer, older or simply different.
//!
//! Whatever is missing or odd becomes a note. It does not know which reply it reads.

use accession_core::reading::{self, Fit, Path, Step};
use accession_core::structure::{Plain, Wire};
use serde_json::Value;

use crate::exchange::Note;

/// How many odd values are left out before the whole is given up.
const LIMIT: usize = 64;

/// A place for a reply of one type, filled by code that need not know the type.
pub(crate) trait Fill {
    /// Reads the value; answers with what was made of it, and where its unknown fields are.
    fn fill(&mut self, value: &Value) -> Fit<(Value, Vec<Path>)>;
}

/// The place for a `T`.
pub(crate) struct Slot<T>(pub(crate) Option<T>);

impl<T: Wire> Fill for Slot<T> {
    fn fill(&mut self, value: &Value) -> Fit<(Value, Vec<Path>)> {
        let read = reading::read::<T>(value)?;
        let filled = read.value.write(&Plain);
        self.0 = Some(read.value);
        Ok((filled, read.unknown))
    }
}

/// Reads a reply. What cannot be read at all is told in the error.
pub(crate) fn read(
    mut value: Value,
    reply: &mut dyn Fill,
    notes: &mut Vec<Note>,
) -> Result<(), String> {
    accession_core::dialect::drop_nulls(&mut value);
    for _ in 0..LIMIT {
        let misfit = match reply.fill(&value) {
            Ok((filled, unknown)) => {
                notes.extend(unknown.iter().map(|path| Note::Unknown(path.to_string())));
                note_missing(&filled, &value, "", notes);
                return Ok(());
            }
            Err(misfit) => misfit,
        };
        if remove(&mut value, &misfit.path) {
            let (path, why) = (misfit.path.to_string(), misfit.problem.to_string());
            notes.push(Note::Odd { path, why });
        } else if value.is_null() {
            // Some servers write an empty list as null; where a list will not do, give up.
            notes.push(Note::NullList);
            value = Value::Array(Vec::new());
        } else {
            return Err(format!("the result does not fit: {misfit}"));
        }
    }
    Err("too many values of the result do not fit".to_owned())
}

/// Takes a value out; false if the path leads to the whole.
fn remove(value: &mut Value, path: &Path) -> bool {
    let Some((last, parents)) = path.0.split_last() else { return false };
    let target = parents.iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Element(index) => value.get_mut(*index),
    });
    match (last, target) {
        (Step::Field(name), Some(Value::Object(fields))) => fields.shift_remove(name).is_some(),
        (Step::Element(index), Some(Value::Array(values))) if *index < values.len() => {
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

    fn lenient<T: Wire>(value: Value) -> (Result<T, String>, Vec<String>) {
        let (mut slot, mut notes) = (Slot(None), Vec::new());
        let result = read(value, &mut slot, &mut notes);
        let result = result.map(|()| slot.0.expect("it was read"));
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
                "the value of [0].bytes_transferred was left out: expected a whole number of 64 bits, found the string \"many\"",
                "the field [0].colour is not known to this client",
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

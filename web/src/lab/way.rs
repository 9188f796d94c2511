//! The way to a call that was refused, in words.

use accession_core::simulator::Step;
use accession_core::structure::Plain;
use accession_core::time::Timestamp;
use serde_json::Value;

use crate::format;

/// One step of a way, seen from an instant: what is to be done, as an order.
pub fn in_words(step: &Step, now: Timestamp) -> String {
    match step {
        Step::Call(call) => {
            let name = call.row().name;
            match subject(&Value::Object(call.parameters(&Plain))) {
                Some(subject) => format!("Send {name} of {subject}"),
                None => format!("Send {name}"),
            }
        }
        Step::Upload { file, .. } => format!("Send the bytes of {file}"),
        Step::FinishUpload { file, .. } => format!("Let the upload of {file} end"),
        Step::Wait(until) => format!("Wait {}", format::duration(until.since(now))),
    }
}

/// All steps in one line.
pub fn in_a_line(steps: &[Step], now: Timestamp) -> String {
    let words: Vec<_> = steps.iter().map(|step| in_words(step, now)).collect();
    words.join(", then ")
}

/// The file that a call is about.
fn subject(parameters: &Value) -> Option<String> {
    let file = parameters.get("file_name").or_else(|| parameters.get("file_spec")?.get("name"))?;
    file.as_str().map(format::visible)
}

//! The way to a call that was refused, in words.

use accession_core::simulator::Step;
use accession_core::structure::Plain;
use accession_core::time::Timestamp;
use serde_json::Value;

use crate::format;
use crate::words::say;

/// One step of a way, seen from an instant: what is to be done, as an order.
pub fn in_words(step: &Step, now: Timestamp) -> String {
    match step {
        Step::Call(call) => {
            let name = call.row().name;
            match subject(&Value::Object(call.parameters(&Plain))) {
                Some(subject) => say("Send {0} of {1}", &[name, &subject]),
                None => say("Send {0}", &[name]),
            }
        }
        Step::Upload { file, .. } => say("Send the bytes of {0}", &[file]),
        Step::FinishUpload { file, .. } => say("Let the upload of {0} end", &[file]),
        Step::Wait(until) => say("Wait {0}", &[&format::duration(until.since(now))]),
    }
}

/// All steps in one line.
pub fn in_a_line(steps: &[Step], now: Timestamp) -> String {
    let words = steps.iter().map(|step| in_words(step, now));
    words.reduce(|before, step| say("{0}, then {1}", &[&before, &step])).unwrap_or_default()
}

/// The file that a call is about.
fn subject(parameters: &Value) -> Option<String> {
    let file = parameters.get("file_name").or_else(|| parameters.get("file_spec")?.get("name"))?;
    file.as_str().map(format::visible)
}

//! A session that a server told of, made up anew as a run: a simulator that does the run has it as it was.
//!
//! It begins as a scenario does, whose ids are the simulator's. Whose bytes they were is not known here:
//! files have the names and sizes that were told, and a session that has ended is made as it was before.

use accession_artefacts::Record;
use accession_core::reading;
use serde_json::Value;

/// The run that has a library, an item and a session.
const BEGINNING: &str = "happy-path";

/// Its deeds up to the session.
const DEEDS: usize = 4;

/// How long a fetch takes, in milliseconds.
const FETCH: u64 = 30_000;

/// The run, from what the page tells of its own.
pub(crate) fn run(record: &Record, session: &Value) -> Option<Value> {
    let mut run = reading::parse(accession_scenarios::named(BEGINNING)?.run).ok()?;
    let deeds = run["entries"].as_array_mut()?;
    let id = deeds.get_mut(DEEDS)?["deed"]["parameters"]["update_session_id"].take();
    deeds.truncate(DEEDS);
    let at = deeds.last()?["at"].clone();
    let files = session["files"].as_array().map_or(&[][..], Vec::as_slice);
    let item = &mut deeds[2]["deed"]["parameters"]["create_spec"];
    item["name"] = session["item"].as_str().unwrap_or("an item").into();
    if files.iter().any(|file| ends(&file["name"], ".ovf")) {
        item["type"] = "ovf".into();
    }
    let mut deed = |kind: &str, fields: &[(&str, &Value)]| {
        let mut deed = object(fields);
        deed["kind"] = kind.into();
        deeds.push(object(&[("at", &at), ("deed", &deed)]));
    };
    for file in files {
        let (name, status) = (&file["name"], file["status"].as_str().unwrap_or_default());
        let mut spec = added(record, name).unwrap_or_else(|| {
            let told =
                ["name", "source_type", "source_endpoint"].map(|field| (field, &file[field]));
            object(&told)
        });
        let sizes = [&spec["size"], &file["size"], &file["bytes_transferred"]];
        let mut size = sizes.into_iter().find_map(Value::as_u64).unwrap_or_default();
        let broken = status == "ERROR";
        if broken {
            // It is one byte short of what was declared.
            spec["size"] = size.max(1).into();
            size = size.saturating_sub(1);
        }
        let digest = &spec["checksum_info"];
        let algorithm = digest["algorithm"].as_str().unwrap_or("SHA1");
        let digests = match digest["checksum"].as_str() {
            Some(digest) => object(&[(algorithm, &digest.to_ascii_lowercase().into())]),
            None => object(&[]),
        };
        let mut received = object(&[("size", &size.into()), ("digests", &digests)]);
        if ends(name, ".ovf") {
            let disks = files.iter().filter(|file| ends(&file["name"], ".vmdk"));
            let needs = disks.map(|disk| object(&[("name", &disk["name"])])).collect();
            received["contents"] = object(&[("needs", &needs)]);
        }
        let is_pulled = spec["source_type"] == "PULL";
        if is_pulled {
            let source = object(&[("received", &received), ("takes", &FETCH.into())]);
            deed("declare", &[("uri", &spec["source_endpoint"]["uri"]), ("source", &source)]);
        }
        let add = object(&[("update_session_id", &id), ("file_spec", &spec)]);
        let operation = "library.item.updatesession.file.add".into();
        deed("call", &[("operation", &operation), ("parameters", &add)]);
        if !is_pulled && (broken || matches!(status, "READY" | "VALIDATING")) {
            deed("open_upload", &[("session", &id), ("file", name)]);
            let dropped = false.into();
            deed("close_upload", &[("file", name), ("received", &received), ("dropped", &dropped)]);
        }
    }
    Some(run)
}

fn object(fields: &[(&str, &Value)]) -> Value {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect()
}

fn ends(name: &Value, end: &str) -> bool {
    name.as_str().is_some_and(|name| name.ends_with(end))
}

/// What was said of a file when it was added last.
fn added(record: &Record, name: &Value) -> Option<Value> {
    record.calls().rev().find_map(|(_, call)| {
        let sent = &call.exchange;
        let body = reading::parse(sent.request.body.as_text());
        let mut body = body.ok().filter(|_| sent.operation.ends_with("file.add"))?;
        // The older dialect has a name around it.
        let inner = body["file_spec"].take();
        let spec = if inner.is_object() { inner } else { body };
        (spec["name"] == *name).then_some(spec)
    })
}

#[cfg(test)]
mod tests {
    use accession_core::file::Status;
    use accession_core::model::SessionId;
    use accession_core::run::{Outcome, Replay, Run};
    use accession_core::session::{Phase, SessionFile};

    use serde_json::json;

    use super::*;

    /// What a page tells of a session with these files, that were added so.
    fn forked(files: &Value, added: &[(&str, Value)]) -> (Replay, SessionId) {
        let lines: Vec<_> = added
            .iter()
            .map(|(dialect, body)| {
                let request = json!({ "method": "POST", "url": format!("https://vc.example/{dialect}"),
                    "headers": [], "text": body.to_string() });
                let call = json!({ "operation": "library.item.updatesession.file.add", "at": 0, "took": 1,
                    "request": request });
                json!({ "number": 1, "at": 0, "times": 1, "call": call })
            })
            .collect();
        let session = json!({ "id": "s", "item": "appliance", "files": files });
        let told = json!({ "lines": lines, "session": session });
        let record = Record::from_value(&told).expect("it is a record");
        let made = run(&record, &told["session"]).expect("there is a session");
        let made = reading::read::<Run>(&made).expect("it is a run").value;
        let mut replay = made.begin().expect("it begins");
        let mut id = None;
        for entry in &made.entries {
            let outcome = replay.step(entry);
            if let Outcome::Answered(answered) = &outcome {
                let Some(handled) = &answered.handled else { continue };
                assert!(handled.response.status < 300, "{entry:?}: {outcome:?}");
                let begun = handled.transitions.iter().find(|step| step.from.is_none());
                id = id.or(begun.map(|step| step.session.clone()));
            }
            assert!(!matches!(outcome, Outcome::Impossible(_)), "{entry:?}: {outcome:?}");
        }
        (replay, id.expect("a session began"))
    }

    #[test]
    fn a_simulator_has_the_session_as_it_was() {
        let file = |name: &str, status: &str| json!({ "name": name, "source_type": "PUSH", "status": status });
        let declared = json!({ "name": "disk.vmdk", "source_type": "PUSH", "size": 4096,
            "checksum_info": { "algorithm": "SHA256", "checksum": "AB".repeat(32) } });
        let files = json!([
            file("appliance.ovf", "READY"),
            file("disk.vmdk", "READY"),
            file("late.vmdk", "WAITING_FOR_TRANSFER"),
            file("broken.iso", "ERROR"),
            { "name": "far.iso", "source_type": "PULL", "status": "WAITING_FOR_TRANSFER",
              "source_endpoint": { "uri": "https://mirror.example/far.iso" } },
        ]);
        let (replay, id) = forked(&files, &[("rest", json!({ "file_spec": declared }))]);
        let session = replay.simulator.find_session(&id).expect("it is there");
        assert_eq!(session.phase(), Phase::Open);
        let status = |file: &SessionFile| match file {
            SessionFile::Added(transfer) => Some(transfer.status),
            SessionFile::Untouched(_) | SessionFile::Removed => None,
        };
        let found: Vec<_> =
            session.files().filter_map(|(name, file)| Some((name, status(file)?))).collect();
        assert_eq!(
            found,
            [
                ("appliance.ovf", Status::Ready),
                ("disk.vmdk", Status::Ready),
                ("late.vmdk", Status::Waiting),
                ("broken.iso", Status::Error),
                ("far.iso", Status::Transferring),
            ]
        );
    }

    #[test]
    fn without_files_it_is_a_session_without_files() {
        let (replay, id) = forked(&json!(null), &[]);
        let session = replay.simulator.find_session(&id).expect("it is there");
        assert_eq!((session.phase(), session.files().count()), (Phase::Open, 0));
    }
}

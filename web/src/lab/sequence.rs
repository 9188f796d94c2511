//! What the sequence is drawn from: the log, for as much as tells who sent what to whom and what lasted
//! how long. It does not know how that looks; the scribe draws it.

use accession_client::{Exchange, Outcome};
use accession_core::behaviour::PullStart;
use accession_core::simulator::Transition;
use accession_core::structure::{Plain, Writer};
use serde_json::Value;

use super::log::Happening;
use super::{Lab, SessionView};

impl Lab {
    /// What the scribe is told of the branch that goes on.
    pub fn sequence(&self) -> Value {
        let mut told = Writer::new(&Plain);
        let session = self.session.as_ref();
        let active = session.is_some_and(SessionView::is_active) && self.selected.is_none();
        let uploads = self
            .uploads
            .iter()
            .map(|upload| format!("PUT {}, {} %", upload.file, upload.progress.percent()));
        let entries = self.log().entries().iter().map(|entry| {
            let mut line = entry.line();
            if let Happening::Call(exchange) = &entry.what {
                let is_telling = entry.is_telling();
                line.put("telling", &is_telling);
                line.put("began", &exchange.at.as_millis());
                line.put("operation", &exchange.operation);
                // Of a look it is the server's answer that tells something, if it is one; the simulator
                // tells it by steps. There are many looks, and all is told at each drawing.
                if is_telling || !self.target.is_simulated() {
                    tell(&mut line, exchange);
                }
            }
            line.finish("")
        });
        told.put("sheet", &"sequence".to_owned());
        told.put("session", &session.map(|session| session.id.clone()));
        told.put("goes_on", &active);
        let late = self.begin.behaviour.pull_start == PullStart::AtComplete;
        told.put("fetches_late", &(late && self.target.is_simulated()));
        told.put("shown", &self.entry().map(|entry| entry.number));
        told.put("now", &self.now.as_millis());
        told.put("uploads", &uploads.collect::<Vec<_>>());
        told.put("entries", &entries.collect::<Value>());
        told.finish("")
    }
}

fn tell(line: &mut Writer<'_>, exchange: &Exchange) {
    let operation = &exchange.operation;
    line.put("status", &exchange.status().map(u64::from));
    line.put("url", &exchange.request.url);
    line.put("steps", &exchange.transitions.iter().map(Transition::told).collect::<Vec<_>>());
    // Other bodies tell nothing here.
    if operation.ends_with("file.add") {
        line.put("asked", &exchange.request.body.as_text().to_owned());
    } else if let Outcome::Answered(answer) = &exchange.outcome
        && operation.contains("update_session.")
    {
        line.put("answered", &answer.body.as_text().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use accession_client::{Body, RecordedRequest, RecordedResponse};
    use accession_core::dialect::Dialect;
    use accession_core::session::Phase;
    use accession_core::time::Timestamp;
    use accession_core::wire::{Headers, Method};
    use serde_json::json;

    use super::super::{Action, Progress, Target, Upload, reduce};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn exchange(operation: &str, method: Method) -> Exchange {
        Exchange {
            id: 1,
            operation: operation.to_owned(),
            at: NOW,
            took: Duration::from_millis(5),
            request: RecordedRequest {
                method,
                url: "https://h/x".to_owned(),
                headers: Headers::new(),
                body: Body::Text("asked".to_owned()),
            },
            outcome: Outcome::Answered(RecordedResponse {
                status: 200,
                headers: Headers::new(),
                body: Body::Text("answered".to_owned()),
            }),
            notes: Vec::new(),
            transitions: Vec::new(),
            rule: None,
        }
    }

    fn entries(actions: Vec<Action>) -> Value {
        actions.into_iter().fold(Lab::new("http://127.0.0.1", 7, NOW), reduce).sequence()["entries"]
            .take()
    }

    #[test]
    fn a_call_is_told_with_the_steps_that_it_led_to() {
        let event =
            |from, to, because| Transition { at: NOW, session: "s".into(), from, to, because };
        let mut create = exchange("library.item.update_session.create", Method::Post);
        create.transitions = vec![event(None, Some(Phase::Open), "create")];
        let expired = event(Some(Phase::Completing), None, "expire");
        let begin = NOW.as_millis();
        let at = begin.to_string();
        assert_eq!(
            entries(vec![
                Action::Recorded(Rc::new(create), Vec::new()),
                Action::Happened(vec![expired], Vec::new()),
            ]),
            json!([
                {
                    "number": 1,
                    "at": begin + 5,
                    "times": 1,
                    "telling": true,
                    "began": begin,
                    "operation": "library.item.update_session.create",
                    "status": 200,
                    "url": "https://h/x",
                    "steps": [["s", "", "open", "create", at]],
                    "answered": "answered",
                },
                {
                    "number": 2,
                    "at": begin,
                    "times": 1,
                    "event": ["s", "completing", "", "expire", at],
                },
            ])
        );
    }

    #[test]
    fn of_what_tells_nothing_no_body_is_told() {
        let list = exchange("library.item.updatesession.file.list", Method::Get);
        let get = exchange("library.item.update_session.get", Method::Get);
        let mut add = exchange("library.item.updatesession.file.add", Method::Post);
        add.outcome = Outcome::NoAnswer(accession_client::TransportError::Aborted);
        let calls = [list, add, get].map(|call| Action::Recorded(Rc::new(call), Vec::new()));
        let live = Target::Live { origin: "https://h".to_owned() };
        let there = entries(
            [Action::Targeted(live, Dialect::Api)].into_iter().chain(calls.clone()).collect(),
        );
        let told = entries(calls.into());
        let told = |entry: usize| -> Vec<&Value> {
            ["telling", "status", "asked", "answered"].map(|name| &told[entry][name]).into()
        };
        assert_eq!(told(0), [&json!(false), &Value::Null, &Value::Null, &Value::Null]);
        assert_eq!(told(1), [&json!(true), &Value::Null, &json!("asked"), &Value::Null]);
        // What a server does shows in its answers alone.
        assert_eq!(told(2), [&json!(false), &Value::Null, &Value::Null, &Value::Null]);
        assert_eq!(there[3]["answered"], "answered");
    }

    #[test]
    fn uploads_and_the_session_on_screen_are_told() {
        let upload = Upload {
            id: 1,
            session: "s".into(),
            file: "a.iso".to_owned(),
            progress: Progress { moved: 37, ..Progress::new(100, NOW) },
        };
        let actions =
            [Action::SessionOpened(0, "s".into()), Action::UploadBegan(0, upload)].into_iter();
        let told = actions.fold(Lab::new("http://127.0.0.1", 7, NOW), reduce).sequence();
        assert_eq!(
            told,
            json!({
                "sheet": "sequence",
                "session": "s",
                "goes_on": false,
                "fetches_late": false,
                "now": NOW.as_millis(),
                "uploads": ["PUT a.iso, 37 %"],
                "entries": [],
            })
        );
    }
}

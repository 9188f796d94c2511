//! Every text is read again as what it was; whatever is cut, damaged or meant ill is told and harmless;
//! and no secret gets into any of them.

use accession_client::{Body, Exchange, Outcome};
use accession_core::dialect::Dialect;
use accession_core::reading;
use accession_core::received::Received;
use accession_core::run::{self, Deed, Entry, Replay, Run};
use accession_core::simulator::Source;
use accession_core::structure::{Plain, Wire};
use accession_core::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const BEGIN: i64 = 1_772_355_600_000;
const PASSWORD: &str = "hunter22-of-the-tests";
const HOSTILE: &str = "a|b\n# <img src=x onerror=alert(1)> `x` [l](javascript:1) \u{202e}--></svg>";

/// Writes a run while it is done, and what is seen of it.
struct Author {
    run: Run,
    replay: Replay,
    lines: Vec<Value>,
}

impl Author {
    fn new(dialect: Dialect) -> Self {
        let run = Run::new(7, dialect);
        let replay = run.begin().expect("a good run").with_origin("https://vcenter.simulated");
        Self { run, replay, lines: Vec::new() }
    }

    /// Does something, and gives what was answered.
    fn does(&mut self, deed: Deed) -> Value {
        let at = Timestamp::from_millis(BEGIN + 700 * self.run.entries.len() as i64);
        let entry = Entry { at, deed };
        let outcome = self.replay.step(&entry);
        self.run.entries.push(entry);
        let number = self.lines.len() as u64 + 1;
        let mut line = json!({ "number": number, "at": at.as_millis(), "times": 1 });
        match outcome {
            run::Outcome::Answered(answered) => {
                let body = answered.handled.as_ref().map(|handled| handled.response.body.clone());
                let exchange = Exchange::again(number, *answered, at, self.replay.token());
                line["call"] = exchange.to_value();
                self.lines.push(line);
                let body = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
                accession_core::dialect::unwrap_result(self.run.dialect, body).0
            }
            run::Outcome::Happened(events) => {
                for event in events {
                    let number = self.lines.len() as u64 + 1;
                    let at = event.at.as_millis();
                    self.lines.push(
                        json!({ "number": number, "at": at, "times": 1, "event": event.told() }),
                    );
                }
                Value::Null
            }
            run::Outcome::Impossible(why) => panic!("{why}"),
        }
    }

    fn calls(&mut self, operation: &str, parameters: Value) -> Value {
        let Value::Object(parameters) = parameters else { panic!("{parameters}") };
        self.does(Deed::Call { operation: operation.to_owned(), parameters })
    }
}

/// A run with all that can be told of one, and names that mean ill.
fn record(dialect: Dialect, name: &str) -> Record {
    let mut author = Author::new(dialect);
    author.does(Deed::LogIn { user: "you".to_owned() });
    let uri = format!("https://me:{PASSWORD}@mirror.corp.test/b.iso?x=1");
    let source =
        Source { received: Received { size: 9, ..Received::default() }, ..Source::default() };
    author.does(Deed::Declare { uri: uri.clone(), source });
    let spec = json!({
        "name": name,
        "storage_backings": [{ "type": "DATASTORE", "datastore_id": "datastore-11" }],
        "publish_info": {
            "authentication_method": "BASIC", "published": true, "user_name": "vcsp", "password": PASSWORD,
            "current_password": PASSWORD,
        },
    });
    author.calls("local_library.create", json!({ "create_spec": spec }));
    let spec = json!({
        "name": name,
        "storage_backings": [{ "type": "DATASTORE", "datastore_id": "datastore-11" }],
    });
    let library = author.calls("local_library.create", json!({ "create_spec": spec }));
    let spec = json!({ "library_id": library, "name": name, "type": "iso" });
    let item = author.calls("library.item.create", json!({ "create_spec": spec }));
    let spec = json!({ "library_item_id": item });
    let session =
        author.calls("library.item.update_session.create", json!({ "create_spec": spec }));
    let add = |spec: Value| json!({ "update_session_id": session, "file_spec": spec });
    let file = "a.iso".to_owned();
    let spec = json!({ "name": file, "source_type": "PUSH", "size": 4 });
    author.calls("library.item.updatesession.file.add", add(spec));
    let spec = json!({ "name": "b.iso", "source_type": "PULL", "source_endpoint": { "uri": uri } });
    author.calls("library.item.updatesession.file.add", add(spec));
    let on = json!({ "update_session_id": session });
    author.calls("library.item.update_session.complete", on.clone());
    let id = accession_core::model::SessionId::new(session.as_str().expect("an id"));
    author.does(Deed::OpenUpload { session: id.clone(), file: file.clone() });
    let received = Received { size: 4, ..Received::default() };
    author.does(Deed::CloseUpload { file: file.clone(), received: Some(received), dropped: false });
    author.does(Deed::OpenUpload { session: id, file: file.clone() });
    author.does(Deed::CloseUpload { file, received: None, dropped: true });
    author.calls("library.item.update_session.get", on.clone());
    author.calls("library.item.update_session.fail", {
        let mut fail = on.clone();
        fail["client_error_message"] = name.into();
        fail
    });
    author.calls("library.item.updatesession.file.list", on.clone());
    author.calls("library.item.update_session.delete", on);
    let value = json!({
        "lines": author.lines,
        "session": {
            "id": session, "gone": true, "item": name,
            "model": { "state": "ERROR", "error_message": { "default_message": name } },
            "files": [{ "name": name, "status": "ERROR", "size": 4, "error_message": { "default_message": name } }],
        },
    });
    let record = Record::from_value(&value).expect("it was written as the page does");
    assert_eq!(record.title, format!("Update session of {name}"));
    Record { title: name.to_owned(), run: Some(author.run.write(&Plain)), ..record }
}

/// The same, as a server would have answered.
fn answered(record: &Record) -> Record {
    Record { run: None, ..record.clone() }
}

/// What was sent, and what came back.
fn essence(exchange: &Exchange) -> Value {
    let mut value = exchange.to_value();
    for own in ["transitions", "rule"] {
        value.as_object_mut().expect("an object").remove(own);
    }
    value
}

fn exchanges(record: &Record) -> Vec<Value> {
    record.calls().map(|(_, call)| essence(&call.exchange)).collect()
}

fn of_json(run: &Value) -> Run {
    reading::read::<Run>(run).expect("it is a run").value
}

fn entries(run: &Value) -> &Vec<Value> {
    run["entries"].as_array().expect("a list")
}

/// The statuses and the paths that a run leads to.
fn led_to(run: &Value) -> Vec<(String, Option<u16>)> {
    let (_, outcomes) = of_json(run).replay().expect("a good run");
    let told = outcomes.into_iter().filter_map(|outcome| match outcome {
        run::Outcome::Answered(answered) => Some((
            answered.request.path().to_owned(),
            answered.handled.map(|handled| handled.response.status),
        )),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_run_file_is_read_as_what_was_written() {
    for dialect in Dialect::ALL {
        let record = record(dialect, "a run");
        let found = read("run.json", &run_file(&record)).expect("it is whole");
        let run = found.run.as_ref().expect("it has one");
        assert_eq!(led_to(run), led_to(record.run.as_ref().unwrap()));
        assert_eq!(found.title, "a run");
        assert_eq!((&found.damage, found.said()), (&None, Vec::new()));

        let found = read("live.json", &run_file(&answered(&record))).expect("it is whole");
        assert_eq!(found.run, None);
        assert_eq!(found.exchanges.iter().map(essence).collect::<Vec<_>>(), exchanges(&record));
    }
}

#[test]
fn a_link_leads_to_the_same_without_hosts() {
    let record = record(Dialect::Api, "a run");
    let text = share(&record).expect("it is simulated");
    assert!(!text.contains("corp"), "{text}");
    let found = from_share(&text).expect("it is whole");
    assert_eq!(led_to(found.run.as_ref().unwrap()), led_to(record.run.as_ref().unwrap()));
    assert_eq!(share(&answered(&record)), None);
    let cut = from_share(&text[..text.len() / 2]).expect("its beginning is whole");
    let read = entries(cut.run.as_ref().unwrap()).len();
    assert!(read > 0 && read < entries(record.run.as_ref().unwrap()).len());
    let said = cut.said().join(" ");
    assert!(said.starts_with("The link is damaged at entry "), "{said}");
    assert!(
        said.contains("it ends in the middle") && said.ends_with("or for the run file."),
        "{said}"
    );
    let none = from_share("{\"seed\": \"x\"").expect_err("nothing is whole").to_string();
    assert!(none.starts_with("The link is damaged: "), "{none}");
}

#[test]
fn a_har_file_is_read_as_what_was_written() {
    for dialect in Dialect::ALL {
        let record = record(dialect, "a run");
        let text = har(&record);
        let found = read("run.har", &text).expect("it is whole");
        assert_eq!(led_to(found.run.as_ref().unwrap()), led_to(record.run.as_ref().unwrap()));
        assert_eq!(found.exchanges.iter().map(essence).collect::<Vec<_>>(), exchanges(&record));
        assert_eq!((found.title.as_str(), found.passed_over), ("a run", 0));
        let found = read("live.har", &har(&answered(&record))).expect("it is whole");
        assert_eq!(found.run, None);
        assert_eq!(found.exchanges.iter().map(essence).collect::<Vec<_>>(), exchanges(&record));
    }
}

/// What HAR 1.2 requires, by name and kind.
fn must_have(value: &Value, fields: &[(&str, &str)]) {
    for (name, kind) in fields {
        let field = &value[*name];
        let fits = match *kind {
            "text" => field.is_string(),
            "number" => field.is_number(),
            "list" => field.is_array(),
            _ => field.is_object(),
        };
        assert!(fits, "{name} is no {kind} in {value}");
    }
    // Anything else is of our own, and says so.
    let known = ["comment", "postData", "text"];
    for name in value.as_object().expect("an object").keys() {
        let is_known =
            fields.iter().any(|(field, _)| field == name) || known.contains(&name.as_str());
        assert!(is_known || name.starts_with('_'), "{name}");
    }
}

#[test]
fn a_har_file_is_what_its_specification_says() {
    let har: Value = serde_json::from_str(&har(&record(Dialect::Api, HOSTILE))).expect("JSON");
    let log = &har["log"];
    must_have(log, &[("version", "text"), ("creator", "object"), ("entries", "list")]);
    must_have(&log["creator"], &[("name", "text"), ("version", "text")]);
    let entries = log["entries"].as_array().expect("a list");
    assert!(entries.len() > 10);
    for entry in entries {
        must_have(
            entry,
            &[
                ("startedDateTime", "text"),
                ("time", "number"),
                ("request", "object"),
                ("response", "object"),
                ("cache", "object"),
                ("timings", "object"),
            ],
        );
        assert!(entry["startedDateTime"].as_str().unwrap().parse::<Timestamp>().is_ok());
        let timings = &entry["timings"];
        must_have(timings, &[("send", "number"), ("wait", "number"), ("receive", "number")]);
        let sum: f64 =
            ["send", "wait", "receive"].map(|name| timings[name].as_f64().unwrap()).iter().sum();
        assert_eq!(entry["time"].as_f64(), Some(sum));
        let message = [
            ("httpVersion", "text"),
            ("cookies", "list"),
            ("headers", "list"),
            ("headersSize", "number"),
            ("bodySize", "number"),
        ];
        let (request, response) = (&entry["request"], &entry["response"]);
        must_have(
            request,
            &[&message[..], &[("method", "text"), ("url", "text"), ("queryString", "list")]]
                .concat(),
        );
        if !request["postData"].is_null() {
            must_have(&request["postData"], &[("mimeType", "text"), ("text", "text")]);
        }
        must_have(
            response,
            &[
                &message[..],
                &[
                    ("status", "number"),
                    ("statusText", "text"),
                    ("content", "object"),
                    ("redirectURL", "text"),
                ],
            ]
            .concat(),
        );
        must_have(&response["content"], &[("size", "number"), ("mimeType", "text")]);
        for side in [request, response] {
            for header in side["headers"].as_array().unwrap() {
                must_have(header, &[("name", "text"), ("value", "text")]);
            }
        }
    }
}

#[test]
fn a_cut_text_is_read_up_to_the_cut() {
    let record = record(Dialect::Api, "é|run");
    let all = entries(record.run.as_ref().unwrap()).len();
    let clean = read("run.json", &run_file(&record)).unwrap().run.unwrap();
    // The texts of many bytes are not cut at each.
    let texts = [
        (run_file(&record), 1),
        (run_file(&answered(&record)), 7),
        (har(&record), 23),
        (har(&answered(&record)), 23),
    ];
    for (text, step) in texts {
        let mut longest = 0;
        for cut in (0..text.len()).step_by(step).filter(|cut| text.is_char_boundary(*cut)) {
            match read("cut", &text[..cut]) {
                // What follows the last bracket is only space.
                Ok(found) if text[cut..].trim().is_empty() => assert_eq!(found.damage, None),
                Ok(found) => {
                    assert!(found.damage.is_some(), "cut at {cut}");
                    let said = found.said().join(" ");
                    assert!(
                        said.contains("cut is damaged") && said.contains("Save it again"),
                        "{said}"
                    );
                    let read = match &found.run {
                        Some(run) => {
                            let read = entries(run);
                            assert_eq!(read, &entries(&clean)[..read.len()]);
                            read.len()
                        }
                        None => found.exchanges.len(),
                    };
                    assert!(read >= longest || found.run.is_some(), "cut at {cut}");
                    longest = longest.max(read);
                }
                Err(why) => assert!(why.to_string().contains("cut"), "{why}"),
            }
        }
        assert!(longest >= all - 8);
    }
    let text = share(&record).unwrap();
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        if let Ok(found) = from_share(&text[..cut]) {
            assert!(found.damage.is_some(), "cut at {cut}");
        }
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let record = record(Dialect::Api, "a run");
    let mut value: Value = serde_json::from_str(&run_file(&record)).unwrap();
    value["accession_run"] = 2.into();
    let newer = read("new.json", &value.to_string()).expect_err("it is of another version");
    assert!(newer.to_string().contains("version 2") && newer.to_string().contains("newer"));
    value["accession_run"] = 1.into();
    value["run"]["seed"] = "x".into();
    let seed = read("seed.json", &value.to_string()).expect_err("a seed is a number").to_string();
    assert!(seed.contains("its seed is no whole number"), "{seed}");
    for other in ["", "{}", "[1]", "PK\u{3}\u{4}", "{\"log\": {}}", "{\"log\": {\"entries\": []}}"]
    {
        let why = read("other", other).expect_err("there is nothing in it").to_string();
        assert!(why.starts_with("other "), "{why}");
    }
    let long = " ".repeat(LONGEST + 1);
    assert!(read("long", &long).expect_err("it is long").to_string().contains("Export fewer"));
}

/// A file as a browser's network panel exports it, as far as that matters here.
fn foreign() -> Value {
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let token = "b0bd3b1d9a0d4c0fa8f4d1a3a1d5e9f7";
    let key = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let basic = "Basic YWRtaW46aHVudGVyMjItb2YtdGhlLXRlc3Rz";
    let login = json!({ "startedDateTime": "2026-01-02T05:04:05.678+02:00", "time": 12.6,
        "request": { "method": "post", "url": "https://vc.corp.test/api/session", "headers": [
            header(":method", "POST"), header("Authorization", basic), header("Cookie", "a=kept-in-a-cookie; b=2"),
        ] },
        "response": { "status": 201, "headers": [header("content-type", "application/json")], "content": {
            "size": 34, "text": "ImIwYmQzYjFkOWEwZDRjMGZhOGY0ZDFhM2ExZDVlOWY3Ig==", "encoding": "base64",
        } } });
    let page = json!({ "request": { "method": "GET", "url": "https://vc.corp.test/ui/app.js" } });
    let create = json!({ "startedDateTime": "2026-01-02T03:04:06Z",
        "request": { "method": "POST", "url": "https://vc.corp.test/api/content/library/item/update-session",
            "headers": [header("vmware-api-session-id", token)],
            "postData": { "mimeType": "application/json", "text": "{\"library_item_id\":\"item-1\"}" } },
        "response": { "status": 201, "content": { "size": 11, "text": "\"session-1\"" } } });
    let add = json!({ "startedDateTime": "2026-01-02T03:04:07Z", "time": 5,
        "request": { "method": "POST",
            "url": "https://vc.corp.test/api/content/library/item/update-session/session-1/file",
            "postData": { "text": "{\"name\":\"a.iso\",\"source_type\":\"PUSH\"}" } },
        "response": { "status": 201, "content": { "text": format!(
            "{{\"name\":\"a.iso\",\"upload_endpoint\":{{\"uri\":\"https://vc.corp.test:443/cls/data/{key}/a.iso\"}}}}"
        ) } } });
    let upload = json!({ "time": -1,
        "request": { "method": "PUT", "bodySize": 2_100_000_000_u64,
            "url": format!("https://vc.corp.test:443/cls/data/{key}/a.iso"),
            "headers": [header("vmware-api-session-id", token)] },
        "response": { "status": 200, "content": { "size": 0, "text": format!("saw {key} and {token}") } } });
    let get = json!({ "startedDateTime": "2026-01-02T03:09:07Z",
        "request": { "method": "GET", "url": "https://u:p@vc.corp.test/api/content/library/item/update-session/session-1#x" },
        "response": { "status": 200, "content": { "size": 70 } } });
    let lost = json!({ "startedDateTime": "2026-01-02T03:09:08Z",
        "request": { "method": "GET", "url": "https://vc.corp.test/rest/com/vmware/content/library/item/update-session" },
        "response": { "status": 0, "_error": "net::ERR_FAILED" } });
    let preflight =
        json!({ "request": { "method": "OPTIONS", "url": "https://vc.corp.test/api/session" } });
    json!({ "log": { "version": "1.2", "pages": [], "entries":
        [login, page, create, add, upload, get, lost, preflight, null, { "request": 1 }] } })
}

#[test]
fn of_a_foreign_har_file_what_concerns_us_is_read() {
    let found = read("vc.har", &foreign().to_string()).expect("there is something in it");
    let told: Vec<_> = found
        .exchanges
        .iter()
        .map(|exchange| (exchange.operation.as_str(), exchange.status()))
        .collect();
    assert_eq!(
        told,
        [
            ("cis.session.create", Some(201)),
            ("library.item.update_session.create", Some(201)),
            ("library.item.updatesession.file.add", Some(201)),
            ("upload", Some(200)),
            ("library.item.update_session.get", Some(200)),
            ("library.item.update_session.list", None),
        ]
    );
    assert_eq!((found.run.clone(), found.damage.clone(), found.passed_over), (None, None, 4));
    let [login, _, _, upload, get, _] = found.exchanges.as_slice() else { panic!("{found:?}") };
    assert_eq!(login.at.to_string(), "2026-01-02T03:04:05.678Z");
    assert_eq!(login.took.as_millis(), 13);
    assert_eq!(upload.request.body, Body::Bytes(2_100_000_000));
    assert_eq!(upload.at.to_string(), "2026-01-02T03:04:07.005Z");
    let Outcome::Answered(answer) = &get.outcome else { panic!("{get:?}") };
    assert_eq!(answer.body, Body::Bytes(70));
    // Nothing of what lets somebody in is kept.
    let kept = format!(
        "{:?}{:?}",
        found,
        found.exchanges.iter().map(Exchange::to_value).collect::<Vec<_>>()
    );
    for secret in ["b0bd3b1d", "YWRtaW46", PASSWORD, "kept-in-a-cookie", "0c1d2e3f-4a5b", "u:p@"] {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }
}

#[test]
fn no_secret_is_in_any_of_them() {
    let record = record(Dialect::Api, "a run");
    let token = {
        let (replay, _) = of_json(record.run.as_ref().unwrap()).replay().expect("a good run");
        replay.token().expect("somebody logged in").reveal().to_owned()
    };
    // So that the test can fail: the run itself has the password, as it was typed.
    assert!(format!("{:?}", record.run).contains(PASSWORD));
    let live = answered(&record);
    let texts = [
        run_file(&record),
        har(&record),
        share(&record).unwrap(),
        report(&record, Some("a.svg")),
        diagram(&record),
        run_file(&live),
        har(&live),
        report(&live, None),
    ];
    for text in &texts {
        for secret in [PASSWORD, token.as_str(), "replayed", "cmVwbGF5ZWQ", "Basic "] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn a_file_that_was_made_by_hand_brings_no_secret_in() {
    let mut value: Value =
        serde_json::from_str(&run_file(&answered(&record(Dialect::Api, "a run")))).unwrap();
    let exchange = &mut value["exchanges"][2];
    exchange["request"]["headers"] = json!([["vmware-api-session-id", "token-of-somebody"]]);
    exchange["request"]["text"] = json!({ "password": PASSWORD }).to_string().into();
    exchange["request"]["url"] = "https://u:p@vc/api/content/library".into();
    let found = read("hand.json", &value.to_string()).expect("it is whole");
    let kept = format!("{found:?}");
    assert!(
        !kept.contains("token-of-somebody") && !kept.contains(PASSWORD) && !kept.contains("u:p@")
    );
}

#[test]
fn a_report_tells_what_happened_and_why() {
    let text = report(&record(Dialect::Api, "a run"), Some("run.svg"));
    for part in [
        "# a run\n",
        "Simulated: nothing of it happened on a server.",
        "![The states that the session went through](run.svg)",
        "**`library.item.update_session.complete`**: refused, 400",
        "  - POST `/api/content/library/item/update-session/",
        "  - Because: ",
        "(documented): ",
        "  - Source: ",
        "ACTIVE → ERROR",
        "ERROR → gone",
        "**`upload`**: no answer",
        "is gone: the server does not know it.",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("update_session.get"), "looks are left out:\n{text}");
}

#[test]
fn names_that_mean_ill_stay_names() {
    let record = record(Dialect::Api, HOSTILE);
    let text = report(&record, Some("a.svg\n](javascript:1)"));
    assert!(text.contains("](a.svgjavascript1)"), "{text}");
    for line in text.lines() {
        let fine = ["# ", "## ", "- ", "  - ", "|", "Times ", "Simulated", "!", "The ", "It "];
        assert!(line.is_empty() || fine.iter().any(|start| line.starts_with(start)), "{line:?}");
        assert!(!line.contains("](javascript") && !line.contains('\u{202e}'), "{line:?}");
        let raw = line
            .match_indices('<')
            .any(|(at, _)| !line[..at].ends_with('\\') && !line[at..].starts_with("<https://"));
        assert!(!raw, "{line:?}");
    }
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.matches('|').count() - row.matches("\\|").count());
    assert_eq!(cells.collect::<Vec<_>>(), [5, 5, 5]);

    let picture = diagram(&record);
    let mut reader = quick_xml::Reader::from_str(&picture);
    let mut depth = 0;
    loop {
        match reader.read_event().expect("it is XML") {
            quick_xml::events::Event::Start(tag) => {
                depth += 1;
                let name = tag.name().as_ref().to_owned();
                assert!(
                    ["svg", "title", "desc", "text", "tspan"].contains(&name.as_str()),
                    "{name}"
                );
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    assert!(!picture.contains("<img") && !picture.contains("href") && !picture.contains("<script"));
    for word in ["ACTIVE", "fail: ACTIVE to ERROR", "delete: ERROR to gone"] {
        assert!(picture.contains(word), "{word} is not in {picture}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = read(&text, &text);
        let _ = from_share(&text);
        let _ = read("har", &format!("{{\"log\": {{\"entries\": [{text}"));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..4096_usize, by in any::<char>(), which in 0..3_usize) {
        thread_local! {
            static TEXTS: [String; 3] = {
                let record = record(Dialect::Api, "a run");
                [run_file(&record), har(&record), foreign().to_string()]
            };
        }
        let text = TEXTS.with(|texts| texts[which].clone());
        let mut letters: Vec<char> = text.chars().collect();
        let at = at * letters.len() / 4096;
        letters[at] = by;
        let text: String = letters.into_iter().collect();
        if let Ok(found) = read("damaged", &text) {
            found.said();
            if let Some(Ok(run)) = found.run.as_ref().map(reading::read::<Run>) {
                run.value.replay().expect("the version and the seed are good");
            }
        }
    }
}

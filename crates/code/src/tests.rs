use std::time::Duration;

use accession_client::{Body, Outcome, RecordedRequest, RecordedResponse, TransportError};
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method};
use serde_json::json;

use super::*;

const SESSION: &str = "815994e5-2828-4a88-86ed-4575f9e964e2:9c7e16e9-9b8c-4c5a-a67b-a66a08b7d71c";
const ITEM: &str = "6a1b0d7e-53ad-4c9e-8a53-1f0a2b3c4d5e";

const CREATE: &str = "library.item.update_session.create";
const ADD: &str = "library.item.updatesession.file.add";
const VALIDATE: &str = "library.item.updatesession.file.validate";
const COMPLETE: &str = "library.item.update_session.complete";

fn recorded(
    operation: &str,
    (method, target): (Method, &str),
    body: &Value,
    (status, answer): (u16, &Value),
) -> Rc<Exchange> {
    let text = |value: &Value| match value {
        Value::Null => accession_client::Body::Empty,
        value => Body::Text(value.to_string()),
    };
    Rc::new(Exchange {
        id: 1,
        operation: operation.to_owned(),
        at: Timestamp::from_millis(0),
        took: Duration::ZERO,
        request: RecordedRequest {
            method,
            url: format!("https://vc.example{target}"),
            headers: Headers::from_iter([("vmware-api-session-id", REDACTED)]),
            body: text(body),
        },
        outcome: Outcome::Answered(RecordedResponse {
            status,
            headers: Headers::new(),
            body: text(answer),
        }),
        notes: Vec::new(),
        transitions: Vec::new(),
        rule: None,
    })
}

fn of_session(action: &str) -> String {
    format!("/api/content/library/item/update-session/{SESSION}{action}")
}

fn create() -> Rc<Exchange> {
    let target = "/api/content/library/item/update-session";
    let body = json!({ "library_item_id": ITEM });
    recorded(CREATE, (Method::Post, target), &body, (201, &json!(SESSION)))
}

fn add(spec: &Value) -> Rc<Exchange> {
    let name = spec["name"].as_str().expect("a name");
    let link = format!("https://vc.example:443/cls/data/{REDACTED}/{}", name.replace(' ', "%20"));
    let answer = json!({ "name": name, "upload_endpoint": { "uri": link } });
    recorded(ADD, (Method::Post, &of_session("/file")), spec, (201, &answer))
}

fn upload(name: &str, status: u16) -> Rc<Exchange> {
    let target = format!(":443/cls/data/{REDACTED}/{name}");
    recorded("upload", (Method::Put, &target), &Value::Null, (status, &Value::Null))
}

fn complete(status: u16, answer: &Value) -> Rc<Exchange> {
    let target = of_session("?action=complete");
    recorded(COMPLETE, (Method::Post, &target), &Value::Null, (status, answer))
}

fn validate(has_errors: bool) -> Rc<Exchange> {
    let answer = json!({ "has_errors": has_errors, "missing_files": [], "invalid_files": [] });
    let target = of_session("/file?action=validate");
    recorded(VALIDATE, (Method::Post, &target), &Value::Null, (200, &answer))
}

fn in_each(exchanges: &[Rc<Exchange>]) -> [String; 3] {
    Language::ALL.map(|language| run(exchanges, language))
}

#[test]
fn ids_of_the_run_are_captured_and_others_can_be_replaced() {
    let exchanges = [create(), complete(204, &Value::Null)];
    let [shell, script, python] = in_each(&exchanges);
    for text in [&shell, &script, &python] {
        assert!(!text.contains(SESSION), "{text}");
        assert_eq!(text.matches(ITEM).count(), 1, "{text}");
    }
    assert!(shell.contains(&format!("\nITEM=${{ITEM:-'{ITEM}'}}\n")), "{shell}");
    assert!(shell.contains("{\"library_item_id\": \"$ITEM\"}\n"), "{shell}");
    assert!(shell.contains("\nsession=$(value .)\n"), "{shell}");
    assert!(shell.contains("update-session/${session}?action=complete\""), "{shell}");
    assert!(
        script.contains(&format!("const ITEM = globalThis.process?.env.ITEM || \"{ITEM}\";")),
        "{script}"
    );
    assert!(script.contains("const session = await call("), "{script}");
    assert!(
        script.contains("`/api/content/library/item/update-session/${session}?action=complete`")
    );
    assert!(python.contains(&format!("ITEM = os.environ.get(\"ITEM\") or \"{ITEM}\"")), "{python}");
    assert!(python.contains("session = call("), "{python}");
    assert!(
        python.contains("f\"/api/content/library/item/update-session/{session}?action=complete\"")
    );
}

#[test]
fn an_id_that_was_searched_for_is_captured() {
    let find = |found: &Value| {
        let target = "/api/content/library/item?action=find";
        recorded(
            "library.item.find",
            (Method::Post, target),
            &json!({ "name": "it" }),
            (200, found),
        )
    };
    let [shell, script, python] = in_each(&[find(&json!([ITEM])), create()]);
    for text in [&shell, &script, &python] {
        assert!(!text.contains(ITEM), "{text}");
    }
    assert!(shell.contains("item=$(value '.[0]')"), "{shell}");
    assert!(script.contains("const item = only(await call("), "{script}");
    assert!(python.contains("item = only(call("), "{python}");
    // Which of several was meant is not known.
    let [shell, ..] = in_each(&[find(&json!(["another", ITEM])), create()]);
    assert!(shell.contains("ITEM=${ITEM:-") && !shell.contains("action=find"), "{shell}");
}

#[test]
fn what_was_refused_and_what_only_read_is_left_out() {
    let refusal = json!({ "error_type": "NOT_ALLOWED_IN_CURRENT_STATE", "messages": [] });
    let get = || {
        let answer = json!({ "state": "ACTIVE" });
        recorded(
            "library.item.update_session.get",
            (Method::Get, &of_session("")),
            &Value::Null,
            (200, &answer),
        )
    };
    let mut lost = Rc::unwrap_or_clone(complete(204, &Value::Null));
    lost.outcome = Outcome::NoAnswer(TransportError::Aborted);
    let exchanges = [
        create(),
        get(),
        complete(400, &refusal),
        validate(true),
        validate(false),
        validate(false),
        Rc::new(lost),
        complete(204, &Value::Null),
        get(),
    ];
    for text in in_each(&exchanges) {
        assert_eq!(text.matches("action=complete").count(), 1, "{text}");
        assert_eq!(text.matches("action=validate").count(), 1, "{text}");
        for why in [
            "refused then with 400 NOT_ALLOWED_IN_CURRENT_STATE",
            "no answer came then",
            "it found errors then",
        ] {
            // At the head, and in its place.
            assert_eq!(text.matches(&format!(": {why}")).count(), 2, "{text}");
        }
    }
}

#[test]
fn a_file_is_measured_again() {
    let spec = json!({
        "name": "a b.iso", "source_type": "PUSH", "size": 4711, "checksum_info": { "checksum": "c0ffee" },
    });
    let keep_alive = || {
        let target = of_session("?action=keep-alive");
        let operation = "library.item.update_session.keep_alive";
        recorded(operation, (Method::Post, &target), &json!({}), (204, &Value::Null))
    };
    let sent = [create(), add(&spec), keep_alive(), upload("a%20b.iso", 200)];
    let [shell, script, python] = in_each(&sent);
    for text in [&shell, &script, &python] {
        assert!(!text.contains("4711") && !text.contains("c0ffee"), "{text}");
        // While the file is sent, and at no other time.
        assert_eq!(text.matches("action=keep-alive").count(), 1, "{text}");
    }
    assert!(shell.contains("checksum=$(sha1sum <\"$file\" | cut -d ' ' -f 1)"), "{shell}");
    assert!(shell.contains("for tool in curl jq sha1sum; do"), "{shell}");
    assert!(script.contains("const checksum = await digest(\"sha1\", file);"), "{script}");
    assert!(python.contains("checksum = digest(\"sha1\", file)"), "{python}");

    // Without its bytes there is nothing to measure, and a failed upload is none.
    for text in in_each(&[create(), add(&spec), upload("a%20b.iso", 500)]) {
        assert!(text.contains("4711") && text.contains("c0ffee"), "{text}");
        assert!(text.contains("upload of \"a b.iso\": refused then with 500"), "{text}");
    }
    // Nobody knows how a digest of an unknown kind is made.
    let spec = json!({
        "name": "a b.iso", "source_type": "PUSH", "checksum_info": { "algorithm": "CRC", "checksum": "c0ffee" },
    });
    for text in in_each(&[create(), add(&spec), upload("a%20b.iso", 200)]) {
        assert!(text.contains("c0ffee"), "{text}");
    }
}

#[test]
fn files_stay_in_their_directory() {
    for (name, safe) in
        [("../../.ssh/id", "id"), ("a/..", "file"), ("", "file"), (".", "file"), ("a b", "a b")]
    {
        assert_eq!(file_name(name), safe);
    }
}

#[test]
fn a_run_logs_in_and_out_whatever_was_recorded() {
    let target = |rest: bool| if rest { "/rest/com/vmware/cis/session" } else { "/api/session" };
    for rest in [false, true] {
        let log_in = recorded(
            "cis.session.create",
            (Method::Post, target(rest)),
            &Value::Null,
            (200, &json!(REDACTED)),
        );
        for exchanges in [vec![log_in.clone()], vec![log_in.clone(), log_in]] {
            for text in in_each(&exchanges) {
                assert_eq!(text.matches(target(rest)).count(), 2, "{text}");
                assert!(!text.contains(REDACTED), "{text}");
            }
        }
    }
    for text in in_each(&[]) {
        assert_eq!(text.matches("/api/session").count(), 2, "{text}");
    }
}

#[test]
fn one_call_is_made_as_it_was() {
    let refusal = json!({ "error_type": "NOT_FOUND", "messages": [] });
    let exchange = complete(404, &refusal);
    for language in Language::ALL {
        let text = call(&exchange, language);
        assert!(text.contains("action=complete"), "{text}");
        // A whole id stands there once, as what is used unless the environment says otherwise.
        assert_eq!(text.matches(SESSION).count(), 1, "{text}");
        assert!(!text.contains("jq"), "{text}");
    }
    // The link of an upload is a key, and was not recorded.
    for language in Language::ALL {
        let text = call(&upload("a%20b.iso", 200), language);
        assert!(text.contains("UPLOAD_URL") && text.contains("a b.iso"), "{text}");
        assert!(!text.contains(REDACTED) && !text.contains("VCENTER_PASSWORD"), "{text}");
    }
}

#[test]
fn a_secret_is_asked_for() {
    let body = json!({ "name": "l", "publish_info": { "password": REDACTED } });
    let made = (201, &json!("l-1"));
    let create =
        recorded("local_library.create", (Method::Post, "/api/content/local-library"), &body, made);
    let [shell, script, python] = in_each(&[create]);
    assert!(shell.contains("\"password\": $(printf '%s' \"$SECRET\" | jq -Rs .)"), "{shell}");
    assert!(shell.contains(": \"${SECRET:?"), "{shell}");
    assert!(
        script.contains("\"password\": SECRET") && script.contains("setting(\"SECRET\""),
        "{script}"
    );
    assert!(
        python.contains("\"password\": SECRET") && python.contains("setting(\"SECRET\""),
        "{python}"
    );
}

#[test]
fn recorded_texts_are_never_read_as_code() {
    let target = "/api/content/'\"`$(id)${id}{id}\\/x";
    let body =
        json!({ "name": "'\"`$(id)${id}{id}\\ \n\u{202e}\u{2028}", "library_item_id": ITEM });
    let exchange =
        recorded("an\noperation\u{2028}", (Method::Post, target), &body, (200, &json!({})));
    let [shell, script, python] = in_each(std::slice::from_ref(&exchange));
    assert!(shell.contains(r#"'/api/content/'\''"`$(id)${id}{id}\/x'"#), "{shell}");
    assert!(shell.contains(r#""'\\"\`\$(id)\${id}{id}\\\\ \\n\\u202e\\u2028""#), "{shell}");
    for text in [&script, &python] {
        assert!(text.contains(r#""/api/content/'\"`$(id)${id}{id}\\/x""#), "{text}");
        assert!(text.contains(r#""'\"`$(id)${id}{id}\\ \n\u202e\u2028""#), "{text}");
    }
    for (text, mark) in [(&shell, "#"), (&script, "//"), (&python, "#")] {
        assert!(text.contains(&format!("{mark}   an?operation?\n")), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{2028}']) || text == &shell, "{text}");
    }

    // The same around a variable.
    let target = format!("/api/'\"`$(id)${{id}}{{id}}\\/{ITEM}");
    let exchange = recorded("x", (Method::Post, &target), &body, (200, &json!({})));
    let target = format!("/api/content/library/item/{ITEM}");
    let named = recorded(
        "library.item.delete",
        (Method::Delete, &*target),
        &Value::Null,
        (204, &Value::Null),
    );
    let [shell, script, python] = in_each(&[named, exchange]);
    assert!(shell.contains(r#""/api/'\"\`\$(id)\${id}{id}\\/${ITEM}""#), "{shell}");
    assert!(script.contains(r#"`/api/'\"\`$(id)\${id}{id}\\/${ITEM}`"#), "{script}");
    assert!(python.contains(r#"f"/api/'\"`$(id)${{id}}{{id}}\\/{ITEM}""#), "{python}");
}

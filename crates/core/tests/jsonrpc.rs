//! The third spelling: what is in an envelope, what is in a value, and what is wrong with either.

mod support;

use accession_core::dialect::Dialect;
use accession_core::error::ErrorType;
use accession_core::jsonrpc;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::simulator::{Account, Accounts, Simulator};
use accession_core::wire::{Headers, Method, Request};
use serde_json::{Value, json};
use support::{
    BEGIN, Client, ORIGIN, Refused, SEED, push_spec, rpc, rpc_reply, rpc_request, session_create,
};

const SESSIONS: &str = "com.vmware.content.library.item.update_session";
const FILES: &str = "com.vmware.content.library.item.updatesession.file";

fn logged_in() -> Client {
    Client::logged_in(Dialect::Api)
}

fn token(client: &Client) -> &str {
    client.login.as_ref().expect("it is logged in").reveal()
}

fn envelope(client: &Client, service: &str, operation: &str, fields: Value) -> Value {
    json!({
        "jsonrpc": "2.0", "id": "1", "method": "invoke",
        "params": {
            "serviceId": service,
            "operationId": operation,
            "input": {"STRUCTURE": {"operation-input": fields}},
            "ctx": {"securityCtx": {
                "schemeId": "com.vmware.vapi.std.security.session_id",
                "sessionId": token(client),
            }},
        },
    })
}

/// The answer's body as it is.
fn body(client: &mut Client, request: &Request) -> Value {
    let response = client.send(request).response;
    let _ = rpc_reply(&response);
    serde_json::from_slice(&response.body).expect("JSON")
}

fn invoke(client: &mut Client, service: &str, operation: &str, fields: Value) -> Value {
    let envelope = envelope(client, service, operation, fields);
    body(client, &rpc_request(&envelope))
}

#[test]
fn values_have_their_tags() {
    let mut client = Client::new(Dialect::Api);
    let login = body(&mut client, &rpc(&Call::LoginCreate(LoginCreate {}), false, None));
    let secret = login["result"]["output"]["SECRET"].as_str().expect("a secret").to_owned();
    client.login = Some(LoginToken::new(secret));
    let library = client.library("lab");
    let item = client.item(&library, "disk", "iso");
    let session = client.session(&item);
    let file = client.add(&session, "a b.iso");
    let link = support::link(&file);

    let get = Call::UpdateSessionGet(UpdateSessionGet { update_session_id: session.clone() });
    let request = rpc(&get, false, client.login.as_ref());
    let read = body(&mut client, &request);
    let model = json!({"STRUCTURE": {"com.vmware.content.library.item.update_session_model": {
        "id": {"OPTIONAL": session},
        "library_item_id": {"OPTIONAL": item},
        "library_item_content_version": {"OPTIONAL": "1"},
        "client_progress": {"OPTIONAL": 0},
        "state": {"OPTIONAL": "ACTIVE"},
        "expiration_time": {"OPTIONAL": "2026-03-01T09:05:00.000Z"},
        "preview_info": {"OPTIONAL": {"STRUCTURE": {
            "com.vmware.content.library.item.updatesession.preview_info": {"state": "UNAVAILABLE"},
        }}},
    }}});
    assert_eq!(read, json!({"jsonrpc": "2.0", "id": "7", "result": {"output": model}}));

    let files = invoke(&mut client, FILES, "list", json!({"update_session_id": session}));
    let endpoint = json!({"STRUCTURE": {
        "com.vmware.content.library.item.transfer_endpoint": {"uri": link},
    }});
    let file = json!({"STRUCTURE": {"com.vmware.content.library.item.updatesession.file.info": {
        "name": "a b.iso",
        "source_type": "PUSH",
        "upload_endpoint": {"OPTIONAL": endpoint},
        "bytes_transferred": 0,
        "status": "WAITING_FOR_TRANSFER",
        "keep_in_storage": {"OPTIONAL": true},
    }}});
    assert_eq!(files["result"], json!({"output": [file]}));

    let create = Call::UpdateSessionCreate(session_create(&item));
    let request = rpc(&create, true, client.login.as_ref());
    let busy = body(&mut client, &request);
    let message = format!("Library item {item} already has an active update session.");
    let error = json!({"com.vmware.vapi.std.errors.resource_busy": {
        "error_type": {"OPTIONAL": "RESOURCE_BUSY"},
        "messages": [{"STRUCTURE": {"com.vmware.vapi.std.localizable_message": {
            "id": "accession.item_has_active_update_session",
            "default_message": message,
            "args": [item],
        }}}],
    }});
    assert_eq!(busy["result"], json!({"error": {"ERROR": error}}));

    let alive = json!({"update_session_id": session, "client_progress": {"OPTIONAL": 42}});
    let alive = invoke(&mut client, SESSIONS, "keep_alive", alive);
    assert_eq!(alive["result"], json!({"output": null}), "void is told");
}

#[test]
fn a_map_is_a_list_of_entries() {
    let client = logged_in();
    let entry = |key: Value, value: Value| json!({"STRUCTURE": {"map-entry": {"key": key, "value": value}}});
    let read = |params: Value| {
        let message = json!({"STRUCTURE": {"com.vmware.vapi.std.localizable_message": {
            "id": "x", "default_message": "x", "args": [], "params": {"OPTIONAL": params},
        }}});
        let spec = json!({"STRUCTURE": {"com.vmware.content.library.item.update_session_model": {
            "error_message": {"OPTIONAL": message},
        }}});
        let envelope = envelope(&client, SESSIONS, "create", json!({"create_spec": spec}));
        let invocation = jsonrpc::Invocation::read(&rpc_request(&envelope)).expect("a call");
        let call = Call::decode(UpdateSessionCreate::ROW, invocation.parameters());
        call.map(|call| call.parameters(&accession_core::structure::Plain)["create_spec"]["error_message"]["params"].clone())
    };
    let text = |text: &str| {
        json!({"STRUCTURE": {"com.vmware.vapi.std.localization_param": {
            "s": {"OPTIONAL": text}, "i": {"OPTIONAL": null},
        }}})
    };
    let two = read(json!([entry(json!("a"), text("x")), entry(json!("b"), text("y"))]));
    let two = two.expect("a map");
    assert_eq!((&two["a"]["s"], &two["b"]["s"]), (&json!("x"), &json!("y")));
    assert_eq!(read(json!([])), Ok(json!({})));
    for params in [
        json!([entry(json!(1), text("x"))]),
        json!([entry(json!("a"), text("x")), text("y")]),
        json!([entry(json!("a"), json!({"OPTIONAL": null}))]),
        json!([entry(json!("a"), json!("x"))]),
    ] {
        let error = read(params.clone()).expect_err("it is no map");
        assert_eq!(error.error_type, Some(ErrorType::InvalidArgument), "{params}");
    }
}

#[test]
fn messages_are_told_in_the_asked_language_too() {
    let mut client = logged_in();
    let get = UpdateSessionGet { update_session_id: "nowhere".into() };
    let mut request = rpc(&Call::UpdateSessionGet(get), false, client.login.as_ref());
    request.headers.push("Accept-Language", "en");
    let answer = body(&mut client, &request);
    let error = &answer["result"]["error"]["ERROR"]["com.vmware.vapi.std.errors.not_found"];
    let message = &error["messages"][0]["STRUCTURE"]["com.vmware.vapi.std.localizable_message"];
    assert_eq!(message["localized"], json!({"OPTIONAL": message["default_message"]}));
}

#[test]
fn what_is_no_call_is_told_by_a_code() {
    let mut client = logged_in();
    let good = envelope(&client, SESSIONS, "list", json!({}));
    assert!(rpc_reply(&client.send(&rpc_request(&good)).response).is_ok());
    let wrong = |pointer: &str, value: Value| {
        let mut envelope = good.clone();
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        let parent = envelope.pointer_mut(parent).and_then(Value::as_object_mut);
        let parent = parent.expect("it is there");
        if value == "(absent)" {
            parent.remove(member)
        } else {
            parent.insert(member.to_owned(), value)
        };
        envelope
    };
    let absent = || json!("(absent)");
    let empty = json!({"STRUCTURE": {"operation-input": {}}});
    for (envelope, code, id, why) in [
        (wrong("/jsonrpc", json!("1.0")), -32600, None, "2.0"),
        (wrong("/jsonrpc", absent()), -32600, None, "jsonrpc"),
        (wrong("/id", absent()), -32600, None, "id is missing"),
        (wrong("/id", json!(1.5)), -32600, None, "id"),
        (wrong("/id", json!({})), -32600, None, "id"),
        (wrong("/method", json!(7)), -32600, None, "method"),
        (wrong("/method", json!("system.listMethods")), -32601, Some("1"), "invoke"),
        (wrong("/params", absent()), -32602, Some("1"), "params"),
        (wrong("/params", json!([SESSIONS, "list"])), -32602, Some("1"), "params"),
        (wrong("/params/serviceId", absent()), -32602, Some("1"), "serviceId"),
        (wrong("/params/operationId", json!(7)), -32602, Some("1"), "operationId"),
        (wrong("/params/ctx", absent()), -32602, Some("1"), "ctx"),
        (wrong("/params/input", absent()), -32602, Some("1"), "operation-input"),
        (wrong("/params/input", json!({})), -32602, Some("1"), "operation-input"),
        (wrong("/params/input", json!("x")), -32602, Some("1"), "operation-input"),
        (wrong("/params/input", json!({"OPTIONAL": empty})), -32602, Some("1"), "operation-input"),
        (wrong("/params/input/STRUCTURE", json!({"x": {}})), -32602, Some("1"), "operation-input"),
        (wrong("/params/input/STRUCTURE", json!({})), -32602, Some("1"), "one member"),
        (json!([good]), -32600, None, "one by one"),
        (json!("invoke"), -32600, None, "object"),
    ] {
        let answer = body(&mut client, &rpc_request(&envelope));
        assert_eq!(answer["error"]["code"], code, "{envelope}");
        assert_eq!(answer["id"], json!(id), "{envelope}");
        let data = answer["error"]["data"].as_str().expect("a text");
        assert!(data.contains(why), "{data} does not say {why}");
    }
    let mut request = rpc_request(&good);
    request.body.truncate(40);
    assert_eq!(body(&mut client, &request)["error"]["code"], -32700);
    request = rpc_request(&good);
    request.headers = Headers::from_iter([("Content-Type", "text/plain")]);
    assert_eq!(body(&mut client, &request)["error"]["code"], -32600);
    request = rpc_request(&good);
    request.headers.push("vapi-service", SESSIONS);
    request.headers.push("vapi-operation", "list");
    assert_eq!(body(&mut client, &request)["result"], json!({"output": []}));
    request = rpc_request(&good);
    request.headers.push("vapi-operation", "delete");
    assert_eq!(body(&mut client, &request)["error"]["code"], -31001);
    for id in [json!(7), json!(-1), json!("é"), Value::Null] {
        assert_eq!(body(&mut client, &rpc_request(&wrong("/id", id.clone())))["id"], id);
    }
}

#[test]
fn a_value_without_its_tag_is_found_by_its_path() {
    let client = logged_in();
    let spec = |fields: Value| json!({"STRUCTURE": {"com.vmware.any": fields}});
    for (fields, path) in [
        (json!({"file_spec": {"name": "a"}}), "file_spec"),
        (json!({"file_spec": {}}), "file_spec"),
        (json!({"file_spec": {"VOID": "a"}}), "file_spec"),
        (json!({"file_spec": {"ERROR": {"x": {}}}}), "file_spec"),
        (json!({"file_spec": {"STRUCTURE": {"a": {}, "b": {}}}}), "file_spec"),
        (json!({"file_spec": {"STRUCTURE": {"a": []}}}), "file_spec"),
        (json!({"file_spec": spec(json!({"name": {"SECRET": 7}}))}), "file_spec.name"),
        (json!({"file_spec": spec(json!({"name": [1, {"BINARY": []}]}))}), "file_spec.name[1]"),
        (
            json!({"file_spec": spec(json!({"name": {"OPTIONAL": {"OPTIONAL": {"a": 1}}}}))}),
            "file_spec.name",
        ),
    ] {
        let envelope = envelope(&client, FILES, "add", fields);
        let fault = jsonrpc::Invocation::read(&rpc_request(&envelope)).err().expect("malformed");
        let text = fault.to_string();
        assert!(text.starts_with(&format!("Invalid params.: params.input.{path}: ")), "{text}");
    }
}

#[test]
fn parameters_are_read_as_strictly_as_elsewhere() {
    let mut client = logged_in();
    let library = client.library("lab");
    let item = client.item(&library, "disk", "iso");
    let session = client.session(&item);
    let mut add = |spec: Value, more: (&str, Value)| {
        let mut fields = json!({"update_session_id": session, "file_spec": spec});
        fields[more.0] = more.1;
        let envelope = envelope(&client, FILES, "add", fields);
        rpc_reply(&client.send(&rpc_request(&envelope)).response)
            .map_err(|Refused { kind, message, .. }| (kind, message))
    };
    let spec = |fields: Value| json!({"STRUCTURE": {"com.vmware.any": fields}});
    let good = || spec(json!({"name": "a", "source_type": "PUSH", "size": {"OPTIONAL": null}}));
    let none = || ("file_name", json!({"OPTIONAL": null}));
    let refused = |kind: &str, message: &str| Err((kind.to_owned(), message.to_owned()));
    assert!(add(good(), none()).is_ok(), "an unknown field that is unset is none");
    assert_eq!(
        add(good(), ("colour", json!("blue"))),
        refused("UNEXPECTED_INPUT", "vapi.data.structure.field.unexpected")
    );
    let colour = spec(json!({"name": "a", "source_type": "PUSH", "colour": {"OPTIONAL": "blue"}}));
    assert_eq!(
        add(colour, none()),
        refused("UNEXPECTED_INPUT", "vapi.data.structure.field.unexpected")
    );
    assert_eq!(
        add(spec(json!({"source_type": "PUSH"})), none()),
        refused("INVALID_ARGUMENT", "vapi.data.structure.field.missing")
    );
    assert_eq!(
        add(spec(json!({"name": 7, "source_type": "PUSH"})), none()),
        refused("INVALID_ARGUMENT", "accession.type_mismatch")
    );
}

#[test]
fn an_unknown_operation_is_found_before_the_login() {
    let mut client = logged_in();
    client.login = Some(LoginToken::new("nobody's"));
    for (service, operation, message, argument) in [
        ("com.vmware.content.type", "list", "vapi.method.input.invalid.interface", None),
        (SESSIONS, "keep-alive", "vapi.method.input.invalid.method", Some("keep-alive")),
        ("", "", "vapi.method.input.invalid.interface", Some("")),
    ] {
        let answer = invoke(&mut client, service, operation, json!({}));
        let error =
            &answer["result"]["error"]["ERROR"]["com.vmware.vapi.std.errors.operation_not_found"];
        let message_sent =
            &error["messages"][0]["STRUCTURE"]["com.vmware.vapi.std.localizable_message"];
        assert_eq!(message_sent["id"], message);
        assert_eq!(message_sent["args"][0], argument.unwrap_or(service));
    }
    let known = invoke(&mut client, SESSIONS, "list", json!({}));
    assert!(
        known["result"]["error"]["ERROR"]["com.vmware.vapi.std.errors.unauthenticated"].is_object()
    );
}

#[test]
fn who_asks_stands_in_the_envelope() {
    let accounts = Accounts::Only(vec![Account::new("lab", "secret")]);
    let simulator = Simulator::new(SEED).with_accounts(accounts);
    let mut client = Client { simulator, now: BEGIN, dialect: Dialect::Api, login: None };
    let mut log_in = |security: Value| {
        let mut request = rpc(&Call::LoginCreate(LoginCreate {}), false, None);
        let mut envelope: Value = serde_json::from_slice(&request.body).expect("JSON");
        envelope["params"]["ctx"]["securityCtx"] = security;
        request.body = envelope.to_string().into_bytes();
        rpc_reply(&client.send(&request).response).map_err(|refused| refused.kind)
    };
    let scheme = |name: &str| format!("com.vmware.vapi.std.security.{name}");
    let user = |name: &str, password: Value| json!({"schemeId": scheme("user_pass"), "userName": name, "password": password});
    for security in [
        user("lab", json!("guess")),
        user("nobody", json!("secret")),
        user("lab", json!(7)),
        json!({"schemeId": scheme("saml_bearer_token"), "samlToken": "x"}),
        json!({"userName": "lab", "password": "secret"}),
        json!("lab"),
        json!(null),
    ] {
        assert_eq!(log_in(security), Err("UNAUTHENTICATED".to_owned()));
    }
    let token = log_in(user("lab", json!("secret"))).expect("granted");
    client.login = Some(LoginToken::new(token.as_str().expect("a token")));

    let get = Call::LoginGet(LoginGet {});
    let whose = |client: &mut Client, request: &Request| {
        rpc_reply(&client.send(request).response).map(|info| info["user"].clone())
    };
    let signed = rpc(&get, false, client.login.as_ref());
    assert_eq!(whose(&mut client, &signed), Ok(json!("lab")));
    // The header counts before the envelope.
    let mut by_header = rpc(&get, false, None);
    by_header.headers.push("vmware-api-session-id", token.as_str().expect("a token"));
    assert_eq!(whose(&mut client, &by_header), Ok(json!("lab")));
    let mut two_minds = signed.clone();
    two_minds.headers.push("vmware-api-session-id", "nobody's");
    assert!(whose(&mut client, &two_minds).is_err());

    let out = rpc(&Call::LoginDelete(LoginDelete {}), false, client.login.as_ref());
    assert_eq!(rpc_reply(&client.send(&out).response), Ok(Value::Null));
    assert!(whose(&mut client, &signed).is_err());
}

#[test]
fn it_is_the_post_to_the_bare_path_and_nothing_else() {
    let is_for =
        |method, url: &str| jsonrpc::is_for(&Request::new(method, format!("{ORIGIN}{url}")));
    assert!(is_for(Method::Post, "/api"));
    for (method, url) in [
        (Method::Get, "/api"),
        (Method::Put, "/api"),
        (Method::Post, "/api/"),
        (Method::Post, "/api/session"),
        (Method::Post, "/rest"),
        (Method::Post, "/apix"),
        (Method::Post, ""),
    ] {
        assert!(!is_for(method, url), "{method} {url}");
    }
}

#[test]
fn secrets_stay_out_of_faults() {
    let client = logged_in();
    let add = SessionFileAdd { update_session_id: "s".into(), file_spec: push_spec("a") };
    let mut envelope: Value =
        serde_json::from_slice(&rpc(&Call::SessionFileAdd(add), false, client.login.as_ref()).body)
            .expect("JSON");
    envelope["params"]["input"] = json!("wrong");
    let fault = jsonrpc::Invocation::read(&rpc_request(&envelope)).err().expect("malformed");
    assert!(!format!("{fault:?} {fault}").contains(token(&client)));
}

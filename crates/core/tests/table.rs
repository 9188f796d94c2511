//! The operations table: what every row looks like in both dialects, and that a call which was
//! written as a request, in these or over JSON-RPC, is read back as the same call, whatever its values
//! look like.

mod support;

use accession_core::dialect::{self, Dialect, Place, Unsendable};
use accession_core::error::{ApiError, ErrorType};
use accession_core::jsonrpc::Invocation;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::release::Release;
use accession_core::wire::{Method, Request};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use support::{HOSTILE, ORIGIN, calls, cases, push_spec, rpc};

const TABLE: &str = "\
cis.session.create
    201 POST /api/session
    200 POST /rest/com/vmware/cis/session
cis.session.get
    200 GET /api/session
    200 POST /rest/com/vmware/cis/session?~action=get
cis.session.delete
    204 DELETE /api/session
    200 DELETE /rest/com/vmware/cis/session
local_library.create
    201 POST /api/content/local-library, Client-Token, body create_spec
    200 POST /rest/com/vmware/content/local-library, body {client_token, create_spec}
local_library.get
    200 GET /api/content/local-library/{library_id}
    200 GET /rest/com/vmware/content/local-library/id:{library_id}
local_library.list
    200 GET /api/content/local-library
    200 GET /rest/com/vmware/content/local-library
local_library.update
    204 PATCH /api/content/local-library/{library_id}, body update_spec
    200 PATCH /rest/com/vmware/content/local-library/id:{library_id}, body {update_spec}
local_library.delete
    204 DELETE /api/content/local-library/{library_id}
    200 DELETE /rest/com/vmware/content/local-library/id:{library_id}
local_library.force_delete
    204 POST /api/content/local-library/{library_id}?action=force-delete
    200 POST /rest/com/vmware/content/local-library/id:{library_id}?~action=force-delete
library.get
    200 GET /api/content/library/{library_id}
    200 GET /rest/com/vmware/content/library/id:{library_id}
library.list
    200 GET /api/content/library
    200 GET /rest/com/vmware/content/library
library.find
    200 POST /api/content/library?action=find, body spec
    200 POST /rest/com/vmware/content/library?~action=find, body {spec}
library.update
    204 PATCH /api/content/library/{library_id}, body update_spec
    200 PATCH /rest/com/vmware/content/library/id:{library_id}, body {update_spec}
library.item.create
    201 POST /api/content/library/item, Client-Token, body create_spec
    200 POST /rest/com/vmware/content/library/item, body {client_token, create_spec}
library.item.get
    200 GET /api/content/library/item/{library_item_id}
    200 GET /rest/com/vmware/content/library/item/id:{library_item_id}
library.item.list
    200 GET /api/content/library/item?library_id
    200 GET /rest/com/vmware/content/library/item, query library_id
library.item.find
    200 POST /api/content/library/item?action=find, body spec
    200 POST /rest/com/vmware/content/library/item?~action=find, body {spec}
library.item.update
    204 PATCH /api/content/library/item/{library_item_id}, body update_spec
    200 PATCH /rest/com/vmware/content/library/item/id:{library_item_id}, body {update_spec}
library.item.delete
    204 DELETE /api/content/library/item/{library_item_id}
    200 DELETE /rest/com/vmware/content/library/item/id:{library_item_id}
library.item.copy
    200 POST /api/content/library/item/{source_library_item_id}?action=copy, Client-Token, body destination_create_spec
    200 POST /rest/com/vmware/content/library/item/id:{source_library_item_id}?~action=copy, body {client_token, destination_create_spec}
library.item.file.get
    200 GET /api/content/library/item/{library_item_id}/file?name
    200 POST /rest/com/vmware/content/library/item/file/id:{library_item_id}?~action=get, body {name}
library.item.file.list
    200 GET /api/content/library/item/{library_item_id}/file
    200 GET /rest/com/vmware/content/library/item/file, query library_item_id
library.item.storage.get
    200 GET /api/content/library/item/{library_item_id}/storage?file_name
    200 POST /rest/com/vmware/content/library/item/storage/id:{library_item_id}?~action=get, body {file_name}
library.item.storage.list
    200 GET /api/content/library/item/{library_item_id}/storage
    200 GET /rest/com/vmware/content/library/item/storage, query library_item_id
library.item.changes.list
    200 GET /api/content/library/item/{library_item}/changes
    200 GET /rest/content/library/item/{library_item}/changes
library.item.changes.get
    200 GET /api/content/library/item/{library_item}/changes/{version}
    200 GET /rest/content/library/item/{library_item}/changes/{version}
library.item.update_session.create
    201 POST /api/content/library/item/update-session, Client-Token, body create_spec
    200 POST /rest/com/vmware/content/library/item/update-session, body {client_token, create_spec}
library.item.update_session.get
    200 GET /api/content/library/item/update-session/{update_session_id}
    200 GET /rest/com/vmware/content/library/item/update-session/id:{update_session_id}
library.item.update_session.list
    200 GET /api/content/library/item/update-session, query library_item_id
    200 GET /rest/com/vmware/content/library/item/update-session, query library_item_id
library.item.update_session.update
    204 PATCH /api/content/library/item/update-session/{update_session_id}, body update_spec
    200 PATCH /rest/com/vmware/content/library/item/update-session/id:{update_session_id}, body {update_spec}
library.item.update_session.complete
    204 POST /api/content/library/item/update-session/{update_session_id}?action=complete
    200 POST /rest/com/vmware/content/library/item/update-session/id:{update_session_id}?~action=complete
library.item.update_session.keep_alive
    204 POST /api/content/library/item/update-session/{update_session_id}?action=keep-alive, body {client_progress}
    200 POST /rest/com/vmware/content/library/item/update-session/id:{update_session_id}?~action=keep-alive, body {client_progress}
library.item.update_session.cancel
    204 POST /api/content/library/item/update-session/{update_session_id}?action=cancel
    200 POST /rest/com/vmware/content/library/item/update-session/id:{update_session_id}?~action=cancel
library.item.update_session.fail
    204 POST /api/content/library/item/update-session/{update_session_id}?action=fail, body {client_error_message}
    200 POST /rest/com/vmware/content/library/item/update-session/id:{update_session_id}?~action=fail, body {client_error_message}
library.item.update_session.delete
    204 DELETE /api/content/library/item/update-session/{update_session_id}
    200 DELETE /rest/com/vmware/content/library/item/update-session/id:{update_session_id}
library.item.updatesession.file.add
    201 POST /api/content/library/item/update-session/{update_session_id}/file, body file_spec
    200 POST /rest/com/vmware/content/library/item/updatesession/file/id:{update_session_id}?~action=add, body {file_spec}
library.item.updatesession.file.get
    200 GET /api/content/library/item/update-session/{update_session_id}/file/{file_name}
    200 POST /rest/com/vmware/content/library/item/updatesession/file/id:{update_session_id}?~action=get, body {file_name}
library.item.updatesession.file.list
    200 GET /api/content/library/item/update-session/{update_session_id}/file
    200 GET /rest/com/vmware/content/library/item/updatesession/file, query update_session_id
library.item.updatesession.file.remove
    204 DELETE /api/content/library/item/update-session/{update_session_id}/file/{file_name}
    200 POST /rest/com/vmware/content/library/item/updatesession/file/id:{update_session_id}?~action=remove, body {file_name}
library.item.updatesession.file.validate
    200 POST /api/content/library/item/update-session/{update_session_id}/file?action=validate
    200 POST /rest/com/vmware/content/library/item/updatesession/file/id:{update_session_id}?~action=validate
";

#[test]
fn the_table() {
    let mut written = String::new();
    for row in ROWS {
        written += &format!("{}\n", row.full_name());
        for dialect in Dialect::ALL {
            let line = line(row, dialect);
            let at = |place| row.parameters.iter().filter(move |name| line.place(name) == place);
            let mut text = format!("    {} {}", line.success(), line.template());
            let in_template = |name: &&&str| line.template().ends_with(&format!("?{name}"));
            for name in at(Place::Query).filter(|name| !in_template(name)) {
                text += &format!(", query {name}");
            }
            for _ in at(Place::Header) {
                text += &format!(", {}", dialect::CLIENT_TOKEN_HEADER);
            }
            for name in at(Place::Body) {
                text += &format!(", body {name}");
            }
            let fields: Vec<_> = at(Place::Field).copied().collect();
            if !fields.is_empty() {
                text += &format!(", body {{{}}}", fields.join(", "));
            }
            written += &format!("{text}\n");
        }
    }
    assert_eq!(written, TABLE);
}

/// Reads a request as a server does that does not look at logins.
fn decode(dialect: Dialect, request: &Request) -> Option<Result<Call, ApiError>> {
    let routed = dialect::route(lines(dialect), dialect, request)?;
    let parameters = match routed.parameters(request) {
        Ok(parameters) => parameters,
        Err(error) => return Some(Err(error)),
    };
    Some(Call::decode(routed.line.row, &parameters))
}

fn arrives_as_it_was_sent(call: &Call) -> Result<(), TestCaseError> {
    for wrapped in [false, true] {
        let invocation = Invocation::read(&rpc(call, wrapped, None))
            .map_err(|fault| TestCaseError::fail(format!("{}: {fault}", call.row().full_name())))?;
        prop_assert_eq!(invocation.row(Release::V9_1), Ok(call.row()));
        let parameters = invocation.parameters().clone();
        prop_assert_eq!(Call::decode(call.row(), &parameters), Ok(call.clone()));
    }
    for dialect in Dialect::ALL {
        let request = match call.encode(dialect, ORIGIN) {
            Ok(request) => request,
            Err(unsendable) => {
                is_with_reason(dialect, call, &unsendable)?;
                continue;
            }
        };
        prop_assert_eq!(request.origin(), ORIGIN);
        prop_assert!(request.url.is_ascii(), "{}", request.url);
        let routed = dialect::route(lines(dialect), dialect, &request).expect("a row");
        prop_assert_eq!(routed.line.row, call.row(), "{}", request.url);
        prop_assert_eq!(decode(dialect, &request).expect("a row"), Ok(call.clone()));

        // What another HTTP library makes of the path must be the same path.
        let segments = || request.path().split('/').skip(1);
        prop_assert!(segments().all(|segment| !["", ".", ".."].contains(&segment)));
    }
    Ok(())
}

/// What keeps a call from being sent stands in a path, where it would get lost or reach another
/// operation, or in a header, which it would break.
fn is_with_reason(
    dialect: Dialect,
    call: &Call,
    unsendable: &Unsendable,
) -> Result<(), TestCaseError> {
    let place = line(call.row(), dialect).place(&unsendable.parameter);
    let value = unsendable.value.as_str();
    if place == Place::Header {
        prop_assert!(value.contains(char::is_control), "{}", unsendable);
        return Ok(());
    }
    prop_assert_eq!(place, Place::Path, "{}", unsendable);
    let lost = ["", ".", ".."].contains(&value);
    let another = dialect == Dialect::Api
        && value == "update-session"
        && matches!(
            call,
            Call::ItemGet(_)
                | Call::ItemFileGet(_)
                | Call::ItemFileList(_)
                | Call::ItemStorageGet(_)
                | Call::ItemStorageList(_)
                | Call::ItemChangesList(_)
                | Call::ItemChangesGet(_)
        );
    prop_assert!(lost || another, "{}", unsendable);
    Ok(())
}

#[test]
fn every_call_arrives_as_it_was_sent() {
    let calls = calls();
    assert_eq!(calls.len(), ROWS.len());
    for (row, calls) in ROWS.iter().zip(calls) {
        let arrives = |call: Call| {
            prop_assert_eq!(call.row(), *row);
            arrives_as_it_was_sent(&call)
        };
        TestRunner::new(cases(64)).run(&calls, arrives).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn hostile_ids_arrive_or_stay_at_home() {
    for text in HOSTILE {
        let (session, item) = (SessionId::new(*text), ItemId::new(*text));
        let (session, name) = (|| session.clone(), || (*text).to_owned());
        let calls = [
            Call::LocalLibraryGet(LocalLibraryGet { library_id: LibraryId::new(*text) }),
            Call::ItemList(ItemList { library_id: LibraryId::new(*text) }),
            Call::ItemGet(ItemGet { library_item_id: item.clone() }),
            Call::ItemFileList(ItemFileList { library_item_id: item.clone() }),
            Call::ItemFileGet(ItemFileGet { library_item_id: item.clone(), name: name() }),
            Call::ItemStorageList(ItemStorageList { library_item_id: item.clone() }),
            Call::ItemChangesList(ItemChangesList { library_item: item.clone() }),
            Call::UpdateSessionList(UpdateSessionList { library_item_id: Some(item) }),
            Call::UpdateSessionGet(UpdateSessionGet { update_session_id: session() }),
            Call::UpdateSessionDelete(UpdateSessionDelete { update_session_id: session() }),
            Call::UpdateSessionComplete(UpdateSessionComplete { update_session_id: session() }),
            Call::SessionFileAdd(SessionFileAdd {
                update_session_id: session(),
                file_spec: push_spec(text),
            }),
            Call::SessionFileList(SessionFileList { update_session_id: session() }),
            Call::SessionFileGet(SessionFileGet {
                update_session_id: session(),
                file_name: name(),
            }),
            Call::SessionFileRemove(SessionFileRemove {
                update_session_id: "s".into(),
                file_name: name(),
            }),
        ];
        for call in &calls {
            arrives_as_it_was_sent(call).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        }
    }
}

#[test]
fn an_id_that_spells_a_literal_segment_is_not_sent_elsewhere() {
    let item = ItemGet { library_item_id: "update-session".into() };
    let refused = item.encode(Dialect::Api, ORIGIN).expect_err("it would list sessions");
    assert_eq!(refused.parameter, "library_item_id");
    assert!(item.encode(Dialect::Rest, ORIGIN).is_ok(), "`id:` tells it apart");

    // The segment that comes first decides, so this path is a session's and no item's files.
    let item = ItemFileList { library_item_id: "update-session".into() };
    assert!(item.encode(Dialect::Api, ORIGIN).is_err());
    let session = UpdateSessionGet { update_session_id: "file".into() };
    let request = session.encode(Dialect::Api, ORIGIN).expect("a session may have this id");
    assert_eq!(request.path(), "/api/content/library/item/update-session/file");
}

// ---------------------------------------------------------------------------------------------
// Requests that no client of ours writes
// ---------------------------------------------------------------------------------------------

const SESSIONS: &str = "/api/content/library/item/update-session";
const REST_SESSIONS: &str = "/rest/com/vmware/content/library/item/update-session";

fn request(method: Method, target: &str, body: &str) -> Request {
    let mut request = Request::new(method, format!("{ORIGIN}{target}"));
    request.body = body.as_bytes().to_vec();
    request
}

fn read(method: Method, target: &str, body: &str) -> Option<Result<Call, ApiError>> {
    let dialect = Dialect::of_path(target).expect("one of the two");
    decode(dialect, &request(method, target, body))
}

fn refused(method: Method, target: &str, body: &str) -> (ErrorType, String, Vec<String>) {
    let error = read(method, target, body).expect("a known path").expect_err("it is refused");
    let message = error.messages[0].clone();
    (error.error_type.expect("a type"), message.id, message.args)
}

const UNKNOWN_FIELD: &str = "vapi.data.structure.field.unexpected";

#[test]
fn a_body_that_repeats_a_path_parameter_does_not_win() {
    for target in
        [format!("{SESSIONS}/mine?action=fail"), format!("{REST_SESSIONS}/id:mine?~action=fail")]
    {
        let body = r#"{"client_error_message":"no","update_session_id":"yours"}"#;
        let (kind, message, args) = refused(Method::Post, &target, body);
        assert_eq!((kind, message.as_str()), (ErrorType::UnexpectedInput, UNKNOWN_FIELD));
        assert_eq!(args, ["[update_session_id]", "operation-input"]);
    }
    let (kind, ..) =
        refused(Method::Patch, &format!("{SESSIONS}/mine"), r#"{"update_session_id":"yours"}"#);
    assert_eq!(kind, ErrorType::UnexpectedInput);
    let (kind, ..) = refused(
        Method::Post,
        &format!("{SESSIONS}/mine?action=cancel&update_session_id=yours"),
        "",
    );
    assert_eq!(kind, ErrorType::InvalidArgument);
}

#[test]
fn an_unknown_query_is_not_the_row_without_it() {
    let refusals = [
        (Method::Post, format!("{SESSIONS}/s?action=complete&force=true"), "force"),
        (Method::Post, format!("{REST_SESSIONS}/id:s?~action=complete&force"), "force"),
        (Method::Post, format!("{SESSIONS}?force=true"), "force"),
        (Method::Post, format!("{SESSIONS}?~action=complete"), "~action"),
        (Method::Post, format!("{REST_SESSIONS}?action=complete"), "action"),
        (Method::Post, format!("{SESSIONS}/s?action=cancel&action=complete"), "action"),
        (Method::Get, format!("{SESSIONS}?library_item_id=a&library_item_id=b"), "library_item_id"),
        (Method::Get, format!("{SESSIONS}/s?colour=%E2%82%AC"), "colour"),
        (Method::Patch, format!("{SESSIONS}/s?update_spec=1"), "update_spec"),
        (Method::Patch, format!("{REST_SESSIONS}/id:s?update_spec=1"), "update_spec"),
        (
            Method::Post,
            format!("{SESSIONS}/s?action=fail&client_error_message=no"),
            "client_error_message",
        ),
    ];
    for (method, target, name) in refusals {
        let (kind, message, args) = refused(method, &target, "");
        assert_eq!(kind, ErrorType::InvalidArgument, "{target}");
        assert_eq!(message, "com.vmware.vapi.rest.unsupported_property", "{target}");
        assert_eq!(args, [name], "{target}");
    }
}

#[test]
fn an_unknown_path_or_action_is_no_row() {
    let get = Method::Get;
    let post = Method::Post;
    for (method, target) in [
        (get, "/api".to_owned()),
        (get, "/api/".to_owned()),
        (get, "/api/session/".to_owned()),
        (Method::Put, "/api/session".to_owned()),
        (get, "/api//session".to_owned()),
        (get, "/api/Session".to_owned()),
        (post, format!("{SESSIONS}/s")),
        (post, format!("{SESSIONS}/s?action=explode")),
        (post, format!("{SESSIONS}/s?action=Complete")),
        (post, format!("{SESSIONS}/s?action=keep_alive")),
        (post, format!("{SESSIONS}/s?action")),
        (post, format!("{SESSIONS}/s?~action=complete")),
        (post, format!("{REST_SESSIONS}/id:s?action=complete")),
        (post, format!("{REST_SESSIONS}/s?~action=complete")),
        (post, format!("{REST_SESSIONS}/id:?~action=complete")),
        (post, format!("{SESSIONS}/?action=complete")),
        (post, format!("{SESSIONS}/%FF?action=complete")),
    ] {
        assert_eq!(read(method, &target, ""), None, "{method} {target}");
    }
    assert_eq!(Dialect::of_path("/apix/session"), None);
    assert_eq!(Dialect::of_path("/cls/data/x/y"), None);
}

#[test]
fn calls_without_parameters_have_no_body_and_ignore_an_empty_one() {
    let complete = UpdateSessionComplete { update_session_id: "s".into() };
    for dialect in Dialect::ALL {
        let mut request = complete.encode(dialect, ORIGIN).expect("sendable");
        assert!(request.body.is_empty() && request.headers.get("content-type").is_none());
        for body in ["", " \r\n", "{}", "null"] {
            request.body = body.as_bytes().to_vec();
            let call = decode(dialect, &request).expect("a row");
            assert_eq!(call, Ok(Call::UpdateSessionComplete(complete.clone())), "{body:?}");
        }
        request.body = b"[]".to_vec();
        assert!(decode(dialect, &request).expect("a row").is_err());
    }
}

#[test]
fn unset_parameters_leave_an_empty_object() {
    let alive = UpdateSessionKeepAlive { update_session_id: "s".into(), client_progress: None };
    for dialect in Dialect::ALL {
        let request = alive.encode(dialect, ORIGIN).expect("sendable");
        assert_eq!(request.body, b"{}");
        assert_eq!(request.headers.get("content-type"), Some("application/json"));
    }
    let spec = UpdateSessionModel::default();
    let create = UpdateSessionCreate { client_token: None, create_spec: spec };
    let body = |dialect| create.encode(dialect, ORIGIN).expect("sendable").body;
    assert_eq!(body(Dialect::Api), b"{}");
    assert_eq!(body(Dialect::Rest), br#"{"create_spec":{}}"#);
}

#[test]
fn an_empty_list_is_a_list_and_null_is_nothing() {
    let update = |body: &str| read(Method::Patch, &format!("{SESSIONS}/s"), body).expect("a row");
    let call = |warning_behavior| {
        let update_spec = UpdateSessionModel { warning_behavior, ..Default::default() };
        Call::UpdateSessionUpdate(UpdateSessionUpdate {
            update_session_id: "s".into(),
            update_spec,
        })
    };
    assert_eq!(update(r#"{"warning_behavior":[]}"#), Ok(call(Some(Vec::new()))));
    assert_eq!(update(r#"{"warning_behavior":null}"#), Ok(call(None)));
    assert_eq!(update(r#"{"colour":null}"#), Ok(call(None)));
    assert_eq!(update("{}"), Ok(call(None)));

    let alive = format!("{SESSIONS}/s?action=keep-alive");
    let nulls = r#"{"client_progress":null,"colour":null}"#;
    let expected = UpdateSessionKeepAlive { update_session_id: "s".into(), client_progress: None };
    let expected = Some(Ok(Call::UpdateSessionKeepAlive(expected)));
    assert_eq!(read(Method::Post, &alive, nulls), expected);

    let list = line(UpdateSessionList::ROW, Dialect::Api);
    assert_eq!(dialect::success(list, Some(json!([])), None).body, b"[]");
    let list = line(UpdateSessionList::ROW, Dialect::Rest);
    assert_eq!(dialect::success(list, Some(json!([])), None).body, br#"{"value":[]}"#);
    let validate = line(SessionFileValidate::ROW, Dialect::Api);
    let result = serde_json::to_value(ValidationResult::default()).expect("it has a JSON form");
    assert_eq!(
        dialect::success(validate, Some(result), None).body,
        br#"{"has_errors":false,"missing_files":[],"invalid_files":[]}"#
    );
}

#[test]
fn the_client_token_travels_as_either_generation_of_servers_documents_it() {
    let token = "5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11";
    let spec = r#"{"library_item_id":"i"}"#;
    let expected = Call::UpdateSessionCreate(UpdateSessionCreate {
        client_token: Some(token.into()),
        ..support::session_create(&"i".into())
    });
    let target = format!("{SESSIONS}?client_token={token}");
    assert_eq!(read(Method::Post, &target, spec), Some(Ok(expected.clone())));
    let mut in_header = request(Method::Post, SESSIONS, spec);
    in_header.headers.push("client-token", token);
    assert_eq!(decode(Dialect::Api, &in_header), Some(Ok(expected.clone())));
    let body = format!(r#"{{"client_token":"{token}","create_spec":{spec}}}"#);
    assert_eq!(read(Method::Post, REST_SESSIONS, &body), Some(Ok(expected.clone())));
    let target = format!("{REST_SESSIONS}?client_token={token}");
    let body = format!(r#"{{"create_spec":{spec}}}"#);
    assert_eq!(read(Method::Post, &target, &body), Some(Ok(expected)));

    // The one dialect does not take the other's spelling.
    let body = format!(r#"{{"client_token":"{token}","library_item_id":"i"}}"#);
    let (kind, ..) = refused(Method::Post, SESSIONS, &body);
    assert_eq!(kind, ErrorType::UnexpectedInput);
    let (kind, ..) = refused(Method::Post, REST_SESSIONS, spec);
    assert_eq!(kind, ErrorType::UnexpectedInput);
    let (kind, ..) = refused(Method::Post, SESSIONS, r#"{"create_spec":{"library_item_id":"i"}}"#);
    assert_eq!(kind, ErrorType::UnexpectedInput);
}

#[test]
fn rest_takes_the_file_name_from_the_query_too() {
    let files = "/rest/com/vmware/content/library/item/updatesession/file/id:s";
    let expected = Call::SessionFileGet(SessionFileGet {
        update_session_id: "s".into(),
        file_name: "a b.iso".to_owned(),
    });
    let body = r#"{"file_name":"a b.iso"}"#;
    let in_body = read(Method::Post, &format!("{files}?~action=get"), body);
    assert_eq!(in_body, Some(Ok(expected.clone())));
    for query in ["~action=get&file_name=a+b.iso", "file_name=a%20b.iso&~action=get"] {
        assert_eq!(read(Method::Post, &format!("{files}?{query}"), ""), Some(Ok(expected.clone())));
    }
    let (kind, message, args) =
        refused(Method::Post, &format!("{files}?~action=get&file_name=other.iso"), body);
    assert_eq!(kind, ErrorType::InvalidArgument, "it cannot be both");
    assert_eq!(message, "com.vmware.vapi.rest.unsupported_property");
    assert_eq!(args, ["file_name"]);
}

#[test]
fn what_is_wrong_in_a_body_is_named() {
    let add = format!("{SESSIONS}/s/file");
    let spec = |more: &str| format!(r#"{{"name":"a","source_type":"PUSH"{more}}}"#);
    let unknown = |body: &str| {
        let (kind, message, args) = refused(Method::Post, &add, body);
        assert_eq!((kind, message.as_str()), (ErrorType::UnexpectedInput, UNKNOWN_FIELD), "{body}");
        args
    };
    assert_eq!(unknown(&spec(r#","colour":"blue""#)), ["[colour]", "file_spec"]);
    let nested = spec(r#","checksum_info":{"checksum":"00","colour":"blue"}"#);
    assert_eq!(unknown(&nested), ["[colour]", "file_spec.checksum_info"]);
    let in_list = r#"{"warning_behavior":[{"type":"EXPIRED_CERTIFICATE","ignored":true,"x":1}]}"#;
    let (_, _, args) = refused(Method::Patch, &format!("{SESSIONS}/s"), in_list);
    assert_eq!(args, ["[x]", "update_spec.warning_behavior[0]"]);

    let missing = |body: &str| {
        let (kind, message, args) = refused(Method::Post, &add, body);
        assert_eq!(kind, ErrorType::InvalidArgument, "{body}");
        assert_eq!(message, "vapi.data.structure.field.missing", "{body}");
        args
    };
    assert_eq!(missing(""), ["file_spec", "operation-input"]);
    assert_eq!(missing("{}"), ["name", "file_spec"]);
    assert_eq!(missing(&spec(r#","checksum_info":{}"#)), ["checksum", "file_spec.checksum_info"]);
    assert_eq!(missing(r#"{"name":null,"source_type":"PUSH"}"#), ["name", "file_spec"]);
    let (_, _, args) = refused(Method::Get, "/api/content/library/item", "");
    assert_eq!(args, ["library_id", "operation-input"]);
    let (_, _, args) = refused(Method::Post, &format!("{SESSIONS}/s?action=fail"), "{}");
    assert_eq!(args, ["client_error_message", "operation-input"]);

    for (more, path) in [
        (r#","size":"12""#, "file_spec.size"),
        (r#","size":1.5"#, "file_spec.size"),
        (r#","size":9223372036854775808"#, "file_spec.size"),
        (r#","size":{}"#, "file_spec.size"),
        (r#","checksum_info":[]"#, "file_spec.checksum_info"),
        // Serde would read the fields from a list in their order.
        (r#","checksum_info":["SHA1","00"]"#, "file_spec.checksum_info"),
        (r#","checksum_info":{"checksum":7}"#, "file_spec.checksum_info.checksum"),
        (r#","source_endpoint":"http://h/""#, "file_spec.source_endpoint"),
    ] {
        let (kind, message, args) = refused(Method::Post, &add, &spec(more));
        assert_eq!(kind, ErrorType::InvalidArgument, "{more}");
        assert_eq!(
            (message.as_str(), args[0].as_str()),
            ("accession.type_mismatch", path),
            "{more}"
        );
    }
}

#[test]
fn a_body_must_say_that_it_is_json() {
    let with_type = |content_type: Option<&str>| {
        let mut request = request(Method::Post, &format!("{SESSIONS}/s/file"), "{}");
        if let Some(content_type) = content_type {
            request.headers.push("Content-Type", content_type);
        }
        let error = decode(Dialect::Api, &request).expect("a row").expect_err("it has no fields");
        Dialect::ALL.map(|dialect| error.status(dialect))
    };
    for good in [None, Some("application/json; charset=utf-8"), Some("Application/Problem+JSON")] {
        assert_eq!(with_type(good), [400, 400], "{good:?}");
    }
    for bad in ["text/plain", "application/x-www-form-urlencoded", "", "json", "text/x+json"] {
        assert_eq!(with_type(Some(bad)), [415, 415], "{bad:?}");
    }
}

#[test]
fn names_of_operations_lead_to_their_rows() {
    for row in ROWS {
        assert_eq!(row_named(&row.full_name()), Some(*row));
    }
    assert_eq!(row_named("library.item.update_session.explode"), None);
    let harmless: Vec<_> =
        ROWS.iter().filter(|row| !row.changes()).map(|row| row.full_name()).collect();
    let reads = [
        "cis.session.get",
        "local_library.get",
        "local_library.list",
        "library.get",
        "library.list",
        "library.find",
        "library.item.get",
        "library.item.list",
        "library.item.find",
        "library.item.file.get",
        "library.item.file.list",
        "library.item.storage.get",
        "library.item.storage.list",
        "library.item.changes.list",
        "library.item.changes.get",
        "library.item.update_session.get",
        "library.item.update_session.list",
        "library.item.updatesession.file.get",
        "library.item.updatesession.file.list",
        "library.item.updatesession.file.validate",
    ];
    assert_eq!(harmless, reads);
    let parameters = serde_json::Map::from_iter([("client_progress".to_owned(), Value::from(7))]);
    let refused = encode(UpdateSessionKeepAlive::ROW, Dialect::Api, ORIGIN, parameters);
    assert_eq!(refused.expect_err("it has no id").parameter, "update_session_id");
}

#[test]
fn each_operation_has_a_page_of_the_vendors() {
    let page = |name: &str| row_named(name).expect("it is an operation").reference();
    let ends = |name: &str, end: &str| {
        assert_eq!(
            page(name),
            format!("https://developer.broadcom.com/xapis/vsphere-automation-api/latest/api{end}")
        );
    };
    let session = "/content/library/item/update-session";
    ends("library.item.update_session.create", &format!("{session}/post"));
    ends("library.item.update_session.update", &format!("{session}/updateSessionId/patch"));
    let complete = format!("{session}/updateSessionId__action=complete/post");
    ends("library.item.update_session.complete", &complete);
    for row in ROWS {
        let page = row.reference();
        assert!(!page.contains(['{', '}', '?', ' ']), "{page}");
    }
}

//! Which operation is allowed in which state: the tables, tried out cell by cell in both dialects.
//!
//! A cell says what happens: `ok`, the state that follows, or the refusal. A `+` says that the
//! deadline moves. A refused call leaves everything that can be seen as it was, the deadline too.

mod support;

use std::fmt::Write;

use accession_core::dialect::Dialect;
use accession_core::error::ErrorType;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::Broken;
use accession_core::wire::{Method, Request};
use serde_json::Value;
use support::{Client, Refused, file_add, link, push_spec, received, refusal, session_create};

/// The refusals, with their status on `/api` and on `/rest`.
const REFUSALS: [(&str, &str, u16, u16); 4] = [
    ("not-allowed", "NOT_ALLOWED_IN_CURRENT_STATE", 400, 400),
    ("not-found", "NOT_FOUND", 404, 404),
    ("invalid", "INVALID_ARGUMENT", 400, 400),
    ("busy", "RESOURCE_BUSY", 500, 400),
];

const BY_STATE: &str = "
                 ACTIVE       DONE         ERROR        CANCELED     gone
get              ok           ok           ok           ok           not-found
list             ok           ok           ok           ok           ok
update           ok +         not-allowed  not-allowed  not-allowed  not-found
complete         DONE         not-allowed  not-allowed  not-allowed  not-found
keep_alive       ok +         not-allowed  not-allowed  not-allowed  not-found
cancel           CANCELED     not-allowed  not-allowed  not-allowed  not-found
fail             ERROR        not-allowed  not-allowed  not-allowed  not-found
delete           not-allowed  gone         gone         gone         not-found
file.add         ok +         not-allowed  not-allowed  not-allowed  not-found
file.get         ok           ok           ok           ok           not-found
file.list        ok           ok           ok           ok           not-found
file.remove      ok +         not-allowed  not-allowed  not-allowed  not-found
file.validate    ok           not-allowed  not-allowed  not-allowed  not-found
upload           ok +         not-found    not-found    not-found    not-found
create           busy         ok           ok           ok           ok
";

const BY_FILE: &str = "
                 waiting      transferring ready        error        removed      untouched
complete         not-allowed  not-allowed  DONE         not-allowed  DONE         DONE
file.validate    not-allowed  not-allowed  ok           not-allowed  ok           ok
file.get         ok           ok           ok           ok           invalid      ok
file.remove      ok +         ok +         ok +         ok +         invalid      ok +
file.add         ok +         ok +         ok +         ok +         ok +         ok +
upload           ok +         not-allowed  ok +         not-allowed  not-found    not-found
keep_alive       ok +         ok +         ok +         ok +         ok +         ok +
cancel           CANCELED     CANCELED     CANCELED     CANCELED     CANCELED     CANCELED
fail             ERROR        ERROR        ERROR        ERROR        ERROR        ERROR
delete           not-allowed  not-allowed  not-allowed  not-allowed  not-allowed  not-allowed
";

const NAME: &str = "disk.iso";

/// A client, and the one session that the cells are about.
#[derive(Clone)]
struct Scene {
    client: Client,
    item: ItemId,
    session: SessionId,
    /// The last link that the file had.
    link: String,
}

impl Scene {
    /// An active session with one file that is READY.
    fn new(dialect: Dialect) -> Self {
        let mut client = Client::logged_in(dialect);
        let library = client.library("lab");
        let item = client.item(&library, "appliance", "iso");
        let session = client.session(&item);
        let file = client.add(&session, NAME);
        client.upload(&file, 3);
        Self { client, item, session, link: link(&file) }
    }

    fn in_state(dialect: Dialect, state: &str) -> Self {
        let mut scene = Self::new(dialect);
        let ends: &[&str] = match state {
            "ACTIVE" => &[],
            "DONE" => &["complete"],
            "ERROR" => &["fail"],
            "CANCELED" => &["cancel"],
            "gone" => &["cancel", "delete"],
            other => panic!("no state is called {other}"),
        };
        for end in ends {
            scene.act(end).expect("it is allowed");
        }
        scene
    }

    fn with_file(dialect: Dialect, status: &str) -> Self {
        let mut scene = Self::new(dialect);
        match status {
            "ready" => {}
            "removed" => scene.act("file.remove").expect("it is allowed"),
            "untouched" => {
                scene.act("complete").expect("all is sent");
                scene.session = scene.client.session(&scene.item);
            }
            _ => {
                let file = scene.client.add(&scene.session, NAME);
                scene.link = link(&file);
                match status {
                    "waiting" => {}
                    "transferring" => drop(scene.client.open(&file)),
                    "error" => {
                        let upload = scene.client.open(&file);
                        scene.client.close(upload, Err(Broken::ConnectionLost));
                    }
                    other => panic!("no status is called {other}"),
                }
            }
        }
        scene
    }

    /// Does what a row of the tables is called.
    fn act(&mut self, operation: &str) -> Result<(), Refused> {
        let update_session_id = self.session.clone();
        let file_name = NAME.to_owned();
        let client = &mut self.client;
        match operation {
            "get" => client.call(&UpdateSessionGet { update_session_id }).map(drop),
            "list" => {
                let library_item_id = Some(self.item.clone());
                client.call(&UpdateSessionList { library_item_id }).map(drop)
            }
            "update" => {
                let warning_behavior = Some(Vec::new());
                let update_spec = UpdateSessionModel { warning_behavior, ..Default::default() };
                client.call(&UpdateSessionUpdate { update_session_id, update_spec })
            }
            "complete" => client.call(&UpdateSessionComplete { update_session_id }),
            "keep_alive" => {
                let client_progress = Some(50);
                client.call(&UpdateSessionKeepAlive { update_session_id, client_progress })
            }
            "cancel" => client.call(&UpdateSessionCancel { update_session_id }),
            "fail" => {
                let client_error_message = "no".to_owned();
                client.call(&UpdateSessionFail { update_session_id, client_error_message })
            }
            "delete" => client.call(&UpdateSessionDelete { update_session_id }),
            "file.add" => client.call(&file_add(&update_session_id, push_spec(NAME))).map(drop),
            "file.get" => client.call(&SessionFileGet { update_session_id, file_name }).map(drop),
            "file.list" => client.call(&SessionFileList { update_session_id }).map(drop),
            "file.remove" => client.call(&SessionFileRemove { update_session_id, file_name }),
            "file.validate" => {
                client.call(&SessionFileValidate { update_session_id }).map(|result| {
                    assert_eq!(result, ValidationResult::default(), "nothing is wrong with it");
                })
            }
            "upload" => {
                let head = Request::new(Method::Put, self.link.clone());
                match client.simulator.open_upload(&head, client.now) {
                    Ok(upload) => {
                        client.close(upload, Ok(received(4)));
                        Ok(())
                    }
                    // No dialect is asked for; `/api` is the default one.
                    Err(refused) => Err(refusal(Dialect::Api, &refused.response)),
                }
            }
            "create" => client.call(&session_create(&self.item)).map(drop),
            other => panic!("no operation is called {other}"),
        }
    }

    fn state_and_deadline(&mut self) -> Option<(String, String)> {
        let get = UpdateSessionGet { update_session_id: self.session.clone() };
        let model = self.client.call(&get).ok()?;
        let state = model.state.expect("always there").to_string();
        Some((state, model.expiration_time.expect("always there").to_string()))
    }

    /// Does it a minute later, and tells in one word what came of it.
    fn cell(mut self, operation: &str) -> String {
        self.client.wait(60_000);
        let dialect = self.client.dialect;
        let seen = self.client.seen();
        let before = self.state_and_deadline();
        let outcome = self.act(operation);
        let after = self.state_and_deadline();
        match (outcome, before, after) {
            (Ok(()), Some((old, _)), Some((new, _))) if old != new => new,
            (Ok(()), Some(_), None) => "gone".to_owned(),
            (Ok(()), before, after) if before != after => "ok +".to_owned(),
            (Ok(()), ..) => "ok".to_owned(),
            (Err(refused), ..) => {
                assert_eq!(self.client.seen(), seen, "{operation} {refused:?}");
                let known = REFUSALS.iter().find(|(_, kind, ..)| *kind == refused.kind);
                let (word, _, api, rest) = known.unwrap_or_else(|| panic!("{refused:?}"));
                let status = if dialect == Dialect::Api { api } else { rest };
                assert_eq!(refused.status, *status, "{operation} {refused:?}");
                (*word).to_owned()
            }
        }
    }
}

fn check(table: &str, scene: fn(Dialect, &str) -> Scene) {
    let mut lines = table.trim_start_matches('\n').lines();
    let columns: Vec<_> = lines.next().expect("a heading").split_whitespace().collect();
    let operations: Vec<_> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    for dialect in Dialect::ALL {
        let mut found = String::from("\n");
        let mut line = |name: &str, cells: Vec<String>| {
            let cells: String = cells.iter().map(|cell| format!("{cell:<13}")).collect();
            writeln!(found, "{}", format!("{name:<17}{cells}").trim_end()).expect("room");
        };
        line("", columns.iter().map(|column| (*column).to_owned()).collect());
        for operation in &operations {
            let cell = |column: &&str| scene(dialect, column).cell(operation);
            line(operation, columns.iter().map(cell).collect());
        }
        assert_eq!(found, table, "{dialect}");
    }
}

#[test]
fn every_operation_in_every_state() {
    check(BY_STATE, Scene::in_state);
}

#[test]
fn every_operation_on_a_file_in_every_status() {
    check(BY_FILE, Scene::with_file);
}

// ---------------------------------------------------------------------------------------------
// Arguments
// ---------------------------------------------------------------------------------------------

/// Tries a call on an active session: `None` if it is allowed, else the refusal's type and message.
fn tried<O: Operation>(call: impl Fn(&Scene) -> O) -> Option<(String, String)> {
    let outcomes = Dialect::ALL.map(|dialect| {
        let mut scene = Scene::new(dialect);
        let seen = scene.client.seen();
        let refused = scene.client.call(&call(&scene)).err()?;
        assert_eq!(scene.client.seen(), seen, "{refused:?}");
        assert_eq!(refused.status, if refused.kind == "NOT_FOUND" { 404 } else { 400 });
        Some((refused.kind, refused.message))
    });
    assert_eq!(outcomes[0], outcomes[1]);
    outcomes[0].clone()
}

fn refused(kind: &str, message: &str) -> Option<(String, String)> {
    Some((kind.to_owned(), message.to_owned()))
}

#[test]
fn progress_is_0_to_100() {
    let alive = |client_progress| {
        tried(|scene| UpdateSessionKeepAlive {
            update_session_id: scene.session.clone(),
            client_progress,
        })
    };
    for good in [None, Some(0), Some(1), Some(100)] {
        assert_eq!(alive(good), None, "{good:?}");
    }
    for bad in [-1, 101, i64::MIN, i64::MAX] {
        assert_eq!(alive(Some(bad)), refused("INVALID_ARGUMENT", "accession.field_invalid"));
    }
}

#[test]
fn a_file_has_a_good_name_size_and_checksum() {
    let add = |spec: AddSpec| tried(|scene| file_add(&scene.session, spec.clone()));
    let named = |name: &str| add(push_spec(name));
    let invalid = refused("INVALID_ARGUMENT", "accession.field_invalid");
    for good in ["a", "...", ".hidden", "a b", "é", "100%", &"n".repeat(255)] {
        assert_eq!(named(good), None, "{good}");
    }
    for bad in [".", "..", "a/b", "/", "a\\b", "a\nb", "\u{7f}", &"é".repeat(128)] {
        assert_eq!(named(bad), invalid, "{bad:?}");
    }
    assert_eq!(named(""), refused("INVALID_ARGUMENT", "accession.field_required"));

    for (size, outcome) in [(0, &None), (i64::MAX, &None), (-1, &invalid), (i64::MIN, &invalid)] {
        assert_eq!(add(AddSpec { size: Some(size), ..push_spec("a") }), *outcome, "{size}");
    }

    let checksum = |algorithm: Option<&str>, checksum: &str| {
        let algorithm = algorithm.map(|name| ChecksumAlgorithm::from(name.to_owned()));
        let checksum_info = Some(ChecksumInfo { algorithm, checksum: checksum.to_owned() });
        add(AddSpec { checksum_info, ..push_spec("a") })
    };
    for (algorithm, digits) in [
        (None, 40),
        (Some("SHA1"), 40),
        (Some("MD5"), 32),
        (Some("SHA256"), 64),
        (Some("SHA512"), 128),
    ] {
        assert_eq!(checksum(algorithm, &"aF".repeat(digits / 2)), None, "{algorithm:?}");
        for bad in [digits - 1, digits + 1, 0] {
            assert_eq!(checksum(algorithm, &"a".repeat(bad)), invalid, "{algorithm:?} {bad}");
        }
        assert_eq!(checksum(algorithm, &"g".repeat(digits)), invalid, "{algorithm:?}");
    }
    assert_eq!(checksum(Some("sha1"), &"a".repeat(40)), invalid);
}

#[test]
fn the_source_of_a_file_follows_its_union() {
    let endpoint = || TransferEndpoint { uri: "https://h/f".to_owned(), ..Default::default() };
    let source = |source_type: &str, endpoint: Option<TransferEndpoint>| {
        add_with(SourceType::from(source_type.to_owned()), endpoint)
    };
    let union = refused("INVALID_ARGUMENT", "accession.union_broken");
    assert_eq!(source("PUSH", None), None);
    assert_eq!(source("PUSH", Some(endpoint())), union);
    assert_eq!(source("NONE", Some(endpoint())), union);
    assert_eq!(source("LATER", Some(endpoint())), union);
    assert_eq!(source("PULL", None), union);
    let invalid = refused("INVALID_ARGUMENT", "accession.field_invalid");
    assert_eq!(source("NONE", None), invalid);
    assert_eq!(source("LATER", None), invalid);
    for (uri, thumbprint, granted) in [
        ("https://h/f", Some("AA:BB"), true),
        ("HTTP://h/f", None, true),
        ("ds:///vmfs/volumes/v/f", None, true),
        ("file:///f", None, true),
        ("http://h/f", Some("AA:BB"), false),
        ("ftp://h/f", None, false),
        ("https:/h/f", None, false),
        ("https://h/a b", None, false),
        ("f", None, false),
        ("", None, false),
        ("é:", None, false),
    ] {
        let endpoint = TransferEndpoint {
            uri: uri.to_owned(),
            ssl_certificate_thumbprint: thumbprint.map(str::to_owned),
            ssl_certificate: None,
        };
        let expected = if granted { None } else { invalid.clone() };
        assert_eq!(source("PULL", Some(endpoint)), expected, "{uri}");
    }
}

fn add_with(
    source_type: SourceType,
    source_endpoint: Option<TransferEndpoint>,
) -> Option<(String, String)> {
    let spec = AddSpec { source_type, source_endpoint, ..push_spec("a") };
    tried(|scene| file_add(&scene.session, spec.clone()))
}

#[test]
fn an_item_has_a_name_of_1_to_80_characters_and_a_description_of_2000() {
    let create = |change: &dyn Fn(&mut ItemModel)| {
        tried(|scene| {
            let mut client = scene.client.clone();
            let library = client.call(&LocalLibraryList {}).expect("a list").remove(0);
            let mut create_spec = support::item_spec(&library, "second", "iso");
            change(&mut create_spec);
            ItemCreate { client_token: None, create_spec }
        })
    };
    let named = |name: Option<String>| create(&|spec| spec.name.clone_from(&name));
    let described = |length| create(&|spec| spec.description = Some("é".repeat(length)));
    let required = refused("INVALID_ARGUMENT", "accession.field_required");
    let invalid = refused("INVALID_ARGUMENT", "accession.field_invalid");
    assert_eq!(named(Some("é".repeat(80))), None);
    assert_eq!(named(Some("é".repeat(81))), invalid);
    assert_eq!(named(Some(String::new())), required);
    assert_eq!(named(None), required);
    let taken = "com.vmware.vdcs.cls-main.duplicate_item_name_unsupported_in_library";
    assert_eq!(named(Some("appliance".to_owned())), refused("ALREADY_EXISTS", taken));
    assert_eq!((described(0), described(2000), described(2001)), (None, None, invalid));
    assert_eq!(create(&|spec| spec.library_id = None), required);
    let unknown = create(&|spec| spec.library_id = Some("nowhere".into()));
    assert_eq!(unknown, refused("NOT_FOUND", "accession.library_not_found"));
    // What the reference calls unused for create is not looked at.
    assert_eq!(create(&|spec| spec.version = Some("99".to_owned())), None);
}

#[test]
fn a_library_has_a_name_and_one_storage_backing() {
    let create = |change: &dyn Fn(&mut LibraryModel)| {
        tried(|_| {
            let mut create_spec = support::library_spec("second");
            change(&mut create_spec);
            LocalLibraryCreate { client_token: None, create_spec }
        })
    };
    let backing = |r#type: Option<&str>, datastore: bool, uri: bool| {
        create(&|spec| {
            spec.storage_backings = Some(vec![StorageBacking {
                r#type: r#type.map(|name| StorageBackingType::from(name.to_owned())),
                datastore_id: datastore.then(|| "datastore-11".to_owned()),
                storage_uri: uri.then(|| "nfs://h/share".to_owned()),
            }]);
        })
    };
    let required = refused("INVALID_ARGUMENT", "accession.field_required");
    let invalid = refused("INVALID_ARGUMENT", "accession.field_invalid");
    let union = refused("INVALID_ARGUMENT", "accession.union_broken");
    // Libraries may share a name.
    assert_eq!(create(&|spec| spec.name = Some("lab".to_owned())), None);
    assert_eq!(create(&|spec| spec.name = Some(String::new())), required);
    assert_eq!(create(&|spec| spec.name = None), required);
    assert_eq!(create(&|spec| spec.storage_backings = None), required);
    assert_eq!(create(&|spec| spec.storage_backings = Some(Vec::new())), required);
    let several = create(&|spec| {
        spec.storage_backings =
            spec.storage_backings.as_ref().map(|one| [&one[..], &one[..]].concat())
    });
    assert_eq!(several, refused("UNSUPPORTED", "accession.several_storage_backings"));
    assert_eq!(backing(Some("DATASTORE"), true, false), None);
    assert_eq!(backing(Some("OTHER"), false, true), None);
    assert_eq!(backing(Some("DATASTORE"), true, true), union);
    assert_eq!(backing(Some("OTHER"), true, true), union);
    assert_eq!(backing(Some("LATER"), false, false), invalid);
    assert_eq!(backing(None, true, false), required);
    // The simulator publishes nothing, and does not repeat what it cannot know.
    let published = |change: &dyn Fn(&mut PublishInfo)| {
        create(&|spec| {
            let mut info = PublishInfo {
                authentication_method: Some("NONE".to_owned()),
                published: Some(false),
                ..PublishInfo::default()
            };
            change(&mut info);
            spec.publish_info = Some(info);
        })
    };
    assert_eq!(published(&|_| {}), None);
    assert_eq!(published(&|info| info.published = None), required);
    assert_eq!(published(&|info| info.authentication_method = None), required);
}

#[test]
fn passwords_are_never_told() {
    let mut client = Client::logged_in(Dialect::Api);
    let mut create_spec = support::library_spec("lab");
    create_spec.publish_info = Some(PublishInfo {
        authentication_method: Some("BASIC".to_owned()),
        published: Some(false),
        publish_url: Some("https://elsewhere.example/".to_owned()),
        user_name: Some("vcsp".to_owned()),
        password: Some("secret".to_owned()),
        current_password: Some("older secret".to_owned()),
        persist_json_enabled: None,
    });
    let library_id = client.call(&LocalLibraryCreate { client_token: None, create_spec });
    let library_id = library_id.expect("a good library");
    let library = client.call(&LocalLibraryGet { library_id }).expect("it is there");
    let expected = PublishInfo {
        authentication_method: Some("BASIC".to_owned()),
        published: Some(false),
        user_name: Some("vcsp".to_owned()),
        ..PublishInfo::default()
    };
    assert_eq!(library.publish_info, Some(expected));
}

#[test]
fn a_session_names_an_item_and_its_token_is_a_uuid() {
    let on = |item: Option<&str>, token: Option<&str>| {
        tried(|scene| {
            let mut create = session_create(&scene.item);
            create.create_spec.library_item_id = item.map(ItemId::from);
            create.client_token = token.map(ClientToken::from);
            create
        })
    };
    let invalid = refused("INVALID_ARGUMENT", "accession.field_invalid");
    assert_eq!(on(None, None), refused("INVALID_ARGUMENT", "accession.field_required"));
    assert_eq!(on(Some("nowhere"), None), refused("NOT_FOUND", "accession.item_not_found"));
    for token in [
        "",
        "once",
        "5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f1",
        "5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f1g",
        "{5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11}",
        "5f0c1a527d3e4b8e9a41c6d2e8b07f11",
    ] {
        assert_eq!(on(Some("nowhere"), Some(token)), invalid, "{token}");
    }
}

#[test]
fn lists_show_what_the_caller_created_in_that_order() {
    let mut client = Client::logged_in(Dialect::Api);
    let library = client.library("lab");
    let items: Vec<_> =
        ["c", "a", "b"].iter().map(|name| client.item(&library, name, "iso")).collect();
    let sessions: Vec<_> = items.iter().map(|item| client.session(item)).collect();
    let all = UpdateSessionList { library_item_id: None };
    assert_eq!(client.call(&all), Ok(sessions.clone()));
    assert_eq!(client.call(&ItemList { library_id: library }), Ok(items.clone()));
    let of_one = UpdateSessionList { library_item_id: Some(items[1].clone()) };
    assert_eq!(client.call(&of_one), Ok(vec![sessions[1].clone()]));
}

#[test]
fn a_login_tells_when_it_was_last_used() {
    for dialect in Dialect::ALL {
        let mut client = Client::logged_in(dialect);
        client.wait(1000);
        client.call(&LocalLibraryList {}).expect("a list");
        client.wait(1000);
        // It is asked by itself, which is a use as well.
        let info = client.call(&LoginGet {}).expect("it is open");
        assert_eq!(info.user, "lab");
        assert_eq!((info.created_time, info.last_accessed_time), (support::BEGIN, client.now));
    }
}

#[test]
fn a_refused_login_begins_no_login() {
    for dialect in Dialect::ALL {
        // Tokens come from the one source of chance, so a login more would change every id after it.
        let mut expected = Client::logged_in(dialect);
        let mut client = Client::new(dialect);
        let mut request = client.request(&LoginCreate {});
        request.body = b"{\"user\":\"lab\"}".to_vec();
        assert_eq!(client.send(&request).response.status, 400);
        client.log_in();
        assert_eq!(client.login, expected.login);
        assert_eq!(client.library("lab"), expected.library("lab"));
    }
}

#[test]
fn an_old_handle_does_not_end_a_newer_upload() {
    let mut client = Client::logged_in(Dialect::Api);
    let library = client.library("lab");
    let item = client.item(&library, "disk", "iso");
    let session = client.session(&item);
    let file = client.add(&session, "disk.iso");
    let old = client.open(&file);
    assert_eq!(client.close(old.clone(), Ok(received(4))).response.status, 200);
    let new = client.open(&file);
    assert_eq!(client.close(old.clone(), Err(Broken::ConnectionLost)).response.status, 404);
    assert!(client.simulator.progress(&old, 9, client.now).is_err());
    assert_eq!(client.close(new, Ok(received(5))).response.status, 200);
}

#[test]
fn links_lead_to_where_the_host_serves_it() {
    let added = |mount: &str| {
        let mut client = Client::new(Dialect::Api);
        client.simulator = client.simulator.clone().with_mount(mount);
        client.log_in();
        let library = client.library("lab");
        let item = client.item(&library, "disk", "iso");
        let session = client.session(&item);
        let file = client.add(&session, "disk.iso");
        (client, link(&file))
    };
    let (mut client, plain) = added("");
    let path = plain.split_once(":443/").expect("a link names its port").1;
    let (mut mounted, uri) = added("/worlds/a");
    assert_eq!(uri, plain.replace(path, &format!("worlds/a/{path}")));
    // The host takes the mount off before it hands a request in.
    for client in [&mut client, &mut mounted] {
        let upload = Request::new(Method::Put, plain.clone());
        assert!(client.simulator.open_upload(&upload, client.now).is_ok());
    }
}

#[test]
fn an_active_session_always_has_a_preview_and_an_ended_one_never() {
    for state in ["ACTIVE", "DONE", "ERROR", "CANCELED"] {
        for dialect in Dialect::ALL {
            let mut scene = Scene::in_state(dialect, state);
            let session = scene.session.clone();
            let seen = scene.client.seen_session(&session);
            let model = if dialect == Dialect::Rest { &seen[0]["value"] } else { &seen[0] };
            assert_eq!(model["state"], state);
            assert_eq!(model.get("preview_info").is_some(), state == "ACTIVE", "{state}");
            assert_eq!(model.get("error_message").is_some(), state == "ERROR", "{state}");
            let always =
                ["id", "library_item_id", "library_item_content_version", "expiration_time"];
            assert!(always.iter().all(|name| model[name].is_string()), "{model}");
            assert_eq!(model["client_progress"], Value::from(0));
        }
    }
}

/// Each error type with its status on `/api` and on `/rest`.
const STATUSES: [(&str, u16, u16); 25] = [
    ("ERROR", 500, 400),
    ("ALREADY_EXISTS", 400, 400),
    ("ALREADY_IN_DESIRED_STATE", 400, 400),
    ("CANCELED", 400, 500),
    ("CONCURRENT_CHANGE", 409, 400),
    ("FEATURE_IN_USE", 400, 400),
    ("INTERNAL_SERVER_ERROR", 500, 500),
    ("INVALID_ARGUMENT", 400, 400),
    ("INVALID_ELEMENT_CONFIGURATION", 400, 400),
    ("INVALID_ELEMENT_TYPE", 400, 400),
    ("INVALID_REQUEST", 400, 400),
    ("NOT_ALLOWED_IN_CURRENT_STATE", 400, 400),
    ("NOT_FOUND", 404, 404),
    ("OPERATION_NOT_FOUND", 404, 404),
    ("RESOURCE_BUSY", 500, 400),
    ("RESOURCE_IN_USE", 400, 400),
    ("RESOURCE_INACCESSIBLE", 500, 400),
    ("SERVICE_UNAVAILABLE", 503, 503),
    ("TIMED_OUT", 500, 504),
    ("UNABLE_TO_ALLOCATE_RESOURCE", 500, 400),
    ("UNAUTHENTICATED", 401, 401),
    ("UNAUTHORIZED", 403, 403),
    ("UNEXPECTED_INPUT", 400, 400),
    ("UNSUPPORTED", 400, 400),
    ("UNVERIFIED_PEER", 400, 500),
];

#[test]
fn every_error_type_has_its_status() {
    let found: Vec<_> = ErrorType::KNOWN
        .iter()
        .map(|kind| (kind.as_str(), kind.status(Dialect::Api), kind.status(Dialect::Rest)))
        .collect();
    assert_eq!(found, STATUSES);
}

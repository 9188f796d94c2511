//! The settings: what each value of each of them does, seen from outside; and work of the server's
//! that takes its time.

mod support;

use std::time::Duration;

use accession_core::behaviour::{Behaviour, SETTINGS};
use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{Broken, Contents, Member, Received, Signature};
use accession_core::release::Release;
use accession_core::rules;
use accession_core::session::IDLE_LIMIT;
use accession_core::simulator::{LoginLimits, Pace, Simulator, Source, SourceCertificate};
use accession_core::wire::{Method, Request};
use support::{Client, SEED, file_add, link, push_spec, received, session_create};

/// A client of a server with these settings, and an item of this type.
fn with(settings: &[(&str, &str)], kind: &str) -> (Client, ItemId) {
    let mut behaviour = Behaviour::default();
    for (name, value) in settings {
        behaviour.set(name, value).expect("there is such a setting");
    }
    let simulator = Simulator::new(SEED).with_behaviour(behaviour);
    let mut client = Client { simulator, ..Client::new(Dialect::Api) };
    client.log_in();
    let library = client.library("lab");
    let item = client.item(&library, "appliance", kind);
    (client, item)
}

fn ended(client: &mut Client, item: &ItemId) -> SessionId {
    let session = client.session(item);
    client.push(&session, "a.iso", 4);
    client.call(&complete(&session)).expect("all is there");
    session
}

fn complete(session: &SessionId) -> UpdateSessionComplete {
    UpdateSessionComplete { update_session_id: session.clone() }
}

fn state(client: &mut Client, session: &SessionId) -> Option<SessionState> {
    client.call(&UpdateSessionGet { update_session_id: session.clone() }).ok()?.state
}

fn status(client: &mut Client, session: &SessionId, name: &str) -> TransferStatus {
    let get = SessionFileGet { update_session_id: session.clone(), file_name: name.to_owned() };
    client.call(&get).expect("the file is there").status
}

/// What is seen under a value of a setting.
fn seen(name: &str, value: &str) -> String {
    let settings = [(name, value)];
    match name {
        "finished_sessions" => {
            let (mut client, item) = with(&settings, "iso");
            ended(&mut client, &item);
            let list = |library_item_id| UpdateSessionList { library_item_id };
            let all = client.call(&list(None)).expect("a list").len();
            let own = client.call(&list(Some(item))).expect("a list").len();
            format!("{all} {own}")
        }
        "warning_behavior_update" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            for r#type in [WarningType::ExpiredCertificate, WarningType::UntrustedCertificate] {
                let behavior = WarningBehavior { r#type, ignored: true };
                let update_spec = UpdateSessionModel {
                    warning_behavior: Some(vec![behavior]),
                    ..Default::default()
                };
                let update_session_id = session.clone();
                client
                    .call(&UpdateSessionUpdate { update_session_id, update_spec })
                    .expect("it is active");
            }
            let session = client.call(&UpdateSessionGet { update_session_id: session });
            session.expect("it is there").warning_behavior.map_or(0, |list| list.len()).to_string()
        }
        "unignored_warning" => {
            let (mut client, item) = with(&settings, "ovf");
            let session = client.session(&item);
            let signature = Signature {
                certificate: CertificateInfo::default(),
                chain: Vec::new(),
                warnings: vec![WarningType::SelfSignedCertificate],
            };
            let contents = Contents { signature: Some(signature), ..Contents::default() };
            send(&mut client, &session, "a.ova", contents);
            let refused = client.call(&complete(&session)).expect_err("it warns").kind;
            format!("{refused} {:?}", state(&mut client, &session))
        }
        "progress_violation" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            let keep_alive = UpdateSessionKeepAlive {
                update_session_id: session.clone(),
                client_progress: Some(101),
            };
            let answer = client.call(&keep_alive).map_err(|refused| refused.kind);
            let session = client.call(&UpdateSessionGet { update_session_id: session });
            format!("{answer:?} {:?}", session.expect("it is there").client_progress)
        }
        "files_of_ended" => {
            let (mut client, item) = with(&settings, "iso");
            let session = ended(&mut client, &item);
            let files = client.call(&SessionFileList { update_session_id: session });
            format!("{:?}", files.map(|files| files.len()).map_err(|refused| refused.kind))
        }
        "source_none" => {
            let (mut client, item) = with(&settings, "iso");
            ended(&mut client, &item);
            let session = client.session(&item);
            client.push(&session, "a.iso", 9);
            let spec = AddSpec { source_type: SourceType::None, ..push_spec("a.iso") };
            let info = client.call(&file_add(&session, spec));
            format!("{:?}", info.map(|info| info.size).map_err(|refused| refused.kind))
        }
        "upload_again" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            let file = client.add(&session, "a.iso");
            client.upload(&file, 4);
            let head = Request::new(Method::Put, link(&file));
            let opened = client.simulator.open_upload(&head, client.now);
            format!("{:?}", opened.map(|_| ()).map_err(|refused| refused.response.status))
        }
        "upload_login" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            let file = client.add(&session, "a.iso");
            let mut head = Request::new(Method::Put, link(&file));
            let without = client.simulator.open_upload(&head, client.now);
            let without = without.map_err(|refused| refused.response.status).map(|upload| {
                client.close(upload, Err(Broken::ConnectionLost));
                client.add(&session, "a.iso");
            });
            let file = client.add(&session, "a.iso");
            head.url = link(&file);
            let token = client.login.as_ref().expect("logged in").reveal();
            head.headers.push(SESSION_HEADER, token);
            let with = client.simulator.open_upload(&head, client.now).is_ok();
            format!("{without:?} {with}")
        }
        "wrong_content" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            let spec = AddSpec { size: Some(5), ..push_spec("a.iso") };
            let file = client.call(&file_add(&session, spec)).expect("a good file");
            client.upload(&file, 4);
            format!("{:?}", state(&mut client, &session))
        }
        "reads" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            for _ in 0..3 {
                client.now = client.now + IDLE_LIMIT - Duration::from_millis(1);
                state(&mut client, &session);
            }
            format!("{:?}", state(&mut client, &session))
        }
        "expired" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            client.now = client.now + IDLE_LIMIT;
            format!("{:?}", state(&mut client, &session))
        }
        "next_session" => {
            let (mut client, item) = with(&settings, "iso");
            let session = ended(&mut client, &item);
            let next = client.call(&session_create(&item)).map(|_| ());
            let delete = UpdateSessionDelete { update_session_id: session };
            client.call(&delete).expect("it has ended");
            if next.is_err() {
                client.session(&item);
            }
            format!("{:?}", next.map_err(|refused| refused.kind))
        }
        "extensions" => {
            let (mut client, item) = with(&settings, "ovf");
            let session = client.session(&item);
            client.add(&session, "a.OVF");
            let late = client.call(&file_add(&session, push_spec("a.MF"))).map(|_| ());
            format!("{:?}", late.map_err(|refused| refused.kind))
        }
        "stored_ova" => {
            let (mut client, item) = with(&settings, "ovf");
            let session = client.session(&item);
            let member = Member { name: "a.ovf".to_owned(), size: 1, digests: [].into() };
            let contents = Contents { members: Some(vec![member]), ..Contents::default() };
            send(&mut client, &session, "a.ova", contents);
            client.call(&complete(&session)).expect("nothing is missing");
            let files = client.call(&ItemFileList { library_item_id: item }).expect("files");
            files.into_iter().map(|file| file.name).collect()
        }
        "item_names" => {
            let (mut client, item) = with(&settings, "iso");
            let library = client.call(&ItemGet { library_item_id: item.clone() });
            let library = library.expect("it is there").library_id.expect("it has a library");
            let create_spec = support::item_spec(&library, "appliance", "iso");
            let create = ItemCreate { client_token: None, create_spec };
            let second = client.call(&create).map(|_| ()).map_err(|refused| refused.kind);
            client.call(&ItemDelete { library_item_id: item }).expect("it is there");
            let third = client.call(&create).is_ok();
            format!("{second:?} {third}")
        }
        "pull_start" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            pull(&mut client, &session, 4);
            client.wait(1);
            let before = status(&mut client, &session, "a.iso");
            client.call(&complete(&session)).expect("it is fetched");
            client.wait(1);
            format!("{before} {:?}", state(&mut client, &session))
        }
        "file_scheme" => {
            let (mut client, item) = with(&settings, "iso");
            let session = client.session(&item);
            let endpoint = TransferEndpoint { uri: "file:///a".to_owned(), ..Default::default() };
            let spec = AddSpec {
                source_type: SourceType::Pull,
                source_endpoint: Some(endpoint),
                ..push_spec("a.iso")
            };
            let added = client.call(&file_add(&session, spec)).map(|_| ());
            format!("{:?}", added.map_err(|refused| refused.kind))
        }
        other => panic!("nothing is asked about {other}"),
    }
}

fn send(client: &mut Client, session: &SessionId, name: &str, contents: Contents) {
    let file = client.add(session, name);
    let upload = client.open(&file);
    let received = Received { contents: Some(Box::new(contents)), ..received(4) };
    client.close(upload, Ok(received));
}

fn pull(client: &mut Client, session: &SessionId, size: u64) {
    let source = Source { received: Received { size, ..Default::default() }, ..Source::default() };
    client.simulator.declare_source("http://mirror.test/a.iso", source);
    let uri = "http://mirror.test/a.iso".to_owned();
    let endpoint = TransferEndpoint { uri, ..Default::default() };
    let spec = AddSpec {
        source_type: SourceType::Pull,
        source_endpoint: Some(endpoint),
        ..push_spec("a.iso")
    };
    client.call(&file_add(session, spec)).expect("a good source");
}

#[test]
fn every_value_of_every_setting_shows() {
    let mut shown = String::new();
    for setting in SETTINGS {
        for (value, _) in setting.values {
            shown.push_str(&format!("{} {value}: {}\n", setting.name, seen(setting.name, value)));
        }
    }
    let expected = "\
finished_sessions listed: 1 1
finished_sessions unlisted: 0 0
warning_behavior_update replaced: 1
warning_behavior_update merged: 2
unignored_warning fails: NOT_ALLOWED_IN_CURRENT_STATE Some(Error)
unignored_warning refused: NOT_ALLOWED_IN_CURRENT_STATE Some(Active)
progress_violation refused: Err(\"INVALID_ARGUMENT\") Some(0)
progress_violation ignored: Ok(()) Some(100)
files_of_ended readable: Ok(1)
files_of_ended refused: Err(\"NOT_ALLOWED_IN_CURRENT_STATE\")
source_none refused: Err(\"INVALID_ARGUMENT\")
source_none restores: Ok(Some(4))
upload_again replaces: Ok(())
upload_again refused: Err(400)
upload_login unneeded: Ok(()) true
upload_login needed: Err(401) true
wrong_content fails_file: Some(Active)
wrong_content fails_session: Some(Error)
reads idle: None
reads activity: Some(Active)
expired gone: None
expired shown: Some(Error)
next_session after_active: Ok(())
next_session after_deleted: Err(\"RESOURCE_BUSY\")
extensions any_case: Err(\"NOT_ALLOWED_IN_CURRENT_STATE\")
extensions lower_case: Ok(())
stored_ova members: a.ovf
stored_ova archive: a.ova
item_names unique: Err(\"ALREADY_EXISTS\") true
item_names repeatable: Ok(()) true
pull_start at_add: READY Some(Done)
pull_start at_complete: WAITING_FOR_TRANSFER Some(Done)
file_scheme accepted: Ok(())
file_scheme refused: Err(\"INVALID_ARGUMENT\")
";
    assert_eq!(shown, expected);
}

#[test]
fn an_api_login_ends_by_a_clock_of_its_own() {
    let (client, item) = with(&[], "iso");
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let limits = LoginLimits { absolute: Some(minutes(100)), ..LoginLimits::of(Release::V9_1) };
    let simulator = client.simulator.clone().with_login_limits(limits);
    let mut client = Client { simulator, ..client };
    let get = ItemGet { library_item_id: item };
    // Each call begins the half hour anew, until the whole is over.
    for _ in 0..3 {
        client.now = client.now + minutes(30) - Duration::from_millis(1);
        client.call(&get).expect("it is used");
    }
    client.now = client.now + minutes(11);
    assert_eq!(client.call(&get).expect_err("100 minutes are over").status, 401);
    client.log_in();
    client.now = client.now + minutes(30);
    client.simulator.advance(client.now);
    // It is told before the next call, and telling it ends nothing.
    let login = client.login.clone().expect("it has logged in");
    let told = [(); 2].map(|()| client.simulator.caller(&login).expect_err("it has ended").rule);
    assert_eq!(told, [rules::LOGIN_ENDS; 2]);
    assert_eq!(client.call(&get).expect_err("half an hour is over").status, 401);
    assert_eq!(client.call(&get).expect_err("it does not come back").status, 401);
    client.log_in();
    client.call(&get).expect("logged in");
}

#[test]
fn a_session_outlives_the_login_that_opened_it() {
    let (client, item) = with(&[], "iso");
    let simulator = client.simulator.clone().with_login_limits(LoginLimits::of(Release::V9_1));
    let mut client = Client { simulator, ..client };
    let session = client.session(&item);
    let file = client.add(&session, "a.iso");
    let upload = client.open(&file);
    // The bytes of four hours keep the session alive, and not the login.
    for minute in 0..240 {
        client.now = client.now + Duration::from_secs(60);
        client.simulator.progress(&upload, minute, client.now).expect("it runs");
    }
    client.close(upload, Ok(received(240)));
    assert_eq!(client.call(&complete(&session)).expect_err("the login has ended").status, 401);
    client.log_in();
    client.call(&complete(&session)).expect("the session is still there");
}

#[test]
fn an_older_release_lacks_what_came_later() {
    let (client, item) = with(&[], "iso");
    let simulator = client.simulator.clone().with_release(Release::V8_0);
    let mut old = Client { simulator, ..client };
    let library = old.call(&ItemGet { library_item_id: item.clone() }).expect("it is there");
    let library_id = library.library_id.expect("it is in one");
    let get = LibraryGet { library_id: library_id.clone() };
    let model = old.call(&get).expect("it is there");
    assert_eq!((model.state_info, model.configuration_info), (None, None));
    let force = LocalLibraryForceDelete { library_id: library_id.clone() };
    assert_eq!(old.call(&force).expect_err("9.1 has it").status, 404);
    let update_spec = LibraryModel {
        configuration_info: Some(ConfigurationInfo::default()),
        ..LibraryModel::default()
    };
    let update = LocalLibraryUpdate { library_id: library_id.clone(), update_spec };
    assert_eq!(old.call(&update).expect_err("9.1 has it").kind, "UNEXPECTED_INPUT");

    let thumbprint = |bytes: usize| vec!["AB"; bytes].join(":");
    for (release, good, bad) in [(Release::V8_0, 20, 32), (Release::V9_1, 32, 20)] {
        for (bytes, state) in [(bad, SessionState::Error), (good, SessionState::Active)] {
            let mut client =
                Client { simulator: old.simulator.clone().with_release(release), ..old.clone() };
            let certificate = SourceCertificate {
                thumbprints: vec![thumbprint(bytes)],
                ..SourceCertificate::default()
            };
            let source = Source { certificate: Some(certificate), ..Source::default() };
            client.simulator.declare_source("https://mirror.test/a.iso", source);
            let session = client.session(&item);
            let endpoint = TransferEndpoint {
                uri: "https://mirror.test/a.iso".to_owned(),
                ssl_certificate_thumbprint: Some(thumbprint(bytes)),
                ssl_certificate: None,
            };
            let spec = AddSpec {
                source_type: SourceType::Pull,
                source_endpoint: Some(endpoint),
                ..push_spec("a.iso")
            };
            client.call(&file_add(&session, spec)).expect("a good source");
            assert_eq!(self::state(&mut client, &session), Some(state), "{release} {bytes}");
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Work that takes its time
// ---------------------------------------------------------------------------------------------

#[test]
fn what_arrived_is_checked_at_the_pace_that_is_set() {
    let (mut client, item) = with(&[], "iso");
    let session = client.session(&item);
    client.simulator.set_pace(Pace::Takes(Duration::from_secs(10)));
    client.push(&session, "a.iso", 4);
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Validating);
    client.wait(9_999);
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Validating);
    client.wait(1);
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Ready);

    client.simulator.set_pace(Pace::Looks(3));
    client.push(&session, "b.iso", 4);
    for expected in [TransferStatus::Validating, TransferStatus::Validating, TransferStatus::Ready]
    {
        assert_eq!(status(&mut client, &session, "b.iso"), expected);
    }
    // Complete waits for the checks of what was sent.
    client.push(&session, "c.iso", 4);
    let validate = SessionFileValidate { update_session_id: session.clone() };
    assert!(client.call(&validate).is_err());
    client.call(&complete(&session)).expect("it waits");
    assert_eq!(state(&mut client, &session), Some(SessionState::Done));
}

#[test]
fn two_files_that_are_through_at_one_instant_both_end() {
    let (mut client, item) = with(&[], "iso");
    let session = client.session(&item);
    client.simulator.set_pace(Pace::Takes(Duration::from_secs(10)));
    client.push(&session, "a.iso", 4);
    client.push(&session, "b.iso", 4);
    client.wait(10_000);
    for name in ["a.iso", "b.iso"] {
        assert_eq!(status(&mut client, &session, name), TransferStatus::Ready, "{name}");
    }
}

#[test]
fn complete_sees_what_the_checks_that_it_waits_for_find() {
    let (mut client, item) = with(&[], "iso");
    let session = client.session(&item);
    client.simulator.set_pace(Pace::Takes(Duration::from_secs(10)));
    let spec = AddSpec { size: Some(5), ..push_spec("a.iso") };
    let file = client.call(&file_add(&session, spec)).expect("a good file");
    client.upload(&file, 4);
    assert!(client.call(&complete(&session)).is_err());
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Error);
}

#[test]
fn a_session_does_not_expire_while_the_server_fetches_for_it() {
    let (mut client, item) = with(&[], "iso");
    let session = client.session(&item);
    client.simulator.set_pace(Pace::Takes(4 * IDLE_LIMIT));
    pull(&mut client, &session, 1000);
    client.now = client.now + 3 * IDLE_LIMIT;
    let get = UpdateSessionGet { update_session_id: session.clone() };
    let told = client.call(&get).expect("it is fetched").expiration_time;
    assert_eq!(told, Some(client.now + IDLE_LIMIT));
    let get = SessionFileGet { update_session_id: session.clone(), file_name: "a.iso".to_owned() };
    assert_eq!(client.call(&get).expect("it is there").bytes_transferred, 750);
    client.now = client.now + IDLE_LIMIT;
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Ready);
    client.now = client.now + IDLE_LIMIT - Duration::from_millis(1);
    assert_eq!(state(&mut client, &session), Some(SessionState::Active));
    client.wait(1);
    assert_eq!(state(&mut client, &session), None);
}

#[test]
fn a_cancelled_fetch_ends() {
    let (mut client, item) = with(&[], "iso");
    let session = client.session(&item);
    client.simulator.set_pace(Pace::Takes(Duration::from_secs(60)));
    pull(&mut client, &session, 1000);
    client.call(&complete(&session)).expect("it is accepted");
    client.call(&UpdateSessionCancel { update_session_id: session.clone() }).expect("it is active");
    client.wait(120_000);
    assert_eq!(state(&mut client, &session), Some(SessionState::Canceled));
    let files = client.call(&ItemFileList { library_item_id: item }).expect("files");
    assert!(files.is_empty());
}

#[test]
fn the_host_fetches_what_nobody_made_up() {
    let (client, item) = with(&[], "iso");
    let mut client = Client { simulator: client.simulator.clone().with_fetching(), ..client };
    let session = client.session(&item);
    let add = |client: &mut Client, name: &str, uri: &str| {
        let endpoint = TransferEndpoint { uri: uri.to_owned(), ..Default::default() };
        let spec = AddSpec {
            source_type: SourceType::Pull,
            source_endpoint: Some(endpoint),
            ..push_spec(name)
        };
        client.call(&file_add(&session, spec)).expect("a good source");
    };
    add(&mut client, "a.iso", "http://host.test/a.iso");
    let first = client.simulator.poll_fetch().expect("it is to be fetched");
    assert_eq!(first.source.uri, "http://host.test/a.iso");
    assert_eq!(client.simulator.poll_fetch(), None);
    client.simulator.fetch_progress(&first, 3, client.now).expect("it is expected");
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Transferring);
    // Added again, it is another fetch.
    add(&mut client, "a.iso", "http://host.test/b.iso");
    assert!(client.simulator.fetch_progress(&first, 4, client.now).is_err());
    client.simulator.close_fetch(&first, Ok(received(4)), client.now);
    assert_eq!(status(&mut client, &session, "a.iso"), TransferStatus::Transferring);
    let second = client.simulator.poll_fetch().expect("it is to be fetched");
    client.call(&complete(&session)).expect("it waits");
    let transitions = client.simulator.close_fetch(&second, Ok(received(4)), client.now);
    assert_eq!(transitions.len(), 1);
    assert_eq!(state(&mut client, &session), Some(SessionState::Done));

    let session = client.session(&item);
    let endpoint = TransferEndpoint { uri: "http://gone.test/".to_owned(), ..Default::default() };
    let spec = AddSpec {
        source_type: SourceType::Pull,
        source_endpoint: Some(endpoint),
        ..push_spec("b.iso")
    };
    client.call(&file_add(&session, spec)).expect("a good source");
    let fetch = client.simulator.poll_fetch().expect("it is to be fetched");
    client.simulator.close_fetch(&fetch, Err("no such host".to_owned()), client.now);
    assert_eq!(state(&mut client, &session), Some(SessionState::Error));
}

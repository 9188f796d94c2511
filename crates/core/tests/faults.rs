//! Faults on purpose: what each of them does, when and how often.

mod support;

use std::time::Duration;

use accession_core::dialect::Dialect;
use accession_core::error::ErrorType;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::simulator::{Disturbance, Effect, Fault, Handled};
use support::{Client, file_add, push_spec, received, session_create};

const READ: &str = "library.item.update_session.get";
const COMPLETE: &str = "library.item.update_session.complete";

fn fault(on: &str, effect: Effect) -> Fault {
    Fault { on: on.to_owned(), effect, skip: 0, count: Some(1), probability: None }
}

/// A client with an item of this type and a session on it.
fn scene(kind: &str) -> (Client, ItemId, SessionId) {
    let mut client = Client::logged_in(Dialect::Api);
    let library = client.library("lab");
    let item = client.item(&library, "appliance", kind);
    let session = client.session(&item);
    (client, item, session)
}

fn read(client: &mut Client, session: &SessionId) -> Handled {
    let get = client.request(&UpdateSessionGet { update_session_id: session.clone() });
    client.send(&get)
}

fn complete(session: &SessionId) -> UpdateSessionComplete {
    UpdateSessionComplete { update_session_id: session.clone() }
}

fn state(client: &mut Client, session: &SessionId) -> Option<SessionState> {
    client.call(&UpdateSessionGet { update_session_id: session.clone() }).ok()?.state
}

#[test]
fn what_is_wrong_on_the_wire_is_told_to_the_host() {
    let (mut client, _, session) = scene("iso");
    for (effect, expected) in [
        (
            Effect::Latency { millis: 30, jitter: 0 },
            Disturbance { delay: Duration::from_millis(30), ..Default::default() },
        ),
        (
            Effect::Bandwidth { bytes_per_second: 100 },
            Disturbance { bytes_per_second: Some(100), ..Default::default() },
        ),
        (Effect::Drop { after: 7 }, Disturbance { cut_after: Some(7), ..Default::default() }),
        (Effect::Reset, Disturbance { cut_after: Some(0), ..Default::default() }),
    ] {
        client.simulator.arm(fault(READ, effect)).expect("a good place");
        let handled = read(&mut client, &session);
        assert_eq!((handled.response.status, handled.disturbance), (200, expected));
        assert_eq!(read(&mut client, &session).disturbance, Disturbance::default());
    }
    client.simulator.arm(fault("any", Effect::Malformed)).expect("a good place");
    let body = read(&mut client, &session).response.body;
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    let jitter = Effect::Latency { millis: 10, jitter: 20 };
    client.simulator.arm(Fault { count: Some(50), ..fault(READ, jitter) }).expect("a good place");
    let delays: Vec<_> = (0..50).map(|_| read(&mut client, &session).disturbance.delay).collect();
    assert!(delays.iter().all(|delay| (10..30).contains(&delay.as_millis())), "{delays:?}");
    assert!(delays.iter().any(|delay| *delay != delays[0]));
}

#[test]
fn a_call_is_refused_and_changes_nothing() {
    let (mut client, _, session) = scene("iso");
    for error_type in [ErrorType::ServiceUnavailable, ErrorType::Unknown("NEWER".to_owned())] {
        let effect = Effect::Error(error_type.clone());
        client.simulator.arm(fault(COMPLETE, effect)).expect("a good place");
        let refused = client.call(&complete(&session)).expect_err("a fault is armed");
        assert_eq!(refused.kind, error_type.as_str());
        assert_eq!(state(&mut client, &session), Some(SessionState::Active));
    }
    client.simulator.arm(fault(COMPLETE, Effect::LoginEnded)).expect("a good place");
    assert_eq!(client.call(&complete(&session)).expect_err("a fault is armed").status, 401);
    let login = client.login.clone().expect("it has logged in");
    // Whoever asks beforehand is told what the answer says.
    let told = client.simulator.caller(&login).expect_err("the login has ended");
    let refused = read(&mut client, &session);
    assert_eq!((refused.response.status, refused.rule), (401, Some(told.rule)));
    client.log_in();
    client.call(&complete(&session)).expect("the fault is over");
}

#[test]
fn it_happens_as_often_as_it_is_told_to() {
    let (mut client, _, session) = scene("iso");
    let unavailable = Effect::Error(ErrorType::ServiceUnavailable);
    let pattern = |client: &mut Client, calls: usize| -> String {
        let status = |_| read(client, &session).response.status;
        (0..calls).map(status).map(|status| if status == 200 { '.' } else { 'x' }).collect()
    };
    let armed = Fault { skip: 2, count: Some(3), ..fault(READ, unavailable.clone()) };
    client.simulator.arm(armed).expect("a good place");
    assert_eq!(pattern(&mut client, 8), "..xxx...");
    assert!(client.simulator.faults().is_empty());

    let armed = Fault { count: None, probability: Some(0.5), ..fault(READ, unavailable) };
    client.simulator.arm(armed).expect("a good place");
    let half = pattern(&mut client.clone(), 400);
    assert_eq!(half, pattern(&mut client.clone(), 400), "the seed decides");
    let struck = half.matches('x').count();
    assert!((150..250).contains(&struck), "{struck}");
    client.simulator.disarm();
    assert_eq!(pattern(&mut client, 20), ".".repeat(20));
    assert!(client.simulator.arm(fault("complete", Effect::Reset)).is_err());
}

#[test]
fn chance_changes_nothing_else() {
    let (client, item, session) = scene("iso");
    let course = |fault: Option<Fault>| {
        let mut client = client.clone();
        if let Some(fault) = fault {
            client.simulator.arm(fault).expect("a good place");
        }
        for _ in 0..9 {
            read(&mut client, &session);
        }
        client.call(&complete(&session)).expect("nothing is missing");
        client.session(&item)
    };
    let never = Fault { probability: Some(0.0), ..fault("any", Effect::Reset) };
    assert_eq!(course(None), course(Some(never)));
}

#[test]
fn what_befalls_bytes() {
    for (kind, effect, status, state_after) in [
        ("iso", Effect::PipeClosed, TransferStatus::Error, SessionState::Error),
        ("ovf", Effect::PipeClosed, TransferStatus::Error, SessionState::Error),
        ("iso", Effect::StorageFull, TransferStatus::Error, SessionState::Error),
        ("iso", Effect::WrongChecksum, TransferStatus::Error, SessionState::Active),
        ("iso", Effect::Drop { after: 1 }, TransferStatus::Error, SessionState::Active),
    ] {
        let (mut client, _, session) = scene(kind);
        let told = format!("{effect:?}");
        client.simulator.arm(fault("upload", effect.clone())).expect("a good place");
        let checksum = ChecksumInfo { algorithm: None, checksum: support::SHA1.to_owned() };
        let spec = AddSpec { checksum_info: Some(checksum), ..push_spec("a.bin") };
        let file = client.call(&file_add(&session, spec)).expect("a good file");
        let upload = client.open(&file);
        let answer = client.close(upload, Ok(received(4))).response.status;
        let broken = matches!(effect, Effect::Drop { .. });
        assert_eq!(answer, if broken { 400 } else { 200 }, "{told}");
        assert_eq!(state(&mut client, &session), Some(state_after), "{told}");
        let get = SessionFileGet { update_session_id: session, file_name: "a.bin".to_owned() };
        assert_eq!(client.call(&get).expect("it is there").status, status, "{told}");
    }
}

#[test]
fn what_befalls_a_library() {
    let (mut client, _, session) = scene("iso");
    let maintenance = fault(READ, Effect::Maintenance);
    client.simulator.arm(maintenance).expect("a good place");
    read(&mut client, &session);
    let refused = client.call(&complete(&session)).expect_err("it is in maintenance");
    assert_eq!(refused.message, "accession.library_in_maintenance");

    let (mut client, ..) = (scene("iso").0, ());
    let session = client.call(&UpdateSessionList { library_item_id: None }).expect("a list");
    client.simulator.arm(fault("any", Effect::BackingVanished)).expect("a good place");
    read(&mut client, &session[0]);
    let refused =
        client.call(&file_add(&session[0], push_spec("a"))).expect_err("nowhere to put it");
    assert_eq!(refused.message, "com.vmware.vdcs.cls-main.invalid_library_backing_does_not_exist");
}

#[test]
fn the_adapter_refuses_a_file() {
    let (mut client, item, session) = scene("iso");
    client.push(&session, "a.iso", 4);
    let effect = Effect::AdapterRefusal { file: "a.iso".to_owned() };
    client
        .simulator
        .arm(fault("library.item.updatesession.file.validate", effect))
        .expect("a good place");
    let validate = SessionFileValidate { update_session_id: session.clone() };
    let result = client.call(&validate).expect("it is there");
    assert_eq!(result.invalid_files.len(), 1);
    let refused = client.call(&complete(&session)).expect_err("a file is refused");
    assert_eq!(refused.message, "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files");
    client.call(&UpdateSessionCancel { update_session_id: session }).expect("it is active");
    let session = client.call(&session_create(&item)).expect("the item is free");
    client.push(&session, "a.iso", 4);
    client.call(&complete(&session)).expect("the fault is over");
}

#[test]
fn faults_are_data() {
    for effect in [
        Effect::Latency { millis: 1, jitter: 2 },
        Effect::Bandwidth { bytes_per_second: 3 },
        Effect::Drop { after: 4 },
        Effect::Reset,
        Effect::Malformed,
        Effect::LoginEnded,
        Effect::Error(ErrorType::ResourceBusy),
        Effect::PipeClosed,
        Effect::WrongChecksum,
        Effect::StorageFull,
        Effect::AdapterRefusal { file: "a".to_owned() },
        Effect::BackingVanished,
        Effect::Maintenance,
    ] {
        let fault = Fault { skip: 1, probability: Some(0.25), ..fault("any", effect) };
        let json = serde_json::to_string(&fault).expect("plain data");
        assert_eq!(serde_json::from_str::<Fault>(&json).ok(), Some(fault), "{json}");
    }
    let unknown = serde_json::from_str::<Fault>(r#"{"on":"any","effect":{"kind":"fire"}}"#);
    assert!(unknown.is_err());
}

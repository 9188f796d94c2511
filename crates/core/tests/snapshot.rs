//! Snapshots: a simulator that is taken up from one goes on as the first would have, and what is no
//! snapshot is refused by name.

mod support;

use accession_core::dialect::Dialect;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::simulator::{NotASnapshot, Simulator, Snapshot};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Client, ORIGIN, calls, cases, file_add, push_spec, session_create};

/// A client whose server was kept and taken up again. It has to log in anew.
fn again(client: &Client) -> Client {
    let json = client.simulator.snapshot().to_json();
    let snapshot = Snapshot::from_json(json.as_bytes()).expect("it was written by this program");
    assert_eq!(snapshot, client.simulator.snapshot());
    let simulator = Simulator::restore(snapshot).expect("it was whole");
    let mut client = Client { simulator, login: None, ..client.clone() };
    client.log_in();
    client
}

/// Libraries, items, sessions in every phase, and files in every status but a running upload.
fn busy() -> Client {
    let mut client = Client::logged_in(Dialect::Api);
    let library = client.library("lab");
    let item = client.item(&library, "appliance", "ovf");
    client.store(&item, "disk.vmdk", 512);
    for end in 0..3 {
        let update_session_id = client.session(&item);
        let id = update_session_id.clone();
        let fail = UpdateSessionFail { update_session_id, client_error_message: "no".to_owned() };
        client.push(&id, "other.vmdk", 7);
        match end {
            0 => client.call(&UpdateSessionComplete { update_session_id: id }),
            1 => client.call(&UpdateSessionCancel { update_session_id: id }),
            _ => client.call(&fail),
        }
        .expect("it is active");
        client.wait(1000);
    }
    let create = UpdateSessionCreate {
        client_token: Some("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11".into()),
        ..session_create(&item)
    };
    let session = client.call(&create).expect("the item is free");
    client.push(&session, "ready.vmdk", 3);
    client.add(&session, "waiting.vmdk");
    let name = "disk.vmdk".to_owned();
    client
        .call(&SessionFileRemove { update_session_id: session, file_name: name })
        .expect("it is there");
    client
}

#[test]
fn nothing_that_can_be_read_is_lost() {
    let mut before = busy();
    let mut after = again(&before);
    assert_eq!(after.seen(), before.seen());
    // A repeated create is still recognised.
    let item = after.call(&ItemFind {
        spec: ItemFindSpec { name: Some("appliance".to_owned()), ..Default::default() },
    });
    let create = UpdateSessionCreate {
        client_token: Some("5f0c1a52-7d3e-4b8e-9a41-c6d2e8b07f11".into()),
        ..session_create(&item.expect("it is there")[0])
    };
    assert_eq!(after.call(&create), before.call(&create));
    assert_eq!(after.simulator.poll_timeout(), before.simulator.poll_timeout());
}

#[test]
fn it_holds_no_secret_of_a_login() {
    let client = busy();
    let token = client.login.as_ref().expect("logged in").reveal().to_owned();
    let json = client.simulator.snapshot().to_json();
    assert!(!json.contains(&token) && !json.contains("secret"));
    let snapshot = Snapshot::from_json(json.as_bytes()).expect("it is whole");
    let mut restored =
        Client { simulator: Simulator::restore(snapshot).expect("it is whole"), ..client };
    assert_eq!(restored.call(&LoginGet {}).expect_err("the login has ended").status, 401);
}

#[test]
fn a_running_upload_is_broken() {
    let mut client = busy();
    let session = client.call(&UpdateSessionList { library_item_id: None }).expect("a list");
    let session = session.last().expect("the active one").clone();
    let running = client.add(&session, "running.vmdk");
    let upload = client.open(&running);
    client.simulator.progress(&upload, 7, client.now).expect("it runs");
    let mut after = again(&client);
    let file =
        SessionFileGet { update_session_id: session.clone(), file_name: "running.vmdk".to_owned() };
    let file = after.call(&file).expect("it is there");
    assert_eq!((file.status, file.bytes_transferred), (TransferStatus::Error, 7));
    // The old handle means nothing to the new server.
    assert!(after.simulator.progress(&upload, 8, after.now).is_err());
    let added = after.call(&file_add(&session, push_spec("running.vmdk"))).expect("the way out");
    after.upload(&added, 9);
}

#[test]
fn what_a_host_was_fetching_breaks_off() {
    let mut client = busy();
    client.simulator = client.simulator.with_fetching();
    let session = client.call(&UpdateSessionList { library_item_id: None }).expect("a list");
    let session = session.last().expect("the active one").clone();
    let endpoint =
        TransferEndpoint { uri: "http://me:hunter2@host.test/a".to_owned(), ..Default::default() };
    let spec = AddSpec {
        source_type: SourceType::Pull,
        source_endpoint: Some(endpoint),
        ..push_spec("a.vmdk")
    };
    client.call(&file_add(&session, spec)).expect("a good source");
    let fetch = client.simulator.poll_fetch().expect("it is to be fetched");
    let mut after = again(&client);
    let get = UpdateSessionGet { update_session_id: session };
    let info = after.call(&get).expect("it is there");
    assert_eq!(info.state, Some(SessionState::Error));
    let why = info.error_message.expect("why").default_message;
    assert!(why.contains("from http://••••@host.test/a: the server went away"), "{why}");
    // The old handle means nothing to the new server.
    assert!(after.simulator.fetch_progress(&fetch, 8, after.now).is_err());
}

#[test]
fn names_that_were_given_twice_stay() {
    let mut client = busy();
    let mut settings = *client.simulator.behaviour();
    settings.set("item_names", "repeatable").expect("a setting");
    client.simulator.set_behaviour(settings);
    let library = client.call(&LibraryList {}).expect("a list").remove(0);
    client.item(&library, "appliance", "iso");
    client.simulator.set_behaviour(Default::default());
    assert_eq!(again(&client).seen(), client.seen());
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn it_goes_on_as_the_first_would_have(
        calls in proptest::collection::vec(proptest::strategy::Union::new(calls()), 1..12),
    ) {
        let mut before = busy();
        let mut after = again(&before);
        before.login = None;
        before.log_in();
        for call in &calls {
            let request = call.encode(Dialect::Api, ORIGIN);
            let Ok(request) = request else { continue };
            let [one, other] = [&mut before, &mut after].map(|client| {
                client.wait(1000);
                let request = client.signed(request.clone(), call.row().opens_login());
                client.send(&request)
            });
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(before.simulator.snapshot(), after.simulator.snapshot());
    }

    #[test]
    fn damage_is_refused_or_harmless(
        where_to in any::<prop::sample::Index>(),
        what in support::value(),
        remove in any::<bool>(),
    ) {
        let json = busy().simulator.snapshot().to_json();
        let mut value: Value = serde_json::from_str(&json).expect("JSON");
        let count = places(&value);
        damage(&mut value, &mut (where_to.index(count) + 1), &what, remove);
        let Ok(snapshot) = Snapshot::from_json(value.to_string().as_bytes()) else { return Ok(()) };
        let Ok(simulator) = Simulator::restore(snapshot) else { return Ok(()) };
        let mut client = Client { simulator, ..Client::new(Dialect::Api) };
        client.log_in();
        client.seen();
        for session in client.call(&UpdateSessionList { library_item_id: None }).expect("a list") {
            let _ = client.call(&UpdateSessionComplete { update_session_id: session });
        }
        for _ in 0..16 {
            let Some(due) = client.simulator.poll_timeout() else { break };
            client.simulator.advance(due);
        }
        client.simulator.snapshot();
    }

    #[test]
    fn any_text_is_answered(text in ".{0,64}") {
        prop_assert!(Snapshot::from_json(text.as_bytes()).is_err());
    }
}

/// How many places of a value can be damaged.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Object(fields) => fields.values().map(places).sum(),
        Value::Array(values) => values.iter().map(places).sum(),
        _ => 0,
    }
}

/// Damages one place, which is so many away.
fn damage(value: &mut Value, away: &mut usize, what: &Value, remove: bool) {
    *away -= 1;
    if *away == 0 {
        *value = if remove { Value::Null } else { what.clone() };
        return;
    }
    let inside: Vec<&mut Value> = match value {
        Value::Object(fields) => fields.values_mut().collect(),
        Value::Array(values) => values.iter_mut().collect(),
        _ => return,
    };
    for value in inside {
        damage(value, away, what, remove);
        if *away == 0 {
            return;
        }
    }
}

/// The link of a file that is to be sent.
fn link_of_a_file(snapshot: &mut Value) -> &mut Value {
    let sessions = snapshot["sessions"].as_array_mut().expect("sessions");
    let active = sessions.iter_mut().filter(|session| session["phase"] == "open");
    let files = active.filter_map(|session| session["files"].as_array_mut()).flatten();
    let mut links = files.filter_map(|file| file.pointer_mut("/added/file/link"));
    links.next().expect("a file with a link")
}

#[test]
fn what_is_wrong_is_named() {
    let good: Value = serde_json::from_str(&busy().simulator.snapshot().to_json()).expect("JSON");
    let told = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        let snapshot = Snapshot::from_json(value.to_string().as_bytes());
        snapshot.and_then(Simulator::restore).map(|_| ())
    };
    assert_eq!(told(&|_| {}), Ok(()));
    assert_eq!(told(&|value| value["version"] = json!(2)), Err(NotASnapshot::Version("2".into())));
    for (change, words) in [
        (
            &(|value: &mut Value| value["colour"] = json!(1)) as &dyn Fn(&mut Value),
            "colour does not fit",
        ),
        (&|value| value["now"] = json!("soon"), "now does not fit: expected a date-time"),
        (&|value| value["items"][0]["model"]["library_id"] = json!("x"), "library x, which is not"),
        (
            &|value| {
                value["items"][0]["files"]["a/b"] = value["items"][0]["files"]["disk.vmdk"].clone()
            },
            "slash",
        ),
        (&|value| value["items"][0]["content_version"] = json!(u64::MAX), "nobody does"),
        (&|value| value["libraries"][0]["serial"] = json!(77), "order of creation"),
        (
            &|value| {
                for session in value["sessions"].as_array_mut().expect("sessions") {
                    session["phase"] = json!("open");
                }
            },
            "active on one item",
        ),
        (&|value| value["sessions"][0]["phase"] = json!("lost"), "a phase of a session"),
        (&|value| value["sessions"][0]["id"] = json!("x"), "an id that no upload link leads to"),
        (&|value| *link_of_a_file(value) = json!("x"), "a link that does not lead to it"),
        (&|value| value["random"]["used"] = json!(40), "random"),
    ] {
        let error = told(change).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
}

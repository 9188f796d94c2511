//! Runs: what was done, done again, gives the same bytes; and a run is data that can be damaged.

mod support;

use std::time::Duration;

use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::reading;
use accession_core::run::{Deed, Entry, NotARun, ORIGIN, Outcome, Run, Tape, VERSION};
use accession_core::simulator::{Effect, Fault, Pace, Simulator, Source};
use accession_core::structure::{Plain, Wire};
use accession_core::time::Timestamp;
use accession_core::wire::{Method, Request, basic};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{BEGIN, calls, cases, item_spec, library_spec, push_spec, received};

/// Writes a run while it is done: ids in later entries come from the answers to earlier ones.
struct Author {
    run: Run,
    replay: accession_core::run::Replay,
    now: Timestamp,
}

impl Author {
    fn new(dialect: Dialect) -> Self {
        let run = Run {
            version: VERSION,
            seed: "7".to_owned(),
            release: Default::default(),
            behaviour: Default::default(),
            dialect,
            entries: Vec::new(),
        };
        Self { replay: run.begin().expect("a good run"), run, now: BEGIN }
    }

    fn does(&mut self, deed: Deed) -> Outcome {
        self.now = self.now + Duration::from_millis(700);
        let entry = Entry { at: self.now, deed };
        let outcome = self.replay.step(&entry);
        self.run.entries.push(entry);
        outcome
    }

    fn calls<O: Operation>(&mut self, call: &O) -> O::Reply {
        let deed = Deed::Call {
            operation: O::ROW.full_name(),
            parameters: call.parameters(self.run.dialect.form()),
        };
        match self.does(deed) {
            Outcome::Answered(answered) => {
                let response = answered.handled.expect("it was heard").response;
                support::read_reply::<O>(self.run.dialect, &response).expect("granted")
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A session with all that a run can hold.
fn whole(dialect: Dialect) -> Run {
    let mut author = Author::new(dialect);
    author.does(Deed::LogIn { user: "lab".to_owned() });
    let create_spec = library_spec("lab");
    let library = author.calls(&LocalLibraryCreate { client_token: None, create_spec });
    let create_spec = item_spec(&library, "appliance", "iso");
    let item = author.calls(&ItemCreate { client_token: None, create_spec });
    let session = author.calls(&support::session_create(&item));
    author.calls(&support::file_add(&session, push_spec("a.iso")));
    let file = "a.iso".to_owned();
    author.does(Deed::OpenUpload { session: session.clone(), file: file.clone() });
    author.does(Deed::Progress { file: file.clone(), bytes: 2 });
    author.does(Deed::CloseUpload { file, received: Some(received(4)), dropped: false });
    let source = Source { received: received(9), takes: Some(5000), ..Source::default() };
    author.does(Deed::Declare { uri: "http://mirror.test/b".to_owned(), source });
    author.does(Deed::Pace(Pace::Looks(2)));
    let endpoint =
        TransferEndpoint { uri: "http://mirror.test/b".to_owned(), ..Default::default() };
    let spec = AddSpec {
        source_type: SourceType::Pull,
        source_endpoint: Some(endpoint),
        ..push_spec("b.iso")
    };
    author.calls(&support::file_add(&session, spec));
    author.does(Deed::Arm(Fault {
        on: "library.item.update_session.get".to_owned(),
        effect: Effect::Latency { millis: 5, jitter: 100 },
        skip: 0,
        count: Some(2),
        probability: Some(0.5),
    }));
    author.calls(&UpdateSessionComplete { update_session_id: session.clone() });
    author.calls(&UpdateSessionGet { update_session_id: session.clone() });
    author.now = author.now + Duration::from_secs(6);
    author.does(Deed::Advance);
    author.does(Deed::Disarm);
    author.calls(&UpdateSessionGet { update_session_id: session });
    author.calls(&ItemFileList { library_item_id: item });
    author.run
}

#[test]
fn done_again_it_gives_the_same_bytes() {
    for dialect in Dialect::ALL {
        let run = whole(dialect);
        let json = run.write(&Plain).to_string();
        let value: Value = serde_json::from_str(&json).expect("it was written as JSON");
        let read = reading::read::<Run>(&value).expect("it was written by this program");
        assert_eq!((&read.value, read.unknown.as_slice()), (&run, [].as_slice()));
        let (first, one) = run.replay().expect("a good run");
        let (second, other) = read.value.replay().expect("a good run");
        assert_eq!(one, other);
        assert_eq!(first.simulator.snapshot(), second.simulator.snapshot());
        let refused = one.iter().filter(|outcome| match outcome {
            Outcome::Answered(answered) => {
                !answered.handled.as_ref().is_some_and(|handled| handled.response.is_success())
            }
            Outcome::Happened(_) => false,
            Outcome::Impossible(_) => true,
        });
        assert_eq!(refused.count(), 0);
        // Nobody's password or token is in it.
        for secret in ["replayed", "Basic", "vmware-api-session-id"] {
            assert!(!json.contains(secret));
        }
    }
}

#[test]
fn a_part_of_it_leads_to_where_it_was_then() {
    let run = whole(Dialect::Api);
    for cut in 0..run.entries.len() {
        let (before, rest) = run.entries.split_at(cut);
        let part = Run { entries: before.to_vec(), ..run.clone() };
        let (mut replay, _) = part.replay().expect("a good run");
        let outcomes: Vec<_> = rest.iter().map(|entry| replay.step(entry)).collect();
        let (whole, all) = run.replay().expect("a good run");
        assert_eq!(outcomes, all[cut..]);
        assert_eq!(replay.simulator.snapshot(), whole.simulator.snapshot());
    }
}

#[test]
fn what_cannot_be_done_is_told_and_the_rest_goes_on() {
    let mut run = whole(Dialect::Api);
    run.entries.retain(|entry| !matches!(entry.deed, Deed::OpenUpload { .. }));
    let (_, outcomes) = run.replay().expect("a good run");
    let impossible: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Impossible(why) => Some(why.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(impossible, [r#"file "a.iso" is not being uploaded"#; 2]);
    assert_eq!(outcomes.len(), run.entries.len());
    run.version = 2;
    assert_eq!(run.begin().err(), Some(NotARun::Version(2)));
    let other = Run { version: VERSION, seed: "x".to_owned(), ..run };
    assert_eq!(other.begin().err(), Some(NotARun::Seed("x".to_owned())));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_calls_can_be_a_run(
        dialect in proptest::sample::select(&Dialect::ALL[..]),
        calls in proptest::collection::vec(proptest::strategy::Union::new(calls()), 1..16),
    ) {
        let mut author = Author::new(dialect);
        author.does(Deed::LogIn { user: "lab".to_owned() });
        for call in calls {
            let operation = call.row().full_name();
            author.does(Deed::Call { operation, parameters: call.parameters(dialect.form()) });
        }
        let (_, one) = author.run.replay().expect("a good run");
        let (_, other) = author.run.replay().expect("a good run");
        prop_assert_eq!(one, other);
    }

    #[test]
    fn damage_is_refused_or_harmless(at in 0..64_usize, what in support::value()) {
        let mut value = whole(Dialect::Api).write(&Plain);
        let entries = value["entries"].as_array_mut().expect("entries");
        let at = at % entries.len();
        entries[at]["deed"] = what;
        if let Ok(read) = reading::read::<Run>(&value) {
            read.value.replay().expect("the version and the seed are good");
        }
        entries_without(&mut value, at);
        reading::read::<Run>(&value).expect("it is whole").value.replay().expect("a good run");
    }
}

fn entries_without(value: &mut Value, at: usize) {
    let entries = value["entries"].as_array_mut().expect("entries");
    entries.remove(at);
    entries.push(json!({"at": BEGIN.to_string(), "deed": {"kind": "advance"}}));
}

#[test]
fn what_a_tape_takes_down_can_be_done_again() {
    for dialect in Dialect::ALL {
        let (mut simulator, mut tape) = (Simulator::new(7), Tape::default());
        let mut at = BEGIN;
        let mut send = |simulator: &mut Simulator, request: Request| {
            at = at + Duration::from_millis(900);
            tape.request(at, &request);
            simulator.handle(&request, at).response
        };
        let mut log_in = LoginCreate {}.encode(dialect, ORIGIN).expect("it can be sent");
        log_in.headers.push("Authorization", basic("lab", "any"));
        let answer = send(&mut simulator, log_in);
        let token = support::read_reply::<LoginCreate>(dialect, &answer).expect("granted");
        let mut call = |simulator: &mut Simulator, call: Call| {
            let mut request = call.encode(dialect, ORIGIN).expect("it can be sent");
            request.headers.push(SESSION_HEADER, token.reveal());
            send(simulator, request)
        };
        let create_spec = library_spec("lab");
        let create = LocalLibraryCreate { client_token: None, create_spec };
        call(&mut simulator, Call::LocalLibraryCreate(create));
        let library = simulator.peek(&Call::LibraryList(LibraryList {}), "lab");
        let library = library.expect("granted").expect("a list")[0].as_str().map(LibraryId::new);
        let create_spec = item_spec(&library.expect("an id"), "appliance", "iso");
        let create = Call::ItemCreate(ItemCreate { client_token: None, create_spec });
        let answer = call(&mut simulator, create);
        let item = support::read_reply::<ItemCreate>(dialect, &answer).expect("granted");
        let answer =
            call(&mut simulator, Call::UpdateSessionCreate(support::session_create(&item)));
        let session =
            support::read_reply::<UpdateSessionCreate>(dialect, &answer).expect("granted");
        // What no operation fits is no deed, and still it is later then.
        let mut odd = Request::new(Method::Get, format!("{ORIGIN}{}/odd", dialect.prefix()));
        odd.headers.push(SESSION_HEADER, "odd");
        send(&mut simulator, odd);

        let mut run = Run::new(7, dialect);
        run.entries = tape.take();
        assert_eq!(run.entries.len(), 5);
        let (replay, _) = run.replay().expect("a good run");
        assert_eq!(replay.simulator.snapshot(), simulator.snapshot());
        assert!(replay.simulator.find_session(&session).is_some());
    }
}

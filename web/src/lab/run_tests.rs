//! A simulated run as the page keeps it: what is shown of any of its entries, and the ways back and forth.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use accession_client::{
    Client, Progress as Told, Reader, Simulated, Source, Transport, UploadLink,
};
use accession_core::model::{
    AddSpec, ItemModel, LibraryModel, SourceType, StorageBacking, TransferStatus,
};
use accession_core::operations::*;
use accession_core::received::{Broken, Received};
use accession_core::run::{Deed, Tape};
use accession_core::session::Phase;
use accession_core::simulator::{Effect, Fault, Simulator, Wants};
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Nobody reads: files are made up.
struct Nobody;

impl Reader for Nobody {
    fn read(
        &self,
        _: Source,
        _: Wants,
        _: Told,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Received, Broken>>>> {
        Box::pin(std::future::ready(Err(Broken::ConnectionLost)))
    }
}

fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a simulator in this process answers at once"),
    }
}

/// The page, a simulator, and the client between them.
struct Bench {
    lab: RefCell<Lab>,
    client: Client,
    simulator: Rc<RefCell<Simulator>>,
    tape: Rc<RefCell<Tape>>,
    seen: Rc<RefCell<Vec<Rc<Exchange>>>>,
    time: Rc<Cell<Timestamp>>,
}

impl Bench {
    fn new() -> Self {
        let simulator = Rc::new(RefCell::new(Simulator::new(7)));
        let tape = Rc::new(RefCell::new(Tape::default()));
        let (seen, time) = (Rc::<RefCell<Vec<_>>>::default(), Rc::new(Cell::new(NOW)));
        let client = Self::client(&simulator, &tape, &seen, &time, Dialect::Api);
        let lab = RefCell::new(Lab::new("http://127.0.0.1:8080", 7, NOW));
        let bench = Self { lab, client, simulator, tape, seen, time };
        bench.turn(Dialect::Api);
        bench
    }

    fn client(
        simulator: &Rc<RefCell<Simulator>>,
        tape: &Rc<RefCell<Tape>>,
        seen: &Rc<RefCell<Vec<Rc<Exchange>>>>,
        time: &Rc<Cell<Timestamp>>,
        dialect: Dialect,
    ) -> Client {
        let simulated = Simulated::new(simulator.clone(), Rc::new(Nobody)).with_tape(tape.clone());
        let (clock, observed) = (time.clone(), seen.clone());
        Client::new(
            Transport::Simulated(simulated),
            dialect,
            SIMULATED_ORIGIN,
            move || {
                clock.set(clock.get() + Duration::from_millis(10));
                clock.get()
            },
            move |exchange| observed.borrow_mut().push(exchange),
        )
    }

    /// What the engine does when calls turn to the simulator.
    fn turn(&self, dialect: Dialect) {
        self.tape.borrow_mut().note(self.time.get(), Deed::Speak(dialect));
        self.act(Action::TimeIs(self.time.get()));
        self.act(Action::Targeted(Target::Simulated, dialect));
    }

    /// Speaks another dialect from now on.
    fn speak(&mut self, dialect: Dialect) {
        self.turn(dialect);
        let Self { simulator, tape, seen, time, .. } = &*self;
        self.client = Self::client(simulator, tape, seen, time, dialect);
        now_or_never(self.client.log_in("you", "any")).expect("anybody may");
        self.take_down();
    }

    /// Lets time pass, as the engine does.
    fn wait(&self, time: Duration) {
        self.time.set(self.time.get() + time);
        let now = self.time.get();
        self.act(Action::Ticked(now));
        self.tape.borrow_mut().note(now, Deed::Advance);
        let events = self.simulator.borrow_mut().advance(now);
        let done = self.tape.borrow_mut().take();
        self.act(Action::Happened(events, done));
    }

    /// The run so far, as a file has it.
    fn run(&self) -> Run {
        let lab = self.lab.borrow();
        let entries = lab.branches.current.run.iter().map(|entry| (**entry).clone());
        Run { entries: entries.collect(), ..(*lab.begin).clone() }
    }

    fn act(&self, action: Action) {
        let lab = reduce(self.lab.borrow().clone(), action);
        self.lab.replace(lab);
    }

    fn take_down(&self) {
        for exchange in self.seen.take() {
            let done = self.tape.borrow_mut().take();
            self.act(Action::Recorded(exchange, done));
        }
    }

    fn call<O: Operation>(&self, call: &O) -> Result<O::Reply, ClientError> {
        let result = now_or_never(self.client.call(call));
        self.take_down();
        result
    }

    fn begin(&self) -> SessionId {
        now_or_never(self.client.log_in("you", "any")).expect("anybody may");
        self.take_down();
        let create_spec = LibraryModel {
            name: Some("lab".to_owned()),
            storage_backings: Some(vec![StorageBacking {
                r#type: Some(accession_core::model::StorageBackingType::Datastore),
                datastore_id: Some("datastore-11".into()),
                storage_uri: None,
            }]),
            ..LibraryModel::default()
        };
        let library = self
            .call(&LocalLibraryCreate { client_token: None, create_spec })
            .expect("it is a good library");
        let create_spec = ItemModel {
            library_id: Some(library),
            name: Some("appliance".to_owned()),
            r#type: Some("iso".to_owned()),
            ..ItemModel::default()
        };
        let item =
            self.call(&ItemCreate { client_token: None, create_spec }).expect("it is a good item");
        let create_spec =
            UpdateSessionModel { library_item_id: Some(item), ..UpdateSessionModel::default() };
        let id = self
            .call(&UpdateSessionCreate { client_token: None, create_spec })
            .expect("the item has none");
        let epoch = self.lab.borrow().epoch;
        self.act(Action::SessionOpened(epoch, id.clone()));
        id
    }

    fn add(&self, session: &SessionId, name: &str) -> UploadLink {
        let file_spec = AddSpec {
            name: name.to_owned(),
            source_type: SourceType::Push,
            source_endpoint: None,
            size: Some(2_100_000_000),
            checksum_info: None,
        };
        let add = SessionFileAdd { update_session_id: session.clone(), file_spec };
        let info = self.call(&add).expect("it may be added");
        UploadLink::of(&info).expect("it is to be sent")
    }

    fn send(&self, link: &UploadLink) {
        let received = Received { size: 2_100_000_000, ..Received::default() };
        let upload = self.client.upload(link, Source::Virtual(received), |_| {});
        now_or_never(upload).expect("the link is good");
        self.take_down();
    }

    fn scene(&self) -> Scene {
        Scene::of(&self.lab.borrow(), &mut Replica::default())
    }

    fn number_of_last(&self) -> u64 {
        self.lab.borrow().log().entries().last().expect("there is one").number
    }

    fn words(&self) -> Vec<String> {
        let timeline = Timeline::of(&self.lab.borrow());
        timeline.marks.into_iter().map(|mark| mark.word).collect()
    }
}

fn status(scene: &Scene) -> Vec<TransferStatus> {
    let session = scene.session.as_ref().expect("one is on screen");
    session.files.ready().into_iter().flatten().map(|file| file.status.clone()).collect()
}

fn complete(id: &SessionId) -> UpdateSessionComplete {
    UpdateSessionComplete { update_session_id: id.clone() }
}

#[test]
fn every_entry_shows_what_was_then() {
    let bench = Bench::new();
    let id = bench.begin();
    let begun = bench.number_of_last();
    let link = bench.add(&id, "disk.iso");
    let added = bench.number_of_last();
    bench.call(&complete(&id)).expect_err("a file is missing");
    let scene = bench.scene();
    assert_eq!(
        scene.foresee(SessionCall::Complete).refusal(),
        Some("disk.iso has received 0 B of 2.1 GB")
    );
    let steps = scene.way.as_deref().expect("there is a way");
    assert_eq!(way::in_a_line(steps, scene.at), "Send the bytes of disk.iso");
    bench.send(&link);
    assert_eq!(status(&bench.scene()), [TransferStatus::Ready]);
    bench.call(&complete(&id)).expect("all files are there");
    let last = bench.scene();
    assert_eq!((last.phase, last.is_past), (Some(Phase::Done), false));
    assert_eq!(last.foresee(SessionCall::Delete), &Foresight::Fine);

    bench.act(Action::Selected(Some(added)));
    let then = bench.scene();
    assert_eq!((then.phase, then.is_past), (Some(Phase::Open), true));
    assert_eq!(status(&then), [TransferStatus::WaitingForTransfer]);
    bench.act(Action::Selected(Some(begun)));
    assert_eq!(status(&bench.scene()), []);
    bench.act(Action::Selected(Some(begun - 1)));
    assert_eq!((bench.scene().session, bench.scene().phase), (None, None));
    bench.act(Action::Selected(None));
    assert_eq!(bench.scene(), last);
}

#[test]
fn what_is_shown_is_what_the_simulator_holds() {
    let bench = Bench::new();
    let id = bench.begin();
    let link = bench.add(&id, "disk.iso");
    bench.send(&link);
    let lab = bench.lab.borrow();
    let mut replica = Replica::default();
    let held = replica.of(&lab).expect("the run can be done again").simulator.snapshot();
    assert_eq!(held, bench.simulator.borrow().snapshot());
}

#[test]
fn undone_and_done_again() {
    let bench = Bench::new();
    let id = bench.begin();
    bench.add(&id, "disk.iso");
    let whole = bench.lab.borrow().branches.current.clone();
    bench.act(Action::Travelled(Travel::Undo));
    assert_eq!(status(&bench.scene()), []);
    assert_eq!(bench.words(), ["session.create", "local_library.create", "item.create", "create"]);
    bench.act(Action::Travelled(Travel::Undo));
    // Before its creation there is no session on screen.
    assert_eq!(bench.scene().session, None);
    bench.act(Action::Travelled(Travel::Redo));
    bench.act(Action::Travelled(Travel::Redo));
    assert_eq!(bench.lab.borrow().branches.current, whole);
    assert!(!bench.lab.borrow().branches.can(Travel::Redo));
    // Nothing was lost, and nothing is left over.
    assert_eq!(bench.lab.borrow().branches.others, []);
}

#[test]
fn what_was_undone_stays_as_a_branch_when_something_else_is_done() {
    let bench = Bench::new();
    let id = bench.begin();
    bench.add(&id, "first.iso");
    let first = bench.words();
    bench.act(Action::Travelled(Travel::Undo));
    let deed = Deed::Advance;
    bench.tape.borrow_mut().note(bench.time.get(), deed);
    bench.add(&id, "second.iso");
    let branches = bench.lab.borrow().branches.clone();
    assert_eq!(branches.others.len(), 1);
    assert_eq!(
        (branches.others[0].name(), branches.current.name()),
        ("a".to_owned(), "b".to_owned())
    );
    assert_eq!(branches.current.from.map(|(from, _)| from), Some(0));
    bench.act(Action::Travelled(Travel::To(0)));
    assert_eq!(bench.words(), first);
    bench.act(Action::Travelled(Travel::To(1)));
    assert_eq!(bench.words().len(), first.len());
}

#[test]
fn a_fork_begins_where_it_was_asked_for() {
    let bench = Bench::new();
    let id = bench.begin();
    let begun = bench.number_of_last();
    let link = bench.add(&id, "disk.iso");
    bench.send(&link);
    bench.act(Action::Travelled(Travel::Fork(begun)));
    assert_eq!(status(&bench.scene()), []);
    let branches = bench.lab.borrow().branches.clone();
    assert_eq!(branches.current.from, Some((0, begun)));
    assert_eq!(branches.current.done(begun), Some(branches.current.run.len()));
    assert_eq!(branches.others[0].run.len(), branches.current.run.len() + 4);
}

#[test]
fn what_was_to_be_expected_of_a_call_is_told_at_the_state_that_it_met() {
    let bench = Bench::new();
    let id = bench.begin();
    let link = bench.add(&id, "disk.iso");
    let added = bench.number_of_last();
    bench.call(&complete(&id)).expect_err("a file is missing");
    let refused = bench.number_of_last();
    bench.send(&link);
    bench.call(&complete(&id)).expect("all files are there");
    let granted = bench.number_of_last();

    let mut replica = Replica::default();
    let mut expected = |number| {
        bench.act(Action::Opened(Some(number)));
        Scene::of(&bench.lab.borrow(), &mut replica).expected
    };
    let foreseen = expected(refused).expect("it is a call");
    assert!(foreseen.refusal().is_some() && !foreseen.differs(400));
    assert_eq!(expected(granted), Some(Foresight::Fine));
    assert_eq!(expected(added), Some(Foresight::Fine));
    // Bytes are no call, and neither the log-in nor what is no longer there is foreseen.
    assert_eq!(expected(granted - 1), None);
    assert_eq!(expected(2), None);
    assert_eq!(expected(99), None);
}

#[test]
fn whoever_is_logged_in_no_longer_is_told_so_before_the_next_call() {
    let bench = Bench::new();
    let id = bench.begin();
    let ends = Deed::Arm(Fault {
        on: "local_library.list".to_owned(),
        effect: Effect::LoginEnded,
        skip: 0,
        count: Some(1),
        probability: None,
    });
    bench.tape.borrow_mut().note(bench.time.get(), ends.clone());
    ends.arrange(&mut bench.simulator.borrow_mut()).expect("a fault").expect("of a known call");
    bench.call(&UpdateSessionGet { update_session_id: id.clone() }).expect("the login is there");
    let before = bench.number_of_last();
    let get = Call::UpdateSessionGet(UpdateSessionGet { update_session_id: id.clone() });
    let foreseen = |lab: &Lab| {
        let mut replica = Replica::default();
        let scene = Scene::of(lab, &mut replica);
        let create = diagram::now(lab, &scene, Cause::Create);
        let keep_alive = scene.foresee(SessionCall::KeepAlive).clone();
        (keep_alive, builder::foresee(lab, &scene, &mut replica, &get), create)
    };
    let fine = (Foresight::Fine, Foresight::Fine, Now::Unknown);
    assert_eq!(foreseen(&bench.lab.borrow()), fine);
    bench.call(&LocalLibraryList {}).expect_err("the login ends");
    let (because, rule) = ("Authentication required.", accession_core::rules::LOGIN_REQUIRED);
    let refused = Foresight::Refused { because: because.to_owned(), rule };
    let refused = (refused.clone(), refused, Now::Refused(because.to_owned(), rule));
    let and_create = |lab: Lab| Lab { item: Some("item".into()), ..lab };
    assert_eq!(foreseen(&and_create(bench.lab.borrow().clone())), refused);
    // So it was for whoever opens the run, and not before that call.
    assert_eq!(foreseen(&and_create(opened(bench.run()))), refused);
    bench.act(Action::Selected(Some(before)));
    assert_eq!(foreseen(&bench.lab.borrow()), fine);
    bench.act(Action::Selected(None));
    now_or_never(bench.client.log_in("you", "any")).expect("anybody may");
    bench.take_down();
    assert_eq!(foreseen(&bench.lab.borrow()), fine);
}

fn opened(run: Run) -> Lab {
    let opened = Opened { run: Some(run), exchanges: Vec::new(), said: Vec::new() };
    reduce(Lab::new("https://elsewhere.test", 8, NOW), Action::CameIn(Rc::new(opened)))
}

/// A reader whose worker takes its time, and is gone before it is done.
struct Slow;

impl Reader for Slow {
    fn read(
        &self,
        _: Source,
        _: Wants,
        told: Told,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Received, Broken>>>> {
        told(1000);
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_run_that_is_opened_elsewhere_was_seen_there_as_here() {
    let mut bench = Bench::new();
    let id = bench.begin();
    let link = bench.add(&id, "disk.iso");
    bench.call(&complete(&id)).expect_err("a file is missing");
    bench.call(&UpdateSessionGet { update_session_id: id.clone() }).expect("it is there");
    bench.call(&UpdateSessionGet { update_session_id: id.clone() }).expect("it is there");
    bench.send(&link);
    let bytes = Source::Virtual(Received { size: 1, ..Received::default() });
    now_or_never(bench.client.upload(&link, bytes, |_| {})).expect("it may be sent again");
    bench.take_down();
    // Nobody is left to read these bytes.
    let again = bench.add(&id, "broken.iso");
    now_or_never(bench.client.upload(&again, Source::Bytes(Rc::new([0; 9])), |_| {}))
        .expect_err("its reader is gone");
    bench.take_down();
    bench.speak(Dialect::Rest);
    let epoch = bench.lab.borrow().epoch;
    bench.act(Action::SessionOpened(epoch, id.clone()));
    bench.call(&complete(&id)).expect_err("a file is broken");
    bench.wait(Duration::from_secs(3600));
    bench.call(&UpdateSessionGet { update_session_id: id.clone() }).expect_err("it expired");
    now_or_never(bench.client.upload(&link, Source::Bytes(Rc::new([0; 9])), |_| {}))
        .expect_err("the session is gone");
    bench.take_down();

    let (here, there) = (bench.lab.borrow(), opened(bench.run()));
    let entries = |lab: &Lab| lab.log().entries().to_vec();
    // Number, instant, and the exchange with all that is in it.
    for (ours, theirs) in entries(&here).iter().zip(&entries(&there)) {
        let mut theirs = (**theirs).clone();
        if let (Happening::Call(ours), Happening::Call(theirs)) = (&ours.what, &mut theirs.what) {
            let known = ours.operation == "upload" && ours.status() != Some(200);
            let theirs = Rc::make_mut(theirs);
            // How long a file was that did not arrive, nobody knows.
            theirs.request.body =
                if known { ours.request.body.clone() } else { theirs.request.body.clone() };
        }
        assert_eq!(**ours, theirs);
    }
    assert_eq!(entries(&here).len(), entries(&there).len());
    assert_eq!(Timeline::of(&here), Timeline::of(&there));
    assert_eq!(here.branches.current.run, there.branches.current.run);
    assert_eq!((there.dialect, there.now), (Dialect::Rest, entries(&here).last().unwrap().at));
    let scene = |lab: &Lab| Scene::of(lab, &mut Replica::default());
    assert_eq!(there.session.as_ref().map(|session| &session.id), Some(&id));
    for entry in entries(&here) {
        let at = |lab: &Lab| {
            let scene = scene(&reduce(lab.clone(), Action::Selected(Some(entry.number))));
            (scene.at, scene.phase, scene.visited, scene.session.map(|session| session.files))
        };
        assert_eq!(at(&here), at(&there), "entry {}", entry.number);
    }
}

#[test]
fn an_upload_that_was_dropped_is_seen_as_dropped() {
    let bench = Bench::new();
    let id = bench.begin();
    let link = bench.add(&id, "disk.iso");
    let simulated =
        Simulated::new(bench.simulator.clone(), Rc::new(Slow)).with_tape(bench.tape.clone());
    let observed = bench.seen.clone();
    let client = Client::new(
        Transport::Simulated(simulated),
        Dialect::Api,
        SIMULATED_ORIGIN,
        || NOW + Duration::from_secs(9),
        move |exchange| observed.borrow_mut().push(exchange),
    );
    {
        let mut upload = Box::pin(client.upload(&link, Source::Bytes(Rc::new([0; 9])), |_| {}));
        let polled = upload.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    bench.take_down();
    let (here, there) = (bench.lab.borrow(), opened(bench.run()));
    let last = |lab: &Lab| {
        let entry = lab.log().entries().last().expect("there is one").clone();
        (entry.at, entry.call().expect("a call").outcome.clone())
    };
    assert_eq!(last(&here), last(&there));
    assert!(matches!(last(&there).1, accession_client::Outcome::NoAnswer(_)));
    assert_eq!(Timeline::of(&here), Timeline::of(&there));
}

#[test]
fn what_was_opened_can_be_gone_on_with_and_begun_anew() {
    let bench = Bench::new();
    let id = bench.begin();
    let begun = bench.number_of_last();
    bench.call(&complete(&id)).expect("it has no files");
    let there = opened(bench.run());
    assert!(there.came.is_some() && there.branches.can(Travel::Undo));
    let before = reduce(there.clone(), Action::Travelled(Travel::Fork(begun)));
    assert_eq!(Scene::of(&before, &mut Replica::default()).phase, Some(Phase::Open));
    let anew = reduce(there, Action::RunBegan);
    assert_eq!((anew.came, anew.begin.seed.as_str()), (None, "7"));
}

#[test]
fn what_a_server_answered_once_is_shown_and_not_gone_on_with() {
    let bench = Bench::new();
    let id = bench.begin();
    bench.add(&id, "disk.iso");
    bench.call(&UpdateSessionGet { update_session_id: id.clone() }).expect("it is there");
    bench.call(&SessionFileList { update_session_id: id.clone() }).expect("it is there");
    let exchanges = bench.lab.borrow().log().run();
    let opened = Opened { run: None, exchanges, said: Vec::new() };
    let lab = reduce(bench.lab.borrow().clone(), Action::CameIn(Rc::new(opened)));
    assert!(lab.target.is_replay());
    let scene = Scene::of(&lab, &mut Replica::default());
    assert_eq!(
        (scene.phase, status(&scene)),
        (Some(Phase::Open), vec![TransferStatus::WaitingForTransfer])
    );
    assert!(matches!(scene.foresee(SessionCall::Complete), Foresight::Refused { .. }));
    assert!(!lab.branches.can(Travel::Undo));
    assert_eq!(lab.branches.current.run.len(), 0);
}

#[test]
fn what_cannot_be_done_is_told_and_the_rest_is_shown() {
    let bench = Bench::new();
    bench.begin();
    let mut run = bench.run();
    let broken = Deed::Progress { file: "a".to_owned(), bytes: 1 };
    run.entries.insert(2, run::Entry { at: NOW, deed: broken });
    let lab = opened(run);
    let said = lab.came.clone().expect("it was opened");
    let expected = r#"Entry 3 cannot be done: file "a" is not being uploaded."#.to_owned();
    assert_eq!(*said, [expected.into()]);
    assert_eq!(lab.log().entries().len(), bench.lab.borrow().log().entries().len());
}

#[test]
fn a_run_whose_answers_differ_is_shown_as_it_was_recorded() {
    let bench = Bench::new();
    bench.begin();
    let exchanges = bench.lab.borrow().log().run();
    let open = |run, exchanges| {
        let opened = Opened { run: Some(run), exchanges, said: Vec::new() };
        reduce(bench.lab.borrow().clone(), Action::CameIn(Rc::new(opened)))
    };
    let same = open(bench.run(), exchanges.clone());
    assert!(same.target.is_simulated());
    assert_eq!(same.came.as_deref(), Some(&[][..]));
    let other = open(Run { seed: "8".to_owned(), ..bench.run() }, exchanges.clone());
    assert!(other.target.is_replay());
    assert_eq!(other.log().run(), exchanges);
    let said = other.came.expect("it was opened");
    assert!(
        said[0].text.starts_with("The run in it leads to other answers, from call 2 on."),
        "{said:?}"
    );
}

#[test]
fn what_the_scribe_found_is_read_up_to_what_makes_no_sense() {
    let bench = Bench::new();
    let id = bench.begin();
    bench.call(&complete(&id)).expect("it has no files");
    let record = bench.lab.borrow().record();
    let found = |run: &Value| json!({ "run": run, "exchanges": [], "said": ["of the scribe"] });
    let read = Opened::read(&found(&record["run"])).expect("it is whole");
    assert_eq!((read.run, read.said.len()), (Some(bench.run()), 1));
    let mut odd = record["run"].clone();
    odd["entries"][3]["deed"]["kind"] = "dance".into();
    let read = Opened::read(&found(&odd)).expect("its beginning is whole");
    assert_eq!(read.run.map(|run| run.entries), Some(bench.run().entries[..3].to_vec()));
    assert_eq!(
        read.said[1].text,
        "entries[3].deed: expected a deed of a known kind, found an object. What stands before it is shown."
    );
    assert_eq!(Opened::read(&Value::Null), None);
}

#[test]
fn the_scribe_is_told_what_was_seen_of_the_run_that_is_shown() {
    let bench = Bench::new();
    let id = bench.begin();
    bench.call(&complete(&id)).expect("it has no files");
    let record = bench.lab.borrow().record();
    let lines = record["lines"].as_array().expect("a list");
    assert_eq!(lines.len(), bench.lab.borrow().log().entries().len());
    assert_eq!(lines[0]["target"], "Simulated, vcenter.simulated, /api");
    assert_eq!(lines.last().expect("a line")["call"]["transitions"][0][2], "done");
    assert_eq!(record["session"]["id"], id.as_str());
    // What a server answers meanwhile is no part of it.
    bench.act(Action::Targeted(Target::Live { origin: "https://vc".to_owned() }, Dialect::Api));
    assert_eq!(bench.lab.borrow().record()["lines"].as_array().map(Vec::len), Some(1));
    bench.turn(Dialect::Api);
    let lines = bench.lab.borrow().record()["lines"].as_array().map(Vec::len);
    assert_eq!(lines, Some(record["lines"].as_array().expect("a list").len() + 1));
}

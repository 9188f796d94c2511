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
use accession_core::simulator::{Simulator, Wants};

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
        let simulated = Simulated::new(simulator.clone(), Rc::new(Nobody)).with_tape(tape.clone());
        let (clock, observed) = (time.clone(), seen.clone());
        let client = Client::new(
            Transport::Simulated(simulated),
            Dialect::Api,
            SIMULATED_ORIGIN,
            move || {
                clock.set(clock.get() + Duration::from_millis(10));
                clock.get()
            },
            move |exchange| observed.borrow_mut().push(exchange),
        );
        let lab = Lab::new("http://127.0.0.1:8080", 7, NOW);
        let lab = reduce(lab, Action::Targeted(Target::Simulated, Dialect::Api));
        Self { lab: RefCell::new(lab), client, simulator, tape, seen, time }
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
    let held = replica.of(&lab).expect("the run can be done again").snapshot();
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
    let epoch = bench.lab.borrow().epoch;
    let connection = Connection::Open { user: Some("you".to_owned()) };
    bench.act(Action::Connected(epoch, connection));
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

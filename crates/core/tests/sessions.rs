//! The machine and the simulator around it, under random events and passing time: what holds for
//! every session and every item, whatever is asked in whatever order.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use accession_core::behaviour::Behaviour;
use accession_core::dialect::Dialect;
use accession_core::file;
use accession_core::keyed::Few;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::received::{
    Algorithm, Broken, Contents, ListedDigest, Member, Needed, Received, Signature,
};
use accession_core::session::{
    AddedFile, Checksum, ENDED_KEPT, Event, EventKind, IDLE_LIMIT, Next, Phase, Rejected, Session,
    StoredFile, Target, UploadEvent, next,
};
use accession_core::simulator::{self, Handled, Transition};
use accession_core::wire::{Method, Request};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::{
    BEGIN, Client, OTHER_SHA1, Refused, SHA1, cases, file_add, link, push_spec, read_reply,
    received, session_create,
};

const NAMES: [&str; 5] = ["stored.iso", "a.iso", "b.vmdk", "c.ovf", "d.MF"];

fn name() -> BoxedStrategy<String> {
    select(&NAMES[..]).prop_map(str::to_owned).boxed()
}

fn progress() -> BoxedStrategy<i64> {
    prop_oneof![4 => 0..=100_i64, 1 => -2..103_i64, 1 => any::<i64>()].boxed()
}

fn outcome() -> BoxedStrategy<Result<Received, Broken>> {
    let digest = select(vec![SHA1, OTHER_SHA1]);
    let contents = proptest::option::weighted(0.3, contents().prop_map(Box::new));
    let whole = (3..5_u64, digest, contents).prop_map(|(size, digest, contents)| {
        Ok(Received { size, digests: [(Algorithm::Sha1, digest.to_owned())].into(), contents })
    });
    let broken = select(vec![Err(Broken::ConnectionLost), Err(Broken::TimedOut)]);
    prop_oneof![3 => whole, 1 => broken].boxed()
}

/// Without archives: what an item then keeps does not follow from the names in its session.
fn plain_outcome() -> BoxedStrategy<Result<Received, Broken>> {
    let plain = |outcome: Result<Received, Broken>| {
        outcome.map(|mut received| {
            if let Some(contents) = &mut received.contents {
                contents.members = None;
            }
            received
        })
    };
    outcome().prop_map(plain).boxed()
}

/// What may be found in a file, one thing at a time.
fn contents() -> BoxedStrategy<Contents> {
    let none = Contents::default;
    let needs = (name(), proptest::option::of(3..5_u64))
        .prop_map(move |(name, size)| Contents { needs: vec![Needed { name, size }], ..none() });
    let missing = name().prop_map(move |name| Contents { missing: vec![name], ..none() });
    let unwritable = name().prop_map(move |name| Contents { unwritable: Some(name), ..none() });
    let invalid = Just(Contents { invalid: vec![LocalizableMessage::default()], ..none() });
    let members = name().prop_map(move |name| {
        let member = Member { name, size: 4, digests: Few::new() };
        Contents { members: Some(vec![member]), ..none() }
    });
    let listed = (name(), select(vec![SHA1, OTHER_SHA1])).prop_map(move |(name, digest)| {
        let listed =
            ListedDigest { name, algorithm: Algorithm::Sha1, digest: digest.to_uppercase() };
        Contents { listed: vec![listed], ..none() }
    });
    let warnings =
        select(vec![WarningType::ExpiredCertificate, WarningType::SelfSignedCertificate]);
    let signed = warnings.prop_map(move |warning| {
        let certificate = CertificateInfo::default();
        let signature = Signature { certificate, chain: Vec::new(), warnings: vec![warning] };
        Contents { signature: Some(signature), ..none() }
    });
    prop_oneof![3 => needs, 1 => missing, 1 => unwritable, 1 => invalid, 2 => members, 2 => listed, 2 => signed]
        .boxed()
}

// ---------------------------------------------------------------------------------------------
// One session
// ---------------------------------------------------------------------------------------------

fn event() -> BoxedStrategy<Event> {
    let behavior = WarningBehavior { r#type: WarningType::ExpiredCertificate, ignored: true };
    let checksum = Checksum { algorithm: Algorithm::Sha1, hex: SHA1.to_owned() };
    let pushed = (name(), proptest::option::of(3..5_u64), any::<bool>()).prop_map(
        move |(name, declared_size, with_checksum)| AddedFile {
            name,
            link: Some("link".into()),
            source: None,
            declared_size,
            declared_checksum: with_checksum.then(|| checksum.clone()),
        },
    );
    let upload = prop_oneof![
        2 => Just(UploadEvent::Open(1)),
        1 => (0..9_u64).prop_map(UploadEvent::Progress),
        2 => outcome().prop_map(UploadEvent::Close),
    ];
    prop_oneof![
        1 => proptest::option::of(Just(vec![behavior])).prop_map(Event::Update),
        2 => proptest::option::of(progress()).prop_map(Event::KeepAlive),
        6 => pushed.prop_map(Event::AddFile),
        2 => name().prop_map(Event::RemoveFile),
        16 => (name(), upload).prop_map(|(name, upload)| Event::Upload(name, upload)),
        2 => Just(Event::Validate),
        3 => Just(Event::Complete),
        1 => Just(Event::Settle),
        1 => Just(Event::Cancel),
        1 => Just(Event::Fail("no".to_owned())),
        1 => Just(Event::Break(LocalizableMessage::default())),
        1 => Just(Event::Expire),
        1 => Just(Event::Delete),
    ]
    .boxed()
}

/// What is true of a session at any time.
fn holds(session: &Session) -> Result<(), TestCaseError> {
    let phase = session.phase();
    prop_assert!((0..=100).contains(&session.client_progress));
    prop_assert_eq!(session.error.is_some(), phase == Phase::Failed);
    let preview = session.preview();
    prop_assert_eq!(preview.is_some(), phase.is_active());
    if let Some(preview) = preview {
        prop_assert_eq!(preview.warnings.is_some(), preview.state == PreviewState::Available);
    }
    for transfer in session.transfers() {
        let (status, declared) = (transfer.status, &transfer.file);
        prop_assert_ne!(status, file::Status::Validating, "the checks take no time");
        prop_assert_eq!(transfer.error.is_some(), status == file::Status::Error);
        prop_assert_eq!(transfer.received.is_some(), status == file::Status::Ready);
        let Some(received) = &transfer.received else { continue };
        let contents = received.contents.as_deref();
        let is_written = contents.is_none_or(|contents| contents.unwritable.is_none());
        prop_assert!(is_written || !session.is_ovf);
        prop_assert!(declared.declared_size.is_none_or(|size| size == received.size));
        let digest = received.digests.get(&Algorithm::Sha1);
        let fits = |checksum: &Checksum| digest == Some(&checksum.hex);
        prop_assert!(declared.declared_checksum.as_ref().is_none_or(fits));
    }
    if phase == Phase::Done {
        let ready = |status| status == file::Status::Ready;
        prop_assert!(session.transfers().all(|transfer| ready(transfer.status)));
        prop_assert!(!session.validation().has_errors);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn a_session_keeps_its_promises(
        is_ovf in any::<bool>(),
        events in proptest::collection::vec((event(), 0..200_000_u64), 1..64),
    ) {
        let stored = StoredFile { size: 3, checksum: None, version: 1 };
        let files = vec![(NAMES[0].to_owned(), stored)];
        let folder = String::new();
        let target = Target { item: "i".into(), is_ovf, content_version: 1, files, folder, behaviour: Behaviour::default() };
        let mut session = Session::open("s".into(), 0, target, "me".to_owned(), BEGIN);
        let mut now = BEGIN;
        for (event, wait) in events {
            now = now + Duration::from_millis(wait);
            let before = session.clone();
            let (kind, judged) = (event.kind(), session.judge(&event));
            let upload = match &event {
                Event::Upload(name, upload) => Some((name.clone(), upload.clone())),
                _ => None,
            };
            prop_assert_eq!(&session, &before, "to judge changes nothing");
            let outcome = session.handle(event, now);
            prop_assert_eq!(&outcome, &judged);
            let allowed = next(before.phase(), kind, false);
            let refused_by_phase = matches!(outcome, Err(Rejected::Phase { .. }));
            prop_assert_eq!(allowed == Next::Refused, refused_by_phase);
            let Ok(reached) = outcome else {
                prop_assert_eq!(&session, &before, "{:?} was refused", kind);
                continue;
            };
            prop_assert_eq!(reached, allowed);
            match reached {
                Next::Stay => prop_assert_eq!(session.phase(), before.phase()),
                Next::To(phase) => prop_assert_eq!(session.phase(), phase),
                Next::Gone => break,
                Next::Refused => prop_assert!(false, "what is refused is an error"),
            }
            prop_assert!(before.phase().is_active(), "an ended session only ever goes");
            prop_assert!(session.client_progress >= before.client_progress);
            let limit = if session.phase().is_active() { IDLE_LIMIT } else { ENDED_KEPT };
            // A check is a read, and an upload that breaks off is refused.
            let broke_off = matches!(upload, Some((_, UploadEvent::Close(Err(_)))));
            let idle = kind == EventKind::Validate || broke_off;
            let expires = if idle { before.expires() } else { now + limit };
            prop_assert_eq!(session.expires(), expires);
            if let Some((name, upload)) = upload {
                let bytes = |session: &Session| {
                    let mut transfers = session.transfers();
                    transfers.find(|transfer| transfer.file.name == name).map(|it| it.bytes)
                };
                let (old, new) = (bytes(&before).expect("sent"), bytes(&session).expect("sent"));
                match upload {
                    UploadEvent::Open(_) => prop_assert_eq!(new, 0),
                    UploadEvent::Progress(so_far) => prop_assert_eq!(new, old.max(so_far)),
                    UploadEvent::Close(Ok(received)) => prop_assert_eq!(new, received.size),
                    UploadEvent::Arrive(_) | UploadEvent::Lose(..) => prop_assert!(false, "not among the events"),
                    UploadEvent::Close(Err(_)) => prop_assert_eq!(new, old),
                }
            }
            holds(&session)?;
        }
    }
}

// ---------------------------------------------------------------------------------------------
// A whole server
// ---------------------------------------------------------------------------------------------

/// Something that a client does. Numbers choose among the sessions and uploads that there are.
#[derive(Debug, Clone)]
enum Act {
    Create(Index),
    Add(Index, AddSpec),
    Open(Index, String),
    Progress(Index, u64),
    Close(Index, Result<Received, Broken>),
    /// Adds a file and sends all of it.
    Push(Index, String, u64),
    Remove(Index, String),
    Update(Index),
    KeepAlive(Index, Option<i64>),
    Validate(Index),
    Complete(Index),
    Cancel(Index),
    Fail(Index),
    Delete(Index),
    Wait(u64),
}

fn act() -> BoxedStrategy<Act> {
    let index = any::<Index>;
    let checksum = ChecksumInfo { algorithm: None, checksum: SHA1.to_owned() };
    let spec =
        (name(), proptest::option::of(2..5_i64), proptest::option::of(Just(checksum))).prop_map(
            |(name, size, checksum_info)| AddSpec { size, checksum_info, ..push_spec(&name) },
        );
    prop_oneof![
        4 => index().prop_map(Act::Create),
        3 => (index(), spec).prop_map(|(session, spec)| Act::Add(session, spec)),
        3 => (index(), name()).prop_map(|(session, name)| Act::Open(session, name)),
        2 => (index(), 0..9_u64).prop_map(|(upload, bytes)| Act::Progress(upload, bytes)),
        3 => (index(), plain_outcome()).prop_map(|(upload, outcome)| Act::Close(upload, outcome)),
        5 => (index(), name(), 0..9_u64)
            .prop_map(|(session, name, size)| Act::Push(session, name, size)),
        2 => (index(), name()).prop_map(|(session, name)| Act::Remove(session, name)),
        1 => index().prop_map(Act::Update),
        2 => (index(), proptest::option::of(progress()))
            .prop_map(|(session, progress)| Act::KeepAlive(session, progress)),
        1 => index().prop_map(Act::Validate),
        5 => index().prop_map(Act::Complete),
        1 => index().prop_map(Act::Cancel),
        1 => index().prop_map(Act::Fail),
        2 => index().prop_map(Act::Delete),
        3 => prop_oneof![0..400_000_u64, Just(300_000), Just(299_999), Just(90_000_000)]
            .prop_map(Act::Wait),
    ]
    .boxed()
}

/// What came of an act.
enum Came {
    /// Nothing changed by itself, time aside.
    Waited,
    Granted {
        session: Option<SessionId>,
        activity: bool,
    },
    Refused,
}

/// What can be seen of a session and of an item.
#[derive(Debug, Clone, PartialEq)]
struct SeenSession {
    model: UpdateSessionModel,
    files: Vec<SessionFileInfo>,
}

#[derive(Debug, Clone, PartialEq)]
struct SeenItem {
    version: u64,
    files: Vec<ItemFileInfo>,
    rest: ItemModel,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Seen {
    sessions: BTreeMap<SessionId, SeenSession>,
    items: Vec<SeenItem>,
}

struct Server {
    client: Client,
    items: Vec<ItemId>,
    sessions: Vec<SessionId>,
    uploads: Vec<(SessionId, simulator::Upload)>,
    /// The phase of each session as the transitions tell it.
    phases: BTreeMap<SessionId, Phase>,
}

impl Server {
    fn new(dialect: Dialect) -> Self {
        let mut client = Client::logged_in(dialect);
        let library = client.library("lab");
        let items = ["ovf", "iso"].map(|kind| client.item(&library, kind, kind)).to_vec();
        client.store(&items[0], NAMES[0], 5);
        Self { client, items, sessions: Vec::new(), uploads: Vec::new(), phases: BTreeMap::new() }
    }

    fn session(&self, index: Index) -> SessionId {
        // The latest ones are the interesting ones.
        let known = &self.sessions[self.sessions.len().saturating_sub(3)..];
        if known.is_empty() { "none".into() } else { index.get(known).clone() }
    }

    /// The transitions must tell one story.
    fn note(&mut self, transitions: &[Transition]) {
        for step in transitions {
            assert_eq!(self.phases.get(&step.session).copied(), step.from, "{step:?}");
            match step.to {
                Some(phase) => self.phases.insert(step.session.clone(), phase),
                None => self.phases.remove(&step.session),
            };
        }
    }

    fn call<O: Operation>(&mut self, call: &O) -> Result<O::Reply, Refused> {
        let handled = self.client.send(&self.client.request(call));
        self.note(&handled.transitions);
        read_reply::<O>(self.client.dialect, &handled.response)
    }

    fn change<O: Operation>(&mut self, session: SessionId, call: &O) -> Came {
        match self.call(call) {
            Ok(_) => Came::Granted { session: Some(session), activity: true },
            Err(_) => Came::Refused,
        }
    }

    fn open(&mut self, session: &SessionId, file: &SessionFileInfo) -> Came {
        let Some(endpoint) = &file.upload_endpoint else { return Came::Refused };
        let head = Request::new(Method::Put, endpoint.uri.clone());
        let now = self.client.now;
        match self.client.simulator.open_upload(&head, now) {
            Ok(upload) => {
                self.uploads.push((session.clone(), upload));
                Came::Granted { session: Some(session.clone()), activity: true }
            }
            Err(_) => Came::Refused,
        }
    }

    fn act(&mut self, act: &Act) -> Came {
        match act {
            Act::Wait(millis) => {
                self.client.wait(*millis);
                let transitions = self.client.simulator.advance(self.client.now);
                self.note(&transitions);
                Came::Waited
            }
            Act::Create(index) => match self.call(&session_create(index.get(&self.items))) {
                Ok(session) => {
                    self.sessions.push(session.clone());
                    Came::Granted { session: Some(session), activity: true }
                }
                Err(_) => Came::Refused,
            },
            Act::Add(index, spec) => {
                let session = self.session(*index);
                let add = file_add(&session, spec.clone());
                self.change(session, &add)
            }
            Act::Open(index, name) => {
                let update_session_id = self.session(*index);
                let session = update_session_id.clone();
                let get = SessionFileGet { update_session_id, file_name: name.clone() };
                let Ok(file) = self.call(&get) else { return Came::Refused };
                self.open(&session, &file)
            }
            Act::Push(index, name, size) => {
                let session = self.session(*index);
                let Ok(file) = self.call(&file_add(&session, push_spec(name))) else {
                    return Came::Refused;
                };
                assert!(!link(&file).is_empty());
                self.open(&session, &file);
                let (_, upload) = self.uploads.pop().expect("a new link is good");
                let closed = self.client.close(upload, Ok(received(*size)));
                assert_eq!(closed.response.status, 200);
                Came::Granted { session: Some(session), activity: true }
            }
            Act::Progress(index, bytes) => {
                if self.uploads.is_empty() {
                    return Came::Refused;
                }
                let (session, upload) = index.get(&self.uploads).clone();
                let now = self.client.now;
                match self.client.simulator.progress(&upload, *bytes, now) {
                    Ok(()) => Came::Granted { session: Some(session), activity: true },
                    Err(simulator::Stopped) => Came::Refused,
                }
            }
            Act::Close(index, outcome) => {
                if self.uploads.is_empty() {
                    return Came::Refused;
                }
                let (session, upload) = self.uploads.swap_remove(index.index(self.uploads.len()));
                let broken = outcome.is_err();
                let Handled { response, transitions, .. } =
                    self.client.close(upload, outcome.clone());
                self.note(&transitions);
                if response.is_success() {
                    return Came::Granted { session: Some(session), activity: true };
                }
                let refused = support::refusal(Dialect::Api, &response);
                // That an upload broke is news and no refusal, but nothing that the client did.
                if broken && refused.kind == "INVALID_REQUEST" {
                    return Came::Granted { session: Some(session), activity: false };
                }
                Came::Refused
            }
            Act::Remove(index, name) => {
                let session = self.session(*index);
                let (update_session_id, file_name) = (session.clone(), name.clone());
                self.change(session, &SessionFileRemove { update_session_id, file_name })
            }
            Act::Update(index) => {
                let session = self.session(*index);
                let warning_behavior = Some(Vec::new());
                let update_spec = UpdateSessionModel { warning_behavior, ..Default::default() };
                let update_session_id = session.clone();
                self.change(session, &UpdateSessionUpdate { update_session_id, update_spec })
            }
            Act::KeepAlive(index, client_progress) => {
                let session = self.session(*index);
                let (update_session_id, client_progress) = (session.clone(), *client_progress);
                self.change(session, &UpdateSessionKeepAlive { update_session_id, client_progress })
            }
            Act::Validate(index) => {
                let session = self.session(*index);
                let update_session_id = session.clone();
                match self.call(&SessionFileValidate { update_session_id }) {
                    Ok(_) => Came::Granted { session: Some(session), activity: false },
                    Err(_) => Came::Refused,
                }
            }
            Act::Complete(index) => {
                let session = self.session(*index);
                let update_session_id = session.clone();
                self.change(session, &UpdateSessionComplete { update_session_id })
            }
            Act::Cancel(index) => {
                let session = self.session(*index);
                let update_session_id = session.clone();
                self.change(session, &UpdateSessionCancel { update_session_id })
            }
            Act::Fail(index) => {
                let session = self.session(*index);
                let update_session_id = session.clone();
                let client_error_message = "no".to_owned();
                self.change(session, &UpdateSessionFail { update_session_id, client_error_message })
            }
            Act::Delete(index) => {
                let session = self.session(*index);
                let update_session_id = session.clone();
                self.change(session, &UpdateSessionDelete { update_session_id })
            }
        }
    }

    fn seen(&mut self) -> Seen {
        let mut seen = Seen::default();
        for id in self.sessions.clone() {
            let Ok(model) = self.call(&UpdateSessionGet { update_session_id: id.clone() }) else {
                continue;
            };
            let files = self.call(&SessionFileList { update_session_id: id.clone() });
            let files = files.expect("the session is there");
            seen.sessions.insert(id, SeenSession { model, files });
        }
        self.sessions.retain(|id| seen.sessions.contains_key(id));
        for library_item_id in self.items.clone() {
            let list = ItemFileList { library_item_id: library_item_id.clone() };
            let files = self.call(&list).expect("items stay");
            let mut rest = self.call(&ItemGet { library_item_id }).expect("items stay");
            let version = rest.content_version.take().expect("always there");
            seen.items.push(SeenItem { version: version.parse().expect("a number"), files, rest });
        }
        seen
    }

    /// What must have become of what was seen before.
    fn check(&self, act: &Act, came: &Came, before: &Seen, after: &Seen) {
        let now = self.client.now;
        match came {
            Came::Refused => assert_eq!(before, after, "{act:?} was refused"),
            Came::Waited => {
                assert_eq!(before.items, after.items);
                for (id, session) in &before.sessions {
                    let expires = session.model.expiration_time.expect("always there");
                    let expected = (now < expires).then_some(session);
                    assert_eq!(after.sessions.get(id), expected, "at {now}, {expires}");
                }
            }
            Came::Granted { session, activity } => {
                let session = session.as_ref().expect("every act is about one");
                for (id, other) in before.sessions.iter().filter(|(id, _)| *id != session) {
                    assert_eq!(after.sessions.get(id), Some(other), "{act:?}");
                }
                let old = before.sessions.get(session).map(|old| &old.model);
                let new = after.sessions.get(session).map(|new| &new.model);
                if let (Some(old), Some(new)) = (old, new) {
                    assert_eq!(old.state, Some(SessionState::Active), "{act:?}");
                    let active = new.state == Some(SessionState::Active);
                    let limit = if active { IDLE_LIMIT } else { ENDED_KEPT };
                    let moved = if *activity { Some(now + limit) } else { old.expiration_time };
                    assert_eq!(new.expiration_time, moved, "{act:?}");
                }
                if matches!(act, Act::Complete(_)) {
                    self.check_published(session, before, after);
                } else {
                    assert_eq!(before.items, after.items, "{act:?}");
                }
            }
        }
        self.check_always(after);
    }

    fn check_published(&self, session: &SessionId, before: &Seen, after: &Seen) {
        let old = &before.sessions[session];
        let state = after.sessions[session].model.state.as_ref();
        assert_eq!(state, Some(&SessionState::Done));
        for (at, id) in self.items.iter().enumerate() {
            let (was, is) = (&before.items[at], &after.items[at]);
            if old.model.library_item_id.as_ref() != Some(id) {
                assert_eq!(was, is);
                continue;
            }
            assert_eq!(is.version, was.version + 1);
            assert_eq!(is.rest.last_modified_time, Some(self.client.now));
            assert_eq!(is.rest.version, was.rest.version, "content is not metadata");
            assert_eq!(is.rest.metadata_version, was.rest.metadata_version);
            let version = |name: &str| {
                let file = was.files.iter().find(|file| file.name == name);
                file.map_or(0, |file| file.version.parse::<u64>().expect("a number"))
            };
            let mut expected = BTreeMap::new();
            for file in old.files.iter().filter(|file| file.keep_in_storage != Some(false)) {
                assert_eq!(file.status, TransferStatus::Ready, "{file:?}");
                let raised = u64::from(file.source_type == SourceType::Push);
                let version = version(&file.name) + raised;
                expected.insert(file.name.clone(), (file.size.expect("READY"), version));
            }
            let found = is.files.iter().map(|file| {
                let version = file.version.parse::<u64>().expect("a number");
                (file.name.clone(), (file.size, version))
            });
            assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
            let size = is.files.iter().map(|file| file.size).sum();
            assert_eq!(is.rest.size, Some(size));
        }
    }

    fn check_always(&self, seen: &Seen) {
        let mut active = BTreeMap::new();
        for (id, session) in &seen.sessions {
            let model = &session.model;
            let state = model.state.as_ref().expect("always there");
            assert_eq!(self.phases.get(id).map(|phase| phase.state()).as_ref(), Some(state));
            if *state == SessionState::Active {
                let other = active.insert(model.library_item_id.clone(), id);
                assert_eq!(other, None, "an item has at most one active session");
            }
            for file in &session.files {
                let pushed = file.source_type == SourceType::Push;
                assert_eq!(file.upload_endpoint.is_some(), pushed, "{file:?}");
                assert_eq!(file.source_endpoint, None);
                assert_eq!(file.size.is_some(), file.status == TransferStatus::Ready, "{file:?}");
                assert_eq!(file.error_message.is_some(), file.status == TransferStatus::Error);
            }
        }
        assert_eq!(self.phases.len(), seen.sessions.len());
        let soonest = seen.sessions.values().filter_map(|session| session.model.expiration_time);
        assert_eq!(self.client.simulator.poll_timeout(), soonest.min());
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_server_keeps_its_promises(
        dialect in select(&Dialect::ALL[..]),
        acts in proptest::collection::vec(act(), 1..64),
    ) {
        let mut server = Server::new(dialect);
        let mut before = server.seen();
        for act in &acts {
            let had_active = |seen: &Seen, item: &ItemId| {
                seen.sessions.values().any(|session| {
                    session.model.state == Some(SessionState::Active)
                        && session.model.library_item_id.as_ref() == Some(item)
                })
            };
            let came = server.act(act);
            let after = server.seen();
            server.check(act, &came, &before, &after);
            if let Act::Create(index) = act {
                let busy = had_active(&before, index.get(&server.items));
                prop_assert_eq!(matches!(came, Came::Refused), busy);
            }
            before = after;
        }
    }
}

#[test]
fn time_does_not_run_backwards() {
    let mut server = Server::new(Dialect::Api);
    let item = server.items[0].clone();
    let session = server.call(&session_create(&item)).expect("granted");
    server.client.wait(200_000);
    let alive =
        UpdateSessionKeepAlive { update_session_id: session.clone(), client_progress: None };
    server.call(&alive).expect("granted");
    // A host whose clock was set back; the latest instant counts.
    server.client.now = BEGIN;
    server.call(&alive).expect("granted");
    let get = UpdateSessionGet { update_session_id: session };
    let model = server.call(&get).expect("it is there");
    assert_eq!(model.expiration_time, Some(BEGIN + Duration::from_millis(200_000) + IDLE_LIMIT));
}

#[test]
fn what_is_due_happens_in_the_order_of_its_instants() {
    let mut server = Server::new(Dialect::Api);
    let first = server.call(&session_create(&server.items[0].clone())).expect("granted");
    server.client.wait(1000);
    let second = server.call(&session_create(&server.items[1].clone())).expect("granted");
    let cancel = UpdateSessionCancel { update_session_id: first.clone() };
    server.client.wait(1000);
    server.call(&cancel).expect("granted");
    server.client.wait(48 * 60 * 60 * 1000);
    let gone = server.client.simulator.advance(server.client.now);
    let begun = BEGIN + Duration::from_secs(1);
    let expected = [
        (begun + IDLE_LIMIT, second, Some(Phase::Open), None, "expire"),
        (begun + Duration::from_secs(1) + ENDED_KEPT, first, Some(Phase::Canceled), None, "expire"),
    ];
    let found: Vec<_> = gone
        .into_iter()
        .map(|step| (step.at, step.session, step.from, step.to, step.because))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(server.client.simulator.poll_timeout(), None);
}

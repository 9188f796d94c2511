//! Reasons: what is said about a call before it is made is what happens when it is made, and whoever
//! goes the way that is told arrives.

mod support;

use std::time::Duration;

use accession_core::dialect::Dialect;
use accession_core::model::*;
use accession_core::operations::*;
use accession_core::privileges::{Privilege, Privileges};
use accession_core::received::{Broken, Contents, Needed, Received, Signature};
use accession_core::rules;
use accession_core::session::{Observed, Session};
use accession_core::simulator::{
    Account, Accounts, Effect, Fault, Outcome, Pace, Simulator, Source, Step,
};
use accession_core::time::Timestamp;
use proptest::prelude::*;
use support::{Client, cases, file_add, push_spec, received, session_create};

const USER: &str = "lab";
const NAMES: [&str; 4] = ["a.ovf", "a.mf", "disk.vmdk", "b.iso"];

/// Something that happened before.
#[derive(Debug, Clone)]
enum Past {
    Add { name: usize, size: Option<i64>, pull: bool },
    Upload { name: usize, size: u64, contents: usize },
    Begin { name: usize },
    Break { name: usize },
    Remove { name: usize },
    Ignore,
    KeepAlive,
    Complete,
    Cancel,
    Fail,
    Wait(u64),
    Pace(usize),
}

fn past() -> BoxedStrategy<Past> {
    let name = 0..NAMES.len();
    prop_oneof![
        5 => (name.clone(), proptest::option::of(3..5_i64), proptest::bool::weighted(0.2))
            .prop_map(|(name, size, pull)| Past::Add { name, size, pull }),
        5 => (name.clone(), 3..5_u64, 0..5_usize)
            .prop_map(|(name, size, contents)| Past::Upload { name, size, contents }),
        1 => name.clone().prop_map(|name| Past::Begin { name }),
        1 => name.clone().prop_map(|name| Past::Break { name }),
        1 => name.prop_map(|name| Past::Remove { name }),
        1 => Just(Past::Ignore),
        1 => Just(Past::KeepAlive),
        1 => Just(Past::Complete),
        1 => Just(Past::Cancel),
        1 => Just(Past::Fail),
        2 => (0..200_000_u64).prop_map(Past::Wait),
        1 => (0..3_usize).prop_map(Past::Pace),
    ]
    .boxed()
}

fn contents(which: usize) -> Option<Box<Contents>> {
    let signature = Signature {
        certificate: CertificateInfo::default(),
        chain: Vec::new(),
        warnings: vec![WarningType::SelfSignedCertificate, WarningType::ExpiredCertificate],
    };
    let needs = vec![Needed { name: "disk.vmdk".to_owned(), size: None }];
    let missing = vec!["lost.vmdk".to_owned()];
    Some(Box::new(match which {
        0 => return None,
        1 => Contents { needs, ..Contents::default() },
        2 => Contents { signature: Some(signature), ..Contents::default() },
        3 => Contents { missing, ..Contents::default() },
        _ => Contents { needs, signature: Some(signature), ..Contents::default() },
    }))
}

struct Scene {
    client: Client,
    item: ItemId,
    session: SessionId,
}

impl Scene {
    fn new(kind: &str) -> Self {
        let mut client = Client::logged_in(Dialect::Api);
        let library = client.library("lab");
        let item = client.item(&library, "appliance", kind);
        let source = Source { received: received(4), takes: Some(60_000), ..Source::default() };
        client.simulator.declare_source("http://mirror.test/x", source);
        let session = client.session(&item);
        Self { client, item, session }
    }

    /// Lets something happen, if it can.
    fn live(&mut self, past: &Past) {
        let id = || self.session.clone();
        let client = &mut self.client;
        let file = |client: &mut Client, name: usize| {
            let file_name = NAMES[name].to_owned();
            client.call(&SessionFileGet { update_session_id: id(), file_name }).ok()
        };
        match past {
            Past::Add { name, size, pull } => {
                let mut spec = AddSpec { size: *size, ..push_spec(NAMES[*name]) };
                if *pull {
                    spec.source_type = SourceType::Pull;
                    let uri = "http://mirror.test/x".to_owned();
                    spec.source_endpoint = Some(TransferEndpoint { uri, ..Default::default() });
                }
                let _ = client.call(&file_add(&id(), spec));
            }
            Past::Upload { name, size, contents: which } => {
                if let Some(upload) = file(client, *name).and_then(|file| open(client, &file)) {
                    let received = Received { contents: contents(*which), ..received(*size) };
                    client.close(upload, Ok(received));
                }
            }
            Past::Begin { name } => {
                let _ = file(client, *name).and_then(|file| open(client, &file));
            }
            Past::Break { name } => {
                if let Some(upload) = file(client, *name).and_then(|file| open(client, &file)) {
                    client.close(upload, Err(Broken::ConnectionLost));
                }
            }
            Past::Remove { name } => {
                let file_name = NAMES[*name].to_owned();
                let _ = client.call(&SessionFileRemove { update_session_id: id(), file_name });
            }
            Past::Ignore => {
                let r#type = WarningType::SelfSignedCertificate;
                let update_spec = UpdateSessionModel {
                    warning_behavior: Some(vec![WarningBehavior { r#type, ignored: true }]),
                    ..Default::default()
                };
                let _ = client.call(&UpdateSessionUpdate { update_session_id: id(), update_spec });
            }
            Past::KeepAlive => {
                let client_progress = Some(7);
                let update_session_id = id();
                let _ = client.call(&UpdateSessionKeepAlive { update_session_id, client_progress });
            }
            Past::Complete => {
                let _ = client.call(&UpdateSessionComplete { update_session_id: id() });
            }
            Past::Cancel => {
                let _ = client.call(&UpdateSessionCancel { update_session_id: id() });
            }
            Past::Fail => {
                let client_error_message = "no".to_owned();
                let update_session_id = id();
                let _ = client.call(&UpdateSessionFail { update_session_id, client_error_message });
            }
            Past::Wait(millis) => {
                client.wait(*millis);
                client.simulator.advance(client.now);
            }
            Past::Pace(which) => client.simulator.set_pace(match which {
                0 => Pace::Immediate,
                1 => Pace::Takes(Duration::from_secs(30)),
                _ => Pace::Looks(3),
            }),
        }
    }

    /// Every call on the session, and those that its item and its library have to do with it.
    fn calls(&self) -> Vec<Call> {
        let id = || self.session.clone();
        let mut calls = vec![
            Call::UpdateSessionGet(UpdateSessionGet { update_session_id: id() }),
            Call::UpdateSessionComplete(UpdateSessionComplete { update_session_id: id() }),
            Call::UpdateSessionCancel(UpdateSessionCancel { update_session_id: id() }),
            Call::UpdateSessionDelete(UpdateSessionDelete { update_session_id: id() }),
            Call::SessionFileValidate(SessionFileValidate { update_session_id: id() }),
            Call::UpdateSessionUpdate(UpdateSessionUpdate {
                update_session_id: id(),
                update_spec: UpdateSessionModel::default(),
            }),
            Call::UpdateSessionFail(UpdateSessionFail {
                update_session_id: id(),
                client_error_message: "no".to_owned(),
            }),
            Call::UpdateSessionCreate(session_create(&self.item)),
        ];
        for client_progress in [None, Some(101)] {
            calls.push(Call::UpdateSessionKeepAlive(UpdateSessionKeepAlive {
                update_session_id: id(),
                client_progress,
            }));
        }
        for name in NAMES {
            calls.push(Call::SessionFileAdd(file_add(&id(), push_spec(name))));
            let file_name = name.to_owned();
            let remove = SessionFileRemove { update_session_id: id(), file_name };
            calls.push(Call::SessionFileRemove(remove));
        }
        calls
    }
}

fn open(client: &mut Client, file: &SessionFileInfo) -> Option<accession_core::simulator::Upload> {
    let link = file.upload_endpoint.as_ref()?.uri.clone();
    let head = accession_core::wire::Request::new(accession_core::wire::Method::Put, link);
    client.simulator.open_upload(&head, client.now).ok()
}

/// The status of a call over the wire, and the rule that refused it.
fn made(client: &mut Client, call: &Call) -> Result<(), Option<rules::RuleRef>> {
    let request = call.encode(Dialect::Api, support::ORIGIN).expect("it can be sent");
    let request = client.signed(request, false);
    let handled = client.send(&request);
    if handled.response.is_success() { Ok(()) } else { Err(handled.rule) }
}

/// Goes a step as a client would.
fn go(client: &mut Client, step: &Step) {
    match step {
        Step::Call(call) => made(client, call).expect("every call on the way is granted"),
        Step::Wait(until) => {
            client.now = client.now.max(*until);
            client.simulator.advance(client.now);
        }
        // What arrives is what was declared; the copy that the way was found on knows how to do that.
        Step::Upload { .. } | Step::FinishUpload { .. } => {
            client.simulator.follow(step, USER).expect("the link is good");
        }
    }
}

/// What a client could do next, other than giving something up.
fn candidates(scene: &Scene) -> Vec<Step> {
    let mut client = scene.client.clone();
    let id = scene.session.clone();
    let list = SessionFileList { update_session_id: id.clone() };
    let mut files = client.call(&list).unwrap_or_default();
    // To send something else in the place of what is there would be to give it up.
    files.retain(|file| file.status != TransferStatus::Ready);
    let mut steps = Vec::new();
    for name in files.iter().map(|file| file.name.as_str()).chain(["disk.vmdk", "lost.vmdk"]) {
        let spec = push_spec(name);
        steps.push(Step::Call(Box::new(Call::SessionFileAdd(file_add(&id, spec)))));
        let (session, file) = (id.clone(), name.to_owned());
        steps.push(Step::Upload { session: session.clone(), file: file.clone() });
        steps.push(Step::FinishUpload { session, file });
    }
    let ignored = |r#type: &WarningType| WarningBehavior { r#type: r#type.clone(), ignored: true };
    let update_spec = UpdateSessionModel {
        warning_behavior: Some(WarningType::KNOWN.iter().map(ignored).collect()),
        ..Default::default()
    };
    let update = UpdateSessionUpdate { update_session_id: id.clone(), update_spec };
    steps.push(Step::Call(Box::new(Call::UpdateSessionUpdate(update))));
    let completes = scene.client.simulator.find_session(&id).is_some_and(Session::is_completing);
    // A session that is about to be done would be given up by it.
    if !completes {
        let cancel = UpdateSessionCancel { update_session_id: id };
        steps.push(Step::Call(Box::new(Call::UpdateSessionCancel(cancel))));
    }
    steps.extend(client.simulator.poll_timeout().map(Step::Wait));
    steps
}

/// Whether so many steps of a client's can lead to the call.
fn reaches(scene: &Scene, call: &Call, steps: usize) -> bool {
    if made(&mut scene.client.clone(), call).is_ok() {
        return true;
    }
    steps > 0
        && candidates(scene).iter().any(|step| {
            let mut next = Scene {
                client: scene.client.clone(),
                item: scene.item.clone(),
                session: scene.session.clone(),
            };
            let gone = next.client.simulator.follow(step, USER).is_ok();
            next.client.now = next.client.now.max(next.client.simulator.now());
            gone && reaches(&next, call, steps - 1)
        })
}

proptest! {
    #![proptest_config(cases(160))]

    #[test]
    fn what_is_said_is_what_happens(
        is_ovf in any::<bool>(),
        past in proptest::collection::vec(past(), 0..14),
    ) {
        let mut scene = Scene::new(if is_ovf { "ovf" } else { "iso" });
        past.iter().for_each(|past| scene.live(past));
        scene.client.simulator.advance(scene.client.now);
        for call in scene.calls() {
            let unmet = scene.client.simulator.why_not(&call, USER);
            let outcome = made(&mut scene.client.clone(), &call);
            prop_assert_eq!(unmet.is_empty(), outcome.is_ok(), "{:?}", call);
            if let Err(rule) = outcome {
                prop_assert_eq!(Some(unmet[0].rule), rule, "{:?}", call);
                prop_assert!(!unmet[0].why.is_empty());
            }
            let Some(path) = scene.client.simulator.path_to(&call, USER) else {
                prop_assert!(!unmet.is_empty());
                continue;
            };
            prop_assert_eq!(path.is_empty(), unmet.is_empty());
            let mut client = scene.client.clone();
            path.iter().for_each(|step| go(&mut client, step));
            prop_assert_eq!(made(&mut client, &call), Ok(()), "{:?} by {:?}", call, path);
            // No shorter one leads there, as far as can be tried.
            if (1..=2).contains(&path.len()) {
                prop_assert!(!reaches(&scene, &call, path.len() - 1), "{:?} by {:?}", call, path);
            }
        }
    }
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let mut scene = Scene::new("iso");
    for name in ["a.iso", "b.iso"] {
        scene.client.add(&scene.session, name);
    }
    let complete = UpdateSessionComplete { update_session_id: scene.session.clone() };
    let complete = Call::UpdateSessionComplete(complete);
    let unmet = scene.client.simulator.why_not(&complete, USER);
    let why: Vec<_> = unmet.iter().map(|unmet| unmet.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "File a.iso has transfer errors or has not been fully received yet (status: WAITING).",
            "File b.iso has transfer errors or has not been fully received yet (status: WAITING).",
        ]
    );
    let path = scene.client.simulator.path_to(&complete, USER).expect("there is a way");
    let files: Vec<_> = path
        .iter()
        .map(|step| match step {
            Step::Upload { file, .. } => file.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(files, ["a.iso", "b.iso"]);
}

#[test]
fn an_answer_is_explained() {
    let mut scene = Scene::new("iso");
    scene.client.add(&scene.session, "a.iso");
    let call = UpdateSessionComplete { update_session_id: scene.session.clone() };
    let request = scene.client.request(&call);
    let handled = scene.client.send(&request);
    let call = Call::UpdateSessionComplete(call);
    let explained = scene.client.simulator.explain(Some(&call), USER, &handled);
    assert_eq!(explained.outcome, Outcome::Refused(rules::FILES_RECEIVED.provenance));
    assert_eq!(explained.rule, Some(rules::FILES_RECEIVED));
    assert!(explained.because.is_some_and(|because| because.contains("a.iso")));
    assert_eq!(explained.legal, ["add", "keep_alive", "update", "cancel", "fail"]);
    assert_eq!(explained.path.map(|path| path.len()), Some(1));

    // A session that has ended does not go on.
    let cancel = UpdateSessionCancel { update_session_id: scene.session.clone() };
    scene.client.call(&cancel).expect("it is active");
    let handled = scene.client.send(&request);
    let explained = scene.client.simulator.explain(Some(&call), USER, &handled);
    assert_eq!((explained.legal, explained.path), (vec!["delete"], None));
}

#[test]
fn who_is_not_logged_in_has_no_login_to_ask_for() {
    let scene = Scene::new("iso");
    for call in [Call::LoginGet(LoginGet {}), Call::LoginDelete(LoginDelete {})] {
        assert_eq!(scene.client.simulator.why_not(&call, USER), []);
        let unmet = scene.client.simulator.why_not(&call, "somebody else");
        assert_eq!(unmet[0].rule, rules::LOGIN_REQUIRED);
        assert_eq!(scene.client.simulator.path_to(&call, "somebody else"), None);
    }
}

#[test]
fn a_missing_privilege_is_named() {
    let scene = Scene::new("iso");
    let mut porter = Account::new("porter", "secret");
    porter.privileges = Privileges::Only([Privilege::Read].into());
    let accounts = Accounts::Only(vec![Account::new(USER, "secret"), porter]);
    let simulator = scene.client.simulator.clone().with_accounts(accounts);
    let create = Call::UpdateSessionCreate(session_create(&scene.item));
    let unmet = simulator.why_not(&create, "porter");
    assert_eq!(unmet[0].lacks, Some(Privilege::UpdateSession));
    assert!(unmet[0].why.contains("ContentLibrary.UpdateSession"));
    assert_eq!(simulator.path_to(&create, "porter"), None);
    // Who may create one finds the item busy.
    let path = simulator.path_to(&create, USER).expect("there is a way");
    assert_eq!(path.len(), 1);
}

#[test]
fn to_foresee_changes_nothing() {
    let mut scene = Scene::new("iso");
    let fault = Fault {
        on: "any".to_owned(),
        effect: Effect::Reset,
        skip: 0,
        count: Some(1),
        probability: None,
    };
    scene.client.simulator.arm(fault).expect("a good place");
    let before = scene.client.simulator.snapshot();
    let cancel = UpdateSessionCancel { update_session_id: scene.session.clone() };
    let request = scene.client.request(&cancel);
    let later = scene.client.now + Duration::from_secs(3600);
    let foreseen = scene.client.simulator.foresee(&request, later);
    assert_eq!(foreseen.response.status, 404, "it will have expired");
    assert_eq!(scene.client.simulator.snapshot(), before);
}

#[test]
fn a_session_of_another_server_has_its_ways_too() {
    let model = UpdateSessionModel {
        id: Some("s".into()),
        state: Some(SessionState::Active),
        ..UpdateSessionModel::default()
    };
    let late = SessionFileInfo {
        name: "late.iso".to_owned(),
        source_type: SourceType::Push,
        status: TransferStatus::WaitingForTransfer,
        ..SessionFileInfo::default()
    };
    let (files, at) = ([late], Timestamp::default());
    let observed = Observed { model: &model, files: &files, completing: false, at };
    let session = Session::observed(observed).expect("its state is known");
    let simulator = Simulator::holding(session, at);
    let call = UpdateSessionComplete { update_session_id: "s".into() };
    let path = simulator.path_to(&Call::UpdateSessionComplete(call), "");
    assert_eq!(path, Some(vec![Step::Upload { session: "s".into(), file: "late.iso".to_owned() }]));
}

//! What each scenario promises: the state in which it ends, what is said there of the call that it speaks
//! about, and what comes of it when somebody does as it says.

use accession_core::model::*;
use accession_core::operations::*;
use accession_core::rules;
use accession_core::run::Deed;
use accession_core::session::Phase;
use accession_core::simulator::Step;
use accession_scenarios::named;

use crate::author::*;
use crate::made::*;

/// A test for each scenario, and their names.
macro_rules! promises {
    ($($test:ident = $id:literal, |$author:ident| $promise:block)+) => {
        pub(crate) const KEPT: &[&str] = &[$($id),+];

        $(
            #[test]
            fn $test() {
                let mut $author = Author::after(named($id).expect("it is one of them"));
                $promise
            }
        )+
    };
}

/// Where a scenario ends: the phase of the latest session, and its files.
fn end(author: &Author, phase: Phase, files: &[(&str, TransferStatus)]) {
    assert_eq!(author.phase(), Some(phase));
    let expected: Vec<_> = files.iter().map(|(name, s)| ((*name).to_owned(), s.clone())).collect();
    assert_eq!(author.files(), expected);
}

/// A call would be refused now, and by this rule.
fn refused(author: &Author, call: impl Into<Call> + Clone, rule: rules::RuleRef) {
    let unmet = author.why_not(call.clone());
    assert_eq!(unmet.first().map(|unmet| unmet.rule), Some(rule), "{unmet:?}");
    // What is said beforehand is what happens.
    assert_eq!(author.explain(call).rule, Some(rule));
}

/// A call would be granted now.
fn granted(author: &Author, call: impl Into<Call>) {
    assert_eq!(author.why_not(call), []);
}

/// What has to be done before a call, in one word each.
fn way(author: &Author, call: impl Into<Call>) -> Option<Vec<String>> {
    let word = |step: Step| match step {
        Step::Call(call) => call.row().name.to_owned(),
        Step::Upload { file, .. } => format!("send {file}"),
        Step::FinishUpload { file, .. } => format!("finish {file}"),
        Step::Wait(_) => "wait".to_owned(),
    };
    Some(author.path_to(call)?.into_iter().map(word).collect())
}

fn content(version: &str, files: &[&str]) -> (String, Vec<String>) {
    (version.to_owned(), files.iter().map(|name| (*name).to_owned()).collect())
}

use TransferStatus::{Error, Ready, Transferring, WaitingForTransfer};

promises! {
    happy_path = "happy-path", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[(ISO, Ready)]);
        let before: u64 = author.item(&item).0.parse().expect("a number");
        let found = author.call(&validate(&session)).expect("all has arrived");
        assert!(!found.has_errors);
        granted(&author, complete(&session));
        author.call(&complete(&session)).expect("all has arrived");
        assert_eq!(author.phase(), Some(Phase::Done));
        author.call(&delete(&session)).expect("it has ended");
        assert_eq!(author.item(&item), content(&(before + 1).to_string(), &[ISO]));
    }

    too_early = "too-early", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[(ISO, WaitingForTransfer)]);
        refused(&author, complete(&session), rules::FILES_RECEIVED);
        assert_eq!(way(&author, complete(&session)).as_deref(), Some(&["send ubuntu.iso".into()][..]));
        author.push(&session, ISO, received(5));
        author.call(&complete(&session)).expect("all has arrived");
        assert_eq!(author.phase(), Some(Phase::Done));
    }

    lost_answer = "lost-answer", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[]);
        refused(&author, session_create(&item), rules::ONE_ACTIVE);
        assert_eq!(author.call(&with_token(&item)), Ok(session));
        assert_eq!(author.sessions.len(), 1);
    }

    busy_item = "busy-item", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[(ISO, Ready)]);
        refused(&author, session_create(&item), rules::ONE_ACTIVE);
        assert_eq!(author.call(&session_create(&item)), Err(Refused(500, Some(rules::ONE_ACTIVE))));
        assert_eq!(way(&author, session_create(&item)).as_deref(), Some(&["cancel".into()][..]));
        let mut other = author.clone();
        author.call(&complete(&session)).expect("all has arrived");
        author.session(&item);
        other.leap();
        assert_eq!(other.phase(), None);
        other.session(&item);
    }

    complete_twice = "complete-twice", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Done, &[(ISO, Ready)]);
        let before = author.item(&item);
        refused(&author, complete(&session), rules::ACTIVE_ONLY);
        assert_eq!(author.call(&complete(&session)), Err(Refused(400, Some(rules::ACTIVE_ONLY))));
        let state = author.call(&get(&session)).expect("it is there").state;
        assert_eq!((state, author.item(&item)), (Some(SessionState::Done), before));
        assert_eq!(way(&author, complete(&session)), None);
    }

    endings = "endings", |author| {
        let [canceled, failed, active] = author.sessions.as_slice() else { panic!("three sessions") };
        let (canceled, failed, active) = (canceled.clone(), failed.clone(), active.clone());
        end(&author, Phase::Open, &[]);
        let phase = |id| author.find(id).map(|session| session.phase());
        assert_eq!([phase(&canceled), phase(&failed)], [Some(Phase::Canceled), Some(Phase::Failed)]);
        refused(&author, delete(&active), rules::DELETE_ENDED_ONLY);
        assert_eq!(way(&author, delete(&active)).as_deref(), Some(&["cancel".into()][..]));
        let why = author.call(&get(&failed)).expect("it is there").error_message;
        assert!(why.is_some_and(|why| why.default_message.contains("broke off")));
        author.call(&cancel(&active)).expect("it is active");
        for session in [canceled, failed, active] {
            author.call(&delete(&session)).expect("it has ended");
        }
        assert_eq!(author.item(&author.only_item()).1, [""; 0]);
    }

    leftover = "leftover", |author| {
        let (library, item) = (author.peek(LocalLibraryList {}).remove(0), author.only_item());
        end(&author, Phase::Failed, &[("appliance.ovf", Error)]);
        assert_eq!(author.peek(ItemGet { library_item_id: item.clone() }).size, Some(0));
        refused(&author, item_create(&library, "ovf"), rules::ITEM_NAME_UNIQUE);
        let mut other = author.clone();
        let session = author.session(&item);
        author.push(&session, "appliance.ovf", descriptor(&[]));
        author.call(&complete(&session)).expect("all has arrived");
        assert_eq!(author.item(&item).1, ["appliance.ovf"]);
        other.call(&ItemDelete { library_item_id: item }).expect("it is there");
        other.call(&item_create(&library, "ovf")).expect("the name is free");
    }

    unavailable = "unavailable", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[(ISO, Ready)]);
        // A fault is no rule of the API's, so nothing is said against it.
        granted(&author, complete(&session));
        assert_eq!(author.call(&complete(&session)), Err(Refused(503, Some(rules::FAULT))));
        author.call(&keep_alive(&session, None)).expect("it is active");
        author.call(&complete(&session)).expect("the fault is over");
        assert_eq!(author.phase(), Some(Phase::Done));
    }

    maintenance = "maintenance", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[(ISO, Ready)]);
        refused(&author, complete(&session), rules::LIBRARY_NOT_IN_MAINTENANCE);
        assert_eq!(way(&author, complete(&session)), None);
        for _ in 0..3 {
            author.wait(200);
            author.call(&keep_alive(&session, None)).expect("it is active");
        }
        author.call(&cancel(&session)).expect("it is active");
        refused(&author, session_create(&item), rules::LIBRARY_NOT_IN_MAINTENANCE);
    }

    backing_gone = "backing-gone", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[]);
        refused(&author, file_add(&session, push(ISO)), rules::LIBRARY_BACKING);
        author.call(&cancel(&session)).expect("it is active");
        let library = author.library("Another library", "datastore-12");
        let item = author.call(&item_create(&library, "iso")).expect("the name is free there");
        let session = author.session(&item);
        author.push(&session, ISO, received(5));
        author.call(&complete(&session)).expect("all has arrived");
        assert_eq!(author.item(&item).1, [ISO]);
    }

    running_out = "running-out", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[(ISO, Ready)]);
        granted(&author, complete(&session));
        let mut left_alone = author.clone();
        author.call(&keep_alive(&session, None)).expect("it is active");
        author.wait(4 * 60);
        author.call(&complete(&session)).expect("it was kept alive");
        assert_eq!(author.phase(), Some(Phase::Done));
        left_alone.wait(39);
        assert_eq!(left_alone.phase(), Some(Phase::Open));
        left_alone.leap();
        assert_eq!(left_alone.phase(), None);
        refused(&left_alone, complete(&session), rules::SESSION_EXISTS);
    }

    expired = "expired", |author| {
        let (session, item) = (author.latest(), author.only_item());
        assert_eq!(author.phase(), None);
        refused(&author, complete(&session), rules::SESSION_EXISTS);
        assert_eq!(author.item(&item).1, [""; 0]);
        let session = author.session(&item);
        author.push(&session, ISO, received(SIZE));
        for _ in 0..3 {
            author.wait(290);
            author.call(&keep_alive(&session, None)).expect("it is active");
        }
        author.call(&complete(&session)).expect("it was kept alive");
        assert_eq!(author.item(&item).1, [ISO]);
    }

    two_clocks = "two-clocks", |author| {
        let session = author.latest();
        assert_eq!(author.phase(), Some(Phase::Open));
        let known = author.find(&session).and_then(|session| session.transfer(ISO));
        assert!(known.is_some_and(|transfer| transfer.status == accession_core::file::Status::Ready));
        assert_eq!(author.call(&complete(&session)), Err(Refused(401, Some(rules::LOGIN_REQUIRED))));
        author.does(Deed::LogIn { user: USER.to_owned() });
        granted(&author, complete(&session));
        author.call(&complete(&session)).expect("the update session is alive");
        assert_eq!(author.phase(), Some(Phase::Done));
    }

    wrong_checksum = "wrong-checksum", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[(ISO, Error)]);
        refused(&author, complete(&session), rules::FILES_RECEIVED);
        let way = way(&author, complete(&session));
        assert_eq!(way.as_deref(), Some(&["add".into(), "send ubuntu.iso".into()][..]));
        let mut other = author.clone();
        author.push(&session, ISO, received(5));
        author.call(&complete(&session)).expect("nothing was declared");
        other.call(&file_add(&session, declared())).expect("a good file");
        other.send(&session, ISO, with_digest(DECLARED));
        other.call(&complete(&session)).expect("it is what was declared");
        assert_eq!([author.phase(), other.phase()], [Some(Phase::Done); 2]);
    }

    wrong_size = "wrong-size", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[(ISO, Error)]);
        refused(&author, complete(&session), rules::FILES_RECEIVED);
        let list = SessionFileList { update_session_id: session.clone() };
        let message = author.peek(list).remove(0).error_message.expect("it is in ERROR");
        assert_eq!(message.args, [ISO, "5000000000", "4294967295"]);
        let mut other = author.clone();
        author.push(&session, ISO, received(5));
        author.call(&complete(&session)).expect("all has arrived");
        let remove = SessionFileRemove { update_session_id: session.clone(), file_name: ISO.to_owned() };
        other.call(&remove).expect("it is there");
        other.call(&complete(&session)).expect("there is nothing to wait for");
    }

    cancel_in_flight = "cancel-in-flight", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[(ISO, Transferring)]);
        refused(&author, complete(&session), rules::FILES_RECEIVED);
        assert_eq!(way(&author, complete(&session)).as_deref(), Some(&["finish ubuntu.iso".into()][..]));
        let before = author.item(&item);
        assert_eq!(before.1, [ISO]);
        author.call(&cancel(&session)).expect("it is active");
        assert_eq!(author.close(ISO, Some(received(SIZE))), 404);
        assert_eq!((author.phase(), author.item(&item)), (Some(Phase::Canceled), before));
    }

    storage_full = "storage-full", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Failed, &[(ISO, Error)]);
        let why = author.call(&get(&session)).expect("it is there").error_message;
        assert!(why.is_some_and(|why| why.default_message.contains("No space left")));
        refused(&author, complete(&session), rules::ACTIVE_ONLY);
        assert_eq!(way(&author, complete(&session)), None);
        author.call(&delete(&session)).expect("it has ended");
        let session = author.session(&item);
        author.push(&session, ISO, received(SIZE));
        author.call(&complete(&session)).expect("there is room");
        assert_eq!(author.item(&item).1, [ISO]);
    }

    stuck_at_1 = "stuck-at-1", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Open, &[(ISO, WaitingForTransfer)]);
        let mut left_alone = author.clone();
        left_alone.leap();
        assert_eq!(left_alone.phase(), None);
        for _ in 0..99 {
            author.call(&keep_alive(&session, Some(1))).expect("it waits for ever");
            author.wait(4 * 60);
        }
        end(&author, Phase::Open, &[(ISO, WaitingForTransfer)]);
        granted(&author, complete(&session));
        author.call(&complete(&session)).expect("nothing else is missing");
        end(&author, Phase::Completing, &[(ISO, Transferring)]);
        author.leap();
        end(&author, Phase::Done, &[(ISO, Ready)]);
        assert_eq!(author.item(&item).1, [ISO]);
    }

    pull_goes_on = "pull-goes-on", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Completing, &[(ISO, Transferring)]);
        assert_eq!(author.item(&item).1, [""; 0]);
        refused(&author, file_add(&session, push("other.iso")), rules::EDIT_BEFORE_COMPLETE);
        assert_eq!(author.explain(complete(&session)).legal, ["keep_alive", "cancel", "fail"]);
        author.call(&complete(&session)).expect_err("it is completing");
        author.leap();
        end(&author, Phase::Done, &[(ISO, Ready)]);
        assert_eq!(author.item(&item).1, [ISO]);
    }

    pull_untrusted = "pull-untrusted", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Failed, &[(ISO, Error)]);
        refused(&author, complete(&session), rules::SOURCE_FETCHED);
        let session = author.session(&item);
        let mut spec = pull(ISO, MIRROR);
        if let Some(source) = &mut spec.source_endpoint {
            source.ssl_certificate_thumbprint = Some(THUMBPRINT.to_owned());
        }
        author.call(&file_add(&session, spec)).expect("a good file");
        author.call(&complete(&session)).expect("nothing else is missing");
        author.leap();
        end(&author, Phase::Done, &[(ISO, Ready)]);
        let attempt = named("pull-untrusted").expect("it is one of them").attempt;
        assert!(attempt.contains(MIRROR) && attempt.contains(THUMBPRINT));
    }

    missing_nvram = "missing-nvram", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[("appliance.ovf", Ready), (DISK, Ready)]);
        refused(&author, complete(&session), rules::FILES_PRESENT);
        let found = author.call(&validate(&session)).expect("all has arrived");
        assert_eq!(found.missing_files, ["appliance.nvram"]);
        author.push(&session, "appliance.nvram", received(5));
        author.call(&complete(&session)).expect("nothing is missing");
        let files = author.item(&author.only_item()).1;
        assert_eq!(files, ["appliance.nvram", "appliance.ovf", DISK]);
    }

    manifest_late = "manifest-late", |author| {
        let session = author.latest();
        end(&author, Phase::Open, &[("appliance.ovf", Ready)]);
        let manifest = file_add(&session, push("appliance.mf"));
        refused(&author, manifest.clone(), rules::MANIFEST_BEFORE_DESCRIPTOR);
        assert_eq!(way(&author, manifest.clone()).as_deref(), Some(&["remove".into()][..]));
        let file_name = "appliance.ovf".to_owned();
        let remove = SessionFileRemove { update_session_id: session.clone(), file_name };
        author.call(&remove).expect("it is there");
        author.call(&manifest).expect("there is no descriptor now");
        author.add(&session, "appliance.ovf");
        let waiting = [("appliance.ovf", WaitingForTransfer), ("appliance.mf", WaitingForTransfer)];
        end(&author, Phase::Open, &waiting);
    }

    signed = "signed", |author| {
        let session = author.latest();
        let files = ["appliance.mf", "appliance.cert", "appliance.ovf", DISK];
        end(&author, Phase::Open, &files.map(|name| (name, Ready)));
        let preview = author.peek(get(&session)).preview_info.expect("it is active");
        assert_eq!(preview.state, PreviewState::Available);
        assert_eq!(preview.warnings.expect("it warns")[0].r#type, WarningType::SelfSignedCertificate);
        refused(&author, complete(&session), rules::WARNINGS_IGNORED);
        assert_eq!(way(&author, complete(&session)).as_deref(), Some(&["update".into()][..]));
        let mut other = author.clone();
        author.call(&complete(&session)).expect_err("a warning is not ignored");
        assert_eq!(author.phase(), Some(Phase::Failed));
        let ignored =
            WarningBehavior { r#type: WarningType::SelfSignedCertificate, ignored: true };
        let update_spec =
            UpdateSessionModel { warning_behavior: Some(vec![ignored]), ..Default::default() };
        let update = UpdateSessionUpdate { update_session_id: session.clone(), update_spec };
        other.call(&update).expect("it is active");
        other.call(&complete(&session)).expect("it is ignored");
        assert_eq!(other.item(&other.only_item()).1, ["appliance.ovf", DISK]);
    }

    pipe_closed = "pipe-closed", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Failed, &[("appliance.ovf", Ready), (DISK, Error)]);
        refused(&author, complete(&session), rules::STORAGE_TAKES_ALL);
        assert_eq!(way(&author, complete(&session)), None);
        let told = author.explain(complete(&session)).because.expect("it tells why");
        let model = author.peek(get(&session)).error_message.expect("it is in ERROR");
        let list = SessionFileList { update_session_id: session };
        let file = author.peek(list).remove(1).error_message.expect("it is in ERROR");
        for text in [&told, &model.default_message, &file.default_message] {
            assert!(text.contains("Pipe closed"), "{text}");
        }
        let session = author.session(&item);
        author.push(&session, "appliance.ovf", descriptor(&[(DISK, Some(SIZE))]));
        author.push(&session, DISK, received(SIZE));
        author.call(&complete(&session)).expect("the disk is whole");
        assert_eq!(author.item(&item).1, ["appliance.ovf", DISK]);
    }

    wrong_ovf_size = "wrong-ovf-size", |author| {
        let (session, item) = (author.latest(), author.only_item());
        end(&author, Phase::Failed, &[("appliance.ovf", Ready), (DISK, Ready)]);
        refused(&author, complete(&session), rules::STORAGE_TAKES_ALL);
        for size in [Some(SIZE - 4096), None] {
            let session = author.session(&item);
            author.push(&session, "appliance.ovf", descriptor(&[(DISK, size)]));
            author.push(&session, DISK, received(SIZE - 4096));
            author.call(&complete(&session)).expect("the size is right, or not told");
        }
        assert_eq!(author.item(&item).1, ["appliance.ovf", DISK]);
    }
}

use accession_client::{Body, Outcome as Wire, RecordedRequest, RecordedResponse, TransportError};
use accession_core::error::ApiError;
use accession_core::model::{SourceType, TransferEndpoint, TransferStatus};
use accession_core::rules;
use accession_core::wire::{Headers, Method};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn after(lab: Lab, actions: impl IntoIterator<Item = Action>) -> Lab {
    actions.into_iter().fold(lab, reduce)
}

fn lab() -> Lab {
    let lab = Lab::new("http://127.0.0.1:8080", 7, NOW);
    after(lab, [Action::Targeted(Target::Simulated, Dialect::Api)])
}

fn id(text: &str) -> SessionId {
    SessionId::new(text)
}

fn model(state: SessionState) -> UpdateSessionModel {
    UpdateSessionModel {
        state: Some(state),
        library_item_id: Some("item".into()),
        expiration_time: Some(NOW + Duration::from_secs(300)),
        ..UpdateSessionModel::default()
    }
}

fn waiting_file() -> SessionFileInfo {
    SessionFileInfo {
        name: "a.iso".to_owned(),
        source_type: SourceType::Push,
        status: TransferStatus::WaitingForTransfer,
        upload_endpoint: Some(TransferEndpoint {
            uri: "https://h/secret".to_owned(),
            ..TransferEndpoint::default()
        }),
        ..SessionFileInfo::default()
    }
}

/// What is said, without who says it.
fn text(said: &[Said]) -> String {
    said.iter().map(|said| said.text.as_str()).collect()
}

/// A session in this state, with one file that has not been sent.
fn with_session(state: SessionState) -> Lab {
    let declared = Declared { size: Some(5_242_880), checksum: None };
    after(
        lab(),
        [
            Action::SessionOpened(1, id("s")),
            Action::SessionRead(1, id("s"), Ok(model(state))),
            Action::FilesRead(1, id("s"), Ok(vec![waiting_file()])),
            Action::FileAdded(1, id("s"), "a.iso".to_owned(), declared),
        ],
    )
}

fn session(lab: &Lab) -> &SessionView {
    lab.session.as_ref().expect("one is on screen")
}

fn not_found() -> ClientError {
    let message = accession_core::messages::SESSION_NOT_FOUND.with(["s"]);
    let error = ApiError::new(ErrorType::NotFound, rules::SESSION_EXISTS, message);
    ClientError::Api { status: 404, error: Box::new(error) }
}

fn bare_404() -> ClientError {
    let body = Body::Text("404 page not found\n".to_owned());
    let response = RecordedResponse { status: 404, headers: Headers::new(), body };
    let why = "the body is no error of the API".to_owned();
    ClientError::Unexpected { response: Box::new(response), why }
}

fn exchange(method: Method, url: &str, body: &str) -> Rc<Exchange> {
    let text = |text: &str| Body::Text(text.to_owned());
    Rc::new(Exchange {
        id: 1,
        operation: "library.item.update_session.get".to_owned(),
        at: NOW,
        took: Duration::from_millis(3),
        request: RecordedRequest {
            method,
            url: url.to_owned(),
            headers: Headers::from_iter([("vmware-api-session-id", "••••")]),
            body: Body::Empty,
        },
        outcome: Wire::Answered(RecordedResponse {
            status: 200,
            headers: Headers::new(),
            body: text(body),
        }),
        notes: Vec::new(),
        transitions: Vec::new(),
        rule: None,
    })
}

#[test]
fn what_an_earlier_server_says_changes_nothing() {
    let before = with_session(SessionState::Active);
    let outcome = Outcome::done("complete", Some(204), "");
    let upload = Upload {
        id: 1,
        session: id("s"),
        file: "a.iso".to_owned(),
        progress: Progress::new(1, NOW),
    };
    let late = [
        Action::Sent(0, Waiting { id: 1, call: "get".to_owned() }),
        Action::CameTo(0, None, outcome),
        Action::Connected(0, Connection::Closed),
        Action::LibrariesAsked(0),
        Action::Libraries(0, Ok(vec!["l".into()])),
        Action::SessionOpened(0, id("other")),
        Action::SessionRead(0, id("s"), Err(not_found())),
        Action::FilesRead(0, id("s"), Ok(Vec::new())),
        Action::ItemFilesRead(0, id("s"), Ok(Vec::new())),
        Action::UploadBegan(0, upload),
    ];
    for action in late {
        let name = format!("{action:?}");
        assert_eq!(reduce(before.clone(), action), before, "{name}");
    }
}

#[test]
fn what_is_about_another_session_changes_nothing() {
    let before = with_session(SessionState::Active);
    let outcome = Outcome::done("complete", Some(204), "");
    for action in [
        Action::SessionRead(1, id("old"), Ok(model(SessionState::Done))),
        Action::FilesRead(1, id("old"), Ok(Vec::new())),
        Action::CameTo(1, Some(id("old")), outcome),
    ] {
        assert_eq!(reduce(before.clone(), action), before);
    }
}

#[test]
fn upload_links_do_not_stay() {
    let lab = with_session(SessionState::Active);
    assert!(!format!("{lab:?}").contains("https://h/secret"));
    assert_eq!(session(&lab).files.ready().map(Vec::len), Some(1));
}

#[test]
fn a_session_that_is_gone_stays_readable() {
    let read = Action::SessionRead(1, id("s"), Err(not_found()));
    let lab = after(with_session(SessionState::Active), [read]);
    assert_eq!(session(&lab).life(), Life::Gone);
    assert!(session(&lab).model.ready().is_some());
    // Only the API itself can say so: another 404 may come from anywhere.
    let read = Action::SessionRead(1, id("s"), Err(bare_404()));
    let lab = after(with_session(SessionState::Active), [read]);
    assert_eq!(session(&lab).life(), Life::Unknown);
}

#[test]
fn another_target_begins_anew_but_keeps_the_log() {
    let mut before = with_session(SessionState::Active);
    before.view.theme = Theme::Dark;
    let before =
        after(before, [Action::Recorded(exchange(Method::Get, "https://h/a", "1"), Vec::new())]);
    let target = Target::Live { origin: "https://vc.example".to_owned() };
    let lab = after(before.clone(), [Action::Targeted(target, Dialect::Rest)]);
    assert_eq!((lab.epoch, &lab.session, &lab.libraries), (2, &None, &Loaded::Absent));
    assert_eq!((lab.view.theme, &lab.connection), (Theme::Dark, &Connection::Closed));
    assert_eq!(lab.log().entries().len(), before.log().entries().len() + 1);
}

#[test]
fn only_servers_elsewhere_are_asked_about_first() {
    let live = |origin: &str| {
        let target = Target::Live { origin: origin.to_owned() };
        after(lab(), [Action::Targeted(target, Dialect::Api)])
    };
    let asks = |origin: &str| live(origin).asks_first();
    for here in [
        "http://127.0.0.1:8080",
        "http://localhost",
        "https://LOCALHOST:1",
        "http://[::1]:80",
        "http://127.9.9.9",
    ] {
        assert!(!asks(here), "{here}");
    }
    for there in [
        "https://vc.example",
        "https://127.0.0.1.example",
        "http://10.0.0.1",
        "https://localhost.evil",
        "http://[::2]",
    ] {
        assert!(asks(there), "{there}");
    }
    assert!(!lab().asks_first());

    // A gateway here may end anywhere; one elsewhere cannot claim to be here.
    let behind = |origin: &str, behind: &str| {
        let lab = live(origin);
        let epoch = lab.epoch;
        after(lab, [Action::Forwarded(epoch, behind.to_owned())])
    };
    let near = behind("http://127.0.0.1:8080", "http://127.0.0.1:8990");
    assert_eq!((near.asks_first(), near.host()), (false, "127.0.0.1:8990"));
    let far = behind("http://127.0.0.1:8080", "https://vc.example");
    assert_eq!((far.asks_first(), far.host()), (true, "vc.example"));
    assert!(behind("https://vc.example", "http://127.0.0.1:8990").asks_first());
}

#[test]
fn a_call_tells_beforehand_whether_it_will_be_refused() {
    let refused = |lab: &Lab| {
        let target = Target::Live { origin: "https://vc.example".to_owned() };
        let scene = Scene::of(&Lab { target, ..lab.clone() }, &mut Replica::default());
        let calls = SessionCall::ALL.into_iter();
        let refused = calls.filter_map(|call| match scene.foresee(call) {
            Foresight::Refused { because, rule } => {
                Some(format!("{}: {because} ({})", call.name(), rule.id))
            }
            Foresight::Fine | Foresight::Unknown => None,
        });
        refused.collect::<Vec<_>>()
    };
    assert_eq!(
        refused(&with_session(SessionState::Active)),
        [
            "validate: a.iso has received 0 B of 5.2 MB (session.files-received)",
            "complete: a.iso has received 0 B of 5.2 MB (session.files-received)",
            "delete: the session is ACTIVE (session.delete-ended-only)",
        ]
    );
    assert_eq!(refused(&with_session(SessionState::Done)).len(), 5);
    let gone = Action::SessionRead(1, id("s"), Err(not_found()));
    assert_eq!(refused(&after(with_session(SessionState::Active), [gone])).len(), 6);
}

#[test]
fn the_rate_is_that_of_the_last_second() {
    let upload = Upload {
        id: 9,
        session: id("s"),
        file: "a.iso".to_owned(),
        progress: Progress::new(10_000, NOW),
    };
    let at = |millis| NOW + Duration::from_millis(millis);
    let moved = |millis, sent| Action::UploadMoved(9, at(millis), sent);
    let begun = after(with_session(SessionState::Active), [Action::UploadBegan(1, upload)]);
    let lab = after(begun.clone(), [moved(500, 1_000)]);
    assert_eq!(lab.uploads[0].progress.rate, None);
    let lab = after(lab, [moved(1_000, 4_000), moved(1_500, 9_000), moved(3_000, 5_000_000)]);
    assert_eq!(
        (lab.uploads[0].progress.moved, lab.uploads[0].progress.rate),
        (10_000, Some(3_000))
    );
    assert!(lab.is_uploading() && lab.upload_of("a.iso").is_some());
    assert!(text(&lab.news()).contains("100 percent"));
    assert_eq!(after(lab, [Action::UploadEnded(9)]).uploads, []);
}

#[test]
fn a_read_that_says_the_same_again_is_counted() {
    let recorded = |method, url, body| Action::Recorded(exchange(method, url, body), Vec::new());
    let lab = after(
        lab(),
        [
            recorded(Method::Get, "https://h/s", "1"),
            recorded(Method::Get, "https://h/f", "2"),
            recorded(Method::Get, "https://h/s", "1"),
            recorded(Method::Get, "https://h/f", "2"),
            // Another answer, and then the same after a change: both are news.
            recorded(Method::Get, "https://h/f", "3"),
            recorded(Method::Post, "https://h/s", "1"),
            recorded(Method::Post, "https://h/s", "1"),
            recorded(Method::Get, "https://h/s", "1"),
        ],
    );
    let times: Vec<_> = lab.log().entries().iter().map(|entry| entry.times).collect();
    assert_eq!(times, [1, 2, 2, 1, 1, 1, 1]);
}

#[test]
fn the_log_has_an_end() {
    let post = |n: usize| exchange(Method::Post, &format!("https://h/{n}"), "");
    let lab = after(lab(), (0..20_010).map(|n| Action::Recorded(post(n), Vec::new())));
    assert_eq!((lab.log().entries().len(), lab.log().dropped), (20_000, 11));
    let numbers = lab.log().entries().iter().map(|entry| entry.number);
    assert!(numbers.eq(12..=20_011));
}

#[test]
fn the_log_is_found_and_copied_as_text() {
    let lab = after(
        lab(),
        [Action::Recorded(exchange(Method::Get, "https://h/s", "{\"a\":1}"), Vec::new())],
    );
    let entry = lab.log().entries().last().expect("it was recorded");
    assert_eq!(
        entry.to_text(),
        "# 2 2023-11-14T22:13:20.003Z library.item.update_session.get (3 ms)\n\
         GET https://h/s\nvmware-api-session-id: ••••\n\n200\n\n{\"a\":1}\n"
    );
    assert!(entry.contains("") && entry.contains("UPDATE_SESSION.GET") && entry.contains("\"a\""));
    assert!(!entry.contains("complete"));
}

#[test]
fn every_error_can_be_read() {
    let live = Target::Live { origin: "https://vc.example".to_owned() };
    let page = "http://127.0.0.1:8080";
    let of = |error: &ClientError| Outcome::of_error("get", error, None, &live, page);

    let refused = of(&not_found());
    assert_eq!(refused.verdict, Verdict::Refused);
    assert_eq!(refused.kind.as_deref(), Some("NOT_FOUND"));
    let mut spoken = Vec::new();
    refused.speak(&mut spoken);
    assert!(text(&spoken).starts_with("get was refused. 404. The update session s does not"));

    let foreign = of(&bare_404());
    assert_eq!(foreign.because[1].text, "It says: 404 page not found");
    assert_eq!(foreign.status, Some(404));

    let unreachable = TransportError::Unreachable("Failed to fetch".to_owned()).into();
    let blocked = of(&unreachable);
    assert!(blocked.next[0].text.contains("cargo xtask serve --vcenter https://vc.example"));
    let own = Target::Live { origin: page.to_owned() };
    let gone = Outcome::of_error("get", &unreachable, None, &own, page);
    assert!(gone.because[0].text.contains("Nothing answers"));

    let lab = Lab { target: live.clone(), outcome: Some(blocked.into()), ..lab() };
    assert!(text(&lab.alarm()).contains("got no answer"));
}

#[test]
fn names_survive_a_second_reading_of_the_list() {
    let named = ItemModel { name: Some("ubuntu".to_owned()), ..ItemModel::default() };
    let lab = after(
        lab(),
        [
            Action::LibraryChosen(Some("l".into())),
            Action::Items(1, "l".into(), Ok(vec!["i".into()])),
            Action::ItemRead(1, "i".into(), named),
            Action::Items(1, "l".into(), Ok(vec!["j".into(), "i".into()])),
            // Of a library that is no longer chosen.
            Action::Items(1, "k".into(), Ok(Vec::new())),
        ],
    );
    let labels: Vec<_> = lab.items.ready().into_iter().flatten().map(Item::label).collect();
    assert_eq!(labels, ["j", "ubuntu"]);
    assert_eq!(lab.item_label(&"i".into()), "ubuntu");
    let lab = after(lab, [Action::ItemChosen(Some("i".into())), Action::LibraryChosen(None)]);
    assert_eq!((lab.item, lab.items), (None, Loaded::Absent));
}

#[test]
fn time_is_left_until_it_is_not() {
    let lab = with_session(SessionState::Active);
    let left = |lab: &Lab| session(lab).time_left(lab.now).map(|left| left.as_secs());
    assert_eq!(left(&lab), Some(300));
    let lab = after(lab, [Action::Ticked(NOW + Duration::from_secs(301)), Action::Ticked(NOW)]);
    assert_eq!(left(&lab), Some(0));
}

const FOUND: &str = r##"{"report":{"kind":"ova"},"outline":{"sentence":"Expect an import to fail."},"markdown":"# a"}"##;

fn checking() -> Lab {
    let check = Check::new(3, "a.ova".to_owned(), "ovf", 10_000, NOW);
    after(lab(), [Action::TaskChosen(Task::Check), Action::CheckBegan(check)])
}

fn check(lab: &Lab) -> &Check {
    lab.check.as_ref().expect("one runs, or ran")
}

#[test]
fn a_check_is_told_from_its_first_byte_to_its_verdict() {
    let begun = checking();
    assert_eq!(text(&begun.news()), "a.ova: 0 percent read.");
    let moved = |id, read| Action::CheckMoved(id, NOW + Duration::from_secs(2), read);
    let lab = after(begun, [moved(3, 6_000)]);
    assert_eq!(text(&lab.news()), "a.ova: 50 percent read.");
    let progress = &check(&lab).progress;
    assert_eq!((progress.rate, progress.time_left()), (Some(3_000), Some(Duration::from_secs(2))));
    let lab = after(lab, [Action::CheckEnded(3, Ok(FOUND.to_owned()))]);
    assert_eq!(text(&lab.news()), "a.ova: Expect an import to fail.");
    assert_eq!(check(&lab).report(Format::Markdown).as_deref(), Some("# a"));
    assert_eq!(check(&lab).report(Format::Json).as_deref(), Some("{\n  \"kind\": \"ova\"\n}"));
}

#[test]
fn what_an_earlier_check_says_changes_nothing() {
    let lab = checking();
    let late = [Action::CheckMoved(2, NOW, 9), Action::CheckEnded(2, Ok(FOUND.to_owned()))];
    assert_eq!(after(lab.clone(), late), lab);
    let left = after(lab, [Action::CheckLeft]);
    let ended = after(left.clone(), [Action::CheckEnded(3, Ok(FOUND.to_owned()))]);
    assert_eq!(ended, left);
    assert_eq!(text(&ended.news()), "");
}

#[test]
fn a_check_that_could_not_be_made_says_why() {
    let failed = Err("the file became shorter".to_owned());
    let lab = after(checking(), [Action::CheckEnded(3, failed)]);
    assert_eq!(text(&lab.news()), "a.ova could not be read: the file became shorter.");
    assert_eq!(check(&lab).report(Format::Json), None);
    let lab = after(checking(), [Action::CheckEnded(3, Ok("{".to_owned()))]);
    assert!(text(&lab.news()).starts_with("a.ova could not be read: EOF"), "{}", text(&lab.news()));
}

#[test]
fn a_report_outlives_a_change_of_target_and_is_silent_beside_a_session() {
    let ended = Action::CheckEnded(3, Ok(FOUND.to_owned()));
    let target = Target::Live { origin: "https://vc.example".to_owned() };
    let lab = after(checking(), [ended, Action::Targeted(target, Dialect::Api)]);
    assert_eq!(text(&lab.news()), "a.ova: Expect an import to fail.");
    let lab = after(lab, [Action::TaskChosen(Task::Session)]);
    assert_eq!(text(&lab.news()), "");
    assert!(check(&lab).found.is_some());
}

#[test]
fn what_is_new_has_the_focus() {
    let guide = after(checking(), [Action::Showed(Pane::Guide)]);
    let turns = guide.view.turns;
    let moved = after(guide, [Action::CheckMoved(3, NOW, 5_000)]);
    assert_eq!((moved.view.turns, moved.view.pane), (turns, Pane::Guide));
    let ended = after(moved, [Action::CheckEnded(3, Ok(FOUND.to_owned()))]);
    assert_eq!((ended.view.turns, ended.view.pane), (turns + 1, Pane::Session));
    let opened = after(lab(), [Action::Showed(Pane::Guide), Action::SessionOpened(1, id("new"))]);
    assert_eq!((opened.view.turns, opened.view.pane), (1, Pane::Session));
}

#[test]
fn a_copy_is_told_whether_it_arrived_or_not() {
    let ended = after(checking(), [Action::CheckEnded(3, Ok(FOUND.to_owned()))]);
    let lab = after(ended.clone(), [Action::ReportCopied(Format::Json, true)]);
    assert_eq!(text(&lab.news()), "Copied as JSON.");
    let lab = after(ended, [Action::ReportCopied(Format::Markdown, false)]);
    assert!(text(&lab.news()).starts_with("Not copied as Markdown: the browser refused."));
}

#[test]
fn a_run_is_what_the_present_target_was_sent() {
    let call = |method, url: &str| Action::Recorded(exchange(method, url, "{}"), Vec::new());
    let elsewhere = after(lab(), [call(Method::Post, "https://a/0")]);
    let lab = after(
        elsewhere,
        [
            Action::Targeted(Target::Simulated, Dialect::Api),
            call(Method::Post, "https://a/1"),
            call(Method::Get, "https://a/2"),
        ],
    );
    let urls = |log: &Log| -> Vec<String> {
        log.run().iter().map(|exchange| exchange.request.url.clone()).collect()
    };
    assert_eq!(urls(lab.log()), ["https://a/1", "https://a/2"]);
    // What is explained, and what the code of a call is of, is the last that did more than look.
    let shown = |lab: &Lab| {
        lab.entry().and_then(|entry| entry.call()).map(|exchange| exchange.request.url.clone())
    };
    assert_eq!(shown(&lab).as_deref(), Some("https://a/1"));
    let looked = after(super::tests::lab(), [call(Method::Get, "https://a/1")]);
    assert_eq!(shown(&looked).as_deref(), Some("https://a/1"));
    let first = lab.log().entries()[lab.log().entries().len() - 2].number;
    let then = after(lab, [Action::Selected(Some(first))]);
    assert_eq!(urls(&then.shown_log()), ["https://a/1"]);
}

#[test]
fn code_is_shown_as_it_was_chosen() {
    let chosen = [Action::LanguageChosen(Language::Python), Action::RunShown(true)];
    let view = after(lab(), chosen).view;
    assert_eq!((view.language, view.whole_run), (Language::Python, true));
}

#[test]
fn what_is_read_in_full_is_what_all_views_show() {
    let call = |url: &str| Action::Recorded(exchange(Method::Post, url, "{}"), Vec::new());
    let lab = after(lab(), [call("https://a/1"), call("https://a/2"), call("https://a/3")]);
    let opened = |lab: &Lab| (lab.selected, lab.opened);
    let lab = after(lab, [Action::Selected(Some(2))]);
    assert_eq!(opened(&lab), (Some(2), None));
    let lab = after(lab, [Action::Opened(Some(3))]);
    assert_eq!(opened(&lab), (Some(3), Some(3)));
    // What is chosen elsewhere is read here.
    let lab = after(lab, [Action::Selected(Some(2))]);
    assert_eq!(opened(&lab), (Some(2), Some(2)));
    // Of the latest, what is read stays while the views go on.
    let lab = after(lab, [Action::Opened(Some(4)), call("https://a/4")]);
    assert_eq!(opened(&lab), (None, Some(4)));
    let lab = after(lab, [Action::Selected(Some(2)), Action::Opened(None)]);
    assert_eq!(opened(&lab), (Some(2), None));
    let lab = after(lab, [Action::Opened(Some(2)), Action::RunBegan]);
    assert_eq!(opened(&lab), (None, None));
}

#[test]
fn sorting_the_log_changes_nothing_but_how_it_is_listed() {
    let before = with_session(SessionState::Active);
    let pressed = after(before.clone(), [Action::Sorted(Column::Took)]);
    let sorting = Some(Sorting { by: Column::Took, descending: false });
    assert_eq!(pressed.view.sorting, sorting);
    assert_eq!(
        after(pressed, [Action::Sorted(Column::Took), Action::Sorted(Column::Took)]),
        before
    );
}

#[test]
fn a_live_answer_that_was_not_to_be_expected_is_told() {
    let target = Target::Live { origin: "https://vc.example".to_owned() };
    let at = "https://vc.example/api/content/library/item/update-session/s";
    let answered = |operation: &str, method, url: &str, status, body: &str| {
        let mut exchange = exchange(method, url, body);
        let told = Rc::make_mut(&mut exchange);
        told.operation = operation.to_owned();
        if let Wire::Answered(response) = &mut told.outcome {
            response.status = status;
        }
        Action::Recorded(exchange, Vec::new())
    };
    let get = "library.item.update_session.get";
    let complete = "library.item.update_session.complete";
    let finish = format!("{at}?action=complete");
    let lab = after(
        lab(),
        [
            Action::Targeted(target, Dialect::Api),
            Action::SessionOpened(2, id("s")),
            answered(
                get,
                Method::Get,
                at,
                200,
                r#"{"id":"s","state":"DONE","library_item_id":"item"}"#,
            ),
            answered(complete, Method::Post, &finish, 204, ""),
            Action::Opened(Some(4)),
        ],
    );
    let mut replica = Replica::default();
    let expected = Scene::of(&lab, &mut replica).expected.expect("the session was read before");
    assert_eq!(expected.refusal(), Some("the session is DONE"));
    assert!(expected.differs(204) && !expected.differs(400));
    // A look at a session is not foreseen, and nothing is told of what another server was sent.
    let looked = after(lab.clone(), [Action::Opened(Some(3))]);
    let expected = Scene::of(&looked, &mut replica).expected;
    assert!(!expected.is_some_and(|expected| expected.differs(200) || expected.differs(404)));
    let elsewhere = after(lab, [Action::Targeted(Target::Simulated, Dialect::Api)]);
    let opened = after(elsewhere, [Action::Opened(Some(4))]);
    assert_eq!(Scene::of(&opened, &mut replica).expected, None);
}

use accession_core::model::{
    ItemModel, SessionFileInfo, SessionState, TransferStatus, UpdateSessionModel,
};
use accession_core::operations::row_named;
use accession_core::run::{Deed, Entry};
use accession_core::time::Timestamp;
use serde_json::json;

use super::super::{Action, Item, Library, Loaded, Target, reduce};
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn after(lab: Lab, actions: impl IntoIterator<Item = Action>) -> Lab {
    actions.into_iter().fold(lab, reduce)
}

fn edited(lab: Lab, edits: impl IntoIterator<Item = Edit>) -> Lab {
    after(lab, edits.into_iter().map(Action::Built))
}

/// A library, an item, and a session with a file.
fn lab() -> Lab {
    let session = SessionId::new("5e55:10n");
    let model = UpdateSessionModel {
        state: Some(SessionState::Active),
        library_item_id: Some("item-1".into()),
        ..UpdateSessionModel::default()
    };
    let file = SessionFileInfo {
        name: "a.iso".to_owned(),
        status: TransferStatus::Ready,
        ..SessionFileInfo::default()
    };
    let item = ItemModel {
        name: Some("ubuntu".to_owned()),
        content_version: Some("3".to_owned()),
        ..ItemModel::default()
    };
    let lab = after(
        Lab::new("http://127.0.0.1:8080", 7, NOW),
        [
            Action::Targeted(Target::Simulated, Dialect::Api),
            Action::SessionOpened(1, "older".into()),
            Action::SessionOpened(1, session.clone()),
            Action::SessionRead(1, session.clone(), Ok(model)),
            Action::FilesRead(1, session, Ok(vec![file])),
        ],
    );
    let items = [("item-0", None), ("item-1", Some(item))];
    let items = items.map(|(id, model)| Item { id: id.into(), model });
    Lab {
        libraries: Loaded::Ready(vec![Library { id: "lib-1".into(), model: None }]),
        library: Some("lib-1".into()),
        items: Loaded::Ready(items.into()),
        item: Some("item-1".into()),
        ..lab
    }
}

fn row(name: &str) -> &'static Row {
    row_named(name).expect("it is in the table")
}

const ADD: &str = "library.item.updatesession.file.add";

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("{value} is no object") };
    fields
}

fn fill(parameters: Value) -> Edit {
    Edit::Fill(fields(parameters))
}

/// Text, after no parameters at all.
fn text(text: &str) -> Edit {
    Edit::Text(text.to_owned(), Map::new())
}

/// The draft, where the scribe would offer this.
fn draft(lab: &Lab) -> Draft {
    lab.builder.draft(|told| json!({ "offered": told["operation"], "known": known(lab) }))
}

fn parameters(lab: &Lab) -> Value {
    Value::Object(draft(lab).parameters)
}

fn lint_of(lab: &Lab) -> Lint {
    lint(lab.builder.row, lab.dialect, &draft(lab).parameters, |_| Foresight::Fine)
}

#[test]
fn what_occurred_is_known_by_its_kind_with_what_people_call_it() {
    let known = known(&lab());
    let known = known.as_array().expect("a list");
    let known: Vec<_> = known
        .iter()
        .map(|known| {
            let text = |name: &str| known[name].as_str().expect("a text");
            (text("what"), text("value"), text("label"), known["chosen"] == true)
        })
        .collect();
    assert_eq!(
        known,
        [
            ("session", "5e55:10n", "5e55, on screen", true),
            ("session", "older", "older, met before", false),
            ("item", "item-0", "item-0", false),
            ("item", "item-1", "ubuntu", true),
            ("version", "3", "of the chosen item", true),
            ("library", "lib-1", "lib-1", true),
            ("file", "a.iso", "a.iso", true),
        ]
    );
}

#[test]
fn as_long_as_nothing_is_changed_it_is_what_is_offered() {
    let lab = edited(lab(), [Edit::Choose(row(ADD))]);
    assert_eq!(parameters(&lab), json!({ "offered": ADD, "known": known(&lab) }));
    let lab = after(lab, [Action::SessionOpened(1, "newer".into())]);
    assert_eq!(parameters(&lab)["known"][0]["value"], "newer");
    let mine = json!({ "update_session_id": "mine" });
    let lab = edited(lab, [fill(mine.clone())]);
    let lab = after(lab, [Action::SessionOpened(1, "newest".into())]);
    assert_eq!(parameters(&lab), mine);
    assert_eq!(lab.builder.told(&draft(&lab), None)["touched"], true);
    let lab = edited(lab, [Edit::Anew]);
    assert_eq!(parameters(&lab)["known"][0]["value"], "newest");
    assert_eq!(lab.builder.told(&draft(&lab), None)["touched"], false);
}

#[test]
fn a_server_knows_no_ids_of_another() {
    let lab = edited(lab(), [Edit::Choose(row(ADD)), fill(json!({ "update_session_id": "mine" }))]);
    let lab = after(lab, [Action::Targeted(Target::Simulated, Dialect::Rest)]);
    assert_eq!(lab.builder.row, row(ADD));
    assert_eq!(parameters(&lab), json!({ "offered": ADD, "known": [] }));
}

#[test]
fn changes_come_as_data() {
    let read = |edit: Value| Edit::read(&edit);
    let spec = json!({ "size": 7 });
    assert_eq!(read(json!(["build", ADD])), Some(Edit::Choose(row(ADD))));
    assert_eq!(read(json!(["as-json", true])), Some(Edit::AsJson(true)));
    assert_eq!(read(json!(["fill", spec])), Some(fill(spec.clone())));
    let typed = Edit::Text("{".to_owned(), fields(spec.clone()));
    assert_eq!(read(json!(["text", "{", spec])), Some(typed));
    assert_eq!(read(json!(["anew"])), Some(Edit::Anew));
    for wrong in [json!(["build", "nothing"]), json!(["fill", 7]), json!(["sent"]), Value::Null] {
        assert_eq!(read(wrong), None);
    }
}

#[test]
fn a_text_that_cannot_be_read_is_kept_with_the_place_of_its_fault() {
    let before = fields(json!({ "update_session_id": "s" }));
    let typo = "{\n  \"update_session_id\": \"s\",\n  file_spec: {}\n}";
    let typed = Edit::Text(typo.to_owned(), before.clone());
    let lab = edited(lab(), [Edit::Choose(row(ADD)), Edit::AsJson(true), typed]);
    let read = draft(&lab);
    assert_eq!(read.text.as_deref(), Some(typo));
    let error = read.error.expect("a name needs quotes");
    assert!(error.contains("line 3 column 3"), "{error}");
    assert_eq!(read.parameters, before);

    let lab = edited(lab, [Edit::AsJson(false), Edit::AsJson(true)]);
    assert_eq!(draft(&lab).text.as_deref(), Some(typo));
    let mended = typo.replace("file_spec", "\"file_spec\"");
    let lab = edited(lab, [text(&mended)]);
    let read = draft(&lab);
    assert_eq!((read.text, read.error), (Some(mended), None));
    assert_eq!(parameters(&lab), json!({ "update_session_id": "s", "file_spec": {} }));

    let lab = edited(lab, [text("[1]")]);
    let error = draft(&lab).error.expect("a list is no object");
    assert!(error.contains("one object"), "{error}");
}

#[test]
fn a_password_goes_once_the_call_is_sent() {
    let spec = |info: Value| json!({ "library_id": "l", "update_spec": { "publish_info": info } });
    let secret = spec(json!({ "password": "hunter2", "published": true }));
    for edit in [text(&secret.to_string()), fill(secret)] {
        let choose = Edit::Choose(row("local_library.update"));
        let lab = edited(lab(), [choose, edit, Edit::Sent]);
        assert_eq!(parameters(&lab), spec(json!({ "published": true })));
        assert!(!format!("{:?}", lab.builder).contains("hunter2"));
    }

    // Everything else stays as it was typed.
    let typed = "{ \"library_id\": \"l\" }";
    let lab = edited(lab(), [text(typed), Edit::Sent]);
    assert_eq!(draft(&lab).text.as_deref(), Some(typed));
}

#[test]
fn a_call_is_looked_at_as_its_receiver_would() {
    let fine = Lint::Foreseen { what: Foresight::Fine, place: None };
    let refused = |lab: &Lab| match lint_of(lab) {
        Lint::Foreseen { what: Foresight::Refused { because, rule }, place } => {
            assert!([rules::WELL_FORMED, rules::KNOWN_FIELDS].contains(&rule), "{rule:?}");
            (because, place.map(|place| place.to_string()).unwrap_or_default())
        }
        other => panic!("{other:?}"),
    };
    for dialect in Dialect::ALL {
        let lab = edited(Lab { dialect, ..lab() }, [Edit::Choose(row(ADD))]);
        let filled = |spec: Value| {
            edited(lab.clone(), [fill(json!({ "update_session_id": "s", "file_spec": spec }))])
        };
        assert_eq!(lint_of(&filled(json!({ "name": "a", "source_type": "PUSH" }))), fine);
        let large = json!({ "name": "a", "source_type": "PUSH", "size": "large" });
        let (because, place) = refused(&filled(large));
        assert!(because.contains("file_spec.size"), "{because}");
        assert_eq!(place, "file_spec.size");
        let (because, place) = refused(&filled(json!({ "source_type": "PUSH" })));
        assert_eq!(because, "Field 'name' missing from structure 'file_spec'");
        assert_eq!(place, "file_spec.name");
        let unknown = json!({ "name": "a", "source_type": "PUSH", "nmae": "a" });
        assert_eq!(refused(&filled(unknown)).1, "file_spec.nmae");
        let named = |id: Value| {
            let spec = json!({ "name": "a", "source_type": "PUSH" });
            edited(lab.clone(), [fill(json!({ "update_session_id": id, "file_spec": spec }))])
        };
        // A number in a path is read as a text.
        assert_eq!(lint_of(&named(json!(7))), fine);
        let empty = Lint::Unsendable("update_session_id is empty".to_owned());
        assert_eq!(lint_of(&named(json!(""))), empty);
        let extra = edited(lab.clone(), [fill(json!({ "extra": 7 }))]);
        assert_eq!(lint_of(&extra), Lint::Unsendable("add has no parameter extra".to_owned()));
    }
}

#[test]
fn a_call_is_foreseen_by_whoever_knows() {
    let call = |name: &str, parameters: Value| {
        let Value::Object(parameters) = parameters else { panic!("they are an object") };
        Call::decode(row(name), &parameters).expect("a good call")
    };
    let foreseen = |lab: &Lab, call: &Call| {
        let mut replica = Replica::default();
        let scene = Scene::of(lab, &mut replica);
        foresee(lab, &scene, &mut replica, call)
    };
    let rule = |foresight: Foresight| match foresight {
        Foresight::Refused { rule, .. } => Some(rule),
        Foresight::Fine | Foresight::Unknown => None,
    };
    let list = call("library.list", json!({}));
    let complete =
        |id: &str| call("library.item.update_session.complete", json!({"update_session_id": id}));

    let lab = lab();
    assert_eq!(rule(foreseen(&lab, &list)), Some(rules::LOGIN_REQUIRED));
    let log_in = Entry { at: NOW, deed: Deed::LogIn { user: "you".to_owned() } };
    let lab = after(lab, [Action::Happened(Vec::new(), vec![log_in])]);
    assert_eq!(foreseen(&lab, &list), Foresight::Fine);
    // The page's simulator is not the one that this session was made up of.
    assert_eq!(rule(foreseen(&lab, &complete("5e55:10n"))), Some(rules::SESSION_EXISTS));
    let log_in = call("cis.session.create", json!({}));
    assert_eq!(rule(foreseen(&lab, &log_in)), Some(rules::CREDENTIALS));

    let lab = Lab { target: Target::Live { origin: "https://vc.example".to_owned() }, ..lab };
    assert_eq!(foreseen(&lab, &list), Foresight::Unknown);
    assert_eq!(foreseen(&lab, &complete("5e55:10n")), Foresight::Fine);
    assert_eq!(foreseen(&lab, &complete("another")), Foresight::Unknown);
}

use std::rc::Rc;

use accession_core::model::{
    ItemModel, SessionFileInfo, SessionState, TransferStatus, UpdateSessionModel,
};
use accession_core::operations::{self, row_named};
use accession_core::simulator::Simulator;
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
const UPDATE: &str = "library.item.update_session.update";

fn parameters(lab: &Lab) -> Value {
    Value::Object(lab.builder.draft(&Known::of(lab)).parameters)
}

fn path(steps: &[&str]) -> Path {
    let step = |step: &&str| match step.parse() {
        Ok(index) => Step::Element(index),
        Err(_) => Step::Field((*step).to_owned()),
    };
    Path(steps.iter().map(step).collect())
}

fn set(steps: &[&str], value: Value) -> Edit {
    Edit::Set(path(steps), value)
}

fn form_of(lab: &Lab) -> Vec<Entry> {
    let known = Known::of(lab);
    let Kind::Group { entries, .. } =
        form(lab.builder.row, &lab.builder.draft(&known).parameters, &known)
    else {
        panic!("the parameters are a group")
    };
    entries
}

fn lint_of(lab: &Lab) -> Lint {
    let draft = lab.builder.draft(&Known::of(lab));
    lint(lab.builder.row, lab.dialect, &draft.parameters, |_| Foresight::Fine)
}

#[test]
fn every_operation_has_its_place_in_a_phase() {
    let found: Vec<_> = Phase::ALL.into_iter().flat_map(Phase::rows).collect();
    assert_eq!(found.len(), ROWS.len());
    assert!(ROWS.iter().all(|row| found.contains(row)));
    let names = |phase: Phase| phase.rows().map(name_of).collect::<Vec<_>>();
    assert_eq!(names(Phase::Start), ["create"]);
    assert_eq!(names(Phase::Files), ["add", "get", "list", "remove", "validate"]);
    assert_eq!(names(Phase::StayAlive), ["update", "keep_alive"]);
    assert_eq!(names(Phase::Finish), ["complete", "cancel", "fail"]);
    assert_eq!(names(Phase::CleanUp), ["get", "list", "delete"]);
    assert_eq!(names(Phase::Login)[0], "cis.session.create");
    assert_eq!(names(Phase::Libraries)[0], "local_library.create");
    assert_eq!(names(Phase::Items)[0], "library.item.create");
}

#[test]
fn a_call_begins_with_what_has_to_be_there_and_with_the_ids_that_are_chosen() {
    let offered = |name: &str| parameters(&edited(lab(), [Edit::Choose(row(name))]));
    assert_eq!(
        offered("library.item.update_session.create"),
        json!({"create_spec": {"library_item_id": "item-1"}})
    );
    assert_eq!(
        offered(ADD),
        json!({
            "update_session_id": "5e55:10n",
            "file_spec": {"name": "a.iso", "source_type": "PUSH"},
        })
    );
    assert_eq!(
        offered("library.item.updatesession.file.get"),
        json!({"update_session_id": "5e55:10n", "file_name": "a.iso"})
    );
    assert_eq!(offered("library.item.update_session.list"), json!({}));
    assert_eq!(
        offered("library.item.create"),
        json!({"create_spec": {"library_id": "lib-1", "name": ""}})
    );
    assert_eq!(
        offered("local_library.create"),
        json!({"create_spec": {"name": "", "storage_backings": [{}]}})
    );
    assert_eq!(
        offered("library.item.changes.get"),
        json!({"library_item": "item-1", "version": "3"})
    );
    assert_eq!(offered("library.item.find"), json!({"spec": {}}));
}

#[test]
fn as_long_as_nothing_is_changed_the_ids_follow_what_is_chosen() {
    let lab = edited(lab(), [Edit::Choose(row("library.item.update_session.complete"))]);
    assert_eq!(parameters(&lab), json!({"update_session_id": "5e55:10n"}));
    let lab = after(lab, [Action::SessionOpened(1, "newer".into())]);
    assert_eq!(parameters(&lab), json!({"update_session_id": "newer"}));
    let lab = edited(lab, [set(&["update_session_id"], json!("mine"))]);
    let lab = after(lab, [Action::SessionOpened(1, "newest".into())]);
    assert_eq!(parameters(&lab), json!({"update_session_id": "mine"}));
    let lab = edited(lab, [Edit::Anew]);
    assert_eq!(parameters(&lab), json!({"update_session_id": "newest"}));
}

#[test]
fn ids_are_offered_by_their_kind_with_what_people_call_them() {
    let lab = edited(lab(), [Edit::Choose(row(ADD))]);
    let entries = form_of(&lab);
    let Kind::Line { offers, .. } = &entries[0].kind else { panic!("an id is typed") };
    let offers: Vec<_> = offers.iter().map(|offer| (&*offer.value, &*offer.label)).collect();
    assert_eq!(offers, [("5e55:10n", "5e55, on screen"), ("older", "older, met before")]);

    let lab = edited(lab, [Edit::Choose(row("library.item.get"))]);
    let entries = form_of(&lab);
    let Kind::Line { offers, .. } = &entries[0].kind else { panic!("an id is typed") };
    let offers: Vec<_> = offers.iter().map(|offer| (&*offer.value, &*offer.label)).collect();
    assert_eq!(offers, [("item-0", "item-0"), ("item-1", "ubuntu")]);
}

#[test]
fn a_server_knows_no_ids_of_another() {
    let lab = edited(lab(), [Edit::Choose(row(ADD)), set(&["update_session_id"], json!("mine"))]);
    let lab = after(lab, [Action::Targeted(Target::Simulated, Dialect::Rest)]);
    assert_eq!(lab.builder.row, row(ADD));
    assert_eq!(parameters(&lab)["update_session_id"], "");
    assert_eq!(Known::of(&lab), Known::default());
}

#[test]
fn the_form_edits_by_place() {
    let lab = edited(
        lab(),
        [
            Edit::Choose(row(ADD)),
            set(&["file_spec", "size"], json!(7)),
            set(&["file_spec", "checksum_info"], json!({"checksum": "ff"})),
            set(&["file_spec", "checksum_info", "algorithm"], json!("SHA256")),
            Edit::Remove(path(&["file_spec", "name"])),
        ],
    );
    let spec = json!({
        "source_type": "PUSH",
        "size": 7,
        "checksum_info": {"checksum": "ff", "algorithm": "SHA256"},
    });
    assert_eq!(parameters(&lab)["file_spec"], spec);

    let warning = |r#type: &str| json!({"type": r#type, "ignored": true});
    let lab = edited(
        lab,
        [
            Edit::Choose(row(UPDATE)),
            set(&["update_spec", "warning_behavior"], json!([warning("A")])),
            set(&["update_spec", "warning_behavior", "1"], warning("B")),
            set(&["update_spec", "warning_behavior", "7"], warning("nowhere")),
            Edit::Remove(path(&["update_spec", "warning_behavior", "0"])),
        ],
    );
    assert_eq!(parameters(&lab)["update_spec"], json!({"warning_behavior": [warning("B")]}));
}

#[test]
fn the_form_has_a_line_for_each_value_and_offers_the_rest() {
    let lab = edited(lab(), [Edit::Choose(row(ADD))]);
    let entries = form_of(&lab);
    assert_eq!(entries[0].path, path(&["update_session_id"]));
    assert!(entries[0].required && !entries[0].is_removable());
    let Kind::Group { entries: spec, unset } = &entries[1].kind else { panic!("a structure") };
    let names: Vec<_> = spec.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["name", "source_type"]);
    let Kind::Choice { text, options, typed: Typed::Text } = &spec[1].kind else { panic!("names") };
    assert_eq!((&**text, options.join(" ")), ("PUSH", "NONE PUSH PULL".to_owned()));
    let checksum = ("checksum_info", json!({"checksum": ""}));
    let endpoint = ("source_endpoint", json!({"uri": ""}));
    assert_eq!(*unset, [endpoint, ("size", json!(0)), checksum]);

    let lab = edited(lab, [Edit::Choose(row(UPDATE))]);
    let Kind::Group { unset, .. } = &form_of(&lab)[1].kind else { panic!("a structure") };
    let (_, warnings) = unset.last().expect("it may have warnings");
    assert_eq!(*warnings, json!([{"type": "SELF_SIGNED_CERTIFICATE", "ignored": false}]));
    let place = ["update_spec", "warning_behavior"];
    let lab = edited(lab, [set(&place, warnings.clone())]);
    let Kind::Group { entries: spec, .. } = &form_of(&lab)[1].kind else { panic!("a structure") };
    let Kind::List { entries, next } = &spec[0].kind else { panic!("a list") };
    assert_eq!(entries[0].path.to_string(), "update_spec.warning_behavior[0]");
    assert_eq!(entries[0].name, "warning_behavior 1");
    assert_eq!(*next, warnings[0]);
}

#[test]
fn what_has_no_place_in_the_form_is_kept() {
    let text = r#"{"update_session_id": {"a": 1}, "file_spec": [], "more": {"b": [2]}}"#;
    let lab = edited(lab(), [Edit::Choose(row(ADD)), Edit::Text(text.to_owned())]);
    let entries = form_of(&lab);
    let kinds: Vec<_> = entries.iter().map(|entry| &entry.kind).collect();
    let Kind::Line { text, .. } = kinds[0] else { panic!("an id is typed") };
    assert_eq!(text, r#"{"a":1}"#);
    assert_eq!(*kinds[1], Kind::Kept("[]".to_owned()));
    assert_eq!(*kinds[2], Kind::Kept(r#"{"b":[2]}"#.to_owned()));
    assert!(entries[2].is_removable());
}

#[test]
fn what_is_typed_becomes_what_is_meant() {
    assert_eq!(Typed::Number.value("7"), json!(7));
    assert_eq!(Typed::Number.value("-1.5"), json!(-1.5));
    assert_eq!(Typed::Number.value("9223372036854775807"), json!(i64::MAX));
    for text in ["", "-", "07", "seven", " 7", "true"] {
        assert_eq!(Typed::Number.value(text), json!(text));
    }
    assert_eq!(Typed::Boolean.value("true"), json!(true));
    assert_eq!(Typed::Boolean.value("7"), json!("7"));
    assert_eq!(Typed::Text.value("true"), json!("true"));
}

#[test]
fn a_text_that_cannot_be_read_is_kept_with_the_place_of_its_fault() {
    let lab = edited(lab(), [Edit::Choose(row(ADD)), Edit::AsJson(true)]);
    let before = parameters(&lab);
    let typo = "{\n  \"update_session_id\": \"s\",\n  file_spec: {}\n}";
    let lab = edited(lab, [Edit::Text(typo.to_owned())]);
    let draft = lab.builder.draft(&Known::of(&lab));
    assert_eq!(draft.text, typo);
    let error = draft.error.expect("a name needs quotes");
    assert!(error.contains("line 3 column 3"), "{error}");
    assert_eq!(Value::Object(draft.parameters), before);

    let lab = edited(lab, [Edit::AsJson(false), Edit::AsJson(true)]);
    assert_eq!(lab.builder.draft(&Known::of(&lab)).text, typo);
    let mended = typo.replace("file_spec", "\"file_spec\"");
    let lab = edited(lab, [Edit::Text(mended.clone())]);
    let draft = lab.builder.draft(&Known::of(&lab));
    assert_eq!((draft.text, draft.error), (mended, None));
    assert_eq!(parameters(&lab), json!({"update_session_id": "s", "file_spec": {}}));

    let lab = edited(lab, [Edit::Text("[1]".to_owned())]);
    let error = lab.builder.draft(&Known::of(&lab)).error.expect("a list is no object");
    assert!(error.contains("one object"), "{error}");
}

#[test]
fn a_password_goes_once_the_call_is_sent() {
    let spec = |info: Value| json!({"library_id": "l", "update_spec": {"publish_info": info}});
    let text = spec(json!({"password": "hunter2", "published": true})).to_string();
    let choose = Edit::Choose(row("local_library.update"));
    let lab = edited(lab(), [choose, Edit::Text(text), Edit::Sent]);
    assert_eq!(parameters(&lab), spec(json!({"published": true})));
    assert!(!format!("{:?}", lab.builder).contains("hunter2"));

    // Everything else stays as it was typed.
    let text = "{ \"library_id\": \"l\" }";
    let lab = edited(lab, [Edit::Text(text.to_owned()), Edit::Sent]);
    assert_eq!(lab.builder.draft(&Known::of(&lab)).text, text);
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
        assert_eq!(lint_of(&lab), fine);
        let lab = edited(lab, [set(&["file_spec", "size"], json!("large"))]);
        let (because, place) = refused(&lab);
        assert!(because.contains("file_spec.size"), "{because}");
        assert_eq!(place, "file_spec.size");
        let lab = edited(lab, [Edit::Remove(path(&["file_spec", "size"]))]);
        let lab = edited(lab, [Edit::Remove(path(&["file_spec", "name"]))]);
        let (because, place) = refused(&lab);
        assert_eq!(because, "Field 'name' missing from structure 'file_spec'");
        assert_eq!(place, "file_spec.name");
        let lab = edited(lab, [set(&["file_spec", "nmae"], json!("a"))]);
        let lab = edited(lab, [set(&["file_spec", "name"], json!("a"))]);
        assert_eq!(refused(&lab).1, "file_spec.nmae");
        // A number in a path is read as a text.
        let lab = edited(lab, [Edit::Anew, set(&["update_session_id"], json!(7))]);
        assert_eq!(lint_of(&lab), fine);
        let lab = edited(lab, [set(&["update_session_id"], json!(""))]);
        assert_eq!(lint_of(&lab), Lint::Unsendable("update_session_id is empty".to_owned()));
        let lab = edited(lab, [Edit::Anew, set(&["extra"], json!(7))]);
        assert_eq!(lint_of(&lab), Lint::Unsendable("add has no parameter extra".to_owned()));
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
    let open = Action::Connected(1, Connection::Open { user: Some("you".to_owned()) });
    let lab = after(lab, [open]);
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

#[test]
fn the_table_is_built_from_top_to_bottom() {
    // Whatever the operation, what is offered can be looked at, and what the form shows is all of it.
    let simulator = Simulator::new(7);
    let lab = Rc::new(lab());
    for row in ROWS {
        let known = Known::of(&lab);
        let parameters = offered(row, &known);
        let Kind::Group { entries, unset } = form(row, &parameters, &known) else {
            panic!("the parameters are a group")
        };
        assert_eq!(entries.len() + unset.len(), row.parameters.len(), "{row:?}");
        let foreseen = lint(row, Dialect::Api, &parameters, |call| {
            assert_eq!(call.row(), *row);
            match simulator.why_not(&call, "you").into_iter().next() {
                None => Foresight::Fine,
                Some(unmet) => Foresight::Refused { because: unmet.why, rule: unmet.rule },
            }
        });
        assert!(operations::encode(row, Dialect::Api, "", parameters).is_ok(), "{row:?}");
        assert!(matches!(foreseen, Lint::Foreseen { place: None, .. }), "{row:?}: {foreseen:?}");
    }
}

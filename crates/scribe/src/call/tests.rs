use accession_core::dialect::{self, Dialect};
use accession_core::operations::{self, Call, row_named};
use accession_core::simulator::Simulator;

use super::*;

/// A library, an item, and a session with a file.
fn occurred() -> Value {
    let known = |what: &str, value: &str, label: &str, chosen: bool| json!({ "what": what, "value": value, "label": label, "chosen": chosen });
    json!([
        known("session", "5e55:10n", "5e55, on screen", true),
        known("session", "older", "older, met before", false),
        known("item", "item-0", "item-0", false),
        known("item", "item-1", "ubuntu", true),
        known("version", "3", "of the chosen item", true),
        known("library", "lib-1", "lib-1", true),
        known("file", "a.iso", "a.iso", true),
    ])
}

fn row(name: &str) -> &'static Row {
    row_named(name).expect("it is in the table")
}

const ADD: &str = "library.item.updatesession.file.add";
const UPDATE: &str = "library.item.update_session.update";

fn fields(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("{value} is no object") };
    fields
}

fn path(steps: &[&str]) -> Path {
    let step = |step: &&str| match step.parse() {
        Ok(index) => Step::Element(index),
        Err(_) => Step::Field((*step).to_owned()),
    };
    Path(steps.iter().map(step).collect())
}

fn set(whole: Value, steps: &[&str], value: Value) -> Value {
    with(&fields(whole), &path(steps), value)
}

fn entries<'a>(row: &Row, parameters: Value, known: Known<'a>) -> Vec<Entry<'a>> {
    match form(row, &fields(parameters), known) {
        Kind::Group { entries, .. } => entries,
        _ => panic!("the parameters are a group"),
    }
}

fn begun(name: &str, known: Known<'_>) -> Value {
    Value::Object(offered(row(name), known))
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
    let occurred = occurred();
    let offered = |name: &str| begun(name, Known(&occurred));
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
fn ids_that_nobody_knows_are_left_to_be_typed() {
    let complete = "library.item.update_session.complete";
    assert_eq!(begun(complete, Known(&json!([]))), json!({"update_session_id": ""}));
    let older = json!([{"what": "session", "value": "older", "label": "", "chosen": false}]);
    assert_eq!(begun(complete, Known(&older)), json!({"update_session_id": ""}));
}

#[test]
fn ids_are_offered_by_their_kind_with_what_people_call_them() {
    let occurred = occurred();
    let offers = |name: &str| {
        let entries = entries(row(name), begun(name, Known(&occurred)), Known(&occurred));
        let Kind::Line { offers, .. } = &entries[0].kind else { panic!("an id is typed") };
        offers.iter().map(|offer| (offer.value, offer.label)).collect::<Vec<_>>()
    };
    assert_eq!(offers(ADD), [("5e55:10n", "5e55, on screen"), ("older", "older, met before")]);
    assert_eq!(offers("library.item.get"), [("item-0", "item-0"), ("item-1", "ubuntu")]);
}

#[test]
fn changes_are_made_by_place() {
    let occurred = occurred();
    let whole = begun(ADD, Known(&occurred));
    let whole = set(whole, &["file_spec", "size"], json!(7));
    let whole = set(whole, &["file_spec", "checksum_info"], json!({"checksum": "ff"}));
    let whole = set(whole, &["file_spec", "checksum_info", "algorithm"], json!("SHA256"));
    let whole = without(&fields(whole), &path(&["file_spec", "name"]));
    let spec = json!({
        "source_type": "PUSH",
        "size": 7,
        "checksum_info": {"checksum": "ff", "algorithm": "SHA256"},
    });
    assert_eq!(whole["file_spec"], spec);

    let warning = |r#type: &str| json!({"type": r#type, "ignored": true});
    let place = ["update_spec", "warning_behavior"];
    let whole = set(begun(UPDATE, Known(&occurred)), &place, json!([warning("A")]));
    let whole = set(whole, &["update_spec", "warning_behavior", "1"], warning("B"));
    let whole = set(whole, &["update_spec", "warning_behavior", "7"], warning("nowhere"));
    let whole = without(&fields(whole), &path(&["update_spec", "warning_behavior", "0"]));
    assert_eq!(whole["update_spec"], json!({"warning_behavior": [warning("B")]}));
}

#[test]
fn the_form_has_a_line_for_each_value_and_offers_the_rest() {
    let occurred = occurred();
    let known = Known(&occurred);
    let form = entries(row(ADD), begun(ADD, known), known);
    assert_eq!(form[0].path, path(&["update_session_id"]));
    assert!(form[0].required && !form[0].is_removable() && !form[0].doc.is_empty());
    let Kind::Group { entries: spec, unset } = &form[1].kind else { panic!("a structure") };
    let names: Vec<_> = spec.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["name", "source_type"]);
    let Kind::Choice { text, options, typed: Typed::Text } = &spec[1].kind else { panic!("names") };
    assert_eq!((&**text, options.join(" ")), ("PUSH", "NONE PUSH PULL".to_owned()));
    let checksum = ("checksum_info", json!({"checksum": ""}));
    let endpoint = ("source_endpoint", json!({"uri": ""}));
    assert_eq!(*unset, [endpoint, ("size", json!(0)), checksum]);

    let whole = begun(UPDATE, known);
    let form = entries(row(UPDATE), whole.clone(), known);
    let Kind::Group { unset, .. } = &form[1].kind else { panic!("a structure") };
    let (_, warnings) = unset.last().expect("it may have warnings");
    assert_eq!(*warnings, json!([{"type": "SELF_SIGNED_CERTIFICATE", "ignored": false}]));
    let whole = set(whole, &["update_spec", "warning_behavior"], warnings.clone());
    let form = entries(row(UPDATE), whole, known);
    let Kind::Group { entries: spec, .. } = &form[1].kind else { panic!("a structure") };
    let Kind::List { entries, next } = &spec[0].kind else { panic!("a list") };
    assert_eq!(entries[0].path.to_string(), "update_spec.warning_behavior[0]");
    assert_eq!(entries[0].name, "warning_behavior 1");
    assert_eq!(*next, warnings[0]);
}

#[test]
fn what_has_no_place_in_the_form_is_kept() {
    let whole = json!({"update_session_id": {"a": 1}, "file_spec": [], "more": {"b": [2]}});
    let entries = entries(row(ADD), whole, Known(&Value::Null));
    let kinds: Vec<_> = entries.iter().map(|entry| &entry.kind).collect();
    let Kind::Line { text, .. } = kinds[0] else { panic!("an id is typed") };
    assert_eq!(text, r#"{"a":1}"#);
    assert_eq!(*kinds[1], Kind::Kept("[]".to_owned()));
    assert_eq!(*kinds[2], Kind::Kept(r#"{"b":[2]}"#.to_owned()));
    assert!(entries[2].is_removable());
}

#[test]
fn the_table_is_built_from_top_to_bottom() {
    // Whatever the operation, what is offered is read as a call of it, and what the form shows is all.
    let simulator = Simulator::new(7);
    let occurred = occurred();
    let known = Known(&occurred);
    for row in ROWS {
        let parameters = offered(row, known);
        let Kind::Group { entries, unset } = form(row, &parameters, known) else {
            panic!("the parameters are a group")
        };
        assert_eq!(entries.len() + unset.len(), row.parameters.len(), "{row:?}");
        for dialect in Dialect::ALL {
            let request = operations::encode(row, dialect, "", parameters.clone());
            let request = request.unwrap_or_else(|error| panic!("{row:?}: {error}"));
            let routed = dialect::route(operations::lines(dialect), dialect, &request);
            let read = routed.expect("it has a line").parameters(&request).expect("parameters");
            assert_eq!(Call::misfit(row, &read), None, "{row:?}");
            let call = Call::decode(row, &read).expect("a good call");
            assert_eq!(call.row(), *row);
            let unmet = simulator.why_not(&call, "you");
            assert!(unmet.iter().all(|unmet| !unmet.why.is_empty()), "{row:?}");
        }
    }
}

//! Any call of the table: its operation, and its parameters as a form or as JSON.
//!
//! The page keeps the parameters, tells which of them is at fault, and sends them. What changes them
//! is a command that brings all of them, as they are to be.

use accession_core::dialect::Dialect;
use accession_core::operations::{self, Operation, Row, UpdateSessionCreate};
use accession_core::reading::{Path, Step};
use serde_json::{Map, Value, json};

use super::Facts;
use crate::call::{self, Entry, Kind, Known, Phase, Typed, below};
use crate::tree::{El, el, say};

/// The parameters that an operation begins with.
pub(crate) fn offered(facts: &Facts<'_>) -> Value {
    let row = row(&facts.of("entered"));
    Value::Object(call::offered(row, Known(facts.get("known"))))
}

/// Any call of the table.
pub(crate) fn call(facts: &Facts<'_>) -> El {
    let told = facts.of("entered");
    let form = Form {
        row: row(&told),
        known: Known(facts.get("known")),
        // They are an object, or the page could not send them.
        parameters: told.get("parameters").as_object().cloned().unwrap_or_default(),
        told,
    };
    let send = match form.error() {
        Some(_) => Value::Null,
        None => call::send(form.row, form.parameters.clone().into()),
    };
    let button = el("button.acc-primary")
        .attr("type", "submit")
        .attr("aria-keyshortcuts", "Control+Enter")
        .attr("aria-describedby", LINT)
        .flag("disabled", form.error().is_some())
        .said(say("Send {0}", &[call::name_of(form.row).into()]));
    let anew = match form.told.get("touched") == true {
        true => press("button", "Begin anew", json!(["anew"])),
        false => el(""),
    };
    el("form")
        .attr("aria-label", "Any call")
        .on("submit", send)
        .child(form.operation(facts.text("dialect")))
        .child(form.shown())
        .child(el("div.acc-buttons").child(button).child(anew))
        .left_to_page()
}

/// The id of the line in which the page says what is to be expected.
const LINT: &str = "call-lint";

fn row(told: &Facts<'_>) -> &'static Row {
    operations::row_named(told.text("operation")).unwrap_or(UpdateSessionCreate::ROW)
}

/// A button that does not send the form.
fn press(name: &'static str, word: &str, command: Value) -> El {
    el(name).attr("type", "button").text(word).on("click", command)
}

/// What the parts of the form share.
struct Form<'a> {
    row: &'static Row,
    known: Known<'a>,
    parameters: Map<String, Value>,
    told: Facts<'a>,
}

impl Form<'_> {
    /// Why the JSON cannot be read.
    fn error(&self) -> Option<&str> {
        self.told.get("error").as_str()
    }

    fn operation(&self, dialect: &str) -> El {
        let option = |each: &'static Row| {
            el("option")
                .attr("value", &each.full_name())
                .flag("selected", each == self.row)
                .exact()
                .text(&call::name_of(each))
        };
        let phase = |phase: Phase| {
            el("optgroup").attr("label", phase.label()).children(phase.rows().map(option))
        };
        let select = el("select")
            .attr("id", "call-operation")
            .attr("aria-describedby", "call-doc")
            .on("change", json!(["entered", "/1", ["build", ""]]))
            .children(Phase::ALL.map(phase));
        let dialect = Dialect::ALL.into_iter().find(|known| known.prefix() == dialect);
        let line = operations::line(self.row, dialect.unwrap_or_default()).template();
        el("div.acc-field")
            .child(el("label").attr("for", "call-operation").text("Operation"))
            .child(select)
            .child(el("p.acc-hint").attr("id", "call-doc").text(self.row.doc()))
            .child(el("p.acc-mono.acc-call-line").exact().text(&line))
    }

    fn shown(&self) -> El {
        let as_json = self.told.get("asJson") == true;
        let choice = |json: bool, word: &str| {
            let pressed = if json == as_json { "true" } else { "false" };
            press("button", word, json!(["as-json", json])).attr("aria-pressed", pressed)
        };
        let choices = el("div.acc-tasks")
            .attr("role", "group")
            .attr("aria-label", "Parameters as")
            .child(choice(false, "Form"))
            .child(choice(true, "JSON"));
        let shown = if as_json {
            self.raw()
        } else if self.error().is_some() {
            el("p.acc-warn").text("The form waits until the JSON can be read again.")
        } else {
            match call::form(self.row, &self.parameters, self.known) {
                Kind::Group { entries, unset } if entries.is_empty() && unset.is_empty() => {
                    el("p.acc-hint").text("It has no parameters.")
                }
                kind => self.inside(&Path::default(), "", &kind),
            }
        };
        let key = json!([self.told.get("turn"), as_json]).to_string();
        el("").child(choices).child(el("div.acc-call-form").attr("key", &key).child(shown))
    }

    /// The whole as text.
    fn raw(&self) -> El {
        let written = || format!("{:#}", Value::Object(self.parameters.clone()));
        let text = self.told.get("text").as_str().map_or_else(written, str::to_owned);
        let invalid = if self.error().is_some() { "true" } else { "false" };
        let area = el("textarea.acc-mono")
            .attr("id", "call-json")
            .exact()
            .attr("rows", "10")
            .attr("spellcheck", "false")
            .attr("aria-describedby", LINT)
            .attr("aria-invalid", invalid)
            .attr("value", &text)
            .on("input", json!(["entered", "/1", ["text", "", self.parameters]]));
        let label = el("label").attr("for", "call-json").text("Parameters as JSON");
        el("div.acc-field").child(label).child(area)
    }

    /// One value, or a structure or list of them.
    fn entry(&self, entry: &Entry<'_>) -> El {
        let path = entry.path.to_string();
        let id = ["call-", &path].concat();
        let hint_id = [&*id, "-hint"].concat();
        let is_wrong = self.told.text("place") == path;
        let mut described = Vec::new();
        let mut hint = el("");
        if !entry.doc.is_empty() {
            described.push(&*hint_id);
            hint = el("p.acc-hint").attr("id", &hint_id).text(entry.doc);
        }
        if is_wrong {
            described.push(LINT);
        }
        let described = described.join(" ");
        let mut remove = el("");
        if entry.is_removable() {
            let command = json!(["fill", call::without(&self.parameters, &entry.path)]);
            remove = press("button.acc-quiet.acc-small", "Remove", command)
                .attr_said("aria-label", say("Remove {0}", &[entry.name.clone().into()]))
                .attr("data-leaves", "");
        }
        let word = |is: bool| if is { "true" } else { "false" };
        let control = |name: &'static str, event: &str, typed: Typed| {
            el(name)
                .attr("id", &id)
                .exact()
                .attr("aria-required", word(entry.required))
                .attr("aria-invalid", word(is_wrong))
                .attr("aria-describedby", &described)
                .on(event, self.entered(&entry.path, typed))
        };
        let control = match &entry.kind {
            Kind::Line { text, typed, offers } => {
                let list_id = [&*id, "-known"].concat();
                let secret = *typed == Typed::Secret;
                let input = control("input.acc-mono", "input", *typed)
                    .attr("type", if secret { "password" } else { "text" })
                    .attr("inputmode", if *typed == Typed::Number { "numeric" } else { "text" })
                    .attr("autocomplete", if secret { "new-password" } else { "off" })
                    .attr("autocapitalize", "off")
                    .attr("spellcheck", "false")
                    .attr("list", &list_id)
                    .attr("value", text);
                if offers.is_empty() {
                    el("").child(input)
                } else {
                    let options = offers.iter().map(|offer| {
                        el("option").attr("value", offer.value).attr("label", offer.label)
                    });
                    let list = el("datalist").attr("id", &list_id).children(options);
                    el("").child(input).child(list)
                }
            }
            Kind::Choice { text, options, typed } => {
                let options = options.iter().map(|name| {
                    let option = el("option").attr("value", name).flag("selected", name == text);
                    option.exact().text(name)
                });
                control("select.acc-mono", "change", *typed).children(options)
            }
            Kind::Kept(text) => {
                let why = el("p.acc-hint").text("The form has no place for this. Edit it as JSON.");
                let kept = el("code.acc-mono").attr("id", &id).exact().text(text);
                el("").child(kept).child(why)
            }
            Kind::Group { .. } | Kind::List { .. } => {
                return el("fieldset.acc-call-group")
                    .attr("key", &path)
                    .attr("aria-describedby", &described)
                    .child(el("legend.acc-mono").exact().text(&entry.name))
                    .child(hint)
                    .child(self.inside(&entry.path, &entry.name, &entry.kind))
                    .child(remove);
            }
        };
        let label = match entry.kind {
            Kind::Kept(_) => el("span.acc-mono"),
            _ => el("label.acc-mono").attr("for", &id),
        };
        let label = label.exact().text(&entry.name);
        let required = match entry.required {
            true => el("span.acc-hint").text("required"),
            false => el(""),
        };
        let head = el("div.acc-call-label").child(label).child(required).child(remove);
        el("div.acc-field").attr("key", &path).child(head).child(control).child(hint)
    }

    /// The command that puts what is entered at a place.
    fn entered(&self, path: &Path, typed: Typed) -> Value {
        let filled = call::with(&self.parameters, path, typed.example());
        let place = path.0.iter().fold("/1".to_owned(), |place, step| match step {
            // A name that a form has a line for needs no escapes.
            Step::Field(name) => [&*place, "/", name].concat(),
            Step::Element(at) => [&*place, "/", &at.to_string()].concat(),
        });
        json!(["entered", place, ["fill", filled]])
    }

    /// What is in a structure or a list, and what can be added.
    fn inside(&self, path: &Path, name: &str, kind: &Kind<'_>) -> El {
        let add = |step: Step, value: &Value, word: &str, [alone, to]: [&str; 2]| {
            let label = if name.is_empty() { alone } else { to };
            let label = say(label, &[word.into(), name.into()]);
            let filled = call::with(&self.parameters, &below(path, step), value.clone());
            press("button.acc-small.acc-mono", word, json!(["fill", filled]))
                .attr_said("aria-label", label)
        };
        let entries =
            |entries: &[Entry<'_>]| el("").children(entries.iter().map(|entry| self.entry(entry)));
        match kind {
            Kind::Group { entries: set, unset } if unset.is_empty() => el("").child(entries(set)),
            Kind::Group { entries: set, unset } => {
                let chip = |(name, value): &(&'static str, Value)| {
                    let label = ["Add {0}", "Add {0} to {1}"];
                    add(Step::Field((*name).to_owned()), value, name, label).exact()
                };
                let summary = el("summary").said(say("Add a field ({0})", &[unset.len().into()]));
                let chips = el("div.acc-buttons").children(unset.iter().map(chip));
                let more = el("details.acc-call-more").child(summary).child(chips);
                el("").child(entries(set)).child(more)
            }
            Kind::List { entries: set, next } => {
                let label = ["Add another", "Add another to {1}"];
                let another = add(Step::Element(set.len()), next, "Add another", label);
                el("").child(entries(set)).child(another)
            }
            Kind::Line { .. } | Kind::Choice { .. } | Kind::Kept(_) => el(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(told: &Value) -> String {
        let known =
            json!([{ "what": "session", "value": "s:1", "label": "on screen", "chosen": true }]);
        let facts = json!({ "entered": told, "known": known, "dialect": "/rest" });
        Value::from(call(&Facts(&facts))).to_string()
    }

    fn has(drawn: &str, parts: &[&str]) {
        parts.iter().for_each(|part| assert!(drawn.contains(part), "{part} is not in {drawn}"));
    }

    #[test]
    fn what_changes_a_value_brings_all_of_them() {
        let drawn = drawn(&json!({
            "operation": "library.item.updatesession.file.add",
            "parameters": { "update_session_id": "s:1", "file_spec": { "size": "many" } },
            "place": "file_spec.size",
        }));
        let typed = r#"["entered","/1/file_spec/size",["fill",{"update_session_id":"s:1","file_spec":{"size":0}}]]"#;
        has(
            &drawn,
            &[
                typed,
                r#""aria-invalid":"true","aria-describedby":"call-file_spec.size-hint call-lint""#,
                r#"["fill",{"update_session_id":"s:1","file_spec":{}}]"#,
                r#"["entered","/1",["build",""]]"#,
                r#"{"value":"s:1","label":"on screen"}"#,
                "POST /rest/com/vmware/content/library/item/updatesession/file",
                r#""on:submit":["send","library.item.updatesession.file.add",{"#,
                "null]",
            ],
        );
        assert_eq!(drawn.matches(r#""aria-invalid":"true""#).count(), 1);
        assert!(!drawn.contains("Begin anew"), "{drawn}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let info = json!({ "password": "hunter2" });
        let drawn = drawn(&json!({
            "operation": "local_library.update",
            "parameters": { "library_id": "l", "update_spec": { "publish_info": info } },
            "touched": true,
        }));
        let id = r#""id":"call-update_spec.publish_info.password""#;
        let field = drawn.split(r#"["input"#).find(|field| field.contains(id));
        let field = field.expect("it has a field");
        has(field, &[r#""type":"password""#, r#""autocomplete":"new-password""#]);
        has(&drawn, &[r#"["anew"]"#]);
    }

    #[test]
    fn json_that_cannot_be_read_is_not_sent() {
        let told = json!({
            "operation": "library.list",
            "parameters": {},
            "text": "{",
            "error": "it ends too early",
            "asJson": true,
        });
        let raw = drawn(&told);
        has(&raw, &[r#""on:submit":null"#, r#""disabled":"disabled""#, r#""value":"{""#]);
        has(&raw, &[r#"["entered","/1",["text","",{}]]"#]);
        let mut told = told;
        told["asJson"] = false.into();
        has(&drawn(&told), &["The form waits"]);
        told["error"] = Value::Null;
        has(&drawn(&told), &["It has no parameters.", r#"["as-json",true]"#]);
    }

    #[test]
    fn json_is_laid_out_until_it_is_typed() {
        let drawn = drawn(&json!({
            "operation": "library.item.update_session.get",
            "parameters": { "update_session_id": "s:1" },
            "asJson": true,
        }));
        has(&drawn, &[r#""value":"{\n  \"update_session_id\": \"s:1\"\n}""#]);
    }
}

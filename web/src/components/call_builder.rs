//! Any call of the table: its operation, its parameters as a form or as JSON, and what is to be
//! expected of it. A call that will be refused can be sent all the same.

use accession_core::operations::{self, Row};
use accession_core::reading::{Path, Step};
use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::PartProps;
use super::calls::foresight;
use super::element::{El, el, group};
use super::field::entered;
use super::guide_pane::goes_to;
use super::icon::Icon;
use crate::app::command::Command;
use crate::lab::Action;
use crate::lab::builder::{self, Draft, Edit, Entry, Kind, Known, Lint, Phase, Typed};

/// Any call of the table.
pub(crate) fn call_builder(props: &PartProps) -> El {
    let lab = &props.lab;
    let known = Known::of(lab);
    let row = lab.builder.row;
    let draft = lab.builder.draft(&known);
    let foreseen =
        builder::lint(row, lab.dialect, &draft.parameters, |call| props.foresee.emit(call));
    let place = match &foreseen {
        Lint::Foreseen { place, .. } => place.clone(),
        Lint::Unsendable(_) => None,
    };
    let form = Form { props, place };
    let send = {
        let (act, draft) = (props.act.clone(), draft.clone());
        move || {
            if draft.error.is_none() {
                act.emit(Command::Send(row, draft.parameters.clone()));
            }
        }
    };
    let on_submit = {
        let send = send.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            send();
        })
    };
    let on_key = Callback::from(move |event: Event| {
        let key = event.dyn_ref::<KeyboardEvent>();
        if key.is_some_and(|key| key.key() == "Enter" && (key.ctrl_key() || key.meta_key())) {
            event.prevent_default();
            send();
        }
    });
    let lint_id = form.id("lint");
    let word = format!("Send {}", builder::name_of(row));
    let send = el("button.acc-primary")
        .attr("type", "submit")
        .attr("aria-keyshortcuts", "Control+Enter")
        .text(&word);
    let anew = press("button", "Begin anew").on_click(form.edit(Edit::Anew));
    let buttons = el("div.acc-buttons")
        .child(send.attr("aria-describedby", &lint_id).flag("disabled", draft.error.is_some()))
        .child((!lab.builder.is_untouched()).then_some(anew));
    let body = el("form")
        .attr("aria-label", "Any call")
        .on_submit(on_submit)
        .on("keydown", on_key)
        .child(operation(&form, row))
        .child(parameters(&form, &draft, &known))
        .child(buttons)
        .child(el("p.acc-lint").id(&lint_id).child(lint(props, &draft, &foreseen)))
        .child(goes_to(props, None));
    let details = el("details.acc-more.acc-builder")
        .child(el("summary").child(el("h2").text("Any call")))
        .child(body);
    el("section.acc-part").child(details)
}

/// What the parts of the form share.
struct Form<'a> {
    props: &'a PartProps,
    /// Which value is at fault.
    place: Option<Path>,
}

impl Form<'_> {
    fn id(&self, name: &str) -> String {
        self.props.id(&format!("call-{name}"))
    }

    /// A callback that makes a change.
    fn edit(&self, edit: Edit) -> Callback<Event> {
        self.edit_by(move |_| edit.clone())
    }

    /// A callback that makes the change which an event stands for.
    fn edit_by(&self, edit: impl Fn(Event) -> Edit + 'static) -> Callback<Event> {
        let act = self.props.act.clone();
        Callback::from(move |event| act.emit(Command::just(Action::Built(edit(event)))))
    }
}

fn operation(form: &Form<'_>, row: &'static Row) -> El {
    let id = form.id("operation");
    let option = |each: &'static Row| {
        let option = el("option").attr("value", &each.full_name());
        option.flag("selected", each == row).text(&builder::name_of(each))
    };
    let phase = |phase: Phase| {
        el("optgroup").attr("label", phase.label()).children(phase.rows().map(option))
    };
    let choose = form
        .edit_by(move |event| Edit::Choose(operations::row_named(&entered(&event)).unwrap_or(row)));
    let select = el("select").id(&id).on_change(choose).children(Phase::ALL.map(phase));
    let line = operations::line(row, form.props.lab.dialect).template();
    el("div.acc-field")
        .child(el("label").attr("for", &id).text("Operation"))
        .child(select.attr("aria-describedby", &form.id("doc")))
        .child(el("p.acc-hint").id(&form.id("doc")).text(row.doc()))
        .child(el("p.acc-mono.acc-call-line").exact().text(&line))
}

fn parameters(form: &Form<'_>, draft: &Draft, known: &Known) -> El {
    let state = &form.props.lab.builder;
    let choice = |as_json: bool, word: &str| {
        let choice = press("button", word).attr_bool("aria-pressed", state.as_json == as_json);
        choice.on_click(form.edit(Edit::AsJson(as_json)))
    };
    let choices = el("div.acc-tasks")
        .attr("role", "group")
        .attr("aria-label", "Parameters as")
        .child(choice(false, "Form"))
        .child(choice(true, "JSON"));
    let shown = if state.as_json {
        raw(form, draft)
    } else if draft.error.is_some() {
        el("p.acc-warn").text("The form waits until the JSON can be read again.")
    } else {
        match builder::form(state.row, &draft.parameters, known) {
            Kind::Group { entries, unset } if entries.is_empty() && unset.is_empty() => {
                el("p.acc-hint").text("It has no parameters.")
            }
            kind => inside(form, &Path::default(), "", &kind),
        }
    };
    let key = format!("{} {}", state.turn, state.as_json);
    group().child(choices).child(el("div.acc-call-form").key(&key).child(shown))
}

/// The whole as text.
fn raw(form: &Form<'_>, draft: &Draft) -> El {
    let (id, lint_id) = (form.id("json"), form.id("lint"));
    let on_input = form.edit_by(|event| Edit::Text(entered(&event)));
    let text = el("textarea")
        .id(&id)
        .class("acc-mono")
        .exact()
        .attr("rows", "10")
        .attr("spellcheck", "false")
        .attr("aria-describedby", &lint_id)
        .attr_bool("aria-invalid", draft.error.is_some())
        .value(&draft.text)
        .on_input(on_input);
    let label = el("label").attr("for", &id).text("Parameters as JSON");
    el("div.acc-field").child(label).child(text)
}

/// One value, or a structure or list of them.
fn entry(form: &Form<'_>, entry: &Entry) -> El {
    let id = form.id(&entry.path.to_string());
    let hint_id = format!("{id}-hint");
    let is_wrong = form.place.as_ref() == Some(&entry.path);
    let mut described = String::new();
    if !entry.doc.is_empty() {
        described.push_str(&hint_id);
    }
    if is_wrong {
        described.push_str(&format!(" {}", form.id("lint")));
    }
    let hint = el("p.acc-hint").id(&hint_id).text(entry.doc);
    let remove = entry.is_removable().then(|| {
        press("button.acc-quiet.acc-small", "Remove")
            .attr("aria-label", &format!("Remove {}", entry.name))
            .on_click({
                let path = entry.path.clone();
                form.edit_by(move |event| {
                    focus_beside(&event);
                    Edit::Remove(path.clone())
                })
            })
    });
    let control = match &entry.kind {
        Kind::Line { text, typed, offers } => {
            let (path, meant) = (entry.path.clone(), *typed);
            let on_input =
                form.edit_by(move |event| Edit::Set(path.clone(), meant.value(&entered(&event))));
            let list_id = format!("{id}-known");
            let option = |offer: &builder::Offer| {
                el("option").attr("value", &offer.value).attr("label", &offer.label)
            };
            let list = el("datalist").id(&list_id).children(offers.iter().map(option));
            let input = el("input")
                .id(&id)
                .class("acc-mono")
                .exact()
                .attr("type", if *typed == Typed::Secret { "password" } else { "text" })
                .attr("inputmode", if *typed == Typed::Number { "numeric" } else { "text" })
                .attr("autocomplete", if *typed == Typed::Secret { "new-password" } else { "off" })
                .attr("autocapitalize", "off")
                .attr("spellcheck", "false")
                .attr("list", &list_id)
                .attr_bool("aria-required", entry.required)
                .attr_bool("aria-invalid", is_wrong)
                .attr("aria-describedby", &described)
                .value(text)
                .on_input(on_input);
            group().child(input).child((!offers.is_empty()).then_some(list))
        }
        Kind::Choice { text, options, typed } => {
            let (path, meant) = (entry.path.clone(), *typed);
            let on_change =
                form.edit_by(move |event| Edit::Set(path.clone(), meant.value(&entered(&event))));
            let option = |name: &String| {
                el("option").attr("value", name).flag("selected", name == text).text(name)
            };
            el("select")
                .id(&id)
                .class("acc-mono")
                .exact()
                .attr_bool("aria-required", entry.required)
                .attr_bool("aria-invalid", is_wrong)
                .attr("aria-describedby", &described)
                .on_change(on_change)
                .children(options.iter().map(option))
        }
        Kind::Kept(text) => {
            let why = el("p.acc-hint").text("The form has no place for this. Edit it as JSON.");
            group().child(el("code").id(&id).class("acc-mono").exact().text(text)).child(why)
        }
        Kind::Group { .. } | Kind::List { .. } => {
            let legend = el("legend.acc-mono").exact().text(&entry.name);
            return el("fieldset.acc-call-group")
                .attr("aria-describedby", &described)
                .child(legend)
                .child((!entry.doc.is_empty()).then_some(hint))
                .child(inside(form, &entry.path, &entry.name, &entry.kind))
                .child(remove);
        }
    };
    let label = match entry.kind {
        Kind::Kept(_) => el("span.acc-mono").exact().text(&entry.name),
        _ => el("label").attr("for", &id).class("acc-mono").exact().text(&entry.name),
    };
    let required = entry.required.then(|| el("span.acc-hint").text("required"));
    let head = el("div.acc-call-label").child(label).child(required).child(remove);
    el("div.acc-field").child(head).child(control).child((!entry.doc.is_empty()).then_some(hint))
}

/// What is in a structure or a list, and what can be added.
fn inside(form: &Form<'_>, path: &Path, name: &str, kind: &Kind) -> El {
    let add = |step: Step, value: &Value, verb: &str, word: &str| {
        let mut path = path.clone();
        path.0.push(step);
        let to = if name.is_empty() { String::new() } else { format!(" to {name}") };
        let label = format!("{verb}{word}{to}");
        let edit = form.edit(Edit::Set(path, value.clone()));
        press("button.acc-small.acc-mono", word).attr("aria-label", &label).on_click(edit)
    };
    let entries = |entries: &[Entry]| {
        let entries = entries.iter().map(|each| entry(form, each).key(&each.path.to_string()));
        group().children(entries)
    };
    match kind {
        Kind::Group { entries: set, unset } => {
            let chip = |(name, value): &(&'static str, Value)| {
                add(Step::Field((*name).to_owned()), value, "Add ", name).exact()
            };
            let chips = el("div.acc-buttons").children(unset.iter().map(chip));
            let more = el("details.acc-call-more")
                .child(el("summary").text(&format!("Add a field ({})", unset.len())))
                .child(chips);
            group().child(entries(set)).child((!unset.is_empty()).then_some(more))
        }
        Kind::List { entries: set, next } => group().child(entries(set)).child(add(
            Step::Element(set.len()),
            next,
            "",
            "Add another",
        )),
        Kind::Line { .. } | Kind::Choice { .. } | Kind::Kept(_) => group(),
    }
}

/// What is taken out takes its button along: the focus goes to where something can be added again.
fn focus_beside(event: &Event) {
    let button: Element = event.target_unchecked_into();
    let closest = |element: Element, selector| element.closest(selector).ok().flatten();
    let around = closest(button, ".acc-field, fieldset")
        .and_then(|entry| closest(entry.parent_element()?, "fieldset, .acc-call-form"));
    let beside = around.and_then(|around| {
        let places = ":scope > .acc-call-more > summary, :scope > button";
        around.query_selector(places).ok()??.dyn_into::<HtmlElement>().ok()
    });
    if let Some(beside) = beside {
        // Where nothing can be focused, nothing is.
        let _ = beside.focus();
    }
}

/// A button that does not send the form.
fn press(name: &'static str, word: &str) -> El {
    el(name).attr("type", "button").text(word)
}

/// What is to be expected, in one line.
fn lint(props: &PartProps, draft: &Draft, foreseen: &Lint) -> El {
    let cannot = |why: &str| {
        let why = format!("cannot be sent: {why}");
        el("span.acc-warn-text").text(&why).icon(Icon::Warning)
    };
    match (&draft.error, foreseen) {
        (Some(error), _) => cannot(error),
        (None, Lint::Unsendable(why)) => cannot(why),
        (None, Lint::Foreseen { what, .. }) => foresight(&props.lab, what),
    }
}

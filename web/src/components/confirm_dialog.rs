//! What is asked before a call that ends something.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::PartProps;
use super::element::{El, button, el, fact, group, named_or, submit};
use super::field::{labelled, target};
use super::icon::Icon;
use crate::app::command::Command;
use crate::lab::{Action, Question, SessionCall, SessionView};

/// Opens a dialog's element, or closes it.
pub(crate) fn set_open(dialog: &NodeRef, open: bool) {
    let Some(dialog) = dialog.cast::<HtmlDialogElement>() else { return };
    match (open, dialog.open()) {
        (true, false) => {
            // It fails only for an element that is not on the page.
            let _ = dialog.show_modal();
        }
        // The focus goes back to the button that opened it.
        (false, true) => dialog.close(),
        _ => {}
    }
}

/// What is asked before a call that ends something.
pub(crate) fn confirm_dialog(props: &PartProps, dialog: &NodeRef) -> El {
    el("dialog.acc-dialog")
        .node(dialog)
        .attr("aria-labelledby", &props.id("question"))
        .on("close", close(props))
        .child(props.lab.question.as_ref().map(|question| asked(props, question)))
}

fn close(props: &PartProps) -> Callback<Event> {
    props.on(|| Command::just(Action::Asked(None)))
}

fn asked(props: &PartProps, question: &Question) -> El {
    let lab = &props.lab;
    let named = question.session();
    let session = lab.session.as_ref().filter(|session| Some(session.id.as_str()) == named);
    let item = named_or(session.and_then(SessionView::item_label), "not known");
    let live = lab
        .target
        .is_live()
        .then(|| group().child(el("span.acc-target-word").text("LIVE").icon(Icon::Live)).text(" "));
    let facts = el("dl.acc-facts")
        .child(fact("Call", el("dd.acc-mono").exact().text(&question.operation())))
        .child(fact("Host", el("dd.acc-mono").exact().text(lab.host())))
        .child(named.map(|named| {
            group()
                .child(fact("Item", el("dd").child(item)))
                .child(fact("Session", el("dd.acc-mono.acc-id").exact().text(named)))
        }))
        .child(fact("Effect", el("dd").text(question.effect())));
    let is = |wanted| matches!(question, Question::Button { call, .. } if *call == wanted);
    let message = is(SessionCall::Fail).then(|| {
        let id = props.id("message");
        labelled(&id, "Error message", el("textarea").id(&id).attr("rows", "3"))
    });
    let class = if is(SessionCall::Complete) { "acc-primary" } else { "acc-danger" };
    let buttons = el("div.acc-buttons")
        .child(button("Close").on_click(close(props)))
        .child(submit(&question.label()).class(class));
    let (act, asked) = (props.act.clone(), question.clone());
    let confirm = Callback::from(move |event: Event| {
        event.prevent_default();
        act.emit(Command::Confirm(asked.clone(), message_in(&event)));
    });
    el("form")
        .on_submit(confirm)
        .child(el("h2").id(&props.id("question")).child(live).text(&question.label()))
        .child(facts)
        .child(message)
        .child(buttons)
}

/// What is typed as the message, in the form that an event came from.
fn message_in(event: &Event) -> String {
    let form = target::<Element>(event);
    let text = form.and_then(|form| form.query_selector("textarea").ok().flatten());
    text.and_then(|text| text.dyn_into::<HtmlTextAreaElement>().ok())
        .map(|text| text.value())
        .unwrap_or_default()
}

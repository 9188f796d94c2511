//! A sheet on top of the page. What is in it the scribe draws, a wasm module that is loaded when the
//! first one is opened; here it becomes elements, as does a picture. It knows none of the sheets, nor
//! what else is drawn there.

use serde_json::Value;
use yew::prelude::*;

use super::PartProps;
use super::element::{El, button, el, group, name};
use super::field::entered;
use super::form::{Form, form};
use super::icon::Icon;
use super::pictures::{Walk, walkable};
use crate::app::command::Command;
use crate::lab::{Action, completed};
use crate::words::{told, word};

/// The sheet's element, and what is in it.
pub(crate) fn sheet(props: &PartProps, dialog: &NodeRef) -> El {
    let close = props.on(|| Command::just(Action::SheetOpened(None)));
    let view = &props.lab.view;
    let open = view.sheet.as_deref().filter(|_| view.scribe.is_some());
    el("dialog.acc-dialog.acc-sheet")
        .node(dialog)
        .attr("aria-labelledby", &props.id("title"))
        .on("close", close)
        .child(open.map_or_else(Html::default, |open| form(name(open), props, body)))
}

fn body(form: &Form<'_>) -> El {
    let props = form.part;
    if let Some(Err(why)) = &props.lab.view.scribe {
        let close = props.on(|| Command::just(Action::SheetOpened(None)));
        return el("div")
            .child(failed(why).id(&props.id("title")))
            .child(button("Close").on_click(close));
    }
    let Some(open) = &props.lab.view.sheet else { return group() };
    let drawn = props.draw.emit((name(open), form.entries.all()));
    grown(form, &drawn, &Html::default())
}

/// Why there is no scribe.
pub(super) fn failed(why: &str) -> El {
    el("p.acc-error-text").text(why).icon(Icon::Warning)
}

/// An element, from the array that stands for it: its name, its attributes, and what is in it. Where
/// there is nothing in that, this is put.
pub(super) fn grown(form: &Form<'_>, node: &Value, own: &Html) -> El {
    let Some([Value::String(tag), Value::Object(attributes), children @ ..]) =
        node.as_array().map(Vec::as_slice)
    else {
        return el("");
    };
    let mut element = el(name(tag));
    for (key, value) in attributes {
        let said = told(value);
        let text = said.as_str();
        element = match key.as_str() {
            "key" => element.key(text),
            "value" if tag != "option" => element.value(text),
            "keeps" => element.on("input", form.keep(name(text))),
            "walks" => walkable(form.part, element, Walk::Rows(value.clone())),
            // A link leads to a page, and nowhere else.
            "href" if !text.starts_with("https://") => element,
            // What is drawn there does not know how many pages there are in this one.
            "id" | "for" | "list" | "aria-labelledby" | "aria-describedby" | "aria-controls" => {
                let ids: Vec<_> =
                    text.split_ascii_whitespace().map(|id| form.part.id(id)).collect();
                element.attr(name(key), &ids.join(" "))
            }
            _ => match key.strip_prefix("on:") {
                Some(event) => element.on(name(event), issue(form.part, value.clone())),
                None => element.attr(name(key), text),
            },
        };
    }
    for child in children {
        element = match child {
            Value::Null => element.child(own.clone()),
            Value::Array(_) => element.child(grown(form, child, own)),
            child if !child["prose"].is_null() => prose(element, &child["prose"]),
            text => element.text(&told(text)),
        };
    }
    element
}

/// Sentences in which names stand between backticks.
fn prose(element: El, text: &Value) -> El {
    let text = word(text.as_str().unwrap_or_default());
    text.split('`').enumerate().fold(element, |element, (place, part)| match place % 2 {
        0 => element.text(part),
        _ => element.child(el("code").exact().text(part)),
    })
}

/// Issues a command that comes as data, with what was entered.
fn issue(props: &PartProps, command: Value) -> Callback<web_sys::Event> {
    let act = props.act.clone();
    Callback::from(move |event: web_sys::Event| {
        event.prevent_default();
        if let Some(command) = Command::read(&completed(&command, || entered(&event))) {
            act.emit(command);
        }
    })
}

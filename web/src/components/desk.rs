//! A sheet on top of the page. What is in it the scribe draws, a wasm module that is loaded when the
//! first one is opened; here it becomes elements, as does a picture. It knows none of them.

use serde_json::Value;
use yew::prelude::*;

use super::PartProps;
use super::element::{El, button, el, name};
use super::form::{Form, form};
use super::icon::Icon;
use super::pictures::{Walk, walkable};
use crate::app::command::Command;
use crate::lab::Action;

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
    let drawn = props.draw.emit(form.entries.all());
    let drawn = drawn.and_then(|text| serde_json::from_str(&text).ok());
    grown(form, &drawn.unwrap_or_default())
}

/// Why there is no scribe.
pub(super) fn failed(why: &str) -> El {
    el("p.acc-error-text").text(why).icon(Icon::Warning)
}

/// An element, from the array that stands for it: its name, its attributes, and what is in it.
pub(super) fn grown(form: &Form<'_>, node: &Value) -> El {
    let Some([Value::String(tag), Value::Object(attributes), children @ ..]) =
        node.as_array().map(Vec::as_slice)
    else {
        return el("");
    };
    let mut element = el(name(tag));
    for (key, value) in attributes {
        let text = value.as_str().unwrap_or_default();
        element = match key.as_str() {
            "value" if tag != "option" => element.value(text),
            "keeps" => element.on("input", form.keep(name(text))),
            "key" => element.key(text),
            "walks" => walkable(form.part, element, Walk::Rows(value.clone())),
            // A link leads to a page, and nowhere else.
            "href" if !text.starts_with("https://") => element,
            // What is drawn there does not know how many pages there are in this one.
            "id" | "for" | "aria-labelledby" | "aria-describedby" | "aria-controls" => {
                element.attr(name(key), &form.part.id(text))
            }
            _ => match key.strip_prefix("on:") {
                Some(event) => element.on(name(event), issue(form.part, value.clone())),
                None => element.attr(name(key), text),
            },
        };
    }
    for child in children {
        element = match child {
            Value::String(text) => element.text(text),
            child => element.child(grown(form, child)),
        };
    }
    element
}

/// Issues a command that comes as data.
fn issue(props: &PartProps, command: Value) -> Callback<web_sys::Event> {
    let act = props.act.clone();
    Callback::from(move |event: web_sys::Event| {
        event.prevent_default();
        if let Some(command) = Command::read(&command) {
            act.emit(command);
        }
    })
}

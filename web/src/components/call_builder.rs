//! Any call of the table, folded up at first: its form, which the scribe draws, and what is to be
//! expected of the call. One that will be refused can be sent all the same.

use web_sys::Element;
use yew::prelude::*;

use super::PartProps;
use super::calls::foresight;
use super::desk::{failed, grown};
use super::element::{El, el, group};
use super::field::target;
use super::form::{Form, form};
use super::guide_pane::goes_to;
use super::icon::Icon;
use super::loading::waiting;
use crate::app::command::Command;
use crate::lab::Action;
use crate::lab::builder::{self, Edit, Lint};
use crate::words::say;

/// Any call of the table.
pub(crate) fn call_builder(props: &PartProps) -> El {
    let open = props.lab.builder.open;
    let toggle = props.on_event(|event| {
        let is_open = target::<Element>(event).is_some_and(|element| element.has_attribute("open"));
        if is_open { Command::Unfold } else { Command::just(Action::Built(Edit::Open(false))) }
    });
    let details = el("details.acc-more.acc-builder")
        .flag("open", open)
        .on("toggle", toggle)
        .child(el("summary").child(el("h2").text("Any call")))
        .child(if open { form("call", props, body) } else { Html::default() });
    el("section.acc-part").child(details)
}

fn body(form: &Form<'_>) -> El {
    let props = form.part;
    let lab = &props.lab;
    match &lab.view.scribe {
        None => return waiting("Loading"),
        Some(Err(why)) => return failed(why),
        Some(Ok(())) => {}
    }
    let draft = lab.builder.draft(|told| props.draw.emit(("offered", told)));
    let foreseen = builder::lint(lab.builder.row, lab.dialect, &draft.parameters, |call| {
        props.foresee.emit(call)
    });
    let (place, line) = match (&draft.error, &foreseen) {
        (Some(error), _) => (None, cannot(&say("its JSON cannot be read: {0}", &[error]))),
        (None, Lint::Unsendable(why)) => (None, cannot(why)),
        (None, Lint::Foreseen { what, place }) => (place.as_ref(), foresight(lab, what)),
    };
    let own = group()
        .child(el("p.acc-lint").id(&props.id("call-lint")).child(line))
        .child(goes_to(props, None));
    let drawn = props.draw.emit(("call", lab.builder.told(&draft, place)));
    grown(form, &drawn, &own.into())
}

fn cannot(why: &str) -> El {
    let why = say("cannot be sent: {0}", &[why]);
    el("span.acc-warn-text").text(&why).icon(Icon::Warning)
}

//! A package and its check: choosing it, reading it, and what was found.

use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, HtmlInputElement};
use yew::Callback;

use super::PartProps;
use super::add_files::files_of;
use super::element::{El, button, el, group, heading};
use super::field::target;
use super::files::moving;
use super::icon::Icon;
use super::package_report::package_report;
use crate::app::command::Command;
use crate::lab::{Check, Format};
use crate::words::say;

/// A package and its check.
pub(crate) fn package_pane(props: &PartProps) -> El {
    let act = props.act.clone();
    let drop = Callback::from(move |event: Event| {
        event.prevent_default();
        let event = event.unchecked_into::<DragEvent>();
        if let Some(transfer) = event.data_transfer() {
            act.emit(Command::CheckDropped(transfer));
        }
    });
    let content = match &props.lab.check {
        None => choice(props),
        Some(check) => checked(props, check),
    };
    el("div.acc-package")
        .on("drop", drop)
        .on("dragover", Callback::from(|event: Event| event.prevent_default()))
        .child(content)
}

fn choice(props: &PartProps) -> El {
    let id = props.id("package");
    let pick = props.on_event(|event| {
        let input = target::<HtmlInputElement>(event);
        Command::Check(files_of(input.and_then(|input| input.files())))
    });
    let why = "Will a content library accept it? Find out before anything is uploaded.";
    let how =
        "or drop it here: an OVA, an OVF together with its files or in their folder, or an ISO.";
    let input = el("input").id(&id).attr("type", "file").flag("multiple", true).on_change(pick);
    let choice = el("div.acc-drop.acc-drop-large")
        .child(el("label").attr("for", &id).text("Choose a package").icon(Icon::Upload))
        .child(input)
        .child(el("p.acc-hint").text(how));
    group()
        .child(heading().text("Check a package"))
        .child(el("p").text(why))
        .child(choice)
        .child(stays_here(props))
}

/// Where the bytes go: nowhere.
fn stays_here(props: &PartProps) -> El {
    let live = props.lab.target.is_live();
    el("p.acc-hint").text(if live {
        "Files are read in this browser. Nothing is sent, although the target is LIVE."
    } else {
        "Files are read in this browser. Nothing is sent."
    })
}

fn checked(props: &PartProps, check: &Check) -> El {
    let name = &check.name;
    match &check.found {
        None => {
            let moving = moving(&check.progress, &say("Check of {0}", &[name]));
            group()
                .child(heading().text(&say("Reading {0}", &[name])))
                .child(el("div.acc-moving").child(moving))
                .child(el("p").child(leave(props, "Cancel check").icon(Icon::Stop)))
                .child(stays_here(props))
        }
        Some(Err(why)) => group()
            .child(heading().text(&say("{0} could not be read", &[name])))
            .child(el("p.acc-failure").english().text(why))
            .child(el("p").child(leave(props, "Check another").icon(Icon::Repeat))),
        Some(Ok(found)) => package_report(&found["outline"], actions(props, check)),
    }
}

fn actions(props: &PartProps, check: &Check) -> El {
    let copy = |format, word| {
        button(word).icon(Icon::Copy).on_click(props.on(move || Command::CopyReport(format)))
    };
    let run = button("Run it through a simulated session")
        .icon(Icon::Simulated)
        .on_click(props.on(|| Command::RunPackage));
    let buttons = el("p.acc-buttons")
        .child(run)
        .child(copy(Format::Markdown, "Copy as Markdown"))
        .child(copy(Format::Json, "Copy as JSON"))
        .child(leave(props, "Check another").icon(Icon::Repeat));
    let mut note = check.copied().unwrap_or_default();
    if props.lab.target.is_live() {
        note += " ";
        note += &leaves(props);
    }
    group().child(buttons).child(el("p.acc-hint").text(&note))
}

/// What it means to go from a server to the simulator.
pub(super) fn leaves(props: &PartProps) -> String {
    let lab = &props.lab;
    let message = if lab.is_connected() {
        "The run goes to the simulator in this page and sends nothing to {0}, where your API login ends."
    } else {
        "The run goes to the simulator in this page and sends nothing to {0}."
    };
    say(message, &[lab.host()])
}

fn leave(props: &PartProps, word: &str) -> El {
    button(word).on_click(props.on(|| Command::LeaveCheck))
}

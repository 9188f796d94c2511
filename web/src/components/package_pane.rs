//! A package and its check: choosing it, reading it, and what was found.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::PartProps;
use super::add_files::files_of;
use super::element::{element, heading, joined, said, written};
use super::files::moving;
use super::icon::{Icon, draw};
use super::package_report::package_report;
use crate::app::command::Command;
use crate::lab::{Check, Format};

/// A package and its check.
pub(crate) fn package_pane(props: &PartProps) -> Html {
    let act = props.act.clone();
    let ondrop = Callback::from(move |event: DragEvent| {
        event.prevent_default();
        if let Some(transfer) = event.data_transfer() {
            act.emit(Command::CheckDropped(transfer));
        }
    });
    let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
    let content = match &props.lab.check {
        None => choice(props),
        Some(check) => checked(props, check),
    };
    html! { <div class="acc-package" {ondrop} {ondragover}>{content}</div> }
}

fn choice(props: &PartProps) -> Html {
    let id = props.id("package");
    let act = props.act.clone();
    let onchange = Callback::from(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        act.emit(Command::Check(files_of(input.files())));
    });
    let why = "Will a content library accept it? Find out before anything is uploaded.";
    let how =
        "or drop it here: an OVA, an OVF together with its files or in their folder, or an ISO.";
    let choice = html! {
        <div class="acc-drop acc-drop-large">
            <label for={id.clone()}>{draw(Icon::Upload)}{"Choose a package"}</label>
            <input {id} type="file" multiple=true {onchange} />
            {said("p", "acc-hint", how)}
        </div>
    };
    joined(vec![heading(written("Check a package")), said("p", "", why), choice, stays_here(props)])
}

/// Where the bytes go: nowhere.
fn stays_here(props: &PartProps) -> Html {
    let live = if props.lab.target.is_live() { ", although the target is LIVE" } else { "" };
    said("p", "acc-hint", &format!("Files are read in this browser. Nothing is sent{live}."))
}

fn checked(props: &PartProps, check: &Check) -> Html {
    match &check.found {
        None => joined(vec![
            heading(written(&format!("Reading {}", check.name))),
            element(
                "div",
                "acc-moving",
                moving(&check.progress, format!("Check of {}", check.name)),
            ),
            element("p", "", leave(props, Icon::Stop, "Cancel check")),
            stays_here(props),
        ]),
        Some(Err(why)) => joined(vec![
            heading(written(&format!("{} could not be read", check.name))),
            said("p", "acc-failure", why),
            element("p", "", leave(props, Icon::Repeat, "Check another")),
        ]),
        Some(Ok(found)) => package_report(&found["outline"], actions(props, check)),
    }
}

fn actions(props: &PartProps, check: &Check) -> Html {
    let copy = |format, word| button(props, Icon::Copy, word, move || Command::CopyReport(format));
    let run = "Run it through a simulated session";
    let buttons = vec![
        button(props, Icon::Simulated, run, || Command::RunPackage),
        copy(Format::Markdown, "Copy as Markdown"),
        copy(Format::Json, "Copy as JSON"),
        leave(props, Icon::Repeat, "Check another"),
    ];
    let mut note = check.copied().unwrap_or_default();
    if props.lab.target.is_live() {
        note += " The run goes to the simulator in this page and sends nothing to ";
        note += props.lab.host();
        note += if props.lab.is_connected() { ", where your API login ends." } else { "." };
    }
    joined(vec![element("p", "acc-buttons", joined(buttons)), said("p", "acc-hint", &note)])
}

fn leave(props: &PartProps, icon: Icon, word: &'static str) -> Html {
    button(props, icon, word, || Command::LeaveCheck)
}

fn button(
    props: &PartProps,
    icon: Icon,
    word: &'static str,
    command: impl Fn() -> Command + 'static,
) -> Html {
    let onclick: Callback<MouseEvent> = props.on(command);
    html! { <button type="button" {onclick}>{draw(icon)}{word}</button> }
}

//! The script that does again what was called: one call, or the whole run.

use accession_code::Language;

use super::PartProps;
use super::desk::failed;
use super::element::{El, button, el};
use super::field::{Select, entered};
use super::icon::Icon;
use super::loading::{empty, waiting};
use crate::app::command::Command;
use crate::lab::Action;
use crate::words::say;

const RUN: &str = "run";

/// The script that does again what was called. It is written once somebody looks.
pub(crate) fn code_pane(props: &PartProps) -> El {
    let open = props.lab.view.code;
    let toggle = button("Code")
        .class("acc-unfold")
        .attr_bool("aria-expanded", open)
        .on_click(props.on(move || Command::just(Action::CodeOpened(!open))));
    el("section.acc-part")
        .attr("data-testid", "code")
        .child(el("h2").child(toggle))
        .child(open.then(|| body(props)))
}

fn body(props: &PartProps) -> El {
    let (lab, view) = (&props.lab, &props.lab.view);
    let Some(called) = lab.entry().and_then(|entry| entry.call()) else {
        return empty("Send a call, and a script that does the same stands here.");
    };
    let languages = Select::new(
        props.id("code-language"),
        "Language",
        props.on_event(|event| {
            let language = Language::named(&entered(event));
            Command::just(Action::LanguageChosen(language.unwrap_or(Language::Curl)))
        }),
    );
    let languages = Language::ALL.into_iter().fold(languages, |list, language| {
        list.named(language.name(), language.name(), language == view.language)
    });
    let scope = Select::new(
        props.id("code-scope"),
        "Code for",
        props.on_event(|event| Command::just(Action::RunShown(entered(event) == RUN))),
    );
    let this = say("this call: {0}", &[&called.operation]);
    let scope = scope.option("call", &this, !view.whole_run);
    let run = if lab.selected.is_none() { "the whole run" } else { "the run up to here" };
    let scope = scope.option(RUN, run, view.whole_run);
    let text = match lab.written() {
        Some(text) => written(props, text),
        None => waiting("The code is being written."),
    };
    el("div.acc-stack").child(scope.draw()).child(languages.draw()).child(text)
}

fn written(props: &PartProps, text: &Result<String, String>) -> El {
    let text = match text {
        Err(why) => return failed(why),
        Ok(text) => text,
    };
    let copied = text.clone();
    let copy = button("Copy code")
        .class("acc-small")
        .icon(Icon::Copy)
        .on_click(props.on(move || Command::Copy(copied.clone())));
    let text = el("pre.acc-wire.acc-code")
        .attr("role", "region")
        .attr("aria-label", &say("Code, {0}", &[props.lab.view.language.name()]))
        .attr("tabindex", "0")
        .exact()
        .text(text);
    el("div.acc-stack").child(copy).child(text)
}

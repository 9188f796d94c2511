//! The script that does again what was called: one call, or the whole run.

use super::PartProps;
use super::element::{El, button, el, part};
use super::field::{Select, entered};
use super::icon::Icon;
use super::loading::empty;
use crate::app::command::Command;
use crate::lab::Action;
use crate::lab::code::{self, Language};

const RUN: &str = "run";

/// The script that does again what was called.
pub(crate) fn code_pane(props: &PartProps) -> El {
    let (lab, view) = (&props.lab, &props.lab.view);
    let part = part("Code").attr("data-testid", "code");
    let Some(called) = lab.entry().and_then(|entry| entry.call()) else {
        return part.child(empty("Send a call, and a script that does the same stands here."));
    };
    let code = if view.whole_run {
        code::run(&lab.shown_log().run(), view.language)
    } else {
        code::call(called, view.language)
    };
    let languages = Select::new(
        props.id("code-language"),
        "Language",
        props.on_event(|event| {
            let name = entered(event);
            let language = Language::ALL.into_iter().find(|language| language.name() == name);
            Command::just(Action::LanguageChosen(language.unwrap_or(Language::Curl)))
        }),
    );
    let languages = Language::ALL.into_iter().fold(languages, |list, language| {
        list.option(language.name(), language.name(), language == view.language)
    });
    let scope = Select::new(
        props.id("code-scope"),
        "Code for",
        props.on_event(|event| Command::just(Action::RunShown(entered(event) == RUN))),
    );
    let this = format!("this call: {}", called.operation);
    let scope = scope.option("call", &this, !view.whole_run);
    let scope = scope.option(RUN, "the whole run", view.whole_run);
    let copied = code.clone();
    let copy = button("Copy code")
        .class("acc-small")
        .icon(Icon::Copy)
        .on_click(props.on(move || Command::Copy(copied.clone())));
    let text = el("pre.acc-wire.acc-code")
        .attr("role", "region")
        .attr("aria-label", &format!("Code, {}", view.language.name()))
        .attr("tabindex", "0")
        .exact()
        .text(&code);
    part.child(scope.draw()).child(languages.draw()).child(copy).child(text)
}

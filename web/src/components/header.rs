//! The top of the page: what it is, where calls go, and which pane is in front.

use yew::prelude::*;

use super::PartProps;
use super::element::{El, button, el};
use super::field::{Select, entered};
use super::icon::Icon;
use crate::app::command::Command;
use crate::lab::{Action, Connection, Lab, Pane, Target, Theme};

/// The top of the page.
pub(crate) fn header(props: &PartProps) -> El {
    let lab = &props.lab;
    let on_theme = {
        let act = props.act.clone();
        Callback::from(move |event| {
            let theme = match entered(&event).as_str() {
                "light" => Theme::Light,
                "dark" => Theme::Dark,
                _ => Theme::System,
            };
            act.emit(Command::just(Action::Themed(theme)));
        })
    };
    let themes = Select::new(props.id("theme"), "Theme", on_theme)
        .option("system", "System", lab.view.theme == Theme::System)
        .option("light", "Light", lab.view.theme == Theme::Light)
        .option("dark", "Dark", lab.view.theme == Theme::Dark);
    let tabs = [Pane::Guide, Pane::Session, Pane::Explain, Pane::Log];
    el("header.acc-header")
        .child(el("p.acc-brand").text("Accession").icon(Icon::Logo))
        .child(target_badge(lab))
        .child(
            el("div.acc-header-end")
                .child(themes.beside())
                .child(button("Keys").on_click(props.on(|| Command::Open("keys".to_owned())))),
        )
        .child(
            el("nav.acc-tabs")
                .attr("aria-label", "Panes")
                .children(tabs.map(|pane| tab(props, pane))),
        )
}

fn tab(props: &PartProps, pane: Pane) -> El {
    let shown = props.lab.view.pane == pane;
    let (class, word) = match pane {
        Pane::Guide => ("acc-tab-guide", "Guide"),
        Pane::Session => ("acc-tab-session", "Session"),
        Pane::Explain => ("acc-tab-explain", "Explain"),
        Pane::Log => ("acc-tab-log", "Log"),
    };
    // Pressed again, a drawer closes.
    let next = if shown { Pane::Session } else { pane };
    button(word)
        .class(class)
        .attr_bool("aria-pressed", shown)
        .on_click(props.on(move || Command::just(Action::Showed(next))))
}

/// Who is being talked to: a word, a shape and a colour.
fn target_badge(lab: &Lab) -> El {
    let host = match lab.gateway() {
        Some(gateway) => format!("{} through {gateway}", lab.host()),
        None => lab.host().to_owned(),
    };
    let (icon, word) = match lab.target {
        Target::Simulated => (Icon::Simulated, "SIMULATED"),
        Target::Live { .. } => (Icon::Live, "LIVE"),
    };
    let detail = match (&lab.target, &lab.connection) {
        (Target::Simulated, _) => "in this page".to_owned(),
        (_, Connection::Open { user: Some(user) }) => format!("{host} as {user}"),
        (_, Connection::Open { user: None }) => host,
        (_, Connection::Opening) => format!("signing in to {host}"),
        (_, Connection::Closed | Connection::Failed(_)) => "not signed in".to_owned(),
    };
    el("p.acc-target")
        .attr("data-testid", "target")
        .child(el("span.acc-target-word").text(word).icon(icon))
        .child(el("span.acc-target-detail").text(&detail))
}

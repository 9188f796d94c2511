//! The top of the page: what it is, where calls go, and which pane is in front.

use yew::prelude::*;

use super::PartProps;
use super::field::selected;
use super::icon::{Icon, draw};
use crate::app::command::Command;
use crate::lab::{Action, Connection, Lab, Pane, Target, Theme};

/// The top of the page.
pub(crate) fn header(props: &PartProps) -> Html {
    let lab = &props.lab;
    let theme_id = props.id("theme");
    let on_theme = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let theme = match selected(&event).as_str() {
                "light" => Theme::Light,
                "dark" => Theme::Dark,
                _ => Theme::System,
            };
            act.emit(Command::just(Action::Themed(theme)));
        })
    };
    let themes = [
        (Theme::System, "system", "System"),
        (Theme::Light, "light", "Light"),
        (Theme::Dark, "dark", "Dark"),
    ];
    html! {
        <header class="acc-header">
            <p class="acc-brand">{draw(Icon::Logo)}{"Accession"}</p>
            {target_badge(lab)}
            <div class="acc-header-end">
                <label for={theme_id.clone()}>{"Theme"}</label>
                <select id={theme_id} onchange={on_theme}>
                    { for themes.into_iter().map(|(theme, value, word)| html! {
                        <option {value} selected={lab.view.theme == theme}>{word}</option>
                    }) }
                </select>
            </div>
            <nav class="acc-tabs" aria-label="Panes">
                { for [Pane::Guide, Pane::Session, Pane::Explain, Pane::Log].map(|pane| tab(props, pane)) }
            </nav>
        </header>
    }
}

fn tab(props: &PartProps, pane: Pane) -> Html {
    let shown = props.lab.view.pane == pane;
    let (class, word) = match pane {
        Pane::Guide => ("acc-tab-guide", "Guide"),
        Pane::Session => ("acc-tab-session", "Session"),
        Pane::Explain => ("acc-tab-explain", "Explain"),
        Pane::Log => ("acc-tab-log", "Log"),
    };
    // Pressed again, a drawer closes.
    let next = if shown { Pane::Session } else { pane };
    html! {
        <button type="button" class={class} aria-pressed={shown.to_string()}
            onclick={props.on(move || Command::just(Action::Showed(next)))}>
            {word}
        </button>
    }
}

/// Who is being talked to: a word, a shape and a colour.
fn target_badge(lab: &Lab) -> Html {
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
    html! {
        <p class="acc-target" data-testid="target">
            <span class="acc-target-word">{draw(icon)}{word}</span>
            <span class="acc-target-detail">{detail}</span>
        </p>
    }
}

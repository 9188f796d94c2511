//! The top of the page: what it is, where calls go, and which pane is in front.

use super::PartProps;
use super::element::{El, button, el};
use super::icon::Icon;
use crate::app::command::Command;
use crate::lab::{Action, Connection, Lab, Pane, Target};
use crate::words::say;

/// The sheets that can be opened from everywhere.
const SHEETS: [(&str, &str); 4] = [
    ("Scenarios", "scenarios"),
    ("Commands", "commands"),
    ("Settings", "settings"),
    ("Keys", "keys"),
];

/// The top of the page.
pub(crate) fn header(props: &PartProps) -> El {
    let lab = &props.lab;
    el("header.acc-header")
        .child(el("p.acc-brand").exact().text("Accession").icon(Icon::Logo))
        .child(target_badge(lab))
        .child(el("div.acc-header-end").children(SHEETS.map(|(word, sheet)| {
            button(word)
                .class("acc-quiet acc-small")
                .attr("aria-haspopup", "dialog")
                .on_click(props.on(move || Command::Open(sheet.to_owned())))
        })))
}

/// The buttons of the panes, where not all of them fit.
pub(crate) fn tabs(props: &PartProps) -> El {
    el("nav.acc-tabs").attr("aria-label", "Panes").children(Pane::ALL.map(|pane| tab(props, pane)))
}

fn tab(props: &PartProps, pane: Pane) -> El {
    let shown = props.lab.view.pane == pane;
    let narrow = props.lab.view.narrow;
    let (class, word) = match pane {
        Pane::Guide => ("acc-tab-guide", "Guide"),
        Pane::Session => ("acc-tab-session", "Session"),
        Pane::Explain => ("acc-tab-explain", "Explain"),
        Pane::Log => ("acc-tab-log", "Log"),
    };
    let press = move || {
        Command::just(match pane {
            // Pressed again, a drawer closes.
            _ if shown && !narrow => Action::Showed(Pane::Session),
            Pane::Session => Action::Showed(pane),
            _ => Action::Went(pane, pane.name()),
        })
    };
    button(word)
        .id(&props.id(pane.tab()))
        .class(class)
        .attr_bool("aria-expanded", shown)
        .attr("aria-controls", &props.id(pane.name()))
        .on_click(props.on(press))
}

/// Who is being talked to: a word, a shape and a colour.
fn target_badge(lab: &Lab) -> El {
    let host = match lab.gateway() {
        Some(gateway) => say("{0} through {1}", &[lab.host(), gateway]),
        None => lab.host().to_owned(),
    };
    let (icon, word) = match lab.target {
        Target::Simulated => (Icon::Simulated, "SIMULATED"),
        Target::Live { .. } => (Icon::Live, "LIVE"),
        Target::Replay { .. } => (Icon::Waiting, "REPLAY"),
    };
    let detail = el("span.acc-target-detail");
    let detail = match (&lab.target, &lab.connection) {
        (Target::Simulated, _) => detail.text("in this page"),
        (Target::Replay { .. }, _) => detail.text(&say("recorded from {0}", &[&host])),
        (_, Connection::Open { user: Some(user) }) => {
            detail.text(&say("{0} as {1}", &[&host, user]))
        }
        (_, Connection::Open { user: None }) => detail.exact().text(&host),
        (_, Connection::Opening) => detail.text(&say("signing in to {0}", &[&host])),
        (_, Connection::Closed | Connection::Failed(_)) => detail.text("not signed in"),
    };
    el("p.acc-target")
        .attr("data-testid", "target")
        .child(el("span.acc-target-word").text(word).icon(icon))
        .child(detail)
}

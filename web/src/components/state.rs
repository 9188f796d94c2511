//! States as a drawing and a word: colour never stands alone.

use accession_core::model::{SessionState, TransferStatus};
use yew::prelude::*;

use super::icon::{Icon, draw};
use crate::lab::Life;

/// Where a session is in its life.
pub(crate) fn life_badge(life: &Life) -> Html {
    let (class, icon, word) = match life {
        Life::Unknown => ("unknown", Icon::Unknown, "not read yet"),
        Life::Gone => ("gone", Icon::Gone, "Gone"),
        Life::State(state) => (state_class(state), state_icon(state), state.as_str()),
    };
    let on_wire = matches!(life, Life::State(_));
    html! {
        <span class={classes!("acc-state", format!("acc-state-{class}"), on_wire.then_some("acc-mono"))}
            translate={on_wire.then_some("no")}>
            {draw(icon)}{word}
        </span>
    }
}

fn state_class(state: &SessionState) -> &'static str {
    match state {
        SessionState::Active => "active",
        SessionState::Done => "done",
        SessionState::Error => "error",
        SessionState::Canceled => "canceled",
        SessionState::Unknown(_) => "unknown",
    }
}

fn state_icon(state: &SessionState) -> Icon {
    match state {
        SessionState::Active => Icon::Active,
        SessionState::Done => Icon::Done,
        SessionState::Error => Icon::Error,
        SessionState::Canceled => Icon::Canceled,
        SessionState::Unknown(_) => Icon::Unknown,
    }
}

/// How far a file is.
pub(crate) fn status_badge(status: &TransferStatus) -> Html {
    let (class, icon) = match status {
        TransferStatus::WaitingForTransfer => ("waiting", Icon::Waiting),
        TransferStatus::Transferring => ("active", Icon::Upload),
        TransferStatus::Validating => ("active", Icon::Active),
        TransferStatus::Ready => ("done", Icon::Done),
        TransferStatus::Error => ("error", Icon::Error),
        TransferStatus::Unknown(_) => ("unknown", Icon::Unknown),
    };
    html! {
        <span class={classes!("acc-state", "acc-mono", format!("acc-state-{class}"))} translate="no">
            {draw(icon)}{wrappable(status.as_str())}
        </span>
    }
}

/// Lets a long name in capitals break after its underscores.
pub(crate) fn wrappable(text: &str) -> Html {
    html! {
        for part in text.split_inclusive('_') {
            {part.to_owned()}<wbr />
        }
    }
}

//! States as a drawing and a word: colour never stands alone.

use accession_core::model::{SessionState, TransferStatus};

use super::element::{El, el, group};
use super::icon::Icon;
use crate::lab::Life;

/// Where a session is in its life.
pub(crate) fn life_badge(life: &Life) -> El {
    let (class, icon, word) = match life {
        Life::Unknown => ("unknown", Icon::Unknown, "not read yet"),
        Life::Gone => ("gone", Icon::Gone, "Gone"),
        Life::State(state) => (state_class(state), state_icon(state), state.as_str()),
    };
    let wire = matches!(life, Life::State(_));
    badge(class, icon, wire).text(word)
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
pub(crate) fn status_badge(status: &TransferStatus) -> El {
    let (class, icon) = status_look(status);
    badge(class, icon, true).child(wrappable(status.as_str()))
}

/// The class and the drawing of a file's status.
pub(super) const fn status_look(status: &TransferStatus) -> (&'static str, Icon) {
    match status {
        TransferStatus::WaitingForTransfer => ("waiting", Icon::Waiting),
        TransferStatus::Transferring => ("active", Icon::Upload),
        TransferStatus::Validating => ("active", Icon::Active),
        TransferStatus::Ready => ("done", Icon::Done),
        TransferStatus::Error => ("error", Icon::Error),
        TransferStatus::Unknown(_) => ("unknown", Icon::Unknown),
    }
}

/// A drawing in the colour of a state; `wire` if a word of the wire follows.
fn badge(class: &str, icon: Icon, wire: bool) -> El {
    let mono = if wire { " acc-mono" } else { "" };
    let badge = el("span").class(&format!("acc-state acc-state-{class}{mono}")).icon(icon);
    if wire { badge.exact() } else { badge }
}

/// Lets a long name in capitals break after its underscores.
pub(crate) fn wrappable(text: &str) -> El {
    text.split_inclusive('_').fold(group().exact(), |name, part| name.text(part).child(el("wbr")))
}

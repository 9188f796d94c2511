//! Loading, failed and empty, drawn the same everywhere.

use yew::prelude::*;

use super::icon::{Icon, draw};
use crate::lab::{Lab, Loaded, Trouble};

/// Draws what was read, or why it is not there.
pub(crate) fn loaded<T>(
    lab: &Lab,
    what: &Loaded<T>,
    empty: &str,
    is_empty: impl Fn(&T) -> bool,
    show: impl Fn(&T) -> Html,
) -> Html {
    match what {
        Loaded::Absent => html! {},
        Loaded::Loading => html! {
            <p class="acc-empty">{draw(Icon::Waiting)}{" Reading from the server"}</p>
        },
        Loaded::Failed(error) => failure(&lab.trouble(error)),
        Loaded::Ready(thing) if is_empty(thing) => html! { <p class="acc-empty">{empty}</p> },
        Loaded::Ready(thing) => show(thing),
    }
}

/// Draws an error.
pub(crate) fn failure(trouble: &Trouble) -> Html {
    html! {
        <div class="acc-failure">
            <p>{draw(Icon::Error)}{" "}<strong>{"The call "}{&trouble.said}</strong></p>
            { for trouble.because.iter().map(|line| html! { <p>{line}</p> }) }
            { for trouble.next.iter().map(|line| html! { <p>{line}</p> }) }
        </div>
    }
}

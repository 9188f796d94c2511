//! Loading, failed and empty, drawn the same everywhere.

use std::slice::from_ref;

use super::element::{El, el, group};
use super::icon::Icon;
use crate::lab::{Lab, Loaded, Trouble};
use crate::words::{Said, say, word};

/// Draws what was read, or why it is not there.
pub(crate) fn loaded<T>(lab: &Lab, what: &Loaded<T>, show: impl FnOnce(&T) -> El) -> El {
    match what {
        Loaded::Absent => group(),
        Loaded::Loading => waiting(" Reading from the server"),
        Loaded::Failed(error) => failure(&lab.trouble("", error)),
        Loaded::Ready(thing) => show(thing),
    }
}

/// Says that there is nothing.
pub(crate) fn empty(text: &str) -> El {
    el("p.acc-empty").text(text)
}

/// Says what is on its way.
pub(crate) fn waiting(text: &str) -> El {
    empty(text).icon(Icon::Waiting)
}

/// Draws an error.
pub(crate) fn failure(trouble: &Trouble) -> El {
    let said = el("strong").text(&say(trouble.said, &[&word("The call")]));
    el("div.acc-failure")
        .child(el("p").text(" ").child(said).icon(Icon::Error))
        .child(lines(&trouble.because))
        .child(lines(&trouble.next))
}

/// A paragraph for each line.
pub(crate) fn lines(lines: &[Said]) -> El {
    group().children(lines.iter().map(|line| said(el("p"), from_ref(line))))
}

/// What is said one after the other.
pub(crate) fn said(element: El, said: &[Said]) -> El {
    said.iter().fold(element, |element, Said { text, quoted }| match quoted {
        true => element.child(el("span").english().text(text)),
        false => element.text(text),
    })
}

//! The keys that the page listens to.

use crate::tree::{El, el};

/// Where they work, which, and what they do.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("Ctrl K", "Find anything that can be done"),
            ("Ctrl Z", "Undo the last step of the run"),
            ("Ctrl Shift Z", "Do it again"),
            ("Esc", "Close what lies on top, or the open drawer"),
        ],
    ),
    (
        "Everywhere but in fields",
        &[
            ("g s", "Go to the session"),
            ("g l", "Go to the wire log"),
            ("g e", "Go to what explains"),
            ("g d", "Go to the diagram"),
            ("c", "Copy the code; open it first, if it is closed"),
            ("?", "Show these keys"),
        ],
    ),
    ("In the call builder", &[("Ctrl Enter", "Send the call")]),
    (
        "In the timeline",
        &[
            ("[", "The entry before"),
            ("]", "The next entry"),
            ("Home", "The first entry"),
            ("End", "The last entry"),
            (".", "Let time leap to the next event"),
            ("Space", "Let time stand still or go on, unless on a button"),
            ("f", "Go on from here in a new branch"),
        ],
    ),
];

/// The keys.
pub(crate) fn keys() -> El {
    let key = |(keys, what): &(&str, &str)| {
        // A space, or they would be heard as one word.
        let keys = keys.split(' ').map(|key| el("").child(el("kbd").exact().text(key)).text(" "));
        el("").child(el("dt").children(keys)).child(el("dd").text(what))
    };
    let sections = KEYS.iter().map(|(place, keys)| {
        el("section")
            .child(el("h3").text(place))
            .child(el("dl.acc-keys").children(keys.iter().map(key)))
    });
    let off = "On a Mac, ⌘ does what Ctrl does. Single keys can be switched off in Settings.";
    el("div.acc-stack").children(sections).child(el("p.acc-hint").text(off))
}

//! The keys that the page listens to.

use crate::tree::{El, el};

/// Where they work, which, and what they do.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("Ctrl Z", "Undo the last step of the run"),
            ("Ctrl Shift Z", "Do it again"),
            ("Esc", "Close what lies on top"),
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
    el("div.acc-stack").children(KEYS.iter().map(|(place, keys)| {
        el("section")
            .child(el("h3").text(place))
            .child(el("dl.acc-keys").children(keys.iter().map(key)))
    }))
}

//! How a run leaves the page, and how one comes in.

use serde_json::json;

use super::Facts;
use crate::tree::{El, button, el};

/// The ways of a run out of the page and into it.
pub(crate) fn run(facts: &Facts<'_>) -> El {
    let simulated = *facts.get("simulated") == true;
    let way = |word, how: &str| button(word, json!(["pass", how]));
    let link = way("Copy a link", "link").flag("disabled", !simulated);
    let what = if simulated {
        "The whole run up to its latest entry. Opened anywhere, it is the same run again."
    } else {
        "What the server answered, without passwords, tokens and upload links. Names of hosts stay in it; a link has none, so there is none of it."
    };
    let said = el("p").attr("role", "status").attr("data-testid", "said");
    let said = if *facts.get("quoted") == true { said.english() } else { said };
    let said = said.text(facts.text("said"));
    el("div.acc-stack")
        .child(el("h3").text("Save or share"))
        .child(el("p.acc-hint").text(what))
        .child(
            el("p.acc-buttons")
                .child(way("Save run file", "run"))
                .child(way("Save HAR file", "har"))
                .child(link),
        )
        .child(
            el("p.acc-buttons")
                .child(way("Save report", "report"))
                .child(way("Save picture of the states", "states")),
        )
        .child(el("h3").text("Open"))
        .child(el("p.acc-hint").text(
            "A run file, or a HAR file of this page or of a browser. It is read here; nothing is sent, and what it tells of a server is only shown.",
        ))
        .child(el("p.acc-buttons").child(way("Open a file", "file")))
        .child(said)
}

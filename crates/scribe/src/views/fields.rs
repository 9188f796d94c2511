//! Fields of forms, with their labels. What is entered, the page keeps.

use serde_json::Value;

use super::Facts;
use crate::tree::{El, el};

/// A line of text.
pub(crate) fn text(facts: &Facts<'_>, name: &str, label: &str, otherwise: &str) -> El {
    let input = el("input.acc-mono")
        .attr("id", name)
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .exact()
        .keeps(name, facts.entered(name, otherwise));
    labelled(name, label, input)
}

/// One of several: the value, and what it is called.
pub(crate) fn choice(facts: &Facts<'_>, name: &str, label: &str, options: &[(&str, &str)]) -> El {
    let first = options.first().map_or("", |(value, _)| value);
    let chosen = facts.entered(name, first);
    let options = options.iter().map(|(value, word)| {
        let option = el("option").attr("value", value).flag("selected", *value == chosen);
        // What is called as it is written on the wire is nobody's language.
        if value == word { option.exact().text(word) } else { option.text(word) }
    });
    labelled(name, label, el("select").attr("id", name).keeps(name, chosen).children(options))
}

/// A label above a control.
pub(super) fn labelled(name: &str, label: &str, control: El) -> El {
    el("div.acc-field").child(el("label").attr("for", name).text(label)).child(control)
}

/// What is wrong with what is entered.
pub(crate) fn wrong(what: Value) -> El {
    el("p.acc-error-text").said(what)
}

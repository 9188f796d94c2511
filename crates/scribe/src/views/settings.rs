//! How the page looks, and what of that the browser keeps: words, of which the page knows the same.

use serde_json::{Value, json};

use super::Facts;
use crate::tree::{El, button, el, say, word};

/// What can be chosen: its word, and what it is called. One has no word: it is as it is at first.
type Choices = &'static [(&'static str, &'static str)];

/// What can be settled: what it is called, what there is to know of it, and the choices.
const CHOICES: [(&str, &str, Choices); 3] = [
    ("Theme", "", &[("", "As the system"), ("light", "Light"), ("dark", "Dark")]),
    ("Text", "For a projector, or to sit back.", &[("", "Normal"), ("large", "Larger, +35 %")]),
    (
        "Single keys",
        "Keys such as g, c or [ do something outside of fields. Those with Ctrl always do.",
        &[("", "On"), ("keys-off", "Off")],
    ),
];

const RESET: &str = "Reset the layout";
const FORGET: &str = "Forget everything";

/// The settings.
pub(crate) fn settings(facts: &Facts<'_>) -> El {
    let look = facts.text("look");
    let choices = CHOICES.iter().enumerate().map(|(number, (title, hint, choices))| {
        let id = format!("settings-{number}");
        let is_chosen = |word: &str| match word {
            "" => choices.iter().all(|(other, _)| other.is_empty() || !has(look, other)),
            word => has(look, word),
        };
        let buttons = choices.iter().map(|(word, name)| {
            let pressed = if is_chosen(word) { "true" } else { "false" };
            button(name, choose(look, choices, word)).attr("aria-pressed", pressed)
        });
        let group = el("div.acc-tasks")
            .attr("role", "group")
            .attr("aria-labelledby", &id)
            .children(buttons);
        let hint = if hint.is_empty() { el("") } else { el("p.acc-hint").text(hint) };
        el("section").child(el("h3").attr("id", &id).text(title)).child(group).child(hint)
    });
    let borders = "Drag a border between panes, or move it by arrow keys, Home and End. A double \
                   click or Enter brings it back.";
    let kept = "This browser keeps these settings, where the borders are, and whether the log is \
                open, for this page alone. It keeps nothing else: no host, no name, no password, \
                no token.";
    let panes = el("section")
        .child(el("h3").text("Panes"))
        .child(el("p.acc-hint").text(borders))
        .child(el("div.acc-buttons").child(button(RESET, reset(&open(look)))));
    let storage = el("section")
        .child(el("h3").text("What is kept"))
        .child(el("p.acc-hint").text(kept))
        .child(el("div.acc-buttons").child(button(FORGET, reset(""))));
    el("div.acc-stack.acc-settings").children(choices).child(panes).child(storage)
}

/// The same as commands, each by a name of its own, and what finds it.
pub(super) fn offers(facts: &Facts<'_>) -> impl Iterator<Item = (Value, String, Value)> {
    let look = facts.text("look");
    let choices = CHOICES.iter().flat_map(move |(title, _, choices)| {
        choices.iter().map(move |(kept, name)| {
            let said = say("{0}: {1}", &[word(title), word(name)]);
            let found = [facts.word(title), ": ", facts.word(name)].concat();
            (said, found, choose(look, choices, kept))
        })
    });
    let layout = [(RESET, reset(&open(look))), (FORGET, reset(""))];
    let layout = layout.map(|(name, reset)| (word(name), facts.word(name).to_owned(), reset));
    choices.chain(layout)
}

fn choose(look: &str, choices: &[(&str, &str)], word: &str) -> Value {
    json!(["look", with(look, choices, word)])
}

/// Puts the borders where they are at first; what else is settled is this.
fn reset(look: &str) -> Value {
    json!(["reset", look])
}

/// The same with the log open.
fn open(look: &str) -> String {
    with(look, &[("log-closed", "")], "")
}

fn has(look: &str, word: &str) -> bool {
    look.split_whitespace().any(|other| other == word)
}

/// What is settled, with another word for one of its things.
fn with(look: &str, choices: &[(&str, &str)], word: &str) -> String {
    let others =
        look.split_whitespace().filter(|other| choices.iter().all(|(one, _)| one != other));
    let words: Vec<&str> = others.chain(Some(word)).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(look: &str) -> String {
        Value::from(settings(&Facts(&json!({ "look": look })))).to_string()
    }

    #[test]
    fn a_choice_replaces_its_own_thing_alone() {
        let themes = CHOICES[0].2;
        assert_eq!(with("", themes, "dark"), "dark");
        assert_eq!(with("light large keys-off", themes, "dark"), "large keys-off dark");
        assert_eq!(with("light large", themes, ""), "large");
    }

    #[test]
    fn what_is_settled_is_pressed() {
        let pressed = |look: &str, name: &str| {
            let drawn = drawn(look);
            let button = drawn.split(r#"["button""#).find(|button| button.contains(name));
            button.unwrap().contains(r#""aria-pressed":"true""#)
        };
        assert!(pressed("", "As the system") && pressed("", "Normal") && pressed("", "\"On\""));
        assert!(pressed("dark", "\"Dark\"") && !pressed("dark", "As the system"));
        assert!(pressed("dark large keys-off", "Larger") && pressed("keys-off", "\"Off\""));
    }

    #[test]
    fn everything_is_forgotten_and_the_layout_is_reset() {
        let drawn = drawn("dark log-closed");
        assert!(drawn.contains(r#"["reset",""]"#), "{drawn}");
        assert!(drawn.contains(r#"["reset","dark"]"#), "{drawn}");
    }
}

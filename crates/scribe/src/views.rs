//! The parts of the page that are drawn here, because they are seldom looked at: the page renders what
//! these functions build, and hands in what they need to know.

mod call;
mod commands;
mod conditions;
mod fields;
mod keys;
mod run;
mod scenarios;
mod sequence;
mod settings;

use serde_json::{Value, json};

use crate::tree::{button, el};

/// What a view is told.
pub(crate) struct Facts<'a>(&'a Value);

impl<'a> Facts<'a> {
    /// A fact that is a text; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// A message as the page says it, where it speaks another language.
    pub(crate) fn word(&self, message: &'a str) -> &'a str {
        self.0["words"][message].as_str().unwrap_or(message)
    }

    /// A fact of any kind.
    pub(crate) fn get(&self, name: &str) -> &'a Value {
        &self.0[name]
    }

    /// Facts of their own.
    pub(crate) fn of(&self, name: &str) -> Self {
        Facts(&self.0[name])
    }

    /// What is entered by a name, or else what stands there from the beginning.
    pub(crate) fn entered(&self, name: &str, otherwise: &'a str) -> &'a str {
        self.0["entered"][name].as_str().unwrap_or(otherwise)
    }

    /// A fact that is a list.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = Facts<'a>> {
        self.0[name].as_array().map_or(&[][..], Vec::as_slice).iter().map(Facts)
    }
}

/// Draws a sheet, a picture, or the form of any call; it names itself in the facts.
pub(crate) fn draw(facts: &Value) -> Value {
    let facts = Facts(facts);
    let (title, body) = match facts.text("sheet") {
        "offered" => return call::offered(&facts),
        "call" => return call::call(&facts).into(),
        "conditions" => ("Conditions", conditions::conditions(&facts)),
        "commands" => ("Commands", commands::commands(&facts)),
        "keys" => ("Keys", keys::keys()),
        "scenarios" => ("Scenarios", scenarios::scenarios(&facts)),
        "settings" => ("Settings", settings::settings(&facts)),
        "run" => ("Save, share, open", run::run(&facts)),
        // It lies on no sheet.
        "sequence" => return sequence::sequence(&facts).into(),
        _ => ("Not here", el("p").text("This version of the page has no such sheet.")),
    };
    let head = el("div.acc-sheet-head")
        .child(el("h2").attr("id", "title").text(title))
        .child(button("Close", json!(["sheet", ""])));
    el("div").child(head).child(body).into()
}

//! All that can be done now, found by typing: what the page's own buttons do, any operation in the
//! builder, the sheets, and how the page looks. The page's part of it is told, and done, by
//! `js/commands.js`.

use serde_json::{Value, json};

use super::{Facts, settings};
use crate::call::{self, Phase};
use crate::tree::{El, count, el, say, word};

const SHEETS: [(&str, &str); 3] =
    [("Scenarios", "scenarios"), ("Settings", "settings"), ("Keys", "keys")];

/// The commands that fit what is typed.
pub(crate) fn commands(facts: &Facts<'_>) -> El {
    let typed = facts.entered("command", "");
    let field = el("input")
        .attr("type", "text")
        .attr("aria-label", "Find a command")
        .attr("placeholder", "What do you want to do?")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .flag("autofocus", true)
        .keeps("command", typed);
    let found: Vec<El> = all(facts).filter_map(|command| command.found_by(typed)).collect();
    let count = match found.len() {
        0 => word("Nothing fits. A call that is not possible now has its reason in Explain."),
        found => count(
            found,
            "One command. Enter does it.",
            "{0} commands. Enter does the first, arrow keys lead to the others.",
        ),
    };
    el("div.acc-stack.acc-commands")
        .child(field)
        .child(el("p.acc-hint").attr("role", "status").said(count))
        .child(el("ul").children(found.into_iter().map(|button| el("li").child(button))))
}

/// Something that can be done.
struct Offer<'a> {
    /// What it is called, and what finds it.
    name: Value,
    found: String,
    /// Where on the page it is done otherwise.
    place: &'a str,
    /// What is to be expected of it.
    hint: &'a str,
    button: El,
}

fn all<'a>(facts: &'a Facts<'a>) -> impl Iterator<Item = Offer<'a>> {
    let pressed = facts.list("actions").map(|action| {
        let (name, place) = (action.text("name"), action.text("place"));
        let button = plain().attr("data-press", name).attr("data-place", place);
        Offer { name: name.into(), found: name.into(), place, hint: action.text("hint"), button }
    });
    let phases = Phase::ALL.into_iter().filter(|_| facts.get("builds") == true);
    let built = phases.flat_map(move |phase| {
        phase.rows().map(move |row| {
            let button = plain().attr("data-build", &row.full_name());
            let operation = call::name_of(row);
            let found = facts.word("Build {0}").replace("{0}", &operation);
            let name = say("Build {0}", &[operation.into()]);
            Offer { name, found, place: phase.label(), hint: "", button }
        })
    });
    let issued = |place, name, found, command| Offer {
        name,
        found,
        place,
        hint: "",
        button: plain().on("click", command),
    };
    let settled = settings::offers(facts);
    let settled =
        settled.map(move |(name, found, command)| issued("Settings", name, found, command));
    let sheets = SHEETS.map(|(name, sheet)| {
        issued("", name.into(), facts.word(name).to_owned(), json!(["sheet", sheet]))
    });
    pressed.chain(settled).chain(sheets).chain(built)
}

fn plain() -> El {
    el("button").attr("type", "button")
}

impl Offer<'_> {
    /// Its button, if all words that are typed are in it somewhere.
    fn found_by(self, typed: &str) -> Option<El> {
        let Self { name, found, place, hint, button } = self;
        // The tables for letters beyond ASCII would be larger than all the rest of this.
        let text = format!("{found} {place} {hint}").to_ascii_lowercase();
        let typed = typed.to_ascii_lowercase();
        let fits = typed.split_ascii_whitespace().all(|word| text.contains(word));
        let both = if place.is_empty() || hint.is_empty() { "" } else { " · " };
        // What is said elsewhere on the page.
        let hint = el("span").exact().text(hint);
        let more = el("span.acc-sub").text(place).text(both).child(hint);
        fits.then(|| button.said(name).child(more))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::tree::in_english;

    fn facts(typed: &str) -> Value {
        json!({
            "look": "large",
            "entered": { "command": typed },
            "actions": [
                { "name": "Complete update session", "place": "", "hint": "will be refused: no bytes" },
                { "name": "To expiry", "place": "Simulated clock" },
            ],
            "builds": true,
        })
    }

    fn found(typed: &str) -> Vec<String> {
        let drawn = commands(&Facts(&facts(typed)));
        let drawn = Value::from(drawn);
        let items = drawn[4].as_array().unwrap()[2..].iter();
        items.map(|item| in_english(&item[2][2])).collect()
    }

    #[test]
    fn what_is_typed_finds_by_name_place_and_hint() {
        assert_eq!(found("COMPLETE"), ["Complete update session", "Build complete"]);
        assert_eq!(found("clock exp"), ["To expiry"]);
        assert_eq!(found("refused"), ["Complete update session"]);
        assert_eq!(found("theme dark"), ["Theme: Dark"]);
        assert!(found("no such thing").is_empty());
        assert!(found("").len() > 10);
    }

    #[test]
    fn each_says_how_it_is_done() {
        let drawn = Value::from(commands(&Facts(&facts("")))).to_string();
        for way in [
            r#""data-press":"To expiry","data-place":"Simulated clock""#,
            r#""data-build":"library.item.update_session.complete""#,
            r#"["look","large dark"]"#,
            r#"["sheet","keys"]"#,
        ] {
            assert!(drawn.contains(way), "{way} is not in {drawn}");
        }
    }
}

//! The situations to begin from: found by typing, and opened as any other run.

use accession_scenarios::{ALL, Group, Report, Scenario};
use serde_json::json;

use super::Facts;
use crate::tree::{El, button, el};

/// The scenarios that fit what is typed.
pub(crate) fn scenarios(facts: &Facts<'_>) -> El {
    let typed = facts.entered("scenario", "");
    let found: Vec<_> = ALL.iter().filter(|scenario| fits(scenario, typed)).collect();
    let count = match found.len() {
        0 => "None has all these words.".to_owned(),
        1 => "One scenario.".to_owned(),
        count => format!("{count} scenarios. Each opens as a run in the simulator, to go on from."),
    };
    let field = el("input")
        .attr("type", "search")
        .attr("id", "scenario")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .flag("autofocus", true)
        .keeps("scenario", typed);
    let groups = Group::ALL.into_iter().filter_map(|group| {
        let of_group = found.iter().filter(|scenario| scenario.group == group);
        let drawn: Vec<_> = of_group.map(|scenario| draw(scenario)).collect();
        let title = el("h3").text(group.title());
        (!drawn.is_empty()).then(|| el("section").child(title).children(drawn))
    });
    el("div.acc-stack")
        .child(el("label").attr("for", "scenario").text("Find a scenario"))
        .child(field)
        .child(el("p.acc-hint").attr("role", "status").text(&count))
        // In an element of their own: how many there are does not matter to the field then.
        .child(el("div.acc-stack").children(groups))
}

fn draw(scenario: &Scenario) -> El {
    let open = button("Open", json!(["pass", format!("scenario {}", scenario.id)]))
        .attr("aria-label", &format!("Open {}", scenario.title));
    let reports = scenario.reports.iter().map(|Report { title, url }| {
        let link = el("a")
            .attr("href", url)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .text(title);
        el("p.acc-hint").text("Reported: ").child(link)
    });
    el("article")
        .child(el("h4").text(scenario.title))
        .child(prose(scenario.about))
        .child(prose(scenario.attempt))
        .children(reports)
        .child(open)
}

/// A paragraph in which names stand between backticks.
fn prose(text: &str) -> El {
    text.split('`').enumerate().fold(el("p"), |paragraph, (place, part)| {
        if place % 2 == 0 {
            paragraph.text(part)
        } else {
            paragraph.child(el("code").exact().text(part))
        }
    })
}

/// Whether all words that are typed are in it somewhere.
fn fits(scenario: &Scenario, typed: &str) -> bool {
    let Scenario { group, title, about, attempt, .. } = scenario;
    // They are written in ASCII, and the tables for other letters would be most of this.
    let text = format!("{} {title} {about} {attempt}", group.title()).to_ascii_lowercase();
    typed.to_ascii_lowercase().split_ascii_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn drawn(typed: &str) -> String {
        let facts = json!({ "entered": { "scenario": typed } });
        Value::from(scenarios(&Facts(&facts))).to_string()
    }

    fn found(typed: &str) -> usize {
        drawn(typed).matches(r#"["article""#).count()
    }

    #[test]
    fn what_is_typed_finds_by_any_word() {
        assert_eq!(found(""), ALL.len());
        assert_eq!(found("NVRAM sent"), 1);
        assert_eq!(found("time keep_alive"), 3);
        assert_eq!(found("no such thing"), 0);
    }

    #[test]
    fn each_has_a_button_that_opens_it() {
        for Scenario { id, title, .. } in ALL {
            let button =
                format!(r#"["pass","scenario {id}"],"aria-label":"Open {title}"}},"Open"]"#,);
            assert!(drawn("").contains(&button), "{id}");
        }
    }

    #[test]
    fn names_are_nobodys_language() {
        let paragraph = Value::from(prose("Try: `complete`, or not.")).to_string();
        let code = r#"["code",{"translate":"no"},"complete"]"#;
        assert_eq!(paragraph, format!(r#"["p",{{}},"Try: ",{code},", or not."]"#));
    }
}

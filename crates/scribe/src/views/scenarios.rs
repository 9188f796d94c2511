//! The situations to begin from: found by typing, and opened as any other run.

use accession_scenarios::{ALL, Group, Report, Scenario};
use serde_json::json;

use super::Facts;
use super::fields::labelled;
use crate::tree::{El, button, count, el, say, word};

/// The scenarios that fit what is typed.
pub(crate) fn scenarios(facts: &Facts<'_>) -> El {
    let typed = facts.entered("scenario", "");
    let found: Vec<_> = ALL.iter().filter(|scenario| fits(facts, scenario, typed)).collect();
    let count = match found.len() {
        0 => word("None has all these words."),
        found => count(
            found,
            "One scenario.",
            "{0} scenarios. Each opens as a run in the simulator, to go on from.",
        ),
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
        .child(labelled("scenario", "Find a scenario", field))
        .child(el("p.acc-hint").attr("role", "status").said(count))
        // In an element of their own: how many there are does not matter to the field then.
        .child(el("div.acc-stack").children(groups))
}

fn draw(scenario: &Scenario) -> El {
    let open = button("Open", json!(["pass", format!("scenario {}", scenario.id)]))
        .attr_said("aria-label", say("Open {0}", &[word(scenario.title)]));
    let reports = scenario.reports.iter().map(|Report { title, url }| {
        let link = el("a")
            .attr("href", url)
            .attr("target", "_blank")
            .attr("rel", "noopener noreferrer")
            .english()
            .text(title);
        el("p.acc-hint").text("Reported: ").child(link)
    });
    el("article")
        .child(el("h4").text(scenario.title))
        .child(el("p").prose(scenario.about))
        .child(el("p").prose(scenario.attempt))
        .children(reports)
        .child(open)
}

/// Whether all words that are typed are in it somewhere.
fn fits(facts: &Facts<'_>, scenario: &Scenario, typed: &str) -> bool {
    let Scenario { group, title, about, attempt, .. } = scenario;
    // They are written in ASCII, and the tables for other letters would be most of this.
    let text = [group.title(), title, about, attempt].map(|text| facts.word(text)).join(" ");
    let text = text.to_ascii_lowercase();
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
            let label = say("Open {0}", &[word(title)]);
            let button = format!(r#"["pass","scenario {id}"],"aria-label":{label}}},"Open"]"#);
            assert!(drawn("").contains(&button), "{id}");
        }
    }
}

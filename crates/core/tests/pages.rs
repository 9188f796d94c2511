//! The pages that are made from what core knows: `docs/rules.md` and `docs/unknown.md`. What is
//! committed has to be what is made; `UPDATE_TRANSCRIPTS=1` writes it anew.

mod support;

use std::fmt::Write;

use accession_core::behaviour::SETTINGS;
use accession_core::dialect::{Dialect, Line};
use accession_core::messages::CATALOGUE;
use accession_core::operations::ROWS;
use accession_core::privileges::On;
use accession_core::rules::{Provenance, RULES};
use support::compare_with_file;

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn known(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Documented => "documented",
        Provenance::Observed => "observed",
        Provenance::Assumed => "assumed",
    }
}

#[test]
fn every_rule_with_how_it_is_known() {
    let mut page = String::from(
        "# Rules\n\nMade from `crates/core/src/rules.rs` and `operations.rs`; do not edit it by hand.\n\n\
         A refusal names the rule that made it. *Documented* is what the vendor's reference says, \
         *observed* what a real server was seen doing in public, *assumed* what nobody says: where \
         nothing is known, the stricter reading.\n\n\
         | rule | what it says | known | from |\n| --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let (id, how) = (rule.id, known(rule.provenance));
        let (sentence, source) = (cell(rule.sentence), cell(rule.source));
        writeln!(page, "| `{id}` | {sentence} | {how} | {source} |").expect("a text can grow");
    }
    page.push_str(
        "\n# Operations\n\n| operation | `/api` | `/rest` | needs | since |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in ROWS {
        let [api, rest] = Dialect::ALL.map(|dialect| Line::of(row, dialect).template());
        let needs: Vec<_> = row
            .needs
            .iter()
            .map(|need| {
                let on = match need.on {
                    On::Method => "the call",
                    On::Library => "the library",
                    On::Item => "the item",
                    On::ItemIfNamed => "the item, if one is named",
                    On::Datastore => "the datastore",
                };
                format!("`{}` on {on}", need.privilege)
            })
            .collect();
        let (name, needs, since) = (row.full_name(), needs.join(", "), row.since);
        writeln!(page, "| `{name}` | `{api}` | `{rest}` | {needs} | {since} |")
            .expect("a text can grow");
    }
    compare_with_file("../../../docs/rules.md", &page);
}

/// What a real server does and this one does not, whatever it is asked.
const LIMITS: &[&str] = &[
    "Libraries are not published, subscribed to, migrated or converted. A subscribed one can be put \
     into a simulator's state; it never synchronises.",
    "Download sessions are not there. The bytes of files are not kept, so no address to read them from \
     is told.",
    "A copied item has its files at once; a real server lets them follow.",
    "The addresses of files on a datastore have the form of recorded ones; the names in them are made \
     up.",
    "Nothing is checked out of a VM template, and nothing declares that it uses a library.",
    "A client's message about a change of content is nowhere in the API of update sessions, so changes \
     have none.",
];

#[test]
fn what_is_not_known() {
    let mut page = String::from(
        "# What Accession does not know\n\nMade from `crates/core`; do not edit it by hand.\n\n\
         ## Settings\n\nWhere the reference is silent and another reading would lead a client to \
         different code, there is a setting. The first value is the default.\n\n\
         | setting | what it decides | values | what is known |\n| --- | --- | --- | --- |\n",
    );
    for setting in SETTINGS {
        let value = |(word, doc): &(&str, &str)| format!("`{word}`: {}", cell(doc));
        let values: Vec<_> = setting.values.iter().map(value).collect();
        let (sentence, source) = (cell(setting.sentence), cell(setting.source));
        writeln!(page, "| `{}` | {sentence} | {} | {source} |", setting.name, values.join("<br>"))
            .expect("a text can grow");
    }
    page.push_str("\n## Assumed\n\nThese are fixed. Nobody has told what a real server does.\n\n");
    for rule in RULES.iter().filter(|rule| rule.provenance == Provenance::Assumed) {
        writeln!(page, "- {} ({})", rule.sentence, rule.source).expect("a text can grow");
    }
    page.push_str(
        "\n## Messages\n\nWhat a real server says here is not recorded; the ids are ours, and a program \
         should not look for them elsewhere.\n\n",
    );
    for message in CATALOGUE.iter().filter(|message| message.id.starts_with("accession.")) {
        writeln!(page, "- `{}`: {}", message.id, message.template).expect("a text can grow");
    }
    page.push_str("\n## Limits\n\nOf this simulator, not of the API.\n\n");
    for limit in LIMITS {
        writeln!(page, "- {limit}").expect("a text can grow");
    }
    compare_with_file("../../../docs/unknown.md", &page);
}

//! Runs on their way out of the page and into it: what is saved, and what was found in what is opened.

use accession_artefacts::{self as artefacts, Found, Record, Unreadable};
use accession_core::reading;
use accession_scenarios::Scenario;
use serde_json::{Value, json};

use crate::fork;
use crate::tree::{say, word};

/// What the picture is called that the report shows.
const PICTURE: &str = "accession-states.svg";

/// A run in the form that is named, from what the page tells of it: the `text`, the `name` and the `type` of
/// a file, and what is `said` then; or as `found`, where it becomes another one.
pub(crate) fn keep(how: &str, record: &str) -> Result<String, &'static str> {
    let told = reading::parse(record).unwrap_or_default();
    let record = Record::from_value(&told).ok_or("the page's own record cannot be read")?;
    let file = |text: String, name: &str, kind: &str| {
        let said = "Saved as {0}. Passwords, tokens and the bytes of files are not in it.";
        let said = say(said, &[name.into()]);
        json!({ "text": text, "name": name, "type": kind, "said": said })
    };
    let kept = match how {
        "run" => file(artefacts::run_file(&record), "accession-run.json", "application/json"),
        "har" => file(artefacts::har(&record), "accession-run.har", "application/json"),
        "report" => {
            let report = artefacts::report(&record, Some(PICTURE));
            file(report, "accession-report.md", "text/markdown")
        }
        "fork" => {
            let said = "The session as it was told of, made anew and ACTIVE. Its files have the names and sizes \
                        that were told, and nobody's bytes.";
            let run = fork::run(&record, &told["session"]);
            json!({ "found": { "run": run, "exchanges": [], "said": [word(said)] } })
        }
        "states" => file(artefacts::diagram(&record), PICTURE, "image/svg+xml"),
        _ => match artefacts::share(&record) {
            Some(text) => json!({
                "text": text,
                "longest": artefacts::LONGEST_LINK,
                "said": say("The link is on the clipboard. {0}", &[word(artefacts::LEFT_OUT)]),
            }),
            None => {
                let said = "What a server answered does not fit into a link. Save it as a file.";
                json!({ "said": word(said) })
            }
        },
    };
    Ok(kept.to_string())
}

/// What was found in a file.
pub(crate) fn from_file(name: &str, text: &str) -> String {
    told(artefacts::read(name, text))
}

/// What was found in the unpacked text of a link.
pub(crate) fn from_link(text: &str) -> String {
    told(artefacts::from_share(text))
}

/// A scenario, as if it had been found in a file; what it is about, and what to try, is said.
pub(crate) fn from_scenario(id: &str) -> String {
    let Some(scenario) = accession_scenarios::named(id) else {
        return json!({ "said": say("There is no scenario {0}.", &[id.into()]) }).to_string();
    };
    let Scenario { title, about, attempt, run, .. } = scenario;
    let (about, attempt) = (say("{0}. {1}", &[word(title), word(about)]), word(attempt));
    format!(r#"{{"found":{{"run":{run},"exchanges":[],"said":[{about},{attempt}]}}}}"#)
}

fn told(found: Result<Found, Unreadable>) -> String {
    let told = match found {
        Err(why) => json!({ "said": why.to_string() }),
        Ok(found) => {
            let title = artefacts::title(&found.title);
            let titles = Some(title).filter(|title| !title.is_empty()).into_iter();
            let exchanges = found.exchanges.iter().map(accession_client::Exchange::to_value);
            json!({ "found": {
                "run": found.run,
                "exchanges": exchanges.collect::<Vec<Value>>(),
                "said": titles.chain(found.said()).collect::<Vec<_>>(),
            } })
        }
    };
    told.to_string()
}

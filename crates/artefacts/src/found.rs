//! What was found in a text: a run, exchanges, and where it stops to make sense.

use std::fmt;

use accession_client::Exchange;
use accession_core::run;
use serde_json::{Map, Value};

use crate::escape::visible;
use crate::partial::{self, Broken};
use crate::record::Call;
use crate::{LONGEST, VERSION, har_in};

/// What was found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What the text is called.
    pub input: String,
    /// What it says that it is called.
    pub title: String,
    /// What was done to a simulator.
    pub run: Option<Value>,
    /// Exchanges with a server; beside a run, those that it should lead to.
    pub exchanges: Vec<Exchange>,
    /// Where it is damaged.
    pub damage: Option<Damage>,
    /// So many requests in it are of no concern here.
    pub passed_over: usize,
    remedy: &'static str,
}

/// Where a text stops to make sense. What stands before it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// In which entry, counted from 1, if in one.
    pub entry: Option<usize>,
    /// Why.
    pub why: String,
}

/// A text in which nothing was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl From<Broken> for Damage {
    fn from(broken: Broken) -> Self {
        Self { entry: broken.entry, why: broken.why }
    }
}

/// Reads a run file or a HAR file. `name` is what the text is called.
pub fn read(name: &str, text: &str) -> Result<Found, Unreadable> {
    let name = visible(name, 100);
    if text.len() > LONGEST {
        let why = format!("{name} has {} bytes, and no more than {LONGEST} are read.", text.len());
        return Err(Unreadable(why + " Export fewer requests."));
    }
    let partial::Partial { mut fields, broken } = partial::read(text);
    let mut found = Found::new(&name, "Save it again where it was made.");
    if let Some(Value::Object(log)) = fields.remove("log") {
        har_in::take(&mut found, log, broken);
        return found.or_nothing();
    }
    match fields.get("accession_run").and_then(Value::as_u64) {
        Some(VERSION) => {}
        Some(version) => {
            return Err(Unreadable(format!(
                "{name} is a run file of version {version}, and this program reads version \
                 {VERSION}. Open it with a newer one."
            )));
        }
        None => {
            let why = broken.map(|broken| format!(" ({})", broken.why)).unwrap_or_default();
            return Err(Unreadable(format!(
                "{name} is neither a run file nor a HAR file{why}. Open one that was saved here, or \
                 that a browser's network panel exported."
            )));
        }
    }
    found.title = fields.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (fields.remove("run"), fields.remove("exchanges")) {
        (Some(Value::Object(run)), _) => found.take_run(run, broken),
        (_, Some(Value::Array(exchanges))) => {
            found.damage = broken.map(Damage::from);
            for (place, value) in exchanges.iter().enumerate() {
                let Some(call) = Call::read(value) else {
                    let why = "it is no exchange".to_owned();
                    found.damage = Some(Damage { entry: Some(place + 1), why });
                    break;
                };
                found.exchanges.push(har_in::redacted(&call.exchange));
            }
        }
        _ => found.damage = broken.map(Damage::from),
    }
    found.or_nothing()
}

impl Found {
    pub(crate) fn new(input: &str, remedy: &'static str) -> Self {
        Self {
            input: input.to_owned(),
            title: String::new(),
            run: None,
            exchanges: Vec::new(),
            damage: None,
            passed_over: 0,
            remedy,
        }
    }

    /// Takes a run, as far as it can be one. Whether its entries make sense, who does it again will see.
    pub(crate) fn take_run(&mut self, fields: Map<String, Value>, broken: Option<Broken>) {
        self.damage = broken.map(Damage::from);
        let mut run = Value::Object(fields);
        let seed = run["seed"].as_str().and_then(|seed| seed.parse::<u64>().ok());
        let why = match (run["version"].as_u64(), seed) {
            (Some(run::VERSION), Some(_)) => None,
            (Some(run::VERSION), None) => Some("its seed is no whole number of 64 bits in a text"),
            _ => Some("its run is of no version that this program reads"),
        };
        if let Some(why) = why {
            // Where it is cut says more than what is missing then.
            self.damage.get_or_insert(Damage { entry: None, why: why.to_owned() });
            return;
        }
        if !run["entries"].is_array() {
            run["entries"] = Value::Array(Vec::new());
        }
        self.run = Some(run);
    }

    /// How many entries were read.
    fn count(&self) -> usize {
        let entries = self.run.as_ref().and_then(|run| run["entries"].as_array());
        entries.map_or(self.exchanges.len(), Vec::len)
    }

    /// The same, unless nothing was found.
    pub(crate) fn or_nothing(self) -> Result<Self, Unreadable> {
        if self.count() > 0 || (self.run.is_some() && self.damage.is_none()) {
            return Ok(self);
        }
        let mut said = self.said();
        if said.is_empty() {
            said.push(format!("{} has no request of the content library in it.", self.input));
        }
        Err(Unreadable(said.join(" ")))
    }

    /// What is to be said of it, in sentences.
    pub fn said(&self) -> Vec<String> {
        let (mut said, input) = (Vec::new(), &self.input);
        if let Some(damage) = &self.damage {
            let read = self.count();
            let place = damage.entry.map(|entry| format!(" at entry {entry}")).unwrap_or_default();
            said.push(format!(
                "{input} is damaged{place}: {}. Read were {read} entries before that. {}",
                visible(&damage.why, 300),
                self.remedy
            ));
        }
        if self.passed_over > 0 {
            let count = self.passed_over;
            said.push(format!(
                "{input} has {count} more requests, to nothing of the content library."
            ));
        }
        said
    }
}

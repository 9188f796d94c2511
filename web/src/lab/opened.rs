//! A run that was made elsewhere, as this page would have seen it; exchanges with a server, which can be
//! looked at and not gone on with; and what is told of a run to whoever lets it out.
//!
//! It does not know where they come from, nor in which form they go.

use std::rc::Rc;

use accession_client::Exchange;
use accession_core::model::SessionId;
use accession_core::reading::{self, Step};
use accession_core::run::{self, Deed, Outcome, Run};
use accession_core::structure::{Plain, Wire, Writer};
use serde_json::Value;

use super::log::{Entry, Happening, same};
use super::scene::request;
use super::{Action, Connection, Lab, SIMULATED, SIMULATED_ORIGIN, SessionView, Target, reduce};
use crate::words::{Said, say};

/// What was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What was done to a simulator.
    pub run: Option<Run>,
    /// Exchanges with a server; beside a run, those that it should lead to.
    pub exchanges: Vec<Rc<Exchange>>,
    /// What is to be said of it: what it is called, where it is damaged, and what was left out.
    pub said: Vec<Said>,
}

impl Opened {
    /// Reads what the scribe found: `{"run": {…}, "exchanges": […], "said": […]}`. What comes after an
    /// entry that cannot be read would lead elsewhere without it, and is left out.
    pub fn read(found: &Value) -> Option<Self> {
        let exchanges = found["exchanges"].as_array()?.iter();
        let exchanges = exchanges.filter_map(Exchange::from_value).map(Rc::new).collect();
        let said = found["said"].as_array()?.iter();
        let mut said: Vec<_> = said.map(Said::read).collect();
        let mut run = found["run"].clone();
        let run = loop {
            let misfit = match reading::read::<Run>(&run) {
                Ok(read) => break Some(read.value),
                Err(_) if run.is_null() => break None,
                Err(misfit) => misfit,
            };
            let path = &misfit.path;
            let why = format!("{path}: {misfit}");
            said.push(say("{0}. What stands before it is shown.", &[&why]).into());
            let Some(Step::Element(place)) = path.0.get(1) else { break None };
            run["entries"].as_array_mut()?.truncate(*place);
        };
        Some(Self { run, exchanges, said })
    }
}

impl Lab {
    /// The run that is shown and what was seen of it, for the scribe.
    pub fn record(&self) -> Value {
        let simulated = self.target.is_simulated();
        let mut record = Writer::new(&Plain);
        let mut here = true;
        let mut lines = Vec::new();
        for entry in self.log().entries() {
            let mut line = entry.line();
            match &entry.what {
                Happening::Call(exchange) => line.put("call", &exchange.to_value()),
                Happening::Target(target) => here = target.starts_with(SIMULATED) == simulated,
                Happening::Event(_) => {}
            }
            if here {
                lines.push(line.finish(""));
            }
        }
        record.put("lines", &Value::Array(lines));
        if simulated {
            let mut run = self.begin.write(&Plain);
            if let Value::Object(run) = &mut run {
                let entries = self.branches.current.run.iter();
                let entries = entries.map(|entry| entry.write(&Plain)).collect();
                run.insert("entries".to_owned(), entries);
            }
            record.put("run", &run);
        }
        if let Some(session) = &self.session {
            let mut told = Writer::new(&Plain);
            told.put("id", &session.id);
            told.put("gone", &session.gone);
            told.put("item", &session.item_label().map(str::to_owned));
            if let Some(model) = session.model.ready() {
                told.put("model", model);
            }
            if let Some(files) = session.files.ready() {
                told.put("files", files);
            }
            record.put("session", &told.finish(""));
        }
        record.finish("")
    }

    /// Shows what was opened, and nothing else.
    pub(super) fn open(self, opened: &Opened) -> Self {
        let (epoch, mut said) = (self.epoch, opened.said.clone());
        let mut again = opened.run.as_ref().and_then(|run| self.clone().again(run, &mut said));
        let differs = again.as_ref().and_then(|lab| lab.differs(&opened.exchanges));
        if let Some(place) = differs {
            let why = "The run in it leads to other answers, from call {0} on. What was recorded is shown.";
            said.push(say(why, &[&place.to_string()]).into());
            again = None;
        }
        let mut lab = again.unwrap_or_else(|| self.heard(&opened.exchanges));
        let named = |entry: &Rc<Entry>| {
            let (_, parameters) = run::recognised(&request(entry.call()?))?;
            parameters.get("update_session_id")?.as_str().map(SessionId::new)
        };
        lab.session = lab.log().entries().iter().rev().find_map(named).map(SessionView::new);
        lab.epoch = epoch + 1;
        lab.came = Some(said.into());
        lab.turn();
        lab
    }

    /// The page that did what a run does.
    fn again(mut self, run: &Run, said: &mut Vec<Said>) -> Option<Self> {
        let mut replay = run.begin().ok()?.with_origin(SIMULATED_ORIGIN);
        self.branches.begin_anew();
        self.begin = Rc::new(run.head());
        let (mut id, mut user, mut broken) = (0, None, None);
        for (place, entry) in run.entries.iter().enumerate() {
            let spoken = match &entry.deed {
                Deed::Speak(dialect) => Some(*dialect),
                _ => (place == 0).then_some(run.dialect),
            };
            if let Some(dialect) = spoken {
                (self.now, id) = (entry.at, 0);
                self.retarget(Target::Simulated, dialect);
            }
            if let Deed::LogIn { user: who } = &entry.deed {
                user = Some(who.clone());
            }
            let done = vec![entry.clone()];
            let action = match replay.step(entry) {
                Outcome::Answered(answered) => {
                    id += 1;
                    let exchange = Exchange::again(id, *answered, entry.at, replay.token());
                    Action::Recorded(Rc::new(exchange), done)
                }
                Outcome::Happened(events) => Action::Happened(events, done),
                Outcome::Impossible(why) => {
                    broken.get_or_insert((place + 1, why));
                    Action::Happened(Vec::new(), done)
                }
            };
            self = reduce(self, action);
        }
        said.extend(broken.map(|(place, why)| {
            say("Entry {0} cannot be done: {1}.", &[&place.to_string(), &why]).into()
        }));
        self.connection = Connection::Open { user };
        Some(self)
    }

    /// The page that a server answered so. Nobody answers any more.
    fn heard(mut self, exchanges: &[Rc<Exchange>]) -> Self {
        let first = exchanges.first().map(|exchange| request(exchange));
        let origin = first.map_or_else(String::new, |first| first.origin().to_owned());
        self.branches.begin_anew();
        self.now = exchanges.first().map_or(self.now, |exchange| exchange.at);
        self.retarget(Target::Replay { origin }, self.dialect);
        exchanges
            .iter()
            .fold(self, |lab, exchange| reduce(lab, Action::Recorded(exchange.clone(), Vec::new())))
    }

    /// Which of these exchanges was not seen first, counted from 1.
    fn differs(&self, exchanges: &[Rc<Exchange>]) -> Option<usize> {
        let mut seen = self.log().entries().iter().filter_map(|entry| entry.call());
        let differs = |theirs: &Rc<Exchange>| seen.next().is_none_or(|ours| !same(ours, theirs));
        exchanges.iter().position(differs).map(|place| place + 1)
    }
}

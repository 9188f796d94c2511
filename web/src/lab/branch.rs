//! Branches of a run: what was done to the simulator, what the page saw of it, and the way back.
//!
//! Going back does not undo anything in a simulator: whoever carries it out does the beginning of the
//! run again. This module knows which part that is.

use std::rc::Rc;

use accession_core::dialect::Dialect;
use accession_core::run;

use super::log::{Happening, Log};

/// One course of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Branch {
    /// Its place in the order in which branches came.
    pub number: u32,
    /// The branch that it left, and after which of its entries.
    pub from: Option<(u32, u64)>,
    /// What the page saw.
    pub log: Log,
    /// What was done to the simulator. What is added once is shared with all earlier courses.
    pub run: Rc<Vec<Rc<run::Entry>>>,
}

impl Branch {
    /// What it is called: a, b, c, …
    pub fn name(&self) -> String {
        let letter = char::from(b'a' + (self.number % 26) as u8);
        match self.number / 26 {
            0 => letter.to_string(),
            round => format!("{letter}{round}"),
        }
    }

    /// How calls are spelled at its end, if it says.
    pub fn dialect(&self) -> Option<Dialect> {
        self.run.iter().rev().find_map(|entry| match entry.deed {
            run::Deed::Speak(dialect) => Some(dialect),
            _ => None,
        })
    }

    /// How much of the run had been done when an entry of the log ended.
    pub fn done(&self, entry: u64) -> Option<usize> {
        self.log.find(entry).map(|entry| entry.done)
    }

    /// The same as it was after this entry.
    fn until(&self, entry: u64) -> Self {
        let done = self.done(entry).unwrap_or(0);
        Self {
            log: self.log.until(entry),
            run: Rc::new(self.run[..done.min(self.run.len())].to_vec()),
            ..self.clone()
        }
    }

    /// The entry before the last thing that was done here, and that was more than to look.
    fn before_last(&self) -> Option<u64> {
        let entries = self.log.entries();
        let last = entries.iter().rposition(|entry| is_deed(&entry.what))?;
        let before = entries[..last].last()?;
        // Where calls went elsewhere before, nothing was done to the simulator.
        (before.done > 0).then_some(before.number)
    }
}

/// Whether it is more than a look, and not the page's own log-in.
fn is_deed(what: &Happening) -> bool {
    match what {
        Happening::Call(exchange) => {
            exchange.request.method != accession_core::wire::Method::Get
                && exchange.operation != "cis.session.create"
        }
        Happening::Event(_) => true,
        Happening::Target(_) => false,
    }
}

/// All branches of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Branches {
    /// The one that goes on.
    pub current: Branch,
    /// The others; the one that was left last comes last.
    pub others: Vec<Branch>,
    /// What was gone back from and nobody went elsewhere since: the next to be done again comes last.
    pub undone: Vec<Branch>,
    /// Raised whenever the run is no longer the same with something added.
    pub generation: u64,
    count: u32,
}

/// A way through time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travel {
    /// To before the last deed.
    Undo,
    /// Back to what was undone last.
    Redo,
    /// A new branch goes on from after this entry.
    Fork(u64),
    /// The branch of this number goes on.
    To(u32),
}

impl Branches {
    /// Forgets all of it.
    pub fn begin_anew(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::default() };
    }

    /// All of them, in the order in which they came.
    pub fn all(&self) -> impl Iterator<Item = &Branch> {
        let of = |number| {
            let mut all = self.others.iter().chain([&self.current]);
            all.find(|branch| branch.number == number)
        };
        (0..=self.count).filter_map(of)
    }

    /// Whether there is a way.
    pub fn can(&self, travel: Travel) -> bool {
        match travel {
            Travel::Undo => self.current.before_last().is_some(),
            Travel::Redo => !self.undone.is_empty(),
            Travel::Fork(entry) => self.current.done(entry).is_some_and(|done| done > 0),
            Travel::To(number) => self.others.iter().any(|branch| branch.number == number),
        }
    }

    /// Goes there, if there is a way.
    pub fn travel(&mut self, travel: Travel) {
        if !self.can(travel) {
            return;
        }
        self.generation += 1;
        match travel {
            Travel::Undo => {
                let Some(entry) = self.current.before_last() else { return };
                let shorter = self.current.until(entry);
                self.undone.push(std::mem::replace(&mut self.current, shorter));
            }
            Travel::Redo => {
                if let Some(branch) = self.undone.pop() {
                    self.current = branch;
                }
            }
            Travel::Fork(entry) => {
                self.keep_undone();
                let from = Some((self.current.number, entry));
                let fork = Branch { number: self.next(), from, ..self.current.until(entry) };
                self.others.push(std::mem::replace(&mut self.current, fork));
            }
            Travel::To(number) => {
                self.keep_undone();
                let place = self.others.iter().position(|branch| branch.number == number);
                if let Some(place) = place {
                    let there = self.others.remove(place);
                    self.others.push(std::mem::replace(&mut self.current, there));
                }
            }
        }
    }

    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// What was undone is not lost when something else is done instead: it becomes a branch.
    fn keep_undone(&mut self) {
        let Some(longest) = self.undone.drain(..).next() else { return };
        let last = self.current.log.entries().last().map_or(0, |entry| entry.number);
        self.current.from = Some((longest.number, last));
        self.current.number = self.next();
        self.others.push(longest);
    }

    /// Adds what was done, and what was seen of it.
    pub fn add(
        &mut self,
        entries: Vec<run::Entry>,
        at: accession_core::time::Timestamp,
        what: Option<Happening>,
    ) {
        if what.as_ref().is_some_and(is_deed) {
            self.keep_undone();
        }
        if !entries.is_empty() {
            Rc::make_mut(&mut self.current.run).extend(entries.into_iter().map(Rc::new));
        }
        if let Some(what) = what {
            self.current.log.push(at, what, self.current.run.len());
        }
    }
}

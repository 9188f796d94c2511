//! The timeline: the deeds and events of a branch, one mark each, in order.
//!
//! Looks are not on it unless they were refused; the wire log has them all.

use accession_core::time::Timestamp;

use super::Lab;
use super::log::{Entry, Happening};
use crate::words::say;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The number of its entry in the log.
    pub entry: u64,
    /// When it ended.
    pub at: Timestamp,
    /// What it was.
    pub kind: Kind,
    /// The operation's own name, or the event's.
    pub word: String,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
}

/// What a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A call that was granted.
    Call,
    /// A call that was refused, or got no answer.
    Refused,
    /// Something that the server did by itself.
    Event,
}

impl Mark {
    fn of(entry: &Entry) -> Option<Self> {
        if !entry.is_telling() {
            return None;
        }
        let mark = |kind, word: &str, status| {
            Some(Self { entry: entry.number, at: entry.at, kind, word: word.to_owned(), status })
        };
        match &entry.what {
            Happening::Target(_) => None,
            Happening::Event(event) => mark(Kind::Event, event.because, None),
            Happening::Call(exchange) => {
                let status = exchange.status();
                let granted = matches!(status, Some(200..=299));
                let word = short(&exchange.operation);
                mark(if granted { Kind::Call } else { Kind::Refused }, word, status)
            }
        }
    }

    /// For whoever hears it: its place, what it was, and what came of it.
    pub fn spoken(&self, place: usize, of: usize) -> String {
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        let message = match (self.kind, self.status) {
            (Kind::Event, _) => "event {0} of {1}, {2}",
            (Kind::Call, _) => "call {0} of {1}, {2}",
            (Kind::Refused, Some(_)) => "call {0} of {1}, {2}, refused {3}",
            (Kind::Refused, None) => "call {0} of {1}, {2}, no answer",
        };
        say(message, &[&place.to_string(), &of.to_string(), &self.word, &status])
    }
}

/// An operation's name: alone where it is on an update session, else with that of its service.
fn short(operation: &str) -> &str {
    let mut dots = operation.rmatch_indices('.').map(|(place, _)| place + 1);
    let (name, service) = (dots.next().unwrap_or(0), dots.next().unwrap_or(0));
    match &operation[service..name] {
        "update_session." | "file." => &operation[name..],
        _ => &operation[service..],
    }
}

/// The marks of the branch that goes on, and the place of the one that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// In order.
    pub marks: Vec<Mark>,
    /// The place in `marks` of the last one that had happened at what is shown; none: before the first.
    pub shown: Option<usize>,
    /// When the branch began.
    pub begin: Option<Timestamp>,
}

impl Timeline {
    /// The timeline of what the page knows.
    pub fn of(lab: &Lab) -> Self {
        let entries = lab.log().entries();
        let marks: Vec<Mark> = entries.iter().filter_map(|entry| Mark::of(entry)).collect();
        let shown = match lab.selected {
            None => marks.len().checked_sub(1),
            Some(number) => marks.partition_point(|mark| mark.entry <= number).checked_sub(1),
        };
        let begin = entries.first().map(|entry| entry.at);
        Self { marks, shown, begin }
    }

    /// The entry of the mark at a place.
    pub fn entry(&self, place: usize) -> Option<u64> {
        self.marks.get(place).map(|mark| mark.entry)
    }
}

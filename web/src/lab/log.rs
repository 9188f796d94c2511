//! The wire log: every exchange and every event, in the order in which they ended.
//!
//! It keeps what it is given and does not know what any of it means.

use std::fmt;
use std::rc::Rc;

use accession_client::{Body, Exchange, Outcome};
use accession_core::simulator::Transition;
use accession_core::structure::{Plain, Writer};
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method};

use crate::format;

/// More entries than this are not kept; the oldest go first.
pub(super) const LIMIT: usize = 20_000;

/// How far back a read looks for the same one with the same answer.
const LOOK_BACK: usize = 4;

/// The wire log. Clones share what they hold.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Rc<Vec<Rc<Entry>>>,
    /// How many entries have been dropped.
    pub dropped: usize,
    last_number: u64,
}

/// One line of the log.
#[derive(Debug, PartialEq, Clone)]
pub struct Entry {
    /// Its place in the order; stays when others are dropped.
    pub number: u64,
    /// When it happened last.
    pub at: Timestamp,
    /// How often the same read with the same answer came in a row.
    pub times: u32,
    /// How much of the simulator's run had been done by then.
    pub done: usize,
    /// What happened.
    pub what: Happening,
}

/// What a line of the log tells.
#[derive(Debug, PartialEq, Clone)]
pub enum Happening {
    /// A request and what came of it.
    Call(Rc<Exchange>),
    /// Something that the server did by itself; only a simulator tells.
    Event(Transition),
    /// From here on calls go elsewhere.
    Target(String),
}

impl PartialEq for Log {
    /// Entries never change, so the same ones in the same order make the same log.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
            || self.dropped == other.dropped
                && self.entries.len() == other.entries.len()
                && self
                    .entries
                    .iter()
                    .zip(&*other.entries)
                    .all(|(left, right)| Rc::ptr_eq(left, right))
    }
}

impl Log {
    /// The lines, oldest first.
    pub fn entries(&self) -> &[Rc<Entry>] {
        &self.entries
    }

    /// The line of this number, if it is still there.
    pub fn find(&self, number: u64) -> Option<&Rc<Entry>> {
        let place = self.entries.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.entries.get(place)
    }

    /// The same as it was after the line of this number.
    pub fn until(&self, number: u64) -> Self {
        let end = self.entries.partition_point(|entry| entry.number <= number);
        let entries = Rc::new(self.entries[..end].to_vec());
        Self { entries, dropped: self.dropped, last_number: number }
    }

    /// The lines after that of this number.
    pub fn after(&self, number: u64) -> &[Rc<Entry>] {
        &self.entries[self.entries.partition_point(|entry| entry.number <= number)..]
    }

    /// Whether nothing was added since, and nothing counted.
    pub fn is(&self, earlier: &Self) -> bool {
        Rc::ptr_eq(&self.entries, &earlier.entries)
    }

    /// Up to which number this log has the very lines that another one has, as far as that is told by
    /// looking at one of them.
    pub fn unchanged_since(&self, earlier: &Self) -> u64 {
        // The last few may have been counted once more.
        let number = earlier.last_number.saturating_sub(LOOK_BACK as u64);
        match (self.find(number), earlier.find(number)) {
            (Some(now), Some(then)) if Rc::ptr_eq(now, then) => number,
            _ => 0,
        }
    }

    /// The exchanges with the target that calls go to now, oldest first.
    pub fn run(&self) -> Vec<Rc<Exchange>> {
        let mut calls: Vec<_> = self.calls().cloned().collect();
        calls.reverse();
        calls
    }

    /// The calls to the present target, newest first.
    fn calls(&self) -> impl Iterator<Item = &Rc<Exchange>> {
        let here = |entry: &&Rc<Entry>| !matches!(entry.what, Happening::Target(_));
        self.entries.iter().rev().take_while(here).filter_map(|entry| match &entry.what {
            Happening::Call(exchange) => Some(exchange),
            Happening::Event(_) | Happening::Target(_) => None,
        })
    }

    /// Adds a line. A read that says what it said just before is counted there instead.
    pub fn push(&mut self, at: Timestamp, what: Happening, done: usize) {
        let entries = Rc::make_mut(&mut self.entries);
        if let Some(place) = repeated(entries, &what) {
            let entry = Rc::make_mut(&mut entries[place]);
            entry.times += 1;
            entry.at = at;
            entry.done = done;
            entry.what = what;
            return;
        }
        self.last_number += 1;
        entries.push(Rc::new(Entry { number: self.last_number, at, times: 1, done, what }));
        if entries.len() > LIMIT {
            entries.remove(0);
            self.dropped += 1;
        }
    }
}

fn repeated(entries: &[Rc<Entry>], what: &Happening) -> Option<usize> {
    let reads = |entry: &&Rc<Entry>| entry.is_read();
    let recent = entries.iter().rev().take(LOOK_BACK).take_while(reads).count();
    let Happening::Call(new) = what else { return None };
    (entries.len() - recent..entries.len()).find(|place| match &entries[*place].what {
        Happening::Call(old) => is_read(new) && same(old, new),
        Happening::Event(_) | Happening::Target(_) => false,
    })
}

/// Whether both asked the same and were answered the same.
pub(super) fn same(old: &Exchange, new: &Exchange) -> bool {
    let same_answer = match (&old.outcome, &new.outcome) {
        (Outcome::Answered(old), Outcome::Answered(new)) => {
            old.status == new.status && old.body == new.body
        }
        (Outcome::NoAnswer(_), Outcome::NoAnswer(_)) => true,
        _ => false,
    };
    old.request.method == new.request.method && old.request.url == new.request.url && same_answer
}

fn is_read(exchange: &Exchange) -> bool {
    exchange.request.method == Method::Get
}

impl Entry {
    /// Whether it is a call that only reads.
    pub fn is_read(&self) -> bool {
        matches!(&self.what, Happening::Call(exchange) if is_read(exchange))
    }

    /// The exchange, if it is a call.
    pub fn call(&self) -> Option<&Rc<Exchange>> {
        match &self.what {
            Happening::Call(exchange) => Some(exchange),
            Happening::Event(_) | Happening::Target(_) => None,
        }
    }

    /// Whether it is more than a look that was granted.
    pub fn is_telling(&self) -> bool {
        match &self.what {
            Happening::Call(exchange) => {
                !is_read(exchange) || !matches!(exchange.status(), Some(200..=299))
            }
            Happening::Event(_) => true,
            Happening::Target(_) => false,
        }
    }

    /// The line for the scribe, but for what it tells of a call.
    pub(super) fn line(&self) -> Writer<'_> {
        let mut line = Writer::new(&Plain);
        line.put("number", &self.number);
        line.put("at", &self.at.as_millis());
        line.put("times", &u64::from(self.times));
        match &self.what {
            Happening::Call(_) => {}
            Happening::Event(event) => line.put("event", &event.told()),
            Happening::Target(target) => line.put("target", target),
        }
        line
    }

    /// Whether its text, as it would be copied, holds `needle`, in whatever case.
    pub fn contains(&self, needle: &str) -> bool {
        // Writing breaks off where it is found.
        needle.is_empty() || self.write(&mut Finder::new(needle)).is_err()
    }

    /// The line as text: request and response as they went over the wire.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut dyn fmt::Write) -> fmt::Result {
        write!(text, "# {} {}", self.number, self.at)?;
        match &self.what {
            Happening::Target(target) => writeln!(text, " target: {target}"),
            Happening::Event(event) => {
                let (from, to) = phases(event);
                writeln!(text, " event {}: {} {from} -> {to}", event.because, event.session)
            }
            Happening::Call(exchange) => {
                write!(text, " {} ({})", exchange.operation, format::duration(exchange.took))?;
                if self.times > 1 {
                    write!(text, " {} times", self.times)?;
                }
                let request = &exchange.request;
                writeln!(text, "\n{} {}", request.method, request.url)?;
                write_message(text, &request.headers, &request.body)?;
                match &exchange.outcome {
                    Outcome::Answered(response) => {
                        writeln!(text, "\n{}", response.status)?;
                        write_message(text, &response.headers, &response.body)?;
                    }
                    Outcome::NoAnswer(error) => writeln!(text, "\n{error}")?,
                }
                for event in &exchange.transitions {
                    let (from, to) = phases(event);
                    writeln!(text, "# {} {from} -> {to}", event.session)?;
                }
                for note in &exchange.notes {
                    writeln!(text, "# note: {note}")?;
                }
                if let Some(rule) = exchange.rule {
                    writeln!(text, "# rule {}: {}", rule.id, rule.sentence)?;
                }
                Ok(())
            }
        }
    }
}

/// A request or an answer as text, below its first line.
pub fn as_text(first: &str, headers: &Headers, body: &Body) -> String {
    let mut text = first.to_owned() + "\n";
    // Writing to a String cannot fail.
    let _ = write_message(&mut text, headers, body);
    text
}

fn write_message(text: &mut dyn fmt::Write, headers: &Headers, body: &Body) -> fmt::Result {
    for (name, value) in headers.iter() {
        writeln!(text, "{name}: {value}")?;
    }
    match body {
        Body::Empty => Ok(()),
        Body::Text(body) => writeln!(text, "\n{body}"),
        Body::Bytes(count) => writeln!(text, "\n<{}>", format::exact_bytes(*count)),
    }
}

/// Looks for something that is not empty in what is written to it, piece by piece and without keeping any
/// of it.
struct Finder<'a> {
    needle: &'a [u8],
    /// How many bytes of the needle remain found when the next one is not.
    remaining: Vec<usize>,
    found: usize,
}

impl<'a> Finder<'a> {
    fn new(needle: &'a str) -> Self {
        let needle = needle.as_bytes();
        let mut finder = Self { needle, remaining: vec![0; needle.len()], found: 0 };
        // What remains found is what the needle, without its beginning, begins again with.
        for (place, byte) in needle.iter().enumerate().skip(1) {
            finder.step(*byte);
            finder.remaining[place] = finder.found;
        }
        finder.found = 0;
        finder
    }

    fn step(&mut self, byte: u8) {
        let fits = |place: usize| self.needle[place].eq_ignore_ascii_case(&byte);
        while self.found > 0 && !fits(self.found) {
            self.found = self.remaining[self.found - 1];
        }
        self.found += usize::from(fits(self.found));
    }
}

impl fmt::Write for Finder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Of most bytes nothing follows, and this tells it at once.
        let first = self.needle[0] | 0x20;
        for byte in text.bytes() {
            if self.found == 0 && byte | 0x20 != first {
                continue;
            }
            self.step(byte);
            if self.found == self.needle.len() {
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

/// The states before and after an event, in the words of the page.
pub fn phases(event: &Transition) -> (String, String) {
    let before = event.from.map_or("none".to_owned(), |phase| phase.state().to_string());
    let after = event.to.map_or("gone".to_owned(), |phase| phase.state().to_string());
    (before, after)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::Finder;

    /// Whether it is found in pieces that are written one after the other.
    fn found(needle: &str, pieces: &[&str]) -> bool {
        let mut finder = Finder::new(needle);
        pieces.iter().any(|piece| finder.write_str(piece).is_err())
    }

    #[test]
    fn a_text_is_found_across_pieces_and_in_any_case() {
        assert!(found("update-session", &["/item/UPDATE", "-sess", "ion/1"]));
        assert!(found("Ünï: 1", &["ünï", " x", "Ünï", ": ", "1"]));
        assert!(!found("update-session", &["/item/update", "session"]));
        // What was begun in vain may hold the beginning of what is there.
        assert!(found("aab", &["a", "a", "a", "b"]));
        assert!(found("ababac", &["abab", "abac"]));
        assert!(!found("ababac", &["ababab", "abab"]));
    }
}

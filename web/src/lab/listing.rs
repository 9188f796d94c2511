//! Which lines of the wire log are listed, and in which order.
//!
//! It is kept from one drawing to the next: when lines are added only those are looked at, and when a filter
//! grows only what passed it so far. It does not know how a line is drawn.

use std::cmp::Ordering;
use std::rc::Rc;

use super::View;
use super::log::{Entry, Happening, Log};

/// What is told of a line, beside what is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Its place in the order in which calls and events ended.
    Number,
    /// When it ended.
    Time,
    /// The method.
    Method,
    /// The URL.
    Path,
    /// The answer's.
    Status,
    /// How long the answer took.
    Took,
    /// The state of a session before and after.
    State,
}

impl Column {
    /// All of them, from the first to the last.
    pub const ALL: [Self; 7] =
        [Self::Number, Self::Time, Self::Method, Self::Path, Self::Status, Self::Took, Self::State];

    /// What stands above it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Number => "No.",
            Self::Time => "Time",
            Self::Method => "Method",
            Self::Path => "Path",
            Self::Status => "Status",
            Self::Took => "Took",
            Self::State => "State",
        }
    }

    /// By what lines are ordered; those that have no such thing come first.
    fn key(self, entry: &Entry) -> u64 {
        let call = entry.call();
        match self {
            Self::Number => entry.number,
            Self::Time => u64::try_from(entry.at.as_millis()).unwrap_or(0),
            Self::Method => call.map_or(0, |call| call.request.method as u64 + 1),
            Self::Path => u64::from(call.is_some()),
            Self::Status => call.and_then(|call| call.status()).map_or(0, u64::from),
            Self::Took => call.map_or(0, |call| {
                call.took.as_secs() * 1_000 + u64::from(call.took.subsec_millis()) + 1
            }),
            Self::State => entry.changes().first().map_or(0, |event| {
                let place = |phase: Option<_>| phase.map_or(0, |phase| phase as u64 + 1);
                100 + 10 * place(event.from) + place(event.to)
            }),
        }
    }

    fn compare(self, one: &Entry, other: &Entry) -> Ordering {
        let keys = self.key(one).cmp(&self.key(other));
        match (self, one.call(), other.call()) {
            (Self::Path, Some(one), Some(other)) => one.request.url.cmp(&other.request.url),
            _ => keys,
        }
    }
}

/// An order in which lines are listed, other than that in which they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// By what.
    pub by: Column,
    /// Whether what is greater comes first.
    pub descending: bool,
}

impl Sorting {
    /// What comes of pressing a column's heading: ascending, descending, and no order of its own.
    pub fn pressed(now: Option<Self>, column: Column) -> Option<Self> {
        match now {
            Some(Self { by, descending }) if by == column => {
                (!descending).then_some(Self { by, descending: true })
            }
            _ => Some(Self { by: column, descending: false }),
        }
    }
}

/// The lines that are listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// The log that they are of.
    log: Log,
    filter: String,
    reads: bool,
    sorting: Option<Sorting>,
    lines: Vec<Rc<Entry>>,
}

impl Listing {
    /// The lines, from top to bottom.
    pub fn lines(&self) -> &[Rc<Entry>] {
        &self.lines
    }

    /// Where a line is.
    pub fn place(&self, number: u64) -> Option<usize> {
        self.lines.iter().position(|entry| entry.number == number)
    }

    /// Lists what the log holds now and the view asks for.
    pub fn update(&mut self, log: &Log, view: &View) {
        let narrower = view.filter.contains(&self.filter) && (self.reads || !view.reads);
        // To put all of them in another order takes as long as to list them anew.
        let same_order = self.sorting == view.sorting;
        let kept = if narrower && same_order { log.unchanged_since(&self.log) } else { 0 };
        let looks_again = view.filter != self.filter || view.reads != self.reads;
        (self.filter, self.reads, self.sorting) = (view.filter.clone(), view.reads, view.sorting);
        self.log = log.clone();

        let first = log.entries().first().map_or(0, |entry| entry.number);
        let mut lines = std::mem::take(&mut self.lines);
        lines.retain(|entry| {
            (first..=kept).contains(&entry.number) && (!looks_again || self.lists(entry))
        });
        for entry in log.after(kept) {
            if self.lists(entry) {
                let place = lines.partition_point(|other| self.order(other, entry).is_lt());
                lines.insert(place, entry.clone());
            }
        }
        self.lines = lines;
    }

    fn lists(&self, entry: &Entry) -> bool {
        (self.reads || !entry.is_read()) && entry.contains(&self.filter)
    }

    fn order(&self, one: &Entry, other: &Entry) -> Ordering {
        let by_number = one.number.cmp(&other.number);
        let Some(sorting) = self.sorting else { return by_number };
        let order = sorting.by.compare(one, other);
        let order = if sorting.descending { order.reverse() } else { order };
        order.then(by_number)
    }
}

impl Entry {
    /// What it did to sessions, as far as that is known.
    pub fn changes(&self) -> &[accession_core::simulator::Transition] {
        match &self.what {
            Happening::Call(exchange) => &exchange.transitions,
            Happening::Event(event) => std::slice::from_ref(event),
            Happening::Target(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use accession_client::{Body, Exchange, Outcome, RecordedRequest, RecordedResponse};
    use accession_core::time::Timestamp;
    use accession_core::wire::{Headers, Method};

    use super::*;

    /// A call that took so many milliseconds; of a read, the answer is the same each time.
    fn push(log: &mut Log, method: Method, path: &str, took: u64) {
        let exchange = Exchange {
            id: 1,
            operation: "library.get".to_owned(),
            at: Timestamp::from_millis(1_700_000_000_000),
            took: Duration::from_millis(took),
            request: RecordedRequest {
                method,
                url: format!("https://h{path}"),
                headers: Headers::new(),
                body: Body::Empty,
            },
            outcome: Outcome::Answered(RecordedResponse {
                status: 200,
                headers: Headers::new(),
                body: Body::Text("{}".to_owned()),
            }),
            notes: Vec::new(),
            transitions: Vec::new(),
            rule: None,
        };
        log.push(exchange.at, Happening::Call(Rc::new(exchange)), 0);
    }

    fn log() -> Log {
        let mut log = Log::default();
        for (place, path) in ["/c", "/a", "/d", "/b", "/a/2", "/e"].into_iter().enumerate() {
            push(&mut log, Method::Post, path, [3, 1, 2, 3, 0, 9][place]);
        }
        log
    }

    fn numbers(listing: &Listing) -> Vec<u64> {
        listing.lines().iter().map(|entry| entry.number).collect()
    }

    /// Brings a listing up to date, and makes sure that one which is made anew is the same.
    fn listed(listing: &mut Listing, log: &Log, view: &View) -> Vec<u64> {
        listing.update(log, view);
        let mut anew = Listing::default();
        anew.update(log, view);
        assert_eq!(listing.lines(), anew.lines());
        numbers(listing)
    }

    #[test]
    fn a_third_press_brings_back_the_order_in_which_calls_ended() {
        let (log, mut view, mut listing) = (log(), View::default(), Listing::default());
        assert_eq!(listed(&mut listing, &log, &view), [1, 2, 3, 4, 5, 6]);
        let mut press = |column| {
            view.sorting = Sorting::pressed(view.sorting, column);
            listed(&mut listing, &log, &view)
        };
        assert_eq!(press(Column::Took), [5, 2, 3, 1, 4, 6]);
        // What is equal stays in the order in which it came.
        assert_eq!(press(Column::Took), [6, 1, 4, 3, 2, 5]);
        assert_eq!(press(Column::Took), [1, 2, 3, 4, 5, 6]);
        assert_eq!(press(Column::Path), [2, 5, 4, 1, 3, 6]);
        assert_eq!(press(Column::Number), [1, 2, 3, 4, 5, 6]);
        assert_eq!(press(Column::Number), [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn what_is_added_is_put_in_its_place() {
        let (mut log, mut view, mut listing) = (log(), View::default(), Listing::default());
        view.sorting = Sorting::pressed(None, Column::Path);
        listed(&mut listing, &log, &view);
        push(&mut log, Method::Post, "/a/1", 1);
        assert_eq!(listed(&mut listing, &log, &view), [2, 7, 5, 4, 1, 3, 6]);
        push(&mut log, Method::Get, "/z", 1);
        push(&mut log, Method::Get, "/y", 1);
        // The same read again is counted, not added.
        push(&mut log, Method::Get, "/z", 5);
        assert_eq!(listed(&mut listing, &log, &view).len(), 9);
        assert_eq!(listing.lines()[8].times, 2);
        // What is left after going back is listed, and what comes then.
        let mut back = log.until(3);
        assert_eq!(listed(&mut listing, &back, &view), [2, 1, 3]);
        for path in ["/x", "/0", "/1", "/2", "/3", "/4"] {
            push(&mut back, Method::Post, path, 1);
        }
        assert_eq!(listed(&mut listing, &back, &view), [5, 6, 7, 8, 9, 2, 1, 3, 4]);
        assert_eq!(listed(&mut listing, &log, &view).len(), 9);
    }

    #[test]
    fn a_filter_may_grow_shrink_and_change() {
        let (mut log, mut view, mut listing) = (log(), View::default(), Listing::default());
        push(&mut log, Method::Get, "/a/read", 1);
        for (filter, reads, expected) in [
            ("/A", true, vec![2, 5, 7]),
            ("/a/", true, vec![5, 7]),
            ("/a/", false, vec![5]),
            ("/a/", true, vec![5, 7]),
            ("/a", true, vec![2, 5, 7]),
            ("h/e", true, vec![6]),
            ("nowhere", true, vec![]),
            ("", true, vec![1, 2, 3, 4, 5, 6, 7]),
        ] {
            (view.filter, view.reads) = (filter.to_owned(), reads);
            assert_eq!(listed(&mut listing, &log, &view), expected, "{filter} {reads}");
        }
    }

    #[test]
    fn what_is_dropped_is_no_longer_listed() {
        let (mut log, view, mut listing) = (Log::default(), View::default(), Listing::default());
        for _ in 0..super::super::log::LIMIT {
            push(&mut log, Method::Post, "/a", 1);
        }
        listing.update(&log, &view);
        for _ in 0..3 {
            push(&mut log, Method::Post, "/b", 1);
        }
        listing.update(&log, &view);
        let numbers = numbers(&listing);
        assert_eq!(numbers.len(), super::super::log::LIMIT);
        assert_eq!((numbers[0], numbers.last()), (4, Some(&20_003)));
        assert_eq!(listing.place(4), Some(0));
    }
}

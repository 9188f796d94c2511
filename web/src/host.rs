//! What a host gives to `App`: everything that reaches beyond the page's own elements.
//!
//! The page is one host, a custom element or a test is another. `App` and its components ask only
//! here, never a window or a document.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use accession_client::transport::Progress;
use accession_client::{Reader, Source, Transport};
use accession_core::time::Timestamp;
use web_sys::{DataTransfer, File};

/// What will be there later.
pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// Reads the files of a package to their end, and tells what was found as JSON, or why that could
/// not be. Dropped, it stops.
pub type Checker = Rc<dyn Fn(Vec<File>, Progress) -> Later<Result<String, String>>>;

/// Writes a text of a run, asked for in JSON, or tells why it cannot.
pub type Scribe = Rc<dyn Fn(String) -> Later<Result<String, String>>>;

/// Lets a run leave the page in the form that is named, or lets one come in: from a file that a person
/// chooses, or from the page's address. Both what is handed in and what comes of it is JSON.
pub type Passage = Rc<dyn Fn(&str, &str) -> Later<Result<String, String>>>;

/// What a host gives to `App`.
pub struct Host {
    /// The origin that the page came from: `http://127.0.0.1:8080`.
    pub address: String,
    /// From what the simulator's identifiers come.
    pub seed: u64,
    /// Distinguishes the ids of this instance's elements from those of others on the same page.
    pub prefix: String,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
    /// How live calls move.
    pub network: Transport,
    /// Who reads files for the simulator.
    pub reader: Rc<dyn Reader>,
    /// Who reads packages for a check.
    pub checker: Checker,
    /// Who writes texts of a run.
    pub scribe: Scribe,
    /// Lets a run leave the page, or come in.
    pub pass: Passage,
    /// Whether there is a run in the page's address.
    pub linked: bool,
    /// Draws a sheet from what is told in JSON; nothing, before the scribe was asked for anything.
    pub draw: fn(&str) -> Option<String>,
    /// Makes a source of bytes out of a file that was picked or dropped.
    pub source: fn(File) -> Source,
    /// The files of a drop; of a dropped folder, those in it.
    pub dropped: fn(DataTransfer) -> Later<Vec<File>>,
    /// What was kept of how the page looks; empty, if nothing was.
    pub kept: String,
    /// Keeps that for the next time; nothing of it, if it is empty.
    pub keep: fn(&str),
    /// Puts the borders between panes where they are at first, and forgets where they were.
    pub reset: Rc<dyn Fn()>,
    /// Moves these borders from now on, and tells by the events `acc-narrow` and `acc-wide` whether
    /// panes stand below each other.
    pub watch: Rc<dyn Fn()>,
    /// Puts a text on the clipboard, and tells whether it got there.
    pub copy: fn(String) -> Later<bool>,
    /// How much memory the page's wasm has, in bytes.
    pub page_memory: fn() -> usize,
    /// How much the reader's has; 0 until it was needed.
    pub reader_memory: Rc<Cell<usize>>,
    /// How the host says goodbye.
    pub farewell: Rc<Farewell>,
}

impl PartialEq for Host {
    /// There is one per instance, and it does not change.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// What `App` leaves with its host for the end.
#[derive(Default)]
pub struct Farewell {
    /// Whether leaving now would break something, so that a person should be asked.
    pub breaks: Cell<bool>,
    /// Ends what should not outlive the page.
    pub end: RefCell<Option<Box<dyn Fn()>>>,
}

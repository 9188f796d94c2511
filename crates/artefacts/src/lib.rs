//! A run as a text to be kept or passed on: a run file, a link, a HAR file, a report; and read again.
//!
//! What is read may be cut, damaged or foreign: it is read as far as it goes, and what is told besides
//! names the input and the remedy. It does no input or output and knows no clock; it does not do a run
//! again, so whether one still leads to the same answers is for its reader to find out.
#![warn(missing_docs)]

mod diagram;
mod escape;
mod file;
mod found;
mod har;
mod har_in;
mod partial;
mod record;
mod report;
mod secrets;
mod share;

#[cfg(test)]
mod tests;

pub use diagram::{diagram, word};
pub use file::run_file;
pub use found::{Damage, Found, Unreadable, read};
pub use har::har;
pub use record::{Call, Event, File, Line, Record, Rule, Seen, Session};
pub use report::report;
pub use share::{LEFT_OUT, from_share, share};

/// The version of the run file's form that this program writes and reads.
pub const VERSION: u64 = 1;

/// Longer texts are not read, in bytes.
pub const LONGEST: usize = 32 << 20;

/// More entries than these are not read.
pub const MOST: usize = 20_000;

/// A longer link is not made, in bytes: not everything that passes links on takes more.
pub const LONGEST_LINK: usize = 32_000;

/// Who makes these texts.
const MADE_BY: &str = concat!("Accession ", env!("CARGO_PKG_VERSION"));

/// What a text says that it is called, fit to be shown.
pub fn title(text: &str) -> String {
    escape::visible(text, 100)
}

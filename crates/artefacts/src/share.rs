//! What a link holds of a run: its seed, its settings and what was done, as compact JSON. Whoever makes
//! the link compresses it.

use crate::found::{Found, Unreadable};
use crate::partial;
use crate::record::Record;
use crate::secrets::without_hosts;

/// What is not in a link.
pub const LEFT_OUT: &str =
    "Not in the link: names of hosts, passwords, tokens, upload links and the bytes of files.";

/// The text of a link; none for what a server answered: that has hosts in it.
pub fn share(record: &Record) -> Option<String> {
    Some(without_hosts(record.run.as_ref()?).to_string())
}

/// Reads the text of a link.
pub fn from_share(text: &str) -> Result<Found, Unreadable> {
    let partial = partial::read(text);
    let mut found = Found::new("The link", "Ask for it again, or for the run file.");
    found.take_run(partial.fields, partial.broken);
    found.or_nothing()
}

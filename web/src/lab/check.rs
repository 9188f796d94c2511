//! The check of a package: how far it is, and what it came to.
//!
//! It does not know what a report says; that came as JSON, and is drawn as it is.

use std::rc::Rc;

use accession_core::reading;
use accession_core::time::Timestamp;
use serde_json::Value;

use super::Progress;
use crate::words::{say, word};

/// A package that is checked, or was.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Its number: the same files may be checked again.
    pub id: u64,
    /// The name of the file that the package is called by.
    pub name: String,
    /// The type of an item that holds such a package, where a library has one.
    pub kind: &'static str,
    /// How far it has been read.
    pub progress: Progress,
    /// What was found, or why it could not be read.
    pub found: Option<Result<Rc<Value>, String>>,
    /// As what the report was copied last, and whether it got there.
    pub copied: Option<(Format, bool)>,
}

/// As what a report is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Markdown,
    /// For programs.
    Json,
}

impl Format {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Json => "JSON",
        }
    }
}

impl Check {
    /// Nothing of it has been read yet.
    pub const fn new(
        id: u64,
        name: String,
        kind: &'static str,
        total: u64,
        now: Timestamp,
    ) -> Self {
        let progress = Progress::new(total, now);
        Self { id, name, kind, progress, found: None, copied: None }
    }

    pub(super) fn end(&mut self, found: Result<String, String>) {
        let read = |text: String| reading::parse(&text).map_err(|error| error.to_string());
        self.found = Some(found.and_then(read).map(Rc::new));
    }

    /// The report as a text.
    pub fn report(&self, format: Format) -> Option<String> {
        let found = self.found.as_ref()?.as_ref().ok()?;
        match format {
            Format::Markdown => found["markdown"].as_str().map(str::to_owned),
            Format::Json => Some(format!("{:#}", found["report"])),
        }
    }

    /// What became of copying it.
    pub fn copied(&self) -> Option<String> {
        let (format, arrived) = self.copied?;
        let name = format.name();
        Some(if arrived {
            say("Copied as {0}.", &[name])
        } else {
            say(
                "Not copied as {0}: the browser refused. Allow this page the clipboard, or select \
                 the report and copy it.",
                &[name],
            )
        })
    }

    /// What is read aloud of it.
    pub(super) fn spoken(&self) -> String {
        let name = &self.name;
        match &self.found {
            None => say("{0}: {1} percent read.", &[name, &self.progress.quarter().to_string()]),
            Some(Err(why)) => say("{0} could not be read: {1}.", &[name, why]),
            Some(Ok(found)) => self.copied().unwrap_or_else(|| {
                let sentence = found["outline"]["sentence"].as_str().unwrap_or_default();
                say("{0}: {1}", &[name, &word(sentence)])
            }),
        }
    }
}

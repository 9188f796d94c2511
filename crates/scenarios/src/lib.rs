//! Situations to begin from: each is a run up to an instructive point, and says what to try there.
//!
//! They are texts. Whoever opens a run does it again in a simulator; this crate has none. Its tests make
//! the runs, and hold each of them to what is said of it.
#![warn(missing_docs)]

mod all;

pub use all::ALL;

/// A situation that somebody can go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// A short name that stays.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it is called.
    pub title: &'static str,
    /// What has happened.
    pub about: &'static str,
    /// What to do next, and what to watch.
    pub attempt: &'static str,
    /// Where people told of it in public.
    pub reports: &'static [Report],
    /// How it came to be: a run of core's, in JSON.
    pub run: &'static str,
}

/// What a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A session from its beginning to its end.
    FirstSteps,
    /// What the server does not do, and why.
    Refusals,
    /// Clocks.
    Time,
    /// Bytes on their way.
    Transfers,
    /// Items of type OVF.
    Packages,
}

impl Group {
    /// All of them, in the order in which they are learned.
    pub const ALL: [Self; 5] =
        [Self::FirstSteps, Self::Refusals, Self::Time, Self::Transfers, Self::Packages];

    /// What it is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::FirstSteps => "First steps",
            Self::Refusals => "Refusals",
            Self::Time => "Time",
            Self::Transfers => "Transfers",
            Self::Packages => "Packages",
        }
    }
}

/// A public report of what happened to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Where, and what it is about.
    pub title: &'static str,
    /// Its address.
    pub url: &'static str,
}

/// The scenario of this name.
pub fn named(id: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.id == id)
}

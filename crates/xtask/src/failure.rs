//! What can go wrong in a command, each with what to do about it. It does not know who prints it.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    Usage(String),
    /// A file or a socket did not do what was needed.
    Io { doing: String, source: io::Error },
    /// A program could not be started.
    Start { program: String, source: io::Error },
    /// A program ran and said no.
    Exit { command: String, status: ExitStatus },
    /// A program was stopped because it took too long.
    Slow { command: String, limit: Duration },
    /// A tool is not there and could not be installed.
    Missing { what: String, remedy: String },
    /// A tool or a file is there, but does not say what was expected of it.
    Unreadable { what: String, why: String },
    /// A part has nothing to work on, which must not look like success.
    Nothing { what: String },
    /// The port to serve on is taken.
    PortTaken { port: u16 },
    /// A program that should run until it is stopped has ended.
    Ended { what: String, status: ExitStatus },
    /// The modules have grown beyond what was agreed.
    OverBudget(Vec<String>),
    /// A step that this one needs failed before and was reported then.
    Earlier { what: String },
    /// At least one part of the gate failed.
    Gate,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    pub(crate) fn missing(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), remedy: remedy.into() }
    }

    pub(crate) fn nothing(what: impl Into<String>) -> Self {
        Self::Nothing { what: what.into() }
    }

    pub(crate) fn unreadable(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Unreadable { what: what.into(), why: why.into() }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(f, "{what}; `cargo xtask help` lists the commands"),
            Self::Io { doing, source } => write!(f, "failed to {doing}: {source}"),
            Self::Start { program, source } => {
                write!(f, "failed to start {program}: {source}; is it installed and on PATH?")
            }
            Self::Exit { command, status } => write!(f, "`{command}` failed ({status})"),
            Self::Slow { command, limit } => {
                write!(f, "`{command}` was stopped after {} minutes", limit.as_secs() / 60)
            }
            Self::Missing { what, remedy } => write!(f, "{what} is missing: {remedy}"),
            Self::Unreadable { what, why } => write!(f, "{what} is not as expected: {why}"),
            Self::Nothing { what } => write!(f, "nothing to run: {what}"),
            Self::PortTaken { port } => write!(
                f,
                "port {port} is taken by another program; stop it or choose another port with --port N"
            ),
            Self::Ended { what, status } => {
                write!(f, "{what} has ended ({status}), so everything else was stopped")
            }
            Self::OverBudget(over) => write!(f, "over budget: {}", over.join("; ")),
            Self::Earlier { what } => write!(f, "{what} failed earlier in this run"),
            Self::Gate => f.write_str("at least one part failed"),
        }
    }
}

impl std::error::Error for Failure {}

/// Words for a path in a message.
pub(crate) fn shown(path: impl Into<PathBuf>) -> String {
    path.into().display().to_string()
}

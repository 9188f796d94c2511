//! The calls that a session's buttons send: their words, and what is to be expected of them.

use accession_core::model::{SessionFileInfo, SessionState, SourceType, TransferStatus};
use accession_core::operations::Row;
use accession_core::rules::{self, RuleRef};
use accession_core::session::{self, EventKind, Next, Phase};

use super::{Life, SessionView};
use crate::format;

/// A call that concerns a whole update session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCall {
    /// Checks the files.
    Validate,
    /// Resets the time to expiration.
    KeepAlive,
    /// Publishes.
    Complete,
    /// Discards.
    Cancel,
    /// Ends with an error.
    Fail,
    /// Removes an ended session.
    Delete,
}

impl SessionCall {
    /// All of them, in the order of a session's life.
    pub const ALL: [Self; 6] =
        [Self::Validate, Self::KeepAlive, Self::Complete, Self::Cancel, Self::Fail, Self::Delete];

    /// The operation's own name.
    pub const fn name(self) -> &'static str {
        self.kind().operation()
    }

    /// Whether this row of the table is its operation.
    pub fn is_of(self, row: &Row) -> bool {
        row.name == self.name() && row.parameters.contains(&"update_session_id")
    }

    /// What the button says: a verb and its object.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Validate => "Validate files",
            Self::KeepAlive => "Keep session alive",
            Self::Complete => "Complete update session",
            Self::Cancel => "Cancel update session",
            Self::Fail => "Fail update session",
            Self::Delete => "Delete update session",
        }
    }

    /// What it does, for whoever is asked to confirm it.
    pub const fn effect(self) -> &'static str {
        match self {
            Self::Validate => "The server checks the files. Nothing changes.",
            Self::KeepAlive => "The time to expiration starts again.",
            Self::Complete => "The item gets the files of this session, and everybody sees them.",
            Self::Cancel => "Everything sent in this session is dropped. The item stays as it is.",
            Self::Fail => "The session ends in ERROR with your message. The item stays as it is.",
            Self::Delete => "The server forgets this session. The item stays as it is.",
        }
    }

    /// Whether it ends something for good, so that a live server is only asked after a question.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Cancel | Self::Fail | Self::Delete)
    }

    const fn kind(self) -> EventKind {
        match self {
            Self::Validate => EventKind::Validate,
            Self::KeepAlive => EventKind::KeepAlive,
            Self::Complete => EventKind::Complete,
            Self::Cancel => EventKind::Cancel,
            Self::Fail => EventKind::Fail,
            Self::Delete => EventKind::Delete,
        }
    }

    /// What is to be expected of it now.
    pub fn foresee(self, session: &SessionView) -> Foresight {
        let phase = match session.life() {
            Life::Unknown => return Foresight::Unknown,
            Life::Gone => {
                let because = "the server does not know this id".to_owned();
                return Foresight::Refused { because, rule: rules::SESSION_EXISTS };
            }
            Life::State(SessionState::Active) => Phase::Open,
            Life::State(SessionState::Done) => Phase::Done,
            Life::State(SessionState::Error) => Phase::Failed,
            Life::State(SessionState::Canceled) => Phase::Canceled,
            Life::State(SessionState::Unknown(_)) => return Foresight::Unknown,
        };
        if session::next(phase, self.kind(), false) == Next::Refused {
            let because = format!("the session is {}", phase.state());
            let rule =
                if self == Self::Delete { rules::DELETE_ENDED_ONLY } else { rules::ACTIVE_ONLY };
            return Foresight::Refused { because, rule };
        }
        let needs_files = matches!(self, Self::Validate | Self::Complete);
        let late = session.files.ready().into_iter().flatten().find(|file| is_late(file));
        match late.filter(|_| needs_files) {
            Some(file) => {
                Foresight::Refused { because: lateness(session, file), rule: rules::FILES_RECEIVED }
            }
            None => match unheeded(session).filter(|_| self == Self::Complete) {
                Some(because) => Foresight::Refused { because, rule: rules::WARNINGS_IGNORED },
                None => Foresight::Fine,
            },
        }
    }
}

/// A warning that nobody said to ignore.
fn unheeded(session: &SessionView) -> Option<String> {
    let preview = session.model.ready()?.preview_info.as_ref()?;
    let warning = preview.warnings.iter().flatten().find(|warning| !warning.ignored)?;
    Some(format!("the warning {} is not ignored", warning.r#type))
}

fn is_late(file: &SessionFileInfo) -> bool {
    file.source_type == SourceType::Push && file.status != TransferStatus::Ready
}

fn lateness(session: &SessionView, file: &SessionFileInfo) -> String {
    let name = &file.name;
    if file.status == TransferStatus::Error {
        return format!("{name} is in ERROR");
    }
    let received = format::bytes(format::size(file.bytes_transferred));
    match session.declared(name).and_then(|declared| declared.size) {
        Some(size) => format!("{name} has received {received} of {}", format::bytes(size)),
        None => format!("{name} is {}, with {received} received", file.status),
    }
}

/// What is to be expected of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Foresight {
    /// Too little is known.
    Unknown,
    /// It is allowed.
    Fine,
    /// It is not.
    Refused {
        /// What stands in its way.
        because: String,
        /// The rule.
        rule: RuleRef,
    },
}

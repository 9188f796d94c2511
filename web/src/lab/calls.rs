//! The calls that a session's buttons send: their words, and what is to be expected of them.

use accession_core::model::{SessionFileInfo, SessionId, TransferStatus};
use accession_core::operations::{
    Call, Row, SessionFileValidate, UpdateSessionCancel, UpdateSessionComplete,
    UpdateSessionDelete, UpdateSessionFail, UpdateSessionKeepAlive,
};
use accession_core::rules::RuleRef;
use accession_core::session::{EventKind, Phase, Rejected};
use accession_core::simulator::Unmet;

use super::SessionView;
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

    /// What it is to the machine.
    pub const fn kind(self) -> EventKind {
        match self {
            Self::Validate => EventKind::Validate,
            Self::KeepAlive => EventKind::KeepAlive,
            Self::Complete => EventKind::Complete,
            Self::Cancel => EventKind::Cancel,
            Self::Fail => EventKind::Fail,
            Self::Delete => EventKind::Delete,
        }
    }

    /// The call on a session.
    pub fn on(self, session: &SessionId) -> Call {
        let update_session_id = session.clone();
        match self {
            Self::Validate => Call::SessionFileValidate(SessionFileValidate { update_session_id }),
            Self::KeepAlive => Call::UpdateSessionKeepAlive(UpdateSessionKeepAlive {
                update_session_id,
                client_progress: None,
            }),
            Self::Complete => {
                Call::UpdateSessionComplete(UpdateSessionComplete { update_session_id })
            }
            Self::Cancel => Call::UpdateSessionCancel(UpdateSessionCancel { update_session_id }),
            Self::Fail => Call::UpdateSessionFail(UpdateSessionFail {
                update_session_id,
                client_error_message: String::new(),
            }),
            Self::Delete => Call::UpdateSessionDelete(UpdateSessionDelete { update_session_id }),
        }
    }
}

/// What stands in the way of a call, in a few words.
pub(super) fn in_words(rejected: &Rejected, session: &SessionView) -> String {
    match rejected {
        Rejected::Phase { event, phase: Phase::Completing, .. } if *event != EventKind::Delete => {
            "complete was accepted already".to_owned()
        }
        Rejected::Phase { phase, .. } => format!("the session is {}", phase.state()),
        Rejected::Warned(warning) => format!("the warning {warning} is not ignored"),
        Rejected::FileNotReceived { name, .. } => {
            let files = session.files.ready().into_iter().flatten();
            let mut late = files.filter(|file| file.name == *name);
            late.next().map_or_else(|| rejected.to_string(), |file| lateness(session, file))
        }
        Rejected::Unusable { missing, invalid } => match (missing.first(), invalid.first()) {
            (Some(name), _) => format!("{name} is missing"),
            (None, Some(name)) => format!("{name} cannot be used"),
            (None, None) => rejected.to_string(),
        },
        other => other.to_string(),
    }
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

impl From<Unmet> for Foresight {
    fn from(Unmet { why, rule, .. }: Unmet) -> Self {
        Self::Refused { because: why, rule }
    }
}

impl Foresight {
    /// Whether an answer of this status is another than was to be expected.
    pub fn differs(&self, status: u16) -> bool {
        let granted = matches!(status, 200..=299);
        match self {
            Self::Unknown => false,
            Self::Fine => !granted,
            Self::Refused { .. } => granted,
        }
    }

    /// What stands in its way, if it is known to be refused.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused { because, .. } => Some(because),
            Self::Fine | Self::Unknown => None,
        }
    }
}

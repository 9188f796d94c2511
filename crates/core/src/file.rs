//! The second machine: the status of one pushed file.
//!
//! It does not know the session around the file; `session` does.

use serde_json::Value;

use crate::model::TransferStatus;
use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire};

/// How far the transfer of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Declared, no bytes yet.
    Waiting,
    /// An upload is open.
    Transferring,
    /// All bytes are there and are being checked.
    Validating,
    /// Accepted.
    Ready,
    /// Transfer or checks failed.
    Error,
}

/// What can happen to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An upload begins.
    Open,
    /// Its last byte arrived.
    Receive,
    /// The checks passed.
    Accept,
    /// A check failed.
    Refuse,
    /// The upload ended before its end.
    Break,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Transferring, Self::Validating, Self::Ready, Self::Error];

    /// The status after an event; `None` if the event cannot happen there.
    pub const fn next(self, event: Event) -> Option<Self> {
        match (self, event) {
            // The upload of a READY file replaces what came before.
            (Self::Waiting | Self::Ready, Event::Open) => Some(Self::Transferring),
            (Self::Transferring, Event::Receive) => Some(Self::Validating),
            (Self::Validating, Event::Accept) => Some(Self::Ready),
            (Self::Validating, Event::Refuse) | (Self::Transferring, Event::Break) => {
                Some(Self::Error)
            }

            (Self::Transferring | Self::Validating | Self::Error, Event::Open)
            | (Self::Waiting | Self::Validating | Self::Ready | Self::Error, Event::Receive)
            | (Self::Waiting | Self::Transferring | Self::Ready | Self::Error, Event::Accept)
            | (Self::Waiting | Self::Transferring | Self::Ready | Self::Error, Event::Refuse)
            | (Self::Waiting | Self::Validating | Self::Ready | Self::Error, Event::Break) => None,
        }
    }

    /// The word that real servers put into their messages, which is not the API's.
    pub const fn word_in_messages(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Transferring => "TRANSFERRING",
            Self::Validating => "VALIDATING",
            Self::Ready => "DONE",
            Self::Error => "ERROR",
        }
    }
}

impl Wire for Status {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let found = TransferStatus::read(reader)?;
        let status = Self::ALL.into_iter().find(|status| TransferStatus::from(*status) == found);
        *self = status.ok_or_else(|| reader.mismatch("a status of a transfer"))?;
        Ok(())
    }

    fn write(&self, form: &dyn Form) -> Value {
        TransferStatus::from(*self).write(form)
    }

    fn blank() -> Self {
        Self::Waiting
    }
}

impl From<Status> for TransferStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Waiting => Self::WaitingForTransfer,
            Status::Transferring => Self::Transferring,
            Status::Validating => Self::Validating,
            Status::Ready => Self::Ready,
            Status::Error => Self::Error,
        }
    }
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Receive, Self::Accept, Self::Refuse, Self::Break];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_machine() {
        let mut arrows = Vec::new();
        for from in Status::ALL {
            for event in Event::ALL {
                if let Some(to) = from.next(event) {
                    arrows.push(format!("{from:?} {event:?} {to:?}"));
                }
            }
        }
        assert_eq!(
            arrows,
            [
                "Waiting Open Transferring",
                "Transferring Receive Validating",
                "Transferring Break Error",
                "Validating Accept Ready",
                "Validating Refuse Error",
                "Ready Open Transferring",
            ]
        );
    }
}

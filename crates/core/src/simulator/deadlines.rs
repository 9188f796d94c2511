//! When something will happen to sessions without a call. It does not know what.

use std::collections::BTreeSet;

use crate::model::SessionId;
use crate::session::Session;
use crate::time::Timestamp;

/// Sessions by the instant at which something is due, soonest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines(BTreeSet<(Timestamp, SessionId)>);

impl Deadlines {
    pub(super) fn first(&self) -> Option<(Timestamp, &SessionId)> {
        self.0.first().map(|(at, id)| (*at, id))
    }

    /// Something that was due at one instant is due at another.
    pub(super) fn change(
        &mut self,
        session: &Session,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.0.remove(&(before, session.id.clone()));
        }
        if let Some(after) = after {
            self.0.insert((after, session.id.clone()));
        }
    }

    /// What was due at an instant is not due any more.
    pub(super) fn forget(&mut self, at: Timestamp, id: SessionId) {
        self.0.remove(&(at, id));
    }
}

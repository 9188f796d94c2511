//! When something will happen to sessions without a call. It does not know what.

use crate::model::SessionId;
use crate::session::Session;
use crate::store::Ranks;
use crate::time::Timestamp;

/// Sessions by the instant at which something is due, soonest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines(Ranks);

impl Deadlines {
    pub(super) fn first(&self) -> Option<(Timestamp, SessionId)> {
        let (rank, id) = self.0.first()?;
        Some((Timestamp::from_millis(i64::MIN.wrapping_add_unsigned(rank)), SessionId::new(id)))
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
            self.forget(before, &session.id);
        }
        if let Some(after) = after {
            self.0.insert(rank(after), session.id.text());
        }
    }

    /// What was due at an instant is not due any more.
    pub(super) fn forget(&mut self, at: Timestamp, id: &SessionId) {
        self.0.remove(rank(at), id.text());
    }
}

/// A number that is higher for what is later, before 1970 too.
fn rank(at: Timestamp) -> u64 {
    at.as_millis().abs_diff(i64::MIN)
}

//! When something will happen to sessions without a call. It does not know what.

use std::collections::BTreeMap;

use crate::model::SessionId;
use crate::session::Session;
use crate::time::Timestamp;

/// Sessions by the instant at which something is due, soonest first; at one instant, the older session
/// comes first.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines(BTreeMap<(Timestamp, u64), SessionId>);

impl Deadlines {
    pub(super) fn first(&self) -> Option<(Timestamp, &SessionId)> {
        self.0.first_key_value().map(|((at, _), id)| (*at, id))
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
            self.0.remove(&(before, session.serial));
        }
        if let Some(after) = after {
            self.0.insert((after, session.serial), session.id.clone());
        }
    }
}

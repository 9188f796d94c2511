//! The only place that asks what time it is. It does not know what for.

use std::time::SystemTime;

use accession_core::time::Timestamp;

/// The present, to the millisecond.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

//! The simulator's clock: the page's time, made to stand still, run faster, or jump.
//!
//! It reads no clock itself; whoever has one hands in what it shows.

use std::time::Duration;

use accession_core::time::Timestamp;

/// How simulated time follows real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// An instant of real time,
    since: Timestamp,
    /// and what this clock showed then.
    shown: Timestamp,
    rate: u32,
}

impl Clock {
    /// The rates that are offered besides standing still.
    pub const RATES: [u32; 3] = [1, 10, 60];

    /// A clock that shows real time.
    pub const fn new(now: Timestamp) -> Self {
        Self { since: now, shown: now, rate: 1 }
    }

    /// What it shows when real time is this.
    pub fn at(&self, real: Timestamp) -> Timestamp {
        self.shown + real.since(self.since) * self.rate
    }

    /// So many seconds of it pass in one of real time; 0: it stands still.
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Whether it stands still.
    pub const fn is_paused(&self) -> bool {
        self.rate == 0
    }

    /// The rate that the button for play and pause sets.
    pub const fn other_rate(&self) -> u32 {
        if self.is_paused() { 1 } else { 0 }
    }

    /// The same, at another rate from now on.
    #[must_use]
    pub fn with_rate(self, rate: u32, real: Timestamp) -> Self {
        Self { since: real, shown: self.at(real), rate }
    }

    /// The same, showing something else from now on.
    #[must_use]
    pub const fn set(self, shown: Timestamp, real: Timestamp) -> Self {
        Self { since: real, shown, rate: self.rate }
    }
}

/// Where the clock is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    /// So much further.
    By(Duration),
    /// To when the server next does something by itself.
    NextEvent,
    /// To when the session on screen expires.
    Expiry,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn it_follows_real_time_at_its_rate() {
        let clock = Clock::new(at(100));
        assert_eq!(clock.at(at(107)), at(107));
        let fast = clock.with_rate(60, at(107));
        assert_eq!((fast.at(at(107)), fast.at(at(108))), (at(107), at(167)));
        let still = fast.with_rate(0, at(108));
        assert_eq!(still.at(at(500)), at(167));
        assert!(still.is_paused());
        // Going on, it does not make up for the pause.
        assert_eq!(still.with_rate(1, at(500)).at(at(501)), at(168));
    }

    #[test]
    fn it_jumps_and_goes_on_from_there() {
        let clock = Clock::new(at(100)).with_rate(10, at(100)).set(at(5000), at(101));
        assert_eq!((clock.at(at(101)), clock.at(at(102))), (at(5000), at(5010)));
    }
}

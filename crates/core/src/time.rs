//! The one notion of time in core: a number of milliseconds that the host hands in.
//!
//! Nothing here knows what time it is.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::reading::{Fit, Reader};
use crate::shape::Shape;
use crate::structure::{Form, Wire};

const MILLIS_PER_DAY: i64 = 86_400_000;
/// The year 9999 ends here; the wire form has four digits for the year.
const LATEST: i64 = 253_402_300_799_999;
/// The year 0000 begins here.
const EARLIEST: i64 = -62_167_219_200_000;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
///
/// On the wire it is the API's date-time: `2026-01-02T03:04:05.678Z`, always UTC, always three
/// fraction digits. Reading accepts any number of fraction digits (the rest is cut) and offsets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Makes an instant from milliseconds since the epoch, clamped to the years 0000 to 9999.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < EARLIEST {
            Self(EARLIEST)
        } else if millis > LATEST {
            Self(LATEST)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(MILLIS_PER_DAY);
        let millis = self.0.rem_euclid(MILLIS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        let (second, fraction) = (millis / 1000 % 60, millis % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not the API's date-time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a date-time like 2026-01-02T03:04:05.678Z")]
pub struct NotADateTime;

impl FromStr for Timestamp {
    type Err = NotADateTime;

    fn from_str(text: &str) -> Result<Self, NotADateTime> {
        parse(text).ok_or(NotADateTime)
    }
}

impl Wire for Timestamp {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let expected = "a date-time like 2026-01-02T03:04:05.678Z";
        *self = reader.text()?.parse().map_err(|_| reader.mismatch(expected))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.to_string())
    }

    fn blank() -> Self {
        Self::default()
    }

    fn shape() -> Shape {
        Shape::Time
    }
}

// Serde gets it as the text that it is: the reader of packages has no other use for JSON values.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !text.is_ascii() || bytes.len() < 20 {
        return None;
    }
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| bytes[at] != byte) {
        return None;
    }
    let number = |from: usize, to: usize| digits(&bytes[from..to]);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (millis, zone) = fraction(&bytes[19..])?;
    let days = days_from_civil(year, month, day);
    let local = days * MILLIS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    Some(Timestamp::from_millis(local - offset(zone)?))
}

/// Milliseconds of an optional `.digits`, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(after_point) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let length = after_point.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits_part, zone) = after_point.split_at(length);
    let padded: Vec<u8> = digits_part.iter().copied().chain(*b"00").take(3).collect();
    if length == 0 {
        return None;
    }
    Some((digits(&padded)?, zone))
}

/// Milliseconds that a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let sign = match zone.first()? {
        b'Z' if zone.len() == 1 => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if zone.len() != 6 || zone[3] != b':' {
        return None;
    }
    let (hours, minutes) = (digits(&zone[1..3])?, digits(&zone[4..6])?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted from a year that
/// begins in March, so that the leap day is the last one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_the_wire_form() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        let leap_day = Timestamp::from_millis(1_709_211_845_678);
        assert_eq!(leap_day.to_string(), "2024-02-29T13:04:05.678Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn reads_fractions_and_offsets() {
        let expected = Timestamp::from_millis(1_709_211_845_670);
        for text in [
            "2024-02-29T13:04:05.67Z",
            "2024-02-29T13:04:05.670999Z",
            "2024-02-29T15:34:05.67+02:30",
            "2024-02-28T23:04:05.67-14:00",
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_the_runtime_refuses() {
        for text in [
            "",
            "2024-02-29T13:04:05",
            "2024-02-29 13:04:05Z",
            "2024-02-29t13:04:05z",
            "2024-02-29T13:04:05+0000",
            "2024-02-29T24:00:00Z",
            "2024-02-29T13:04:60Z",
            "2023-02-29T13:04:05Z",
            "2024-02-29T13:04:05.Z",
            "2024-02-29T13:04:05Zé",
            "+024-02-29T13:04:05Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotADateTime), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(millis in EARLIEST..=LATEST) {
            let instant = Timestamp::from_millis(millis);
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}

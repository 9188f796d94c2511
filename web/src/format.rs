//! Numbers, times and bodies as people read them. It knows no state of the page.

use std::time::Duration;

use accession_core::reading;
use accession_core::time::Timestamp;

use crate::words::{counted, say};

/// A number of bytes: `5.2 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("{0} TB", 1_000_000_000_000),
        ("{0} GB", 1_000_000_000),
        ("{0} MB", 1_000_000),
        ("{0} KB", 1_000),
    ];
    match UNITS.into_iter().find(|(_, unit)| count >= *unit) {
        Some((unit, size)) => {
            say(unit, &[&format!("{}.{}", count / size, count % size * 10 / size)])
        }
        None => say("{0} B", &[&count.to_string()]),
    }
}

/// A number of bytes in full: `5,242,880 bytes`.
pub fn exact_bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    counted(count, &text, "{0} byte", "{0} bytes")
}

/// The API's long is signed; a size is not.
pub fn size(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// A share in whole percent, never rounded up to 100.
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return 100;
    }
    match part.checked_mul(100) {
        _ if part >= whole => 100,
        Some(hundredfold) => hundredfold / whole,
        None => (part / (whole / 100)).min(99),
    }
}

/// What is left of a time: `04:12`, or `23:59:01` from an hour on.
pub fn countdown(left: Duration) -> String {
    let seconds = left.as_secs() + u64::from(left.subsec_millis() > 0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// A span of time as a clock shows it: `00:03:12`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A time in words: `4 min 12 s`, `1.3 s`, `12 ms`.
pub fn duration(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    match seconds {
        0 => say("{0} ms", &[&millis.to_string()]),
        1..60 => say("{0} s", &[&format!("{seconds}.{}", millis / 100)]),
        _ => say("{0} min {1} s", &[&(seconds / 60).to_string(), &(seconds % 60).to_string()]),
    }
}

/// The time of day: `13:04:05.678`, in UTC like everything on the wire.
pub fn time_of_day(at: Timestamp) -> String {
    at.to_string().get(11..23).unwrap_or_default().to_owned()
}

/// A text that came from a file, with nothing in it that cannot be seen or that turns its direction.
pub fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            visible.extend(c.escape_unicode());
        } else {
            visible.push(c);
        }
    }
    visible
}

/// A body that is JSON, laid out for reading; anything else as it is.
pub fn pretty(text: &str) -> String {
    reading::parse(text).map_or_else(|_| text.to_owned(), |value| format!("{value:#}"))
}

/// The beginning of an identifier, enough to tell two apart.
pub fn short(id: &str) -> String {
    let start = id.split([':', '-']).next().unwrap_or(id);
    start.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_and_one_digit() {
        let shown: Vec<_> =
            [0, 1, 999, 1000, 5_242_880, 999_999, 2_100_000_000, u64::MAX].map(bytes).into();
        let expected =
            ["0 B", "1 B", "999 B", "1.0 KB", "5.2 MB", "999.9 KB", "2.1 GB", "18446744.0 TB"];
        assert_eq!(shown, expected);
        assert_eq!(exact_bytes(5_242_880), "5,242,880 bytes");
        assert_eq!(exact_bytes(1), "1 byte");
        assert_eq!(exact_bytes(100), "100 bytes");
    }

    #[test]
    fn percent_reaches_100_only_at_the_end() {
        assert_eq!([percent(0, 3), percent(2, 3), percent(3, 3), percent(9, 3)], [0, 66, 100, 100]);
        assert_eq!(percent(999_999, 1_000_000), 99);
        assert_eq!(percent(0, 0), 100);
        assert_eq!(percent(u64::MAX, u64::MAX), 100);
    }

    #[test]
    fn a_countdown_ends_at_zero_and_not_before() {
        let shown = |millis| countdown(Duration::from_millis(millis));
        assert_eq!(shown(252_000), "04:12");
        assert_eq!(shown(1), "00:01");
        assert_eq!(shown(0), "00:00");
        assert_eq!(shown(86_341_000), "23:59:01");
    }

    #[test]
    fn durations_are_words() {
        let shown = |millis| duration(Duration::from_millis(millis));
        assert_eq!(shown(12), "12 ms");
        assert_eq!(shown(1_390), "1.3 s");
        assert_eq!(shown(252_000), "4 min 12 s");
    }

    #[test]
    fn only_json_is_laid_out() {
        assert_eq!(pretty("{\"b\":1,\"a\":[]}"), "{\n  \"b\": 1,\n  \"a\": []\n}");
        assert_eq!(pretty("404 page not found"), "404 page not found");
    }

    #[test]
    fn nothing_in_a_text_stays_unseen() {
        assert_eq!(visible("a\u{1b}[31m\n\u{202e}b é"), "a\\u{1b}[31m\\u{a}\\u{202e}b é");
    }

    #[test]
    fn identifiers_are_cut_at_their_first_joint() {
        assert_eq!(short("815994e5-2828-4a88:9c7e"), "815994e5");
        assert_eq!(short("a"), "a");
        assert_eq!(short("ünïcödeünïcöde"), "ünïcödeünïcö");
    }

    #[test]
    fn a_time_of_day_is_that_of_the_wire() {
        assert_eq!(time_of_day(Timestamp::from_millis(1_709_211_845_678)), "13:04:05.678");
    }
}

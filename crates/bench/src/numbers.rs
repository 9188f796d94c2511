//! What many measurements say: the one in the middle, and how far the others are from it.

use std::fmt;

/// The one in the middle of sorted measurements, and the outermost ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// # Panics
    ///
    /// Where there are no measurements.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (least, most) = (values[0], values[values.len() - 1]);
        Self { median: values[values.len() / 2], least, most }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, least, most } = self;
        let digits = if *median < 10.0 { 2 } else { 0 };
        write!(f, "{median:.digits$} ({least:.digits$} to {most:.digits$})")
    }
}

/// The value that so many of a hundred do not exceed; the values are sorted.
pub(crate) fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted[rank.saturating_sub(1)]
}

/// A number that a system may not tell.
pub(crate) fn known(number: Option<f64>, digits: usize, unit: &str) -> String {
    let number = number.map(|number| format!("{number:.digits$} {unit}"));
    number.unwrap_or_else(|| "not known here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends() {
        let spread = Spread::of(vec![30.0, 10.0, 20.0]);
        assert_eq!(spread.to_string(), "20 (10 to 30)");
    }

    #[test]
    fn ninety_nine_of_a_hundred_are_not_slower() {
        let sorted: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&sorted, 99), 198);
        assert_eq!(percentile(&sorted, 50), 100);
        assert_eq!(percentile(&[7], 99), 7);
    }
}

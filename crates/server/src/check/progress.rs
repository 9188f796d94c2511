//! How far the reading is, on a terminal: one line, drawn over itself.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use accession_package::outline::bytes;

use super::text::harmless;

const BETWEEN: Duration = Duration::from_millis(100);

/// A line of progress.
pub(super) struct Progress {
    shown: bool,
    name: String,
    total: Option<u64>,
    done: u64,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    pub(super) fn new(shown: bool) -> Self {
        let began = Instant::now();
        Self { shown, name: String::new(), total: None, done: 0, began, drawn: None }
    }

    /// A package of so many bytes begins.
    pub(super) fn begin(&mut self, total: Option<u64>) {
        self.total = total;
    }

    /// The next bytes are of this file.
    pub(super) fn of(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// So many bytes went by.
    pub(super) fn went_by(&mut self, bytes: usize) {
        self.done += bytes as u64;
        // What is read at once needs no line.
        if self.shown && self.drawn.unwrap_or(self.began).elapsed() >= BETWEEN {
            self.drawn = Some(Instant::now());
            draw(&format!("\r{}\x1b[K", self.line(self.began.elapsed())));
        }
    }

    /// Leaves the terminal as it was.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            draw("\r\x1b[K");
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        const WIDTH: usize = 30;
        let name: String = harmless(&self.name).chars().take(WIDTH).collect();
        let rate = (self.done as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
        let rate_text = bytes(rate);
        match self.total {
            Some(total) => {
                let left = total.saturating_sub(self.done).div_ceil(rate.max(1));
                let (done, total) = (bytes(self.done), bytes(total));
                format!("{name}  {done} of {total}, {rate_text}/s, {left} s left")
            }
            None => format!("{name}  {}, {rate_text}/s", bytes(self.done)),
        }
    }
}

fn draw(text: &str) {
    // Progress that nobody can see is no failure.
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long_still() {
        let mut progress = Progress::new(false);
        progress.begin(Some(4_000_000_000));
        progress.of("disk\x1b[2J.vmdk");
        progress.went_by(1_000_000_000);
        assert_eq!(
            progress.line(Duration::from_secs(2)),
            "disk\\u{1b}[2J.vmdk  1.0 GB of 4.0 GB, 500.0 MB/s, 6 s left"
        );
        progress.begin(None);
        assert_eq!(
            progress.line(Duration::from_secs(2)),
            "disk\\u{1b}[2J.vmdk  1.0 GB, 500.0 MB/s"
        );
    }
}

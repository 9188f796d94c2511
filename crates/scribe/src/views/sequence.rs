//! The sequence of a session: who sent what to whom, and what lasted how long.

mod rows;

use serde_json::Value;

use super::Facts;
use crate::tree::{El, el, say, word};
use rows::{Lane, Move, ROWS, Row, Sequence, Span, time_of_day};

/// How much lies below the last row.
const FOOT: i32 = 8;

/// The sequence of all that the log holds.
pub(crate) fn sequence(facts: &Facts<'_>) -> El {
    let sequence = Sequence::of(facts);
    let rows = &sequence.rows;
    if rows.is_empty() {
        return el("p.acc-empty").text("Calls you send appear here, as arrows.");
    }
    let lanes = Lanes { pulls: sequence.pulls };
    let shown = facts.get("shown").as_u64();
    let mut end = 0;
    let (mut tops, mut drawn, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    // Where the keyboard comes in, and the entry that each row shows.
    let start = rows.iter().position(|row| row.shows(shown)).unwrap_or(rows.len() - 1);
    let mut walks = vec![Value::from(start)];
    for (index, row) in rows.iter().enumerate() {
        tops.push(end);
        walks.push(row.entry.into());
        drawn.push(draw_row(lanes, index, row, end, row.shows(shown)));
        end += height(&row.what);
    }
    end += FOOT;
    for bar in &sequence.bars {
        let (class, name, x) = match bar.span {
            Span::Login => ("rect.acc-login", "API login", lanes.x(Lane::Api) - 10),
            Span::Session => ("rect.acc-lives", "update session", lanes.x(Lane::Api) + 2),
            Span::Upload => ("rect.acc-sends", "upload", lanes.x(Lane::Transfer) - 4),
        };
        let (mut name, mut from, mut to) = (word(name), 0, end);
        if let Some(row) = bar.from {
            from = tops[row] + 18;
            name = say("{0}, from {1}", &[name, time_of_day(rows[row].at).into()]);
        }
        if let Some(row) = bar.to {
            to = tops[row] + height(&rows[row].what) - 8;
            name = say("{0}, to {1}", &[name, time_of_day(rows[row].at).into()]);
        }
        bars.push(symbol(frame(class, [x, from, 8, (to - from).max(8)]), name));
    }
    let mut said = el("p.acc-hint").attr("id", "sequence-said");
    if sequence.left_out > 0 {
        let all = sequence.left_out + rows.len();
        said = said.said(say("The last {0} of {1} rows. ", &[ROWS.into(), all.into()]));
    }
    said =
        said.text("Arrow keys lead from row to row; Enter or a click shows the session after it.");
    let drawing = el("svg.acc-picture.acc-sequence")
        .attr("viewBox", &around("0 0 640 ", end, ""))
        .attr("aria-label", "Sequence of calls and events")
        .attr("aria-describedby", "sequence-said")
        .walks(walks)
        .child(lanes.lines(end))
        // In elements of their own, so that a row is the same one when others come.
        .child(el("").children(drawn))
        .child(el("").children(bars));
    let inside = el("div").child(lanes.heads()).child(drawing);
    el("").child(el("div.acc-drawing.acc-tall").child(inside)).child(said)
}

fn height(what: &Move) -> i32 {
    if matches!(what, Move::Call { .. }) { 42 } else { 26 }
}

#[derive(Clone, Copy)]
struct Lanes {
    pulls: bool,
}

impl Lanes {
    fn x(self, lane: Lane) -> i32 {
        match lane {
            Lane::You => 104,
            Lane::Api => 318,
            Lane::Transfer if self.pulls => 478,
            Lane::Transfer => 560,
            Lane::Source => 586,
        }
    }

    fn all(self) -> &'static [Lane] {
        let all = &[Lane::You, Lane::Api, Lane::Transfer, Lane::Source];
        if self.pulls { all } else { &all[..3] }
    }

    fn lines(self, end: i32) -> El {
        let (mut way, end) = (String::new(), around(" 0V", end, ""));
        for lane in self.all() {
            way += &around("M", self.x(*lane), &end);
        }
        line("path.acc-lanes", &way)
    }

    /// The names of the lanes, which stay in sight.
    fn heads(self) -> El {
        let names =
            self.all().iter().map(|lane| words("text.acc-word", self.x(*lane), 16, lane.word()));
        let x = self.x(Lane::Api);
        el("svg.acc-picture.acc-sequence.acc-heads")
            .attr("viewBox", "0 0 640 40")
            .attr("aria-hidden", "true")
            .children(names)
            .child(words("text.acc-before", x - 5, 32, "login"))
            .child(words("text.acc-after", x + 5, 32, "session"))
    }
}

/// A row, as if it were the first; then it is put where it belongs.
fn draw_row(lanes: Lanes, index: usize, row: &Row, top: i32, is_shown: bool) -> El {
    let number = index.to_string();
    let mut drawn = symbol(el("g.acc-step"), row.spoken())
        .attr("tabindex", "-1")
        .attr("data-at", &number)
        .attr("key", &number)
        .attr("transform", &around("translate(0 ", top, ")"))
        .child(frame("rect.acc-hit", [0, 0, 640, height(&row.what)]));
    if is_shown {
        drawn = drawn
            .attr("aria-current", "true")
            .child(frame("rect.acc-pill", [0, 0, 5, height(&row.what)]));
    }
    if !matches!(row.what, Move::Wait(_)) {
        let time = time_of_day(row.at);
        drawn = drawn.child(words("text", 10, 18, time.get(..8).unwrap_or_default()));
    }
    let text = row.text();
    let text = match &row.what {
        Move::Call { to, name, status, runs, fetches } => {
            let is_api = *to == Lane::Api;
            let end = lanes.x(*to) - if is_api { 11 } else { 5 };
            let (from, letters) = if is_api { (112, 26) } else { (336, 24) };
            let number = status.map_or(String::new(), |status| status.to_string());
            let (class, answer) = match status {
                Some(200..=299) => ("text.acc-before.acc-fine", "✓ "),
                Some(_) => ("text.acc-before.acc-refused", "✕ "),
                None if *runs => ("text.acc-before", "on its way"),
                None => ("text.acc-before.acc-refused", "✕ no answer"),
            };
            drawn = drawn
                .child(words("text", from, 14, &shortened(name, letters)).exact())
                .child(line("path", &around("M104 19H", end, "m-6-4l6 4-6 4")))
                .child(words(class, end - 8, 33, answer).text(&number));
            if !runs {
                drawn = drawn
                    .child(line("path.acc-back", &around("M110 37H", end, "")))
                    .child(line("path", "M110 33l-6 4 6 4"));
            }
            if *fetches {
                drawn = drawn
                    .child(words("text", 488, 25, "fetches"))
                    .child(line("path.acc-back", "M478 30H586"))
                    .child(line("path", "M580 26l6 4-6 4"));
            }
            return drawn;
        }
        Move::Reads(..) => {
            return drawn
                .child(placed(el("text.acc-quieter"), 112, 14).said(text))
                .child(line("path.acc-back", "M104 19H307"))
                .child(line("path", "M110 15l-6 4 6 4M301 15l6 4-6 4"));
        }
        Move::Event(text) => {
            let width = i32::try_from(text.chars().count()).unwrap_or(0) * 7 + 24;
            let text = words("text", 342, 17, &("◆ ".to_owned() + text));
            return drawn.child(frame("rect.acc-note", [334, 3, width, 20])).child(text.exact());
        }
        Move::Target(_) => say("Target: {0}", &[text]),
        Move::Wait(_) => say("⋮ {0} later", &[text]),
    };
    drawn.child(placed(el("text"), 112, 17).said(text))
}

/// A text of so many letters at most, with its end kept: of a file's name it says what it is.
fn shortened(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    let tail = width / 3;
    let head = text.chars().take(width - 1 - tail);
    head.chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

/// A number between words.
#[inline(never)]
fn around(before: &str, number: i32, after: &str) -> String {
    [before, &number.to_string(), after].concat()
}

/// Marks a part that can be told from others by those who do not see it.
#[inline(never)]
fn symbol(element: El, name: Value) -> El {
    element.attr("role", "graphics-symbol").attr_said("aria-label", name)
}

/// A box.
#[inline(never)]
fn frame(name: &'static str, [x, y, width, height]: [i32; 4]) -> El {
    placed(el(name), x, y).attr("width", &width.to_string()).attr("height", &height.to_string())
}

#[inline(never)]
fn placed(element: El, x: i32, y: i32) -> El {
    element.attr("x", &x.to_string()).attr("y", &y.to_string())
}

/// A text from here on.
#[inline(never)]
fn words(name: &'static str, x: i32, y: i32, text: &str) -> El {
    placed(el(name), x, y).text(text)
}

/// A line.
#[inline(never)]
fn line(name: &'static str, way: &str) -> El {
    el(name).attr("d", way)
}

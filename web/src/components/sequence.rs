//! The sequence as a drawing: who sent what to whom, and what lasted how long.

use super::PartProps;
use super::element::{El, el, group};
use super::pictures::{frame, line, symbol, walkable, words};
use crate::format;
use crate::lab::diagram::wrap;
use crate::lab::sequence::{ROWS, reads};
use crate::lab::{Action, Lane, Move, Row, Sequence, Span, neighbour};

/// How high the names of the lanes stand.
const HEAD: i32 = 40;

/// How much lies below the last row.
const FOOT: i32 = 8;

/// The sequence of all that the log holds.
pub(super) fn sequence(props: &PartProps) -> El {
    let sequence = Sequence::of(&props.lab);
    if sequence.rows.is_empty() {
        return super::loading::empty("Calls you send appear here, as arrows.");
    }
    let lanes = Lanes { pulls: sequence.pulls };
    let mut end = 0;
    let mut tops = Vec::new();
    for row in &sequence.rows {
        tops.push(end);
        end += height(&row.what);
    }
    end += FOOT;
    let shown = props.lab.entry().map(|entry| entry.number);
    let rows = sequence
        .rows
        .iter()
        .zip(&tops)
        .enumerate()
        .map(|(index, (row, top))| draw_row(lanes, index, row, *top, row.shows(shown)));
    let rows: Vec<El> = rows.collect();
    let bars = sequence.bars.iter().map(|bar| {
        let from = bar.from.map_or(0, |from| tops[from] + 18);
        let to = bar.to.map_or(end, |to| tops[to] + height(&sequence.rows[to].what) - 8);
        let time = |row: Option<usize>| {
            row.map(|row| format::time_of_day(sequence.rows[row].at)).unwrap_or_default()
        };
        let (class, name, x, width) = match bar.span {
            Span::Login => ("rect.acc-login", "API login", lanes.x(Lane::Api) - 10, 8),
            Span::Session => ("rect.acc-lives", "update session", lanes.x(Lane::Api) + 2, 8),
            Span::Upload => ("rect.acc-sends", "upload", lanes.x(Lane::Transfer) - 4, 8),
        };
        let from_time = match time(bar.from) {
            time if time.is_empty() => "from before".to_owned(),
            time => format!("from {time}"),
        };
        let to_time = match time(bar.to) {
            time if time.is_empty() => "going on".to_owned(),
            time => format!("to {time}"),
        };
        frame(class, [x, from, width, (to - from).max(8)])
            .attr("role", "graphics-symbol")
            .attr("aria-label", &format!("{name}, {from_time}, {to_time}"))
    });
    let bars: Vec<El> = bars.collect();
    let entries: Vec<Option<u64>> = sequence.rows.iter().map(|row| row.entry).collect();
    let places: Vec<usize> = (0..entries.len()).collect();
    let start = sequence.rows.iter().position(|row| row.shows(shown)).unwrap_or(entries.len() - 1);
    let next = move |from: Option<usize>, key: &str| match from {
        Some(from) => neighbour(&places, from, key),
        None => key.starts_with("Arrow").then_some(start),
    };
    let choose = move |number: usize| {
        entries.get(number).copied().flatten().map(|entry| Action::Selected(Some(entry)))
    };
    let drawing = el("svg.acc-picture.acc-sequence")
        .attr("viewBox", &format!("0 0 640 {end}"))
        .attr("aria-label", "Sequence of calls and events")
        .attr("aria-describedby", &props.id("sequence-said"))
        .child(lanes.lines(end))
        .children(rows)
        .children(bars);
    let drawn = sequence.rows.len();
    let said = if sequence.left_out > 0 {
        format!("The last {ROWS} of {} rows. ", sequence.left_out + drawn)
    } else {
        String::new()
    };
    let said =
        said + "Arrow keys lead from row to row; Enter or a click shows the session after it.";
    let drawing = walkable(props, drawing, next, choose);
    let inside = el("div").child(lanes.heads()).child(drawing);
    group()
        .child(el("div.acc-drawing.acc-tall").child(inside))
        .child(el("p.acc-hint").id(&props.id("sequence-said")).text(&said))
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
            Lane::Source => 592,
        }
    }

    fn all(self) -> &'static [Lane] {
        let all = &[Lane::You, Lane::Api, Lane::Transfer, Lane::Source];
        if self.pulls { all } else { &all[..3] }
    }

    fn lines(self, end: i32) -> El {
        let ways = self.all().iter().map(|lane| format!("M{} 0V{end}", self.x(*lane)));
        line("path.acc-lanes", &ways.collect::<String>())
    }

    /// The names of the lanes, which stay in sight.
    fn heads(self) -> El {
        let names =
            self.all().iter().map(|lane| words("text.acc-word", self.x(*lane), 16, lane.word()));
        let x = self.x(Lane::Api);
        el("svg.acc-picture.acc-sequence.acc-heads")
            .attr("viewBox", &format!("0 0 640 {HEAD}"))
            .attr("aria-hidden", "true")
            .children(names)
            .child(words("text.acc-before", x - 5, 32, "login"))
            .child(words("text.acc-after", x + 5, 32, "session"))
    }
}

fn draw_row(lanes: Lanes, index: usize, row: &Row, top: i32, is_shown: bool) -> El {
    let mut drawn = symbol(el("g.acc-step"), index, &row.spoken())
        .child(frame("rect.acc-hit", [0, top, 640, height(&row.what)]));
    if is_shown {
        drawn = drawn
            .attr("aria-current", "true")
            .child(frame("rect.acc-pill", [0, top, 5, height(&row.what)]));
    }
    let you = lanes.x(Lane::You);
    let api = lanes.x(Lane::Api);
    match &row.what {
        Move::Call { to, name, status, runs, fetches } => {
            let time = format::time_of_day(row.at);
            let end = lanes.x(*to) - if *to == Lane::Api { 11 } else { 5 };
            let (from, letters) = if *to == Lane::Api { (you + 8, 26) } else { (api + 18, 24) };
            let (class, answer) = match status {
                Some(status @ 200..=299) => ("text.acc-before.acc-fine", format!("✓ {status}")),
                Some(status) => ("text.acc-before.acc-refused", format!("✕ {status}")),
                None if *runs => ("text.acc-before", "on its way".to_owned()),
                None => ("text.acc-before.acc-refused", "✕ no answer".to_owned()),
            };
            let y = top + 19;
            drawn = drawn
                .child(words("text", 10, y, time.get(..8).unwrap_or_default()))
                .child(words("text", from, y - 5, &wrap(name, letters, 1).concat()).exact())
                .child(line("path", &format!("M{you} {y}H{end}m-6-4l6 4-6 4")))
                .child(words(class, end - 8, y + 14, &answer));
            if !runs {
                let y = y + 18;
                drawn = drawn
                    .child(line("path.acc-back", &format!("M{end} {y}H{}", you + 6)))
                    .child(line("path", &format!("M{} {}l-6 4 6 4", you + 6, y - 4)));
            }
            if *fetches {
                let (from, to) = (lanes.x(Lane::Transfer), lanes.x(Lane::Source));
                drawn = drawn
                    .child(words("text", from + 10, y + 6, "fetches"))
                    .child(line("path.acc-back", &format!("M{from} {}H{to}", y + 11)))
                    .child(line("path", &format!("M{} {}l6 4-6 4", to - 6, y + 7)));
            }
        }
        Move::Reads(names) => {
            let y = top + 19;
            let end = api - 11;
            drawn = drawn
                .child(words(
                    "text.acc-quieter",
                    you + 8,
                    y - 5,
                    &wrap(&reads(names), 30, 1).concat(),
                ))
                .child(line("path.acc-back", &format!("M{you} {y}H{end}")))
                .child(line(
                    "path",
                    &format!("M{} {}l-6 4 6 4M{} {}l6 4-6 4", you + 6, y - 4, end - 6, y - 4),
                ));
        }
        Move::Event(text) => {
            let time = format::time_of_day(row.at);
            let width = i32::try_from(text.chars().count()).unwrap_or(0) * 7 + 24;
            drawn = drawn
                .child(words("text", 10, top + 17, time.get(..8).unwrap_or_default()))
                .child(frame("rect.acc-note", [api + 16, top + 3, width, 20]))
                .child(words("text", api + 24, top + 17, &format!("◆ {text}")));
        }
        Move::Target(text) => {
            drawn = drawn.child(words("text", you + 8, top + 17, &format!("Target: {text}")));
        }
        Move::Wait(time) => {
            let text = format!("⋮ {} later", format::duration(*time));
            drawn = drawn.child(words("text", you + 8, top + 17, &text));
        }
    }
    drawn
}

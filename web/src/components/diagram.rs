//! The state diagram as a drawing, and in one line what an arrow of it does.

use super::PartProps;
use super::element::{El, button, el, group};
use super::icon::Icon;
use super::pictures::{Walk, drawing, frame, line, show_table, symbol, walkable, words};
use super::state::status_look;
use crate::app::command::Command;
use crate::lab::diagram::{Drawn, FileLine, ROW, Told, label_width, wrap};
use crate::lab::{Cause, Diagram, Now, Place, Spot};
use crate::words::{say, word};

/// So many files are drawn.
const FILES: usize = 4;

/// From one line of text to the next.
const LINE: i32 = 14;

/// Where the legend begins, right of the state that is first.
const LEGEND: i32 = 176;

/// The diagram, and what the chosen arrow does.
pub(super) fn diagram(props: &PartProps, diagram: &Diagram) -> El {
    let description = props.id("diagram-said");
    let current = Spot::Place(diagram.current.unwrap_or(Place::Before)).number();
    let said = diagram.sentence() + &word("Arrow keys follow the arrows, Enter explains one.");
    let drawing = el("svg.acc-picture")
        .attr("viewBox", "-3 0 654 464")
        .attr("aria-label", "State diagram")
        .attr("aria-describedby", &description)
        .child(el("desc").id(&description).text(&said))
        .child(legend())
        .children(Place::ALL.map(|place| state(diagram, place)))
        .children(
            diagram.edges.iter().enumerate().map(|(index, drawn)| arrow(props, index, drawn)),
        );
    group()
        .child(el("div.acc-drawing").child(walkable(props, drawing, Walk::Diagram(current))))
        .child(explanation(props))
        .child(el("p").child(show_table(props)))
}

/// What the lines mean, in two rows where words are long.
fn legend() -> El {
    const LINES: [(&str, &str); 4] = [
        ("path.acc-line-of", "call"),
        ("path.acc-line-of.acc-of-event", "event"),
        ("path.acc-line-of.acc-went", "visited"),
        ("path.acc-line-of.acc-of-possible", "possible now"),
    ];
    let mut legend = el("g.acc-legend").attr("aria-hidden", "true");
    let (mut x, mut y) = (LEGEND, 28);
    let mut place = |width: i32| {
        if x + width > 640 {
            (x, y) = (LEGEND, y + 16);
        }
        x += width;
        (x - width, y)
    };
    for (look, text) in LINES {
        let text = word(text);
        let (x, y) = place(label_width(&text) + 30);
        legend = legend.child(line(look, &format!("M{x} {}h24", y - 4))).child(words(
            "text",
            x + 30,
            y,
            &text,
        ));
    }
    let refused = word("✕ refused now");
    let (x, y) = place(label_width(&refused));
    legend.child(words("text.acc-why", x, y, &refused))
}

fn state(diagram: &Diagram, place: Place) -> El {
    let (class, icon) = match place {
        Place::Before => ("before", Icon::Add),
        Place::Active => ("active", Icon::Active),
        Place::Done => ("done", Icon::Done),
        Place::Error => ("error", Icon::Error),
        Place::Canceled => ("canceled", Icon::Canceled),
        Place::Gone => ("gone", Icon::Gone),
    };
    let [x, y, width, height] = place.frame();
    let is_current = diagram.current == Some(place);
    let is_visited = diagram.visited.contains(&place);
    let class = format!(
        "acc-place acc-state-{class}{}{}",
        if is_current { " acc-current" } else { "" },
        if is_visited { " acc-visited" } else { "" },
    );
    let mut state =
        symbol(el("g").class(&class), Spot::Place(place).number(), &diagram.spoken(place))
            .child(frame("rect", [x, y, width, height]))
            .child(drawing(icon, x + 9, y + 7))
            .child(words("text.acc-word", x + 30, y + 19, &place.said()).exact());
    if is_current {
        let current = word("current");
        let wide = label_width(&current) - 4;
        let left = x + width - wide - 4;
        state = state
            .attr("aria-current", "step")
            .child(frame("rect.acc-pill", [left, y + 5, wide, 18]))
            .child(words("text.acc-on-pill", left + 4, y + 18, &current));
        if diagram.completing {
            state = state.child(words("text.acc-status", x + 88, y + 18, "completing"));
        }
    }
    // What is refused there, or what the state means.
    let (x, y, letters, rows) = match place {
        Place::Before => return state,
        Place::Active => (x + 10, y + 118, 32, 4),
        Place::Gone => (x + 150, y + 18, 68, 2),
        Place::Done | Place::Error | Place::Canceled => (x + 10, y + 40, 23, 5),
    };
    let (x, y) = match place {
        // It has one line, right of its name.
        Place::Gone if !is_current => (40 + label_width(&place.said()).max(60) * 7 / 6, y + 9),
        _ => (x, y),
    };
    let mut at = y;
    if is_current {
        let mut left = rows;
        for refusal in diagram.listed() {
            let text = format!("✕\u{a0}{}: {}", refusal.calls, refusal.because);
            for text in wrap(&text, letters, left) {
                state = state.child(words("text.acc-why", x, at, &text).english());
                (at, left) = (at + LINE, left - 1);
            }
            if left == 0 {
                break;
            }
        }
    }
    if at == y {
        for text in wrap(&word(place.meaning()), letters, rows) {
            state = state.child(words("text", x, at, &text));
            at += LINE;
        }
    }
    if place == Place::Active { files(state, &diagram.files, x, y + 64) } else { state }
}

fn files(mut state: El, files: &[FileLine], x: i32, mut y: i32) -> El {
    for file in files.iter().take(FILES) {
        let (class, icon) = status_look(&file.status);
        let name = wrap(&file.name, 25, 1).remove(0);
        state = state.child(
            el("g")
                .class(&format!("acc-state-{class}"))
                .child(frame("rect.acc-file", [x - 2, y - 14, 208, 29]))
                .child(drawing(icon, x + 4, y - 8))
                .child(words("text", x + 24, y - 2, &name).exact())
                .child(words("text.acc-status", x + 24, y + 11, &file.progress()).exact()),
        );
        y += 32;
    }
    match files.len().saturating_sub(FILES) {
        0 => state,
        more => state.child(words("text", x, y - 1, &say("and {0} more", &[&more.to_string()]))),
    }
}

fn arrow(props: &PartProps, index: usize, drawn: &Drawn) -> El {
    let Drawn { edge, now, visited, route } = drawn;
    let is_chosen = props.lab.view.edge == Some(*edge);
    let word = match now {
        Now::Elsewhere | Now::Unknown => "elsewhere",
        Now::May => "may",
        Now::Possible => "possible",
        Now::Refused(..) => "refused",
    };
    let class = format!(
        "acc-edge acc-of-{word}{}{}",
        if edge.because.is_event() { " acc-of-event" } else { "" },
        if *visited { " acc-visited" } else { "" },
    );
    let (x, y) = route.label;
    let (label, number) = (edge.label(), Spot::Edge(index).number());
    let look = if edge.stays() { "text.acc-label.acc-inside" } else { "text.acc-label" };
    let mut arrow = symbol(el("g").class(&class), number, &drawn.spoken());
    if is_chosen {
        arrow = arrow.attr("aria-current", "true");
    }
    if !edge.stays() {
        arrow = arrow.child(line("path.acc-line-of", &route.line)).child(line("path", &route.head));
    }
    // The label lies on the lines that it would otherwise be crossed by.
    arrow = arrow
        .child(frame("rect.acc-hit", [x - 4, y - 16, label_width(label), ROW]))
        .child(words(look, x, y, label).exact());
    if edge.stays() {
        return arrow;
    }
    if let Now::Refused(because, _) = now {
        let (at_x, at_y) = route.middle;
        let cross = format!("M{} {}l10 10m0-10l-10 10", at_x - 5, at_y - 5);
        arrow = arrow.child(line("path.acc-cross", &cross));
        let mut below = at_y + 18;
        for text in wrap(&format!("✕\u{a0}{because}"), 22, 3) {
            arrow = arrow.child(words("text.acc-why", x, below, &text).english());
            below += LINE;
        }
    }
    arrow
}

/// What the chosen arrow does, whether it can be gone along, and how to get there.
fn explanation(props: &PartProps) -> El {
    let lab = &props.lab;
    let live = el("p").attr("aria-live", "polite");
    let Some(edge) = lab.view.edge else {
        let hint = "Choose an arrow, and what it does stands here.";
        return el("div.acc-arrow").child(live.child(el("span.acc-hint").text(hint)));
    };
    let told = Told::of(lab, &props.scene, edge.because);
    let name = edge.because.name();
    let live =
        live.child(el("b.acc-mono").exact().text(name)).text(": ").text(edge.because.effect());
    let mut now = el("p").text(if edge.because.is_event() { "It " } else { "Now it " });
    now = match &told.now {
        Now::Elsewhere => now.text("cannot happen where the session is."),
        Now::Refused(because, rule) => {
            let known = word(super::explain_pane::known(*rule));
            now.text("will be refused: ")
                .child(el("span").english().text(because))
                .child(el("span").exact().text(&format!(" ({}, {known}).", rule.id)))
        }
        other => now.text(&other.sentence()).text("."),
    };
    if let Some(way) = &told.way {
        now = now.text(" ").text(way);
    }
    let send = match (edge.because, edge.because.call(), &lab.item) {
        (_, Some(call), _) if lab.session.is_some() && !lab.target.is_replay() => {
            Some(props.on(move || Command::Call(call)))
        }
        (Cause::Create, _, Some(item)) => {
            let item = item.clone();
            Some(props.on(move || Command::CreateSession(item.clone())))
        }
        _ => None,
    };
    let send = send.map(|send| button(&say("Send {0}", &[name])).class("acc-small").on_click(send));
    el("div.acc-arrow").child(live).child(now).child(send)
}

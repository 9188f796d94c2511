//! The states of a session, and the way that one went through them, as a picture that stands alone: SVG
//! with its own colours, without scripts.
//!
//! Which arrows there are is asked of the machine; where they are drawn stands here.

use std::fmt::Write as _;

use accession_core::session::{self, EventKind, Next, Phase};

use crate::escape::xml;
use crate::record::{Event, Record, Seen};

/// A state as the API tells of it, and what is before and after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    None,
    Active,
    Done,
    Error,
    Canceled,
    Gone,
}

/// An arrow between two of them.
struct Arrow {
    from: Place,
    to: Place,
    because: &'static str,
}

const INK: &str = "#1a1a1a";
const FAINT: &str = "#6b6b6b";
const GONE_ALONG: &str = "#0b57a4";
const HERE: &str = "#d9e8f7";

impl Place {
    const ALL: [Self; 6] =
        [Self::None, Self::Active, Self::Done, Self::Error, Self::Canceled, Self::Gone];

    const fn of(phase: Option<Phase>) -> Self {
        match phase {
            None => Self::Gone,
            Some(Phase::Open | Phase::Completing) => Self::Active,
            Some(Phase::Done) => Self::Done,
            Some(Phase::Failed) => Self::Error,
            Some(Phase::Canceled) => Self::Canceled,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::None => "(none)",
            Self::Active => "ACTIVE",
            Self::Done => "DONE",
            Self::Error => "ERROR",
            Self::Canceled => "CANCELED",
            Self::Gone => "gone",
        }
    }

    /// Left, top, width and height.
    const fn frame(self) -> [i32; 4] {
        match self {
            Self::None => [20, 190, 100, 44],
            Self::Active => [210, 60, 120, 304],
            Self::Done => [520, 60, 120, 60],
            Self::Error => [520, 182, 120, 60],
            Self::Canceled => [520, 304, 120, 60],
            Self::Gone => [210, 430, 430, 44],
        }
    }
}

/// The state of a phase in the API's word. Of a phase that is not known, its own name.
pub fn word(phase: &str) -> &str {
    let known = Phase::ALL.into_iter().find(|known| known.name() == phase);
    known.map_or(phase, |known| Place::of(Some(known)).word())
}

/// The machine's arrows from one state to another.
fn arrows() -> Vec<Arrow> {
    let mut arrows = vec![Arrow { from: Place::None, to: Place::Active, because: "create" }];
    for phase in Phase::ALL {
        for kind in EventKind::ALL {
            for still_fetching in [false, true] {
                let from = Place::of(Some(phase));
                let to = match session::next(phase, kind, still_fetching) {
                    Next::To(to) => Place::of(Some(to)),
                    Next::Gone => Place::Gone,
                    Next::Stay | Next::Refused => continue,
                };
                let because = kind.operation();
                let is_known =
                    |arrow: &Arrow| (arrow.from, arrow.to, arrow.because) == (from, to, because);
                if from != to && !arrows.iter().any(is_known) {
                    arrows.push(Arrow { from, to, because });
                }
            }
        }
    }
    arrows
}

/// The phase of this name.
fn place(phase: Option<&str>, otherwise: Place) -> Place {
    let known = |name| Phase::ALL.into_iter().find(|phase| phase.name() == name);
    phase.map_or(otherwise, |name| Place::of(known(name)))
}

/// Draws the states of the session that a record is about.
pub fn diagram(record: &Record) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = draw(&mut text, record);
    text
}

fn draw(text: &mut String, record: &Record) -> std::fmt::Result {
    let went = way(record);
    let mut at = Place::None;
    let mut steps = Vec::new();
    for event in &went {
        let from = place(event.from.as_deref(), Place::None);
        let to = place(event.to.as_deref(), Place::Gone);
        if from != to {
            steps.push((from, to, event.because.as_str()));
        }
        at = to;
    }
    let told = if steps.is_empty() {
        "No update session began.".to_owned()
    } else {
        let steps = steps
            .iter()
            .map(|(from, to, because)| format!("{because}: {} to {}", from.word(), to.word()));
        steps.collect::<Vec<_>>().join(", ") + "."
    };
    let title = if record.title.is_empty() { "An update session" } else { record.title.as_str() };
    write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 500\" width=\"680\" height=\"500\" \
         role=\"img\" font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"13\">\
         <title>{}</title><desc>{}</desc>\
         <rect width=\"680\" height=\"500\" fill=\"#ffffff\"/>\
         <text x=\"20\" y=\"32\" font-size=\"16\" font-weight=\"600\" fill=\"{INK}\">{}</text>",
        xml(title),
        xml(&told),
        xml(&shortened(title))
    )?;
    for state in Place::ALL {
        let [left, top, width, height] = state.frame();
        let visited =
            state == at || steps.iter().any(|(from, to, _)| *from == state || *to == state);
        let (line, thick) = if visited { (GONE_ALONG, 2) } else { (FAINT, 1) };
        let fill = if state == at { HERE } else { "#ffffff" };
        let (x, y) = (left + width / 2, top + height / 2 + 5);
        write!(
            text,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" \
             stroke=\"{line}\" stroke-width=\"{thick}\"/><text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" \
             font-weight=\"600\" fill=\"{INK}\">{}</text>",
            state.word()
        )?;
    }
    let arrows = arrows();
    let mut drawn = Vec::new();
    for arrow in &arrows {
        let ends = (arrow.from, arrow.to);
        if drawn.contains(&ends) {
            continue;
        }
        drawn.push(ends);
        let beside = arrows.iter().filter(|other| (other.from, other.to) == ends);
        let gone: Vec<_> =
            beside.clone().map(|one| steps.contains(&(one.from, one.to, one.because))).collect();
        let labels: Vec<_> = beside.map(|one| one.because).collect();
        join(text, ends, &labels, &gone)?;
    }
    text.push_str("</svg>\n");
    Ok(())
}

/// What happened to the session that it is about; else to the one that began last.
fn way(record: &Record) -> Vec<&Event> {
    let all = record.lines.iter().flat_map(|line| match &line.what {
        Seen::Call(call) => call.events.as_slice(),
        Seen::Event(event) => std::slice::from_ref(event),
        Seen::Target(_) => &[],
    });
    let last = all.clone().rfind(|event| event.from.is_none());
    let id = record.session.as_ref().map(|session| session.id.as_str());
    let id = id.or(last.map(|event| event.session.as_str()));
    all.filter(|event| Some(event.session.as_str()) == id).collect()
}

/// An arrow and what stands at it.
fn join(
    text: &mut String,
    (from, to): (Place, Place),
    labels: &[&str],
    gone: &[bool],
) -> std::fmt::Result {
    let [left, top, width, height] = from.frame();
    let [to_left, to_top, ..] = to.frame();
    let right = left + width;
    let (line, label) = match (from, to) {
        (Place::None, _) => {
            (format!("M{right} {y}H{to_left}", y = top + 22), (right + 12, top + 14))
        }
        (Place::Active, Place::Gone) => (
            format!("M{x} {}V{to_top}", top + height, x = left + 60),
            (left + 70, top + height + 30),
        ),
        (Place::Active, _) => {
            (format!("M{right} {y}H{to_left}", y = to_top + 30), (right + 10, to_top + 22))
        }
        // Around, on the right; one line for all three.
        _ => (format!("M{right} {y}H660V{to_top}", y = top + 30), (right - 118, top + 78)),
    };
    let along = gone.contains(&true);
    let (colour, thick) = if along { (GONE_ALONG, 3) } else { (FAINT, 1) };
    write!(
        text,
        "<path d=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{thick}\"/>"
    )?;
    let (x, y) = match (from, to) {
        (Place::Active, Place::Gone) => (left + 60, to_top),
        (_, Place::Gone) => (660, to_top),
        (Place::None, _) => (to_left, top + 22),
        _ => (to_left, to_top + 30),
    };
    let head = if to == Place::Gone {
        format!("M{} {}l5 8 5-8z", x - 5, y - 8)
    } else {
        format!("M{} {}l8 5-8 5z", x - 8, y - 5)
    };
    write!(text, "<path d=\"{head}\" fill=\"{colour}\"/>")?;
    write!(text, "<text x=\"{}\" y=\"{}\" fill=\"{INK}\">", label.0, label.1)?;
    for (place, (name, along)) in labels.iter().zip(gone).enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let weight = if *along { " font-weight=\"700\" text-decoration=\"underline\"" } else { "" };
        write!(text, "{comma}<tspan{weight}>{name}</tspan>")?;
    }
    text.push_str("</text>");
    Ok(())
}

fn shortened(title: &str) -> String {
    const ENOUGH: usize = 70;
    let short: String = title.chars().take(ENOUGH).collect();
    if title.chars().nth(ENOUGH).is_some() { short + "…" } else { short }
}

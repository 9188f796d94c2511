//! Small drawings. Each stands beside a word and is hidden from screen readers.

use super::element::{El, el};

/// What is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Logo,
    Simulated,
    Live,
    Active,
    Done,
    Error,
    Canceled,
    Gone,
    Unknown,
    Warning,
    Info,
    Waiting,
    Upload,
    Add,
    Remove,
    Copy,
    Repeat,
    Stop,
    Event,
    First,
    Previous,
    Next,
    Last,
}

/// Draws an icon.
pub(crate) fn draw(icon: Icon) -> El {
    // Lines, then filled shapes.
    let (lines, shapes) = match icon {
        Icon::Logo => ("M2 5.5 8 2l6 3.5v5L8 14l-6-3.5z M8 11.5V6 M5.5 8 8 5.5 10.5 8", ""),
        Icon::Simulated => ("M6 2h4 M7 2v4l-4 7.5h10L9 6V2 M5 10h6", ""),
        Icon::Live => ("M8 1.5 14.5 8 8 14.5 1.5 8z", "M8 5 11 8 8 11 5 8z"),
        Icon::Active => ("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z", "M8 2a6 6 0 0 1 0 12z"),
        Icon::Done => ("M2.5 8.5 6.5 12.5 13.5 4", ""),
        Icon::Error => ("M3.5 3.5l9 9 M12.5 3.5l-9 9", ""),
        Icon::Canceled => ("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z M3.8 12.2l8.4-8.4", ""),
        Icon::Gone => ("M1.5 8h3 M6.5 8h3 M11.5 8h3", ""),
        Icon::Unknown => ("M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.6 M8 12.3v.4", ""),
        Icon::Warning => ("M8 2 15 14H1z M8 6.5v3.5 M8 12v.3", ""),
        Icon::Info => ("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z M8 7.5v3.5 M8 5v.3", ""),
        Icon::Waiting => ("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z M8 4.5V8l2.5 2", ""),
        Icon::Upload => ("M8 11V2.5 M4.5 6 8 2.5 11.5 6 M2.5 11v2.5h11V11", ""),
        Icon::Add => ("M8 3v10 M3 8h10", ""),
        Icon::Remove => ("M3 4.5h10 M6 4.5V3h4v1.5 M4.5 4.5l.5 9h6l.5-9", ""),
        Icon::Copy => ("M5.5 5.5h8v8h-8z M10.5 5.5v-3h-8v8h3", ""),
        Icon::Repeat => ("M13 8a5 5 0 1 1-1.5-3.5 M13 2v3h-3", ""),
        Icon::Stop => ("", "M3.5 3.5h9v9h-9z"),
        Icon::First => ("M3.5 3v10", "M13 3v10L5 8z"),
        Icon::Previous => ("", "M11.5 3v10L4 8z"),
        Icon::Next => ("", "M4.5 3v10L12 8z"),
        Icon::Last => ("M12.5 3v10", "M3 3v10l8-5z"),
        Icon::Event => ("M8 2.5 13.5 8 8 13.5 2.5 8z", ""),
    };
    let shape = (!shapes.is_empty()).then(|| el("path.acc-icon-shape").attr("d", shapes));
    el("svg.acc-icon")
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .child(el("path").attr("d", lines))
        .child(shape)
}

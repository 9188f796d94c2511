//! The borders between panes. Who has the page moves them, by a pointer and by keys.

use super::PartProps;
use super::element::{El, el};

/// The border of a pane: what it limits, what it is called, the way it lies, and where it is at
/// first, at least and at most. Widths are in sixteenths of the height of a letter, heights in percent
/// of the page's.
type Border = [&'static str; 6];

/// Behind the guide.
pub(crate) const GUIDE: &Border = &["guide", "Width of the guide", "vertical", "288", "260", "360"];

/// Before what explains.
pub(crate) const EXPLAIN: &Border =
    &["explain", "Width of Explain", "vertical", "304", "300", "420"];

/// Above the log.
pub(crate) const LOG: &Border = &["log", "Height of the log", "horizontal", "26", "25", "60"];

/// A border between panes.
pub(crate) fn border(props: &PartProps, [pane, name, way, first, least, most]: &Border) -> El {
    el("div.acc-border")
        .attr("data-limits", pane)
        .attr("role", "separator")
        .attr("tabindex", "0")
        .attr("aria-label", name)
        .attr("aria-orientation", way)
        .attr("aria-controls", &props.id(pane))
        .attr("aria-valuenow", first)
        .attr("aria-valuemin", least)
        .attr("aria-valuemax", most)
}

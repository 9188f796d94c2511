//! Every request and every answer: a table of which only the lines in view are drawn, and beside it
//! one of them in full.
//!
//! Which lines there are, and in which order, `Listing` knows; here is where they are on screen, and
//! which of them has the focus.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use super::PartProps;
use super::element::{El, button, el, group};
use super::field::{checkbox, checked, entered, target};
use super::icon::Icon;
use super::loading::empty;
use super::log_entry::{detail, line};
use crate::app::command::Command;
use crate::lab::{Action, Column, Lab, Listing};
use crate::words::say;

/// Nearer to the end than this, the list follows new lines.
const NEAR: i32 = 40;

/// So many lines are drawn above those in view, and as many below.
const SPARE: usize = 12;

/// Every request and every answer.
pub(super) struct WireLog {
    listing: Listing,
    scroller: NodeRef,
    rows: NodeRef,
    drawer: NodeRef,
    /// The place of the first line that is drawn, that of the first in view, and how many fit there.
    from: usize,
    first: usize,
    fit: usize,
    /// How wide and how high they are together, in pixels.
    size: [i32; 2],
    /// How far it is scrolled, in pixels.
    top: i32,
    /// Whether the last line is in view, and the next ones are to be.
    follows: bool,
    /// The number of the line that has the focus, or had it last.
    at: u64,
    /// What is to be done once all is drawn.
    pending: Pending,
}

#[derive(PartialEq, Eq)]
enum Pending {
    Nothing,
    /// The line is to be in view.
    Show,
    /// The line is to have the focus.
    FocusLine,
    /// What stands beside the lines is to have it.
    FocusDrawer,
}

impl WireLog {
    /// The wire log, before it is drawn.
    pub(super) fn new(part: &PartProps) -> Self {
        let mut listing = Listing::default();
        listing.update(part.lab.log(), &part.lab.view);
        Self {
            listing,
            scroller: NodeRef::default(),
            rows: NodeRef::default(),
            drawer: NodeRef::default(),
            from: 0,
            first: 0,
            fit: 0,
            size: [0; 2],
            top: 0,
            follows: true,
            at: 0,
            pending: Pending::Nothing,
        }
    }

    /// Takes note of what the page knows now, and tells whether it has to be drawn anew.
    pub(super) fn changed(&mut self, new: &PartProps, old: &PartProps) -> bool {
        let (lab, old) = (&new.lab, &old.lab);
        if lab.log().is(old.log())
            && lab.selected == old.selected
            && lab.opened == old.opened
            && lab.view.lists_like(&old.view)
        {
            return false;
        }
        self.listing.update(lab.log(), &lab.view);
        let marked = |lab: &Lab| lab.opened.or(lab.selected);
        if let Some(number) = marked(lab).filter(|_| marked(lab) != marked(old)) {
            self.at = number;
            self.follows = false;
            if self.pending == Pending::Nothing {
                self.pending = Pending::Show;
            }
        }
        if let Some(drawer) = self.drawer.cast::<Element>().filter(|_| lab.opened != old.opened) {
            drawer.set_scroll_top(0);
            // Where the focus was on what goes away, it returns to where it came from.
            if let Some(number) = old.opened.filter(|_| lab.opened.is_none())
                && drawer.matches(":focus-within").unwrap_or(false)
            {
                self.at = number;
                self.pending = Pending::FocusLine;
            }
        }
        true
    }

    /// Draws it. `happened` is told of everything that is done to it.
    pub(super) fn draw(&self, part: &PartProps, happened: &Callback<Event>) -> El {
        let lab = &*part.lab;
        let nothing = if lab.log().entries().is_empty() {
            Some(empty("Calls you send appear here, with headers and bodies."))
        } else if self.listing.lines().is_empty() {
            Some(empty("No line fits the filter."))
        } else {
            None
        };
        let headings = Column::ALL.map(|column| heading(part, column));
        let headings = el("div.acc-line.acc-log-columns").attr("role", "row").children(headings);
        let rows = self.rows(lab).on_click(happened.clone()).on("focusin", happened.clone());
        let grid = el("div.acc-log-grid")
            .attr("role", "grid")
            .attr("aria-label", "Calls and events")
            .attr("aria-rowcount", &(self.listing.lines().len() + 1).to_string())
            .child(headings.attr("aria-rowindex", "1"))
            .child(rows);
        let lines = el("div.acc-log-lines")
            .id(&part.id("log-lines"))
            .node(&self.scroller)
            .attr("role", "group")
            .attr("aria-label", "Lines")
            .attr("tabindex", "0")
            .on("scroll", happened.clone())
            .child(grid)
            .child(nothing);
        let opened = lab.opened.and_then(|number| lab.log().find(number));
        let detail = opened.map(|entry| detail(part, entry).node(&self.drawer));
        let body = el("div.acc-log-body").on("keydown", happened.clone()).child(lines);
        group().child(self.head(part, happened.clone())).child(body.child(detail))
    }

    /// Does what can only be done once all is drawn, and tells whether it has to be drawn anew.
    pub(super) fn is_drawn(&mut self) -> bool {
        let Some(scroller) = self.scroller.cast::<Element>() else { return false };
        if self.follows {
            scroller.set_scroll_top(scroller.scroll_height());
        }
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {}
            Pending::Show => self.show(&scroller),
            Pending::FocusLine => {
                let line = scroller.query_selector(&format!("[data-entry=\"{}\"]", self.at));
                focus(line.ok().flatten().unwrap_or_else(|| scroller.clone()));
            }
            Pending::FocusDrawer => match self.drawer.cast() {
                Some(drawer) => focus(drawer),
                // It is not drawn yet.
                None => self.pending = Pending::FocusDrawer,
            },
        }
        self.look(&scroller)
    }

    /// Reacts to what was done, and tells whether it has to be drawn anew.
    pub(super) fn react(&mut self, part: &PartProps, event: &Event) -> bool {
        self.reaction(part, event).unwrap_or(false)
    }
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        // What cannot be focused is not.
        let _ = element.focus();
    }
}

impl WireLog {
    fn reaction(&mut self, part: &PartProps, event: &Event) -> Option<bool> {
        if event.type_() == "scroll" {
            return Some(self.look(&self.scroller.cast()?));
        }
        let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
        if key.as_deref() == Some("Escape") && part.lab.opened.is_some() {
            part.act.emit(Command::just(Action::Opened(None)));
            return None;
        }
        let Some(line) = target::<Element>(event)?.closest("[data-entry]").ok()? else {
            // Beside the lines, only the button that copies all of them is listened to.
            if key.is_none() {
                let lines = self.listing.lines().iter();
                let text: Vec<String> = lines.map(|entry| entry.to_text()).collect();
                part.act.emit(Command::Copy(text.join("\n")));
            }
            return None;
        };
        let number = line.get_attribute("data-entry")?.parse().ok()?;
        let had = std::mem::replace(&mut self.at, number);
        self.pending = Pending::Nothing;
        let open = || part.act.emit(Command::just(Action::Opened(Some(number))));
        let Some(key) = key else {
            if event.type_() == "click" {
                open();
            }
            return Some(had != number);
        };
        let place = self.listing.place(number)?;
        let page = self.fit.saturating_sub(2).max(1);
        let last = self.listing.lines().len() - 1;
        let to = match key.as_str() {
            "ArrowUp" => place.saturating_sub(1),
            "ArrowDown" => place + 1,
            "PageUp" => place.saturating_sub(page),
            "PageDown" => place + page,
            "Home" => 0,
            "End" => last,
            "Enter" | " " => {
                event.prevent_default();
                self.pending = Pending::FocusDrawer;
                open();
                return Some(true);
            }
            _ => return None,
        };
        event.prevent_default();
        self.at = self.listing.lines()[to.min(last)].number;
        self.pending = Pending::FocusLine;
        Some(true)
    }

    /// Looks what is in view, and tells whether that is not what is drawn.
    fn look(&mut self, scroller: &Element) -> bool {
        let (top, shown) = (scroller.scroll_top(), scroller.client_height());
        let Some(height) = self.line_height().filter(|_| shown > 0) else { return false };
        let size = [scroller.client_width(), shown];
        let resized = std::mem::replace(&mut self.size, size) != size;
        // Lines that were added below are no reason to stay behind, nor is it to have been out of sight.
        let was_scrolled_up = top < std::mem::replace(&mut self.top, top) && !resized;
        let at_end = scroller.scroll_height() - top - shown < NEAR;
        self.follows = at_end || (self.follows && !was_scrolled_up);
        let (from, to) = self.drawn();
        let seen = self.first..=self.first + self.fit;
        self.first = (f64::from(top) / height) as usize;
        self.fit = (f64::from(shown) / height) as usize;
        if resized
            && self.pending == Pending::Nothing
            && self.listing.place(self.at).is_some_and(|place| seen.contains(&place))
        {
            // It was in view, and stays there.
            self.pending = Pending::Show;
        }
        let last = (self.first + self.fit + 1).min(self.listing.lines().len());
        if !resized && from <= self.first && last <= to {
            return false;
        }
        self.from = self.first.saturating_sub(SPARE);
        true
    }

    /// Scrolls so that the line which has the focus is in view.
    fn show(&self, scroller: &Element) {
        let (Some(height), Some(place)) = (self.line_height(), self.listing.place(self.at)) else {
            return;
        };
        let Some(rows) = self.rows.cast::<Element>() else { return };
        // The headings stay in view above the lines.
        let shown = scroller.client_height() - (scroller.scroll_height() - rows.client_height());
        let (begin, end) = ((place as f64 * height) as i32, ((place + 1) as f64 * height) as i32);
        let top = scroller.scroll_top();
        scroller.set_scroll_top(top.min(begin).max(end - shown));
    }

    /// The height of one line, in pixels.
    fn line_height(&self) -> Option<f64> {
        let rows = self.rows.cast::<Element>()?.client_height();
        let count = self.listing.lines().len();
        (rows > 0 && count > 0).then(|| f64::from(rows) / count as f64)
    }

    /// From which place to which lines are drawn.
    fn drawn(&self) -> (usize, usize) {
        let (all, some) = (self.listing.lines().len(), self.fit + 2 * SPARE);
        let from = self.from.min(all.saturating_sub(some));
        (from, (from + some).min(all))
    }

    /// The lines that are drawn: those in view, and the one that takes the focus, wherever it is.
    fn rows(&self, lab: &Lab) -> El {
        let lines = self.listing.lines();
        let mut rows = el("div.acc-log-rows").attr("role", "rowgroup").node(&self.rows);
        let Some(last) = lines.len().checked_sub(1) else { return rows };
        let stop = self.listing.place(self.at).unwrap_or(last);
        let (in_view, alone) = (self.drawn(), (stop, stop + 1));
        let ranges = if stop < in_view.0 { [alone, in_view] } else { [in_view, alone] };
        let marked = lab.opened.or(lab.selected);
        let mut end = 0;
        for (gap, (from, to)) in ["above", "between"].into_iter().zip(ranges) {
            if from > end {
                rows = rows.child(space(gap, from - end));
            }
            let from = from.max(end);
            for (place, entry) in lines.iter().enumerate().take(to).skip(from) {
                rows = rows.child(line(entry, place, place == stop, marked == Some(entry.number)));
            }
            end = end.max(to);
        }
        // Each part has its key and none is nothing, or a line would not keep its element, and the focus.
        if end < lines.len() { rows.child(space("below", lines.len() - end)) } else { rows }
    }

    /// The title, how much there is, and what can be done with all of it.
    fn head(&self, part: &PartProps, copy: Callback<Event>) -> El {
        let (lab, view) = (&*part.lab, &part.lab.view);
        let filter = el("input")
            .attr("type", "search")
            .attr("aria-label", "Filter the log")
            .attr("placeholder", "Filter")
            .attr("autocomplete", "off")
            .attr("spellcheck", "false")
            .value(&view.filter)
            .on_input(part.on_event(|event| Command::just(Action::Filtered(entered(event)))));
        let open = view.log_open;
        let toggle = button(if open { "Collapse log" } else { "Expand log" })
            .on_click(part.on(move || Command::just(Action::LogOpened(!open))))
            .class("acc-small acc-log-toggle")
            .attr_bool("aria-expanded", open)
            .attr("aria-controls", &part.id("log-lines"));
        let reads = part.on_event(|event| Command::just(Action::ReadsShown(checked(event))));
        let pretty = part.on_event(|event| Command::just(Action::Prettied(checked(event))));
        let tools = el("div.acc-log-tools")
            .child(filter)
            .child(checkbox(part.id("reads"), view.reads, reads).text("Show reads"))
            .child(checkbox(part.id("pretty"), view.pretty, pretty).text("Pretty bodies"))
            .child(button("Copy log as text").class("acc-small").icon(Icon::Copy).on_click(copy))
            .child(toggle);
        let (listed, all) = (self.listing.lines().len(), lab.log().entries().len());
        let mut count = say("{0} of {1}", &[&listed.to_string(), &all.to_string()]);
        if lab.log().dropped > 0 {
            count += &say(", {0} older ones dropped", &[&lab.log().dropped.to_string()]);
        }
        el("div.acc-log-head")
            .child(el("h2").text("Wire log"))
            .child(el("p.acc-hint").text(&count))
            .child(tools)
    }
}

/// What stands above a column, and puts the lines in its order.
fn heading(part: &PartProps, column: Column) -> El {
    let sorting = part.lab.view.sorting.filter(|sorting| sorting.by == column);
    let order = match sorting {
        None => "none",
        Some(sorting) if sorting.descending => "descending",
        Some(_) => "ascending",
    };
    let sort = part.on(move || Command::just(Action::Sorted(column)));
    el("div")
        .attr("role", "columnheader")
        .attr("aria-sort", order)
        .child(button(column.label()).on_click(sort))
}

/// The place of so many lines that are not drawn. Its height is in those of a line.
fn space(key: &str, lines: usize) -> El {
    el("svg.acc-log-space")
        .key(key)
        .attr("aria-hidden", "true")
        .attr("width", "1")
        .attr("height", &format!("{lines}em"))
}

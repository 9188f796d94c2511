//! The pictures of the update session: as a diagram, as a sequence, as a table.

use serde_json::Value;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};
use yew::{Callback, Html};

use super::PartProps;
use super::desk::{failed, grown};
use super::diagram::diagram;
use super::element::{El, button, el};
use super::field::target;
use super::form::{Form, form};
use super::icon::{Icon, draw};
use super::loading::waiting;
use super::machine_table::machine_table;
use crate::app::command::Command;
use crate::lab::{Action, Diagram, Edge, Picture, Spot, step};

const PICTURES: [(Picture, &str); 3] =
    [(Picture::Diagram, "Diagram"), (Picture::Sequence, "Sequence"), (Picture::Table, "Table")];

/// The pictures, one of them in front: until one is chosen, the one that fits.
pub(crate) fn pictures(props: &PartProps) -> El {
    let data = Diagram::of(&props.lab, &props.scene);
    let view = &props.lab.view;
    let fits = if view.narrow { Picture::Table } else { Picture::Diagram };
    let shown = view.picture.unwrap_or(fits);
    let panel = el("div.acc-panel").attr("role", "tabpanel").attr("aria-label", word(shown));
    let panel = match shown {
        Picture::Diagram => panel.child(diagram(props, &data)),
        Picture::Sequence => panel.child(form("sequence", props, sequence)),
        Picture::Table => panel.child(machine_table(props, &data)),
    };
    el("section.acc-part")
        .child(el("h2.acc-spoken").text("Picture"))
        .child(tabs(props, shown))
        .child(panel)
}

fn word(picture: Picture) -> &'static str {
    PICTURES.iter().find(|(other, _)| *other == picture).map_or("", |(_, word)| word)
}

fn tabs(props: &PartProps, chosen: Picture) -> El {
    let tabs = PICTURES.map(|(picture, word)| {
        let is_chosen = picture == chosen;
        button(word)
            .attr("role", "tab")
            .attr_bool("aria-selected", is_chosen)
            .attr("tabindex", if is_chosen { "0" } else { "-1" })
            .on_click(props.on(move || Command::Picture(picture)))
    });
    // A tab that gets the focus by an arrow key is chosen as if it were clicked.
    let on_key = Callback::from(|event: Event| {
        let tab = target::<Element>(&event);
        let tab = match key(&event).as_str() {
            "ArrowRight" => tab.and_then(|tab| tab.next_element_sibling()),
            "ArrowLeft" => tab.and_then(|tab| tab.previous_element_sibling()),
            _ => None,
        };
        if let Some(tab) = tab {
            event.prevent_default();
            let tab: HtmlElement = tab.unchecked_into();
            tab.click();
            focus(Some(tab.into()));
        }
    });
    el("div.acc-tasks")
        .attr("role", "tablist")
        .attr("aria-label", "Pictures of the session")
        .on("keydown", on_key)
        .children(tabs)
}

/// The sequence, which the scribe draws, or what there is of it until then.
fn sequence(form: &Form<'_>) -> El {
    let props = form.part;
    match &props.lab.view.scribe {
        None => waiting("The picture is being drawn."),
        Some(Err(why)) => failed(why),
        Some(Ok(())) => {
            let drawn = (props.paint)(&props.lab.sequence().to_string());
            let drawn = drawn.and_then(|text| accession_core::reading::parse(&text).ok());
            grown(form, &drawn.unwrap_or_default(), &Html::default())
        }
    }
}

/// A button that shows all that the diagram says as text.
pub(super) fn show_table(props: &PartProps) -> El {
    button("Show as table")
        .class("acc-quiet acc-small")
        .on_click(props.on(|| Command::just(Action::Pictured(Picture::Table))))
}

/// Marks a part of a picture that can be walked to and chosen.
#[inline(never)]
pub(super) fn symbol(element: El, number: usize, name: &str) -> El {
    element
        .attr("role", "graphics-symbol")
        .attr("aria-label", name)
        .attr("tabindex", "-1")
        .attr("data-at", &number.to_string())
}

/// A picture that is walked through.
pub(super) enum Walk {
    /// The diagram, from its current state on.
    Diagram(usize),
    /// A picture of the scribe: where keys come in, and the entry of the log that each part shows.
    Rows(Value),
}

impl Walk {
    /// Where a key leads from a part of the picture, or from the picture itself.
    fn next(&self, from: Option<usize>, key: &str) -> Option<usize> {
        match (self, from) {
            (Self::Diagram(_), Some(from)) => {
                Some(Spot::of(from).walk(&Edge::all(), key)?.number())
            }
            (Self::Rows(rows), Some(from)) => {
                step(from, rows.as_array()?.len().checked_sub(1)?, key)
            }
            _ if !key.starts_with("Arrow") => None,
            (Self::Diagram(current), None) => Some(*current),
            (Self::Rows(rows), None) => usize::try_from(rows[0].as_u64()?).ok(),
        }
    }

    /// What it does to choose a part.
    fn choose(&self, part: usize) -> Option<Action> {
        match (self, Spot::of(part)) {
            (Self::Rows(rows), _) => Some(Action::Selected(Some(rows[part + 1].as_u64()?))),
            (_, Spot::Edge(index)) => Edge::all().get(index).copied().map(Action::EdgeChosen),
            (_, Spot::Place(_)) => None,
        }
    }
}

/// Makes a picture one tab stop: keys lead from one of its parts to the next, Enter or a click chooses one.
pub(super) fn walkable(props: &PartProps, picture: El, walk: Walk) -> El {
    let act = props.act.clone();
    let handle = Callback::from(move |event: Event| {
        let key = key(&event);
        // Without a key it is a click.
        let handled = match key.as_str() {
            "" | "Enter" | " " => number(&event).and_then(|part| walk.choose(part)).map(|action| {
                act.emit(Command::just(action));
            }),
            key => walk.next(number(&event), key).map(|next| {
                let picture = target::<Element>(&event);
                // Only a malformed selector would be an error.
                let picture = picture.and_then(|part| part.closest("svg").ok().flatten());
                let at = format!("[data-at=\"{next}\"]");
                focus(picture.and_then(|picture| picture.query_selector(&at).ok().flatten()));
            }),
        };
        if handled.is_some() {
            event.prevent_default();
        }
    });
    picture
        .id(&props.id("picture"))
        .attr("role", "graphics-document")
        .attr("tabindex", "0")
        .on_click(handle.clone())
        .on("keydown", handle)
}

/// The number of the part that an event came from.
fn number(event: &Event) -> Option<usize> {
    let part = target::<Element>(event)?.closest("[data-at]").ok()??;
    part.get_attribute("data-at")?.parse().ok()
}

fn key(event: &Event) -> String {
    event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key).unwrap_or_default()
}

fn focus(element: Option<Element>) {
    if let Some(element) = element {
        // Elements of SVG have the method by the same name. Where nothing can be focused, nothing is.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

// What pictures are drawn with.

/// A box.
#[inline(never)]
pub(super) fn frame(name: &'static str, [x, y, width, height]: [i32; 4]) -> El {
    placed(el(name), x, y).attr("width", &width.to_string()).attr("height", &height.to_string())
}

/// Puts something where it belongs.
#[inline(never)]
fn placed(element: El, x: i32, y: i32) -> El {
    element.attr("x", &x.to_string()).attr("y", &y.to_string())
}

/// A small drawing.
#[inline(never)]
pub(super) fn drawing(icon: Icon, x: i32, y: i32) -> El {
    placed(draw(icon), x, y).attr("width", "16").attr("height", "16")
}

/// A text from here on.
#[inline(never)]
pub(super) fn words(name: &'static str, x: i32, y: i32, text: &str) -> El {
    placed(el(name), x, y).text(text)
}

/// A line.
#[inline(never)]
pub(super) fn line(name: &'static str, way: &str) -> El {
    el(name).attr("d", way)
}

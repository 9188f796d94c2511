//! The pictures of the update session: as a diagram, as a sequence, as a table.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent};
use yew::Callback;

use super::PartProps;
use super::diagram::diagram;
use super::element::{El, button, el, part};
use super::field::target;
use super::icon::{Icon, draw};
use super::machine_table::machine_table;
use super::sequence::sequence;
use crate::app::command::Command;
use crate::lab::{Action, Diagram, Picture, neighbour};

const PICTURES: [(Picture, &str); 3] =
    [(Picture::Diagram, "Diagram"), (Picture::Sequence, "Sequence"), (Picture::Table, "Table")];

/// The pictures, one of them in front.
pub(crate) fn pictures(props: &PartProps) -> El {
    let data = Diagram::of(&props.lab, &props.scene);
    let draw = |picture| match picture {
        Picture::Diagram => diagram(props, &data),
        Picture::Sequence => sequence(props),
        Picture::Table => machine_table(props, &data),
    };
    let shown = |picture: Picture, when: &'static str| {
        let panel = el("div").class(&format!("acc-panel {when}")).attr("role", "tabpanel");
        let name = word(picture);
        (tabs(props, picture, when), panel.attr("aria-label", name).child(draw(picture)))
    };
    // Until one is chosen, the style sheet shows the one that fits.
    let (wide, narrow) = match props.lab.view.picture {
        Some(picture) => (shown(picture, ""), None),
        None => (
            shown(Picture::Diagram, "acc-only-wide"),
            Some(shown(Picture::Table, "acc-only-narrow")),
        ),
    };
    let (narrow_tabs, narrow) = narrow.unzip();
    part("Picture").child(wide.0).child(wide.1).child(narrow_tabs).child(narrow)
}

fn word(picture: Picture) -> &'static str {
    PICTURES.iter().find(|(other, _)| *other == picture).map_or("", |(_, word)| word)
}

fn tabs(props: &PartProps, chosen: Picture, when: &str) -> El {
    let tabs = PICTURES.map(|(picture, word)| {
        let is_chosen = picture == chosen;
        button(word)
            .attr("role", "tab")
            .attr_bool("aria-selected", is_chosen)
            .attr("tabindex", if is_chosen { "0" } else { "-1" })
            .on_click(props.on(move || Command::just(Action::Pictured(picture))))
    });
    let act = props.act.clone();
    let on_key = Callback::from(move |event: Event| {
        let key = match key(&event).as_str() {
            "ArrowRight" => "ArrowDown".to_owned(),
            "ArrowLeft" => "ArrowUp".to_owned(),
            "ArrowDown" | "ArrowUp" => return,
            other => other.to_owned(),
        };
        let all = PICTURES.map(|(picture, _)| picture);
        let Some(next) = neighbour(&all, chosen, &key) else { return };
        event.prevent_default();
        let list = target::<Element>(&event).and_then(|tab| tab.parent_element());
        let place = all.iter().position(|other| *other == next).unwrap_or(0);
        let tab = list.and_then(|list| list.children().item(u32::try_from(place).unwrap_or(0)));
        act.emit(Command::just(Action::Pictured(next)));
        focus(tab);
    });
    el("div")
        .class(&format!("acc-tasks {when}"))
        .attr("role", "tablist")
        .attr("aria-label", "Pictures of the session")
        .on("keydown", on_key)
        .children(tabs)
}

/// A button that shows another picture.
pub(super) fn show(props: &PartProps, picture: Picture) -> El {
    let word = format!("Show as {}", word(picture).to_lowercase());
    button(&word)
        .class("acc-quiet acc-small")
        .on_click(props.on(move || Command::just(Action::Pictured(picture))))
}

/// Marks a part of a picture that can be walked to and chosen.
pub(super) fn symbol(element: El, number: usize, name: &str) -> El {
    element
        .attr("role", "graphics-symbol")
        .attr("aria-label", name)
        .attr("tabindex", "-1")
        .attr("data-at", &number.to_string())
}

/// Makes a picture one tab stop: keys lead from one of its parts to the next, Enter or a click chooses one.
pub(super) fn walkable(
    props: &PartProps,
    picture: El,
    next: impl Fn(Option<usize>, &str) -> Option<usize> + 'static,
    choose: impl Fn(usize) -> Option<Action> + Clone + 'static,
) -> El {
    let chosen = {
        let act = props.act.clone();
        move |event: &Event| {
            let action = number(event).and_then(&choose);
            action.inspect(|action| act.emit(Command::just(action.clone()))).is_some()
        }
    };
    let on_click = {
        let chosen = chosen.clone();
        Callback::from(move |event: Event| {
            chosen(&event);
        })
    };
    let on_key = Callback::from(move |event: Event| {
        let key = key(&event);
        let handled = match key.as_str() {
            "Enter" | " " => chosen(&event),
            key => match next(number(&event), key) {
                Some(next) => {
                    let picture = target::<Element>(&event);
                    // Only a malformed selector would be an error.
                    let picture = picture.and_then(|part| part.closest("svg").ok().flatten());
                    let at = format!("[data-at=\"{next}\"]");
                    focus(picture.and_then(|picture| picture.query_selector(&at).ok().flatten()));
                    true
                }
                None => false,
            },
        };
        if handled {
            event.prevent_default();
        }
    });
    picture
        .attr("role", "graphics-document")
        .attr("tabindex", "0")
        .on_click(on_click)
        .on("keydown", on_key)
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
pub(super) fn frame(name: &'static str, [x, y, width, height]: [i32; 4]) -> El {
    placed(el(name), x, y).attr("width", &width.to_string()).attr("height", &height.to_string())
}

/// Puts something where it belongs.
fn placed(element: El, x: i32, y: i32) -> El {
    element.attr("x", &x.to_string()).attr("y", &y.to_string())
}

/// A small drawing.
pub(super) fn drawing(icon: Icon, x: i32, y: i32) -> El {
    placed(draw(icon), x, y).attr("width", "16").attr("height", "16")
}

/// A text from here on.
pub(super) fn words(name: &'static str, x: i32, y: i32, text: &str) -> El {
    placed(el(name), x, y).text(text)
}

/// A line.
pub(super) fn line(name: &'static str, way: &str) -> El {
    el(name).attr("d", way)
}

//! Every request and every answer, in full.

use std::rc::Rc;

use yew::prelude::*;

use super::element::{button, el, group};
use super::field::{checkbox, checked, entered};
use super::icon::Icon;
use super::loading::empty;
use super::log_entry::LogLine;
use crate::app::command::Command;
use crate::lab::{Action, Entry, Log, View};

#[derive(Properties, PartialEq)]
pub(crate) struct WireLogProps {
    pub(crate) log: Log,
    pub(crate) view: View,
    pub(crate) act: Callback<Command>,
    pub(crate) prefix: AttrValue,
}

/// Nearer to the end than this, the list follows new lines.
const NEAR: i32 = 40;

/// Every request and every answer.
#[component]
pub(crate) fn WireLog(props: &WireLogProps) -> Html {
    let view = &props.view;
    let list = use_node_ref();
    let follows = use_mut_ref(|| true);
    let shown: Vec<Rc<Entry>> = props
        .log
        .entries()
        .iter()
        .filter(|entry| (view.reads || !entry.is_read()) && entry.contains(&view.filter))
        .cloned()
        .collect();
    use_effect_with((props.log.clone(), view.log_open, view.pane), {
        let (list, follows) = (list.clone(), follows.clone());
        move |_| {
            if let Some(list) = list.cast::<web_sys::Element>().filter(|_| *follows.borrow()) {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });
    let onscroll = {
        let (list, follows) = (list.clone(), follows);
        Callback::from(move |_: Event| {
            if let Some(list) = list.cast::<web_sys::Element>() {
                let below = list.scroll_height() - list.scroll_top() - list.client_height();
                *follows.borrow_mut() = below < NEAR;
            }
        })
    };
    let act = |command: fn(&Event) -> Command| {
        let act = props.act.clone();
        Callback::from(move |event| act.emit(command(&event)))
    };
    let filter = el("input")
        .attr("type", "search")
        .attr("aria-label", "Filter the log")
        .attr("placeholder", "Filter")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .value(&view.filter)
        .on_input(act(|event| Command::just(Action::Filtered(entered(event)))));
    let copy = {
        let (act, shown) = (props.act.clone(), shown.clone());
        Callback::from(move |_| {
            let text: Vec<String> = shown.iter().map(|entry| entry.to_text()).collect();
            act.emit(Command::Copy(text.join("\n")));
        })
    };
    let toggle = if view.log_open {
        button("Collapse log").on_click(act(|_| Command::just(Action::LogOpened(false))))
    } else {
        button("Expand log").on_click(act(|_| Command::just(Action::LogOpened(true))))
    };
    let id = |name: &str| format!("{}-{name}", props.prefix);
    let lines_id = id("log-lines");
    let toggle = toggle
        .class("acc-small acc-log-toggle")
        .attr_bool("aria-expanded", view.log_open)
        .attr("aria-controls", &lines_id);
    let reads = act(|event| Command::just(Action::ReadsShown(checked(event))));
    let pretty = act(|event| Command::just(Action::Prettied(checked(event))));
    let tools = el("div.acc-log-tools")
        .child(filter)
        .child(checkbox(id("reads"), view.reads, reads).text("Show reads"))
        .child(checkbox(id("pretty"), view.pretty, pretty).text("Pretty bodies"))
        .child(button("Copy log as text").class("acc-small").icon(Icon::Copy).on_click(copy))
        .child(toggle);
    let mut count = format!("{} of {}", shown.len(), props.log.entries().len());
    if props.log.dropped > 0 {
        count += &format!(", {} older ones dropped", props.log.dropped);
    }
    let head = el("div.acc-log-head")
        .child(el("h2").text("Wire log"))
        .child(el("p.acc-hint").text(&count))
        .child(tools);
    let nothing = if props.log.entries().is_empty() {
        Some(empty("Calls you send appear here, with headers and bodies."))
    } else if shown.is_empty() {
        Some(empty("No line fits the filter."))
    } else {
        None
    };
    let lines = shown.iter().map(|entry| -> Html {
        html! { <LogLine key={entry.number} entry={entry.clone()} pretty={view.pretty} /> }
    });
    let lines = el("div.acc-log-lines")
        .id(&lines_id)
        .node(&list)
        .attr("role", "log")
        .attr("aria-live", "off")
        .attr("aria-label", "Calls and events")
        .attr("tabindex", "0")
        .on("scroll", onscroll)
        .child(nothing)
        .child(el("ol").children(lines));
    group().child(head).child(lines).into()
}

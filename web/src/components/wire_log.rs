//! Every request and every answer, in full.

use std::rc::Rc;

use yew::prelude::*;

use super::field::checked;
use super::icon::{Icon, draw};
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
    let just = |action: fn(bool) -> Action| {
        let act = props.act.clone();
        Callback::from(move |event: Event| act.emit(Command::just(action(checked(&event)))))
    };
    let on_filter = {
        let act = props.act.clone();
        Callback::from(move |event: InputEvent| {
            let input: web_sys::HtmlInputElement = event.target_unchecked_into();
            act.emit(Command::just(Action::Filtered(input.value())));
        })
    };
    let on_copy = {
        let (act, shown) = (props.act.clone(), shown.clone());
        Callback::from(move |_: MouseEvent| {
            let text: Vec<String> = shown.iter().map(|entry| entry.to_text()).collect();
            act.emit(Command::Copy(text.join("\n")));
        })
    };
    let on_toggle = {
        let (act, open) = (props.act.clone(), !view.log_open);
        Callback::from(move |_: MouseEvent| act.emit(Command::just(Action::LogOpened(open))))
    };
    let id = |name: &str| format!("{}-{name}", props.prefix);
    html! {
        <>
            <div class="acc-log-head">
                <h2>{"Wire log"}</h2>
                <p class="acc-hint">
                    {format!("{} of {}", shown.len(), props.log.entries().len())}
                    if props.log.dropped > 0 {
                        {format!(", {} older ones dropped", props.log.dropped)}
                    }
                </p>
                <div class="acc-log-tools">
                    <input type="search" aria-label="Filter the log" placeholder="Filter" value={view.filter.clone()}
                        oninput={on_filter} autocomplete="off" spellcheck="false" />
                    <label class="acc-choice" for={id("reads")}>
                        <input type="checkbox" id={id("reads")} checked={view.reads} onchange={just(Action::ReadsShown)} />
                        {"Show reads"}
                    </label>
                    <label class="acc-choice" for={id("pretty")}>
                        <input type="checkbox" id={id("pretty")} checked={view.pretty} onchange={just(Action::Prettied)} />
                        {"Pretty bodies"}
                    </label>
                    <button type="button" class="acc-small" onclick={on_copy}>{draw(Icon::Copy)}{"Copy log as text"}</button>
                    <button type="button" class="acc-small acc-log-toggle" aria-expanded={view.log_open.to_string()}
                        aria-controls={id("log-lines")} onclick={on_toggle}>
                        {if view.log_open { "Collapse log" } else { "Expand log" }}
                    </button>
                </div>
            </div>
            <div class="acc-log-lines" id={id("log-lines")} role="log" aria-live="off" aria-label="Calls and events"
                tabindex="0" ref={list} {onscroll}>
                if props.log.entries().is_empty() {
                    <p class="acc-empty">{"Calls you send appear here, with headers and bodies."}</p>
                } else if shown.is_empty() {
                    <p class="acc-empty">{"No line fits the filter."}</p>
                }
                <ol>
                    { for shown.iter().map(|entry| html! {
                        <LogLine key={entry.number} entry={entry.clone()} pretty={view.pretty} />
                    }) }
                </ol>
            </div>
        </>
    }
}

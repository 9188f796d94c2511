//! One line of the wire log, and all that is behind it.

use std::rc::Rc;

use accession_client::{Body, Exchange, Outcome};
use accession_core::simulator::Transition;
use accession_core::wire::{Headers, Request};
use web_sys::Element;
use yew::prelude::*;

use super::explain_pane::source;
use super::icon::{Icon, draw};
use crate::format;
use crate::lab::{Entry, Happening, phases};

/// A segment of a path that is longer than this is cut after so many letters.
const LONG: usize = 32;
const ENOUGH: usize = 8;

#[derive(Properties)]
pub(crate) struct LogLineProps {
    pub(crate) entry: Rc<Entry>,
    pub(crate) pretty: bool,
}

impl PartialEq for LogLineProps {
    /// Entries never change; comparing their bodies would cost more than drawing them.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entry, &other.entry) && self.pretty == other.pretty
    }
}

/// One line of the wire log.
#[component]
pub(crate) fn LogLine(props: &LogLineProps) -> Html {
    let open = use_state(|| false);
    let entry = &props.entry;
    let time = format::time_of_day(entry.at);
    let exchange = match &entry.what {
        Happening::Target(target) => {
            return html! {
                <li class="acc-line acc-line-note">
                    <span class="acc-mono acc-line-time">{time}</span>
                    {draw(Icon::Info)}<span>{"Target: "}{target}</span>
                </li>
            };
        }
        Happening::Event(event) => {
            return html! {
                <li class="acc-line acc-line-event">
                    <span class="acc-mono acc-line-time">{time}</span>
                    {draw(Icon::Event)}
                    <span>{"Event "}<span class="acc-mono">{event.because}</span>{", "}
                        <span class="acc-mono">{format::short(event.session.as_str())}</span>{" "}{change(event)}</span>
                </li>
            };
        }
        Happening::Call(exchange) => exchange,
    };
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            let details: Element = event.target_unchecked_into();
            open.set(details.has_attribute("open"));
        })
    };
    let request = Request::new(exchange.request.method, exchange.request.url.clone());
    let target = shortened(request.path(), request.query());
    let class = match exchange.status() {
        Some(200..=299) => "acc-line-done",
        Some(_) => "acc-line-refused",
        None => "acc-line-failed",
    };
    html! {
        <li class={classes!("acc-line-call", class)}>
            <details {ontoggle}>
                <summary class="acc-line">
                    <span class="acc-mono acc-line-number">{entry.number}</span>
                    <span class="acc-mono acc-line-time">{time}</span>
                    <span class="acc-mono acc-line-method">{exchange.request.method.as_str()}</span>
                    <span class="acc-mono acc-line-path" translate="no">{target}</span>
                    <span class="acc-mono acc-line-status">{status(exchange)}</span>
                    <span class="acc-line-took">{format::duration(exchange.took)}</span>
                    <span class="acc-line-change">
                        { for exchange.transitions.iter().map(change) }
                        if entry.times > 1 {
                            <span class="acc-chip">{format!("{} times", entry.times)}</span>
                        }
                        if !exchange.notes.is_empty() {
                            <span class="acc-chip acc-chip-warn">{match exchange.notes.len() {
                                1 => "1 note".to_owned(),
                                count => format!("{count} notes"),
                            }}</span>
                        }
                    </span>
                </summary>
                if *open {
                    {detail(exchange, props.pretty)}
                }
            </details>
        </li>
    }
}

/// The path with long segments cut, so that its end, which says most, stays on screen.
fn shortened(path: &str, query: &str) -> String {
    let cut = |segment: &str| match segment.char_indices().nth(ENOUGH) {
        Some((end, _)) if segment.len() > LONG => format!("{}…", &segment[..end]),
        _ => segment.to_owned(),
    };
    let path = path.split('/').map(cut).collect::<Vec<_>>().join("/");
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => format!("{name}={}", cut(value)),
        None => pair.to_owned(),
    };
    match query {
        "" => path,
        query => format!("{path}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&")),
    }
}

fn status(exchange: &Exchange) -> Html {
    match exchange.status() {
        Some(status @ 200..=299) => html! { <>{draw(Icon::Done)}{status}</> },
        Some(status) => html! { <>{draw(Icon::Error)}{status}</> },
        None => html! { <>{draw(Icon::Warning)}{"none"}</> },
    }
}

/// The state before and after.
fn change(event: &Transition) -> Html {
    let (from, to) = phases(event);
    html! { <span class="acc-mono acc-change">{from}{" → "}{to}</span> }
}

fn detail(exchange: &Exchange, pretty: bool) -> Html {
    let request = &exchange.request;
    let first = format!("{} {}", request.method, request.url);
    html! {
        <div class="acc-detail">
            <div>
                <h3>{"Request"}</h3>
                {message(&first, &request.headers, &request.body, pretty)}
            </div>
            <div>
                <h3>{"Response"}</h3>
                { match &exchange.outcome {
                    Outcome::Answered(response) => {
                        message(&response.status.to_string(), &response.headers, &response.body, pretty)
                    }
                    Outcome::NoAnswer(error) => html! { <p>{error.to_string()}</p> },
                } }
            </div>
            if !exchange.notes.is_empty() {
                <div>
                    <h3>{"Notes"}</h3>
                    <ul>{ for exchange.notes.iter().map(|note| html! { <li>{note.to_string()}</li> }) }</ul>
                </div>
            }
            if let Some(rule) = exchange.rule {
                <div>
                    <h3>{"Rule"}</h3>
                    {source(rule)}
                </div>
            }
        </div>
    }
}

fn message(first: &str, headers: &Headers, body: &Body, pretty: bool) -> Html {
    let mut text = first.to_owned();
    for (name, value) in headers.iter() {
        text.push_str(&format!("\n{name}: {value}"));
    }
    match body {
        Body::Empty => {}
        Body::Text(body) if pretty => text.push_str(&format!("\n\n{}", format::pretty(body))),
        Body::Text(body) => text.push_str(&format!("\n\n{body}")),
        Body::Bytes(count) => text.push_str(&format!("\n\n<{}>", format::exact_bytes(*count))),
    }
    html! { <pre class="acc-wire" translate="no">{text}</pre> }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn the_end_of_a_path_stays() {
        let path =
            "/api/content/library/item/update-session/815994e5-2828-4a88-86ed-4575f9e964e2:9c7e";
        assert_eq!(
            shortened(path, "action=complete"),
            "/api/content/library/item/update-session/815994e5…?action=complete"
        );
        assert_eq!(shortened("/api/session", ""), "/api/session");
        let query = "library_id=815994e5-2828-4a88-86ed-4575f9e964e2&a";
        assert_eq!(shortened("/x", query), "/x?library_id=815994e5…&a");
    }
}

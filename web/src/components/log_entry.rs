//! One line of the wire log, and all that is behind it.

use std::rc::Rc;

use accession_client::{Body, Exchange, Note, Outcome};
use accession_core::simulator::Transition;
use accession_core::wire::{Headers, Request};
use web_sys::Element;
use yew::prelude::*;

use super::element::{El, el, group};
use super::explain_pane::source;
use super::field::target;
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
    match &entry.what {
        Happening::Target(target) => {
            let text = el("span").text("Target: ").text(target);
            el("li.acc-line.acc-line-note").child(time(entry)).child(draw(Icon::Info)).child(text)
        }
        Happening::Event(event) => {
            let text = el("span")
                .text("Event ")
                .child(el("span.acc-mono").text(event.because))
                .text(", ")
                .child(el("span.acc-mono").text(&format::short(event.session.as_str())))
                .text(" ")
                .child(change(event));
            el("li.acc-line.acc-line-event").child(time(entry)).child(draw(Icon::Event)).child(text)
        }
        Happening::Call(exchange) => {
            let is_open = *open;
            let toggle = Callback::from(move |event| {
                let details = target::<Element>(&event);
                open.set(details.is_some_and(|details| details.has_attribute("open")));
            });
            let details = el("details")
                .on("toggle", toggle)
                .child(call(entry, exchange))
                .child(is_open.then(|| detail(exchange, props.pretty)));
            let class = match exchange.status() {
                Some(200..=299) => "acc-line-call acc-line-done",
                Some(_) => "acc-line-call acc-line-refused",
                None => "acc-line-call acc-line-failed",
            };
            el("li").class(class).child(details)
        }
    }
    .into()
}

fn time(entry: &Entry) -> El {
    el("span.acc-mono.acc-line-time").text(&format::time_of_day(entry.at))
}

/// A call in one line.
fn call(entry: &Entry, exchange: &Exchange) -> El {
    let request = Request::new(exchange.request.method, exchange.request.url.clone());
    let path = shortened(request.path(), request.query());
    let times =
        (entry.times > 1).then(|| el("span.acc-chip").text(&format!("{} times", entry.times)));
    let notes = match exchange.notes.len() {
        0 => None,
        1 => Some("1 note".to_owned()),
        count => Some(format!("{count} notes")),
    };
    let notes = notes.map(|notes| el("span.acc-chip.acc-chip-warn").text(&notes));
    let changes = el("span.acc-line-change")
        .children(exchange.transitions.iter().map(change))
        .child(times)
        .child(notes);
    el("summary.acc-line")
        .child(el("span.acc-mono.acc-line-number").text(&entry.number.to_string()))
        .child(time(entry))
        .child(el("span.acc-mono.acc-line-method").text(exchange.request.method.as_str()))
        .child(el("span.acc-mono.acc-line-path").exact().text(&path))
        .child(el("span.acc-mono.acc-line-status").child(status(exchange)))
        .child(el("span.acc-line-took").text(&format::duration(exchange.took)))
        .child(changes)
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

fn status(exchange: &Exchange) -> El {
    let Some(status) = exchange.status() else { return group().text("none").icon(Icon::Warning) };
    let icon = if matches!(status, 200..=299) { Icon::Done } else { Icon::Error };
    group().text(&status.to_string()).icon(icon)
}

/// The state before and after.
fn change(event: &Transition) -> El {
    let (from, to) = phases(event);
    el("span.acc-mono.acc-change").text(&format!("{from} → {to}"))
}

fn detail(exchange: &Exchange, pretty: bool) -> El {
    let request = &exchange.request;
    let first = format!("{} {}", request.method, request.url);
    let response = match &exchange.outcome {
        Outcome::Answered(response) => {
            let first = response.status.to_string();
            message(&first, &response.headers, &response.body, pretty)
        }
        Outcome::NoAnswer(error) => el("p").text(&error.to_string()),
    };
    let notes = (!exchange.notes.is_empty()).then(|| {
        let note = |note: &Note| el("li").text(&note.to_string());
        below("Notes", el("ul").children(exchange.notes.iter().map(note)))
    });
    el("div.acc-detail")
        .child(below("Request", message(&first, &request.headers, &request.body, pretty)))
        .child(below("Response", response))
        .child(notes)
        .child(exchange.rule.map(|rule| below("Rule", source(rule))))
}

fn below(title: &str, content: El) -> El {
    el("div").child(el("h3").text(title)).child(content)
}

fn message(first: &str, headers: &Headers, body: &Body, pretty: bool) -> El {
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
    el("pre.acc-wire").exact().text(&text)
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

//! One line of the wire log, and all that is behind it.

use accession_client::{Body, Exchange, Note, Outcome};
use accession_core::simulator::Transition;
use accession_core::wire::{Headers, Request};

use super::PartProps;
use super::calls::foresight;
use super::element::{El, button, el, fact, group};
use super::explain_pane::source;
use super::icon::Icon;
use crate::app::command::Command;
use crate::format;
use crate::lab::{Action, Entry, Foresight, Happening, as_text, phases};
use crate::words::{count, say};

/// A segment of a path that is longer than this is cut after so many letters.
const LONG: usize = 32;
const ENOUGH: usize = 8;

/// One line of the wire log. It takes the focus, by the tab key or not, and what is done to it is heard
/// by what it stands in.
pub(super) fn line(entry: &Entry, place: usize, is_stop: bool, is_marked: bool) -> El {
    let (class, method, path, status, took) = match &entry.what {
        Happening::Target(target) => {
            let method = group().text("target");
            ("acc-line acc-line-note", method, target.clone(), group().icon(Icon::Info), None)
        }
        Happening::Event(event) => {
            let path = format!("{}, {}", event.because, format::short(event.session.as_str()));
            let method = group().text("event");
            ("acc-line acc-line-note", method, path, group().icon(Icon::Event), None)
        }
        Happening::Call(exchange) => {
            let request = Request::new(exchange.request.method, exchange.request.url.clone());
            let path = shortened(request.path(), request.query());
            let (class, icon) = match exchange.status() {
                Some(200..=299) => ("acc-line acc-line-done", Icon::Done),
                Some(_) => ("acc-line acc-line-refused", Icon::Error),
                None => ("acc-line acc-line-failed", Icon::Warning),
            };
            let word = exchange.status().map_or("none".to_owned(), |status| status.to_string());
            let status = group().text(&word).icon(icon);
            let method = el("span").exact().text(request.method.as_str());
            (class, method, path, status, Some(exchange.took))
        }
    };
    let took = took.map(format::duration).unwrap_or_default();
    let chip = |text: String| el("span.acc-chip").text(&text);
    let times = (entry.times > 1).then(|| chip(times(entry)));
    let notes = entry.call().map_or(0, |exchange| exchange.notes.len() as u64);
    let notes = (notes > 0).then(|| {
        let notes = count(notes, "{0} note", "{0} notes");
        el("span.acc-chip.acc-chip-warn").text(&notes)
    });
    let changes = entry.changes().iter();
    let changes = changes.map(|event| el("span.acc-mono").exact().text(&change(event)));
    let number = entry.number.to_string();
    el("div")
        .class(class)
        .key(&number)
        .attr("role", "row")
        .attr("data-entry", &number)
        .attr("aria-rowindex", &(place + 2).to_string())
        .attr_bool("aria-selected", is_marked)
        .attr("tabindex", if is_stop { "0" } else { "-1" })
        .child(cell(el("div.acc-mono.acc-line-number").text(&number)))
        .child(cell(el("div.acc-mono.acc-line-time").text(&format::time_of_day(entry.at))))
        .child(cell(el("div.acc-mono").child(method)))
        .child(cell(el("div.acc-mono.acc-line-path").exact().child(el("span").text(&path))))
        .child(cell(el("div.acc-mono.acc-line-status").child(status)))
        .child(cell(el("div.acc-line-took").text(&took)))
        .child(cell(el("div.acc-line-change").children(changes).child(times).child(notes)))
}

fn cell(element: El) -> El {
    element.attr("role", "gridcell")
}

/// How often the same was called and answered.
fn times(entry: &Entry) -> String {
    count(entry.times.into(), "{0} time", "{0} times")
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

/// The state before and after.
fn change(event: &Transition) -> String {
    let (from, to) = phases(event);
    format!("{from} → {to}")
}

/// All that is behind a line, beside the lines.
pub(super) fn detail(part: &PartProps, entry: &Entry) -> El {
    let exchange = entry.call();
    let (kind, name) = match &entry.what {
        Happening::Target(target) => ("Target", target.as_str()),
        Happening::Event(event) => ("Event", event.because),
        Happening::Call(exchange) => ("Operation", exchange.operation.as_str()),
    };
    let title = say("No. {0}", &[&entry.number.to_string()]);
    let close = button("Close").class("acc-small");
    let close = close.on_click(part.on(|| Command::just(Action::Opened(None))));
    let mut facts = el("dl.acc-facts")
        .child(fact(kind, el("dd.acc-mono").exact().text(name)))
        .child(fact("Time", el("dd.acc-mono").exact().text(&entry.at.to_string())));
    if let Some(exchange) = exchange {
        let mut took = format::duration(exchange.took);
        if entry.times > 1 {
            took += ", ";
            took += &times(entry);
        }
        facts = facts.child(fact("Took", el("dd").text(&took)));
    }
    for event in entry.changes() {
        let text = format!("{}: {}", event.session, change(event));
        facts = facts.child(fact("State", el("dd.acc-mono").exact().text(&text)));
    }
    el("section.acc-log-detail")
        .attr("aria-label", &title)
        .attr("tabindex", "-1")
        .child(el("header").child(el("h3").text(&title)).child(close))
        .child(facts)
        .child(exchange.map(|exchange| parts(part, exchange)))
}

/// What was sent, what came back, and what is to be said of it.
fn parts(part: &PartProps, exchange: &Exchange) -> El {
    let pretty = part.lab.view.pretty;
    let request = &exchange.request;
    let sent = message(
        &format!("{} {}", request.method, request.url),
        &request.headers,
        &request.body,
        pretty,
    );
    let came = match &exchange.outcome {
        Outcome::Answered(response) => {
            message(&response.status.to_string(), &response.headers, &response.body, pretty)
        }
        Outcome::NoAnswer(error) => error.to_string(),
    };
    let notes = (!exchange.notes.is_empty()).then(|| {
        let note = |note: &Note| el("li").english().text(&note.to_string());
        below("Notes", el("ul").children(exchange.notes.iter().map(note)))
    });
    let expected = part.scene.expected.as_ref().map(|expected| {
        let status = exchange.status().filter(|status| expected.differs(*status));
        let differs = status.map(|status| {
            let text = say("Divergence: the answer is {0}.", &[&status.to_string()]);
            el("p.acc-warn").text(&text).icon(Icon::Warning)
        });
        let rule = match expected {
            Foresight::Refused { rule, .. } if exchange.rule.is_none() => Some(source(*rule)),
            _ => None,
        };
        let foreseen = el("p.acc-lint").child(foresight(&part.lab, expected));
        below("Expected before it was sent", foreseen).child(differs).child(rule)
    });
    group()
        .child(expected)
        .child(wire(part, "Request", "Copy request", sent))
        .child(wire(part, "Response", "Copy response", came))
        .child(notes)
        .child(exchange.rule.map(|rule| below("Rule", source(rule))))
}

fn below(title: &str, content: El) -> El {
    el("div").child(el("h3").text(title)).child(content)
}

/// A text of the wire, to be read and copied.
fn wire(part: &PartProps, title: &str, copy: &str, text: String) -> El {
    let content = el("pre.acc-wire").exact().text(&text);
    let copy = button(copy).class("acc-small").icon(Icon::Copy);
    below(title, copy.on_click(part.on(move || Command::Copy(text.clone())))).child(content)
}

fn message(first: &str, headers: &Headers, body: &Body, pretty: bool) -> String {
    match body {
        Body::Text(text) if pretty => as_text(first, headers, &Body::Text(format::pretty(text))),
        body => as_text(first, headers, body),
    }
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

//! A HAR file (HTTP Archive 1.2) of a run: what any tool for it shows, and below names of our own what
//! makes it the same run here again.

use accession_client::{Body, Outcome, RecordedRequest, RecordedResponse, object};
use accession_core::dialect;
use accession_core::wire::Headers;
use serde_json::Value;

use crate::record::{Call, Event, Line, Record};
use crate::secrets::without_secrets;
use crate::{MADE_BY, VERSION};

/// What is not known of a size.
const UNKNOWN: i64 = -1;

/// Writes a HAR file.
pub fn har(record: &Record) -> String {
    let entries: Vec<Value> = record.calls().map(|(line, call)| entry(line, call)).collect();
    let (name, version) = MADE_BY.split_once(' ').unwrap_or((MADE_BY, ""));
    let run = record.run.as_ref().map(without_secrets);
    let log = object(vec![
        ("version", "1.2".into()),
        ("creator", object(vec![("name", name.into()), ("version", version.into())])),
        ("comment", record.title.as_str().into()),
        ("_accession", object(vec![("version", VERSION.into()), ("run", run.into())])),
        ("entries", entries.into()),
    ]);
    object(vec![("log", log)]).to_string() + "\n"
}

fn entry(line: &Line, call: &Call) -> Value {
    let exchange = &call.exchange;
    let took = u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX);
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response_of(response),
        Outcome::NoAnswer(_) => nothing(),
    };
    let mut own = vec![("number", line.number.into()), ("times", line.times.into())];
    if !call.events.is_empty() {
        own.push(("transitions", call.events.iter().map(Event::to_value).collect()));
    }
    if let Some(rule) = &call.rule {
        own.push(("rule", rule.to_value()));
    }
    let timings = [("send", 0), ("wait", took), ("receive", 0)];
    let timings = timings.map(|(name, time)| (name, time.into())).to_vec();
    let mut entry = vec![
        ("startedDateTime", exchange.at.to_string().into()),
        ("time", took.into()),
        ("request", request_of(&exchange.request)),
        ("response", response),
        ("cache", object(Vec::new())),
        ("timings", object(timings)),
        ("comment", exchange.operation.as_str().into()),
        ("_accession", object(own)),
    ];
    if let Outcome::NoAnswer(error) = &exchange.outcome {
        entry.push(("_error", error.to_string().into()));
    }
    object(entry)
}

fn request_of(request: &RecordedRequest) -> Value {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let plain = |text: &str| dialect::decode_component(text).unwrap_or_else(|| text.to_owned());
        pair_of(&plain(name), &plain(value))
    });
    let mut fields = message(&request.headers, size(&request.body).into());
    fields.push(("method", request.method.as_str().into()));
    fields.push(("url", request.url.as_str().into()));
    fields.push(("queryString", pairs.collect()));
    if let Body::Text(text) = &request.body {
        let kind = kind(&request.headers);
        fields.push(("postData", object(vec![("mimeType", kind), ("text", text.as_str().into())])));
    }
    object(fields)
}

fn response_of(response: &RecordedResponse) -> Value {
    let size = Value::from(size(&response.body));
    let mut content = vec![("size", size.clone()), ("mimeType", kind(&response.headers))];
    if let Body::Text(text) = &response.body {
        content.push(("text", text.as_str().into()));
    }
    answer(&response.headers, size, response.status, content)
}

/// How an answer that never came is written.
fn nothing() -> Value {
    let headers = Headers::new();
    let content = vec![("size", 0.into()), ("mimeType", kind(&headers))];
    answer(&headers, UNKNOWN.into(), 0, content)
}

fn answer(headers: &Headers, size: Value, status: u16, content: Vec<(&str, Value)>) -> Value {
    let mut fields = message(headers, size);
    fields.push(("status", status.into()));
    fields.push(("statusText", "".into()));
    fields.push(("content", object(content)));
    fields.push(("redirectURL", headers.get("location").unwrap_or_default().into()));
    object(fields)
}

/// What requests and responses have in common.
fn message(headers: &Headers, size: Value) -> Vec<(&'static str, Value)> {
    vec![
        ("httpVersion", "HTTP/1.1".into()),
        ("cookies", Value::Array(Vec::new())),
        ("headers", headers.iter().map(|(name, value)| pair_of(name, value)).collect()),
        ("headersSize", UNKNOWN.into()),
        ("bodySize", size),
    ]
}

fn pair_of(name: &str, value: &str) -> Value {
    object(vec![("name", name.into()), ("value", value.into())])
}

fn kind(headers: &Headers) -> Value {
    headers.get("content-type").unwrap_or("x-unknown").into()
}

fn size(body: &Body) -> u64 {
    match body {
        Body::Empty => 0,
        Body::Text(text) => text.len() as u64,
        Body::Bytes(count) => *count,
    }
}

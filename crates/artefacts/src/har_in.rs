//! HAR files read: ours, and those of browsers and proxies. Of the requests in them, those of the content
//! library are taken, without their secrets.
//!
//! What a field is missing is filled as well as can be: tools differ in what they write.

use std::time::Duration;

use accession_client::{Body, Exchange, Outcome, TransportError, without_users};
use accession_core::dialect::{self, Dialect};
use accession_core::operations::{self, Row};
use accession_core::simulator::Simulator;
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method, REDACTED, Request, Response, SECRET_HEADERS};
use serde_json::{Map, Value};

use crate::found::{Damage, Found};
use crate::partial::Broken;

/// What nobody waits for longer, in milliseconds.
const LONGEST_WAIT: f64 = 1e12;

/// Shorter texts are no secrets: they stand everywhere.
const SHORTEST_SECRET: usize = 8;

/// Takes what the log of a HAR file has in it.
pub(crate) fn take(found: &mut Found, mut log: Map<String, Value>, broken: Option<Broken>) {
    found.title = log.get("comment").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = log.get_mut("_accession").map(|own| own["run"].take());
    let is_cut = broken.is_some();
    if let Some(Value::Object(run)) = own {
        found.take_run(run, None);
    }
    if is_cut {
        // How the run goes on from there, the file still says; which answers it led to, no longer.
        found.damage = broken.map(Damage::from);
    }
    let entries = match log.remove("entries") {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let secrets = secrets(&entries);
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let mut latest = Timestamp::default();
    for value in &entries {
        let Some(exchange) = exchange(value, latest, &secrets) else {
            found.passed_over += 1;
            continue;
        };
        latest = exchange.at + exchange.took;
        // Browsers list them by their beginning; ours are in the order in which they ended.
        let later = |other: &&Exchange| other.at + other.took > latest && found.run.is_none();
        let place = found.exchanges.len() - found.exchanges.iter().rev().take_while(later).count();
        found.exchanges.insert(place, exchange);
    }
    for (exchange, id) in found.exchanges.iter_mut().zip(1..) {
        exchange.id = id;
    }
}

/// An exchange that a file of ours has, without what should not be in it.
pub(crate) fn redacted(exchange: &Exchange) -> Exchange {
    let sent = &exchange.request;
    let request = Request {
        method: sent.method,
        url: sent.url.clone(),
        headers: sent.headers.clone(),
        body: sent.body.as_text().as_bytes().to_vec(),
    };
    let answer = match &exchange.outcome {
        Outcome::Answered(answer) => Ok(Response {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.as_text().as_bytes().to_vec(),
        }),
        Outcome::NoAnswer(error) => Err(error.clone()),
    };
    let row = operations::row_named(&exchange.operation);
    let bytes = |body: &Body| if let Body::Bytes(count) = body { Some(*count) } else { None };
    let sent_bytes = bytes(&sent.body);
    let upload = row.is_none() && exchange.operation == "upload";
    let mut kept = Exchange::recorded(
        (row.filter(|_| !upload), &request, sent_bytes.unwrap_or_default()),
        (exchange.at, exchange.at + exchange.took),
        answer,
        &[],
    );
    if let (Some(count), false) = (sent_bytes, upload) {
        kept.request.body = Body::Bytes(count);
    }
    if let (Outcome::Answered(kept), Outcome::Answered(answer)) =
        (&mut kept.outcome, &exchange.outcome)
        && let Some(count) = bytes(&answer.body)
    {
        kept.body = Body::Bytes(count);
    }
    kept
}

/// What must not appear anywhere: the values of secret headers, wherever they were sent or given.
fn secrets(entries: &[Value]) -> Vec<String> {
    let mut secrets = Vec::new();
    let mut keep = |text: &str| {
        let text = text.trim();
        let is_known = secrets.iter().any(|secret| secret == text);
        if text.len() >= SHORTEST_SECRET && !text.contains(REDACTED) && !is_known {
            secrets.push(text.to_owned());
        }
    };
    for message in entries.iter().flat_map(|entry| [&entry["request"], &entry["response"]]) {
        for (name, value) in headers(&message["headers"]).iter() {
            if !SECRET_HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
                continue;
            }
            keep(value);
            // A scheme before credentials, or cookies with their names.
            let credentials = value.split_once(' ').map_or(value, |(_, rest)| rest);
            keep(credentials);
            let plain = from_base64(credentials).and_then(|plain| String::from_utf8(plain).ok());
            let password = plain.as_deref().and_then(|plain| plain.split_once(':'));
            keep(password.map_or("", |(_, password)| password));
            value.split(';').filter_map(|pair| pair.split_once('=')).for_each(|(_, it)| keep(it));
        }
    }
    secrets
}

/// The bytes that stand for these letters. It is not checked that they are written in the one right way.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.trim().trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

/// An entry, if it is of the content library. `latest` is when the one before was over.
fn exchange(entry: &Value, latest: Timestamp, secrets: &[&str]) -> Option<Exchange> {
    let (sent, answer) = (&entry["request"], &entry["response"]);
    let method: Method = sent["method"].as_str()?.to_ascii_uppercase().parse().ok()?;
    let url = sent["url"].as_str()?.split('#').next().unwrap_or_default();
    let mut request = Request::new(method, without_users(url));
    request.headers = headers(&sent["headers"]);
    let row = match row(&request) {
        None if matches!(method, Method::Put | Method::Post)
            && Simulator::is_upload(request.path()) =>
        {
            None
        }
        None => return None,
        row => row,
    };
    let (text, bytes) = content(&sent["postData"], &sent["bodySize"]);
    let declared = request.headers.get("content-length").and_then(|length| length.parse().ok());
    request.body = text.filter(|_| row.is_some()).unwrap_or_default();
    let at = entry["startedDateTime"].as_str().and_then(|at| at.parse().ok()).unwrap_or(latest);
    let took = entry["time"].as_f64().filter(|took| *took >= 0.0).unwrap_or_default();
    let took = Duration::from_millis(took.min(LONGEST_WAIT).round() as u64);
    let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let (text, size) = content(&answer["content"], &answer["content"]["size"]);
    let unread = text.is_none().then_some(size).flatten();
    let response = match status.filter(|status| *status > 0) {
        Some(status) => Ok(Response {
            status,
            headers: headers(&answer["headers"]),
            body: text.unwrap_or_default(),
        }),
        None => Err(no_answer(entry)),
    };
    let sent = (row, &request, bytes.or(declared).unwrap_or_default());
    let mut exchange = Exchange::recorded(sent, (at, at + took), response, secrets);
    if let (Outcome::Answered(answer), Some(count)) = (&mut exchange.outcome, unread) {
        answer.body = Body::Bytes(count);
    }
    Some(exchange)
}

fn no_answer(entry: &Value) -> TransportError {
    let why = entry["_error"].as_str().or(entry["response"]["_error"].as_str());
    match why.unwrap_or_default() {
        why if why == TransportError::Aborted.to_string() => TransportError::Aborted,
        why => {
            let own = TransportError::Unreachable(String::new()).to_string();
            TransportError::Unreachable(why.strip_prefix(&own).unwrap_or(why).to_owned())
        }
    }
}

/// The operation that a request calls.
fn row(request: &Request) -> Option<&'static Row> {
    let dialect = Dialect::of_path(request.path())?;
    Some(dialect::route(operations::lines(dialect), dialect, request)?.line.row)
}

fn headers(value: &Value) -> Headers {
    let fields = value.as_array().into_iter().flatten().filter_map(|field| {
        let (name, value) = (field["name"].as_str()?, field["value"].as_str()?);
        // Those of HTTP/2 say again what stands elsewhere.
        (!name.starts_with(':')).then_some((name, value))
    });
    fields.collect()
}

/// The bytes of a body where they were kept, and how many there were.
fn content(content: &Value, size: &Value) -> (Option<Vec<u8>>, Option<u64>) {
    let text = content["text"].as_str();
    let bytes = match content["encoding"].as_str() {
        Some("base64") => text.and_then(from_base64),
        _ => text.map(|text| text.as_bytes().to_vec()),
    };
    (bytes, size.as_u64().filter(|size| *size > 0))
}

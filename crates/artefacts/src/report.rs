//! The report: what happened call by call, why, and how it ended; in Markdown, for people.

use std::fmt::Write as _;
use std::time::Duration;

use accession_client::{Body, Outcome};
use accession_core::dialect;
use accession_core::time::Timestamp;
use accession_core::wire::Request;

use crate::MADE_BY;
use crate::diagram::word;
use crate::escape::{code, markdown};
use crate::record::{Call, Event, Line, Record, Seen, Session};

/// Writes the report. `picture` is the name of the file with the state diagram, if there is one.
pub fn report(record: &Record, picture: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, record, picture);
    text
}

fn write(text: &mut String, record: &Record, picture: Option<&str>) -> std::fmt::Result {
    let title = if record.title.is_empty() { "A run" } else { record.title.as_str() };
    writeln!(text, "# {}\n", markdown(title))?;
    match &record.run {
        Some(run) => writeln!(
            text,
            "Simulated: nothing of it happened on a server. Release {}, seed {}. Made by {MADE_BY}.\n",
            markdown(run["release"].as_str().unwrap_or_default()),
            code(run["seed"].as_str().unwrap_or_default())
        )?,
        None => writeln!(text, "As a server answered. Made by {MADE_BY}.\n")?,
    }
    if let Some(picture) = picture {
        let target: String =
            picture.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        writeln!(text, "![The states that the session went through]({target})\n")?;
    }
    writeln!(text, "## How it ended\n")?;
    match &record.session {
        Some(session) => ending(text, session)?,
        None => writeln!(text, "There is no update session.\n")?,
    }
    writeln!(text, "## What happened\n")?;
    let begin = record.lines.first().map_or(Timestamp::default(), |line| line.at);
    writeln!(text, "Times count from {begin}. Looks that were granted are left out.\n")?;
    for line in &record.lines {
        tell(text, line, begin)?;
    }
    Ok(())
}

fn ending(text: &mut String, session: &Session) -> std::fmt::Result {
    let state =
        session.state.as_deref().map_or("gone: the server does not know it".to_owned(), code);
    writeln!(text, "The update session {} is {state}.", code(&session.id))?;
    if let Some(error) = &session.error {
        writeln!(text, "It failed: {}", markdown(error))?;
    }
    if let Some(item) = &session.item {
        writeln!(text, "It is of the item {}.", code(item))?;
    }
    if session.files.is_empty() {
        return writeln!(text, "It has no files.\n");
    }
    writeln!(text, "\n| File | Status | Bytes | Error |\n|---|---|---:|---|")?;
    for file in &session.files {
        let size = file.size.map(|size| size.to_string()).unwrap_or_default();
        let error = file.error.as_deref().map(markdown).unwrap_or_default();
        let (name, status) = (markdown(&file.name), markdown(&file.status));
        writeln!(text, "| {name} | {status} | {size} | {error} |")?;
    }
    writeln!(text)
}

fn tell(text: &mut String, line: &Line, begin: Timestamp) -> std::fmt::Result {
    let (number, at) = (line.number, clock(line.at.since(begin)));
    match &line.what {
        Seen::Target(target) => writeln!(text, "- {number} · {at} · Target: {}", markdown(target)),
        Seen::Event(event) => {
            writeln!(
                text,
                "- {number} · {at} · **{}**, by the server itself",
                markdown(&event.because)
            )?;
            step(text, event)
        }
        Seen::Call(call) => {
            if is_look(call) {
                return Ok(());
            }
            let request = &call.exchange.request;
            let outcome = match call.exchange.status() {
                Some(status @ 200..=299) => format!("done, {status}"),
                Some(status) => format!("refused, {status}"),
                None => "no answer".to_owned(),
            };
            let name = code(&call.exchange.operation);
            writeln!(text, "- {number} · {at} · **{name}**: {outcome}")?;
            let sent = Request::new(request.method, request.url.as_str());
            writeln!(text, "  - {} {}", request.method, code(sent.path()))?;
            for because in because(call) {
                writeln!(text, "  - Because: {}", markdown(&because))?;
            }
            if let Some(rule) = &call.rule {
                let (sentence, known) = (markdown(&rule.sentence), markdown(&rule.known));
                writeln!(text, "  - Rule {} ({known}): {sentence}", code(&rule.id))?;
                writeln!(text, "  - Source: {}", source(&rule.source))?;
            }
            call.events.iter().try_for_each(|event| step(text, event))
        }
    }
}

/// Whether it is a read that was granted.
fn is_look(call: &Call) -> bool {
    let is_read = call.exchange.request.method == accession_core::wire::Method::Get;
    is_read && matches!(call.exchange.status(), Some(200..=299))
}

/// Why, in the server's words.
fn because(call: &Call) -> Vec<String> {
    match &call.exchange.outcome {
        Outcome::NoAnswer(error) => vec![error.to_string()],
        Outcome::Answered(answer) if answer.status >= 300 => {
            let Body::Text(body) = &answer.body else { return Vec::new() };
            let Some(error) = dialect::read_error(body.as_bytes()) else { return Vec::new() };
            error.messages.into_iter().map(|message| message.default_message).collect()
        }
        Outcome::Answered(_) => Vec::new(),
    }
}

fn step(text: &mut String, event: &Event) -> std::fmt::Result {
    let before = event.from.as_deref().map_or("(none)", word);
    let after = event.to.as_deref().map_or("gone", word);
    writeln!(
        text,
        "  - The session {}: {} → {}",
        code(&event.session),
        markdown(before),
        markdown(after)
    )
}

/// Where a rule stands: a link if that is what it is, and words if not.
fn source(source: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#%&=+".contains(c);
    if source.starts_with("https://") && source.chars().all(is_plain) {
        format!("<{source}>")
    } else {
        markdown(source)
    }
}

/// A span of time as a clock shows it.
fn clock(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

//! What a call came to, in the page's fixed grammar: outcome, because, now, source.
//!
//! Every error that a person sees is put into words here.

use accession_client::{
    Body, ClientError, Exchange, Outcome as Wire, OwnError, RecordedResponse, TransportError,
};
use accession_core::dialect;
use accession_core::error::ApiError;
use accession_core::operations;
use accession_core::rules::RuleRef;
use accession_core::simulator::Transition;

use super::Target;
use crate::words::{Said, say, word};

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The operation's own name.
    pub call: String,
    /// In one word.
    pub verdict: Verdict,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// The error's type, as it is written on the wire.
    pub kind: Option<String>,
    /// What happened, in one line.
    pub said: String,
    /// Why.
    pub because: Vec<Said>,
    /// What to do about it; empty where the list of possible calls says it all.
    pub next: Vec<Said>,
    /// The rule behind a refusal; only a simulator tells.
    pub rule: Option<RuleRef>,
    /// What was odd about the answer.
    pub notes: Vec<Said>,
}

/// What the call is named that begins an API login: `create` alone could be anything's.
pub const LOGIN: &str = "log in";

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The server did it.
    Done,
    /// The server understood, and said no.
    Refused,
    /// No answer, or one that makes no sense.
    Failed,
}

impl Outcome {
    /// The outcome of a call that succeeded.
    pub fn done(call: &str, status: Option<u16>, because: impl Into<Said>) -> Self {
        let call = word(call);
        Self {
            verdict: Verdict::Done,
            status,
            kind: None,
            said: say("{0} succeeded.", &[&call]),
            call,
            because: vec![because.into()],
            next: Vec::new(),
            rule: None,
            notes: Vec::new(),
        }
    }

    /// The outcome of a call that did not.
    pub fn of_error(
        call: &str,
        error: &ClientError,
        rule: Option<RuleRef>,
        target: &Target,
        page: &str,
    ) -> Self {
        let trouble = Trouble::of(call, error, target, page);
        let call = word(call);
        Self {
            verdict: trouble.verdict,
            status: error.status(),
            kind: kind(error),
            said: say(trouble.said, &[&call]),
            call,
            because: trouble.because,
            next: trouble.next,
            rule,
            notes: Vec::new(),
        }
    }

    /// What an exchange came to, for as much as it tells itself.
    pub fn of_exchange(exchange: &Exchange, target: &Target, page: &str) -> Self {
        let row = operations::row_named(&exchange.operation);
        let call = match row {
            Some(row) if row.opens_login() => LOGIN,
            _ => exchange.operation.rsplit('.').next().unwrap_or_default(),
        };
        let outcome = match &exchange.outcome {
            Wire::Answered(answer) if matches!(answer.status, 200..=299) => {
                // An upload is no operation.
                let does = row.map_or(
                    "The bytes arrived. The file's status tells what became of them.",
                    operations::Row::doc,
                );
                Self::done(call, Some(answer.status), does)
            }
            Wire::Answered(answer) => {
                Self::of_error(call, &refusal(answer), exchange.rule, target, page)
            }
            Wire::NoAnswer(error) => {
                Self::of_error(call, &error.clone().into(), exchange.rule, target, page)
            }
        };
        outcome.with_notes(Some(exchange))
    }

    /// What an event of the server's came to.
    pub fn of_event(event: &Transition) -> Self {
        let (from, to) = super::phases(event);
        let (word, because) =
            (event.because, say("The session went from {0} to {1}.", &[&from, &to]));
        Self {
            said: say("The server did this by itself: {0}.", &[word]),
            ..Self::done(word, None, because)
        }
    }

    /// The same, with what was odd about the answer.
    #[must_use]
    pub fn with_notes(self, exchange: Option<&Exchange>) -> Self {
        let notes = exchange
            .map(|exchange| exchange.notes.iter().map(|note| Said::quoted(note.to_string())));
        Self { notes: notes.into_iter().flatten().collect(), ..self }
    }

    /// For the live region: one line, nothing that the eye needs.
    pub fn speak(&self, spoken: &mut Vec<Said>) {
        let status = self.status.map(|status| format!(" {status}.")).unwrap_or_default();
        spoken.push(format!("{}{status} ", self.said).into());
        if let Some(because) = self.because.first() {
            spoken.push(because.clone());
        }
    }
}

/// An error in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// Whether the server said no, or nothing usable came.
    pub verdict: Verdict,
    /// What happened to a call, as a message with a place for it.
    pub said: &'static str,
    /// Why, as far as it is known.
    pub because: Vec<Said>,
    /// What to do about it.
    pub next: Vec<Said>,
}

impl Trouble {
    /// Puts an error into words. `page` is the origin that the page came from.
    pub fn of(call: &str, error: &ClientError, target: &Target, page: &str) -> Self {
        match error {
            ClientError::Api { status, error } => Self::refused(call, *status, error),
            ClientError::Unexpected { response, .. }
                if let Some(own) = own_error(&response.body) =>
            {
                Self {
                    verdict: Verdict::Failed,
                    said: "{0} did not get through.",
                    because: vec![
                        say("This is {0}'s own answer, not the API's.", &[&own.speaker]).into(),
                        sentence(&own.message),
                    ],
                    next: vec!["Send it again once the server behind it answers.".into()],
                }
            }
            ClientError::Unexpected { response, why } => {
                let text = match &response.body {
                    Body::Empty => "The answer has no body.".into(),
                    Body::Text(text) => say("It says: {0}", &[&excerpt(text)]).into(),
                    Body::Bytes(_) => "Its body is no text.".into(),
                };
                Self {
                    verdict: if response.status >= 400 {
                        Verdict::Refused
                    } else {
                        Verdict::Failed
                    },
                    said: "{0} got an answer that is not the API's.",
                    because: vec![sentence(why), text],
                    next: other_server(response.status),
                }
            }
            ClientError::Transport(TransportError::Unreachable(detail)) => {
                Self::unreachable(detail, target, page)
            }
            ClientError::Transport(error @ (TransportError::Aborted | TransportError::NoBytes)) => {
                Self {
                    verdict: Verdict::Failed,
                    said: "{0} ended without an answer.",
                    because: vec![sentence(&error.to_string())],
                    next: Vec::new(),
                }
            }
            ClientError::Unsendable(error) => Self {
                verdict: Verdict::Failed,
                said: "{0} was not sent.",
                because: vec![sentence(&error.to_string())],
                next: vec!["Change the value and send it again.".into()],
            },
        }
    }

    fn refused(call: &str, status: u16, error: &ApiError) -> Self {
        let messages = error.messages.iter();
        let texts = messages
            .map(|message| message.localized.as_ref().unwrap_or(&message.default_message).clone());
        let texts = texts.filter(|text| !text.is_empty());
        let mut because: Vec<_> = texts.map(Said::quoted).collect();
        if because.is_empty() {
            because.push("The server gives no reason.".into());
        }
        let next = match status {
            401 if call == LOGIN => {
                vec!["Check the user name and the password, or the token.".into()]
            }
            401 => vec!["Sign in again: the API login is not valid, or no longer.".into()],
            403 => vec!["Ask for the privilege, or sign in as somebody who has it.".into()],
            503 => vec!["Wait a little and send it again.".into()],
            _ => Vec::new(),
        };
        Self { verdict: Verdict::Refused, said: "{0} was refused.", because, next }
    }

    fn unreachable(detail: &str, target: &Target, page: &str) -> Self {
        let origin = target.origin();
        let mut because = Vec::new();
        let mut next = Vec::new();
        if origin == page {
            because.push(say("Nothing answers at {0} any more.", &[origin]).into());
            next.push("See whether the server that brought you this page still runs.".into());
        } else {
            because.push(say(
                "The browser did not let this page, which came from {0}, reach {1}. A page may call \
                 only the server it came from.",
                &[page, origin],
            ).into());
            next.push(say(
                "Start cargo xtask serve --vcenter {0} and use the page that it serves: it forwards \
                 calls to that host and to no other.",
                &[origin],
            ).into());
        }
        if !detail.is_empty() {
            because.push(say("The browser says: {0}", &[detail]).into());
        }
        Self { verdict: Verdict::Failed, said: "{0} got no answer.", because, next }
    }
}

fn refusal(answer: &RecordedResponse) -> ClientError {
    match dialect::read_error(answer.body.as_text().as_bytes()) {
        Some(error) => ClientError::Api { status: answer.status, error: Box::new(error) },
        None => ClientError::Unexpected {
            response: Box::new(answer.clone()),
            why: "the body is no error of the API".to_owned(),
        },
    }
}

fn kind(error: &ClientError) -> Option<String> {
    let ClientError::Api { error, .. } = error else { return None };
    error.error_type.as_ref().map(ToString::to_string)
}

fn own_error(body: &Body) -> Option<OwnError> {
    let Body::Text(text) = body else { return None };
    OwnError::read(text)
}

fn other_server(status: u16) -> Vec<Said> {
    match status {
        404 => {
            vec!["The server may not speak this dialect. Sign in with the other one.".into()]
        }
        502 | 504 => vec!["A gateway could not reach the server behind it.".into()],
        _ => Vec::new(),
    }
}

fn excerpt(text: &str) -> String {
    const ENOUGH: usize = 300;
    let short: String = text.trim().chars().take(ENOUGH).collect();
    if text.trim().chars().nth(ENOUGH).is_some() { short + " …" } else { short }
}

/// A fragment of somebody else's as a sentence.
fn sentence(fragment: &str) -> Said {
    let mut letters = fragment.chars();
    let start: String = letters.next().iter().map(char::to_ascii_uppercase).collect();
    Said::quoted(format!("{start}{}.", letters.as_str().trim_end_matches('.')))
}

//! What is kept of a request and its answer. Everything in here is free of secrets: it is redacted
//! before it gets here.

use std::fmt;
use std::time::Duration;

use accession_core::model::LoginToken;
use accession_core::operations::Row;
use accession_core::reading;
use accession_core::rules::RuleRef;
use accession_core::run::Answered;
use accession_core::simulator::Transition;
use accession_core::structure;
use accession_core::structure::{Plain, Wire};
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method, Request, Response};
use serde_json::Value;

use crate::transport::{Arrival, TransportError};
use crate::{redact, upload};

/// A request and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Its number, in the order in which requests were answered.
    pub id: u64,
    /// The operation's full name, or `upload`.
    pub operation: String,
    /// When it was sent.
    pub at: Timestamp,
    /// How long the answer took.
    pub took: Duration,
    /// What was sent.
    pub request: RecordedRequest,
    /// What came back.
    pub outcome: Outcome,
    /// What is odd about the answer.
    pub notes: Vec<Note>,
    /// What happened to sessions; only a simulator tells.
    pub transitions: Vec<Transition>,
    /// The rule that refused; only a simulator tells.
    pub rule: Option<RuleRef>,
}

impl Exchange {
    pub(crate) fn new(id: u64, operation: String, request: RecordedRequest, at: Timestamp) -> Self {
        Self {
            id,
            operation,
            at,
            took: Duration::ZERO,
            request,
            outcome: Outcome::NoAnswer(TransportError::Unreachable(String::new())),
            notes: Vec::new(),
            transitions: Vec::new(),
            rule: None,
        }
    }

    /// Takes down what came of it, and when.
    pub(crate) fn finish(
        &mut self,
        arrival: Arrival,
        at: Timestamp,
        secret_result: bool,
        secrets: &[&str],
    ) {
        self.took = at.since(self.at);
        self.transitions = arrival.transitions;
        self.rule = arrival.rule;
        self.outcome = match arrival.response {
            Ok(response) => Outcome::Answered(redact::response(&response, secret_result, secrets)),
            Err(error) => Outcome::NoAnswer(error),
        };
    }

    /// The exchange that a client recorded when it did what was just done again, at this instant.
    pub fn again(id: u64, done: Answered, at: Timestamp, token: Option<&LoginToken>) -> Self {
        let Answered { sent, row, request, bytes, handled } = done;
        let arrival = handled.map_or_else(|| Err(TransportError::Aborted).into(), Arrival::from);
        let secrets: Vec<_> = token.map(LoginToken::reveal).into_iter().collect();
        Self::of_past(id, (row, &request, bytes), (sent, at), arrival, &secrets)
    }

    /// An exchange that somebody else recorded: which operation it called, if it is no upload; the
    /// request, and how many bytes went with an upload; when it was sent and when it was over. `secrets`
    /// are texts that must not appear in it, besides those that it shows itself.
    pub fn recorded(
        sent: (Option<&Row>, &Request, u64),
        (from, to): (Timestamp, Timestamp),
        answer: Result<Response, TransportError>,
        secrets: &[&str],
    ) -> Self {
        Self::of_past(0, sent, (from, to), answer.into(), secrets)
    }

    fn of_past(
        id: u64,
        (row, request, bytes): (Option<&Row>, &Request, u64),
        (sent, at): (Timestamp, Timestamp),
        arrival: Arrival,
        secrets: &[&str],
    ) -> Self {
        let basic = request.headers.get("Authorization").unwrap_or_default();
        let mut secrets = secrets.to_vec();
        secrets.push(basic.trim_start_matches("Basic "));
        let (operation, recorded) = match row {
            Some(row) => (row.full_name(), redact::request(request, &secrets)),
            None => {
                secrets.extend(redact::keys(&request.url));
                ("upload".to_owned(), upload::recorded(request, bytes))
            }
        };
        let mut exchange = Self::new(id, operation, recorded, sent);
        exchange.finish(arrival, at, row.is_some_and(Row::opens_login), &secrets);
        exchange
    }

    /// As JSON, for another module of the same program. What only a simulator tells stands beside it, in
    /// words.
    pub fn to_value(&self) -> Value {
        let (answer, error) = match &self.outcome {
            Outcome::Answered(response) => {
                let answer = Message::of(&response.headers, &response.body);
                (Some(Message { status: Some(response.status.into()), ..answer }), None)
            }
            Outcome::NoAnswer(TransportError::Unreachable(why)) => (None, Some(why.clone())),
            // It has nothing to say but itself.
            Outcome::NoAnswer(TransportError::Aborted | TransportError::NoBytes) => (None, None),
        };
        let steps = (!self.transitions.is_empty())
            .then(|| self.transitions.iter().map(Transition::told).collect());
        let rule = self.rule.map(|rule| {
            [rule.id, rule.provenance.word(), rule.sentence, rule.source].map(str::to_owned).into()
        });
        let written = Written {
            operation: self.operation.clone(),
            at: self.at.as_millis(),
            took: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            request: Message {
                method: Some(self.request.method.as_str().to_owned()),
                url: Some(self.request.url.clone()),
                ..Message::of(&self.request.headers, &self.request.body)
            },
            answer,
            error,
            transitions: steps,
            rule,
        };
        written.write(&Plain)
    }

    /// The exchange that was written so, as far as others than a simulator can tell of it.
    pub fn from_value(value: &Value) -> Option<Self> {
        let Written { operation, at, took, request, answer, error, .. } =
            reading::read(value).ok()?.value;
        let (headers, body) = (request.headers(), request.body());
        let (method, url) = (request.method?.parse().ok()?, request.url?);
        let recorded = RecordedRequest { method, url, headers, body };
        let mut exchange = Self::new(0, operation, recorded, Timestamp::from_millis(at));
        exchange.took = Duration::from_millis(took);
        exchange.outcome = match answer {
            Some(answer) => Outcome::Answered(RecordedResponse {
                headers: answer.headers(),
                body: answer.body(),
                status: u16::try_from(answer.status?).ok()?,
            }),
            None => Outcome::NoAnswer(
                error.map_or(TransportError::Aborted, TransportError::Unreachable),
            ),
        };
        Some(exchange)
    }

    /// The status of the answer, if one came.
    pub fn status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response.status),
            Outcome::NoAnswer(_) => None,
        }
    }
}

structure! {
    /// An exchange on its way between two modules.
    #[derive(Debug)]
    strict struct Written {
        operation: String,
        at: i64,
        took: u64,
        request: Message,
        answer: Option<Message>,
        error: Option<String>,
        transitions: Option<Vec<Vec<String>>>,
        rule: Option<Vec<String>>,
    }

    /// A request or a response in it. Of a body, its text or its length.
    #[derive(Debug, Default)]
    lenient struct Message {
        method: Option<String>,
        url: Option<String>,
        status: Option<u64>,
        headers: Vec<Vec<String>>,
        text: Option<String>,
        bytes: Option<u64>,
    }
}

impl Message {
    fn of(headers: &Headers, body: &Body) -> Self {
        let headers = headers.iter().map(|(name, value)| vec![name.to_owned(), value.to_owned()]);
        let mut message = Self { headers: headers.collect(), ..Self::default() };
        match body {
            Body::Empty => {}
            Body::Text(text) => message.text = Some(text.clone()),
            Body::Bytes(count) => message.bytes = Some(*count),
        }
        message
    }

    fn headers(&self) -> Headers {
        let pairs = self.headers.iter().filter_map(|pair| match pair.as_slice() {
            [name, value] => Some((name.as_str(), value.as_str())),
            _ => None,
        });
        pairs.collect()
    }

    fn body(&self) -> Body {
        match (&self.text, self.bytes) {
            (Some(text), _) => Body::Text(text.clone()),
            (None, Some(count)) => Body::Bytes(count),
            (None, None) => Body::Empty,
        }
    }
}

/// An object of JSON.
pub fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: String,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

/// A response as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Body,
}

/// A body as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// There was none.
    Empty,
    /// A text, as it came.
    Text(String),
    /// The bytes of a file, or others that are no text: only their number is kept.
    Bytes(u64),
}

impl Body {
    /// The text; empty if there is none.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Empty | Self::Bytes(_) => "",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer.
    Answered(RecordedResponse),
    /// Nothing.
    NoAnswer(TransportError),
}

/// Something odd about an answer that did not keep it from being understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A status of success, but not the one that the operation has.
    Status {
        /// The operation's.
        expected: u16,
        /// The answer's.
        found: u16,
    },
    /// A field that must be there is not.
    Missing(String),
    /// A field that this program does not know.
    Unknown(String),
    /// A value that does not fit, and was left out.
    Odd {
        /// Where.
        path: String,
        /// Why it does not fit.
        why: String,
    },
    /// An empty list came as null.
    NullList,
    /// A `/rest` answer without its envelope.
    NoEnvelope,
    /// A body although the operation has no result.
    BodyOfVoid,
    /// The upload link was changed to lead through the gateway.
    ThroughGateway,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { expected, found } => {
                write!(f, "the status is {found} where the API has {expected}")
            }
            Self::Missing(path) => write!(f, "the required field {path} is missing"),
            Self::Unknown(path) => write!(f, "the field {path} is not known to this client"),
            Self::Odd { path, why } => write!(f, "the value of {path} was left out: {why}"),
            Self::NullList => f.write_str("an empty list came as null"),
            Self::NoEnvelope => f.write_str("the answer has no envelope"),
            Self::BodyOfVoid => f.write_str("there is a body although the call has no result"),
            Self::ThroughGateway => f.write_str("the upload goes through the gateway"),
        }
    }
}

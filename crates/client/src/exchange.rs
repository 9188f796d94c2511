//! What is kept of a request and its answer. Everything in here is free of secrets: it is redacted
//! before it gets here.

use std::fmt;
use std::time::Duration;

use accession_core::rules::RuleRef;
use accession_core::simulator::Transition;
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method};
use serde_json::{Value, json};

use crate::transport::TransportError;

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

    /// As JSON, for another module of the same program. What only a simulator tells is left out.
    pub fn to_value(&self) -> Value {
        let message = |headers: &Headers, body: &Body| {
            let headers: Vec<Value> =
                headers.iter().map(|(name, value)| Value::from(vec![name, value])).collect();
            let (text, bytes) = match body {
                Body::Empty => (Value::Null, Value::Null),
                Body::Text(text) => (Value::from(text.as_str()), Value::Null),
                Body::Bytes(count) => (Value::Null, Value::from(*count)),
            };
            json!({ "headers": headers, "text": text, "bytes": bytes })
        };
        let answer = match &self.outcome {
            Outcome::NoAnswer(_) => Value::Null,
            Outcome::Answered(response) => {
                let mut answer = message(&response.headers, &response.body);
                answer["status"] = Value::from(response.status);
                answer
            }
        };
        let mut request = message(&self.request.headers, &self.request.body);
        request["method"] = Value::from(self.request.method.as_str());
        request["url"] = Value::from(self.request.url.as_str());
        json!({
            "operation": self.operation,
            "at": self.at.as_millis(),
            "took": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "request": request,
            "answer": answer,
        })
    }

    /// The exchange that was written so.
    pub fn from_value(value: &Value) -> Option<Self> {
        let message = |value: &Value| {
            let pairs = value["headers"].as_array()?.iter();
            let pairs: Option<Headers> =
                pairs.map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?))).collect();
            let body = match (value["text"].as_str(), value["bytes"].as_u64()) {
                (Some(text), _) => Body::Text(text.to_owned()),
                (None, Some(count)) => Body::Bytes(count),
                (None, None) => Body::Empty,
            };
            Some((pairs?, body))
        };
        let (request, answer) = (&value["request"], &value["answer"]);
        let (headers, body) = message(request)?;
        let (method, url) = (request["method"].as_str()?.parse().ok()?, &request["url"]);
        let request = RecordedRequest { method, url: url.as_str()?.to_owned(), headers, body };
        let at = Timestamp::from_millis(value["at"].as_i64()?);
        let operation = value["operation"].as_str()?.to_owned();
        let took = Duration::from_millis(value["took"].as_u64()?);
        let mut exchange = Self { took, ..Self::new(0, operation, request, at) };
        if !answer.is_null() {
            let (headers, body) = message(answer)?;
            let status = u16::try_from(answer["status"].as_u64()?).ok()?;
            exchange.outcome = Outcome::Answered(RecordedResponse { status, headers, body });
        }
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

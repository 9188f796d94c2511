//! The third spelling of the API, for servers only: JSON-RPC, as the vendor's SDKs speak it.
//!
//! One path takes every call. Service, operation, parameters and login travel in an envelope, and a
//! value that is no plain JSON says in a tag what it is. This module does not know which operations
//! there are, nor what they answer.

use serde_json::{Map, Value};

use crate::dialect::{self, Dialect, SESSION_HEADER};
use crate::error::{ApiError, ErrorType};
use crate::messages::{self, Locale};
use crate::operations::{ROWS, Row};
use crate::reading::{Path, Step};
use crate::release::Release;
use crate::rules;
use crate::simulator::{Credentials, Handled, Simulator};
use crate::structure::{Form, Wire};
use crate::time::Timestamp;
use crate::wire::{Method, Request, Response};

const STRUCTURE: &str = "STRUCTURE";
const OPTIONAL: &str = "OPTIONAL";
const SECRET: &str = "SECRET";
const BINARY: &str = "BINARY";
const ERROR: &str = "ERROR";

/// The structure that holds a call's parameters.
const INPUT: &str = "operation-input";
/// The structure that is one entry of a map.
const MAP_ENTRY: &str = "map-entry";

/// Whether a request is in this spelling: a POST to the path that both dialects leave free.
pub fn is_for(request: &Request) -> bool {
    request.method == Method::Post && request.path() == Dialect::Api.prefix()
}

/// Answers a request. What was due before `now` happens first.
///
/// The status is 200 even for a refusal: the vendor's SDKs read no other answer.
pub fn handle(simulator: &mut Simulator, request: &Request, now: Timestamp) -> Handled {
    simulator.pass_time(now);
    match Invocation::read(request) {
        Ok(invocation) => invocation.answer(simulator, request),
        Err(fault) => simulator.finish(fault.response(), Some(rules::WELL_FORMED), None),
    }
}

// ---------------------------------------------------------------------------------------------
// The envelope
// ---------------------------------------------------------------------------------------------

/// A call as its envelope carries it. It has no `Debug` form: a password or a token is in it.
pub struct Invocation {
    id: Value,
    service: String,
    operation: String,
    parameters: Map<String, Value>,
    account: Option<(String, String)>,
    token: Option<String>,
}

impl Invocation {
    /// Takes a request out of its envelope.
    pub fn read(request: &Request) -> Result<Self, Fault> {
        if !request.headers.get("content-type").is_none_or(dialect::is_json) {
            return Err(Fault::new(Code::InvalidRequest, "the Content-Type is not JSON"));
        }
        let mut envelope = match serde_json::from_slice(&request.body) {
            Ok(Value::Object(members)) => members,
            Ok(Value::Array(_)) => {
                let why = "a batch is not supported; send its requests one by one";
                return Err(Fault::new(Code::InvalidRequest, why));
            }
            Ok(_) => return Err(Fault::new(Code::InvalidRequest, "a request is an object")),
            Err(error) => return Err(Fault::new(Code::ParseError, error.to_string())),
        };
        if envelope.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(Fault::new(Code::InvalidRequest, "jsonrpc must be \"2.0\""));
        }
        let id = match envelope.remove("id") {
            Some(Value::Number(id)) if !id.is_f64() => Value::Number(id),
            Some(id @ (Value::String(_) | Value::Null)) => id,
            Some(_) => {
                let why = "id must be a string, a whole number or null";
                return Err(Fault::new(Code::InvalidRequest, why));
            }
            None => {
                let why = "id is missing; a call that wants no answer is not supported";
                return Err(Fault::new(Code::InvalidRequest, why));
            }
        };
        let Some(method) = envelope.get("method").and_then(Value::as_str) else {
            return Err(Fault::new(Code::InvalidRequest, "method must be a string"));
        };
        if method != "invoke" {
            return Err(Fault::new(Code::MethodNotFound, "the one method is invoke").to(id));
        }
        match envelope.remove("params") {
            Some(Value::Object(params)) => Self::of_params(&id, params, request),
            _ => Err(Fault::new(Code::InvalidParams, "params must be an object")),
        }
        .map_err(|fault| fault.to(id))
    }

    fn of_params(
        id: &Value,
        mut params: Map<String, Value>,
        request: &Request,
    ) -> Result<Self, Fault> {
        let invalid = |why: String| Fault::new(Code::InvalidParams, why);
        let mut text = |name: &str| match params.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(invalid(format!("params.{name} must be a string"))),
        };
        let (service, operation) = (text("serviceId")?, text("operationId")?);
        for (header, value) in [("vapi-service", &service), ("vapi-operation", &operation)] {
            if request.headers.get(header).is_some_and(|other| other != value) {
                let why = format!("the header {header} names another than the envelope");
                return Err(Fault::new(Code::InvalidOperation, why));
            }
        }
        let parameters = params.remove("input").and_then(|input| match input {
            Value::Object(mut tagged) if tagged.len() == 1 => tagged.remove(STRUCTURE),
            _ => None,
        });
        let parameters = match parameters.map(structure) {
            Some(Ok((name, parameters))) if name == INPUT => parameters,
            Some(Err(malformed)) => return Err(invalid(malformed.to_string())),
            Some(Ok(_)) | None => {
                let form = format!(r#"{{"{STRUCTURE}": {{"{INPUT}": {{…}}}}}}"#);
                return Err(invalid(format!("params.input must be {form}")));
            }
        };
        let Some(Value::Object(mut context)) = params.remove("ctx") else {
            return Err(invalid("params.ctx must be an object".to_owned()));
        };
        let (account, token) = credentials(context.remove("securityCtx"));
        Ok(Self { id: id.clone(), service, operation, parameters, account, token })
    }

    /// The row of the operation that it names.
    pub fn row(&self, release: Release) -> Result<&'static Row, ApiError> {
        let of_service = |row: &&&Row| row.service == self.service && row.since <= release;
        let mut rows = ROWS.iter().filter(of_service).peekable();
        let message = match rows.peek() {
            Some(_) => messages::OPERATION_NOT_FOUND.with([&self.operation]),
            None => messages::SERVICE_NOT_FOUND.with([&self.service]),
        };
        let kind = ErrorType::OperationNotFound;
        rows.find(|row| row.name == self.operation)
            .copied()
            .ok_or_else(|| ApiError::new(kind, rules::OPERATION_EXISTS, message))
    }

    /// Its parameters, as plain JSON.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    fn answer(mut self, simulator: &mut Simulator, request: &Request) -> Handled {
        let release = simulator.release();
        let result = self.row(release).and_then(|row| {
            let credentials = if row.opens_login() {
                Credentials::Basic(self.account.take())
            } else {
                let token = request.headers.get(SESSION_HEADER).or(self.token.as_deref());
                Credentials::Token(token)
            };
            let parameters = std::mem::take(&mut self.parameters);
            simulator.serve(row, request.origin(), credentials, || Ok(parameters), &Tagged)
        });
        let (member, mut value, rule, lacks) = match result {
            // Void is null, and is told.
            Ok(output) => ("output", output.unwrap_or_default(), None, None),
            Err(error) => ("error", error_value(&error), error.rule, error.lacks),
        };
        if let Some(locale) = Locale::of(request) {
            locale.localize(&mut value, |text| object([(OPTIONAL, Value::from(text))]));
        }
        let response = response(self.id, "result", object([(member, value)]));
        simulator.finish(response, rule, lacks)
    }
}

/// A user and a password, or the token of a login. Other schemes are nobody's.
fn credentials(security: Option<Value>) -> (Option<(String, String)>, Option<String>) {
    let Some(Value::Object(mut security)) = security else { return (None, None) };
    let mut text = |name: &str| match security.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    match text("schemeId").as_deref() {
        Some("com.vmware.vapi.std.security.user_pass") => {
            (text("userName").zip(text("password")), None)
        }
        Some("com.vmware.vapi.std.security.session_id") => (None, text("sessionId")),
        _ => (None, None),
    }
}

/// A request that is no call: what is wrong with its envelope.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: {why}", code.message())]
pub struct Fault {
    id: Value,
    code: Code,
    why: String,
}

/// The codes of JSON-RPC, and one of the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    ParseError = -32700,
    InvalidRequest = -32600,
    MethodNotFound = -32601,
    InvalidParams = -32602,
    InvalidOperation = -31001,
}

impl Code {
    const fn message(self) -> &'static str {
        match self {
            Self::ParseError => "Parse error.",
            Self::InvalidRequest => "Invalid Request.",
            Self::MethodNotFound => "Method not found.",
            Self::InvalidParams => "Invalid params.",
            Self::InvalidOperation => "Mismatching operation in header and envelope.",
        }
    }
}

impl Fault {
    fn new(code: Code, why: impl Into<String>) -> Self {
        Self { id: Value::Null, code, why: why.into() }
    }

    /// The same, for the request of this id. Without it, a request was not even understood as one.
    fn to(self, id: Value) -> Self {
        Self { id, ..self }
    }

    fn response(self) -> Response {
        let error = object([
            ("code", Value::from(self.code as i32)),
            ("message", Value::from(self.code.message())),
            ("data", Value::from(self.why)),
        ]);
        response(self.id, "error", error)
    }
}

fn response(id: Value, member: &str, value: Value) -> Response {
    let body = object([("jsonrpc", Value::from("2.0")), ("id", id), (member, value)]);
    dialect::json_response(200, &body)
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().collect()
}

// ---------------------------------------------------------------------------------------------
// Reading values
// ---------------------------------------------------------------------------------------------

/// A value that is not written as this spelling writes values.
#[derive(Debug)]
struct Malformed {
    /// The way to it, from its end.
    steps: Vec<Step>,
    why: &'static str,
}

impl Malformed {
    fn new(why: &'static str) -> Self {
        Self { steps: Vec::new(), why }
    }

    fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = Path(self.steps.iter().rev().cloned().collect());
        let dot = if path.0.is_empty() { "" } else { "." };
        write!(f, "params.input{dot}{path}: {}", self.why)
    }
}

/// Takes the tags off a value. What remains is the value as `/rest` writes it.
fn plain(value: Value) -> Result<Value, Malformed> {
    match value {
        Value::Object(members) => untagged(members),
        Value::Array(values) => list(values),
        untagged => Ok(untagged),
    }
}

fn untagged(members: Map<String, Value>) -> Result<Value, Malformed> {
    let mut members = members.into_iter();
    let (Some((tag, value)), None) = (members.next(), members.next()) else {
        return Err(Malformed::new("an object has one member, its tag"));
    };
    match (tag.as_str(), value) {
        (STRUCTURE, value) => structure(value).map(|(_, fields)| Value::Object(fields)),
        (OPTIONAL, value) => plain(value),
        (SECRET | BINARY, text @ Value::String(_)) => Ok(text),
        (SECRET | BINARY, _) => Err(Malformed::new("SECRET and BINARY are of a string")),
        _ => Err(Malformed::new("a tag is STRUCTURE, OPTIONAL, SECRET or BINARY")),
    }
}

/// The name and the fields of a structure. An unset field and none are the same.
fn structure(value: Value) -> Result<(String, Map<String, Value>), Malformed> {
    let named = match value {
        Value::Object(named) if named.len() == 1 => named.into_iter().next(),
        _ => None,
    };
    let Some((name, Value::Object(tagged))) = named else {
        return Err(Malformed::new("STRUCTURE is of an object with one member, the fields"));
    };
    let mut fields = Map::new();
    for (field, value) in tagged {
        match plain(value) {
            Ok(Value::Null) => {}
            Ok(value) => _ = fields.insert(field, value),
            Err(malformed) => return Err(malformed.within(Step::Field(field))),
        }
    }
    Ok((name, fields))
}

/// A list. A map is one too, of entries with a key and a value; `reading` takes it for a map where the
/// type is one.
fn list(values: Vec<Value>) -> Result<Value, Malformed> {
    let values = values.into_iter().enumerate().map(|(index, value)| {
        plain(value).map_err(|malformed| malformed.within(Step::Element(index)))
    });
    values.collect::<Result<_, _>>().map(Value::Array)
}

// ---------------------------------------------------------------------------------------------
// Writing values
// ---------------------------------------------------------------------------------------------

/// Values with their tags. Unset fields may be left out.
struct Tagged;

impl Form for Tagged {
    fn structure(&self, name: &str, fields: Map<String, Value>) -> Value {
        object([(STRUCTURE, object([(name, Value::Object(fields))]))])
    }

    fn optional(&self, value: Value) -> Value {
        object([(OPTIONAL, value)])
    }

    fn secret(&self, text: &str) -> Value {
        object([(SECRET, Value::from(text))])
    }

    fn map(&self, entries: Map<String, Value>) -> Value {
        let entry = |(key, value)| {
            let entry = [("key".to_owned(), Value::String(key)), ("value".to_owned(), value)];
            self.structure(MAP_ENTRY, Map::from_iter(entry))
        };
        entries.into_iter().map(entry).collect()
    }
}

/// An error is a structure under another tag.
fn error_value(error: &ApiError) -> Value {
    let mut value = error.write(&Tagged);
    object([(ERROR, value[STRUCTURE].take())])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_is_told_by_its_name() {
        for kind in ErrorType::KNOWN {
            let message = messages::UNAUTHORIZED.with([]);
            let error = ApiError::new(kind.clone(), rules::WELL_FORMED, message);
            let fields = json!({
                "error_type": {"OPTIONAL": kind},
                "messages": [{"STRUCTURE": {"com.vmware.vapi.std.localizable_message": {
                    "id": "vapi.security.authorization.invalid",
                    "default_message": "Unable to authorize user",
                    "args": [],
                }}}],
            });
            assert_eq!(error_value(&error), json!({ERROR: {kind.canonical_name(): fields}}));
        }
        let untyped = error_value(&ApiError::default());
        let fields = json!({"messages": []});
        assert_eq!(untyped, json!({ERROR: {"com.vmware.vapi.std.errors.error": fields}}));
    }
}

//! How `/api` and `/rest` spell an operation: path, placement of parameters, status, envelope.
//!
//! The `/api` line of a row is written down; the `/rest` line follows from it by rule. This module
//! does not know which operations there are.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorType};
use crate::messages::{self, Locale};
use crate::operations::Row;
use crate::reading::{self, Fit, Reader};
use crate::rules;
use crate::structure::{Form, Plain, Wire};
use crate::wire::{Headers, Method, Request, Response};

/// The header that carries the token of an API login.
pub const SESSION_HEADER: &str = "vmware-api-session-id";

/// The header that carries a client token on `/api`.
pub const CLIENT_TOKEN_HEADER: &str = "Client-Token";

/// Everything that a vCenter serves for this API lies under one of these.
pub const PREFIXES: [&str; 3] = ["/api", "/rest", UPLOAD_PREFIX];

/// Upload links of the simulator lie under this; those of a live server are opaque.
pub const UPLOAD_PREFIX: &str = "/cls";

const JSON: &str = "application/json";

/// The parameter that is a header on `/api`.
const CLIENT_TOKEN: &str = "client_token";

/// What stays as it is in a path segment; the SDK sends the colon of a session id unescaped.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// One of the two spellings of the REST API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The current one.
    #[default]
    Api,
    /// Its deprecated predecessor.
    Rest,
}

impl Dialect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Api, Self::Rest];

    /// The path that everything in this dialect lies under.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Api => PREFIXES[0],
            Self::Rest => PREFIXES[1],
        }
    }

    /// The dialect that a path belongs to.
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| {
            path.strip_prefix(dialect.prefix())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// How it writes what is no plain JSON.
    pub fn form(self) -> &'static dyn Form {
        match self {
            Self::Api => &Plain,
            Self::Rest => &RestForm,
        }
    }

    const fn action_key(self) -> &'static str {
        match self {
            Self::Api => "action",
            Self::Rest => "~action",
        }
    }
}

/// Its name: `api` or `rest`.
impl Wire for Dialect {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = match reader.text()? {
            "api" => Self::Api,
            "rest" => Self::Rest,
            _ => return Err(reader.mismatch("\"api\" or \"rest\"")),
        };
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.prefix().trim_start_matches('/'))
    }

    fn blank() -> Self {
        Self::default()
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

// ---------------------------------------------------------------------------------------------
// Lines: a row as one dialect spells it
// ---------------------------------------------------------------------------------------------

/// A row as one dialect spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The row.
    pub row: &'static Row,
    /// The dialect.
    pub dialect: Dialect,
    /// The method.
    pub method: Method,
    segments: Vec<Segment>,
    action: Option<String>,
    /// Query keys that the template itself names: they tell this row from another one.
    required: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    /// Literal text; before a variable it is a prefix such as `id:`.
    literal: String,
    variable: Option<String>,
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header of its own.
    Header,
    /// It is the body.
    Body,
    /// It is one field of the body, which is a JSON object.
    Field,
}

impl Line {
    /// Spells a row.
    pub fn of(row: &'static Row, dialect: Dialect) -> Self {
        match (dialect, row.rest) {
            (Dialect::Api, _) => Self::parse(row, dialect, row.method, row.api),
            (Dialect::Rest, Some((method, template))) => {
                Self::parse(row, dialect, method, template)
            }
            (Dialect::Rest, None) => Self::derive_rest(row),
        }
    }

    fn parse(row: &'static Row, dialect: Dialect, method: Method, template: &str) -> Self {
        let (path, query) = template.split_once('?').unwrap_or((template, ""));
        let segments = path.split('/').skip(1).map(Segment::parse).collect();
        let (mut action, mut required) = (None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((_, name)) => action = Some(name.to_owned()),
                None => required.push(pair.to_owned()),
            }
        }
        Self { row, dialect, method, segments, action, required }
    }

    /// The rule of `/rest`: the service is the path, standard names are methods, everything else
    /// is an action on the first thing that the path of `/api` names.
    fn derive_rest(row: &'static Row) -> Self {
        let base = format!("/{}", row.service.replace('.', "/").replace('_', "-"));
        let mut plain =
            row.parameters.iter().filter(|name| !is_spec(name) && **name != CLIENT_TOKEN);
        let only = plain.next().filter(|_| plain.next().is_none());
        let (method, template) = match (row.name, only) {
            ("list", _) => (Method::Get, base),
            ("create", _) => (Method::Post, base),
            ("get", Some(id)) => (Method::Get, format!("{base}/id:{{{id}}}")),
            ("update", Some(id)) => (Method::Patch, format!("{base}/id:{{{id}}}")),
            ("delete", Some(id)) => (Method::Delete, format!("{base}/id:{{{id}}}")),
            (name, _) => {
                let api = Self::of(row, Dialect::Api);
                let first = api.segments.into_iter().find_map(|segment| segment.variable);
                let target = first.map(|id| format!("/id:{{{id}}}")).unwrap_or_default();
                let action = name.replace('_', "-");
                (Method::Post, format!("{base}{target}?~action={action}"))
            }
        };
        Self::parse(row, Dialect::Rest, method, &template)
    }

    /// The line as it is written in a reference: `POST /api/session?action=…`.
    pub fn template(&self) -> String {
        let mut text = format!("{} {}", self.method, self.dialect.prefix());
        for segment in &self.segments {
            text.push('/');
            text.push_str(&segment.literal);
            if let Some(name) = &segment.variable {
                text.push_str(&format!("{{{name}}}"));
            }
        }
        let action = self.action.iter().map(|name| format!("{}={name}", self.dialect.action_key()));
        let query: Vec<_> = action.chain(self.required.iter().cloned()).collect();
        if !query.is_empty() {
            text.push('?');
            text.push_str(&query.join("&"));
        }
        text
    }

    /// Where a parameter of the row travels.
    pub fn place(&self, parameter: &str) -> Place {
        let reads = matches!(self.method, Method::Get | Method::Delete);
        if self.segments.iter().any(|segment| segment.variable.as_deref() == Some(parameter)) {
            Place::Path
        } else if reads || self.required.iter().any(|key| key == parameter) {
            Place::Query
        } else if self.dialect == Dialect::Rest {
            Place::Field
        } else if parameter == CLIENT_TOKEN {
            Place::Header
        } else if is_spec(parameter) {
            Place::Body
        } else {
            Place::Field
        }
    }

    /// The status of success.
    pub fn success(&self) -> u16 {
        match self.dialect {
            Dialect::Rest => 200,
            Dialect::Api if self.method == Method::Post && self.action.is_none() => 201,
            Dialect::Api if self.row.void => 204,
            Dialect::Api => 200,
        }
    }

    /// Whether the request's path and action are this line's.
    fn matches(&self, method: Method, segments: &[&str], action: Option<&str>) -> bool {
        // Many lines begin alike, so the end is looked at first.
        let mut pairs = self.segments.iter().zip(segments).rev();
        self.method == method
            && self.segments.len() == segments.len()
            && self.action.as_deref() == action
            && pairs.all(|(segment, text)| segment.matches(text))
    }

    /// The values of the path's variables, still encoded.
    fn values<'a>(&self, segments: &[&'a str]) -> impl Iterator<Item = (&str, &'a str)> {
        self.segments.iter().zip(segments).filter_map(|(segment, text)| {
            Some((segment.variable.as_deref()?, &text[segment.literal.len()..]))
        })
    }

    /// Where two lines fit, the one with the literal segment where they first differ wins; among
    /// equals, the one whose query keys are there, and one that needs none over one that lacks some.
    fn weight(&self, query: &Query) -> (Vec<bool>, bool, usize) {
        let literals = self.segments.iter().map(|segment| segment.variable.is_none()).collect();
        let keys = self.required.iter().filter(|key| query.get(key).is_some()).count();
        (literals, keys == self.required.len(), keys)
    }
}

impl Segment {
    fn matches(&self, text: &str) -> bool {
        match &self.variable {
            None => self.literal == text,
            Some(_) => text.strip_prefix(&*self.literal).is_some_and(|value| !value.is_empty()),
        }
    }

    fn parse(text: &str) -> Self {
        match text.split_once('{') {
            Some((literal, name)) => Self {
                literal: literal.to_owned(),
                variable: Some(name.trim_end_matches('}').to_owned()),
            },
            None => Self { literal: text.to_owned(), variable: None },
        }
    }
}

fn is_spec(parameter: &str) -> bool {
    parameter == "spec" || parameter.ends_with("_spec")
}

// ---------------------------------------------------------------------------------------------
// Reading requests
// ---------------------------------------------------------------------------------------------

/// A request whose path was recognised; its parameters are still to be read.
#[derive(Debug)]
pub struct Routed<'a> {
    /// The line that fits.
    pub line: &'a Line,
    path: Vec<(String, String)>,
    query: Query,
}

/// Finds the line that a request is for. `lines` are those of the request's dialect.
pub fn route<'a>(lines: &'a [Line], dialect: Dialect, request: &Request) -> Option<Routed<'a>> {
    // `/apis/session` is nobody's.
    let path = request.path().strip_prefix(dialect.prefix())?.strip_prefix('/')?;
    let segments: Vec<&str> = path.split('/').collect();
    let query = Query::parse(request.query());
    let action = query.get(dialect.action_key());
    let line = lines
        .iter()
        .filter(|line| line.matches(request.method, &segments, action))
        .max_by_key(|line| line.weight(&query))?;
    let path = line
        .values(&segments)
        .map(|(name, value)| Some((name.to_owned(), decode_component(value)?)))
        .collect::<Option<_>>()?;
    Some(Routed { line, path, query })
}

impl Routed<'_> {
    /// Reads the parameters from where they travel into one object, named as the row names them.
    pub fn parameters(&self, request: &Request) -> Result<Map<String, Value>, ApiError> {
        let line = self.line;
        let mut values = self.body(request)?;
        for (name, value) in &self.query.pairs {
            let once = self.query.pairs.iter().filter(|(other, _)| other == name).count() == 1;
            if once && name == line.dialect.action_key() {
                continue;
            }
            let known = line.row.parameters.contains(&name.as_str()) && self.may_be_in_query(name);
            // What the body says too would be said twice.
            if !(once && known) || values.contains_key(name) {
                let message = messages::UNSUPPORTED_PROPERTY.with([name]);
                return Err(ApiError::new(ErrorType::InvalidArgument, rules::KNOWN_QUERY, message));
            }
            values.insert(name.clone(), Value::from(value.as_str()));
        }
        if let Some(token) = request.headers.get(CLIENT_TOKEN_HEADER)
            && line.row.parameters.contains(&CLIENT_TOKEN)
            && line.dialect == Dialect::Api
        {
            values.insert(CLIENT_TOKEN.to_owned(), Value::from(token));
        }
        for (name, value) in &self.path {
            values.insert(name.clone(), Value::from(value.as_str()));
        }
        Ok(values)
    }

    /// Besides those that belong there: the client token, a query parameter in the documents of
    /// 7.0.3 and 8.0.2, and what later `/rest` pages show in the query of a POST.
    fn may_be_in_query(&self, name: &str) -> bool {
        match self.line.place(name) {
            Place::Query | Place::Header => true,
            Place::Field => self.line.dialect == Dialect::Rest && !is_spec(name),
            Place::Path | Place::Body => false,
        }
    }

    fn body(&self, request: &Request) -> Result<Map<String, Value>, ApiError> {
        let line = self.line;
        let mut values = Map::new();
        if request.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(values);
        }
        if !request.headers.get("content-type").is_none_or(is_json) {
            let message = messages::UNSUPPORTED_MEDIA_TYPE.with([]);
            let error = ApiError::new(ErrorType::InvalidRequest, rules::WELL_FORMED, message);
            return Err(ApiError { http_status: Some(415), ..error });
        }
        let mut body: Value = reading::parse(&request.body).map_err(|error| {
            let message = messages::BODY_PARSE_ERROR.with([&error.to_string()]);
            ApiError::new(ErrorType::InvalidArgument, rules::WELL_FORMED, message)
        })?;
        drop_nulls(&mut body);
        if let Some(spec) = line.row.parameters.iter().find(|p| line.place(p) == Place::Body) {
            values.insert((*spec).to_owned(), body);
            return Ok(values);
        }
        let fields = match body {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            other => {
                let message = messages::TYPE_MISMATCH
                    .with(["the body", &format!("expected an object, found {}", kind(&other))]);
                return Err(ApiError::new(ErrorType::InvalidArgument, rules::WELL_FORMED, message));
            }
        };
        let allowed = |name: &String| {
            line.row.parameters.contains(&name.as_str()) && line.place(name) == Place::Field
        };
        match fields.keys().find(|name| !allowed(name)) {
            Some(unknown) => Err(unexpected_field(unknown, "operation-input")),
            None => Ok(fields),
        }
    }
}

/// A field that a structure does not have. The argument is a list, as real servers write it.
pub(crate) fn unexpected_field(field: &str, structure: &str) -> ApiError {
    let message = messages::UNEXPECTED_FIELD.with([&format!("[{field}]"), structure]);
    ApiError::new(ErrorType::UnexpectedInput, rules::KNOWN_FIELDS, message)
}

pub(crate) fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == JSON || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// Removes the fields that are null: in this API null and absent are the same.
pub fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A query, decoded, in order.
#[derive(Debug, Default)]
struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            // What is not UTF-8 stays as it came: it is then no known key, and no known id.
            let decode = |text: &str| {
                decode_component(&text.replace('+', " ")).unwrap_or_else(|| text.to_owned())
            };
            (decode(key), decode(value))
        });
        Self { pairs: pairs.collect() }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Decodes a segment of a path or a value of a query; `None` if what comes out is no UTF-8.
pub fn decode_component(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(String::from)
}

/// Encodes a text for one segment of a path.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

// ---------------------------------------------------------------------------------------------
// Writing requests
// ---------------------------------------------------------------------------------------------

/// A call that no request can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} cannot be sent: {parameter} {value:?} cannot stand where it would travel")]
pub struct Unsendable {
    /// The operation.
    pub operation: String,
    /// The parameter at fault.
    pub parameter: String,
    /// Its value.
    pub value: String,
}

/// Writes a call as a request to the server at `origin` (no trailing slash).
///
/// `lines` are those of the line's dialect: an id that spells a literal segment would reach
/// another operation, so such a call is refused.
pub fn encode(
    lines: &[Line],
    line: &Line,
    origin: &str,
    mut parameters: Map<String, Value>,
) -> Result<Request, Unsendable> {
    let mut url = format!("{origin}{}", line.dialect.prefix());
    let mut in_path = Vec::new();
    for segment in &line.segments {
        url.push('/');
        url.push_str(&segment.literal);
        if let Some(name) = &segment.variable {
            let value = parameters.remove(name).as_ref().map(text_of).unwrap_or_default();
            url.push_str(&encode_segment(&value));
            in_path.push((name, value));
        }
    }
    let mut separator = '?';
    let mut add_query = |url: &mut String, text: &str| {
        url.push(separator);
        url.push_str(text);
        separator = '&';
    };
    if let Some(action) = &line.action {
        add_query(&mut url, &format!("{}={action}", line.dialect.action_key()));
    }

    let mut headers = Headers::new();
    headers.push("Accept", JSON);
    let mut body = None;
    let mut fields = Map::new();
    let has_fields = line.row.parameters.iter().any(|name| line.place(name) == Place::Field);
    for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_null()) {
        match line.place(&name) {
            Place::Query => {
                add_query(&mut url, &format!("{name}={}", encode_segment(&text_of(&value))));
            }
            // A line break would begin another header.
            Place::Header if text_of(&value).contains(char::is_control) => {
                let (operation, value) = (line.row.full_name(), text_of(&value));
                return Err(Unsendable { operation, parameter: name, value });
            }
            Place::Header => headers.push(CLIENT_TOKEN_HEADER, text_of(&value)),
            Place::Body => body = Some(value),
            Place::Field | Place::Path => {
                fields.insert(name, value);
            }
        }
    }
    let body = body.or_else(|| has_fields.then_some(Value::Object(fields)));
    let mut request = Request { method: line.method, url, headers, body: Vec::new() };
    if let Some(body) = body {
        request.headers.push("Content-Type", JSON);
        request.body = to_bytes(&body);
    }

    // Nothing, `.` and `..` vanish from a URL on its way, and an id may spell a literal segment.
    let vanishes = |value: &String| matches!(value.as_str(), "" | "." | "..");
    let routed = route(lines, line.dialect, &request);
    let arrives = routed.is_some_and(|routed| std::ptr::eq(routed.line.row, line.row));
    let lost = in_path.iter().find(|(_, value)| vanishes(value));
    match lost.or_else(|| in_path.first().filter(|_| !arrives)) {
        Some((name, value)) => Err(Unsendable {
            operation: line.row.full_name(),
            parameter: (*name).clone(),
            value: value.clone(),
        }),
        None => Ok(request),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn to_bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

// ---------------------------------------------------------------------------------------------
// Writing and reading responses
// ---------------------------------------------------------------------------------------------

/// Writes the answer of an operation; `None` is the answer of a void one. Messages in it are told in
/// the language that is asked for as well.
pub fn success(line: &Line, result: Option<Value>, locale: Option<&Locale>) -> Response {
    let Some(mut result) = result else {
        return Response::empty(line.success());
    };
    if let Some(locale) = locale {
        locale.localize(&mut result, Value::from);
    }
    let body = match line.dialect {
        Dialect::Api => result,
        Dialect::Rest => Value::Object(Map::from_iter([("value".to_owned(), result)])),
    };
    json_response(line.success(), &body)
}

/// Writes a refusal, likewise.
pub fn failure(dialect: Dialect, error: &ApiError, locale: Option<&Locale>) -> Response {
    let mut body = error.write(dialect.form());
    if let Some(locale) = locale {
        locale.localize(&mut body, Value::from);
    }
    if dialect == Dialect::Rest {
        let kind = error.error_type.as_ref().unwrap_or(&ErrorType::Error);
        body = Value::Object(Map::from_iter([
            ("type".to_owned(), Value::from(kind.canonical_name())),
            ("value".to_owned(), body),
        ]));
    }
    json_response(error.status(dialect), &body)
}

/// Plain JSON, but for maps: `/rest` has them as lists of keys and values.
struct RestForm;

impl Form for RestForm {
    fn map(&self, entries: Map<String, Value>) -> Value {
        let entry = |(key, value): (String, Value)| -> Value {
            [("key", Value::from(key)), ("value", value)].into_iter().collect()
        };
        Value::Array(entries.into_iter().map(entry).collect())
    }
}

pub(crate) fn json_response(status: u16, body: &Value) -> Response {
    let headers = Headers::from_iter([("Content-Type", JSON)]);
    Response { status, headers, body: to_bytes(body) }
}

/// Takes the envelope off a successful answer. A `/rest` answer without one is taken as it is:
/// the flag tells.
pub fn unwrap_result(dialect: Dialect, body: Value) -> (Value, bool) {
    match (dialect, body) {
        (Dialect::Rest, Value::Object(mut fields)) if fields.contains_key("value") => {
            (fields.remove("value").unwrap_or_default(), true)
        }
        (Dialect::Rest, other) => (other, false),
        (Dialect::Api, other) => (other, true),
    }
}

/// Reads the body of a refusal in either dialect; `None` if it is no error structure.
pub fn read_error(body: &[u8]) -> Option<ApiError> {
    let mut body: Value = reading::parse(body).ok()?;
    drop_nulls(&mut body);
    let fields = body.as_object_mut()?;
    let canonical = fields.get("type").and_then(Value::as_str).map(ErrorType::from_canonical_name);
    let structure = match (&canonical, fields.remove("value")) {
        (Some(_), Some(inner)) => inner,
        (Some(_), None) => Value::Object(Map::new()),
        (None, _) => body,
    };
    let known = structure.get("error_type").is_some() || structure.get("messages").is_some();
    if canonical.is_none() && !known {
        return None;
    }
    let mut error: ApiError = reading::read(&structure).ok()?.value;
    error.error_type = error.error_type.or(canonical);
    Some(error)
}

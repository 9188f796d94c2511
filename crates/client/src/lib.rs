//! Typed calls of the update session API over a transport: a simulator in the same process, or a
//! live server. It keeps no clock, no log and no rule of the API; what it sends comes from the
//! operations table.
#![warn(missing_docs)]

mod exchange;
mod lenient;
mod own;
mod redact;
pub mod transport;
mod upload;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use accession_core::dialect::{self, Dialect, SESSION_HEADER, Unsendable};
use accession_core::error::ApiError;
use accession_core::model::LoginToken;
use accession_core::operations::{self, Call, LoginCreate, LoginDelete, Operation, Row};
use accession_core::reading;
use accession_core::structure::Wire;
use accession_core::time::Timestamp;
use accession_core::wire::{self, Request, Response};
use serde_json::{Map, Value};

pub use exchange::{Body, Exchange, Note, Outcome, RecordedRequest, RecordedResponse, object};
use lenient::{Fill, Slot};
pub use own::{GATEWAY_HEADER, OwnError};
pub use redact::{is_secret, without_users};
pub use transport::{Progress, Reader, Simulated, Source, Transport, TransportError};
pub use upload::UploadLink;

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// No answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The API refused.
    #[error("{error} (status {status})")]
    Api {
        /// The status.
        status: u16,
        /// The error structure.
        error: Box<ApiError>,
    },
    /// An answer came that does not fit the API.
    #[error("the server answered {} and {why}", response.status)]
    Unexpected {
        /// The answer, secrets redacted.
        response: Box<RecordedResponse>,
        /// What does not fit.
        why: String,
    },
    /// No request can carry the call.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
}

impl ClientError {
    /// The status of the answer, if one came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } => Some(*status),
            Self::Unexpected { response, .. } => Some(response.status),
            Self::Transport(_) | Self::Unsendable(_) => None,
        }
    }
}

/// A request on its way. In a box its code is there once, and not in each of those that wait for it.
type Performed<'a> = Pin<Box<dyn Future<Output = Result<(), ClientError>> + 'a>>;

type Observer = Rc<dyn Fn(Rc<Exchange>)>;

/// A client of one server. Clones share the login and the log.
#[derive(Clone)]
pub struct Client {
    shared: Rc<Shared>,
}

struct Shared {
    transport: Transport,
    dialect: Dialect,
    origin: String,
    clock: Rc<dyn Fn() -> Timestamp>,
    observer: Observer,
    /// In memory only, and only here.
    token: RefCell<Option<LoginToken>>,
    /// The server behind, if the one that answers is a gateway: upload links then lead through it.
    behind: RefCell<Option<String>>,
    next_exchange: Cell<u64>,
}

impl Client {
    /// A client of the server at `origin` (`https://host[:port]`, no trailing slash).
    ///
    /// Each exchange goes to `observer` once it has ended, secrets redacted. `clock` tells when.
    pub fn new(
        transport: Transport,
        dialect: Dialect,
        origin: impl Into<String>,
        clock: impl Fn() -> Timestamp + 'static,
        observer: impl Fn(Rc<Exchange>) + 'static,
    ) -> Self {
        let origin = origin.into().trim_end_matches('/').to_owned();
        Self {
            shared: Rc::new(Shared {
                transport,
                dialect,
                origin,
                clock: Rc::new(clock),
                observer: Rc::new(observer),
                token: RefCell::new(None),
                behind: RefCell::new(None),
                next_exchange: Cell::new(1),
            }),
        }
    }

    /// A client with the same login, whose calls go another way and are seen by nobody.
    pub fn aside(&self, transport: Transport) -> Self {
        let shared = &*self.shared;
        Self {
            shared: Rc::new(Shared {
                transport,
                dialect: shared.dialect,
                origin: shared.origin.clone(),
                clock: shared.clock.clone(),
                observer: Rc::new(|_| {}),
                token: shared.token.clone(),
                behind: shared.behind.clone(),
                next_exchange: Cell::new(1),
            }),
        }
    }

    /// The server's origin.
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// The spelling that it is talked to in.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// The origin of the server that the calls end at, if the one that answers is a gateway. It is
    /// what that gateway says.
    pub fn behind(&self) -> Option<String> {
        self.shared.behind.borrow().clone()
    }

    /// Whether there is an API login.
    pub fn is_logged_in(&self) -> bool {
        self.shared.token.borrow().is_some()
    }

    /// Uses the token of an existing API login.
    pub fn adopt(&self, token: LoginToken) {
        *self.shared.token.borrow_mut() = Some(token);
    }

    /// Forgets the token without telling the server.
    pub fn forget(&self) {
        *self.shared.token.borrow_mut() = None;
    }

    /// Logs in. The password goes into this one request and nowhere else.
    pub async fn log_in(&self, user: &str, password: &str) -> Result<(), ClientError> {
        let mut request = LoginCreate {}.encode(self.shared.dialect, &self.shared.origin)?;
        let authorization = wire::basic(user, password);
        let credentials = authorization.trim_start_matches("Basic ").to_owned();
        request.headers.push("Authorization", authorization);
        let mut token = Slot(None);
        self.perform(LoginCreate::ROW, request, &[&credentials, password], &mut token).await?;
        *self.shared.token.borrow_mut() = token.0;
        Ok(())
    }

    /// Logs out. The token is forgotten whatever the server says.
    pub async fn log_out(&self) -> Result<(), ClientError> {
        let result = self.call(&LoginDelete {}).await;
        self.forget();
        result
    }

    /// Calls an operation.
    pub fn call<O: Operation>(
        &self,
        call: &O,
    ) -> impl Future<Output = Result<O::Reply, ClientError>> + use<'_, O> {
        self.reply_to(O::ROW, call.encode(self.shared.dialect, &self.shared.origin))
    }

    /// Calls any operation. `Reply` is what comes back from it.
    pub fn ask<Reply: Wire>(
        &self,
        call: &Call,
    ) -> impl Future<Output = Result<Reply, ClientError>> + use<'_, Reply> {
        self.reply_to(call.row(), call.encode(self.shared.dialect, &self.shared.origin))
    }

    async fn reply_to<Reply: Wire>(
        &self,
        row: &'static Row,
        request: Result<Request, Unsendable>,
    ) -> Result<Reply, ClientError> {
        let mut reply = Slot(None);
        self.send(row, request, &mut reply).await?;
        Ok(reply.0.expect("a reply that was read fills the slot"))
    }

    /// Calls the operation of a row with parameters that may be anything, and gives its result as
    /// JSON; null from a void one. Of a log-in it gives nothing: a token is not for showing.
    pub async fn call_row(
        &self,
        row: &Row,
        parameters: Map<String, Value>,
    ) -> Result<Value, ClientError> {
        // What has no place in the request would be left out unseen.
        let unknown = |(name, _): &(&String, &Value)| !row.parameters.contains(&name.as_str());
        if let Some((name, value)) = parameters.iter().find(unknown) {
            let (operation, parameter) = (row.full_name(), name.clone());
            return Err(Unsendable { operation, parameter, value: value.to_string() }.into());
        }
        let (dialect, origin) = (self.shared.dialect, &self.shared.origin);
        let request = operations::encode(row, dialect, origin, parameters);
        let mut reply = Slot(None);
        self.send(row, request, &mut reply).await?;
        Ok(reply.0.filter(|_| !row.opens_login()).unwrap_or(Value::Null))
    }

    /// Sends a request with the token, if there is one.
    fn send<'a>(
        &'a self,
        row: &'a Row,
        request: Result<Request, Unsendable>,
        reply: &'a mut dyn Fill,
    ) -> Performed<'a> {
        Box::pin(async move {
            let mut request = request?;
            let token = self.token();
            if let Some(token) = &token {
                request.headers.push(SESSION_HEADER, token.reveal());
            }
            let secret = token.as_ref().map_or("", LoginToken::reveal);
            self.perform(row, request, &[secret], reply).await
        })
    }

    /// Sends a request, and reads its answer into `reply`.
    fn perform<'a>(
        &'a self,
        row: &'a Row,
        request: Request,
        secrets: &'a [&'a str],
        reply: &'a mut dyn Fill,
    ) -> Performed<'a> {
        Box::pin(async move {
            let at = (self.shared.clock)();
            let recorded = redact::request(&request, secrets);
            let arrival = self.shared.transport.send(request, at).await;
            let mut exchange = self.begin_exchange(row.full_name(), recorded, at);
            let result = match &arrival.response {
                Err(error) => Err(error.clone().into()),
                Ok(response) => {
                    self.look_for_gateway(response);
                    self.read(row, response, reply, secrets, &mut exchange.notes)
                }
            };
            self.finish_exchange(exchange, arrival, row.opens_login(), secrets);
            result
        })
    }

    fn read(
        &self,
        row: &Row,
        response: &Response,
        reply: &mut dyn Fill,
        secrets: &[&str],
        notes: &mut Vec<Note>,
    ) -> Result<(), ClientError> {
        let dialect = self.shared.dialect;
        if !response.is_success() {
            return Err(refusal(response, secrets));
        }
        let expected = operations::line(row, dialect).success();
        if response.status != expected {
            notes.push(Note::Status { expected, found: response.status });
        }
        read_result(dialect, row, response, notes)
            .and_then(|value| lenient::read(value, reply, notes))
            .map_err(|why| unexpected(response, why, secrets))
    }

    fn token(&self) -> Option<LoginToken> {
        self.shared.token.borrow().clone()
    }

    fn look_for_gateway(&self, response: &Response) {
        if let Some(origin) = response.headers.get(GATEWAY_HEADER) {
            *self.shared.behind.borrow_mut() = Some(origin.to_owned());
        }
    }

    fn begin_exchange(
        &self,
        operation: String,
        request: RecordedRequest,
        at: Timestamp,
    ) -> Exchange {
        let id = self.shared.next_exchange.get();
        self.shared.next_exchange.set(id + 1);
        Exchange::new(id, operation, request, at)
    }

    fn finish_exchange(
        &self,
        mut exchange: Exchange,
        arrival: transport::Arrival,
        secret_result: bool,
        secrets: &[&str],
    ) {
        let at = arrival.at.unwrap_or_else(|| (self.shared.clock)());
        exchange.finish(arrival, at, secret_result, secrets);
        (self.shared.observer)(Rc::new(exchange));
    }
}

fn refusal(response: &Response, secrets: &[&str]) -> ClientError {
    // An error is kept and shown like an exchange, and may repeat what it was sent.
    match dialect::read_error(redact::echo(&response.body, secrets).as_bytes()) {
        Some(error) => ClientError::Api { status: response.status, error: Box::new(error) },
        None => unexpected(response, "the body is no error of the API".to_owned(), secrets),
    }
}

fn unexpected(response: &Response, why: String, secrets: &[&str]) -> ClientError {
    let response = Box::new(redact::response(response, true, secrets));
    ClientError::Unexpected { response, why }
}

/// The result as JSON, its envelope taken off; null where a void operation has none.
fn read_result(
    dialect: Dialect,
    row: &Row,
    response: &Response,
    notes: &mut Vec<Note>,
) -> Result<Value, String> {
    let empty = response.body.iter().all(u8::is_ascii_whitespace);
    if row.void {
        if !empty && response.body != b"{}" {
            notes.push(Note::BodyOfVoid);
        }
        return Ok(Value::Null);
    }
    if empty {
        return Err("the body is empty".to_owned());
    }
    let body = reading::parse(&response.body)
        .map_err(|error| format!("the body is not JSON ({error})"))?;
    let (value, enveloped) = dialect::unwrap_result(dialect, body);
    if !enveloped {
        notes.push(Note::NoEnvelope);
    }
    Ok(value)
}

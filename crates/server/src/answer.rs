//! Answers that are this program's own. Its errors cannot be mistaken for the API's.

use accession_client::OwnError;
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::body::{self, Body};

/// Who speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Voice {
    /// The socket.
    Server,
    /// The gateway, in place of the live server.
    Gateway,
}

impl Voice {
    const fn name(self) -> &'static str {
        match self {
            Self::Server => "accession-server",
            Self::Gateway => "accession-gateway",
        }
    }
}

/// Says why there is no other answer.
pub(crate) fn own(voice: Voice, status: StatusCode, message: &str) -> Response<Body> {
    let error = OwnError { speaker: voice.name().to_owned(), message: message.to_owned() };
    let mut response = as_json(error.to_body());
    *response.status_mut() = status;
    response
}

/// Says what was asked for.
pub(crate) fn json(value: &serde_json::Value) -> Response<Body> {
    as_json(value.to_string())
}

/// Says that it is done.
pub(crate) fn done() -> Response<Body> {
    let mut response = Response::new(body::full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Says which methods there are instead.
pub(crate) fn method_not_allowed(allow: &str) -> Response<Body> {
    let message = format!("this method is not used here; those that are: {allow}");
    allowing(own(Voice::Server, StatusCode::METHOD_NOT_ALLOWED, &message), allow)
}

/// Names the methods that there are.
pub(crate) fn allowing(mut response: Response<Body>, allow: &str) -> Response<Body> {
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// Gives up on a request of which not everything came.
pub(crate) fn late() -> Response<Body> {
    let message = "the rest of the request did not arrive in time";
    closing(own(Voice::Server, StatusCode::REQUEST_TIMEOUT, message))
}

/// Ends the connection after this answer, since the rest of the request is not read.
pub(crate) fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn as_json(body: String) -> Response<Body> {
    let mut response = Response::new(body::full(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! Answers that are this program's own. They cannot be mistaken for the API's.

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
    let mut response = Response::new(body::full(error.to_body()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Says which methods there are instead.
pub(crate) fn method_not_allowed(allow: &'static str) -> Response<Body> {
    let message = format!("this method is not used here; those that are: {allow}");
    let mut response = own(Voice::Server, StatusCode::METHOD_NOT_ALLOWED, &message);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
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

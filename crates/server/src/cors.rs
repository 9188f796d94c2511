//! Which pages from elsewhere may use this server, and what their browsers are told about it.
//!
//! It knows the fields of the fetch standard, and not what a page asks for.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, SET_COOKIE, VARY,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};

use crate::body::{self, Body};
use crate::origin::Origin;

const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// What an answer to a browser that asks first depends on.
const PREFLIGHT_VARY: &str = "Origin, Access-Control-Request-Method, \
     Access-Control-Request-Headers, Access-Control-Request-Private-Network";

/// How long a browser need not ask again, in seconds.
const PREFLIGHT_AGE: &str = "600";

/// The origins of pages from elsewhere that may use this server as its own pages do.
#[derive(Debug, Default)]
pub(crate) struct Cors(Vec<Origin>);

impl Cors {
    pub(crate) fn new(origins: Vec<Origin>) -> Self {
        Self(origins)
    }

    /// Whether a page of this origin may use the server.
    pub(crate) fn allows(&self, sender: &Origin) -> bool {
        self.0.contains(sender)
    }

    /// Answers a browser that asks whether its page may send a request with these methods.
    pub(crate) fn preflight(&self, head: &Parts, methods: &'static str) -> Option<Response<Body>> {
        let headers = &head.headers;
        if head.method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let sender = self.sender(headers)?;
        let mut response = Response::new(body::full(""));
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, sender.clone());
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_AGE));
        answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer.insert(VARY, HeaderValue::from_static(PREFLIGHT_VARY));
        // Which fields a request may have is nothing that is known here. The page is trusted with
        // every call, so it is with every field.
        for wanted in headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.append(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        // This machine is nearer to the user than the page is.
        if headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|asked| asked == "true") {
            answer.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
        }
        Some(response)
    }

    /// Lets the page read the answer, if it is one that may.
    pub(crate) fn open(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        answer.append(VARY, HeaderValue::from_static("Origin"));
        let Some(sender) = self.sender(request) else { return };
        // Whatever a live server says of its own pages, this is about this server's.
        answer.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, sender.clone());
        let names = answer
            .keys()
            .filter(|name| **name != SET_COOKIE && !name.as_str().starts_with("access-control-"));
        let names: Vec<_> = names.map(HeaderName::as_str).collect();
        if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
        }
    }

    /// The origin of the page that sent the request, as it is written there, if the page may.
    fn sender<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let mut senders = headers.get_all(ORIGIN).iter();
        let (sender, more) = (senders.next()?, senders.next());
        let origin = sender.to_str().ok()?.parse::<Origin>().ok()?;
        (more.is_none() && self.allows(&origin)).then_some(sender)
    }
}

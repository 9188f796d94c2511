//! Which of this server's parts answers a request.
//!
//! It does not know what any of them answers.

use std::sync::Arc;
use std::time::Duration;

use accession_core::dialect::PREFIXES;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};

use crate::admission::{Admission, Refused};
use crate::answer::{self, Voice};
use crate::body::{Body, Inbound, Outbound};
use crate::gateway::Gateway;
use crate::log::Entry;
use crate::page::Page;
use crate::patience::Busy;
use crate::simulation::{METHODS, Simulation};

/// Everything that answers.
pub(crate) struct Routes {
    pub(crate) admission: Admission,
    pub(crate) calls: Calls,
    pub(crate) page: Option<Page>,
    pub(crate) upload_idle: Duration,
    pub(crate) log: bool,
}

/// Who answers the calls.
pub(crate) enum Calls {
    Simulate(Arc<Simulation>),
    Forward(Gateway),
}

impl Routes {
    /// Takes a request whose head is here.
    pub(crate) fn enter(&self, request: &Request<Incoming>, busy: &Busy) -> Entry {
        busy.set(true);
        Entry::begin(self.log, request.method(), request.uri().path())
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        entry: Entry,
        busy: Busy,
    ) -> Response<Outbound> {
        let (head, body) = request.into_parts();
        let body = Inbound::new(body, self.upload_idle, entry.clone());
        let response = match &self.page {
            Some(page) if !is_call(head.uri.path()) => self.show(page, &head).await,
            _ => self.call(&head, body).await,
        };
        sent(response, entry, busy)
    }

    async fn show(&self, page: &Page, head: &Parts) -> Response<Body> {
        match self.admission.admit(&head.uri, &head.headers, false) {
            Ok(_) => page.answer(&head.method, head.uri.path()).await,
            Err(refused) => refuse(Voice::Server, refused),
        }
    }

    async fn call(&self, head: &Parts, body: Inbound) -> Response<Body> {
        let live = match &self.calls {
            Calls::Forward(gateway) if is_call(head.uri.path()) => Some(gateway),
            _ => None,
        };
        let mut response = match self.admission.admit(&head.uri, &head.headers, live.is_some()) {
            Ok(origin) => {
                if let Some(told) = self.admission.cors.preflight(head, METHODS) {
                    return told;
                }
                match (&self.calls, live) {
                    (_, Some(gateway)) => gateway.forward(head, &origin, body).await,
                    (Calls::Simulate(simulation), None) => {
                        simulation.answer(head, &origin, body).await
                    }
                    (Calls::Forward(_), None) => nothing_here(),
                }
            }
            Err(refused) if live.is_some() => refuse(Voice::Gateway, refused),
            Err(refused) => refuse(Voice::Server, refused),
        };
        self.admission.cors.open(&head.headers, response.headers_mut());
        response
    }

    /// Says in plain HTTP that TLS is spoken here.
    pub(crate) fn refuse_plain(entry: Entry, busy: Busy) -> Response<Outbound> {
        let message = "this server speaks TLS here; use https:// instead of http://";
        let refusal = answer::own(Voice::Server, StatusCode::BAD_REQUEST, message);
        sent(answer::closing(refusal), entry, busy)
    }
}

fn refuse(voice: Voice, refused: Refused) -> Response<Body> {
    answer::closing(answer::own(voice, refused.status(), &refused.to_string()))
}

fn sent(response: Response<Body>, entry: Entry, busy: Busy) -> Response<Outbound> {
    entry.answered(response.status());
    response.map(|body| Outbound::new(body, entry, busy))
}

/// Whether a path belongs to the API. One with dots in it may lead anywhere.
fn is_call(path: &str) -> bool {
    let under = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    PREFIXES.into_iter().any(under) && !path.split('/').any(is_dots)
}

fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

fn nothing_here() -> Response<Body> {
    let message = format!("only what lies under {} is forwarded", PREFIXES.join(", "));
    answer::own(Voice::Gateway, StatusCode::NOT_FOUND, &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_lie_under_a_prefix() {
        for prefix in PREFIXES {
            assert!(is_call(prefix));
            assert!(is_call(&format!("{prefix}/a/b..c/.d")));
            for path in ["/../x", "/a/%2E./x", "/a/%2e%2E", "/."] {
                assert!(!is_call(&format!("{prefix}{path}")), "{prefix}{path}");
            }
            assert!(!is_call(&format!("{prefix}x/a")));
        }
        assert!(!is_call("/") && !is_call("*") && !is_call(""));
    }
}

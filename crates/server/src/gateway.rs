//! A streaming gateway to one live server: what comes goes on, in both directions, piece by piece.
//!
//! It does not know the API, collects no body, follows no redirect and changes nothing but the
//! fields that belong to a connection.

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use accession_client::GATEWAY_HEADER;
use accession_core::received::Broken;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::admission::{FORWARDED_HOST, FORWARDED_PROTO};
use crate::answer::{self, Voice};
use crate::body::{self, Body, Inbound};
use crate::dial::{self, Hold, Undialled, WithCauses};
use crate::origin::{Origin, Scheme};
use crate::tls::{self, Whom};
use crate::{Limits, Target};

/// Fields that are about one connection and not about the message (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The way to the live server.
pub(crate) struct Gateway {
    origin: Origin,
    tls: Option<TlsConnector>,
    connect: Duration,
    answer: Duration,
}

/// Why the live server's answer cannot be passed on.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot connect to {0}: {1}; check the address, and that this machine can reach it")]
    Connect(Origin, io::Error),
    #[error(
        "the certificate of {0} is not trusted: {1}; add its authority to the certificates that this machine trusts, or name the authority's file in SSL_CERT_FILE, and start the gateway again; or start it with --insecure"
    )]
    Untrusted(Origin, rustls::Error),
    #[error("no TLS with {0}: {1}; if it speaks plain HTTP, start the gateway with an http:// URL")]
    Tls(Origin, io::Error),
    #[error(
        "{0} accepts no connection in time; check the address, and that no firewall is in between"
    )]
    ConnectTimedOut(Origin),
    #[error("{0} has not answered in time; what was asked for may still be done")]
    AnswerTimedOut(Origin),
    #[error(
        "the connection to {0} broke before the answer: {1}; what was asked for may still be done"
    )]
    Lost(Origin, WithCauses),
    #[error("the request was not sent on to its end: {0}")]
    Client(Broken),
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Connect(..) | Self::Untrusted(..) | Self::Tls(..) | Self::Lost(..) => {
                StatusCode::BAD_GATEWAY
            }
            Self::ConnectTimedOut(_) | Self::AnswerTimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Client(_) => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl Gateway {
    pub(crate) fn new(target: Target, limits: &Limits) -> Result<Self, rustls::Error> {
        let tls = match target.origin.scheme() {
            Scheme::Http => None,
            Scheme::Https if target.insecure => Some(tls::connector(Whom::Anybody)?),
            Scheme::Https => Some(tls::connector(Whom::Authorities)?),
        };
        let (connect, answer) = (limits.connect, limits.answer);
        Ok(Self { origin: target.origin, tls, connect, answer })
    }

    /// Passes a request on, and its answer back. `seen_as` is where the client sees this gateway.
    /// Dropping the future, or the answer's body, drops the connection to the live server.
    pub(crate) async fn forward(
        &self,
        head: &Parts,
        seen_as: &Origin,
        body: Inbound,
    ) -> Response<Body> {
        let mut response = match self.exchange(head, seen_as, body).await {
            Ok(response) => response,
            Err(failure) => {
                let message = failure.to_string();
                answer::closing(answer::own(Voice::Gateway, failure.status(), &message))
            }
        };
        // Tells the client whom its calls end at, and to lead that server's links through here.
        if let Ok(behind) = HeaderValue::from_str(&self.origin.to_string()) {
            response.headers_mut().insert(GATEWAY_HEADER, behind);
        }
        response
    }

    /// Each exchange has its own connection: a reused one may be closed by the other side at the
    /// moment when a call is sent on it, and a call that changes something must not be sent twice.
    async fn exchange(
        &self,
        head: &Parts,
        seen_as: &Origin,
        body: Inbound,
    ) -> Result<Response<Body>, Failure> {
        let progress = Arc::new(Mutex::new(Progress { moved: Instant::now(), broken: None }));
        let request = self.request(head, seen_as, Sending { body, progress: progress.clone() });

        let dialled = dial::dial(&self.origin, self.tls.as_ref(), self.connect).await;
        let stream = dialled.map_err(|undialled| self.unreached(undialled))?;
        let lost = |error| Failure::Lost(self.origin.clone(), WithCauses(error));
        let (mut sender, hold) = dial::speak(stream).await.map_err(lost)?;

        let mut answer = pin!(sender.send_request(request));
        let response = loop {
            let deadline = progress.here().moved + self.answer;
            match timeout_at(deadline, &mut answer).await {
                Ok(Ok(response)) => break response,
                Ok(Err(error)) => {
                    return Err(progress
                        .here()
                        .broken
                        .map_or_else(|| lost(error), Failure::Client));
                }
                Err(_) if progress.here().moved + self.answer > deadline => {}
                Err(_) => return Err(Failure::AnswerTimedOut(self.origin.clone())),
            }
        };
        Ok(self.response(response, hold))
    }

    fn unreached(&self, undialled: Undialled) -> Failure {
        let origin = self.origin.clone();
        match undialled {
            Undialled::NoSuchHost(error) | Undialled::NoConnection(error) => {
                Failure::Connect(origin, error)
            }
            Undialled::Late => Failure::ConnectTimedOut(origin),
            Undialled::Untrusted(error) => Failure::Untrusted(origin, error),
            Undialled::NoTls(error) => Failure::Tls(origin, error),
        }
    }

    fn request(&self, head: &Parts, seen_as: &Origin, body: Sending) -> Request<Sending> {
        let mut request = Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
        let headers = request.headers_mut();
        *headers = end_to_end(&head.headers);
        // This side has already agreed to the body, and the other origin is none of the target's.
        headers.remove(header::EXPECT);
        headers.remove(header::ORIGIN);
        for (name, value) in [
            (header::HOST, self.origin.authority().as_str()),
            (FORWARDED_HOST, seen_as.authority().as_str()),
            (FORWARDED_PROTO, seen_as.scheme().as_str()),
        ] {
            // An authority is made of characters that a field's value may have.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        request
    }

    fn response(&self, response: Response<Incoming>, hold: Hold) -> Response<Body> {
        let (head, body) = response.into_parts();
        let mut response = Response::new(body::passed_on(body, self.answer, hold));
        *response.status_mut() = head.status;
        *response.headers_mut() = end_to_end(&head.headers);
        response
    }
}

/// The fields that are meant for whom the message is meant.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<_> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse::<HeaderName>().ok())
        // Without its length, a body would end where it pleases.
        .filter(|name| name != header::CONTENT_LENGTH)
        .collect();
    let mut kept = headers.clone();
    for name in HOP_BY_HOP.iter().chain(&named) {
        kept.remove(name);
    }
    kept
}

/// A request's body on its way on.
struct Sending {
    body: Inbound,
    progress: SharedProgress,
}

/// What is known of a body that somebody else sends.
struct Progress {
    /// When it last moved, or the request began.
    moved: Instant,
    broken: Option<Broken>,
}

type SharedProgress = Arc<Mutex<Progress>>;

trait Here {
    fn here(&self) -> MutexGuard<'_, Progress>;
}

impl Here for SharedProgress {
    fn here(&self) -> MutexGuard<'_, Progress> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let mut progress = self.progress.here();
        progress.moved = Instant::now();
        if let Some(Err(broken)) = &frame {
            progress.broken = Some(*broken);
        }
        drop(progress);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_connection_stay_on_it() {
        let headers = [
            ("connection", "keep-alive, X-Private , content-length"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-private", "1"),
            ("content-length", "3"),
            ("x-public", "2"),
            ("x-public", "3"),
        ];
        let headers = headers
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let kept = end_to_end(&headers.into_iter().collect());
        let mut kept: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["content-length", "x-public", "x-public"]);
    }
}

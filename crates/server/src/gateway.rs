//! A streaming gateway to one live server: what comes goes on, in both directions, piece by piece.
//!
//! It does not know the API, collects no body, follows no redirect and changes nothing but the
//! fields that belong to a connection.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use accession_client::GATEWAY_HEADER;
use accession_core::received::Broken;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::admission::{FORWARDED_HOST, FORWARDED_PROTO};
use crate::answer::{self, Voice};
use crate::body::{self, Body, Inbound};
use crate::origin::{Origin, Scheme};
use crate::{Limits, Target, tls};

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

/// hyper's messages leave out what the system said.
#[derive(Debug)]
struct WithCauses(hyper::Error);

impl fmt::Display for WithCauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
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
            Scheme::Https => Some(tls::connector(target.insecure)?),
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

        let stream = timeout(self.connect, self.connection())
            .await
            .map_err(|_| Failure::ConnectTimedOut(self.origin.clone()))??;
        let lost = |error| Failure::Lost(self.origin.clone(), WithCauses(error));
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
        // What goes wrong on it is told by the answer that does not come.
        let hold = Hold(tokio::spawn(connection).abort_handle());

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

    async fn connection(&self) -> Result<Box<dyn Stream>, Failure> {
        let address = (self.origin.host(), self.origin.port());
        let unreachable = |error| Failure::Connect(self.origin.clone(), error);
        let stream = TcpStream::connect(address).await.map_err(unreachable)?;
        // What is sent is complete when it is sent; waiting for more would only delay it.
        stream.set_nodelay(true).map_err(unreachable)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::try_from(self.origin.host().to_owned())
            .map_err(|error| unreachable(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let stream = tls.connect(name, stream).await.map_err(|error| self.no_tls(error))?;
        Ok(Box::new(stream))
    }

    fn no_tls(&self, error: io::Error) -> Failure {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        match cause {
            Some(cause @ rustls::Error::InvalidCertificate(_)) => {
                Failure::Untrusted(self.origin.clone(), cause.clone())
            }
            _ => Failure::Tls(self.origin.clone(), error),
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

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to the live server; letting go of it drops it at once.
struct Hold(AbortHandle);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.abort();
    }
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

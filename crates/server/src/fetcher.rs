//! Files of other servers, fetched over HTTP and HTTPS: from the hosts that were allowed, and from no
//! other.
//!
//! It does not know what a file is for. It sends no credentials.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use accession_core::received::{Broken, Received};
use accession_core::simulator::{Fetch, Trust};
use accession_core::time::Timestamp;
use http_body_util::Empty;
use hyper::body::{Body as HttpBody, Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Response, StatusCode, Uri};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::Limits;
use crate::arriving::Arriving;
use crate::body::{Halted, Paced};
use crate::certificate::Thumbprint;
use crate::dial::{self, Hold, Undialled, WithCauses};
use crate::origin::{AllowedHost, NotAnOrigin, Origin, Scheme};
use crate::tls::{self, Pin, Whom};

/// How many redirects are followed.
const REDIRECTS: usize = 10;

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("accession-server/", env!("CARGO_PKG_VERSION")));

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0:?} is no usable URI: {1}")]
    NotAUri(String, NotAnOrigin),
    #[error("a user and a password in a URI are not sent; leave them out")]
    UserInfo,
    #[error("this server may not fetch from {0}; start it with --allow-pull {host}", host = .0.authority())]
    NotAllowed(Origin),
    #[error(
        "it is redirected to {0}, from where this server may not fetch; start it with --allow-pull {host}",
        host = .0.authority()
    )]
    LedAstray(Origin),
    #[error("it is redirected from https to {0}, where nobody vouches for what is sent")]
    Downgraded(Origin),
    #[error("it is redirected more than {REDIRECTS} times")]
    Circles,
    /// As core says it.
    #[error("{0}")]
    Pin(&'static str),
    #[error("failed to set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("ssl_certificate holds no certificate in PEM")]
    NotPem,
    #[error("there is no such host as {0}: {1}")]
    NoSuchHost(String, std::io::Error),
    #[error("cannot connect to {0}: {1}")]
    NoConnection(Origin, std::io::Error),
    #[error("{0} accepts no connection in time")]
    ConnectTimedOut(Origin),
    #[error(
        "the certificate of {0} is not trusted: {1}; name it with ssl_certificate or ssl_certificate_thumbprint"
    )]
    Untrusted(Origin, rustls::Error),
    #[error("{0} shows another certificate than that of {2}: {1}")]
    OtherCertificate(Origin, rustls::Error, &'static str),
    #[error("no TLS with {0}: {1}")]
    NoTls(Origin, std::io::Error),
    #[error("{0} does not answer in time")]
    AnswerTimedOut(Origin),
    #[error("the connection to {0} broke before the answer: {1}")]
    Lost(Origin, WithCauses),
    #[error("{0} answers with status {1}")]
    Status(Origin, StatusCode),
    #[error("{0} sends no more after {1} bytes, and says nothing")]
    Stalled(Origin, u64),
    #[error("{0} announces {2} bytes, and the connection ends after {1}")]
    CutOff(Origin, u64, u64),
    #[error("the connection to {0} broke after {1} bytes: {2}")]
    Broke(Origin, u64, WithCauses),
    #[error("this server is ending")]
    Ending,
}

/// Fetches files.
pub(crate) struct Fetcher {
    allowed: Vec<AllowedHost>,
    authorities: TlsConnector,
    /// One for each fetch that may run.
    places: Semaphore,
    connect: Duration,
    idle: Duration,
}

impl Fetcher {
    pub(crate) fn new(allowed: Vec<AllowedHost>, limits: &Limits) -> Result<Self, rustls::Error> {
        Ok(Self {
            allowed,
            authorities: tls::connector(Whom::Authorities)?,
            places: Semaphore::new(limits.fetches),
            connect: limits.connect,
            idle: limits.upload_idle,
        })
    }

    /// Fetches a file, and counts the bytes that have arrived.
    pub(crate) async fn fetch(
        &self,
        fetch: &Fetch,
        now: Timestamp,
        arrived: &AtomicU64,
    ) -> Result<Received, Failure> {
        // It is never closed.
        let _place = self.places.acquire().await;
        let trust = fetch.trust().map_err(Failure::Pin)?;
        let mut location = Location::new(&fetch.source.uri)?;
        if !self.admits(&location.origin) {
            return Err(Failure::NotAllowed(location.origin));
        }
        for _ in 0..=REDIRECTS {
            let (response, _hold) = self.get(&location, trust).await?;
            match redirect(&response) {
                None if response.status() == StatusCode::OK => {
                    let arriving = Arriving::new(&fetch.wants, now);
                    return self.receive(location.origin, response, arriving, arrived).await;
                }
                None => return Err(Failure::Status(location.origin, response.status())),
                Some(target) => location = self.led_to(location.join(target)?, &location)?,
            }
        }
        Err(Failure::Circles)
    }

    fn admits(&self, origin: &Origin) -> bool {
        self.allowed.iter().any(|host| host.admits(origin))
    }

    fn led_to(&self, next: Location, from: &Location) -> Result<Location, Failure> {
        if (from.origin.scheme(), next.origin.scheme()) == (Scheme::Https, Scheme::Http) {
            return Err(Failure::Downgraded(next.origin));
        }
        if self.admits(&next.origin) { Ok(next) } else { Err(Failure::LedAstray(next.origin)) }
    }

    async fn get(
        &self,
        location: &Location,
        trust: Trust<'_>,
    ) -> Result<(Response<Incoming>, Hold), Failure> {
        let origin = &location.origin;
        let tls = match origin.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(self.connector(trust)?),
        };
        let dialled = dial::dial(origin, tls.as_ref(), self.connect).await;
        let stream = dialled.map_err(|undialled| unreached(origin, trust, undialled))?;
        let lost = |error| Failure::Lost(origin.clone(), WithCauses(error));
        let (mut sender, hold) = dial::speak(stream).await.map_err(lost)?;
        let answer = timeout(self.idle, sender.send_request(location.request())).await;
        let response = answer.map_err(|_| Failure::AnswerTimedOut(origin.clone()))?;
        Ok((response.map_err(lost)?, hold))
    }

    fn connector(&self, trust: Trust<'_>) -> Result<TlsConnector, Failure> {
        let pin = match trust {
            Trust::Authorities => return Ok(self.authorities.clone()),
            Trust::Certificate(pem) => {
                let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
                Pin::Certificate(certificate.map_err(|_| Failure::NotPem)?)
            }
            Trust::Thumbprint(algorithm, text) => {
                Pin::Thumbprint(algorithm, Thumbprint::written(text))
            }
        };
        Ok(tls::connector(Whom::Only(pin))?)
    }

    async fn receive(
        &self,
        origin: Origin,
        response: Response<Incoming>,
        mut arriving: Arriving,
        arrived: &AtomicU64,
    ) -> Result<Received, Failure> {
        let announced = response.body().size_hint().exact();
        let mut body = Paced::new(response.into_body(), self.idle);
        let ending = |_: Broken| Failure::Ending;
        while let Some(piece) = body.next().await {
            let size = arriving.size();
            let piece = piece.map_err(|halted| match (halted, announced) {
                (Halted::TimedOut, _) => Failure::Stalled(origin.clone(), size),
                (Halted::Lost(_), Some(announced)) => {
                    Failure::CutOff(origin.clone(), size, announced)
                }
                (Halted::Lost(error), None) => {
                    Failure::Broke(origin.clone(), size, WithCauses(error))
                }
            })?;
            arriving = arriving.push(piece).await.map_err(ending)?;
            arrived.store(arriving.size(), Ordering::Relaxed);
        }
        arriving.finish().await.map_err(ending)
    }
}

fn unreached(origin: &Origin, trust: Trust<'_>, undialled: Undialled) -> Failure {
    let origin = origin.clone();
    match (undialled, trust) {
        (Undialled::NoSuchHost(error), _) => Failure::NoSuchHost(origin.host().to_owned(), error),
        (Undialled::NoConnection(error), _) => Failure::NoConnection(origin, error),
        (Undialled::Late, _) => Failure::ConnectTimedOut(origin),
        (Undialled::Untrusted(error), Trust::Authorities) => Failure::Untrusted(origin, error),
        (Undialled::Untrusted(error), Trust::Certificate(_)) => {
            Failure::OtherCertificate(origin, error, "ssl_certificate")
        }
        (Undialled::Untrusted(error), Trust::Thumbprint(..)) => {
            Failure::OtherCertificate(origin, error, "ssl_certificate_thumbprint")
        }
        (Undialled::NoTls(error), _) => Failure::NoTls(origin, error),
    }
}

/// Where an answer says that the file is instead.
fn redirect(response: &Response<Incoming>) -> Option<&str> {
    match response.status() {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => response.headers().get(header::LOCATION)?.to_str().ok(),
        _ => None,
    }
}

/// Where a file is.
#[derive(Debug)]
struct Location {
    origin: Origin,
    path: PathAndQuery,
}

impl Location {
    fn new(text: &str) -> Result<Self, Failure> {
        let unusable = |why| match why {
            NotAnOrigin::UserInfo => Failure::UserInfo,
            // It may be a password that makes it so.
            _ if text.contains('@') => Failure::UserInfo,
            why => Failure::NotAUri(text.to_owned(), why),
        };
        let uri: Uri = text.parse().map_err(|_| unusable(NotAnOrigin::Host))?;
        let origin = Origin::of(&uri).map_err(unusable)?;
        let path = uri.path_and_query().cloned();
        Ok(Self { origin, path: path.unwrap_or(PathAndQuery::from_static("/")) })
    }

    /// Where a redirect from here leads (RFC 3986, 5.2; dots are left to the server).
    fn join(&self, target: &str) -> Result<Self, Failure> {
        let path = self.path.path();
        let folder = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
        let scheme = target.split_once("://").map_or("", |(scheme, _)| scheme);
        let absolute = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
        Self::new(&match target {
            _ if absolute => target.to_owned(),
            _ if target.starts_with("//") => format!("{}:{target}", self.origin.scheme().as_str()),
            _ if target.starts_with('/') => format!("{}{target}", self.origin),
            _ if target.starts_with('?') => format!("{}{path}{target}", self.origin),
            _ => format!("{}{folder}{target}", self.origin),
        })
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = Uri::from(self.path.clone());
        let headers = request.headers_mut();
        // An authority is made of characters that a field's value may have.
        if let Ok(host) = HeaderValue::from_str(self.origin.authority().as_str()) {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::USER_AGENT, USER_AGENT);
        // Size and digests are those of the file, not of a packed one.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(location: Result<Location, Failure>) -> String {
        match location {
            Ok(location) => format!("{}{}", location.origin, location.path),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn a_redirect_is_followed_as_it_is_meant() {
        let here = Location::new("http://mirror.test:81/a/b?c").unwrap();
        for (target, place) in [
            ("https://other.test/x?y#z", "https://other.test/x?y"),
            ("//other.test/x", "http://other.test/x"),
            ("/x", "http://mirror.test:81/x"),
            ("/x?u=http://y/", "http://mirror.test:81/x?u=http://y/"),
            ("?x", "http://mirror.test:81/a/b?x"),
            ("x/y", "http://mirror.test:81/a/x/y"),
            ("x?u=http://y/", "http://mirror.test:81/a/x?u=http://y/"),
        ] {
            assert_eq!(shown(here.join(target)), place, "{target}");
        }
        assert!(shown(here.join("ftp://other.test/")).contains("http:// or https://"));
        assert_eq!(shown(Location::new("http://mirror.test")), "http://mirror.test/");
    }

    #[test]
    fn a_password_is_neither_sent_nor_told() {
        for uri in ["http://me:hunter2@mirror.test/", "http://me:hunter2/@mirror.test/"] {
            assert_eq!(shown(Location::new(uri)), Failure::UserInfo.to_string(), "{uri}");
        }
        assert_eq!(shown(Location::new("http://a.test/me@b")), "http://a.test/me@b");
    }
}

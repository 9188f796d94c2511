//! Who may talk to this server at all, and at which origin it is for them.
//!
//! A web page from elsewhere can make the user's browser send requests to this machine. It must not
//! drive somebody's live server that way. It does not know what is asked for.

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::http::uri::Authority;
use hyper::{StatusCode, Uri};

use crate::cors::Cors;
use crate::origin::{self, Origin, Scheme};

pub(crate) const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(crate) const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is known of this server.
#[derive(Debug)]
pub(crate) struct Admission {
    /// What the socket is bound to and speaks; it stands in for a `Host` header that is missing.
    pub(crate) local: Origin,
    pub(crate) public_url: Option<Origin>,
    /// Whether only this machine can reach the socket.
    pub(crate) loopback: bool,
    /// The pages from elsewhere that are let in.
    pub(crate) cors: Cors,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the Host header is malformed")]
    Host,
    #[error(
        "this server listens on this machine only and was asked for under another name; use http://127.0.0.1 or http://localhost, or start it with --public-url"
    )]
    Rebound,
    #[error(
        "the request was sent by a web page from elsewhere; if the page is served by a proxy in front of this server, start the server with --public-url and the page's address; or let the page in with --cors and its address"
    )]
    CrossSite,
}

impl Refused {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::BAD_REQUEST,
            Self::Rebound | Self::CrossSite => StatusCode::FORBIDDEN,
        }
    }
}

impl Admission {
    /// Lets a request in, and tells at which origin its sender sees this server. `live` says that
    /// the request is for a live server.
    pub(crate) fn admit(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        live: bool,
    ) -> Result<Origin, Refused> {
        let host = self.host(uri, headers)?;
        if self.loopback && self.public_url.is_none() && !origin::cannot_be_rebound(&host) {
            return Err(Refused::Rebound);
        }
        // Where the server's public name is known, another name for it may be a foreign page's.
        let own_name = self.public_url.is_none() || origin::cannot_be_rebound(&host);
        let direct = Origin::new(self.local.scheme(), host);
        let seen = self.public_url.clone().unwrap_or_else(|| forwarded(&direct, headers));
        let is_own = |sender: &Origin| *sender == seen || (own_name && *sender == direct);
        if live && is_cross_site(headers, is_own, &self.cors) {
            return Err(Refused::CrossSite);
        }
        Ok(seen)
    }

    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<Authority, Refused> {
        let text = match (uri.authority(), headers.get(HOST)) {
            // A request line with a whole URL overrules the header.
            (Some(authority), _) => authority.as_str(),
            (None, Some(value)) => value.to_str().or(Err(Refused::Host))?,
            (None, None) => return Ok(self.local.authority().clone()),
        };
        origin::authority(text).ok_or(Refused::Host)
    }
}

/// What a proxy in front says the sender asked for; the nearest to the sender comes first.
fn forwarded(direct: &Origin, headers: &HeaderMap) -> Origin {
    let first = |name: HeaderName| headers.get(name)?.to_str().ok()?.split(',').next();
    let authority = first(FORWARDED_HOST).and_then(origin::authority);
    let scheme = first(FORWARDED_PROTO).and_then(|text| text.trim().parse::<Scheme>().ok());
    Origin::new(
        scheme.unwrap_or(direct.scheme()),
        authority.unwrap_or_else(|| direct.authority().clone()),
    )
}

/// Browsers say where a request comes from; other programs need not.
fn is_cross_site(headers: &HeaderMap, is_own: impl Fn(&Origin) -> bool, cors: &Cors) -> bool {
    let senders: Vec<_> = headers
        .get_all(ORIGIN)
        .iter()
        .map(|value| value.to_str().ok().and_then(|text| text.parse::<Origin>().ok()))
        .collect();
    let every = |may: &dyn Fn(&Origin) -> bool| {
        senders.iter().all(|sender| sender.as_ref().is_some_and(may))
    };
    // A page that is let in is on another site, of course.
    if !senders.is_empty() && every(&|sender| cors.allows(sender)) {
        return false;
    }
    let foreign_site =
        headers.get(FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none");
    foreign_site || !every(&is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Admission {
        let local = "http://127.0.0.1:8990".parse().expect("an origin");
        Admission { local, public_url: None, loopback: true, cors: Cors::default() }
    }

    fn admit(
        admission: &Admission,
        fields: &[(&'static str, &str)],
        live: bool,
    ) -> Result<String, Refused> {
        let headers = fields.iter().map(|(name, value)| {
            (HeaderName::from_static(name), value.parse().expect("a header value"))
        });
        let uri = Uri::from_static("/x");
        admission.admit(&uri, &headers.collect(), live).map(|origin| origin.to_string())
    }

    #[test]
    fn links_lead_to_where_the_sender_is() {
        let plain = admission();
        let seen = |fields: &[(&'static str, &str)]| admit(&plain, fields, false);
        assert_eq!(seen(&[]).as_deref(), Ok("http://127.0.0.1:8990"));
        assert_eq!(seen(&[("host", "localhost:1")]).as_deref(), Ok("http://localhost:1"));
        let proxied = [
            ("host", "127.0.0.1:8990"),
            ("x-forwarded-host", "lab.example, inner"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(seen(&proxied).as_deref(), Ok("https://lab.example"));
        let odd = [("host", "[::1]:2"), ("x-forwarded-host", "a b"), ("x-forwarded-proto", "ftp")];
        assert_eq!(seen(&odd).as_deref(), Ok("http://[::1]:2"));

        let local = "https://127.0.0.1:8990".parse().expect("an origin");
        let secure = Admission { local, ..admission() };
        let seen = |fields: &[(&'static str, &str)]| admit(&secure, fields, false);
        assert_eq!(seen(&[]).as_deref(), Ok("https://127.0.0.1:8990"));
        assert_eq!(seen(&[("host", "localhost")]).as_deref(), Ok("https://localhost"));

        let public_url = "https://public.example/".parse().ok();
        let public = Admission { public_url, ..plain };
        assert_eq!(admit(&public, &proxied, false).as_deref(), Ok("https://public.example"));
        assert_eq!(admit(&public, &[("host", "x")], true).as_deref(), Ok("https://public.example"));
    }

    #[test]
    fn a_foreign_name_for_this_machine_is_refused() {
        for live in [false, true] {
            let refused = admit(&admission(), &[("host", "evil.example:8990")], live);
            assert_eq!(refused, Err(Refused::Rebound));
            assert_eq!(admit(&admission(), &[("host", "a@b")], live), Err(Refused::Host));
        }
        let open = Admission { loopback: false, ..admission() };
        assert_eq!(admit(&open, &[("host", "lab:1")], true).as_deref(), Ok("http://lab:1"));
    }

    #[test]
    fn a_foreign_page_cannot_drive_a_live_server() {
        let own = ("host", "localhost:8080");
        for (name, value, admitted) in [
            ("origin", "http://localhost:8080", true),
            ("origin", "http://localhost:3000", false),
            ("origin", "https://localhost:8080", false),
            ("origin", "null", false),
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "same-site", false),
            ("sec-fetch-site", "cross-site", false),
        ] {
            let fields = [own, (name, value)];
            assert_eq!(admit(&admission(), &fields, true).is_ok(), admitted, "{name}: {value}");
            assert!(admit(&admission(), &fields, false).is_ok(), "nothing to protect");
        }
        let public = Admission { public_url: "https://lab.example".parse().ok(), ..admission() };
        let from = |host, origin| admit(&public, &[("host", host), ("origin", origin)], true);
        assert!(from("inner", "https://lab.example").is_ok());
        assert!(from("localhost:1", "http://localhost:1").is_ok());
        assert_eq!(from("evil.example", "http://evil.example"), Err(Refused::CrossSite));
    }

    #[test]
    fn a_page_that_is_let_in_can() {
        let page = "http://localhost:3000".parse().expect("an origin");
        let open = Admission { cors: Cors::new(vec![page]), ..admission() };
        let own = ("host", "localhost:8080");
        let (page, site) = (("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site"));
        assert!(admit(&open, &[own, page, site], true).is_ok());
        for fields in [
            vec![own, ("origin", "http://localhost:3001")],
            vec![own, page, ("origin", "null")],
            // A picture, say: the browser does not tell which page it is on.
            vec![own, site],
            vec![own, ("origin", "http://localhost:8080"), site],
        ] {
            assert_eq!(admit(&open, &fields, true), Err(Refused::CrossSite), "{fields:?}");
        }
        let rebound = [("host", "evil.example"), page];
        assert_eq!(admit(&open, &rebound, true), Err(Refused::Rebound));
    }
}

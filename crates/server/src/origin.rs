//! Where a server is reached: scheme, host and port, as in links and in the `Origin` header.
//!
//! It does not know which request it is for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Authority;

/// Scheme, host and port.
#[derive(Debug, Clone)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A text that is not the origin of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// Neither HTTP nor HTTPS.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// The host is missing or malformed.
    #[error("the host is missing or malformed; write scheme://host or scheme://host:port")]
    Host,
    /// There is a path or a query.
    #[error("only scheme, host and port are wanted; leave out what follows them")]
    Path,
    /// There are a user and a password. The text is secret then.
    #[error("a user and a password do not belong here")]
    UserInfo,
}

impl Origin {
    pub(crate) fn new(scheme: Scheme, authority: Authority) -> Self {
        Self { scheme, authority }
    }

    /// The origin of a URI that says where it is.
    pub(crate) fn of(uri: &Uri) -> Result<Self, NotAnOrigin> {
        let scheme = Scheme::from_str(uri.scheme_str().unwrap_or_default())?;
        let authority = uri.authority().ok_or(NotAnOrigin::Host)?;
        if authority.as_str().contains('@') {
            return Err(NotAnOrigin::UserInfo);
        }
        let authority = usable(authority.clone()).ok_or(NotAnOrigin::Host)?;
        Ok(Self { scheme, authority })
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The host, without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        bare_host(&self.authority)
    }

    pub(crate) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(self.scheme.port())
    }
}

/// The default port may be written or not, and names compare without case.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.port() == other.port()
            && self.host().eq_ignore_ascii_case(other.host())
    }
}

impl Eq for Origin {}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority)
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin::Scheme)?;
        let scheme = Scheme::from_str(scheme)?;
        if rest.contains('@') {
            return Err(NotAnOrigin::UserInfo);
        }
        let uri: Uri = text.parse().or(Err(NotAnOrigin::Host))?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(NotAnOrigin::Path);
        }
        let authority = uri.authority().cloned().and_then(usable).ok_or(NotAnOrigin::Host)?;
        Ok(Self { scheme, authority })
    }
}

/// A host that files may be fetched from, at one port or at the usual ones of http and https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost(Authority);

/// A text that names no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write HOST or HOST:PORT, such as mirror.example or [::1]:8080; each host is named, and no * stands for any"
)]
pub struct NotAHost;

impl AllowedHost {
    pub(crate) fn admits(&self, origin: &Origin) -> bool {
        let (host, other) = (bare_host(&self.0), origin.host());
        let port = self.0.port_u16().unwrap_or(origin.scheme().port());
        let address = |text: &str| text.parse::<IpAddr>().ok();
        let same = match (address(host), address(other)) {
            (Some(host), Some(other)) => host == other,
            _ => host.eq_ignore_ascii_case(other),
        };
        same && port == origin.port()
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AllowedHost {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let named = |authority: &Authority| !authority.as_str().contains('*');
        authority(text).filter(named).map(Self).ok_or(NotAHost)
    }
}

impl Scheme {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl FromStr for Scheme {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| scheme.as_str().eq_ignore_ascii_case(text))
            .ok_or(NotAnOrigin::Scheme)
    }
}

/// Reads what a `Host` header says.
pub(crate) fn authority(text: &str) -> Option<Authority> {
    text.trim().parse().ok().and_then(usable)
}

/// Whether a name of this host can only mean this machine, or is an address. A foreign page can
/// point a name of its own at any address, but it cannot make a browser write another name.
pub(crate) fn cannot_be_rebound(authority: &Authority) -> bool {
    let host = bare_host(authority).trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok()
}

/// Host and perhaps port, without user info; a port that is written is one.
fn usable(authority: Authority) -> Option<Authority> {
    let text = authority.as_str();
    let has_port = authority.port_u16().is_some();
    let tail = text.strip_prefix(authority.host())?;
    let fits = !authority.host().is_empty() && (has_port || tail.is_empty());
    fits.then_some(authority)
}

fn bare_host(authority: &Authority) -> &str {
    authority.host().trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_user_types() {
        let read = |text: &str| text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(read("https://vc.example").as_deref(), Ok("https://vc.example"));
        assert_eq!(read("HTTP://vc.example:8989/").as_deref(), Ok("http://vc.example:8989"));
        assert_eq!(read("https://[::1]:443").as_deref(), Ok("https://[::1]:443"));
        assert_eq!(read("vc.example"), Err(NotAnOrigin::Scheme));
        assert_eq!(read("ftp://vc.example"), Err(NotAnOrigin::Scheme));
        assert_eq!(read("https://"), Err(NotAnOrigin::Host));
        assert_eq!(read("https://vc example"), Err(NotAnOrigin::Host));
        assert_eq!(read("https://vc.example:99999"), Err(NotAnOrigin::Host));
        assert_eq!(read("https://vc.example/ui"), Err(NotAnOrigin::Path));
        assert_eq!(read("https://vc.example?x"), Err(NotAnOrigin::Path));
        assert_eq!(read("https://me:pw@vc.example"), Err(NotAnOrigin::UserInfo));
        assert_eq!(read("https://me:p/w@vc.example"), Err(NotAnOrigin::UserInfo));
    }

    #[test]
    fn the_default_port_is_the_same_origin() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        assert_eq!(origin("https://VC.example"), origin("https://vc.example:443"));
        assert_ne!(origin("http://vc.example"), origin("https://vc.example"));
        assert_ne!(origin("http://vc.example"), origin("http://vc.example:8080"));
    }

    #[test]
    fn a_host_is_allowed_with_its_port() {
        let admits = |allowed: &str, origin: &str| {
            let allowed: AllowedHost = allowed.parse().unwrap();
            allowed.admits(&origin.parse().unwrap())
        };
        for (allowed, origin) in [
            ("mirror.test", "http://mirror.test"),
            ("mirror.test", "https://MIRROR.test:443"),
            ("Mirror.test:8080", "http://mirror.test:8080"),
            ("mirror.test:80", "http://mirror.test"),
            ("[::1]:81", "http://[0:0::1]:81"),
        ] {
            assert!(admits(allowed, origin), "{allowed} {origin}");
        }
        for (allowed, origin) in [
            ("mirror.test", "http://mirror.test:8080"),
            ("mirror.test", "http://mirror.test:443"),
            ("mirror.test:80", "https://mirror.test"),
            ("mirror.test", "http://a.mirror.test"),
            ("mirror.test", "http://mirror.test."),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]"),
            ("127.0.0.1", "http://0x7f.1"),
        ] {
            assert!(!admits(allowed, origin), "{allowed} {origin}");
        }
        for text in ["", "*", "*.test", "http://a.test", "a.test/b", "me@a.test", "a.test:x"] {
            assert_eq!(text.parse::<AllowedHost>(), Err(NotAHost), "{text}");
        }
    }

    #[test]
    fn only_a_name_can_be_rebound() {
        let safe = |text: &str| authority(text).map(|host| cannot_be_rebound(&host));
        for host in ["localhost:8080", "LOCALHOST.", "lab.localhost", "127.0.0.1:1", "[::1]:1"] {
            assert_eq!(safe(host), Some(true), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"] {
            assert_eq!(safe(host), Some(false), "{host}");
        }
        for host in ["", "me@localhost", "local host", "localhost:x", "localhost:", "a/b"] {
            assert_eq!(safe(host), None, "{host}");
        }
    }
}

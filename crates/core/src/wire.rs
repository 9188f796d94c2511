//! What crosses the wire: a method, a URL, headers and bytes.
//!
//! It does not know what any of them mean; `dialect` and `operations` do.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// An HTTP method that this API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and every call that is none of the other four.
    Post,
    /// Sends the bytes of a file.
    Put,
    /// Changes the fields that are given.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it is written in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A method that no operation of this API has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("method {0:?} is not one of GET, POST, PUT, PATCH, DELETE")]
pub struct UnknownMethod(pub String);

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// Header fields in the order in which they were added; names compare without case.
/// Its `Debug` form hides the values that are secret.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Headers(Vec<(String, String)>);

/// Fields whose values let their reader act as somebody else.
pub const SECRET_HEADERS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "vmware-api-session-id"];

/// What stands for a secret wherever one would be shown.
pub const REDACTED: &str = "••••";

impl Headers {
    /// No fields.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of the first field with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Adds a field, whether or not there is one of this name.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The same fields, with [`REDACTED`] for the values that are secret.
    pub fn redacted(&self) -> Self {
        let secret = |name: &str| SECRET_HEADERS.iter().any(|s| s.eq_ignore_ascii_case(name));
        self.iter()
            .map(|(name, value)| (name, if secret(name) { REDACTED } else { value }))
            .collect()
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.redacted().0.iter().map(|(name, value)| (name, value))).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The value of an `Authorization` header for a user and a password.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}")))
}

/// One HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub method: Method,
    /// The absolute URL, `https://host[:port]/path[?query]`. Its origin is the one that the client
    /// used, so links in the answer can point back to it.
    pub url: String,
    /// The header fields.
    pub headers: Headers,
    /// The bytes of the body; empty if there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Headers::new(), body: Vec::new() }
    }

    /// Scheme, host and port: `https://host:port`, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.url[..self.path_start()]
    }

    /// The path, still percent-encoded, from its first slash.
    pub fn path(&self) -> &str {
        let target = &self.url[self.path_start()..];
        let end = target.find(['?', '#']).unwrap_or(target.len());
        &target[..end]
    }

    /// The query, still percent-encoded, without its question mark; empty if there is none.
    pub fn query(&self) -> &str {
        let target = &self.url[self.path_start()..];
        let target = &target[..target.find('#').unwrap_or(target.len())];
        target.split_once('?').map_or("", |(_, query)| query)
    }

    fn path_start(&self) -> usize {
        let delimiter = |from: usize| {
            let rest = &self.url.as_bytes()[from..];
            from + rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len())
        };
        let first = delimiter(0);
        // A relative URL may hold another one in its query.
        let has_scheme = self.url[..first].ends_with(':') && self.url[first..].starts_with("//");
        if has_scheme { delimiter(first + 2) } else { first }
    }
}

/// One HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The bytes of the body; empty if there is none.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without headers or body.
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Headers::new(), body: Vec::new() }
    }

    /// Whether the status says success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_url_apart() {
        let parts = |url: &str| {
            let request = Request::new(Method::Get, url);
            let (origin, path, query) = (request.origin(), request.path(), request.query());
            (origin.to_owned(), path.to_owned(), query.to_owned())
        };
        let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("http://h:1/a/b?c=d?e#f"), owned("http://h:1", "/a/b", "c=d?e"));
        assert_eq!(parts("https://h"), owned("https://h", "", ""));
        assert_eq!(parts("https://h?x"), owned("https://h", "", "x"));
        assert_eq!(parts("/a?b"), owned("", "/a", "b"));
        assert_eq!(parts("http://h/a#b?c"), owned("http://h", "/a", ""));
        assert_eq!(parts("/a?b=http://h/c"), owned("", "/a", "b=http://h/c"));
    }

    #[test]
    fn header_names_compare_without_case() {
        let headers = Headers::from_iter([("Content-Type", "a"), ("content-type", "b")]);
        assert_eq!(headers.get("CONTENT-TYPE"), Some("a"));
        assert_eq!(headers.get("accept"), None);
    }
}

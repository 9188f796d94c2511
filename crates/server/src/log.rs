//! One line per request: when, what, how it ended, how much and how long.
//!
//! It does not know headers, queries and bodies, so it cannot tell what is secret in them.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Instant;

use accession_core::dialect::UPLOAD_PREFIX;
use accession_core::wire::REDACTED;
use hyper::{Method, StatusCode};

use crate::{clock, worlds};

/// Longer paths are cut.
const PATH_SHOWN: usize = 300;

/// A request on its way. When the last holder lets go of it, it is over, and its line is written.
#[derive(Debug, Clone)]
pub(crate) struct Entry(Arc<Running>);

#[derive(Debug)]
struct Running {
    /// What the line begins with, unless no line is wanted.
    what: Option<String>,
    began: Instant,
    received: AtomicU64,
    sent: AtomicU64,
    /// 0 until there is an answer.
    status: AtomicU16,
}

impl Entry {
    pub(crate) fn begin(log: bool, method: &Method, path: &str) -> Self {
        let what = log.then(|| format!("{} {method} {}", clock::now(), shown(method, path)));
        let (received, sent) = (AtomicU64::new(0), AtomicU64::new(0));
        let status = AtomicU16::new(0);
        Self(Arc::new(Running { what, began: Instant::now(), received, sent, status }))
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        self.0.status.store(status.as_u16(), Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(what) = &self.what else { return };
        let status = match self.status.load(Ordering::Relaxed) {
            // The client went away before there was an answer.
            0 => Cow::from("-"),
            status => Cow::from(status.to_string()),
        };
        let received = self.received.load(Ordering::Relaxed);
        let sent = self.sent.load(Ordering::Relaxed);
        let took = self.began.elapsed().as_millis();
        line(&format!("{what} {status} in={received} out={sent} {took} ms"));
    }
}

/// Says something on stderr, as one piece.
pub(crate) fn line(text: &str) {
    // If nobody listens, there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// A path as it may be written. An upload link is a credential: only what it begins with and the
/// file's name are shown.
fn shown<'a>(method: &Method, path: &'a str) -> Cow<'a, str> {
    // A world's links are as secret as any.
    let inside = worlds::split(path).map_or(path, |(_, inside)| inside);
    let world = &path[..path.len() - inside.len()];
    let mut text = match inside.strip_prefix(UPLOAD_PREFIX) {
        Some(rest) if rest.starts_with('/') => {
            Cow::from(format!("{world}{UPLOAD_PREFIX}{}", link(rest)))
        }
        // No operation is a PUT, so this is a link of a server that has its own place for them.
        _ if method == Method::PUT => Cow::from(format!("{world}{}", foreign_link(inside))),
        _ => Cow::from(path),
    };
    if let Some((end, _)) = text.char_indices().nth(PATH_SHOWN) {
        text = Cow::from(format!("{}…", &text[..end]));
    }
    if text.chars().any(char::is_control) {
        text = Cow::from(text.escape_debug().to_string());
    }
    text
}

/// Keeps the first segment, and the last one if it is not the key itself.
fn link(rest: &str) -> String {
    let segments: Vec<_> = rest.split('/').collect();
    let last = segments.len() - 1;
    let shown = segments.iter().enumerate().map(|(index, segment)| match index {
        0 | 1 => segment,
        _ if index == last && last > 2 => segment,
        _ => REDACTED,
    });
    shown.collect::<Vec<_>>().join("/")
}

/// Keeps short segments, and the last one.
fn foreign_link(path: &str) -> String {
    const KEY_LENGTH: usize = 16;
    let Some((folder, name)) = path.rsplit_once('/') else { return path.to_owned() };
    let folder =
        folder.split('/').map(|part| if part.len() < KEY_LENGTH { part } else { REDACTED });
    folder.chain([name]).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_link_is_not_shown() {
        for (path, expected) in [
            ("/data/secret/a%20b.iso", "/data/••••/a%20b.iso"),
            ("/data/secret", "/data/••••"),
            ("/data/secret/more/a.iso", "/data/••••/••••/a.iso"),
            ("/data/secret/", "/data/••••/"),
            ("/data", "/data"),
            ("x/data/open/a", "x/data/open/a"),
        ] {
            for place in ["", "/worlds/a-name-of-more-than-16-letters"] {
                let path = format!("{place}{UPLOAD_PREFIX}{path}");
                let expected = format!("{place}{UPLOAD_PREFIX}{expected}");
                assert_eq!(shown(&Method::PUT, &path), expected);
            }
        }
        let other = "/rest/com/vmware/cis/data/0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5/a.iso";
        assert_eq!(shown(&Method::PUT, other), "/rest/com/vmware/cis/data/••••/a.iso");
        assert_eq!(shown(&Method::GET, other), other);
    }

    #[test]
    fn a_line_stays_one_short_line() {
        assert_eq!(shown(&Method::GET, "/a/b"), "/a/b");
        assert_eq!(shown(&Method::GET, "/a\u{7f}\n"), "/a\\u{7f}\\n");
        assert_eq!(shown(&Method::GET, &"é".repeat(1000)).chars().count(), PATH_SHOWN + 1);
    }
}

//! The built page: files of one directory, and packed as they lie there beside themselves.
//!
//! It does not know what the page does, or who builds and packs it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFRESH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::fs::File;

use crate::body::{self, Body};

/// Nothing but the page's own files, and no script that is not one of them.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const INDEX: &str = "index.html";

/// A hash in a file's name has at least so many hex digits.
const HASH_DIGITS: usize = 12;

/// How a file may be packed, the smallest first, and what its name ends with then.
const PACKINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

const BEING_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
     <title>Accession</title><p>The page is being built. This will show it when it is ready.</p>";

const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
     <title>Accession</title><p>There is no such file. <a href=\"/\">To the page</a></p>";

/// The directory of the built page. It may still be empty.
#[derive(Debug)]
pub(crate) struct Page {
    directory: PathBuf,
}

impl Page {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    pub(crate) async fn answer(
        &self,
        method: &Method,
        path: &str,
        asked: &HeaderMap,
    ) -> Response<Body> {
        let mut response = if matches!(*method, Method::GET | Method::HEAD) {
            self.file(path, *method == Method::HEAD, asked).await
        } else {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn file(&self, path: &str, head_only: bool, asked: &HeaderMap) -> Response<Body> {
        let Some(relative) = relative(path) else { return text(StatusCode::NOT_FOUND, NOT_FOUND) };
        let Some(plain) = self.open(&relative).await else {
            if relative != Path::new(INDEX) {
                return text(StatusCode::NOT_FOUND, NOT_FOUND);
            }
            let mut response = text(StatusCode::SERVICE_UNAVAILABLE, BEING_BUILT);
            // The policy forbids a script, so the browser itself looks again.
            response.headers_mut().insert(REFRESH, HeaderValue::from_static("1"));
            return response;
        };
        let (Opened { file, size, .. }, packing) = self.packed(&relative, plain, asked).await;
        let body = if head_only { body::full("") } else { body::file(file, size) };
        let mut response = Response::new(body);
        let caching =
            if is_hashed(&relative) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(&relative)));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
        headers.insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
        if let Some(packing) = packing {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing));
        }
        response
    }

    /// The same file as small as whoever asks can read it, and how it is packed.
    async fn packed(
        &self,
        relative: &Path,
        plain: Opened,
        asked: &HeaderMap,
    ) -> (Opened, Option<&'static str>) {
        for (packing, ending) in PACKINGS {
            if !accepts(asked, packing) {
                continue;
            }
            let mut name = relative.as_os_str().to_owned();
            name.push(".");
            name.push(ending);
            // What is older was packed from another one.
            if let Some(packed) = self.open(Path::new(&name)).await
                && packed.written >= plain.written
            {
                return (packed, Some(packing));
            }
        }
        (plain, None)
    }

    async fn open(&self, relative: &Path) -> Option<Opened> {
        // Links are followed, but not out of the directory.
        let root = tokio::fs::canonicalize(&self.directory).await.ok()?;
        let path = tokio::fs::canonicalize(root.join(relative)).await.ok()?;
        if !path.starts_with(&root) {
            return None;
        }
        let file = File::open(path).await.ok()?;
        let about = file.metadata().await.ok()?;
        let written = about.modified().ok()?;
        about.is_file().then_some(Opened { file, size: about.len(), written })
    }
}

/// A file that is about to be sent.
struct Opened {
    file: File,
    size: u64,
    written: SystemTime,
}

/// Whether whoever asks can unpack this.
fn accepts(asked: &HeaderMap, packing: &str) -> bool {
    let values = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|choice| {
        let mut parts = choice.split(';').map(str::trim);
        let is_meant = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(packing));
        // A weight of zero says that it must not be sent.
        let is_refused = parts
            .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .any(|weight| weight.trim().parse() == Ok(0.0));
        is_meant && !is_refused
    })
}

/// The file that a path means; `None` if it can mean none inside the directory.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut segments: Vec<_> = decoded.strip_prefix('/')?.split('/').collect();
    if segments.last() == Some(&"") {
        *segments.last_mut()? = INDEX;
    }
    let is_plain = |segment: &&str| {
        // Hidden files are nobody's business, and a colon or a backslash means more on some systems.
        !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['\\', ':', '\0'])
    };
    segments.iter().all(is_plain).then(|| segments.iter().collect())
}

/// Whether a file's name changes with its content, as in `app-0123456789abcdef.js`.
fn is_hashed(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split(['-', '.', '_'])
        .skip(1)
        .any(|part| part.len() >= HASH_DIGITS && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text(status: StatusCode, html: &'static str) -> Response<Body> {
    let mut response = Response::new(body::full(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let found = |path: &str| relative(path).map(|path| path.to_string_lossy().into_owned());
        assert_eq!(found("/").as_deref(), Some("index.html"));
        assert_eq!(found("/docs/").as_deref(), Some("docs/index.html"));
        assert_eq!(found("/a%20b.js").as_deref(), Some("a b.js"));
        for path in [
            "",
            "*",
            "/../x",
            "/%2e%2e/x",
            "/a/..%2fx",
            "/a%2f..%2f..%2fx",
            "//etc/passwd",
            "/.git/config",
            "/a/./b",
            "/..%5cx",
            "/c:/x",
            "/a%00b",
            "/%ff",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_unpacked_is_not_accepted() {
        let accepts = |value: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            super::accepts(&asked, "br")
        };
        for value in ["br", "gzip, deflate, br, zstd", "gzip;q=0.5, BR ; q=0.1", "br;q=1.000"] {
            assert!(accepts(value), "{value}");
        }
        for value in ["", "gzip", "brotli", "br;q=0", "br; q=0.000", "*"] {
            assert!(!accepts(value), "{value}");
        }
        assert!(!super::accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        for name in ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm"] {
            assert!(is_hashed(Path::new(name)), "{name}");
        }
        for name in ["index.html", "boot.js", "app-facade.js", "0123456789abcdef.js", "a-b.css"] {
            assert!(!is_hashed(Path::new(name)), "{name}");
        }
    }
}

//! Takes the secrets out of what is recorded: passwords, tokens, and upload links, which need no
//! login and are keys themselves. It does not know what becomes of the record.

use accession_core::reading;
use accession_core::wire::{Headers, REDACTED, Request, Response};
use serde_json::Value;

use crate::exchange::{Body, RecordedRequest, RecordedResponse};

/// Fields whose values are passwords, at any depth.
const SECRET_FIELDS: [&str; 2] = ["password", "current_password"];

/// Whether a field of this name holds a password.
pub fn is_secret(field: &str) -> bool {
    SECRET_FIELDS.contains(&field)
}

/// A segment of a link that is at least this long may be its key.
const KEY_LENGTH: usize = 16;

/// A request as it may be kept. `secrets` are texts that must not appear anywhere.
pub(crate) fn request(request: &Request, secrets: &[&str]) -> RecordedRequest {
    RecordedRequest {
        method: request.method,
        url: url(&request.url, secrets),
        headers: headers(&request.headers, secrets),
        body: body(&request.body, false, secrets),
    }
}

/// A response as it may be kept. `secret_result` says that the body's one text is a token.
pub(crate) fn response(
    response: &Response,
    secret_result: bool,
    secrets: &[&str],
) -> RecordedResponse {
    RecordedResponse {
        status: response.status,
        headers: headers(&response.headers, secrets),
        body: body(&response.body, secret_result && response.is_success(), secrets),
    }
}

/// A text without the users and passwords of the URIs in it.
pub fn without_users(text: &str) -> String {
    let mut parts = text.split("://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part.bytes().take_while(|byte| !b" \t\r\n/?#\"\\'<>".contains(byte));
        let host = authority.enumerate().filter(|(_, byte)| *byte == b'@').last();
        let host = host.map_or(0, |(at, _)| at + 1);
        kept.push_str("://");
        kept.push_str(&part[host..]);
    }
    kept
}

/// The server's own name is no secret, even where it has a password's letters in it.
fn url(url: &str, secrets: &[&str]) -> String {
    let url = &without_users(url);
    let authority = url.find("://").map_or(0, |at| at + 3);
    let path = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    let (origin, rest) = url.split_at(path);
    format!("{origin}{}", without(rest, secrets))
}

fn headers(headers: &Headers, secrets: &[&str]) -> Headers {
    headers.redacted().iter().map(|(name, value)| (name, without(value, secrets))).collect()
}

fn body(bytes: &[u8], secret_result: bool, secrets: &[&str]) -> Body {
    if bytes.is_empty() {
        return Body::Empty;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Body::Bytes(bytes.len() as u64);
    };
    let text = &without_users(text);
    let Ok(mut value) = reading::parse(text) else {
        return Body::Text(if secret_result {
            REDACTED.to_owned()
        } else {
            without(text, secrets)
        });
    };
    // What holds no secret is kept exactly as it came, byte for byte.
    let mut changed = false;
    hide(&mut value, secret_result, &mut changed);
    let text = if changed { value.to_string() } else { text.to_owned() };
    Body::Text(without(&text, secrets))
}

fn hide(value: &mut Value, secret_result: bool, changed: &mut bool) {
    match value {
        Value::String(text) if secret_result => replace(text, REDACTED.to_owned(), changed),
        Value::Array(values) => values.iter_mut().for_each(|v| hide(v, secret_result, changed)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if is_secret(name) => {
                        replace(text, REDACTED.to_owned(), changed);
                    }
                    Value::Object(endpoint) if name == "upload_endpoint" => {
                        if let Some(Value::String(uri)) = endpoint.get_mut("uri") {
                            replace(uri, link(uri), changed);
                        }
                    }
                    _ => hide(value, secret_result, changed),
                }
            }
        }
        _ => {}
    }
}

fn replace(text: &mut String, by: String, changed: &mut bool) {
    *changed |= *text != by;
    *text = by;
}

/// A link with its key hidden: host, file name and short segments stay, the query goes.
pub(crate) fn link(uri: &str) -> String {
    let (path, query) = uri.split_once('?').map_or((uri, ""), |(path, _)| (path, "?••••"));
    let segments: Vec<&str> = path.split('/').collect();
    let shown = segments
        .iter()
        .enumerate()
        .map(|(at, segment)| if is_key(&segments, at) { REDACTED } else { *segment });
    shown.collect::<Vec<_>>().join("/") + query
}

/// The segments of a link that may be its key.
pub(crate) fn keys(uri: &str) -> Vec<&str> {
    let path = uri.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    (0..segments.len()).filter(|at| is_key(&segments, *at)).map(|at| segments[at]).collect()
}

/// The first three segments are scheme, nothing and host; the last is the file's name.
fn is_key(segments: &[&str], at: usize) -> bool {
    at > 2 && at + 1 < segments.len() && segments[at].len() >= KEY_LENGTH
}

/// The text of a body that may repeat what was sent.
pub(crate) fn echo(body: &[u8], secrets: &[&str]) -> String {
    without(&String::from_utf8_lossy(body), secrets)
}

fn without(text: &str, secrets: &[&str]) -> String {
    let real = secrets.iter().filter(|secret| secret.len() >= 4);
    real.fold(text.to_owned(), |text, secret| {
        let in_json = Value::from(*secret).to_string();
        text.replace(secret, REDACTED).replace(in_json.trim_matches('"'), REDACTED)
    })
}

#[cfg(test)]
mod tests {
    use accession_core::wire::Method;

    use super::*;

    #[test]
    fn hides_the_key_of_a_link() {
        assert_eq!(
            link("https://vc:443/cls/data/0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5/a%20b.iso"),
            "https://vc:443/cls/data/••••/a%20b.iso"
        );
        assert_eq!(link("https://vc/up/a.iso?key=1"), "https://vc/up/a.iso?••••");
    }

    #[test]
    fn hides_secrets_wherever_they_stand() {
        let mut sent = Request::new(Method::Post, "https://vc/api/x?t=tok-1234");
        sent.headers.push("vmware-api-session-id", "tok-1234");
        sent.headers.push("X-Other", "a tok-1234");
        sent.body = br#"{"publish_info":{"password":"hunter22"},"name":"tok-1234"}"#.to_vec();
        let kept = format!("{:?}", request(&sent, &["tok-1234"]));
        assert!(!kept.contains("tok-1234") && !kept.contains("hunter22"), "{kept}");

        let answer = |body: &str| Response { body: body.into(), ..Response::empty(201) };
        for body in ["\"tok-5678\"", "{\"value\":\"tok-5678\"}", "tok-5678 as text"] {
            let kept = format!("{:?}", response(&answer(body), true, &[]));
            assert!(!kept.contains("tok-5678"), "{kept}");
        }
    }

    #[test]
    fn an_echo_is_no_way_out() {
        let body = br#"{"error_type":"UNAUTHENTICATED","said":"no a\"bc for you"}"#;
        let kept = echo(body, &["a\"bc"]);
        assert_eq!(kept, r#"{"error_type":"UNAUTHENTICATED","said":"no •••• for you"}"#);
        assert_eq!(keys("https://vc/cls/data/0c1d2e3f-4a5b-4c6d/a.iso"), ["0c1d2e3f-4a5b-4c6d"]);
    }

    #[test]
    fn a_uri_has_no_user_in_it() {
        let text = "{\"uri\":\"https://me:a@b@h:1/x?y=a@b\",\"of\":\"from ftp://u@h and a://b\"}";
        let kept = "{\"uri\":\"https://h:1/x?y=a@b\",\"of\":\"from ftp://h and a://b\"}";
        assert_eq!(without_users(text), kept);
        for same in ["", "://", "a@b", "ds:///vmfs/a@b", "https://h\\\"@x"] {
            assert_eq!(without_users(same), same);
        }
    }

    #[test]
    fn a_servers_name_is_no_secret() {
        for (sent, kept) in [
            ("https://vcenter.lab/api/session", "https://vcenter.lab/api/session"),
            ("https://vcenter.lab/vcenter/x", "https://vcenter.lab/••••/x"),
            ("https://vcenter.lab", "https://vcenter.lab"),
            ("/vcenter", "/••••"),
        ] {
            assert_eq!(url(sent, &["vcenter"]), kept);
        }
    }

    #[test]
    fn what_holds_no_secret_is_kept_as_it_came() {
        let text = "{ \"b\" : 1,\n \"a\": [] }";
        let answer = Response { body: text.into(), ..Response::empty(200) };
        assert_eq!(response(&answer, false, &["secret"]).body, Body::Text(text.to_owned()));
    }
}

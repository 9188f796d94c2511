//! What does not leave the page with a run: passwords, users and passwords in URIs; and with a link also
//! the names of hosts.
//!
//! A run has no token and no file's bytes to begin with.

use accession_client::{is_secret, without_users};
use accession_core::wire::REDACTED;
use serde_json::Value;

/// The same run, without its secrets.
pub(crate) fn without_secrets(run: &Value) -> Value {
    changed(run, &mut |text| without_users(text))
}

/// The same run, without its secrets and the names of the hosts that it fetches files from.
pub(crate) fn without_hosts(run: &Value) -> Value {
    let mut hosts = Vec::new();
    changed(run, &mut |text| with_other_host(&without_users(text), &mut hosts))
}

fn changed(run: &Value, change: &mut dyn FnMut(&str) -> String) -> Value {
    let mut run = run.clone();
    walk("", &mut run["entries"], change);
    run
}

fn walk(name: &str, value: &mut Value, change: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) if is_secret(name) => *text = REDACTED.to_owned(),
        Value::String(text) => *text = change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| walk(name, value, change)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, value)| walk(name, value, change));
        }
        _ => {}
    }
}

/// The same at a host that is none, if it is a URI with one; one host is the same one everywhere.
fn with_other_host(text: &str, hosts: &mut Vec<String>) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if scheme.is_empty() || host.is_empty() || !scheme.chars().all(is_scheme) {
        return text.to_owned();
    }
    let known = hosts.iter().position(|known| known == host);
    let number = known.unwrap_or_else(|| {
        hosts.push(host.to_owned());
        hosts.len() - 1
    });
    format!("{scheme}://host-{}.test{path}", number + 1)
}

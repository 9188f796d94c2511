//! Requests over a socket from a native program. It blocks; tests do not mind.

use std::io::Read;

use accession_core::wire::{Headers, Method, Request, Response};

use super::{Source, TransportError};

pub(super) fn send(request: &Request) -> Result<Response, TransportError> {
    perform(request, ureq::SendBody::from_reader(&mut request.body.as_slice()), request.body.len())
}

pub(super) fn upload(
    head: &Request,
    source: Source,
    progress: &impl Fn(u64),
) -> Result<Response, TransportError> {
    let Source::Bytes(bytes) = source else { return Err(TransportError::NoBytes) };
    let mut reader = Counting { rest: &bytes, sent: 0, progress };
    perform(head, ureq::SendBody::from_reader(&mut reader), bytes.len())
}

struct Counting<'a, F> {
    rest: &'a [u8],
    sent: u64,
    progress: &'a F,
}

impl<F: Fn(u64)> Read for Counting<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.read(buffer)?;
        self.sent += count as u64;
        (self.progress)(self.sent);
        Ok(count)
    }
}

fn perform(
    request: &Request,
    body: ureq::SendBody<'_>,
    length: usize,
) -> Result<Response, TransportError> {
    let unreachable =
        |error: &dyn std::error::Error| TransportError::Unreachable(error.to_string());
    let mut builder =
        ureq::http::Request::builder().method(request.method.as_str()).uri(&request.url);
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    // A GET with a body, even an empty one, is refused by some servers.
    let has_body =
        length > 0 || matches!(request.method, Method::Put | Method::Post | Method::Patch);
    if has_body {
        builder = builder.header("Content-Length", length);
    }
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let result = if has_body {
        builder.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request))
    } else {
        builder.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request))
    };
    let mut answer = result.map_err(|error| unreachable(&error))?;
    let status = answer.status().as_u16();
    let headers = answer.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers: Headers = headers.collect();
    let body = answer.body_mut().read_to_vec().map_err(|error| unreachable(&error))?;
    Ok(Response { status, headers, body })
}

//! A client that does next to nothing, so that it is not the client that is measured: one socket, one
//! request at a time, and no more of an answer read than where it ends.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("failed to talk to {authority}: {source}")]
    Socket { authority: String, source: io::Error },
    #[error("{authority} closed the connection in the middle of an answer")]
    Closed { authority: String },
    #[error("{authority} answered {request} with {head:?}, which this client does not read")]
    Unreadable { authority: String, request: String, head: String },
    #[error("{authority} answered {request} with {answer:?}")]
    Refused { authority: String, request: String, answer: String },
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    authority: String,
    /// Header fields that go with every request.
    fields: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(authority: &str) -> Result<Self, Failure> {
        let open = async {
            let stream = TcpStream::connect(authority).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let failed = |source| Failure::Socket { authority: authority.to_owned(), source };
        Ok(Self {
            stream: open.await.map_err(failed)?,
            authority: authority.to_owned(),
            fields: format!("Host: {authority}\r\nAccept: application/json\r\n"),
            request: Vec::new(),
            answer: Vec::with_capacity(16 << 10),
        })
    }

    /// Adds a header field to every request from here on.
    pub(crate) fn add_field(&mut self, name: &str, value: &str) {
        self.fields.push_str(&format!("{name}: {value}\r\n"));
    }

    /// Sends a request and gives the body of its answer, which has to be of status 200. A body is
    /// sent with its type.
    pub(crate) async fn call(
        &mut self,
        method: &str,
        target: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<&str, Failure> {
        self.request.clear();
        let mut put = |text: &str| self.request.extend_from_slice(text.as_bytes());
        for text in [method, " ", target, " HTTP/1.1\r\n", &self.fields] {
            put(text);
        }
        if let Some((media_type, body)) = body {
            put(&format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n", body.len()));
            self.request.extend_from_slice(body);
        } else {
            // Servers want a length with a POST.
            put(if method == "POST" { "Content-Length: 0\r\n\r\n" } else { "\r\n" });
        }
        let sent = self.stream.write_all(&self.request).await;
        sent.map_err(|source| self.socket_failure(source))?;
        let head = self.read_answer().await?;
        let answer = String::from_utf8_lossy(&self.answer);
        if !self.answer.starts_with(b"HTTP/1.1 200 ") {
            let (authority, answer) = (self.authority.clone(), answer.into_owned());
            let request = format!("{method} {target}");
            return Err(Failure::Refused { authority, request, answer });
        }
        std::str::from_utf8(&self.answer[head..]).map_err(|_| self.unreadable())
    }

    /// Reads a whole answer and tells where its body begins.
    async fn read_answer(&mut self) -> Result<usize, Failure> {
        self.answer.clear();
        let mut end = None;
        loop {
            let read = self.stream.read_buf(&mut self.answer).await;
            if read.map_err(|source| self.socket_failure(source))? == 0 {
                return Err(Failure::Closed { authority: self.authority.clone() });
            }
            if end.is_none() {
                let head = self.answer.windows(4).position(|four| four == b"\r\n\r\n");
                if let Some(head) = head.map(|at| at + 4) {
                    let length = content_length(&self.answer[..head]);
                    end = Some((head, head + length.ok_or_else(|| self.unreadable())?));
                }
            }
            if let Some((head, _)) = end.filter(|(_, end)| *end <= self.answer.len()) {
                return Ok(head);
            }
        }
    }

    fn socket_failure(&self, source: io::Error) -> Failure {
        Failure::Socket { authority: self.authority.clone(), source }
    }

    fn unreadable(&self) -> Failure {
        let line = |bytes: &[u8]| {
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            String::from_utf8_lossy(line).trim().to_owned()
        };
        Failure::Unreadable {
            authority: self.authority.clone(),
            request: line(&self.request),
            head: String::from_utf8_lossy(&self.answer).into_owned(),
        }
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let value = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then_some(value)
    })?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// What stands between these words and the next quote.
pub(crate) fn text_after<'a>(answer: &'a str, words: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(words)?;
    rest.split_once('"').map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_whatever_its_case() {
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 12\r\n\r\n"), Some(12));
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\n\r\n"), None);
    }

    #[test]
    fn a_text_ends_at_its_quote() {
        let answer = r#"{"value":{"uri":"http://h/a","x":""}}"#;
        assert_eq!(text_after(answer, r#""uri":""#), Some("http://h/a"));
        assert_eq!(text_after(answer, r#""y":""#), None);
    }
}

//! The bytes of a file: where they go, and what may go with them.

use accession_core::dialect::SESSION_HEADER;
use accession_core::model::SessionFileInfo;
use accession_core::time::Timestamp;
use accession_core::wire::{Headers, Method, Request};

use crate::exchange::{Body, Note, RecordedRequest};
use crate::transport::{Arrival, Source, TransportError};
use crate::{Client, ClientError, redact, refusal};

/// An upload link, as the answer to an added file gave it. It needs no login, so it is kept like
/// a secret: its `Debug` form hides the key.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadLink(String);

impl UploadLink {
    /// The link of a file, if the server gave one that can be followed.
    pub fn of(file: &SessionFileInfo) -> Option<Self> {
        let uri = &file.upload_endpoint.as_ref()?.uri;
        let followed = ["http://", "https://"].iter().any(|scheme| {
            uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        followed.then(|| Self(uri.clone()))
    }
}

impl std::fmt::Debug for UploadLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&redact::link(&self.0))
    }
}

impl Client {
    /// Sends a whole file to its upload link. `progress` is told how many bytes have gone.
    ///
    /// Success means that the bytes arrived, not that they were accepted: the file's status tells.
    /// Dropping the future ends the upload.
    pub async fn upload(
        &self,
        link: &UploadLink,
        source: Source,
        progress: impl Fn(u64) + 'static,
    ) -> Result<(), ClientError> {
        let at = (self.shared.clock)();
        let mut notes = Vec::new();
        let url = self.reachable(&link.0, &mut notes);
        let mut request = Request::new(Method::Put, url);
        request.headers = Headers::from_iter([("Content-Type", "application/octet-stream")]);
        let token = self.token().filter(|_| same_origin(&request.url, &self.shared.origin));
        if let Some(token) = &token {
            request.headers.push(SESSION_HEADER, token.reveal());
        }
        let recorded = recorded(&request, source.size());
        let sent_to = request.url.clone();
        let mut secrets = redact::keys(&sent_to);
        secrets.extend(token.as_ref().map(|token| token.reveal()));
        let mut unfinished = Unfinished { client: self, begun: Some((recorded, notes, at)) };
        let clock = self.shared.clock.clone();
        let arrival = self.shared.transport.upload(request, source, at, progress, clock).await;
        let result = match &arrival.response {
            Err(error) => Err(error.clone().into()),
            Ok(response) if response.is_success() => Ok(()),
            Ok(response) => Err(refusal(response, &secrets)),
        };
        unfinished.finish(arrival, &secrets);
        result
    }

    /// A gateway forwards the upload path too; the link itself names a host behind it, which the
    /// page cannot reach.
    fn reachable(&self, link: &str, notes: &mut Vec<Note>) -> String {
        let parsed = Request::new(Method::Put, link);
        if self.shared.behind.borrow().is_none() || same_origin(link, &self.shared.origin) {
            return link.to_owned();
        }
        notes.push(Note::ThroughGateway);
        format!("{}{}", self.shared.origin, &link[parsed.origin().len()..])
    }
}

/// An upload as it is kept.
pub(crate) fn recorded(head: &Request, bytes: u64) -> RecordedRequest {
    RecordedRequest {
        method: head.method,
        url: redact::link(&head.url),
        headers: head.headers.redacted(),
        body: Body::Bytes(bytes),
    }
}

/// An upload that has begun. Dropped before it is finished, it is recorded as ended on this side.
struct Unfinished<'a> {
    client: &'a Client,
    begun: Option<(RecordedRequest, Vec<Note>, Timestamp)>,
}

impl Unfinished<'_> {
    fn finish(&mut self, arrival: Arrival, secrets: &[&str]) {
        let Some((request, notes, at)) = self.begun.take() else { return };
        let mut exchange = self.client.begin_exchange("upload".to_owned(), request, at);
        exchange.notes = notes;
        self.client.finish_exchange(exchange, arrival, false, secrets);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.finish(Err(TransportError::Aborted).into(), &[]);
    }
}

/// Whether two URLs have the same scheme, host and port.
fn same_origin(left: &str, right: &str) -> bool {
    origin(left) == origin(right)
}

fn origin(url: &str) -> String {
    let request = Request::new(Method::Get, url);
    let origin = request.origin().to_ascii_lowercase();
    let default_port = if origin.starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(default_port).unwrap_or(&origin).to_owned()
}

#[cfg(test)]
mod tests {
    use accession_core::model::TransferEndpoint;

    use super::*;

    #[test]
    fn origins_compare_as_browsers_compare_them() {
        assert!(same_origin("https://VC.example:443/cls/data/x/y", "https://vc.example"));
        assert!(same_origin("http://h:80/", "http://h/api"));
        for other in ["http://vc.example", "https://vc.example:8443", "https://vc.example.evil"] {
            assert!(!same_origin(other, "https://vc.example"), "{other}");
        }
        assert!(!same_origin("https://vc.example@evil/", "https://vc.example"));
    }

    #[test]
    fn only_http_links_are_followed() {
        let link = |uri: &str| {
            let endpoint = TransferEndpoint { uri: uri.to_owned(), ..TransferEndpoint::default() };
            let upload_endpoint = Some(endpoint);
            UploadLink::of(&SessionFileInfo { upload_endpoint, ..SessionFileInfo::default() })
        };
        assert!(link("HTTPS://h/x").is_some());
        for uri in ["javascript:alert(1)", "file:///x", "/cls/data/x", "", "é"] {
            assert!(link(uri).is_none(), "{uri}");
        }
        assert!(UploadLink::of(&SessionFileInfo::default()).is_none());
    }
}

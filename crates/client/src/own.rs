//! How Accession's own server says who it is: errors that are nobody else's, and the header that
//! names the server behind a gateway. It does not know when they are sent.

use accession_core::reading;
use serde_json::json;

/// The response header in which Accession's own gateway names the server that it forwards to.
pub const GATEWAY_HEADER: &str = "x-accession-gateway";

/// An error of Accession's own server. It cannot be mistaken for one of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnError {
    /// The part of the server that speaks.
    pub speaker: String,
    /// What it says.
    pub message: String,
}

const SPEAKERS: &str = "accession-";

impl OwnError {
    /// The body of the answer.
    pub fn to_body(&self) -> String {
        json!({ "error": self.speaker, "message": self.message }).to_string()
    }

    /// Reads such a body; none if it is another one.
    pub fn read(body: &str) -> Option<Self> {
        let body = reading::parse(body).ok()?;
        let text = |name| Some(body.get(name)?.as_str()?.to_owned());
        let speaker = text("error").filter(|speaker| speaker.starts_with(SPEAKERS))?;
        Some(Self { speaker, message: text("message")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_errors_are_read() {
        let own = OwnError { speaker: "accession-gateway".to_owned(), message: "no".to_owned() };
        assert_eq!(OwnError::read(&own.to_body()), Some(own));
        for other in
            ["", "no", "[]", r#"{"error":"x","message":"y"}"#, r#"{"error":"accession-x"}"#]
        {
            assert_eq!(OwnError::read(other), None, "{other}");
        }
    }
}

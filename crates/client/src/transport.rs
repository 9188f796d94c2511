//! How calls and bytes move. The set is closed: a simulator in this process, the browser's
//! network, or a socket of a native program. None of them knows what it moves.

#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
mod native;
mod simulated;

use std::rc::Rc;

use accession_core::rules::RuleRef;
use accession_core::simulator::{Handled, Transition};
use accession_core::time::Timestamp;
use accession_core::wire::{Request, Response};

pub use simulated::{Progress, Reader, Simulated};

/// Where requests go.
#[derive(Clone)]
pub enum Transport {
    /// A simulator in this process.
    Simulated(Simulated),
    /// The browser's network: `fetch` for calls, `XMLHttpRequest` for bytes, since only that tells
    /// of progress.
    #[cfg(target_arch = "wasm32")]
    Fetch,
    /// A socket.
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    Native,
}

/// The bytes of a file, wherever they are. They are never read into the memory of the page's wasm.
#[derive(Clone)]
pub enum Source {
    /// A file or blob of the browser.
    #[cfg(target_arch = "wasm32")]
    Blob(web_sys::Blob),
    /// Bytes in memory, for tests.
    Bytes(Rc<[u8]>),
    /// A file that is only made up: nothing but its length and digests exist. A simulator takes it.
    Virtual(accession_core::received::Received),
}

impl Source {
    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            #[cfg(target_arch = "wasm32")]
            Self::Blob(blob) => blob.size() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Virtual(received) => received.size,
        }
    }
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The server could not be reached, or the browser does not let the page see its answer; a
    /// browser does not tell which.
    #[error("no answer from the server: {0}")]
    Unreachable(String),
    /// The upload was ended on this side.
    #[error("the upload was ended on this side")]
    Aborted,
    /// This transport cannot send such bytes.
    #[error("a made-up file can be sent to a simulator only")]
    NoBytes,
}

/// What came back, and what a simulator tells besides.
pub(crate) struct Arrival {
    pub(crate) response: Result<Response, TransportError>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) rule: Option<RuleRef>,
    /// When it came, where time is made up: then an answer takes none.
    pub(crate) at: Option<Timestamp>,
}

impl From<Handled> for Arrival {
    fn from(handled: Handled) -> Self {
        let body = handled.response.body.len() as u64;
        let cut = handled.disturbance.cut_after.is_some_and(|after| after < body.max(1));
        let reset = || TransportError::Unreachable("the connection ended before the answer".into());
        Self {
            // How late or how slow an answer is has no meaning where time is made up.
            response: if cut { Err(reset()) } else { Ok(handled.response) },
            transitions: handled.transitions,
            rule: handled.rule,
            at: None,
        }
    }
}

impl From<Result<Response, TransportError>> for Arrival {
    fn from(response: Result<Response, TransportError>) -> Self {
        Self { response, transitions: Vec::new(), rule: None, at: None }
    }
}

impl Transport {
    pub(crate) async fn send(&self, request: Request, now: Timestamp) -> Arrival {
        match self {
            Self::Simulated(simulated) => simulated.send(&request, now),
            #[cfg(target_arch = "wasm32")]
            Self::Fetch => fetch::send(request).await.into(),
            #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
            Self::Native => native::send(&request).into(),
        }
    }

    pub(crate) async fn upload(
        &self,
        head: Request,
        source: Source,
        now: Timestamp,
        progress: impl Fn(u64) + 'static,
        clock: Rc<dyn Fn() -> Timestamp>,
    ) -> Arrival {
        match self {
            Self::Simulated(simulated) => {
                simulated.upload(head, source, now, progress, clock).await
            }
            #[cfg(target_arch = "wasm32")]
            Self::Fetch => fetch::upload(head, source, progress).await.into(),
            #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
            Self::Native => native::upload(&head, source, &progress).into(),
        }
    }
}

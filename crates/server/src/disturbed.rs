//! Answers on a connection with which something is wrong on purpose: late, slow, or cut off.
//!
//! It does not know what is answered, nor who asked for the fault.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use accession_core::simulator::Disturbance;
use accession_core::wire;
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::body::{self, Body};

/// How often a piece of a slow answer is sent.
const PIECES_PER_SECOND: u64 = 20;

/// Marks an answer in the place of which the connection is to end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a fault asked for the end of this connection")]
pub(crate) struct Severed;

/// Waits as long as a fault asks for.
pub(crate) async fn delay(disturbance: &Disturbance) {
    if !disturbance.delay.is_zero() {
        sleep(disturbance.delay).await;
    }
}

/// The body of an answer, as a fault lets it go.
pub(crate) fn body(answer: &wire::Response, disturbance: &Disturbance) -> Body {
    let bytes = Bytes::copy_from_slice(&answer.body);
    if disturbance.bytes_per_second.is_none() && disturbance.cut_after.is_none() {
        return body::full(bytes);
    }
    let piece = disturbance.bytes_per_second.map(|rate| (rate / PIECES_PER_SECOND).max(1));
    Slow { left: disturbance.cut_after, piece, pause: None, bytes }.boxed_unsync()
}

/// Marks an answer of which nothing is to be seen.
pub(crate) fn sever(response: &mut Response<Body>, disturbance: &Disturbance) {
    if disturbance.cut_after == Some(0) {
        response.extensions_mut().insert(Severed);
    }
}

/// A body that is sent piece by piece, and perhaps not to its end. It says how long it would be.
struct Slow {
    bytes: Bytes,
    /// How many bytes may still go, if not all.
    left: Option<u64>,
    /// How many go at a time, if not all at once.
    piece: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Slow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        if self.left == Some(0) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        let whole = self.bytes.len() as u64;
        let size = self.piece.unwrap_or(whole).min(self.left.unwrap_or(whole)).min(whole);
        let piece = self.bytes.split_to(usize::try_from(size).unwrap_or(usize::MAX));
        self.left = self.left.map(|left| left - size);
        if self.piece.is_some() {
            let rest = Duration::from_millis(1000 / PIECES_PER_SECOND);
            self.pause = Some(Box::pin(sleep(rest)));
        } else if self.left == Some(0) {
            // What was sent has to be on its way before the connection ends.
            self.pause = Some(Box::pin(sleep(Duration::from_millis(20))));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

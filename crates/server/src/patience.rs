//! A connection that gives up on a peer that is too slow: over a request's head, between requests,
//! or in taking what is sent to it.
//!
//! It does not know HTTP; it is told whether a request is running. Bodies have their own limit.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

use crate::Limits;

/// How long a closed connection is listened to, and how long between two pieces of what still comes.
const LINGER: Duration = Duration::from_secs(30);
const LINGER_IDLE: Duration = Duration::from_secs(2);

/// A connection with limits of time.
pub(crate) struct Patience {
    stream: TcpStream,
    busy: Busy,
    waiting: Option<Waiting>,
    /// Since when the peer has taken nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether the peer has had its time.
    gave_up: bool,
    head: Duration,
    keep_alive: Duration,
    write: Duration,
}

/// Whether a request is running on a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Busy(Arc<AtomicBool>);

/// What the peer is given time for.
struct Waiting {
    for_head: bool,
    deadline: Pin<Box<Sleep>>,
}

impl Busy {
    pub(crate) fn set(&self, busy: bool) {
        self.0.store(busy, Ordering::Release);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Patience {
    pub(crate) fn new(stream: TcpStream, busy: Busy, limits: &Limits) -> Self {
        // A new connection that says nothing is no better than one that is slow.
        let waiting = Waiting::new(true, limits.head);
        Self {
            stream,
            busy,
            waiting: Some(waiting),
            stalled: None,
            gave_up: false,
            head: limits.head,
            keep_alive: limits.keep_alive,
            write: limits.write,
        }
    }

    /// The first byte that comes; it is still there to be read. `None` if the peer sends none.
    pub(crate) async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        let count = poll_fn(|cx| {
            let peeked = self.stream.poll_peek(cx, &mut ReadBuf::new(&mut byte));
            if peeked.is_pending() { self.poll_waiting(cx).map(Err) } else { peeked }
        });
        Ok((count.await? > 0).then_some(byte[0]))
    }

    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.busy.is_set() {
            self.waiting = None;
            return Poll::Pending;
        }
        let keep_alive = self.keep_alive;
        let waiting = self.waiting.get_or_insert_with(|| Waiting::new(false, keep_alive));
        ready!(waiting.deadline.as_mut().poll(cx));
        self.gave_up = true;
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// Lets the peer take time with what it has been sent, but not for ever.
    fn poll_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let write = self.write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(write)));
        ready!(stalled.as_mut().poll(cx));
        self.gave_up = true;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Waiting {
    fn new(for_head: bool, limit: Duration) -> Self {
        Self { for_head, deadline: Box::pin(sleep(limit)) }
    }
}

impl AsyncRead for Patience {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let arrived = buffer.filled().len() > before;
        if arrived && !this.busy.is_set() && !this.waiting.as_ref().is_some_and(|w| w.for_head) {
            // The first bytes of the next request. More of them do not buy more time.
            this.waiting = Some(Waiting::new(true, this.head));
        }
        if read.is_pending() {
            return this.poll_waiting(cx).map(Err);
        }
        read
    }
}

impl AsyncWrite for Patience {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.poll_stalled(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.poll_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.gave_up {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Closes a connection in a way that lets the peer read the last answer: a peer that is still
/// sending when its connection vanishes is told of the loss only, not of the reason.
pub(crate) async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    // That fails, too, where the peer has had its time.
    if stream.shutdown().await.is_err() {
        return;
    }
    let end = Instant::now() + LINGER;
    let mut unwanted = vec![0; 64 << 10];
    let discard =
        async { while let Ok(Ok(1..)) = timeout(LINGER_IDLE, stream.read(&mut unwanted)).await {} };
    // It is over either way.
    let _ = timeout_at(end, discard).await;
}

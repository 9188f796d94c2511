//! Bodies on their way in and out: counted, and given up when they stop moving.
//!
//! It does not know what is in them, and keeps no piece longer than it takes to hand it on.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use accession_core::received::Broken;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

use crate::log::Entry;
use crate::patience::Busy;

/// What is sent to a client.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is all here.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// What a client sends. It ends in [`Broken`] unless every announced byte arrives in time.
#[derive(Debug)]
pub(crate) struct Inbound {
    body: Paced,
    entry: Entry,
}

impl Inbound {
    pub(crate) fn new(body: Incoming, idle: Duration, entry: Entry) -> Self {
        Self { body: Paced::new(body, idle), entry }
    }

    /// Reads a body that is small enough to be in memory.
    pub(crate) async fn collect(mut self, limit: u64, time: Duration) -> Result<Vec<u8>, Unread> {
        if self.size_hint().lower() > limit {
            return Err(Unread::TooLarge);
        }
        let collecting = async {
            let mut bytes = Vec::new();
            while let Some(frame) = self.frame().await {
                let frame = frame.or(Err(Unread::Late))?;
                bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
                if bytes.len() as u64 > limit {
                    return Err(Unread::TooLarge);
                }
            }
            Ok(bytes)
        };
        timeout(time, collecting).await.unwrap_or(Err(Unread::Late))
    }
}

/// Why there is no whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    TooLarge,
    /// The rest did not come in time, or at all.
    Late,
}

impl HttpBody for Inbound {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let frame = match ready!(self.body.poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(Halted::TimedOut)) => return Poll::Ready(Some(Err(Broken::TimedOut))),
            Some(Err(Halted::Lost(_))) => return Poll::Ready(Some(Err(Broken::ConnectionLost))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            self.entry.received(data.len());
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.body.size_hint()
    }
}

/// What is sent to a client. When it has gone, the connection is free for the next request.
pub(crate) struct Outbound {
    body: Body,
    entry: Entry,
    busy: Busy,
}

impl Outbound {
    pub(crate) fn new(body: Body, entry: Entry, busy: Busy) -> Self {
        Self { body, entry, busy }
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        self.busy.set(false);
    }
}

impl HttpBody for Outbound {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.entry.sent(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What another server sends, passed on. `hold` is let go of when it has ended, or is not wanted.
pub(crate) fn passed_on<H: Send + Unpin + 'static>(
    body: Incoming,
    idle: Duration,
    hold: H,
) -> Body {
    PassedOn { body: Paced::new(body, idle), _hold: hold }.boxed_unsync()
}

struct PassedOn<H> {
    body: Paced,
    _hold: H,
}

impl<H: Unpin> HttpBody for PassedOn<H> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(self.body.poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|halted| match halted {
                Halted::TimedOut => io::ErrorKind::TimedOut.into(),
                Halted::Lost(error) => io::Error::other(error),
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.body.size_hint()
    }
}

/// A body that may pause, but not for long.
#[derive(Debug)]
pub(crate) struct Paced {
    body: Incoming,
    idle: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Why a body stops before its end.
pub(crate) enum Halted {
    TimedOut,
    Lost(hyper::Error),
}

impl Paced {
    pub(crate) fn new(body: Incoming, idle: Duration) -> Self {
        Self { body, idle, pause: None }
    }

    /// The next bytes.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, Halted>> {
        loop {
            match poll_fn(|cx| self.poll_frame(cx)).await?.map(Frame::into_data) {
                Ok(Ok(data)) => return Some(Ok(data)),
                // What follows a body says nothing of it.
                Ok(Err(_)) => {}
                Err(halted) => return Some(Err(halted)),
            }
        }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Halted>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.pause = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Halted::Lost)));
        }
        let idle = self.idle;
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(idle)));
        ready!(pause.as_mut().poll(cx));
        Poll::Ready(Some(Err(Halted::TimedOut)))
    }
}

/// The bytes of a file, read as they are sent.
pub(crate) fn file(file: tokio::fs::File, size: u64) -> Body {
    FileBody { file, piece: vec![0; 64 << 10], left: size }.boxed_unsync()
}

struct FileBody {
    file: tokio::fs::File,
    piece: Vec<u8>,
    left: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let mut buffer = ReadBuf::new(&mut this.piece);
        ready!(Pin::new(&mut this.file).poll_read(cx, &mut buffer))?;
        // A file that grows while it is sent is cut at the length that was announced.
        let wanted = usize::try_from(this.left).unwrap_or(usize::MAX);
        let read = &buffer.filled()[..buffer.filled().len().min(wanted)];
        if read.is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.left -= read.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(read)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

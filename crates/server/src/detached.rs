//! Work that goes on by itself when whoever waits for it leaves.
//!
//! It does not know what is worked on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;

/// A future that is polled where it is awaited, and handed to the runtime if that is dropped before
/// it is ready. A task of its own from the beginning would do, but costs two changes of thread.
pub(crate) struct Detached<T: Send + 'static>(Option<Work<T>>);

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T: Send> Detached<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send> Future for Detached<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let work = self.0.as_mut().expect("what is ready is not polled again");
        let done = ready!(work.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send> Drop for Detached<T> {
    fn drop(&mut self) {
        let Some(work) = self.0.take().filter(|_| !std::thread::panicking()) else { return };
        // Where the runtime has ended, so has the work.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_goes_on() {
        let (begin, begun) = oneshot::channel();
        let (done, end) = oneshot::channel();
        let mut work = Detached::new(async {
            begun.await.expect("it is told to begin");
            done.send(7).expect("somebody listens");
        });
        tokio::select! {
            biased;
            () = &mut work => panic!("it waits"),
            () = std::future::ready(()) => {}
        }
        drop(work);
        begin.send(()).expect("it still waits");
        assert_eq!(end.await, Ok(7));
    }

    #[tokio::test]
    async fn what_is_waited_for_gives_its_result() {
        assert_eq!(Detached::new(async { 7 }).await, 7);
    }
}

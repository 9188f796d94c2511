//! Requests answered by a simulator in this process. Bytes are read by whoever the host names, and
//! only what was learnt of them reaches the simulator.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use accession_core::received::{Broken, Received};
use accession_core::simulator::{Simulator, Upload, Wants};
use accession_core::time::Timestamp;
use accession_core::wire::Request;

use super::{Arrival, Source, TransportError};

/// Told how many bytes have been read in all; answers whether to go on.
pub type Progress = Rc<dyn Fn(u64) -> bool>;

/// Reads the bytes of a source: a worker in the page, a loop in a test.
pub trait Reader {
    /// Reads the source to its end, and finds out on the way what is wanted.
    fn read(
        &self,
        source: Source,
        wants: Wants,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<Received, Broken>>>>;
}

/// A simulator, and who reads files for it.
#[derive(Clone)]
pub struct Simulated {
    simulator: Rc<RefCell<Simulator>>,
    reader: Rc<dyn Reader>,
}

/// Tells the simulator of an upload that was dropped half-way.
struct Open {
    simulator: Rc<RefCell<Simulator>>,
    upload: Option<Upload>,
    clock: Rc<dyn Fn() -> Timestamp>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            let broken = Err(Broken::ConnectionLost);
            self.simulator.borrow_mut().close_upload(upload, broken, (self.clock)());
        }
    }
}

impl Simulated {
    /// Shares a simulator with its host.
    pub fn new(simulator: Rc<RefCell<Simulator>>, reader: Rc<dyn Reader>) -> Self {
        Self { simulator, reader }
    }

    pub(super) fn send(&self, request: &Request, now: Timestamp) -> Arrival {
        self.simulator.borrow_mut().handle(request, now).into()
    }

    pub(super) async fn upload(
        &self,
        head: Request,
        source: Source,
        progress: impl Fn(u64) + 'static,
        clock: Rc<dyn Fn() -> Timestamp>,
    ) -> Arrival {
        let opened = self.simulator.borrow_mut().open_upload(&head, clock());
        let upload = match opened {
            Ok(upload) => upload,
            Err(refused) => return refused.into(),
        };
        let wants = upload.wants().clone();
        let mut open = Open {
            simulator: self.simulator.clone(),
            upload: Some(upload.clone()),
            clock: clock.clone(),
        };
        let stopped = Rc::new(Cell::new(false));
        let on_progress: Progress = Rc::new({
            let (simulator, clock, stopped) =
                (self.simulator.clone(), clock.clone(), stopped.clone());
            move |bytes| {
                if simulator.borrow_mut().progress(&upload, bytes, clock()).is_err() {
                    stopped.set(true);
                }
                progress(bytes);
                !stopped.get()
            }
        });
        let outcome = match source {
            Source::Virtual(received) => {
                on_progress(received.size);
                Ok(received)
            }
            source => self.reader.read(source, wants, on_progress).await,
        };
        let outcome = if stopped.get() { Err(Broken::ConnectionLost) } else { outcome };
        match open.upload.take() {
            Some(upload) => {
                self.simulator.borrow_mut().close_upload(upload, outcome, clock()).into()
            }
            None => Err(TransportError::Aborted).into(),
        }
    }
}

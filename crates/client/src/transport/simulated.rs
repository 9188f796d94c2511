//! Requests answered by a simulator in this process. Bytes are read by whoever the host names, and
//! only what was learnt of them reaches the simulator.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use accession_core::received::{Broken, Received};
use accession_core::run::{Deed, Tape};
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

/// The simulator is told of an upload's progress at most this often: what is told is in the run.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// A simulator, who reads files for it, and what takes down what is done to it.
#[derive(Clone)]
pub struct Simulated {
    simulator: Rc<RefCell<Simulator>>,
    reader: Rc<dyn Reader>,
    tape: Rc<RefCell<Tape>>,
}

/// Tells the simulator of an upload that was dropped half-way.
struct Open {
    simulated: Simulated,
    upload: Option<Upload>,
    clock: Rc<dyn Fn() -> Timestamp>,
}

impl Open {
    fn close(&mut self, outcome: Result<Received, Broken>, dropped: bool) -> Option<Arrival> {
        let upload = self.upload.take()?;
        let now = (self.clock)();
        let (file, received) = (upload.file().to_owned(), outcome.clone().ok());
        let deed = Deed::CloseUpload { file, received, dropped };
        self.simulated.tape.borrow_mut().note(now, deed);
        let handled = self.simulated.simulator.borrow_mut().close_upload(upload, outcome, now);
        Some(Arrival { at: Some(now), ..handled.into() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close(Err(Broken::ConnectionLost), true);
    }
}

impl Simulated {
    /// Shares a simulator with its host.
    pub fn new(simulator: Rc<RefCell<Simulator>>, reader: Rc<dyn Reader>) -> Self {
        Self { simulator, reader, tape: Rc::default() }
    }

    /// The same, with all that is done taken down on the host's tape.
    #[must_use]
    pub fn with_tape(self, tape: Rc<RefCell<Tape>>) -> Self {
        Self { tape, ..self }
    }

    pub(super) fn send(&self, request: &Request, now: Timestamp) -> Arrival {
        self.tape.borrow_mut().request(now, request);
        let handled = self.simulator.borrow_mut().handle(request, now);
        Arrival { at: Some(now), ..handled.into() }
    }

    pub(super) async fn upload(
        &self,
        head: Request,
        source: Source,
        began: Timestamp,
        progress: impl Fn(u64) + 'static,
        clock: Rc<dyn Fn() -> Timestamp>,
    ) -> Arrival {
        let target = self.simulator.borrow().upload_target(head.path());
        if let Some((session, file)) = target {
            self.tape.borrow_mut().note(began, Deed::OpenUpload { session, file });
        }
        let opened = self.simulator.borrow_mut().open_upload(&head, began);
        let upload = match opened {
            Ok(upload) => upload,
            Err(refused) => return Arrival { at: Some(began), ..refused.into() },
        };
        let wants = upload.wants().clone();
        let mut open =
            Open { simulated: self.clone(), upload: Some(upload.clone()), clock: clock.clone() };
        let stopped = Rc::new(Cell::new(false));
        let on_progress: Progress = Rc::new({
            let (simulated, stopped, told) =
                (self.clone(), stopped.clone(), Cell::new(None::<Timestamp>));
            move |bytes| {
                let now = clock();
                if told.get().is_none_or(|told| now.since(told) >= TOLD_EVERY) {
                    told.set(Some(now));
                    let file = upload.file().to_owned();
                    simulated.tape.borrow_mut().note(now, Deed::Progress { file, bytes });
                    let told = simulated.simulator.borrow_mut().progress(&upload, bytes, now);
                    stopped.set(told.is_err());
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
        open.close(outcome, false).unwrap_or_else(|| Err(TransportError::Aborted).into())
    }
}

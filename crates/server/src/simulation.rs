//! One simulator behind a lock, with a clock of its own, and files that stream past it.
//!
//! It does not know what the simulator answers, nor why, nor what other simulators there are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use accession_core::jsonrpc;
use accession_core::received::{Broken, Received};
use accession_core::simulator::{Handled, Simulator, Transition, Upload, body_too_large};
use accession_core::time::Timestamp;
use accession_core::wire;
use http_body_util::BodyExt;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use tokio::time::Instant;

use crate::answer::{self, Voice};
use crate::arriving::Arriving;
use crate::body::{self, Body, Inbound, Unread};
use crate::clock;
use crate::detached::Detached;
use crate::disturbed;
use crate::fetcher::Fetcher;
use crate::origin::Origin;
use crate::pulls::Pulls;

/// How often the simulator is told of an upload's progress: after so many bytes, or so much time.
const PROGRESS_BYTES: u64 = 1 << 20;
const PROGRESS_TIME: Duration = Duration::from_millis(250);

/// The methods that a wire request can have.
pub(crate) const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";

/// A simulator, shared by all connections.
pub(crate) struct Simulation {
    state: Mutex<State>,
    /// What is fetched for it, if somebody fetches.
    pulls: Option<Pulls>,
    body_bytes: u64,
    body_time: Duration,
}

struct State {
    simulator: Simulator,
    /// How far its clock is ahead of this machine's.
    ahead: Duration,
}

/// What a simulator's clock shows.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) now: Timestamp,
    /// How far it is ahead of this machine's.
    pub(crate) ahead: Duration,
    /// The next instant at which something happens without a call.
    pub(crate) next: Option<Timestamp>,
}

impl Simulation {
    /// A clock that was ahead stays ahead.
    pub(crate) fn new(
        simulator: Simulator,
        limits: &crate::Limits,
        fetcher: Option<Arc<Fetcher>>,
    ) -> Arc<Self> {
        let simulator = if fetcher.is_some() { simulator.with_fetching() } else { simulator };
        let (body_bytes, body_time) = (limits.body_bytes, limits.body);
        let ahead = simulator.now().since(clock::now()).as_millis().div_ceil(1000);
        let ahead = Duration::from_secs(u64::try_from(ahead).unwrap_or(u64::MAX));
        let state = Mutex::new(State { simulator, ahead });
        Arc::new_cyclic(|this| {
            let pulls = fetcher.map(|fetcher| Pulls::new(fetcher, this.clone()));
            Self { state, pulls, body_bytes, body_time }
        })
    }

    /// Stops what is fetched for it: it is not to be seen any more.
    pub(crate) fn retire(&self) {
        if let Some(pulls) = &self.pulls {
            pulls.stop();
        }
    }

    /// The seed that it began with.
    pub(crate) fn seed(&self) -> u64 {
        self.state().simulator.seed()
    }

    pub(crate) fn clock(&self) -> Clock {
        let mut state = self.state();
        let now = state.now();
        // What is due happens first, so that what is next is still to come.
        state.simulator.advance(now);
        Clock { now, ahead: state.ahead, next: state.simulator.poll_timeout() }
    }

    /// Puts the clock ahead, and tells what happened meanwhile.
    pub(crate) fn advance(&self, by: Duration) -> Vec<Transition> {
        let mut state = self.state();
        state.ahead = state.ahead.saturating_add(by);
        let now = state.now();
        state.simulator.advance(now)
    }

    /// Asks the simulator something, at this instant by its clock. What it then wants to have fetched
    /// is begun.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&mut Simulator, Timestamp) -> T) -> T {
        let mut state = self.state();
        let now = state.now();
        let answer = question(&mut state.simulator, now);
        if let Some(pulls) = &self.pulls {
            while let Some(fetch) = state.simulator.poll_fetch() {
                pulls.begin(fetch);
            }
        }
        answer
    }

    /// Answers a request, whose target is written as the simulator knows it.
    pub(crate) async fn answer(
        self: Arc<Self>,
        head: &Parts,
        target: &str,
        origin: &Origin,
        body: Inbound,
    ) -> Response<Body> {
        let Ok(method) = head.method.as_str().parse() else {
            return answer::closing(answer::method_not_allowed(METHODS));
        };
        let request = wire_request(method, head, target, origin);
        if Simulator::is_upload(request.path()) {
            // The simulator hears of its end however the client leaves.
            return Detached::new(self.upload(request, body)).await;
        }
        self.call(request, body).await
    }

    async fn call(&self, request: wire::Request, body: Inbound) -> Response<Body> {
        let body = match body.collect(self.body_bytes, self.body_time).await {
            Ok(body) => body,
            Err(Unread::TooLarge) => {
                return answer::closing(http_response(body_too_large(&request, self.body_bytes)));
            }
            Err(Unread::Late) => return answer::late(),
        };
        let request = wire::Request { body, ..request };
        let handled = self.ask(|simulator, now| {
            if jsonrpc::is_for(&request) {
                jsonrpc::handle(simulator, &request, now)
            } else {
                simulator.handle(&request, now)
            }
        });
        answered(handled).await
    }

    async fn upload(self: Arc<Self>, head: wire::Request, body: Inbound) -> Response<Body> {
        let opened = self.ask(|simulator, now| simulator.open_upload(&head, now));
        let upload = match opened {
            Ok(upload) => upload,
            Err(refused) => return answer::closing(answered(refused).await),
        };
        let outcome = self.receive(&upload, body).await;
        let broken = outcome.is_err();
        let handled = self.ask(|simulator, now| simulator.close_upload(upload, outcome, now));
        let response = answered(handled).await;
        if broken { answer::closing(response) } else { response }
    }

    async fn receive(&self, upload: &Upload, mut body: Inbound) -> Result<Received, Broken> {
        let mut arriving = Arriving::new(upload.wants(), self.ask(|_, now| now));
        let (mut told_size, mut told_at) = (0, Instant::now());
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            arriving = arriving.push(data).await?;
            let size = arriving.size();
            if size - told_size >= PROGRESS_BYTES || told_at.elapsed() >= PROGRESS_TIME {
                (told_size, told_at) = (size, Instant::now());
                let progress = self.ask(|simulator, now| simulator.progress(upload, size, now));
                progress.or(Err(Broken::ConnectionLost))?;
            }
        }
        arriving.finish().await
    }

    /// A panic inside the simulator is a bug, but not one that should stop every other session.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn now(&self) -> Timestamp {
        clock::now() + self.ahead
    }
}

fn wire_request(
    method: wire::Method,
    head: &Parts,
    target: &str,
    origin: &Origin,
) -> wire::Request {
    let mut request = wire::Request::new(method, format!("{origin}{target}"));
    for (name, value) in &head.headers {
        request.headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    request
}

/// An answer, as faults let it go.
async fn answered(handled: Handled) -> Response<Body> {
    let Handled { response: answer, disturbance, .. } = handled;
    disturbed::delay(&disturbance).await;
    let body = disturbed::body(&answer, &disturbance);
    let mut response = with_body(answer, body);
    disturbed::sever(&mut response, &disturbance);
    response
}

fn http_response(answer: wire::Response) -> Response<Body> {
    let body = body::full(answer.body.clone());
    with_body(answer, body)
}

fn with_body(answer: wire::Response, body: Body) -> Response<Body> {
    let Ok(status) = StatusCode::from_u16(answer.status) else { return failed() };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in answer.headers.iter() {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        else {
            return failed();
        };
        response.headers_mut().append(name, value);
    }
    response
}

fn failed() -> Response<Body> {
    let message = "the simulator failed; this is a defect of Accession";
    answer::own(Voice::Server, StatusCode::INTERNAL_SERVER_ERROR, message)
}

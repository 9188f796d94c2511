//! A server on a thread of its own, for programs and tests that do not wait themselves.
//!
//! It does not know what the server does.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::{Config, Job, Recipe, Server, StartError};

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    origin: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a simulator on a free port of this machine, without a log.
pub fn start_simulator(seed: u64) -> Result<Running, StartError> {
    let job = Job::Simulate(Recipe::new(seed));
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    start(Config { listen, log: false, ..Config::new(job) })
}

/// Starts a server. It is ready when this returns.
pub fn start(config: Config) -> Result<Running, StartError> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(StartError::Runtime)?;
    let server = runtime.block_on(Server::bind(config))?;
    let (address, origin) = (server.address(), server.origin().to_string());
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        runtime.block_on(server.run(async {
            // It is dropped, never sent on.
            let _ = stopped.await;
        }));
        runtime.shutdown_background();
    });
    Ok(Running { address, origin, stop: Some(stop), thread: Some(thread) })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is reached, `http://127.0.0.1:1234`.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, its own message has said so.
            let _ = thread.join();
        }
    }
}

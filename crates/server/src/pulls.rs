//! The files that are being fetched for one simulator.
//!
//! It does not know how a file is fetched.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use accession_core::simulator::Fetch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::fetcher::Fetcher;
use crate::simulation::Simulation;

/// How often the simulator is told of a fetch, and asked whether it still wants it.
const TELL: Duration = Duration::from_millis(250);

/// What is being fetched. Letting go of it stops it all.
pub(crate) struct Pulls {
    fetcher: Arc<Fetcher>,
    simulation: Weak<Simulation>,
    running: Mutex<JoinSet<()>>,
}

impl Pulls {
    pub(crate) fn new(fetcher: Arc<Fetcher>, simulation: Weak<Simulation>) -> Self {
        Self { fetcher, simulation, running: Mutex::default() }
    }

    pub(crate) fn begin(&self, fetch: Fetch) {
        let mut running = self.running();
        while running.try_join_next().is_some() {}
        running.spawn(run(self.fetcher.clone(), self.simulation.clone(), fetch));
    }

    /// Nobody wants any of it.
    pub(crate) fn stop(&self) {
        self.running().abort_all();
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fetches a file, unless it is no longer wanted, and tells what came of it.
async fn run(fetcher: Arc<Fetcher>, simulation: Weak<Simulation>, fetch: Fetch) {
    let arrived = AtomicU64::new(0);
    let Some(now) = simulation.upgrade().map(|simulation| simulation.ask(|_, now| now)) else {
        return;
    };
    let outcome = tokio::select! {
        outcome = fetcher.fetch(&fetch, now, &arrived) => outcome,
        () = unwanted(&simulation, &fetch, &arrived) => return,
    };
    let Some(simulation) = simulation.upgrade() else { return };
    let outcome = outcome.map_err(|failure| failure.to_string());
    simulation.ask(|simulator, now| simulator.close_fetch(&fetch, outcome, now));
}

/// Tells how far a fetch is, until nobody wants it.
async fn unwanted(simulation: &Weak<Simulation>, fetch: &Fetch, arrived: &AtomicU64) {
    loop {
        sleep(TELL).await;
        let Some(simulation) = simulation.upgrade() else { return };
        let bytes = arrived.load(Ordering::Relaxed);
        let told = simulation.ask(|simulator, now| simulator.fetch_progress(fetch, bytes, now));
        if told.is_err() {
            return;
        }
    }
}

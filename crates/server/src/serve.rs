//! The socket: accepts connections, and stops without cutting anybody off.
//!
//! It does not know what is said on them.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::uri::Authority;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::admission::Admission;
use crate::certificate::Thumbprint;
use crate::connection::{self, Shared};
use crate::cors::Cors;
use crate::fetcher::Fetcher;
use crate::gateway::Gateway;
use crate::log;
use crate::origin::{Origin, Scheme};
use crate::page::Page;
use crate::route::{Calls, Routes};
use crate::state::SnapshotError;
use crate::worlds::Worlds;
use crate::{Admin, Config, Job, StartError};

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// A server with its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    local: Origin,
    thumbprint: Option<Thumbprint>,
    shared: Arc<Shared>,
}

impl Server {
    /// Takes the address. Clients can connect from here on; they are answered once it runs.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let refused = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let identity = match &config.certificate {
            Some(certificate) => Some(certificate.identity(address, config.public_url.as_ref())?),
            None => None,
        };
        let (tls, thumbprint) =
            identity.map(|identity| (identity.acceptor, identity.thumbprint)).unzip();
        let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };
        let authority: Authority = address.to_string().parse().expect("an address is an authority");
        let local = Origin::new(scheme, authority);
        let calls = match config.job {
            Job::Simulate(recipe) => {
                let fetcher = match config.allow_pull {
                    allowed if allowed.is_empty() => None,
                    allowed => Some(Arc::new(Fetcher::new(allowed, &config.limits)?)),
                };
                Calls::Simulate(Box::new(Worlds::new(
                    recipe,
                    &config.limits,
                    config.snapshot,
                    fetcher,
                )?))
            }
            Job::Forward(target) => Calls::Forward(Gateway::new(target, &config.limits)?),
        };
        let loopback = address.ip().is_loopback();
        if config.admin == Admin::ThisMachine && !loopback {
            return Err(StartError::AdminInReach { address });
        }
        let cors = Cors::new(config.cors);
        let public_url = config.public_url;
        let routes = Routes {
            admission: Admission { local: local.clone(), public_url, loopback, cors },
            calls,
            admin: config.admin != Admin::Nobody,
            page: config.page.map(Page::new),
            upload_idle: config.limits.upload_idle,
            log: config.log,
        };
        let shared = Arc::new(Shared { routes, limits: config.limits, tls });
        Ok(Self { listener, address, local, thumbprint, shared })
    }

    /// The address, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is reached on this machine: `https://127.0.0.1:8990`.
    pub fn origin(&self) -> &Origin {
        &self.local
    }

    /// The thumbprint of the certificate that clients are shown, if they are shown one.
    pub fn thumbprint(&self) -> Option<&Thumbprint> {
        self.thumbprint.as_ref()
    }

    /// Serves until `stop` is ready, and then the requests that are running, for a while. At last it
    /// writes the snapshot, if it has one.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), SnapshotError> {
        let mut stop = pin!(stop);
        let room = Arc::new(Semaphore::new(self.shared.limits.connections));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                let place = room.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                (place, accepted) = accepted => match accepted {
                    Ok((stream, _)) => {
                        let serving =
                            connection::serve(stream, self.shared.clone(), stopped.clone());
                        connections.spawn(async move {
                            serving.await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        log::line(&format!("failed to accept a connection: {error}"));
                        sleep(NO_ROOM).await;
                    }
                },
            }
        }
        drop(self.listener);
        stopping.send_replace(true);
        let rest = async { while connections.join_next().await.is_some() {} };
        // What has not ended by then is cut off.
        let _ = timeout(self.shared.limits.grace, rest).await;
        match &self.shared.routes.calls {
            Calls::Simulate(worlds) => worlds.keep().await.unwrap_or(Ok(0)).map(drop),
            Calls::Forward(_) => Ok(()),
        }
    }
}

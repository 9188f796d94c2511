//! The socket: accepts connections, speaks HTTP/1.1 on them, and stops without cutting anybody off.
//!
//! It does not know what is asked for on them.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::admission::Admission;
use crate::gateway::Gateway;
use crate::log;
use crate::page::Page;
use crate::patience::{Busy, Patience};
use crate::route::{Calls, Routes};
use crate::simulation::Simulation;
use crate::{Config, Job, Limits, StartError};

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// A server with its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    routes: Arc<Routes>,
    limits: Arc<Limits>,
}

impl Server {
    /// Takes the address. Clients can connect from here on; they are answered once it runs.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let refused = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let local: Authority = address.to_string().parse().expect("an address is an authority");
        let calls = match config.job {
            Job::Simulate(simulator) => {
                Calls::Simulate(Arc::new(Simulation::new(*simulator, &config.limits)))
            }
            Job::Forward(target) => Calls::Forward(Gateway::new(target, &config.limits)?),
        };
        let loopback = address.ip().is_loopback();
        let routes = Routes {
            admission: Admission { local, public_url: config.public_url, loopback },
            calls,
            page: config.page.map(Page::new),
            upload_idle: config.limits.upload_idle,
            log: config.log,
        };
        Ok(Self { listener, address, routes: Arc::new(routes), limits: Arc::new(config.limits) })
    }

    /// The address, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready, and then the requests that are running, for a while.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let room = Arc::new(Semaphore::new(self.limits.connections));
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
                        let serving = connection(
                            stream, self.routes.clone(), self.limits.clone(), stopped.clone(),
                        );
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
        let _ = timeout(self.limits.grace, rest).await;
    }
}

async fn connection(
    stream: TcpStream,
    routes: Arc<Routes>,
    limits: Arc<Limits>,
    mut stopped: watch::Receiver<bool>,
) {
    // An answer is complete when it is written; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let busy = Busy::default();
    let stream = TokioIo::new(Patience::new(stream, busy.clone(), &limits));
    let log = routes.log;
    let service = service_fn(move |request| {
        let entry = routes.enter(&request, &busy);
        let (routes, busy) = (routes.clone(), busy.clone());
        Box::pin(async move { Ok::<_, Infallible>(routes.answer(request, entry, busy).await) })
    });
    let mut http = http1::Builder::new();
    // hyper's limit does not tell a slow head from a rest between two requests; `Patience` does. But
    // only with a limit of its own does hyper look for the next request at once, and so start that clock.
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive + limits.head)
        .max_header_size(limits.head_bytes);
    let mut connection = http.serve_connection(stream, service);
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
            _ = stopped.wait_for(|stopped| *stopped), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if log && ended.is_err_and(|error| error.is_parse()) {
        log::line(
            "a connection was closed: what came was no HTTP/1.1 request, or its head was too large",
        );
    }
    if !stopping {
        connection.into_parts().io.into_inner().close().await;
    }
}

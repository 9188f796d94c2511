//! A socket for simulators, an admin path to steer them by, and a streaming gateway to one vCenter.
//!
//! It knows HTTP and nothing of the API: no path, status or rule of it is here.
#![warn(missing_docs)]

mod admin;
mod admission;
mod answer;
mod arriving;
mod body;
mod certificate;
mod clock;
mod connection;
mod cors;
mod detached;
mod dial;
mod disturbed;
mod fetcher;
mod files;
mod gateway;
mod log;
mod origin;
mod page;
mod patience;
mod pulls;
mod route;
mod running;
mod serve;
mod simulation;
mod state;
mod tls;
mod worlds;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use accession_core::simulator::NotASnapshot;
pub use certificate::{Certificate, CertificateError, Thumbprint};
pub use clock::now;
pub use origin::{AllowedHost, NotAHost, NotAnOrigin, Origin};
pub use running::{Running, start, start_simulator};
pub use serve::Server;
pub use state::SnapshotError;
pub use worlds::Recipe;

/// Where the server listens unless told otherwise: on this machine only.
pub const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8990);

/// What a server is to do.
#[derive(Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Who answers the calls.
    pub job: Job,
    /// The directory of the built page, if it is to be served as well.
    pub page: Option<PathBuf>,
    /// Who may steer the simulator, and have worlds of their own in it.
    pub admin: Admin,
    /// The file that the simulator's state is kept in between two starts.
    pub snapshot: Option<PathBuf>,
    /// The hosts from which the simulator really fetches files; none, and it fetches nothing.
    pub allow_pull: Vec<AllowedHost>,
    /// Where clients reach this server, if it is not where they say.
    pub public_url: Option<Origin>,
    /// The pages from elsewhere that may use this server, by their origins.
    pub cors: Vec<Origin>,
    /// The certificate that clients are shown; without one, HTTP is spoken without TLS.
    pub certificate: Option<Certificate>,
    /// What a client may take.
    pub limits: Limits,
    /// Whether each request is told of on stderr.
    pub log: bool,
}

impl Config {
    /// A server of this job on the default address.
    pub fn new(job: Job) -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            job,
            page: None,
            admin: Admin::Nobody,
            snapshot: None,
            allow_pull: Vec::new(),
            public_url: None,
            cors: Vec::new(),
            certificate: None,
            limits: Limits::default(),
            log: true,
        }
    }
}

/// Who answers the calls.
#[derive(Debug)]
pub enum Job {
    /// Simulators in this process that begin like this.
    Simulate(Recipe),
    /// A live server; calls are forwarded to it.
    Forward(Target),
}

/// Who may steer the simulator. There is no secret to it: it is for tests, and what it steers is
/// made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admin {
    /// It cannot be steered.
    #[default]
    Nobody,
    /// Whoever uses this machine; the server does not start where other machines can reach it.
    ThisMachine,
    /// Whoever reaches the server.
    Anybody,
}

/// The one live server that calls are forwarded to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub origin: Origin,
    /// Whether any certificate is accepted.
    pub insecure: bool,
}

/// What a client may take in time and space, and other servers in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From a request's first byte to the end of its head; on a new connection, from its beginning,
    /// TLS included.
    pub head: Duration,
    /// For the body of a request that is no upload, and of none that is forwarded.
    pub body: Duration,
    /// Between two pieces of an upload, of a body that is forwarded, or of a file that is fetched; and
    /// until the first of these.
    pub upload_idle: Duration,
    /// Between two requests on one connection.
    pub keep_alive: Duration,
    /// Until a client takes at least one byte of what is being sent.
    pub write: Duration,
    /// The same kind of body as in `body`, in bytes.
    pub body_bytes: u64,
    /// A request's head, in bytes.
    pub head_bytes: usize,
    /// The state of a world, where one is sent, in bytes.
    pub state_bytes: u64,
    /// Worlds that have a name.
    pub worlds: usize,
    /// Connections at a time; more wait.
    pub connections: usize,
    /// For requests that run when the server is told to stop.
    pub grace: Duration,
    /// Files that are fetched at a time; more wait.
    pub fetches: usize,
    /// For a connection to another server, TLS included.
    pub connect: Duration,
    /// For the live server's answer, from the last byte of the request, and between pieces of it.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            upload_idle: Duration::from_secs(60),
            keep_alive: Duration::from_secs(75),
            write: Duration::from_secs(60),
            body_bytes: 1 << 20,
            head_bytes: 64 << 10,
            state_bytes: 64 << 20,
            worlds: 1000,
            connections: 512,
            grace: Duration::from_secs(5),
            fetches: 32,
            connect: Duration::from_secs(10),
            // Live servers were seen to take minutes over a complete.
            answer: Duration::from_secs(300),
        }
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not this machine's.
    #[error(
        "failed to listen on {address}: {source}; choose another address with --listen, or port 0 for any free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Other machines can reach what was to be for this one only.
    #[error(
        "with --admin, whoever reaches this server may change its clock and what is in it, and other machines reach {address}; listen on 127.0.0.1, or let them with --admin-anywhere"
    )]
    AdminInReach {
        /// The address.
        address: SocketAddr,
    },
    /// The system has no threads or timers for it.
    #[error("failed to start the runtime: {0}")]
    Runtime(#[source] io::Error),
    /// TLS has no usable protocol version.
    #[error("failed to set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The state that it is to begin with cannot be taken up.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

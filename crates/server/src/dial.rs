//! Connections from here to other servers, with TLS where it is spoken.
//!
//! It does not know what is said on them.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::{Body as HttpBody, Bytes};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::origin::Origin;

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Undialled {
    /// The host's name means nothing.
    NoSuchHost(io::Error),
    NoConnection(io::Error),
    /// It took too long.
    Late,
    /// The certificate will not do.
    Untrusted(rustls::Error),
    NoTls(io::Error),
}

/// Connects to a server; `tls` says whom to trust if it speaks TLS.
pub(crate) async fn dial(
    origin: &Origin,
    tls: Option<&TlsConnector>,
    limit: Duration,
) -> Result<Box<dyn Stream>, Undialled> {
    timeout(limit, connect(origin, tls)).await.unwrap_or(Err(Undialled::Late))
}

async fn connect(
    origin: &Origin,
    tls: Option<&TlsConnector>,
) -> Result<Box<dyn Stream>, Undialled> {
    let found = lookup_host((origin.host(), origin.port())).await;
    let addresses: Vec<SocketAddr> = found.map_err(Undialled::NoSuchHost)?.collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(Undialled::NoConnection)?;
    // What is sent is complete when it is sent; waiting for more would only delay it.
    stream.set_nodelay(true).map_err(Undialled::NoConnection)?;
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(origin.host().to_owned()).map_err(|error| {
        Undialled::NoSuchHost(io::Error::new(io::ErrorKind::InvalidInput, error))
    })?;
    let stream = tls.connect(name, stream).await.map_err(no_tls)?;
    Ok(Box::new(stream))
}

fn no_tls(error: io::Error) -> Undialled {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(cause @ rustls::Error::InvalidCertificate(_)) => Undialled::Untrusted(cause.clone()),
        _ => Undialled::NoTls(error),
    }
}

/// Begins to speak HTTP on a connection. What goes wrong on it is told by the answer that does not
/// come.
pub(crate) async fn speak<B>(stream: Box<dyn Stream>) -> hyper::Result<(SendRequest<B>, Hold)>
where
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    Ok((sender, Hold(tokio::spawn(connection).abort_handle())))
}

/// A connection to another server; letting go of it drops it at once.
pub(crate) struct Hold(AbortHandle);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// hyper's messages leave out what the system said.
#[derive(Debug)]
pub(crate) struct WithCauses(pub(crate) hyper::Error);

impl fmt::Display for WithCauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

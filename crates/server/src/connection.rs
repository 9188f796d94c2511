//! One connection, from its first byte to its end: TLS where it is spoken, HTTP/1.1 on it, and a
//! close that lets the client read the last answer.
//!
//! It does not know what is asked for on it.

use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::Limits;
use crate::body::Outbound;
use crate::disturbed::Severed;
use crate::log;
use crate::patience::{self, Busy, Patience};
use crate::route::Routes;

/// What the first byte of every TLS connection says: a handshake comes.
const TLS_HANDSHAKE: u8 = 22;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) routes: Routes,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<TlsAcceptor>,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Outbound>, Severed>> + Send>>;

/// Serves a connection until it ends, or until it rests after `stopped` has become true.
pub(crate) async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    // An answer is complete when it is written; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let busy = Busy::default();
    let stream = Patience::new(stream, busy.clone(), &shared.limits);
    let Some(tls) = &shared.tls else {
        let answer = answer(shared.clone(), busy);
        return speak(stream, &shared, answer, stopped).await;
    };
    let opened = tokio::select! {
        opened = open(stream, tls) => opened,
        _ = stopped.wait_for(|stopped| *stopped) => return,
    };
    match opened {
        Opened::Secure(stream) => {
            let answer = answer(shared.clone(), busy);
            speak(*stream, &shared, answer, stopped).await;
        }
        Opened::Plain(stream) => {
            let answer = refuse(shared.clone(), busy);
            speak(stream, &shared, answer, stopped).await;
        }
        Opened::Broken(stream, error) => {
            if shared.routes.log {
                log::line(&format!("a connection was closed: no TLS was agreed on: {error}"));
            }
            patience::close(stream).await;
        }
        Opened::Gone => {}
    }
}

/// How a client begins where TLS is spoken.
enum Opened {
    Secure(Box<tokio_rustls::server::TlsStream<Patience>>),
    /// With something else, perhaps with HTTP.
    Plain(Patience),
    Broken(Patience, std::io::Error),
    /// It left, or said nothing in time.
    Gone,
}

async fn open(mut stream: Patience, tls: &TlsAcceptor) -> Opened {
    match stream.first_byte().await {
        Ok(Some(TLS_HANDSHAKE)) => match tls.accept(stream).into_fallible().await {
            Ok(stream) => Opened::Secure(Box::new(stream)),
            Err((error, stream)) => Opened::Broken(stream, error),
        },
        Ok(Some(_)) => Opened::Plain(stream),
        Ok(None) | Err(_) => Opened::Gone,
    }
}

fn answer(shared: Arc<Shared>, busy: Busy) -> impl Fn(Request<Incoming>) -> Answering + Unpin {
    move |request| {
        let entry = shared.routes.enter(&request, &busy);
        let (shared, busy) = (shared.clone(), busy.clone());
        Box::pin(async move {
            let response = shared.routes.answer(request, entry, busy).await;
            match response.extensions().get::<Severed>() {
                Some(severed) => Err(*severed),
                None => Ok(response),
            }
        })
    }
}

/// Says in plain HTTP that TLS is spoken here: a client that gets no answer cannot tell why.
fn refuse(shared: Arc<Shared>, busy: Busy) -> impl Fn(Request<Incoming>) -> Answering + Unpin {
    move |request| {
        let entry = shared.routes.enter(&request, &busy);
        let refusal = Routes::refuse_plain(entry, busy.clone());
        Box::pin(ready(Ok(refusal)))
    }
}

async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    shared: &Shared,
    answer: impl Fn(Request<Incoming>) -> Answering + Unpin,
    mut stopped: watch::Receiver<bool>,
) {
    let limits = &shared.limits;
    let mut http = http1::Builder::new();
    // hyper's limit does not tell a slow head from a rest between two requests; `Patience` does. But
    // only with a limit of its own does hyper look for the next request at once, and so start that clock.
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive + limits.head)
        .max_header_size(limits.head_bytes);
    let mut connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
            _ = stopped.wait_for(|stopped| *stopped), if !stopping => {
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if shared.routes.log && ended.is_err_and(|error| error.is_parse()) {
        log::line(
            "a connection was closed: what came was no HTTP/1.1 request, or its head was too large",
        );
    }
    let mut stream = connection.into_parts().io.into_inner();
    if stopping {
        // TLS says good-bye; nobody waits for what still comes.
        let _ = stream.shutdown().await;
    } else {
        patience::close(stream).await;
    }
}

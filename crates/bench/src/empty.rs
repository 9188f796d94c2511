//! The least that a server of this framework does: it reads each request to its end and answers with
//! the same bytes.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;

/// What the client looks for in our server's answers, as long as it is there.
pub(crate) const ANSWER: &str = concat!(
    r#"{"uri":"http://h/cls/data/00000000-0000-4000-8000-000000000000/image.iso","#,
    r#""value":"00000000-0000-4000-8000-000000000000:00000000-0000-4000-8000-000000000000"}"#,
);

/// Serves until it is stopped.
pub(crate) async fn serve(bytes: usize) -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(Failure::io("listen"))?;
    let address = listener.local_addr().map_err(Failure::io("listen"))?;
    println!("listening on http://{address}");
    let body = Bytes::from(format!("{ANSWER:bytes$}"));
    loop {
        let (stream, _) = listener.accept().await.map_err(Failure::io("accept a connection"))?;
        stream.set_nodelay(true).map_err(Failure::io("accept a connection"))?;
        let body = body.clone();
        let answer = service_fn(move |request| answer(request, body.clone()));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

async fn answer(
    request: Request<Incoming>,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // What is cut off has no answer.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

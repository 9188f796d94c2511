//! The browser's network: `fetch` for calls, `XMLHttpRequest` for the bytes of files.

use std::cell::RefCell;

use accession_core::wire::{Headers, Method, Request, Response};
use futures_channel::oneshot;
use gloo_net::http::RequestBuilder;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{ProgressEvent, XmlHttpRequest};

use super::{Source, TransportError};

/// Aborts its request when it is dropped, unless the answer has come.
struct Abort(web_sys::AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) async fn send(request: Request) -> Result<Response, TransportError> {
    let controller = web_sys::AbortController::new().map_err(|error| unreachable(&error))?;
    let signal = controller.signal();
    let _abort = Abort(controller);
    let mut builder = RequestBuilder::new(&request.url)
        .method(match request.method {
            Method::Get => gloo_net::http::Method::GET,
            Method::Post => gloo_net::http::Method::POST,
            Method::Put => gloo_net::http::Method::PUT,
            Method::Patch => gloo_net::http::Method::PATCH,
            Method::Delete => gloo_net::http::Method::DELETE,
        })
        // Only what this client says counts: no cookies, no stored answers, no address of the page.
        .credentials(web_sys::RequestCredentials::Omit)
        .cache(web_sys::RequestCache::NoStore)
        .redirect(web_sys::RequestRedirect::Error)
        .referrer_policy(web_sys::ReferrerPolicy::NoReferrer)
        .abort_signal(Some(&signal));
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    let answer = if request.body.is_empty() {
        let built = builder.build().map_err(|error| lost(&error))?;
        let may_outlive = request.method != Method::Get;
        (if may_outlive { outliving(built)? } else { built }).send().await
    } else {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        match builder.body(text) {
            Ok(request) => request.send().await,
            Err(error) => Err(error),
        }
    };
    let answer = answer.map_err(|error| lost(&error))?;
    let headers = answer.headers().entries().collect::<Headers>();
    let body = answer.binary().await.map_err(|error| lost(&error))?;
    Ok(Response { status: answer.status(), headers, body })
}

/// The same request, to be sent to its end even if the page goes away: that is when it logs out.
fn outliving(request: gloo_net::http::Request) -> Result<gloo_net::http::Request, TransportError> {
    let request = web_sys::Request::from(request);
    let init = web_sys::RequestInit::new();
    js_sys::Reflect::set(&init, &"keepalive".into(), &true.into())
        .and_then(|_| web_sys::Request::new_with_request_and_init(&request, &init))
        .map(Into::into)
        .map_err(|error| unreachable(&error))
}

fn lost(error: &gloo_net::Error) -> TransportError {
    TransportError::Unreachable(error.to_string())
}

/// A running upload. Dropped, it aborts the request and lets go of its callbacks.
struct Running {
    request: XmlHttpRequest,
    _on_progress: Closure<dyn Fn(ProgressEvent)>,
    _on_end: Closure<dyn Fn(ProgressEvent)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.request.set_onloadend(None);
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        // After the answer has come this does nothing; an error here would change nothing either.
        let _ = self.request.abort();
    }
}

pub(super) async fn upload(
    head: Request,
    source: Source,
    progress: impl Fn(u64) + 'static,
) -> Result<Response, TransportError> {
    let (ended, end) = oneshot::channel();
    let running = start(&head, source, progress, ended).map_err(|error| match error {
        Start::NoBytes => TransportError::NoBytes,
        Start::Refused(error) => unreachable(&error),
    })?;
    let _ = end.await;
    let request = &running.request;
    match request.status() {
        Ok(status) if status > 0 => Ok(Response {
            status,
            headers: response_headers(request),
            body: request.response_text().ok().flatten().unwrap_or_default().into_bytes(),
        }),
        _ => Err(TransportError::Unreachable("the upload ended without an answer".to_owned())),
    }
}

enum Start {
    NoBytes,
    Refused(JsValue),
}

impl From<JsValue> for Start {
    fn from(error: JsValue) -> Self {
        Self::Refused(error)
    }
}

fn start(
    head: &Request,
    source: Source,
    progress: impl Fn(u64) + 'static,
    ended: oneshot::Sender<()>,
) -> Result<Running, Start> {
    let request = XmlHttpRequest::new()?;
    request.open_with_async(head.method.as_str(), &head.url, true)?;
    for (name, value) in head.headers.iter() {
        request.set_request_header(name, value)?;
    }
    let on_progress =
        Closure::<dyn Fn(_)>::new(move |event: ProgressEvent| progress(event.loaded() as u64));
    let ended = RefCell::new(Some(ended));
    let on_end = Closure::<dyn Fn(_)>::new(move |_: ProgressEvent| {
        if let Some(ended) = ended.borrow_mut().take() {
            // Nobody waits any more only if the upload was dropped.
            let _ = ended.send(());
        }
    });
    request.upload()?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    let running = Running { request, _on_progress: on_progress, _on_end: on_end };
    match source {
        Source::Blob(blob) => running.request.send_with_opt_blob(Some(&blob))?,
        Source::Bytes(bytes) => running.request.send_with_opt_u8_array(Some(&bytes))?,
        Source::Virtual(_) => return Err(Start::NoBytes),
    }
    Ok(running)
}

fn response_headers(request: &XmlHttpRequest) -> Headers {
    let text = request.get_all_response_headers().unwrap_or_default();
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.map(|(name, value)| (name.trim(), value.trim())).collect()
}

fn unreachable(error: &JsValue) -> TransportError {
    let text = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    TransportError::Unreachable(text.unwrap_or_else(|| "the browser refused to send".to_owned()))
}

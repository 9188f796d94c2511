//! What the page hands to `App`: its address, the browser's clock and network, and a worker that
//! reads files. It knows no call and no session.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use accession_client::transport::Progress;
use accession_client::{Reader, Source, Transport};
use accession_core::received::{Broken, Received};
use accession_core::simulator::Wants;
use accession_core::time::Timestamp;
use accession_web::app::{App, AppProps};
use accession_web::host::{Farewell, Host};
use futures_channel::oneshot;
use js_sys::{Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Event, HtmlDocument, HtmlElement, HtmlTextAreaElement, MessageEvent, Worker, WorkerOptions,
    WorkerType,
};

/// The element that `index.html` holds for the page.
const ELEMENT: &str = "accession";

/// What a page of wasm's memory has, in bytes.
const WASM_PAGE: usize = 65_536;

/// Mounts the page.
pub(crate) fn mount() {
    let window = web_sys::window().expect("a page has a window");
    let document = window.document().expect("a page has a document");
    let element: HtmlElement = document
        .get_element_by_id(ELEMENT)
        .and_then(|element| element.dyn_into().ok())
        .expect("index.html has the element");
    let reader_memory = Rc::new(Cell::new(0));
    let farewell = Rc::new(Farewell::default());
    let host = Rc::new(Host {
        address: window.location().origin().unwrap_or_default(),
        seed: seed(&window),
        prefix: ELEMENT.to_owned(),
        clock,
        network: Transport::Fetch,
        reader: Rc::new(WorkerReader {
            script: element.dataset().get("laterReader").unwrap_or_default(),
            memory: reader_memory.clone(),
        }),
        source: |file| Source::Blob(file.into()),
        copy,
        page_memory: || core::arch::wasm32::memory_size(0) * WASM_PAGE,
        reader_memory,
        farewell: farewell.clone(),
    });
    say_goodbye(&window, farewell);
    yew::Renderer::<App>::with_root_and_props(element.into(), AppProps { host }).render();
}

fn clock() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Puts a text on the clipboard. Pages that come over plain HTTP have only the older way.
fn copy(text: &str) {
    let Some(window) = web_sys::window() else { return };
    let clipboard = window.navigator().clipboard();
    if !clipboard.is_undefined() {
        // A browser that refuses has told its user why.
        let _ = clipboard.write_text(text);
        return;
    }
    // Nothing can be told to anybody if this fails.
    let _ = copy_selected(&window, text);
}

fn copy_selected(window: &web_sys::Window, text: &str) -> Option<()> {
    let document: HtmlDocument = window.document()?.dyn_into().ok()?;
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.exec_command("copy");
    area.remove();
    copied.ok().map(|_| ())
}

/// The number after `?seed=`, else one that nobody can guess.
fn seed(window: &web_sys::Window) -> u64 {
    let query = window.location().search().unwrap_or_default();
    let given = query
        .trim_start_matches('?')
        .split('&')
        .find_map(|pair| pair.strip_prefix("seed="))
        .and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        if let Ok(crypto) = window.crypto() {
            // It fails only for very long requests.
            let _ = crypto.get_random_values_with_u8_array(&mut bytes);
        }
        u64::from_le_bytes(bytes)
    })
}

/// Asks before something is broken off, and logs out when the page goes.
fn say_goodbye(window: &web_sys::Window, farewell: Rc<Farewell>) {
    let ask = {
        let farewell = farewell.clone();
        Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if farewell.breaks.get() {
                event.prevent_default();
            }
        })
    };
    let end = Closure::<dyn Fn(Event)>::new(move |_: Event| {
        if let Some(end) = &*farewell.end.borrow() {
            end();
        }
    });
    window.set_onbeforeunload(Some(ask.as_ref().unchecked_ref()));
    window.set_onpagehide(Some(end.as_ref().unchecked_ref()));
    // They live as long as the page.
    ask.forget();
    end.forget();
}

/// Reads files in a worker with a wasm of its own, so that the page's memory does not grow.
struct WorkerReader {
    script: String,
    memory: Rc<Cell<usize>>,
}

impl Reader for WorkerReader {
    fn read(
        &self,
        source: Source,
        wants: Wants,
        progress: Progress,
    ) -> Pin<Box<dyn Future<Output = Result<Received, Broken>>>> {
        let running = Reading::start(self, source, wants, progress);
        Box::pin(async move {
            let (_running, end) = running.map_err(|_| Broken::ConnectionLost)?;
            end.await.unwrap_or(Err(Broken::ConnectionLost))
        })
    }
}

/// A worker at work. Dropped, it stops.
struct Reading {
    worker: Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

type End = oneshot::Receiver<Result<Received, Broken>>;

impl Reading {
    fn start(
        reader: &WorkerReader,
        source: Source,
        wants: Wants,
        progress: Progress,
    ) -> Result<(Self, End), JsValue> {
        let blob = match source {
            Source::Blob(blob) => blob,
            Source::Bytes(bytes) => {
                let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(&*bytes));
                web_sys::Blob::new_with_u8_array_sequence(&parts)?
            }
            Source::Virtual(_) => return Err(JsValue::NULL),
        };
        let (ended, end) = oneshot::channel();
        let ended = Rc::new(RefCell::new(Some(ended)));
        let finish = move |result| {
            if let Some(ended) = ended.borrow_mut().take() {
                // Nobody waits any more only if the upload was ended.
                let _ = ended.send(result);
            }
        };
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&reader.script, &options)?;
        let on_message = {
            let (finish, memory) = (finish.clone(), reader.memory.clone());
            Closure::<dyn Fn(_)>::new(move |event: MessageEvent| {
                let message = event.data();
                let field = |name: &str| Reflect::get(&message, &name.into()).unwrap_or_default();
                if let Some(bytes) = field("memory").as_f64() {
                    memory.set(bytes as usize);
                }
                if let Some(bytes) = field("bytes").as_f64() {
                    if !progress(bytes as u64) {
                        finish(Err(Broken::ConnectionLost));
                    }
                } else if let Some(text) = field("received").as_string() {
                    let received = serde_json::from_str(&text);
                    finish(received.map_err(|_| Broken::ConnectionLost));
                } else {
                    finish(Err(Broken::ConnectionLost));
                }
            })
        };
        let on_error =
            Closure::<dyn Fn(_)>::new(move |_: Event| finish(Err(Broken::ConnectionLost)));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let order = Object::new();
        Reflect::set(&order, &"file".into(), &blob)?;
        let digests = serde_json::to_string(&wants.digests).unwrap_or_default();
        Reflect::set(&order, &"wants".into(), &digests.into())?;
        if let Some(name) = &wants.look_into {
            Reflect::set(&order, &"lookInto".into(), &name.into())?;
            Reflect::set(&order, &"now".into(), &js_sys::Date::now().into())?;
        }
        worker.post_message(&order)?;
        Ok((Self { worker, _on_message: on_message, _on_error: on_error }, end))
    }
}

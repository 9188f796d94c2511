//! What the page hands to `App`: its address, the browser's clock and network, and a worker that
//! reads files. It knows no call and no session.

use std::cell::{Cell, RefCell};
use std::future::ready;
use std::rc::Rc;

use accession_client::transport::Progress;
use accession_client::{Reader, Source, Transport};
use accession_core::reading;
use accession_core::received::{Broken, Received};
use accession_core::simulator::Wants;
use accession_core::time::Timestamp;
use accession_web::app::{App, AppProps};
use accession_web::host::{Farewell, Host, Later};
use accession_web::words;
use futures_channel::oneshot;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    DataTransfer, Event, File, HtmlDocument, HtmlElement, HtmlTextAreaElement, MessageEvent,
    Worker, WorkerOptions, WorkerType,
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
    let reader = Rc::new(WorkerReader {
        script: element.dataset().get("laterReader").unwrap_or_default(),
        memory: reader_memory.clone(),
    });
    let host = Rc::new(Host {
        address: window.location().origin().unwrap_or_default(),
        seed: seed(&window),
        prefix: ELEMENT.to_owned(),
        clock,
        network: Transport::Fetch,
        reader: reader.clone(),
        checker: Rc::new(move |files, progress| check(&reader, files, progress)),
        scribe: {
            let script = element.dataset().get("laterScribe").unwrap_or_default();
            Rc::new(move |order| text_of(write(&script, &order)))
        },
        pass: {
            let script = element.dataset().get("laterScribe").unwrap_or_default();
            Rc::new(move |how, record| text_of(pass(&script, how, record)))
        },
        linked: window.location().hash().is_ok_and(|hash| hash.starts_with("#r=")),
        draw,
        source: |file| Source::Blob(file.into()),
        dropped: files_of,
        kept: kept(),
        keep,
        reset: {
            let element = element.clone();
            Rc::new(move || reset(&element))
        },
        watch: {
            let element = element.clone();
            Rc::new(move || watch(&element))
        },
        copy,
        page_memory: || core::arch::wasm32::memory_size(0) * WASM_PAGE,
        reader_memory,
        farewell: farewell.clone(),
    });
    say_goodbye(&window, farewell);
    if let Some(Ok(messages)) = messages(&element).map(|text| reading::parse(&text)) {
        words::speak(messages, form);
    }
    yew::Renderer::<App>::with_root_and_props(element.into(), AppProps { host }).render();
}

fn clock() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Puts a text on the clipboard. Pages that come over plain HTTP have only the older way.
fn copy(text: String) -> Later<bool> {
    let Some(window) = web_sys::window() else { return Box::pin(ready(false)) };
    let clipboard = window.navigator().clipboard();
    if clipboard.is_undefined() {
        return Box::pin(ready(copy_selected(&window, &text) == Some(true)));
    }
    let written = clipboard.write_text(&text);
    Box::pin(async move { written.await.is_ok() })
}

fn copy_selected(window: &web_sys::Window, text: &str) -> Option<bool> {
    let document: HtmlDocument = window.document()?.dyn_into().ok()?;
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.exec_command("copy");
    area.remove();
    copied.ok()
}

#[wasm_bindgen(module = "/js/shell.js")]
extern "C" {
    fn kept() -> String;
    fn keep(look: &str);
    fn reset(element: &HtmlElement);
    fn watch(element: &HtmlElement);
    fn messages(element: &HtmlElement) -> Option<String>;
    fn form(number: f64) -> String;
}

#[wasm_bindgen(module = "/js/dropped.js")]
extern "C" {
    fn dropped(transfer: &DataTransfer) -> Promise;
}

#[wasm_bindgen(module = "/js/scribe.js")]
extern "C" {
    fn write(script: &str, order: &str) -> Promise;
    fn pass(script: &str, how: &str, record: &str) -> Promise;
    fn draw(facts: &str) -> Option<String>;
}

/// What is said of a module that says nothing itself.
const NO_SCRIBE: &str = "a module of this page could not be loaded; is its server still there?";

fn text_of(promise: Promise) -> Later<Result<String, String>> {
    Box::pin(async move {
        let text = promise.await.ok().and_then(|text| text.as_string());
        text.ok_or_else(|| NO_SCRIBE.to_owned())
    })
}

fn files_of(transfer: DataTransfer) -> Later<Vec<File>> {
    // At once: after its event it is empty.
    let files = dropped(&transfer);
    Box::pin(async move {
        let files = Array::from(&files.await.unwrap_or_default());
        files.iter().filter_map(|file| file.dyn_into().ok()).collect()
    })
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
    ) -> Later<Result<Received, Broken>> {
        let running = received(self, source, &wants, progress);
        Box::pin(async move {
            let (_running, end) = running.map_err(|_| Broken::ConnectionLost)?;
            let text = end.await.unwrap_or_else(|_| Err(String::new()));
            let text = text.map_err(|_| Broken::ConnectionLost)?;
            let read = |text: &str| {
                let value = reading::parse(text).ok()?;
                Some(reading::read(&value).ok()?.value)
            };
            read(&text).ok_or(Broken::ConnectionLost)
        })
    }
}

fn received(
    reader: &WorkerReader,
    source: Source,
    wants: &Wants,
    progress: Progress,
) -> Result<(Reading, End), JsValue> {
    let blob = match source {
        Source::Blob(blob) => blob,
        Source::Bytes(bytes) => {
            let parts = Array::of1(&js_sys::Uint8Array::from(&*bytes));
            web_sys::Blob::new_with_u8_array_sequence(&parts)?
        }
        Source::Virtual(_) => return Err(JsValue::NULL),
    };
    let digests: Vec<_> = wants.digests.iter().map(|digest| digest.name()).collect();
    let order = [
        ("file", blob.into()),
        ("wants", digests.join(",").into()),
        ("lookInto", wants.look_into.as_deref().into()),
        ("now", js_sys::Date::now().into()),
    ];
    Reading::start(reader, &order, progress)
}

/// Reads a package, and tells what was found.
fn check(
    reader: &WorkerReader,
    files: Vec<File>,
    progress: Progress,
) -> Later<Result<String, String>> {
    let files: Array = files.into_iter().collect();
    let order = [("check", files.into()), ("now", js_sys::Date::now().into())];
    let running = Reading::start(reader, &order, progress);
    Box::pin(async move {
        let (_running, end) = running.map_err(|_| NO_READER)?;
        end.await.unwrap_or_else(|_| Err(NO_READER.to_owned()))
    })
}

/// What is said of a reader that says nothing itself.
const NO_READER: &str = "the reader of files could not be started";

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

/// What the worker found out as JSON, or why it could not.
type End = oneshot::Receiver<Result<String, String>>;

impl Reading {
    fn start(
        reader: &WorkerReader,
        order: &[(&str, JsValue)],
        progress: Progress,
    ) -> Result<(Self, End), JsValue> {
        let (ended, end) = oneshot::channel();
        let ended = Rc::new(RefCell::new(Some(ended)));
        let finish = move |result| {
            if let Some(ended) = ended.borrow_mut().take() {
                // Nobody waits any more only if the reading was ended.
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
                let text = |name: &str| field(name).as_string();
                if let Some(bytes) = field("bytes").as_f64() {
                    if !progress(bytes as u64) {
                        finish(Err(String::new()));
                    }
                } else if let Some(found) = text("received").or_else(|| text("checked")) {
                    finish(Ok(found));
                } else {
                    finish(Err(text("failed").unwrap_or_default()));
                }
            })
        };
        let on_error = Closure::<dyn Fn(_)>::new(move |_: Event| finish(Err(NO_READER.to_owned())));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let message = Object::new();
        for (name, value) in order {
            Reflect::set(&message, &(*name).into(), value)?;
        }
        worker.post_message(&message)?;
        Ok((Self { worker, _on_message: on_message, _on_error: on_error }, end))
    }
}

//! What the page needs now and then, as a wasm module of its own that is loaded when somebody asks for
//! it: scripts that do a run again, and parts of the screen that are seldom looked at. It reaches for
//! nothing: all it knows is handed in as JSON.

mod call;
mod fork;
mod passage;
mod tree;
mod views;

use std::rc::Rc;

use accession_client::Exchange;
use accession_code::{self as code, Language};
use accession_core::reading;
use wasm_bindgen::prelude::*;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Writes what a text in JSON asks for: `{"language": "curl", "run": true, "exchanges": […]}`. Without
/// `run` it is the code of the last exchange. Asked for `null`, it writes nothing: it is here.
#[wasm_bindgen]
pub fn write(order: &str) -> Result<String, JsError> {
    let order = reading::parse(order)?;
    if order.is_null() {
        return Ok(String::new());
    }
    let language = order["language"].as_str().and_then(Language::named);
    let language = language.ok_or_else(|| JsError::new("the order names no language"))?;
    let exchanges = order["exchanges"].as_array().into_iter().flatten();
    let exchanges: Option<Vec<Rc<Exchange>>> =
        exchanges.map(|exchange| Exchange::from_value(exchange).map(Rc::new)).collect();
    let exchanges = exchanges.ok_or_else(|| JsError::new("an exchange cannot be read"))?;
    match exchanges.last() {
        Some(last) if order["run"] != true => Ok(code::call(last, language)),
        _ => Ok(code::run(&exchanges, language)),
    }
}

/// Draws a sheet, or a picture: `{"sheet": "keys", "entered": {}, …}`. The page knows the form of the
/// answer. The form of any call is drawn as the sheet `call`; what its parameters begin with is the sheet
/// `offered`.
#[wasm_bindgen]
pub fn draw(facts: &str) -> Result<String, JsError> {
    Ok(views::draw(&reading::parse(facts)?).to_string())
}

/// A run in the form that is named (`run`, `har`, `report`, `states` or `link`), from what the page tells of
/// it: the `text`, the `name` and the `type` of a file, and what is `said` then; as `fork` it is `found` as
/// a run of the simulator.
#[wasm_bindgen]
pub fn keep(how: &str, record: &str) -> Result<String, JsError> {
    passage::keep(how, record).map_err(JsError::new)
}

/// What was found in a file: `found`, or what is `said` instead.
#[wasm_bindgen]
pub fn from_file(name: &str, text: &str) -> String {
    passage::from_file(name, text)
}

/// The same of the unpacked text of a link.
#[wasm_bindgen]
pub fn from_link(text: &str) -> String {
    passage::from_link(text)
}

/// The same of a scenario, by its name.
#[wasm_bindgen]
pub fn from_scenario(id: &str) -> String {
    passage::from_scenario(id)
}

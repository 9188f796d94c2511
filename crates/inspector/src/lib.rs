//! The inspector as a wasm module for a worker: bytes in, what was learnt of them out, as JSON.
//!
//! It does not know where the bytes come from, nor who wants to know.

use std::cell::RefCell;

use accession_core::received::Algorithm;
use accession_core::structure::Key;
use accession_core::time::Timestamp;
use accession_package::certificate::Roots;
use accession_package::inspection::{self, Circumstances, Plan};
use accession_package::outline::Outline;
use accession_package::report::Report;
use serde::Serialize;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[wasm_bindgen]
extern "C" {
    /// The module `accession-digests`, or what does the same.
    pub type Digests;
    #[wasm_bindgen(method)]
    fn sha256(this: &Digests, state: &mut [u8], bytes: &[u8]) -> bool;
    #[wasm_bindgen(method)]
    fn sha512(this: &Digests, state: &mut [u8], bytes: &[u8]) -> bool;
}

thread_local! {
    static DIGESTS: RefCell<Option<Digests>> = const { RefCell::new(None) };
}

/// Has that module compute digests from now on; without one, this module does.
#[wasm_bindgen(js_name = digestWith)]
pub fn digest_with(digests: Option<Digests>) {
    DIGESTS.set(digests);
}

fn accelerator(algorithm: Algorithm, state: &mut [u8], bytes: &[u8]) -> bool {
    DIGESTS.with_borrow(|digests| match (digests, algorithm) {
        (Some(digests), Algorithm::Sha256) => digests.sha256(state, bytes),
        (Some(digests), Algorithm::Sha512) => digests.sha512(state, bytes),
        _ => false,
    })
}

/// Takes in the bytes of one file.
#[wasm_bindgen]
pub struct Intake(accession_package::Intake);

#[wasm_bindgen]
impl Intake {
    /// Begins a file. `wants` lists the digests to compute: `SHA1,SHA256`.
    #[wasm_bindgen(constructor)]
    pub fn new(wants: &str) -> Result<Self, JsError> {
        let unknown = |name| JsError::new(&format!("{name} is no digest that is computed here"));
        let wants = wants
            .split_terminator(',')
            .map(|name| Algorithm::from_name(name).ok_or_else(|| unknown(name)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut intake = accession_package::Intake::new(wants);
        intake.accelerate(accelerator);
        Ok(Self(intake))
    }

    /// The same, and looks into the file if its name is one of a package's. `now` is the time at which
    /// certificates have to be valid, in milliseconds since 1970.
    #[wasm_bindgen(js_name = lookingInto)]
    pub fn looking_into(self, name: &str, now: f64) -> Self {
        Self(self.0.looking_into(name, Timestamp::from_millis(now as i64)))
    }

    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Ends the file, and tells its size and digests: `{"size":3,"digests":{"SHA1":"…"}}`.
    pub fn finish(self) -> Result<String, JsError> {
        json(&self.0.finish())
    }
}

/// Looks ahead in an archive and finds out which digests its files need, without reading its disks.
#[wasm_bindgen]
pub struct Survey(inspection::Survey);

#[wasm_bindgen]
impl Survey {
    /// Begins an archive.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no Default")]
    pub fn new() -> Self {
        Self(inspection::Survey::new())
    }

    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// How many of the next bytes need not be read.
    pub fn skippable(&self) -> f64 {
        self.0.skippable() as f64
    }

    /// Passes over so many bytes.
    pub fn skip(&mut self, bytes: f64) {
        self.0.skip(bytes as u64);
    }

    /// Whether the next bytes are the manifest's.
    #[wasm_bindgen(js_name = isCollecting)]
    pub fn is_collecting(&self) -> bool {
        self.0.is_collecting()
    }

    /// Whether the rest need not be looked at.
    #[wasm_bindgen(js_name = isDone)]
    pub fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

/// Takes in the files of one package, and tells whether a content library will accept it.
#[wasm_bindgen]
pub struct Inspection(inspection::Inspection);

#[wasm_bindgen]
impl Inspection {
    /// Begins a package. `now` is the time at which certificates have to be valid, in milliseconds
    /// since 1970. Without a survey, and with `manifest` false, no digest is needed.
    #[wasm_bindgen(constructor)]
    pub fn new(now: f64, survey: Option<Survey>, manifest: bool) -> Self {
        let now = Timestamp::from_millis(now as i64);
        let circumstances = Circumstances { now, roots: Roots::default() };
        let mut inspection = inspection::Inspection::new(circumstances);
        inspection.accelerate(accelerator);
        Self(match survey {
            Some(survey) => inspection.with_plan(survey.0.finish()),
            None if manifest => inspection,
            None => inspection.with_plan(Plan::default()),
        })
    }

    /// Begins a file of so many bytes.
    pub fn begin(&mut self, name: &str, size: f64) {
        self.0.begin(name, Some(size as u64));
    }

    /// Takes its next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Ends the package, and tells what it was: `{"report":{…},"outline":{…},"markdown":"…"}`.
    pub fn finish(self) -> Result<String, JsError> {
        let report = self.0.finish();
        let checked = Checked { outline: report.outline(), markdown: report.markdown(), report };
        json(&checked)
    }
}

#[derive(Serialize)]
struct Checked {
    report: Report,
    outline: Outline,
    markdown: String,
}

/// All of it by the same serializer, and nothing of what it says when it fails, which it does not here.
fn json(value: &impl Serialize) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(|_| JsError::new("what was found is no JSON"))
}

/// The best order to read files of these names in. Between two names stands what no name can hold: a
/// zero character.
#[wasm_bindgen]
pub fn arrange(names: &str) -> Vec<u32> {
    let names: Vec<_> = names.split_terminator('\0').collect();
    inspection::arrange(&names).into_iter().map(|index| index as u32).collect()
}

//! The inspector as a wasm module for a worker: bytes in, what was learnt of them out, as JSON.
//!
//! It does not know where the bytes come from, nor who wants to know.

use accession_core::received::Algorithm;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes in the bytes of one file.
#[wasm_bindgen]
pub struct Intake(accession_package::Intake);

#[wasm_bindgen]
impl Intake {
    /// Begins a file. `wants` lists the digests to compute, as JSON: `["SHA1","SHA256"]`.
    #[wasm_bindgen(constructor)]
    pub fn new(wants: &str) -> Result<Self, JsError> {
        let wants: Vec<Algorithm> = serde_json::from_str(wants)?;
        Ok(Self(accession_package::Intake::new(wants)))
    }

    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Ends the file, and tells its size and digests: `{"size":3,"digests":{"SHA1":"…"}}`.
    pub fn finish(self) -> Result<String, JsError> {
        Ok(serde_json::to_string(&self.0.finish())?)
    }
}

//! SHA-256 and SHA-512 as a wasm module of their own, so that it can be compiled for SIMD: a module with SIMD does
//! not load at all where there is none, and the inspector has to.
//!
//! It keeps nothing between two calls: the state of a digest comes in and goes out as the bytes that sha2 makes of it.

use sha2::digest::Update;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Sha256, Sha512};
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Takes the next bytes into a SHA-256. False, and nothing is changed, if the state is none.
#[wasm_bindgen]
pub fn sha256(state: &mut [u8], bytes: &[u8]) -> bool {
    update::<Sha256>(state, bytes)
}

/// Takes the next bytes into a SHA-512. False, and nothing is changed, if the state is none.
#[wasm_bindgen]
pub fn sha512(state: &mut [u8], bytes: &[u8]) -> bool {
    update::<Sha512>(state, bytes)
}

fn update<D: Update + SerializableState>(state: &mut [u8], bytes: &[u8]) -> bool {
    let read = <&SerializedState<D>>::try_from(&*state).ok().map(D::deserialize);
    let Some(Ok(mut digest)) = read else { return false };
    digest.update(bytes);
    state.copy_from_slice(&digest.serialize());
    true
}

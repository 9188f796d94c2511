//! The page as one host of `App`: it mounts it on the element that `index.html` holds for it.

#[cfg(target_arch = "wasm32")]
mod browser;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(target_arch = "wasm32")]
fn main() {
    browser::mount();
}

/// The page runs in a browser only; natively there are its tests.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}

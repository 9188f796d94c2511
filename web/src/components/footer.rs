//! The bottom of the page: what it needs of the machine, and what it is not.

use yew::prelude::*;

use crate::format;

/// The bottom of the page.
pub(crate) fn footer(page_memory: usize, reader_memory: usize) -> Html {
    html! {
        <footer class="acc-footer">
            <p>
                {"Memory: page "}{memory(page_memory)}
                {" · reader "}
                if reader_memory == 0 {
                    {"not needed yet"}
                } else {
                    {memory(reader_memory)}
                }
            </p>
            <p>{concat!("Accession ", env!("CARGO_PKG_VERSION"), " · not affiliated with Broadcom or VMware")}</p>
        </footer>
    }
}

fn memory(bytes: usize) -> Html {
    html! { <data value={bytes.to_string()}>{format::bytes(bytes as u64)}</data> }
}

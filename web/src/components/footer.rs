//! The bottom of the page: what it needs of the machine, and what it is not.

use super::element::{El, el, group};
use crate::format;
use crate::words::say;

/// The bottom of the page.
pub(crate) fn footer(page_memory: usize, reader_memory: usize) -> El {
    let reader = match reader_memory {
        0 => group().text("not needed yet"),
        bytes => memory(bytes),
    };
    let name =
        say("Accession {0} · not affiliated with Broadcom or VMware", &[env!("CARGO_PKG_VERSION")]);
    el("footer.acc-footer")
        .child(
            el("p")
                .text("Memory: page ")
                .child(memory(page_memory))
                .text(" · reader ")
                .child(reader),
        )
        .child(el("p").text(&name))
}

fn memory(bytes: usize) -> El {
    el("data").attr("value", &bytes.to_string()).text(&format::bytes(bytes as u64))
}

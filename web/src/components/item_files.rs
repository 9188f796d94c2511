//! What the item holds once the session is DONE.

use accession_core::model::ItemFileInfo;

use super::PartProps;
use super::element::{El, el, group};
use super::files::{cell, checksum, table};
use super::loading::{empty, loaded};
use crate::format;
use crate::lab::SessionView;
use crate::words::say;

/// What the item holds.
pub(crate) fn item_files(props: &PartProps, session: &SessionView) -> El {
    let version = session.item.as_ref().and_then(|item| item.content_version.as_deref());
    let version = version.map(|version| group().text(&say(", content version {0}", &[version])));
    let label = el("strong").exact().text(session.item_label().unwrap_or_default());
    let files = loaded(&props.lab, &session.item_files, |files| match files.as_slice() {
        [] => empty("The item has no files."),
        files => table("Files of the item", &["File", "Size", "Version", "Checksum"])
            .child(el("tbody").children(files.iter().map(row))),
    });
    group().child(el("p").child(label).child(version)).child(files)
}

fn row(file: &ItemFileInfo) -> El {
    let size = format::size(file.size);
    let bytes = el("data.acc-numbers").attr("value", &size.to_string());
    let name = el("span.acc-name").exact().text(&file.name);
    el("tr")
        .key(&file.name)
        .child(el("th").attr("scope", "row").child(name))
        .child(cell("Size").child(bytes.text(&format::exact_bytes(size))))
        .child(cell("Version").class("acc-mono").exact().text(&file.version))
        .child(cell("Checksum").child(checksum(file.checksum_info.as_ref())))
}

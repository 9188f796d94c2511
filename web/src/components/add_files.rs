//! Files of this computer, picked or dropped, on their way into the session.

use accession_core::model::{ChecksumAlgorithm, ChecksumInfo};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, File, FileList, HtmlInputElement};
use yew::Html;

use super::PartProps;
use super::element::{El, el, group, submit};
use super::field::{Field, Select, checkbox, checked, target};
use super::form::{Entries, Form, form};
use super::guide_pane::goes_to;
use super::icon::Icon;
use crate::app::command::{Bytes, Command, NewFile};
use crate::format;
use crate::words::{count, say};

/// Files on their way into the session.
pub(crate) fn add_files(props: &PartProps) -> Html {
    form("add-files", props, draw)
}

fn draw(form: &Form<'_>) -> El {
    let (part, files) = (form.part, &form.entries.files);
    let drop = form.on(|entries, _, event| {
        entries.set("hovered", "");
        let transfer = event.dyn_ref::<DragEvent>()?.data_transfer()?;
        let files = files_of(transfer.files());
        if !files.is_empty() {
            take(entries, files);
        }
        None
    });
    let pick = form.on(|entries, _, event| {
        take(entries, files_of(target::<HtmlInputElement>(event)?.files()));
        None
    });
    let hover = form.on(|entries, _, _| {
        entries.set("hovered", "yes");
        None
    });
    let leave = form.on(|entries, _, _| {
        entries.set("hovered", "");
        None
    });
    let id = part.id("files");
    let input = el("input")
        .id(&id)
        .node(&form.entries.node)
        .attr("type", "file")
        .flag("multiple", true)
        .on_change(pick);
    let hovered = !form.text("hovered", "").is_empty();
    let place = el("div")
        .class(if hovered { "acc-drop acc-drop-over" } else { "acc-drop" })
        .on("dragover", hover)
        .on("dragleave", leave)
        .on("drop", drop)
        .child(el("label").attr("for", &id).text("Choose files").icon(Icon::Upload))
        .child(input)
        .child(chosen(files));
    let item = part.lab.session.as_ref().and_then(|session| session.item_label());
    el("form.acc-add")
        .on_submit(form.on(add))
        .child(place)
        .child(declared(form))
        .child((!files.is_empty()).then(|| goes_to(part, item)))
}

/// What is said of the files that are picked.
fn declared(form: &Form<'_>) -> Option<El> {
    let files = &form.entries.files;
    if files.is_empty() {
        return None;
    }
    let alone = files.len() == 1;
    let field = |name, id, label| {
        let id = form.part.id(id);
        Field::new(id, label, form.text(name, ""), form.keep(name)).mono().draw()
    };
    let (size, algorithm) = (form.text("size", "real"), form.text("algorithm", ""));
    let sizes = Select::new(form.part.id("declared-size"), "Declared size", form.keep("size"))
        .option("real", "The real size", size == "real")
        .option("none", "None", size == "none")
        .option("other", "Another size", size == "other");
    let algorithms = alone.then(|| {
        let id = form.part.id("algorithm");
        let none = Select::new(id, "Declared checksum", form.keep("algorithm")).option(
            "",
            "None",
            algorithm.is_empty(),
        );
        let known = ChecksumAlgorithm::KNOWN.iter().map(ChecksumAlgorithm::as_str);
        known.fold(none, |list, known| list.option(known, known, algorithm == known)).draw()
    });
    let digest = alone && !algorithm.is_empty();
    let grid = el("div.acc-grid")
        .child(alone.then(|| field("name", "file-name", "File name")))
        .child(sizes.draw())
        .child((size == "other").then(|| field("other-size", "other-size", "Size in bytes")))
        .child(algorithms)
        .child(digest.then(|| field("digest", "digest", "Checksum in hex")));
    let send = form.on(|entries, _, event| {
        entries.set("later", if checked(event) { "" } else { "yes" });
        None
    });
    let send = checkbox(form.part.id("send"), form.text("later", "").is_empty(), send);
    let add = submit("Add files").class("acc-primary").icon(Icon::Add);
    let declared = group()
        .child(grid)
        .child(send.text("Send the bytes right away"))
        .child(el("div.acc-buttons").child(add));
    Some(declared)
}

/// Takes files in place of others, of which nothing that was declared fits these.
fn take(entries: &mut Entries, files: Vec<File>) {
    entries.set("name", &files.first().map(File::name).unwrap_or_default());
    entries.set("size", "real");
    entries.set("algorithm", "");
    entries.set("digest", "");
    entries.files = files;
}

fn add(entries: &mut Entries, _: &PartProps, _: &Event) -> Option<Command> {
    let picked = std::mem::take(&mut entries.files);
    let alone = picked.len() == 1;
    let algorithm = entries.text("algorithm", "");
    let checksum = (alone && !algorithm.is_empty()).then(|| ChecksumInfo {
        algorithm: Some(ChecksumAlgorithm::from(algorithm.to_owned())),
        checksum: entries.text("digest", "").trim().to_owned(),
    });
    let files = picked.into_iter().map(|file| NewFile {
        name: if alone { entries.text("name", "").to_owned() } else { file.name() },
        size: match entries.text("size", "real") {
            "none" => None,
            "other" => entries.text("other-size", "").trim().parse().ok(),
            _ => Some(file.size() as i64),
        },
        checksum: checksum.clone(),
        bytes: Bytes::File(file),
    });
    let files = files.collect();
    // Or picking the same file again would be no change.
    if let Some(input) = entries.node.cast::<HtmlInputElement>() {
        input.set_value("");
    }
    Some(Command::AddFiles { files, send: entries.text("later", "").is_empty() })
}

fn chosen(files: &[File]) -> El {
    let hint = el("p.acc-hint");
    let total = || format::bytes(files.iter().map(|file| file.size() as u64).sum());
    match files {
        [] => hint
            .text("or drop them here. They are read from this computer when their bytes are sent."),
        [only] => hint.exact().text(&format!("{}, {}", only.name(), total())),
        several => {
            let files = count(several.len() as u64, "{0} file", "{0} files");
            hint.text(&say("{0}, {1} in all", &[&files, &total()]))
        }
    }
}

pub(super) fn files_of(list: Option<FileList>) -> Vec<File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

//! The files of the session, as the server sees them, with the uploads that run.

use accession_core::model::{ChecksumInfo, SessionFileInfo, SourceType, TransferStatus};

use super::PartProps;
use super::element::{self, El, el, group};
use super::guide_pane::goes_to;
use super::icon::Icon;
use super::loading::{empty, loaded};
use super::state::status_badge;
use crate::app::command::Command;
use crate::format;
use crate::lab::{Declared, Life, Progress, SessionView, Upload};
use crate::words::{say, word};

/// The files of the session.
pub(crate) fn files(props: &PartProps, session: &SessionView) -> El {
    let lab = &props.lab;
    loaded(lab, &session.files, |files| {
        if files.is_empty() {
            return empty("There are no files.");
        }
        let is_open = is_open(props, session);
        let rows = files.iter().map(|file| row(props, session, file, is_open));
        let columns = ["File", "Bytes", "Status", "Checksum", "Actions"];
        let columns = &columns[..if is_open { 5 } else { 4 }];
        let goes = lab.target.is_live().then(|| goes_to(props, session.item_label()));
        let table = table("Files of the update session", columns);
        group().child(table.child(el("tbody").children(rows))).child(goes)
    })
}

/// Whether something can be done with its files; somebody who wants to be refused takes the call builder.
pub(super) fn is_open(props: &PartProps, session: &SessionView) -> bool {
    !props.lab.target.is_replay() && (session.is_active() || session.life() == Life::Unknown)
}

/// A table with its caption and the heads of its columns.
pub(super) fn table(caption: &str, columns: &[&str]) -> El {
    let heads = columns.iter().map(|column| el("th").attr("scope", "col").text(column));
    el("table.acc-table")
        .child(el("caption.acc-spoken").text(caption))
        .child(el("thead").child(el("tr").children(heads)))
}

/// A cell that names its column, for screens where the columns stand below each other.
pub(super) fn cell(column: &str) -> El {
    el("td").attr("data-label", column)
}

fn row(props: &PartProps, session: &SessionView, file: &SessionFileInfo, is_open: bool) -> El {
    let lab = &props.lab;
    let upload = lab.upload_of(&file.name);
    let declared = session.declared(&file.name);
    let status = match upload {
        // What was last read is older than what is going on.
        Some(_) if file.status == TransferStatus::WaitingForTransfer => {
            TransferStatus::Transferring
        }
        _ => file.status.clone(),
    };
    let name = el("th")
        .attr("scope", "row")
        .child(el("span.acc-name").exact().text(&file.name))
        .child(el("span.acc-sub.acc-mono").exact().text(file.source_type.as_str()));
    let error = file.error_message.as_ref();
    let error =
        error.map(|error| el("span.acc-sub.acc-error-text").english().text(&error.default_message));
    // What the server fetches, nobody sends.
    let is_ours = declared.is_some() && file.source_type == SourceType::Push;
    let actions = is_open.then(|| {
        let actions = actions(props, file, upload, is_ours);
        cell("Actions").child(el("div.acc-actions").child(actions))
    });
    el("tr")
        .key(&file.name)
        .child(name)
        .child(cell("Bytes").child(bytes(file, upload, declared)))
        .child(cell("Status").child(status_badge(&status)).child(error))
        .child(cell("Checksum").child(checksum(file.checksum_info.as_ref())))
        .child(actions)
}

fn bytes(file: &SessionFileInfo, upload: Option<&Upload>, declared: Option<&Declared>) -> El {
    // What others declared, nobody here knows.
    let declared = declared.filter(|_| file.source_type == SourceType::Push);
    let declared = declared.map(|declared| match declared.size {
        Some(size) => say("declared {0}", &[&format::bytes(size)]),
        None => word("none declared"),
    });
    let arrived = format::size(file.bytes_transferred.max(file.size.unwrap_or(0)));
    match upload {
        Some(upload) => moving(&upload.progress, &say("Upload of {0}", &[&file.name])),
        None => {
            let numbers = el("data.acc-numbers").attr("value", &arrived.to_string());
            group()
                .child(numbers.text(&format::bytes(arrived)))
                .child(declared.map(|declared| el("span.acc-sub").text(&declared)))
        }
    }
}

/// How far something is, and how fast it goes.
pub(super) fn moving(progress: &Progress, name: &str) -> El {
    let (moved, total) = (format::bytes(progress.moved), format::bytes(progress.total));
    let mut pace = format!("{} %", progress.percent());
    if let Some(rate) = progress.rate {
        pace += " · ";
        pace += &say("{0}/s", &[&format::bytes(rate)]);
    }
    if let Some(left) = progress.time_left() {
        pace += " · ";
        pace += &say("{0} left", &[&format::countdown(left)]);
    }
    let bar = el("progress")
        .attr("aria-label", name)
        .attr("max", &progress.total.max(1).to_string())
        .attr("value", &progress.moved.to_string());
    group()
        .child(bar)
        .child(el("span.acc-numbers").text(&say("{0} of {1}", &[&moved, &total])))
        .child(el("span.acc-sub").text(&pace))
}

/// A digest, its algorithm above it.
pub(super) fn checksum(info: Option<&ChecksumInfo>) -> El {
    let Some(info) = info else { return el("span.acc-sub").text("none") };
    let algorithm = info.algorithm.clone().unwrap_or_default();
    group()
        .child(el("span.acc-mono").exact().text(algorithm.as_str()))
        .child(el("span.acc-digest.acc-mono").exact().text(&info.checksum))
}

fn actions(
    props: &PartProps,
    file: &SessionFileInfo,
    upload: Option<&Upload>,
    is_ours: bool,
) -> El {
    if let Some(upload) = upload {
        let (id, stop) =
            (upload.id, button(file, Icon::Stop, "Cancel upload", "Cancel upload of {0}"));
        return stop.on_click(props.on(move || Command::StopUpload(id)));
    }
    let by_name = |command: fn(String) -> Command| {
        let name = file.name.clone();
        props.on(move || command(name.clone()))
    };
    let send = match file.status {
        TransferStatus::WaitingForTransfer if is_ours => {
            let send = button(file, Icon::Upload, "Send bytes", "Send bytes of {0}");
            Some(send.on_click(by_name(Command::SendFile)))
        }
        TransferStatus::Error if is_ours => {
            let again = button(file, Icon::Repeat, "Add again", "Add again: {0}");
            Some(again.on_click(by_name(Command::SendAgain)))
        }
        _ => None,
    };
    let remove = button(file, Icon::Remove, "Remove", "Remove {0}");
    group().child(send).child(remove.on_click(by_name(Command::RemoveFile)))
}

/// A button that names its file to those who hear it alone.
fn button(file: &SessionFileInfo, icon: Icon, word: &str, whole: &str) -> El {
    let name = say(whole, &[&file.name]);
    element::button(word).class("acc-small").attr("aria-label", &name).icon(icon)
}

//! The files of the session, as the server sees them, with the uploads that run.

use accession_core::model::{ChecksumInfo, SessionFileInfo, SourceType, TransferStatus};
use yew::prelude::*;

use super::PartProps;
use super::guide_pane::goes_to;
use super::icon::{Icon, draw};
use super::loading::loaded;
use super::state::status_badge;
use crate::app::command::Command;
use crate::format;
use crate::lab::{Progress, Upload};

/// The files of the session.
pub(crate) fn files(props: &PartProps) -> Html {
    let lab = &props.lab;
    let Some(session) = &lab.session else { return html! {} };
    let empty = "No files yet. Choose some above.";
    let table = |files: &Vec<SessionFileInfo>| {
        html! {
            <>
            <table class="acc-table">
                <caption class="acc-spoken">{"Files of the update session"}</caption>
                <thead>
                    <tr>
                        <th scope="col">{"File"}</th>
                        <th scope="col">{"Bytes"}</th>
                        <th scope="col">{"Status"}</th>
                        <th scope="col">{"Checksum"}</th>
                        <th scope="col">{"Actions"}</th>
                    </tr>
                </thead>
                <tbody>{ for files.iter().map(|file| row(props, file)) }</tbody>
            </table>
            if lab.target.is_live() {
                {goes_to(props, session.item_label())}
            }
            </>
        }
    };
    loaded(lab, &session.files, empty, Vec::is_empty, table)
}

fn row(props: &PartProps, file: &SessionFileInfo) -> Html {
    let lab = &props.lab;
    let Some(session) = &lab.session else { return html! {} };
    let upload = lab.upload_of(&file.name);
    let declared = session.declared(&file.name);
    let status = match upload {
        // What was last read is older than what is going on.
        Some(_) if file.status == TransferStatus::WaitingForTransfer => {
            TransferStatus::Transferring
        }
        _ => file.status.clone(),
    };
    html! {
        <tr key={file.name.clone()}>
            <th scope="row">
                <span class="acc-name" translate="no">{&file.name}</span>
                <span class="acc-sub acc-mono" translate="no">{file.source_type.as_str()}</span>
            </th>
            <td data-label="Bytes">{bytes(file, upload, declared.and_then(|declared| declared.size))}</td>
            <td data-label="Status">
                {status_badge(&status)}
                if let Some(message) = &file.error_message {
                    <span class="acc-sub acc-error-text">{&message.default_message}</span>
                }
            </td>
            <td data-label="Checksum">{checksum(file.checksum_info.as_ref())}</td>
            <td data-label="Actions"><div class="acc-actions">{actions(props, file, upload)}</div></td>
        </tr>
    }
}

fn bytes(file: &SessionFileInfo, upload: Option<&Upload>, declared: Option<u64>) -> Html {
    let declared = match declared {
        Some(size) => format!("declared {}", format::bytes(size)),
        None => "none declared".to_owned(),
    };
    let arrived = format::size(file.bytes_transferred.max(file.size.unwrap_or(0)));
    match upload {
        Some(upload) => moving(&upload.progress, format!("Upload of {}", file.name)),
        None => html! {
            <>
                <data class="acc-numbers" value={arrived.to_string()}>{format::bytes(arrived)}</data>
                if file.source_type == SourceType::Push {
                    <span class="acc-sub">{declared}</span>
                }
            </>
        },
    }
}

/// How far something is, and how fast it goes.
pub(super) fn moving(progress: &Progress, name: String) -> Html {
    let left = progress.time_left().map(|left| format!(" · {} left", format::countdown(left)));
    html! {
        <>
            <progress aria-label={name} max={progress.total.max(1).to_string()}
                value={progress.moved.to_string()} />
            <span class="acc-numbers">
                {format!("{} of {}", format::bytes(progress.moved), format::bytes(progress.total))}
            </span>
            <span class="acc-sub">
                {format!("{} %", progress.percent())}
                if let Some(rate) = progress.rate {
                    {format!(" · {}/s", format::bytes(rate))}
                }
                {left}
            </span>
        </>
    }
}

/// A digest, its algorithm above it.
pub(super) fn checksum(info: Option<&ChecksumInfo>) -> Html {
    match info {
        None => html! { <span class="acc-sub">{"none"}</span> },
        Some(info) => {
            let algorithm = info.algorithm.clone().unwrap_or_default();
            html! {
                <>
                    <span class="acc-mono" translate="no">{algorithm.as_str()}</span>
                    <span class="acc-digest acc-mono" translate="no">{&info.checksum}</span>
                </>
            }
        }
    }
}

fn actions(props: &PartProps, file: &SessionFileInfo, upload: Option<&Upload>) -> Html {
    let name = file.name.clone();
    if let Some(upload) = upload {
        let id = upload.id;
        return button(
            Icon::Stop,
            "Cancel upload",
            format!("Cancel upload of {name}"),
            props.on(move || Command::StopUpload(id)),
        );
    }
    let added_here =
        props.lab.session.as_ref().is_some_and(|session| session.declared(&name).is_some());
    let send = || {
        let name = name.clone();
        props.on(move || Command::SendFile(name.clone()))
    };
    let again = || {
        let name = name.clone();
        props.on(move || Command::SendAgain(name.clone()))
    };
    let remove = {
        let name = name.clone();
        props.on(move || Command::RemoveFile(name.clone()))
    };
    html! {
        <>
            if added_here && file.status == TransferStatus::WaitingForTransfer {
                {button(Icon::Upload, "Send bytes", format!("Send bytes of {name}"), send())}
            } else if added_here && file.status == TransferStatus::Error {
                {button(Icon::Repeat, "Add again", format!("Add again: {name}"), again())}
            }
            {button(Icon::Remove, "Remove", format!("Remove {name}"), remove)}
        </>
    }
}

fn button(icon: Icon, word: &'static str, name: String, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" class="acc-small" aria-label={name} {onclick}>
            {draw(icon)}{word}
        </button>
    }
}

//! Files of this computer, picked or dropped, on their way into the session.

use accession_core::model::{ChecksumAlgorithm, ChecksumInfo};
use web_sys::{File, FileList, HtmlInputElement};
use yew::prelude::*;

use super::PartProps;
use super::field::{Field, checked, selected, setter};
use super::icon::{Icon, draw};
use crate::app::command::{Command, NewFile};
use crate::format;

/// Which length is declared.
#[derive(Clone, Copy, PartialEq)]
enum DeclaredSize {
    Real,
    None,
    Other,
}

/// Files on their way into the session.
#[component]
pub(crate) fn AddFiles(props: &PartProps) -> Html {
    let picked = use_state(Vec::<File>::new);
    let name = use_state(String::new);
    let size = use_state(|| DeclaredSize::Real);
    let other_size = use_state(String::new);
    let algorithm = use_state(String::new);
    let digest = use_state(String::new);
    let send = use_state(|| true);
    let hovered = use_state(|| false);
    let input = use_node_ref();

    let take = {
        let (picked, name, size) = (picked.clone(), name.clone(), size.clone());
        let (algorithm, digest) = (algorithm.clone(), digest.clone());
        Callback::from(move |files: Vec<File>| {
            name.set(files.first().map(File::name).unwrap_or_default());
            // What was declared of other files does not fit these.
            size.set(DeclaredSize::Real);
            algorithm.set(String::new());
            digest.set(String::new());
            picked.set(files);
        })
    };
    let on_pick = {
        let take = take.clone();
        Callback::from(move |event: Event| {
            take.emit(files_of(event.target_unchecked_into::<HtmlInputElement>().files()));
        })
    };
    let on_drop = {
        let (take, hovered) = (take.clone(), hovered.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            hovered.set(false);
            let files = files_of(event.data_transfer().and_then(|data| data.files()));
            if !files.is_empty() {
                take.emit(files);
            }
        })
    };
    let on_drag = |over: bool| {
        let hovered = hovered.clone();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            hovered.set(over);
        })
    };
    let onsubmit = {
        let (act, input) = (props.act.clone(), input.clone());
        let (picked, name, send) = (picked.clone(), name.clone(), *send);
        let (size, other_size) = (*size, other_size.trim().parse().ok());
        let (algorithm, digest) = ((*algorithm).clone(), digest.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let alone = picked.len() == 1;
            let declared = |file: &File| match size {
                DeclaredSize::Real => Some(file.size() as i64),
                DeclaredSize::None => None,
                DeclaredSize::Other => other_size,
            };
            let checksum = (alone && !algorithm.is_empty()).then(|| ChecksumInfo {
                algorithm: Some(ChecksumAlgorithm::from(algorithm.clone())),
                checksum: digest.trim().to_owned(),
            });
            let files = picked.iter().map(|file| NewFile {
                file: file.clone(),
                name: if alone { (*name).clone() } else { file.name() },
                size: declared(file),
                checksum: checksum.clone(),
            });
            act.emit(Command::AddFiles { files: files.collect(), send });
            // Or picking the same file again would be no change.
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.set_value("");
            }
            picked.set(Vec::new());
        })
    };
    let on_size = {
        let size = size.clone();
        Callback::from(move |event: Event| {
            size.set(match selected(&event).as_str() {
                "none" => DeclaredSize::None,
                "other" => DeclaredSize::Other,
                _ => DeclaredSize::Real,
            });
        })
    };
    let on_algorithm = {
        let algorithm = algorithm.clone();
        Callback::from(move |event: Event| algorithm.set(selected(&event)))
    };
    let on_send = {
        let send = send.clone();
        Callback::from(move |event: Event| send.set(checked(&event)))
    };

    let (input_id, size_id) = (props.id("files"), props.id("declared-size"));
    let (algorithm_id, send_id) = (props.id("algorithm"), props.id("send"));
    let total: u64 = picked.iter().map(|file| file.size() as u64).sum();
    let item = props.lab.session.as_ref().and_then(|session| session.item_label());
    html! {
        <form class="acc-add" {onsubmit}>
            <div class={classes!("acc-drop", hovered.then_some("acc-drop-over"))}
                ondragover={on_drag(true)} ondragleave={on_drag(false)} ondrop={on_drop}>
                <label for={input_id.clone()}>{draw(Icon::Upload)}{"Choose files"}</label>
                <input id={input_id} ref={input} type="file" multiple=true onchange={on_pick} />
                <p class="acc-hint">
                    if picked.is_empty() {
                        {"or drop them here. They are read from this computer when their bytes are sent."}
                    } else {
                        {chosen(&picked, total)}
                    }
                </p>
            </div>
            if !picked.is_empty() {
                <div class="acc-grid">
                    if picked.len() == 1 {
                        {Field::new(props.id("file-name"), "File name", &name, setter(&name)).mono().draw()}
                    }
                    <div class="acc-field">
                        <label for={size_id.clone()}>{"Declared size"}</label>
                        <select id={size_id} onchange={on_size}>
                            <option value="real" selected={*size == DeclaredSize::Real}>{"The real size"}</option>
                            <option value="none" selected={*size == DeclaredSize::None}>{"None"}</option>
                            <option value="other" selected={*size == DeclaredSize::Other}>{"Another size"}</option>
                        </select>
                    </div>
                    if *size == DeclaredSize::Other {
                        {Field::new(props.id("other-size"), "Size in bytes", &other_size, setter(&other_size)).mono().draw()}
                    }
                    if picked.len() == 1 {
                        <div class="acc-field">
                            <label for={algorithm_id.clone()}>{"Declared checksum"}</label>
                            <select id={algorithm_id} onchange={on_algorithm}>
                                <option value="" selected={algorithm.is_empty()}>{"None"}</option>
                                { for ChecksumAlgorithm::KNOWN.iter().map(|known| html! {
                                    <option value={known.as_str().to_owned()}
                                        selected={*algorithm == known.as_str()}>{known.as_str()}</option>
                                }) }
                            </select>
                        </div>
                        if !algorithm.is_empty() {
                            {Field::new(props.id("digest"), "Checksum in hex", &digest, setter(&digest)).mono().draw()}
                        }
                    }
                </div>
                <label for={send_id.clone()} class="acc-choice">
                    <input type="checkbox" id={send_id} checked={*send} onchange={on_send} />
                    {"Send the bytes right away"}
                </label>
                <div class="acc-buttons">
                    <button type="submit" class="acc-primary">{draw(Icon::Add)}{"Add files"}</button>
                </div>
                {super::guide_pane::goes_to(props, item)}
            }
        </form>
    }
}

fn chosen(files: &[File], total: u64) -> String {
    match files {
        [only] => format!("{}, {}", only.name(), format::bytes(total)),
        several => format!("{} files, {} in all", several.len(), format::bytes(total)),
    }
}

pub(super) fn files_of(list: Option<FileList>) -> Vec<File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)).collect()
}

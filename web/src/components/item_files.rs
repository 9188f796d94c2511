//! What the item holds once the session is DONE.

use accession_core::model::ItemFileInfo;
use yew::prelude::*;

use super::PartProps;
use super::files::checksum;
use super::loading::loaded;
use crate::format;

/// What the item holds.
pub(crate) fn item_files(props: &PartProps) -> Html {
    let lab = &props.lab;
    let Some(session) = &lab.session else { return html! {} };
    let version = session.item.as_ref().and_then(|item| item.content_version.as_deref());
    let table = |files: &Vec<ItemFileInfo>| {
        html! {
            <table class="acc-table">
                <caption class="acc-spoken">{"Files of the item"}</caption>
                <thead>
                    <tr>
                        <th scope="col">{"File"}</th>
                        <th scope="col">{"Size"}</th>
                        <th scope="col">{"Version"}</th>
                        <th scope="col">{"Checksum"}</th>
                    </tr>
                </thead>
                <tbody>{ for files.iter().map(row) }</tbody>
            </table>
        }
    };
    html! {
        <>
            <p>
                <strong>{session.item_label().unwrap_or_default().to_owned()}</strong>
                if let Some(version) = version {
                    {format!(", content version {version}")}
                }
            </p>
            {loaded(lab, &session.item_files, "The item has no files.", Vec::is_empty, table)}
        </>
    }
}

fn row(file: &ItemFileInfo) -> Html {
    let size = format::size(file.size);
    html! {
        <tr key={file.name.clone()}>
            <th scope="row"><span class="acc-name" translate="no">{&file.name}</span></th>
            <td data-label="Size">
                <data class="acc-numbers" value={size.to_string()}>{format::exact_bytes(size)}</data>
            </td>
            <td data-label="Version" class="acc-mono">{&file.version}</td>
            <td data-label="Checksum">{checksum(file.checksum_info.as_ref())}</td>
        </tr>
    }
}

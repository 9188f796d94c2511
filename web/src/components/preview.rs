//! What the server found in the metadata files before completion: who signed, and what it warns of.

use accession_core::model::PreviewWarningInfo;

use super::PartProps;
use super::element::{El, button, el, fact, part};
use super::icon::Icon;
use crate::app::command::Command;
use crate::lab::SessionView;

/// The signer, and each warning with the button that ignores it.
pub(crate) fn preview(props: &PartProps, session: &SessionView) -> Option<El> {
    let preview = session.model.ready()?.preview_info.as_ref()?;
    let warnings = preview.warnings.as_deref().unwrap_or_default();
    if preview.certificate_info.is_none() && warnings.is_empty() {
        return None;
    }
    let signer = preview.certificate_info.as_ref().map(|certificate| {
        el("dl.acc-facts")
            .child(fact("Signed by", el("dd").exact().text(&certificate.subject)))
            .child(fact("Issued by", el("dd").exact().text(&certificate.issuer)))
    });
    let warnings = warnings.iter().map(|warning| of_warning(props, warning));
    Some(part("Preview").child(signer).children(warnings))
}

fn of_warning(props: &PartProps, warning: &PreviewWarningInfo) -> El {
    let kind = warning.r#type.clone();
    let ignored = warning.ignored;
    let what = el("p")
        .text(" ")
        .child(el("span.acc-mono").exact().text(kind.as_str()))
        .text(" ")
        .child(el("span").english().text(&warning.message.default_message))
        .text(if ignored { " It is ignored." } else { "" })
        .icon(if ignored { Icon::Done } else { Icon::Warning });
    let ending = el("div.acc-ending").child(what);
    if ignored {
        return ending;
    }
    let effect = "A session that is completed while this warning is not ignored fails.";
    let ignore = button("Ignore warning");
    ending
        .child(el("p").text(effect))
        .child(ignore.on_click(props.on(move || Command::Ignore(kind.clone()))))
}

//! What the server found in the metadata files before completion: who signed, and what it warns of.

use accession_core::model::PreviewWarningInfo;
use yew::prelude::*;

use super::PartProps;
use super::icon::{Icon, draw};
use crate::app::command::Command;
use crate::lab::SessionView;

/// The signer, and each warning with the button that ignores it.
pub(crate) fn preview(props: &PartProps, session: &SessionView) -> Html {
    let preview = session.model.ready().and_then(|model| model.preview_info.as_ref());
    let Some(preview) = preview.filter(|preview| {
        preview.certificate_info.is_some() || preview.warnings.iter().flatten().next().is_some()
    }) else {
        return html! {};
    };
    html! {
        <section class="acc-part">
            <h2>{"Preview"}</h2>
            if let Some(certificate) = &preview.certificate_info {
                <dl class="acc-facts">
                    <dt>{"Signed by"}</dt>
                    <dd>{&certificate.subject}</dd>
                    <dt>{"Issued by"}</dt>
                    <dd>{&certificate.issuer}</dd>
                </dl>
            }
            { for preview.warnings.iter().flatten().map(|warning| of_warning(props, warning)) }
        </section>
    }
}

fn of_warning(props: &PartProps, warning: &PreviewWarningInfo) -> Html {
    let kind = warning.r#type.clone();
    html! {
        <div class="acc-ending">
            <p>
                {draw(if warning.ignored { Icon::Done } else { Icon::Warning })}{" "}
                <span class="acc-mono" translate="no">{warning.r#type.as_str()}</span>{" "}
                {&warning.message.default_message}
                if warning.ignored {
                    {" It is ignored."}
                }
            </p>
            if !warning.ignored {
                <p>{"A session that is completed while this warning is not ignored fails."}</p>
                <button type="button" onclick={props.on(move || Command::Ignore(kind.clone()))}>
                    {"Ignore warning"}
                </button>
            }
        </div>
    }
}

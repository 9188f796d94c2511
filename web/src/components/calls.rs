//! The calls on a whole session, each with what is to be expected of it.
//!
//! A call that will be refused says so and can be sent all the same: a refusal is a lesson.

use yew::prelude::*;

use super::PartProps;
use super::icon::{Icon, draw};
use crate::app::command::Command;
use crate::lab::{Foresight, Lab, SessionCall};

/// The calls on a whole session.
pub(crate) fn calls(props: &PartProps) -> Html {
    let Some(session) = &props.lab.session else { return html! {} };
    html! {
        <>
            <div class="acc-calls">
                { for SessionCall::ALL.map(|call| one(props, call)) }
            </div>
            {super::guide_pane::goes_to(props, session.item_label())}
        </>
    }
}

fn one(props: &PartProps, call: SessionCall) -> Html {
    let hint_id = props.id(&format!("foresight-{}", call.name()));
    let class = match call {
        SessionCall::Complete => "acc-primary",
        SessionCall::Cancel | SessionCall::Fail | SessionCall::Delete => "acc-danger",
        SessionCall::Validate | SessionCall::KeepAlive => "",
    };
    html! {
        <div class="acc-call">
            <button type="button" {class} aria-describedby={hint_id.clone()}
                onclick={props.on(move || Command::Call(call))}>
                {call.label()}
            </button>
            <p class="acc-lint" id={hint_id}>{foresight(&props.lab, props.scene.foresee(call))}</p>
        </div>
    }
}

/// What is to be expected of a call, in one line.
pub(crate) fn foresight(lab: &Lab, foresight: &Foresight) -> Html {
    match foresight {
        Foresight::Unknown => html! { <>{draw(Icon::Unknown)}{"cannot be foreseen"}</> },
        Foresight::Fine => html! {
            <span class="acc-fine">{draw(Icon::Done)}{"will succeed"}</span>
        },
        Foresight::Refused { because, .. } => html! {
            <span class="acc-warn-text">
                {draw(Icon::Warning)}
                {if lab.target.is_live() { "refused by the rules: " } else { "will be refused: " }}
                {because}
            </span>
        },
    }
}

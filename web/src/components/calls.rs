//! The calls on a whole session, each with what is to be expected of it.
//!
//! A call that will be refused says so and can be sent all the same: a refusal is a lesson.

use super::PartProps;
use super::element::{El, button, el, group};
use super::icon::Icon;
use super::state::wrappable;
use crate::app::command::Command;
use crate::lab::{Foresight, Lab, SessionCall, SessionView};

/// The calls on a whole session.
pub(crate) fn calls(props: &PartProps, session: &SessionView) -> El {
    let calls = SessionCall::ALL.map(|call| one(props, call));
    group()
        .child(el("div.acc-calls").children(calls))
        .child(super::guide_pane::goes_to(props, session.item_label()))
}

fn one(props: &PartProps, call: SessionCall) -> El {
    let hint_id = props.id(&format!("foresight-{}", call.name()));
    let foreseen = props.scene.foresee(call);
    let class = match call {
        SessionCall::Complete if matches!(foreseen, Foresight::Refused { .. }) => "",
        SessionCall::Complete => "acc-primary",
        SessionCall::Cancel | SessionCall::Fail | SessionCall::Delete => "acc-danger",
        SessionCall::Validate | SessionCall::KeepAlive => "",
    };
    let send = button(call.label())
        .class(class)
        .attr("aria-describedby", &hint_id)
        .on_click(props.on(move || Command::Call(call)));
    let foreseen = foresight(&props.lab, foreseen);
    let hint = el("p.acc-lint").id(&hint_id).child(foreseen);
    el("div.acc-call").child(send).child(hint)
}

/// What is to be expected of a call, in one line.
pub(crate) fn foresight(lab: &Lab, foresight: &Foresight) -> El {
    let live = lab.target.is_live();
    match foresight {
        Foresight::Unknown => group().text("cannot be foreseen").icon(Icon::Unknown),
        // What a server does that is no simulator, nobody can promise.
        Foresight::Fine => el("span.acc-fine")
            .text(if live { "allowed by the rules" } else { "will succeed" })
            .icon(Icon::Done),
        Foresight::Refused { because, .. } => el("span.acc-warn-text")
            .text(if live { "refused by the rules: " } else { "will be refused: " })
            .child(el("span").english().child(wrappable(because)))
            .icon(Icon::Warning),
    }
}

//! What is asked before a call that ends something.

use web_sys::{HtmlDialogElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::PartProps;
use super::icon::{Icon, draw};
use crate::app::command::Command;
use crate::lab::{Action, Question, SessionCall};

/// What is asked before a call that ends something.
#[component]
pub(crate) fn ConfirmDialog(props: &PartProps) -> Html {
    let lab = &props.lab;
    let dialog = use_node_ref();
    let text = use_state(String::new);
    let question = lab.question.clone();
    use_effect_with(question.clone(), {
        let (dialog, text) = (dialog.clone(), text.clone());
        move |question| {
            let Some(dialog) = dialog.cast::<HtmlDialogElement>() else { return };
            match question {
                Some(_) if !dialog.open() => {
                    text.set(String::new());
                    // It fails only for an element that is not on the page.
                    let _ = dialog.show_modal();
                }
                // The focus goes back to the button that opened it.
                None if dialog.open() => dialog.close(),
                _ => {}
            }
        }
    });
    let close = props.on(|| Command::just(Action::Asked(None)));
    let on_text = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        })
    };
    let session = lab.session.as_ref();
    let item = question
        .as_ref()
        .and_then(|question| {
            session.filter(|session| Some(session.id.as_str()) == question.session())
        })
        .and_then(|session| session.item_label())
        .unwrap_or("not known")
        .to_owned();
    let (title_id, text_id) = (props.id("question"), props.id("message"));
    html! {
        <dialog ref={dialog} class="acc-dialog" aria-labelledby={title_id.clone()}
            onclose={props.on(|| Command::just(Action::Asked(None)))}>
            if let Some(question) = question {
                <form onsubmit={
                    let (act, question, text) = (props.act.clone(), question.clone(), (*text).clone());
                    Callback::from(move |event: SubmitEvent| {
                        event.prevent_default();
                        act.emit(Command::Confirm(question.clone(), text.clone()));
                    })
                }>
                    <h2 id={title_id}>
                        if lab.target.is_live() {
                            <span class="acc-target-word">{draw(Icon::Live)}{"LIVE"}</span>{" "}
                        }
                        {question.label()}
                    </h2>
                    <dl class="acc-facts">
                        <dt>{"Call"}</dt><dd class="acc-mono" translate="no">{question.operation()}</dd>
                        <dt>{"Host"}</dt><dd class="acc-mono" translate="no">{lab.host()}</dd>
                        if let Some(session) = question.session() {
                            <dt>{"Item"}</dt><dd><strong>{item}</strong></dd>
                            <dt>{"Session"}</dt><dd class="acc-mono acc-id" translate="no">{session.to_owned()}</dd>
                        }
                        <dt>{"Effect"}</dt><dd>{question.effect()}</dd>
                    </dl>
                    if is(&question, SessionCall::Fail) {
                        <div class="acc-field">
                            <label for={text_id.clone()}>{"Error message"}</label>
                            <textarea id={text_id} rows="3" value={(*text).clone()} oninput={on_text} />
                        </div>
                    }
                    <div class="acc-buttons">
                        <button type="button" onclick={close}>{"Close"}</button>
                        <button type="submit" class={if is(&question, SessionCall::Complete) { "acc-primary" } else { "acc-danger" }}>
                            {question.label()}
                        </button>
                    </div>
                </form>
            }
        </dialog>
    }
}

fn is(question: &Question, wanted: SessionCall) -> bool {
    matches!(question, Question::Button { call, .. } if *call == wanted)
}

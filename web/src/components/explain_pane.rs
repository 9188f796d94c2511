//! What happened, why, and what is possible now.

use accession_core::rules::{Provenance, RuleRef};
use yew::prelude::*;

use super::PartProps;
use super::calls::foresight;
use super::icon::{Icon, draw};
use super::state::wrappable;
use crate::lab::{Lab, Outcome, SessionCall, Verdict};

/// What happened, why, and what is possible now.
pub(crate) fn explain_pane(props: &PartProps) -> Html {
    let lab = &*props.lab;
    html! {
        <>
            <section class="acc-part acc-outcome" data-testid="outcome">
                <h2>{"What happened"}</h2>
                if let Some(waiting) = lab.waiting.last() {
                    <p class="acc-empty">{draw(Icon::Waiting)}{format!(" {} is on its way", waiting.call)}</p>
                }
                if let Some(outcome) = &lab.outcome {
                    {explained(lab, outcome)}
                } else {
                    <p class="acc-empty">{"Send a call, and what came of it stands here, with the reason."}</p>
                }
            </section>
            if lab.session.is_some() {
                <section class="acc-part">
                    <h2>{"Possible now"}</h2>
                    <dl class="acc-possible">
                        { for SessionCall::ALL.into_iter().map(|call| html! {
                            <div key={call.name()}>
                                <dt class="acc-mono" translate="no">{call.name()}</dt>
                                <dd>{foresight(lab, props.scene.foresee(call))}</dd>
                            </div>
                        }) }
                    </dl>
                </section>
            }
        </>
    }
}

fn explained(lab: &Lab, outcome: &Outcome) -> Html {
    let (class, icon) = match outcome.verdict {
        Verdict::Done => ("acc-verdict-done", Icon::Done),
        Verdict::Refused => ("acc-verdict-refused", Icon::Error),
        Verdict::Failed => ("acc-verdict-failed", Icon::Warning),
    };
    html! {
        <dl class="acc-explained">
            <dt>{"Outcome"}</dt>
            <dd class={classes!("acc-verdict", class)}>
                {draw(icon)}<span>{&outcome.said}</span>
            </dd>
            if let Some(status) = outcome.status {
                <dd class="acc-mono" translate="no">
                    {status}{" "}
                    if let Some(kind) = &outcome.kind {
                        {wrappable(kind)}
                    }
                </dd>
            }
            <dt>{"Because"}</dt>
            <dd class="acc-because">{ for outcome.because.iter().map(|line| html! { <p>{line}</p> }) }</dd>
            if !outcome.next.is_empty() {
                <dt>{"Now"}</dt>
                <dd>{ for outcome.next.iter().map(|line| html! { <p>{line}</p> }) }</dd>
            }
            if let Some(rule) = outcome.rule {
                <dt>{"Source"}</dt>
                <dd>{source(rule)}</dd>
            } else if outcome.verdict == Verdict::Refused && lab.target.is_live() {
                <dt>{"Source"}</dt>
                <dd><p>{"The server's own answer. A live server does not name its rule."}</p></dd>
            }
            if !outcome.notes.is_empty() {
                <dt>{"Notes"}</dt>
                <dd>{ for outcome.notes.iter().map(|line| html! { <p>{line}</p> }) }</dd>
            }
        </dl>
    }
}

/// A rule, and how it is known.
pub(super) fn source(rule: RuleRef) -> Html {
    let (class, word) = match rule.provenance {
        Provenance::Documented => ("acc-documented", "documented"),
        Provenance::Observed => ("acc-observed", "observed"),
        Provenance::Assumed => ("acc-assumed", "assumed"),
    };
    html! {
        <>
            <p>{rule.sentence}</p>
            <p><span class={classes!("acc-provenance", class)}>{word}</span>{" "}
                <code class="acc-mono" translate="no">{rule.id}</code></p>
            <p class="acc-hint">{rule.source}</p>
        </>
    }
}

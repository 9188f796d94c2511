//! What happened, why, and what is possible now.

use accession_core::rules::{Provenance, RuleRef};

use super::PartProps;
use super::calls::foresight;
use super::element::{El, el, fact, group, part};
use super::icon::Icon;
use super::loading::{empty, lines, waiting};
use super::state::wrappable;
use crate::lab::{Lab, Outcome, SessionCall, Verdict};

/// What happened, why, and what is possible now.
pub(crate) fn explain_pane(props: &PartProps) -> El {
    let lab = &*props.lab;
    let called = lab.waiting.last().map(|waiting| format!(" {} is on its way", waiting.call));
    let outcome = match &lab.outcome {
        Some(outcome) => explained(lab, outcome),
        None => empty("Send a call, and what came of it stands here, with the reason."),
    };
    let possible = lab.session.is_some().then(|| {
        let calls = SessionCall::ALL.into_iter().map(|call| {
            let foreseen = el("dd").child(foresight(lab, props.scene.foresee(call)));
            let name = el("dt.acc-mono").exact().text(call.name());
            el("div").key(call.name()).child(name).child(foreseen)
        });
        part("Possible now").child(el("dl.acc-possible").children(calls))
    });
    let happened = el("section.acc-part.acc-outcome")
        .attr("data-testid", "outcome")
        .child(el("h2").text("What happened"))
        .child(called.map(|called| waiting(&called)))
        .child(outcome);
    group().child(happened).child(possible)
}

fn explained(lab: &Lab, outcome: &Outcome) -> El {
    let (class, icon) = match outcome.verdict {
        Verdict::Done => ("acc-verdict acc-verdict-done", Icon::Done),
        Verdict::Refused => ("acc-verdict acc-verdict-refused", Icon::Error),
        Verdict::Failed => ("acc-verdict acc-verdict-failed", Icon::Warning),
    };
    let said = el("dd").class(class).child(el("span").text(&outcome.said)).icon(icon);
    let status = outcome.status.map(|status| {
        let kind = outcome.kind.as_deref().map(wrappable);
        el("dd.acc-mono").exact().text(&format!("{status} ")).child(kind)
    });
    let source = match outcome.rule {
        Some(rule) => Some(source(rule)),
        None if outcome.verdict == Verdict::Refused && lab.target.is_live() => {
            let own = "The server's own answer. A live server does not name its rule.";
            Some(el("p").text(own))
        }
        None => None,
    };
    let several = |term, texts: &[String]| {
        (!texts.is_empty()).then(|| fact(term, el("dd").child(lines(texts))))
    };
    el("dl.acc-explained")
        .child(fact("Outcome", said))
        .child(status)
        .child(fact("Because", el("dd.acc-because").child(lines(&outcome.because))))
        .child(several("Now", &outcome.next))
        .child(source.map(|source| fact("Source", el("dd").child(source))))
        .child(several("Notes", &outcome.notes))
}

/// How a rule is known.
pub(super) const fn known(rule: RuleRef) -> &'static str {
    match rule.0.provenance {
        Provenance::Documented => "documented",
        Provenance::Observed => "observed",
        Provenance::Assumed => "assumed",
    }
}

/// A rule, and how it is known.
pub(super) fn source(rule: RuleRef) -> El {
    let class = format!("acc-provenance acc-{}", known(rule));
    let known = el("p")
        .child(el("span").class(&class).text(known(rule)))
        .text(" ")
        .child(el("code.acc-mono").exact().text(rule.id));
    group()
        .child(el("p").text(rule.sentence))
        .child(known)
        .child(el("p.acc-hint").text(rule.source))
}

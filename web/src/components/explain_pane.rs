//! What happened, why, and what is possible now.

use std::rc::Rc;

use accession_core::operations::row_named;
use accession_core::rules::{Provenance, RuleRef};

use super::PartProps;
use super::calls::foresight;
use super::element::{El, el, fact, group, part};
use super::icon::Icon;
use super::loading::{empty, lines, waiting};
use super::state::wrappable;
use super::timeline::past;
use crate::lab::{Happening, Lab, Outcome, SessionCall, Verdict, way};
use crate::words::{Said, say};

/// What happened, why, and what is possible now.
pub(crate) fn explain_pane(props: &PartProps) -> El {
    let lab = &*props.lab;
    let called = lab.waiting.last().map(|waiting| say(" {0} is on its way", &[&waiting.call]));
    let shown = shown_outcome(lab);
    let outcome = match &shown {
        Some(outcome) => explained(props, outcome),
        None => empty("Send a call, and what came of it stands here, with the reason."),
    };
    let possible = lab.session.as_ref().map(|_| {
        let calls = SessionCall::ALL.into_iter().map(|call| {
            let foreseen = el("dd").child(foresight(lab, props.scene.foresee(call)));
            let name = el("dt.acc-mono").exact().text(call.name());
            el("div").key(call.name()).child(name).child(foreseen)
        });
        let is_over = lab.selected.is_some() || lab.target.is_replay();
        part(if is_over { "Possible then" } else { "Possible now" })
            .child(el("dl.acc-possible").children(calls))
    });
    let happened = el("section.acc-part.acc-outcome")
        .attr("data-testid", "outcome")
        .child(el("h2").text("What happened"))
        .child(called.map(|called| waiting(&called)))
        .child(outcome);
    // What can be done is looked for before who says so.
    let source = shown.and_then(|outcome| source_of(lab, &outcome));
    let source = source.map(|source| part("Source").child(source));
    // Where the session is out of sight, nothing else tells that it is seen as it was.
    let past = lab.view.narrow.then(|| past(props)).flatten();
    group().child(past).child(happened).child(possible).child(source)
}

/// What the entry that is shown came to. Of the latest the page knows more than its exchange tells, if it sent it.
fn shown_outcome(lab: &Lab) -> Option<Rc<Outcome>> {
    if lab.selected.is_none() && (lab.outcome.is_some() || lab.session.is_none()) {
        return lab.outcome.clone();
    }
    Some(Rc::new(match &lab.entry()?.what {
        Happening::Call(exchange) => Outcome::of_exchange(exchange, &lab.target, &lab.page),
        Happening::Event(event) => Outcome::of_event(event),
        Happening::Target(_) => return None,
    }))
}

fn explained(props: &PartProps, outcome: &Outcome) -> El {
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
    let several = |term, texts: &[Said]| {
        (!texts.is_empty()).then(|| fact(term, el("dd").child(lines(texts))))
    };
    let steps = props.scene.way.iter().flatten();
    let steps: Vec<El> = steps
        .filter(|_| outcome.verdict == Verdict::Refused)
        .map(|step| el("li").text(&way::in_words(step, props.scene.at)))
        .collect();
    let way = (!steps.is_empty()).then(|| {
        let then = say("Then {0} is granted.", &[&outcome.call]);
        let steps = el("ol.acc-way").children(steps);
        fact("The way there", el("dd").child(steps).child(el("p").text(&then)))
    });
    el("dl.acc-explained")
        .child(fact("Outcome", said))
        .child(status)
        .child(fact("Because", el("dd.acc-because").child(lines(&outcome.because))))
        .child(several("Now", &outcome.next))
        .child(way)
        .child(several("Notes", &outcome.notes))
}

/// The rule that an outcome follows and where that can be read, or who else says so.
fn source_of(lab: &Lab, outcome: &Outcome) -> Option<El> {
    match outcome.rule {
        Some(rule) => {
            let call = lab.entry().and_then(|entry| entry.call());
            let row = call.and_then(|call| row_named(&call.operation));
            let row = row.filter(|_| rule.provenance == Provenance::Documented);
            let page = row.map(|row| {
                link(&row.reference(), el("a").text(&say("The reference of {0}", &[row.name])))
            });
            Some(source(rule).child(page))
        }
        None if outcome.verdict == Verdict::Refused && lab.target.is_live() => {
            let own = "The server's own answer. A live server does not name its rule.";
            Some(el("p").text(own))
        }
        None => None,
    }
}

/// How a rule is known.
pub(super) const fn known(rule: RuleRef) -> &'static str {
    rule.0.provenance.word()
}

/// A way to a page elsewhere, which does not learn where it was opened.
fn link(url: &str, link: El) -> El {
    let link = link.attr("href", url).attr("target", "_blank").attr("rel", "noopener noreferrer");
    el("p.acc-hint").child(link)
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
        .child((!rule.report.is_empty()).then(|| {
            link(&format!("https://github.com/{}", rule.report), el("a").exact().text(rule.report))
        }))
}

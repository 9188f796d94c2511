//! Checks and findings: what is looked for, and what was found.
//!
//! Each reader declares the checks of its own format; this module does not know any of them.

use std::fmt;

use accession_core::keyed::Few;
use accession_core::messages::{Message, render};
use accession_core::model::LocalizableMessage;
use accession_core::rules::Provenance;
use serde::{Serialize, Serializer};

/// What a finding means for an update session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The package will not be accepted.
    Blocks,
    /// It may be refused, or needs a decision.
    Warns,
    /// Worth knowing.
    Informs,
}

impl Severity {
    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocks => "Blocks",
            Self::Warns => "Warns",
            Self::Informs => "Informs",
        }
    }
}

/// One thing that is looked for in a package.
///
/// `message`, `why` and `remedy` may hold places `{0}`, `{1}` … for what was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// A name that stays, under `accession.package.`, and one sentence of what was found.
    pub message: Message,
    /// What it means for an update session.
    pub severity: Severity,
    /// Why it matters: the error that it will cause.
    pub why: &'static str,
    /// The id of the message that a real server is known to answer with.
    pub answer: Option<&'static str>,
    /// What to do, as a command or an action.
    pub remedy: &'static str,
    /// How it is known that this matters.
    pub provenance: Provenance,
    /// Where that stands, or why it is assumed.
    pub source: &'static str,
}

impl Check {
    /// The part of the name that tells this check from the others: `archive.truncated`.
    pub fn id(&self) -> &'static str {
        self.message.id.strip_prefix(PREFIX).unwrap_or(self.message.id)
    }
}

const PREFIX: &str = "accession.package.";

/// Declares the checks of one format, and `CHECKS`, the list of them.
macro_rules! checks {
    ($($name:ident = $severity:ident $id:literal: $found:literal,
        why $why:literal, $(answer $answer:literal,)? remedy $remedy:literal,
        $provenance:ident $source:literal;)+) => {
        $(
            #[doc = $found]
            pub const $name: &$crate::findings::Check = &$crate::findings::Check {
                message: ::accession_core::messages::Message {
                    id: concat!("accession.package.", $id),
                    template: $found,
                },
                severity: $crate::findings::Severity::$severity,
                why: $why,
                answer: [None $(, Some($answer))?][$crate::findings::last(&[$($answer)?])],
                remedy: $remedy,
                provenance: ::accession_core::rules::Provenance::$provenance,
                source: $source,
            };
        )+

        /// The checks of this format.
        pub const CHECKS: &[&$crate::findings::Check] = &[$($name),+];
    };
}
pub(crate) use checks;

/// The index of what an optional part of a declaration put after `None`.
pub(crate) const fn last(given: &[&str]) -> usize {
    given.len()
}

/// Where in a member something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In this line, counted from 1.
    Line(u64),
    /// At this byte, counted from 0.
    Offset(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Offset(offset) => write!(f, "byte {offset}"),
        }
    }
}

/// A check that hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub check: &'static Check,
    /// The member that it was found in; none if it is about the whole.
    pub member: Option<String>,
    /// Where in the member.
    pub place: Option<Place>,
    /// What was found, in the order of the check's places.
    pub args: Vec<String>,
}

impl Finding {
    /// What was found, in the form that the API gives its messages.
    pub fn message(&self) -> LocalizableMessage {
        LocalizableMessage {
            id: self.check.message.id.to_owned(),
            default_message: self.fill(self.check.message.template),
            args: self.args.clone(),
            ..LocalizableMessage::default()
        }
    }

    /// One sentence of what was found.
    pub fn found(&self) -> String {
        self.fill(self.check.message.template)
    }

    /// Why it matters.
    pub fn why(&self) -> String {
        self.fill(self.check.why)
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        self.fill(self.check.remedy)
    }

    fn fill(&self, template: &str) -> String {
        let args: Vec<_> = self.args.iter().map(String::as_str).collect();
        render(template, &args)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            id: &'static str,
            severity: Severity,
            #[serde(skip_serializing_if = "Option::is_none")]
            member: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            place: Option<Place>,
            found: String,
            why: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            answer: Option<&'static str>,
            remedy: String,
            provenance: Provenance,
            source: &'static str,
        }
        let told = Told {
            id: self.check.id(),
            severity: self.check.severity,
            member: self.member.as_deref(),
            place: self.place,
            found: self.found(),
            why: self.why(),
            answer: self.check.answer,
            remedy: self.remedy(),
            provenance: self.check.provenance,
            source: self.check.source,
        };
        told.serialize(serializer)
    }
}

/// How many findings of one check are kept; a hostile file could have millions.
const KEPT_PER_CHECK: usize = 20;

/// Collects findings.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    /// How many of each check are kept.
    counts: Few<&'static str, usize>,
    left_out: u64,
}

impl Findings {
    /// Where the findings about one member go.
    pub fn of<'a>(&'a mut self, member: &'a str) -> Notes<'a> {
        Notes { findings: self, member: Some(member) }
    }

    /// Where the findings about the whole go.
    pub fn of_whole(&mut self) -> Notes<'_> {
        Notes { findings: self, member: None }
    }

    /// Whether one of these checks hit in a member, or in the whole.
    pub(crate) fn have(&self, member: Option<&str>, checks: &[&Check]) -> bool {
        let is_one = |finding: &Finding| checks.contains(&finding.check);
        self.kept.iter().any(|finding| finding.member.as_deref() == member && is_one(finding))
    }

    /// Takes back what a check found, since something else explains it.
    pub(crate) fn forget(&mut self, check: &Check) {
        self.kept.retain(|finding| finding.check != check);
    }

    /// The findings, the gravest first, otherwise in the order in which they were made, and how
    /// many more there were.
    pub fn finish(self) -> (Vec<Finding>, u64) {
        let (blocks, others): (Vec<_>, Vec<_>) =
            self.kept.into_iter().partition(|finding| finding.check.severity == Severity::Blocks);
        let (warns, informs): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|finding| finding.check.severity == Severity::Warns);
        ([blocks, warns, informs].concat(), self.left_out)
    }
}

/// Takes findings about one member.
pub struct Notes<'a> {
    findings: &'a mut Findings,
    member: Option<&'a str>,
}

impl Notes<'_> {
    /// Notes a finding.
    pub fn add<const N: usize>(
        &mut self,
        check: &'static Check,
        place: Option<Place>,
        args: [&dyn fmt::Display; N],
    ) {
        self.note(check, place, &args);
    }

    /// Apart from how many arguments there are, so that there is one of it for all.
    fn note(&mut self, check: &'static Check, place: Option<Place>, args: &[&dyn fmt::Display]) {
        let Findings { kept, counts, left_out } = &mut *self.findings;
        let count = counts.get(&check.id()).map_or(0, |count| *count);
        if count >= KEPT_PER_CHECK {
            *left_out += 1;
            return;
        }
        counts.insert(check.id(), count + 1);
        kept.push(Finding {
            check,
            member: self.member.map(str::to_owned),
            place,
            args: args.iter().map(ToString::to_string).collect(),
        });
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "what the macro declares is public")]
mod tests {
    use super::*;

    checks! {
        ODD = Warns "test.odd": "Member {0} is odd.", why "It may be refused.",
            answer "com.vmware.test", remedy "Make {0} even.", Assumed "a test";
        GRAVE = Blocks "test.grave": "It is grave.", why "It is refused.", remedy "None.",
            Assumed "a test";
    }

    #[test]
    fn the_gravest_come_first_and_a_flood_is_counted() {
        let mut findings = Findings::default();
        for n in 0..30 {
            findings.of("a.vmdk").add(ODD, Some(Place::Line(n)), [&n]);
        }
        findings.of_whole().add(GRAVE, None, []);
        let (kept, left_out) = findings.finish();
        assert_eq!((kept.len(), left_out), (21, 10));
        assert_eq!((kept[0].check.id(), kept[0].check.answer), ("test.grave", None));
        assert_eq!(kept[1].remedy(), "Make 0 even.");
        assert_eq!(kept[1].check.answer, Some("com.vmware.test"));
        assert_eq!(CHECKS.len(), 2);
    }
}

//! The table of packages, and the checks that it has to reach.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use accession_package::{checks, inspection, judge};

use super::*;

static CASES: LazyLock<Vec<Case>> =
    LazyLock::new(|| good::cases().into_iter().chain(bad::cases()).collect());

pub(super) fn cases() -> &'static [Case] {
    &CASES
}

pub(super) fn case(name: &str) -> &'static Case {
    let case = cases().iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("no package {name}"))
}

#[test]
fn every_package_has_the_findings_that_it_must_have_and_no_others() {
    let mut wrong = Vec::new();
    for Case { name, files, findings } in cases() {
        let report = inspect(files);
        let found = found_in(&report);
        if found != *findings || report.verdict != verdict_of(findings) {
            wrong.push(format!("{name}: {found:?}\n    expected {findings:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_reaches_every_check_between_files() {
    let mut reached: BTreeSet<_> =
        cases().iter().flat_map(|case| &case.findings).map(|found| found.id.as_str()).collect();
    // It is about the reading; see `a_file_that_is_not_read_to_its_end_is_not_blamed_for_it`.
    reached.insert("package.cut");
    let between = inspection::CHECKS.iter().chain(judge::CHECKS).map(|check| check.id());
    let missed: Vec<_> = between.filter(|id| !reached.contains(id)).collect();
    assert_eq!(missed, [""; 0]);
}

#[test]
fn every_check_has_an_id_of_its_own_and_speaks_in_sentences() {
    let mut ids = BTreeSet::new();
    for check in checks() {
        assert!(ids.insert(check.id()), "{} twice", check.id());
        assert!(check.message.id.starts_with("accession.package."), "{}", check.id());
        for text in [check.message.template, check.why, check.remedy] {
            let end = text.trim_end_matches(['"', ')', '\'']);
            assert!(end.ends_with('.') || ends_with_command(text), "{}: {text}", check.id());
        }
        assert!(!check.source.is_empty() && !check.source.ends_with('.'), "{}", check.id());
    }
}

/// A full stop behind a command or what a file says would be taken for a part of it.
fn ends_with_command(text: &str) -> bool {
    text.ends_with("{0}") || ["ova", "-p -c 0", "3072"].iter().any(|end| text.ends_with(end))
}

#[test]
fn every_place_in_a_text_is_filled() {
    for case in cases() {
        for finding in inspect(&case.files).findings {
            let check = finding.check;
            for text in [check.message.template, check.why, check.remedy] {
                let places = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
                for index in places.filter_map(|(index, _)| index.parse::<usize>().ok()) {
                    assert!(index < finding.args.len(), "{}: {text}", check.id());
                }
            }
        }
    }
}

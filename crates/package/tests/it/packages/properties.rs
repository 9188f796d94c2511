//! What holds for every package, and for every damage to one.

use std::collections::BTreeMap;

use accession_package::findings::Severity;
use accession_package::inspection::{Plan, Survey};
use accession_package::report::Listed;

use super::*;
use crate::soak;

/// Larger packages are left out where each is read many times.
const SMALL: usize = 1 << 20;

fn small_cases() -> impl Iterator<Item = &'static Case> {
    let size = |case: &Case| case.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    table::cases().iter().filter(move |case| size(case) < SMALL)
}

/// Makes every form of a report, and looks at what must hold in each.
fn told(report: &Report) {
    let json = serde_json::to_value(report).unwrap();
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(report.findings.len()));
    let outline = report.outline();
    assert_eq!(outline.findings.len(), report.findings.len());
    assert!(
        outline
            .tables
            .iter()
            .all(|table| { table.rows.iter().all(|row| row.len() == table.columns.len()) })
    );
    assert!(report.markdown().starts_with("# "));
    assert_eq!(report.verdict, verdict_of(&found_in(report)));
    assert!(report.findings.is_sorted_by_key(|finding| finding.check.severity));
    let mut counts = BTreeMap::<_, usize>::new();
    for finding in &report.findings {
        *counts.entry(finding.check.id()).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count <= 20), "{counts:?}");
}

#[test]
fn how_a_package_is_cut_into_pieces_makes_no_difference() {
    soak(1, |random| {
        for Case { name, files, .. } in small_cases() {
            let whole = inspect(files);
            told(&whole);
            for size in [1, 7, 512] {
                assert!(inspect_in(inspection(), files, |_| size) == whole, "{name} by {size}");
            }
            let pieces = inspect_in(inspection(), files, |left| random(left as u64) as usize);
            assert!(pieces == whole, "{name}");
        }
    });
}

#[test]
fn the_order_of_the_files_of_a_folder_makes_no_difference_to_what_is_found() {
    soak(2, |random| {
        for Case { name, files, findings } in small_cases() {
            let mut files = files.clone();
            let mut sorted: Vec<_> = findings.iter().map(|found| format!("{found:?}")).collect();
            sorted.sort();
            for at in (1..files.len()).rev() {
                files.swap(at, random(at as u64 + 1) as usize);
            }
            let report = inspect(&files);
            let mut found: Vec<_> =
                found_in(&report).iter().map(|found| format!("{found:?}")).collect();
            found.sort();
            assert_eq!(found, sorted, "{name}");
        }
    });
}

/// Passes over what need not be seen.
fn surveyed(archive: &[u8]) -> Plan {
    let (mut survey, mut at) = (Survey::new(), 0);
    while at < archive.len() && !survey.is_done() {
        let skip = survey.skippable() as usize;
        if skip > 0 {
            survey.skip(skip as u64);
            at += skip;
        } else {
            let end = archive.len().min(at + 512);
            survey.write(&archive[at..end]);
            at = end;
        }
    }
    survey.finish()
}

#[test]
fn a_survey_before_makes_no_difference() {
    let mut archives = 0;
    for Case { name, files, .. } in small_cases() {
        let [(file, bytes)] = files.as_slice() else { continue };
        if !file.ends_with(".ova") {
            continue;
        }
        archives += 1;
        let report = inspect_in(inspection().with_plan(surveyed(bytes)), files, |left| left);
        assert!(report == inspect(files), "{name}: {:?}", found_in(&report));
    }
    assert!(archives > 50);
}

/// What says that an archive is not all there. Of fewer bytes than a name nothing can be told.
const ENDS: [&str; 4] =
    ["archive.truncated", "archive.cut-header", "archive.no-end", "archive.empty"];

#[test]
fn an_archive_that_is_cut_off_anywhere_is_said_to_be_so_and_little_else() {
    // Signatures take their time, so a signed archive is not cut everywhere.
    for (files, step) in [(usual(), 1), (signed(&Signer::default(), &usual()), 61)] {
        let whole = archive(&files).end().bytes();
        let end = whole.len() - 1024;
        for length in (0..end + 512).step_by(step) {
            let report = inspect(&[file("vm.ova", &whole[..length])]);
            let found = found_in(&report);
            let ids: Vec<_> = found.iter().map(|found| found.id.as_str()).collect();
            if (1..="vm.ovf".len()).contains(&length) {
                assert_eq!(ids, ["archive.not-tar"], "{length}");
                continue;
            }
            assert!(ids.iter().any(|id| ENDS.contains(id)), "{length}: {ids:?}");
            assert!(report.verdict > Verdict::Fine, "{length}: {ids:?}");
            assert!(report.verdict == Verdict::Blocked || length >= end - 512, "{length}: {ids:?}");
            let others = ids.iter().filter(|id| !ENDS.contains(id));
            // An archive may be meant to end behind a member, and then a disk is missing.
            let allowed = |id: &&&str| {
                **id == "certificate.self-signed"
                    || ids.contains(&"archive.no-end") && **id == "package.file-missing"
            };
            let others: Vec<_> = others.filter(|id| !allowed(id)).collect();
            assert!(others.is_empty(), "{length}: {ids:?}");
        }
    }
}

#[test]
fn no_damage_is_too_odd() {
    let seeds: Vec<_> = small_cases().filter(|case| !case.files.is_empty()).collect();
    soak(400, |random| {
        let mut files = seeds[random(seeds.len() as u64) as usize].files.clone();
        let count = files.len() as u64;
        let (_, bytes) = &mut files[random(count) as usize];
        for _ in 0..=random(4) {
            let length = bytes.len() as u64;
            match random(4) {
                0 => {
                    let begin = random(length + 1) as usize;
                    let end = begin + random(length - begin as u64 + 1) as usize;
                    bytes.drain(begin..end);
                }
                1 => bytes.truncate(random(length + 1) as usize),
                2 => {
                    let begin = random(length + 1) as usize;
                    let twice = bytes[begin..bytes.len().min(begin + 1000)].to_vec();
                    bytes.splice(begin..begin, twice);
                }
                _ => {
                    for _ in 0..random(20) {
                        if let Some(byte) = bytes.get_mut(random(length) as usize) {
                            *byte ^= 1 << random(8);
                        }
                    }
                }
            }
        }
        let report = inspect(&files);
        told(&report);
        let pieces = inspect_in(inspection(), &files, |left| random(left as u64) as usize);
        assert!(pieces == report);
        let blocked = report.findings.iter().any(|one| one.check.severity == Severity::Blocks);
        assert_eq!(report.validation().has_errors, blocked);
        report.preview();
    });
}

#[test]
fn a_piece_that_is_lost_from_an_archive_never_goes_unnoticed() {
    let whole = archive(&usual()).end().bytes();
    soak(400, |random| {
        let begin = random(whole.len() as u64 - 1024) as usize;
        let end = begin + 1 + random((whole.len() - 1024 - begin) as u64) as usize;
        let bytes = [&whole[..begin], &whole[end..]].concat();
        let report = inspect(&[file("vm.ova", bytes)]);
        told(&report);
        // What is lost may be zeros before zeros, or the manifest and nothing else.
        let listed = |wanted: &str| {
            let member = report.members.iter().find(|member| member.name == wanted)?;
            member.listed.or(Some(Listed::Matches))
        };
        let is_whole =
            ["vm.ovf", "vm-disk1.vmdk"].iter().all(|name| listed(name) == Some(Listed::Matches));
        assert!(report.verdict > Verdict::Fine || is_whole, "{begin}..{end}: {:?}", report.members);
    });
}

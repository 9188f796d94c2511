//! Every scenario is made here, and compared with what is committed in `runs/`: `UPDATE_RUNS=1` writes it
//! anew. Then it is gone on with, as it says that one should.

mod author;
mod made;
mod promises;

use std::collections::BTreeSet;
use std::path::Path;

use accession_scenarios::{ALL, Group};

use made::MADE;

fn runs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runs")
}

#[test]
fn what_is_committed_is_what_is_made() {
    let updating = std::env::var_os("UPDATE_RUNS").is_some();
    for (id, make) in MADE {
        let (file, text) = (runs().join(format!("{id}.json")), make().into_text());
        if updating {
            std::fs::write(&file, &text).expect("the checkout can be written to");
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
        let differs = committed.lines().zip(text.lines()).find(|(old, new)| old != new);
        assert!(
            committed == text,
            "runs/{id}.json is not what is made: {differs:?}. UPDATE_RUNS=1 writes it anew."
        );
    }
    let made: BTreeSet<_> = MADE.iter().map(|(id, _)| format!("{id}.json")).collect();
    let there = std::fs::read_dir(runs()).expect("there are runs").map(|entry| {
        entry.expect("it can be read").file_name().into_string().expect("a plain name")
    });
    assert_eq!(there.collect::<BTreeSet<_>>(), made);
}

#[test]
fn each_has_a_name_and_says_something() {
    let named: BTreeSet<_> = ALL.iter().map(|scenario| scenario.id).collect();
    let made: BTreeSet<_> = MADE.iter().map(|(id, _)| *id).collect();
    assert_eq!((named.len(), &named), (ALL.len(), &made));
    let titles: BTreeSet<_> = ALL.iter().map(|scenario| scenario.title).collect();
    assert_eq!(titles.len(), ALL.len());
    for scenario in ALL {
        let id = scenario.id;
        assert!(scenario.about.ends_with('.') && !scenario.title.ends_with('.'), "{id}");
        assert!(scenario.attempt.starts_with("Try: ") && scenario.attempt.ends_with('.'), "{id}");
        for report in scenario.reports {
            assert!(report.url.starts_with("https://github.com/"), "{id}: {}", report.url);
            assert!(!report.title.is_empty(), "{id}");
        }
        assert!(promises::KEPT.contains(&id), "nobody does what {id} says");
    }
    // Those of a group stand together, in the order of the groups.
    let groups: Vec<_> = ALL.iter().map(|scenario| scenario.group).collect();
    assert!(groups.is_sorted());
    assert_eq!(groups.into_iter().collect::<BTreeSet<_>>(), Group::ALL.into());
}

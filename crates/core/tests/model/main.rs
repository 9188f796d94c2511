//! Model checking: a reference of the contract's section 10, small and independent, against the
//! simulator.
//!
//! `reference` is what the contract says, `seen` what of it can be read; `subject` asks the simulator
//! in the reference's words; a `pair` takes a step with both. A refused call must leave everything
//! that can be read as it was, after every other step all of it must be what the reference says, and
//! at each step the `invariants` hold, whatever the reference says. `explore` tries everything to a
//! depth, `random` tries long scripts and shrinks those that fail; `script` is how they are shown.

#[path = "../support/mod.rs"]
mod support;

mod explore;
mod invariants;
mod pair;
mod random;
mod reference;
mod script;
mod seen;
mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use accession_core::dialect::Dialect;
use proptest::prelude::*;

use explore::{Explored, Likeness, Plan, explore, try_explore};
use pair::{Pair, Taken};
use random::{ITEMS, Script, script};
use reference::*;
use subject::{Disagreement, Reading};
use support::{OTHER_SHA1, SHA1, cases};

/// Says it even where the test's own output is kept back, so that the gate's log shows it.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn report(what: &str, plan: &Plan, explored: &Explored) {
    let Explored { states, transitions, all, .. } = explored;
    let reach = if *all { "all of them, within" } else { "everything to" };
    say(&format!(
        "model, {what}: {states} states, {transitions} transitions, {reach} depth {}",
        plan.depth
    ));
}

/// Deeper in a soak.
fn depth(in_the_gate: usize, in_a_soak: usize) -> usize {
    if std::env::var_os("ACCESSION_SOAK").is_some() { in_a_soak } else { in_the_gate }
}

// ---------------------------------------------------------------------------------------------
// Everything, to a depth
// ---------------------------------------------------------------------------------------------

const FILES: [Name; 2] = ["x.iso", "y.iso"];

const fn content(size: u64, sha1: Digest) -> Content {
    let inside =
        Inside { needs: Vec::new(), warnings: Vec::new(), invalid: false, unwritable: false };
    Content { size, sha1, inside }
}

const fn by(user: User, action: Action) -> Step {
    Step { by: user, action }
}

const ANYTHING: Spec = Spec::Push { size: None, sha1: None };
const DECLARED: Spec = Spec::Push { size: Some(10), sha1: Some(SHA1) };

/// Each item's sessions are created by a user of its own.
const fn create(item: ItemNo) -> Step {
    by(item, Action::Create { item, token: None, behavior: BTreeMap::new() })
}

/// Each of the items has a file, put there by a session that is gone.
fn stored(items: usize, name: Name) -> Vec<Step> {
    let store = |item: usize| {
        let (session, link, upload) = (item, item, item);
        [
            create(item),
            by(item, Action::Add { session, name, spec: ANYTHING }),
            by(item, Action::Open { link }),
            by(item, Action::Close { upload, arrival: Arrival::Whole(content(7, OTHER_SHA1)) }),
            by(item, Action::Complete { session }),
            by(item, Action::Delete { session }),
        ]
    };
    (0..items).flat_map(store).collect()
}

/// The sessions that there are.
fn sessions(world: &World) -> Vec<SessionNo> {
    (0..world.sessions.len()).filter(|no| world.session(*no).is_some()).collect()
}

fn is_active(world: &World, session: SessionNo) -> bool {
    world.session(session).is_some_and(|it| it.state == State::Active)
}

/// What may happen to two sessions. All calls but create are made by the first user.
fn of_two_sessions(world: &World) -> Vec<Step> {
    let existing = sessions(world);
    let busy = |item: ItemNo| {
        let on = |no: &SessionNo| world.session(*no).is_some_and(|it| it.item == item);
        existing.iter().any(|no| is_active(world, *no) && on(no))
    };
    let items = (0..world.items.len()).filter(|item| existing.len() < 2 || busy(*item));
    let mut steps: Vec<Step> = items.map(create).collect();
    let mut calls = Vec::new();
    for session in existing {
        let behavior = Some([(Warning::Expired, true)].into());
        calls.extend([
            Action::Update { session, behavior },
            Action::Complete { session },
            Action::KeepAlive { session, progress: None },
            Action::KeepAlive { session, progress: Some(50) },
            Action::KeepAlive { session, progress: Some(101) },
            Action::Cancel { session },
            Action::Fail { session, text: "disk full" },
            Action::Delete { session },
            Action::Validate { session },
            Action::Add { session, name: FILES[0], spec: Spec::None },
        ]);
        for name in FILES {
            calls.push(Action::Add { session, name, spec: ANYTHING });
            calls.push(Action::Remove { session, name });
            if is_active(world, session) {
                calls.push(Action::Add { session, name, spec: DECLARED });
            }
            calls.extend(uploads(world, session, name, arrivals));
        }
    }
    steps.extend(calls.into_iter().map(|action| by(0, action)));
    steps.extend(waits(world));
    steps
}

/// Until just before a session's end, and until it.
fn waits(world: &World) -> impl Iterator<Item = Step> {
    let ends = world.sessions.iter().flatten().map(|it| it.expires.saturating_sub(world.now));
    let waits: BTreeSet<Millis> = ends.flat_map(|end| [end.saturating_sub(1), end]).collect();
    waits.into_iter().filter(|millis| *millis > 0).map(|millis| by(0, Action::Wait { millis }))
}

/// What may happen to the last link of a file and the one before it, and to the uploads on them.
fn uploads(
    world: &World,
    session: SessionNo,
    name: Name,
    arrivals: fn(Name, &Added) -> Vec<Arrival>,
) -> Vec<Action> {
    let mut actions = Vec::new();
    let of_file = |link: &LinkNo| world.links[*link] == Link { session, name };
    for link in (0..world.links.len()).rev().filter(of_file).take(2) {
        actions.push(Action::Open { link });
        let open = |upload: &UploadNo| world.uploads[*upload] == Upload { link, closed: false };
        for upload in (0..world.uploads.len()).filter(open) {
            let arrivals = match world.session(session).and_then(|it| it.files.get(name)) {
                Some(File::Added(file)) if file.source == Source::Push(link) => {
                    if file.bytes == 0 {
                        actions.push(Action::Progress { upload, bytes: 5 });
                    }
                    arrivals(name, file)
                }
                // Nothing can come of it any more.
                _ => {
                    actions.push(Action::Progress { upload, bytes: 5 });
                    vec![Arrival::Whole(content(10, SHA1)), Arrival::Broken]
                }
            };
            actions.extend(arrivals.into_iter().map(|arrival| Action::Close { upload, arrival }));
        }
    }
    actions
}

/// What was declared, less of it, something else, and nothing. What was not declared is all the same.
fn arrivals(_: Name, file: &Added) -> Vec<Arrival> {
    let whole = |size, sha1| Arrival::Whole(content(size, sha1));
    if file.size.is_some() {
        vec![whole(10, SHA1), whole(9, SHA1), whole(10, OTHER_SHA1), Arrival::Broken]
    } else {
        vec![whole(9, OTHER_SHA1), Arrival::Broken]
    }
}

const SAME: [ItemNo; 2] = [0, 1];
const SWAPPED: [ItemNo; 2] = [1, 0];

/// Both items, and both files of each, are alike.
const LIKENESSES: [Likeness; 8] = {
    const FIRST: (ItemNo, Name, Name) = (0, FILES[0], FILES[1]);
    const SECOND: (ItemNo, Name, Name) = (1, FILES[0], FILES[1]);
    [
        Likeness { items: &SAME, names: &[] },
        Likeness { items: &SAME, names: &[FIRST] },
        Likeness { items: &SAME, names: &[SECOND] },
        Likeness { items: &SAME, names: &[FIRST, SECOND] },
        Likeness { items: &SWAPPED, names: &[] },
        Likeness { items: &SWAPPED, names: &[FIRST] },
        Likeness { items: &SWAPPED, names: &[SECOND] },
        Likeness { items: &SWAPPED, names: &[FIRST, SECOND] },
    ]
};

const LIKE_FILES: [Likeness; 2] = [
    Likeness { items: &[0], names: &[] },
    Likeness { items: &[0], names: &[(0, FILES[0], FILES[1])] },
];

fn two_sessions(settings: Settings, depth: usize) -> Plan {
    Plan {
        items: &[ItemType::Plain, ItemType::Plain],
        prelude: stored(2, FILES[0]),
        steps: of_two_sessions,
        settings,
        strays: None,
        likenesses: &LIKENESSES,
        depth,
    }
}

#[test]
fn two_sessions_two_items_two_files() {
    let plan = two_sessions(Settings::default(), depth(6, 8));
    let explored = explore(&plan);
    report("two sessions, two items, two files each", &plan, &explored);
    for (operation, answers) in TABLE {
        for (state, expected) in STATES.into_iter().zip(answers) {
            answers_are(&explored, operation, state, expected);
        }
    }
}

fn answers_are(explored: &Explored, operation: &'static str, state: &'static str, expected: &str) {
    let found = explored.table.get(&(operation, state)).into_iter().flatten().copied();
    let found: Vec<_> = found.collect();
    assert_eq!(found.join(", "), expected, "{operation} in {state}");
}

const STATES: [&str; 5] = ["ACTIVE", "DONE", "ERROR", "CANCELED", "gone"];

/// The contract's section 10.3: every answer of every operation in every state. NAICS stands for
/// NotAllowedInCurrentState.
const TABLE: [(&str, [&str; 5]); 11] = [
    ("create", ["ResourceBusy", "ok", "ok", "ok", "ok"]),
    ("update", ["ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("complete", ["NAICS, ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("keep_alive", ["InvalidArgument, ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("cancel", ["ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("fail", ["ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("delete", ["NAICS", "ok", "ok", "ok", "NotFound"]),
    ("File.add", ["InvalidArgument, ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("File.remove", ["InvalidArgument, ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("File.validate", ["NAICS, ok", "NAICS", "NAICS", "NAICS", "NotFound"]),
    ("upload", ["NAICS, NotFound, ok", "NotFound", "NotFound", "NotFound", "NotFound"]),
];

const PARTS: [Name; 4] = ["vm.ovf", "vm.mf", "vm.CERT", "disk.vmdk"];

/// What may happen to one session of an item of type OVF, as far as its type makes a difference.
fn of_an_ovf(world: &World) -> Vec<Step> {
    let existing = sessions(world);
    let mut steps = if existing.is_empty() { vec![create(0)] } else { vec![] };
    for session in existing {
        let mut calls = vec![
            Action::Complete { session },
            Action::Validate { session },
            Action::Cancel { session },
            Action::Delete { session },
        ];
        for ignored in [true, false] {
            let behavior = Some([(Warning::Expired, ignored)].into());
            calls.push(Action::Update { session, behavior });
        }
        for name in PARTS {
            calls.push(Action::Add { session, name, spec: ANYTHING });
            calls.push(Action::Remove { session, name });
            calls.extend(uploads(world, session, name, of_parts));
        }
        steps.extend(calls.into_iter().map(|action| by(0, action)));
    }
    steps
}

/// A good one, one of each kind that is not, and nothing.
fn of_parts(name: Name, _: &Added) -> Vec<Arrival> {
    let good = Inside::default();
    let insides = match name {
        "vm.ovf" => {
            // It names the disk twice: what is missing is missing once.
            let describes = Inside { needs: vec!["disk.vmdk", "disk.vmdk"], ..good };
            vec![Inside { invalid: true, ..describes.clone() }, describes]
        }
        "vm.CERT" => vec![Inside { warnings: vec![Warning::Expired], ..good.clone() }, good],
        "disk.vmdk" => vec![Inside { unwritable: true, ..good.clone() }, good],
        _ => vec![good],
    };
    let whole = |inside| Arrival::Whole(Content { inside, ..content(3, SHA1) });
    insides.into_iter().map(whole).chain([Arrival::Broken]).collect()
}

fn an_ovf(settings: Settings, depth: usize) -> Plan {
    Plan {
        items: &[ItemType::Ovf],
        prelude: stored(1, PARTS[3]),
        steps: of_an_ovf,
        settings,
        strays: None,
        likenesses: &[],
        depth,
    }
}

#[test]
fn an_item_of_type_ovf() {
    let plan = an_ovf(Settings::default(), depth(6, 12));
    let explored = explore(&plan);
    report("one session of an item of type OVF", &plan, &explored);
}

/// What may happen to one session whose files the server fetches, or some of them.
fn of_a_fetching_session(world: &World) -> Vec<Step> {
    let existing = sessions(world);
    let mut steps = vec![create(0)];
    for session in existing.iter().copied() {
        let mut calls = vec![
            Action::Update { session, behavior: None },
            Action::Complete { session },
            Action::KeepAlive { session, progress: None },
            Action::Cancel { session },
            Action::Fail { session, text: "disk full" },
            Action::Delete { session },
            Action::Validate { session },
        ];
        for name in FILES {
            let fetched = Spec::Pull { size: Some(10), sha1: Some(SHA1) };
            calls.push(Action::Add { session, name, spec: fetched });
            calls.push(Action::Add { session, name, spec: ANYTHING });
            calls.push(Action::Remove { session, name });
            calls.extend(uploads(world, session, name, arrivals));
        }
        steps.extend(calls.into_iter().map(|action| by(0, action)));
    }
    if existing.len() > 1 {
        steps.remove(0);
    }
    for fetch in (0..world.fetches.len()).filter(|fetch| world.is_fetched(*fetch)) {
        let Fetch { session, name, .. } = world.fetches[fetch];
        let whole = |size, sha1| Arrival::Whole(content(size, sha1));
        let arrivals = [whole(10, SHA1), whole(9, SHA1), Arrival::Broken];
        let ends = arrivals.map(|arrival| by(0, Action::EndFetch { fetch, arrival }));
        steps.extend(ends);
        let file = world.session(session).and_then(|session| session.files.get(name));
        if matches!(file, Some(File::Added(Added { bytes: 0, .. }))) {
            steps.push(by(0, Action::Fetch { fetch, bytes: 5 }));
        }
    }
    steps.extend(waits(world));
    steps
}

/// Between complete and the last fetch a session is still ACTIVE, and not for changes any more.
const COMPLETING: [(&str, &str); 11] = [
    ("create", "ResourceBusy"),
    ("update", "NAICS"),
    ("complete", "NAICS"),
    ("keep_alive", "ok"),
    ("cancel", "ok"),
    ("fail", "ok"),
    ("delete", "NAICS"),
    ("File.add", "NAICS"),
    ("File.remove", "NAICS"),
    ("File.validate", "NAICS"),
    ("upload", "NAICS, NotFound"),
];

fn a_fetching_server(settings: Settings, depth: usize) -> Plan {
    // The client has sent one file already.
    let (session, link, upload) = (1, 1, 1);
    let arrival = Arrival::Whole(content(9, OTHER_SHA1));
    let sent = [
        create(0),
        by(0, Action::Add { session, name: FILES[1], spec: ANYTHING }),
        by(0, Action::Open { link }),
        by(0, Action::Close { upload, arrival }),
    ];
    Plan {
        items: &[ItemType::Plain],
        prelude: stored(1, FILES[0]).into_iter().chain(sent).collect(),
        steps: of_a_fetching_session,
        settings,
        strays: None,
        likenesses: &LIKE_FILES,
        depth,
    }
}

#[test]
fn a_server_that_fetches() {
    for fetches_late in [false, true] {
        let settings = Settings { fetches_late, ..Settings::default() };
        let plan = a_fetching_server(settings, depth(5, 7));
        let explored = explore(&plan);
        let when = if fetches_late { "at complete" } else { "at add" };
        report(&format!("a server that fetches {when}"), &plan, &explored);
        for (operation, expected) in COMPLETING {
            answers_are(&explored, operation, "ACTIVE, completing", expected);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Everything, to a smaller depth, with each setting at its other value
// ---------------------------------------------------------------------------------------------

/// Where a choice stands.
type Choice = fn(&mut Settings) -> &mut bool;

/// What the contract lets a server choose, by name.
const CHOICES: [(&str, Choice); 12] = [
    ("lists_ended", |it| &mut it.lists_ended),
    ("merges_behavior", |it| &mut it.merges_behavior),
    ("warning_fails", |it| &mut it.warning_fails),
    ("refuses_progress", |it| &mut it.refuses_progress),
    ("files_of_ended", |it| &mut it.files_of_ended),
    ("none_restores", |it| &mut it.none_restores),
    ("upload_again", |it| &mut it.upload_again),
    ("mismatch_fails", |it| &mut it.mismatch_fails),
    ("shows_expired", |it| &mut it.shows_expired),
    ("ended_blocks", |it| &mut it.ended_blocks),
    ("any_case", |it| &mut it.any_case),
    ("fetches_late", |it| &mut it.fetches_late),
];

/// The same as where all settings have their defaults, and updates that tell merging from replacing.
fn of_two_sessions_and_warnings(world: &World) -> Vec<Step> {
    let active = sessions(world).into_iter().filter(|no| is_active(world, *no));
    let updates = active.map(|session| {
        by(0, Action::Update { session, behavior: Some([(Warning::SelfSigned, false)].into()) })
    });
    of_two_sessions(world).into_iter().chain(updates).collect()
}

/// The same session of an item of type OVF, once it has a certificate that raises a warning.
fn a_signed_ovf(settings: Settings, depth: usize) -> Plan {
    let (session, name, link, upload) = (1, "vm.CERT", 1, 1);
    let inside = Inside { warnings: vec![Warning::Expired], ..Inside::default() };
    let arrival = Arrival::Whole(Content { inside, ..content(3, SHA1) });
    let sent = [
        create(0),
        by(0, Action::Add { session, name, spec: ANYTHING }),
        by(0, Action::Open { link }),
        by(0, Action::Close { upload, arrival }),
    ];
    let plan = an_ovf(settings, depth);
    Plan { prelude: plan.prelude.into_iter().chain(sent).collect(), ..plan }
}

/// The plans of a choice. In the gate together they take as long as one of the deep ones.
fn otherwise(settings: Settings) -> [(&'static str, Plan); 4] {
    let two = two_sessions(settings, depth(3, 5));
    [
        ("two sessions", Plan { steps: of_two_sessions_and_warnings, ..two }),
        ("an OVF", an_ovf(settings, depth(4, 7))),
        ("a signed OVF", a_signed_ovf(settings, depth(3, 5))),
        ("a server that fetches", a_fetching_server(settings, depth(3, 5))),
    ]
}

fn chosen_otherwise(choice: Choice) -> Settings {
    let mut settings = Settings::default();
    let chosen = choice(&mut settings);
    *chosen = !*chosen;
    settings
}

#[test]
fn each_setting_at_its_other_value() {
    for (name, choice) in CHOICES {
        let settings = chosen_otherwise(choice);
        for (what, plan) in otherwise(settings) {
            report(
                &format!("{name} = {}, {what}", *choice(&mut settings.clone())),
                &plan,
                &explore(&plan),
            );
        }
    }
}

/// Else the plans would say nothing of a setting: none of their steps leads to where it counts.
#[test]
fn no_setting_goes_unnoticed() {
    for (name, choice) in CHOICES {
        let strays = Some(chosen_otherwise(choice));
        let mut plans =
            otherwise(Settings::default()).map(|(_, plan)| Plan { strays, ..plan }).into_iter();
        assert!(
            plans.any(|plan| try_explore(&plan).is_err()),
            "{name} changes nothing that is seen"
        );
    }
}

// ---------------------------------------------------------------------------------------------
// At random, and far
// ---------------------------------------------------------------------------------------------

fn follows_the_reference(script: &Script, dialect: Dialect) -> Result<(), Disagreement> {
    let mut here = Pair::new(dialect, &ITEMS, script.settings);
    let mut before = here.seen(Reading::Travels)?;
    for (by, draft) in &script.drafts {
        let Some(step) = draft.step(*by, &here.world) else { continue };
        let taken = here.take(&step, &before);
        let Taken { there, seen, .. } =
            taken.map_err(|Disagreement(what)| Disagreement(format!("{step}: {what}")))?;
        (here, before) = (there, seen);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn long_scripts(script in script(), rest in any::<bool>()) {
        let dialect = if rest { Dialect::Rest } else { Dialect::Api };
        let followed = follows_the_reference(&script, dialect);
        followed.map_err(|Disagreement(what)| TestCaseError::fail(what))?;
    }
}

//! Long random scripts, for what lies deeper than an exhaustive search gets: more items and files,
//! both types of items, client tokens, links and uploads that have been good for nothing for long.
//!
//! A script is a list of drafts. A draft says which session, link or upload it is about by its place
//! among those that there are when its turn comes, so every part of a script is a script, and a
//! failing one shrinks to the few steps that it needs.

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::reference::{
    Action, Arrival, Content, Digest, Inside, ItemType, Millis, Name, Settings, Spec, State, Step,
    User, Warning, World,
};
use crate::script::told;
use crate::subject::USERS;
use crate::support::{OTHER_SHA1, SHA1};

pub(crate) const ITEMS: [ItemType; 3] = [ItemType::Plain, ItemType::Ovf, ItemType::Ovf];

/// The names of files that an item may have.
const fn names(kind: ItemType) -> &'static [Name] {
    match kind {
        ItemType::Plain => &["a.iso", "b.ovf", "c.MF"],
        ItemType::Ovf => &["p.ovf", "p.cert", "disk.vmdk", "p.MF", "q.OVF"],
    }
}

/// A place among the things that there are, from the newest on; it counts around.
type Pick = u8;

#[derive(Debug, Clone)]
pub(crate) enum Draft {
    Create {
        item: usize,
        token: Option<usize>,
        behavior: BTreeMap<Warning, bool>,
    },
    Update {
        session: Pick,
        behavior: Option<BTreeMap<Warning, bool>>,
    },
    Complete {
        session: Pick,
    },
    KeepAlive {
        session: Pick,
        progress: Option<i64>,
    },
    Cancel {
        session: Pick,
    },
    Fail {
        session: Pick,
        text: &'static str,
    },
    Delete {
        session: Pick,
    },
    Add {
        session: Pick,
        name: Pick,
        spec: Spec,
    },
    Remove {
        session: Pick,
        name: Pick,
    },
    Validate {
        session: Pick,
    },
    Open {
        link: Pick,
    },
    Progress {
        upload: Pick,
        bytes: u64,
    },
    Close {
        upload: Pick,
        arrival: Arrival,
    },
    Fetch {
        fetch: Pick,
        bytes: u64,
    },
    EndFetch {
        fetch: Pick,
        arrival: Arrival,
    },
    Wait {
        millis: Millis,
    },
    /// Until so many milliseconds before the end of a session, soonest first.
    WaitFor {
        session: Pick,
        before: Millis,
    },
}

#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) settings: Settings,
    pub(crate) drafts: Vec<(User, Draft)>,
}

impl Script {
    /// The steps that the drafts become, one after the other.
    fn steps(&self) -> Vec<Step> {
        let mut world = World::new(&ITEMS, self.settings);
        let mut steps = Vec::new();
        for (by, draft) in &self.drafts {
            if let Some(step) = draft.step(*by, &world) {
                world.step(&step);
                steps.push(step);
            }
        }
        steps
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(&ITEMS, self.settings, &[], &self.steps()))
    }
}

impl Draft {
    /// The step that it is in this state; none if there is nothing that it could be about.
    pub(crate) fn step(&self, by: User, world: &World) -> Option<Step> {
        self.action(world).map(|action| Step { by, action })
    }

    fn action(&self, world: &World) -> Option<Action> {
        // Active sessions come first, then ended ones, then those that are gone or never were.
        let session = |pick: Pick| {
            let mut order: Vec<_> = (0..=world.sessions.len()).rev().collect();
            order.sort_by_key(|number| match world.session(*number).map(|it| &it.state) {
                Some(State::Active | State::Completing) => 0,
                Some(_) => 1,
                None => 2,
            });
            order[usize::from(pick) % order.len()]
        };
        let name = |session, pick: Pick| {
            let item = world.session(session).map(|session| &world.items[session.item]);
            let names = names(item.map_or(ItemType::Plain, |item| item.kind));
            names[usize::from(pick) % names.len()]
        };
        let from = |of: Vec<usize>, pick: Pick| {
            let place = usize::from(pick).checked_rem(of.len())?;
            Some(of[place])
        };
        let link = |pick| from((0..world.links.len()).rev().collect(), pick);
        let upload = |pick| {
            let open = |upload: &usize| !world.uploads[*upload].closed;
            from((0..world.uploads.len()).rev().filter(open).collect(), pick)
        };
        let fetch = |pick| {
            let open = |fetch: &usize| !world.fetches[*fetch].closed;
            from((0..world.fetches.len()).rev().filter(open).collect(), pick)
        };
        Some(match self.clone() {
            Self::Create { item, token, behavior } => Action::Create { item, token, behavior },
            Self::Update { session: pick, behavior } => {
                Action::Update { session: session(pick), behavior }
            }
            Self::Complete { session: pick } => Action::Complete { session: session(pick) },
            Self::KeepAlive { session: pick, progress } => {
                Action::KeepAlive { session: session(pick), progress }
            }
            Self::Cancel { session: pick } => Action::Cancel { session: session(pick) },
            Self::Fail { session: pick, text } => Action::Fail { session: session(pick), text },
            Self::Delete { session: pick } => Action::Delete { session: session(pick) },
            Self::Add { session: pick, name: which, spec } => {
                let session = session(pick);
                Action::Add { session, name: name(session, which), spec }
            }
            Self::Remove { session: pick, name: which } => {
                let session = session(pick);
                Action::Remove { session, name: name(session, which) }
            }
            Self::Validate { session: pick } => Action::Validate { session: session(pick) },
            Self::Open { link: pick } => Action::Open { link: link(pick)? },
            Self::Progress { upload: pick, bytes } => {
                Action::Progress { upload: upload(pick)?, bytes }
            }
            Self::Close { upload: pick, mut arrival } => {
                let upload = upload(pick)?;
                let name = world.links[world.uploads[upload].link].name;
                arrival.keep_what_fits(name);
                Action::Close { upload, arrival }
            }
            Self::Fetch { fetch: pick, bytes } => Action::Fetch { fetch: fetch(pick)?, bytes },
            Self::EndFetch { fetch: pick, mut arrival } => {
                let fetch = fetch(pick)?;
                arrival.keep_what_fits(world.fetches[fetch].name);
                Action::EndFetch { fetch, arrival }
            }
            Self::Wait { millis } => Action::Wait { millis },
            Self::WaitFor { session: pick, before } => {
                let mut ends: Vec<_> =
                    world.sessions.iter().flatten().map(|session| session.expires).collect();
                ends.sort_unstable();
                let end = *ends.get(usize::from(pick).checked_rem(ends.len())?)?;
                Action::Wait { millis: end.saturating_sub(world.now + before) }
            }
        })
    }
}

impl Arrival {
    /// A reader finds needs in a descriptor and warnings in a certificate.
    fn keep_what_fits(&mut self, name: Name) {
        let Self::Whole(Content { inside, .. }) = self else { return };
        if !name.to_lowercase().ends_with(".ovf") {
            inside.needs.clear();
        }
        if !name.ends_with(".cert") {
            inside.warnings.clear();
        }
    }
}

pub(crate) fn script() -> BoxedStrategy<Script> {
    let by = prop_oneof![3 => Just(0), 1 => 0..USERS.len()];
    let several = (by, drafts())
        .prop_map(|(by, drafts)| drafts.into_iter().map(|draft| (by, draft)).collect::<Vec<_>>());
    (settings(), proptest::collection::vec(several, 1..80))
        .prop_map(|(settings, parts)| Script { settings, drafts: parts.concat() })
        .boxed()
}

/// The defaults in half of the scripts, and some other readings in the rest.
fn settings() -> impl Strategy<Value = Settings> {
    let others = proptest::collection::vec(proptest::bool::weighted(0.2), 12);
    let others = others.prop_map(|others| {
        let mut others = others.into_iter();
        let mut other = |default: bool| default != others.next().unwrap_or(false);
        let default = Settings::default();
        Settings {
            lists_ended: other(default.lists_ended),
            merges_behavior: other(default.merges_behavior),
            warning_fails: other(default.warning_fails),
            refuses_progress: other(default.refuses_progress),
            files_of_ended: other(default.files_of_ended),
            none_restores: other(default.none_restores),
            upload_again: other(default.upload_again),
            mismatch_fails: other(default.mismatch_fails),
            shows_expired: other(default.shows_expired),
            ended_blocks: other(default.ended_blocks),
            any_case: other(default.any_case),
            fetches_late: other(default.fetches_late),
            ..default
        }
    });
    prop_oneof![Just(Settings::default()), others]
}

fn pick() -> BoxedStrategy<Pick> {
    prop_oneof![5 => Just(0_u8), 2 => Just(1), 1 => 0..6_u8].boxed()
}

/// One draft, or some that belong together.
fn drafts() -> BoxedStrategy<Vec<Draft>> {
    let one = |draft: BoxedStrategy<Draft>| draft.prop_map(|draft| vec![draft]).boxed();
    let (add, close) = (add(pushed()).boxed(), close().boxed());
    let pull = add_pulled();
    let whole = (add.clone(), any::<bool>(), close.clone()).prop_map(|(add, slowly, close)| {
        let progress = slowly.then_some(Draft::Progress { upload: 0, bytes: 2 });
        [Some(add), Some(Draft::Open { link: 0 }), progress, Some(close)]
            .into_iter()
            .flatten()
            .collect()
    });
    let text = select(vec!["disk full", "I'm out, \"sorry\"", "%1$s"]);
    let call = |call: fn(Pick) -> Draft| one(pick().prop_map(call).boxed());
    prop_oneof![
        12 => one(create().boxed()),
        16 => whole,
        3 => one(add),
        6 => one(pull),
        1 => one(add_none()),
        2 => one((pick(), 1..4_u64)
            .prop_map(|(fetch, bytes)| Draft::Fetch { fetch, bytes }).boxed()),
        6 => one((pick(), arrival())
            .prop_map(|(fetch, arrival)| Draft::EndFetch { fetch, arrival }).boxed()),
        4 => call(|link| Draft::Open { link }),
        2 => one((pick(), 1..4_u64)
            .prop_map(|(upload, bytes)| Draft::Progress { upload, bytes }).boxed()),
        3 => one(close),
        4 => one((pick(), 0..5_u8)
            .prop_map(|(session, name)| Draft::Remove { session, name }).boxed()),
        4 => call(|session| Draft::Validate { session }),
        6 => call(|session| Draft::Complete { session }),
        2 => one((pick(), progress())
            .prop_map(|(session, progress)| Draft::KeepAlive { session, progress }).boxed()),
        3 => one((pick(), proptest::option::of(behavior()))
            .prop_map(|(session, behavior)| Draft::Update { session, behavior }).boxed()),
        1 => call(|session| Draft::Cancel { session }),
        1 => one((pick(), text).prop_map(|(session, text)| Draft::Fail { session, text }).boxed()),
        2 => one((2..6_u8).prop_map(|session| Draft::Delete { session }).boxed()),
        2 => one(select(vec![0, 1, 1_000, 30_000, 240_000])
            .prop_map(|millis| Draft::Wait { millis }).boxed()),
        1 => one((pick(), select(vec![2, 1, 1, 0]))
            .prop_map(|(session, before)| Draft::WaitFor { session, before }).boxed()),
    ]
    .boxed()
}

fn create() -> impl Strategy<Value = Draft> {
    // One more than there are is an item that does not exist.
    let item = prop_oneof![20 => 0..ITEMS.len(), 1 => Just(ITEMS.len())];
    let token = proptest::option::weighted(0.3, 0..2_usize);
    let behavior = prop_oneof![2 => Just(BTreeMap::new()), 1 => behavior()];
    (item, token, behavior).prop_map(|(item, token, behavior)| Draft::Create {
        item,
        token,
        behavior,
    })
}

fn behavior() -> impl Strategy<Value = BTreeMap<Warning, bool>> {
    let warnings = subsequence(vec![Warning::SelfSigned, Warning::Expired], 0..=2);
    (warnings, any::<[bool; 2]>())
        .prop_map(|(warnings, ignored)| warnings.into_iter().zip(ignored).collect())
}

fn progress() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(prop_oneof![3 => 0..=100_i64, 1 => select(vec![-1, 101, i64::MAX])])
}

fn add(spec: impl Strategy<Value = Spec> + 'static) -> BoxedStrategy<Draft> {
    let draft = |(session, name, spec)| Draft::Add { session, name, spec };
    (pick(), 0..5_u8, spec).prop_map(draft).boxed()
}

fn add_pulled() -> BoxedStrategy<Draft> {
    add(declared().prop_map(|(size, sha1)| Spec::Pull { size, sha1 }))
}

fn add_none() -> BoxedStrategy<Draft> {
    add(Just(Spec::None))
}

fn pushed() -> impl Strategy<Value = Spec> {
    declared().prop_map(|(size, sha1)| Spec::Push { size, sha1 })
}

fn declared() -> impl Strategy<Value = (Option<i64>, Option<Digest>)> {
    let size = proptest::option::weighted(0.3, prop_oneof![9 => 3..=4_i64, 1 => Just(-1)]);
    (size, proptest::option::weighted(0.3, digest()))
}

fn digest() -> impl Strategy<Value = Digest> {
    prop_oneof![2 => Just(SHA1), 1 => Just(OTHER_SHA1)]
}

fn close() -> impl Strategy<Value = Draft> {
    (pick(), arrival()).prop_map(|(upload, arrival)| Draft::Close { upload, arrival })
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let needs = prop_oneof![
        1 => Just(vec![]),
        1 => subsequence(vec!["disk.vmdk", "other.vmdk"], 0..=2),
    ];
    let warnings = prop_oneof![
        1 => Just(vec![]),
        1 => subsequence(vec![Warning::SelfSigned, Warning::Expired], 0..=2),
    ];
    let inside =
        (needs, warnings, rarely(), rarely()).prop_map(|(needs, warnings, invalid, unwritable)| {
            Inside { needs, warnings, invalid, unwritable }
        });
    let whole = (3..=4_u64, digest(), inside)
        .prop_map(|(size, sha1, inside)| Arrival::Whole(Content { size, sha1, inside }));
    prop_oneof![6 => whole, 1 => Just(Arrival::Broken)]
}

fn rarely() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.05)
}

//! Breadth first through everything that a handful of actions can bring about.
//!
//! A state is one of the reference; it is kept as the last step to it, and the simulator is brought
//! there by taking all steps again. Two states count as one if nothing but absolute numbers
//! tells them apart: how late it is, how often an item was changed, how many links were handed out,
//! and which of two like items, users or file names is called the first. What is compared on the way
//! are the absolute numbers, so merging states saves steps and hides none of their outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;

use accession_core::dialect::Dialect;

use crate::pair::{Pair, Taken};
use crate::reference::{
    Action, Added, Answer, Arrival, Content, File, Inside, ItemNo, ItemType, Link, LinkNo, Name,
    Session, SessionNo, Settings, Source, Spec, State, Step, Transfer, Upload, World,
};
use crate::script::{class, difference, told};
use crate::subject::{Disagreement, Reading};
use crate::support::SHA1;

/// What is explored.
pub(crate) struct Plan {
    pub(crate) items: &'static [ItemType],
    /// Taken before the first state. They are compared too.
    pub(crate) prelude: Vec<Step>,
    /// The steps that may be taken in a state.
    pub(crate) steps: fn(&World) -> Vec<Step>,
    pub(crate) settings: Settings,
    /// The simulator's settings, where they are not the reference's: then they must disagree.
    pub(crate) strays: Option<Settings>,
    /// Ways to rename a state's items and files without changing what can happen to it.
    pub(crate) likenesses: &'static [Likeness],
    /// How many steps lead from the first state to the last ones.
    pub(crate) depth: usize,
}

/// The items in their new order, and pairs of file names of an item that trade places.
pub(crate) struct Likeness {
    pub(crate) items: &'static [ItemNo],
    pub(crate) names: &'static [(ItemNo, Name, Name)],
}

/// What was found.
#[derive(Default)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// Whether every state that can be reached was.
    pub(crate) all: bool,
    /// The answers of each operation in each state of its session.
    pub(crate) table: BTreeMap<Cell, BTreeSet<&'static str>>,
}

/// An operation, and the state of its session.
pub(crate) type Cell = (&'static str, &'static str);

/// A state, as the last step to it and the state before; the first one is none of these.
struct Node {
    after: Option<usize>,
    step: Step,
}

/// One state's way on.
#[derive(Default)]
struct Expanded {
    transitions: usize,
    table: BTreeSet<(Cell, &'static str)>,
    /// The states that were reached, by what tells them apart, and the steps to them.
    next: Vec<(u128, Step)>,
}

const DIALECT: Dialect = Dialect::Api;

/// Explores, and panics with the shortest script that leads to a disagreement.
pub(crate) fn explore(plan: &Plan) -> Explored {
    try_explore(plan).unwrap_or_else(|script| panic!("{script}"))
}

/// Explores until a disagreement. Of those with the shortest scripts it gives one.
pub(crate) fn try_explore(plan: &Plan) -> Result<Explored, String> {
    let settings = [plan.settings, plan.strays.unwrap_or(plan.settings)];
    let mut beginning = Pair::of(DIALECT, plan.items, settings);
    for step in &plan.prelude {
        let agreed = beginning.hurry(step).map(|_| ());
        agreed.map_err(|Disagreement(what)| format!("{step}, before it began: {what}"))?;
    }
    beginning.subject.reading = Reading::Direct;
    let mut known = BTreeSet::from([key(&beginning.world, plan)]);
    let mut nodes = Vec::<Node>::new();
    let mut layer = vec![None];
    let mut explored = Explored::default();
    for _ in 0..plan.depth {
        let mut next = Vec::new();
        for piece in layer.chunks(256) {
            let expanded = in_parallel(piece, |node| {
                let mut path = Vec::new();
                let mut at = *node;
                while let Some(node) = at.map(|number: usize| &nodes[number]) {
                    path.push(&node.step);
                    at = node.after;
                }
                path.reverse();
                expand(&path, plan, &beginning)
            });
            for (&after, expanded) in piece.iter().zip(expanded) {
                let expanded = expanded?;
                explored.transitions += expanded.transitions;
                for (cell, answer) in expanded.table {
                    explored.table.entry(cell).or_default().insert(answer);
                }
                for (key, step) in expanded.next {
                    if known.insert(key) {
                        next.push(Some(nodes.len()));
                        nodes.push(Node { after, step });
                    }
                }
            }
        }
        layer = next;
        if layer.is_empty() {
            break;
        }
    }
    Ok(Explored { states: known.len(), all: layer.is_empty(), ..explored })
}

/// The results come in the order of what they were made from, however many threads there are.
fn in_parallel<T: Sync, R: Send>(of: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let work = &work;
    std::thread::scope(|scope| {
        let share = |of| scope.spawn(move || <[T]>::iter(of).map(work).collect::<Vec<R>>());
        let running: Vec<_> = of.chunks(of.len().div_ceil(threads)).map(share).collect();
        let joined = running.into_iter().map(|thread| thread.join());
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Takes every step that there is in the state to which a path leads.
fn expand(path: &[&Step], plan: &Plan, beginning: &Pair) -> Result<Expanded, String> {
    let mut here = beginning.clone();
    for step in path {
        here.hurry(step).expect("these steps were taken before");
    }
    let complain = |last: Option<&Step>, Disagreement(what)| {
        let path = path.iter().copied().chain(last);
        format!("{}{what}\n", told(plan.items, plan.settings, &plan.prelude, path))
    };
    here.seen(Reading::Travels).map_err(|it| complain(None, it))?;
    let before = here.seen(Reading::Direct).map_err(|it| complain(None, it))?;
    let mut expanded = Expanded::default();
    for step in (plan.steps)(&here.world) {
        let complain = |it| complain(Some(&step), it);
        let taken = here.take(&step, &before).map_err(complain)?;
        expanded.transitions += 1;
        expanded.note(&here.world, &step, &taken.answer);
        let world = taken.there.world.clone();
        // What came to its end is tried at once: the state does not remember all of it.
        let dead = died(&here.world, &world);
        if !dead.is_empty() {
            expanded.try_in_vain(&dead, taken).map_err(complain)?;
        }
        if world != here.world {
            expanded.next.push((key(&world, plan), step));
        }
    }
    Ok(expanded)
}

impl Expanded {
    /// Takes one step after the other, each of which must be refused.
    fn try_in_vain(&mut self, steps: &[Step], taken: Taken) -> Result<(), Disagreement> {
        let Taken { mut there, seen, .. } = taken;
        for step in steps {
            let before = there.world.clone();
            let answer = there.hurry(step)?;
            self.note(&before, step, &answer);
        }
        let after = there.subject.seen()?;
        if after == seen { Ok(()) } else { Err(Disagreement(difference(&seen, &after))) }
    }

    fn note(&mut self, world: &World, step: &Step, answer: &Answer) {
        self.table.extend(cell(world, &step.action).map(|cell| (cell, class(answer))));
    }
}

/// What can be tried on what a step put an end to: sessions that are gone, links that were good,
/// uploads that ran on them, and fetches.
fn died(before: &World, after: &World) -> Vec<Step> {
    let mut actions = Vec::new();
    let was_there = |session: &SessionNo| before.session(*session).is_some();
    for session in (0..before.sessions.len()).filter(was_there) {
        if after.session(session).is_some() {
            continue;
        }
        let name = "x.iso";
        actions.extend([
            Action::Update { session, behavior: None },
            Action::Complete { session },
            Action::KeepAlive { session, progress: None },
            Action::Cancel { session },
            Action::Fail { session, text: "too late" },
            Action::Delete { session },
            Action::Add { session, name, spec: Spec::Push { size: None, sha1: None } },
            Action::Remove { session, name },
            Action::Validate { session },
        ]);
    }
    for link in (0..before.links.len()).filter(|link| before.is_good(*link)) {
        if after.is_good(link) {
            continue;
        }
        actions.push(Action::Open { link });
        let open = Upload { link, closed: false };
        for upload in (0..after.uploads.len()).filter(|upload| after.uploads[*upload] == open) {
            let content = Content { size: 10, sha1: SHA1, inside: Inside::default() };
            actions.push(Action::Progress { upload, bytes: 5 });
            actions.push(Action::Close { upload, arrival: Arrival::Whole(content) });
        }
    }
    for fetch in 0..before.fetches.len() {
        if before.is_fetched(fetch) && !after.is_fetched(fetch) && !after.fetches[fetch].closed {
            let content = Content { size: 10, sha1: SHA1, inside: Inside::default() };
            actions.push(Action::Fetch { fetch, bytes: 5 });
            actions.push(Action::EndFetch { fetch, arrival: Arrival::Whole(content) });
        }
    }
    actions.into_iter().map(|action| Step { by: 0, action }).collect()
}

/// The cell of an answer in the table of operations and states. Of a create it is the session on
/// the item that counts.
fn cell(world: &World, action: &Action) -> Option<Cell> {
    let (operation, session) = match action {
        Action::Create { item, .. } => {
            let on = |it: &&Session| it.item == *item;
            let active = |it: &&Session| it.state.is_active();
            let on_item = || world.sessions.iter().flatten().filter(on);
            return Some(("create", state(on_item().find(active).or(on_item().next()))));
        }
        Action::Update { session, .. } => ("update", *session),
        Action::Complete { session } => ("complete", *session),
        Action::KeepAlive { session, .. } => ("keep_alive", *session),
        Action::Cancel { session } => ("cancel", *session),
        Action::Fail { session, .. } => ("fail", *session),
        Action::Delete { session } => ("delete", *session),
        Action::Add { session, .. } => ("File.add", *session),
        Action::Remove { session, .. } => ("File.remove", *session),
        Action::Validate { session } => ("File.validate", *session),
        Action::Open { link } => ("upload", world.links[*link].session),
        Action::Progress { .. } | Action::Close { .. } | Action::Wait { .. } => return None,
        Action::Fetch { .. } | Action::EndFetch { .. } => return None,
    };
    Some((operation, state(world.session(session))))
}

fn state(session: Option<&Session>) -> &'static str {
    match session.map(|it| &it.state) {
        Some(State::Active) => "ACTIVE",
        Some(State::Completing) => "ACTIVE, completing",
        Some(State::Done) => "DONE",
        Some(State::Error(_)) => "ERROR",
        Some(State::Canceled) => "CANCELED",
        None => "gone",
    }
}

// ---------------------------------------------------------------------------------------------
// What tells states apart
// ---------------------------------------------------------------------------------------------

/// A digest of what tells a state apart, so long that no two states share one.
fn key(world: &World, plan: &Plan) -> u128 {
    let plain = relative(world);
    let like = plan.likenesses.iter().map(|likeness| renamed(&plain, likeness));
    let least = like.min().unwrap_or(plain);
    let half = |which: u64| {
        let mut hasher = DefaultHasher::new();
        (which, &least).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// Without what differs between two states that have the same future: an instant becomes the time
/// until it, and a version how far it lies behind. Of a file's links and uploads it matters only
/// whether an upload still runs on an earlier link. Sessions that are gone are forgotten.
fn relative(world: &World) -> World {
    let mut relative = world.clone();
    let World { now, items, sessions, links, uploads, fetches, .. } = &mut relative;
    for upload in uploads.iter().filter(|upload| !upload.closed) {
        let Link { session, name } = links[upload.link];
        let files = sessions[session].as_mut().map(|session| &mut session.files);
        match files.and_then(|files| files.get_mut(name)) {
            Some(File::Added(Added { source: Source::Push(link), .. })) if *link > upload.link => {
                *link = FOLLOWS_A_RUNNING_ONE;
            }
            _ => {}
        }
    }
    sessions.retain(Option::is_some);
    for session in sessions.iter_mut().flatten() {
        // One that completes may be there for longer.
        session.expires = session.expires.saturating_sub(*now);
        session.content_version = items[session.item].content_version - session.content_version;
        for file in session.files.values_mut() {
            match file {
                File::Untouched(stored) => stored.version = 0,
                File::Added(file) => {
                    if let Source::Push(link) = &mut file.source {
                        *link = usize::from(*link == FOLLOWS_A_RUNNING_ONE);
                    }
                    if let Transfer::Transferring(number) = &mut file.transfer {
                        *number = 0;
                    }
                }
            }
        }
    }
    for item in items {
        (item.content_version, item.modified) = (0, 0);
        for stored in item.files.values_mut() {
            stored.version = 0;
        }
    }
    sessions.sort();
    links.clear();
    uploads.clear();
    fetches.clear();
    *now = 0;
    relative
}

const FOLLOWS_A_RUNNING_ONE: LinkNo = LinkNo::MAX;

fn renamed(world: &World, likeness: &Likeness) -> World {
    let mut renamed = world.clone();
    for (item, one, other) in likeness.names {
        swap(&mut renamed.items[*item].files, one, other);
        let on = renamed.sessions.iter_mut().flatten().filter(|session| session.item == *item);
        on.for_each(|session| swap(&mut session.files, one, other));
    }
    let place = |item: ItemNo| likeness.items[item];
    renamed.items = (0..world.items.len()).map(|item| renamed.items[place(item)].clone()).collect();
    for session in renamed.sessions.iter_mut().flatten() {
        session.item = place(session.item);
        // Each item has a user of its own.
        session.creator = place(session.creator);
    }
    renamed.sessions.sort();
    renamed
}

fn swap<T>(files: &mut BTreeMap<Name, T>, one: Name, other: Name) {
    let (first, second) = (files.remove(one), files.remove(other));
    files.extend(first.map(|file| (other, file)).into_iter().chain(second.map(|file| (one, file))));
}

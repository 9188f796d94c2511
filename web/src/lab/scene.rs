//! What all views show: the update session as it was after one entry of the log, and what the rules say
//! of it.
//!
//! Of a simulated run it is what the same run leads to when it is done again; of a live one, what its
//! answers told. Nothing of it is kept: the same entries give the same scene.

use std::rc::Rc;

use accession_client::{Exchange, Outcome as Wire};
use accession_core::behaviour::UnignoredWarning;
use accession_core::dialect::{self, Dialect};
use accession_core::error::ApiError;
use accession_core::model::{
    ChecksumInfo, ItemFileInfo, ItemModel, SessionFileInfo, SessionId, UpdateSessionModel,
};
use accession_core::operations::{
    Call, ItemFileList, ItemGet, Operation, SessionFileList, UpdateSessionGet,
};
use accession_core::reading;
use accession_core::run::{self, Replay};
use accession_core::session::{self, EventKind, Next, Observed, Phase, Rejected, Session};
use accession_core::simulator::{Simulator, Step, Transition};
use accession_core::time::Timestamp;
use accession_core::wire::Request;
use serde_json::Value;

use super::calls::{Foresight, SessionCall};
use super::log::{Entry, Happening};
use super::{Declared, Lab, Loaded, SessionView, Target, builder, without_links};

/// What all views show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    /// The instant.
    pub at: Timestamp,
    /// Whether it is not the latest.
    pub is_past: bool,
    /// The update session, as the API tells of it.
    pub session: Option<SessionView>,
    /// Where it is in its life; nothing: it does not exist, or no longer.
    pub phase: Option<Phase>,
    /// What happened to it so far.
    pub visited: Vec<Arrow>,
    /// What is to be expected of each call on it, by whoever is logged in.
    pub prospects: Vec<Prospect>,
    /// What is to be expected of any call where nobody is.
    pub outside: Option<Foresight>,
    /// If the entry that is shown is a call that was refused: what to do so that it is granted, where
    /// there is a way.
    pub way: Option<Vec<Step>>,
    /// What was to be expected of the call that is read in full, at the entry before it.
    pub expected: Option<Foresight>,
}

/// A step of the session from one phase to another, or an event that left it where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    /// The phase before; nothing: it began.
    pub from: Option<Phase>,
    /// The phase after; nothing: it is gone.
    pub to: Option<Phase>,
    /// The event's name: an operation, or `expire`.
    pub because: &'static str,
}

/// What is to be expected of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// The call.
    pub call: SessionCall,
    /// Whether it is allowed, and what stands in its way.
    pub foresight: Foresight,
    /// How to get to where it is; empty where there is nothing to do, nothing where there is no way.
    pub path: Option<Vec<Step>>,
}

/// A run that is done again, for as much as was asked for. Asked for more, it goes on; asked for less or
/// for another run, it begins anew.
#[derive(Default)]
pub struct Replica {
    latest: Place,
    past: Place,
    /// Of which entry of which course of the run something was expected, and what.
    expected: Option<(u64, u64, Option<Foresight>)>,
}

#[derive(Default)]
struct Place {
    generation: u64,
    done: usize,
    replay: Option<Replay>,
}

impl Place {
    fn at(&mut self, lab: &Lab, done: usize) -> Option<&Replay> {
        if self.replay.is_none() || self.generation != lab.branches.generation || self.done > done {
            let replay = lab.begin.begin().ok();
            *self = Self { generation: lab.branches.generation, done: 0, replay };
        }
        let replay = self.replay.as_mut()?;
        let run = &lab.branches.current.run;
        for entry in &run[self.done..done.min(run.len())] {
            replay.step(entry);
        }
        self.done = done.min(run.len());
        Some(replay)
    }
}

impl Replica {
    /// The run as it was after the entry that is shown.
    pub fn of(&mut self, lab: &Lab) -> Option<&Replay> {
        let Some(entry) = lab.selected.and_then(|number| lab.log().find(number)) else {
            return self.latest.at(lab, lab.branches.current.run.len());
        };
        self.past.at(lab, entry.done)
    }

    fn expected(&mut self, lab: &Lab) -> Option<Foresight> {
        let (generation, number) = (lab.branches.generation, lab.opened?);
        match &self.expected {
            Some((of, entry, what)) if (*of, *entry) == (generation, number) => what.clone(),
            _ => {
                let what = self.look_ahead(lab, number);
                self.expected = Some((generation, number, what.clone()));
                what
            }
        }
    }

    fn look_ahead(&mut self, lab: &Lab, number: u64) -> Option<Foresight> {
        // Of what calls went to before, nothing is known any more.
        let elsewhere = |entry: &Rc<Entry>| matches!(entry.what, Happening::Target(_));
        if lab.log().after(number).iter().any(elsewhere) {
            return None;
        }
        let call = called(exchange(lab.log().find(number)?)?)?;
        let before = lab.log().find(number - 1)?.number;
        if call.row().opens_login() {
            return None;
        }
        let lab = Lab { selected: Some(before), opened: None, ..lab.clone() };
        let scene = Scene::of(&lab, self);
        Some(builder::foresee(&lab, &scene, self, &call))
    }
}

impl Scene {
    /// What is to be shown.
    pub fn of(lab: &Lab, replica: &mut Replica) -> Self {
        let entry = lab.selected.and_then(|number| lab.log().find(number));
        let end = entry.map_or(u64::MAX, |entry| entry.number);
        let before = || lab.log().entries().iter().take_while(|entry| entry.number <= end);
        let mut scene = Self {
            at: entry.map_or(lab.now, |entry| entry.at),
            is_past: entry.is_some(),
            // Before the rest, so that a run is not done again for both.
            expected: replica.expected(lab),
            ..Self::default()
        };
        let replay = if lab.target.is_simulated() { replica.of(lab) } else { None };
        let outside = replay.and_then(|replay| replay.caller().err());
        scene.outside = outside.map(Foresight::from);
        let Some(view) = &lab.session else { return scene };
        match &lab.target {
            Target::Simulated => {
                scene.visited = before().flat_map(|entry| arrows(entry, &view.id)).collect();
                let Some(Replay { simulator, .. }) = replay else { return scene };
                let before = scene.is_past && scene.visited.is_empty();
                scene.session = simulated(simulator, view, before);
                if let Some(session) = simulator.find_session(&view.id) {
                    scene.look(session, simulator);
                    scene.way = way(lab, simulator, &session.owner);
                }
            }
            Target::Live { .. } | Target::Replay { .. } => {
                let exchanges = before().filter_map(|entry| exchange(entry));
                scene.session = match entry {
                    None if !lab.target.is_replay() => Some(view.clone()),
                    _ => told(view, exchanges),
                };
                let Some(view) = &scene.session else { return scene };
                scene.visited = seen_arrows(before().filter_map(|entry| exchange(entry)), view);
                let completing =
                    scene.visited.last().is_some_and(|arrow| arrow.to == Some(Phase::Completing));
                if let Some(session) = observed(view, completing, scene.at) {
                    let simulator = Simulator::holding(session.clone(), scene.at);
                    scene.look(&session, &simulator);
                    scene.way = way(lab, &simulator, &session.owner);
                }
            }
        }
        if scene.session.as_ref().is_some_and(|session| session.gone) {
            scene.prospects = SessionCall::ALL.map(gone).to_vec();
        }
        scene
    }

    /// What the rules say of a session.
    fn look(&mut self, session: &Session, simulator: &Simulator) {
        let Some(view) = &self.session else { return };
        self.phase = Some(session.phase());
        self.prospects =
            SessionCall::ALL.map(|call| prospect(call, view, session, simulator)).to_vec();
    }

    /// Whether a call is allowed.
    pub fn foresee(&self, call: SessionCall) -> &Foresight {
        let foreseen = self.prospect(call).map(|prospect| &prospect.foresight);
        self.outside.as_ref().or(foreseen).unwrap_or(&Foresight::Unknown)
    }

    /// What is to be expected of a call.
    pub fn prospect(&self, call: SessionCall) -> Option<&Prospect> {
        self.prospects.iter().find(|prospect| prospect.call == call)
    }
}

/// The way to the call that is shown, if it was refused.
fn way(lab: &Lab, simulator: &Simulator, user: &str) -> Option<Vec<Step>> {
    let exchange = exchange(lab.entry()?)?;
    if !matches!(exchange.status(), Some(400..)) {
        return None;
    }
    let steps = simulator.path_to(&called(exchange)?, user)?;
    (!steps.is_empty()).then_some(steps)
}

/// The call that an exchange carried.
fn called(exchange: &Exchange) -> Option<Call> {
    run::call_of(&request(exchange))
}

/// A request as it was sent, for as much as was kept of it.
pub(super) fn request(exchange: &Exchange) -> Request {
    let sent = &exchange.request;
    Request {
        method: sent.method,
        url: sent.url.clone(),
        headers: sent.headers.clone(),
        body: sent.body.as_text().as_bytes().to_vec(),
    }
}

fn gone(call: SessionCall) -> Prospect {
    let because = "the server does not know this id".to_owned();
    let rule = accession_core::rules::SESSION_EXISTS;
    Prospect { call, foresight: Foresight::Refused { because, rule }, path: None }
}

fn prospect(
    call: SessionCall,
    view: &SessionView,
    session: &Session,
    simulator: &Simulator,
) -> Prospect {
    let unmet = session.unmet(&call.event());
    let foresight = match unmet.into_iter().next() {
        None => Foresight::Fine,
        Some(rejected) => {
            let mut because = super::calls::in_words(&rejected, view);
            let fails = simulator.behaviour().unignored_warning == UnignoredWarning::Fails;
            if matches!(rejected, Rejected::Warned(_)) && call == SessionCall::Complete && fails {
                because += "; the session then ends in ERROR";
            }
            let rule = ApiError::from(rejected).rule.unwrap_or(accession_core::rules::ACTIVE_ONLY);
            Foresight::Refused { because, rule }
        }
    };
    let path = match foresight {
        Foresight::Refused { .. } => simulator.path_to(&call.on(&view.id), &session.owner),
        Foresight::Fine | Foresight::Unknown => Some(Vec::new()),
    };
    Prospect { call, foresight, path }
}

// ---------------------------------------------------------------------------------------------
// Simulated
// ---------------------------------------------------------------------------------------------

/// A session as the API of this simulator tells of it. Before it began there is none.
fn simulated(simulator: &Simulator, known: &SessionView, before: bool) -> Option<SessionView> {
    let Some(session) = simulator.find_session(&known.id) else {
        // Of one that was never there the page knows from an answer.
        let gone = known.gone || known.model.ready().is_some();
        return (!before).then(|| SessionView { gone, ..known.clone() });
    };
    let user = &session.owner;
    let id = known.id.clone();
    let model = peek(simulator, user, UpdateSessionGet { update_session_id: id.clone() });
    let files: Option<Vec<SessionFileInfo>> =
        peek(simulator, user, SessionFileList { update_session_id: id.clone() });
    let item: Option<ItemModel> =
        peek(simulator, user, ItemGet { library_item_id: session.item.clone() });
    let done = session.phase() == Phase::Done;
    let item_files: Option<Vec<ItemFileInfo>> = done
        .then(|| peek(simulator, user, ItemFileList { library_item_id: session.item.clone() }))
        .flatten();
    let declared = session.transfers().map(|transfer| {
        let checksum = transfer.file.declared_checksum.as_ref().map(ChecksumInfo::from);
        let declared = Declared { size: transfer.file.declared_size, checksum };
        (transfer.file.name.clone(), declared)
    });
    Some(SessionView {
        model: model.map_or(Loaded::Absent, Loaded::Ready),
        // Files of an ended session may be unreadable; what was known of them stays.
        files: files.map_or(known.files.clone(), |files| Loaded::Ready(without_links(files))),
        gone: false,
        declared: declared.collect(),
        item,
        item_files: item_files.map_or(Loaded::Absent, Loaded::Ready),
        id,
    })
}

fn peek<O: Operation + Into<Call>>(simulator: &Simulator, user: &str, call: O) -> Option<O::Reply> {
    let value = simulator.peek(&call.into(), user).ok()??;
    read(&value)
}

fn read<T: accession_core::structure::Wire>(value: &Value) -> Option<T> {
    Some(reading::read(value).ok()?.value)
}

// ---------------------------------------------------------------------------------------------
// Live
// ---------------------------------------------------------------------------------------------

fn exchange(entry: &Entry) -> Option<&Exchange> {
    match &entry.what {
        Happening::Call(exchange) => Some(exchange),
        Happening::Event(_) | Happening::Target(_) => None,
    }
}

fn concerns(exchange: &Exchange, id: &SessionId) -> bool {
    exchange.request.url.contains(&dialect::encode_segment(id.as_str()))
}

fn observed(view: &SessionView, completing: bool, at: Timestamp) -> Option<Session> {
    let mut model = view.model.ready()?.clone();
    // The one that was asked for, whatever a lenient reply leaves out.
    model.id = Some(view.id.clone());
    let files = view.files.ready().map(Vec::as_slice).unwrap_or_default();
    Session::observed(Observed { model: &model, files, completing, at })
}

/// The session as the answers so far told of it.
fn told<'a>(
    known: &SessionView,
    exchanges: impl Iterator<Item = &'a Exchange>,
) -> Option<SessionView> {
    let mut view = SessionView {
        model: Loaded::Absent,
        files: Loaded::Absent,
        item_files: Loaded::Absent,
        gone: false,
        ..known.clone()
    };
    for exchange in exchanges.filter(|exchange| concerns(exchange, &known.id)) {
        let Wire::Answered(answer) = &exchange.outcome else { continue };
        let Ok(body) = reading::parse(answer.body.as_text()) else { continue };
        let dialect = Dialect::of_path(request(exchange).path());
        let (value, _) = dialect::unwrap_result(dialect.unwrap_or_default(), body);
        let is = |name: &str| exchange.operation.ends_with(name) && answer.status == 200;
        if is("update_session.get") {
            if let Some(model) = read::<UpdateSessionModel>(&value) {
                view.model = Loaded::Ready(model);
            }
        } else if is("updatesession.file.list") {
            if let Some(files) = read::<Vec<SessionFileInfo>>(&value) {
                view.files = Loaded::Ready(without_links(files));
            }
        } else if exchange.operation.ends_with("update_session.get") && answer.status == 404 {
            view.gone = true;
        }
    }
    (view.model.ready().is_some() || view.gone).then_some(view)
}

/// What the calls on a session did to it, as far as their answers and its state tell.
fn seen_arrows<'a>(
    exchanges: impl Iterator<Item = &'a Exchange>,
    view: &SessionView,
) -> Vec<Arrow> {
    let created = |exchange: &Exchange| {
        let Wire::Answered(answer) = &exchange.outcome else { return false };
        exchange.operation.ends_with("update_session.create")
            && answer.body.as_text().contains(view.id.as_str())
    };
    let mut arrows = Vec::new();
    let mut phase = None;
    for exchange in exchanges.filter(|exchange| matches!(exchange.status(), Some(200..=299))) {
        let (from, name) = (phase, exchange.operation.rsplit('.').next().unwrap_or_default());
        if created(exchange) {
            phase = Some(Phase::Open);
            arrows.push(Arrow { from, to: phase, because: "create" });
            continue;
        }
        let mut kinds = EventKind::ALL.into_iter().filter(|kind| kind.operation() == name);
        let Some(kind) = kinds.next().filter(|_| concerns(exchange, &view.id)) else { continue };
        let before = phase.unwrap_or(Phase::Open);
        let unfinished = view.is_active() && kind == EventKind::Complete;
        let to = match session::next(before, kind, unfinished) {
            Next::To(to) => Some(to),
            Next::Gone => None,
            Next::Stay | Next::Refused => continue,
        };
        arrows.push(Arrow { from: Some(before), to, because: kind.operation() });
        phase = to;
    }
    arrows
}

/// What an entry did to a session of the simulator.
fn arrows(entry: &Entry, id: &SessionId) -> Vec<Arrow> {
    let of = |events: &[Transition]| -> Vec<Arrow> {
        let mine = events.iter().filter(|event| event.session == *id);
        mine.map(|event| Arrow { from: event.from, to: event.to, because: event.because }).collect()
    };
    match &entry.what {
        Happening::Event(event) => of(std::slice::from_ref(event)),
        Happening::Target(_) => Vec::new(),
        Happening::Call(exchange) => of(&exchange.transitions),
    }
}

impl SessionCall {
    /// What it is to the machine.
    fn event(self) -> accession_core::session::Event {
        use accession_core::session::Event;
        match self {
            Self::Validate => Event::Validate,
            Self::KeepAlive => Event::KeepAlive(None),
            Self::Complete => Event::Complete,
            Self::Cancel => Event::Cancel,
            Self::Fail => Event::Fail(String::new()),
            Self::Delete => Event::Delete,
        }
    }
}

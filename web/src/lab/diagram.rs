//! The state diagram: its states and arrows by the machine's own match, and where a session is in it.
//!
//! Which arrows there are is asked of the machine; where they are drawn stands here. It draws nothing.

use accession_core::error::ApiError;
use accession_core::model::{SourceType, TransferStatus};
use accession_core::rules::RuleRef;
use accession_core::session::{self, EventKind, Next, Phase, Rejected};
use accession_core::time::Timestamp;

use super::{Foresight, Lab, Life, Prospect, Scene, SessionCall, SessionView};
use crate::format;
use crate::words::{self, say, word};

/// A state of the diagram: those of the API, with what is before and after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has not begun.
    Before,
    /// It can still change.
    Active,
    /// What it did is visible.
    Done,
    /// It failed.
    Error,
    /// A client cancelled it.
    Canceled,
    /// The server does not know it any more.
    Gone,
}

impl Place {
    /// All of them, in the order of a session's life.
    pub const ALL: [Self; 6] =
        [Self::Before, Self::Active, Self::Done, Self::Error, Self::Canceled, Self::Gone];

    /// Where a session of this phase is.
    pub const fn of(phase: Phase) -> Self {
        match phase {
            Phase::Open | Phase::Completing => Self::Active,
            Phase::Done => Self::Done,
            Phase::Failed => Self::Error,
            Phase::Canceled => Self::Canceled,
        }
    }

    /// What it is called: on the wire, where it is there.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "(none)",
            Self::Active => "ACTIVE",
            Self::Done => "DONE",
            Self::Error => "ERROR",
            Self::Canceled => "CANCELED",
            Self::Gone => "Gone",
        }
    }

    /// The same in the language of the page.
    pub fn said(self) -> String {
        word(self.word())
    }

    /// What it means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Before => "There is no update session yet.",
            Self::Active => "Files can be added and sent.",
            Self::Done => "The item has the files.",
            Self::Error => "It failed. The item is as it was.",
            Self::Canceled => "All is dropped. The item is as it was.",
            Self::Gone => "The server does not know this id: it answers 404.",
        }
    }

    /// Its box: left, top, width and height.
    pub const fn frame(self) -> [i32; 4] {
        match self {
            Self::Before => [0, 4, 164, 28],
            Self::Active => [0, 56, 224, 322],
            Self::Done => [372, 56, 160, 104],
            Self::Error => [372, 165, 160, 104],
            Self::Canceled => [372, 274, 160, 104],
            Self::Gone => [0, 416, 640, 44],
        }
    }
}

/// What leads from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A client creates a session.
    Create,
    /// Something that happens to a session.
    Event(EventKind),
}

impl Cause {
    /// The operation's name, or the event's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Event(kind) => kind.operation(),
        }
    }

    /// Whether it is no call on the session: the server does it by itself, or what is around it goes.
    pub const fn is_event(self) -> bool {
        use EventKind as E;
        let Self::Event(kind) = self else { return false };
        matches!(kind, E::Transfer | E::Settle | E::Break | E::Expire | E::ItemDeleted)
    }

    /// The call on the session, if a button sends it.
    pub fn call(self) -> Option<SessionCall> {
        let Self::Event(kind) = self else { return None };
        SessionCall::ALL.into_iter().find(|call| call.kind() == kind)
    }

    /// What it does.
    pub fn effect(self) -> &'static str {
        use EventKind as E;
        let kind = match self {
            Self::Create => return "A session begins for the chosen item.",
            Self::Event(kind) => kind,
        };
        if let Some(call) = self.call() {
            return call.effect();
        }
        match kind {
            E::Update => "The list of ignored warnings is replaced.",
            E::AddFile => "A file is added. A pushed file gets a link for its bytes.",
            E::RemoveFile => "A file is dropped, or will be from the item.",
            E::Upload => "The bytes of a file are sent to its link.",
            E::Transfer => "The server gets further with a file that it fetches or checks.",
            E::Settle => "The last file that the server fetches is there.",
            E::Break => "The server cannot do its part.",
            E::Expire => "The time that the server waits is over.",
            E::ItemDeleted => "Somebody deletes the item, or its library.",
            E::KeepAlive | E::Validate | E::Complete | E::Cancel | E::Fail | E::Delete => "",
        }
    }
}

/// An arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: Place,
    /// Where it leads.
    pub to: Place,
    /// What goes along it.
    pub because: Cause,
}

impl Edge {
    /// All arrows of the machine.
    pub fn all() -> Vec<Self> {
        let mut edges =
            vec![Self { from: Place::Before, to: Place::Active, because: Cause::Create }];
        for phase in Phase::ALL {
            for kind in EventKind::ALL {
                for still_fetching in [false, true] {
                    let from = Place::of(phase);
                    let to = match session::next(phase, kind, still_fetching) {
                        Next::Stay => from,
                        Next::To(next) => Place::of(next),
                        Next::Gone => Place::Gone,
                        Next::Refused => continue,
                    };
                    let edge = Self { from, to, because: Cause::Event(kind) };
                    if !edges.contains(&edge) {
                        edges.push(edge);
                    }
                }
            }
        }
        // Those in a box come last, as a client goes about them.
        let mut ranked = Vec::new();
        for wanted in 0..=4 {
            for edge in &edges {
                let rank = match edge.because {
                    _ if !edge.stays() => 0,
                    Cause::Event(EventKind::AddFile) => 1,
                    Cause::Event(EventKind::Upload) => 2,
                    Cause::Event(EventKind::RemoveFile) => 3,
                    _ => 4,
                };
                if rank == wanted {
                    ranked.push(*edge);
                }
            }
        }
        ranked
    }

    /// Whether it ends where it begins.
    pub fn stays(self) -> bool {
        self.from == self.to
    }

    /// What stands at it.
    pub fn label(self) -> &'static str {
        match self.because {
            Cause::Event(EventKind::Complete) if self.stays() => "complete → completing",
            because => because.name(),
        }
    }
}

/// What is to be said of an arrow now.
#[derive(Debug, Clone, PartialEq)]
pub enum Now {
    /// The session is not where it begins.
    Elsewhere,
    /// The server may go along it, or somebody else.
    May,
    /// A client may go along it.
    Possible,
    /// It would be refused.
    Refused(String, RuleRef),
    /// Nobody knows.
    Unknown,
}

impl Now {
    fn of(foresight: &Foresight) -> Self {
        match foresight {
            Foresight::Fine => Self::Possible,
            Foresight::Unknown => Self::Unknown,
            Foresight::Refused { because, rule } => Self::Refused(because.clone(), *rule),
        }
    }

    /// In words.
    pub fn sentence(&self) -> String {
        let word = match self {
            Self::Elsewhere => "not now",
            Self::May => "may happen",
            Self::Possible => "will succeed",
            Self::Refused(because, _) => return say("will be refused: {0}", &[because]),
            Self::Unknown => "cannot be foreseen",
        };
        words::word(word)
    }
}

/// An arrow, and what is to be said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The arrow.
    pub edge: Edge,
    /// Whether it can be gone along.
    pub now: Now,
    /// Whether the session went along it.
    pub visited: bool,
    /// Where it is drawn.
    pub route: Route,
}

/// Where an arrow is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// Its line; none where it ends where it begins.
    pub line: String,
    /// Its head.
    pub head: String,
    /// Where its label begins, left and baseline.
    pub label: (i32, i32),
    /// Where a cross is drawn through it.
    pub middle: (i32, i32),
}

/// What fits into a label's row; fingers need that much.
pub const ROW: i32 = 24;

/// How wide a label is drawn: its letters, and a space.
pub fn label_width(label: &str) -> i32 {
    let letters = i32::try_from(label.chars().count()).unwrap_or(0);
    letters * 72 / 10 + 8
}

impl Route {
    /// The way of an arrow after those that were drawn before it.
    fn of(edge: Edge, before: &[Drawn]) -> Self {
        let beside = |drawn: &&Drawn| {
            (drawn.edge.from, drawn.edge.to) == (edge.from, edge.to)
                && drawn.edge.because.is_event() == edge.because.is_event()
        };
        let index = i32::try_from(before.iter().filter(beside).count()).unwrap_or(0);
        let [_, top, _, height] = edge.from.frame();
        let [to_left, to_top, ..] = edge.to.frame();
        let is_event = edge.because.is_event();
        match (edge.from, edge.to) {
            // It stands in the box.
            (from, to) if from == to => {
                let last = before.iter().rfind(|drawn| drawn.edge.stays());
                let [left, _, width, _] = from.frame();
                let (x, y) = last.map_or((left + 10, top + 46), |last| {
                    let (x, y) = last.route.label;
                    (x + label_width(last.edge.label()), y)
                });
                let fits = x + label_width(edge.label()) <= left + width;
                let label = if fits { (x, y) } else { (left + 10, y + ROW) };
                let middle = (label.0 + label_width(edge.label()) / 2 - 4, label.1 - 4);
                Self { label, middle, ..Self::default() }
            }
            // Down, on the left.
            (_, Place::Active | Place::Gone)
                if matches!(edge.from, Place::Before | Place::Active) =>
            {
                let (begin, end) = (top + height, to_top);
                let middle = (begin + end) / 2;
                Self {
                    line: format!("M24 {begin}V{end}"),
                    head: format!("M20 {}l4 5 4-5", end - 6),
                    label: (36 + index * 64, middle + 4),
                    middle: (24, middle),
                }
            }
            // To the right.
            (Place::Active, _) => {
                let y = to_top + if is_event { 96 } else { 26 };
                Self {
                    line: format!("M224 {y}H{to_left}"),
                    head: format!("M{} {}l5 4-5 4", to_left - 6, y - 4),
                    label: (234 + index * 70, y - 6),
                    middle: (298, y),
                }
            }
            // Around, on the right.
            _ => {
                let (y, x) = if is_event { (top + 92, 636) } else { (top + 30, 626) };
                let up = if is_event { 28 } else { 6 };
                Self {
                    line: format!("M532 {y}H{x}V{to_top}"),
                    head: format!("M{} {}l4 5 4-5", x - 4, to_top - 6),
                    // Left of the lines that come down from the states above.
                    label: (536, y - up + index * 22),
                    middle: (554, y),
                }
            }
        }
    }
}

/// What is to be said of a call or an event where the session is.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The call or the event.
    pub because: Cause,
    /// Whether it can happen.
    pub now: Now,
    /// The way to where it succeeds, if it does not.
    pub way: Option<String>,
}

impl Told {
    /// What is to be said of it, whether there is an arrow for it or not.
    pub fn of(lab: &Lab, scene: &Scene, because: Cause) -> Self {
        let prospect = because.call().and_then(|call| scene.prospect(call));
        Self {
            because,
            now: now(lab, scene, because),
            way: prospect.and_then(|prospect| way(prospect, scene.at)),
        }
    }
}

/// Calls that would be refused for one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Their names.
    pub calls: String,
    /// The reason.
    pub because: String,
}

/// A file, in a line.
#[derive(Debug, Clone, PartialEq)]
pub struct FileLine {
    /// Its name.
    pub name: String,
    /// Where its bytes come from.
    pub source: SourceType,
    /// How far it is.
    pub status: TransferStatus,
    /// How much of it is there, in percent, if that can be told.
    pub percent: Option<u64>,
    /// How much of it is there.
    pub received: String,
    /// Why it is in ERROR.
    pub error: Option<String>,
}

impl FileLine {
    /// Status and percent.
    pub fn progress(&self) -> String {
        match self.percent {
            Some(percent) => format!("{} {percent} %", self.status),
            None => self.status.to_string(),
        }
    }
}

/// The diagram of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagram {
    /// Where it is; nothing: that is not known.
    pub current: Option<Place>,
    /// Whether complete was accepted and the server still fetches.
    pub completing: bool,
    /// The states that it went through.
    pub visited: Vec<Place>,
    /// The arrows.
    pub edges: Vec<Drawn>,
    /// What can happen where it is, and what cannot.
    pub told: Vec<Told>,
    /// Its files.
    pub files: Vec<FileLine>,
}

impl Diagram {
    /// The diagram of what is shown.
    pub fn of(lab: &Lab, scene: &Scene) -> Self {
        let current = match &scene.session {
            None => Some(Place::Before),
            Some(session) if session.gone => Some(Place::Gone),
            Some(_) => scene.phase.map(Place::of),
        };
        let place = |phase: Option<Phase>, none| phase.map_or(none, Place::of);
        let went = |edge: Edge| {
            scene.visited.iter().any(|arrow| {
                place(arrow.from, Place::Before) == edge.from
                    && place(arrow.to, Place::Gone) == edge.to
                    && arrow.because == edge.because.name()
            })
        };
        let mut edges = Vec::new();
        for edge in Edge::all() {
            let now = match current {
                Some(current) if current == edge.from => at(lab, scene, edge),
                _ => Now::Elsewhere,
            };
            let route = Route::of(edge, &edges);
            edges.push(Drawn { edge, now, visited: went(edge), route });
        }
        let visited = scene
            .visited
            .iter()
            .flat_map(|arrow| [place(arrow.from, Place::Before), place(arrow.to, Place::Gone)]);
        Self {
            current,
            completing: scene.phase == Some(Phase::Completing),
            visited: visited.collect(),
            edges,
            told: told(lab, scene, current),
            files: scene.session.as_ref().map_or_else(Vec::new, |session| files(lab, session)),
        }
    }

    /// What would be refused where it is. Each reason stands there once.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.refusals_of(&|_| true)
    }

    /// What is written in the box of the current state: what would be refused there and has no arrow to
    /// another state to stand at.
    pub fn listed(&self) -> Vec<Refusal> {
        self.refusals_of(&|because| {
            !self.edges.iter().any(|Drawn { edge, .. }| {
                !edge.stays() && Some(edge.from) == self.current && edge.because == because
            })
        })
    }

    fn refusals_of(&self, is_meant: &dyn Fn(Cause) -> bool) -> Vec<Refusal> {
        let mut refusals: Vec<Refusal> = Vec::new();
        for told in &self.told {
            let Now::Refused(because, _) = &told.now else { continue };
            if !is_meant(told.because) {
                continue;
            }
            let name = told.because.name();
            match refusals.iter_mut().find(|refusal| refusal.because == *because) {
                Some(refusal) => refusal.calls = format!("{}, {name}", refusal.calls),
                None => {
                    let calls = name.to_owned();
                    refusals.push(Refusal { calls, because: because.clone() });
                }
            }
        }
        refusals
    }

    /// The whole of it in a few sentences.
    pub fn sentence(&self) -> String {
        let mut possible = String::new();
        for told in self.told.iter().filter(|told| told.now == Now::Possible) {
            possible += " ";
            possible += told.because.name();
        }
        let mut text = match self.current {
            Some(current) => {
                say("{0} is current. Possible now:{1}. ", &[&current.said(), &possible])
            }
            None => say("The state is not known. Possible now:{0}. ", &[&possible]),
        };
        for refusal in self.refusals() {
            text += &refusal.sentence();
            text += ". ";
        }
        text
    }

    /// A state in words.
    pub fn spoken(&self, place: Place) -> String {
        let mut text = place.said();
        if self.current == Some(place) {
            let message = if self.completing { "{0}, current, completing" } else { "{0}, current" };
            text = say(message, &[&text]);
        } else if self.visited.contains(&place) {
            text = say("{0}, visited", &[&text]);
        }
        text = say("{0}. {1}", &[&text, &word(place.meaning())]);
        if place == Place::Active && self.current == Some(place) {
            for file in &self.files {
                text = say("{0} {1} {2}.", &[&text, &file.name, &file.progress()]);
            }
        }
        if self.current == Some(place) {
            for refusal in self.listed() {
                text = say("{0} {1}.", &[&text, &refusal.sentence()]);
            }
        }
        text
    }
}

impl Drawn {
    /// The arrow in words.
    pub fn spoken(&self) -> String {
        let Edge { from, to, because } = self.edge;
        let message = match (because.is_event(), self.visited) {
            (true, true) => "{0}, event from {1} to {2}, visited: {3}",
            (true, false) => "{0}, event from {1} to {2}: {3}",
            (false, true) => "{0}, call from {1} to {2}, visited: {3}",
            (false, false) => "{0}, call from {1} to {2}: {3}",
        };
        say(message, &[self.edge.label(), &from.said(), &to.said(), &self.now.sentence()])
    }
}

impl Refusal {
    /// In words.
    pub fn sentence(&self) -> String {
        say("{0} will be refused: {1}", &[&self.calls, &self.because])
    }
}

/// What is to be said of an arrow that begins where the session is.
fn at(lab: &Lab, scene: &Scene, edge: Edge) -> Now {
    let now = now(lab, scene, edge.because);
    // A refusal stands at the arrow to another state, wherever the call would lead.
    let stands = matches!(now, Now::Refused(..)) && !edge.stays();
    if stands || leads(scene, edge) { now } else { Now::Elsewhere }
}

/// Whether the machine would go along an arrow that begins where the session is, or would not go at all.
fn leads(scene: &Scene, edge: Edge) -> bool {
    let (Some(phase), Cause::Event(kind)) = (scene.phase, edge.because) else { return true };
    let goes = |still_fetching| match session::next(phase, kind, still_fetching) {
        Next::Stay => Some(Place::of(phase)),
        Next::To(phase) => Some(Place::of(phase)),
        Next::Gone => Some(Place::Gone),
        Next::Refused => None,
    };
    if edge.because.is_event() {
        // When it comes, things may be otherwise.
        return [false, true].into_iter().any(|fetching| goes(fetching) == Some(edge.to));
    }
    goes(is_fetching(scene)).is_none_or(|to| to == edge.to)
}

/// Whether the server has files left to fetch.
fn is_fetching(scene: &Scene) -> bool {
    let files = scene.session.iter().flat_map(|session| session.files.ready()).flatten();
    let mut pulls = files.filter(|file| file.source_type == SourceType::Pull);
    pulls.any(|file| !matches!(file.status, TransferStatus::Ready | TransferStatus::Error))
}

/// Whether the server has work to do on a file.
fn is_working(scene: &Scene) -> bool {
    let mut files = scene.session.iter().flat_map(|session| session.files.ready()).flatten();
    is_fetching(scene) || files.any(|file| file.status == TransferStatus::Validating)
}

/// What is to be said of a call or an event where the session is.
pub fn now(lab: &Lab, scene: &Scene, because: Cause) -> Now {
    let kind = match because {
        Cause::Create => return creating(lab, scene),
        Cause::Event(kind) => kind,
    };
    if scene.session.as_ref().is_some_and(|session| session.gone) && !because.is_event() {
        // Whatever is asked of it, the answer is the same.
        return Now::of(scene.foresee(SessionCall::Validate));
    }
    if let Some(call) = because.call() {
        return Now::of(scene.foresee(call));
    }
    let Some(phase) = scene.phase else { return Now::Unknown };
    let refused =
        [false, true].iter().all(|fetching| session::next(phase, kind, *fetching) == Next::Refused);
    if matches!(kind, EventKind::Transfer | EventKind::Settle) && !is_working(scene) {
        return Now::Elsewhere;
    }
    match (refused, because.is_event()) {
        (false, false) => Now::Possible,
        (false, true) => Now::May,
        (true, true) => Now::Elsewhere,
        (true, false) => {
            let rejected = Rejected::Phase { event: kind, phase, reason: None };
            let because = match &scene.session {
                Some(session) => super::calls::in_words(&rejected, session),
                None => rejected.to_string(),
            };
            let rule = ApiError::from(rejected).rule;
            Now::Refused(because, rule.unwrap_or(accession_core::rules::ACTIVE_ONLY))
        }
    }
}

fn creating(lab: &Lab, scene: &Scene) -> Now {
    let Some(item) = &lab.item else { return Now::Unknown };
    if let Some(outside) = &scene.outside {
        return Now::of(outside);
    }
    let active = scene.session.as_ref().filter(|session| session.is_active());
    let model = active.and_then(|session| session.model.ready());
    if model.and_then(|model| model.library_item_id.as_ref()) == Some(item) {
        let because = "the item has an ACTIVE session".to_owned();
        return Now::Refused(because, accession_core::rules::ONE_ACTIVE);
    }
    Now::Possible
}

/// All that can happen where the session is, and all that a client may try in vain.
fn told(lab: &Lab, scene: &Scene, current: Option<Place>) -> Vec<Told> {
    if current == Some(Place::Before) {
        return vec![Told::of(lab, scene, Cause::Create)];
    }
    // Those that people send come first.
    let buttons = SessionCall::ALL.map(SessionCall::kind).into_iter();
    let others = EventKind::ALL.into_iter().filter(|kind| Cause::Event(*kind).call().is_none());
    let all = buttons.chain(others).map(|kind| Told::of(lab, scene, Cause::Event(kind)));
    all.filter(|told| told.now != Now::Elsewhere).collect()
}

fn files(lab: &Lab, session: &SessionView) -> Vec<FileLine> {
    let files = session.files.ready().into_iter().flatten();
    files
        .map(|file| {
            let upload = lab.upload_of(&file.name);
            let declared = session.declared(&file.name).and_then(|declared| declared.size);
            let arrived = format::size(file.bytes_transferred.max(file.size.unwrap_or(0)));
            let arrived = upload.map_or(arrived, |upload| upload.progress.moved);
            let is_ready = file.status == TransferStatus::Ready;
            let whole = upload.map(|upload| upload.progress.total).or(declared);
            let status = match upload {
                // What was last read is older than what is going on.
                Some(_) if file.status == TransferStatus::WaitingForTransfer => {
                    TransferStatus::Transferring
                }
                _ => file.status.clone(),
            };
            FileLine {
                name: file.name.clone(),
                source: file.source_type.clone(),
                status,
                percent: if is_ready {
                    Some(100)
                } else {
                    whole.map(|whole| format::percent(arrived, whole))
                },
                received: match whole {
                    Some(whole) => {
                        say("{0} of {1}", &[&format::bytes(arrived), &format::bytes(whole)])
                    }
                    None => format::bytes(arrived),
                },
                error: file.error_message.as_ref().map(|message| message.default_message.clone()),
            }
        })
        .collect()
}

/// The way to where a call succeeds, in words. Nothing where it does.
fn way(prospect: &Prospect, now: Timestamp) -> Option<String> {
    let Foresight::Refused { .. } = prospect.foresight else { return None };
    let Some(path) = &prospect.path else { return Some(word("There is no way to it.")) };
    let way = super::way::in_a_line(path, now);
    Some(say("{0}, then send {1}.", &[&way, prospect.call.name()]))
}

/// Where the keyboard is in a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// At a state.
    Place(Place),
    /// At the arrow of this number.
    Edge(usize),
}

impl Spot {
    /// Its number: states first, arrows after them.
    pub fn number(self) -> usize {
        match self {
            Self::Place(place) => {
                Place::ALL.into_iter().position(|other| other == place).unwrap_or(0)
            }
            Self::Edge(index) => Place::ALL.len() + index,
        }
    }

    /// The one of a number.
    pub fn of(number: usize) -> Self {
        let place = Place::ALL.get(number).copied();
        place.map_or_else(|| Self::Edge(number - Place::ALL.len()), Self::Place)
    }

    /// Where an arrow key leads: right and left along an arrow, down and up from one to the next.
    pub fn walk(self, edges: &[Edge], key: &str) -> Option<Self> {
        let find = |is: &dyn Fn(&Edge) -> bool| edges.iter().position(is).map(Self::Edge);
        match (self, key) {
            (Self::Place(place), "ArrowRight") => find(&|edge| edge.from == place),
            (Self::Place(place), "ArrowLeft") => find(&|edge| edge.to == place),
            (Self::Place(_), _) => {
                let places: Vec<_> = Place::ALL.into_iter().map(Self::Place).collect();
                neighbour(&places, self, key)
            }
            (Self::Edge(index), "ArrowRight") => Some(Self::Place(edges.get(index)?.to)),
            (Self::Edge(index), "ArrowLeft") => Some(Self::Place(edges.get(index)?.from)),
            (Self::Edge(index), _) => {
                let from = edges.get(index)?.from;
                let siblings = (0..edges.len()).filter(|other| edges[*other].from == from);
                neighbour(&siblings.map(Self::Edge).collect::<Vec<_>>(), self, key)
            }
        }
    }
}

/// The one before or after, as keys say it.
fn neighbour<T: Copy + PartialEq>(all: &[T], one: T, key: &str) -> Option<T> {
    let index = all.iter().position(|other| *other == one)?;
    all.get(step(index, all.len(), key)?).copied()
}

/// Where a key leads from one of so many.
pub fn step(from: usize, count: usize, key: &str) -> Option<usize> {
    let to = match key {
        "ArrowDown" => from + 1,
        "ArrowUp" => from.checked_sub(1)?,
        "Home" => 0,
        "End" => count - 1,
        _ => return None,
    };
    (to < count).then_some(to)
}

/// A word of so many letters at most, with its end kept: it says what a file is.
fn shortened(word: &str, width: usize) -> String {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() <= width {
        return word.to_owned();
    }
    let tail = width / 3;
    let (head, end) = (&letters[..width - 1 - tail], &letters[letters.len() - tail..]);
    head.iter().chain(&['…']).chain(end).collect()
}

/// A text in lines of so many letters; of what does not fit into so many lines, an ellipsis is left.
pub fn wrap(text: &str, width: usize, lines: usize) -> Vec<String> {
    // Capitals are wider.
    let wider = |text: &str| text.chars().filter(char::is_ascii_uppercase).count() / 5;
    let mut wrapped: Vec<String> = Vec::new();
    let mut line = String::new();
    // Not at other blanks: those are to keep their words together.
    for word in text.split(' ') {
        let word = shortened(word, width - wider(word).min(width / 2));
        let used = line.chars().count();
        let wide = word.chars().count() + wider(&line) + wider(&word);
        if used > 0 && used + 1 + wide > width {
            wrapped.push(std::mem::take(&mut line));
        } else if used > 0 {
            line.push(' ');
        }
        line += &word;
    }
    wrapped.push(line);
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            let kept: String = last.chars().take(width.saturating_sub(1)).collect();
            *last = kept + "…";
        }
    }
    wrapped
}

/// Where a session is, in the words of the page.
pub fn life(diagram: &Diagram, session: Option<&SessionView>) -> &'static str {
    match (diagram.current, session.map(SessionView::life)) {
        (Some(place), _) => place.word(),
        (None, Some(Life::State(_))) => "a state that the rules do not know",
        (None, _) => "not read yet",
    }
}

#[cfg(test)]
mod tests {
    use accession_core::dialect::Dialect;
    use accession_core::model::{SessionFileInfo, SessionState, UpdateSessionModel};

    use super::super::{Action, Declared, Replica, Target, reduce};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// A session of a server in this state, with these files of 2.1 GB.
    fn lab(state: SessionState, files: &[(&str, TransferStatus)]) -> Lab {
        let target = Target::Live { origin: "https://vc.example".to_owned() };
        let model = UpdateSessionModel { state: Some(state), ..UpdateSessionModel::default() };
        let infos = files.iter().map(|(name, status)| SessionFileInfo {
            name: (*name).to_owned(),
            source_type: SourceType::Push,
            status: status.clone(),
            ..SessionFileInfo::default()
        });
        let mut actions = vec![
            Action::Targeted(target, Dialect::Api),
            Action::SessionOpened(1, "s".into()),
            Action::SessionRead(1, "s".into(), Ok(model)),
            Action::FilesRead(1, "s".into(), Ok(infos.collect())),
        ];
        actions.extend(files.iter().map(|(name, _)| {
            let declared = Declared { size: Some(2_100_000_000), checksum: None };
            Action::FileAdded(1, "s".into(), (*name).to_owned(), declared)
        }));
        actions.into_iter().fold(Lab::new("http://127.0.0.1", 7, NOW), reduce)
    }

    fn scene(lab: &Lab) -> Scene {
        Scene::of(lab, &mut Replica::default())
    }

    fn drawn(lab: &Lab) -> Diagram {
        Diagram::of(lab, &scene(lab))
    }

    fn unfinished() -> Lab {
        let waiting = TransferStatus::WaitingForTransfer;
        lab(SessionState::Active, &[("disk-1.vmdk", waiting)])
    }

    fn find(diagram: &Diagram, name: &str, to: Place) -> Drawn {
        let mut found = diagram
            .edges
            .iter()
            .filter(|drawn| drawn.edge.because.name() == name && drawn.edge.to == to);
        found.next().cloned().expect("the machine has it")
    }

    #[test]
    fn the_arrows_are_those_of_the_machine() {
        let edges: Vec<String> = Edge::all()
            .iter()
            .map(|edge| {
                let (from, to) = (edge.from.word(), edge.to.word());
                format!(
                    "{from} {} {to}{}",
                    edge.label(),
                    if edge.because.is_event() { " …" } else { "" }
                )
            })
            .collect();
        let expected = "\
(none) create ACTIVE
ACTIVE complete DONE
ACTIVE cancel CANCELED
ACTIVE fail ERROR
ACTIVE break ERROR …
ACTIVE expire Gone …
ACTIVE item_deleted Gone …
ACTIVE settle DONE …
DONE expire Gone …
DONE delete Gone
DONE item_deleted Gone …
ERROR expire Gone …
ERROR delete Gone
ERROR item_deleted Gone …
CANCELED expire Gone …
CANCELED delete Gone
CANCELED item_deleted Gone …
ACTIVE add ACTIVE
ACTIVE upload ACTIVE
ACTIVE remove ACTIVE
ACTIVE update ACTIVE
ACTIVE keep_alive ACTIVE
ACTIVE transfer ACTIVE …
ACTIVE validate ACTIVE
ACTIVE complete → completing ACTIVE
ACTIVE settle ACTIVE …";
        assert_eq!(edges.join("\n"), expected);
    }

    #[test]
    fn what_is_drawn_is_what_the_machine_allows() {
        let diagram = drawn(&unfinished());
        for phase in Phase::ALL {
            for kind in EventKind::ALL {
                for still_fetching in [false, true] {
                    let from = Place::of(phase);
                    let to = match session::next(phase, kind, still_fetching) {
                        Next::Refused => continue,
                        Next::Stay => from,
                        Next::To(phase) => Place::of(phase),
                        Next::Gone => Place::Gone,
                    };
                    let edge = Edge { from, to, because: Cause::Event(kind) };
                    let times = diagram.edges.iter().filter(|drawn| drawn.edge == edge).count();
                    assert_eq!(times, 1, "{edge:?}");
                }
            }
        }
        let leads = |drawn: &Drawn| match drawn.edge.because {
            Cause::Create => drawn.edge.from == Place::Before,
            Cause::Event(kind) => Phase::ALL.into_iter().any(|phase| {
                Place::of(phase) == drawn.edge.from
                    && [false, true]
                        .into_iter()
                        .any(|fetching| session::next(phase, kind, fetching) != Next::Refused)
            }),
        };
        assert!(diagram.edges.iter().all(leads));
    }

    #[test]
    fn each_label_has_a_place_of_its_own() {
        let edges = drawn(&unfinished()).edges;
        let boxes: Vec<_> = edges
            .iter()
            .map(|drawn| {
                let ((x, y), label) = (drawn.route.label, drawn.edge.label());
                // Down to two units of air, and no further than the picture goes.
                assert!(x >= 0 && x + label_width(label) <= 650, "{label} at {x}");
                assert_eq!(drawn.route.line.is_empty(), drawn.edge.stays(), "{label}");
                (label, x, x + label_width(label), y - 16, y + 6)
            })
            .collect();
        for (index, one) in boxes.iter().enumerate() {
            for other in &boxes[..index] {
                let apart =
                    one.1 >= other.2 || other.1 >= one.2 || one.3 >= other.4 || other.3 >= one.4;
                assert!(apart, "{one:?} lies on {other:?}");
            }
        }
        let down = |drawn: &Drawn| drawn.edge.to == Place::Gone && drawn.edge.from != Place::Active;
        let lines = edges.iter().filter(|drawn| down(drawn)).filter_map(|drawn| {
            let (_, right) = drawn.route.line.split_once('H')?;
            right.split('V').next()?.parse().ok()
        });
        let first: i32 = lines.min().expect("something leads down on the right");
        for drawn in edges.iter().filter(|drawn| down(drawn)) {
            // The last letter, without its space, ends before the first line that comes down from above.
            assert!(drawn.route.label.0 + label_width(drawn.edge.label()) - 8 < first, "{drawn:?}");
        }
        let [left, top, width, height] = Place::Active.frame();
        let inside = |drawn: &&Drawn| drawn.edge.stays();
        for drawn in edges.iter().filter(inside) {
            let (x, y) = drawn.route.label;
            assert!(x >= left && x + label_width(drawn.edge.label()) <= left + width, "{drawn:?}");
            assert!(y > top + 30 && y < top + height / 2, "{drawn:?}");
        }
    }

    #[test]
    fn a_refusal_stands_at_its_arrow_or_in_its_state() {
        let diagram = drawn(&unfinished());
        let late = "disk-1.vmdk has received 0 B of 2.1 GB".to_owned();
        let rule = accession_core::rules::FILES_RECEIVED;
        assert_eq!(find(&diagram, "complete", Place::Done).now, Now::Refused(late.clone(), rule));
        assert_eq!(find(&diagram, "cancel", Place::Canceled).now, Now::Possible);
        assert_eq!(find(&diagram, "add", Place::Active).now, Now::Possible);
        assert_eq!(find(&diagram, "expire", Place::Gone).now, Now::May);
        let listed: Vec<_> = diagram.listed().iter().map(Refusal::sentence).collect();
        assert_eq!(
            listed,
            [
                format!("validate will be refused: {late}"),
                "delete will be refused: the session is ACTIVE".to_owned()
            ]
        );
        let said = diagram.sentence();
        assert!(
            said.starts_with("ACTIVE is current. Possible now: keep_alive cancel fail "),
            "{said}"
        );
        assert!(said.contains(&format!("validate, complete will be refused: {late}.")), "{said}");
    }

    #[test]
    fn of_an_ended_session_only_its_end_is_possible() {
        let diagram = drawn(&lab(SessionState::Canceled, &[]));
        assert_eq!(diagram.current, Some(Place::Canceled));
        let possible = diagram.edges.iter().filter(|drawn| drawn.now == Now::Possible);
        let possible: Vec<_> = possible.map(|drawn| drawn.edge.because.name()).collect();
        assert_eq!(possible, ["delete"]);
        let refused: Vec<_> = diagram
            .told
            .iter()
            .filter(|told| matches!(told.now, Now::Refused(..)))
            .map(|told| told.because.name())
            .collect();
        let expected = [
            "validate",
            "keep_alive",
            "complete",
            "cancel",
            "fail",
            "update",
            "add",
            "remove",
            "upload",
        ];
        assert_eq!(refused, expected);
        let rule = |name: &str| {
            diagram.told.iter().find(|told| told.because.name() == name).and_then(
                |told| match &told.now {
                    Now::Refused(_, rule) => Some(rule.id),
                    _ => None,
                },
            )
        };
        assert_eq!(rule("add"), Some("session.edit-active-only"));
        assert_eq!(rule("update"), Some("session.active-only"));
    }

    #[test]
    fn the_way_there_is_told_in_words() {
        let lab = unfinished();
        let told = |because| Told::of(&lab, &scene(&lab), Cause::Event(because)).way;
        let way = told(EventKind::Complete);
        assert_eq!(way.as_deref(), Some("Send the bytes of disk-1.vmdk, then send complete."));
        assert_eq!(told(EventKind::Delete).as_deref(), Some("Send cancel, then send delete."));
        assert_eq!(told(EventKind::Cancel), None);
        let done = super::tests::lab(SessionState::Done, &[]);
        let told = Told::of(&done, &scene(&done), Cause::Event(EventKind::Complete));
        assert_eq!(told.way.as_deref(), Some("There is no way to it."));
    }

    #[test]
    fn files_say_how_far_they_are() {
        let ready = ("a.iso", TransferStatus::Ready);
        let diagram =
            drawn(&lab(SessionState::Active, &[ready, ("b.iso", TransferStatus::Transferring)]));
        let lines: Vec<_> = diagram.files.iter().map(FileLine::progress).collect();
        assert_eq!(lines, ["READY 100 %", "TRANSFERRING 0 %"]);
        let said = diagram.spoken(Place::Active);
        assert!(said.contains("a.iso READY 100 %."), "{said}");
    }

    #[test]
    fn without_a_session_there_is_one_call() {
        let diagram = drawn(&Lab::new("http://127.0.0.1", 7, NOW));
        assert_eq!(diagram.current, Some(Place::Before));
        let names: Vec<_> =
            diagram.told.iter().map(|told| (told.because.name(), &told.now)).collect();
        assert_eq!(names, [("create", &Now::Unknown)]);
        let chosen = Lab { item: Some("i".into()), ..Lab::new("http://127.0.0.1", 7, NOW) };
        // To the page's own simulator, nobody is logged in yet.
        let create = find(&drawn(&chosen), "create", Place::Active);
        assert!(matches!(create.now, Now::Refused(..)), "{:?}", create.now);
        let target = Target::Live { origin: "https://vc.example".to_owned() };
        let chosen = Lab { target, ..chosen };
        assert_eq!(find(&drawn(&chosen), "create", Place::Active).now, Now::Possible);
    }

    #[test]
    fn keys_follow_the_arrows() {
        let edges = Edge::all();
        let walk = |keys: &[&str]| {
            keys.iter()
                .fold(Spot::Place(Place::Before), |at, key| at.walk(&edges, key).unwrap_or(at))
        };
        let (right, left, down) = ("ArrowRight", "ArrowLeft", "ArrowDown");
        assert_eq!(walk(&[right, right]), Spot::Place(Place::Active));
        assert_eq!(walk(&[right, right, right, right]), Spot::Place(Place::Done));
        assert_eq!(walk(&[right, right, right, down, right]), Spot::Place(Place::Canceled));
        assert_eq!(walk(&[right, right, right, right, left, left]), Spot::Place(Place::Active));
        assert_eq!(walk(&["End"]), Spot::Place(Place::Gone));
        assert_eq!(walk(&[left, "x", "ArrowUp"]), Spot::Place(Place::Before));
        let all = (0..Place::ALL.len() + edges.len()).map(|number| Spot::of(number).number());
        assert!(all.eq(0..Place::ALL.len() + edges.len()));
    }

    #[test]
    fn texts_are_broken_between_words_where_there_are_some() {
        assert_eq!(wrap("a bc def", 5, 9), ["a bc", "def"]);
        assert_eq!(wrap("✕\u{a0}a bc", 4, 9), ["✕\u{a0}a", "bc"]);
        assert_eq!(wrap("abcdefgh.iso is", 9, 9), ["abcde…iso", "is"]);
        assert_eq!(wrap("ab cd ef", 5, 1), ["ab c…"]);
        assert_eq!(wrap("the SELF_SIGNED_CERTIFICATE", 22, 3), ["the", "SELF_SIGNED…FICATE"]);
        assert_eq!(wrap("", 5, 1), [""]);
    }
}

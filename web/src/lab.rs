//! Everything the page knows, and how it changes: a pure function from a `Lab` and an `Action`.
//!
//! It reads no clock, no storage and no network, and holds no token, password or upload link.

mod branch;
pub mod builder;
mod calls;
mod check;
mod clock;
mod code;
mod desk;
pub mod diagram;
mod listing;
mod log;
mod opened;
mod outcome;
mod scene;
mod sequence;
mod settings;
mod timeline;
pub mod way;

use std::rc::Rc;
use std::time::Duration;

use accession_client::{ClientError, Exchange};
use accession_core::dialect::Dialect;
use accession_core::error::ErrorType;
use accession_core::model::{
    ChecksumInfo, ItemFileInfo, ItemId, ItemModel, LibraryId, LibraryModel, SessionFileInfo,
    SessionId, SessionState, UpdateSessionModel,
};
use accession_core::run::{self, Run};
use accession_core::simulator::Transition;
use accession_core::time::Timestamp;

pub use branch::{Branch, Branches, Travel};
use builder::{Builder, Built, Edit};
pub use calls::{Foresight, SessionCall};
pub use check::{Check, Format};
pub use clock::{Clock, Leap};
pub use code::{Code, Order};
pub use desk::completed;
pub use diagram::{Cause, Diagram, Edge, Now, Place, Spot, step};
pub use listing::{Column, Listing, Sorting};
pub use log::{Entry, Happening, Log, as_text, phases};
pub use opened::Opened;
pub use outcome::{LOGIN, Outcome, Trouble, Verdict};
pub use scene::{Arrow, Prospect, Replica, Scene};
pub use timeline::{Kind, Mark, Timeline};

use crate::format;
use crate::words::{Said, say, word};
use accession_code::Language;

/// The origin of the simulator in the page.
pub const SIMULATED_ORIGIN: &str = "https://vcenter.simulated";

/// How the line of the log begins from which on the simulator answers.
const SIMULATED: &str = "Simulated";

/// Everything the page knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Lab {
    /// The origin that the page came from.
    pub page: String,
    /// How the simulated run begins. What was done since is in its branches.
    pub begin: Rc<Run>,
    /// Raised whenever calls begin to go elsewhere, so that late answers are recognised.
    pub epoch: u64,
    /// Where calls go.
    pub target: Target,
    /// The server at which they end, where the target says that it is a gateway.
    pub behind: Option<String>,
    /// How they are spelled.
    pub dialect: Dialect,
    /// Whether there is an API login.
    pub connection: Connection,
    /// The latest instant that was handed in: of the simulator's clock while calls go there.
    pub now: Timestamp,
    /// The simulator's clock.
    pub clock: Clock,
    /// The server's local libraries.
    pub libraries: Loaded<Vec<Library>>,
    /// The chosen one.
    pub library: Option<LibraryId>,
    /// Its items.
    pub items: Loaded<Vec<Item>>,
    /// The chosen one.
    pub item: Option<ItemId>,
    /// The update session on screen.
    pub session: Option<SessionView>,
    /// The uploads that run.
    pub uploads: Vec<Upload>,
    /// The calls whose answers are awaited.
    pub waiting: Vec<Waiting>,
    /// What the last call came to.
    pub outcome: Option<Rc<Outcome>>,
    /// What is asked before a call is sent.
    pub question: Option<Question>,
    /// Any call, while it is being built. A password in it stays until it is sent.
    pub builder: Builder,
    /// The package that is checked, or was.
    pub check: Option<Check>,
    /// The code that was written last.
    pub code: Option<Rc<Code>>,
    /// What was done and what was seen of it, in all branches.
    pub branches: Branches,
    /// The entry of the log that all views show; none: the latest.
    pub selected: Option<u64>,
    /// The entry whose request and answer are read.
    pub opened: Option<u64>,
    /// What is to be said of what came in, while that is what is shown.
    pub came: Option<Rc<[Said]>>,
    /// How it is all shown.
    pub view: View,
}

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To the simulator in the page.
    Simulated,
    /// To a server.
    Live {
        /// Its scheme, host and port.
        origin: String,
    },
    /// Nowhere: what is shown was recorded elsewhere.
    Replay {
        /// Scheme, host and port of the server that answered.
        origin: String,
    },
}

impl Target {
    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        match self {
            Self::Simulated => SIMULATED_ORIGIN,
            Self::Live { origin } | Self::Replay { origin } => origin,
        }
    }

    /// The line of the log from which on calls go there.
    fn line(&self, dialect: Dialect) -> Happening {
        let word = match self {
            Self::Simulated => SIMULATED,
            Self::Live { .. } => "LIVE",
            Self::Replay { .. } => "Recorded",
        };
        Happening::Target(format!("{word}, {}, {dialect}", host_of(self.origin())))
    }

    /// Whether what is shown comes from a server: of those that calls reach, or that answered once.
    pub const fn is_live(&self) -> bool {
        !self.is_simulated()
    }

    /// Whether the simulator in the page answers.
    pub const fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated)
    }

    /// Whether nobody answers any more.
    pub const fn is_replay(&self) -> bool {
        matches!(self, Self::Replay { .. })
    }
}

/// Host and port of an origin: what people call the server.
fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn is_loopback(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((address, _)) = bracketed {
        return address == "::1";
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    // What consists of numbers alone is an address, and no name.
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let is_v4 = name.starts_with("127.") && name.bytes().all(is_number);
    is_v4 || name.eq_ignore_ascii_case("localhost")
}

/// Whether there is an API login.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// There is none.
    Closed,
    /// It is being made.
    Opening,
    /// There is one.
    Open {
        /// Whose, if that is known.
        user: Option<String>,
    },
    /// It could not be made.
    Failed(ClientError),
}

/// Something that is read from the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Loaded<T> {
    /// Nobody asked for it yet.
    #[default]
    Absent,
    /// It is on its way.
    Loading,
    /// It did not come.
    Failed(ClientError),
    /// Here it is.
    Ready(T),
}

impl<T> Loaded<T> {
    /// The thing, if it is here.
    pub const fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(thing) => Some(thing),
            Self::Absent | Self::Loading | Self::Failed(_) => None,
        }
    }

    fn ready_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Ready(thing) => Some(thing),
            Self::Absent | Self::Loading | Self::Failed(_) => None,
        }
    }

    fn take(&mut self) -> T
    where
        T: Default,
    {
        match std::mem::take(self) {
            Self::Ready(thing) => thing,
            Self::Absent | Self::Loading | Self::Failed(_) => T::default(),
        }
    }

    /// While something newer is on its way, what is here stays on screen.
    fn await_news(&mut self) {
        if self.ready().is_none() {
            *self = Self::Loading;
        }
    }
}

impl<T> From<Result<T, ClientError>> for Loaded<T> {
    fn from(result: Result<T, ClientError>) -> Self {
        match result {
            Ok(thing) => Self::Ready(thing),
            Err(error) => Self::Failed(error),
        }
    }
}

/// A library, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// Its id.
    pub id: LibraryId,
    /// The rest, once it was read.
    pub model: Option<LibraryModel>,
}

/// An item, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The rest, once it was read.
    pub model: Option<ItemModel>,
}

impl Library {
    /// Its name, or its id until that is known.
    pub fn label(&self) -> &str {
        let name = self.model.as_ref().and_then(|model| model.name.as_deref());
        name.unwrap_or_else(|| self.id.as_str())
    }
}

impl Item {
    /// Its name, or its id until that is known.
    pub fn label(&self) -> &str {
        let name = self.model.as_ref().and_then(|model| model.name.as_deref());
        name.unwrap_or_else(|| self.id.as_str())
    }
}

/// The update session on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// What the server last said of it.
    pub model: Loaded<UpdateSessionModel>,
    /// Its files, without their upload links.
    pub files: Loaded<Vec<SessionFileInfo>>,
    /// Whether the server no longer knows it, or never did.
    pub gone: bool,
    /// What this page declared of the files that it added, by name.
    pub declared: Vec<(String, Declared)>,
    /// The item that it changes, once it was read.
    pub item: Option<ItemModel>,
    /// The item's files, read once the session is DONE.
    pub item_files: Loaded<Vec<ItemFileInfo>>,
}

/// What the page declared of a file, and whether it has its bytes at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The length, if one was declared.
    pub size: Option<u64>,
    /// The digest, if one was declared.
    pub checksum: Option<ChecksumInfo>,
}

/// Where a session is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Life {
    /// It has not been read yet.
    Unknown,
    /// What the API says.
    State(SessionState),
    /// The server does not know it.
    Gone,
}

impl SessionView {
    fn new(id: SessionId) -> Self {
        Self {
            id,
            model: Loaded::Loading,
            files: Loaded::Absent,
            gone: false,
            declared: Vec::new(),
            item: None,
            item_files: Loaded::Absent,
        }
    }

    /// Where it is in its life.
    pub fn life(&self) -> Life {
        if self.gone {
            return Life::Gone;
        }
        let state = self.model.ready().and_then(|model| model.state.clone());
        state.map_or(Life::Unknown, Life::State)
    }

    /// Whether it may still change.
    pub fn is_active(&self) -> bool {
        self.life() == Life::State(SessionState::Active)
    }

    /// What this page declared of a file, if it added it.
    pub fn declared(&self, file: &str) -> Option<&Declared> {
        self.declared.iter().find(|(name, _)| name == file).map(|(_, declared)| declared)
    }

    /// The item's name, or its id until that is known.
    pub fn item_label(&self) -> Option<&str> {
        let name = self.item.as_ref().and_then(|item| item.name.as_deref());
        let id = || self.model.ready()?.library_item_id.as_ref().map(ItemId::as_str);
        name.or_else(id)
    }

    /// What is left until it may expire.
    pub fn time_left(&self, now: Timestamp) -> Option<Duration> {
        let model = self.model.ready()?;
        Some(model.expiration_time?.since(now))
    }
}

/// An upload that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its number: the same file may be sent again.
    pub id: u64,
    /// For which session.
    pub session: SessionId,
    /// The file's name.
    pub file: String,
    /// How far it is.
    pub progress: Progress,
}

/// How far something is that takes its time, and how fast it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes are to be moved.
    pub total: u64,
    /// How many have been.
    pub moved: u64,
    /// From when on the rate is measured, and how many bytes had been moved then.
    pub mark: (Timestamp, u64),
    /// Bytes per second, once it can be told.
    pub rate: Option<u64>,
}

/// The rate is that of the last piece at least this long.
const RATE_WINDOW: Duration = Duration::from_secs(1);

impl Progress {
    /// Nothing has been moved yet.
    pub const fn new(total: u64, now: Timestamp) -> Self {
        Self { total, moved: 0, mark: (now, 0), rate: None }
    }

    /// What has been moved, in percent.
    pub fn percent(&self) -> u64 {
        format::percent(self.moved, self.total)
    }

    /// How long the rest takes at this rate.
    pub fn time_left(&self) -> Option<Duration> {
        let rate = self.rate.filter(|rate| *rate > 0)?;
        Some(Duration::from_secs((self.total - self.moved).div_ceil(rate)))
    }

    /// The same in steps that are worth to be told.
    fn quarter(&self) -> u64 {
        self.percent() / 25 * 25
    }

    fn advance(&mut self, moved: u64, at: Timestamp) {
        self.moved = moved.min(self.total);
        let (since, before) = self.mark;
        let took = at.since(since);
        if took >= RATE_WINDOW {
            let bytes = self.moved.saturating_sub(before);
            let millis = u64::try_from(took.as_millis()).ok();
            self.rate = millis.and_then(|millis| bytes.checked_mul(1000)?.checked_div(millis));
            self.mark = (at, self.moved);
        }
    }
}

/// A call whose answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: u64,
    /// The operation's own name.
    pub call: String,
}

/// What is asked before a call is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// A call by its button.
    Button {
        /// The call.
        call: SessionCall,
        /// On which session.
        session: SessionId,
    },
    /// A call that was built.
    Built(Built),
}

impl Question {
    /// What the button says that sends it.
    pub fn label(&self) -> String {
        match self {
            Self::Button { call, .. } => call.label().to_owned(),
            Self::Built(built) => say("Send {0}", &[&built.name]),
        }
    }

    /// The operation.
    pub fn operation(&self) -> String {
        match self {
            Self::Button { call, .. } => call.name().to_owned(),
            Self::Built(built) => built.row.full_name(),
        }
    }

    /// What it does.
    pub fn effect(&self) -> &str {
        match self {
            Self::Button { call, .. } => call.effect(),
            Self::Built(built) => &built.effect,
        }
    }

    /// The session that it names.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Button { session, .. } => Some(session.as_str()),
            Self::Built(built) => built.parameters.get("update_session_id")?.as_str(),
        }
    }
}

/// How it is all shown.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What is being done.
    pub task: Task,
    /// Raised when what the focus was on gives way, so that it goes to the beginning of what is new.
    pub turns: u32,
    /// Light or dark.
    pub theme: Theme,
    /// Which pane is in front where not all of them fit.
    pub pane: Pane,
    /// Where the focus goes at the next turn.
    pub goal: &'static str,
    /// Whether panes stand below each other, so that what matters most comes first.
    pub narrow: bool,
    /// Whether single keys do something.
    pub keys: bool,
    /// Whether everything is larger, for those who sit far away.
    pub large: bool,
    /// Only log entries that contain this.
    pub filter: String,
    /// Whether calls that only read are listed.
    pub reads: bool,
    /// In which order the log is listed; none: that in which its entries ended.
    pub sorting: Option<Sorting>,
    /// Whether JSON bodies are laid out for reading.
    pub pretty: bool,
    /// Whether the log is open.
    pub log_open: bool,
    /// Which picture of the session is shown; none was chosen: the one that fits the screen.
    pub picture: Option<Picture>,
    /// The arrow of the diagram that is explained.
    pub edge: Option<Edge>,
    /// The sheet that lies on top.
    pub sheet: Option<String>,
    /// What is to be said in the sheet.
    pub said: Said,
    /// Whether what draws sheets is there, or why not; nothing until it was asked for.
    pub scribe: Option<Result<(), String>>,
    /// Whether code is shown.
    pub code: bool,
    /// In which language code is shown.
    pub language: Language,
    /// Whether that is the code of the whole run.
    pub whole_run: bool,
}

/// A picture of the update session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Its states and arrows.
    Diagram,
    /// Who sent what to whom.
    Sequence,
    /// All that the diagram says, as text.
    Table,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// An update session is made and watched.
    Session,
    /// A package is checked.
    Check,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// Target, library, item.
    Guide,
    /// The update session.
    Session,
    /// What happened and why.
    Explain,
    /// The wire log.
    Log,
}

impl Pane {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Guide, Self::Session, Self::Explain, Self::Log];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Session => "session",
            Self::Explain => "explain",
            Self::Log => "log",
        }
    }

    /// The name of the button that shows it.
    pub const fn tab(self) -> &'static str {
        match self {
            Self::Guide => "tab-guide",
            Self::Session => "tab-session",
            Self::Explain => "tab-explain",
            Self::Log => "tab-log",
        }
    }
}

impl View {
    fn go(&mut self, pane: Pane, goal: &'static str) {
        self.pane = pane;
        self.goal = goal;
        self.turns += 1;
        if pane == Pane::Log {
            self.log_open = true;
        }
        if goal == "picture" {
            self.picture = Some(Picture::Diagram);
        }
    }

    /// Whether the log is shown in the same way.
    pub fn lists_like(&self, other: &Self) -> bool {
        self.filter == other.filter
            && self.sorting == other.sorting
            && self.pane == other.pane
            && [self.reads, self.pretty, self.log_open]
                == [other.reads, other.pretty, other.log_open]
    }
}

impl Default for View {
    fn default() -> Self {
        Self {
            task: Task::Session,
            turns: 0,
            theme: Theme::System,
            pane: Pane::Session,
            goal: Pane::Session.name(),
            narrow: false,
            keys: true,
            large: false,
            filter: String::new(),
            reads: true,
            sorting: None,
            pretty: true,
            log_open: true,
            sheet: None,
            said: Said::default(),
            scribe: None,
            code: false,
            language: Language::Curl,
            whole_run: false,
            picture: None,
            edge: None,
        }
    }
}

/// What may happen to the page.
///
/// Whatever a call brought names the epoch that it was sent in.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Time passed.
    Ticked(Timestamp),
    /// From now on another clock tells the time.
    TimeIs(Timestamp),
    /// From now on calls go here.
    Targeted(Target, Dialect),
    /// A call was sent.
    Sent(u64, Waiting),
    /// Its answer came.
    Returned(u64, u64),
    /// What it came to.
    CameTo(u64, Option<SessionId>, Outcome),
    /// An API login was made, lost or refused.
    Connected(u64, Connection),
    /// The target said that it is a gateway, and at which server calls end.
    Forwarded(u64, String),
    /// The libraries are being read.
    LibrariesAsked(u64),
    /// The libraries' ids.
    Libraries(u64, Result<Vec<LibraryId>, ClientError>),
    /// One library in full.
    LibraryRead(u64, LibraryId, LibraryModel),
    /// A library was chosen.
    LibraryChosen(Option<LibraryId>),
    /// The ids of a library's items.
    Items(u64, LibraryId, Result<Vec<ItemId>, ClientError>),
    /// One item in full.
    ItemRead(u64, ItemId, ItemModel),
    /// An item was chosen.
    ItemChosen(Option<ItemId>),
    /// This session is to be on screen.
    SessionOpened(u64, SessionId),
    /// What the server says of a session.
    SessionRead(u64, SessionId, Result<UpdateSessionModel, ClientError>),
    /// A session's files.
    FilesRead(u64, SessionId, Result<Vec<SessionFileInfo>, ClientError>),
    /// The files of a session's item.
    ItemFilesRead(u64, SessionId, Result<Vec<ItemFileInfo>, ClientError>),
    /// A file was added.
    FileAdded(u64, SessionId, String, Declared),
    /// An upload begins.
    UploadBegan(u64, Upload),
    /// So many bytes of it have been sent.
    UploadMoved(u64, Timestamp, u64),
    /// It is over.
    UploadEnded(u64),
    /// An exchange ended, and this is what was done to the simulator until then.
    Recorded(Rc<Exchange>, Vec<run::Entry>),
    /// Time passed for the simulator, and it did this by itself.
    Happened(Vec<Transition>, Vec<run::Entry>),
    /// The simulator begins anew, with nothing done.
    RunBegan,
    /// The simulator's clock was set.
    Clocked(Clock),
    /// Views show this entry.
    Selected(Option<u64>),
    /// The simulator was brought there.
    Travelled(Travel),
    /// A run, or a recording, came in.
    CameIn(Rc<Opened>),
    /// The call that is being built was changed.
    Built(Edit),
    /// The server named these sessions.
    SessionsMet(u64, Vec<SessionId>),
    /// A final call is to be confirmed.
    Asked(Option<Question>),
    /// This is to be done.
    TaskChosen(Task),
    /// A package is being read.
    CheckBegan(Check),
    /// So many bytes of it have been read.
    CheckMoved(u64, Timestamp, u64),
    /// What was found in it, as JSON, or why it could not be read.
    CheckEnded(u64, Result<String, String>),
    /// Another package is to be checked.
    CheckLeft,
    /// The report was put on the clipboard, or not.
    ReportCopied(Format, bool),
    /// How the page is to look, in the words that it is kept in.
    Looked(String),
    /// A pane is to be in front.
    Showed(Pane),
    /// The same, and the focus goes to what has this name in it.
    Went(Pane, &'static str),
    /// Panes stand below each other, or no longer do.
    Narrowed(bool),
    /// The log's filter was typed.
    Filtered(String),
    /// Whether the log lists reads.
    ReadsShown(bool),
    /// The heading of a column of the log was pressed.
    Sorted(Column),
    /// An entry is to be read in full, or none. Views show it.
    Opened(Option<u64>),
    /// Whether bodies are laid out.
    Prettied(bool),
    /// Whether the log is open.
    LogOpened(bool),
    /// A sheet is to lie on top, or none.
    SheetOpened(Option<String>),
    /// Something is to be said in the sheet.
    Said(Said),
    /// What draws sheets is there, or why not.
    ScribeCame(Result<(), String>),
    /// Whether code is to be shown.
    CodeOpened(bool),
    /// What was written, or why it was not.
    CodeWritten(Order, Result<String, String>),
    /// In which language code is to be shown.
    LanguageChosen(Language),
    /// Whether the code of the whole run is to be shown.
    RunShown(bool),
    /// A picture is to be shown.
    Pictured(Picture),
    /// An arrow of the diagram is to be explained.
    EdgeChosen(Edge),
}

impl Action {
    /// The epoch that a call was sent in, if this is what the call brought.
    const fn epoch(&self) -> Option<u64> {
        match self {
            Self::Sent(epoch, _)
            | Self::Returned(epoch, _)
            | Self::CameTo(epoch, ..)
            | Self::Connected(epoch, _)
            | Self::Forwarded(epoch, _)
            | Self::LibrariesAsked(epoch)
            | Self::Libraries(epoch, _)
            | Self::LibraryRead(epoch, ..)
            | Self::Items(epoch, ..)
            | Self::ItemRead(epoch, ..)
            | Self::SessionsMet(epoch, _)
            | Self::SessionOpened(epoch, _)
            | Self::SessionRead(epoch, ..)
            | Self::FilesRead(epoch, ..)
            | Self::ItemFilesRead(epoch, ..)
            | Self::FileAdded(epoch, ..)
            | Self::UploadBegan(epoch, _) => Some(*epoch),
            _ => None,
        }
    }
}

impl Lab {
    /// A page that has just been opened.
    #[inline(never)]
    pub fn new(page: impl Into<String>, seed: u64, now: Timestamp) -> Self {
        Self {
            page: page.into(),
            begin: Rc::new(Run::new(seed, Dialect::default())),
            epoch: 0,
            target: Target::Simulated,
            behind: None,
            dialect: Dialect::default(),
            connection: Connection::Closed,
            now,
            clock: Clock::new(now),
            libraries: Loaded::Absent,
            library: None,
            items: Loaded::Absent,
            item: None,
            session: None,
            uploads: Vec::new(),
            waiting: Vec::new(),
            outcome: None,
            question: None,
            builder: Builder::default(),
            check: None,
            code: None,
            branches: Branches::default(),
            selected: None,
            opened: None,
            came: None,
            view: View::default(),
        }
    }

    /// The wire log of the branch that goes on.
    pub const fn log(&self) -> &Log {
        &self.branches.current.log
    }

    /// The log up to the entry that all views show.
    pub fn shown_log(&self) -> Log {
        self.selected.map_or_else(|| self.log().clone(), |number| self.log().until(number))
    }

    /// The entry that all views show: the chosen one, else the latest that was more than a look.
    pub fn entry(&self) -> Option<&Rc<Entry>> {
        let entries = self.log().entries();
        match self.selected {
            Some(number) => self.log().find(number),
            None => entries.iter().rfind(|entry| entry.is_telling()).or(entries.last()),
        }
    }

    /// Whether there is an API login.
    pub const fn is_connected(&self) -> bool {
        matches!(self.connection, Connection::Open { .. })
    }

    /// The chosen library.
    pub fn chosen_library(&self) -> Option<&Library> {
        let id = self.library.as_ref()?;
        self.libraries.ready()?.iter().find(|library| library.id == *id)
    }

    /// The chosen item.
    pub fn chosen_item(&self) -> Option<&Item> {
        let id = self.item.as_ref()?;
        self.items.ready()?.iter().find(|item| item.id == *id)
    }

    /// The name of an item, as far as it is known.
    pub fn item_label(&self, id: &ItemId) -> String {
        let items = self.items.ready().into_iter().flatten();
        let mut found = items.filter(|item| item.id == *id);
        found.next().map_or(id.as_str(), Item::label).to_owned()
    }

    /// The upload of a file of the session on screen.
    pub fn upload_of(&self, file: &str) -> Option<&Upload> {
        let session = self.session.as_ref()?;
        self.uploads.iter().find(|upload| upload.session == session.id && upload.file == file)
    }

    /// Whether an upload runs for the session on screen.
    pub fn is_uploading(&self) -> bool {
        let session = self.session.as_ref().map(|session| &session.id);
        self.uploads.iter().any(|upload| Some(&upload.session) == session)
    }

    /// An error of a call in words.
    pub fn trouble(&self, call: &str, error: &ClientError) -> Trouble {
        Trouble::of(call, error, &self.target, &self.page)
    }

    /// Host and port of the server at which calls end.
    pub fn host(&self) -> &str {
        host_of(self.behind.as_deref().unwrap_or_else(|| self.target.origin()))
    }

    /// Host and port of the gateway that calls go through, if they do.
    pub fn gateway(&self) -> Option<&str> {
        self.behind.as_ref().map(|_| host_of(self.target.origin()))
    }

    /// Whether final calls are asked about first: on every server but those of this machine. A
    /// gateway on this machine is as near as the server behind it.
    pub fn asks_first(&self) -> bool {
        let near = is_loopback(host_of(self.target.origin())) && is_loopback(self.host());
        self.target.is_live() && !near
    }

    /// What is read aloud at once: where calls go, and what fails there.
    pub fn alarm(&self) -> Vec<Said> {
        let target = match &self.target {
            Target::Simulated => word("Target: Simulated. Calls stay in this page."),
            Target::Live { .. } if self.is_connected() => {
                say("Target: LIVE, {0}. Calls reach a server.", &[self.host()])
            }
            Target::Live { .. } => word("Target: LIVE, not signed in."),
            Target::Replay { .. } => word("Recorded elsewhere. No call is sent."),
        };
        let mut alarm = vec![target.into()];
        if let Some(outcome) = &self.outcome
            && outcome.verdict == Verdict::Failed
            && self.target.is_live()
        {
            alarm.push(" ".into());
            outcome.speak(&mut alarm);
        }
        alarm
    }

    /// What is read aloud in its turn: what calls came to, and uploads in steps of a quarter; or
    /// how far a check is, and what it came to.
    pub fn news(&self) -> Vec<Said> {
        let mut news = Vec::new();
        if self.view.task == Task::Check {
            if let Some(check) = &self.check {
                news.push(check.spoken().into());
            }
            return news;
        }
        if let Some(outcome) = &self.outcome {
            outcome.speak(&mut news);
        }
        for upload in &self.uploads {
            let quarter = upload.progress.quarter().to_string();
            news.push(say(" {0}: {1} percent sent.", &[&upload.file, &quarter]).into());
        }
        news
    }
}

/// What the page knows after something happened.
pub fn reduce(mut lab: Lab, action: Action) -> Lab {
    if action.epoch().is_some_and(|epoch| epoch != lab.epoch) {
        // A late answer: what it is about is no longer on screen.
        return lab;
    }
    match action {
        Action::Ticked(now) => lab.now = lab.now.max(now),
        Action::TimeIs(now) => lab.now = now,
        Action::Targeted(target, dialect) => lab.retarget(target, dialect),
        Action::Sent(_, waiting) => lab.waiting.push(waiting),
        Action::Returned(_, id) => {
            lab.waiting.retain(|waiting| waiting.id != id);
        }
        Action::CameTo(_, session, outcome) => {
            let on_screen = lab.session.as_ref().map(|session| &session.id);
            if session.is_none() || session.as_ref() == on_screen {
                lab.outcome = Some(Rc::new(outcome));
            }
        }
        Action::Connected(_, connection) => lab.connection = connection,
        Action::Forwarded(_, behind) => lab.behind = Some(behind),
        Action::LibrariesAsked(_) => lab.libraries.await_news(),
        Action::Libraries(_, result) => lab.take_libraries(result),
        Action::LibraryRead(_, id, model) => {
            let mut known = lab.libraries.ready_mut().into_iter().flatten();
            if let Some(library) = known.find(|library| library.id == id) {
                library.model = Some(model);
            }
        }
        Action::LibraryChosen(id) => {
            if id != lab.library {
                lab.items = if id.is_some() { Loaded::Loading } else { Loaded::Absent };
                lab.library = id;
                lab.item = None;
            }
        }
        Action::Items(_, library, result) => {
            if lab.library.as_ref() == Some(&library) {
                lab.take_items(result);
            }
        }
        Action::ItemRead(_, id, model) => lab.take_item(&id, &model),
        Action::ItemChosen(id) => lab.item = id,
        Action::Built(edit) => lab.builder.apply(edit),
        Action::SessionsMet(_, ids) => ids.iter().for_each(|id| lab.builder.met(id)),
        Action::SessionOpened(_, id) => {
            lab.builder.met(&id);
            if lab.session.as_ref().is_none_or(|session| session.id != id) {
                lab.session = Some(SessionView::new(id));
                lab.question = None;
            }
            lab.turn();
        }
        Action::SessionRead(_, id, result) => {
            if let Some(session) = lab.session_mut(&id) {
                session.gone = is_not_found(&result);
                // What was last known of a session that is gone stays readable.
                if !session.gone || session.model.ready().is_none() {
                    session.model = result.into();
                }
            }
        }
        Action::FilesRead(_, id, result) => {
            if let Some(session) = lab.session_mut(&id)
                && !(is_not_found(&result) && session.files.ready().is_some())
            {
                session.files = result.map(without_links).into();
            }
        }
        Action::ItemFilesRead(_, id, result) => {
            if let Some(session) = lab.session_mut(&id) {
                session.item_files = result.into();
            }
        }
        Action::FileAdded(_, id, name, declared) => {
            if let Some(session) = lab.session_mut(&id) {
                session.declared.retain(|(other, _)| *other != name);
                session.declared.push((name, declared));
            }
        }
        Action::UploadBegan(_, upload) => lab.uploads.push(upload),
        Action::UploadMoved(id, at, sent) => {
            if let Some(upload) = lab.uploads.iter_mut().find(|upload| upload.id == id) {
                upload.progress.advance(sent, at);
            }
        }
        Action::UploadEnded(id) => lab.uploads.retain(|upload| upload.id != id),
        Action::Recorded(exchange, done) => {
            let at = exchange.at + exchange.took;
            lab.now = lab.now.max(at);
            lab.branches.add(done, at, Some(Happening::Call(exchange)));
        }
        Action::Happened(events, done) => {
            lab.branches.add(done, lab.now, None);
            for event in events {
                lab.branches.add(Vec::new(), event.at, Some(Happening::Event(event)));
            }
        }
        Action::RunBegan => {
            lab.branches.begin_anew();
            lab.selected = None;
            lab.opened = None;
            lab.came = None;
        }
        Action::Clocked(clock) => lab.clock = clock,
        Action::Selected(entry) => {
            lab.select(entry);
            if lab.opened.is_some() && entry.is_some() {
                lab.opened = entry;
            }
        }
        Action::Opened(entry) => {
            if entry.is_some() {
                lab.select(entry);
            }
            lab.opened = entry;
        }
        Action::Travelled(travel) => lab.take_trip(travel),
        Action::CameIn(opened) => lab = lab.open(&opened),
        Action::Asked(question) => lab.question = question,
        Action::TaskChosen(task) => {
            lab.view.task = task;
            lab.turn();
        }
        Action::CheckBegan(check) => {
            lab.check = Some(check);
            lab.turn();
        }
        Action::CheckMoved(id, at, read) => {
            if let Some(check) = lab.check.as_mut().filter(|check| check.id == id) {
                check.progress.advance(read, at);
            }
        }
        Action::CheckEnded(id, found) => {
            if let Some(check) = lab.check.as_mut().filter(|check| check.id == id) {
                check.end(found);
                lab.turn();
            }
        }
        Action::CheckLeft => {
            lab.check = None;
            lab.turn();
        }
        Action::ReportCopied(format, arrived) => {
            if let Some(check) = &mut lab.check {
                check.copied = Some((format, arrived));
            }
        }
        Action::Looked(look) => lab.view.recall(&look),
        Action::Showed(pane) => lab.view.pane = pane,
        Action::Went(pane, goal) => lab.view.go(pane, goal),
        Action::Narrowed(narrow) => lab.view.narrow = narrow,
        Action::Filtered(text) => lab.view.filter = text,
        Action::ReadsShown(shown) => lab.view.reads = shown,
        Action::Sorted(column) => lab.view.sorting = Sorting::pressed(lab.view.sorting, column),
        Action::Prettied(pretty) => lab.view.pretty = pretty,
        Action::LogOpened(open) => lab.view.log_open = open,
        Action::SheetOpened(sheet) => {
            lab.view.sheet = sheet;
            lab.view.said = Said::default();
        }
        Action::Said(said) => lab.view.said = said,
        Action::ScribeCame(loaded) => lab.view.scribe = Some(loaded),
        Action::CodeOpened(open) => lab.view.code = open,
        Action::CodeWritten(order, text) => lab.code = Some(Rc::new(Code { order, text })),
        Action::LanguageChosen(language) => lab.view.language = language,
        Action::RunShown(whole) => lab.view.whole_run = whole,
        Action::Pictured(picture) => lab.view.picture = Some(picture),
        Action::EdgeChosen(edge) => lab.view.edge = Some(edge),
    }
    lab
}

impl Lab {
    /// What is new is in front, and has the focus.
    fn turn(&mut self) {
        self.view.go(Pane::Session, Pane::Session.name());
    }

    fn select(&mut self, entry: Option<u64>) {
        let known = entry.filter(|number| self.log().find(*number).is_some());
        let last = self.log().entries().last().map(|entry| entry.number);
        // The latest entry is not held on to: views go on with the run.
        self.selected = known.filter(|_| known != last);
    }

    fn retarget(&mut self, target: Target, dialect: Dialect) {
        let mut branches = std::mem::take(&mut self.branches);
        branches.add(Vec::new(), self.now, Some(target.line(dialect)));
        *self = Self {
            epoch: self.epoch + 1,
            target,
            dialect,
            branches,
            clock: self.clock,
            check: self.check.take(),
            builder: self.builder.elsewhere(),
            view: self.view.clone(),
            begin: self.begin.clone(),
            ..Self::new(std::mem::take(&mut self.page), 0, self.now)
        };
    }

    fn take_trip(&mut self, travel: Travel) {
        self.branches.travel(travel);
        self.epoch += 1;
        self.selected = None;
        self.outcome = None;
        self.question = None;
        self.uploads.clear();
        self.waiting.clear();
        if let Some(entry) = self.log().entries().last() {
            self.now = entry.at;
        }
        self.dialect = self.branches.current.dialect().unwrap_or(self.begin.dialect);
        let begun = |id: &SessionId| {
            self.log().entries().iter().any(|entry| match &entry.what {
                Happening::Call(exchange) => exchange
                    .transitions
                    .iter()
                    .any(|event| event.session == *id && event.from.is_none()),
                Happening::Event(_) | Happening::Target(_) => false,
            })
        };
        if self.session.as_ref().is_some_and(|session| !begun(&session.id)) {
            self.session = None;
        }
    }

    fn session_mut(&mut self, id: &SessionId) -> Option<&mut SessionView> {
        self.session.as_mut().filter(|session| session.id == *id)
    }

    fn take_libraries(&mut self, result: Result<Vec<LibraryId>, ClientError>) {
        let mut known = self.libraries.take();
        let entry = |id: LibraryId| {
            let known = known.iter_mut().find(|library| library.id == id);
            Library { model: known.and_then(|library| library.model.take()), id }
        };
        self.libraries = result.map(|ids| ids.into_iter().map(entry).collect()).into();
    }

    fn take_items(&mut self, result: Result<Vec<ItemId>, ClientError>) {
        let mut known = self.items.take();
        let entry = |id: ItemId| {
            let known = known.iter_mut().find(|item| item.id == id);
            Item { model: known.and_then(|item| item.model.take()), id }
        };
        self.items = result.map(|ids| ids.into_iter().map(entry).collect()).into();
    }

    fn take_item(&mut self, id: &ItemId, model: &ItemModel) {
        let mut known = self.items.ready_mut().into_iter().flatten();
        if let Some(item) = known.find(|item| item.id == *id) {
            item.model = Some(model.clone());
        }
        let Some(session) = &mut self.session else { return };
        if session.model.ready().and_then(|model| model.library_item_id.as_ref()) == Some(id) {
            session.item = Some(model.clone());
        }
    }
}

/// An upload link is a key: it stays with whoever follows it.
fn without_links(files: Vec<SessionFileInfo>) -> Vec<SessionFileInfo> {
    files.into_iter().map(|file| SessionFileInfo { upload_endpoint: None, ..file }).collect()
}

/// Whether the API says that there is no such thing. A bare 404 says nothing: the path may be wrong.
fn is_not_found<T>(result: &Result<T, ClientError>) -> bool {
    matches!(
        result,
        Err(ClientError::Api { error, .. }) if error.error_type == Some(ErrorType::NotFound)
    )
}

#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod tests;

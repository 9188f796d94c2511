//! What a person can ask for. `App` carries it out.

use accession_core::dialect::Dialect;
use accession_core::model::{ChecksumInfo, ItemId, LibraryId, LoginToken, SessionId, WarningType};
use accession_core::operations;
use accession_core::reading;
use accession_core::received::Received;
use accession_core::run::Deed;
use serde_json::Value;

use crate::lab::builder::{Built, Edit};
use crate::lab::{Action, Format, Leap, Picture, Question, SessionCall, Travel};

/// What a person can ask for.
pub(crate) enum Command {
    /// Something that needs no call: only the page changes.
    Just(Box<Action>),
    /// Call the simulator in the page.
    UseSimulator,
    /// Call a server, once signed in.
    UseLive,
    /// Empty the simulator and begin again.
    StartOver,
    /// Spell calls to the simulator like this.
    Speak(Dialect),
    /// Let the simulator's clock run at this rate; 0: let it stand still.
    Run(u32),
    /// Let the simulator's clock leap.
    Leap(Leap),
    /// Go back to where the run was, forward again, or elsewhere from there.
    Travel(Travel),
    /// Sign in to a server.
    SignIn(SignIn),
    /// Log out, and forget the token.
    Disconnect,
    /// Read the libraries again.
    LoadLibraries,
    /// Choose a library, and read its items.
    ChooseLibrary(Option<LibraryId>),
    /// Create a library.
    CreateLibrary {
        /// Its name.
        name: String,
        /// Where it keeps its files.
        datastore: String,
    },
    /// Create an item in the chosen library.
    CreateItem {
        /// Its name.
        name: String,
        /// Its type; empty for none.
        kind: String,
    },
    /// Create an update session for the chosen item.
    CreateSession(ItemId),
    /// Show a session.
    OpenSession(SessionId),
    /// Read the session on screen again.
    Refresh,
    /// Add files to the session on screen.
    AddFiles {
        /// Which.
        files: Vec<NewFile>,
        /// Whether their bytes follow at once.
        send: bool,
    },
    /// Send the bytes of a file that was added.
    SendFile(String),
    /// Add a file again, as it was added before, and send its bytes.
    SendAgain(String),
    /// End an upload.
    StopUpload(u64),
    /// Remove a file from the session on screen.
    RemoveFile(String),
    /// Let the session on screen complete in spite of a warning.
    Ignore(WarningType),
    /// Send a call, or ask first.
    Call(SessionCall),
    /// Send a call that was built, or ask first.
    Send(Built),
    /// Send a call that was asked about; the text is the error message of a failure.
    Confirm(Question, String),
    /// Check the package that consists of these files.
    Check(Vec<web_sys::File>),
    /// The same with what was dropped.
    CheckDropped(web_sys::DataTransfer),
    /// End a check, or leave its report.
    LeaveCheck,
    /// Send the files that were checked through an update session of the simulator.
    RunPackage,
    /// Put the report on the clipboard.
    CopyReport(Format),
    /// Put a text on the clipboard.
    Copy(String),
    /// Unfold the form for any call.
    Unfold,
    /// Open a sheet.
    Open(String),
    /// Show a picture of the session.
    Picture(Picture),
    /// Arrange the simulated world: pace, faults, sources.
    Arrange(Deed),
    /// One after the other.
    All(Vec<Self>),
    /// Put the borders between panes where they are at first, and let the page look like this.
    Reset(String),
    /// Let the run leave the page in this form, or let one come in.
    Pass(String),
}

impl Command {
    /// Whether it does something to the session, the item or the library on screen.
    pub(crate) fn acts(&self) -> bool {
        matches!(self, Self::Send(built) if built.row.changes())
            || matches!(
                self,
                Self::CreateLibrary { .. }
                    | Self::CreateItem { .. }
                    | Self::CreateSession(_)
                    | Self::AddFiles { .. }
                    | Self::SendFile(_)
                    | Self::SendAgain(_)
                    | Self::RemoveFile(_)
                    | Self::Ignore(_)
                    | Self::Call(_)
                    | Self::Run(_)
                    | Self::Arrange(_)
                    | Self::Leap(_)
            )
    }

    /// A command that comes as data: its name, and what it needs.
    pub(crate) fn read(command: &Value) -> Option<Self> {
        let text = |place: usize| command[place].as_str().map(str::to_owned);
        match (text(0)?.as_str(), text(1)) {
            ("all", _) => {
                let commands = command.as_array()?.iter().skip(1);
                Some(Self::All(commands.map(Self::read).collect::<Option<_>>()?))
            }
            ("arrange", _) => Some(Self::Arrange(reading::read(&command[1]).ok()?.value)),
            ("send", Some(operation)) => Some(Self::Send(Built {
                row: operations::row_named(&operation)?,
                parameters: command[2].as_object()?.clone(),
                name: text(3)?,
                effect: text(4)?,
            })),
            ("add", Some(name)) => Some(Self::AddFiles {
                files: vec![NewFile {
                    name,
                    size: command[2].as_i64(),
                    checksum: reading::read(&command[3]).ok().map(|read| read.value),
                    bytes: Bytes::MadeUp(reading::read(&command[4]).ok()?.value),
                }],
                send: command[5] == true,
            }),
            ("sheet", Some(name)) if name.is_empty() => Some(Self::just(Action::SheetOpened(None))),
            ("sheet", Some(name)) => Some(Self::Open(name)),
            ("look", Some(look)) => Some(Self::just(Action::Looked(look))),
            ("reset", Some(look)) => Some(Self::Reset(look)),
            ("pass", Some(how)) => Some(Self::Pass(how)),
            _ => Some(Self::just(Action::Built(Edit::read(command)?))),
        }
    }

    /// Something that needs no call.
    pub(crate) fn just(action: Action) -> Self {
        Self::Just(Box::new(action))
    }
}

/// A server, and how to get in. It holds secrets and is neither stored nor shown.
pub(crate) struct SignIn {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// How calls are spelled.
    pub(crate) dialect: Dialect,
    /// Who comes.
    pub(crate) credentials: Credentials,
}

/// What lets somebody in.
pub(crate) enum Credentials {
    /// A user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// The token of an API login that exists.
    Token(LoginToken),
}

/// The bytes of a file.
#[derive(Clone)]
pub(crate) enum Bytes {
    /// On this computer.
    File(web_sys::File),
    /// Nowhere: this is said to have arrived of them. Only a simulator takes that.
    MadeUp(Received),
}

/// A file to be added.
pub(crate) struct NewFile {
    /// Its bytes.
    pub(crate) bytes: Bytes,
    /// Its name in the session.
    pub(crate) name: String,
    /// The length to declare.
    pub(crate) size: Option<i64>,
    /// The digest to declare.
    pub(crate) checksum: Option<ChecksumInfo>,
}

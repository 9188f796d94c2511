//! A simulator as plain data, to be kept and taken up again.
//!
//! Accounts stay with the host, and API logins end: neither passwords nor tokens are in a snapshot.
//! What is read back is held against everything that the simulator relies on, since it may come from
//! anywhere. Where it is kept is not known here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::access::{Accounts, LoginLimits};
use super::deadlines::Deadlines;
use super::faults::{Disturbance, Fault};
use super::items::{Change, Item};
use super::libraries::Library;
use super::replays::Replays;
use super::store::Store;
use super::transfers::{Pace, Source};
use super::{Simulator, checks, uploads};
use crate::behaviour::Behaviour;
use crate::file::Status;
use crate::model::{ItemId, ItemModel, LibraryId, LibraryModel, SessionId};
use crate::random::{Progress, Random};
use crate::reading;
use crate::received::Broken;
use crate::release::Release;
use crate::session::{Event, Session, StoredFile, UploadEvent};
use crate::structure;
use crate::structure::{Plain, Wire};
use crate::text::Text;
use crate::time::Timestamp;

/// The version of the form that this program writes and reads.
const VERSION: u64 = 1;

/// Counters beyond this are damage: no simulator gets there by counting.
const HIGHEST: u64 = 1 << 53;

/// Those that are taken. Items keep their sessions in such a set, by serial and id; a set of bare numbers
/// would bring code of its own into the wasm.
type Serials = BTreeSet<(u64, SessionId)>;

structure! {
    /// A simulator as plain data.
    #[derive(Debug, Clone, PartialEq)]
    strict pub struct Snapshot {
        /// Of the form of the other fields.
        version: u64,
        now: Timestamp,
        serial: u64,
        random: Progress,
        server_guid: String,
        libraries: Vec<KeptLibrary>,
        items: Vec<KeptItem>,
        sessions: Vec<Session>,
        replays: Store<Text, Text>,
        release: Release,
        behaviour: Behaviour,
        pace: Pace,
        sources: Store<Text, Source>,
        faults: Vec<Fault>,
        chance: Progress,
    }

    #[derive(Debug, Clone, PartialEq)]
    strict struct KeptLibrary {
        serial: u64,
        version: u64,
        model: LibraryModel,
        backing_lost: bool = default,
    }

    #[derive(Debug, Clone, PartialEq)]
    strict struct KeptItem {
        serial: u64,
        version: u64,
        content_version: u64,
        model: ItemModel,
        files: BTreeMap<String, StoredFile>,
        changes: Vec<Change>,
    }
}

/// Why something is no snapshot that can be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotASnapshot {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// Another program's, or a newer one's.
    #[error("its version is {0}, and this program reads version {VERSION}")]
    Version(String),
    /// A field is missing, of the wrong type or not known.
    #[error("{place} does not fit: {why}")]
    Misfit {
        /// Where.
        place: String,
        /// How.
        why: String,
    },
    /// Its parts contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

impl Snapshot {
    /// As JSON text.
    pub fn to_json(&self) -> String {
        self.write(&Plain).to_string()
    }

    /// From JSON text.
    pub fn from_json(text: &[u8]) -> Result<Self, NotASnapshot> {
        let value = serde_json::from_slice::<serde_json::Value>(text)
            .map_err(|error| NotASnapshot::Json(error.to_string()))?;
        // Asked first: what else is there depends on it.
        match value.get("version") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(version) => return Err(NotASnapshot::Version(version.to_string())),
            None => return Err(NotASnapshot::Version("not told".to_owned())),
        }
        let misfit = |path: &reading::Path, why: String| {
            let whole = path.0.is_empty();
            let place = if whole { "the snapshot".to_owned() } else { path.to_string() };
            NotASnapshot::Misfit { place, why }
        };
        let read = reading::read::<Self>(&value)
            .map_err(|problem| misfit(&problem.path, problem.to_string()))?;
        match read.unknown.first() {
            Some(path) => Err(misfit(path, "there is no such field".to_owned())),
            None => Ok(read.value),
        }
    }
}

impl Simulator {
    /// Everything that goes on when it is taken up again.
    pub fn snapshot(&self) -> Snapshot {
        let libraries = self.libraries.iter().map(|(_, library)| KeptLibrary {
            serial: library.serial,
            version: library.version,
            backing_lost: library.backing_lost,
            model: library.model.clone(),
        });
        let items = self.items.iter().map(|(_, item)| KeptItem {
            serial: item.serial,
            version: item.version,
            content_version: item.content_version,
            model: item.model.clone(),
            files: item.files.clone(),
            changes: item.changes.clone(),
        });
        Snapshot {
            version: VERSION,
            now: self.now,
            serial: self.serial,
            random: self.random.progress(),
            faults: self.faults.clone(),
            chance: self.chance.progress(),
            server_guid: self.server_guid.clone(),
            libraries: libraries.collect(),
            items: items.collect(),
            sessions: self.sessions.iter().map(|(_, session)| session.clone()).collect(),
            replays: self.replays.made().clone(),
            release: self.release,
            behaviour: self.behaviour,
            pace: self.pace,
            sources: self.sources.clone(),
        }
    }

    /// Takes up a snapshot, for anybody and without a mount: the host says otherwise. Uploads that
    /// ran are broken, as they are when a server goes away; so is what the host was fetching.
    pub fn restore(snapshot: Snapshot) -> Result<Self, NotASnapshot> {
        let random = Random::resume(&snapshot.random)
            .ok_or_else(|| contradiction("random is nowhere in the stream of its seed"))?;
        let chance = Random::resume(&snapshot.chance)
            .ok_or_else(|| contradiction("chance is nowhere in the stream of its seed"))?;
        let mut simulator = Self {
            accounts: Accounts::Any,
            mount: String::new(),
            random,
            now: snapshot.now,
            serial: counted("serial", snapshot.serial)?,
            server_guid: snapshot.server_guid,
            logins: Store::default(),
            login_limits: LoginLimits::default(),
            logins_kept: 64,
            libraries: Store::default(),
            items: Store::default(),
            sessions: Store::default(),
            deadlines: Deadlines::default(),
            replays: Replays::from_made(snapshot.replays),
            release: snapshot.release,
            behaviour: snapshot.behaviour,
            pace: snapshot.pace,
            sources: snapshot.sources,
            fetching: false,
            fetches: VecDeque::new(),
            faults: snapshot.faults,
            chance,
            disturbance: Disturbance::default(),
            malformed: false,
            refusing: None,
            transitions: Vec::new(),
        };
        let mut serials = Serials::new();
        for library in snapshot.libraries {
            simulator.take_up_library(library, &mut serials)?;
        }
        for item in snapshot.items {
            simulator.take_up_item(item, &mut serials)?;
        }
        for session in snapshot.sessions {
            simulator.take_up_session(session, &mut serials)?;
        }
        Ok(simulator)
    }

    fn take_up_library(
        &mut self,
        kept: KeptLibrary,
        serials: &mut Serials,
    ) -> Result<(), NotASnapshot> {
        let id = kept.model.id.clone().unwrap_or_default();
        let place = format!("library {id}");
        self.admit(&place, id.as_str(), kept.serial, serials)?;
        let library = Library {
            serial: kept.serial,
            version: counted(&place, kept.version)?,
            model: kept.model,
            backing_lost: kept.backing_lost,
            items: BTreeSet::new(),
            names: Store::default(),
        };
        self.libraries.insert(id, library);
        Ok(())
    }

    fn take_up_item(&mut self, kept: KeptItem, serials: &mut Serials) -> Result<(), NotASnapshot> {
        let id = kept.model.id.clone().unwrap_or_default();
        let place = format!("item {id}");
        self.admit(&place, id.as_str(), kept.serial, serials)?;
        for (name, file) in &kept.files {
            admit_file(&place, name)?;
            counted(&place, file.version)?;
        }
        let library_id = kept.model.library_id.clone().unwrap_or_default();
        let name = kept.model.name.clone().unwrap_or_default();
        let library: &mut Library = self.libraries.get_mut(&library_id).ok_or_else(|| {
            contradiction(format!("{place} is in library {library_id}, which is not there"))
        })?;
        // Another one may have the same name: that was allowed once, if it is not any more.
        library.names.insert(name.into(), id.clone());
        library.items.insert((kept.serial, id.clone()));
        let item = Item {
            serial: kept.serial,
            library: library_id,
            version: counted(&place, kept.version)?,
            content_version: counted(&place, kept.content_version)?,
            model: kept.model,
            files: kept.files,
            changes: kept.changes,
            sessions: Vec::new(),
            active: None,
        };
        self.items.insert(id, item);
        Ok(())
    }

    fn take_up_session(
        &mut self,
        session: Session,
        serials: &mut Serials,
    ) -> Result<(), NotASnapshot> {
        let (id, serial, item_id) = (session.id.clone(), session.serial, session.item.clone());
        let place = format!("session {id}");
        self.admit(&place, id.as_str(), serial, serials)?;
        counted(&place, session.content_version)?;
        if !uploads::leads_to(&uploads::link_to(&id, ""), &id) {
            return Err(contradiction(format!("{place} has an id that no upload link leads to")));
        }
        for (name, _) in session.files() {
            admit_file(&place, name)?;
        }
        let item = self.items.get_mut(&item_id).ok_or_else(|| {
            contradiction(format!("{place} is on item {item_id}, which is not there"))
        })?;
        item.remember(&session);
        if session.phase().is_active() {
            if let Some(other) = item.active.replace(id.clone()) {
                return Err(contradiction(format!(
                    "{place} and session {other} are active on one item"
                )));
            }
            let mut links = BTreeSet::new();
            for link in session.transfers().filter_map(|transfer| transfer.file.link.as_ref()) {
                if !uploads::leads_to(link, &id) {
                    return Err(contradiction(format!(
                        "{place} has a link that does not lead to it"
                    )));
                }
                if !links.insert(link) {
                    return Err(contradiction(format!(
                        "{place} has the upload link of another file"
                    )));
                }
            }
        }
        let running: Vec<_> = session
            .transfers()
            .filter(|transfer| transfer.status == Status::Transferring)
            .map(|transfer| transfer.file.name.clone())
            .collect();
        self.deadlines.change(&session, None, session.due());
        self.sessions.insert(id.clone(), session);
        for name in running {
            let broken = UploadEvent::Close(Err(Broken::ConnectionLost));
            // Only a running one can break.
            let _ = self.session_event(&id, Event::Upload(name, broken));
        }
        self.break_fetches(&id);
        Ok(())
    }

    /// Holds an id and a serial against those that are there.
    fn admit(
        &self,
        place: &str,
        id: &str,
        serial: u64,
        serials: &mut Serials,
    ) -> Result<(), NotASnapshot> {
        let known = self.libraries.get(&LibraryId::new(id)).is_some()
            || self.items.get(&ItemId::new(id)).is_some()
            || self.sessions.get(&id.into()).is_some();
        if id.is_empty() || known {
            return Err(contradiction(format!("{place} has no id of its own")));
        }
        if serial > self.serial || !serials.insert((serial, SessionId::default())) {
            return Err(contradiction(format!(
                "{place} has no place of its own in the order of creation"
            )));
        }
        Ok(())
    }
}

fn admit_file(place: &str, name: &str) -> Result<(), NotASnapshot> {
    let refused = |error| contradiction(format!("{place}: file {name:?}: {error}"));
    checks::file_name(name).map_err(refused)
}

fn counted(place: &str, number: u64) -> Result<u64, NotASnapshot> {
    if number < HIGHEST {
        Ok(number)
    } else {
        Err(contradiction(format!("{place} counts to {number}, which nobody does")))
    }
}

fn contradiction(what: impl Into<String>) -> NotASnapshot {
    NotASnapshot::Contradiction(what.into())
}

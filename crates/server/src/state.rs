//! What is in a world, as JSON: on the admin path, and in the file that a world is kept in.
//!
//! It does not know what is in it, but only here is it known how core writes a simulator down.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use accession_core::simulator::{NotASnapshot, Simulator, Snapshot};

use crate::files;
use crate::simulation::Simulation;

/// Why a world cannot be kept in its file.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read.
    #[error("failed to read {}: {source}; --snapshot names a file that this user may read and write", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is in the file cannot be taken up.
    #[error(
        "cannot begin with what is in {}: {source}; name another file with --snapshot, or move this one away to begin anew",
        file.display()
    )]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: NotASnapshot,
    },
    /// The file cannot be written.
    #[error("failed to write {}: {source}; --snapshot names a file that this user may read and write", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes down what is in a world.
pub(crate) fn write(world: &Simulation) -> Vec<u8> {
    let snapshot = world.ask(|simulator, now| {
        // What is due has happened by then.
        simulator.advance(now);
        simulator.snapshot()
    });
    snapshot.to_json().into_bytes()
}

/// Takes up what was in a world. Nobody is logged in.
pub(crate) fn read(json: &[u8]) -> Result<Simulator, NotASnapshot> {
    Simulator::restore(Snapshot::from_json(json)?)
}

/// The file that a world is kept in between two starts.
#[derive(Debug)]
pub(crate) struct Kept {
    file: PathBuf,
    /// One at a time, so that the latest state is the last one written.
    writing: Mutex<()>,
}

impl Kept {
    /// Reads the file, if it is there. What would fail at the end fails now.
    pub(crate) fn open(file: PathBuf) -> Result<(Self, Option<Simulator>), SnapshotError> {
        let simulator = match std::fs::read(&file) {
            Ok(json) => match read(&json) {
                Ok(simulator) => Some(simulator),
                Err(source) => return Err(SnapshotError::Unusable { file, source }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(SnapshotError::Unreadable { file, source }),
        };
        if let Err(source) = files::try_write(&file) {
            return Err(SnapshotError::Unwritable { file, source });
        }
        Ok((Self { file, writing: Mutex::default() }, simulator))
    }

    /// Writes the file, and tells how many bytes it has.
    pub(crate) fn write(&self, world: &Simulation) -> Result<usize, SnapshotError> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let json = write(world);
        files::write(&self.file, &json)
            .map_err(|source| SnapshotError::Unwritable { file: self.file.clone(), source })?;
        Ok(json.len())
    }
}

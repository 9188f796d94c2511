//! A file's bytes on their way in: each piece is digested and looked into elsewhere while the next
//! one comes, so that neither waits for long and no more than two are ever in memory.
//!
//! It does not know where they come from, nor what is made of the result.

use accession_core::received::{Broken, Received};
use accession_core::simulator::Wants;
use accession_core::time::Timestamp;
use accession_package::Intake;
use hyper::body::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

/// How much is read while the piece before it is hashed. Small pieces are counted as well, since
/// each costs more memory than its bytes.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_PIECES: usize = 64;

/// What is hashed sooner than handed to another thread.
const SMALL_BYTES: usize = 16 << 10;

/// A file of which some bytes are here.
pub(crate) struct Arriving {
    hashing: Hashing,
    batch: Batch,
    size: u64,
}

impl Arriving {
    pub(crate) fn new(wants: &Wants, now: Timestamp) -> Self {
        let mut intake = Intake::new(wants.digests.iter().copied());
        if let Some(name) = &wants.look_into {
            intake = intake.looking_into(name, now);
        }
        Self { hashing: Hashing::Idle(intake), batch: Batch::default(), size: 0 }
    }

    /// How many bytes have arrived.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) async fn push(mut self, piece: Bytes) -> Result<Self, Broken> {
        self.size += piece.len() as u64;
        self.batch.push(piece);
        if self.batch.is_full() {
            self.hashing = self.hashing.next(std::mem::take(&mut self.batch)).await?;
        }
        Ok(self)
    }

    /// What they were.
    pub(crate) async fn finish(self) -> Result<Received, Broken> {
        let intake = match self.hashing {
            Hashing::Idle(intake) if self.batch.size <= SMALL_BYTES => {
                self.batch.written_to(intake)
            }
            hashing => hashing.next(self.batch).await?.intake().await?,
        };
        Ok(intake.finish())
    }
}

/// Pieces that are hashed in one go.
#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    size: usize,
}

impl Batch {
    fn push(&mut self, piece: Bytes) {
        self.size += piece.len();
        self.pieces.push(piece);
    }

    fn is_full(&self) -> bool {
        self.size >= BATCH_BYTES || self.pieces.len() >= BATCH_PIECES
    }

    fn written_to(&self, mut intake: Intake) -> Intake {
        self.pieces.iter().for_each(|piece| intake.write(piece));
        intake
    }
}

/// Digests being computed on a thread that may block, or waiting for more bytes.
enum Hashing {
    Idle(Intake),
    Busy(JoinHandle<Intake>),
}

impl Hashing {
    async fn next(self, batch: Batch) -> Result<Self, Broken> {
        let intake = self.intake().await?;
        Ok(Self::Busy(spawn_blocking(move || batch.written_to(intake))))
    }

    async fn intake(self) -> Result<Intake, Broken> {
        match self {
            Self::Idle(intake) => Ok(intake),
            // It ends early only when the whole program does.
            Self::Busy(hashing) => hashing.await.or(Err(Broken::ConnectionLost)),
        }
    }
}

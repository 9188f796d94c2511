//! One file on its way into a session: counts its bytes, computes the digests that were asked for and
//! no others, and looks into it if an item's type would.

use std::fmt;

use accession_core::keyed;
use accession_core::received::{Algorithm, Received};
use accession_core::time::Timestamp;

use crate::certificate::Roots;
use crate::digest::{Accelerator, Hasher};
use crate::inspection::{self, Circumstances, Inspection};

/// One file on its way in. Memory use does not grow with the file.
pub struct Intake {
    size: u64,
    hashers: Vec<Hasher>,
    accelerator: Option<Accelerator>,
    inspection: Option<Box<Inspection>>,
}

impl Intake {
    /// Begins a file of which these digests are wanted.
    pub fn new(wants: impl IntoIterator<Item = Algorithm>) -> Self {
        let wants = keyed::set(wants);
        let hashers = wants.into_iter().map(Hasher::new).collect();
        Self { size: 0, hashers, accelerator: None, inspection: None }
    }

    /// The same, and looks into the file if its name is one of a package's. `now` is the time at
    /// which certificates have to be valid.
    #[must_use]
    pub fn looking_into(mut self, name: &str, now: Timestamp) -> Self {
        if inspection::is_of_a_package(name) {
            let circumstances = Circumstances { now, roots: Roots::default() };
            let mut inspection = Inspection::new(circumstances);
            if let Some(accelerator) = self.accelerator {
                inspection.accelerate(accelerator);
            }
            inspection.begin(name, None);
            self.inspection = Some(Box::new(inspection));
        }
        self
    }

    /// Has a host's faster code compute the digests that it can.
    pub fn accelerate(&mut self, accelerator: Accelerator) {
        self.accelerator = Some(accelerator);
        if let Some(inspection) = &mut self.inspection {
            inspection.accelerate(accelerator);
        }
    }

    /// Takes the next bytes. How a file is cut into them makes no difference.
    pub fn write(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        for hasher in &mut self.hashers {
            hasher.update(bytes, self.accelerator);
        }
        if let Some(inspection) = &mut self.inspection {
            inspection.write(bytes);
        }
    }

    /// How many bytes have been written.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Tells what the file was.
    pub fn finish(self) -> Received {
        let digests = self.hashers.into_iter().map(Hasher::finish).collect();
        let contents = self.inspection.and_then(|inspection| inspection.finish().contents());
        Received { size: self.size, digests, contents: contents.map(Box::new) }
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use accession_core::keyed::Few;

    fn digest(algorithm: Algorithm, chunks: &[&[u8]]) -> String {
        let mut intake = Intake::new([algorithm]);
        chunks.iter().for_each(|chunk| intake.write(chunk));
        let received = intake.finish();
        assert_eq!(received.digests.len(), 1);
        received.digests[&algorithm].clone()
    }

    #[test]
    fn known_digests() {
        // Of "abc": RFC 1321, FIPS 180-4.
        let expected = [
            (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Algorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (algorithm, hex) in expected {
            assert_eq!(digest(algorithm, &[b"abc"]), hex);
            assert_eq!(hex.len(), algorithm.hex_digits());
        }
    }

    #[test]
    fn only_what_was_asked_for() {
        let mut intake = Intake::new([]);
        intake.write(b"abc");
        assert_eq!(intake.finish(), Received { size: 3, digests: Few::new(), contents: None });
        let twice = Intake::new([Algorithm::Sha1, Algorithm::Sha1]).finish();
        assert_eq!(twice.digests.len(), 1);
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            cuts in prop::collection::vec(1_usize..200, 1..20),
        ) {
            let mut whole = Intake::new(Algorithm::ALL);
            whole.write(&bytes);
            let mut pieces = Intake::new(Algorithm::ALL);
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                let (piece, tail) = rest.split_at((*cut).min(rest.len()));
                pieces.write(piece);
                rest = tail;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(whole.finish(), pieces.finish());
        }
    }
}

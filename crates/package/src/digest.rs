//! Digests, computed as the bytes go by, by this crate or by faster code that its host has.
//!
//! It does not know which digests are wanted, nor what that code is.

use accession_core::received::Algorithm;
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::digest::common::hazmat::SerializableState;
use sha2::{Sha256, Sha512};

/// A host's faster code: takes the next bytes into a digest's state, which is as sha2 serialises it. It answers false
/// and changes nothing if it has no code for this algorithm; then this crate does it.
pub type Accelerator = fn(Algorithm, state: &mut [u8], bytes: &[u8]) -> bool;

/// The state is copied to the host and back, which is not worth it for fewer bytes.
const WORTH_HANDING_OVER: usize = 4096;

/// A digest under way.
#[derive(Clone)]
pub(crate) enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8], accelerator: Option<Accelerator>) {
        let accelerator = accelerator.filter(|_| bytes.len() >= WORTH_HANDING_OVER);
        match self {
            // Nobody has faster code for these two: each step waits for the one before.
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => update(hasher, Algorithm::Sha256, bytes, accelerator),
            Self::Sha512(hasher) => update(hasher, Algorithm::Sha512, bytes, accelerator),
        }
    }

    pub(crate) fn finish(self) -> (Algorithm, String) {
        match self {
            Self::Md5(hasher) => (Algorithm::Md5, hex(&hasher.finalize())),
            Self::Sha1(hasher) => (Algorithm::Sha1, hex(&hasher.finalize())),
            Self::Sha256(hasher) => (Algorithm::Sha256, hex(&hasher.finalize())),
            Self::Sha512(hasher) => (Algorithm::Sha512, hex(&hasher.finalize())),
        }
    }
}

fn update<D: Digest + SerializableState>(
    hasher: &mut D,
    algorithm: Algorithm,
    bytes: &[u8],
    accelerator: Option<Accelerator>,
) {
    if let Some(accelerate) = accelerator {
        let mut state = hasher.serialize();
        if accelerate(algorithm, &mut state, bytes)
            && let Ok(updated) = D::deserialize(&state)
        {
            *hasher = updated;
            return;
        }
    }
    hasher.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use sha2::digest::common::hazmat::SerializedState;

    use super::*;

    /// What a host does, told by the digest of something else: it takes one byte more than it was given.
    fn odd(algorithm: Algorithm, state: &mut [u8], bytes: &[u8]) -> bool {
        fn update<D: Digest + SerializableState>(state: &mut [u8], bytes: &[u8]) {
            let read = <&SerializedState<D>>::try_from(&*state).expect("it has the size");
            let mut digest = D::deserialize(read).expect("it is a state");
            digest.update(bytes);
            digest.update(b"!");
            state.copy_from_slice(&digest.serialize());
        }
        match algorithm {
            Algorithm::Sha256 => update::<Sha256>(state, bytes),
            Algorithm::Sha512 => update::<Sha512>(state, bytes),
            Algorithm::Md5 | Algorithm::Sha1 => return false,
        }
        true
    }

    fn unable(_: Algorithm, _: &mut [u8], _: &[u8]) -> bool {
        false
    }

    fn broken(_: Algorithm, state: &mut [u8], _: &[u8]) -> bool {
        state.fill(0xff);
        true
    }

    fn digest(algorithm: Algorithm, pieces: &[&[u8]], accelerator: Option<Accelerator>) -> String {
        let mut hasher = Hasher::new(algorithm);
        pieces.iter().for_each(|piece| hasher.update(piece, accelerator));
        hasher.finish().1
    }

    #[test]
    fn a_host_digests_what_is_long_enough() {
        let long = [7; WORTH_HANDING_OVER];
        let pieces: [&[u8]; 3] = [b"short", &long, b"short"];
        let mut marked = pieces.concat();
        marked.insert(b"short".len() + long.len(), b'!');
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(digest(algorithm, &pieces, Some(odd)), digest(algorithm, &[&marked], None));
        }
        for algorithm in [Algorithm::Md5, Algorithm::Sha1] {
            assert_eq!(digest(algorithm, &pieces, Some(odd)), digest(algorithm, &pieces, None));
        }
    }

    #[test]
    fn what_a_host_cannot_do_is_done_here() {
        let long = [7; WORTH_HANDING_OVER];
        for algorithm in Algorithm::ALL {
            let expected = digest(algorithm, &[&long], None);
            for accelerator in [unable as Accelerator, broken] {
                assert_eq!(digest(algorithm, &[&long], Some(accelerator)), expected);
            }
        }
    }
}

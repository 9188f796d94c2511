//! The one source of chance in core: a seeded generator, from which identifiers and tokens come.
//!
//! It is ChaCha20 (RFC 8439) in counter mode, so that whoever sees some of its output (an upload
//! link, say) cannot compute the rest without the seed. It does not know where a seed comes from.

use std::fmt;

use crate::structure;

const ROUNDS: usize = 10;

structure! {
    /// How far a stream of random numbers is.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct Progress {
        /// Whose stream it is; a text, since not every reader of JSON has numbers of 64 bits.
        seed: String,
        block: u64,
        used: u64,
    }
}

/// A stream of random numbers that is the same for the same seed, on every platform.
#[derive(Clone, PartialEq, Eq)]
pub struct Random {
    key: [u32; 8],
    block: u64,
    buffer: [u32; 16],
    used: usize,
}

impl Random {
    /// Starts the stream that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        let [low, high] = [seed as u32, (seed >> 32) as u32];
        let key = [low, high, 0, 0, 0, 0, 0, 0];
        Self { key, block: 0, buffer: [0; 16], used: 16 }
    }

    /// Whose stream it is.
    pub fn seed(&self) -> u64 {
        u64::from(self.key[0]) | u64::from(self.key[1]) << 32
    }

    /// How far the stream is.
    pub fn progress(&self) -> Progress {
        Progress { seed: self.seed().to_string(), block: self.block, used: self.used as u64 }
    }

    /// Goes on where a stream was; `None` if none was there.
    pub fn resume(progress: &Progress) -> Option<Self> {
        let mut random = Self::new(progress.seed.parse().ok()?);
        random.used = usize::try_from(progress.used).ok().filter(|used| *used <= 16)?;
        random.block = progress.block;
        match random.block.checked_sub(1) {
            Some(block) => random.buffer = chacha20_block(&random.key, block, [0, 0]),
            None if random.used < 16 => return None,
            None => {}
        }
        Some(random)
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == self.buffer.len() {
            self.buffer = chacha20_block(&self.key, self.block, [0, 0]);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.buffer[self.used - 1]
    }

    /// The next 128 bits as a version 4 UUID in its usual text form.
    pub fn uuid(&mut self) -> String {
        let mut bits = self.next_u128();
        bits &= !(0xf000 << 64) & !(0xc000 << 48);
        bits |= (0x4000 << 64) | (0x8000 << 48);
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// The next 128 bits as 32 hex digits, the form of an API login token.
    pub fn token(&mut self) -> String {
        format!("{:032x}", self.next_u128())
    }

    fn next_u128(&mut self) -> u128 {
        (0..4).fold(0, |bits, _| (bits << 32) | u128::from(self.next_u32()))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key tells every token to come.
        f.debug_struct("Random").field("block", &self.block).finish_non_exhaustive()
    }
}

fn chacha20_block(key: &[u32; 8], counter: u64, nonce: [u32; 2]) -> [u32; 16] {
    let mut start = [0_u32; 16];
    start[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
    start[4..12].copy_from_slice(key);
    start[12..].copy_from_slice(&[counter as u32, (counter >> 32) as u32, nonce[0], nonce[1]]);
    let mut state = start;
    for _ in 0..ROUNDS {
        quarter_round(&mut state, 0, 4, 8, 12);
        quarter_round(&mut state, 1, 5, 9, 13);
        quarter_round(&mut state, 2, 6, 10, 14);
        quarter_round(&mut state, 3, 7, 11, 15);
        quarter_round(&mut state, 0, 5, 10, 15);
        quarter_round(&mut state, 1, 6, 11, 12);
        quarter_round(&mut state, 2, 7, 8, 13);
        quarter_round(&mut state, 3, 4, 9, 14);
    }
    for (word, initial) in state.iter_mut().zip(start) {
        *word = word.wrapping_add(initial);
    }
    state
}

fn quarter_round(state: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    for (x, y, z, bits) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        state[x] = state[x].wrapping_add(state[y]);
        state[z] = (state[z] ^ state[x]).rotate_left(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_chacha20() {
        // RFC 8439, appendix A.1, test vector 1 (zero key, zero nonce, block 0) and 2 (block 1).
        let block = chacha20_block(&[0; 8], 0, [0, 0]);
        assert_eq!(block[..4], [0xade0_b876, 0x903d_f1a0, 0xe56a_5d40, 0x28bd_8653]);
        let block = chacha20_block(&[0; 8], 1, [0, 0]);
        assert_eq!(block[..4], [0xbee7_079f, 0x7a38_5155, 0x7c97_ba98, 0x0d08_2d73]);
    }

    #[test]
    fn uuids_are_version_4_and_differ() {
        let mut random = Random::new(7);
        let (first, second) = (random.uuid(), random.uuid());
        assert_ne!(first, second);
        for id in [first, second] {
            assert_eq!(id.len(), 36);
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }

    #[test]
    fn a_stream_goes_on_where_it_was() {
        let mut random = Random::new(u64::MAX - 7);
        for _ in 0..40 {
            let mut resumed = Random::resume(&random.progress()).expect("it was there");
            assert_eq!(resumed, random);
            assert_eq!(resumed.next_u32(), random.next_u32());
        }
        for (block, used) in [(0, 3), (1, 17)] {
            let progress = Progress { seed: "7".to_owned(), block, used };
            assert_eq!(Random::resume(&progress), None);
        }
    }

    #[test]
    fn the_seed_decides() {
        let stream = |seed| Random::new(seed).token();
        assert_eq!(stream(1), stream(1));
        assert_ne!(stream(1), stream(2));
        assert_ne!(stream(1), stream(1 << 32));
        assert_eq!(stream(1).len(), 32);
    }
}

//! The package readers, seen from outside.
#![expect(clippy::unwrap_used, reason = "what these tests expect, they unwrap")]

mod archive;
mod certificate;
mod disk;
mod image;
mod iso;
mod ovf;
mod packages;
mod sign;
mod tar;
mod vmdk;

/// Runs a test with seeded random numbers `random(below)` this often, or `ACCESSION_SOAK` times as
/// often.
fn soak(cases: u64, mut case: impl FnMut(&mut dyn FnMut(u64) -> u64)) {
    let factor =
        std::env::var("ACCESSION_SOAK").map_or(1, |factor| factor.parse().expect("a number"));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % below.max(1)
    };
    for _ in 0..cases * factor {
        case(&mut random);
    }
}

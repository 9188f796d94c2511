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

/// How many times as often as in the gate: 1 there, else `ACCESSION_SOAK` if it is a number above 1,
/// else 20.
fn soak_factor() -> u64 {
    let Ok(soak) = std::env::var("ACCESSION_SOAK") else { return 1 };
    soak.parse().ok().filter(|factor| *factor > 1).unwrap_or(20)
}

/// Runs a test with seeded random numbers `random(below)` this often, and more often in a soak.
fn soak(cases: u64, mut case: impl FnMut(&mut dyn FnMut(u64) -> u64)) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % below.max(1)
    };
    for _ in 0..cases * soak_factor() {
        case(&mut random);
    }
}

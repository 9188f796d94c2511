//! Bytes in, what they are out: what a file or a package was, learnt while its bytes go by, and
//! whether a content library will accept it. It keeps none of the bytes, and does not know where
//! they come from or go to.
#![warn(missing_docs)]

pub mod archive;
pub mod certificate;
mod contents;
pub mod descriptor;
mod digest;
pub mod disk;
pub mod findings;
pub mod image;
pub mod inspection;
mod intake;
pub mod judge;
mod magic;
pub mod manifest;
pub mod outline;
pub mod report;
mod text;

pub use digest::Accelerator;
pub use intake::Intake;

use findings::Check;

/// Everything that is looked for.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    let lists = [
        inspection::CHECKS,
        judge::CHECKS,
        archive::CHECKS,
        descriptor::CHECKS,
        manifest::CHECKS,
        certificate::CHECKS,
        disk::CHECKS,
        image::CHECKS,
    ];
    lists.into_iter().flatten().copied()
}

/// How many times as often as in the gate: 1 there, else `ACCESSION_SOAK` if it is a number above 1,
/// else 20.
#[cfg(test)]
fn soak_factor() -> u64 {
    let Ok(soak) = std::env::var("ACCESSION_SOAK") else { return 1 };
    soak.parse().ok().filter(|factor| *factor > 1).unwrap_or(20)
}

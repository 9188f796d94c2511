//! Bytes in, what they are out: what a file or a package was, learnt while its bytes go by, and
//! whether a content library will accept it. It keeps none of the bytes, and does not know where
//! they come from or go to.
#![warn(missing_docs)]

pub mod archive;
pub mod certificate;
mod contents;
pub mod descriptor;
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

pub use intake::Intake;

//! Bytes in, `Received` out: what a file was, learnt while its bytes go by. It keeps none of them,
//! and does not know where they come from or go to.
#![warn(missing_docs)]

mod intake;

pub use intake::Intake;

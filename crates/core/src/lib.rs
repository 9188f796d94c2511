//! The content library's update session API and a simulator of it: pure, deterministic, without
//! input or output. It never sees a file's bytes, a clock, a socket or a source of chance.
#![warn(missing_docs)]

mod adapter;
pub mod behaviour;
pub mod dialect;
pub mod error;
pub mod file;
pub mod jsonrpc;
pub mod keyed;
pub mod messages;
pub mod model;
pub mod operations;
pub mod privileges;
pub mod random;
pub mod reading;
pub mod received;
pub mod release;
pub mod rules;
pub mod run;
pub mod session;
pub mod shape;
pub mod simulator;
pub mod store;
pub mod structure;
pub mod text;
pub mod time;
pub mod wire;

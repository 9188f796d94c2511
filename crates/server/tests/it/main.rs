//! The server over real sockets: what it answers, what it withstands, and what it tells nobody.
#![expect(clippy::unwrap_used, reason = "what these tests expect, they unwrap")]

mod admin;
mod check;
mod cors;
mod faults;
mod gateway;
mod limits;
mod packages;
mod page;
mod program;
mod pull;
mod sessions;
mod state;
mod support;
mod tls;
mod worlds;

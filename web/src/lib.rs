//! The lab: a page in which update sessions are made, watched and explained.
//!
//! It holds no rule of the API; what is allowed, and how a call is spelled, it asks `accession-core`.

pub mod app;
mod components;
pub mod format;
pub mod host;
pub mod lab;
pub mod words;

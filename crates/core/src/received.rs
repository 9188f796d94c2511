//! What core is told of a file that arrived: how long it was, and its digests.
//!
//! Core never sees a byte of it; `accession-package` reads the bytes and makes this.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A digest algorithm that this program computes, in the order of its strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// 128 bits.
    Md5,
    /// 160 bits; the API's default.
    Sha1,
    /// 256 bits.
    Sha256,
    /// 512 bits.
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// Its name, as the API and OVF manifests write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// How many hex digits a digest has.
    pub const fn hex_digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// What arrived of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// Its length in bytes.
    pub size: u64,
    /// Its digests in lower-case hex; at least those that were asked for.
    pub digests: BTreeMap<Algorithm, String>,
}

/// Why an upload ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The connection went away.
    #[error("the connection ended before the last byte")]
    ConnectionLost,
    /// No byte came for too long.
    #[error("no byte arrived for too long")]
    TimedOut,
}

//! What core is told of a file that arrived: how long it was, its digests, and what is in it.
//!
//! Core never sees a byte of it; `accession-package` reads the bytes and makes this.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::model::{CertificateInfo, LocalizableMessage, WarningType};
use crate::reading::{Fit, Reader};
use crate::structure;
use crate::structure::{Form, Key, Wire};

/// A digest algorithm that this program computes, in the order of its strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl Key for Algorithm {
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    fn name(&self) -> &str {
        (*self).name()
    }
}

impl Wire for Algorithm {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let expected = "one of MD5, SHA1, SHA256, SHA512";
        *self = Self::from_name(reader.text()?).ok_or_else(|| reader.mismatch(expected))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from((*self).name())
    }

    fn blank() -> Self {
        Self::Md5
    }
}

// Serde gets it as the text that it is: the reader of packages has no other use for JSON values.
impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str((*self).name())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| D::Error::custom(format_args!("there is no algorithm {name:?}")))
    }
}

structure! {
    /// What arrived of a file.
    #[derive(Debug, Clone, PartialEq, Default)]
    strict pub struct Received {
        /// Its length in bytes.
        pub size: u64,
        /// Its digests in lower-case hex; at least those that were asked for.
        pub digests: BTreeMap<Algorithm, String> = default,
        /// What is in it, if somebody looked. The type adapter has no opinion of other files.
        pub contents: Option<Box<Contents>>,
    }
}

structure! {
    /// What was found in a file, as far as the type of an item cares.
    #[derive(Debug, Clone, PartialEq, Default)]
    lenient pub struct Contents {
        /// The files that it asks for beside it: those that an OVF descriptor names.
        pub needs: Vec<Needed>,
        /// The files that it asks for and cannot get: those that an archive should have in it.
        pub missing: Vec<String>,
        /// What makes it unusable.
        pub invalid: Vec<LocalizableMessage>,
        /// The file whose bytes cannot all be written to the storage, although all of them arrived.
        pub unwritable: Option<String>,
        /// The files in it, which an item keeps in its place.
        pub members: Option<Vec<Member>>,
        /// What a manifest says of other files.
        pub listed: Vec<ListedDigest>,
        /// Whose signature it has.
        pub signature: Option<Signature>,
    }
}

structure! {
    /// A file that another one asks for.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct Needed {
        /// Its name.
        pub name: String,
        /// How long it has to be, if that is said.
        pub size: Option<u64>,
    }
}

structure! {
    /// A file in an archive.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct Member {
        /// Its name.
        pub name: String,
        /// Its length in bytes.
        pub size: u64,
        /// Its digests in lower-case hex, where some were computed.
        pub digests: BTreeMap<Algorithm, String> = default,
    }
}

structure! {
    /// The digest that a manifest has of a file.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct ListedDigest {
        /// The file's name.
        pub name: String,
        /// Which digest.
        pub algorithm: Algorithm,
        /// In lower-case hex.
        pub digest: String,
    }
}

structure! {
    /// Who signed a package.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub struct Signature {
        /// The signer's certificate.
        pub certificate: CertificateInfo,
        /// It and those above it, in base64.
        pub chain: Vec<String> = default,
        /// What there is to warn of.
        pub warnings: Vec<WarningType> = default,
    }
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

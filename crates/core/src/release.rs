//! Releases of the API, and what came with which. It does not know what any of it is for.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire};

/// A release of the API that a simulator can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Release {
    /// vSphere 8.0.
    V8_0,
    /// vSphere 9.1.
    #[default]
    V9_1,
}

/// Fields that came later than the others of their structures. Their names tell them apart: no other
/// structure has a field of such a name.
const LATER_FIELDS: &[(&str, Release)] = &[
    ("state_info", Release::V9_1),
    ("configuration_info", Release::V9_1),
    ("storage_backing", Release::V9_1),
    ("ssl_certificate", Release::V9_1),
    ("file_download_endpoint", Release::V9_1),
];

impl Release {
    /// All of them, the latest first.
    pub const ALL: [Self; 2] = [Self::V9_1, Self::V8_0];

    /// Its number.
    pub const fn number(self) -> &'static str {
        match self {
            Self::V8_0 => "8.0",
            Self::V9_1 => "9.1",
        }
    }

    /// A field in a value that this release does not have yet, if there is one.
    pub(crate) fn later_field(self, value: &Value) -> Option<&str> {
        match value {
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                if self.lacks(name) { Some(name.as_str()) } else { self.later_field(value) }
            }),
            Value::Array(values) => values.iter().find_map(|value| self.later_field(value)),
            _ => None,
        }
    }

    /// Takes out of a result what this release does not have yet.
    pub(crate) fn leave_out_later(self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !self.lacks(name));
                fields.values_mut().for_each(|value| self.leave_out_later(value));
            }
            Value::Array(values) => {
                values.iter_mut().for_each(|value| self.leave_out_later(value));
            }
            _ => {}
        }
    }

    fn lacks(self, field: &str) -> bool {
        LATER_FIELDS.iter().any(|(name, since)| *name == field && *since > self)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// A release that there is no simulator of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither 9.1 nor 8.0")]
pub struct UnknownRelease(pub String);

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let known = Self::ALL.into_iter().find(|release| release.number() == text);
        known.ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}

impl Wire for Release {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        let expected = "\"9.1\" or \"8.0\"";
        *self = reader.text()?.parse().map_err(|_| reader.mismatch(expected))?;
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.number())
    }

    fn blank() -> Self {
        Self::default()
    }
}

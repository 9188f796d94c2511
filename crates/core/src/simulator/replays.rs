//! What creates with a client token made, so that a repeat answers with the same.
//!
//! A token counts for one user and one operation, for as long as what it made is there: nobody has
//! documented more. It does not know what is made.

use std::collections::BTreeMap;

use crate::keyed;
use crate::model::ClientToken;
use crate::operations::Row;

/// What each create with a token made.
#[derive(Debug, Clone, Default)]
pub(super) struct Replays {
    /// By operation, token and user.
    made: BTreeMap<String, String>,
    /// The other way round.
    keys: BTreeMap<String, String>,
}

impl Replays {
    pub(super) fn find(&self, user: &str, row: &Row, token: &ClientToken) -> Option<&str> {
        self.made.get(&key(user, row, token)).map(String::as_str)
    }

    pub(super) fn remember(&mut self, user: &str, row: &Row, token: &ClientToken, id: &str) {
        let key = key(user, row, token);
        self.keys.insert(id.to_owned(), key.clone());
        self.made.insert(key, id.to_owned());
    }

    /// What was made, by who made it and how.
    pub(super) fn made(&self) -> &BTreeMap<String, String> {
        &self.made
    }

    pub(super) fn from_made(made: BTreeMap<String, String>) -> Self {
        let keys = keyed::map(made.iter().map(|(key, id)| (id.clone(), key.clone())));
        Self { made, keys }
    }

    /// What was made is gone.
    pub(super) fn forget(&mut self, id: &str) {
        if let Some(key) = self.keys.remove(id) {
            self.made.remove(&key);
        }
    }
}

/// The case of a UUID does not matter. Neither an operation nor a UUID has a blank in it.
fn key(user: &str, row: &Row, token: &ClientToken) -> String {
    format!("{} {} {user}", row.full_name(), token.as_str().to_ascii_lowercase())
}

//! What creates with a client token made, so that a repeat answers with the same.
//!
//! A token counts for one user and one operation, for as long as what it made is there: nobody has
//! documented more. It does not know what is made.

use super::store::Store;
use crate::model::ClientToken;
use crate::operations::Row;
use crate::text::Text;

/// What each create with a token made.
#[derive(Debug, Clone, Default)]
pub(super) struct Replays {
    /// By operation, token and user.
    made: Store<Text, Text>,
    /// The other way round.
    keys: Store<Text, Text>,
}

impl Replays {
    pub(super) fn find(&self, user: &str, row: &Row, token: &ClientToken) -> Option<&Text> {
        self.made.get(&key(user, row, token))
    }

    pub(super) fn remember(&mut self, user: &str, row: &Row, token: &ClientToken, id: &str) {
        self.pair(key(user, row, token), id.into());
    }

    fn pair(&mut self, key: Text, id: Text) {
        self.keys.insert(id.clone(), key.clone());
        self.made.insert(key, id);
    }

    /// What was made, by who made it and how.
    pub(super) fn made(&self) -> &Store<Text, Text> {
        &self.made
    }

    pub(super) fn from_made(made: Store<Text, Text>) -> Self {
        let keys = made.iter().map(|(key, id)| (id.clone(), key.clone())).collect();
        Self { made, keys }
    }

    /// What was made is gone.
    pub(super) fn forget(&mut self, id: &Text) {
        if let Some(key) = self.keys.remove(id) {
            self.made.remove(&key);
        }
    }
}

/// The case of a UUID does not matter. Neither an operation nor a UUID has a blank in it.
fn key(user: &str, row: &Row, token: &ClientToken) -> Text {
    format!("{} {} {user}", row.full_name(), token.as_str().to_ascii_lowercase()).into()
}

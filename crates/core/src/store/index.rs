//! Which texts there are, in order, and where what they name has its place.
//!
//! Every type of key and every type of value would bring the code of a balanced tree of its own into the
//! wasm. So this is the only one that core has. It does not know what the texts name.

use std::collections::BTreeMap;
use std::fmt;

use crate::text::Text;

/// Texts in order. Each has a place: a number that no other has.
#[derive(Clone, Default)]
pub(super) struct Index {
    places: BTreeMap<Text, usize>,
    /// Below the highest place, those that nothing has.
    free: Vec<usize>,
}

/// The tokens of logins are in one, so its texts are not told.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    #[inline]
    pub(super) fn place(&self, text: &Text) -> Option<usize> {
        self.places.get(text).copied()
    }

    /// Adds a text, unless it is there, and tells its place.
    pub(super) fn insert(&mut self, text: Text) -> usize {
        let len = self.len();
        let next = self.free.last().copied().unwrap_or(len);
        let place = *self.places.entry(text).or_insert(next);
        if self.len() > len {
            self.free.pop();
        }
        place
    }

    /// Takes a text away, and tells the place that it had.
    pub(super) fn remove(&mut self, text: &Text) -> Option<usize> {
        let place = self.places.remove(text)?;
        self.free.push(place);
        Some(place)
    }

    pub(super) fn first(&self) -> Option<&Text> {
        self.places.first_key_value().map(|(text, _)| text)
    }

    /// All from this one on.
    pub(super) fn starting_at(&self, text: &Text) -> impl Iterator<Item = (&Text, usize)> {
        self.places.range(text..).map(|(text, place)| (text, *place))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Text, usize)> {
        self.places.iter().map(|(text, place)| (text, *place))
    }
}

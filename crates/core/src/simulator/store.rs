//! Things by their ids.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Map, Value};

use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire, write_entry};
use crate::text::Text;

/// A map from ids to things. Each thing has a box of its own: then one map's code does for all types of
/// things, where each would bring its own into the wasm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Store<Id, T>(BTreeMap<Id, Box<T>>);

impl<Id: Ord, T> Store<Id, T> {
    pub(super) fn get(&self, id: &Id) -> Option<&T> {
        self.0.get(id).map(|thing| &**thing)
    }

    pub(super) fn get_mut(&mut self, id: &Id) -> Option<&mut T> {
        self.0.get_mut(id).map(|thing| &mut **thing)
    }

    pub(super) fn insert(&mut self, id: Id, thing: T) {
        self.put(id, Box::new(thing));
    }

    /// Apart from the box's making, which differs from type to type.
    #[inline(never)]
    fn put(&mut self, id: Id, thing: Box<T>) -> Option<Box<T>> {
        self.0.insert(id, thing)
    }

    pub(super) fn remove(&mut self, id: &Id) -> Option<T> {
        self.take(id).map(|thing| *thing)
    }

    #[inline(never)]
    fn take(&mut self, id: &Id) -> Option<Box<T>> {
        self.0.remove(id)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.0.retain(|_, thing| keep(thing));
    }

    pub(super) fn for_each_mut(&mut self, change: impl FnMut(&mut T)) {
        self.0.values_mut().map(|thing| &mut **thing).for_each(change);
    }

    /// Those whose ids are not before this one, in order.
    pub(super) fn from(&self, id: &Id) -> impl Iterator<Item = &T> {
        self.0.range((Bound::Included(id), Bound::Unbounded)).map(|(_, thing)| &**thing)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Id, &T)> {
        self.0.iter().map(|(id, thing)| (id, &**thing))
    }
}

impl<Id: Ord, T> FromIterator<(Id, T)> for Store<Id, T> {
    fn from_iter<I: IntoIterator<Item = (Id, T)>>(things: I) -> Self {
        let mut store = Self::default();
        things.into_iter().for_each(|(id, thing)| store.insert(id, thing));
        store
    }
}

/// A map, in a snapshot.
impl<T: Wire> Wire for Store<Text, T> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        reader.entries(&mut |key, value| {
            self.insert(key.into(), T::read(value)?);
            Ok(())
        })
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut entries = Map::new();
        self.iter().for_each(|(key, value)| write_entry(&mut entries, form, key.as_str(), value));
        form.map(entries)
    }

    fn blank() -> Self {
        Self::default()
    }
}

impl<Id, T> Default for Store<Id, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

//! Small maps, and maps and sets out of their entries, one by one.
//!
//! A balanced tree brings code of its own into the wasm for each type of key and of value. Where there
//! are but a handful of entries, as many as there are algorithms, a list does as well. And what `collect`
//! does for trees sorts their entries first, with a sort of its own for each type: 2 to 3 KB of wasm every
//! time, for the few entries that there are here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::reading::{Fit, Reader};
use crate::structure::{Form, Key, Wire, write_entry};

/// A map of a handful of entries, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Few<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Few<K, V> {
    /// Nothing.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        let after = self.0.iter().position(|(other, _)| other >= key).unwrap_or(self.0.len());
        match self.0.get(after) {
            Some((other, _)) if other == key => Ok(after),
            _ => Err(after),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// Gives a key a value, in place of another that it had.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// Takes a key and its value away.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Index<&K> for Few<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("the key is there")
    }
}

/// Of entries with the same key the last one counts.
impl<K: Ord, V> FromIterator<(K, V)> for Few<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut few = Self::new();
        entries.into_iter().for_each(|(key, value)| few.insert(key, value));
        few
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Few<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Key, V: Wire> Wire for Few<K, V> {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        reader.entries(&mut |key, value| {
            let key = K::from_name(key).ok_or_else(|| reader.mismatch("a map with known keys"))?;
            self.insert(key, V::read(value)?);
            Ok(())
        })
    }

    fn write(&self, form: &dyn Form) -> Value {
        let mut entries = Map::new();
        self.iter().for_each(|(key, value)| write_entry(&mut entries, form, key.name(), value));
        form.map(entries)
    }

    fn blank() -> Self {
        Self::new()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Few<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A map; of entries with the same key the last one counts.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// A set.
pub fn set<T: Ord>(entries: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(entries);
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_in_order_and_the_last_one_counts() {
        let mut few = Few::from([(3, "c"), (1, "a"), (3, "d")]);
        assert_eq!(few, [(1, "a"), (3, "d")].into());
        few.insert(2, "b");
        assert!(few.keys().eq(&[1, 2, 3]));
        assert_eq!((few.get(&2), few.get(&4), few[&3]), (Some(&"b"), None, "d"));
        assert_eq!((few.remove(&1), few.remove(&1), few.len()), (Some("a"), None, 2));
        few.clear();
        assert!(few.is_empty());
    }
}

//! Maps and sets out of their entries, one by one.
//!
//! What `collect` does for these sorts its entries first, with a sort of its own for each type: 2 to 3 KB
//! of wasm every time, for the few entries that there are here.

use std::collections::{BTreeMap, BTreeSet};

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

//! Things by their ids.

mod index;
mod ranks;

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;

use serde_json::{Map, Value};

use self::index::Index;
pub(crate) use self::ranks::Ranks;
use crate::reading::{Fit, Reader};
use crate::shape::Shape;
use crate::structure::{Form, Wire, write_entry};
use crate::text::Text;

/// A map from ids to things. The ids are in an index that all types of things share, so that none brings
/// the code of a map of its own into the wasm.
#[derive(Clone)]
pub struct Store<Id, T> {
    index: Index,
    /// Each at the place of its id. The place of one that is gone is for the next one that comes.
    things: Vec<Option<T>>,
    ids: PhantomData<Id>,
}

impl<Id: Borrow<Text>, T> Store<Id, T> {
    /// The thing of an id.
    pub fn get(&self, id: &Id) -> Option<&T> {
        self.things[self.place(id)?].as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: &Id) -> Option<&mut T> {
        let place = self.place(id)?;
        self.things[place].as_mut()
    }

    /// Adds a thing, in place of another that the id had.
    pub fn insert(&mut self, id: Id, thing: T) {
        let place = self.index.insert(id.borrow().clone());
        if place == self.things.len() {
            self.things.push(None);
        }
        self.things[place] = Some(thing);
    }

    pub(crate) fn remove(&mut self, id: &Id) -> Option<T> {
        let place = self.index.remove(id.borrow())?;
        self.things[place].take()
    }

    fn place(&self, id: &Id) -> Option<usize> {
        self.index.place(id.borrow())
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let gone: Vec<_> =
            self.iter().filter(|(_, thing)| !keep(thing)).map(|(id, _)| id.clone()).collect();
        for id in gone {
            self.index.remove(&id).and_then(|place| self.things[place].take());
        }
    }

    /// In no order.
    pub(crate) fn for_each_mut(&mut self, change: impl FnMut(&mut T)) {
        self.things.iter_mut().flatten().for_each(change);
    }

    /// Those whose ids are not before this one, in order.
    pub(crate) fn starting_at(&self, id: &Id) -> impl Iterator<Item = &T> {
        self.index.starting_at(id.borrow()).filter_map(|(_, place)| self.things[place].as_ref())
    }

    /// All of them with the texts of their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &T)> {
        self.index.iter().filter_map(|(id, place)| Some((id, self.things[place].as_ref()?)))
    }
}

/// Ids are shown as they show themselves: the tokens of logins do not.
impl<Id: Borrow<Text> + From<Text> + fmt::Debug, T: fmt::Debug> fmt::Debug for Store<Id, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(id, thing)| (Id::from(id.clone()), thing))).finish()
    }
}

/// Whatever came and went before.
impl<Id: Borrow<Text>, T: PartialEq> PartialEq for Store<Id, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<Id: Borrow<Text>, T> FromIterator<(Id, T)> for Store<Id, T> {
    fn from_iter<I: IntoIterator<Item = (Id, T)>>(things: I) -> Self {
        let mut store = Self::default();
        things.into_iter().for_each(|(id, thing)| store.insert(id, thing));
        store
    }
}

impl<Id: Borrow<Text>, T, const N: usize> From<[(Id, T); N]> for Store<Id, T> {
    fn from(things: [(Id, T); N]) -> Self {
        things.into_iter().collect()
    }
}

/// A map; of entries with the same key the last one counts.
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

    fn shape() -> Shape {
        Shape::Map(T::shape)
    }
}

impl<Id, T> Default for Store<Id, T> {
    fn default() -> Self {
        Self { index: Index::default(), things: Vec::new(), ids: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::LoginToken;

    proptest! {
        #[test]
        fn a_store_holds_what_a_map_would(
            steps in proptest::collection::vec(("[a-e]", any::<Option<u8>>()), 0..60),
        ) {
            let mut store = Store::<Text, u8>::default();
            let mut map = BTreeMap::new();
            for (id, thing) in &steps {
                let id = Text::from(id.as_str());
                match thing {
                    Some(thing) => {
                        store.insert(id.clone(), *thing);
                        map.insert(id.clone(), *thing);
                    }
                    None => prop_assert_eq!(store.remove(&id), map.remove(&id)),
                }
                prop_assert_eq!(store.get(&id), map.get(&id));
                prop_assert_eq!(store.len(), map.len());
            }
            prop_assert!(store.things.len() <= 5, "places are taken again");
            prop_assert!(store.iter().eq(&map));
            let from = Text::from("c");
            prop_assert!(store.starting_at(&from).eq(map.range(&from..).map(|(_, thing)| thing)));
            prop_assert_eq!(&store, &map.clone().into_iter().collect());
            store.retain(|thing| thing % 2 == 0);
            map.retain(|_, thing| *thing % 2 == 0);
            prop_assert!(store.iter().eq(&map));
        }
    }

    #[test]
    fn what_is_secret_is_not_shown() {
        let store = Store::from([(LoginToken::new("hush"), 1)]);
        assert_eq!(format!("{store:?}"), "{LoginToken(••••): 1}");
        assert!(!format!("{:?}", store.index).contains("hush"));
    }
}

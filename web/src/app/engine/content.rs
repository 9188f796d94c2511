//! Libraries and items.

use accession_core::model::{
    ItemId, ItemModel, LibraryId, LibraryModel, LibraryType, StorageBacking, StorageBackingType,
};
use accession_core::operations::{
    ItemCreate, ItemGet, ItemList, LocalLibraryCreate, LocalLibraryGet, LocalLibraryList,
};

use super::{Engine, Link};
use crate::lab::Action;
use crate::words::say;

/// So many names are read on arrival; what lies beyond is listed by id.
const NAMES: usize = 50;

impl Engine {
    pub(super) async fn load_libraries(&self, link: &Link) -> Vec<LibraryId> {
        self.dispatch.emit(Action::LibrariesAsked(link.epoch));
        let result = self.call(link, LocalLibraryList {}).await.result;
        let ids = result.as_ref().cloned().unwrap_or_default();
        self.dispatch.emit(Action::Libraries(link.epoch, result));
        if let [only] = ids.as_slice() {
            self.dispatch.emit(Action::LibraryChosen(Some(only.clone())));
        }
        for id in ids.iter().take(NAMES) {
            let get = LocalLibraryGet { library_id: id.clone() };
            if let Ok(model) = link.client.call(&get).await {
                self.dispatch.emit(Action::LibraryRead(link.epoch, id.clone(), model));
            }
        }
        if let [only] = ids.as_slice() {
            self.load_items(link, only.clone()).await;
        }
        ids
    }

    /// Reads the library's items, and gives the names of those that were read.
    pub(super) async fn load_items(&self, link: &Link, library: LibraryId) -> Vec<String> {
        let result = self.call(link, ItemList { library_id: library.clone() }).await.result;
        let ids = result.as_ref().cloned().unwrap_or_default();
        self.dispatch.emit(Action::Items(link.epoch, library, result));
        if let [only] = ids.as_slice() {
            self.dispatch.emit(Action::ItemChosen(Some(only.clone())));
        }
        let mut names = Vec::new();
        for id in ids.into_iter().take(NAMES) {
            names.extend(self.read_item(link, id).await);
        }
        names
    }

    pub(super) async fn read_item(&self, link: &Link, id: ItemId) -> Option<String> {
        let get = ItemGet { library_item_id: id.clone() };
        let model = link.client.call(&get).await.ok()?;
        let name = model.name.clone();
        self.dispatch.emit(Action::ItemRead(link.epoch, id, model));
        name
    }

    pub(super) async fn create_library(&self, link: &Link, name: String, datastore: String) {
        let create_spec = library_spec(name.clone(), datastore);
        let create = LocalLibraryCreate { client_token: None, create_spec };
        let answer = self.call(link, create).await;
        self.tell(link, None, "create library", &answer, |id| {
            say("The library “{0}” has the id {1}.", &[&name, id.as_str()])
        });
        let Ok(id) = answer.result else { return };
        self.load_libraries(link).await;
        self.dispatch.emit(Action::LibraryChosen(Some(id.clone())));
        self.load_items(link, id).await;
    }

    pub(super) async fn create_item(
        &self,
        link: &Link,
        library: LibraryId,
        name: String,
        kind: String,
    ) -> Option<ItemId> {
        let create_spec = item_spec(library.clone(), name.clone(), kind);
        let answer = self.call(link, ItemCreate { client_token: None, create_spec }).await;
        self.tell(link, None, "create item", &answer, |id| {
            say("The item “{0}” has the id {1} and no files yet.", &[&name, id.as_str()])
        });
        let id = answer.result.ok()?;
        self.load_items(link, library).await;
        self.dispatch.emit(Action::ItemChosen(Some(id.clone())));
        Some(id)
    }
}

pub(super) fn library_spec(name: String, datastore: String) -> LibraryModel {
    let backing = StorageBacking {
        r#type: Some(StorageBackingType::Datastore),
        datastore_id: Some(datastore),
        storage_uri: None,
    };
    LibraryModel {
        name: Some(name),
        r#type: Some(LibraryType::Local),
        storage_backings: Some(vec![backing]),
        ..LibraryModel::default()
    }
}

pub(super) fn item_spec(library: LibraryId, name: String, kind: String) -> ItemModel {
    ItemModel {
        library_id: Some(library),
        name: Some(name),
        r#type: Some(kind).filter(|kind| !kind.is_empty()),
        ..ItemModel::default()
    }
}

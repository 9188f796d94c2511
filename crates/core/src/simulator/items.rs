//! Items and their files: what the simulator keeps of them, and what is done to them outside an
//! update session.

use std::collections::BTreeMap;

use super::libraries::is_asked_for;
use super::{Context, Simulator, checks};
use crate::behaviour::ItemNames;
use crate::dialect::encode_segment;
use crate::error::{ApiError, ErrorType};
use crate::keyed;
use crate::messages;
use crate::model::{
    ChangeInfo, ChangeSummary, ChecksumInfo, ItemFileInfo, ItemFindSpec, ItemId, ItemModel,
    ItemVersion, LibraryId, SessionId, StorageInfo,
};
use crate::rules;
use crate::session::{Event, Session, StoredFile};
use crate::structure;
use crate::time::Timestamp;

/// An item as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) serial: u64,
    pub(super) library: LibraryId,
    /// All but what follows from the fields below.
    pub(super) model: ItemModel,
    /// Of its properties.
    pub(super) version: u64,
    /// Of its files.
    pub(super) content_version: u64,
    pub(super) files: BTreeMap<String, StoredFile>,
    pub(super) changes: Vec<Change>,
    /// The sessions on it that are not forgotten, in the order in which they came.
    pub(super) sessions: Vec<(u64, SessionId)>,
    /// The one of them that is active.
    pub(super) active: Option<SessionId>,
}

structure! {
    /// One change of an item's files.
    #[derive(Debug, Clone, PartialEq, Eq)]
    strict pub(super) struct Change {
        pub(super) content_version: u64,
        pub(super) time: Timestamp,
        pub(super) user: String,
    }
}

impl Item {
    /// What the API tells of it.
    pub(super) fn info(&self) -> ItemModel {
        let size = self.files.values().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        ItemModel {
            version: Some(self.version.to_string()),
            metadata_version: Some(self.version.to_string()),
            content_version: Some(self.content_version.to_string()),
            size: Some(to_long(size)),
            ..self.model.clone()
        }
    }

    pub(super) fn id(&self) -> &ItemId {
        self.model.id.as_ref().expect("an item is created with an id")
    }

    pub(super) fn name(&self) -> &str {
        self.model.name.as_deref().unwrap_or_default()
    }

    pub(super) fn is_of_type(&self, kind: &str) -> bool {
        self.model.r#type.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(kind))
    }

    /// Makes what a completed session did visible.
    pub(super) fn publish(&mut self, session: &Session, now: Timestamp) {
        session.publish(&mut self.files);
        self.content_version += 1;
        self.model.last_modified_time = Some(now);
        let (content_version, user) = (self.content_version, session.owner.clone());
        self.changes.push(Change { content_version, time: now, user });
    }

    /// A session on it begins. Those of a snapshot come in any order.
    pub(super) fn remember(&mut self, session: &Session) {
        let place = self.sessions.partition_point(|(serial, _)| *serial < session.serial);
        self.sessions.insert(place, (session.serial, session.id.clone()));
    }

    /// A session on it is no more.
    pub(super) fn forget(&mut self, session: &Session) {
        let place = self.sessions.binary_search_by_key(&session.serial, |(serial, _)| *serial);
        if let Ok(place) = place {
            self.sessions.remove(place);
        }
    }

    /// What the API tells of its files.
    pub(super) fn file_infos(&self) -> impl Iterator<Item = ItemFileInfo> {
        self.files.iter().map(|(name, file)| file_info(name, file))
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = ChangeSummary> {
        self.changes.iter().map(|change| ChangeSummary {
            version: ItemVersion::new(change.content_version.to_string()),
            time: change.time,
            user: Some(change.user.clone()),
            // No field of a session carries a message.
            short_message: None,
        })
    }

    pub(super) fn change(&self, version: &ItemVersion) -> Result<ChangeInfo, ApiError> {
        let known = |change: &&Change| change.content_version.to_string() == version.as_str();
        let change = self.changes.iter().find(known).ok_or_else(|| {
            let message = messages::CHANGE_NOT_FOUND.with([version.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::CHANGE_EXISTS, message)
        })?;
        let (time, user) = (change.time, Some(change.user.clone()));
        Ok(ChangeInfo { time, user, message: None })
    }
}

impl Simulator {
    pub(super) fn item(&self, id: &ItemId) -> Result<&Item, ApiError> {
        self.items.get(id).ok_or_else(|| {
            let message = messages::ITEM_NOT_FOUND.with([id.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::ITEM_EXISTS, message)
        })
    }

    /// An item whose content is its library's own.
    pub(super) fn local_item(&self, id: &ItemId) -> Result<&Item, ApiError> {
        let item = self.item(id)?;
        if self.library(&item.library)?.is_subscribed() {
            let message = messages::ITEM_SUBSCRIBED.with([id.as_str()]);
            let kind = ErrorType::InvalidElementType;
            return Err(ApiError::new(kind, rules::ITEM_LOCAL, message));
        }
        Ok(item)
    }

    /// Creates an item, or copies one with its files.
    pub(super) fn create_item(
        &mut self,
        context: &Context,
        spec: ItemModel,
        source: Option<&ItemId>,
    ) -> Result<ItemId, ApiError> {
        let source = match source {
            Some(id) => Some((id, self.item(id)?.clone())),
            None => None,
        };
        let library_id = checks::given(spec.library_id.as_ref(), "library_id")?;
        let library = self.library(&library_id)?;
        if library.is_subscribed() {
            let message = messages::LIBRARY_NOT_LOCAL.with([library_id.as_str()]);
            let kind = ErrorType::InvalidElementType;
            return Err(ApiError::new(kind, rules::ITEM_LOCAL, message));
        }
        checks::item(&spec)?;
        library.admit_content()?;
        library.admit_backing()?;
        if let Some((_, source)) = &source {
            self.library(&source.library)?.admit_backing()?;
        }
        let name = spec.name.clone().unwrap_or_default();
        self.refuse_taken_name(&library_id, &name)?;
        let id = ItemId::new(self.random.uuid());
        let kind = source.as_ref().and_then(|(_, source)| source.model.r#type.clone());
        let source_id = source.as_ref().map(|(id, source)| {
            // Blank and absent are the same here.
            let original = source.model.source_id.clone().filter(|id| !id.as_str().is_empty());
            original.unwrap_or_else(|| (*id).clone())
        });
        let model = ItemModel {
            id: Some(id.clone()),
            description: Some(spec.description.unwrap_or_default()),
            r#type: Some(spec.r#type.or(kind).unwrap_or_default()),
            creation_time: Some(context.now),
            last_modified_time: Some(context.now),
            last_sync_time: None,
            cached: Some(true),
            security_compliance: Some(true),
            certificate_verification_info: None,
            source_id: source_id.or(spec.source_id),
            // `Item::info` has these.
            metadata_version: None,
            version: None,
            content_version: None,
            size: None,
            ..spec
        };
        // The reference lets the content follow later; here it is there at once.
        let files = source.map(|(_, source)| source.files).unwrap_or_default().into_iter();
        let files = keyed::map(files.map(|(name, file)| (name, StoredFile { version: 1, ..file })));
        let serial = self.next_serial();
        let item = Item {
            serial,
            library: library_id.clone(),
            model,
            version: 1,
            content_version: 1,
            files,
            changes: Vec::new(),
            sessions: Vec::new(),
            active: None,
        };
        self.items.insert(id.clone(), item);
        if let Some(library) = self.libraries.get_mut(&library_id) {
            library.items.insert((serial, id.clone()));
            library.names.insert(name.into(), id.clone());
        }
        Ok(id)
    }

    pub(super) fn update_item(
        &mut self,
        context: &Context,
        id: &ItemId,
        spec: ItemModel,
    ) -> Result<(), ApiError> {
        let item = self.local_item(id)?;
        checks::version(spec.version.as_deref(), item.version, ErrorType::InvalidArgument)?;
        checks::item_update(&spec)?;
        let (library, old) = (item.library.clone(), item.name().to_owned());
        let renamed = spec.name.clone().filter(|name| *name != old);
        if let Some(name) = &renamed {
            self.refuse_taken_name(&library, name)?;
        }
        let item = self.items.get_mut(id).expect("looked up just now");
        item.version += 1;
        item.model.last_modified_time = Some(context.now);
        for (given, kept) in [
            (spec.name, &mut item.model.name),
            (spec.description, &mut item.model.description),
            (spec.r#type, &mut item.model.r#type),
        ] {
            if given.is_some() {
                *kept = given;
            }
        }
        if let (Some(name), Some(library)) = (renamed, self.libraries.get_mut(&library)) {
            library.forget_name(&old, id);
            library.names.insert(name.into(), id.clone());
        }
        Ok(())
    }

    /// Takes an item away, and from under its sessions.
    pub(super) fn remove_item(&mut self, id: &ItemId) {
        let sessions = self.items.get(id).map(|item| item.sessions.clone()).unwrap_or_default();
        for (_, session) in sessions {
            // The machine lets this happen in every phase.
            let _ = self.session_event(&session, Event::ItemDeleted);
        }
        let Some(item) = self.items.remove(id) else { return };
        self.replays.forget(id.text());
        if let Some(library) = self.libraries.get_mut(&item.library) {
            library.items.remove(&(item.serial, id.clone()));
            library.forget_name(item.name(), id);
        }
    }

    pub(super) fn find_items(&self, spec: &ItemFindSpec) -> Result<Vec<ItemId>, ApiError> {
        if *spec == ItemFindSpec::default() {
            return Err(checks::empty_find_spec());
        }
        let same = |a: &String, b: &String| a.eq_ignore_ascii_case(b);
        let fits = |item: &Item| {
            let model = &item.model;
            is_asked_for(&spec.name, &model.name, same)
                && is_asked_for(&spec.library_id, &model.library_id, PartialEq::eq)
                && is_asked_for(&spec.source_id, &model.source_id, PartialEq::eq)
                && is_asked_for(&spec.r#type, &model.r#type, same)
                && is_asked_for(&spec.cached, &model.cached, PartialEq::eq)
        };
        let found = self.items.iter().filter(|(_, item)| fits(item));
        Ok(super::in_order(found.map(|(id, item)| (item.serial, id))))
    }

    pub(super) fn item_file(&self, id: &ItemId, name: &str) -> Result<ItemFileInfo, ApiError> {
        let item = self.item(id)?;
        match item.files.get(name) {
            Some(file) => Ok(file_info(name, file)),
            None => Err(file_not_found(name)),
        }
    }

    /// Where the files of an item lie, or the one of this name.
    pub(super) fn storage(
        &self,
        id: &ItemId,
        only: Option<&str>,
    ) -> Result<Vec<StorageInfo>, ApiError> {
        let item = self.item(id)?;
        let library = self.library(&item.library)?;
        let folder = library.folder(&item.library, id);
        if let Some(name) = only.filter(|name| !item.files.contains_key(*name)) {
            return Err(file_not_found(name));
        }
        let files = item.files.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
        let infos =
            files.map(|(name, file)| {
                let ItemFileInfo {
                    checksum_info,
                    name,
                    size,
                    cached,
                    version,
                    file_download_endpoint,
                } = file_info(name, file);
                let (base, dot, extension) = match name.rsplit_once('.') {
                    Some((base, extension)) => (base, ".", extension),
                    None => (name.as_str(), "", ""),
                };
                let stored = encode_segment(&format!("{base}_{version}{dot}{extension}"));
                let uri = format!("{folder}/{stored}?serverId={}", self.server_guid);
                StorageInfo {
                    checksum_info,
                    name,
                    size,
                    cached,
                    version,
                    file_download_endpoint,
                    storage_backing: library.backing(),
                    storage_uris: vec![uri],
                }
            });
        Ok(infos.collect())
    }

    fn refuse_taken_name(&self, id: &LibraryId, name: &str) -> Result<(), ApiError> {
        let library = self.library(id)?;
        if library.names.get(&name.into()).is_none()
            || self.behaviour.item_names == ItemNames::Repeatable
        {
            return Ok(());
        }
        let message = messages::DUPLICATE_ITEM_NAME.with([name, library.name(), id.as_str()]);
        Err(ApiError::new(ErrorType::AlreadyExists, rules::ITEM_NAME_UNIQUE, message))
    }
}

fn file_info(name: &str, file: &StoredFile) -> ItemFileInfo {
    ItemFileInfo {
        checksum_info: file.checksum.as_ref().map(ChecksumInfo::from),
        name: name.to_owned(),
        size: to_long(file.size),
        cached: true,
        version: file.version.to_string(),
        // The bytes are not kept, so there is nowhere to read them from.
        file_download_endpoint: None,
    }
}

fn file_not_found(name: &str) -> ApiError {
    let message = messages::ITEM_FILE_NOT_FOUND.with([name]);
    ApiError::new(ErrorType::NotFound, rules::ITEM_FILE_EXISTS, message)
}

/// The API's long is signed.
pub(super) fn to_long(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

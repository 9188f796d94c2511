//! Libraries: what the simulator keeps of one, and what is done to it.

use std::collections::BTreeSet;

use super::store::Store;
use super::{Context, Simulator, checks};
use crate::dialect::encode_segment;
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    ConfigurationInfo, ItemId, LibraryFindSpec, LibraryId, LibraryModel, LibraryState, LibraryType,
    PublishInfo, StateInfo, StorageBacking, StorageBackingType,
};
use crate::rules;
use crate::text::Text;

/// A library as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Library {
    pub(super) serial: u64,
    /// All but the version, which is the next field.
    pub(super) model: LibraryModel,
    pub(super) version: u64,
    /// Whether the storage that it is on is gone.
    pub(super) backing_lost: bool,
    /// Its items, in the order in which they came.
    pub(super) items: BTreeSet<(u64, ItemId)>,
    /// The same by name.
    pub(super) names: Store<Text, ItemId>,
}

impl Library {
    /// What the API tells of it.
    pub(super) fn info(&self) -> LibraryModel {
        LibraryModel { version: Some(self.version.to_string()), ..self.model.clone() }
    }

    /// An item no longer has this name.
    pub(super) fn forget_name(&mut self, name: &str, id: &ItemId) {
        let name = name.into();
        if self.names.get(&name) == Some(id) {
            self.names.remove(&name);
        }
    }

    pub(super) fn name(&self) -> &str {
        self.model.name.as_deref().unwrap_or_default()
    }

    pub(super) fn is_subscribed(&self) -> bool {
        self.model.r#type == Some(LibraryType::Subscribed)
    }

    /// Refuses a change of content that the library is not fit for.
    pub(super) fn admit_content(&self) -> Result<(), ApiError> {
        let state = self.model.state_info.as_ref().and_then(|info| info.state.as_ref());
        if state != Some(&LibraryState::Maintenance) {
            return Ok(());
        }
        let message = messages::LIBRARY_IN_MAINTENANCE.with([self.name()]);
        let (kind, rule) = (ErrorType::NotAllowedInCurrentState, rules::LIBRARY_NOT_IN_MAINTENANCE);
        Err(ApiError::new(kind, rule, message))
    }

    /// Refuses what needs the storage that is gone.
    pub(super) fn admit_backing(&self) -> Result<(), ApiError> {
        if !self.backing_lost {
            return Ok(());
        }
        let id = self.model.id.clone().unwrap_or_default();
        let message = messages::BACKING_LOST.with([self.name(), id.as_str()]);
        Err(ApiError::new(ErrorType::NotAllowedInCurrentState, rules::LIBRARY_BACKING, message))
    }

    /// Where its backing keeps the files of an item. Recorded addresses have this form.
    pub(super) fn folder(&self, id: &LibraryId, item: &ItemId) -> String {
        let backing = self.backing();
        let root = match (&backing.r#type, &backing.datastore_id, &backing.storage_uri) {
            (Some(StorageBackingType::Other), _, Some(uri)) => uri.trim_end_matches('/').to_owned(),
            (_, datastore, _) => {
                let volume = encode_segment(datastore.as_deref().unwrap_or("unknown"));
                // The second slash at its end was recorded.
                format!("ds:///vmfs/volumes/{volume}/")
            }
        };
        format!("{root}/contentlib-{id}/{item}")
    }

    pub(super) fn backing(&self) -> StorageBacking {
        let mut backings = self.model.storage_backings.iter().flatten();
        backings.next().cloned().unwrap_or_default()
    }

    /// Makes the changes that every type of library allows, and counts them.
    fn update(&mut self, context: &Context, spec: &LibraryModel) {
        self.version += 1;
        self.model.last_modified_time = Some(context.now);
        for (given, kept) in
            [(&spec.name, &mut self.model.name), (&spec.description, &mut self.model.description)]
        {
            if given.is_some() {
                kept.clone_from(given);
            }
        }
    }
}

impl Simulator {
    pub(super) fn library(&self, id: &LibraryId) -> Result<&Library, ApiError> {
        self.libraries.get(id).ok_or_else(|| {
            let message = messages::LIBRARY_NOT_FOUND.with([id.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::LIBRARY_EXISTS, message)
        })
    }

    /// A library with content of its own.
    pub(super) fn local_library(&self, id: &LibraryId) -> Result<&Library, ApiError> {
        let library = self.library(id)?;
        if library.is_subscribed() {
            let message = messages::LIBRARY_NOT_LOCAL.with([id.as_str()]);
            let kind = ErrorType::InvalidElementType;
            return Err(ApiError::new(kind, rules::LIBRARY_LOCAL, message));
        }
        Ok(library)
    }

    pub(super) fn create_library(
        &mut self,
        context: &Context,
        spec: LibraryModel,
    ) -> Result<LibraryId, ApiError> {
        checks::library(&spec)?;
        let id = LibraryId::new(self.random.uuid());
        let model = LibraryModel {
            id: Some(id.clone()),
            description: Some(spec.description.unwrap_or_default()),
            r#type: Some(LibraryType::Local),
            version: None,
            creation_time: Some(context.now),
            last_modified_time: Some(context.now),
            last_sync_time: None,
            publish_info: spec.publish_info.map(without_secrets),
            server_guid: Some(self.server_guid.clone()),
            unset_security_policy_id: None,
            state_info: Some(StateInfo { state: Some(LibraryState::Active), message: None }),
            configuration_info: Some(
                spec.configuration_info
                    .unwrap_or(ConfigurationInfo { apply_library_usage_to_items: Some(false) }),
            ),
            ..spec
        };
        let (serial, version) = (self.next_serial(), 1);
        let library = Library {
            serial,
            model,
            version,
            backing_lost: false,
            items: BTreeSet::new(),
            names: Store::default(),
        };
        self.libraries.insert(id.clone(), library);
        Ok(id)
    }

    /// Changes a library. The two operations that do so differ in what a stale version means, and in
    /// the properties that they take.
    pub(super) fn update_library(
        &mut self,
        context: &Context,
        id: &LibraryId,
        spec: LibraryModel,
        as_local: bool,
    ) -> Result<(), ApiError> {
        let library = if as_local { self.local_library(id)? } else { self.library(id)? };
        let stale = if as_local { ErrorType::ConcurrentChange } else { ErrorType::InvalidArgument };
        checks::version(spec.version.as_deref(), library.version, stale)?;
        checks::library_update(&spec)?;
        let library = self.libraries.get_mut(id).expect("looked up just now");
        library.update(context, &spec);
        if as_local {
            let model = &mut library.model;
            if let Some(info) = spec.publish_info {
                model.publish_info = Some(without_secrets(info));
            }
            if spec.security_policy_id.is_some() {
                model.security_policy_id = spec.security_policy_id;
            }
            if spec.unset_security_policy_id == Some(true) {
                model.security_policy_id = None;
            }
            if spec.configuration_info.is_some() {
                model.configuration_info = spec.configuration_info;
            }
        }
        Ok(())
    }

    /// Deletes a library with everything in it. Nothing here can be in use, so there is nothing that
    /// a forced delete would pass over.
    pub(super) fn delete_library(&mut self, id: &LibraryId) -> Result<(), ApiError> {
        let items = self.local_library(id)?.items.clone();
        for (_, item) in items {
            self.remove_item(&item);
        }
        self.libraries.remove(id);
        self.replays.forget(id.text());
        Ok(())
    }

    pub(super) fn find_libraries(
        &self,
        spec: &LibraryFindSpec,
    ) -> Result<Vec<LibraryId>, ApiError> {
        if *spec == LibraryFindSpec::default() {
            return Err(checks::empty_find_spec());
        }
        let fits = |library: &Library| {
            let model = &library.model;
            is_asked_for(&spec.name, &model.name, |a, b| a.eq_ignore_ascii_case(b))
                && is_asked_for(&spec.r#type, &model.r#type, PartialEq::eq)
                && spec.storage_backing.as_ref().is_none_or(|asked| library.backing() == *asked)
        };
        let found = self.libraries.iter().filter(|(_, library)| fits(library));
        Ok(super::in_order(found.map(|(id, library)| (library.serial, id))))
    }
}

/// Whether a property is as a find asks, if it asks.
pub(super) fn is_asked_for<T>(
    asked: &Option<T>,
    found: &Option<T>,
    same: impl Fn(&T, &T) -> bool,
) -> bool {
    match (asked, found) {
        (None, _) => true,
        (Some(asked), Some(found)) => same(asked, found),
        (Some(_), None) => false,
    }
}

/// Secrets are never told, and a client has no say in the address.
fn without_secrets(info: PublishInfo) -> PublishInfo {
    PublishInfo { password: None, current_password: None, publish_url: None, ..info }
}

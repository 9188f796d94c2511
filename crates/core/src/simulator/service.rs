//! The simulator's answer to each operation.

use super::{
    Caller, Context, Item, Library, Link, Login, Simulator, Transition, checks, upload_endpoint,
};
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    ChecksumInfo, ClientToken, ConfigurationInfo, ItemFileInfo, ItemId, ItemModel, LibraryId,
    LibraryModel, LibraryType, LoginInfo, LoginToken, SessionFileInfo, SessionId, SourceType,
    StateInfo, TransferStatus, UpdateSessionModel, ValidationResult,
};
use crate::operations::{
    ItemCreate, ItemFileList, ItemGet, ItemList, LocalLibraryCreate, LocalLibraryGet,
    LocalLibraryList, LoginCreate, LoginDelete, LoginGet, Operation, Service, SessionFileAdd,
    SessionFileGet, SessionFileList, SessionFileRemove, SessionFileValidate, UpdateSessionCancel,
    UpdateSessionComplete, UpdateSessionCreate, UpdateSessionDelete, UpdateSessionFail,
    UpdateSessionGet, UpdateSessionKeepAlive, UpdateSessionList, UpdateSessionUpdate,
};
use crate::rules;
use crate::session::{Event, Phase, Session, SessionFile, Target};

impl Service for Simulator {
    fn login_create(&mut self, context: &Context, _: LoginCreate) -> Result<LoginToken, ApiError> {
        let token = self.random.token();
        let user = context.caller.user.clone();
        let login = Login { user, created: context.now, last_accessed: context.now };
        self.logins.insert(token.clone(), login);
        Ok(LoginToken::new(token))
    }

    fn login_get(&mut self, context: &Context, _: LoginGet) -> Result<LoginInfo, ApiError> {
        let Caller { user, login } = &context.caller;
        let login = self.logins.get(login.reveal()).expect("the caller was recognised by it");
        Ok(LoginInfo {
            user: user.clone(),
            created_time: login.created,
            last_accessed_time: login.last_accessed,
        })
    }

    fn login_delete(&mut self, context: &Context, _: LoginDelete) -> Result<(), ApiError> {
        self.logins.remove(context.caller.login.reveal());
        Ok(())
    }

    fn local_library_create(
        &mut self,
        context: &Context,
        call: LocalLibraryCreate,
    ) -> Result<LibraryId, ApiError> {
        let made = |simulator: &Self, id: &str| simulator.libraries.contains_key(&id.into());
        let replay =
            self.replay::<LocalLibraryCreate>(context, call.client_token.as_ref(), made)?;
        if let Some(id) = replay {
            return Ok(LibraryId::new(id));
        }
        let spec = call.create_spec;
        checks::library(&spec)?;
        let id = LibraryId::new(self.random.uuid());
        let publish_info = spec.publish_info.map(|info| crate::model::PublishInfo {
            // Secrets are never told, and a client has no say in the address.
            password: None,
            current_password: None,
            publish_url: None,
            ..info
        });
        let model = LibraryModel {
            id: Some(id.clone()),
            description: Some(spec.description.unwrap_or_default()),
            r#type: Some(LibraryType::Local),
            version: Some("1".to_owned()),
            creation_time: Some(context.now),
            last_modified_time: Some(context.now),
            last_sync_time: None,
            publish_info,
            server_guid: Some(self.server_guid.clone()),
            unset_security_policy_id: None,
            state_info: Some(StateInfo { state: Some("ACTIVE".to_owned()), message: None }),
            configuration_info: Some(
                spec.configuration_info
                    .unwrap_or(ConfigurationInfo { apply_library_usage_to_items: Some(false) }),
            ),
            ..spec
        };
        let serial = self.next_serial();
        self.libraries.insert(id.clone(), Library { serial, model });
        self.remember::<LocalLibraryCreate>(context, call.client_token, id.as_str());
        Ok(id)
    }

    fn local_library_get(
        &mut self,
        _: &Context,
        call: LocalLibraryGet,
    ) -> Result<LibraryModel, ApiError> {
        Ok(self.library(&call.library_id)?.model.clone())
    }

    fn local_library_list(
        &mut self,
        _: &Context,
        _: LocalLibraryList,
    ) -> Result<Vec<LibraryId>, ApiError> {
        Ok(in_order(self.libraries.iter().map(|(id, library)| (library.serial, id))))
    }

    fn item_create(&mut self, context: &Context, call: ItemCreate) -> Result<ItemId, ApiError> {
        let made = |simulator: &Self, id: &str| simulator.items.contains_key(&id.into());
        let replay = self.replay::<ItemCreate>(context, call.client_token.as_ref(), made)?;
        if let Some(id) = replay {
            return Ok(ItemId::new(id));
        }
        let spec = call.create_spec;
        let library = checks::given(spec.library_id.as_ref(), "library_id")?;
        let library_name = self.library(&library)?.model.name.clone().unwrap_or_default();
        checks::item(&spec)?;
        let name = spec.name.clone().unwrap_or_default();
        let taken =
            |item: &Item| item.library == library && item.model.name.as_ref() == Some(&name);
        if self.items.values().any(taken) {
            let message =
                messages::DUPLICATE_ITEM_NAME.with([&name, &library_name, library.as_str()]);
            let error = ApiError::new(ErrorType::AlreadyExists, rules::ITEM_NAME_UNIQUE, message);
            return Err(error);
        }
        let id = ItemId::new(self.random.uuid());
        let model = ItemModel {
            id: Some(id.clone()),
            description: Some(spec.description.unwrap_or_default()),
            r#type: Some(spec.r#type.unwrap_or_default()),
            creation_time: Some(context.now),
            last_modified_time: Some(context.now),
            last_sync_time: None,
            metadata_version: Some("1".to_owned()),
            version: Some("1".to_owned()),
            cached: Some(true),
            security_compliance: Some(true),
            certificate_verification_info: None,
            // These two follow from the files; `item_get` computes them.
            content_version: None,
            size: None,
            ..spec
        };
        let serial = self.next_serial();
        let item = Item { serial, library, model, content_version: 1, files: [].into() };
        self.items.insert(id.clone(), item);
        self.remember::<ItemCreate>(context, call.client_token, id.as_str());
        Ok(id)
    }

    fn item_get(&mut self, _: &Context, call: ItemGet) -> Result<ItemModel, ApiError> {
        let item = self.item(&call.library_item_id)?;
        let size = item.files.values().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        Ok(ItemModel {
            content_version: Some(item.content_version.to_string()),
            size: Some(to_long(size)),
            ..item.model.clone()
        })
    }

    fn item_list(&mut self, _: &Context, call: ItemList) -> Result<Vec<ItemId>, ApiError> {
        self.library(&call.library_id)?;
        let items = self.items.iter().filter(|(_, item)| item.library == call.library_id);
        Ok(in_order(items.map(|(id, item)| (item.serial, id))))
    }

    fn item_file_list(
        &mut self,
        _: &Context,
        call: ItemFileList,
    ) -> Result<Vec<ItemFileInfo>, ApiError> {
        let item = self.item(&call.library_item_id)?;
        let files = item.files.iter().map(|(name, file)| ItemFileInfo {
            checksum_info: file.checksum.as_ref().map(ChecksumInfo::from),
            name: name.clone(),
            size: to_long(file.size),
            cached: true,
            version: file.version.to_string(),
            // The bytes are not kept, so there is nowhere to read them from.
            file_download_endpoint: None,
        });
        Ok(files.collect())
    }

    fn update_session_create(
        &mut self,
        context: &Context,
        call: UpdateSessionCreate,
    ) -> Result<SessionId, ApiError> {
        let made = |simulator: &Self, id: &str| simulator.sessions.contains_key(&id.into());
        let replay =
            self.replay::<UpdateSessionCreate>(context, call.client_token.as_ref(), made)?;
        if let Some(id) = replay {
            return Ok(SessionId::new(id));
        }
        let spec = call.create_spec;
        let item_id = checks::given(spec.library_item_id.as_ref(), "library_item_id")?;
        let item = self.item(&item_id)?;
        let target = Target {
            item: item_id.clone(),
            is_ovf: item.model.r#type.as_ref().is_some_and(|kind| kind.eq_ignore_ascii_case("ovf")),
            content_version: item.content_version,
            files: item.files.clone(),
        };
        if self.active.contains_key(&item_id) {
            let message = messages::ITEM_BUSY.with([item_id.as_str()]);
            return Err(ApiError::new(ErrorType::ResourceBusy, rules::ONE_ACTIVE, message));
        }
        // Real ids were seen in this form.
        let id = SessionId::new(format!("{}:{}", self.random.uuid(), self.random.uuid()));
        let (serial, owner) = (self.next_serial(), context.caller.user.clone());
        let mut session = Session::open(id.clone(), serial, target, owner, context.now);
        session.warning_behavior = spec.warning_behavior;
        self.deadlines.insert((session.expires(), id.clone()));
        self.active.insert(item_id, id.clone());
        self.sessions.insert(id.clone(), session);
        self.transitions.push(Transition {
            at: context.now,
            session: id.clone(),
            from: None,
            to: Some(Phase::Open),
            because: UpdateSessionCreate::ROW.name,
        });
        self.remember::<UpdateSessionCreate>(context, call.client_token, id.as_str());
        Ok(id)
    }

    fn update_session_get(
        &mut self,
        _: &Context,
        call: UpdateSessionGet,
    ) -> Result<UpdateSessionModel, ApiError> {
        let session = self.session(&call.update_session_id)?;
        Ok(UpdateSessionModel {
            id: Some(session.id.clone()),
            library_item_id: Some(session.item.clone()),
            library_item_content_version: Some(session.content_version.to_string()),
            error_message: session.error.clone(),
            client_progress: Some(session.client_progress),
            state: Some(session.phase().state()),
            expiration_time: Some(session.expires()),
            preview_info: session.preview(),
            warning_behavior: session.warning_behavior.clone(),
        })
    }

    fn update_session_list(
        &mut self,
        context: &Context,
        call: UpdateSessionList,
    ) -> Result<Vec<SessionId>, ApiError> {
        if let Some(item) = &call.library_item_id {
            self.item(item)?;
        }
        let wanted = |session: &Session| {
            session.owner == context.caller.user
                && call.library_item_id.as_ref().is_none_or(|item| *item == session.item)
        };
        let sessions = self.sessions.iter().filter(|(_, session)| wanted(session));
        Ok(in_order(sessions.map(|(id, session)| (session.serial, id))))
    }

    fn update_session_update(
        &mut self,
        _: &Context,
        call: UpdateSessionUpdate,
    ) -> Result<(), ApiError> {
        let behavior = call.update_spec.warning_behavior;
        self.session_event(&call.update_session_id, Event::Update(behavior))
    }

    fn update_session_complete(
        &mut self,
        _: &Context,
        call: UpdateSessionComplete,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::Complete)
    }

    fn update_session_keep_alive(
        &mut self,
        _: &Context,
        call: UpdateSessionKeepAlive,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::KeepAlive(call.client_progress))
    }

    fn update_session_cancel(
        &mut self,
        _: &Context,
        call: UpdateSessionCancel,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::Cancel)
    }

    fn update_session_fail(
        &mut self,
        _: &Context,
        call: UpdateSessionFail,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::Fail(call.client_error_message))
    }

    fn update_session_delete(
        &mut self,
        _: &Context,
        call: UpdateSessionDelete,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::Delete)
    }

    fn session_file_add(
        &mut self,
        context: &Context,
        call: SessionFileAdd,
    ) -> Result<SessionFileInfo, ApiError> {
        let id = call.update_session_id;
        self.session(&id)?;
        let file = checks::pushed_file(call.file_spec, self.random.uuid())?;
        let (name, link) = (file.name.clone(), file.link.clone());
        self.session_event(&id, Event::AddFile(file))?;
        self.forget_link(&id, &name);
        let (session, file) = (id.clone(), name.clone());
        self.links.insert(link, Link { session, file, upload: None });
        self.session_file(context, &id, &name)
    }

    fn session_file_get(
        &mut self,
        context: &Context,
        call: SessionFileGet,
    ) -> Result<SessionFileInfo, ApiError> {
        self.session_file(context, &call.update_session_id, &call.file_name)
    }

    fn session_file_list(
        &mut self,
        context: &Context,
        call: SessionFileList,
    ) -> Result<Vec<SessionFileInfo>, ApiError> {
        let session = self.session(&call.update_session_id)?;
        let files = session.files();
        Ok(files.map(|(name, file)| file_info(context, session, name, file)).collect())
    }

    fn session_file_remove(
        &mut self,
        _: &Context,
        call: SessionFileRemove,
    ) -> Result<(), ApiError> {
        let id = call.update_session_id;
        self.session_event(&id, Event::RemoveFile(call.file_name.clone()))?;
        self.forget_link(&id, &call.file_name);
        Ok(())
    }

    fn session_file_validate(
        &mut self,
        _: &Context,
        call: SessionFileValidate,
    ) -> Result<ValidationResult, ApiError> {
        self.session_event(&call.update_session_id, Event::Validate)?;
        Ok(self.session(&call.update_session_id)?.validation())
    }
}

impl Simulator {
    fn library(&self, id: &LibraryId) -> Result<&Library, ApiError> {
        self.libraries.get(id).ok_or_else(|| {
            let message = messages::LIBRARY_NOT_FOUND.with([id.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::LIBRARY_EXISTS, message)
        })
    }

    fn item(&self, id: &ItemId) -> Result<&Item, ApiError> {
        self.items.get(id).ok_or_else(|| {
            let message = messages::ITEM_NOT_FOUND.with([id.as_str()]);
            ApiError::new(ErrorType::NotFound, rules::ITEM_EXISTS, message)
        })
    }

    fn session_file(
        &self,
        context: &Context,
        id: &SessionId,
        name: &str,
    ) -> Result<SessionFileInfo, ApiError> {
        let session = self.session(id)?;
        let file = session.file(name).ok_or_else(|| {
            let message = messages::SESSION_FILE_NOT_FOUND.with([name]);
            ApiError::new(ErrorType::InvalidArgument, rules::FILE_EXISTS, message)
        })?;
        Ok(file_info(context, session, name, file))
    }

    /// A link is for one add: the next add, or a removal, takes it away.
    fn forget_link(&mut self, id: &SessionId, name: &str) {
        self.links.retain(|_, link| !(link.session == *id && link.file == name));
    }

    /// What an earlier create with the same token made, if it is still there.
    fn replay<O: Operation>(
        &self,
        context: &Context,
        token: Option<&ClientToken>,
        still_there: impl Fn(&Self, &str) -> bool,
    ) -> Result<Option<String>, ApiError> {
        let Some(token) = token else { return Ok(None) };
        checks::client_token(token)?;
        let made = self.replays.get(&replay_key::<O>(context, token));
        Ok(made.filter(|id| still_there(self, id)).cloned())
    }

    fn remember<O: Operation>(&mut self, context: &Context, token: Option<ClientToken>, id: &str) {
        if let Some(token) = token {
            self.replays.insert(replay_key::<O>(context, &token), id.to_owned());
        }
    }
}

fn replay_key<O: Operation>(
    context: &Context,
    token: &ClientToken,
) -> (String, &'static str, String) {
    let token = token.as_str().to_ascii_lowercase();
    (context.caller.user.clone(), O::ROW.service, token)
}

fn file_info(
    context: &Context,
    session: &Session,
    name: &str,
    file: &SessionFile,
) -> SessionFileInfo {
    let info = SessionFileInfo {
        name: name.to_owned(),
        keep_in_storage: Some(session.keeps(name)),
        ..SessionFileInfo::default()
    };
    match file {
        SessionFile::Untouched(stored) => SessionFileInfo {
            source_type: SourceType::None,
            size: Some(to_long(stored.size)),
            checksum_info: stored.checksum.as_ref().map(ChecksumInfo::from),
            status: TransferStatus::Ready,
            ..info
        },
        SessionFile::Pushed(transfer) => SessionFileInfo {
            source_type: SourceType::Push,
            size: transfer.received.as_ref().map(|received| to_long(received.size)),
            checksum_info: transfer.file.declared_checksum.as_ref().map(ChecksumInfo::from),
            upload_endpoint: Some(upload_endpoint(&context.origin, &transfer.file.link, name)),
            bytes_transferred: to_long(transfer.bytes),
            status: transfer.status.into(),
            error_message: transfer.error.clone(),
            ..info
        },
        // `Session::files` leaves these out.
        SessionFile::Removed => info,
    }
}

/// The API's long is signed.
fn to_long(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn in_order<'a, Id: Clone + 'a>(entries: impl Iterator<Item = (u64, &'a Id)>) -> Vec<Id> {
    let mut entries: Vec<_> = entries.collect();
    // No two have the same, so a stable sort would only be larger.
    entries.sort_unstable_by_key(|(serial, _)| *serial);
    entries.into_iter().map(|(_, id)| id.clone()).collect()
}

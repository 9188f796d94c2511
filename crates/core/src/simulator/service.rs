//! The simulator's answer to each operation.

use super::items::to_long;
use super::transfers::scheme;
use super::uploads::{self, upload_endpoint};
use super::{Caller, Context, Simulator, Transition, checks, in_order};
use crate::behaviour::{
    FilesOfEnded, FinishedSessions, NextSession, PullStart, SourceNone, UnignoredWarning,
};
use crate::error::{ApiError, ErrorType};
use crate::messages;
use crate::model::{
    ChangeInfo, ChangeSummary, ChecksumInfo, ClientToken, ItemFileInfo, ItemId, ItemModel,
    LibraryId, LibraryModel, LoginInfo, LoginToken, SessionFileInfo, SessionId, SourceType,
    StorageInfo, TransferStatus, UpdateSessionModel, ValidationResult,
};
use crate::operations::{
    ItemChangesGet, ItemChangesList, ItemCopy, ItemCreate, ItemDelete, ItemFileGet, ItemFileList,
    ItemFind, ItemGet, ItemList, ItemStorageGet, ItemStorageList, ItemUpdate, LibraryFind,
    LibraryGet, LibraryList, LibraryUpdate, LocalLibraryCreate, LocalLibraryDelete,
    LocalLibraryForceDelete, LocalLibraryGet, LocalLibraryList, LocalLibraryUpdate, LoginCreate,
    LoginDelete, LoginGet, Operation, Service, SessionFileAdd, SessionFileGet, SessionFileList,
    SessionFileRemove, SessionFileValidate, UpdateSessionCancel, UpdateSessionComplete,
    UpdateSessionCreate, UpdateSessionDelete, UpdateSessionFail, UpdateSessionGet,
    UpdateSessionKeepAlive, UpdateSessionList, UpdateSessionUpdate,
};
use crate::privileges::Privilege;
use crate::rules;
use crate::session::{Event, Phase, Session, SessionFile, Target};
use crate::text::Text;

impl Service for Simulator {
    fn login_create(&mut self, context: &Context, _: LoginCreate) -> Result<LoginToken, ApiError> {
        Ok(self.begin_login(context.caller.user.clone()))
    }

    fn login_get(&mut self, context: &Context, _: LoginGet) -> Result<LoginInfo, ApiError> {
        let Caller { user, login } = &context.caller;
        let login = self.logins.get(login).expect("the caller was recognised by it");
        Ok(LoginInfo {
            user: user.clone(),
            created_time: login.created,
            last_accessed_time: login.last_accessed,
        })
    }

    fn login_delete(&mut self, context: &Context, _: LoginDelete) -> Result<(), ApiError> {
        self.logins.remove(&context.caller.login);
        Ok(())
    }

    fn local_library_create(
        &mut self,
        context: &Context,
        call: LocalLibraryCreate,
    ) -> Result<LibraryId, ApiError> {
        let (token, spec) = (call.client_token, call.create_spec);
        self.once::<LocalLibraryCreate>(context, token, LibraryId::new, |simulator| {
            simulator.create_library(context, spec)
        })
    }

    fn local_library_get(
        &mut self,
        _: &Context,
        call: LocalLibraryGet,
    ) -> Result<LibraryModel, ApiError> {
        Ok(self.local_library(&call.library_id)?.info())
    }

    fn local_library_list(
        &mut self,
        _: &Context,
        _: LocalLibraryList,
    ) -> Result<Vec<LibraryId>, ApiError> {
        let local = self.libraries.iter().filter(|(_, library)| !library.is_subscribed());
        Ok(in_order(local.map(|(id, library)| (library.serial, id))))
    }

    fn local_library_update(
        &mut self,
        context: &Context,
        call: LocalLibraryUpdate,
    ) -> Result<(), ApiError> {
        self.update_library(context, &call.library_id, call.update_spec, true)
    }

    fn local_library_delete(
        &mut self,
        _: &Context,
        call: LocalLibraryDelete,
    ) -> Result<(), ApiError> {
        self.delete_library(&call.library_id)
    }

    fn local_library_force_delete(
        &mut self,
        _: &Context,
        call: LocalLibraryForceDelete,
    ) -> Result<(), ApiError> {
        self.delete_library(&call.library_id)
    }

    fn library_get(&mut self, _: &Context, call: LibraryGet) -> Result<LibraryModel, ApiError> {
        Ok(self.library(&call.library_id)?.info())
    }

    fn library_list(&mut self, _: &Context, _: LibraryList) -> Result<Vec<LibraryId>, ApiError> {
        Ok(in_order(self.libraries.iter().map(|(id, library)| (library.serial, id))))
    }

    fn library_find(&mut self, _: &Context, call: LibraryFind) -> Result<Vec<LibraryId>, ApiError> {
        self.find_libraries(&call.spec)
    }

    fn library_update(&mut self, context: &Context, call: LibraryUpdate) -> Result<(), ApiError> {
        self.update_library(context, &call.library_id, call.update_spec, false)
    }

    fn item_create(&mut self, context: &Context, call: ItemCreate) -> Result<ItemId, ApiError> {
        let (token, spec) = (call.client_token, call.create_spec);
        self.once::<ItemCreate>(context, token, ItemId::new, |simulator| {
            simulator.create_item(context, spec, None)
        })
    }

    fn item_get(&mut self, _: &Context, call: ItemGet) -> Result<ItemModel, ApiError> {
        Ok(self.item(&call.library_item_id)?.info())
    }

    fn item_list(&mut self, _: &Context, call: ItemList) -> Result<Vec<ItemId>, ApiError> {
        Ok(self.library(&call.library_id)?.item_ids())
    }

    fn item_find(&mut self, _: &Context, call: ItemFind) -> Result<Vec<ItemId>, ApiError> {
        self.find_items(&call.spec)
    }

    fn item_update(&mut self, context: &Context, call: ItemUpdate) -> Result<(), ApiError> {
        self.update_item(context, &call.library_item_id, call.update_spec)
    }

    fn item_delete(&mut self, _: &Context, call: ItemDelete) -> Result<(), ApiError> {
        self.local_item(&call.library_item_id)?;
        self.remove_item(&call.library_item_id);
        Ok(())
    }

    fn item_copy(&mut self, context: &Context, call: ItemCopy) -> Result<ItemId, ApiError> {
        let (token, spec) = (call.client_token, call.destination_create_spec);
        let source = call.source_library_item_id;
        self.once::<ItemCopy>(context, token, ItemId::new, |simulator| {
            simulator.create_item(context, spec, Some(&source))
        })
    }

    fn item_file_get(&mut self, _: &Context, call: ItemFileGet) -> Result<ItemFileInfo, ApiError> {
        self.item_file(&call.library_item_id, &call.name)
    }

    fn item_file_list(
        &mut self,
        _: &Context,
        call: ItemFileList,
    ) -> Result<Vec<ItemFileInfo>, ApiError> {
        Ok(self.item(&call.library_item_id)?.file_infos().collect())
    }

    fn item_storage_get(
        &mut self,
        _: &Context,
        call: ItemStorageGet,
    ) -> Result<Vec<StorageInfo>, ApiError> {
        self.storage(&call.library_item_id, Some(&call.file_name))
    }

    fn item_storage_list(
        &mut self,
        _: &Context,
        call: ItemStorageList,
    ) -> Result<Vec<StorageInfo>, ApiError> {
        self.storage(&call.library_item_id, None)
    }

    fn item_changes_list(
        &mut self,
        _: &Context,
        call: ItemChangesList,
    ) -> Result<Vec<ChangeSummary>, ApiError> {
        Ok(self.item(&call.library_item)?.changes().collect())
    }

    fn item_changes_get(
        &mut self,
        _: &Context,
        call: ItemChangesGet,
    ) -> Result<ChangeInfo, ApiError> {
        self.item(&call.library_item)?.change(&call.version)
    }

    fn update_session_create(
        &mut self,
        context: &Context,
        call: UpdateSessionCreate,
    ) -> Result<SessionId, ApiError> {
        let (token, spec) = (call.client_token, call.create_spec);
        self.once::<UpdateSessionCreate>(context, token, SessionId::new, |simulator| {
            simulator.create_session(context, spec)
        })
    }

    fn update_session_get(
        &mut self,
        context: &Context,
        call: UpdateSessionGet,
    ) -> Result<UpdateSessionModel, ApiError> {
        self.look(&call.update_session_id);
        let session = self.session(&call.update_session_id)?;
        Ok(UpdateSessionModel {
            id: Some(session.id.clone()),
            library_item_id: Some(session.item.clone()),
            library_item_content_version: Some(session.content_version.to_string()),
            error_message: session.error.clone(),
            client_progress: Some(session.client_progress),
            state: Some(session.phase().state()),
            expiration_time: Some(session.not_before(context.now)),
            preview_info: session.preview(),
            warning_behavior: session.warning_behavior.clone(),
        })
    }

    fn update_session_list(
        &mut self,
        context: &Context,
        call: UpdateSessionList,
    ) -> Result<Vec<SessionId>, ApiError> {
        let ended = self.behaviour.finished_sessions == FinishedSessions::Listed;
        let listed = |session: &Session| {
            session.owner == context.caller.user && (ended || session.phase().is_active())
        };
        if let Some(item) = &call.library_item_id {
            let sessions = self.item(item)?.sessions.iter().map(|(_, id)| id);
            let listed = |id: &&SessionId| self.sessions.get(*id).is_some_and(listed);
            return Ok(sessions.filter(listed).cloned().collect());
        }
        let own = self.sessions.iter().filter(|(_, session)| listed(session));
        Ok(in_order(own.map(|(id, session)| (session.serial, id))))
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
        let id = call.update_session_id;
        let item = self.item(&self.session(&id)?.item)?;
        if self.session(&id)?.phase() == Phase::Open {
            self.library(&item.library)?.admit_content()?;
            self.end_checks(&id);
            self.refuse_on_purpose(&id);
        }
        if let Err(refused) = self.session_event(&id, Event::Complete) {
            let fails = self.behaviour.unignored_warning == UnignoredWarning::Fails;
            if refused.rule == Some(rules::WARNINGS_IGNORED) && fails {
                let message = refused.messages.first().cloned().unwrap_or_default();
                self.session_event(&id, Event::Break(message))?;
            }
            return Err(refused);
        }
        self.begin_pulls(&id, PullStart::AtComplete);
        Ok(())
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
        // The session's own copy of its id, so that there is no other one to keep.
        let id = self.session(&call.update_session_id)?.id.clone();
        let spec = call.file_spec;
        let restores = self.behaviour.source_none == SourceNone::Restores;
        if spec.source_type == SourceType::None && spec.source_endpoint.is_none() && restores {
            return self.restore_file(context, &id, &spec.name);
        }
        let mut file = checks::added_file(spec, &self.behaviour)?;
        let item = self.item(&self.session(&id)?.item)?;
        self.library(&item.library)?.admit_backing()?;
        let name = file.name.clone();
        match &file.source {
            // These are read from storage of the vCenter's own.
            Some(source) if !matches!(scheme(&source.uri).as_str(), "http" | "https") => {
                self.require(&context.caller, Privilege::ReadStorage)?;
            }
            Some(_) => {}
            None => file.link = Some(uploads::link_to(&id, &self.random.uuid())),
        }
        self.session_event(&id, Event::AddFile(file))?;
        // What the answer shows is before the fetch.
        let info = self.session_file(context, &id, &name);
        self.begin_pulls(&id, PullStart::AtAdd);
        info
    }

    fn session_file_get(
        &mut self,
        context: &Context,
        call: SessionFileGet,
    ) -> Result<SessionFileInfo, ApiError> {
        self.look_at_files(&call.update_session_id)?;
        self.session_file(context, &call.update_session_id, &call.file_name)
    }

    fn session_file_list(
        &mut self,
        context: &Context,
        call: SessionFileList,
    ) -> Result<Vec<SessionFileInfo>, ApiError> {
        self.look_at_files(&call.update_session_id)?;
        let session = self.session(&call.update_session_id)?;
        let files = session.files();
        Ok(files.map(|(name, file)| file_info(context, session, name, file)).collect())
    }

    fn session_file_remove(
        &mut self,
        _: &Context,
        call: SessionFileRemove,
    ) -> Result<(), ApiError> {
        self.session_event(&call.update_session_id, Event::RemoveFile(call.file_name))
    }

    fn session_file_validate(
        &mut self,
        _: &Context,
        call: SessionFileValidate,
    ) -> Result<ValidationResult, ApiError> {
        self.refuse_on_purpose(&call.update_session_id);
        self.session_event(&call.update_session_id, Event::Validate)?;
        Ok(self.session(&call.update_session_id)?.validation())
    }
}

impl Simulator {
    fn create_session(
        &mut self,
        context: &Context,
        spec: UpdateSessionModel,
    ) -> Result<SessionId, ApiError> {
        let item_id = checks::given(spec.library_item_id.as_ref(), "library_item_id")?;
        let item = self.local_item(&item_id)?;
        if item.is_of_type("vm-template") {
            let message = messages::ITEM_IS_TEMPLATE.with([item.name(), item_id.as_str()]);
            let kind = ErrorType::InvalidElementType;
            return Err(ApiError::new(kind, rules::ITEM_NOT_TEMPLATE, message));
        }
        let library = self.library(&item.library)?;
        library.admit_content()?;
        let files = item.files.iter().map(|(name, file)| (name.as_str().to_owned(), file.clone()));
        let target = Target {
            item: item.id().clone(),
            is_ovf: item.is_of_type("ovf"),
            content_version: item.content_version,
            files: files.collect(),
            folder: library.folder(&item.library, &item_id),
            behaviour: self.behaviour,
        };
        let blocked = match self.behaviour.next_session {
            NextSession::AfterActive => item.active.is_some(),
            NextSession::AfterDeleted => !item.sessions.is_empty(),
        };
        if blocked {
            let message = messages::ITEM_BUSY.with([item_id.as_str()]);
            return Err(ApiError::new(ErrorType::ResourceBusy, rules::ONE_ACTIVE, message));
        }
        // Real ids were seen in this form.
        let id = SessionId::new(format!("{}:{}", self.random.uuid(), self.random.uuid()));
        let (serial, owner) = (self.next_serial(), context.caller.user.clone());
        let mut session = Session::open(id.clone(), serial, target, owner, context.now);
        session.warning_behavior = spec.warning_behavior;
        self.deadlines.change(&session, None, session.due());
        if let Some(item) = self.items.get_mut(&item_id) {
            item.active = Some(id.clone());
            item.remember(&session);
        }
        self.sessions.insert(id.clone(), session);
        self.transitions.push(Transition {
            at: context.now,
            session: id.clone(),
            from: None,
            to: Some(Phase::Open),
            because: UpdateSessionCreate::ROW.name,
        });
        Ok(id)
    }

    /// Takes a file back to what the item has of it.
    fn restore_file(
        &mut self,
        context: &Context,
        id: &SessionId,
        name: &str,
    ) -> Result<SessionFileInfo, ApiError> {
        let item = self.session(id)?.item.clone();
        let stored = self.item(&item)?.files.get(&name.into()).cloned();
        let unknown = || {
            let message = messages::SESSION_FILE_NOT_FOUND.with([name]);
            ApiError::new(ErrorType::InvalidArgument, rules::FILE_EXISTS, message)
        };
        let stored = stored.ok_or_else(unknown)?;
        self.session_event(id, Event::RestoreFile(name.to_owned(), stored))?;
        self.session_file(context, id, name)
    }

    /// A fault lets the adapter refuse a file from now on.
    fn refuse_on_purpose(&mut self, id: &SessionId) {
        if let (Some(file), Some(session)) = (self.refusing.take(), self.sessions.get_mut(id)) {
            session.refused.push(file);
        }
    }

    /// A client looks at the files of a session, if they can be seen.
    fn look_at_files(&mut self, id: &SessionId) -> Result<(), ApiError> {
        self.look(id);
        let session = self.session(id)?;
        let hidden = self.behaviour.files_of_ended == FilesOfEnded::Refused;
        if hidden && !session.phase().is_active() {
            return Err(session.reject_files());
        }
        Ok(())
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

    /// Makes something, unless an earlier call with the same token made it and it is still there.
    fn once<O: Operation<Reply: Clone + AsRef<str>>>(
        &mut self,
        context: &Context,
        token: Option<ClientToken>,
        id: impl FnOnce(Text) -> O::Reply,
        make: impl FnOnce(&mut Self) -> Result<O::Reply, ApiError>,
    ) -> Result<O::Reply, ApiError> {
        let Some(token) = token else { return make(self) };
        checks::client_token(&token)?;
        let user = &context.caller.user;
        if let Some(made) = self.replays.find(user, O::ROW, &token) {
            return Ok(id(made.clone()));
        }
        let made = make(self)?;
        self.replays.remember(user, O::ROW, &token, made.as_ref());
        Ok(made)
    }
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
        SessionFile::Added(transfer) => SessionFileInfo {
            source_type: if transfer.is_pull() { SourceType::Pull } else { SourceType::Push },
            size: transfer.received.as_ref().map(|received| to_long(received.size)),
            checksum_info: transfer.file.declared_checksum.as_ref().map(ChecksumInfo::from),
            source_endpoint: transfer.file.source.clone(),
            upload_endpoint: transfer
                .file
                .link
                .as_ref()
                .map(|link| upload_endpoint(&context.origin, link, name)),
            bytes_transferred: to_long(transfer.bytes_at(context.now)),
            status: transfer.status.into(),
            error_message: transfer.error.clone(),
            ..info
        },
        // `Session::files` leaves these out.
        SessionFile::Removed => info,
    }
}

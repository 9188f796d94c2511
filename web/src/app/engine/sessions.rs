//! Update sessions: the calls on them, and the looks at them in between.

use std::rc::Rc;

use accession_client::ClientError;
use accession_core::model::{
    ItemId, SessionFileInfo, SessionId, SessionState, UpdateSessionModel, ValidationResult,
    WarningBehavior, WarningType,
};
use accession_core::operations::{
    ItemFileList, SessionFileList, SessionFileValidate, UpdateSessionCancel, UpdateSessionComplete,
    UpdateSessionCreate, UpdateSessionDelete, UpdateSessionFail, UpdateSessionGet,
    UpdateSessionKeepAlive, UpdateSessionUpdate,
};

use super::{Answer, Engine, Link};
use crate::format;
use crate::lab::{Action, Outcome, Pane, SessionCall, Verdict};

impl Engine {
    pub(super) async fn create_session(&self, link: &Link, item: ItemId) -> Option<SessionId> {
        let create_spec =
            UpdateSessionModel { library_item_id: Some(item), ..UpdateSessionModel::default() };
        let answer = self.call(link, UpdateSessionCreate { client_token: None, create_spec }).await;
        match &answer.result {
            Ok(id) => {
                self.dispatch.dispatch(Action::SessionOpened(link.epoch, id.clone()));
                self.dispatch.dispatch(Action::Showed(Pane::Session));
                let because =
                    "The item's files can now be changed; nobody sees it before complete.";
                self.succeeded(link, None, "create", because, &answer);
                self.refresh(link, id).await;
            }
            Err(error) => self.failed(link, None, "create", error, &answer),
        }
        answer.result.ok()
    }

    pub(super) async fn open_session(&self, link: &Link, id: SessionId) {
        self.dispatch.dispatch(Action::SessionOpened(link.epoch, id.clone()));
        self.dispatch.dispatch(Action::Showed(Pane::Session));
        let answer = self.call(link, UpdateSessionGet { update_session_id: id.clone() }).await;
        match &answer.result {
            Ok(model) => {
                let state = model.state.clone().unwrap_or_default();
                let because = format!("The server knows this session; it is {state}.");
                self.succeeded(link, Some(&id), "get", because, &answer);
            }
            Err(error) => self.failed(link, Some(&id), "get", error, &answer),
        }
        self.take_session(link, &id, answer.result).await;
    }

    /// Reads the session and its files again.
    pub(super) async fn refresh(&self, link: &Link, id: &SessionId) {
        let get = UpdateSessionGet { update_session_id: id.clone() };
        let result = self.call(link, get).await.result;
        self.take_session(link, id, result).await;
    }

    pub(super) async fn take_session(
        &self,
        link: &Link,
        id: &SessionId,
        result: Result<UpdateSessionModel, ClientError>,
    ) {
        let read = result.clone();
        self.dispatch.dispatch(Action::SessionRead(link.epoch, id.clone(), result));
        let Ok(model) = read else { return };
        self.load_files(link, id).await;
        let Some(item) = model.library_item_id else { return };
        if model.state == Some(SessionState::Done) {
            let list = ItemFileList { library_item_id: item.clone() };
            let files = self.call(link, list).await.result;
            self.dispatch.dispatch(Action::ItemFilesRead(link.epoch, id.clone(), files));
            self.read_item(link, item).await;
        } else if self.lab().is_some_and(|lab| {
            lab.session.as_ref().is_none_or(|session| session.id != *id || session.item.is_none())
        }) {
            self.read_item(link, item).await;
        }
    }

    pub(super) async fn load_files(&self, link: &Link, id: &SessionId) -> Vec<SessionFileInfo> {
        let list = SessionFileList { update_session_id: id.clone() };
        let result = self.call(link, list).await.result;
        let files = result.clone().unwrap_or_default();
        for file in &files {
            self.keep_link(id, file);
        }
        self.dispatch.dispatch(Action::FilesRead(link.epoch, id.clone(), result));
        files
    }

    pub(super) async fn session_call(
        &self,
        link: &Link,
        id: &SessionId,
        call: SessionCall,
        text: String,
    ) {
        let update_session_id = id.clone();
        let answer = match call {
            SessionCall::Validate => {
                let answer = self.call(link, SessionFileValidate { update_session_id }).await;
                self.report_validation(link, id, answer);
                return self.refresh(link, id).await;
            }
            SessionCall::KeepAlive => {
                let client_progress = self.progress_of(id);
                self.call(link, UpdateSessionKeepAlive { update_session_id, client_progress }).await
            }
            SessionCall::Complete => {
                self.call(link, UpdateSessionComplete { update_session_id }).await
            }
            SessionCall::Cancel => self.call(link, UpdateSessionCancel { update_session_id }).await,
            SessionCall::Fail => {
                let client_error_message = text;
                self.call(link, UpdateSessionFail { update_session_id, client_error_message }).await
            }
            SessionCall::Delete => self.call(link, UpdateSessionDelete { update_session_id }).await,
        };
        match &answer.result {
            Ok(()) => self.succeeded(link, Some(id), call.name(), call.effect(), &answer),
            Err(error) => self.failed(link, Some(id), call.name(), error, &answer),
        }
        self.refresh(link, id).await;
    }

    /// Adds a warning to those that are ignored; update replaces the whole list.
    pub(super) async fn ignore(&self, link: &Link, id: &SessionId, warning: WarningType) {
        let known = self.lab().and_then(|lab| {
            let session = lab.session.as_ref().filter(|session| session.id == *id)?;
            session.model.ready()?.warning_behavior.clone()
        });
        let mut behavior = known.unwrap_or_default();
        behavior.retain(|known| known.r#type != warning);
        behavior.push(WarningBehavior { r#type: warning, ignored: true });
        let update_spec = UpdateSessionModel {
            warning_behavior: Some(behavior),
            ..UpdateSessionModel::default()
        };
        let update = UpdateSessionUpdate { update_session_id: id.clone(), update_spec };
        let answer = self.call(link, update).await;
        match &answer.result {
            Ok(()) => {
                let because = "The session completes in spite of this warning.";
                self.succeeded(link, Some(id), "update", because, &answer);
            }
            Err(error) => self.failed(link, Some(id), "update", error, &answer),
        }
        self.refresh(link, id).await;
    }

    pub(super) fn report_validation(
        &self,
        link: &Link,
        id: &SessionId,
        answer: Answer<ValidationResult>,
    ) {
        let result = match &answer.result {
            Err(error) => return self.failed(link, Some(id), "validate", error, &answer),
            Ok(result) => result,
        };
        let mut outcome =
            Outcome::done("validate", answer.status(), "The server found nothing wrong.");
        let missing = result.missing_files.iter().map(|name| format!("{name} is missing."));
        let invalid = result
            .invalid_files
            .iter()
            .map(|file| format!("{}: {}", file.name, file.error_message.default_message));
        let found: Vec<String> = missing.chain(invalid).collect();
        if result.has_errors || !found.is_empty() {
            outcome.verdict = Verdict::Refused;
            outcome.said = "validate found errors.".to_owned();
            outcome.because = found;
        }
        self.came_to(link, Some(id), outcome.with_notes(answer.exchange.as_deref()));
    }

    /// The share of all bytes that this page has sent or is to send, in percent.
    pub(super) fn progress_of(&self, id: &SessionId) -> Option<i64> {
        let lab = self.lab()?;
        let session = lab.session.as_ref().filter(|session| session.id == *id)?;
        let (mut sent, mut total) = (0, 0);
        for file in session.files.ready()? {
            let size = session.declared(&file.name).and_then(|declared| declared.size);
            let arrived = format::size(file.bytes_transferred);
            let uploaded = lab.upload_of(&file.name).map_or(0, |upload| upload.progress.moved);
            sent += arrived.max(uploaded);
            total += size.unwrap_or(arrived).max(arrived);
        }
        (total > 0).then(|| i64::try_from(format::percent(sent, total)).unwrap_or(100))
    }

    /// While an upload runs, nothing else tells the server that the client is still there.
    pub(in crate::app) fn keep_alive(self: &Rc<Self>) {
        let (Some(link), Some(lab)) = (self.link.borrow().clone(), self.lab()) else { return };
        let Some(id) = lab.session.as_ref().map(|session| session.id.clone()) else { return };
        let client_progress = self.progress_of(&id);
        self.spawn(|engine| async move {
            let update_session_id = id.clone();
            let operation = UpdateSessionKeepAlive { update_session_id, client_progress };
            let answer = engine.call(&link, operation).await;
            if let Err(error) = &answer.result {
                engine.failed(&link, Some(&id), "automatic keep_alive", error, &answer);
            }
        });
    }

    /// Reads the session on screen again, quietly.
    pub(in crate::app) fn poll(self: &Rc<Self>) {
        let (Some(link), Some(lab)) = (self.link.borrow().clone(), self.lab()) else { return };
        let Some(id) = lab.session.as_ref().map(|session| session.id.clone()) else { return };
        if self.polling.replace(true) {
            return;
        }
        self.spawn(|engine| async move {
            let get = UpdateSessionGet { update_session_id: id.clone() };
            let result = link.client.call(&get).await;
            engine.take_session(&link, &id, result).await;
            engine.polling.set(false);
        });
    }
}

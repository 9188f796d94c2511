//! Update sessions: the calls on them, and the looks at them in between.

use std::rc::Rc;

use accession_client::{ClientError, Exchange};
use accession_core::model::{
    ItemId, SessionFileInfo, SessionId, SessionState, UpdateSessionModel, ValidationResult,
    WarningBehavior, WarningType,
};
use accession_core::operations::{
    ItemFileList, SessionFileList, SessionFileValidate, UpdateSessionCreate, UpdateSessionFail,
    UpdateSessionGet, UpdateSessionKeepAlive, UpdateSessionUpdate,
};

use super::{Answer, Engine, Link};
use crate::format;
use crate::lab::{Action, Outcome, SessionCall, Verdict};
use crate::words::{Said, say, word};

impl Engine {
    pub(super) async fn create_session(&self, link: &Link, item: ItemId) -> Option<SessionId> {
        let create_spec =
            UpdateSessionModel { library_item_id: Some(item), ..UpdateSessionModel::default() };
        let answer = self.call(link, UpdateSessionCreate { client_token: None, create_spec }).await;
        self.tell(link, None, "create", &answer, |_| {
            "The item's files can now be changed; nobody sees it before complete.".to_owned()
        });
        let id = answer.result.ok()?;
        self.dispatch.emit(Action::SessionOpened(link.epoch, id.clone()));
        self.refresh(link, &id).await;
        Some(id)
    }

    pub(super) async fn open_session(&self, link: &Link, id: SessionId) {
        self.dispatch.emit(Action::SessionOpened(link.epoch, id.clone()));
        let answer = self.call(link, UpdateSessionGet { update_session_id: id.clone() }).await;
        self.tell(link, Some(&id), "get", &answer, |model| {
            let state = model.state.clone().unwrap_or_default();
            say("The server knows this session; it is {0}.", &[state.as_str()])
        });
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
        let model = result.as_ref().ok();
        let is_done = model.is_some_and(|model| model.state == Some(SessionState::Done));
        let item = model.map(|model| model.library_item_id.clone());
        self.dispatch.emit(Action::SessionRead(link.epoch, id.clone(), result));
        let Some(item) = item else { return };
        self.load_files(link, id).await;
        let Some(item) = item else { return };
        if is_done {
            let list = ItemFileList { library_item_id: item.clone() };
            let files = self.call(link, list).await.result;
            self.dispatch.emit(Action::ItemFilesRead(link.epoch, id.clone(), files));
            self.read_item(link, item).await;
        } else if self.lab().session.as_ref().is_none_or(|session| {
            // Its item was not read yet.
            session.id != *id || session.item.is_none()
        }) {
            self.read_item(link, item).await;
        }
    }

    pub(super) async fn load_files(&self, link: &Link, id: &SessionId) -> Vec<SessionFileInfo> {
        let list = SessionFileList { update_session_id: id.clone() };
        let result = self.call(link, list).await.result;
        let files = result.as_ref().cloned().unwrap_or_default();
        for file in &files {
            self.keep_link(id, &file.name, file);
        }
        self.dispatch.emit(Action::FilesRead(link.epoch, id.clone(), result));
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
        let operation = match call {
            SessionCall::Validate => {
                let answer = self.call(link, SessionFileValidate { update_session_id }).await;
                self.report_validation(link, id, answer);
                return self.refresh(link, id).await;
            }
            SessionCall::KeepAlive => {
                let client_progress = self.progress_of(id);
                UpdateSessionKeepAlive { update_session_id, client_progress }.into()
            }
            SessionCall::Fail => {
                UpdateSessionFail { update_session_id, client_error_message: text }.into()
            }
            SessionCall::Complete | SessionCall::Cancel | SessionCall::Delete => call.on(id),
        };
        let answer = self.ask::<()>(link, operation).await;
        self.tell(link, Some(id), call.name(), &answer, |()| call.effect().to_owned());
        self.refresh(link, id).await;
    }

    /// Adds a warning to those that are ignored; update replaces the whole list.
    pub(super) async fn ignore(&self, link: &Link, id: &SessionId, warning: WarningType) {
        let lab = self.lab();
        let session = lab.session.as_ref().filter(|session| session.id == *id);
        let known = session.and_then(|session| session.model.ready());
        let known = known.and_then(|model| model.warning_behavior.clone());
        let mut behavior = known.unwrap_or_default();
        behavior.retain(|known| known.r#type != warning);
        behavior.push(WarningBehavior { r#type: warning, ignored: true });
        let update_spec = UpdateSessionModel {
            warning_behavior: Some(behavior),
            ..UpdateSessionModel::default()
        };
        let update = UpdateSessionUpdate { update_session_id: id.clone(), update_spec };
        let answer = self.call(link, update).await;
        self.tell(link, Some(id), "update", &answer, |()| {
            "The session completes in spite of this warning.".to_owned()
        });
        self.refresh(link, id).await;
    }

    pub(super) fn report_validation(
        &self,
        link: &Link,
        id: &SessionId,
        answer: Answer<ValidationResult>,
    ) {
        let result = match &answer.result {
            Err(error) => {
                return self.failed(link, Some(id), "validate", error, answer.exchange());
            }
            Ok(result) => result,
        };
        let status = answer.exchange().and_then(Exchange::status);
        let mut outcome = Outcome::done("validate", status, "The server found nothing wrong.");
        let missing = result.missing_files.iter().map(|name| say("{0} is missing.", &[name]));
        let invalid = result
            .invalid_files
            .iter()
            .map(|file| say("{0}: {1}", &[&file.name, &file.error_message.default_message]));
        let found: Vec<Said> = missing.chain(invalid).map(Said::from).collect();
        if result.has_errors || !found.is_empty() {
            outcome.verdict = Verdict::Refused;
            outcome.said = word("validate found errors.");
            outcome.because = found;
        }
        self.came_to(link, Some(id), outcome.with_notes(answer.exchange()));
    }

    /// The share of all bytes that this page has sent or is to send, in percent.
    pub(super) fn progress_of(&self, id: &SessionId) -> Option<i64> {
        let lab = self.lab();
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

    /// The session on screen, and where calls on it go.
    pub(super) fn on_screen(&self) -> Option<(Link, SessionId)> {
        let link = self.link.borrow().clone()?;
        Some((link, self.lab().session.as_ref()?.id.clone()))
    }

    /// While an upload runs, nothing else tells the server that the client is still there.
    pub(in crate::app) fn keep_alive(self: &Rc<Self>) {
        let Some((link, id)) = self.on_screen() else { return };
        let client_progress = self.progress_of(&id);
        self.spawn(|engine| async move {
            let update_session_id = id.clone();
            let operation = UpdateSessionKeepAlive { update_session_id, client_progress };
            let answer = engine.call(&link, operation).await;
            if let Err(error) = &answer.result {
                engine.failed(&link, Some(&id), "automatic keep_alive", error, answer.exchange());
            }
        });
    }

    /// Reads the session on screen again, quietly.
    pub(in crate::app) fn poll(self: &Rc<Self>) {
        let Some((link, id)) = self.on_screen() else { return };
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

//! Calls that were built: they are sent as they are, and what they may have changed is read again.

use std::rc::Rc;

use accession_core::model::{ItemId, LibraryId, SessionId};
use accession_core::operations::{
    LoginDelete, Operation, Row, SessionFileValidate, UpdateSessionCreate, UpdateSessionList,
};
use accession_core::reading;
use serde_json::{Map, Value};

use super::{Answer, Engine, Link};
use crate::app::command::Command;
use crate::lab::builder::{Built, Edit};
use crate::lab::{Action, Connection};

impl Engine {
    pub(super) async fn send(self: &Rc<Self>, link: &Link, built: Built) {
        self.dispatch.emit(Action::Built(Edit::Sent));
        let session = text(&built.parameters, "update_session_id").map(SessionId::new);
        let id = self.sent(link, built.row.name);
        let result = link.client.call_row(built.row, built.parameters.clone()).await;
        let answer = Answer { result, exchange: self.returned(link, id) };
        self.take(link, built, session.as_ref(), answer);
        let on_screen = self.lab().session.as_ref().map(|session| session.id.clone());
        if session.is_some() && session == on_screen {
            self.perform(Command::Refresh);
        }
    }

    /// Takes what the page shows out of an answer, and reads again what the call may have changed.
    fn take(
        self: &Rc<Self>,
        link: &Link,
        built: Built,
        session: Option<&SessionId>,
        answer: Answer<Value>,
    ) {
        let Built { row, parameters, name, effect } = built;
        let value = match &answer.result {
            Ok(value) => value,
            Err(error) => return self.failed(link, None, &name, error, answer.exchange.as_deref()),
        };
        self.succeeded(link, None, &name, effect, answer.exchange.as_deref());
        if row == LoginDelete::ROW {
            self.logged_out(link);
        } else if row == UpdateSessionCreate::ROW {
            let Some(id) = value.as_str().map(SessionId::new) else { return };
            self.dispatch.emit(Action::SessionOpened(link.epoch, id.clone()));
            self.refresh_soon(link.clone(), id);
        } else if row == UpdateSessionList::ROW {
            let ids = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            let ids = ids.map(SessionId::new).collect();
            self.dispatch.emit(Action::SessionsMet(link.epoch, ids));
        } else if row == SessionFileValidate::ROW {
            if let (Some(session), Ok(read)) = (session, reading::read(value)) {
                let exchange = answer.exchange.clone();
                self.report_validation(link, session, Answer { result: Ok(read.value), exchange });
            }
        } else if row.changes() {
            self.look_at_shelves(row, &parameters);
        }
    }

    /// Reads libraries or items again.
    fn look_at_shelves(self: &Rc<Self>, row: &Row, parameters: &Map<String, Value>) {
        // What names a session is not about them.
        if row.opens_login() || row.parameters.contains(&"update_session_id") {
            return;
        }
        let lab = self.lab();
        let deletes = |name| text(parameters, name).filter(|_| row.name.ends_with("delete"));
        if row.service.starts_with("com.vmware.content.library.item") {
            if deletes("library_item_id") == lab.item.as_ref().map(ItemId::as_str) {
                self.dispatch.emit(Action::ItemChosen(None));
            }
            self.perform(Command::ChooseLibrary(lab.library.clone()));
        } else {
            if deletes("library_id") == lab.library.as_ref().map(LibraryId::as_str) {
                self.dispatch.emit(Action::LibraryChosen(None));
            }
            self.perform(Command::LoadLibraries);
        }
    }

    /// The token is worth nothing any more.
    fn logged_out(self: &Rc<Self>, link: &Link) {
        link.client.forget();
        let is_live = self.lab().target.is_live();
        if is_live && link.epoch == self.epoch.get() {
            self.leave(link.client.origin(), link.client.dialect());
        } else {
            self.connected(link, Connection::Closed);
        }
    }
}

fn text<'a>(parameters: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    parameters.get(name)?.as_str()
}

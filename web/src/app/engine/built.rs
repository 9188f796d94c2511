//! Calls that were built: they are sent as they are, and what they may have changed is read again.

use std::rc::Rc;

use accession_core::model::{ItemId, LibraryId, SessionId};
use accession_core::operations::{
    Call, LoginDelete, Operation, Row, SessionFileValidate, UpdateSessionCreate, UpdateSessionList,
};
use accession_core::reading;
use accession_core::rules;
use accession_core::structure::Plain;
use serde_json::{Map, Value};

use super::{Answer, Engine, Link, SIMULATED_USER};
use crate::lab::builder::{self, Edit, Phase};
use crate::lab::{Action, Connection, Foresight, Pane, SessionCall};

impl Engine {
    /// What is to be expected of a call now. The simulator tells by its own rules; of a server only
    /// what is on screen is known.
    pub(in crate::app) fn foresee(&self, call: &Call) -> Foresight {
        let Some(lab) = self.lab() else { return Foresight::Unknown };
        if call.row().opens_login() {
            let because = "no user and no password go with it from here".to_owned();
            return Foresight::Refused { because, rule: rules::CREDENTIALS };
        }
        if lab.target.is_live() {
            let named = text(&call.parameters(&Plain), "update_session_id").map(SessionId::new);
            let session =
                lab.session.as_ref().filter(|session| Some(&session.id) == named.as_ref());
            let button = SessionCall::ALL.into_iter().find(|button| button.is_of(call.row()));
            let foreseen = button.zip(session).map(|(button, session)| button.foresee(session));
            return foreseen.unwrap_or(Foresight::Unknown);
        }
        if !lab.is_connected() {
            let because = "there is no API login".to_owned();
            return Foresight::Refused { because, rule: rules::LOGIN_REQUIRED };
        }
        let simulator = self.simulator.borrow().clone();
        let unmet = simulator.as_ref().and_then(|simulator| {
            // While it answers another call, nothing is told of the next.
            let simulator = simulator.try_borrow().ok()?;
            Some(simulator.why_not(call, SIMULATED_USER))
        });
        match unmet.map(|unmet| unmet.into_iter().next()) {
            None => Foresight::Unknown,
            Some(None) => Foresight::Fine,
            Some(Some(unmet)) => Foresight::Refused { because: unmet.why, rule: unmet.rule },
        }
    }

    pub(super) async fn send(
        self: &Rc<Self>,
        link: &Link,
        row: &'static Row,
        parameters: Map<String, Value>,
    ) {
        self.dispatch.dispatch(Action::Built(Edit::Sent));
        let calling = link.client.call_row(row, parameters.clone());
        let Answer { result, exchange } = self.await_answer(link, row, calling).await;
        let (name, session) = (builder::name_of(row), text(&parameters, "update_session_id"));
        let session = session.map(SessionId::new);
        match result {
            Err(error) => {
                let answer = Answer { result: Err::<(), _>(error.clone()), exchange };
                self.failed(link, None, &name, &error, &answer);
            }
            Ok(value) => {
                let answer = Answer { result: Ok(()), exchange };
                self.succeeded(link, None, &name, row.doc, &answer);
                if row == LoginDelete::ROW {
                    return self.logged_out(link);
                }
                if let (true, Some(session)) = (row == SessionFileValidate::ROW, &session)
                    && let Ok(read) = reading::read(&value)
                {
                    let answer = Answer { result: Ok(read.value), exchange: answer.exchange };
                    self.report_validation(link, session, answer);
                }
                self.take_result(link, row, &value).await;
                if row.changes() {
                    self.look_at_shelves(link, row, &parameters).await;
                }
            }
        }
        let on_screen = self.lab().and_then(|lab| Some(lab.session.as_ref()?.id.clone()));
        if let Some(id) = session.filter(|id| Some(id) == on_screen.as_ref()) {
            self.refresh(link, &id).await;
        }
    }

    /// Takes what the page shows out of a result.
    async fn take_result(&self, link: &Link, row: &Row, value: &Value) {
        if row == UpdateSessionCreate::ROW
            && let Some(id) = value.as_str().map(SessionId::new)
        {
            self.dispatch.dispatch(Action::SessionOpened(link.epoch, id.clone()));
            self.dispatch.dispatch(Action::Showed(Pane::Session));
            self.refresh(link, &id).await;
        }
        if row == UpdateSessionList::ROW {
            let ids = value.as_array().into_iter().flatten();
            let ids = ids.filter_map(Value::as_str).map(SessionId::new).collect();
            self.dispatch.dispatch(Action::SessionsMet(link.epoch, ids));
        }
    }

    /// Reads libraries or items again, where a call may have changed them.
    async fn look_at_shelves(&self, link: &Link, row: &Row, parameters: &Map<String, Value>) {
        let Some(lab) = self.lab() else { return };
        let deletes = row.name.ends_with("delete");
        match Phase::of(row) {
            Phase::Libraries => {
                let named = text(parameters, "library_id").map(LibraryId::new);
                if deletes && named == lab.library {
                    self.dispatch.dispatch(Action::LibraryChosen(None));
                }
                self.load_libraries(link).await;
            }
            Phase::Items => {
                let named = text(parameters, "library_item_id").map(ItemId::new);
                if deletes && named == lab.item {
                    self.dispatch.dispatch(Action::ItemChosen(None));
                }
                if let Some(library) = lab.library.clone() {
                    self.load_items(link, library).await;
                }
            }
            _ => {}
        }
    }

    /// The token is worth nothing any more.
    fn logged_out(self: &Rc<Self>, link: &Link) {
        link.client.forget();
        let is_live = self.lab().is_some_and(|lab| lab.target.is_live());
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

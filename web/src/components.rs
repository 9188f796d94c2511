//! The parts of the screen, one file each. They show a `Lab` and pass on commands; none of them
//! reaches for a window, a document or a clock.
//!
//! All are plain functions that build elements (`element.rs`). What is entered and not sent yet is
//! remembered by one component for every form (`form.rs`), and so is the wire log, which is not drawn anew
//! at each tick of the clock.

mod add_files;
mod announcements;
mod borders;
mod call_builder;
mod calls;
mod code_pane;
mod confirm_dialog;
mod connection;
mod desk;
mod diagram;
mod element;
mod explain_pane;
mod field;
mod files;
mod footer;
mod form;
mod guide_pane;
mod header;
mod icon;
mod item_files;
mod loading;
mod log_entry;
mod machine_table;
mod package_pane;
mod package_report;
mod pictures;
mod preview;
mod session_pane;
mod state;
mod timeline;
mod wire_log;

use std::rc::Rc;

use accession_core::operations::Call;
use serde_json::Value;
use web_sys::Event;
use yew::{AttrValue, Callback};

pub(crate) use announcements::announcements;
pub(crate) use borders::{EXPLAIN, GUIDE, LOG, border};
pub(crate) use code_pane::code_pane;
pub(crate) use confirm_dialog::{confirm_dialog, set_open};
pub(crate) use desk::sheet;
pub(crate) use element::el;
pub(crate) use explain_pane::explain_pane;
pub(crate) use footer::footer;
pub(crate) use form::wire_log;
pub(crate) use guide_pane::guide_pane;
pub(crate) use header::{header, tabs};
pub(crate) use package_pane::package_pane;
pub(crate) use session_pane::session_pane;

use crate::app::command::Command;
use crate::lab::{Foresight, Lab, Scene};

/// What most parts of the screen need.
#[derive(Clone)]
pub(crate) struct PartProps {
    /// What is shown: the page, with the session as it was after the entry that is selected.
    pub(crate) lab: Rc<Lab>,
    /// The same session, and what the rules say of it.
    pub(crate) scene: Rc<Scene>,
    /// Where commands go.
    pub(crate) act: Callback<Command>,
    /// Tells what is to be expected of a call.
    pub(crate) foresee: Callback<Call, Foresight>,
    /// Draws a sheet, by its name, as soon as it can be, from what was entered there.
    pub(crate) draw: Callback<(&'static str, Value), Value>,
    /// Draws a picture from what is told in JSON, as soon as the scribe is there.
    pub(crate) paint: fn(&str) -> Option<String>,
    /// Begins the ids of this instance's elements.
    pub(crate) prefix: AttrValue,
}

impl PartProps {
    /// The id of an element.
    pub(crate) fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// A callback that issues the same command each time.
    pub(crate) fn on<E: 'static>(&self, command: impl Fn() -> Command + 'static) -> Callback<E> {
        let act = self.act.clone();
        Callback::from(move |_| act.emit(command()))
    }

    /// A callback that issues what its event asks for.
    fn on_event(&self, command: fn(&Event) -> Command) -> Callback<Event> {
        let act = self.act.clone();
        Callback::from(move |event| act.emit(command(&event)))
    }
}

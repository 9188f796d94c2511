//! Runs on their way out of the page and into it. What their texts hold, the scribe knows.

use std::rc::Rc;

use accession_core::reading;
use serde_json::Value;

use super::Engine;
use crate::app::command::Command;
use crate::lab::{Action, Lab, Opened, Replica, Scene};
use crate::words::Said;

impl Engine {
    /// Lets the run leave the page in this form, or lets one come in.
    pub(super) fn pass(self: &Rc<Self>, lab: &Lab, how: &str) {
        let mut told = lab.clone();
        if how == "fork" {
            // It begins from what is shown.
            told.session = Scene::of(lab, &mut Replica::default()).session;
        }
        let passed = (self.host.pass)(how, &told.record().to_string());
        self.spawn(|engine| async move {
            match passed.await {
                Ok(text) => engine.passed(&reading::parse(&text).unwrap_or_default()),
                Err(why) => engine.said(Said::from(&*why)),
            }
        });
    }

    fn passed(self: &Rc<Self>, answer: &Value) {
        let lab = self.lab();
        if let Some(link) = answer["copy"].as_str() {
            self.perform(Command::Copy(link.to_owned()));
        }
        if let Some(opened) = Opened::read(&answer["found"]) {
            self.dispatch.emit(Action::SheetOpened(None));
            return self.open(&lab, opened);
        }
        if !answer["said"].is_null() {
            self.said(Said::read(&answer["said"]));
        }
    }

    fn said(self: &Rc<Self>, said: Said) {
        // What came with the address finds no sheet open.
        if self.lab().view.sheet.is_none() {
            self.perform(Command::Open("run".to_owned()));
        }
        self.dispatch.emit(Action::Said(said));
    }
}

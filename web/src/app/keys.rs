//! What keys do, wherever on the page they are pressed. Those of the timeline are its own.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, KeyboardEvent};

use super::command::Command;
use super::engine::Engine;
use crate::lab::{Action, Lab, Pane, Travel};

/// A key, with all that matters of it.
#[derive(Clone, Copy, Default)]
struct Key<'a> {
    /// What it writes, or its name.
    word: &'a str,
    /// Whether Ctrl or ⌘ is held.
    ctrl: bool,
    /// Whether Shift is held.
    shift: bool,
    /// Whether it is pressed in a field, which has keys of its own.
    typed: bool,
    /// Whether the key before it was `g`.
    going: bool,
}

/// What a key asks for.
enum Meaning {
    Nothing,
    /// The next key says where to go.
    Go,
    Do(Command),
}

impl Engine {
    /// Does what a key asks for.
    pub(super) fn press(self: &Rc<Self>, event: &Event) {
        let Some(pressed) = event.dyn_ref::<KeyboardEvent>() else { return };
        let lab = self.lab();
        let going = self.going.take();
        if pressed.alt_key() {
            return;
        }
        let key = Key {
            word: &pressed.key(),
            ctrl: pressed.ctrl_key() || pressed.meta_key(),
            shift: pressed.shift_key(),
            typed: is_typed(event),
            going,
        };
        match meaning(&lab, key) {
            Meaning::Nothing => {}
            Meaning::Go => self.going.set(true),
            Meaning::Do(command) => {
                event.prevent_default();
                self.perform(command);
            }
        }
    }
}

fn meaning(lab: &Lab, key: Key<'_>) -> Meaning {
    let view = &lab.view;
    // What lies on top has keys of its own.
    if lab.question.is_some() || view.sheet.is_some() {
        return Meaning::Nothing;
    }
    let open = |sheet: &str| Meaning::Do(Command::Open(sheet.to_owned()));
    let simulated = !lab.target.is_live();
    let action = match (key.word, key.ctrl) {
        ("Escape", false) if view.pane != Pane::Session && !view.narrow => {
            Action::Went(Pane::Session, view.pane.tab())
        }
        ("k" | "K", true) => return open("commands"),
        _ if key.typed => return Meaning::Nothing,
        ("z" | "Z", true) if simulated => {
            let travel = if key.shift { Travel::Redo } else { Travel::Undo };
            return Meaning::Do(Command::Travel(travel));
        }
        _ if key.ctrl || !view.keys => return Meaning::Nothing,
        ("s", _) if key.going => Action::Went(Pane::Session, Pane::Session.name()),
        ("l", _) if key.going => Action::Went(Pane::Log, "log-lines"),
        ("e", _) if key.going => Action::Went(Pane::Explain, Pane::Explain.name()),
        ("d", _) if key.going => Action::Went(Pane::Session, "picture"),
        ("g", _) => return Meaning::Go,
        ("?", _) => return open("keys"),
        ("c", _) => match lab.written() {
            Some(Ok(text)) => return Meaning::Do(Command::Copy(text.clone())),
            // What is not there yet is opened first.
            _ => Action::CodeOpened(true),
        },
        _ => return Meaning::Nothing,
    };
    Meaning::Do(Command::just(action))
}

/// Whether a key is typed into a field.
fn is_typed(event: &Event) -> bool {
    let types = |element: &Element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            && element.get_attribute("type").is_none_or(|kind| kind != "range")
    };
    // The innermost element, also inside a shadow root.
    let origin = event.composed_path().get(0);
    origin.dyn_ref::<Element>().is_some_and(types)
}

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

#[cfg(test)]
mod tests {
    use accession_core::dialect::Dialect;
    use accession_core::time::Timestamp;

    use super::*;
    use crate::lab::{Target, reduce};

    fn lab(actions: impl IntoIterator<Item = Action>) -> Lab {
        let lab = Lab::new("https://page.example", 7, Timestamp::from_millis(0));
        actions.into_iter().fold(lab, reduce)
    }

    /// What the page looks like after a key, or nothing if the key asks for nothing.
    fn after(lab: &Lab, key: Key<'_>) -> Option<Lab> {
        match meaning(lab, key) {
            Meaning::Do(Command::Just(action)) => Some(reduce(lab.clone(), *action)),
            Meaning::Nothing => None,
            Meaning::Do(_) | Meaning::Go => panic!("{} does something else", key.word),
        }
    }

    fn key(word: &str) -> Key<'_> {
        Key { word, ..Key::default() }
    }

    #[test]
    fn two_keys_go_to_a_pane() {
        let lab = lab([Action::LogOpened(false)]);
        assert!(matches!(meaning(&lab, key("g")), Meaning::Go));
        for (word, pane, goal) in [
            ("s", Pane::Session, "session"),
            ("l", Pane::Log, "log-lines"),
            ("e", Pane::Explain, "explain"),
            ("d", Pane::Session, "picture"),
        ] {
            let there = after(&lab, Key { going: true, ..key(word) }).unwrap().view;
            assert_eq!((there.pane, there.goal, there.turns), (pane, goal, 1));
            assert_eq!(there.log_open, pane == Pane::Log);
            assert!(after(&lab, key(word)).is_none(), "{word} alone is nothing");
        }
        assert!(after(&lab, Key { going: true, ..key("x") }).is_none());
    }

    #[test]
    fn single_keys_are_silent_in_fields_and_when_they_are_off() {
        let off = lab([Action::Looked("keys-off".to_owned())]);
        for word in ["g", "c", "?"] {
            assert!(!matches!(meaning(&lab([]), key(word)), Meaning::Nothing), "{word}");
            let typed = Key { typed: true, ..key(word) };
            assert!(matches!(meaning(&lab([]), typed), Meaning::Nothing), "{word} in a field");
            assert!(matches!(meaning(&off, key(word)), Meaning::Nothing), "{word}, off");
        }
        let find = Key { ctrl: true, typed: true, ..key("k") };
        assert!(matches!(meaning(&off, find), Meaning::Do(Command::Open(_))));
    }

    #[test]
    fn time_is_travelled_where_it_can_be() {
        let undo = Key { ctrl: true, ..key("z") };
        let redo = Key { shift: true, ctrl: true, ..key("Z") };
        assert!(matches!(meaning(&lab([]), undo), Meaning::Do(Command::Travel(Travel::Undo))));
        assert!(matches!(meaning(&lab([]), redo), Meaning::Do(Command::Travel(Travel::Redo))));
        assert!(matches!(meaning(&lab([]), Key { typed: true, ..undo }), Meaning::Nothing));
        let origin = "https://vc.example".to_owned();
        let live = lab([Action::Targeted(Target::Live { origin }, Dialect::default())]);
        assert!(matches!(meaning(&live, undo), Meaning::Nothing));
    }

    #[test]
    fn escape_closes_a_drawer_and_goes_back_to_its_button() {
        let open = lab([Action::Went(Pane::Guide, "guide")]);
        let closed = after(&open, Key { typed: true, ..key("Escape") }).unwrap().view;
        assert_eq!((closed.pane, closed.goal), (Pane::Session, "tab-guide"));
        assert!(after(&lab([]), key("Escape")).is_none());
        let narrow = lab([Action::Narrowed(true), Action::Went(Pane::Guide, "guide")]);
        assert!(after(&narrow, key("Escape")).is_none(), "no drawer, but a page");
    }

    #[test]
    fn what_lies_on_top_has_keys_of_its_own() {
        let covered = lab([Action::SheetOpened(Some("keys".to_owned()))]);
        for word in ["Escape", "g", "?"] {
            assert!(matches!(meaning(&covered, key(word)), Meaning::Nothing));
        }
    }
}

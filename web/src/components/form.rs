//! What is entered into a form and not sent yet: one component that remembers it for every form.
//! It does not know what a form is about.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use web_sys::{Event, File};
use yew::prelude::*;

use super::PartProps;
use super::element::El;
use super::field::entered;
use crate::app::command::Command;

/// How a form is drawn. It stays the same as long as the form is on the page.
pub(crate) type Draw = fn(&Form<'_>) -> El;

/// What a form makes of an event, perhaps a command.
pub(crate) type React = fn(&mut Entries, &PartProps, &Event) -> Option<Command>;

/// Places a form. The name tells it from another one that stood at the same place.
pub(crate) fn form(name: &'static str, part: &PartProps, draw: Draw) -> Html {
    html! { <Memory key={name} part={part.clone()} {draw} /> }
}

/// What is entered into a form.
#[derive(Default)]
pub(crate) struct Entries {
    /// By name. They are a handful, and a map would cost more than it saves.
    texts: Vec<(&'static str, String)>,
    /// The files that are picked.
    pub(crate) files: Vec<File>,
    /// The element of which more is needed than what is entered into it.
    pub(crate) node: NodeRef,
}

impl Entries {
    /// What was entered by this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// The same, or else what stands there from the beginning.
    pub(crate) fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.get(name).unwrap_or(otherwise)
    }

    /// All of it, by name.
    pub(crate) fn all(&self) -> Value {
        self.texts.iter().map(|(name, text)| (*name, text.as_str())).collect()
    }

    /// Enters a text.
    pub(crate) fn set(&mut self, name: &'static str, text: &str) {
        self.texts.retain(|(known, _)| *known != name);
        self.texts.push((name, text.to_owned()));
    }
}

/// A form that is being drawn.
pub(crate) struct Form<'a> {
    /// What it stands in.
    pub(crate) part: &'a PartProps,
    /// What is entered into it.
    pub(crate) entries: &'a Entries,
    memory: &'a Memory,
    context: &'a Context<Memory>,
}

impl Form<'_> {
    /// What was entered by this name, or else what stands there from the beginning.
    pub(crate) fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.entries.text(name, otherwise)
    }

    /// Keeps what is entered into an element, by this name.
    pub(crate) fn keep(&self, name: &'static str) -> Callback<Event> {
        let entries = self.memory.entries.clone();
        self.context.link().callback(move |event: Event| {
            entries.borrow_mut().set(name, &entered(&event));
        })
    }

    /// Reacts to an event, in place of the browser.
    pub(crate) fn on(&self, react: React) -> Callback<Event> {
        let (entries, part) = (self.memory.entries.clone(), self.part.clone());
        self.context.link().callback(move |event: Event| {
            event.prevent_default();
            let command = react(&mut entries.borrow_mut(), &part, &event);
            if let Some(command) = command {
                part.act.emit(command);
            }
        })
    }
}

/// Remembers what is entered into a form, and draws it anew when that changes.
struct Memory {
    entries: Rc<RefCell<Entries>>,
}

#[derive(Properties)]
struct MemoryProps {
    part: PartProps,
    draw: Draw,
}

impl PartialEq for MemoryProps {
    /// The page is drawn because something in it has changed, so that looking for it would be in vain.
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Component for Memory {
    type Message = ();
    type Properties = MemoryProps;

    fn create(_: &Context<Self>) -> Self {
        Self { entries: Rc::default() }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let MemoryProps { part, draw } = context.props();
        draw(&Form { part, entries: &self.entries.borrow(), memory: self, context }).into()
    }
}

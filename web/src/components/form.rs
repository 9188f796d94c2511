//! What is entered into a form and not sent yet: one component that remembers it for every form, and
//! for the wire log where it is scrolled to. It does not know what a form is about.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use web_sys::{Event, File};
use yew::prelude::*;

use super::PartProps;
use super::element::El;
use super::field::entered;
use super::wire_log::WireLog;
use crate::app::command::Command;

/// How a form is drawn. It stays the same as long as the form is on the page.
pub(crate) type Draw = fn(&Form<'_>) -> El;

/// What a form makes of an event, perhaps a command.
pub(crate) type React = fn(&mut Entries, &PartProps, &Event) -> Option<Command>;

/// Places a form. The name tells it from another one that stood at the same place.
pub(crate) fn form(name: &'static str, part: &PartProps, draw: Draw) -> Html {
    memory(name, part, Some(draw))
}

/// Places the wire log.
pub(crate) fn wire_log(part: &PartProps) -> Html {
    memory("log", part, None)
}

fn memory(name: &'static str, part: &PartProps, draw: Option<Draw>) -> Html {
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
    shared: &'a Rc<RefCell<Entries>>,
    context: &'a Context<Memory>,
}

impl Form<'_> {
    /// What was entered by this name, or else what stands there from the beginning.
    pub(crate) fn text<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.entries.text(name, otherwise)
    }

    /// Keeps what is entered into an element, by this name.
    pub(crate) fn keep(&self, name: &'static str) -> Callback<Event> {
        let entries = self.shared.clone();
        self.context.link().callback(move |event: Event| {
            entries.borrow_mut().set(name, &entered(&event));
            None
        })
    }

    /// Reacts to an event, in place of the browser.
    pub(crate) fn on(&self, react: React) -> Callback<Event> {
        let (entries, part) = (self.shared.clone(), self.part.clone());
        self.context.link().callback(move |event: Event| {
            event.prevent_default();
            let command = react(&mut entries.borrow_mut(), &part, &event);
            if let Some(command) = command {
                part.act.emit(command);
            }
            None
        })
    }
}

/// Remembers something, and draws it anew when that changes.
enum Memory {
    /// What is entered into a form.
    Form(Rc<RefCell<Entries>>, Draw),
    /// The wire log.
    Log(Box<WireLog>),
}

#[derive(Properties)]
struct MemoryProps {
    part: PartProps,
    /// How the form is drawn; there is none for the wire log.
    draw: Option<Draw>,
}

impl PartialEq for MemoryProps {
    /// The page is drawn because something in it has changed, so that looking for it would be in vain.
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Component for Memory {
    /// What was done to the wire log; nothing, when it is to be drawn anew in any case.
    type Message = Option<Event>;
    type Properties = MemoryProps;

    fn create(context: &Context<Self>) -> Self {
        let MemoryProps { part, draw } = context.props();
        match draw {
            Some(draw) => Self::Form(Rc::default(), *draw),
            None => Self::Log(Box::new(WireLog::new(part))),
        }
    }

    fn changed(&mut self, context: &Context<Self>, old: &MemoryProps) -> bool {
        match self {
            Self::Form(..) => true,
            Self::Log(log) => log.changed(&context.props().part, &old.part),
        }
    }

    fn update(&mut self, context: &Context<Self>, event: Option<Event>) -> bool {
        match (self, event) {
            (Self::Log(log), Some(event)) => log.react(&context.props().part, &event),
            _ => true,
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let part = &context.props().part;
        match self {
            Self::Form(shared, draw) => {
                draw(&Form { part, entries: &shared.borrow(), shared, context }).into()
            }
            Self::Log(log) => log.draw(part, &context.link().callback(Some)).into(),
        }
    }

    fn rendered(&mut self, context: &Context<Self>, _: bool) {
        if let Self::Log(log) = self
            && log.is_drawn()
        {
            context.link().send_message(None);
        }
    }
}

//! Elements, built by plain calls, top down: `el("p.acc-hint").text("No files yet.")`.
//!
//! `html!` unfolds into the code that builds an element wherever it stands. Here that code exists
//! once, and each call in a view is a few bytes of the page's wasm. It knows nothing of what is shown.
//!
//! What an element says is looked up (`words.rs`) unless it is `exact`; it is written in English.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Event;
use yew::prelude::*;
use yew::virtual_dom::{
    AttributeOrProperty, Attributes, Key, Listener, ListenerKind, VList, VNode, VTag, VText,
};

use super::icon::{Icon, draw};
use crate::words;

/// An element that is being built. Without a tag it is a group.
pub(crate) struct El(Box<Parts>);

#[derive(Default)]
struct Parts {
    tag: &'static str,
    names: Vec<&'static str>,
    values: Vec<Option<AttributeOrProperty>>,
    listeners: Vec<Option<Rc<dyn Listener>>>,
    children: Vec<Html>,
    value: Option<AttrValue>,
    checked: Option<bool>,
    key: Option<Key>,
    node: NodeRef,
}

/// An element, by its tag and its classes, as a style sheet names it: `p.acc-hint`.
#[inline(never)]
pub(crate) fn el(name: &'static str) -> El {
    let (tag, classes) = name.split_once('.').unwrap_or((name, ""));
    let element = El(Box::new(Parts { tag, ..Parts::default() }));
    if classes.is_empty() { element } else { element.class(&classes.replace('.', " ")) }
}

/// One after the other, with no element around them.
pub(crate) fn group() -> El {
    el("")
}

/// A button that does not send a form.
pub(crate) fn button(word: &str) -> El {
    el("button").attr("type", "button").text(word)
}

/// A button that sends the form that it stands in.
pub(crate) fn submit(word: &str) -> El {
    el("button").attr("type", "submit").text(word)
}

/// A part of a pane, below its heading.
pub(crate) fn part(title: &str) -> El {
    el("section.acc-part").child(el("h2").text(title))
}

/// The heading of a pane, which takes the focus when the pane is new.
pub(crate) fn heading() -> El {
    el("h1").attr("tabindex", "-1")
}

/// What a word stands for, and the word: one line of a `dl`.
pub(crate) fn fact(term: &str, description: El) -> El {
    group().child(el("dt").text(term)).child(description)
}

/// A name, or what is said where there is none.
pub(crate) fn named_or(name: Option<&str>, otherwise: &str) -> El {
    let strong = el("strong");
    match name {
        Some(name) => strong.exact().text(name),
        None => strong.text(otherwise),
    }
}

impl El {
    /// Sets an attribute.
    #[inline(never)]
    pub(crate) fn attr(mut self, name: &'static str, value: &str) -> Self {
        let spoken = words::SPOKEN.contains(&name).then(|| words::found(value)).flatten();
        let value = spoken.unwrap_or_else(|| value.to_owned());
        self.0.names.push(name);
        self.0.values.push(Some(AttributeOrProperty::Attribute(value.into())));
        self
    }

    /// Sets an attribute to `true` or `false`, as ARIA wants it.
    pub(crate) fn attr_bool(self, name: &'static str, value: bool) -> Self {
        self.attr(name, if value { "true" } else { "false" })
    }

    /// Sets an attribute that has no value, or leaves it out.
    pub(crate) fn flag(self, name: &'static str, is_set: bool) -> Self {
        if is_set { self.attr(name, name) } else { self }
    }

    /// Sets its classes, where they are not always the same.
    pub(crate) fn class(self, class: &str) -> Self {
        self.attr("class", class)
    }

    /// Sets its id.
    pub(crate) fn id(self, id: &str) -> Self {
        self.attr("id", id)
    }

    /// Says that it is nobody's language: a name, an id, a word of the wire.
    pub(crate) fn exact(self) -> Self {
        self.attr("translate", "no")
    }

    /// Says that it is English whatever the page speaks: the words of a server, or of a rule about one call.
    pub(crate) fn english(self) -> Self {
        self.exact().attr("lang", "en")
    }

    /// Sets what stands in a field.
    #[inline(never)]
    pub(crate) fn value(mut self, value: &str) -> Self {
        self.0.value = Some(value.to_owned().into());
        self
    }

    /// Sets whether a box is checked.
    #[inline(never)]
    pub(crate) fn checked(mut self, checked: bool) -> Self {
        self.0.checked = Some(checked);
        self
    }

    /// Tells it from its siblings, wherever among them it stands.
    #[inline(never)]
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.0.key = Some(Key::from(key));
        self
    }

    /// Lets the element on the page be found.
    #[inline(never)]
    pub(crate) fn node(mut self, node: &NodeRef) -> Self {
        self.0.node = node.clone();
        self
    }

    /// Puts a text into it.
    #[inline(never)]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.children.push(VText::new(text.to_owned()).into());
        self
    }

    /// Puts a drawing before what is in it.
    #[inline(never)]
    pub(crate) fn icon(mut self, icon: Icon) -> Self {
        self.0.children.insert(0, draw(icon).into());
        self
    }

    /// Puts something into it.
    pub(crate) fn child(self, child: impl Child) -> Self {
        child.put_into(self)
    }

    /// Puts the parts of a list into it. With keys, each keeps its element when the list changes.
    pub(crate) fn children(self, children: impl IntoIterator<Item: Child>) -> Self {
        let mut list = group();
        for child in children {
            list = list.child(child);
        }
        self.child(list)
    }

    /// Says what happens on an event.
    #[inline(never)]
    pub(crate) fn on(mut self, event: &'static str, callback: Callback<Event>) -> Self {
        self.0.listeners.push(Some(Rc::new(On { event, callback })));
        self
    }

    /// Says what a click does.
    pub(crate) fn on_click(self, callback: Callback<Event>) -> Self {
        self.on("click", callback)
    }

    /// Says what a choice does.
    pub(crate) fn on_change(self, callback: Callback<Event>) -> Self {
        self.on("change", callback)
    }

    /// Says what typing does.
    pub(crate) fn on_input(self, callback: Callback<Event>) -> Self {
        self.on("input", callback)
    }

    /// Says what sending a form does.
    pub(crate) fn on_submit(self, callback: Callback<Event>) -> Self {
        self.on("submit", callback)
    }
}

/// What can be put into an element.
pub(crate) trait Child {
    /// Puts it there.
    fn put_into(self, parent: El) -> El;
}

impl Child for Html {
    #[inline(never)]
    fn put_into(self, mut parent: El) -> El {
        parent.0.children.push(self);
        parent
    }
}

impl Child for El {
    #[inline(never)]
    fn put_into(self, parent: El) -> El {
        Html::from(self).put_into(parent)
    }
}

impl Child for Option<El> {
    /// Nothing keeps its place, or what follows would be taken for what was there.
    #[inline(never)]
    fn put_into(self, parent: El) -> El {
        self.map_or_else(Html::default, Html::from).put_into(parent)
    }
}

impl From<El> for Html {
    #[inline(never)]
    fn from(El(mut parts): El) -> Self {
        // What it says is nobody's language only once all of its attributes are set.
        if !parts.names.contains(&"translate") {
            parts.children.iter_mut().for_each(translate);
        }
        let children = VList::with_children(parts.children, None);
        if parts.tag.is_empty() {
            return children.into();
        }
        let mut tag = VTag::new(parts.tag);
        if let Some(inside) = tag.children_mut() {
            *inside = children.into();
        }
        let (keys, values) = (interned(parts.names), parts.values.into());
        tag.set_attributes(Attributes::Dynamic { keys, values });
        // Yew would look after an element with no listeners as it does after one with some.
        if !parts.listeners.is_empty() {
            tag.set_listeners(parts.listeners.into());
        }
        if let Some(value) = parts.value {
            tag.set_value(value);
        }
        if let Some(checked) = parts.checked {
            tag.set_checked(checked);
        }
        tag.node_ref = parts.node;
        tag.key = parts.key;
        tag.into()
    }
}

/// Puts other words in place of English ones.
fn translate(child: &mut Html) {
    if let VNode::VText(VText { text }) = child
        && let Some(found) = words::found(text)
    {
        *text = found.into();
    }
}

/// A name for good, where it comes as data. There are as many as the views have.
pub(crate) fn name(text: &str) -> &'static str {
    thread_local! {
        static KNOWN: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.iter().find(|known| **known == text) {
            return *known;
        }
        let text: &'static str = text.to_owned().leak();
        known.push(text);
        text
    })
}

/// The same names at the same place in memory, by which an element is compared to what it was.
fn interned(names: Vec<&'static str>) -> &'static [&'static str] {
    thread_local! {
        // As many as there are kinds of elements in the views.
        static KNOWN: RefCell<Vec<&'static [&'static str]>> = const { RefCell::new(Vec::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.iter().find(|known| ***known == *names) {
            return *known;
        }
        let names: &'static [&'static str] = names.leak();
        known.push(names);
        names
    })
}

/// An event, and who is told.
struct On {
    event: &'static str,
    callback: Callback<Event>,
}

impl Listener for On {
    fn kind(&self) -> ListenerKind {
        ListenerKind::other(self.event.into())
    }

    fn handle(&self, event: Event) {
        self.callback.emit(event);
    }

    fn passive(&self) -> bool {
        self.event == "scroll"
    }
}

//! Elements, built by plain calls, top down: `el("p.acc-hint").text("No files yet.")`.
//!
//! `html!` unfolds into the code that builds an element wherever it stands. Here that code exists
//! once, and each call in a view is a few bytes of the page's wasm. It knows nothing of what is shown.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Event;
use yew::prelude::*;
use yew::virtual_dom::{
    AttributeOrProperty, Attributes, Key, Listener, ListenerKind, VList, VTag, VText,
};

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

impl El {
    /// Sets an attribute.
    #[inline(never)]
    pub(crate) fn attr(mut self, name: &'static str, value: &str) -> Self {
        self.0.names.push(name);
        self.0.values.push(Some(AttributeOrProperty::Attribute(value.to_owned().into())));
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

    /// Sets what stands in a field.
    #[inline(never)]
    pub(crate) fn value(mut self, value: &str) -> Self {
        self.0.value = Some(value.to_owned().into());
        self
    }

    /// Tells it from its siblings, wherever among them it stands.
    #[inline(never)]
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.0.key = Some(Key::from(key));
        self
    }

    /// Puts a text into it.
    #[inline(never)]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.children.push(VText::new(text.to_owned()).into());
        self
    }

    /// Puts something into it.
    pub(crate) fn child(self, child: impl Child) -> Self {
        child.put_into(self)
    }

    /// Puts the parts of a list into it. With keys, each keeps its element when the list changes.
    pub(crate) fn children(self, children: impl IntoIterator<Item = El>) -> Self {
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
    fn from(El(parts): El) -> Self {
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
        tag.set_listeners(parts.listeners.into());
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

// The older calls, for views that are not built from `el` yet.

/// An element of a class, and what is in it.
pub(crate) fn element(tag: &'static str, class: &'static str, content: Html) -> Html {
    draw(tag, class, [None, None, None], content)
}

/// The same with a text.
pub(crate) fn said(tag: &'static str, class: &'static str, text: &str) -> Html {
    element(tag, class, written(text))
}

/// Text that is nobody's language, like names and ids.
pub(crate) fn exact(tag: &'static str, class: &'static str, text: &str) -> Html {
    draw(tag, class, [Some("no"), None, None], written(text))
}

/// The heading of a pane, which takes the focus when the pane is new.
pub(crate) fn heading(content: Html) -> Html {
    draw("h1", "", [None, Some("-1"), None], content)
}

/// The head of a column or of a row.
pub(crate) fn head(scope: &'static str, text: &str) -> Html {
    draw("th", "", [None, None, Some(scope)], written(text))
}

/// Text.
pub(crate) fn written(text: &str) -> Html {
    text.to_owned().into()
}

/// One after the other.
pub(crate) fn joined(parts: Vec<Html>) -> Html {
    VList::with_children(parts, None).into()
}

fn draw(
    tag: &'static str,
    class: &'static str,
    [translate, tabindex, scope]: [Option<&'static str>; 3],
    content: Html,
) -> Html {
    html! { <@{tag} {class} {translate} {tabindex} {scope}>{content}</@> }
}

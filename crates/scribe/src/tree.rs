//! Elements as data, built by plain calls as the page builds its own: `el("p.acc-hint").text("…")`.
//!
//! An element is an array: its tag with its classes, its attributes, and what is in it. A text is a
//! text, and one with places an object. What the page makes of it is in its `components/desk.rs`; what it
//! says in which language is in its `words.rs`. It knows nothing of what is shown.

use serde_json::{Map, Value, json};

/// An element that is being built.
pub(crate) struct El(Box<Parts>);

struct Parts {
    name: &'static str,
    attributes: Map<String, Value>,
    children: Vec<Value>,
}

/// An element, by its tag and its classes, as a style sheet names it. Without a tag it is a group.
#[inline(never)]
pub(crate) fn el(name: &'static str) -> El {
    El(Box::new(Parts { name, attributes: Map::new(), children: Vec::new() }))
}

/// A message with what belongs to its places, `{0}` and on: texts as they are, or such again.
#[inline(never)]
pub(crate) fn say(message: &str, given: &[Value]) -> Value {
    let mut parts = vec![Value::from(message)];
    parts.extend_from_slice(given);
    json!({ "say": parts })
}

/// A word in the place of a message.
pub(crate) fn word(text: &str) -> Value {
    say(text, &[])
}

/// A number of things.
#[inline(never)]
pub(crate) fn count(number: usize, one: &str, many: &str) -> Value {
    json!({ "count": [number, one, many] })
}

/// What a page that speaks English makes of a text.
#[cfg(test)]
pub(crate) fn in_english(text: &Value) -> String {
    let (message, given) = match (text["say"].as_array(), text["count"].as_array()) {
        (Some(say), _) => (&say[0], &say[1..]),
        (_, Some(count)) => (&count[if count[0] == 1 { 1 } else { 2 }], &count[..1]),
        _ => return text.as_str().map_or_else(|| text.to_string(), str::to_owned),
    };
    let given = given.iter().map(in_english).enumerate();
    given.fold(in_english(message), |text, (place, given)| {
        text.replace(&format!("{{{place}}}"), &given)
    })
}

/// A button that issues a command.
#[inline(never)]
pub(crate) fn button(word: &str, command: Value) -> El {
    el("button").attr("type", "button").text(word).on("click", command)
}

impl El {
    /// Sets an attribute.
    #[inline(never)]
    pub(crate) fn attr(mut self, name: &str, value: &str) -> Self {
        self.0.attributes.insert(name.to_owned(), value.into());
        self
    }

    /// Sets an attribute to what is said by a message with places.
    pub(crate) fn attr_said(mut self, name: &str, said: Value) -> Self {
        self.0.attributes.insert(name.to_owned(), said);
        self
    }

    /// Sets an attribute that has no value, or leaves it out.
    pub(crate) fn flag(self, name: &str, is_set: bool) -> Self {
        if is_set { self.attr(name, name) } else { self }
    }

    /// Says that it is nobody's language: a name, an id, a word of the wire.
    pub(crate) fn exact(self) -> Self {
        self.attr("translate", "no")
    }

    /// Says that it is English whatever the page speaks.
    pub(crate) fn english(self) -> Self {
        self.exact().attr("lang", "en")
    }

    /// Puts a text into it.
    pub(crate) fn text(self, text: &str) -> Self {
        self.said(text.into())
    }

    /// Puts a text into it that is said by a message with places.
    #[inline(never)]
    pub(crate) fn said(mut self, text: Value) -> Self {
        self.0.children.push(text);
        self
    }

    /// Puts sentences into it, in which names stand between backticks.
    pub(crate) fn prose(self, text: &str) -> Self {
        self.said(json!({ "prose": text }))
    }

    /// Puts an element into it.
    #[inline(never)]
    pub(crate) fn child(mut self, child: Self) -> Self {
        self.0.children.push(child.into());
        self
    }

    /// Puts elements into it.
    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.0.children.extend(children.into_iter().map(Value::from));
        self
    }

    /// Leaves the place after what is in it to the page.
    pub(crate) fn left_to_page(mut self) -> Self {
        self.0.children.push(Value::Null);
        self
    }

    /// Says which command an event issues; `["entered", "/1", command]` is one in which what was entered
    /// takes the place of the value there.
    #[inline(never)]
    pub(crate) fn on(mut self, event: &str, command: Value) -> Self {
        self.0.attributes.insert(format!("on:{event}"), command);
        self
    }

    /// Makes it one stop of the keyboard: keys lead from one of its parts to the next, beginning at the
    /// first of these numbers, and Enter or a click chooses the entry of the log that follows for each.
    pub(crate) fn walks(mut self, numbers: Vec<Value>) -> Self {
        self.0.attributes.insert("walks".to_owned(), numbers.into());
        self
    }

    /// A field: the page keeps what is entered by this name, hands it in again as `entered`, and has
    /// it drawn anew.
    #[inline(never)]
    pub(crate) fn keeps(mut self, name: &str, entered: &str) -> Self {
        self.0.attributes.insert("keeps".to_owned(), name.into());
        self.attr("value", entered)
    }
}

impl From<El> for Value {
    fn from(El(element): El) -> Self {
        let mut parts = vec![element.name.into(), Self::Object(element.attributes)];
        parts.extend(element.children);
        Self::Array(parts)
    }
}

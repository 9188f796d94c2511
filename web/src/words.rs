//! What the page says, in the language of its catalogue. Without one it speaks English, which is what
//! every message is called by: nothing is looked up then.
//!
//! It knows no view. Texts that stand alone are looked up where elements are made; what is composed of
//! words and data is composed here, by a message with numbered places. All of it stays text.

use std::cell::OnceCell;

use serde_json::Value;

/// The attributes that people see or hear.
pub(crate) const SPOKEN: [&str; 8] = [
    "alt",
    "aria-label",
    "aria-roledescription",
    "aria-valuetext",
    "data-label",
    "label",
    "placeholder",
    "title",
];

thread_local! {
    static CATALOGUE: OnceCell<Catalogue> = const { OnceCell::new() };
}

/// The messages of another language.
struct Catalogue {
    /// Each by its English text: a text, or one for each form that the language has for numbers.
    messages: Value,
    /// The form of a number: `one`, `few`, `other`, …
    form: fn(f64) -> String,
}

/// Speaks as a catalogue says, for good: `{"Close": "Schließen", "{0} files": {"one": "{0} Datei", "other":
/// "{0} Dateien"}}`. What it does not have, or has in another shape, stays English.
pub fn speak(messages: Value, form: fn(f64) -> String) {
    CATALOGUE.with(|catalogue| {
        catalogue.get_or_init(|| Catalogue { messages, form });
    });
}

/// A text that may be a message as a whole, as the catalogue has it; nothing, if it does not.
pub(crate) fn found(text: &str) -> Option<String> {
    CATALOGUE.with(|catalogue| Some(catalogue.get()?.messages[text].as_str()?.to_owned()))
}

/// A word or a sentence that goes into a message, or is kept until it is shown.
pub(crate) fn word(text: &str) -> String {
    found(text).unwrap_or_else(|| text.to_owned())
}

/// A message with what belongs to its places: `say("{0} of {1}", &["3", "7"])`.
#[inline(never)]
pub fn say(message: &str, given: &[&str]) -> String {
    filled(&word(message), given.len(), &|place| given[place].to_owned())
}

/// A number of things: `count(3, "{0} file", "{0} files")`. A catalogue has it by the form for many.
pub fn count(number: u64, one: &str, many: &str) -> String {
    counted(number, &number.to_string(), one, many)
}

/// The same, with the number written as it is to be shown.
pub(crate) fn counted(number: u64, shown: &str, one: &str, many: &str) -> String {
    let found = CATALOGUE.with(|catalogue| {
        let Catalogue { messages, form } = catalogue.get()?;
        let forms = &messages[many];
        let message = forms[form(number as f64)].as_str().or(forms["other"].as_str())?;
        Some(message.to_owned())
    });
    let message = found.as_deref().unwrap_or(if number == 1 { one } else { many });
    filled(message, 1, &|_| shown.to_owned())
}

/// A text that comes as data: as it is; `{"say": [message, …]}` with what belongs to its places, which may
/// be such again; or `{"count": [number, one, many]}`.
pub(crate) fn told(text: &Value) -> String {
    let (say, number) = (&text["say"], &text["count"]);
    let plain = |text: &Value| text.as_str().unwrap_or_default().to_owned();
    match (say.as_array(), number[0].as_u64(), text) {
        (Some(parts), ..) if !parts.is_empty() => {
            filled(&word(&plain(&say[0])), parts.len() - 1, &|place| told(&say[place + 1]))
        }
        (_, Some(of), _) => count(of, &plain(&number[1]), &plain(&number[2])),
        (.., Value::Number(number)) => number.to_string(),
        (.., text) => plain(text),
    }
}

/// What is said of something that came from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The text.
    pub text: String,
    /// Whether it is English whatever the page speaks: whoever said it has no catalogue.
    pub quoted: bool,
}

impl Said {
    /// The words of somebody else.
    pub(crate) fn quoted(text: String) -> Self {
        Self { text, quoted: true }
    }

    /// Reads what comes as data. Names lose the backticks that they stand between.
    pub(crate) fn read(text: &Value) -> Self {
        match text {
            Value::String(text) => Self::quoted(text.clone()),
            text => told(text).split('`').collect::<String>().into(),
        }
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        word(text).into()
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { text, quoted: false }
    }
}

/// A message with its places filled. A place that nothing is given for stays as it is written.
fn filled(message: &str, given: usize, put: &dyn Fn(usize) -> String) -> String {
    let mut parts = message.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let place = part.split_once('}').and_then(|(place, rest)| {
            let place = place.parse().ok().filter(|place| *place < given)?;
            Some((place, rest))
        });
        match place {
            Some((place, rest)) => text = text + &put(place) + rest,
            None => text = text + "{" + part,
        }
    }
    text
}

#[cfg(test)]
mod list;
#[cfg(test)]
mod tests;

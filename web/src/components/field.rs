//! Form elements, and what their events say.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, HtmlSelectElement};
use yew::Callback;

use super::PartProps;
use super::element::{El, el};

/// A labelled text field.
pub(crate) struct Field<'a> {
    /// The id of its element.
    pub(crate) id: String,
    /// What stands above it.
    pub(crate) label: &'static str,
    /// What stands in it.
    pub(crate) value: &'a str,
    /// Who is told when that changes.
    pub(crate) onchange: Callback<Event>,
    /// What stands below it.
    pub(crate) hint: Option<&'static str>,
    /// Whether it is text for machines.
    pub(crate) mono: bool,
    /// What the browser may fill in.
    pub(crate) autocomplete: &'static str,
    /// Whether it must not be empty.
    pub(crate) required: bool,
}

impl<'a> Field<'a> {
    /// An optional field for people, without a hint.
    pub(crate) fn new(
        id: String,
        label: &'static str,
        value: &'a str,
        onchange: Callback<Event>,
    ) -> Self {
        let (mono, required) = (false, false);
        Self { id, label, value, onchange, hint: None, mono, autocomplete: "off", required }
    }

    /// The same for text that machines read.
    pub(crate) fn mono(self) -> Self {
        Self { mono: true, ..self }
    }

    /// The same, to be filled in.
    pub(crate) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same with a line below it.
    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// The same, to be filled in by the browser.
    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// Draws it.
    pub(crate) fn draw(self) -> El {
        let Self { id, label, value, onchange, hint, mono, autocomplete, required } = self;
        let hint_id = format!("{id}-hint");
        let mut input = el(if mono { "input.acc-mono" } else { "input" })
            .id(&id)
            .attr("type", "text")
            .attr("autocomplete", autocomplete)
            .attr("spellcheck", "false")
            .attr("autocapitalize", "off")
            .flag("required", required)
            .value(value)
            .on_input(onchange);
        if hint.is_some() {
            input = input.attr("aria-describedby", &hint_id);
        }
        labelled(&id, label, input).child(hint.map(|hint| el("p.acc-hint").id(&hint_id).text(hint)))
    }
}

/// A form element below its label.
pub(crate) fn labelled(id: &str, label: &str, element: El) -> El {
    el("div.acc-field").child(el("label").attr("for", id).text(label)).child(element)
}

/// One of several choices of a name. Its words are put behind its dot.
pub(crate) fn choice(
    props: &PartProps,
    name: &str,
    value: &str,
    is_chosen: bool,
    onchange: Callback<Event>,
) -> El {
    let dot = el("input").attr("type", "radio").attr("value", value).attr("name", &props.id(name));
    before_words(props.id(&format!("{name}-{value}")), dot, is_chosen, onchange)
}

/// A box to check. Its words are put behind it.
pub(crate) fn checkbox(id: String, is_checked: bool, onchange: Callback<Event>) -> El {
    before_words(id, el("input").attr("type", "checkbox"), is_checked, onchange)
}

fn before_words(id: String, input: El, is_set: bool, onchange: Callback<Event>) -> El {
    let input = input.id(&id).checked(is_set).on_change(onchange);
    el("label.acc-choice").attr("for", &id).child(input)
}

/// A labelled list of which one is chosen.
pub(crate) struct Select {
    id: String,
    label: &'static str,
    list: El,
}

impl Select {
    /// An empty list.
    pub(crate) fn new(id: String, label: &'static str, onchange: Callback<Event>) -> Self {
        let list = el("select").id(&id).on_change(onchange);
        Self { id, label, list }
    }

    /// The same with one more to choose.
    pub(crate) fn option(self, value: &str, word: &str, is_chosen: bool) -> Self {
        let option = el("option").key(value).attr("value", value).text(word);
        Self { list: self.list.child(option.flag("selected", is_chosen)), ..self }
    }

    /// The same with one more, which is called by a name.
    pub(crate) fn named(self, value: &str, name: &str, is_chosen: bool) -> Self {
        let option = el("option").key(value).attr("value", value).exact().text(name);
        Self { list: self.list.child(option.flag("selected", is_chosen)), ..self }
    }

    /// Draws it with its label above it.
    pub(crate) fn draw(self) -> El {
        labelled(&self.id, self.label, self.list)
    }

    /// Draws it with its label above it, and a line below it.
    pub(crate) fn with_hint(self, hint: &str) -> El {
        let hint_id = format!("{}-hint", self.id);
        let list = self.list.attr("aria-describedby", &hint_id);
        labelled(&self.id, self.label, list).child(el("p.acc-hint").id(&hint_id).text(hint))
    }
}

/// Folds up the details that a form stands in, once it is sent.
pub(crate) fn fold_up(event: &Event) {
    let Some(form) = target::<Element>(event) else { return };
    // Only a malformed selector would be an error.
    if let Ok(Some(details)) = form.closest("details") {
        let _ = details.remove_attribute("open");
    }
}

/// What the field or list that an event came from holds.
pub(crate) fn entered(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<HtmlSelectElement>() {
        Ok(select) => select.value(),
        // Whatever else has a value has it by the same name.
        Err(other) => other.unchecked_into::<HtmlInputElement>().value(),
    }
}

/// Whether the box that an event came from is checked.
pub(crate) fn checked(event: &Event) -> bool {
    target::<HtmlInputElement>(event).is_some_and(|input| input.checked())
}

/// The element that an event came from.
pub(crate) fn target<T: JsCast>(event: &Event) -> Option<T> {
    event.target()?.dyn_into().ok()
}

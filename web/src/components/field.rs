//! Form elements, and what their events say.

use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

/// A labelled text field.
pub(crate) struct Field<'a> {
    /// The id of its element.
    pub(crate) id: String,
    /// What stands above it.
    pub(crate) label: &'static str,
    /// What stands in it.
    pub(crate) value: &'a str,
    /// Who is told when that changes.
    pub(crate) onchange: Callback<String>,
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
        onchange: Callback<String>,
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

    /// Draws it.
    pub(crate) fn draw(self) -> Html {
        let Self { id, label, value, onchange, hint, mono, autocomplete, required } = self;
        let oninput = Callback::from(move |event: InputEvent| {
            onchange.emit(event.target_unchecked_into::<HtmlInputElement>().value());
        });
        let hint_id = hint.map(|_| format!("{id}-hint"));
        html! {
            <div class="acc-field">
                <label for={id.clone()}>{label}</label>
                <input {id} type="text" value={value.to_owned()} {oninput} {required} {autocomplete}
                    class={classes!(mono.then_some("acc-mono"))} spellcheck="false"
                    autocapitalize="off" aria-describedby={hint_id.clone()} />
                if let Some(hint) = hint {
                    <p class="acc-hint" id={hint_id}>{hint}</p>
                }
            </div>
        }
    }
}

/// A callback that puts a text into a state.
pub(crate) fn setter(state: &UseStateHandle<String>) -> Callback<String> {
    let state = state.clone();
    Callback::from(move |text| state.set(text))
}

/// Folds up the details that a form stands in, once it is sent.
pub(crate) fn fold_up(event: &SubmitEvent) {
    let form: Element = event.target_unchecked_into();
    // Only a malformed selector would be an error.
    if let Ok(Some(details)) = form.closest("details") {
        let _ = details.remove_attribute("open");
    }
}

/// The text of the select element that an event came from.
pub(crate) fn selected(event: &Event) -> String {
    event.target_unchecked_into::<web_sys::HtmlSelectElement>().value()
}

/// Whether the box that an event came from is checked.
pub(crate) fn checked(event: &Event) -> bool {
    event.target_unchecked_into::<HtmlInputElement>().checked()
}

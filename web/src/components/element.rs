//! Plain elements, each by one call; they hold text and nothing else that came from a file.

use yew::prelude::*;
use yew::virtual_dom::VList;

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

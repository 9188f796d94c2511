//! Texts from outside, made harmless where they are put. It knows no run.

use std::fmt::Write as _;

/// A longer text from outside is cut, in characters.
const LONGEST: usize = 2000;

/// A text in one line, with nothing in it that cannot be seen or that turns its direction.
pub(crate) fn visible(text: &str, longest: usize) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut visible = String::new();
    let mut letters = text.chars();
    for c in letters.by_ref().take(longest) {
        match c {
            '\n' | '\r' | '\t' => visible.push(' '),
            // Writing to a String cannot fail.
            c if is_hidden(c) => drop(write!(visible, "{}", c.escape_unicode())),
            c => visible.push(c),
        }
    }
    if letters.next().is_some() {
        visible.push('…');
    }
    visible
}

/// A text as words of Markdown: it begins nothing, ends nothing and links nowhere.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for c in visible(text, LONGEST).chars() {
        // Without them nothing in the middle of a line can be taken for more than words.
        let is_plain = matches!(c, ' ' | ',' | '-' | '/' | '\'' | ';' | '%' | '"' | '?');
        if c.is_ascii_punctuation() && !is_plain {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A name as code of Markdown where that can be written, else as words.
pub(crate) fn code(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:?=&%~+•…".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && text.chars().count() <= LONGEST {
        format!("`{text}`")
    } else {
        markdown(text)
    }
}

/// A text as content or attribute of XML.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for c in visible(text, LONGEST).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_more() {
        assert_eq!(markdown("a|b\n# <b>`x`</b>"), "a\\|b \\# \\<b\\>\\`x\\`\\</b\\>");
        assert_eq!(
            markdown("[x](javascript:1) ![y](z)"),
            "\\[x\\]\\(javascript\\:1\\) \\!\\[y\\]\\(z\\)"
        );
        assert_eq!(markdown("see https://h www.h.test"), "see https\\://h www\\.h\\.test");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code("library.item.create"), "`library.item.create`");
        assert_eq!(
            xml("<a b='\"'>&\u{202e}\u{1b}"),
            "&lt;a b=&#39;&quot;&#39;&gt;&amp;\\u{202e}\\u{1b}"
        );
        assert_eq!(visible(&"é".repeat(9), 3), "ééé…");
    }
}

//! What a person settled of how the page looks: the part of a view that the browser keeps.
//!
//! It is taste, never a host, a name or a secret. Where it is kept it does not know, nor where the
//! borders between panes are: who has the page sees to that.

use super::{Theme, View};

/// The words that it is kept in; what is as it is at first has none.
const CLOSED: &str = "log-closed";
const QUIET: &str = "keys-off";
const LARGE: &str = "large";

impl View {
    /// What is to be kept of it, in words; none if it is as it is at first.
    pub fn kept(&self) -> String {
        let mut kept = String::new();
        let mut keep = |word: &str, differs: bool| {
            if differs {
                kept += word;
                kept += " ";
            }
        };
        keep(self.theme.name(), self.theme != Theme::System);
        keep(CLOSED, !self.log_open);
        keep(QUIET, !self.keys);
        keep(LARGE, self.large);
        kept
    }

    /// Takes up what was kept; what is not among it is as it is at first.
    pub fn recall(&mut self, kept: &str) {
        let has = |word: &str| kept.contains(word);
        self.theme = if has(Theme::Light.name()) {
            Theme::Light
        } else if has(Theme::Dark.name()) {
            Theme::Dark
        } else {
            Theme::System
        };
        self.log_open = !has(CLOSED);
        self.keys = !has(QUIET);
        self.large = has(LARGE);
    }
}

impl Theme {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recalled(kept: &str) -> View {
        let mut view = View::default();
        view.recall(kept);
        view
    }

    #[test]
    fn what_is_kept_is_recalled() {
        for theme in [Theme::System, Theme::Light, Theme::Dark] {
            for [log_open, keys, large] in
                [[true, true, true], [false, true, false], [true, false, false]]
            {
                let view = View { theme, log_open, keys, large, ..View::default() };
                assert_eq!(recalled(&view.kept()), view);
            }
        }
    }

    #[test]
    fn nothing_kept_is_what_there_is_at_first() {
        assert_eq!(View::default().kept(), "");
        for nothing in ["", "[object Object]", "1", "a word that nobody knows"] {
            assert_eq!(recalled(nothing), View::default(), "{nothing}");
        }
    }

    #[test]
    fn only_taste_is_kept() {
        let secret = "secret".to_owned();
        let view = View { filter: secret, theme: Theme::Dark, large: true, ..View::default() };
        assert_eq!(view.kept(), "dark large ");
    }

    #[test]
    fn what_is_recalled_replaces_what_there_was() {
        let mut view = View { keys: false, theme: Theme::Dark, ..View::default() };
        view.recall("");
        assert_eq!(view, View::default());
    }
}

//! Texts in an order that numbers give them. It does not know what the numbers mean.

use super::index::Index;
use crate::text::Text;

/// Texts by their ranks, and within one rank in their own order. One text may have several ranks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranks(Index);

impl Ranks {
    /// Adds a text, and tells whether it did not have this rank.
    pub(crate) fn insert(&mut self, rank: u64, text: &Text) -> bool {
        let len = self.0.len();
        self.0.insert(text.ranked(rank));
        self.0.len() > len
    }

    pub(crate) fn remove(&mut self, rank: u64, text: &Text) {
        self.0.remove(&text.ranked(rank));
    }

    pub(crate) fn first(&self) -> Option<(u64, Text)> {
        self.0.first().map(|text| (text.rank(), text.ranked(0)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Text> {
        self.0.iter().map(|(text, _)| text.ranked(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_before_texts() {
        let mut ranks = Ranks::default();
        let [a, b] = ["a", "b"].map(Text::from);
        for (rank, text) in [(2, &a), (u64::MAX, &a), (2, &b), (1, &b)] {
            assert!(ranks.insert(rank, text));
        }
        assert!(!ranks.insert(2, &a));
        assert_eq!(ranks.iter().collect::<Vec<_>>(), [&b, &a, &b, &a].map(Text::clone));
        assert_eq!(ranks.first(), Some((1, b.clone())));
        ranks.remove(1, &b);
        ranks.remove(1, &a);
        assert_eq!(ranks.first(), Some((2, a)));
    }
}

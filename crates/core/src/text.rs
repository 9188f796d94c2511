//! Texts by which things are looked up: a copy costs no memory, and a comparison seldom looks at them.
//!
//! Beside a hundred thousand others, what a lookup takes is the way to the texts that it compares
//! with. So the first bytes stand where the map has its keys. What a text names is not known here.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::reading::{Fit, Reader};
use crate::structure::{Form, Wire};

/// A text that is shared. It is in the same order as any other text.
#[derive(Clone, Default)]
pub struct Text {
    /// The first eight bytes, filled up with zeros, as a number. It is compared first.
    head: u64,
    whole: Arc<str>,
}

impl Text {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.whole
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        let heads = self.head.cmp(&other.head);
        // Copies of one text are one text.
        if heads.is_eq() && !Arc::ptr_eq(&self.whole, &other.whole) {
            return self.whole.cmp(&other.whole);
        }
        heads
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let byte = |at| u64::from(text.as_bytes().get(at).copied().unwrap_or_default());
        let head = (0..8).fold(0, |head, at| head << 8 | byte(at));
        Self { head, whole: text.into() }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Wire for Text {
    fn fill(&mut self, reader: Reader<'_>) -> Fit {
        *self = Self::from(reader.text()?);
        Ok(())
    }

    fn write(&self, _: &dyn Form) -> Value {
        Value::from(self.as_str())
    }

    fn blank() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_keep_their_order(a in "[\0a-c]{0,10}", b in "[\0a-cé]{0,10}") {
            let [first, second] = [&a, &b].map(|text| Text::from(text.as_str()));
            prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            prop_assert_eq!(first.as_str(), a);
        }
    }
}

//! What the sheets are told of the page. It does not know how they look.

use serde_json::{Value, json};

use super::Lab;

impl Lab {
    /// What the sheet that is open is told, together with what is entered into it.
    pub fn facts(&self, entered: Value) -> Value {
        json!({ "sheet": self.view.sheet, "entered": entered })
    }
}

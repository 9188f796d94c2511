//! What the sheets are told of the page. It does not know how they look.

use accession_core::operations::ROWS;
use accession_core::simulator::Simulator;
use accession_core::structure::{Plain, Wire};
use serde_json::{Value, json};

use super::Lab;

impl Lab {
    /// What the sheet that is open is told, together with what is entered into it.
    pub fn facts(&self, entered: Value, simulator: Option<&Simulator>) -> Value {
        let sheet = &self.view.sheet;
        match (sheet.as_deref(), simulator) {
            (Some("conditions"), Some(simulator)) => {
                let session = self.session.as_ref().filter(|session| session.is_active());
                json!({
                    "sheet": sheet,
                    "entered": entered,
                    "session": session.map(|session| session.id.as_str()),
                    "pace": simulator.pace().write(&Plain),
                    "faults": simulator.faults().to_vec().write(&Plain),
                    "operations": ROWS.iter().map(|row| row.full_name()).collect::<Value>(),
                })
            }
            _ => json!({ "sheet": sheet, "entered": entered, "look": self.view.kept() }),
        }
    }
}

//! What the sheets are told of the page. It does not know how they look.

use accession_core::operations::ROWS;
use accession_core::simulator::Simulator;
use accession_core::structure::{Plain, Writer};
use serde_json::Value;

use super::Lab;

impl Lab {
    /// What the sheet that is open is told, together with what is entered into it.
    pub fn facts(&self, entered: &Value, simulator: Option<&Simulator>) -> Value {
        let mut facts = Writer::new(&Plain);
        facts.put("sheet", &self.view.sheet);
        facts.put("entered", entered);
        facts.put("look", &self.view.kept());
        facts.put("simulated", &self.target.is_simulated());
        facts.put("said", &self.view.said);
        let arranged = self.view.sheet.as_deref() == Some("conditions") && !self.target.is_live();
        if let Some(simulator) = simulator.filter(|_| arranged) {
            let session = self.session.as_ref().filter(|session| session.is_active());
            let operations: Vec<String> = ROWS.iter().map(|row| row.full_name()).collect();
            facts.put("session", &session.map(|session| session.id.clone()));
            facts.put("pace", &simulator.pace());
            facts.put("faults", &simulator.faults().to_vec());
            facts.put("operations", &operations);
        }
        facts.finish("")
    }
}

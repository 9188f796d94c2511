//! What the scribe is told of the page to draw sheets and the form of any call, and what is made of the
//! commands that it puts into them. It does not know how they look.

use accession_core::reading;
use accession_core::simulator::Simulator;
use accession_core::structure::{Plain, Writer};
use serde_json::Value;

use super::{Lab, builder};

impl Lab {
    /// What a sheet is told, together with what is entered into it.
    pub fn facts(&self, sheet: &str, entered: &Value, simulator: Option<&Simulator>) -> Value {
        let mut facts = Writer::new(&Plain);
        facts.put("sheet", &sheet.to_owned());
        facts.put("entered", entered);
        facts.put("known", &builder::known(self));
        facts.put("dialect", &self.dialect.prefix().to_owned());
        facts.put("look", &self.view.kept());
        facts.put("simulated", &self.target.is_simulated());
        facts.put("said", &self.view.said.text);
        facts.put("quoted", &self.view.said.quoted);
        let arranged = sheet == "conditions" && !self.target.is_live();
        if let Some(simulator) = simulator.filter(|_| arranged) {
            let session = self.session.as_ref().filter(|session| session.is_active());
            facts.put("session", &session.map(|session| session.id.clone()));
            facts.put("pace", &simulator.pace());
            facts.put("faults", &simulator.faults().to_vec());
        }
        facts.finish("")
    }
}

/// A command in which what was entered takes the place of a value, if it is one that says so:
/// `["entered", "/1", command]`. What is entered is read as what stands there is; what cannot be read so
/// stays a text, and is refused as such.
pub fn completed(command: &Value, entered: impl FnOnce() -> String) -> Value {
    let (Some("entered"), Some(place)) = (command[0].as_str(), command[1].as_str()) else {
        return command.clone();
    };
    let mut command = command[2].clone();
    if let Some(place) = command.pointer_mut(place) {
        let entered = entered();
        *place = match (&*place, reading::parse(&entered)) {
            // Any other spelling of it would change while it is typed.
            (Value::Number(_), Ok(Value::Number(number))) if number.to_string() == entered => {
                number.into()
            }
            (Value::Bool(_), Ok(Value::Bool(value))) => value.into(),
            _ => entered.into(),
        };
    }
    command
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_entered_becomes_what_is_meant() {
        let entered = |place: Value, text: &str| {
            let command = json!(["entered", "/1/a/0", ["fill", { "a": [place], "b": 1 }]]);
            let command = completed(&command, || text.to_owned());
            assert_eq!((&command[0], &command[1]["b"]), (&json!("fill"), &json!(1)));
            command[1]["a"][0].clone()
        };
        assert_eq!(entered(json!(0), "7"), json!(7));
        assert_eq!(entered(json!(0), "-1.5"), json!(-1.5));
        assert_eq!(entered(json!(0), "9223372036854775807"), json!(i64::MAX));
        for text in ["", "-", "07", "seven", " 7", "true"] {
            assert_eq!(entered(json!(0), text), json!(text));
        }
        assert_eq!(entered(json!(false), "true"), json!(true));
        assert_eq!(entered(json!(false), "7"), json!("7"));
        assert_eq!(entered(json!(""), "true"), json!("true"));
        // It is put where the command says, and nowhere else.
        let own = json!(["fill", ["entered", "/0", [1]]]);
        assert_eq!(completed(&own, || "2".to_owned()), own);
    }
}

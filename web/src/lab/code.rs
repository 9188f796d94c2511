//! Which code is asked for, and which was written. It does not write any.

use accession_code::Language;
use accession_core::structure::{Plain, Writer};
use serde_json::Value;

use super::Lab;

/// Which code is wanted: the same order means the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// In which language.
    pub language: Language,
    /// Whether of the whole run.
    pub whole_run: bool,
    /// Up to this entry of the log, or of it,
    entry: u64,
    /// in this course of the run.
    generation: u64,
}

/// The code that was written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What was asked for.
    pub order: Order,
    /// The code, or why there is none.
    pub text: Result<String, String>,
}

impl Lab {
    /// The code that is wanted; nothing while nobody looks at it, or nothing was called.
    pub fn wanted_code(&self) -> Option<Order> {
        if !self.view.code {
            return None;
        }
        let entry = self.entry()?;
        entry.call()?;
        Some(Order {
            language: self.view.language,
            whole_run: self.view.whole_run,
            entry: entry.number,
            generation: self.branches.generation,
        })
    }

    /// The code that is wanted, once it is written.
    pub fn written(&self) -> Option<&Result<String, String>> {
        let code = self.code.as_deref()?;
        (self.wanted_code().as_ref() == Some(&code.order)).then_some(&code.text)
    }

    /// The order as the module that writes code understands it.
    pub fn code_order(&self, order: &Order) -> String {
        let exchanges: Vec<Value> = if order.whole_run {
            self.shown_log().run().iter().map(|exchange| exchange.to_value()).collect()
        } else {
            let entry = self.entry().and_then(|entry| entry.call());
            entry.iter().map(|exchange| exchange.to_value()).collect()
        };
        let (language, run) = (order.language.name(), order.whole_run);
        let mut told = Writer::new(&Plain);
        told.put("language", &language.to_owned());
        told.put("run", &run);
        told.put("exchanges", &Value::Array(exchanges));
        told.finish("").to_string()
    }
}

//! The run file: a run, or the exchanges with a server, in JSON, one entry a line.

use serde_json::Value;

use crate::record::Record;
use crate::secrets::without_secrets;
use crate::{MADE_BY, VERSION};

/// Writes a run file.
pub fn run_file(record: &Record) -> String {
    let mut fields = vec![
        ("accession_run", Value::from(VERSION).to_string()),
        ("title", Value::from(record.title.as_str()).to_string()),
        ("made_by", Value::from(MADE_BY).to_string()),
    ];
    match &record.run {
        Some(run) => {
            let mut run = without_secrets(run);
            let entries = run["entries"].take();
            run["entries"] = Value::Array(Vec::new());
            // They stand at its end, so that all that says how to read them comes before them.
            let head = run.to_string();
            let head = head.trim_end_matches("[]}");
            fields.push(("run", format!("{head}{}}}", list(entries.as_array()))));
        }
        None => {
            let exchanges = record.calls().map(|(_, call)| call.exchange.to_value());
            fields.push(("exchanges", list(Some(&exchanges.collect()))));
        }
    }
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

fn list(elements: Option<&Vec<Value>>) -> String {
    let lines: Vec<_> =
        elements.into_iter().flatten().map(|element| format!("\n    {element}")).collect();
    if lines.is_empty() { "[]".to_owned() } else { format!("[{}\n  ]", lines.join(",")) }
}

//! Scripts that do again what was recorded: one call or a whole run, in the languages of those who
//! automate.
//!
//! Host and secrets come from the environment of whoever runs them. All that a recording holds is
//! data: it is quoted by each language's own rules, and never read as code.

mod curl;
mod fetch;
mod plan;
mod python;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::rc::Rc;

use accession_client::Exchange;
use accession_core::dialect::{Dialect, SESSION_HEADER};
use accession_core::wire::REDACTED;
use serde_json::Value;

use plan::{File, Line, Plan, Step};

/// A language that scripts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// The shell of POSIX, with curl.
    Curl,
    /// JavaScript for Node, with fetch.
    Fetch,
    /// Python, with requests.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Curl, Self::Fetch, Self::Python];

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Fetch => "fetch",
            Self::Python => "Python",
        }
    }

    /// How a file of it ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Curl => "sh",
            Self::Fetch => "mjs",
            Self::Python => "py",
        }
    }
}

/// A script that makes one call, as it was recorded.
pub fn call(exchange: &Exchange, language: Language) -> String {
    script(&Plan::of(&[exchange], false), language)
}

/// A script that does what a whole run did. It logs in first and out last, whatever was recorded;
/// calls that were refused then, and calls that only read, are left out.
pub fn run(exchanges: &[Rc<Exchange>], language: Language) -> String {
    let exchanges: Vec<_> = exchanges.iter().map(Rc::as_ref).collect();
    script(&Plan::of(&exchanges, true), language)
}

fn script(plan: &Plan, language: Language) -> String {
    match language {
        Language::Curl => curl::script(plan),
        Language::Fetch => fetch::script(plan),
        Language::Python => python::script(plan),
    }
}

/// How a language writes what stands in a call.
trait Tongue {
    /// How far what is inside is moved in.
    const STEP: usize = 2;

    /// A text, as a literal in a body.
    fn text(text: &str) -> String {
        quote(text)
    }

    /// What is neither text nor list nor object.
    fn plain(value: &Value) -> String {
        value.to_string()
    }

    /// A variable that holds a text.
    fn variable(name: &str) -> String {
        name.to_owned()
    }

    /// A variable that holds a secret.
    fn secret(name: &str) -> String {
        Self::variable(name)
    }

    /// The variable that holds the length or the digest of a file.
    fn measured(what: &str, file: &File) -> String {
        numbered(what, file.number)
    }
}

/// Lines are broken where they would get longer.
const WIDTH: usize = 96;

/// Parts between brackets: in one line if they fit into it, else one below the other.
fn lay_out(brackets: [&str; 2], parts: &[String], [depth, step]: [usize; 2]) -> String {
    let [open, close] = brackets;
    let line = parts.join(", ");
    if depth + open.len() + line.len() + close.len() <= WIDTH && !line.contains('\n') {
        return format!("{open}{line}{close}");
    }
    let [inner, outer] = [depth + step, depth].map(|depth| format!("\n{}", " ".repeat(depth)));
    format!("{open}{inner}{}{outer}{close}", parts.join(&format!(",{inner}")))
}

/// The body of a call, its last line as deep as is said.
fn body<T: Tongue>(plan: &Plan, line: &Line, file: Option<&File>, depth: usize) -> Option<String> {
    let written = |body| value::<T>(plan, file, "", body, depth);
    line.body.as_ref().map(written)
}

fn value<T: Tongue>(
    plan: &Plan,
    file: Option<&File>,
    key: &str,
    value: &Value,
    depth: usize,
) -> String {
    let inside = |key: &str, inner| self::value::<T>(plan, file, key, inner, depth + T::STEP);
    let (brackets, parts): (_, Vec<String>) = match value {
        Value::Object(fields) => {
            let field =
                |(key, inner): (&String, _)| format!("{}: {}", T::text(key), inside(key, inner));
            (["{", "}"], fields.iter().map(field).collect())
        }
        Value::Array(values) => {
            (["[", "]"], values.iter().map(|inner| inside("", inner)).collect())
        }
        Value::String(text) => {
            let secret = text.strip_prefix(REDACTED).filter(|name| plan.is_secret(name));
            return match (secret, plan.name_of(key, text), file) {
                (Some(secret), ..) => T::secret(secret),
                (_, Some(name), _) => T::variable(name),
                // What was recorded would be wrong for any other file.
                (.., Some(file)) if key == "checksum" && file.algorithm.is_some() => {
                    T::measured("checksum", file)
                }
                _ => T::text(text),
            };
        }
        plain => {
            return match file.filter(|_| key == "size") {
                Some(file) => T::measured("size", file),
                None => T::plain(plain),
            };
        }
    };
    lay_out(brackets, &parts, [depth, T::STEP])
}

/// A text as JSON has it, which JavaScript and Python read as well. What would not be seen, or
/// would change how its line is shown, is escaped.
fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for character in Value::from(text).to_string().chars() {
        if is_unseen(character) {
            // Writing to a String cannot fail.
            let _ = write!(quoted, "\\u{:04x}", u32::from(character));
        } else {
            quoted.push(character);
        }
    }
    quoted
}

fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// A line of comment. Whatever it tells, it stays one line.
fn note(mark: &str, text: &str) -> String {
    let line = format!("{mark} {text}").replace(is_unseen, "?");
    format!("{}\n", line.trim_end())
}

/// The last part of a file's name: a script never leaves the directory that it was given.
fn file_name(name: &str) -> &str {
    match name.rsplit('/').next() {
        None | Some("" | "." | "..") => "file",
        Some(name) => name,
    }
}

/// `file`, `file_2`, and so on.
fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}_{number}") }
}

/// Fills the gaps of a text of ours. Nothing recorded is ever put in by it.
fn fill(text: &str, plan: &Plan, spell: impl Fn(&Line) -> [String; 2]) -> String {
    let mut text = text.replace("@HEADER", SESSION_HEADER);
    let lines = [("@LOGIN", plan.login.as_ref()), ("@LOGOUT", Some(&plan.logout))];
    for (gap, line) in lines {
        let Some(line) = line else { continue };
        let [method, target] = spell(line);
        text = text.replace(&format!("{gap}_METHOD"), &method);
        text = text.replace(&format!("{gap}_TARGET"), &target);
    }
    text
}

/// What stands at the head of a script, as lines of comment.
fn head(plan: &Plan, mark: &str, needs: &str, usage: &str) -> String {
    let mut lines = Vec::new();
    if plan.whole {
        lines.push(format!(
            "Made by Accession from a recorded run ({}). It does this:",
            plan.dialect
        ));
        lines.push("  log in".to_owned());
        for step in &plan.steps {
            lines.push(match step {
                Step::Note(note) => format!("  (left out: {note})"),
                Step::Call(call) => format!("  {}", call.about),
                Step::Upload(upload) => format!("  send {}", quote(&upload.name)),
            });
        }
        lines.push("  log out".to_owned());
    } else {
        let mut about = plan.steps.iter().map(|step| match step {
            Step::Note(note) => note.clone(),
            Step::Call(call) => call.about.clone(),
            Step::Upload(upload) => format!("the upload of {}", quote(&upload.name)),
        });
        let about = about.next().unwrap_or_else(|| "log in and log out".to_owned());
        lines.push(format!("Made by Accession from a recorded call ({}): {about}.", plan.dialect));
    }
    lines.push(String::new());
    lines.push(needs.to_owned());
    if plan.login.is_some() {
        lines.push(
            "VCENTER, VCENTER_USER and VCENTER_PASSWORD name the server and who logs in."
                .to_owned(),
        );
    }
    if !plan.found.is_empty() {
        let names: Vec<_> = plan.found.iter().map(|(name, _)| name.as_str()).collect();
        lines.push(format!(
            "{}: what was used then, unless the environment says otherwise.",
            names.join(", ")
        ));
    }
    if !plan.secrets.is_empty() {
        let names = plan.secrets.join(", ");
        lines.push(format!("{names}: what was recorded without its value."));
    }
    if plan.uploads() {
        lines.push(usage.to_owned());
    }
    lines.iter().map(|line| note(mark, line)).collect()
}

/// Whether `/rest` puts answers into an envelope.
fn has_envelope(plan: &Plan) -> bool {
    plan.dialect == Dialect::Rest
}

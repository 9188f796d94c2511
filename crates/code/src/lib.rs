//! Scripts that do again what was recorded: one call or a whole run, in the languages of those who
//! automate.
//!
//! Host and secrets come from the environment of whoever runs them. All that a recording holds is
//! data: it is quoted by each language's own rules, and never read as code.
#![warn(missing_docs)]

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

use plan::{Call, File, Line, Piece, Plan, Step, Then};

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

    /// The language of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// How a file of it ends.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Curl => "sh",
            Self::Fetch => "mjs",
            Self::Python => "py",
        }
    }

    const fn tongue(self) -> &'static Tongue {
        match self {
            Self::Curl => &curl::TONGUE,
            Self::Fetch => &fetch::TONGUE,
            Self::Python => &python::TONGUE,
        }
    }
}

/// A script that makes one call, as it was recorded.
pub fn call(exchange: &Exchange, language: Language) -> String {
    Script { plan: &Plan::of(&[exchange], false), tongue: language.tongue() }.write()
}

/// A script that does what a whole run did. It logs in first and out last, whatever was recorded;
/// calls that were refused then, and calls that only read, are left out.
pub fn run(exchanges: &[Rc<Exchange>], language: Language) -> String {
    let exchanges: Vec<_> = exchanges.iter().map(Rc::as_ref).collect();
    Script { plan: &Plan::of(&exchanges, true), tongue: language.tongue() }.write()
}

/// What a script has to be for, so that it needs a part: any of these bits.
type Need = u16;

/// Every script.
const ALL: Need = !0;
/// A whole run.
const RUN: Need = 1;
/// One call.
const CALL: Need = 1 << 1;
/// One upload, to a link that is handed in.
const LINK: Need = 1 << 2;
/// It sends files.
const FILE: Need = 1 << 3;
/// It declares their digests.
const DIGEST: Need = 1 << 4;
/// It uses what the recorded run found on the server.
const FOUND: Need = 1 << 5;
/// It takes the only one that was found.
const ONLY: Need = 1 << 6;
/// It looks at what a validation found.
const JUDGE: Need = 1 << 7;
/// It waits for the end of something.
const SETTLE: Need = 1 << 8;

/// How a language writes scripts: texts of ours with gaps (`@NAME`), and how it spells what is put
/// into them. Nothing that was put in is searched for gaps.
struct Tongue {
    /// What begins a comment.
    comment: &'static str,
    /// Whether arguments are words, and bodies follow as here-documents.
    is_shell: bool,
    /// How far the steps are moved in.
    depth: usize,
    /// How far anything that is inside of something is.
    step: usize,
    /// The parts of a script.
    parts: &'static [(Need, &'static str)],
    /// What takes the envelope of `/rest` off an answer.
    envelope: &'static str,
    /// Asks for a secret.
    secret: &'static str,
    /// Asks for something that the run found.
    found: &'static str,
    /// Names a file, and finds out its length and its digest.
    file: [&'static str; 3],
    /// A call, and what is done with its answer.
    call: fn(&Then) -> &'static str,
    /// A file's bytes, and what is done meanwhile.
    upload: &'static str,
    /// What call, keep-alive and waiting are called.
    functions: [&'static str; 3],
    /// A text, as an argument.
    text: fn(&str) -> String,
    /// Path and query, as an argument.
    target: fn(&[Piece]) -> String,
    /// A text in a body.
    inner: fn(&str) -> String,
    /// What is neither text nor list nor object.
    plain: fn(&Value) -> String,
    /// The value of a variable in a body.
    variable: &'static str,
    /// The value of a secret in a body.
    hidden: &'static str,
    /// The length of a file in a body.
    size: &'static str,
    /// The digest of a file in a body.
    checksum: &'static str,
}

/// A script that is being written.
struct Script<'a> {
    plan: &'a Plan,
    tongue: &'static Tongue,
}

impl Script<'_> {
    fn write(&self) -> String {
        let (plan, tongue) = (self.plan, self.tongue);
        let mut head = String::new();
        self.head(&mut head);
        let (mut secrets, mut found, mut names) = (String::new(), String::new(), String::new());
        for name in &plan.secrets {
            fill(&mut secrets, tongue.secret, &[("NAME", name)]);
        }
        for (name, value) in &plan.found {
            let value = (tongue.text)(value);
            fill(&mut found, tongue.found, &[("NAME", name), ("VALUE", &value)]);
            names += if names.is_empty() { "" } else { ", " };
            names += name;
        }
        let (mut steps, mut files, mut tools) = (String::new(), String::new(), String::new());
        let mut needs = if plan.whole { RUN } else { CALL };
        if needs == RUN || !plan.secrets.is_empty() {
            tools += " jq";
        }
        if !plan.found.is_empty() {
            needs |= FOUND;
        }
        let mut one = String::new();
        for step in &plan.steps {
            match step {
                Step::Note(text) => {
                    steps.extend(std::iter::repeat_n(' ', tongue.depth));
                    steps += &note(tongue.comment, &["Left out: ", text].concat());
                }
                Step::Call(call) => {
                    needs |= match call.then {
                        Then::KeepOnly(_) => ONLY,
                        Then::Judge => JUDGE,
                        Then::Await(_) => SETTLE,
                        Then::Link(_) | Then::Keep(_) | Then::Nothing | Then::Print => 0,
                    };
                    if let Then::Link(file) = &call.then {
                        needs |= self.file(file, &mut files, &mut tools);
                    }
                    self.call(call, &mut steps);
                }
                Step::Upload(upload) => {
                    needs |= SETTLE;
                    let keep = self.asked(1, &[], &upload.keep_alive, None);
                    let settle = self.asked(2, &["status", "READY"], &upload.look, None);
                    let number = suffix(upload.file);
                    let gaps = [("N", &*number), ("KEEP", &keep), ("SETTLE", &settle)];
                    fill(&mut steps, tongue.upload, &gaps);
                }
                Step::Send(name) => {
                    needs = LINK;
                    one = (tongue.text)(file_name(name));
                }
            }
        }
        let [login, logout] = [&plan.login, &plan.logout].map(|line| self.line(line));
        let gaps = [
            ("HEAD", &*head),
            ("SECRETS", &secrets),
            ("FOUND", &found),
            ("NAMES", &names),
            ("NAME", &one),
            ("FILES", &files),
            ("TOOLS", &tools),
            ("STEPS", &steps),
            ("LOGIN", &login),
            ("LOGOUT", &logout),
            ("HEADER", SESSION_HEADER),
            ("ENVELOPE", if plan.dialect == Dialect::Rest { tongue.envelope } else { "" }),
        ];
        let mut script = String::new();
        for (need, text) in tongue.parts {
            if needs & need != 0 {
                fill(&mut script, text, &gaps);
            }
        }
        script
    }

    /// What stands at the head, line by line.
    fn head(&self, head: &mut String) {
        let mut line = |parts: &[&str]| head.push_str(&note(self.tongue.comment, &parts.concat()));
        let dialect = self.plan.dialect.prefix();
        if self.plan.whole {
            line(&["Made by Accession from a recorded run (", dialect, "). It does this:"]);
            line(&["  log in"]);
        } else {
            line(&["Made by Accession from a recorded call (", dialect, "). It does this:"]);
        }
        for step in &self.plan.steps {
            match step {
                Step::Note(note) => line(&["  (left out: ", note, ")"]),
                Step::Call(call) => line(&["  ", &call.about]),
                Step::Upload(upload) => line(&["  send ", &quote(&upload.name)]),
                Step::Send(name) => line(&["  send ", &quote(name)]),
            }
        }
        if self.plan.whole {
            line(&["  log out"]);
        }
        line(&[]);
    }

    /// The lines that look at a file. They stand before the session begins, which does not wait long.
    fn file(&self, file: &File, files: &mut String, tools: &mut String) -> Need {
        let name = (self.tongue.text)(file_name(&file.name));
        let number = suffix(file.number);
        let algorithm = file.algorithm.as_deref().unwrap_or_default();
        let gaps = [("N", &*number), ("NAME", &name), ("ALGORITHM", algorithm)];
        let [named, size, checksum] = self.tongue.file;
        fill(files, named, &gaps);
        if file.has_size {
            fill(files, size, &gaps);
        }
        if algorithm.is_empty() {
            return FILE;
        }
        fill(files, checksum, &gaps);
        let tool = [" ", algorithm, "sum"].concat();
        if !tools.contains(&tool) {
            *tools += &tool;
        }
        FILE | DIGEST
    }

    fn call(&self, call: &Call, steps: &mut String) {
        let file = call.file();
        let name = match &call.then {
            Then::Keep(name) | Then::KeepOnly(name) => name,
            _ => "",
        };
        let settle = match &call.then {
            Then::Await(line) => self.asked(2, &["state", "DONE"], line, None),
            _ => String::new(),
        };
        let number = file.map(|file| suffix(file.number)).unwrap_or_default();
        let made = self.asked(0, &[&call.operation], &call.line, file);
        let gaps = [("N", &*number), ("NAME", name), ("CALL", &made), ("SETTLE", &settle)];
        fill(steps, (self.tongue.call)(&call.then), &gaps);
    }

    /// A function of ours, called with what is sent for a call.
    fn asked(&self, function: usize, first: &[&str], line: &Line, file: Option<&File>) -> String {
        let tongue = self.tongue;
        let function = tongue.functions[function];
        let mut arguments: Vec<String> = first.iter().map(|text| (tongue.text)(text)).collect();
        let depth = if tongue.is_shell { 0 } else { tongue.depth + tongue.step };
        let body = line.body.as_ref().map(|body| self.value(file, "", body, depth));
        if tongue.is_shell {
            let first = arguments.join(" ");
            let space = if first.is_empty() { "" } else { " " };
            let called = [function, space, &first, " ", &self.line(line)].concat();
            return match body {
                Some(body) => [&called, " - <<JSON\n", &body, "\nJSON"].concat(),
                None => called,
            };
        }
        arguments.extend([(tongue.text)(line.method.as_str()), (tongue.target)(&line.target)]);
        arguments.extend(body);
        lay_out([&[function, "("].concat(), ")"], &arguments, tongue.depth, tongue.step)
    }

    /// Method and target as arguments.
    fn line(&self, line: &Line) -> String {
        let (tongue, target) = (self.tongue, (self.tongue.target)(&line.target));
        match line.method.as_str() {
            method if tongue.is_shell => [method, " \\\n  ", &target].concat(),
            method => [&(tongue.text)(method), ", ", &target].concat(),
        }
    }

    fn value(&self, file: Option<&File>, key: &str, value: &Value, depth: usize) -> String {
        let tongue = self.tongue;
        let mut parts = Vec::new();
        let brackets = match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    let inner = self.value(file, key, inner, depth + tongue.step);
                    parts.push([&*(tongue.inner)(key), ": ", &inner].concat());
                }
                ["{", "}"]
            }
            Value::Array(values) => {
                for inner in values {
                    parts.push(self.value(file, "", inner, depth + tongue.step));
                }
                ["[", "]"]
            }
            Value::String(text) => return self.text(file, key, text),
            plain => {
                return match file.filter(|_| key == "size") {
                    Some(file) => gap(tongue.size, "N", &suffix(file.number)),
                    None => (tongue.plain)(plain),
                };
            }
        };
        lay_out(brackets, &parts, depth, tongue.step)
    }

    fn text(&self, file: Option<&File>, key: &str, text: &str) -> String {
        let (plan, tongue) = (self.plan, self.tongue);
        if let Some(secret) = text.strip_prefix(REDACTED)
            && plan.is_secret(secret)
        {
            return gap(tongue.hidden, "NAME", secret);
        }
        if let Some(name) = plan.name_of(key, text) {
            return gap(tongue.variable, "NAME", name);
        }
        // What was recorded would be wrong for any other file.
        match file.filter(|file| key == "checksum" && file.algorithm.is_some()) {
            Some(file) => gap(tongue.checksum, "N", &suffix(file.number)),
            None => (tongue.inner)(text),
        }
    }
}

/// Lines are broken where they would get longer.
const WIDTH: usize = 96;

/// Parts between brackets: in one line if they fit into it, else one below the other.
fn lay_out([open, close]: [&str; 2], parts: &[String], depth: usize, step: usize) -> String {
    let line = parts.join(", ");
    if depth + open.len() + line.len() + close.len() <= WIDTH && !line.contains('\n') {
        return [open, &line, close].concat();
    }
    let mut text = open.to_owned();
    for (place, part) in parts.iter().enumerate() {
        text += if place == 0 { "\n" } else { ",\n" };
        text.extend(std::iter::repeat_n(' ', depth + step));
        text += part;
    }
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', depth));
    text + close
}

/// Fills the gaps of a text of ours.
fn fill(out: &mut String, text: &str, gaps: &[(&str, &str)]) {
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find(|letter: char| !letter.is_ascii_uppercase()).unwrap_or(rest.len());
        match gaps.iter().find(|(name, _)| *name == &rest[..end]) {
            Some((_, value)) => {
                out.push_str(value);
                rest = &rest[end..];
            }
            None => out.push('@'),
        }
    }
    out.push_str(rest);
}

fn gap(text: &str, name: &str, value: &str) -> String {
    let mut out = String::new();
    fill(&mut out, text, &[(name, value)]);
    out
}

/// What the names that belong to one of several files end with.
fn suffix(number: usize) -> String {
    if number == 1 { String::new() } else { format!("_{number}") }
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
    let line = [mark, " ", text].concat().replace(is_unseen, "?");
    [line.trim_end(), "\n"].concat()
}

/// The last part of a file's name: a script never leaves the directory that it was given.
fn file_name(name: &str) -> &str {
    match name.rsplit('/').next() {
        None | Some("" | "." | "..") => "file",
        Some(name) => name,
    }
}

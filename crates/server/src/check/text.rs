//! A report as a terminal shows it. Everything in it came from a file, so no control character of
//! it reaches the terminal.

use accession_package::outline::{Outline, Table};

/// The widest line of running text.
const WIDTH: usize = 96;
/// The widest cell that makes a column wider.
const CELL: usize = 48;

/// The report as text.
pub(super) fn of(outline: &Outline) -> String {
    let mut text = String::new();
    wrapped(&mut text, &format!("{}: ", harmless(&outline.name)), outline.sentence);
    wrapped(&mut text, "  ", &outline.facts.join(", "));
    for told in &outline.findings {
        line(&mut text, "");
        wrapped(&mut text, &format!("  {:<9}", told.severity.name()), &told.found);
        for (label, value) in &told.lines {
            wrapped(&mut text, &format!("           {label:<16}"), value);
        }
    }
    for table in &outline.tables {
        of_table(&mut text, table);
    }
    text
}

fn of_table(text: &mut String, table: &Table) {
    line(text, &format!("\n  {}", table.caption));
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(CELL)
    };
    for row in &rows {
        let cells = row.iter().enumerate();
        let cells: Vec<_> = cells.map(|(at, cell)| format!("{cell:<0$}", width(at))).collect();
        line(text, format!("    {}", cells.join("  ")).trim_end());
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Running text behind a label, its further lines under its first.
fn wrapped(text: &mut String, label: &str, value: &str) {
    let mut row = label.to_owned();
    let indent = label.chars().count();
    let mut length = indent;
    for word in harmless(value).split(' ').filter(|word| !word.is_empty()) {
        let letters = word.chars().count();
        if length > indent && length + 1 + letters > WIDTH {
            line(text, &row);
            row = " ".repeat(indent);
            length = indent;
        }
        if length > indent {
            row.push(' ');
            length += 1;
        }
        row.push_str(word);
        length += letters;
    }
    line(text, row.trim_end());
}

/// The text without anything that a terminal would obey.
pub(crate) fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            harmless.extend(c.escape_unicode());
        } else {
            harmless.push(c);
        }
    }
    harmless
}

/// The same JSON. Only strings hold such characters, so JSON's own escapes can stand for them.
pub(super) fn harmless_json(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => harmless.push(c),
            c if is_obeyed(c) => harmless.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => harmless.push(c),
        }
    }
    harmless
}

/// Whether a terminal would do something else than show it. Marks that turn the direction of
/// writing can make a name look like another one.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || turns || breaks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(harmless("a\x1b[2Jb\u{202e}c é"), "a\\u{1b}[2Jb\\u{202e}c é");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let name = "a\x1b[2J\u{9b}31m\u{7f}\u{202e}b\u{61c} é\n";
        let json = serde_json::to_string_pretty(&[name]).unwrap();
        let harmless = harmless_json(&json);
        assert!(harmless.chars().all(|c| c == '\n' || !is_obeyed(c)), "{harmless}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&harmless).unwrap(), [name]);
    }

    #[test]
    fn long_texts_are_wrapped_under_their_beginning() {
        let mut text = String::new();
        wrapped(&mut text, "  why  ", &"word ".repeat(40));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("       word")));
        assert_eq!(text.split_whitespace().count(), 41);
    }
}

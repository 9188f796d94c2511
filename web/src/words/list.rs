//! The list of all messages, `web/words/en.json`: a catalogue of English, for translators to begin from.
//!
//! It is read off the sources: every text in them that is a sentence, or a word that begins with a
//! capital, unless where it stands shows that nobody reads it. What that rule gets wrong is named here,
//! and the browser's tests show whether anything is missing that the page says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use accession_core::operations::ROWS;
use accession_core::rules::RULES;
use accession_core::shape::{Field, Shape};
use accession_scenarios::Scenario;
use serde_json::{Map, Value, json};

/// Where messages are written, from the root of the project on.
const SOURCES: [&str; 5] = [
    "web/src",
    "crates/scribe/src",
    "crates/scribe/js/passage.js",
    "crates/package/src/outline.rs",
    "crates/artefacts/src/share.rs",
];

/// Words in small or in capital letters that people read.
const ALSO: &[&str] = &[
    "(none)",
    "API",
    "JSON",
    "LIVE",
    "LIVE · ",
    "REPLAY",
    "SIMULATED",
    "all",
    "call",
    "certificate",
    "completing",
    "current",
    "descriptor",
    "differs",
    "disk",
    "event",
    "fetches",
    "image",
    "in ",
    "login",
    "manifest",
    "matches",
    "no",
    "none",
    "other",
    "required",
    "session",
    "target",
    "upload",
    "visited",
    "yes",
    "you",
];

/// What looks like words and is none: names of keys, of files and data, and reasons of calls that are
/// refused, which are English as core's own are.
const NOT: &[&str] = &[
    "; the session then ends in ERROR",
    "1 file",
    "Accession",
    "Ask for it again, or for the run file.",
    "Ctrl Enter",
    "Ctrl K",
    "Ctrl Shift Z",
    "Ctrl Z",
    "End",
    "Esc",
    "Escape",
    "Home",
    "ISO image",
    "Lab library",
    "OVF package",
    "Recorded",
    "Space",
    "The link",
    "a page has a document",
    "a page has a window",
    "an exchange cannot be read",
    "complete was accepted already",
    "complete → completing",
    "file of a kind that is not looked into",
    "g d",
    "g e",
    "g l",
    "g s",
    "index.html has the element",
    "no user and no password go with it from here",
    "standard input",
    "the item has an ACTIVE session",
    "the order names no language",
    "the page's own record cannot be read",
    "the server does not know this id",
    "the reader of files could not be started",
    "too long",
    "virtual disk",
    "{0}",
];

/// How grave a finding is: a report has these words as data.
const GRAVITIES: [&str; 3] = ["blocks", "informs", "warns"];

/// What begins a call of which the texts are for machines.
const FOR_MACHINES: &[&str] = &[
    "el",
    "expect",
    "get",
    "is_of",
    "key",
    "keep",
    "keeps",
    "named",
    "on",
    "put",
    "query_selector",
    "starts_with",
];

/// Macros of which the texts are for machines, or are composed of texts that stand elsewhere.
const MACROS: &[&str] = &["concat", "env", "format", "panic", "thread_local", "write", "writeln"];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Mark(char),
}

/// The tokens of a source in Rust or JavaScript, without comments, attributes and tests.
fn tokens(source: &str) -> Vec<Token> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let letters: Vec<char> = source.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or('\n');
    let mut tokens = Vec::new();
    let mut place = 0;
    while place < letters.len() {
        let letter = at(place);
        match letter {
            '/' if at(place + 1) == '/' => {
                while at(place) != '\n' {
                    place += 1;
                }
            }
            '#' if at(place + 1) == '[' => {
                while at(place) != '\n' {
                    place += 1;
                }
            }
            // A letter; a lifetime has no end.
            '\'' if at(place + 2) == '\'' && at(place + 1) != '\\' => place += 2,
            '\'' if at(place + 1) == '\\' => {
                place += 3;
                while at(place) != '\'' {
                    place += 1;
                }
            }
            'r' if at(place + 1) == '#' && at(place + 2) == '"' => {
                let start = place + 3;
                place = start;
                while !(at(place) == '"' && at(place + 1) == '#') {
                    place += 1;
                }
                tokens.push(Token::Text(letters[start..place].iter().collect()));
                place += 1;
            }
            '"' => {
                let mut text = String::new();
                place += 1;
                while at(place) != '"' || place >= letters.len() {
                    if at(place) == '\\' {
                        place += 1;
                        match at(place) {
                            // The text goes on where the next line begins.
                            '\n' => {
                                while at(place + 1).is_whitespace() {
                                    place += 1;
                                }
                            }
                            'n' => text.push('\n'),
                            'u' => {
                                let code: String = letters[place + 2..]
                                    .iter()
                                    .take_while(|c| **c != '}')
                                    .collect();
                                let code = u32::from_str_radix(&code, 16).unwrap_or_default();
                                text.extend(char::from_u32(code));
                                while at(place) != '}' {
                                    place += 1;
                                }
                            }
                            other => text.push(other),
                        }
                    } else {
                        text.push(at(place));
                    }
                    place += 1;
                }
                tokens.push(Token::Text(text));
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let start = place;
                while at(place + 1).is_alphanumeric() || at(place + 1) == '_' {
                    place += 1;
                }
                tokens.push(Token::Name(letters[start..=place].iter().collect()));
            }
            letter if letter.is_whitespace() => {}
            mark => tokens.push(Token::Mark(mark)),
        }
        place += 1;
    }
    tokens
}

/// Where a token stands: what is called there, at which place in the call, and where the call begins.
struct Within<'a> {
    name: &'a str,
    is_macro: bool,
    begin: usize,
    place: usize,
}

fn within(tokens: &[Token], at: usize) -> Option<Within<'_>> {
    let (mut depth, mut place) = (0_usize, 0);
    for begin in (0..at).rev() {
        match &tokens[begin] {
            Token::Mark(')' | ']' | '}') => depth += 1,
            Token::Mark('(') if depth == 0 => {
                let before = |back: usize| begin.checked_sub(back).map(|place| &tokens[place]);
                return match (before(2), before(1)) {
                    (Some(Token::Name(name)), Some(Token::Mark('!'))) => {
                        Some(Within { name, is_macro: true, begin, place })
                    }
                    (_, Some(Token::Name(name))) => {
                        Some(Within { name, is_macro: false, begin, place })
                    }
                    _ => None,
                };
            }
            // A block, a list or a structure is no call.
            Token::Mark('{' | '[') if depth == 0 => return None,
            Token::Mark('(' | '[' | '{') => depth -= 1,
            Token::Mark(',') if depth == 0 => place += 1,
            _ => {}
        }
    }
    None
}

/// Whether people read a text like this.
fn is_message(text: &str) -> bool {
    let text = text.trim_matches(' ');
    let mut letters = text.chars();
    let capital = letters.next().is_some_and(char::is_uppercase)
        && letters.as_str().trim_end_matches([':', '.']).chars().all(|c| c.is_ascii_lowercase());
    let is_class = text.split(' ').all(|word| word.starts_with("acc-"));
    // The ways of lines.
    let is_drawn = text.chars().all(|c| "MmLlHhVvAaCcZz0123456789.- ".contains(c));
    let is_sentence = text.contains(' ') && text.contains(|c: char| c.is_ascii_lowercase());
    text.contains("{0}") || (capital && text.len() > 1) || (is_sentence && !is_class && !is_drawn)
}

/// Puts the messages of a source into a list, and notes all of its texts.
fn take(source: &str, list: &mut Map<String, Value>, texts: &mut BTreeSet<String>) {
    let tokens = tokens(source);
    let mark = |place: usize, mark| tokens.get(place) == Some(&Token::Mark(mark));
    for (at, token) in tokens.iter().enumerate() {
        let Token::Text(text) = token else { continue };
        texts.insert(text.clone());
        let is_pattern = mark(at + 1, '|')
            || (mark(at + 1, '=') && (mark(at + 2, '>') || mark(at + 2, '=')))
            || (at > 1 && mark(at - 1, '=') && (mark(at - 2, '=') || mark(at - 2, '!')));
        // The name of a field.
        if is_pattern || mark(at + 1, ':') {
            continue;
        }
        if let Some(Within { name, is_macro, begin, place }) = within(&tokens, at) {
            let first = match &tokens[begin + 1] {
                Token::Text(first) => first.as_str(),
                _ => "",
            };
            let of_machines = if is_macro { MACROS } else { FOR_MACHINES };
            let unspoken = name == "attr" && (place == 0 || !super::SPOKEN.contains(&first));
            if unspoken || of_machines.contains(&name) {
                continue;
            }
            if let ("count" | "counted", Some(Token::Text(many))) = (name, tokens.get(at + 2))
                && mark(at + 1, ',')
            {
                list.insert(many.clone(), json!({ "one": text, "other": many }));
                continue;
            }
        }
        if is_message(text) && !NOT.contains(&text.as_str()) {
            list.entry(text.clone()).or_insert(text.as_str().into());
        }
    }
}

/// Puts what the fields of a structure mean into a list.
fn take_fields(fields: &'static [Field], list: &mut Map<String, Value>) {
    for field in fields {
        if !field.doc.is_empty() && list.insert(field.doc.to_owned(), field.doc.into()).is_some() {
            continue;
        }
        let mut shape = field.shape();
        while let Shape::List(inside) | Shape::Map(inside) | Shape::Optional(inside) = shape {
            shape = inside();
        }
        if let Shape::Structure(fields) = shape {
            take_fields(fields, list);
        }
    }
}

fn files(place: &Path, found: &mut Vec<PathBuf>) {
    if place.is_file() {
        return found.push(place.to_owned());
    }
    let entries = fs::read_dir(place).expect("the sources are there");
    for entry in entries {
        let path = entry.expect("it can be read").path();
        if !path.ends_with("tests.rs")
            && !path.ends_with("run_tests.rs")
            && !path.ends_with("words")
        {
            files(&path, found);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All messages, and all texts that stand in the sources.
fn messages() -> (Map<String, Value>, BTreeSet<String>) {
    let (mut list, mut texts, mut found) = (Map::new(), BTreeSet::new(), Vec::new());
    SOURCES.iter().for_each(|place| files(&root().join(place), &mut found));
    for file in found {
        take(&fs::read_to_string(&file).expect("it can be read"), &mut list, &mut texts);
    }
    // What core and the scenarios say of themselves.
    let mut whole = |text: &str| {
        list.insert(text.to_owned(), text.into());
    };
    ALSO.iter().chain(&GRAVITIES).for_each(|text| whole(text));
    for rule in RULES {
        [rule.sentence, rule.source, rule.0.provenance.word()].into_iter().for_each(&mut whole);
    }
    for row in ROWS {
        whole(row.doc());
    }
    for scenario in accession_scenarios::ALL {
        let Scenario { group, title, about, attempt, .. } = scenario;
        [group.title(), title, about, attempt].into_iter().for_each(&mut whole);
    }
    for row in ROWS {
        take_fields(row.fields(), &mut list);
    }
    // In an order that does not depend on where they stand.
    (list.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect(), texts)
}

#[test]
fn the_list_of_messages_is_current() {
    let place = root().join("web/words/en.json");
    let made = json!({ "lang": "en", "words": messages().0 });
    if std::env::var_os("UPDATE_WORDS").is_some() {
        fs::create_dir_all(place.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(&place, format!("{made:#}\n")).expect("it can be written");
        return;
    }
    let kept = fs::read_to_string(&place).unwrap_or_default();
    let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
    let names = |value: &Value| -> BTreeSet<String> {
        value["words"].as_object().into_iter().flat_map(Map::keys).cloned().collect()
    };
    let (kept_names, made_names) = (names(&kept), names(&made));
    assert!(
        kept == made,
        "web/words/en.json does not list what the page says; UPDATE_WORDS=1 cargo test -p accession-web --lib words \
         writes it anew.\nnew: {:#?}\ngone: {:#?}",
        made_names.difference(&kept_names).collect::<Vec<_>>(),
        kept_names.difference(&made_names).collect::<Vec<_>>(),
    );
}

#[test]
fn what_the_rule_gets_wrong_stands_in_the_sources() {
    let (_, texts) = messages();
    for text in ALSO.iter().chain(NOT) {
        assert!(texts.contains(*text), "{text} is written nowhere");
    }
}

#[test]
fn texts_are_read_as_their_languages_read_them() {
    let read = |source: &str| {
        let mut list = Map::new();
        take(source, &mut list, &mut BTreeSet::new());
        list.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(
        read(r#"el("p.acc-hint").text("Two words, \"both\"") // "Not this""#),
        ["Two words, \"both\""]
    );
    assert_eq!(read("\"One \\\n        line\" '\"' \"Close\""), ["Close", "One line"]);
    assert_eq!(
        read(r#"match key { "Enter" | "Up" => a, "Down now" => b } x == "Not it""#),
        [""; 0]
    );
    assert_eq!(read(r#".attr("class", "Not it").attr("aria-label", "This one")"#), ["This one"]);
    assert_eq!(read(r#"count(number(2), "{0} file", "{0} files")"#), ["{0} files"]);
    assert_eq!(read(r#"format!("not {this}"); say("but {0}", &[])"#), ["but {0}"]);
}

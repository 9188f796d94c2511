//! XML as a small tree with line numbers, bounded in depth and number, with no entity expanded but
//! the five that are predefined.
//!
//! It does not know what a descriptor holds.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::{
    BAD_TEXT, DOCTYPE, ENCODING_MISMATCH, ENCODING_UNKNOWN, MALFORMED, TOO_COMPLEX,
    UNDECLARED_PREFIX,
};
use crate::findings::{Notes, Place};
use crate::text::{Encoding, short};

/// No descriptor that was seen is deeper than 15 or has more than 10,000 elements.
const DEPTH: usize = 64;
const ELEMENTS: u32 = 100_000;
const ATTRIBUTES: usize = 256;
const TEXT: usize = 4096;

/// An element, with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its namespace, empty if it is one of the document's own.
    pub(super) space: Rc<str>,
    /// Its name without a prefix.
    pub(super) name: String,
    pub(super) attributes: Vec<Attribute>,
    /// The text directly in it, without the space around it, cut if it is very long.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    pub(super) line: u64,
}

#[derive(Debug)]
pub(super) struct Attribute {
    /// Its namespace, empty if it is one of the document's own or it has no prefix.
    space: Rc<str>,
    name: String,
    value: String,
}

impl Element {
    pub(super) fn place(&self) -> Option<Place> {
        Some(Place::Line(self.line))
    }

    /// An attribute of the document's own namespace, or without a prefix.
    pub(super) fn own(&self, name: &str) -> Option<&str> {
        let mut found = self.attributes.iter().filter(|given| given.name == name);
        found.find(|given| given.space.is_empty()).map(|given| given.value.as_str())
    }

    /// An attribute of any namespace.
    pub(super) fn any(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|given| given.name == name);
        found.map(|given| given.value.as_str())
    }

    /// The first child of this name, of any namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, unless it is empty.
    pub(super) fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }
}

/// A document.
pub(super) struct Document {
    pub(super) root: Element,
    /// The namespace of the root, if it has one.
    pub(super) namespace: Option<String>,
}

/// Reads a document. These namespaces and that of its root are its own.
pub(super) fn parse(bytes: &[u8], own: &[&str], notes: &mut Notes<'_>) -> Option<Document> {
    let text = decode(bytes, notes)?;
    let control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
    if let Some((before, _)) = text.split_once(control) {
        let line = 1 + before.matches('\n').count();
        notes.add(MALFORMED, Some(Place::Line(line as u64)), [&"a control character stands there"]);
        return None;
    }
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().check_comments = true;
    reader.config_mut().expand_empty_elements = true;
    let mut lines = Lines { text: &text, at: 0, line: 1 };
    let mut tree = Tree::new(own, notes);
    loop {
        let before = reader.buffer_position();
        let fault = match reader.read_event() {
            Ok(event) => {
                tree.line = lines.of(before);
                match tree.take(event, before, &reader) {
                    Ok(Step::More) => continue,
                    Ok(Step::Done(document)) => return Some(document),
                    Err(fault) => fault,
                }
            }
            Err(error) => {
                tree.line = lines.of(reader.error_position().max(before));
                Fault::Malformed(error.to_string())
            }
        };
        let place = Some(Place::Line(tree.line));
        match fault {
            Fault::Malformed(why) => tree.notes.add(MALFORMED, place, [&short(&why)]),
            Fault::TooComplex => tree.notes.add(TOO_COMPLEX, place, []),
        }
        return None;
    }
}

/// Counts lines up to positions that only grow.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: u64) -> u64 {
        let to = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = self.at.max(to);
        self.line
    }
}

enum Step {
    More,
    Done(Document),
}

enum Fault {
    Malformed(String),
    TooComplex,
}

impl From<quick_xml::Error> for Fault {
    fn from(error: quick_xml::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

fn malformed<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Malformed(why.into()))
}

/// The tree while it grows.
struct Tree<'a, 'n> {
    notes: &'a mut Notes<'n>,
    own: &'a [&'a str],
    namespace: Option<String>,
    /// The elements that are still open, the innermost last.
    open: Vec<Element>,
    root: Option<Element>,
    elements: u32,
    doctype: bool,
    spaces: BTreeSet<Rc<str>>,
    undeclared: BTreeSet<String>,
    line: u64,
}

impl<'a, 'n> Tree<'a, 'n> {
    fn new(own: &'a [&'a str], notes: &'a mut Notes<'n>) -> Self {
        Self {
            notes,
            own,
            namespace: None,
            open: Vec::new(),
            root: None,
            elements: 0,
            doctype: false,
            spaces: BTreeSet::new(),
            undeclared: BTreeSet::new(),
            line: 1,
        }
    }

    fn take(
        &mut self,
        event: Event<'_>,
        before: u64,
        reader: &NsReader<&[u8]>,
    ) -> Result<Step, Fault> {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                if self.root.is_some() {
                    return malformed("there is more than one root element");
                }
                let element = self.element(&start, reader)?;
                self.open.push(element);
            }
            Event::End(_) => {
                let Some(mut element) = self.open.pop() else {
                    return malformed("an element ends that did not begin");
                };
                element.text.truncate(element.text.trim_end().len());
                match self.open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => self.root = Some(element),
                }
            }
            Event::Text(text) => self.text(&text.xml10_content())?,
            Event::CData(text) => self.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let text = self.resolved(&reference)?;
                self.text(&text)?;
            }
            Event::Decl(_) if before > 0 => {
                return malformed("the XML declaration is not at the very beginning");
            }
            Event::DocType(_) => {
                self.notes.add(DOCTYPE, Some(Place::Line(self.line)), []);
                self.doctype = true;
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => {
                if let Some(open) = self.open.last() {
                    return malformed(format!("it ends before </{}>", open.name));
                }
                let Some(root) = self.root.take() else {
                    return malformed("there is no element in it");
                };
                return Ok(Step::Done(Document { root, namespace: self.namespace.take() }));
            }
        }
        Ok(Step::More)
    }

    fn element(
        &mut self,
        start: &BytesStart<'_>,
        reader: &NsReader<&[u8]>,
    ) -> Result<Element, Fault> {
        self.elements += 1;
        if self.elements > ELEMENTS || self.open.len() >= DEPTH {
            return Err(Fault::TooComplex);
        }
        let (space, name) = reader.resolver().resolve_element(start.name());
        if self.elements == 1
            && let ResolveResult::Bound(Namespace(namespace)) = space
        {
            self.namespace = Some(namespace.to_owned());
        }
        let mut element = Element {
            space: self.space(space),
            name: name.as_ref().to_owned(),
            line: self.line,
            ..Element::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(quick_xml::Error::from)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            if element.attributes.len() >= ATTRIBUTES {
                return Err(Fault::TooComplex);
            }
            let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) => value.into_owned(),
                // An entity of the document's own is not expanded.
                Err(_) if self.doctype => attribute.value.into_owned(),
                Err(error) => return Err(error.into()),
            };
            let (space, name) = reader.resolver().resolve_attribute(attribute.key);
            let space = self.space(space);
            element.attributes.push(Attribute { space, name: name.as_ref().to_owned(), value });
        }
        Ok(element)
    }

    fn space(&mut self, space: ResolveResult<'_>) -> Rc<str> {
        match space {
            ResolveResult::Unbound => Rc::default(),
            ResolveResult::Bound(Namespace(space)) => {
                if self.own.contains(&space) || self.namespace.as_deref() == Some(space) {
                    return Rc::default();
                }
                if let Some(known) = self.spaces.get(space) {
                    return Rc::clone(known);
                }
                let space: Rc<str> = space.into();
                self.spaces.insert(Rc::clone(&space));
                space
            }
            ResolveResult::Unknown(prefix) => {
                // Read on as if the prefix were declared, so that the rest is looked at too.
                if self.undeclared.insert(prefix.clone()) {
                    let place = Some(Place::Line(self.line));
                    self.notes.add(UNDECLARED_PREFIX, place, [&short(&prefix)]);
                }
                if prefix == "ovf" { Rc::default() } else { prefix.into() }
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let Some(element) = self.open.last_mut() else {
            let empty = text.trim().is_empty();
            return if empty { Ok(()) } else { malformed("text stands outside of the elements") };
        };
        let text = if element.text.is_empty() { text.trim_start() } else { text };
        let room = TEXT.saturating_sub(element.text.len());
        element.text.push_str(&text[..text.floor_char_boundary(room)]);
        Ok(())
    }

    fn resolved(&self, reference: &BytesRef<'_>) -> Result<Cow<'static, str>, Fault> {
        if let Some(character) = reference.resolve_char_ref()? {
            return Ok(Cow::Owned(character.to_string()));
        }
        let name = reference.xml10_content();
        match resolve_predefined_entity(&name) {
            Some(text) => Ok(Cow::Borrowed(text)),
            None if self.doctype => Ok(Cow::Owned(format!("&{name};"))),
            None => malformed(format!("the entity &{name}; is not declared")),
        }
    }
}

/// The text of a document, by its byte order mark, its first bytes or its declaration.
fn decode<'b>(bytes: &'b [u8], notes: &mut Notes<'_>) -> Option<Cow<'b, str>> {
    let (told, mark) = match (Encoding::marked(bytes), bytes) {
        (Some((encoding, length)), _) => (Some(encoding), length),
        (None, [b'<', 0, ..]) => (Some(Encoding::Utf16Le), 0),
        (None, [0, b'<', ..]) => (Some(Encoding::Utf16Be), 0),
        _ => (None, 0),
    };
    let bytes = bytes.get(mark..).unwrap_or_default();
    let declared = declared(bytes, told);
    let named = declared.as_deref().map(|name| (name, Encoding::named(name)));
    let first = Some(Place::Line(1));
    let encoding = match (told, named) {
        (told, None) => told.unwrap_or(Encoding::Utf8),
        (Some(told), Some((name, named))) => {
            if named.is_some_and(|named| named.is_wide() != told.is_wide()) {
                notes.add(ENCODING_MISMATCH, first, [&short(name)]);
            }
            told
        }
        (None, Some((name, Some(wide)))) if wide.is_wide() => {
            // That its declaration could be read at all shows that it is not so.
            notes.add(ENCODING_MISMATCH, first, [&short(name)]);
            Encoding::Utf8
        }
        (None, Some((_, Some(named)))) => named,
        (None, Some((name, None))) => {
            notes.add(ENCODING_UNKNOWN, first, [&short(name)]);
            Encoding::Utf8
        }
    };
    match encoding.decode(bytes) {
        Ok(text) => Some(text),
        Err(at) => {
            let before = bytes.get(..at).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            let offset = mark + at;
            notes.add(BAD_TEXT, Some(Place::Line(line as u64)), [&offset]);
            None
        }
    }
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8], told: Option<Encoding>) -> Option<String> {
    let head = bytes.get(..bytes.len().min(400)).unwrap_or_default();
    // The declaration is in plain letters, so leaving out the zeros of a wide encoding shows it.
    let wide = told.is_some_and(Encoding::is_wide);
    let head = head.iter().filter(|byte| !(wide && **byte == 0));
    let head: String = head.map(|byte| char::from(*byte)).collect();
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let rest = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(rest.get(1..)?.split_once(quote)?.0.to_owned())
}

//! What the parameters of a call look like, as data, for whoever asks a person for them.
//!
//! It is made from the same declarations as what reads them, so neither can be without the other. It
//! does not know which values make sense.

use crate::model::Identifier;
use crate::structure::Wire;

/// What a value looks like.
///
/// What is inside is asked for when it is needed: a structure may hold itself.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// A text that names something.
    Id(Identifier),
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A date and time.
    Time,
    /// One of these names; a server may know more of them.
    Enumeration(&'static [&'static str]),
    /// This, or nothing.
    Optional(fn() -> Shape),
    /// Any number of values that look like this.
    List(fn() -> Shape),
    /// Values that look like this, by texts.
    Map(fn() -> Shape),
    /// Fields by their names.
    Structure(&'static [Field]),
    /// Any JSON.
    Any,
}

/// A field of a structure, or a parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    strict: bool,
    declared: fn() -> Shape,
}

impl Field {
    /// The field that a declaration speaks of. In a `strict` structure, what is not optional has to be
    /// there.
    pub const fn of<T: Wire>(name: &'static str, doc: &'static str, strict: bool) -> Self {
        let name = match name.as_bytes() {
            // A raw identifier of Rust loses its mark.
            [b'r', b'#', ..] => name.split_at(2).1,
            _ => name,
        };
        Self { name, doc: doc.trim_ascii(), strict, declared: T::shape }
    }

    /// Whether nothing can be read without it.
    pub fn is_required(&self) -> bool {
        self.strict && !matches!((self.declared)(), Shape::Optional(_))
    }

    /// What it looks like where it is set.
    pub fn shape(&self) -> Shape {
        match (self.declared)() {
            Shape::Optional(inside) => inside(),
            shape => shape,
        }
    }

    /// Whether a create has to set it, though the structure itself can do without: other calls carry
    /// the same one. The reference says it in words, and so do the models.
    pub fn is_for_create(&self) -> bool {
        self.doc.contains("Required for create")
    }
}

//! Reads elements in DER (X.690): each has a tag, a length and a value, which may be more elements.
//!
//! The `der` and `x509-cert` crates read whole certificates, and the tests compare what is read here
//! with them. But they bring code for each of a certificate's many types: 15 KB more of the
//! inspector's compressed wasm than this and the list of fields in `x509`.
//!
//! It does not know what the elements mean.

use accession_core::time::Timestamp;
use const_oid::ObjectIdentifier;

/// The tags of a certificate's elements.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const TELETEX_STRING: u8 = 0x14;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// A field that may be left out, by its number: as bits in their place, or as an element within.
    pub(crate) const FIELD_0: u8 = 0xa0;
    pub(crate) const FIELD_1: u8 = 0x81;
    pub(crate) const FIELD_2: u8 = 0x82;
    pub(crate) const FIELD_3: u8 = 0xa3;
}

/// An element.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    /// Tag, length and value.
    pub(super) whole: &'a [u8],
}

/// Elements that follow one another. What does not fit is not taken, so it is still there at the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next element.
    pub(super) fn take(&mut self) -> Option<Element<'a>> {
        let (tag, rest) = self.0.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                let length =
                    digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
                // The shortest form is the only one.
                (*digits.first()? > 0 && length > 0x7f).then_some((length, rest))?
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - rest.len())?;
        self.0 = rest;
        // Tags of several bytes have these bits; there are none in a certificate.
        (tag & 0x1f != 0x1f).then_some(Element { tag: *tag, value, whole })
    }

    /// Takes the value of the next element if it has this tag.
    pub(super) fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.0.first() != Some(&tag) {
            return None;
        }
        self.take().map(|element| element.value)
    }

    /// Takes the elements within the next one if it has this tag.
    pub(super) fn within(&mut self, tag: u8) -> Option<Self> {
        self.value(tag).map(Self)
    }

    /// Takes a whole number, the highest byte first, in the two's complement.
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        self.value(tag::INTEGER).filter(|number| match number {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => false,
            [..] => true,
        })
    }

    /// Takes a whole number that is not negative, without a zero before it.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.number()? {
            [0x80..=0xff, ..] => None,
            [0, rest @ ..] => Some(rest),
            number => Some(number),
        }
    }

    /// Takes a truth value that is false if it is left out.
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.value(tag::BOOLEAN) {
            None | Some([0]) => Some(false),
            Some([0xff]) => Some(true),
            Some(_) => None,
        }
    }

    /// Takes bits, as the bytes that hold them.
    pub(super) fn bits(&mut self) -> Option<&'a [u8]> {
        match self.value(tag::BIT_STRING)? {
            [_unused @ 0..=7, bytes @ ..] => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn object(&mut self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.value(tag::OBJECT_IDENTIFIER)?).ok()
    }

    /// Takes a time: `991231235959Z` with a year from 1950 on, or `19991231235959Z`.
    pub(super) fn time(&mut self) -> Option<Timestamp> {
        let Element { tag, value, .. } = self.take()?;
        let text = str::from_utf8(value).ok()?;
        let century = match (tag, text.len()) {
            (tag::UTC_TIME, 13) if text < "50" => "20",
            (tag::UTC_TIME, 13) => "19",
            (tag::GENERALIZED_TIME, 15) => "",
            _ => return None,
        };
        let text = format!("{century}{text}");
        let part = |from: usize, to: usize| text.get(from..to);
        let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
        let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 15)?);
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}").parse().ok()
    }

    /// Ends where no more may follow.
    pub(super) fn end(self) -> Option<()> {
        self.is_empty().then_some(())
    }
}

//! The elements of a certificate in DER (X.690), one after the other, read by the `der` crate.
//!
//! The `x509-cert` crate makes a whole certificate of them, and the tests compare what is read here
//! with it. But it brings code for each of a certificate's many types, also for those of which nothing
//! is told: 12 KB more of the inspector's compressed wasm than the list of fields in `x509`.
//!
//! It does not know what the elements mean.

use accession_core::time::Timestamp;
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, IntRef, UintRef, UtcTime};
use der::oid::ObjectIdentifier;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

/// A field that may be left out, by its number: an element within, or bits in its place.
pub(super) const fn field(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber(number) }
}

/// An element.
pub(super) struct Element<'a> {
    pub(super) tag: Tag,
    pub(super) value: &'a [u8],
    /// Tag, length and value.
    pub(super) whole: &'a [u8],
}

/// Elements that follow one another. What does not fit is not taken, so it is still there at the end.
#[derive(Debug, Clone)]
pub(super) struct Elements<'a>(SliceReader<'a>);

impl<'a> Elements<'a> {
    /// Those in these bytes; none if there are more bytes than a length can tell.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        SliceReader::new(bytes).ok().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_finished()
    }

    /// Takes the next element.
    pub(super) fn take(&mut self) -> Option<Element<'a>> {
        let whole = self.0.tlv_bytes().ok()?;
        let element = AnyRef::from_der(whole).ok()?;
        Some(Element { tag: element.tag(), value: element.value(), whole })
    }

    /// Takes the next element if it has this tag.
    fn tagged(&mut self, tag: Tag) -> Option<Element<'a>> {
        if Tag::peek(&self.0) == Ok(tag) { self.take() } else { None }
    }

    /// Takes the value of the next element if it has this tag.
    pub(super) fn value(&mut self, tag: Tag) -> Option<&'a [u8]> {
        self.tagged(tag).map(|element| element.value)
    }

    /// Takes the elements within the next one if it has this tag.
    pub(super) fn within(&mut self, tag: Tag) -> Option<Self> {
        Self::of(self.value(tag)?)
    }

    /// Takes a whole number, the highest byte first, in the two's complement.
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        let number = self.tagged(Tag::Integer)?;
        IntRef::from_der(number.whole).is_ok().then_some(number.value)
    }

    /// Takes a whole number that is not negative, without a zero before it.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        let number = self.tagged(Tag::Integer)?.whole;
        Some(UintRef::from_der(number).ok()?.as_bytes())
    }

    /// Takes a truth value that is false if it is left out.
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.tagged(Tag::Boolean) {
            None => Some(false),
            Some(flag) => bool::from_der(flag.whole).ok(),
        }
    }

    /// Takes bits, as the bytes that hold them.
    pub(super) fn bits(&mut self) -> Option<&'a [u8]> {
        let bits = self.tagged(Tag::BitString)?.whole;
        Some(BitStringRef::from_der(bits).ok()?.raw_bytes())
    }

    pub(super) fn object(&mut self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.value(Tag::ObjectIdentifier)?).ok()
    }

    /// Takes a time, in either of the forms that there are.
    pub(super) fn time(&mut self) -> Option<Timestamp> {
        let Element { tag, whole, .. } = self.take()?;
        let since = match tag {
            Tag::UtcTime => UtcTime::from_der(whole).ok()?.to_unix_duration(),
            _ => GeneralizedTime::from_der(whole).ok()?.to_unix_duration(),
        };
        Some(Timestamp::from_millis(i64::try_from(since.as_secs()).ok()? * 1000))
    }

    /// Ends where no more may follow.
    pub(super) fn end(self) -> Option<()> {
        self.is_empty().then_some(())
    }
}

//! Bytes to text, in the encodings that descriptors and manifests are found in.
//!
//! It does not know what the text is about, nor what a finding is.

use std::borrow::Cow;

/// How the bytes of a text stand for its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// US-ASCII too, which is a part of it.
    Utf8,
    Utf16Le,
    Utf16Be,
    /// ISO-8859-1.
    Latin1,
    Windows1252,
}

impl Encoding {
    /// The encoding of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Self::Utf8,
            "utf-16le" => Self::Utf16Le,
            "utf-16" | "utf-16be" => Self::Utf16Be,
            "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" => Self::Latin1,
            "windows-1252" | "cp1252" => Self::Windows1252,
            _ => return None,
        })
    }

    /// The encoding that a byte order mark tells, and the length of the mark.
    pub(crate) fn marked(bytes: &[u8]) -> Option<(Self, usize)> {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => Some((Self::Utf8, 3)),
            [0xFF, 0xFE, ..] => Some((Self::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => Some((Self::Utf16Be, 2)),
            _ => None,
        }
    }

    /// Whether a character is two bytes or more.
    pub(crate) fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// The text, or where the first byte stands that is none.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        Ok(match self {
            Self::Utf8 => {
                Cow::Borrowed(std::str::from_utf8(bytes).map_err(|bad| bad.valid_up_to())?)
            }
            Self::Utf16Le => Cow::Owned(wide(bytes, u16::from_le_bytes)?),
            Self::Utf16Be => Cow::Owned(wide(bytes, u16::from_be_bytes)?),
            Self::Latin1 => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
            Self::Windows1252 => Cow::Owned(bytes.iter().copied().map(windows_1252).collect()),
        })
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, usize> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    for character in char::decode_utf16(pairs.iter().copied().map(unit)) {
        let character = character.map_err(|_| at)?;
        at += 2 * character.len_utf16();
        text.push(character);
    }
    if rest.is_empty() { Ok(text) } else { Err(at) }
}

fn windows_1252(byte: u8) -> char {
    // Five of the 32 are not assigned; as everywhere on the web they stay control characters.
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let special = usize::from(byte).checked_sub(0x80).and_then(|index| FROM_80.get(index));
    special.copied().unwrap_or(char::from(byte))
}

/// A text of at most 200 characters, for a finding or a report.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_says_the_same() {
        let utf_16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "Grüße 🙂".encode_utf16().flat_map(unit).collect()
        };
        assert_eq!(Encoding::Utf8.decode("Grüße 🙂".as_bytes()).as_deref(), Ok("Grüße 🙂"));
        assert_eq!(Encoding::Utf16Le.decode(&utf_16(u16::to_le_bytes)).as_deref(), Ok("Grüße 🙂"));
        assert_eq!(Encoding::Utf16Be.decode(&utf_16(u16::to_be_bytes)).as_deref(), Ok("Grüße 🙂"));
        assert_eq!(Encoding::Latin1.decode(b"Gr\xFC\xDFe").as_deref(), Ok("Grüße"));
        assert_eq!(Encoding::Windows1252.decode(b"\x80\x9F\xFC").as_deref(), Ok("€Ÿü"));
    }

    #[test]
    fn the_first_bad_byte_is_told() {
        assert_eq!(Encoding::Utf8.decode(b"ab\xFF"), Err(2));
        assert_eq!(Encoding::Utf16Le.decode(b"a\0b"), Err(2));
        assert_eq!(Encoding::Utf16Be.decode(b"\0a\xDC\x00\0b"), Err(2));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("ü"), "ü");
        assert_eq!(short(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(short(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
    }
}

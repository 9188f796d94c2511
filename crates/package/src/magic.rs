//! What a file probably is, by its first bytes. It knows no format from within.

/// How many first bytes are enough for [`guess`].
pub(crate) const ENOUGH: usize = 512;

/// What a file that is not what it should be looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// It has been compressed.
    Compressed {
        /// The name of the format.
        with: &'static str,
        /// The command that undoes it.
        undo: &'static str,
    },
    /// It is something else.
    Else(&'static str),
}

const COMPRESSED: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
    (b"\x04\x22\x4d\x18", "LZ4", "unlz4"),
];

const BINARY: &[(&[u8], &str)] = &[
    (b"KDMV", "a VMDK disk"),
    (b"QFI\xfb", "a qcow2 disk"),
    (b"conectix", "a VHD disk"),
    (b"vhdxfile", "a VHDX disk"),
    (SYNC, "a dump of raw CD sectors"),
];

/// What a raw sector of a data CD begins with (ECMA-130).
const SYNC: &[u8] = b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00";

/// How texts begin, in lower case.
const TEXT: &[(&str, &str)] = &[
    ("<!doctype html", "a web page"),
    ("<html", "a web page"),
    ("# disk descriptorfile", "a VMDK disk's descriptor"),
    ("version https://git-lfs", "a Git LFS pointer and not the file itself"),
    ("{", "a JSON text"),
];

/// Whether these first bytes are a dump of raw CD sectors of 2352 bytes.
pub(crate) fn is_raw_sectors(first: &[u8]) -> bool {
    first.starts_with(SYNC)
}

/// Guesses; ask it only about a file that is not what it should be.
pub(crate) fn guess(first: &[u8]) -> Guess {
    let first = &first[..first.len().min(ENOUGH)];
    if let Some((_, with, undo)) = COMPRESSED.iter().find(|(magic, ..)| first.starts_with(magic)) {
        return Guess::Compressed { with, undo };
    }
    if let Some((_, what)) = BINARY.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Guess::Else(what);
    }
    if first.get(257..262) == Some(b"ustar") {
        return Guess::Else("a tar archive (an OVA)");
    }
    Guess::Else(match text(first) {
        Some(text) if text.trim().is_empty() => "blank text",
        Some(text) => text_kind(text),
        None if first.iter().all(|byte| *byte == 0) => "a file that begins with zeros",
        None => "a file of another kind",
    })
}

/// The bytes as text, if they hold nothing else.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Only the last character is cut off.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    text.chars().all(|char| !char.is_control() || char.is_ascii_whitespace()).then_some(text)
}

fn text_kind(text: &str) -> &'static str {
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if let Some((_, what)) = TEXT.iter().find(|(begin, _)| text.starts_with(begin)) {
        return what;
    }
    if text.starts_with("<?xml") || text.starts_with("<envelope") || text.starts_with("<ovf:") {
        // Some web pages are XHTML.
        return if text.contains("<html") { "a web page" } else { "an XML text (an OVF?)" };
    }
    "a plain text"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let cases: &[(&[u8], &str)] = &[
            (b"\n<!DOCTYPE html><title>404</title>", "a web page"),
            (b"<?xml version='1.0'?><!DOCTYPE a><html xmlns='x'>", "a web page"),
            ("\u{feff}<?xml version='1.0'?><Envelope/>".as_bytes(), "an XML text (an OVF?)"),
            (b"{\"errors\":[]}", "a JSON text"),
            (b"version https://git-lfs.github.com/spec/v1\n", TEXT[3].1),
            (b"# Disk DescriptorFile\n", "a VMDK disk's descriptor"),
            (b"KDMV\x01\0\0\0", "a VMDK disk"),
            (b"Not found \xc3", "a plain text"),
            (b" \r\n", "blank text"),
            (&[0; 600], "a file that begins with zeros"),
            (b"\x01\x02\xff", "a file of another kind"),
        ];
        for (first, what) in cases {
            assert_eq!(guess(first), Guess::Else(what));
        }
        for (magic, with, undo) in COMPRESSED {
            assert_eq!(guess(magic), Guess::Compressed { with, undo });
        }
    }
}

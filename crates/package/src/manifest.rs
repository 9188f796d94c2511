//! The manifest of an OVF package: the digests of its files, one in a line.
//!
//! It does not know which files there are, nor whether their digests are these.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use accession_core::keyed;
use accession_core::received::Algorithm;
use serde::Serialize;

use crate::findings::{Check, Notes, Place, checks};
use crate::text::{Encoding, short};

checks! {
    NOT_TEXT = Blocks "manifest.not-text":
        "The manifest is not a text.",
        why "Its entries cannot be read: \"The provided manifest file is invalid\".",
        remedy "Make it again: openssl sha256 *.ovf *.vmdk, each line as SHA256(name)= digest.",
        Documented "DSP0243 defines the lines of a manifest";
    ENCODING = Warns "manifest.encoding":
        "The manifest is written in {0}, not in plain UTF-8.",
        why "Its first line may not be understood: \"The provided manifest file is invalid\". No \
             such refusal is recorded.",
        remedy "Save it as UTF-8 without a byte order mark; in PowerShell with Set-Content -Encoding \
                ascii.",
        Assumed "no public report";
    EMPTY = Warns "manifest.empty":
        "The manifest has no entry.",
        why "It proves nothing. Whether the package is refused for it is not recorded.",
        remedy "Leave the manifest out, or make it again.",
        Assumed "no public report";
    TOO_LONG = Warns "manifest.too-long":
        "The manifest has more than {0} lines; the rest was not read here.",
        why "Whether the server reads it is not recorded.",
        remedy "Check that this is the manifest that was meant.",
        Assumed "a limit of this program";
    BAD_LINE = Blocks "manifest.bad-line":
        "This line of the manifest is not an entry: {0}",
        why "vCenter answers \"The provided manifest file is invalid: Invalid OVF manifest entry\".",
        remedy "Write each line as SHA256(name)= digest, or leave the manifest out.",
        Observed "https://github.com/inverse-inc/packetfence/issues/2306";
    BLANK_LINE = Warns "manifest.blank-line":
        "The manifest has a blank line.",
        why "vCenter 6.5 and 6.7 answered \"The provided manifest file is invalid: Invalid OVF \
             manifest entry: .\" Whether later versions do so is not recorded.",
        remedy "Take the blank lines out, also at the end: sed -i '/^$/d' name.mf.",
        Observed "https://github.com/inverse-inc/packetfence/issues/2306";
    SUM_FORMAT = Warns "manifest.sum-format":
        "This line of the manifest is in the format of sha256sum, not of OVF: {0}",
        why "It is not an entry: \"The provided manifest file is invalid: Invalid OVF manifest \
             entry\". That very spelling is not recorded.",
        remedy "Write each line as SHA256(name)= digest; openssl sha256 comes near to it.",
        Assumed "DSP0243 defines the lines of a manifest";
    SPACED = Blocks "manifest.spaced-algorithm":
        "In the manifest a space follows the algorithm, as in \"{0} (\".",
        why "vCenter answers \"The provided manifest file is invalid: Invalid OVF checksum \
             algorithm: {0} .\" VirtualBox and sha256sum --tag write such lines.",
        remedy "Take the spaces around the parentheses out: \
                sed -i 's/^\\([^ ]*\\) (\\(.*\\)) *= */\\1(\\2)= /' name.mf.",
        Observed "https://github.com/home-assistant/operating-system/issues/826";
    SPELLING = Blocks "manifest.algorithm-spelling":
        "The manifest writes the algorithm as {0}, not as {1}.",
        why "vCenter 8 answers \"The provided manifest file is invalid: Invalid OVF checksum \
             algorithm: SHA2-256.\" OpenSSL 3 writes it so.",
        remedy "Replace {0} by {1}: sed -i 's/^{0}/{1}/' name.mf.",
        Observed "https://github.com/home-assistant/operating-system/issues/3654";
    LOWER_CASE = Informs "manifest.lower-case":
        "The manifest writes the algorithm as {0}, not in capital letters.",
        why "Whether a server takes it is not recorded.",
        remedy "Write it in capital letters, as the standard does.",
        Assumed "no public report; DSP0243 writes it in capital letters";
    SPACING = Informs "manifest.spacing":
        "This line of the manifest has a space where the standard has none: {0}",
        why "Whether a server takes it is not recorded.",
        remedy "Write the line as SHA256(name)= digest.",
        Assumed "no public report of this spelling alone";
    UNKNOWN_ALGORITHM = Warns "manifest.unknown-algorithm":
        "The manifest uses {0}, which is not an algorithm of OVF packages.",
        why "vCenter answers \"Invalid OVF checksum algorithm\" to a name that it does not know. \
             For this one it is not recorded.",
        remedy "Make the manifest again with SHA256.",
        Assumed "DSP0243 names SHA1, SHA256 and SHA512";
    SHA1 = Informs "manifest.sha1":
        "The manifest uses SHA1 only.",
        why "SHA1 is weak. Reports of \"Invalid OVF checksum algorithm: SHA1\" from vSphere 6.5 to 8 \
             are about lines with a space after SHA1; written without it, SHA1 was accepted by \
             vCenter 8.",
        remedy "If it is refused, convert the package with ovftool --shaAlgorithm=SHA256.",
        Observed "https://github.com/home-assistant/operating-system/issues/3654 and \
                  https://github.com/nextcloud/vm/issues/2607";
    MIXED = Informs "manifest.mixed-algorithms":
        "The manifest uses more than one algorithm: {0}.",
        why "The standard has one for the whole package. Whether a server takes more is not \
             recorded.",
        remedy "Make the manifest again with SHA256 for every file.",
        Assumed "no public report";
    BAD_DIGEST = Blocks "manifest.bad-digest":
        "The digest of {0} is not {1} hex digits.",
        why "It cannot match: \"The checksum(s) from the provided manifest file do not match the \
             content of file(s): {0}\".",
        answer "com.vmware.ovfs.ovfs-main.ovfs.invalid_manifest_checksum_mismatch",
        remedy "Compute the digest again and write it in full.",
        Documented "https://knowledge.broadcom.com/external/article/406641";
    REPEATED = Informs "manifest.repeated":
        "The manifest has the entry of {0} more than once.",
        why "It does not say anything else the second time. Whether a server takes it is not \
             recorded.",
        remedy "Keep one of the lines.",
        Assumed "no public report";
    CONTRADICTION = Warns "manifest.contradiction":
        "The manifest has two different digests of {0}.",
        why "One of them is wrong: \"The checksum(s) from the provided manifest file do not match \
             the content of file(s): {0}\". Which one a server takes is not recorded.",
        remedy "Compute the digest again and keep one line.",
        Assumed "no public report";
    PATH = Warns "manifest.path":
        "The manifest names {0} with a path.",
        why "The files of a package have plain names, so the entry may be taken for another file's. \
             No such refusal is recorded.",
        remedy "Write the name as it is in the descriptor, without ./ or a folder.",
        Assumed "no public report";
}

/// Enough for every package; a manifest has a line or two for each file.
const LINES: usize = 10_000;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

/// The digest of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The name of the file, without a leading `./`.
    pub name: String,
    /// The algorithm, however it is spelled; none if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// The digest in lower-case hex. It is as long as the algorithm asks, or empty if it was not.
    pub digest: String,
    /// The line of the manifest.
    pub line: u64,
}

impl Manifest {
    /// Reads a manifest. None is read from what is not a text; then a finding says so.
    pub fn read(bytes: &[u8], notes: &mut Notes<'_>) -> Option<Self> {
        let text = decode(bytes, notes)?;
        let mut reading = Reading { notes, line: 0, entries: Vec::new(), told: BTreeSet::new() };
        for line in text.lines() {
            if reading.line >= LINES as u64 {
                reading.note(TOO_LONG, [&LINES]);
                break;
            }
            reading.line += 1;
            reading.take(line);
        }
        let manifest = Self { entries: reading.entries };
        manifest.check(notes);
        Some(manifest)
    }

    /// The algorithms of the entries.
    pub fn algorithms(&self) -> BTreeSet<Algorithm> {
        keyed::set(self.entries.iter().filter_map(|entry| entry.algorithm))
    }

    fn check(&self, notes: &mut Notes<'_>) {
        if self.entries.is_empty() {
            notes.add(EMPTY, None, []);
        }
        let mut digests = BTreeMap::new();
        for entry in &self.entries {
            let place = Some(Place::Line(entry.line));
            match digests.insert((&entry.name, entry.algorithm), &entry.digest) {
                Some(before) if *before == entry.digest => {
                    notes.add(REPEATED, place, [&short(&entry.name)]);
                }
                Some(_) => notes.add(CONTRADICTION, place, [&short(&entry.name)]),
                None => {}
            }
        }
        let algorithms: Vec<_> = self.algorithms().into_iter().collect();
        match algorithms.as_slice() {
            [Algorithm::Sha1] => notes.add(SHA1, None, []),
            [] | [_] => {}
            several => {
                let names: Vec<_> = several.iter().copied().map(proper).collect();
                notes.add(MIXED, None, [&names.join(", ")]);
            }
        }
    }
}

struct Reading<'a, 'n> {
    notes: &'a mut Notes<'n>,
    line: u64,
    entries: Vec<Entry>,
    /// What was told about a spelling, so that it is not told again for every line.
    told: BTreeSet<(&'static str, String)>,
}

impl Reading<'_, '_> {
    fn take(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            if self.first(BLANK_LINE, "") {
                self.note(BLANK_LINE, []);
            }
        } else if let Some(parts) = Parts::of(line) {
            self.entry(&parts, trimmed);
        } else if let Some((algorithm, digest, name)) = sum(trimmed) {
            if self.first(SUM_FORMAT, "") {
                self.note(SUM_FORMAT, [&short(trimmed)]);
            }
            self.push(name, Some(algorithm), digest);
        } else {
            self.note(BAD_LINE, [&short(trimmed)]);
        }
    }

    fn entry(&mut self, parts: &Parts<'_>, line: &str) {
        let given = parts.algorithm.trim();
        if parts.algorithm.ends_with(char::is_whitespace) {
            if self.first(SPACED, given) {
                self.note(SPACED, [&short(given)]);
            }
        } else if (parts.algorithm != given || parts.spaced) && self.first(SPACING, "") {
            self.note(SPACING, [&short(line)]);
        }
        let algorithm = algorithm(given);
        let standard = algorithm.map(proper).unwrap_or_default();
        let odd = match algorithm {
            None | Some(Algorithm::Md5) => Some(UNKNOWN_ALGORITHM),
            Some(_) if given == standard => None,
            Some(_) if given.eq_ignore_ascii_case(standard) => Some(LOWER_CASE),
            Some(_) => Some(SPELLING),
        };
        if let Some(odd) = odd
            && self.first(odd, given)
        {
            match odd {
                SPELLING => self.note(odd, [&short(given), &standard]),
                _ => self.note(odd, [&short(given)]),
            }
        }
        self.push(parts.name, algorithm, parts.digest);
    }

    /// Whether a spelling is met for the first time.
    fn first(&mut self, check: &'static Check, spelling: &str) -> bool {
        self.told.insert((check.id(), spelling.to_owned()))
    }

    fn note<const N: usize>(&mut self, check: &'static Check, args: [&dyn fmt::Display; N]) {
        self.notes.add(check, Some(Place::Line(self.line)), args);
    }

    fn push(&mut self, name: &str, algorithm: Option<Algorithm>, digest: &str) {
        if name.contains(['/', '\\']) {
            self.note(PATH, [&short(name)]);
        }
        let mut digest = digest.to_ascii_lowercase();
        let right = |digits| digest.len() == digits && is_hex(&digest);
        if let Some(digits) = algorithm.map(Algorithm::hex_digits)
            && !right(digits)
        {
            self.note(BAD_DIGEST, [&short(name), &digits]);
            digest.clear();
        }
        let name = name.strip_prefix("./").unwrap_or(name).to_owned();
        self.entries.push(Entry { name, algorithm, digest, line: self.line });
    }
}

/// A line of the form `SHA256(name)= digest`, however it is spaced.
struct Parts<'a> {
    algorithm: &'a str,
    name: &'a str,
    digest: &'a str,
    /// Whether there is a space between the parenthesis and the equals sign.
    spaced: bool,
}

impl<'a> Parts<'a> {
    fn of(line: &'a str) -> Option<Self> {
        // A name may hold parentheses and equals signs; a digest holds neither.
        let (before, digest) = line.rsplit_once('=')?;
        let (algorithm, name) = before.trim_end().strip_suffix(')')?.split_once('(')?;
        if algorithm.trim().is_empty() || name.is_empty() || name.contains(char::is_control) {
            return None;
        }
        Some(Self { algorithm, name, digest: digest.trim(), spaced: !before.ends_with(')') })
    }
}

/// A line of the form `digest  name` or `digest *name`.
fn sum(line: &str) -> Option<(Algorithm, &str, &str)> {
    let (digest, name) = line.split_once(' ')?;
    let name = name.strip_prefix([' ', '*']).unwrap_or(name);
    let of_length = |algorithm: &Algorithm| algorithm.hex_digits() == digest.len();
    let algorithm = Algorithm::ALL.into_iter().find(of_length)?;
    (is_hex(digest) && !name.is_empty()).then_some((algorithm, digest, name))
}

fn is_hex(digest: &str) -> bool {
    digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The algorithm that is meant by a spelling.
fn algorithm(given: &str) -> Option<Algorithm> {
    Some(match given.to_ascii_uppercase().as_str() {
        "MD5" => Algorithm::Md5,
        "SHA1" | "SHA-1" => Algorithm::Sha1,
        "SHA256" | "SHA-256" | "SHA2-256" => Algorithm::Sha256,
        "SHA512" | "SHA-512" | "SHA2-512" => Algorithm::Sha512,
        _ => return None,
    })
}

/// How the standard writes an algorithm.
fn proper(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Md5 => "MD5",
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}

fn decode<'b>(bytes: &'b [u8], notes: &mut Notes<'_>) -> Option<Cow<'b, str>> {
    let marked = Encoding::marked(bytes);
    let (encoding, mark) = marked.unwrap_or((Encoding::Utf8, 0));
    let bytes = bytes.get(mark..).unwrap_or_default();
    let (text, odd) = match encoding.decode(bytes) {
        Ok(text) if encoding.is_wide() => (text, Some("UTF-16")),
        Ok(text) => (text, marked.map(|_| "UTF-8 with a byte order mark")),
        Err(_) => (Encoding::Windows1252.decode(bytes).ok()?, Some("an older encoding")),
    };
    if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        notes.add(NOT_TEXT, None, []);
        return None;
    }
    if let Some(odd) = odd {
        notes.add(ENCODING, Some(Place::Line(1)), [&odd]);
    }
    Some(text)
}

#[cfg(test)]
mod tests;

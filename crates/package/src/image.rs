//! Reads the descriptors of a CD or DVD image (ISO 9660, UDF) as its bytes go by.
//!
//! It does not read the files in it. A content library keeps an image as it is, and no server is
//! known to look into one on its way in; so nothing here blocks an upload, it only warns of images
//! that a virtual machine will not be able to use.

use serde::Serialize;

use crate::findings::{Notes, Place, checks};
use crate::magic::{self, Guess};

checks! {
    EMPTY = Warns "image.empty": "The file is empty.",
        why "A machine cannot mount an image without a byte. Whether a content library takes one \
             is not recorded.",
        remedy "Download or copy the image again.",
        Assumed "ECMA-119: an image begins with 16 sectors and a volume descriptor";
    COMPRESSED = Warns "image.compressed": "The image is compressed with {0}.",
        why "The library keeps the file as it is, and no machine can mount it. A refusal at the \
             upload is not recorded.",
        remedy "Run {1} on the file and upload what comes of it.",
        Assumed "ECMA-119: the volume descriptors stand at byte 32768";
    NOT_IMAGE = Warns "image.not-iso": "The file is no ISO 9660 or UDF image; it looks like {0}.",
        why "The library keeps the file as it is, and no machine can mount it. A refusal at the \
             upload is not recorded.",
        remedy "Download the image again and compare its size and digest with the publisher's; if \
                it was a page that asks to sign in, sign in first.",
        Assumed "ECMA-119: the volume descriptors stand at byte 32768";
    RAW_SECTORS = Warns "image.raw-sectors": "The file is a dump of raw CD sectors (BIN) and no image of their content.",
        why "A virtual CD drive needs sectors of 2048 bytes; these have 2352. The library keeps \
             the file as it is. A refusal at the upload is not recorded.",
        remedy "Convert it: bchunk NAME.bin NAME.cue NAME, or iat NAME.bin NAME.iso.",
        Assumed "ECMA-130: the raw sector's form";
    TRUNCATED = Warns "image.truncated": "The image is {0} bytes shorter than it says: {1} of {2}.",
        why "Its end is missing, most likely since a download broke off. The library takes it, as \
             far as is known; an installation from it fails later.",
        remedy "Download or copy the image again and compare its size and digest with the publisher's.",
        Assumed "ECMA-119, 8.4.8: the volume space size";
    SHORT = Informs "image.short": "The image is {0} bytes shorter than it says: {1} of {2}.",
        why "Programs that write images say up to 150 sectors of padding more than there are \
             once a disc was read back. If this was a download, it may have broken off.",
        remedy "Compare its size and digest with the publisher's.",
        Assumed "ECMA-119, 8.4.8: the volume space size";
    CUT = Warns "image.cut": "The image ends at byte {0} within its volume descriptors.",
        why "Nothing of its content is there. The library takes it, as far as is known; no machine \
             can mount it.",
        remedy "Download or copy the image again and compare its size and digest with the publisher's.",
        Assumed "ECMA-119: the volume descriptors stand at byte 32768";
    LONGER = Informs "image.longer": "The image has {0} bytes more than its volume: {1} instead of {2}.",
        why "Images that also start from a USB stick have a part behind the volume, which is no \
             trouble. Otherwise the space is wasted in the library.",
        remedy "None is needed.",
        Assumed "ECMA-119, 8.4.8: the volume space size";
    NO_PRIMARY = Warns "image.no-primary": "The image has volume descriptors but not the primary one.",
        why "Without it no machine can find the files. The library takes it, as far as is known.",
        remedy "Compare the file's digest with its publisher's, or build the image again: \
                xorriso -as mkisofs -o NAME.iso DIRECTORY.",
        Assumed "ECMA-119, 6.7.1: there is at least one primary volume descriptor";
    NO_TERMINATOR = Informs "image.no-terminator": "The image's volume descriptors have no terminator.",
        why "Strict readers do not mount such an image. No trouble with a library is recorded.",
        remedy "Build the image again: xorriso -as mkisofs -o NAME.iso DIRECTORY.",
        Assumed "ECMA-119, 6.7.1: a terminator ends the volume descriptors";
    BLOCK_SIZE = Warns "image.block-size": "The image says that its blocks have {0} bytes.",
        why "Blocks have 512, 1024 or 2048 bytes, so the descriptor is damaged. The library takes \
             it, as far as is known.",
        remedy "Compare the file's digest with its publisher's, or build the image again.",
        Assumed "ECMA-119, 6.2.2: the sizes of a logical block";
    UDF_ONLY = Informs "image.udf-only": "The image has only a UDF file system.",
        why "Its length cannot be checked here, and some firmware and installers read only ISO \
             9660. No trouble with a library is recorded.",
        remedy "None is needed if the guest reads UDF.",
        Assumed "ECMA-167: the volume recognition sequence";
}

/// Where the volume descriptors begin, in bytes.
const DESCRIPTORS: u64 = 16 * SECTOR;
const SECTOR: u64 = 2048;
/// How many descriptors are read; real images have at most a dozen.
const READ: u64 = 64;
/// Programs say so much padding after the content; a disc that is read back may lack it.
const PADDING: u64 = 150 * SECTOR;
/// What follows on the volume is worth telling from this size on.
const LONG: u64 = 64 << 20;

/// How many first bytes [`is_image`] needs.
pub const MAGIC_END: usize = DESCRIPTORS as usize + 6;

/// Whether these first bytes, at least [`MAGIC_END`] of them, are those of a CD or DVD image.
pub fn is_image(first: &[u8]) -> bool {
    first.get(DESCRIPTORS as usize..).is_some_and(|sector| standard(sector).is_some())
}

/// What an image was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImageReport {
    /// How many bytes the file had.
    pub size: u64,
    /// How many bytes the volume has by its descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_size: Option<u64>,
    /// The volume's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_id: Option<String>,
    /// The system that can act on its first sectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_id: Option<String>,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Who or what prepared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preparer: Option<String>,
    /// The program that wrote it, most often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// When the volume was made, as it is written there: `2024-05-01 12:34:56 UTC+02:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether it has the long names of Joliet too.
    pub joliet: bool,
    /// The UDF standard that it has too, or only: `NSR02` or `NSR03`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udf: Option<String>,
    /// Whether a PC's firmware also finds a boot sector at its beginning, as on a USB stick.
    pub hybrid: bool,
    /// For what it can boot from CD (El Torito).
    pub boot: Vec<Platform>,
    /// How many ISO 9660 volume descriptors it has.
    pub descriptors: u64,
}

/// A platform that El Torito knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// A PC with a BIOS.
    Bios,
    /// A machine with UEFI.
    Uefi,
    /// PowerPC, old Macs, or what has no number yet.
    Other,
}

/// A CD or DVD image on its way in. Memory use does not grow with it.
#[derive(Debug)]
pub struct Image {
    /// How many bytes went by.
    at: u64,
    head: Vec<u8>,
    /// The sector that is being filled, and where it stands.
    sector: Vec<u8>,
    wanted: Wanted,
    catalogue: Option<u64>,
    block_size: u64,
    /// What the descriptors said so far.
    seen: Seen,
    report: ImageReport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Descriptor(u64),
    Catalogue(u64),
    Nothing,
}

#[derive(Debug, Default)]
struct Seen {
    iso: bool,
    primary: bool,
    terminator: bool,
}

/// The standards whose descriptors stand at the beginning of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standard {
    Iso,
    Nsr,
    /// The frame around UDF's, and others that may stand there.
    Frame,
}

impl Default for Image {
    fn default() -> Self {
        Self::new()
    }
}

impl Image {
    /// Begins an image.
    pub fn new() -> Self {
        Self {
            at: 0,
            head: Vec::new(),
            sector: Vec::new(),
            wanted: Wanted::Descriptor(DESCRIPTORS),
            catalogue: None,
            block_size: 0,
            seen: Seen::default(),
            report: ImageReport::default(),
        }
    }

    /// Takes the next bytes. How an image is cut into them makes no difference.
    pub fn write(&mut self, mut bytes: &[u8]) {
        let head = magic::ENOUGH.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(head));
        while !bytes.is_empty() {
            let taken = match self.wanted {
                Wanted::Nothing => bytes.len(),
                Wanted::Descriptor(begin) | Wanted::Catalogue(begin) if self.at < begin => {
                    at_most(begin - self.at, bytes.len())
                }
                Wanted::Descriptor(begin) | Wanted::Catalogue(begin) => {
                    let taken = at_most(begin + SECTOR - self.at, bytes.len());
                    self.sector.extend(bytes.iter().take(taken));
                    taken
                }
            };
            self.at = self.at.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.sector.len() as u64 == SECTOR {
                self.read();
                self.sector.clear();
            }
        }
    }

    /// Whether it turned out to be an image.
    pub(crate) fn is_recognised(&self) -> bool {
        // A sector that is cut off still tells.
        self.seen.iso || self.report.udf.is_some() || standard(&self.sector).is_some()
    }

    /// Tells what the image was; none if it was no image.
    pub fn finish(mut self, notes: &mut Notes<'_>) -> Option<ImageReport> {
        self.report.size = self.at;
        self.report.hybrid = self.head.get(510..512) == Some(b"\x55\xaa");
        let cut = matches!(self.wanted, Wanted::Descriptor(begin) if self.at >= begin)
            && self.is_recognised();
        if cut {
            notes.add(CUT, Some(Place::Offset(self.at)), [&self.at]);
            return Some(self.report);
        }
        if !self.seen.iso && self.report.udf.is_none() {
            self.guess(notes);
            return None;
        }
        if !self.seen.iso {
            notes.add(UDF_ONLY, None, []);
            return Some(self.report);
        }
        if !self.seen.primary {
            notes.add(NO_PRIMARY, Some(Place::Offset(DESCRIPTORS)), []);
        }
        if !self.seen.terminator {
            notes.add(NO_TERMINATOR, None, []);
        }
        match self.report.volume_size {
            None if self.seen.primary => notes.add(BLOCK_SIZE, None, [&self.block_size]),
            Some(volume) => self.compare(volume, notes),
            None => {}
        }
        Some(self.report)
    }

    fn compare(&self, volume: u64, notes: &mut Notes<'_>) {
        let (less, more) = (volume.saturating_sub(self.at), self.at.saturating_sub(volume));
        let place = Some(Place::Offset(self.at));
        if less > PADDING {
            notes.add(TRUNCATED, place, [&less, &self.at, &volume]);
        } else if less > 0 {
            notes.add(SHORT, place, [&less, &self.at, &volume]);
        } else if more > LONG && self.report.udf.is_none() {
            // Beside a UDF the other file system is often only a note that this is one.
            notes.add(LONGER, Some(Place::Offset(volume)), [&more, &self.at, &volume]);
        }
    }

    fn guess(&self, notes: &mut Notes<'_>) {
        if self.at == 0 {
            return notes.add(EMPTY, None, []);
        }
        if magic::is_raw_sectors(&self.head) {
            return notes.add(RAW_SECTORS, None, []);
        }
        match magic::guess(&self.head) {
            Guess::Compressed { with, undo } => notes.add(COMPRESSED, None, [&with, &undo]),
            Guess::Else(what) => notes.add(NOT_IMAGE, None, [&what]),
        }
    }

    /// Reads the sector that is full.
    fn read(&mut self) {
        let sector = std::mem::take(&mut self.sector);
        match (self.wanted, standard(&sector)) {
            (Wanted::Descriptor(begin), Some(standard)) => {
                match standard {
                    Standard::Iso if !self.seen.terminator => self.descriptor(&sector),
                    Standard::Nsr => self.report.udf = Some(text(sector.get(1..6))),
                    Standard::Iso | Standard::Frame => {}
                }
                let next = begin + SECTOR;
                if next < DESCRIPTORS + READ * SECTOR {
                    self.wanted = Wanted::Descriptor(next);
                } else {
                    self.end_descriptors(begin, &sector);
                }
            }
            (Wanted::Descriptor(begin), None) => self.end_descriptors(begin, &sector),
            (Wanted::Catalogue(_), _) => self.catalogue(&sector),
            (Wanted::Nothing, _) => {}
        }
        self.sector = sector;
    }

    /// The boot catalogue is wanted next: it may be this very sector, or have gone by.
    fn end_descriptors(&mut self, begin: u64, sector: &[u8]) {
        match self.catalogue {
            Some(at) if at == begin => self.catalogue(sector),
            Some(at) if at > begin => self.wanted = Wanted::Catalogue(at),
            _ => self.wanted = Wanted::Nothing,
        }
    }

    /// A volume descriptor of ISO 9660 (ECMA-119, 8).
    fn descriptor(&mut self, sector: &[u8]) {
        self.seen.iso = true;
        self.report.descriptors += 1;
        match sector.first() {
            Some(0) if sector.get(7..30) == Some(b"EL TORITO SPECIFICATION") => {
                self.catalogue = Some(u64::from(number(sector.get(71..75))) * SECTOR);
            }
            // The first one counts.
            Some(1) if !self.seen.primary => self.primary(sector),
            Some(2) => {
                let escape = sector.get(88..91);
                self.report.joliet |= matches!(escape, Some(b"%/@" | b"%/C" | b"%/E"));
            }
            Some(255) => self.seen.terminator = true,
            _ => {}
        }
    }

    fn primary(&mut self, sector: &[u8]) {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        self.seen.primary = true;
        self.block_size = u64::from(number(sector.get(128..130)));
        let report = &mut self.report;
        report.volume_size = matches!(self.block_size, 512 | 1024 | 2048)
            .then(|| u64::from(number(sector.get(80..84))) * self.block_size);
        report.system_id = some(text(sector.get(8..40)));
        report.volume_id = some(text(sector.get(40..72)));
        report.publisher = some(text(sector.get(318..446)));
        report.preparer = some(text(sector.get(446..574)));
        report.application = some(text(sector.get(574..702)));
        report.created = date(sector.get(813..830).unwrap_or_default());
    }

    /// The boot catalogue (El Torito 1.0, 2): 32-byte entries, the first for the whole, the second
    /// what boots by default, then sections for other platforms.
    fn catalogue(&mut self, sector: &[u8]) {
        self.wanted = Wanted::Nothing;
        let mut entries = sector.chunks_exact(32);
        let Some([1, platform, .., 0x55, 0xaa]) = entries.next() else {
            return;
        };
        if let Some([0x88, ..]) = entries.next() {
            self.boots(*platform);
        }
        while let Some([0x90 | 0x91, platform, low, high, ..]) = entries.next() {
            for _ in 0..u16::from_le_bytes([*low, *high]) {
                match entries.next() {
                    Some([0x88, ..]) => self.boots(*platform),
                    Some(_) => {}
                    None => return,
                }
            }
        }
    }

    fn boots(&mut self, platform: u8) {
        let platform = match platform {
            0 => Platform::Bios,
            0xef => Platform::Uefi,
            _ => Platform::Other,
        };
        if !self.report.boot.contains(&platform) {
            self.report.boot.push(platform);
        }
    }
}

/// The standard whose descriptor a sector is.
fn standard(sector: &[u8]) -> Option<Standard> {
    match sector.get(1..6)? {
        b"CD001" => Some(Standard::Iso),
        b"NSR02" | b"NSR03" => Some(Standard::Nsr),
        b"BEA01" | b"TEA01" | b"BOOT2" | b"CDW02" => Some(Standard::Frame),
        _ => None,
    }
}

fn at_most(left: u64, length: usize) -> usize {
    usize::try_from(left).map_or(length, |left| left.min(length))
}

/// A number whose first byte is the lowest.
fn number(bytes: Option<&[u8]>) -> u32 {
    let bytes = bytes.unwrap_or_default().iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A field filled up with spaces, or with zeros by some writers.
fn text(bytes: Option<&[u8]>) -> String {
    let text = String::from_utf8_lossy(bytes.unwrap_or_default());
    text.trim_matches(|char| matches!(char, ' ' | '\0')).to_owned()
}

/// A date (ECMA-119, 8.4.26.1): 16 digits down to hundredths, then quarters of an hour from UTC.
fn date(bytes: &[u8]) -> Option<String> {
    let (quarters, digits) = bytes.split_last()?;
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.len() != 16 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |begin, end| digits.get(begin..end).unwrap_or_default();
    if part(0, 4) == "0000" {
        return None;
    }
    let minutes = i16::from(quarters.cast_signed()) * 15;
    let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
    Some(format!(
        "{}-{}-{} {}:{}:{} UTC{sign}{:02}:{:02}",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14),
        minutes / 60,
        minutes % 60,
    ))
}

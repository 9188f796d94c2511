//! Reads an OVA, which is a tar archive, as its bytes go by: tells where each member begins and
//! ends, and what is wrong with the archive itself.
//!
//! It does not know what an OVF package needs: neither which members, nor in which order or size.

use std::collections::BTreeMap;
use std::mem;

use serde::Serialize;
use tar::EntryType;

use crate::findings::{Check, Findings, Place, checks};
use crate::magic::{self, Guess};
use crate::text::short;

checks! {
    EMPTY = Blocks "archive.empty": "The file is empty.",
        why "An archive without a byte holds no OVF descriptor, so no item can come of it. The \
             answer of a real server is not recorded.",
        remedy "Export, download or copy the OVA again.",
        Documented "DSP0243 2.1.1, 5.1: a package has one OVF descriptor";
    COMPRESSED = Blocks "archive.compressed": "The archive is compressed with {0}.",
        why "An OVA is a plain tar archive; only the disks within it may be compressed. The \
             server finds no member in it. Its answer is not recorded.",
        remedy "Run {1} on the file and upload what comes of it.",
        Documented "DSP0243 2.1.1, 5.3: the archive has the USTAR format";
    NOT_TAR = Blocks "archive.not-tar": "The file is no tar archive; it looks like {0}.",
        why "An OVA is a tar archive. The server finds no member in this file. Its answer is not \
             recorded.",
        remedy "Download the OVA again and look at its size and digest; if it was a page that \
                asks to sign in, sign in first. If the file is an OVF descriptor, upload it with \
                the files that it names instead.",
        Documented "DSP0243 2.1.1, 5.3: the archive has the USTAR format";
    BAD_HEADER = Blocks "archive.bad-header": "At byte {0} a member must begin, but {1}.",
        why "From there on the members cannot be found, neither here nor by the server. The file \
             was damaged on its way, or put together wrongly. The answer of a real server is not \
             recorded.",
        remedy "Compare the file's digest with its publisher's and copy it again, in binary \
                mode; or build the archive again with ovftool or tar --format=ustar.",
        Documented "DSP0243 2.1.1, 5.3: the archive has the USTAR format";
    TRUNCATED = Blocks "archive.truncated": "The archive ends within {0}: {1} of {2} bytes are there.",
        why "The rest of the archive is missing. The session waits for bytes that do not come, or \
             fails. Which of them is not recorded for an archive.",
        remedy "Download or copy the OVA again and compare its size and digest with the publisher's.",
        Documented "DSP0243 2.1.1, 5.3: the archive has the USTAR format";
    CUT_HEADER = Blocks "archive.cut-header": "The archive ends at byte {0} within a member's header.",
        why "The rest of the archive is missing, from this member on. The answer of a real server \
             is not recorded.",
        remedy "Download or copy the OVA again and compare its size and digest with the publisher's.",
        Documented "DSP0243 2.1.1, 5.3: the archive has the USTAR format";
    NO_MEMBERS = Blocks "archive.no-members": "The archive holds no member.",
        why "Without an OVF descriptor no item can come of it. The answer of a real server is not \
             recorded.",
        remedy "Build the archive again: tar --format=ustar -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Documented "DSP0243 2.1.1, 5.1: a package has one OVF descriptor";
    NO_END = Warns "archive.no-end": "The archive ends without the blocks of zeros that mark its end.",
        why "Members may be missing after the last one that is there. Many readers take the \
             archive as it is; what a server does is not recorded.",
        remedy "Compare the file's size and digest with its publisher's, or build the archive \
                again with ovftool or tar --format=ustar.",
        Assumed "POSIX.1, pax: two blocks of zeros end an archive";
    TRAILING = Warns "archive.trailing-data": "After the archive's end there is something else: {0} bytes.",
        why "A server that stops reading at the archive's end may close the connection before \
             the upload ends, and members behind the end mark are not seen. Neither is recorded.",
        remedy "If two archives were put together, unpack both (tar --ignore-zeros -xf) and build \
                one; otherwise build the archive again.",
        Assumed "POSIX.1, pax: two blocks of zeros end an archive";
    PAX = Warns "archive.pax": "The archive has extended (pax) headers, which USTAR does not know: {0} of them.",
        why "ovftool then finds no OVF descriptor at the beginning of the OVA, and makers of OVAs \
             saw imports into vSphere fail until they used another format. The answer of a \
             content library is not recorded. Python's tarfile and tar --format=posix make such \
             archives.",
        remedy "Unpack the OVA and build it again: tar --format=ustar -cf NAME.ova NAME.ovf \
                NAME.mf DISKS (--format=gnu if a file is larger than 8 GiB), or use ovftool.",
        Observed "github.com/glennmatthews/cot issue 82; github.com/vmware/open-vmdk pull request \
                  65; github.com/kubernetes-sigs/image-builder pull request 509";
    PAX_SIZE = Blocks "archive.pax-size": "Only an extended (pax) header tells the size of {0}: {1} bytes.",
        why "The makers of open-vmdk (VMware) say that vSphere does not support this way to hold a \
             file of over 8 GiB: a reader that does not know it loses its place in the archive. \
             The answer of a content library is not recorded.",
        remedy "Unpack the OVA and build it again with tar --format=gnu, or split the disk, or \
                upload the OVF and its files on their own.",
        Documented "github.com/vmware/open-vmdk pull request 65";
    PAX_DAMAGED = Warns "archive.pax-damaged": "The extended (pax) header at byte {0} is damaged.",
        why "The name or the size of the next member may be another one. What a server makes of \
             it is not recorded.",
        remedy "Unpack the OVA and build it again: tar --format=ustar -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Assumed "POSIX.1, pax: the form of an extended header's records";
    LARGE_EXTENSION = Warns "archive.large-extension": "An extended header at byte {0} is too large to be read here: {1} bytes.",
        why "The name and the size of the next member are taken from its plain header, and may be \
             others. Real OVAs have no such headers.",
        remedy "Unpack the OVA and build it again: tar --format=ustar -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Assumed "a limit of this reader";
    GNU_LONG_NAME = Warns "archive.gnu-long-name": "The name of {0} stands in an extension of GNU tar: it has {1} bytes.",
        why "The makers of open-vmdk (VMware) say that this extension can cause problems. A reader \
             that does not know it finds a member too many and a name cut off after 100 bytes.",
        remedy "Give the file a name of at most 100 bytes, in the descriptor and the manifest too, \
                and build the archive again.",
        Documented "github.com/vmware/open-vmdk pull request 65";
    LARGE = Informs "archive.large-member": "Member {0} is larger than 8 GiB, which USTAR cannot say.",
        why "Its size stands in the form of GNU tar. The makers of open-vmdk (VMware) say that \
             vSphere reads it; the OVF standard does not have it.",
        remedy "None is needed. If a server refuses the OVA, split the disk, or upload the OVF and \
                its files on their own.",
        Documented "github.com/vmware/open-vmdk pull request 65";
    SPARSE = Blocks "archive.sparse": "Member {0} is stored as a sparse file of GNU tar.",
        why "The archive has only parts of the file's bytes, so size and digest will not be those \
             of the descriptor and the manifest. That a server cannot put them together is \
             assumed, not recorded.",
        remedy "Build the archive again without tar's option -S (--sparse).",
        Assumed "DSP0243 2.1.1, 5.3: USTAR has no sparse files";
    NOT_A_FILE = Warns "archive.not-a-file": "Member {0} is {1} and not a file.",
        why "An OVA holds plain files. One that is only linked to has no bytes in the archive, \
             and ovftool wants the descriptor as the very first member. What a server makes of \
             others is not recorded.",
        remedy "Build the archive from the files by their names: tar --format=ustar \
                --dereference -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Documented "github.com/vmware/open-vmdk issue 85: only files, at the top level";
    IN_DIRECTORY = Warns "archive.in-directory": "Member {0} stands in a directory of the archive.",
        why "The makers of open-vmdk (VMware) say that all files of an OVA stand at its top level. \
             What a server does with others is not recorded.",
        remedy "Build the archive in the files' own directory: tar --format=ustar -C DIRECTORY \
                -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Documented "github.com/vmware/open-vmdk issue 85: only files, at the top level";
    DOT_NAME = Informs "archive.dot-name": "The name of {0} begins with ./ in the archive.",
        why "The descriptor names the file without ./ and most readers take them as the same. \
             That a server does so too is not recorded.",
        remedy "If the server does not find the file, build the archive again without ./: tar \
                --format=ustar -cf NAME.ova NAME.ovf NAME.mf DISKS.",
        Assumed "no source";
    UNSAFE_NAME = Warns "archive.unsafe-name": "The name of member {0} {1}.",
        why "A careful reader refuses such a member, or gives it another name than the descriptor \
             has. What a server does is not recorded.",
        remedy "Give the file a plain name, in the descriptor and the manifest too, and build the \
                archive again.",
        Assumed "no source";
    NAME_ENCODING = Warns "archive.name-encoding": "The name of member {0} is not UTF-8.",
        why "The descriptor names its files in UTF-8, so the server may not find this one. That \
             is not recorded.",
        remedy "Give the file a name of ASCII letters and digits, in the descriptor and the \
                manifest too, and build the archive again.",
        Assumed "no source";
    DUPLICATE = Warns "archive.duplicate": "There is more than one member named {0}.",
        why "Which of them the server takes is not recorded.",
        remedy "Build the archive again with each file once: tar --format=ustar -cf NAME.ova \
                NAME.ovf NAME.mf DISKS (not tar -r).",
        Assumed "no source";
    SAME_BUT_CASE = Informs "archive.same-but-case": "The names of {0} and {1} differ only in the case of letters.",
        why "On a disk that does not tell them apart one file replaces the other when the OVA is \
             unpacked there. No trouble with a server is recorded.",
        remedy "Give one of them another name, in the descriptor and the manifest too.",
        Assumed "no source";
    APPLE_DOUBLE = Warns "archive.apple-double": "Member {0} holds file attributes of macOS and no part of the package.",
        why "The tar of macOS puts it before the file that it belongs to, so the descriptor is not \
             the first member any more, and the descriptor does not name it. What a server does \
             is not recorded.",
        remedy "Build the archive again: COPYFILE_DISABLE=1 tar --format=ustar -cf NAME.ova \
                NAME.ovf NAME.mf DISKS.",
        Assumed "DSP0243 2.1.1, 5.3: the descriptor is the first member";
}

/// A tar archive is made of blocks of so many bytes.
const BLOCK: u64 = 512;
/// The largest size that USTAR can tell: eleven octal digits.
const LARGEST: u64 = 0o777_7777_7777;
/// How many bytes of an extended header are kept.
const KEPT: u64 = 64 * 1024;
/// How many members' names are compared with each other, and how long they may be.
const COMPARED: usize = 1024;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file with all its bytes.
    File,
    /// A directory.
    Directory,
    /// A hard or symbolic link.
    Link,
    /// Anything else: a device, a sparse file, a volume's name.
    Other,
}

/// One member of an archive, from its headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// The name as it stands in the archive; what is not UTF-8 is replaced.
    pub name: String,
    /// How many bytes of content the archive has.
    pub size: u64,
    /// What it is.
    pub kind: Kind,
    /// Where in the archive its content begins, in bytes.
    pub offset: u64,
}

impl Header {
    /// The name as a descriptor gives it: without the `./` that tar may put before it.
    pub fn plain_name(&self) -> &str {
        plain(&self.name)
    }
}

/// What goes by: of each member, whatever its kind, its header, its content in pieces, its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A member begins.
    Member(&'a Header),
    /// The next bytes of its content.
    Data(&'a [u8]),
    /// The last byte of its content was seen.
    End,
}

/// The dialects of tar, each with all that those before it have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The oldest, without a magic number.
    V7,
    /// What DSP0243 asks for.
    Ustar,
    /// GNU tar's, with or without its extensions.
    Gnu,
    /// USTAR with extended headers.
    Pax,
}

/// What an archive was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// How many bytes it had.
    pub size: u64,
    /// How many members began in it.
    pub members: u64,
    /// The furthest dialect that its headers have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Whether every member was there, up to the mark of the archive's end.
    pub complete: bool,
}

/// A tar archive on its way in. Memory use does not grow with it.
#[derive(Debug)]
pub struct Archive {
    /// How many bytes went by.
    at: u64,
    state: State,
    /// The block that is being filled, and how far it is.
    block: tar::Header,
    filled: usize,
    /// The content of an extended header.
    extension: Vec<u8>,
    next: Next,
    names: BTreeMap<String, String>,
    /// The member whose content goes by.
    member: Option<Header>,
    members: u64,
    format: Option<Format>,
    /// Where the first extended (pax) header stands, and how many there are.
    pax: Option<(u64, u64)>,
    /// Where something other than zeros follows on the end.
    trailing: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// In a member's or an extended header.
    Header,
    /// In a block that goes on with the map of a sparse file.
    SparseMap,
    Extension {
        kind: Extension,
        left: u64,
    },
    Content {
        left: u64,
    },
    Padding {
        left: u64,
    },
    /// After the first block of zeros. Readers stop at the first, so no second is asked for.
    Ended,
    /// The place is lost.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    Pax,
    /// For all members that follow. Its names and sizes would make no sense and are not used.
    PaxGlobal,
    LongName,
    LongLink,
}

/// What extended headers said about the next member.
#[derive(Debug, Default)]
struct Next {
    announced: bool,
    pax_name: Option<Vec<u8>>,
    pax_size: Option<u64>,
    long_name: Option<Vec<u8>>,
    sparse: bool,
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

impl Archive {
    /// Begins an archive.
    pub fn new() -> Self {
        Self {
            at: 0,
            state: State::Header,
            block: tar::Header::new_old(),
            filled: 0,
            extension: Vec::new(),
            next: Next::default(),
            names: BTreeMap::new(),
            member: None,
            members: 0,
            format: None,
            pax: None,
            trailing: None,
        }
    }

    /// Takes the next bytes. How an archive is cut into them makes no difference.
    pub fn write(
        &mut self,
        mut bytes: &[u8],
        findings: &mut Findings,
        on: &mut dyn FnMut(Event<'_>, &mut Findings),
    ) {
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Header | State::SparseMap => self.fill(bytes, findings, on),
                State::Extension { kind, left } => {
                    let taken = up_to(left, bytes);
                    if self.extension_size(left) <= KEPT {
                        self.extension.extend_from_slice(taken);
                    }
                    self.pass(taken.len());
                    let left = left - taken.len() as u64;
                    self.state = State::Extension { kind, left };
                    if left == 0 {
                        self.end_extension(kind, findings);
                    }
                    taken.len()
                }
                State::Content { left } => {
                    let taken = up_to(left, bytes);
                    on(Event::Data(taken), findings);
                    self.pass(taken.len());
                    self.content(left - taken.len() as u64, findings, on);
                    taken.len()
                }
                State::Padding { left } => {
                    let taken = up_to(left, bytes).len();
                    self.pass(taken);
                    self.pad(left - taken as u64);
                    taken
                }
                State::Ended => {
                    if self.trailing.is_none()
                        && let Some(first) = bytes.iter().position(|byte| *byte != 0)
                    {
                        self.trailing = Some(self.at.saturating_add(first as u64));
                    }
                    self.pass(bytes.len());
                    bytes.len()
                }
                State::Lost => {
                    self.pass(bytes.len());
                    bytes.len()
                }
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// How many bytes went by.
    pub(crate) fn size(&self) -> u64 {
        self.at
    }

    /// How many of the next bytes are content or padding, which need not be seen to keep the place.
    pub fn skippable(&self) -> u64 {
        match (self.state, &self.member) {
            (State::Content { left }, Some(member)) => left.saturating_add(padding(member.size)),
            (State::Padding { left }, _) => left,
            _ => 0,
        }
    }

    /// Whether no member can follow: the archive has ended, or the place in it is lost.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended | State::Lost)
    }

    /// Passes over so many of the next bytes, at most those that are [`Self::skippable`]. Skipped
    /// content makes no events, not even its end.
    pub fn skip(&mut self, n: u64) {
        let n = n.min(self.skippable());
        self.at = self.at.saturating_add(n);
        match self.state {
            State::Content { left } if n < left => self.state = State::Content { left: left - n },
            State::Content { left } => {
                let size = self.member.take().map_or(0, |member| member.size);
                self.pad(padding(size).saturating_sub(n - left));
            }
            State::Padding { left } => self.pad(left - n),
            _ => {}
        }
    }

    /// Tells what the archive was. A member that it ends in gets no [`Event::End`].
    pub fn finish(self, findings: &mut Findings) -> ArchiveReport {
        let begun = self.block.as_bytes().get(..self.filled).unwrap_or_default();
        let place = Some(Place::Offset(self.at));
        match self.state {
            State::Header if self.at == 0 => findings.of_whole().add(EMPTY, None, []),
            State::Header if self.at < BLOCK && !has_magic(begun) && !begins_header(begun) => {
                not_tar(begun, findings);
            }
            State::Header if self.next.announced || begun.iter().any(|byte| *byte != 0) => {
                findings.of_whole().add(CUT_HEADER, place, [&self.at]);
            }
            State::SparseMap => findings.of_whole().add(CUT_HEADER, place, [&self.at]),
            State::Header | State::Padding { .. } => findings.of_whole().add(NO_END, place, []),
            State::Extension { left, .. } => {
                let size = self.extension_size(left);
                let there = size - left;
                findings.of_whole().add(TRUNCATED, place, [&"an extended header", &there, &size]);
            }
            State::Content { left } => {
                if let Some(Header { name, size, .. }) = &self.member {
                    let (name, there) = (short(name), size.saturating_sub(left));
                    findings.of(&name).add(TRUNCATED, place, [&name, &there, size]);
                }
            }
            State::Ended if self.members == 0 => findings.of_whole().add(NO_MEMBERS, None, []),
            State::Ended | State::Lost => {}
        }
        if let Some(trailing) = self.trailing {
            let size = self.at.saturating_sub(trailing);
            findings.of_whole().add(TRAILING, Some(Place::Offset(trailing)), [&size]);
        }
        if let Some((first, count)) = self.pax {
            findings.of_whole().add(PAX, Some(Place::Offset(first)), [&count]);
        }
        ArchiveReport {
            size: self.at,
            members: self.members,
            format: self.format,
            complete: matches!(self.state, State::Ended),
        }
    }

    fn pass(&mut self, n: usize) {
        self.at = self.at.saturating_add(n as u64);
    }

    /// Fills the block; a full one is read.
    fn fill(
        &mut self,
        bytes: &[u8],
        findings: &mut Findings,
        on: &mut dyn FnMut(Event<'_>, &mut Findings),
    ) -> usize {
        let room = self.block.as_mut_bytes().get_mut(self.filled..).unwrap_or_default();
        let taken = room.len().min(bytes.len());
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let full = taken == room.len();
        self.filled += taken;
        self.pass(taken);
        if full {
            self.filled = 0;
            match self.state {
                State::SparseMap => self.sparse_map(findings, on),
                _ => self.header(findings, on),
            }
        }
        taken
    }

    fn header(&mut self, findings: &mut Findings, on: &mut dyn FnMut(Event<'_>, &mut Findings)) {
        let at = self.at.saturating_sub(BLOCK);
        let bytes = self.block.as_bytes();
        if bytes.iter().all(|byte| *byte == 0) {
            self.state = State::Ended;
            return;
        }
        if !is_valid(&self.block) {
            self.state = State::Lost;
            if at == 0 && !has_magic(bytes) {
                return not_tar(bytes, findings);
            }
            let wrong = &"the checksum of its header is wrong";
            return findings.of_whole().add(BAD_HEADER, Some(Place::Offset(at)), [&at, wrong]);
        }
        let Some(size) = size(&self.block) else {
            self.state = State::Lost;
            let wrong = &"its header tells no size";
            return findings.of_whole().add(BAD_HEADER, Some(Place::Offset(at)), [&at, wrong]);
        };
        let extension = match self.block.entry_type().as_byte() {
            // Solaris wrote an X.
            b'x' | b'X' => Extension::Pax,
            b'g' => Extension::PaxGlobal,
            b'L' => Extension::LongName,
            b'K' => Extension::LongLink,
            _ => return self.begin_member(size, findings, on),
        };
        self.begin_extension(extension, size, findings);
    }

    fn begin_extension(&mut self, kind: Extension, size: u64, findings: &mut Findings) {
        let at = self.at.saturating_sub(BLOCK);
        match kind {
            Extension::Pax | Extension::PaxGlobal => {
                self.note_format(Format::Pax);
                self.pax.get_or_insert((at, 0)).1 += 1;
            }
            Extension::LongName | Extension::LongLink => self.note_format(Format::Gnu),
        }
        if size > KEPT {
            let place = Some(Place::Offset(at));
            findings.of_whole().add(LARGE_EXTENSION, place, [&at, &size]);
        }
        self.next.announced |= kind != Extension::PaxGlobal;
        self.extension.clear();
        self.state = State::Extension { kind, left: size };
        if size == 0 {
            self.end_extension(kind, findings);
        }
    }

    /// The whole size of the extended header that goes by; the block still has it.
    fn extension_size(&self, left: u64) -> u64 {
        size(&self.block).unwrap_or(left)
    }

    fn end_extension(&mut self, kind: Extension, findings: &mut Findings) {
        let size = self.extension_size(0);
        self.pad(padding(size));
        if size > KEPT {
            return;
        }
        match kind {
            Extension::Pax => {
                let content = mem::take(&mut self.extension);
                if self.next.read(&content).is_none() {
                    let at = self.at.saturating_sub(size).saturating_sub(BLOCK);
                    findings.of_whole().add(PAX_DAMAGED, Some(Place::Offset(at)), [&at]);
                }
            }
            Extension::LongName => {
                let name = self.extension.split(|byte| *byte == 0).next();
                self.next.long_name = name.map(<[u8]>::to_vec);
            }
            Extension::PaxGlobal | Extension::LongLink => {}
        }
    }

    fn begin_member(
        &mut self,
        size: u64,
        findings: &mut Findings,
        on: &mut dyn FnMut(Event<'_>, &mut Findings),
    ) {
        let next = mem::take(&mut self.next);
        self.note_format(match () {
            () if self.block.as_gnu().is_some() => Format::Gnu,
            () if has_magic(self.block.as_bytes()) => Format::Ustar,
            () => Format::V7,
        });
        let is_long = next.pax_name.is_none() && next.long_name.is_some();
        let bytes = next.pax_name.or(next.long_name);
        let bytes = bytes.unwrap_or_else(|| self.block.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&bytes).into_owned();
        let entry = self.block.entry_type();
        let sparse = next.sparse || entry.is_gnu_sparse();
        let kind = match entry {
            _ if sparse => Kind::Other,
            // The oldest dialect has no other sign of a directory.
            EntryType::Regular if name.ends_with('/') => Kind::Directory,
            EntryType::Regular | EntryType::Continuous => Kind::File,
            EntryType::Directory => Kind::Directory,
            EntryType::Link | EntryType::Symlink => Kind::Link,
            _ => Kind::Other,
        };
        // These have no content, whatever their header says; so do other readers take them.
        let bare = matches!(
            entry,
            EntryType::Link
                | EntryType::Symlink
                | EntryType::Char
                | EntryType::Block
                | EntryType::Directory
                | EntryType::Fifo
        );
        let whole = if bare { 0 } else { next.pax_size.unwrap_or(size) };

        let shown = short(&name);
        let mut notes = findings.of(&shown);
        let place = Some(Place::Offset(self.at.saturating_sub(BLOCK)));
        let mut note = |check: &'static Check| notes.add(check, place, [&shown]);
        if sparse {
            note(SPARSE);
        }
        if std::str::from_utf8(&bytes).is_err() {
            note(NAME_ENCODING);
        }
        if is_apple_double(&name) {
            note(APPLE_DOUBLE);
        } else if let Some(wrong) = unsafety(&name) {
            notes.add(UNSAFE_NAME, place, [&shown, &wrong]);
        } else if kind == Kind::File && plain(&name).contains('/') {
            note(IN_DIRECTORY);
        } else if kind == Kind::File && name.starts_with("./") {
            note(DOT_NAME);
        }
        if let Some(what) = other_than_file(entry, kind).filter(|_| !sparse) {
            notes.add(NOT_A_FILE, place, [&shown, &what]);
        }
        if is_long {
            notes.add(GNU_LONG_NAME, place, [&shown, &bytes.len()]);
        }
        if whole != size && !bare {
            notes.add(PAX_SIZE, place, [&shown, &whole]);
        } else if whole > LARGEST {
            notes.add(LARGE, place, [&shown]);
        }
        if kind == Kind::File {
            match self.compare(plain(&name)) {
                Some(other) if other == plain(&name) => notes.add(DUPLICATE, place, [&shown]),
                Some(other) => notes.add(SAME_BUT_CASE, place, [&shown, &other]),
                None => {}
            }
        }

        self.members += 1;
        self.member = Some(Header { name, size: whole, kind, offset: self.at });
        let more = |gnu: &tar::GnuHeader| gnu.is_extended();
        if entry.is_gnu_sparse() && self.block.as_gnu().is_some_and(more) {
            self.state = State::SparseMap;
        } else {
            self.announce(findings, on);
        }
    }

    /// The map of an old GNU sparse file may take more blocks, which its size does not count.
    fn sparse_map(
        &mut self,
        findings: &mut Findings,
        on: &mut dyn FnMut(Event<'_>, &mut Findings),
    ) {
        const MORE: usize = 504;
        if self.block.as_bytes()[MORE] == 0 {
            self.announce(findings, on);
        }
    }

    /// Tells that the member's content begins.
    fn announce(&mut self, findings: &mut Findings, on: &mut dyn FnMut(Event<'_>, &mut Findings)) {
        if let Some(member) = &mut self.member {
            member.offset = self.at;
            on(Event::Member(member), findings);
            let size = member.size;
            self.content(size, findings, on);
        }
    }

    /// So much content is left.
    fn content(
        &mut self,
        left: u64,
        findings: &mut Findings,
        on: &mut dyn FnMut(Event<'_>, &mut Findings),
    ) {
        if left > 0 {
            self.state = State::Content { left };
            return;
        }
        let size = self.member.take().map_or(0, |member| member.size);
        on(Event::End, findings);
        self.pad(padding(size));
    }

    /// So much padding is left.
    fn pad(&mut self, left: u64) {
        self.state = if left > 0 { State::Padding { left } } else { State::Header };
    }

    fn note_format(&mut self, format: Format) {
        self.format = self.format.max(Some(format));
    }

    /// A member before this one whose name differs at most in the case of letters.
    fn compare(&mut self, name: &str) -> Option<String> {
        if name.len() > COMPARED {
            return None;
        }
        let key = name.to_ascii_lowercase();
        if let Some(other) = self.names.get(&key) {
            return Some(short(other));
        }
        if self.names.len() < COMPARED {
            self.names.insert(key, name.to_owned());
        }
        None
    }
}

impl Next {
    /// Reads an extended header's records, each `LENGTH KEY=VALUE` and a line end; none if it is
    /// damaged.
    ///
    /// The library's reader cuts records at line ends, which the binary attributes of macOS hold.
    fn read(&mut self, mut records: &[u8]) -> Option<()> {
        while !records.is_empty() {
            let digits = records.iter().position(|byte| *byte == b' ')?;
            let length = std::str::from_utf8(records.get(..digits)?).ok()?.parse().ok()?;
            let record = records.get(digits + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
            match key {
                // An empty value takes back what a global header said.
                b"path" | b"GNU.sparse.name" if value.is_empty() => {}
                b"path" if self.sparse && self.pax_name.is_some() => {}
                b"path" => self.pax_name = Some(value.to_vec()),
                b"size" => self.pax_size = Some(std::str::from_utf8(value).ok()?.parse().ok()?),
                b"GNU.sparse.name" => {
                    self.pax_name = Some(value.to_vec());
                    self.sparse = true;
                }
                _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
            records = records.get(length..)?;
        }
        Some(())
    }
}

/// Whether these first bytes (512 are enough) are those of a tar archive.
pub fn is_archive(first: &[u8]) -> bool {
    let block = first.get(..BLOCK as usize);
    block.is_some_and(|block| has_magic(block) || is_valid(tar::Header::from_byte_slice(block)))
}

/// Whether these first bytes are those of an archive whose first member is an OVF descriptor.
pub(crate) fn begins_with_descriptor(first: &[u8]) -> bool {
    let name = first.get(..100).and_then(|field| field.split(|byte| *byte == 0).next());
    let is_descriptor = |name: &[u8]| name.to_ascii_lowercase().ends_with(b".ovf");
    is_archive(first) && name.is_some_and(is_descriptor)
}

/// Whether bytes that are too few for a header begin with a name as a header does: filled up with
/// zeros.
fn begins_header(begun: &[u8]) -> bool {
    let field = begun.get(..100).unwrap_or(begun);
    let name = field.iter().position(|byte| *byte == 0).filter(|end| *end > 0);
    name.and_then(|end| field.split_at_checked(end)).is_some_and(|(name, rest)| {
        !name.iter().any(u8::is_ascii_control) && rest.iter().all(|byte| *byte == 0)
    })
}

fn not_tar(first: &[u8], findings: &mut Findings) {
    let mut notes = findings.of_whole();
    match magic::guess(first) {
        Guess::Compressed { with, undo } => notes.add(COMPRESSED, None, [&with, &undo]),
        Guess::Else(what) => notes.add(NOT_TAR, None, [&what]),
    }
}

fn has_magic(block: &[u8]) -> bool {
    block.get(257..262) == Some(b"ustar")
}

/// Whether the header's checksum is right. Some old writers summed the bytes as signed.
fn is_valid(header: &tar::Header) -> bool {
    let field = 148..156;
    let summed = |byte: fn(u8) -> i32| -> i32 {
        let bytes = header.as_bytes().iter().enumerate();
        bytes.map(|(at, value)| byte(if field.contains(&at) { b' ' } else { *value })).sum()
    };
    header.cksum().is_ok_and(|told| {
        i32::try_from(told).is_ok_and(|told| {
            told == summed(i32::from) || told == summed(|value| i32::from(value.cast_signed()))
        })
    })
}

/// The size that a header tells.
fn size(header: &tar::Header) -> Option<u64> {
    let field = &header.as_old().size;
    match field {
        // The oldest writers left it out where there is none.
        _ if field.iter().all(|byte| matches!(byte, 0 | b' ')) => Some(0),
        // A binary number that is negative or does not fit; the library reads its last 8 bytes.
        [first, rest @ ..] if first & 0x80 != 0 => {
            let fits = *first == 0x80 && rest.iter().take(3).all(|byte| *byte == 0);
            if fits { header.entry_size().ok() } else { None }
        }
        _ => header.entry_size().ok(),
    }
}

/// How many bytes fill a block up after a content of this size.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK
}

/// The bytes, but not more than are left.
fn up_to(left: u64, bytes: &[u8]) -> &[u8] {
    usize::try_from(left).ok().and_then(|left| bytes.get(..left)).unwrap_or(bytes)
}

fn plain(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name
}

/// macOS keeps what its file system knows of `NAME` in `._NAME`.
pub(crate) fn is_apple_double(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| last.starts_with("._"))
}

/// What makes a name one that should not be used as a path.
fn unsafety(name: &str) -> Option<&'static str> {
    let drive = |name: &[u8]| matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic());
    Some(match () {
        () if name.is_empty() => "is empty",
        () if name.chars().any(char::is_control) => "holds control characters",
        () if name.starts_with('/') => "is an absolute path",
        () if name.contains('\\') => "holds a backslash",
        () if drive(name.as_bytes()) => "begins with a drive's letter",
        () if name.split('/').any(|part| part == "..") => "leads out of its directory",
        () => return None,
    })
}

fn other_than_file(entry: EntryType, kind: Kind) -> Option<&'static str> {
    Some(match (kind, entry) {
        (Kind::File, _) => return None,
        (Kind::Directory, _) => "a directory",
        (_, EntryType::Link) => "a hard link",
        (_, EntryType::Symlink) => "a symbolic link",
        (_, EntryType::Char | EntryType::Block) => "a device",
        (_, EntryType::Fifo) => "a pipe",
        _ => "of an unknown kind",
    })
}

//! One package on its way in: hands each file's bytes to the reader that knows them, once, and the
//! facts to the judge.
//!
//! It does not know what the bytes mean, nor where they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use accession_core::received::Algorithm;
use accession_core::time::Timestamp;

use crate::archive::{self, Archive, ArchiveReport, Event};
use crate::certificate::{CertificateFile, Roots};
use crate::descriptor::Descriptor;
use crate::digest::Accelerator;
use crate::disk::Disk;
use crate::findings::{Findings, checks};
use crate::image::Image;
use crate::intake::Intake;
use crate::judge;
use crate::manifest::Manifest;
use crate::report::{Member, Report, Role};

checks! {
    TOO_LARGE = Warns "package.too-large": "File {0} has more than {1} bytes; only a smaller one is read.",
        why "A descriptor, manifest or certificate of that size is most likely another file, and what \
             is in it was not checked.",
        remedy "See whether it is the file that its name says.",
        Assumed "a limit of this check; no limit of a server is documented";
    TOO_MANY = Warns "package.too-many": "The package has more than {0} files; the others are not checked.",
        why "What is wrong with them is not found here.",
        remedy "Keep to the files that the descriptor names.",
        Assumed "a limit of this check; no limit of a server is documented";
}

/// The longest descriptor, manifest or certificate that is kept; real ones have some kilobytes.
const TEXT_LIMIT: usize = 8 << 20;
/// The most files of a package that are kept.
const MEMBER_LIMIT: usize = 10_000;
/// How many characters of a file's name are kept; no file system takes more.
const NAME_LIMIT: usize = 1024;

/// The algorithms of OVF packages.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

/// What the bytes themselves do not tell.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The time at which certificates have to be valid.
    pub now: Timestamp,
    /// The certificates of authorities that are trusted.
    pub roots: Roots,
}

/// Which digests a package's files need, known before their bytes go by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan(BTreeMap<String, BTreeSet<Algorithm>>);

impl Plan {
    /// What a manifest of this name asks for.
    fn of(name: &str, manifest: &Manifest) -> Self {
        let mut plan = BTreeMap::<_, BTreeSet<_>>::new();
        for entry in &manifest.entries {
            if let Some(algorithm) = entry.algorithm.filter(|one| ALGORITHMS.contains(one)) {
                let path = format!("{}{}", folder(name), entry.name);
                plan.entry(path).or_default().insert(algorithm);
            }
        }
        Self(plan)
    }
}

/// One package on its way in. Memory use does not grow with its disks.
///
/// Each file is begun, written and ended; an archive is one file. Files may come in any order, but
/// if the manifest comes before the disks ([`arrange`]), only the digests that it asks for are computed.
pub struct Inspection {
    circumstances: Circumstances,
    findings: Findings,
    facts: Facts,
    reading: Option<Reading>,
}

/// What was learnt so far.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) name: Option<String>,
    pub(crate) size: u64,
    pub(crate) members: Vec<Member>,
    pub(crate) members_left_out: u64,
    pub(crate) archive: Option<ArchiveReport>,
    /// The name of the file that it was in, and what it says.
    pub(crate) descriptor: Option<(String, Descriptor)>,
    /// The same of the manifest, and its bytes, which are what is signed.
    pub(crate) manifest: Option<(String, Vec<u8>, Option<Manifest>)>,
    pub(crate) certificate: Option<(String, CertificateFile)>,
    plan: Option<Plan>,
    accelerator: Option<Accelerator>,
}

/// The file whose bytes go by.
enum Reading {
    /// Too few bytes so far to tell what it is.
    Head {
        name: String,
        size: Option<u64>,
        bytes: Vec<u8>,
    },
    Archive {
        size: Option<u64>,
        archive: Box<Archive>,
        open: Option<Open>,
    },
    File(Open),
}

/// A file, or a member of an archive.
struct Open {
    name: String,
    role: Role,
    declared_size: Option<u64>,
    intake: Intake,
    reader: Reader,
}

enum Reader {
    Text(Vec<u8>),
    Disk(Box<Disk>),
    Image(Box<Image>),
    None,
}

/// How many bytes tell an archive or a disk from other files.
const HEAD: usize = 512;

impl Inspection {
    /// Begins a package.
    pub fn new(circumstances: Circumstances) -> Self {
        Self {
            circumstances,
            findings: Findings::default(),
            facts: Facts::default(),
            reading: None,
        }
    }

    /// The same, with the digests known that are needed; see [`Survey`].
    #[must_use]
    pub fn with_plan(mut self, plan: Plan) -> Self {
        self.facts.plan = Some(plan);
        self
    }

    /// Has a host's faster code compute the digests that it can, of the files that are begun from now on.
    pub fn accelerate(&mut self, accelerator: Accelerator) {
        self.facts.accelerator = Some(accelerator);
    }

    /// Begins a file. `size` is how many bytes it should have, if that is known.
    pub fn begin(&mut self, name: &str, size: Option<u64>) {
        self.end();
        self.reading = Some(Reading::Head { name: name.to_owned(), size, bytes: Vec::new() });
    }

    /// Takes the next bytes of the file. How it is cut into them makes no difference.
    pub fn write(&mut self, mut bytes: &[u8]) {
        if let Some(Reading::Head { bytes: head, .. }) = &mut self.reading {
            let (more, rest) = bytes.split_at(bytes.len().min(HEAD - head.len()));
            head.extend_from_slice(more);
            if head.len() < HEAD {
                return;
            }
            self.recognise();
            bytes = rest;
        }
        let Self { findings, facts, reading, .. } = self;
        match reading {
            Some(Reading::Archive { archive, open, .. }) => {
                archive.write(bytes, findings, &mut |event, findings| match event {
                    Event::Member(header) => {
                        facts.put_away(open.take(), findings);
                        if header.kind == archive::Kind::File {
                            let name = header.plain_name();
                            *open = Some(facts.open(name, Some(header.size), None));
                        }
                    }
                    Event::Data(bytes) => {
                        if let Some(open) = open {
                            open.write(bytes);
                        }
                    }
                    Event::End => facts.put_away(open.take(), findings),
                });
            }
            Some(Reading::File(open)) => open.write(bytes),
            Some(Reading::Head { .. }) | None => {}
        }
    }

    /// Ends the file.
    pub fn end(&mut self) {
        if let Some(Reading::Head { .. }) = self.reading {
            self.recognise();
        }
        let Self { findings, facts, .. } = self;
        match self.reading.take() {
            Some(Reading::Archive { archive, open, size }) => {
                let mut unsaid = Findings::default();
                let is_cut = size.is_some_and(|size| archive.size() < size);
                // How the reading ended is not how the archive ends.
                facts.put_away(open, findings);
                let report = archive.finish(if is_cut { &mut unsaid } else { findings });
                judge::whole(report.size, size, &mut findings.of_whole());
                facts.size += report.size;
                facts.archive = Some(report);
            }
            Some(Reading::File(open)) => {
                let (size, declared) = (open.intake.size(), open.declared_size);
                judge::whole(size, declared, &mut findings.of(&open.name));
                facts.size += size;
                facts.put_away(Some(open), findings);
            }
            Some(Reading::Head { .. }) | None => {}
        }
    }

    /// Tells what the package was.
    pub fn finish(mut self) -> Report {
        self.end();
        judge::judge(self.facts, self.findings, &self.circumstances)
    }

    /// Chooses the reader, by the name if it says what the file ought to be, else by the bytes.
    fn recognise(&mut self) {
        let Some(Reading::Head { name, size, bytes }) = self.reading.take() else { return };
        self.facts.name.get_or_insert_with(|| name.clone());
        let is_first = self.facts.members.is_empty() && self.facts.archive.is_none();
        let is_archive = match extension(&name).as_deref() {
            Some("ova") => self.facts.archive.is_none(),
            Some("ovf" | "mf" | "cert" | "vmdk" | "iso") => false,
            // Any file of a package may be a tar archive, and any archive a library's item.
            Some(_) => is_first && archive::begins_with_descriptor(&bytes),
            None => is_first && archive::is_archive(&bytes),
        };
        self.reading = Some(if is_archive {
            Reading::Archive { size, archive: Box::new(Archive::new()), open: None }
        } else {
            Reading::File(self.facts.open(&name, size, Some(&bytes)))
        });
        self.write(&bytes);
    }
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspection").field("name", &self.facts.name).finish_non_exhaustive()
    }
}

impl Facts {
    /// Begins a file of which the first bytes may be known.
    fn open(&self, name: &str, declared_size: Option<u64>, head: Option<&[u8]>) -> Open {
        let name: String = name.chars().take(NAME_LIMIT).collect();
        let role = role(&name, head);
        let reader = match role {
            Role::Descriptor | Role::Manifest | Role::Certificate => Reader::Text(Vec::new()),
            Role::Disk => Reader::Disk(Box::default()),
            Role::Image => Reader::Image(Box::default()),
            // Standard input has no name at all, and the mark of an image stands far behind.
            Role::Other if head.is_some() && extension(&name).is_none() => {
                Reader::Image(Box::default())
            }
            Role::Other => Reader::None,
        };
        let mut intake = Intake::new(self.wants(&name));
        if let Some(accelerator) = self.accelerator {
            intake.accelerate(accelerator);
        }
        Open { name, role, declared_size, intake, reader }
    }

    fn wants(&self, name: &str) -> BTreeSet<Algorithm> {
        match &self.plan {
            Some(plan) => plan.0.get(name).cloned().unwrap_or_default(),
            // A manifest may still follow, and may use any of these.
            None => ALGORITHMS.into(),
        }
    }

    /// Ends a file.
    fn put_away(&mut self, open: Option<Open>, findings: &mut Findings) {
        let Some(Open { name, role, declared_size, intake, reader }) = open else { return };
        if self.members.len() >= MEMBER_LIMIT {
            if self.members_left_out == 0 {
                findings.of_whole().add(TOO_MANY, None, [&MEMBER_LIMIT]);
            }
            self.members_left_out += 1;
            return;
        }
        let received = intake.finish();
        let mut member = Member {
            name,
            role,
            size: received.size,
            declared_size,
            digests: received.digests,
            listed: None,
            disk: None,
            image: None,
        };
        let mut notes = findings.of(&member.name);
        // What is missing of a file would only be found again in each of its parts.
        let is_whole = member.is_whole();
        match reader {
            Reader::Text(_) if received.size > TEXT_LIMIT as u64 => {
                notes.add(TOO_LARGE, None, [&member.name, &TEXT_LIMIT]);
            }
            Reader::Text(bytes) if is_whole => match role {
                Role::Descriptor if self.descriptor.is_none() => {
                    let descriptor = Descriptor::read(&bytes, &mut notes);
                    self.descriptor = descriptor.map(|read| (member.name.clone(), read));
                }
                Role::Manifest if self.manifest.is_none() => {
                    let manifest = Manifest::read(&bytes, &mut notes);
                    if let Some(manifest) = &manifest {
                        self.plan = Some(Plan::of(&member.name, manifest));
                    }
                    self.manifest = Some((member.name.clone(), bytes, manifest));
                }
                Role::Certificate if self.certificate.is_none() => {
                    let certificate = CertificateFile::read(&bytes, &mut notes);
                    self.certificate = certificate.map(|read| (member.name.clone(), read));
                }
                _ => {}
            },
            Reader::Text(_) => {}
            Reader::Disk(disk) if is_whole => member.disk = Some(disk.finish(&mut notes)),
            Reader::Image(image) if is_whole && (role == Role::Image || image.is_recognised()) => {
                member.role = Role::Image;
                member.image = image.finish(&mut notes);
            }
            Reader::Disk(_) | Reader::Image(_) | Reader::None => {}
        }
        self.members.push(member);
    }
}

impl Open {
    fn write(&mut self, bytes: &[u8]) {
        self.intake.write(bytes);
        match &mut self.reader {
            Reader::Text(text) => {
                let room = TEXT_LIMIT - text.len();
                text.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            Reader::Disk(disk) => disk.write(bytes),
            Reader::Image(image) => image.write(bytes),
            Reader::None => {}
        }
    }
}

fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

/// The folder in a name, with its slash. What a descriptor or a manifest names is beside it.
pub(crate) fn folder(name: &str) -> &str {
    name.rfind('/').and_then(|slash| name.get(..=slash)).unwrap_or_default()
}

/// What a file is to the package, by its name; a file without a telling name by its first bytes.
fn role(name: &str, head: Option<&[u8]>) -> Role {
    match extension(name).as_deref() {
        _ if archive::is_apple_double(name) => Role::Other,
        Some("ovf") => Role::Descriptor,
        Some("mf") => Role::Manifest,
        Some("cert") => Role::Certificate,
        Some("vmdk") => Role::Disk,
        Some("iso") => Role::Image,
        None if head.is_some_and(|head| head.starts_with(b"KDMV")) => Role::Disk,
        _ => Role::Other,
    }
}

/// Whether a file of this name is a part of a package that a library looks into.
pub(crate) fn is_of_a_package(name: &str) -> bool {
    matches!(extension(name).as_deref(), Some("ova" | "ovf" | "mf" | "cert" | "vmdk"))
}

/// The order in which the files of a package are best read: what says what is needed of the others
/// comes first. The result holds indexes of `names`.
pub fn arrange(names: &[&str]) -> Vec<usize> {
    let rank = |index: usize| match role(names[index], None) {
        Role::Manifest => 0,
        Role::Certificate => 1,
        Role::Descriptor => 2,
        Role::Disk | Role::Image | Role::Other => 3,
    };
    // Four passes take less wasm than a sort.
    let of_rank = |wanted| (0..names.len()).filter(move |index| rank(*index) == wanted);
    (0..=3).flat_map(of_rank).collect()
}

/// Looks ahead in an archive whose disks can be passed over, and finds out which digests they need.
///
/// Write the bytes, pass over as many as [`skippable`](Self::skippable) says, and so on.
#[derive(Debug, Default)]
pub struct Survey {
    archive: Archive,
    /// The manifest whose bytes go by: its name, and those that have gone.
    manifest: Option<(String, Vec<u8>)>,
    plan: Option<Plan>,
}

impl Survey {
    /// Begins an archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        let Self { archive, manifest, plan } = self;
        // The inspection finds all this again.
        let mut findings = Findings::default();
        archive.write(bytes, &mut findings, &mut |event, findings| match event {
            Event::Member(header) => {
                let name = header.plain_name();
                let is_wanted = plan.is_none()
                    && header.kind == archive::Kind::File
                    && role(name, None) == Role::Manifest
                    && header.size <= TEXT_LIMIT as u64;
                *manifest = is_wanted.then(|| (name.to_owned(), Vec::new()));
            }
            Event::Data(bytes) => {
                if let Some((_, manifest)) = manifest {
                    manifest.extend_from_slice(bytes);
                }
            }
            Event::End => {
                if let Some((name, bytes)) = manifest.take() {
                    // The first manifest counts, whatever it is.
                    let read = Manifest::read(&bytes, &mut findings.of(&name));
                    *plan = Some(read.map(|read| Plan::of(&name, &read)).unwrap_or_default());
                }
            }
        });
    }

    /// How many of the next bytes need not be written.
    pub fn skippable(&self) -> u64 {
        if self.is_collecting() { 0 } else { self.archive.skippable() }
    }

    /// Whether the next bytes are the manifest's.
    pub fn is_collecting(&self) -> bool {
        self.manifest.is_some()
    }

    /// Passes over so many bytes, at most [`skippable`](Self::skippable).
    pub fn skip(&mut self, bytes: u64) {
        self.archive.skip(bytes);
    }

    /// Whether the manifest has been found or cannot be, so that the rest need not be looked at.
    pub fn is_done(&self) -> bool {
        self.plan.is_some() || self.archive.is_over()
    }

    /// Tells which digests are needed.
    pub fn finish(self) -> Plan {
        self.plan.unwrap_or_default()
    }
}

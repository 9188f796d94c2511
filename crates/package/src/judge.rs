//! What the files of a package say about one another, and the verdict.
//!
//! It does not know how a file is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use accession_core::keyed::{self, Few};

use crate::archive::{self, is_apple_double};
use crate::certificate;
use crate::descriptor::{Descriptor, DiskEntry};
use crate::disk;
use crate::findings::{Check, Findings, Notes, Place, Severity, checks};
use crate::image;
use crate::inspection::{Circumstances, Facts, folder};
use crate::manifest::{self, Entry, Manifest};
use crate::report::{Kind, Listed, Member, Report, Role, Verdict};
use crate::text::short;

checks! {
    NO_FILES = Blocks "package.empty": "There is no file to check.",
        why "An item without files holds nothing.",
        remedy "Name the OVA, the ISO image, or the OVF descriptor.",
        Assumed "nothing can be imported from nothing";
    NO_BYTES = Warns "package.no-bytes": "There is not one byte in the file.",
        why "An empty file is mostly one that was not copied, or not made yet.",
        remedy "See where the file comes from, and copy it again.",
        Assumed "no source";
    CUT = Blocks "package.cut": "{0} bytes were read of a file of {1} bytes.",
        why "The rest could not be read, so nothing is known about it.",
        remedy "Read the file again; if that does not help, fetch it again.",
        Assumed "the file system said how long the file is";
    NO_DESCRIPTOR = Blocks "package.no-descriptor": "The package has no OVF descriptor.",
        why "An item of type ovf is made from its descriptor: without one the import fails. Which \
             message a server answers with is not recorded.",
        remedy "Add the .ovf file. If the files are no OVF package, use an item of another type.",
        Documented "DSP0243 2.1.1, 5.1: a package has exactly one descriptor";
    TWO_DESCRIPTORS = Blocks "package.two-descriptors":
        "The package has {0} OVF descriptors; the first one was checked.",
        why "A package has exactly one. Which one a server would take is not recorded.",
        remedy "Make one package for each descriptor.",
        Documented "DSP0243 2.1.1, 5.1";
    TWO_MANIFESTS = Warns "package.two-manifests":
        "The package has {0} manifests; the first one was checked.",
        why "A package has at most one. What a server does with more is not recorded.",
        remedy "Keep the one that has the descriptor's name.",
        Documented "DSP0243 2.1.1, 5.1";
    DESCRIPTOR_NOT_FIRST = Blocks "package.descriptor-not-first":
        "The descriptor is not the first file of the archive; {0} comes before it.",
        why "A server takes an OVA as a stream and needs the descriptor before it can take anything \
             else. VMware's own tools refuse such an archive; what a content library answers is not recorded.",
        remedy "Build the archive again, the descriptor first: tar --format=ustar -cf NEW.ova {1} and then the \
                other files in the descriptor's order.",
        Observed "DSP0243 2.1.1, 5.3; ovftool and Workstation insist on it";
    MANIFEST_PLACE = Warns "package.manifest-place":
        "{0} stands among the other files of the archive, neither behind the descriptor nor at the end.",
        why "The standard allows these two places only. What a server does is not recorded.",
        remedy "Build the archive again: the descriptor, the manifest, the certificate, then the other files.",
        Documented "DSP0243 2.1.1, 5.3";
    FILE_ORDER = Warns "package.file-order":
        "{0} stands before {1} in the archive, and behind it in the descriptor.",
        why "A server that reads the archive as a stream may rely on the descriptor's order. That it \
             refuses another one is not recorded.",
        remedy "Build the archive again with the files in the descriptor's order.",
        Documented "DSP0243 2.1.1, 5.3";
    MISSING = Blocks "package.file-missing": "{0} is named by the descriptor and is not in the package.",
        why "Complete is refused: every file that the descriptor names has to be in the session.",
        answer "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files",
        remedy "Add {0}, or take its File element out of the descriptor.",
        Observed "recorded with an .nvram file that was never added";
    NAME_CASE = Blocks "package.name-case":
        "The descriptor names {0}; the package has {1}, which differs in upper and lower case.",
        why "Names are compared as they are, so the file counts as missing.",
        answer "com.vmware.vdcs.cls-main.session_has_missing_or_invalid_files",
        remedy "Give the file the name that the descriptor has.",
        Assumed "that names are compared byte by byte; the answer is recorded for missing files";
    SIZE_DIFFERS = Blocks "package.size-differs":
        "The descriptor says that {0} has {1} bytes; it has {2}.",
        why "The transfer to the datastore ends where the descriptor says, the writer closes the pipe, and \
             the session goes to ERROR although the upload was answered with success.",
        answer "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason",
        remedy "If the file is right, write ovf:size=\"{2}\" into the File element, and the descriptor's new \
                digest into the manifest; else fetch the package again.",
        Observed "recorded several times: Error transferring file, Pipe closed";
    CHUNK_SIZE = Blocks "package.chunk-size": "Part {0} has {1} bytes; the descriptor asks for {2}.",
        why "The parts do not make up the file that the descriptor describes. Which message a server \
             answers with is not recorded.",
        remedy "Split the file again: split -b {2} -a 9 -d.",
        Documented "DSP0243 2.1.1, 7.1: chunkSize";
    EMPTY_FILE = Warns "package.empty-file": "{0} is named by the descriptor and has no bytes.",
        why "An empty file is mostly one that was not copied.",
        remedy "See whether the file should be empty; if not, copy it again.",
        Assumed "no source";
    UNNAMED = Informs "package.unnamed-file": "{0} is in the package and the descriptor does not name it.",
        why "It is not needed for the import. What a server does with it is not recorded.",
        remedy "Leave it out, or name it in the descriptor.",
        Documented "DSP0243 2.1.1, 7.1: all files of a package are in its References";
    DIGEST_DIFFERS = Blocks "package.digest-differs":
        "The {0} digest of {1} is {2}, and the manifest has {3}.",
        why "The file was changed or damaged after the manifest was made. Import fails: \"The checksum(s) from \
             the provided manifest file do not match the content of file(s)\".",
        answer "com.vmware.ovfs.ovfs-main.ovfs.invalid_manifest_checksum_mismatch",
        remedy "If the file is right, write the new digest into the manifest (openssl dgst -{0} {1}) and sign \
                it again if it is signed; else fetch the package again.",
        Observed "Broadcom KB 406641, from a cls.log";
    NOT_IN_PACKAGE = Warns "package.listed-missing":
        "The manifest lists {0}, which is not in the package.",
        why "The manifest belongs to another package, or a file is missing. What a server answers is \
             not recorded.",
        remedy "Add the file, or take its line out of the manifest.",
        Documented "DSP0243 2.1.1, 5.1: the manifest holds the digests of the package's files";
    NOT_LISTED = Warns "package.not-listed": "The manifest does not list {0}.",
        why "The file could be changed without anybody noticing. ovftool refuses to check such a package; what \
             a content library answers is not recorded.",
        remedy "Add a line for it to the manifest.",
        Documented "DSP0243 2.1.1, 5.1: the manifest lists every file of the package";
    MANIFEST_NAME = Warns "package.manifest-name":
        "{0} does not have the descriptor's name {1} before its extension.",
        why "The standard asks for it, and some readers do not find it otherwise.",
        remedy "Rename it to {2}.",
        Documented "DSP0243 2.1.1, 5.1: names of manifest and certificate";
    CAPACITY_DIFFERS = Warns "package.capacity-differs":
        "The descriptor says that the disk {0} has {1} bytes for the guest; its own header says {2}.",
        why "A disk may be created that is too small for the data. What a content library does is not recorded; \
             it may only show on deployment.",
        remedy "Write ovf:capacity=\"{2}\" and ovf:capacityAllocationUnits=\"byte\" into the Disk element.",
        Documented "DSP0243 2.1.1, 9.1: capacity";
    ALONE = Informs "package.disk-alone": "This is a virtual disk without a descriptor.",
        why "A content library keeps it as a file like any other: nothing can be deployed from it.",
        remedy "Make an OVF package of it, or keep it as an item without a type.",
        Documented "item types of the content library: ovf, iso, and any other text";
}

/// What blocks a file that ends too early.
const ENDS_TOO_EARLY: [&Check; 2] = [disk::TRUNCATED, disk::EMPTY];
/// What is found of a file without a byte by its reader.
const IS_EMPTY: [&Check; 2] = [disk::EMPTY, image::EMPTY];

/// Whether all of a file went by, which is about the reading and not about the package.
pub(crate) fn whole(read: u64, declared: Option<u64>, notes: &mut Notes<'_>) {
    if let Some(declared) = declared.filter(|declared| *declared != read) {
        notes.add(CUT, None, [&read, &declared]);
    }
}

/// Compares the files with one another, and tells what the package was.
pub(crate) fn judge(facts: Facts, mut findings: Findings, circumstances: &Circumstances) -> Report {
    let kind = kind(&facts);
    // An archive that only lacks the mark of its end has no more members; of another one that is
    // not complete, the rest was not seen.
    let is_cut = facts.archive.as_ref().is_some_and(|archive| !archive.complete)
        && !findings.have(None, &[archive::NO_END]);
    let cut_short = is_cut || facts.members_left_out > 0;
    let mut members = facts.members;
    if members.is_empty() && facts.archive.is_none() {
        findings.of_whole().add(NO_FILES, None, []);
    }

    if matches!(kind, Kind::Ova | Kind::Ovf) {
        let is_bare = facts.archive.as_ref().is_some_and(|archive| archive.members == 0);
        count(&members, cut_short || is_bare, &mut findings);
        if facts.archive.is_some() {
            order(&members, facts.descriptor.as_ref(), &mut findings);
        }
    } else if let [only] = members.as_slice()
        && (only.role, only.size) == (Role::Other, 0)
    {
        findings.of(&only.name).add(NO_BYTES, None, []);
    } else if kind == Kind::Disk {
        findings.of_whole().add(ALONE, None, []);
    }
    // The reader of the archive has told these.
    let attributes = members.iter().map(|member| &member.name).filter(|name| is_apple_double(name));
    let mut told = keyed::set(attributes.filter(|_| facts.archive.is_some()).cloned());
    if let Some((name, descriptor)) = &facts.descriptor {
        names(&members, name, &mut findings);
        files(&members, name, descriptor, cut_short, &mut told, &mut findings);
        disks(&members, name, descriptor, &mut findings);
    }
    if let Some((name, _, Some(manifest))) = &facts.manifest {
        digests(&mut members, name, manifest, cut_short, &told, &mut findings);
    }
    let certificate = facts.certificate.map(|(name, certificate)| {
        let signed =
            facts.manifest.as_ref().map(|(name, bytes, _)| (name.as_str(), bytes.as_slice()));
        let Circumstances { now, roots } = circumstances;
        certificate.judge(signed, *now, roots, &mut findings.of(&name))
    });
    if cut_short || members.iter().any(|member| member.role == Role::Manifest) {
        // There is one, or there may be; it could only not be read.
        findings.forget(certificate::NO_MANIFEST);
    }
    // Digests that nobody asked for were computed only because a manifest could still have come.
    for member in
        members.iter_mut().filter(|member| member.listed.is_none_or(|at| at == Listed::No))
    {
        member.digests.clear();
    }

    let (findings, left_out) = findings.finish();
    let verdict = match findings.first().map(|finding| finding.check.severity) {
        Some(Severity::Blocks) => Verdict::Blocked,
        Some(Severity::Warns) => Verdict::Warnings,
        Some(Severity::Informs) | None => Verdict::Fine,
    };
    // Its manifest is read before it, and the package is not called after that.
    let name = members
        .iter()
        .find(|member| kind == Kind::Ovf && member.role == Role::Descriptor)
        .map(|member| member.name.clone());
    Report {
        name: name.or(facts.name).unwrap_or_default(),
        kind,
        size: facts.size,
        verdict,
        findings,
        left_out,
        members,
        members_left_out: facts.members_left_out,
        archive: facts.archive,
        descriptor: facts.descriptor.map(|(_, descriptor)| descriptor),
        manifest: facts.manifest.and_then(|(_, _, manifest)| manifest),
        certificate,
    }
}

fn kind(facts: &Facts) -> Kind {
    let has = |role| facts.members.iter().any(|member| member.role == role);
    if facts.archive.is_some() {
        Kind::Ova
    } else if has(Role::Descriptor) || has(Role::Manifest) || has(Role::Certificate) {
        Kind::Ovf
    } else {
        match facts.members.as_slice() {
            [only] if only.role == Role::Disk => Kind::Disk,
            [only] if only.role == Role::Image => Kind::Iso,
            _ => Kind::Other,
        }
    }
}

/// One descriptor, at most one manifest.
fn count(members: &[Member], cut_short: bool, findings: &mut Findings) {
    let count = |role| members.iter().filter(|member| member.role == role).count();
    match count(Role::Descriptor) {
        // It may be in the part that is not there.
        0 if cut_short => {}
        0 => findings.of_whole().add(NO_DESCRIPTOR, None, []),
        1 => {}
        several => findings.of_whole().add(TWO_DESCRIPTORS, None, [&several]),
    }
    let manifests = count(Role::Manifest);
    if manifests > 1 {
        findings.of_whole().add(TWO_MANIFESTS, None, [&manifests]);
    }
}

/// The descriptor first; manifest and certificate behind it or at the end; the rest as named.
fn order(members: &[Member], descriptor: Option<&(String, Descriptor)>, findings: &mut Findings) {
    let Some(first) = members.iter().position(|member| member.role == Role::Descriptor) else {
        return;
    };
    if first > 0 {
        let (before, name) = (&members[0].name, &members[first].name);
        findings.of(name).add(DESCRIPTOR_NOT_FIRST, None, [before, name]);
    }
    let is_seal = |member: &Member| matches!(member.role, Role::Manifest | Role::Certificate);
    let others =
        || members.iter().enumerate().filter(|(_, member)| member.role != Role::Descriptor);
    let is_content = |member: &Member| !is_seal(member) && !is_apple_double(&member.name);
    let content = |(at, member): (usize, &Member)| is_content(member).then_some(at);
    let (begin, end) = (others().find_map(content), others().filter_map(content).next_back());
    for (at, member) in others().filter(|(_, member)| is_seal(member)) {
        if begin.is_some_and(|begin| at > begin) && end.is_some_and(|end| at < end) {
            findings.of(&member.name).add(MANIFEST_PLACE, None, [&member.name]);
        }
    }
    let Some((_, descriptor)) = descriptor else { return };
    let place = places(descriptor, folder(&members[first].name));
    let named = members.iter().filter_map(|member| Some((place.get(&member.name)?, member)));
    let mut furthest: Option<(usize, &Member)> = None;
    for (place, member) in named {
        match furthest {
            Some((before, early)) if *place < before => {
                let names: [&dyn Display; 2] = [&early.name, &member.name];
                findings.of(&early.name).add(FILE_ORDER, None, names);
            }
            _ => furthest = Some((*place, member)),
        }
    }
}

/// The position of each file in the descriptor's list; the parts of a file share one.
fn places(descriptor: &Descriptor, folder: &str) -> BTreeMap<String, usize> {
    keyed::map(descriptor.members().map(|(at, name, _)| (format!("{folder}{name}"), at)))
}

/// Manifest and certificate have the descriptor's name.
fn names(members: &[Member], descriptor: &str, findings: &mut Findings) {
    let base = stem(descriptor);
    for (role, extension) in [(Role::Manifest, "mf"), (Role::Certificate, "cert")] {
        let mut of_role = members.iter().filter(|member| member.role == role);
        // Of several one has to go first.
        let (Some(only), None) = (of_role.next(), of_role.next()) else { continue };
        if stem(&only.name) != base {
            let wanted = format!("{base}.{extension}");
            findings.of(&only.name).add(MANIFEST_NAME, None, [&only.name, &base, &wanted]);
        }
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Every file that the descriptor names is there, as long as it says; and no other.
///
/// `told` are names of which it is said that they are not in their place; those that are missing,
/// misspelt or not named join them.
fn files(
    members: &[Member],
    name: &str,
    descriptor: &Descriptor,
    cut_short: bool,
    told: &mut BTreeSet<String>,
    findings: &mut Findings,
) {
    let folder = folder(name);
    let mut named = BTreeSet::new();
    let mut countable = BTreeSet::new();
    let by_name = keyed::map(members.iter().map(|member| (member.name.as_str(), member)));
    let by_lower =
        keyed::map(members.iter().map(|member| (member.name.to_ascii_lowercase(), member)));
    for (at, wanted, size) in descriptor.members() {
        let Some(file) = descriptor.files.get(at) else { continue };
        countable.insert(at);
        let path = format!("{folder}{wanted}");
        let shown = short(&wanted);
        let line = Some(Place::Line(file.line));
        match by_name.get(path.as_str()) {
            Some(member) if member.is_whole() => {
                let have = |checks: &[&Check]| findings.have(Some(&path), checks);
                match size.filter(|size| *size != member.size) {
                    Some(size) if file.chunk_size.is_some() => {
                        let args: [&dyn Display; 3] = [&shown, &member.size, &size];
                        findings.of(&path).add(CHUNK_SIZE, None, args);
                    }
                    // Another size in the descriptor would not mend it.
                    Some(size) if size > member.size && have(&ENDS_TOO_EARLY) => {}
                    Some(size) => {
                        let args: [&dyn Display; 3] = [&shown, &size, &member.size];
                        findings.of(&path).add(SIZE_DIFFERS, None, args);
                    }
                    None if member.size == 0 && size.is_none() && !have(&IS_EMPTY) => {
                        findings.of(&path).add(EMPTY_FILE, None, [&shown]);
                    }
                    None => {}
                }
            }
            Some(_) => {}
            // It may be in the part that was not seen.
            None if cut_short => {}
            None => {
                let mut notes = findings.of(name);
                match by_lower.get(&path.to_ascii_lowercase()) {
                    Some(like) => {
                        named.insert(like.name.clone());
                        told.insert(like.name.clone());
                        notes.add(NAME_CASE, line, [&shown, &like.name]);
                    }
                    None => notes.add(MISSING, line, [&shown]),
                }
                told.insert(path.clone());
            }
        }
        named.insert(path);
    }
    let uncounted =
        descriptor.files.iter().enumerate().filter(|(at, file)| {
            !countable.contains(at) && !file.href.is_empty() && !file.is_url()
        });
    let uncounted = keyed::set(uncounted.map(|(_, file)| format!("{folder}{}", file.name())));
    let is_unnamed = |member: &&Member| {
        matches!(member.role, Role::Disk | Role::Image | Role::Other)
            && !named.contains(&member.name)
            && !told.contains(&member.name)
            && !uncounted.contains(stem(&member.name))
    };
    let unnamed: Vec<_> = members.iter().filter(is_unnamed).map(|member| &member.name).collect();
    for name in unnamed {
        findings.of(name).add(UNNAMED, None, [name]);
        // Nor need the manifest list it.
        told.insert(name.clone());
    }
}

/// Each disk is what the descriptor says of it.
fn disks(members: &[Member], name: &str, descriptor: &Descriptor, findings: &mut Findings) {
    let folder = folder(name);
    // Of several with the same id or name the first counts.
    let files = keyed::map(descriptor.files.iter().rev().map(|file| (file.id.as_str(), file)));
    let by_name = keyed::map(members.iter().rev().map(|member| (member.name.as_str(), member)));
    let of = |entry: &DiskEntry| {
        let file = files.get(entry.file_ref.as_deref()?)?;
        // What is compressed or cut into parts cannot be looked into.
        if file.compression.is_some() || file.chunk_size.is_some() {
            return None;
        }
        let member = by_name.get(format!("{folder}{}", file.name()).as_str())?;
        Some((*member, member.disk.as_ref()?))
    };
    for entry in &descriptor.disks {
        let Some((member, disk)) = of(entry) else { continue };
        let (Some(said), Some(real)) = (entry.capacity_bytes, disk.capacity_bytes) else {
            continue;
        };
        // A header that is damaged says nothing of a capacity.
        let damage = [disk::NEWLINES, disk::HEADER, disk::NO_CAPACITY];
        if said != real && !findings.have(Some(&member.name), &damage) {
            let line = Some(Place::Line(entry.line));
            findings.of(name).add(CAPACITY_DIFFERS, line, [&member.name, &said, &real]);
        }
    }
}

/// Every file has the digest that the manifest has, and the manifest has every file; of those that
/// are `told` it is not said which are only in the one or the other.
fn digests(
    members: &mut [Member],
    name: &str,
    manifest: &Manifest,
    cut_short: bool,
    told: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let folder = folder(name);
    let mut entries = BTreeMap::<String, Vec<&Entry>>::new();
    for entry in &manifest.entries {
        entries.entry(format!("{folder}{}", entry.name)).or_default().push(entry);
    }
    // What is not listed may stand in a line that was not read.
    let unread = [manifest::BAD_LINE, manifest::TOO_LONG, manifest::EMPTY];
    let is_read = !findings.have(Some(name), &unread);
    for member in members.iter_mut() {
        if matches!(member.role, Role::Manifest | Role::Certificate) {
            continue;
        }
        let entries = entries.get(&member.name).map_or([].as_slice(), Vec::as_slice);
        let mut listed = if entries.is_empty() { Listed::No } else { Listed::Unchecked };
        let mut asked = Few::new();
        for entry in entries {
            // A digest that could not be read has its own finding.
            let Some(algorithm) = entry.algorithm.filter(|_| !entry.digest.is_empty()) else {
                continue;
            };
            let Some(digest) = member.digests.get(&algorithm) else { continue };
            asked.insert(algorithm, digest.clone());
            // Of a file that was not read to its end the digest says nothing.
            if !member.is_whole() {
                continue;
            }
            if *digest == entry.digest {
                listed = if listed == Listed::Differs { listed } else { Listed::Matches };
            } else {
                listed = Listed::Differs;
                if !findings.have(Some(&member.name), &ENDS_TOO_EARLY) {
                    differs(&member.name, entry, digest, findings);
                }
            }
        }
        member.digests = asked;
        member.listed = Some(listed);
        if listed == Listed::No && is_read && !told.contains(&member.name) {
            findings.of(&member.name).add(NOT_LISTED, None, [&member.name]);
        }
    }
    let there = keyed::set(members.iter().map(|member| member.name.as_str()));
    let is_absent = |entry: &&Entry| {
        let path = format!("{folder}{}", entry.name);
        !there.contains(path.as_str()) && !told.contains(&path)
    };
    for entry in manifest.entries.iter().filter(is_absent).filter(|_| !cut_short) {
        let line = Some(Place::Line(entry.line));
        findings.of(name).add(NOT_IN_PACKAGE, line, [&short(&entry.name)]);
    }
}

fn differs(member: &str, entry: &Entry, digest: &str, findings: &mut Findings) {
    let Some(algorithm) = entry.algorithm else { return };
    let found: [&dyn Display; 4] = [&algorithm.name(), &short(&entry.name), &digest, &entry.digest];
    findings.of(member).add(DIGEST_DIFFERS, None, found);
}

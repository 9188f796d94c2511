//! What the files of a package say about one another, and the verdict.
//!
//! It does not know how a file is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::descriptor::{Descriptor, DiskEntry, FileRef};
use crate::findings::{Findings, Notes, Place, Severity, checks};
use crate::inspection::{Circumstances, Facts};
use crate::manifest::{Entry, Manifest};
use crate::report::{Kind, Listed, Member, Report, Role, Verdict};

checks! {
    NO_FILES = Blocks "package.empty": "There is no file to check.",
        why "An item without files holds nothing.",
        remedy "Name the OVA, the ISO image, or the OVF descriptor.",
        Assumed "nothing can be imported from nothing";
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
        remedy "Write ovf:size=\"{2}\" into the File element, and the descriptor's new digest into the manifest.",
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
        remedy "If the file is right, write the new digest into the manifest (openssl dgst -sha256 {1}) and sign \
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

/// Whether all of a file went by, which is about the reading and not about the package.
pub(crate) fn whole(read: u64, declared: Option<u64>, notes: &mut Notes<'_>) {
    if let Some(declared) = declared.filter(|declared| *declared != read) {
        notes.add(CUT, None, [&read, &declared]);
    }
}

/// Compares the files with one another, and tells what the package was.
pub(crate) fn judge(facts: Facts, mut findings: Findings, circumstances: &Circumstances) -> Report {
    let kind = kind(&facts);
    let mut members = facts.members;
    let is_package = matches!(kind, Kind::Ova | Kind::Ovf);
    if members.is_empty() && facts.archive.is_none() {
        findings.of_whole().add(NO_FILES, None, []);
    }
    let cut_short = facts.archive.as_ref().is_some_and(|archive| !archive.complete)
        || members.iter().any(|member| !member.is_whole());

    if is_package {
        count(&members, cut_short, &mut findings);
        if facts.archive.is_some() {
            order(&members, facts.descriptor.as_ref(), &mut findings);
        }
    } else if kind == Kind::Disk {
        findings.of_whole().add(ALONE, None, []);
    }
    if let Some((name, descriptor)) = &facts.descriptor {
        names(&members, name, &mut findings);
        files(&members, name, descriptor, cut_short, &mut findings);
        disks(&members, name, descriptor, &mut findings);
    }
    if let Some((name, _, manifest)) = &facts.manifest {
        digests(&mut members, name, manifest, cut_short, &mut findings);
    }
    let certificate = facts.certificate.map(|(name, certificate)| {
        let signed =
            facts.manifest.as_ref().map(|(name, bytes, _)| (name.as_str(), bytes.as_slice()));
        let Circumstances { now, roots } = circumstances;
        certificate.judge(signed, *now, roots, &mut findings.of(&name))
    });
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
    Report {
        name: facts.name.unwrap_or_default(),
        kind,
        size: facts.size,
        verdict,
        findings,
        left_out,
        members,
        members_left_out: facts.members_left_out,
        archive: facts.archive,
        descriptor: facts.descriptor.map(|(_, descriptor)| descriptor),
        manifest: facts.manifest.map(|(_, _, manifest)| manifest),
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
            // A file without a name is read as an image and mostly is none.
            [only]
                if only.image.is_some() || only.name.contains('.') && only.role == Role::Image =>
            {
                Kind::Iso
            }
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
    let content = |(at, member): (usize, &Member)| (!is_seal(member)).then_some(at);
    let (begin, end) = (others().find_map(content), others().filter_map(content).next_back());
    for (at, member) in others().filter(|(_, member)| is_seal(member)) {
        if begin.is_some_and(|begin| at > begin) && end.is_some_and(|end| at < end) {
            findings.of(&member.name).add(MANIFEST_PLACE, None, [&member.name]);
        }
    }
    let Some((_, descriptor)) = descriptor else { return };
    let place = places(descriptor);
    let named = members.iter().filter_map(|member| Some((place.get(&member.name)?, member)));
    let mut furthest: Option<(usize, &Member)> = None;
    for (place, member) in named {
        match furthest {
            Some((before, early)) if *place < before => {
                let names: [&dyn std::fmt::Display; 2] = [&early.name, &member.name];
                findings.of(&early.name).add(FILE_ORDER, None, names);
            }
            _ => furthest = Some((*place, member)),
        }
    }
}

/// The position of each file in the descriptor's list; the parts of a file share one.
fn places(descriptor: &Descriptor) -> BTreeMap<String, usize> {
    let of_file = |(at, file): (usize, &FileRef)| {
        let names = file.members().map(|names| names.map(|(name, _)| name).collect::<Vec<_>>());
        names.unwrap_or_default().into_iter().map(move |name| (name, at))
    };
    descriptor.files.iter().enumerate().flat_map(of_file).collect()
}

/// Manifest and certificate have the descriptor's name.
fn names(members: &[Member], descriptor: &str, findings: &mut Findings) {
    let base = stem(descriptor);
    for member in members {
        let extension = match member.role {
            Role::Manifest => "mf",
            Role::Certificate => "cert",
            _ => continue,
        };
        if stem(&member.name) != base {
            let wanted = format!("{base}.{extension}");
            findings.of(&member.name).add(MANIFEST_NAME, None, [&member.name, &base, &wanted]);
        }
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Every file that the descriptor names is there, as long as it says; and no other.
fn files(
    members: &[Member],
    name: &str,
    descriptor: &Descriptor,
    cut_short: bool,
    findings: &mut Findings,
) {
    let mut named = BTreeSet::new();
    let by_name: BTreeMap<_, _> =
        members.iter().map(|member| (member.name.as_str(), member)).collect();
    let by_lower: BTreeMap<_, _> =
        members.iter().map(|member| (member.name.to_lowercase(), member)).collect();
    for file in &descriptor.files {
        let Some(wanted) = file.members() else { continue };
        let line = Some(Place::Line(file.line));
        for (wanted, size) in wanted {
            match by_name.get(wanted.as_str()) {
                Some(member) if member.is_whole() => {
                    let size = size.filter(|size| *size != member.size);
                    let mut notes = findings.of(&member.name);
                    match size {
                        Some(size) if file.chunk_size.is_some() => {
                            notes.add(CHUNK_SIZE, None, [&wanted, &member.size, &size]);
                        }
                        Some(size) => notes.add(SIZE_DIFFERS, None, [&wanted, &size, &member.size]),
                        None if member.size == 0 && file.size != Some(0) => {
                            notes.add(EMPTY_FILE, None, [&wanted]);
                        }
                        None => {}
                    }
                }
                Some(_) => {}
                // It may be in the part that is not there.
                None if cut_short => {}
                None => {
                    let like = by_lower.get(&wanted.to_lowercase());
                    let mut notes = findings.of(name);
                    match like {
                        Some(like) => {
                            named.insert(like.name.clone());
                            notes.add(NAME_CASE, line, [&wanted, &like.name]);
                        }
                        None => notes.add(MISSING, line, [&wanted]),
                    }
                }
            }
            named.insert(wanted);
        }
    }
    let uncounted: Vec<_> = descriptor
        .files
        .iter()
        .filter(|file| file.members().is_none() && !file.is_url())
        .map(|file| file.name().into_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let plain = |member: &&Member| {
        matches!(member.role, Role::Disk | Role::Image | Role::Other)
            && !named.contains(&member.name)
            && !uncounted.iter().any(|name| member.name.starts_with(name.as_str()))
    };
    for member in members.iter().filter(plain) {
        findings.of(&member.name).add(UNNAMED, None, [&member.name]);
    }
}

/// Each disk is what the descriptor says of it.
fn disks(members: &[Member], name: &str, descriptor: &Descriptor, findings: &mut Findings) {
    let of = |entry: &DiskEntry| {
        let id = entry.file_ref.as_ref()?;
        let file = descriptor.files.iter().find(|file| file.id == *id)?;
        // What is compressed or cut into parts cannot be looked into.
        if file.compression.is_some() || file.chunk_size.is_some() {
            return None;
        }
        let member = members.iter().find(|member| member.name == file.name())?;
        Some((member, member.disk.as_ref()?))
    };
    for entry in &descriptor.disks {
        let Some((member, disk)) = of(entry) else { continue };
        let line = Some(Place::Line(entry.line));
        if let (Some(said), Some(real)) = (entry.capacity_bytes, disk.capacity_bytes)
            && said != real
        {
            findings.of(name).add(CAPACITY_DIFFERS, line, [&member.name, &said, &real]);
        }
    }
}

/// Every file has the digest that the manifest has, and the manifest has every file.
fn digests(
    members: &mut [Member],
    name: &str,
    manifest: &Manifest,
    cut_short: bool,
    findings: &mut Findings,
) {
    let mut entries = BTreeMap::<&str, Vec<&Entry>>::new();
    for entry in &manifest.entries {
        entries.entry(&entry.name).or_default().push(entry);
    }
    for member in members.iter_mut() {
        if matches!(member.role, Role::Manifest | Role::Certificate) {
            continue;
        }
        let entries = entries.get(member.name.as_str()).map_or([].as_slice(), Vec::as_slice);
        let mut listed = if entries.is_empty() { Listed::No } else { Listed::Unchecked };
        let mut asked = BTreeMap::new();
        for entry in entries {
            // A digest that could not be read has its own finding.
            let Some(algorithm) = entry.algorithm.filter(|_| !entry.digest.is_empty()) else {
                continue;
            };
            let Some(digest) = member.digests.get(&algorithm) else { continue };
            asked.insert(algorithm, digest.clone());
            // Of a file that was not read to its end the digest says nothing.
            if member.declared_size.is_some_and(|declared| declared != member.size) {
                continue;
            }
            if *digest == entry.digest {
                listed = if listed == Listed::Differs { listed } else { Listed::Matches };
            } else {
                listed = Listed::Differs;
                differs(entry, digest, findings);
            }
        }
        member.digests = asked;
        member.listed = Some(listed);
        if listed == Listed::No {
            findings.of(&member.name).add(NOT_LISTED, None, [&member.name]);
        }
    }
    let there: BTreeSet<_> = members.iter().map(|member| member.name.as_str()).collect();
    let absent = |entry: &&Entry| !there.contains(entry.name.as_str());
    for entry in manifest.entries.iter().filter(absent).filter(|_| !cut_short) {
        findings.of(name).add(NOT_IN_PACKAGE, Some(Place::Line(entry.line)), [&entry.name]);
    }
}

fn differs(entry: &Entry, digest: &str, findings: &mut Findings) {
    let Some(algorithm) = entry.algorithm else { return };
    let found: [&dyn std::fmt::Display; 4] =
        [&algorithm.name(), &entry.name, &digest, &entry.digest];
    findings.of(&entry.name).add(DIGEST_DIFFERS, None, found);
}

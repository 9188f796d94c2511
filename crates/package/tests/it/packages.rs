//! Whole packages: what is found in them, and that nothing else is.

mod answers;
mod bad;
mod good;
mod hostile;
mod properties;
mod sessions;
mod table;

use std::sync::LazyLock;

use accession_core::received::Algorithm;
use accession_core::time::Timestamp;
use accession_package::certificate::Roots;
use accession_package::findings::{Finding, Place, Severity};
use accession_package::inspection::{Circumstances, Inspection};
use accession_package::report::{Report, Verdict};

use crate::ovf::{Ovf, manifest};
use crate::sign::Signer;
use crate::tar::Tar;
use crate::vmdk::{GRAIN_BYTES, Layout, Vmdk};

/// A file: its name and its bytes.
type File = (String, Vec<u8>);

/// A package, and all that is to be found in it.
struct Case {
    name: &'static str,
    files: Vec<File>,
    findings: Vec<Found>,
}

/// A finding; the member is empty if it is about the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    severity: Severity,
    id: String,
    member: String,
    place: Option<Place>,
}

impl Found {
    fn line(self, line: u64) -> Self {
        Self { place: Some(Place::Line(line)), ..self }
    }

    fn byte(self, byte: usize) -> Self {
        Self { place: Some(Place::Offset(byte as u64)), ..self }
    }
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: finding.check.severity,
            id: finding.check.id().to_owned(),
            member: finding.member.clone().unwrap_or_default(),
            place: finding.place,
        }
    }
}

fn blocks(id: &str, member: &str) -> Found {
    found(Severity::Blocks, id, member)
}

fn warns(id: &str, member: &str) -> Found {
    found(Severity::Warns, id, member)
}

fn informs(id: &str, member: &str) -> Found {
    found(Severity::Informs, id, member)
}

fn found(severity: Severity, id: &str, member: &str) -> Found {
    Found { severity, id: id.to_owned(), member: member.to_owned(), place: None }
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> File {
    (name.to_owned(), bytes.as_ref().to_vec())
}

/// An archive of these files, as the only file.
fn ova(files: &[File]) -> Vec<File> {
    vec![file("vm.ova", archive(files).finish())]
}

fn archive(files: &[File]) -> Tar {
    files.iter().fold(Tar::new(), |tar, (name, bytes)| tar.file(name, bytes))
}

/// A disk of one grain that is empty: nine sectors.
fn disk() -> Vec<u8> {
    let mut disk = Vmdk::new(Layout::Vmware, 1, 0);
    disk.header.overhead = 4;
    disk.header.descriptor_len = 2;
    disk.build()
}

/// The same with another content, but for what is looked at.
fn other_disk() -> Vec<u8> {
    let mut disk = disk();
    disk[4 * 512 - 1] = 1;
    disk
}

/// A descriptor that names these files as they are, disks as disks of one grain.
fn ovf(files: &[File]) -> Ovf {
    let mut ovf = Ovf::new("vm");
    for (at, (name, bytes)) in files.iter().enumerate() {
        ovf = ovf.file(&format!("file{at}"), name, Some(bytes.len() as u64));
        if name.ends_with(".vmdk") {
            ovf = ovf.disk(&format!("disk{at}"), &format!("file{at}"), GRAIN_BYTES);
        }
    }
    ovf
}

/// The same files behind their descriptor.
fn described(files: &[File]) -> Vec<File> {
    with_descriptor(&ovf(files), files)
}

fn with_descriptor(ovf: &Ovf, files: &[File]) -> Vec<File> {
    [&[file("vm.ovf", ovf.xml())], files].concat()
}

/// The same files with a manifest behind the first.
fn listed(files: &[File]) -> Vec<File> {
    listed_by(Algorithm::Sha256, files)
}

fn listed_by(algorithm: Algorithm, files: &[File]) -> Vec<File> {
    let mut files = files.to_vec();
    files.insert(1, file("vm.mf", manifest_of(algorithm, &files)));
    files
}

fn manifest_of(algorithm: Algorithm, files: &[File]) -> Vec<u8> {
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect();
    manifest(algorithm, &files)
}

/// The same files with a certificate behind the manifest, which is the second.
fn signed(signer: &Signer, files: &[File]) -> Vec<File> {
    let mut files = files.to_vec();
    files.insert(2, file("vm.cert", signer.file("vm.mf", &files[1].1)));
    files
}

/// A descriptor, a manifest and a disk.
fn usual() -> Vec<File> {
    listed(&described(&[file("vm-disk1.vmdk", disk())]))
}

/// The same with a second disk.
fn two_disks() -> Vec<File> {
    listed(&described(&[file("vm-disk1.vmdk", disk()), file("vm-disk2.vmdk", other_disk())]))
}

/// In June 2026, with the root of `Signer::issued` trusted.
fn inspection() -> Inspection {
    static ROOTS: LazyLock<Roots> =
        LazyLock::new(|| Roots::read([Signer::issued().root().as_slice()]));
    Inspection::new(Circumstances { now: now(), roots: ROOTS.clone() })
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// Reads each file in pieces as they come from `cut`, which is told how many bytes are left.
fn inspect_in(
    mut inspection: Inspection,
    files: &[File],
    mut cut: impl FnMut(usize) -> usize,
) -> Report {
    for (name, bytes) in files {
        inspection.begin(name, None);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(cut(rest.len()).clamp(1, rest.len()));
            inspection.write(piece);
            rest = tail;
        }
    }
    inspection.finish()
}

fn inspect(files: &[File]) -> Report {
    inspect_in(inspection(), files, |left| left)
}

fn found_in(report: &Report) -> Vec<Found> {
    report.findings.iter().map(Found::from).collect()
}

fn verdict_of(findings: &[Found]) -> Verdict {
    match findings.iter().map(|found| found.severity).min() {
        Some(Severity::Blocks) => Verdict::Blocked,
        Some(Severity::Warns) => Verdict::Warnings,
        Some(Severity::Informs) | None => Verdict::Fine,
    }
}

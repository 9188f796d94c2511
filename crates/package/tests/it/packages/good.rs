//! Packages that a library takes.

use accession_core::received::Algorithm;
use accession_package::inspection::arrange;
use accession_package::report::{Kind, Listed, Role};

use super::*;
use crate::iso::Iso;
use crate::tar::{Dialect, header};

pub(super) fn cases() -> Vec<Case> {
    let case = |name, files, findings: &[Found]| Case { name, files, findings: findings.to_vec() };
    let disk1 = || file("vm-disk1.vmdk", disk());
    let mut backwards = usual();
    backwards.reverse();
    let mut sealed_last = usual();
    sealed_last.swap(1, 2);
    let mut gnu = Tar::new();
    for (name, bytes) in usual() {
        gnu = gnu.member(header(Dialect::Gnu, name.as_bytes(), b'0', bytes.len() as u64), &bytes);
    }
    let extras = [
        disk1(),
        file("vm.nvram", b"MRVN\x01\0\0\0"),
        file("vm-tools.iso", Iso::plain("TOOLS", 19).finish()),
    ];
    let mut dotted = Tar::new();
    for (name, bytes) in usual() {
        dotted = dotted.file(&format!("./{name}"), &bytes);
    }
    let parts = [file("vm.bin.000000000", [1; 600]), file("vm.bin.000000001", [2; 400])];
    let chunked = Ovf::new("vm").chunked("file1", "vm.bin", Some(1000), 600);
    let untold = Ovf::new("vm").chunked("file1", "vm.bin", None, 600);
    let empty_disk = Ovf::new("vm").extra(
        "  <DiskSection><Info/><Disk ovf:capacity=\"8\" ovf:diskId=\"disk1\" \
         ovf:capacityAllocationUnits=\"byte * 2^30\"/></DiskSection>\n",
    );
    let encoded = Ovf::new("vm").file("file1", "vm%20disk.vmdk", Some(disk().len() as u64)).disk(
        "disk1",
        "file1",
        GRAIN_BYTES,
    );
    let encoded = with_descriptor(&encoded, &[file("vm disk.vmdk", disk())]);
    let chunks =
        |findings: &[Found]| [&[warns("descriptor.chunked", "vm.ovf").line(4)], findings].concat();
    vec![
        case("a ustar archive with a SHA256 manifest", ova(&usual()), &[]),
        case(
            "an archive with a SHA1 manifest",
            ova(&listed_by(Algorithm::Sha1, &described(&[disk1()]))),
            &[informs("manifest.sha1", "vm.mf")],
        ),
        case(
            "an archive with a SHA512 manifest",
            ova(&listed_by(Algorithm::Sha512, &described(&[disk1()]))),
            &[],
        ),
        case("an archive without a manifest", ova(&described(&[disk1()])), &[]),
        case("an archive of GNU tar", vec![file("vm.ova", gnu.finish())], &[]),
        case("an archive with its manifest at the end", ova(&sealed_last), &[]),
        case(
            "an archive under another name",
            vec![file("vm.tar", archive(&usual()).finish())],
            &[],
        ),
        case("an archive on standard input", vec![file("", archive(&usual()).finish())], &[]),
        case(
            "an archive of names with ./",
            vec![file("vm.ova", dotted.finish())],
            &[
                informs("archive.dot-name", "./vm.ovf").byte(0),
                informs("archive.dot-name", "./vm.mf")
                    .byte(usual()[0].1.len().next_multiple_of(512) + 512),
                informs("archive.dot-name", "./vm-disk1.vmdk")
                    .byte(usual()[0].1.len().next_multiple_of(512) + 1536),
            ],
        ),
        case("an archive with two disks", ova(&two_disks()), &[]),
        case("an archive with more files", ova(&listed(&described(&extras))), &[]),
        case(
            "a package that a trusted authority vouches for",
            ova(&signed(&Signer::issued(), &usual())),
            &[],
        ),
        case("a folder", usual(), &[]),
        case("a folder that is read backwards", backwards, &[]),
        case("a signed folder", signed(&Signer::issued(), &usual()), &[]),
        case("a file in parts", with_descriptor(&chunked, &parts), &chunks(&[])),
        case(
            "a file in parts whose length is not told",
            with_descriptor(&untold, &parts),
            &chunks(&[informs("descriptor.no-size", "vm.ovf").line(4)])[..],
        ),
        case("a disk without a file", with_descriptor(&empty_disk, &[]), &[]),
        case(
            "a name with a space",
            encoded,
            &[informs("descriptor.href-encoded", "vm.ovf").line(4)],
        ),
        case(
            "a folder with another archive",
            listed(&described(&[file("vm.tar", archive(&[file("a.txt", "a")]).finish())])),
            &[],
        ),
        case("an image", vec![file("cd.iso", Iso::plain("CD", 20).finish())], &[]),
        case("an image without a name", vec![file("", Iso::plain("CD", 20).finish())], &[]),
        case("a disk alone", vec![disk1()], &[informs("package.disk-alone", "")]),
        case("any other file", vec![file("notes.txt", "Read me.")], &[]),
        case("any other file without a telling name", vec![file("LICENSE", "Free.")], &[]),
        case(
            "any other archive",
            vec![file("backup.tar", archive(&[file("a.txt", "a")]).finish())],
            &[],
        ),
    ]
}

#[test]
fn kinds_and_names_are_told() {
    let of = |name: &str| {
        let report = inspect(&table::case(name).files);
        (report.kind, report.name)
    };
    let named = |kind, name: &str| (kind, name.to_owned());
    assert_eq!(of("an archive without a manifest"), named(Kind::Ova, "vm.ova"));
    assert_eq!(of("an archive on standard input"), named(Kind::Ova, ""));
    assert_eq!(of("a folder that is read backwards"), named(Kind::Ovf, "vm.ovf"));
    assert_eq!(of("an image without a name"), named(Kind::Iso, ""));
    assert_eq!(of("a disk alone"), named(Kind::Disk, "vm-disk1.vmdk"));
    assert_eq!(of("any other file without a telling name"), named(Kind::Other, "LICENSE"));
    assert_eq!(of("any other archive"), named(Kind::Other, "backup.tar"));
}

#[test]
fn what_tells_of_the_others_is_read_first() {
    let names = ["b.vmdk", "a.iso", "a.ovf", "._a.mf", "a.CERT", "a.mf"];
    let arranged: Vec<_> = arrange(&names).into_iter().map(|at| names[at]).collect();
    assert_eq!(arranged, ["a.mf", "a.CERT", "a.ovf", "b.vmdk", "a.iso", "._a.mf"]);
}

#[test]
fn only_the_digests_that_the_manifest_asks_for_are_told() {
    for files in [ova(&usual()), usual(), usual().into_iter().rev().collect()] {
        for member in inspect(&files).members {
            let expected = (member.role != Role::Manifest).then_some(Algorithm::Sha256);
            let asked: Vec<_> = member.digests.keys().copied().collect();
            assert_eq!(asked, Vec::from_iter(expected), "{}", member.name);
            assert_eq!(member.listed, expected.map(|_| Listed::Matches));
        }
    }
}

#[test]
fn a_second_archive_is_a_file_like_any_other() {
    let mut files = ova(&usual());
    files.push(file("other.ova", archive(&two_disks()).finish()));
    let report = inspect(&files);
    assert_eq!(report.members.len(), 4);
    assert_eq!(found_in(&report), [informs("package.unnamed-file", "other.ova")]);
}

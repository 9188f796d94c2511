//! Packages that a library refuses, or may refuse: each with one thing wrong.

use accession_core::received::Algorithm;

use super::*;
use crate::iso::Iso;
use crate::tar::{Dialect, header, record};

/// All of them.
pub(super) fn cases() -> Vec<Case> {
    [contents(), names(), orders(), disks(), archives(), manifests(), signatures(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn case(name: &'static str, files: Vec<File>, findings: &[Found]) -> Case {
    Case { name, files, findings: findings.to_vec() }
}

fn disk1() -> File {
    file("vm-disk1.vmdk", disk())
}

/// Where the content of a file begins in an archive of these.
fn content_of(files: &[File], at: usize) -> usize {
    let before = files.iter().take(at).map(|(_, bytes)| 512 + bytes.len().next_multiple_of(512));
    before.sum::<usize>() + 512
}

/// What the descriptor says of the files, and what they are.
fn contents() -> Vec<Case> {
    let size = disk().len() as u64;
    let told = |size| {
        Ovf::new("vm").file("file1", "vm-disk1.vmdk", size).disk("disk1", "file1", GRAIN_BYTES)
    };
    let larger = with_descriptor(&told(Some(size + 1)), &[disk1()]);
    let smaller = with_descriptor(&told(Some(size - 1)), &[disk1()]);
    let mut changed = usual();
    changed[2].1 = other_disk();
    let mut edited = usual();
    edited[0].1.push(b'\n');
    let mut blank = listed(&described(&[file("vm.iso", Iso::plain("CD", 19).finish())]));
    blank[2].1.clear();
    let mut unsized_file = Ovf::new("vm").file("file1", "vm.nvram", None);
    let empty = listed(&with_descriptor(&unsized_file, &[file("vm.nvram", "")]));
    unsized_file = Ovf::new("vm").chunked("file1", "vm.bin", Some(1000), 600);
    let parts = [file("vm.bin.000000000", [1; 599]), file("vm.bin.000000001", [2; 400])];
    let capacity = Ovf::new("vm").file("file1", "vm-disk1.vmdk", Some(size)).disk(
        "disk1",
        "file1",
        GRAIN_BYTES + 1,
    );
    vec![
        case(
            "a size that is too large",
            ova(&listed(&larger)),
            &[blocks("package.size-differs", "vm-disk1.vmdk")],
        ),
        case(
            "a size that is too small",
            listed(&smaller),
            &[blocks("package.size-differs", "vm-disk1.vmdk")],
        ),
        case(
            "a disk that was changed",
            ova(&changed),
            &[blocks("package.digest-differs", "vm-disk1.vmdk")],
        ),
        case(
            "a descriptor that was changed",
            ova(&edited),
            &[blocks("package.digest-differs", "vm.ovf")],
        ),
        case(
            "a file that is empty",
            ova(&empty),
            &[
                warns("package.empty-file", "vm.nvram"),
                informs("descriptor.no-size", "vm.ovf").line(4),
            ],
        ),
        case(
            "an image that became empty",
            ova(&blank),
            &[
                blocks("package.size-differs", "vm.iso"),
                blocks("package.digest-differs", "vm.iso"),
                warns("image.empty", "vm.iso"),
            ],
        ),
        case(
            "a part of the wrong size",
            with_descriptor(&unsized_file, &parts),
            &[
                blocks("package.chunk-size", "vm.bin.000000000"),
                warns("descriptor.chunked", "vm.ovf").line(4),
            ],
        ),
        case(
            "a part that is missing",
            with_descriptor(&unsized_file, &[file("vm.bin.000000000", [1; 600])]),
            &[
                blocks("package.file-missing", "vm.ovf").line(4),
                warns("descriptor.chunked", "vm.ovf").line(4),
            ],
        ),
        case(
            "another capacity",
            ova(&listed(&with_descriptor(&capacity, &[disk1()]))),
            &[warns("package.capacity-differs", "vm.ovf").line(8)],
        ),
        case(
            "a descriptor that is no XML",
            ova(&[file("vm.ovf", "<Envelope>"), disk1()]),
            &[blocks("descriptor.malformed", "vm.ovf").line(1)],
        ),
        case(
            "a descriptor of something else",
            ova(&[file("vm.ovf", "<html/>"), disk1()]),
            &[blocks("descriptor.no-envelope", "vm.ovf").line(1)],
        ),
        case(
            "a machine of VirtualBox",
            ova(&with_descriptor(&ovf(&[disk1()]).hardware("virtualbox-2.2"), &[disk1()])),
            &[warns("descriptor.foreign-hardware", "vm.ovf").line(16)],
        ),
        case(
            "a file elsewhere",
            with_descriptor(&Ovf::new("vm").file("file1", "https://a.example/a", Some(1)), &[]),
            &[warns("descriptor.href-url", "vm.ovf").line(4)],
        ),
    ]
}

/// Which files there are, by their names.
fn names() -> Vec<Case> {
    let gone = usual()[..2].to_vec();
    let mut cased = usual();
    cased[2].0 = "VM-disk1.vmdk".to_owned();
    let nvram = file("vm.nvram", "MRVN");
    let mut unlisted = listed(&described(&[disk1()]));
    unlisted[0] = described(&[disk1(), nvram.clone()]).swap_remove(0);
    unlisted[1].1 = manifest_of(Algorithm::Sha256, &[unlisted[0].clone(), disk1()]);
    unlisted.push(nvram.clone());
    let unnamed = [described(&[disk1()]), vec![nvram.clone()]].concat();
    let mut more = usual();
    more[1].1.extend(manifest_of(Algorithm::Sha256, std::slice::from_ref(&nvram)));
    let other_descriptor =
        listed(&[usual(), vec![file("other.ovf", Ovf::new("other").xml())]].concat());
    let other_descriptor: Vec<_> = other_descriptor
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != 2)
        .map(|(_, it)| it)
        .collect();
    let other_manifest = [usual(), vec![file("other.mf", &usual()[1].1)]].concat();
    let mut renamed = usual();
    renamed[1].0 = "other.mf".to_owned();
    let missing = [blocks("package.file-missing", "vm.ovf").line(4)];
    vec![
        case("a file that is missing", ova(&gone), &missing),
        case("a file that is missing in a folder", gone, &missing),
        case(
            "a file that is missing, without a manifest",
            ova(&described(&[disk1()])[..1]),
            &missing,
        ),
        case(
            "a name that differs in case",
            ova(&cased),
            &[blocks("package.name-case", "vm.ovf").line(4)],
        ),
        case(
            "a file that is not listed",
            ova(&unlisted),
            &[warns("package.not-listed", "vm.nvram")],
        ),
        case(
            "a file that is not named",
            ova(&listed(&unnamed)),
            &[informs("package.unnamed-file", "vm.nvram")],
        ),
        case(
            "a file that is neither named nor listed",
            ova(&[usual(), vec![nvram.clone()]].concat()),
            &[informs("package.unnamed-file", "vm.nvram")],
        ),
        case(
            "a file that is not named and was changed",
            ova(&[&listed(&unnamed)[..3], &[file("vm.nvram", "MRVX")]].concat()),
            &[
                blocks("package.digest-differs", "vm.nvram"),
                informs("package.unnamed-file", "vm.nvram"),
            ],
        ),
        case(
            "a manifest that lists a file too many",
            ova(&more),
            &[warns("package.listed-missing", "vm.mf").line(3)],
        ),
        case("two descriptors", ova(&other_descriptor), &[blocks("package.two-descriptors", "")]),
        case("two manifests", ova(&other_manifest), &[warns("package.two-manifests", "")]),
        case(
            "a manifest with another name",
            ova(&renamed),
            &[warns("package.manifest-name", "other.mf")],
        ),
        case("no descriptor", ova(&[disk1()]), &[blocks("package.no-descriptor", "")]),
        case(
            "a folder without a descriptor",
            vec![file("vm.mf", manifest_of(Algorithm::Sha256, &[disk1()])), disk1()],
            &[blocks("package.no-descriptor", "")],
        ),
        case("no file", vec![], &[blocks("package.empty", "")]),
    ]
}

/// The order in an archive.
fn orders() -> Vec<Case> {
    let swapped = |one, other| {
        let mut files = two_disks();
        files.swap(one, other);
        ova(&files)
    };
    let mut sealed = signed(&Signer::issued(), &two_disks());
    sealed[1..4].rotate_right(1);
    vec![
        case(
            "a descriptor behind the manifest",
            swapped(0, 1),
            &[blocks("package.descriptor-not-first", "vm.ovf")],
        ),
        case(
            "disks in another order",
            swapped(2, 3),
            &[warns("package.file-order", "vm-disk2.vmdk")],
        ),
        case(
            "a manifest among the disks",
            swapped(1, 2),
            &[warns("package.manifest-place", "vm.mf")],
        ),
        case(
            "a manifest and a certificate among the disks",
            ova(&sealed),
            &[warns("package.manifest-place", "vm.mf"), warns("package.manifest-place", "vm.cert")],
        ),
    ]
}

/// The disks themselves.
fn disks() -> Vec<Case> {
    let of = |bytes: &[u8]| ova(&listed(&described(&[file("vm-disk1.vmdk", bytes)])));
    let qemu = Vmdk::new(Layout::Qemu, 1, 1);
    let endless = qemu.build();
    let end = endless.len();
    // A grain that is compressed leaves room behind it.
    let mut padded = qemu;
    padded.grains[0].1.truncate(1000);
    let mut text_mode = disk();
    text_mode[73] = b'\r';
    let cut = disk().len() - 100;
    let mut broken = usual();
    broken[2].1.truncate(cut);
    let mut gone = usual();
    gone[2].1.clear();
    let mut delta = Vmdk::new(Layout::Vmware, 1, 0);
    delta.header.overhead = 4;
    delta.descriptor = delta.descriptor.replace("parentCID=ffffffff", "parentCID=6b53244b");
    let member = "vm-disk1.vmdk";
    vec![
        case(
            "a disk of qemu-img",
            of(&padded.build()),
            &[blocks("disk.padded", member).byte(128 * 512 + 1024 + 512)],
        ),
        case(
            "a disk without an end",
            of(&endless),
            &[blocks("disk.no-end-of-stream", member).byte(end)],
        ),
        case(
            "a disk that was cut off",
            ova(&broken),
            &[blocks("disk.truncated", member).byte(cut)],
        ),
        case(
            "a package of a disk that was cut off",
            of(&disk()[..cut]),
            &[blocks("disk.truncated", member).byte(cut)],
        ),
        case("a disk that became empty", ova(&gone), &[blocks("disk.empty", member)]),
        case("a package of an empty disk", of(b""), &[blocks("disk.empty", member)]),
        case("a disk of QEMU", of(b"QFI\xfb\0\0\0\x03"), &[blocks("disk.not-vmdk", member)]),
        case("a web page as a disk", of(b"<html>404</html>"), &[blocks("disk.not-vmdk", member)]),
        case("a disk in gzip", of(b"\x1f\x8b\x08\0"), &[blocks("disk.compressed", member)]),
        case("a disk in text mode", of(&text_mode), &[blocks("disk.text-mode", member).byte(73)]),
        case("a snapshot's disk", of(&delta.build()), &[warns("disk.delta", member).byte(512)]),
    ]
}

/// The archive itself.
fn archives() -> Vec<Case> {
    let files = usual();
    let whole = archive(&files);
    let bytes = whole.clone().finish();
    let one = |bytes: Vec<u8>| vec![file("vm.ova", bytes)];
    let in_disk = content_of(&files, 2) + 100;
    let damaged = {
        let mut bytes = bytes.clone();
        bytes[content_of(&files, 2) - 512] ^= 1;
        bytes
    };
    let nested: Vec<_> =
        files.iter().map(|(name, bytes)| file(&format!("vm/{name}"), bytes)).collect();
    let nested_at = |at| content_of(&files, at) - 512;
    let twice = [files.clone(), vec![disk1()]].concat();
    let mut apple = vec![file("._vm.ovf", [0, 5, 22, 7])];
    apple.extend(files.clone());
    let pax = Tar::new().extended(b'x', &record("mtime", b"1.5"));
    let pax = files.iter().fold(pax, |tar, (name, bytes)| tar.file(name, bytes));
    let long = "n".repeat(101) + ".bin";
    let long_files = described(&[file(&long, "1")]);
    let gnu_long = archive(&long_files[..1])
        .gnu_long(long.as_bytes())
        .member(header(Dialect::Gnu, &long.as_bytes()[..100], b'0', 1), b"1");
    let linked = archive(&files[..2]).entry("vm-disk1.vmdk", b'2');
    let unsafe_name = archive(&described(&[])).file("../vm.txt", b"1");
    let no_end = archive(&described(&[disk1()])).bytes();
    let no_end_length = no_end.len();
    let gone = archive(&files[..2]).bytes();
    let gone_length = gone.len();
    vec![
        case("an archive with pax headers", one(pax.finish()), &[warns("archive.pax", "").byte(0)]),
        case(
            "an archive that was cut off",
            one(bytes[..in_disk].to_vec()),
            &[blocks("archive.truncated", "vm-disk1.vmdk").byte(in_disk)],
        ),
        case(
            "an archive that was cut off in its descriptor",
            one(bytes[..700].to_vec()),
            &[blocks("archive.truncated", "vm.ovf").byte(700)],
        ),
        case(
            "an archive that was cut off in a header",
            one(bytes[..in_disk - 300].to_vec()),
            &[blocks("archive.cut-header", "").byte(in_disk - 300)],
        ),
        case(
            "an archive that was cut off in its first header",
            one(bytes[..50].to_vec()),
            &[blocks("archive.cut-header", "").byte(50)],
        ),
        case(
            "an archive without the mark of its end",
            one(no_end),
            &[warns("archive.no-end", "").byte(no_end_length)],
        ),
        case(
            "an archive that ends before its disk",
            one(gone),
            &[
                blocks("package.file-missing", "vm.ovf").line(4),
                warns("archive.no-end", "").byte(gone_length),
            ],
        ),
        case(
            "an archive with something behind it",
            one([bytes.clone(), b"more".to_vec()].concat()),
            &[warns("archive.trailing-data", "").byte(bytes.len())],
        ),
        case(
            "an archive with a damaged header",
            one(damaged),
            &[blocks("archive.bad-header", "").byte(content_of(&files, 2) - 512)],
        ),
        case(
            "an archive in gzip",
            one(b"\x1f\x8b\x08\0\0\0\0\0".to_vec()),
            &[blocks("archive.compressed", "")],
        ),
        case(
            "a web page as an archive",
            one(b"<!DOCTYPE html><title>Sign in</title>".to_vec()),
            &[blocks("archive.not-tar", "")],
        ),
        case("an empty archive file", one(vec![]), &[blocks("archive.empty", "")]),
        case("an archive of nothing", one(vec![0; 1024]), &[blocks("archive.no-members", "")]),
        case(
            "a name that leads out of the archive",
            one(unsafe_name.finish()),
            &[
                warns("archive.unsafe-name", "../vm.txt")
                    .byte(content_of(&described(&[]), 1) - 512),
                informs("package.unnamed-file", "../vm.txt"),
            ],
        ),
        case(
            "an archive of a directory",
            ova(&nested),
            &[
                warns("archive.in-directory", "vm/vm.ovf").byte(0),
                warns("archive.in-directory", "vm/vm.mf").byte(nested_at(1)),
                warns("archive.in-directory", "vm/vm-disk1.vmdk").byte(nested_at(2)),
            ],
        ),
        case(
            "a member twice",
            ova(&twice),
            &[warns("archive.duplicate", "vm-disk1.vmdk").byte(content_of(&twice, 3) - 512)],
        ),
        case(
            "an archive of macOS",
            ova(&apple),
            &[
                blocks("package.descriptor-not-first", "vm.ovf"),
                warns("archive.apple-double", "._vm.ovf").byte(0),
            ],
        ),
        case(
            "a name that is too long for USTAR",
            one(gnu_long.finish()),
            &[warns("archive.gnu-long-name", &long).byte(content_of(&long_files, 1) + 512)],
        ),
        case(
            "a link instead of a disk",
            one(linked.finish()),
            &[
                blocks("package.file-missing", "vm.ovf").line(4),
                warns("archive.not-a-file", "vm-disk1.vmdk").byte(nested_at(2)),
            ],
        ),
    ]
}

/// The manifest itself.
fn manifests() -> Vec<Case> {
    let of = |text: &[u8]| {
        let mut files = usual();
        files[1].1 = text.to_vec();
        ova(&files)
    };
    let right = usual().swap_remove(1).1;
    let right = str::from_utf8(&right).unwrap();
    let lines: Vec<_> = right.lines().collect();
    let twos = right.replace("SHA256(", "SHA2-256(");
    let spaced = right.replace("SHA256(", "SHA256 (");
    vec![
        case(
            "a line that is no entry",
            of(format!("{}\nvm-disk1.vmdk ok\n", lines[0]).as_bytes()),
            &[blocks("manifest.bad-line", "vm.mf").line(2)],
        ),
        case(
            "a digest that is cut off",
            of(&right.as_bytes()[..right.len() - 2]),
            &[blocks("manifest.bad-digest", "vm.mf").line(2)],
        ),
        case(
            "a blank line",
            of(format!("{right}\n").as_bytes()),
            &[warns("manifest.blank-line", "vm.mf").line(3)],
        ),
        case(
            "algorithms as OpenSSL 3 writes them",
            of(twos.as_bytes()),
            &[blocks("manifest.algorithm-spelling", "vm.mf").line(1)],
        ),
        case(
            "algorithms with a space",
            of(spaced.as_bytes()),
            &[blocks("manifest.spaced-algorithm", "vm.mf").line(1)],
        ),
        case(
            "a manifest that is no text",
            of(b"\x1f\x8b\0\0"),
            &[blocks("manifest.not-text", "vm.mf")],
        ),
        case(
            "a manifest of MD5",
            listed_by(Algorithm::Md5, &described(&[disk1()])),
            &[warns("manifest.unknown-algorithm", "vm.mf").line(1)],
        ),
        case("an empty manifest", of(b""), &[warns("manifest.empty", "vm.mf")]),
    ]
}

/// Who signed it.
fn signatures() -> Vec<Case> {
    let by = |signer: &Signer| ova(&signed(signer, &usual()));
    let expired = Signer { years: (2020, 2021), ..Signer::issued() };
    let early = Signer { years: (2030, 2040), ..Signer::issued() };
    let untrusted = Signer { authorities: &["another authority"], ..Signer::issued() };
    let unfit = Signer { authorities_say_so: false, ..Signer::issued() };
    let mut changed = signed(&Signer::issued(), &usual());
    changed[1].1.push(b'\n');
    let mut unsealed = signed(&Signer::issued(), &usual());
    unsealed.remove(1);
    let mut unread = signed(&Signer::issued(), &usual());
    unread[1].1 = b"\x1f\x8b\0\0".to_vec();
    vec![
        case(
            "a certificate that has expired",
            by(&expired),
            &[warns("certificate.expired", "vm.cert").line(2)],
        ),
        case(
            "a certificate that is not valid yet",
            by(&early),
            &[warns("certificate.not-yet-valid", "vm.cert").line(2)],
        ),
        case(
            "a certificate that nobody vouches for",
            by(&untrusted),
            &[warns("certificate.untrusted", "vm.cert").line(2)],
        ),
        case(
            "a certificate that vouches for itself",
            by(&Signer::default()),
            &[warns("certificate.self-signed", "vm.cert").line(2)],
        ),
        case(
            "a certificate of no authority",
            by(&unfit),
            &[warns("certificate.chain", "vm.cert").line(2)],
        ),
        case(
            "a manifest that was changed after it was signed",
            ova(&changed),
            &[
                blocks("certificate.signature-mismatch", "vm.cert").line(1),
                warns("manifest.blank-line", "vm.mf").line(3),
            ],
        ),
        case(
            "a certificate without a manifest",
            ova(&unsealed),
            &[warns("certificate.no-manifest", "vm.cert")],
        ),
        case(
            "a certificate with a manifest that is no text",
            ova(&unread),
            &[
                blocks("manifest.not-text", "vm.mf"),
                blocks("certificate.signature-mismatch", "vm.cert").line(1),
            ],
        ),
    ]
}

/// What is no OVF package, and what is more than is looked at.
fn others() -> Vec<Case> {
    let short = Iso::plain("CD", 400).finish();
    let (length, short) = (short.len() / 2, &short[..short.len() / 2]);
    let many: Vec<_> = (0..10_001).map(|at| file(&format!("{at}"), "1")).collect();
    let mut large = usual();
    large[1].1.resize((8 << 20) + 1, b'\n');
    vec![
        case(
            "an image that was cut off",
            vec![file("cd.iso", short)],
            &[warns("image.truncated", "cd.iso").byte(length)],
        ),
        case("an empty image", vec![file("cd.iso", "")], &[warns("image.empty", "cd.iso")]),
        case(
            "a web page as an image",
            vec![file("cd.iso", "<html>")],
            &[warns("image.not-iso", "cd.iso")],
        ),
        case("a manifest that is too large", large, &[warns("package.too-large", "vm.mf")]),
        case(
            "more files than are looked at",
            ova(&described(&many)),
            &[warns("package.too-many", "")],
        ),
        case(
            "a disk alone that is none",
            vec![file("vm.vmdk", "QFI\u{fb}")],
            &[blocks("disk.not-vmdk", "vm.vmdk"), informs("package.disk-alone", "")],
        ),
        case("a file of nothing", vec![file("notes", "")], &[warns("package.no-bytes", "notes")]),
    ]
}

#[test]
fn a_wrong_size_has_the_answer_that_was_recorded() {
    let case = table::case("a size that is too large");
    let finding = inspect(&case.files).findings.swap_remove(0);
    let size = disk().len();
    assert_eq!(
        finding.check.answer,
        Some("com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason")
    );
    let (told, found) = (size + 1, finding.found());
    assert_eq!(
        found,
        format!("The descriptor says that vm-disk1.vmdk has {told} bytes; it has {size}.")
    );
    assert!(finding.remedy().contains(&format!("ovf:size=\"{size}\"")));
}

#[test]
fn a_file_that_is_not_read_to_its_end_is_not_blamed_for_it() {
    for (name, bytes) in [&ova(&usual())[0], &usual()[2], &usual()[1]] {
        let mut inspection = inspection();
        inspection.begin(name, Some(bytes.len() as u64));
        inspection.write(&bytes[..bytes.len() / 2]);
        let report = inspection.finish();
        let cut: Vec<_> =
            found_in(&report).into_iter().filter(|found| found.id == "package.cut").collect();
        assert_eq!(cut.len(), 1);
        let others = report.findings.iter().map(|finding| finding.check.id());
        let others: Vec<_> = others.filter(|id| *id != "package.cut").collect();
        let expected: &[&str] = match name.as_str() {
            "vm.mf" => &["package.no-descriptor"],
            "vm-disk1.vmdk" => &["package.disk-alone"],
            _ => &[],
        };
        assert_eq!(others, expected, "{name}");
    }
}

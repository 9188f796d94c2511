//! The tar reader.

use accession_package::archive::{self, Archive, ArchiveReport, Event, Format, Header, Kind};
use accession_package::findings::{Findings, Place};
use proptest::prelude::*;

use crate::tar::{Dialect, Tar, header, put, sum};

/// What was seen of a member: its header, its content, and whether its end came.
type Seen = (Header, Vec<u8>, bool);

/// A finding: its id, the member, the place, what was found.
type Found = (&'static str, Option<String>, Option<u64>, Vec<String>);

#[derive(Debug, PartialEq)]
struct Read {
    members: Vec<Seen>,
    found: Vec<Found>,
    report: ArchiveReport,
}

impl Read {
    fn ids(&self) -> Vec<&str> {
        self.found.iter().map(|found| found.0).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.members.iter().map(|(header, ..)| header.name.as_str()).collect()
    }
}

fn read<B: AsRef<[u8]>>(chunks: impl IntoIterator<Item = B>) -> Read {
    let (mut archive, mut findings) = (Archive::new(), Findings::default());
    let mut members: Vec<Seen> = Vec::new();
    let mut on = |event: Event<'_>, _: &mut Findings| match event {
        Event::Member(header) => members.push((header.clone(), Vec::new(), false)),
        Event::Data(bytes) => members.last_mut().expect("a member").1.extend_from_slice(bytes),
        Event::End => members.last_mut().expect("a member").2 = true,
    };
    for chunk in chunks {
        archive.write(chunk.as_ref(), &mut findings, &mut on);
    }
    let report = archive.finish(&mut findings);
    Read { members, found: found(findings), report }
}

fn found(findings: Findings) -> Vec<Found> {
    let found = findings.finish().0.into_iter().map(|finding| {
        let place = finding.place.map(|place| match place {
            Place::Offset(at) => at,
            Place::Line(_) => panic!("an archive has no lines"),
        });
        (finding.check.id(), finding.member, place, finding.args)
    });
    found.collect()
}

fn one(id: &'static str, member: &str, place: u64, args: &[&str]) -> Vec<Found> {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let member = Some(member.to_owned()).filter(|member| !member.is_empty());
    vec![(id, member, Some(place), args)]
}

/// A file with a few of everything.
fn mixed() -> Vec<u8> {
    Tar::new()
        .file("a.ovf", b"<Envelope/>")
        .gnu_long(b"a-name-that-is-long.mf")
        .member(header(Dialect::Gnu, b"cut", b'0', 600), &[7; 600])
        .pax(&[("mtime", b"1.5"), ("path", "ä.vmdk".as_bytes())])
        .file("x", &[1; 512])
        .entry("d/", b'5')
        .file("empty", b"")
        .finish()
}

#[test]
fn a_plain_archive_is_read_without_a_finding() {
    let bytes = Tar::new().file("a.ovf", b"<Envelope/>").file("a.vmdk", &[5; 1000]).finish();
    assert!(archive::is_archive(&bytes[..512]));
    let read = read([&bytes]);
    assert_eq!(read.found, []);
    let file =
        |name: &str, size, offset| Header { name: name.to_owned(), size, kind: Kind::File, offset };
    let members = [
        (file("a.ovf", 11, 512), b"<Envelope/>".to_vec(), true),
        (file("a.vmdk", 1000, 1536), vec![5; 1000], true),
    ];
    assert_eq!(read.members, members);
    let report =
        ArchiveReport { size: 3584, members: 2, format: Some(Format::Ustar), complete: true };
    assert_eq!(read.report, report);
}

#[test]
fn the_old_and_the_gnu_dialect_are_read_too() {
    for (dialect, format) in [(Dialect::V7, Format::V7), (Dialect::Gnu, Format::Gnu)] {
        let block = header(dialect, b"a.ovf", 0, 3);
        assert!(archive::is_archive(&block));
        let read = read([Tar::new().member(block, b"abc").finish()]);
        assert_eq!((read.ids(), read.names()), (vec![], vec!["a.ovf"]));
        assert_eq!(read.report.format, Some(format));
    }
}

#[test]
fn a_prefix_stands_before_the_name_and_a_sum_may_be_signed() {
    let mut block = header(Dialect::Ustar, b"a.ovf", b'0', 0);
    put(&mut block, 345, b"dir");
    sum(&mut block);
    let seen = read([Tar::new().member(block, b"").finish()]);
    assert_eq!(seen.names(), ["dir/a.ovf"]);
    assert_eq!(seen.found, one("archive.in-directory", "dir/a.ovf", 0, &["dir/a.ovf"]));

    let mut block = header(Dialect::V7, "ü.ovf".as_bytes(), b'0', 0);
    sum(&mut block);
    let sum = u32::from_str_radix(std::str::from_utf8(&block[148..154]).unwrap(), 8).unwrap();
    // Two bytes over 127 count 256 less each if they are signed.
    put(&mut block, 148, format!("{:06o}", sum - 512).as_bytes());
    assert_eq!(read([Tar::new().member(block, b"").finish()]).ids(), [""; 0]);
}

#[test]
fn what_is_no_archive_is_named() {
    let whole = |id, args: &[&str]| {
        vec![(id, None, None, args.iter().map(|arg| (*arg).to_owned()).collect())]
    };
    let long = |begin: &[u8]| [begin, &[b'x'; 600]].concat();
    let cases: [(Vec<u8>, Vec<Found>); 8] = [
        (vec![], whole("archive.empty", &[])),
        (b"\x1f\x8b\x08".to_vec(), whole("archive.compressed", &["gzip", "gunzip"])),
        (long(b"\xfd7zXZ\0"), whole("archive.compressed", &["xz", "unxz"])),
        (long(b"\x28\xb5\x2f\xfd"), whole("archive.compressed", &["zstd", "unzstd"])),
        (long(b"PK\x03\x04"), whole("archive.compressed", &["zip", "unzip"])),
        (long(b"<!DOCTYPE html>"), whole("archive.not-tar", &["a web page"])),
        (b"<?xml version='1.0'?>".to_vec(), whole("archive.not-tar", &["an XML text (an OVF?)"])),
        (vec![0; 10240], whole("archive.no-members", &[])),
    ];
    for (bytes, expected) in cases {
        let read = read([&bytes]);
        assert_eq!(read.found, expected);
        assert_eq!((read.members.len(), read.report.size), (0, bytes.len() as u64));
        assert!(!archive::is_archive(&bytes));
    }
}

#[test]
fn a_damaged_header_loses_the_place() {
    let mut bytes = Tar::new().file("a.ovf", b"abc").file("b", b"").file("c", b"").finish();
    bytes[1024] = b'x';
    let seen = read([&bytes]);
    assert_eq!(seen.names(), ["a.ovf"]);
    let wrong = "the checksum of its header is wrong";
    assert_eq!(seen.found, one("archive.bad-header", "", 1024, &["1024", wrong]));
    assert!(!seen.report.complete);

    // With a magic number it is an archive, though a damaged one.
    bytes[0] = b'x';
    assert_eq!(read([&bytes]).found, one("archive.bad-header", "", 0, &["0", wrong]));

    for size in [b"ninebytes\0\0\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let mut block = header(Dialect::Ustar, b"a", b'0', 0);
        put(&mut block, 124, size);
        sum(&mut block);
        let read = read([Tar::new().member(block, b"").finish()]);
        let wrong = "its header tells no size";
        assert_eq!(read.found, one("archive.bad-header", "", 0, &["0", wrong]));
    }
}

#[test]
fn a_truncated_archive_says_where_it_ends() {
    let bytes = mixed();
    for end in 0..bytes.len() {
        let read = read([&bytes[..end]]);
        assert_eq!(read.report.complete, end > bytes.len() - 1024 + 511, "{end}");
        let cut = ["empty", "not-tar", "truncated", "cut-header", "no-end"];
        let cut = cut.map(|id| format!("archive.{id}"));
        let found = read.ids().iter().filter(|id| cut.iter().any(|cut| cut == *id)).count();
        assert_eq!(found, usize::from(!read.report.complete), "{end}");
        assert!(read.members.iter().filter(|(.., ended)| !ended).count() <= 1);
    }
    let cut = Tar::new().file("a.vmdk", &[1; 100]).bytes();
    let args = ["a.vmdk", "88", "100"];
    assert_eq!(read([&cut[..600]]).found, one("archive.truncated", "a.vmdk", 600, &args));
    assert_eq!(read([&cut]).found, one("archive.no-end", "", 1024, &[]));
    assert_eq!(read([&cut[..700]]).found, one("archive.no-end", "", 700, &[]));
    let next = Tar::new().file("a", b"").raw(&cut[..300]).bytes();
    assert_eq!(read([&next]).found, one("archive.cut-header", "", 812, &["812"]));
    let half = Tar::new().file("a", b"").pax(&[("path", b"b")]).bytes();
    let found = read([&half]).ids().join(" ");
    assert_eq!(found, "archive.cut-header archive.pax");
    let args = ["an extended header", "5", "9"];
    assert_eq!(read([&half[..1029]]).found[..1], one("archive.truncated", "", 1029, &args));
}

#[test]
fn one_block_of_zeros_is_an_end_and_zeros_may_follow() {
    let tar = Tar::new().file("a.ovf", b"abc");
    for zeros in [512, 1024, 10240, 10241] {
        let read = read([tar.clone().raw(&vec![0; zeros]).bytes()]);
        assert_eq!((read.ids(), read.report.complete), (vec![], true));
    }
    let twice = [tar.clone().finish(), tar.finish()].concat();
    let seen = read([&twice]);
    assert_eq!(seen.found, one("archive.trailing-data", "", 2048, &["2048"]));
    assert_eq!(seen.names(), ["a.ovf"]);
}

#[test]
fn extended_headers_name_and_size_the_next_member() {
    let bytes = Tar::new()
        .extended(b'g', b"18 comment=global\n")
        .pax(&[
            ("LIBARCHIVE.xattr.a", b"with\nlines\n10 path=no\n"),
            ("path", b"a.ovf"),
            ("size", b"3"),
        ])
        .member(header(Dialect::Ustar, b"cut", b'0', 3), b"abc")
        .file("b", b"")
        .finish();
    let seen = read([&bytes]);
    assert_eq!(seen.names(), ["a.ovf", "b"]);
    assert_eq!(seen.members[0].1, b"abc");
    assert_eq!(seen.found, one("archive.pax", "", 0, &["2"]));
    assert_eq!(seen.report.format, Some(Format::Pax));

    // The size in the plain header is not that of the content.
    let bytes = Tar::new()
        .pax(&[("size", b"600")])
        .member(header(Dialect::Ustar, b"a.vmdk", b'0', 0), &[3; 600])
        .finish();
    let seen = read([&bytes]);
    assert_eq!(seen.found[..1], one("archive.pax-size", "a.vmdk", 1024, &["a.vmdk", "600"]));
    assert_eq!((seen.found.len(), seen.members[0].1.len()), (2, 600));

    for damaged in
        [&b"9 path=a"[..], b"x path=a\n", b"5\n", b"99 path=a\n", b"8 size=x\n", b"3 a\n"]
    {
        let seen = read([Tar::new().extended(b'x', damaged).file("b", b"").finish()]);
        assert_eq!(seen.found[0], one("archive.pax-damaged", "", 0, &["0"])[0]);
        assert_eq!((seen.names(), seen.found.len()), (vec!["b"], 2));
    }
}

#[test]
fn an_extended_header_that_is_too_large_is_passed_over() {
    let bytes = Tar::new().extended(b'x', &vec![b'1'; 70_000]).file("a.ovf", b"abc").finish();
    let seen = read([&bytes]);
    assert_eq!(seen.names(), ["a.ovf"]);
    assert_eq!(seen.found[0], one("archive.large-extension", "", 0, &["0", "70000"])[0]);
    assert_eq!(seen.ids(), ["archive.large-extension", "archive.pax"]);
}

#[test]
fn names_of_gnu_tar_may_be_long() {
    let name = "n".repeat(300);
    let bytes = Tar::new()
        .gnu_long(name.as_bytes())
        .member(header(Dialect::Gnu, &name.as_bytes()[..100], b'0', 0), b"")
        .finish();
    let seen = read([&bytes]);
    assert_eq!(seen.names(), [&name]);
    let short = format!("{}…", &name[..200]);
    assert_eq!(seen.found, one("archive.gnu-long-name", &short, 1024, &[&short, "300"]));
}

#[test]
fn giant_members_go_by_without_their_bytes() {
    const SIZE: u64 = 12 << 30;
    let tar = Tar::new().file("a.ovf", b"abc").zeros("a.vmdk", SIZE + 1).file("b", b"x").end();
    let (mut archive, mut findings, mut at) = (Archive::new(), Findings::default(), 0_u64);
    let mut names = Vec::new();
    for chunk in tar.chunks(1 << 20) {
        let mut rest = chunk.as_slice();
        while !rest.is_empty() {
            // As a reader that seeks would do.
            let skipped = archive.skippable().min(rest.len() as u64);
            archive.skip(skipped);
            rest = &rest[skipped as usize..];
            at += skipped;
            let (first, after) = rest.split_at(rest.len().min(100));
            archive.write(first, &mut findings, &mut |event, _| {
                if let Event::Member(header) = event {
                    names.push((header.name.clone(), header.size, header.offset));
                }
            });
            at += first.len() as u64;
            rest = after;
        }
    }
    assert_eq!(at, tar.len());
    let report = archive.finish(&mut findings);
    assert_eq!((report.size, report.complete), (tar.len(), true));
    let expected = [("a.ovf", 3, 512), ("a.vmdk", SIZE + 1, 1536), ("b", 1, SIZE + 2560)];
    let expected = expected.map(|(name, size, offset)| (name.to_owned(), size, offset));
    assert_eq!(names, expected);
    assert_eq!(found(findings), one("archive.large-member", "a.vmdk", 1024, &["a.vmdk"]));
}

#[test]
fn a_skip_passes_over_content_and_padding_and_nothing_else() {
    let bytes = Tar::new().file("a", &[1; 700]).file("b", b"").finish();
    for step in [1, 300, 700, 1024, 9000] {
        let (mut archive, mut findings) = (Archive::new(), Findings::default());
        let on = &mut |_: Event<'_>, _: &mut Findings| ();
        assert_eq!(archive.skippable(), 0);
        archive.skip(5);
        archive.write(&bytes[..512], &mut findings, on);
        assert_eq!(archive.skippable(), 1024);
        let mut at = 512;
        while archive.skippable() > 0 {
            let n = archive.skippable().min(step);
            archive.skip(step);
            at += n as usize;
        }
        assert_eq!(at, 1536);
        archive.write(&bytes[at..], &mut findings, on);
        let report = archive.finish(&mut findings);
        assert_eq!((report.members, report.complete), (2, true));
        assert_eq!(found(findings), []);
    }
}

#[test]
fn a_size_beyond_all_bounds_is_no_trouble() {
    let block = header(Dialect::Gnu, b"a.vmdk", b'0', u64::MAX);
    let (mut archive, mut findings) = (Archive::new(), Findings::default());
    archive.write(&block, &mut findings, &mut |_, _| ());
    assert_eq!(archive.skippable(), u64::MAX);
    archive.skip(u64::MAX);
    archive.write(&block, &mut findings, &mut |_, _| ());
    archive.finish(&mut findings);
    let seen = read([&block]);
    assert_eq!(seen.ids(), ["archive.truncated", "archive.large-member"]);
    let extension = header(Dialect::Gnu, b"a.vmdk", b'L', u64::MAX);
    assert_eq!(read([&extension]).ids(), ["archive.truncated", "archive.large-extension"]);
}

#[test]
fn sparse_files_are_found_in_both_forms() {
    let mut block = header(Dialect::Gnu, b"a.vmdk", b'S', 512);
    block[482] = 1;
    sum(&mut block);
    let mut map = vec![0; 512];
    map[504] = 1;
    let old = Tar::new().raw(&block).raw(&map).raw(&[0; 512]).raw(&[1; 512]).file("b", b"");
    let seen = read([old.finish()]);
    assert_eq!(seen.found, one("archive.sparse", "a.vmdk", 0, &["a.vmdk"]));
    assert_eq!((seen.names(), seen.members[0].1.len()), (vec!["a.vmdk", "b"], 512));
    assert_eq!((seen.members[0].0.kind, seen.members[0].0.offset), (Kind::Other, 1536));

    let new = Tar::new()
        .pax(&[("GNU.sparse.major", b"1"), ("GNU.sparse.name", b"a.vmdk"), ("path", b"no")])
        .file("GNUSparseFile.0/a.vmdk", &[1; 512]);
    let seen = read([new.finish()]);
    assert_eq!(seen.names(), ["a.vmdk"]);
    assert_eq!(seen.ids(), ["archive.sparse", "archive.pax"]);
}

#[test]
fn names_and_kinds_that_do_not_belong_into_an_ova() {
    let file = |name: &str| Tar::new().file(name, b"");
    let entry = |kind| Tar::new().entry("a", kind);
    let unsafe_name = "archive.unsafe-name";
    let cases: Vec<(Tar, &'static str, &str, Vec<&str>)> = vec![
        (file("/a"), unsafe_name, "/a", vec!["/a", "is an absolute path"]),
        (
            file("a/../../b"),
            unsafe_name,
            "a/../../b",
            vec!["a/../../b", "leads out of its directory"],
        ),
        (file("c:a"), unsafe_name, "c:a", vec!["c:a", "begins with a drive's letter"]),
        (file("a\\b"), unsafe_name, "a\\b", vec!["a\\b", "holds a backslash"]),
        (file("a\nb"), unsafe_name, "a\nb", vec!["a\nb", "holds control characters"]),
        (file("d/a.ovf"), "archive.in-directory", "d/a.ovf", vec!["d/a.ovf"]),
        (file("./a.ovf"), "archive.dot-name", "./a.ovf", vec!["./a.ovf"]),
        (file("./._a.ovf"), "archive.apple-double", "./._a.ovf", vec!["./._a.ovf"]),
        (entry(b'1'), "archive.not-a-file", "a", vec!["a", "a hard link"]),
        (entry(b'2'), "archive.not-a-file", "a", vec!["a", "a symbolic link"]),
        (entry(b'3'), "archive.not-a-file", "a", vec!["a", "a device"]),
        (entry(b'5'), "archive.not-a-file", "a", vec!["a", "a directory"]),
        (entry(b'6'), "archive.not-a-file", "a", vec!["a", "a pipe"]),
        (entry(b'V'), "archive.not-a-file", "a", vec!["a", "of an unknown kind"]),
        (file("a/"), "archive.not-a-file", "a/", vec!["a/", "a directory"]),
    ];
    for (tar, id, member, args) in cases {
        assert_eq!(read([tar.finish()]).found, one(id, member, 0, &args));
    }
    let empty = read([file("").finish()]);
    let empty_name =
        (unsafe_name, Some(String::new()), Some(0), vec![String::new(), "is empty".into()]);
    assert_eq!(empty.found, [empty_name]);
    let bytes = Tar::new().member(header(Dialect::Ustar, b"\xfca.ovf", b'0', 0), b"").finish();
    let name = "\u{fffd}a.ovf";
    assert_eq!(read([bytes]).found, one("archive.name-encoding", name, 0, &[name]));
}

#[test]
fn links_have_no_content_whatever_their_size() {
    for kind in *b"1245" {
        let block = header(Dialect::Ustar, b"a", kind, 700);
        let seen = read([Tar::new().raw(&block).file("b", b"x").finish()]);
        assert_eq!(seen.names(), ["a", "b"]);
        assert_eq!((seen.members[0].0.size, seen.ids()), (0, vec!["archive.not-a-file"]));
    }
}

#[test]
fn names_that_are_there_twice() {
    let bytes = Tar::new().file("a.ovf", b"").file("./a.ovf", b"").file("A.OVF", b"").finish();
    let seen = read([bytes]);
    assert_eq!(seen.found[0], one("archive.duplicate", "./a.ovf", 512, &["./a.ovf"])[0]);
    let case = one("archive.same-but-case", "A.OVF", 1024, &["A.OVF", "a.ovf"]);
    assert!(seen.found.contains(&case[0]));
    assert_eq!(seen.found.len(), 3);
}

#[test]
fn a_flood_of_members_takes_no_memory() {
    let mut tar = Tar::new();
    for n in 0..3000 {
        tar = tar.file(&format!("{n}"), b"");
    }
    // Behind the bound nothing is compared any more.
    let bytes = tar.file("0", b"").file("2999", b"").finish();
    let seen = read([bytes]);
    assert_eq!((seen.report.members, seen.ids()), (3002, vec!["archive.duplicate"]));
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let mut ids: Vec<_> = archive::CHECKS.iter().map(|check| check.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), archive::CHECKS.len());
    assert!(ids.iter().all(|id| id.starts_with("archive.")));
}

proptest! {
    #[test]
    fn chunks_make_no_difference(cuts in prop::collection::vec(1_usize..900, 1..40)) {
        let bytes = mixed();
        let whole = read([&bytes]);
        prop_assert_eq!(whole.ids().len(), 3);
        let mut rest = bytes.as_slice();
        let pieces = cuts.iter().cycle().map_while(|cut| {
            let (piece, tail) = rest.split_at((*cut).min(rest.len()));
            rest = tail;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(&read(pieces), &whole);
        prop_assert_eq!(&read(bytes.chunks(1)), &whole);
        prop_assert_eq!(&read(bytes.chunks(7)), &whole);
    }
}

#[test]
fn no_input_is_too_odd() {
    let base = mixed();
    crate::soak(3000, |random| {
        let mut bytes = base.clone();
        for _ in 0..=random(8) {
            let at = random(bytes.len() as u64) as usize;
            bytes[at] = random(256) as u8;
        }
        if random(2) == 0 {
            // Let the change get behind the checksum.
            let block = random(bytes.len() as u64 / 512) as usize * 512;
            sum(&mut bytes[block..block + 512]);
        }
        bytes.truncate(random(bytes.len() as u64 + 1) as usize);
        let whole = read([&bytes]);
        assert_eq!(read(bytes.chunks(1 + random(600) as usize)), whole);
        assert_eq!(whole.report.size, bytes.len() as u64);

        let noise: Vec<_> = (0..random(3000)).map(|_| random(256) as u8).collect();
        assert_eq!(read(noise.chunks(100)), read([&noise]));
    });
}

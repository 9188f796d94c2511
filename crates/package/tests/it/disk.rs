//! Virtual disks: good ones of every writer, and one for everything that can be wrong with them.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use accession_package::disk::{self, Disk, DiskKind, DiskReport};
use accession_package::findings::{Findings, Place};
use proptest::prelude::*;

use crate::vmdk::{
    GRAIN_BYTES, GRAIN_SECTORS, Giant, Layout, SECTOR, Vmdk, deflate, descriptor, grain, marker,
    noise,
};

/// The name of a check, the byte where it hit, and what it found.
type Found = (&'static str, Option<u64>, Vec<String>);

fn finish(disk: Disk) -> (DiskReport, Vec<Found>) {
    let mut findings = Findings::default();
    let report = disk.finish(&mut findings.of("disk.vmdk"));
    let (kept, left_out) = findings.finish();
    assert_eq!(left_out, 0);
    let found = kept.into_iter().map(|finding| {
        assert_eq!(finding.member.as_deref(), Some("disk.vmdk"));
        let offset = finding.place.map(|place| match place {
            Place::Offset(offset) => offset,
            Place::Line(line) => panic!("line {line} of a disk"),
        });
        (finding.check.id(), offset, finding.args)
    });
    (report, found.collect())
}

fn read(bytes: &[u8]) -> (DiskReport, Vec<Found>) {
    let mut disk = Disk::new();
    disk.write(bytes);
    finish(disk)
}

fn read_in(bytes: &[u8], mut sizes: impl Iterator<Item = usize>) -> (DiskReport, Vec<Found>) {
    let mut disk = Disk::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(sizes.next().unwrap_or(1).clamp(1, rest.len()));
        disk.write(piece);
        rest = tail;
    }
    finish(disk)
}

fn found(bytes: &[u8]) -> Vec<Found> {
    read(bytes).1
}

/// A finding as it is expected.
fn at(id: &'static str, offset: u64, args: &[&dyn ToString]) -> Found {
    (id, Some(offset), args.iter().map(|arg| arg.to_string()).collect())
}

fn patched(mut bytes: Vec<u8>, at: u64, with: &[u8]) -> Vec<u8> {
    bytes[at as usize..][..with.len()].copy_from_slice(with);
    bytes
}

fn vmware(capacity: u64, filled: u64) -> Vmdk {
    Vmdk::new(Layout::Vmware, capacity, filled)
}

/// Where the grains of such a disk begin, and how many bytes one takes.
const GRAINS_AT: u64 = GRAIN_SECTORS * SECTOR;
const GRAIN_TAKES: u64 = 129 * SECTOR;

#[test]
fn good_disks_of_every_writer_have_no_findings() {
    let writers = [
        (Layout::Vmware, "VMware (ovftool or a vSphere export)"),
        (Layout::VirtualBox, "VirtualBox"),
        (Layout::OpenVmdk, "open-vmdk"),
    ];
    for (layout, writer) in writers {
        for (capacity, filled) in [(1, 0), (1, 1), (160, 3), (1300, 2)] {
            let bytes = Vmdk::new(layout, capacity, filled).build();
            let (report, found) = read(&bytes);
            assert_eq!(found, [], "{layout:?} {capacity} {filled}");
            assert_eq!(
                report,
                DiskReport {
                    kind: DiskKind::StreamOptimized,
                    size: bytes.len() as u64,
                    capacity_bytes: Some(capacity * GRAIN_BYTES),
                    grain_bytes: Some(GRAIN_BYTES),
                    version: Some(3),
                    created_by: Some(writer),
                    create_type: Some("streamOptimized".to_owned()),
                    adapter_type: report.adapter_type.clone(),
                    hardware_version: Some(
                        if layout == Layout::Vmware { "11" } else { "4" }.to_owned()
                    ),
                    tools_version: (layout == Layout::OpenVmdk).then(|| "2147483647".to_owned()),
                    grains: filled,
                    footer: layout != Layout::OpenVmdk,
                    stream_end: Some(bytes.len() as u64),
                }
            );
            let adapter = if layout == Layout::VirtualBox { "ide" } else { "lsilogic" };
            assert_eq!(report.adapter_type.as_deref(), Some(adapter));
        }
    }
}

#[test]
fn vsphere_s_undocumented_marker_has_no_data() {
    let mut bytes = vmware(4, 2).build();
    let place = (GRAINS_AT + GRAIN_TAKES) as usize;
    bytes.splice(place..place, marker(77, 4));
    // The tables and the footer are one sector further on; nobody reads where they say they are.
    assert_eq!(found(&bytes), []);
}

#[test]
fn a_disk_of_qemu_img_has_no_end_or_too_much_after_it() {
    let full = Vmdk::new(Layout::Qemu, 16, 3).build();
    let (report, findings) = read(&full);
    assert_eq!(report.created_by, Some("qemu-img"));
    assert_eq!((report.grains, report.stream_end), (3, None));
    assert_eq!(findings, [at("disk.no-end-of-stream", full.len() as u64, &[])]);

    let empty = Vmdk::new(Layout::Qemu, 16, 0).build();
    assert_eq!(found(&empty), [at("disk.no-end-of-stream", empty.len() as u64, &[])]);

    let mut last_short = Vmdk::new(Layout::Qemu, 16, 3);
    last_short.grains[2].1.truncate(500);
    let bytes = last_short.build();
    let (report, findings) = read(&bytes);
    let end = bytes.len() as u64 - (GRAIN_BYTES - 1024);
    assert_eq!(report.stream_end, Some(end));
    assert_eq!(findings, [at("disk.padded", end, &[&(GRAIN_BYTES - 1024)])]);

    // With room for just one sector, that sector is a good end.
    last_short.grains[2].1.resize(GRAIN_BYTES as usize - 512 - 12, 0);
    assert_eq!(found(&last_short.build()), []);
}

#[test]
fn data_after_the_end_is_told_from_padding() {
    let good = vmware(4, 2).build();
    let end = good.len() as u64;
    let with = |tail: &[u8]| found(&[&good, tail].concat());
    assert_eq!(with(&[0]), [at("disk.padded", end, &[&1])]);
    assert_eq!(with(&[0, 0, 7]), [at("disk.data-after-end", end, &[&3])]);

    // A lost piece that was filled with zeros ends the stream.
    let holed = patched(good.clone(), GRAINS_AT + GRAIN_TAKES, &[0; 600]);
    let end = GRAINS_AT + GRAIN_TAKES + SECTOR;
    let rest = good.len() as u64 - end;
    assert_eq!(found(&holed), [at("disk.data-after-end", end, &[&rest])]);
}

#[test]
fn files_that_are_no_vmdk_disks_are_named() {
    let padded = |start: &[u8], at: usize| {
        let mut bytes = vec![0; 1024];
        bytes[at..at + start.len()].copy_from_slice(start);
        bytes
    };
    // It begins with a text like a tag, <<< Oracle VM VirtualBox Disk Image >>>.
    let vdi = [&[b'<'; 64][..], b"\x7f\x10\xda\xbe"].concat();
    let cases: [(&[u8], usize, DiskKind, &str); 17] = [
        (b"COWD", 0, DiskKind::VmfsSparse, "disk.not-vmdk"),
        (b"\xbe\xba\xfe\xca\0\0\0\0", 0, DiskKind::SeSparse, "disk.not-vmdk"),
        (b"QFI\xfb", 0, DiskKind::Qcow2, "disk.not-vmdk"),
        (b"conectix", 0, DiskKind::Vhd, "disk.not-vmdk"),
        (b"vhdxfile", 0, DiskKind::Vhdx, "disk.not-vmdk"),
        (&vdi, 0, DiskKind::Vdi, "disk.not-vmdk"),
        (b"\x55\xaa", 510, DiskKind::Raw, "disk.not-vmdk"),
        (b"ustar", 257, DiskKind::Tar, "disk.not-vmdk"),
        (b"\r\n<!DOCTYPE html>", 0, DiskKind::Markup, "disk.not-vmdk"),
        (b"\xef\xbb\xbf<?xml", 0, DiskKind::Markup, "disk.not-vmdk"),
        (b"something else", 0, DiskKind::Unknown, "disk.not-vmdk"),
        (b"\x1f\x8b", 0, DiskKind::Gzip, "disk.compressed"),
        (b"\xfd7zXZ\0", 0, DiskKind::Xz, "disk.compressed"),
        (b"\x28\xb5\x2f\xfd", 0, DiskKind::Zstd, "disk.compressed"),
        (b"BZh9", 0, DiskKind::Bzip2, "disk.compressed"),
        (b"PK\x03\x04", 0, DiskKind::Zip, "disk.compressed"),
        (b"7z\xbc\xaf\x27\x1c", 0, DiskKind::SevenZip, "disk.compressed"),
    ];
    for (start, place, kind, id) in cases {
        let whole = padded(start, place);
        // A short file is told by the same start.
        for bytes in [whole.as_slice(), &whole[..place + start.len()]] {
            let (report, found) = read(bytes);
            assert_eq!((report.kind, report.size), (kind, bytes.len() as u64), "{kind:?}");
            assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [id], "{kind:?}");
        }
    }
    assert_eq!(found(b""), [("disk.empty", None, vec![])]);
    assert_eq!(found(b"KDM"), [("disk.not-vmdk", None, vec!["of no known format".to_owned()])]);
}

#[test]
fn a_descriptor_without_its_data_is_named_with_its_type() {
    let text = "# Disk DescriptorFile\nversion=1\nCID=fffffffe\ncreateType=\"vmfs\"\n\nRW 4096 VMFS \"vm-flat.vmdk\"\n";
    let expected = [("disk.descriptor-only", None, vec!["vmfs".to_owned()])];
    let long = text.to_owned() + &"# filled up\n".repeat(20_000);
    for bytes in [text, &long] {
        let (report, found) = read(bytes.as_bytes());
        assert_eq!(
            (report.kind, report.create_type.as_deref()),
            (DiskKind::Descriptor, Some("vmfs"))
        );
        assert_eq!(found, expected);
    }
}

#[test]
fn other_vmdk_disks_are_named_with_their_type() {
    let mut sparse = Vmdk::new(Layout::Qemu, 16, 0);
    sparse.header.flags = 3;
    sparse.header.version = 1;
    sparse.header.compression = 0;
    sparse.descriptor = sparse.descriptor.replace("streamOptimized", "monolithicSparse");
    let expected = ("disk.not-stream-optimized", None, vec!["monolithicSparse".to_owned()]);
    let (report, findings) = read(&sparse.build());
    assert_eq!((report.kind, report.created_by), (DiskKind::HostedSparse, None));
    assert_eq!(findings, std::slice::from_ref(&expected));

    sparse.header.unclean = 1;
    assert_eq!(found(&sparse.build()), [expected.clone(), at("disk.unclean", 72, &[])]);

    let cut = &sparse.build()[..600];
    let of_no_type = ("disk.not-stream-optimized", None, vec!["of no type".to_owned()]);
    let truncated = at("disk.truncated", 600, &[&600, &"in the descriptor", &(20 * 512 - 88)]);
    assert_eq!(found(cut), [truncated, of_no_type, at("disk.unclean", 72, &[])]);
}

#[test]
fn the_header_is_checked() {
    let with = |change: &dyn Fn(&mut Vmdk)| {
        let mut disk = vmware(4, 2);
        let mut bytes = disk.build();
        change(&mut disk);
        // Only what the header says changes, and the same in the footer.
        let footer_at = bytes.len() - 1024;
        let directory = bytes[footer_at + 56..footer_at + 64].to_vec();
        bytes = patched(bytes, 0, &disk.header.bytes());
        bytes = patched(bytes, footer_at as u64, &disk.header.bytes());
        found(&patched(bytes, footer_at as u64 + 56, &directory))
    };
    let unknown = |what: &str| [at("disk.unknown-features", 4, &[&what])];
    assert_eq!(with(&|_| {}), []);
    assert_eq!(with(&|disk| disk.header.unclean = 1), []);
    assert_eq!(with(&|disk| disk.header.version = 1), [at("disk.old-version", 4, &[&1])]);
    assert_eq!(with(&|disk| disk.header.version = 4), unknown("version 4"));
    assert_eq!(with(&|disk| disk.header.version = 0), unknown("version 0"));
    assert_eq!(with(&|disk| disk.header.flags |= 8), []);
    assert_eq!(with(&|disk| disk.header.flags |= 1 << 18), unknown("flags 0x70001"));
    assert_eq!(with(&|disk| disk.header.compression = 2), unknown("compression method 2"));
    let half = "markers without compression, or compression without markers";
    assert_eq!(with(&|disk| disk.header.flags = 0x20001), unknown(half));
    assert_eq!(with(&|disk| disk.header.newlines = *b"\n \n\n"), [at("disk.text-mode", 73, &[])]);

    let broken = |what: &str| [at("disk.broken-header", 0, &[&what])];
    let grain = "the size of a grain is not a power of two of a few sectors";
    assert_eq!(with(&|disk| disk.header.grain = 0), broken(grain));
    assert_eq!(with(&|disk| disk.header.grain = 1 << 40), broken(grain));
    let capacity = "the capacity is larger than any disk";
    assert_eq!(with(&|disk| disk.header.capacity = u64::MAX), broken(capacity));
    let overhead = "the grains are said to begin where they cannot";
    assert_eq!(with(&|disk| disk.header.overhead = 0), broken(overhead));
    assert_eq!(with(&|disk| disk.header.overhead = 1 << 33), broken(overhead));
    let descriptor = "the descriptor is said to lie where it cannot";
    assert_eq!(with(&|disk| disk.header.descriptor_len = 128), broken(descriptor));
    assert_eq!(with(&|disk| disk.header.descriptor_at = u64::MAX), broken(descriptor));
    let sparse = |disk: &mut Vmdk| (disk.header.flags, disk.header.descriptor_at) = (1, u64::MAX);
    assert_eq!(with(&sparse)[0], at("disk.broken-header", 0, &[&descriptor]));

    let (no_capacity, misplaced) =
        (at("disk.no-capacity", 12, &[]), at("disk.misplaced-grain", GRAINS_AT, &[&0, &2]));
    let differs = at("disk.descriptor-differs", 512, &[&"512 sectors", &"0 sectors"]);
    assert_eq!(with(&|disk| disk.header.capacity = 0), [misplaced, no_capacity, differs]);
}

#[test]
fn the_descriptor_is_checked() {
    let with = |change: &dyn Fn(&str) -> String| {
        let mut disk = vmware(4, 2);
        disk.descriptor = change(&disk.descriptor);
        found(&disk.build())
    };
    let other_type = |text: &str| text.replace("streamOptimized", "monolithicSparse");
    let differs =
        |text: &str, header: &str| [at("disk.descriptor-differs", 512, &[&text, &header])];
    assert_eq!(with(&other_type), differs("type monolithicSparse", "stream-optimized VMDK"));
    assert_eq!(with(&|text| text.replace(" 512 ", " 513 ")), differs("513 sectors", "512 sectors"));
    let child = |text: &str| text.replace("parentCID=ffffffff", "parentCID=6b53244c");
    assert_eq!(with(&child), [at("disk.delta", 512, &[&"6b53244c"])]);
    assert_eq!(with(&|_| String::new()), [at("disk.no-descriptor", 512, &[])]);

    let mut without = vmware(4, 2);
    (without.header.descriptor_at, without.header.descriptor_len) = (0, 0);
    assert_eq!(found(&without.build()), [at("disk.no-descriptor", 0, &[])]);

    let mut long = vmware(4, 0);
    long.descriptor = long.descriptor.replace("lsilogic", &"x".repeat(300));
    assert_eq!(read(&long.build()).0.adapter_type, Some("x".repeat(200)));

    let mut large = vmware(4, 1);
    (large.header.descriptor_len, large.header.overhead) = (400, 512);
    assert_eq!(found(&large.build()), []);
    large.descriptor = descriptor(Layout::Vmware, 512) + &" ".repeat(300_000);
    (large.header.descriptor_len, large.header.overhead) = (640, 768);
    assert_eq!(found(&large.build()), []);
}

#[test]
fn grains_are_checked() {
    let with = |grains: &[(u64, &[u8])]| {
        let mut disk = vmware(8, 0);
        disk.grains = grains.iter().map(|(sector, data)| (*sector, data.to_vec())).collect();
        found(&disk.build())
    };
    let data = deflate(&noise(1, 100));
    let data = data.as_slice();
    let second = GRAINS_AT + GRAIN_TAKES;
    assert_eq!(with(&[(0, data), (256, data), (896, data)]), []);
    assert_eq!(with(&[(0, data), (1, data)]), [at("disk.misplaced-grain", second, &[&1, &1])]);
    assert_eq!(
        with(&[(0, data), (1024, data), (1152, data)]),
        [at("disk.misplaced-grain", second, &[&1024, &2])]
    );
    assert_eq!(with(&[(128, data), (0, data)]), [at("disk.disordered", second, &[&0, &1])]);
    assert_eq!(with(&[(128, data), (128, data)]), [at("disk.disordered", second, &[&128, &1])]);
    assert_eq!(with(&[(0, data), (128, &data[2..])]), [at("disk.not-zlib", second, &[&1])]);
    // A grain as small as one can be.
    assert_eq!(with(&[(0, b"\x78\x9c\x03\x00\x00\x00\x00\x01"), (128, data)]), []);

    let long = vec![0x78; 2 * GRAIN_BYTES as usize + 513];
    let what = format!("a grain of {} bytes, where one of {GRAIN_BYTES} is compressed", long.len());
    assert_eq!(with(&[(0, data), (128, &long)]), [at("disk.lost", second, &[&what])]);
}

#[test]
fn markers_and_footers_are_checked() {
    let good = vmware(4, 2).build();
    let second = GRAINS_AT + GRAIN_TAKES;
    for (sectors, kind) in [(0, 5), (2, 3), (1 << 40, 1)] {
        let what = format!("a marker of type {kind} for {sectors} sectors");
        let bytes = patched(good.clone(), second, &marker(sectors, kind));
        assert_eq!(found(&bytes), [at("disk.lost", second, &[&what])]);
    }

    // Only the size and the type make an end.
    let end = good.len() as u64 - SECTOR;
    assert_eq!(found(&patched(good.clone(), end, &marker(7, 0))), []);

    let footer = good.len() as u64 - 1024;
    let differs = |offset: u64, with: &[u8], what: &str| {
        let bytes = patched(good.clone(), footer + offset, with);
        assert_eq!(found(&bytes), [at("disk.footer-differs", footer, &[&what])]);
    };
    differs(0, b"XXXX", "it is not a VMDK header");
    differs(4, &[1], "another version or other flags");
    differs(12, &[1], "another capacity");
    differs(20, &[64], "another size of grains or tables");
    differs(56, &[0xff; 8], "it does not say where the grain directory is");

    let mut without = vmware(4, 2);
    without.layout = Layout::OpenVmdk;
    without.header.overhead += 20;
    let bytes = without.build();
    assert_eq!(found(&bytes), [at("disk.no-footer", bytes.len() as u64 - SECTOR, &[])]);
}

#[test]
fn a_disk_cut_off_anywhere_says_so() {
    let mut short = vmware(4, 2);
    short.header.overhead = 8;
    short.grains.iter_mut().for_each(|(_, data)| data.truncate(600));
    let whole = short.build();
    let size = whole.len() as u64;
    let grains = 8 * SECTOR;
    let tables = grains + 2 * 2 * SECTOR;
    let footer_ends = tables + 9 * SECTOR;
    let boundaries =
        [grains, grains + 2 * SECTOR, tables, tables + 5 * SECTOR, tables + 7 * SECTOR];
    let mut disk = Disk::new();
    for len in 0..size {
        let (report, found) = finish(disk.clone());
        assert_eq!(report.size, len);
        let inside = match len {
            0 => {
                assert_eq!(found, [("disk.empty", None, vec![])]);
                ""
            }
            1..4 => {
                assert_eq!(found, [("disk.not-vmdk", None, vec!["of no known format".to_owned()])]);
                ""
            }
            4..512 => "in the header",
            512..1536 => "in the descriptor",
            _ if len < grains => "before the first grain",
            _ if boundaries.contains(&len) => "between two parts of the stream",
            _ if len == footer_ends => {
                assert_eq!(found, [at("disk.no-end-of-stream", len, &[])]);
                ""
            }
            _ if found[0].2[1] == "in the footer" => "in the footer",
            _ if found[0].2[1] == "in a marker" => "in a marker",
            _ if len > size - SECTOR => "in the end-of-stream marker",
            _ => "in a grain or a table",
        };
        if !inside.is_empty() {
            let missing = found[0].2[2].clone();
            assert_eq!(found, [at("disk.truncated", len, &[&len, &inside, &missing])], "{len}");
            assert!(len + missing.parse::<u64>().expect("a number") <= size, "{len}: {missing}");
        }
        disk.write(&whole[len as usize..][..1]);
    }
    assert_eq!(finish(disk).1, []);
}

#[test]
fn a_giant_disk_has_exactly_the_size_that_was_asked_for() {
    for size in [Giant::SMALLEST, 1 << 20, (1 << 20) + 512, 70_000_128, 100 << 20] {
        let giant = Giant::new(size);
        let capacity = giant.capacity_bytes();
        let mut disk = Disk::new();
        for piece in giant {
            assert!(piece.len() as u64 <= GRAIN_TAKES);
            disk.write(&piece);
        }
        let (report, found) = finish(disk);
        assert_eq!(found, [], "{size}");
        assert_eq!((report.size, report.stream_end), (size, Some(size)));
        assert_eq!(report.capacity_bytes, Some(capacity));
        assert_eq!(report.grains, capacity / GRAIN_BYTES);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chunks_make_no_difference(
        layout in prop::sample::select(Layout::ALL.to_vec()),
        short in 0_usize..3000,
        keep in 0.5_f64..1.2,
        cuts in prop::collection::vec(1_usize..5000, 1..20),
    ) {
        let mut disk = Vmdk::new(layout, 9, 2);
        disk.grains[1].1.truncate(short.max(2));
        let mut bytes = disk.build();
        bytes.truncate((bytes.len() as f64 * keep) as usize);
        let whole = read(&bytes);
        prop_assert_eq!(&read_in(&bytes, std::iter::repeat(1)), &whole);
        prop_assert_eq!(&read_in(&bytes, std::iter::repeat(7)), &whole);
        prop_assert_eq!(&read_in(&bytes, cuts.into_iter().cycle()), &whole);
    }
}

/// How many cases a long test takes, with the factor that the environment asks for.
fn cases(count: u64) -> u64 {
    count * crate::soak_factor()
}

#[test]
fn damaged_disks_never_panic() {
    let good: Vec<_> = Layout::ALL
        .into_iter()
        .map(|layout| {
            let mut disk = Vmdk::new(layout, 5, 0);
            // Short ones, so that damage often hits something that matters.
            disk.grains = (0..4).map(|n| (n * GRAIN_SECTORS, noise(n, 40))).collect();
            disk.build()
        })
        .collect();
    for case in 0..cases(4000) {
        let random = noise(case, 64);
        let mut numbers =
            random.chunks(4).map(|four| u32::from_le_bytes(four.try_into().expect("four bytes")));
        let mut next = || numbers.next().unwrap_or_default() as usize;
        let mut bytes = good[next() % good.len()].clone();
        for _ in 0..1 + next() % 4 {
            // Half of the hits are in the header.
            let range = if next() % 2 == 0 { 80 } else { bytes.len() };
            let place = next() % range;
            bytes[place] = next() as u8;
        }
        if case % 5 == 0 {
            bytes.truncate(next() % bytes.len());
        }
        let step = 1 + next() % 3000;
        assert_eq!(read_in(&bytes, std::iter::repeat(step)), read(&bytes), "case {case}");
    }
    for case in 0..cases(2000) {
        let mut bytes = noise(case, 2000);
        if case % 2 == 0 {
            bytes[..4].copy_from_slice(b"KDMV");
        }
        assert_eq!(read_in(&bytes, std::iter::repeat(13)), read(&bytes), "case {case}");
    }
}

#[test]
fn a_grain_alone_is_built_as_the_format_has_it() {
    let bytes = grain(128, b"\x78\x9c");
    assert_eq!(bytes[..16], *b"\x80\0\0\0\0\0\0\0\x02\0\0\0\x78\x9c\0\0");
    assert_eq!(bytes.len(), 512);
}

/// A directory of its own that goes away again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("accession-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of a failed test does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that did nothing should say so")]
fn real_disks_of_qemu_img_are_recognised() {
    let probe = Command::new("qemu-img").arg("--version").stdout(Stdio::null()).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("qemu-img is not installed: nothing was tested");
        return;
    }
    let scratch = Scratch::new("qemu");
    let convert = |raw: &[u8], options: &str| {
        let (from, to) = (scratch.0.join("disk.raw"), scratch.0.join("disk.vmdk"));
        std::fs::write(&from, raw).expect("a raw disk");
        let mut command = Command::new("qemu-img");
        command.args(["convert", "-q", "-f", "raw", "-O", "vmdk", "-o", options]);
        assert!(command.arg(from).arg(&to).status().expect("qemu-img runs").success());
        std::fs::read(to).expect("the converted disk")
    };
    let mib = 1 << 20;
    let stream = "subformat=streamOptimized,adapter_type=lsilogic";

    let empty = convert(&vec![0; 10 * mib], stream);
    let (report, findings) = read(&empty);
    assert_eq!((report.kind, report.created_by), (DiskKind::StreamOptimized, Some("qemu-img")));
    assert_eq!((report.version, report.capacity_bytes), (Some(3), Some(10 << 20)));
    assert_eq!(report.adapter_type.as_deref(), Some("lsilogic"));
    assert_eq!((report.grains, report.footer), (0, false));
    assert_eq!(findings, [at("disk.no-end-of-stream", empty.len() as u64, &[])]);

    // Nothing of this compresses, so the last grain fills its room.
    let random = convert(&noise(3, 8 * mib), stream);
    let (report, findings) = read(&random);
    assert_eq!((report.created_by, report.grains), (Some("qemu-img"), 128));
    assert_eq!(findings, [at("disk.no-end-of-stream", random.len() as u64, &[])]);

    let mut holes = vec![0; 64 * mib];
    holes[..200_000].copy_from_slice(&noise(4, 200_000));
    holes[50 * mib..50 * mib + 1000].copy_from_slice(&noise(5, 1000));
    let holes = convert(&holes, stream);
    let (report, findings) = read(&holes);
    assert_eq!((report.created_by, report.grains), (Some("qemu-img"), 5));
    let end = report.stream_end.expect("zeros that read as an end");
    assert_eq!(findings, [at("disk.padded", end, &[&(holes.len() as u64 - end)])]);

    let sparse = convert(&noise(6, mib), "subformat=monolithicSparse");
    let (report, findings) = read(&sparse);
    assert_eq!(report.kind, DiskKind::HostedSparse);
    assert_eq!(
        findings,
        [("disk.not-stream-optimized", None, vec!["monolithicSparse".to_owned()])]
    );

    let flat = convert(&noise(7, mib), "subformat=monolithicFlat");
    assert_eq!(found(&flat), [("disk.descriptor-only", None, vec!["monolithicFlat".to_owned()])]);
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let mut ids: Vec<_> = disk::CHECKS.iter().map(|check| check.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), disk::CHECKS.len());
    assert!(ids.iter().all(|id| id.starts_with("disk.")));
}

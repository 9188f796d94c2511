//! The reader of CD and DVD images.

use accession_package::findings::{Findings, Place};
use accession_package::image::{self, Image, ImageReport, MAGIC_END, Platform};
use proptest::prelude::*;

use crate::iso::{Iso, SECTOR, descriptor, primary};
use crate::tar::put;

/// A finding: its id, the place, what was found.
type Found = (&'static str, Option<u64>, Vec<String>);

fn read<B: AsRef<[u8]>>(chunks: impl IntoIterator<Item = B>) -> (Option<ImageReport>, Vec<Found>) {
    let (mut image, mut findings) = (Image::new(), Findings::default());
    chunks.into_iter().for_each(|chunk| image.write(chunk.as_ref()));
    let report = image.finish(&mut findings.of("a.iso"));
    let found = findings.finish().0.into_iter().map(|finding| {
        assert_eq!(finding.member.as_deref(), Some("a.iso"));
        let place = finding.place.map(|place| match place {
            Place::Offset(at) => at,
            Place::Line(_) => panic!("an image has no lines"),
        });
        (finding.check.id(), place, finding.args)
    });
    (report, found.collect())
}

fn one(id: &'static str, place: impl Into<Option<u64>>, args: &[&str]) -> Vec<Found> {
    vec![(id, place.into(), args.iter().map(|arg| (*arg).to_owned()).collect())]
}

/// An image with a few of everything.
fn mixed() -> Vec<u8> {
    let iso = Iso::new().sector(&primary("VOL", 300)).boot_record(30).joliet().terminator();
    iso.udf(b"NSR02").sectors(30).catalogue(&[0xef, 1, 0xef]).sectors(300).finish()
}

#[test]
fn a_plain_image_is_read_without_a_finding() {
    let bytes = Iso::plain("MY_VOLUME", 200).finish();
    assert!(image::is_image(&bytes[..MAGIC_END]));
    assert!(!image::is_image(&bytes[..MAGIC_END - 1]));
    let text = |text: &str| Some(text.to_owned());
    let report = ImageReport {
        size: 409_600,
        volume_size: Some(409_600),
        volume_id: text("MY_VOLUME"),
        system_id: text("LINUX"),
        publisher: text("PUBLISHER"),
        preparer: text("PREPARER"),
        application: text("APPLICATION"),
        created: text("2024-05-01 12:34:56 UTC+02:00"),
        descriptors: 2,
        ..ImageReport::default()
    };
    assert_eq!(read([&bytes]), (Some(report), vec![]));
}

#[test]
fn a_bootable_bridge_tells_all_that_it_is() {
    let mut bytes = mixed();
    put(&mut bytes, 510, b"\x55\xaa");
    let (report, found) = read([&bytes]);
    let report = report.unwrap();
    assert_eq!(found, []);
    assert_eq!(report.boot, [Platform::Bios, Platform::Uefi, Platform::Other]);
    assert_eq!((report.joliet, report.hybrid, report.descriptors), (true, true, 4));
    assert_eq!(report.udf.as_deref(), Some("NSR02"));
}

#[test]
fn a_catalogue_may_stand_right_behind_the_descriptors_or_nowhere() {
    for (at, expected) in [(19, vec![Platform::Bios]), (17, vec![]), (u32::MAX, vec![])] {
        let iso = Iso::new().sector(&primary("V", 100)).boot_record(at).terminator();
        let (report, found) = read([iso.catalogue(&[]).sectors(100).finish()]);
        assert_eq!((report.unwrap().boot, found), (expected, vec![]));
    }
}

#[test]
fn more_descriptors_than_are_read_come_to_an_end() {
    for catalogue in [79, 80, 81] {
        let mut iso = Iso::new().sector(&primary("V", 120)).boot_record(catalogue).terminator();
        while iso.clone().finish().len() < 80 * SECTOR {
            iso = iso.sector(&descriptor(3));
        }
        let (report, found) =
            read([iso.sectors(catalogue.max(80)).catalogue(&[]).sectors(120).finish()]);
        let report = report.unwrap();
        assert_eq!((report.descriptors, found), (3, vec![]));
        assert_eq!(report.boot.is_empty(), catalogue == 79);
    }
}

#[test]
fn only_the_first_primary_descriptor_counts() {
    let iso = Iso::new().sector(&primary("FIRST", 50)).sector(&primary("SECOND", 500));
    let (report, found) = read([iso.terminator().sectors(50).finish()]);
    assert_eq!((report.unwrap().volume_id.as_deref(), found), (Some("FIRST"), vec![]));
}

#[test]
fn what_is_no_image_is_named() {
    let raw = [&b"\0"[..], &[0xff; 10], &[0; 5000]].concat();
    let zeros = vec![0; 100_000];
    let cases: [(&[u8], Vec<Found>); 6] = [
        (b"", one("image.empty", None, &[])),
        (b"\x1f\x8b\x08", one("image.compressed", None, &["gzip", "gunzip"])),
        (b"\xfd7zXZ\0", one("image.compressed", None, &["xz", "unxz"])),
        (b"<html>Sign in", one("image.not-iso", None, &["a web page"])),
        (&raw, one("image.raw-sectors", None, &[])),
        (&zeros, one("image.not-iso", None, &["a file that begins with zeros"])),
    ];
    for (bytes, found) in cases {
        assert_eq!(read([bytes]), (None, found));
        assert!(!image::is_image(bytes));
    }
}

#[test]
fn a_file_shorter_than_its_volume_is_truncated_but_for_the_padding() {
    let bytes = Iso::plain("V", 300).finish();
    let found = |sectors: usize| read([&bytes[..sectors * SECTOR]]).1;
    assert_eq!(found(149), one("image.truncated", 305_152, &["309248", "305152", "614400"]));
    assert_eq!(found(150), one("image.short", 307_200, &["307200", "307200", "614400"]));
    assert_eq!(found(299), one("image.short", 612_352, &["2048", "612352", "614400"]));
    assert_eq!(found(300), []);
}

#[test]
fn a_file_longer_than_its_volume_is_told_only_when_it_is_large() {
    let zeros = vec![0; 64 << 20];
    let bytes = Iso::plain("V", 100).finish();
    assert_eq!(read([&bytes, &zeros]).1, []);
    let size = 204_800 + (64 << 20) + 1;
    let args = ["67108865", &size.to_string(), "204800"];
    assert_eq!(read([&bytes, &zeros, &vec![0]]).1, one("image.longer", 204_800, &args));
    let bridge = Iso::new().sector(&primary("V", 20)).terminator().udf(b"NSR03").finish();
    assert_eq!(read([&bridge, &zeros, &zeros]).1, []);
}

#[test]
fn descriptors_that_are_missing_or_damaged() {
    let iso = Iso::new().sector(&descriptor(0)).terminator().sectors(60).finish();
    assert_eq!(read([iso]).1, one("image.no-primary", 32768, &[]));
    let iso = Iso::new().sector(&primary("V", 60)).sectors(60).finish();
    assert_eq!(read([iso]).1, one("image.no-terminator", None, &[]));
    let mut iso = Iso::plain("V", 60).finish();
    put(&mut iso, 32768 + 128, b"\x00\x07");
    put(&mut iso, 32768 + 813, b"0000000000000000\x00");
    let (report, found) = read([iso]);
    assert_eq!(found, one("image.block-size", None, &["1792"]));
    let report = report.unwrap();
    assert_eq!((report.volume_size, report.created), (None, None));
}

#[test]
fn an_image_may_have_only_udf() {
    let bytes = Iso::new().udf(b"NSR03").sectors(300).finish();
    assert!(image::is_image(&bytes));
    let (report, found) = read([&bytes]);
    assert_eq!(found, one("image.udf-only", None, &[]));
    assert_eq!(report.unwrap().udf.as_deref(), Some("NSR03"));
}

#[test]
fn an_image_may_end_at_every_byte() {
    let bytes = mixed();
    for end in (0..40).chain(32_700..bytes.len().min(36_000)).chain([60_000, bytes.len() - 1]) {
        let (report, found) = read([&bytes[..end]]);
        let expected = match end {
            0 => "image.empty",
            1..32_774 => "image.not-iso",
            32_774..49_152 => "image.cut",
            49_152..307_200 => "image.truncated",
            _ => "image.short",
        };
        assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [expected], "{end}");
        assert_eq!(report.is_some(), end >= 32_774);
    }
}

#[test]
fn every_check_has_a_name_of_its_own() {
    let mut ids: Vec<_> = image::CHECKS.iter().map(|check| check.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), image::CHECKS.len());
    assert!(ids.iter().all(|id| id.starts_with("image.")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn chunks_make_no_difference(cuts in prop::collection::vec(1_usize..9000, 1..20)) {
        let bytes = mixed();
        let whole = read([&bytes]);
        prop_assert!(whole.0.is_some());
        let mut rest = bytes.as_slice();
        let pieces = cuts.iter().cycle().map_while(|cut| {
            let (piece, tail) = rest.split_at((*cut).min(rest.len()));
            rest = tail;
            (!piece.is_empty()).then_some(piece)
        });
        prop_assert_eq!(&read(pieces), &whole);
    }
}

#[test]
fn single_bytes_and_sevens_make_no_difference() {
    let bytes = mixed();
    let whole = read([&bytes]);
    assert_eq!(read(bytes.chunks(1)), whole);
    assert_eq!(read(bytes.chunks(7)), whole);
}

#[test]
fn no_input_is_too_odd() {
    let base = mixed();
    crate::soak(300, |random| {
        let mut bytes = base.clone();
        for _ in 0..=random(20) {
            // Where the descriptors and the catalogue stand.
            let at = 32_768 + random(15 * 2048) as usize;
            bytes[at] = random(256) as u8;
        }
        if random(2) == 0 {
            bytes.truncate(random(bytes.len() as u64 + 1) as usize);
        }
        let whole = read([&bytes]);
        assert_eq!(read(bytes.chunks(1 + random(9000) as usize)), whole);
        let noise: Vec<_> = (0..random(600)).map(|_| random(256) as u8).collect();
        assert_eq!(read(noise.chunks(100)), read([&noise]));
        let descriptors: Vec<_> = (0..9000).map(|_| random(256) as u8).collect();
        read([&base[..32_768 + random(8000) as usize], &descriptors]);
    });
}

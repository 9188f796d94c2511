//! Packages that were made to take all of a reader's time or memory.

use accession_package::Intake;
use accession_package::report::Listed;

use super::*;
use crate::tar::{Dialect, header};
use crate::vmdk::Giant;

/// Reads an archive of one disk, made while it is read.
fn of_giant(size: u64) -> Report {
    let disk = Giant::new(size);
    let ovf = Ovf::new("vm").file("file1", "vm-disk1.vmdk", Some(size)).disk(
        "disk1",
        "file1",
        disk.capacity_bytes(),
    );
    let mut intake = Intake::new([Algorithm::Sha256]);
    Giant::new(size).for_each(|piece| intake.write(&piece));
    let digest = &intake.finish().digests[&Algorithm::Sha256];
    let mut files = listed(&with_descriptor(&ovf, &[]));
    files[1].1.extend(format!("SHA256(vm-disk1.vmdk)= {digest}\n").as_bytes());
    let front = archive(&files).raw(&header(Dialect::Gnu, b"vm-disk1.vmdk", b'0', size)).bytes();
    let mut inspection = inspection();
    inspection.begin("vm.ova", None);
    inspection.write(&front);
    disk.for_each(|piece| inspection.write(&piece));
    inspection.write(&[0; 1024]);
    inspection.finish()
}

#[test]
fn a_disk_goes_by_and_is_not_kept() {
    let report = of_giant(32 << 20);
    assert_eq!((report.verdict, found_in(&report)), (Verdict::Fine, vec![]));
    assert_eq!(report.members[2].size, 32 << 20);
    assert_eq!(report.members[2].listed, Some(Listed::Matches));
}

#[test]
fn a_flood_of_members_is_counted_and_not_kept() {
    let files = described(&[file("vm-disk1.vmdk", disk())]);
    let mut inspection = inspection();
    inspection.begin("vm.ova", None);
    inspection.write(&archive(&files).bytes());
    let many = 30_000;
    for at in 0..many {
        let name = format!("{at}");
        inspection.write(&header(Dialect::Ustar, name.as_bytes(), b'0', 0));
    }
    inspection.write(&[0; 1024]);
    let report = inspection.finish();
    assert_eq!((report.members.len(), report.members_left_out), (10_000, many - 9_998));
    assert_eq!(report.findings.len(), 21);
    assert_eq!(report.left_out, 9_998 - 20);
    assert_eq!(report.findings[0].check.id(), "package.too-many");
}

#[test]
fn a_flood_of_long_names_takes_no_more_memory_than_names_have() {
    let long = "n".repeat(60_000);
    let tar = (0..10).fold(Tar::new(), |tar, _| tar.gnu_long(long.as_bytes()).file("n", b""));
    let report = inspect(&[file("vm.ova", tar.finish())]);
    assert_eq!(report.members.len(), 10);
    assert!(report.members.iter().all(|member| member.name.len() == 1024));
}

#[test]
fn a_short_descriptor_cannot_ask_for_any_number_of_parts() {
    let mut ovf = Ovf::new("vm");
    for at in 0..2_000 {
        ovf = ovf.chunked(&format!("file{at}"), &format!("{at}.bin"), Some(9_000), 1);
    }
    let report = inspect(&[file("vm.ovf", ovf.xml()), file("7.bin.000000000", "1")]);
    assert_eq!(report.validation().missing_files.len(), 20);
    assert!(report.left_out < 20_000, "{}", report.left_out);
}

#[test]
fn a_descriptor_of_many_disks_is_not_compared_with_each_file() {
    let mut ovf = Ovf::new("vm");
    for at in 0..3_000 {
        ovf = ovf.file(&format!("file{at}"), "vm-disk1.vmdk", None);
        ovf = ovf.disk(&format!("disk{at}"), "file2999", 1);
    }
    let report = inspect(&with_descriptor(&ovf, &[file("vm-disk1.vmdk", disk())]));
    let differs = |finding: &&Finding| finding.check.id() == "package.capacity-differs";
    assert_eq!(report.findings.iter().filter(differs).count(), 20);
}

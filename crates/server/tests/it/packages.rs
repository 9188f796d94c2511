//! Makes packages: the few kinds that the program's tests need, small ones and giant ones.

use std::io::{Cursor, Seek, SeekFrom, Write};

use accession_core::received::Algorithm;
use accession_package::Intake;

pub(crate) const SECTOR: u64 = 512;
/// The largest grains that a disk may have, in sectors. A disk of such is mostly holes.
pub(crate) const LARGE_GRAIN: u64 = 1 << 16;

/// A stream-optimized disk, its tables in front and its grains as long as those before compression.
pub(crate) struct Disk {
    pub(crate) grains: u64,
    pub(crate) grain: u64,
}

impl Disk {
    const TABLE_ENTRIES: u64 = 512;
    const DIRECTORY: u64 = 21;

    pub(crate) fn small() -> Self {
        Self { grains: 3, grain: 128 }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.grains * self.grain * SECTOR
    }

    fn tables(&self) -> u64 {
        self.grains.div_ceil(Self::TABLE_ENTRIES)
    }

    fn overhead(&self) -> u64 {
        Self::DIRECTORY + 1 + self.tables() * 4
    }

    /// How many bytes its file has.
    pub(crate) fn size(&self) -> u64 {
        (self.overhead() + self.grains * self.grain + 1) * SECTOR
    }

    /// Writes it; what is zero in it is left out.
    pub(crate) fn write(&self, to: &mut (impl Write + Seek)) {
        let begin = to.stream_position().unwrap();
        let capacity = self.grains * self.grain;
        let mut header = b"KDMV".to_vec();
        header.extend([3_u32, 0x30001].map(u32::to_le_bytes).as_flattened());
        header.extend([capacity, self.grain, 1, 20].map(u64::to_le_bytes).as_flattened());
        header.extend((Self::TABLE_ENTRIES as u32).to_le_bytes());
        header.extend([0, Self::DIRECTORY, self.overhead()].map(u64::to_le_bytes).as_flattened());
        header.extend(b"\0\n \r\n\x01\0");
        let place = |sector: u64| SeekFrom::Start(begin + sector * SECTOR);
        to.write_all(&header).unwrap();
        to.seek(place(1)).unwrap();
        let description = format!(
            "# Disk DescriptorFile\nversion=1\nCID=6b53244c\nparentCID=ffffffff\n\
             createType=\"streamOptimized\"\n\nRW {capacity} SPARSE \"disk\"\n\n\
             ddb.adapterType = \"lsilogic\"\n"
        );
        to.write_all(description.as_bytes()).unwrap();

        let numbers = |numbers: Vec<u64>| -> Vec<u8> {
            numbers.into_iter().flat_map(|number| (number as u32).to_le_bytes()).collect()
        };
        let tables = (0..self.tables()).map(|n| Self::DIRECTORY + 1 + n * 4).collect();
        to.seek(place(Self::DIRECTORY)).unwrap();
        to.write_all(&numbers(tables)).unwrap();
        let grains = || (0..self.grains).map(|n| (n, self.overhead() + n * self.grain));
        to.seek(place(Self::DIRECTORY + 1)).unwrap();
        to.write_all(&numbers(grains().map(|(_, sector)| sector).collect())).unwrap();

        for (n, sector) in grains() {
            to.seek(place(sector)).unwrap();
            to.write_all(&(n * self.grain).to_le_bytes()).unwrap();
            // Twelve bytes of marker, and the first two of compressed data.
            to.write_all(&((self.grain * SECTOR - 12) as u32).to_le_bytes()).unwrap();
            to.write_all(b"\x78\x01").unwrap();
        }
        to.seek(place(self.size() / SECTOR - 1)).unwrap();
        to.write_all(&[0; SECTOR as usize]).unwrap();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        self.write(&mut bytes);
        bytes.into_inner()
    }
}

/// A descriptor of a machine `vm` with these files; the first is a disk of that capacity.
pub(crate) fn descriptor(files: &[(&str, u64)], capacity: u64) -> Vec<u8> {
    let files: String = files
        .iter()
        .enumerate()
        .map(|(n, (href, size))| {
            format!("    <File ovf:href=\"{href}\" ovf:id=\"file{n}\" ovf:size=\"{size}\"/>\n")
        })
        .collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
{files}  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
    <Disk ovf:capacity="{capacity}" ovf:diskId="disk" ovf:fileRef="file0" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="vm">
    <Info>A virtual machine</Info>
    <Name>vm</Name>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"#
    )
    .into_bytes()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut intake = Intake::new([Algorithm::Sha256]);
    intake.write(bytes);
    intake.finish().digests.remove(&Algorithm::Sha256).unwrap()
}

/// The manifest of these files.
pub(crate) fn manifest(files: &[(&str, &[u8])]) -> Vec<u8> {
    let lines = files.iter().map(|(name, bytes)| format!("SHA256({name})= {}\n", sha256(bytes)));
    lines.collect::<String>().into_bytes()
}

/// The header of a member of a tar archive.
pub(crate) fn header(name: &str, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644");
    put(108, b"0000000");
    put(116, b"0000000");
    if size < 1 << 33 {
        put(124, format!("{size:011o}\0").as_bytes());
    } else {
        put(124, &[0x80, 0, 0, 0]);
        put(128, &size.to_be_bytes());
    }
    put(136, b"00000000000\0        0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A tar archive.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in members {
        bytes.extend(header(name, content.len() as u64));
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// The files of a good package: descriptor, manifest, disk.
pub(crate) fn package() -> [(&'static str, Vec<u8>); 3] {
    let disk = Disk::small();
    let ovf = descriptor(&[("disk.vmdk", disk.size())], disk.capacity());
    let disk = disk.bytes();
    let manifest = manifest(&[("vm.ovf", &ovf), ("disk.vmdk", &disk)]);
    [("vm.ovf", ovf), ("vm.mf", manifest), ("disk.vmdk", disk)]
}

/// The same as an archive.
pub(crate) fn ova() -> Vec<u8> {
    let files = package();
    archive(&files.each_ref().map(|(name, bytes)| (*name, bytes.as_slice())))
}

/// A good CD image.
pub(crate) fn iso() -> Vec<u8> {
    const BLOCK: usize = 2048;
    let mut primary = vec![0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| primary[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x01CD001\x01");
    put(8, &[b' '; 64]);
    put(40, b"INSTALL");
    put(80, &20_u32.to_le_bytes());
    put(84, &20_u32.to_be_bytes());
    put(128, b"\x00\x08\x08\x00");
    let mut bytes = vec![0; 16 * BLOCK];
    bytes.extend(primary);
    bytes.extend(b"\xffCD001\x01");
    bytes.resize(20 * BLOCK, 0);
    bytes
}

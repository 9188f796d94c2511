//! Virtual disks, read while their bytes go by: what a disk is, and whether its stream holds
//! together.
//!
//! vSphere takes the disks of a package as a stream: a header, a text that describes the disk,
//! compressed pieces ("grains"), tables, and a mark where the stream ends (Virtual Disk Format 5.0,
//! VMware). This module walks from mark to mark and skips the data between them. It does not know
//! what the grains hold, what the OVF descriptor says of the disk, or what the tables point at.

use serde::Serialize;

use crate::findings::{Notes, Place, checks};

checks! {
    EMPTY = Blocks "disk.empty": "The disk file is empty.",
        why "The OVF names a disk, and there is nothing to read of it. The transfer of the file \
            fails, and so does complete. That this blocks an import is not recorded; that a host \
            refuses a disk without a header is.",
        remedy "Export the virtual machine again, or copy the file again. A new empty disk needs \
            no file: leave ovf:fileRef out of its Disk element.",
        Observed "github.com/vmware/pyvmomi-community-samples/issues/398 (a host: invalid sparse \
            VMDK header)";

    NOT_VMDK = Blocks "disk.not-vmdk": "The disk is {0}, not a VMDK disk.",
        why "A host that reads a disk as a stream refuses one that does not start with a VMDK \
            header: 'Not a supported disk format (invalid sparse VMDK header)'. Seen at a \
            deployment; for a content library it is not recorded.",
        remedy "Convert it: qemu-img convert -O raw <disk> disk.raw, then vmdk-convert disk.raw \
            disk.vmdk (open-vmdk). If it should be a VMDK disk already, copy the file again.",
        Observed "github.com/vmware/pyvmomi-community-samples/issues/398";

    COMPRESSED = Blocks "disk.compressed": "The disk file as a whole is compressed ({0}).",
        why "vSphere answers 'OVF package with compressed disks is currently not supported for \
            OVF import'. Seen at a deployment; for a content library it is not recorded.",
        remedy "Decompress the file (gunzip, unxz, unzstd, bunzip2, unzip) and remove \
            ovf:compression from the descriptor. A stream-optimized VMDK disk is compressed \
            inside already.",
        Observed "github.com/EMCECS/ECS-CommunityEdition/issues/329";

    DESCRIPTOR_ONLY = Blocks "disk.descriptor-only":
        "The file only describes a disk ({0}); its data is in other files.",
        why "A host that reads a disk as a stream refuses one that does not start with a VMDK \
            header: 'Not a supported disk format (invalid sparse VMDK header)'. Seen at a \
            deployment; for a content library it is not recorded.",
        remedy "Export the virtual machine with ovftool or as an OVF template, which makes one \
            stream-optimized disk of the parts.",
        Observed "github.com/vmware/pyvmomi-community-samples/issues/398";

    HOSTED_SPARSE = Warns "disk.not-stream-optimized":
        "The disk is a sparse VMDK disk ({0}), not a stream-optimized one.",
        why "vSphere exports and expects stream-optimized disks in OVF packages. Importing a \
            sparse disk has worked in some versions; what a content library does with it is not \
            recorded.",
        remedy "Convert it: ovftool <package>.ovf <new>.ova, or vmdk-convert disk.vmdk new.vmdk \
            (open-vmdk).",
        Assumed "no public record of an update session with such a disk";

    DELTA = Warns "disk.delta":
        "The disk holds only the changes to a parent disk (parentCID {0}).",
        why "It is of no use without its parent. That a content library refuses it is assumed.",
        remedy "Delete or consolidate the snapshots of the virtual machine, then export it again.",
        Assumed "Virtual Disk Format 5.0: parentCID is ffffffff for a disk without a parent";

    NEWLINES = Blocks "disk.text-mode": "The line ends in the VMDK header were changed.",
        why "Something transferred the disk as if it were text (FTP in ASCII mode, a version \
            control system) and changed bytes all over the file. It cannot be read.",
        remedy "Copy the file again in binary mode.",
        Documented "Virtual Disk Format 5.0: bytes 73 to 76 of the header are there to show this";

    HEADER = Blocks "disk.broken-header": "The VMDK header is not valid: {0}.",
        why "Nothing after it can be found. A host answers 'Not a supported disk format (invalid \
            sparse VMDK header)'.",
        remedy "Copy the file again, or export the disk again with ovftool or vmdk-convert.",
        Documented "Virtual Disk Format 5.0, the sparse extent header";

    OLD_VERSION = Warns "disk.old-version":
        "The stream-optimized disk has version {0} in its header, not 3.",
        why "ESXi hosts have refused such disks: 'Not a supported disk format (sparse VMDK \
            version too old)'. Seen at deployments; a content library may take it and the \
            deployment fail.",
        remedy "Convert it: vmdk-convert disk.vmdk new.vmdk (open-vmdk), or ovftool <package>.ova \
            <new>.ova.",
        Observed "github.com/glennmatthews/cot/issues/65, github.com/mininet/mininet/issues/483";

    UNKNOWN_FEATURES = Warns "disk.unknown-features":
        "The VMDK header asks for something unknown: {0}.",
        why "A reader must refuse what it does not know. That vSphere refuses this is assumed.",
        remedy "Convert it: vmdk-convert disk.vmdk new.vmdk (open-vmdk), or ovftool <package>.ova \
            <new>.ova.",
        Assumed "Virtual Disk Format 5.0 knows versions 1 and 2, flags 0x30007 and compression 0 \
            or 1; the disks that vSphere exports have version 3";

    NO_CAPACITY = Warns "disk.no-capacity": "The VMDK header gives the disk a capacity of 0.",
        why "No disk can be made of it. That a content library refuses it is assumed.",
        remedy "Export the disk again with ovftool or vmdk-convert.",
        Assumed "Virtual Disk Format 5.0: capacity is that of the extent, in sectors";

    UNCLEAN = Informs "disk.unclean": "The disk was not closed properly when it was last written.",
        why "Its content may be incomplete. An import does not depend on it, as far as is known.",
        remedy "If the guest does not start, shut the virtual machine down and export it again.",
        Documented "Virtual Disk Format 5.0, uncleanShutdown";

    TRUNCATED = Blocks "disk.truncated":
        "The disk file is cut off at byte {0}, {1}; at least {2} bytes are missing.",
        why "The stream ends before its end mark. The transfer of the file fails, and complete \
            then reports the session in the ERROR state. The exact answer is not recorded.",
        remedy "Copy or download the file again and compare its size and digest with those of the \
            source.",
        Documented "Virtual Disk Format 5.0: a stream ends with an end-of-stream marker";

    NO_END = Blocks "disk.no-end-of-stream": "The disk file ends without an end-of-stream marker.",
        why "vSphere reads until that marker. ESXi refused a disk that lacked it, and took the \
            same disk with the marker appended. qemu-img never writes one. A file that was cut \
            off can look so too.",
        remedy "Write the disk anew: vmdk-convert disk.vmdk new.vmdk (open-vmdk), then renew \
            ovf:size and the manifest; or ovftool --skipManifestCheck <package>.ova <new>.ova.",
        Observed "gitlab.com/qemu-project/qemu/-/issues/1357";

    PADDED = Blocks "disk.padded":
        "The disk's stream ends {0} bytes before its file does; the rest is zeros.",
        why "vSphere stops reading where the stream ends, and the transfer of the rest fails: 'IO \
            error during transfer of …: Pipe closed'. The PUT is answered OK; complete then \
            reports the session in the ERROR state. ovftool computes another digest than the \
            manifest's, as it leaves the rest out. qemu-img writes such disks: it leaves room for \
            a whole grain behind the last one. Some of them have got through.",
        answer "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason",
        remedy "Write the disk anew: vmdk-convert disk.vmdk new.vmdk (open-vmdk), then renew \
            ovf:size and the manifest; or ovftool --skipManifestCheck <package>.ova <new>.ova.",
        Observed "github.com/siderolabs/image-factory/issues/232, siderolabs/talos/pull/11053, \
            home-assistant/operating-system/issues/2121; the cause: \
            gitlab.com/qemu-project/qemu/-/issues/1357";

    DATA_AFTER_END = Blocks "disk.data-after-end":
        "The disk's stream ends {0} bytes before its file does; data follows.",
        why "vSphere stops reading where the stream ends, and the transfer of the rest fails: 'IO \
            error during transfer of …: Pipe closed', as seen with disks that have zeros there. \
            If a piece of the file was lost and zeros stand in its place, the disk is not whole \
            either.",
        answer "com.vmware.vdcs.cls-main.update_session_invalid_state_for_operation_reason",
        remedy "Copy or download the file again and compare its digest with that of the source. \
            If it is the same, export the disk again with ovftool or vmdk-convert.",
        Observed "github.com/siderolabs/image-factory/issues/232 (with zeros; with data it is \
            assumed)";

    LOST = Blocks "disk.lost": "Where a part of the disk's stream should begin there is {0}.",
        why "The stream cannot be followed from here: the file is damaged, or bytes are missing \
            before this place.",
        remedy "Copy or download the file again and compare its digest with that of the source.",
        Documented "Virtual Disk Format 5.0, markers";

    MISPLACED = Blocks "disk.misplaced-grain":
        "A grain is for sector {0}, where no grain of this disk can be ({1} such).",
        why "It lies outside the disk's capacity, or between two grains. The disk is damaged or \
            badly made.",
        remedy "Copy the file again, or export the disk again with ovftool or vmdk-convert.",
        Documented "Virtual Disk Format 5.0, grain markers";

    DISORDERED = Warns "disk.disordered":
        "The grain for sector {0} comes after one for a later sector, or twice ({1} such).",
        why "A stream is written from start to end, and some readers rely on it. That vSphere \
            does is assumed.",
        remedy "Convert it: vmdk-convert disk.vmdk new.vmdk (open-vmdk). If qemu-img made it, \
            leave out its option -W.",
        Assumed "open-vmdk brings grains into order before it writes the end-of-stream marker";

    NOT_ZLIB = Warns "disk.not-zlib": "A grain does not start as compressed data does ({0} such).",
        why "It cannot be decompressed. Where the disk is written out, that fails; an import may \
            only copy it.",
        remedy "Copy or download the file again and compare its digest with that of the source.",
        Assumed "all known writers put zlib streams (RFC 1950) into grains";

    NO_FOOTER = Warns "disk.no-footer":
        "The header says that the grain directory is at the end; the footer that says where is \
            missing.",
        why "Tools that look grains up cannot open the disk. That vSphere needs the footer is \
            assumed.",
        remedy "Export the disk again with ovftool or vmdk-convert.",
        Assumed "Virtual Disk Format 5.0: gdOffset is -1 in the header only if there is a footer";

    FOOTER = Warns "disk.footer-differs": "The disk's footer does not agree with its header: {0}.",
        why "The footer counts, and what it says cannot be right. That vSphere refuses it is \
            assumed.",
        remedy "Export the disk again with ovftool or vmdk-convert.",
        Assumed "Virtual Disk Format 5.0: the footer repeats the header, with the place of the \
            grain directory";

    NO_DESCRIPTOR = Warns "disk.no-descriptor": "No text in the disk says what type it is.",
        why "Tools read the type of the disk there. That vSphere refuses a disk without is \
            assumed.",
        remedy "Export the disk again with ovftool or vmdk-convert.",
        Assumed "Virtual Disk Format 5.0: a stream-optimized disk holds its descriptor";

    DESCRIPTOR_DIFFERS = Warns "disk.descriptor-differs":
        "The text in the disk says {0}, its header says {1}.",
        why "Readers trust the one or the other. That vSphere refuses it is assumed.",
        remedy "Export the disk again with ovftool or vmdk-convert.",
        Assumed "Virtual Disk Format 5.0, the descriptor";
}

/// What a disk file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskKind {
    /// A VMDK disk made to be streamed, as OVF packages have them.
    StreamOptimized,
    /// A VMDK disk with its grains uncompressed, as VMware Workstation and `qemu-img` make them.
    HostedSparse,
    /// A sparse extent of an ESX server ("COWD").
    VmfsSparse,
    /// A space-efficient sparse extent of an ESX server.
    SeSparse,
    /// Only the text that describes a VMDK disk.
    Descriptor,
    /// QEMU's format.
    Qcow2,
    /// Hyper-V's older format.
    Vhd,
    /// Hyper-V's newer format.
    Vhdx,
    /// VirtualBox's own format.
    Vdi,
    /// The bytes of a disk as they are; the first sector is a boot sector.
    Raw,
    /// Compressed with gzip.
    Gzip,
    /// Compressed with xz.
    Xz,
    /// Compressed with zstd.
    Zstd,
    /// Compressed with bzip2.
    Bzip2,
    /// A zip archive.
    Zip,
    /// A 7-Zip archive.
    SevenZip,
    /// A tar archive, such as an OVA.
    Tar,
    /// A web page or another XML or HTML text, such as the error page of a download.
    Markup,
    /// Nothing.
    Empty,
    /// None of these.
    Unknown,
}

impl DiskKind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::StreamOptimized => "stream-optimized VMDK",
            Self::HostedSparse => "sparse VMDK",
            Self::VmfsSparse => "a sparse extent of an ESX server (COWD)",
            Self::SeSparse => "a space-efficient sparse extent of an ESX server",
            Self::Descriptor => "a VMDK descriptor",
            Self::Qcow2 => "a QEMU disk (qcow2)",
            Self::Vhd => "a Hyper-V disk (VHD)",
            Self::Vhdx => "a Hyper-V disk (VHDX)",
            Self::Vdi => "a VirtualBox disk (VDI)",
            Self::Raw => "a raw disk",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Zip => "zip",
            Self::SevenZip => "7-Zip",
            Self::Tar => "a tar archive",
            Self::Markup => "a web page or another markup text",
            Self::Empty => "nothing",
            Self::Unknown => "of no known format",
        }
    }

    /// Tells formats apart by how they start.
    fn of(head: &[u8]) -> Self {
        const STARTS: &[(usize, &[u8], DiskKind)] = &[
            (0, b"COWD", DiskKind::VmfsSparse),
            (0, b"\xbe\xba\xfe\xca\0\0\0\0", DiskKind::SeSparse),
            (0, b"QFI\xfb", DiskKind::Qcow2),
            (0, b"conectix", DiskKind::Vhd),
            (0, b"vhdxfile", DiskKind::Vhdx),
            (64, b"\x7f\x10\xda\xbe", DiskKind::Vdi),
            (0, b"\x1f\x8b", DiskKind::Gzip),
            (0, b"\xfd7zXZ\0", DiskKind::Xz),
            (0, b"\x28\xb5\x2f\xfd", DiskKind::Zstd),
            (0, b"BZh", DiskKind::Bzip2),
            (0, b"PK\x03\x04", DiskKind::Zip),
            (0, b"7z\xbc\xaf\x27\x1c", DiskKind::SevenZip),
            (257, b"ustar", DiskKind::Tar),
            (510, b"\x55\xaa", DiskKind::Raw),
        ];
        let starts =
            |at: usize, with: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(with));
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if head.is_empty() {
            Self::Empty
        } else if text.starts_with(b"# Disk Descriptor") || text.starts_with(b"#Disk Descriptor") {
            Self::Descriptor
        } else if let Some((.., kind)) = STARTS.iter().find(|(at, with, _)| starts(*at, with)) {
            *kind
        } else if text.first() == Some(&b'<') {
            Self::Markup
        } else {
            Self::Unknown
        }
    }
}

/// What a disk was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskReport {
    /// What the file is.
    pub kind: DiskKind,
    /// How many bytes the file has.
    pub size: u64,
    /// How many bytes the guest sees, from the VMDK header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_bytes: Option<u64>,
    /// How many bytes of the guest one grain holds, from the VMDK header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grain_bytes: Option<u64>,
    /// The version in the VMDK header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The program that wrote the disk, if its layout or its descriptor shows that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<&'static str>,
    /// `createType` of the VMDK descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_type: Option<String>,
    /// `adapterType` of the VMDK descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_type: Option<String>,
    /// `virtualHWVersion` of the VMDK descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_version: Option<String>,
    /// `toolsVersion` of the VMDK descriptor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_version: Option<String>,
    /// How many grains the stream has.
    pub grains: u64,
    /// Whether the stream has a footer.
    pub footer: bool,
    /// The byte after the end-of-stream marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_end: Option<u64>,
}

/// How a sparse extent starts.
const MAGIC: &[u8; 4] = b"KDMV";
const SECTOR: u64 = 512;
/// A sector where the unit is `usize`.
const HEADER_LEN: usize = 512;
/// As much of a marker as tells what it is: a number, the size of the grain, and the type of other
/// markers or the first bytes of the grain.
const MARKER_LEN: usize = 16;
/// How much of a descriptor is read; real ones have some hundred bytes.
const DESCRIPTOR_LIMIT: u64 = 64 * 1024;
/// The most sectors that a table in a stream is believed to have: the grain directory of a disk of
/// 62 TB has 16384.
const TABLE_LIMIT: u64 = 1 << 20;
/// Tables count sectors with 32 bits, so nothing lies further.
const SECTOR_LIMIT: u64 = u32::MAX as u64;
/// No real grain is larger; the usual one has 64 KiB.
const GRAIN_LIMIT: u64 = 1 << 16;
/// How long texts from a descriptor may get in a report.
const TEXT_LIMIT: usize = 200;

const NEWLINE_TEST: u32 = 1;
const REDUNDANT_TABLE: u32 = 1 << 1;
const ZEROED_GRAINS: u32 = 1 << 2;
const COMPRESSED_GRAINS: u32 = 1 << 16;
const MARKERS: u32 = 1 << 17;
/// What a reader may not ignore; it may ignore the rest of the flags.
const INCOMPATIBLE: u32 = 0xffff_0000;
const GD_AT_END: u64 = u64::MAX;

/// A sector of zeros is one.
const END_OF_STREAM: u32 = 0;
const GRAIN_TABLE: u32 = 1;
const GRAIN_DIRECTORY: u32 = 2;
const FOOTER_MARKER: u32 = 3;
/// Not in the specification; open-vmdk calls it progress. vSphere writes some. It has no data.
const PROGRESS: u32 = 4;

/// The header of a sparse extent. Places and sizes are in sectors.
#[derive(Debug, Clone)]
struct Header {
    version: u32,
    flags: u32,
    capacity: u64,
    grain: u64,
    descriptor_at: u64,
    descriptor_len: u64,
    entries_per_table: u32,
    redundant_directory: u64,
    directory: u64,
    /// Where the grains begin.
    overhead: u64,
    unclean: bool,
    newlines: [u8; 4],
    compression: u16,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        (fields.take()? == *MAGIC).then_some(())?;
        Some(Self {
            version: fields.u32()?,
            flags: fields.u32()?,
            capacity: fields.u64()?,
            grain: fields.u64()?,
            descriptor_at: fields.u64()?,
            descriptor_len: fields.u64()?,
            entries_per_table: fields.u32()?,
            redundant_directory: fields.u64()?,
            directory: fields.u64()?,
            overhead: fields.u64()?,
            unclean: fields.take::<1>()? != [0],
            newlines: fields.take()?,
            compression: u16::from_le_bytes(fields.take()?),
        })
    }

    fn kind(&self) -> DiskKind {
        if self.flags & MARKERS == 0 { DiskKind::HostedSparse } else { DiskKind::StreamOptimized }
    }

    fn newlines_changed(&self) -> bool {
        self.flags & NEWLINE_TEST != 0 && self.newlines != *b"\n \r\n"
    }

    /// What makes it impossible to read on, if anything does.
    fn fault(&self) -> Option<&'static str> {
        let descriptor_end = self.descriptor_at.saturating_add(self.descriptor_len);
        // A reader of uncompressed grains finds them by the tables.
        let streams = self.kind() == DiskKind::StreamOptimized;
        if !self.grain.is_power_of_two() || self.grain > GRAIN_LIMIT {
            Some("the size of a grain is not a power of two of a few sectors")
        } else if self.capacity > u64::MAX / SECTOR {
            Some("the capacity is larger than any disk")
        } else if streams && (self.overhead == 0 || self.overhead > SECTOR_LIMIT) {
            Some("the grains are said to begin where they cannot")
        } else if descriptor_end > if streams { self.overhead } else { SECTOR_LIMIT } {
            Some("the descriptor is said to lie where it cannot")
        } else {
            None
        }
    }

    /// What a reader might not know, if there is anything.
    fn unknown(&self) -> Option<String> {
        const FLAGS: u32 =
            NEWLINE_TEST | REDUNDANT_TABLE | ZEROED_GRAINS | COMPRESSED_GRAINS | MARKERS;
        if !(1..=3).contains(&self.version) {
            Some(format!("version {}", self.version))
        } else if self.flags & !FLAGS & INCOMPATIBLE != 0 {
            Some(format!("flags {:#x}", self.flags))
        } else if (self.flags & COMPRESSED_GRAINS == 0) != (self.flags & MARKERS == 0) {
            Some("markers without compression, or compression without markers".to_owned())
        } else if self.flags & COMPRESSED_GRAINS != 0 && self.compression != 1 {
            Some(format!("compression method {}", self.compression))
        } else {
            None
        }
    }

    /// What a footer has that its header contradicts.
    fn differs(&self, footer: &Self, footer_sector: u64) -> Option<&'static str> {
        if (self.version, self.flags) != (footer.version, footer.flags) {
            Some("another version or other flags")
        } else if self.capacity != footer.capacity {
            Some("another capacity")
        } else if (self.grain, self.entries_per_table) != (footer.grain, footer.entries_per_table) {
            Some("another size of grains or tables")
        } else if footer.directory == 0 || footer.directory >= footer_sector {
            Some("it does not say where the grain directory is")
        } else {
            None
        }
    }

    /// The writer whose layout this is. Others put no redundant tables into a stream, and put the
    /// grain directory at its end.
    fn layout_of(&self) -> Option<&'static str> {
        let behind_descriptor = self.descriptor_at.checked_add(self.descriptor_len);
        if self.kind() != DiskKind::StreamOptimized || self.directory == GD_AT_END {
            None
        } else if self.flags & REDUNDANT_TABLE != 0
            && Some(self.redundant_directory) == behind_descriptor
        {
            Some("qemu-img")
        } else if self.redundant_directory == 0 && Some(self.directory) == behind_descriptor {
            Some("open-vmdk")
        } else {
            None
        }
    }
}

/// Takes little-endian numbers off a slice.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// What the bytes are that are gathered next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The first sector of the file.
    Head,
    /// A text that describes the disk.
    Descriptor,
    /// The start of a grain or of something else in the stream.
    Marker,
    /// The copy of the header at the end of the stream.
    Footer,
    /// Nothing: the stream has ended.
    Rest,
    /// Nothing: there is no more that could be understood.
    Opaque,
}

/// Something that can be wrong with many grains: the first place, its sector, and how many.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    at: u64,
    sector: u64,
    count: u64,
}

impl Tally {
    fn add(&mut self, at: u64, sector: u64) {
        if self.count == 0 {
            (self.at, self.sector) = (at, sector);
        }
        self.count += 1;
    }
}

/// A disk on its way in. Memory use does not grow with it.
#[derive(Debug, Clone)]
pub struct Disk {
    size: u64,
    /// The bytes to pass over, then those to gather, and what these are.
    skip: u64,
    want: usize,
    part: Part,
    gathered: Vec<u8>,

    kind: DiskKind,
    header: Option<Header>,
    descriptor: Option<String>,
    grains: u64,
    /// The end of the last grain's place on the disk, in sectors.
    last_sector: Option<u64>,
    footer_at: Option<u64>,
    footer_differs: Option<&'static str>,
    stream_end: Option<u64>,
    data_after_end: bool,
    lost: Option<(u64, String)>,
    misplaced: Tally,
    disordered: Tally,
    not_zlib: Tally,
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    /// Begins a disk.
    pub fn new() -> Self {
        Self {
            size: 0,
            skip: 0,
            want: HEADER_LEN,
            part: Part::Head,
            gathered: Vec::new(),
            kind: DiskKind::Empty,
            header: None,
            descriptor: None,
            grains: 0,
            last_sector: None,
            footer_at: None,
            footer_differs: None,
            stream_end: None,
            data_after_end: false,
            lost: None,
            misplaced: Tally::default(),
            disordered: Tally::default(),
            not_zlib: Tally::default(),
        }
    }

    /// Takes the next bytes. How a file is cut into them makes no difference.
    pub fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = match self.part {
                Part::Opaque => u64::MAX,
                Part::Rest if self.skip == 0 => {
                    self.data_after_end =
                        self.data_after_end || bytes.iter().any(|byte| *byte != 0);
                    u64::MAX
                }
                _ if self.skip > 0 => self.skip,
                _ => (self.want - self.gathered.len()) as u64,
            };
            let len = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (taken, rest) = bytes.split_at(len);
            bytes = rest;
            self.size += len as u64;
            if self.skip > 0 {
                self.skip = self.skip.saturating_sub(len as u64);
            } else if !matches!(self.part, Part::Rest | Part::Opaque) {
                self.gathered.extend_from_slice(taken);
                if self.gathered.len() == self.want {
                    self.advance();
                }
            }
        }
    }

    fn expect(&mut self, part: Part, skip: u64, want: usize) {
        self.gathered.clear();
        (self.part, self.skip, self.want) = (part, skip, want);
    }

    fn lose(&mut self, at: u64, what: String) {
        self.lost = Some((at, what));
        self.expect(Part::Opaque, 0, 0);
    }

    /// Takes what was gathered and decides what comes next.
    fn advance(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        match self.part {
            Part::Head => self.head(&gathered),
            Part::Descriptor => {
                self.descriptor = Some(text(&gathered));
                self.go_to_grains();
            }
            Part::Marker => self.marker(&gathered),
            Part::Footer => self.footer(&gathered),
            Part::Rest | Part::Opaque => {}
        }
        // The buffer is used again, as there are as many markers as grains.
        if self.gathered.is_empty() {
            self.gathered = gathered;
            self.gathered.clear();
        }
    }

    fn head(&mut self, head: &[u8]) {
        let Some(header) = Header::parse(head) else {
            self.kind = DiskKind::of(head);
            if self.kind == DiskKind::Descriptor {
                self.expect(Part::Descriptor, 0, DESCRIPTOR_LIMIT as usize);
                self.gathered.extend_from_slice(head);
            } else {
                self.expect(Part::Opaque, 0, 0);
            }
            return;
        };
        self.kind = header.kind();
        let sound = !header.newlines_changed() && header.fault().is_none();
        let (at, len) = (header.descriptor_at, header.descriptor_len);
        self.header = Some(header);
        if !sound {
            self.expect(Part::Opaque, 0, 0);
        } else if at > 0 && len > 0 {
            let len = (len * SECTOR).min(DESCRIPTOR_LIMIT);
            self.expect(Part::Descriptor, (at - 1) * SECTOR, len as usize);
        } else {
            self.go_to_grains();
        }
    }

    /// Goes to where the grains begin.
    fn go_to_grains(&mut self) {
        match &self.header {
            Some(header) if self.kind == DiskKind::StreamOptimized => {
                let begin = header.overhead * SECTOR;
                self.expect(Part::Marker, begin.saturating_sub(self.size), MARKER_LEN);
            }
            _ => self.expect(Part::Opaque, 0, 0),
        }
    }

    fn marker(&mut self, marker: &[u8]) {
        let at = self.size - MARKER_LEN as u64;
        let mut fields = Fields(marker);
        let (Some(number), Some(size), Some(rest)) =
            (fields.u64(), fields.u32(), fields.take::<4>())
        else {
            return;
        };
        if size > 0 {
            return self.grain(at, number, u64::from(size), rest);
        }
        let after_marker = SECTOR - MARKER_LEN as u64;
        match u32::from_le_bytes(rest) {
            END_OF_STREAM => {
                self.stream_end = Some(at + SECTOR);
                self.expect(Part::Rest, after_marker, 0);
            }
            GRAIN_TABLE | GRAIN_DIRECTORY if number <= TABLE_LIMIT => {
                self.expect(Part::Marker, after_marker + number * SECTOR, MARKER_LEN);
            }
            FOOTER_MARKER if number == 1 => self.expect(Part::Footer, after_marker, HEADER_LEN),
            PROGRESS => self.expect(Part::Marker, after_marker, MARKER_LEN),
            kind => self.lose(at, format!("a marker of type {kind} for {number} sectors")),
        }
    }

    fn grain(&mut self, at: u64, sector: u64, size: u64, start: [u8; 4]) {
        let Some(header) = &self.header else { return };
        // Compression makes nothing twice as long.
        if size > 2 * header.grain * SECTOR + SECTOR {
            let what = format!(
                "a grain of {size} bytes, where one of {} is compressed",
                header.grain * SECTOR
            );
            return self.lose(at, what);
        }
        if !sector.is_multiple_of(header.grain) || sector >= header.capacity {
            self.misplaced.add(at, sector);
        } else if self.last_sector.is_some_and(|last| sector <= last) {
            self.disordered.add(at, sector);
        }
        self.last_sector = self.last_sector.max(Some(sector));
        // RFC 1950: the method is 8, and the first two bytes are a multiple of 31.
        let [method, check, ..] = start;
        if method & 15 != 8 || u16::from_be_bytes([method, check]) % 31 != 0 {
            self.not_zlib.add(at, sector);
        }
        self.grains += 1;
        // The size counts from after the twelve bytes of the grain's own marker.
        let end = (12 + size).next_multiple_of(SECTOR);
        self.expect(Part::Marker, end - MARKER_LEN as u64, MARKER_LEN);
    }

    fn footer(&mut self, footer: &[u8]) {
        let at = self.size - HEADER_LEN as u64;
        self.footer_at = Some(at);
        self.footer_differs = match (&self.header, Header::parse(footer)) {
            (Some(header), Some(footer)) => header.differs(&footer, at / SECTOR),
            _ => Some("it is not a VMDK header"),
        };
        self.expect(Part::Marker, 0, MARKER_LEN);
    }

    /// Tells what the disk was.
    pub fn finish(mut self, notes: &mut Notes<'_>) -> DiskReport {
        match self.part {
            Part::Head if self.gathered.starts_with(MAGIC) => self.kind = DiskKind::StreamOptimized,
            Part::Head => {
                self.kind = DiskKind::of(&self.gathered);
                self.descriptor = (self.kind == DiskKind::Descriptor).then(|| text(&self.gathered));
            }
            Part::Descriptor if self.header.is_none() => {
                self.descriptor = Some(text(&self.gathered))
            }
            _ => {}
        }
        let descriptor = Descriptor(self.descriptor.as_deref().unwrap_or_default());
        self.note_kind(&descriptor, notes);
        if let Some(header) = &self.header {
            note_header(header, notes);
            if !header.newlines_changed() && header.fault().is_none() {
                self.note_descriptor(header, &descriptor, notes);
            }
        }
        self.note_stream(notes);
        let header = self.header.as_ref();
        DiskReport {
            kind: self.kind,
            size: self.size,
            capacity_bytes: header.and_then(|header| header.capacity.checked_mul(SECTOR)),
            grain_bytes: header.and_then(|header| header.grain.checked_mul(SECTOR)),
            version: header.map(|header| header.version),
            created_by: header.and_then(Header::layout_of).or_else(|| descriptor.writer()),
            create_type: descriptor.value("createType"),
            adapter_type: descriptor.value("adapterType"),
            hardware_version: descriptor.value("virtualHWVersion"),
            tools_version: descriptor.value("toolsVersion"),
            grains: self.grains,
            footer: self.footer_at.is_some(),
            stream_end: self.stream_end,
        }
    }

    fn note_kind(&self, descriptor: &Descriptor<'_>, notes: &mut Notes<'_>) {
        let create_type =
            || descriptor.value("createType").unwrap_or_else(|| "of no type".to_owned());
        match self.kind {
            DiskKind::StreamOptimized => {}
            DiskKind::HostedSparse => notes.add(HOSTED_SPARSE, None, [&create_type()]),
            DiskKind::Descriptor => notes.add(DESCRIPTOR_ONLY, None, [&create_type()]),
            DiskKind::Empty => notes.add(EMPTY, None, []),
            DiskKind::Gzip
            | DiskKind::Xz
            | DiskKind::Zstd
            | DiskKind::Bzip2
            | DiskKind::Zip
            | DiskKind::SevenZip => notes.add(COMPRESSED, None, [&self.kind.name()]),
            _ => notes.add(NOT_VMDK, None, [&self.kind.name()]),
        }
    }

    fn note_descriptor(&self, header: &Header, descriptor: &Descriptor<'_>, notes: &mut Notes<'_>) {
        let place = Some(Place::Offset(header.descriptor_at.saturating_mul(SECTOR)));
        if self.part == Part::Descriptor {
            return;
        }
        match descriptor.value("createType") {
            None if self.kind == DiskKind::StreamOptimized => notes.add(NO_DESCRIPTOR, place, []),
            Some(stated)
                if (stated == "streamOptimized") != (self.kind == DiskKind::StreamOptimized) =>
            {
                let args: [&dyn std::fmt::Display; 2] =
                    [&format!("type {stated}"), &self.kind.name()];
                notes.add(DESCRIPTOR_DIFFERS, place, args);
            }
            _ => {}
        }
        if let Some(sectors) = descriptor.extent().filter(|sectors| *sectors != header.capacity) {
            let args: [&dyn std::fmt::Display; 2] =
                [&format!("{sectors} sectors"), &format!("{} sectors", header.capacity)];
            notes.add(DESCRIPTOR_DIFFERS, place, args);
        }
        if let Some(parent) =
            descriptor.value("parentCID").filter(|cid| !cid.eq_ignore_ascii_case("ffffffff"))
        {
            notes.add(DELTA, place, [&parent]);
        }
    }

    fn note_stream(&self, notes: &mut Notes<'_>) {
        let at = |offset| Some(Place::Offset(offset));
        if self.misplaced.count > 0 {
            notes.add(
                MISPLACED,
                at(self.misplaced.at),
                [&self.misplaced.sector, &self.misplaced.count],
            );
        }
        if self.disordered.count > 0 {
            notes.add(
                DISORDERED,
                at(self.disordered.at),
                [&self.disordered.sector, &self.disordered.count],
            );
        }
        if self.not_zlib.count > 0 {
            notes.add(NOT_ZLIB, at(self.not_zlib.at), [&self.not_zlib.count]);
        }
        if let (Some(footer), Some(difference)) = (self.footer_at, self.footer_differs) {
            notes.add(FOOTER, at(footer), [&difference]);
        }
        if let Some((place, what)) = &self.lost {
            notes.add(LOST, at(*place), [what]);
        }
        let directory_at_end =
            self.header.as_ref().is_some_and(|header| header.directory == GD_AT_END);
        let lacks_footer = directory_at_end && self.footer_at.is_none();
        if let Some(end) = self.stream_end {
            if lacks_footer && !self.data_after_end {
                notes.add(NO_FOOTER, at(end - SECTOR), []);
            }
            if self.size > end {
                let check = if self.data_after_end { DATA_AFTER_END } else { PADDED };
                notes.add(check, at(end), [&(self.size - end)]);
            }
        }
        let overhead = self.header.as_ref().map_or(0, |header| header.overhead);
        let inside = match self.part {
            Part::Head if self.header.is_none() && self.gathered.starts_with(MAGIC) => {
                "in the header"
            }
            Part::Descriptor if self.header.is_some() => "in the descriptor",
            Part::Marker if self.size < overhead * SECTOR => "before the first grain",
            Part::Marker if self.skip > 0 => "in a grain or a table",
            Part::Marker if !self.gathered.is_empty() => "in a marker",
            Part::Marker if lacks_footer => "between two parts of the stream",
            Part::Marker => return notes.add(NO_END, at(self.size), []),
            Part::Footer => "in the footer",
            Part::Rest if self.skip > 0 => "in the end-of-stream marker",
            Part::Head | Part::Descriptor | Part::Rest | Part::Opaque => return,
        };
        let missing = self.skip + (self.want - self.gathered.len()) as u64;
        notes.add(TRUNCATED, at(self.size), [&self.size, &inside, &missing]);
    }
}

fn note_header(header: &Header, notes: &mut Notes<'_>) {
    let at = |offset| Some(Place::Offset(offset));
    if header.newlines_changed() {
        notes.add(NEWLINES, at(73), []);
        return;
    }
    if let Some(fault) = header.fault() {
        notes.add(HEADER, at(0), [&fault]);
        return;
    }
    if let Some(unknown) = header.unknown() {
        notes.add(UNKNOWN_FEATURES, at(4), [&unknown]);
    } else if header.kind() == DiskKind::StreamOptimized && header.version < 3 {
        notes.add(OLD_VERSION, at(4), [&header.version]);
    }
    if header.capacity == 0 {
        notes.add(NO_CAPACITY, at(12), []);
    }
    // In a stream it says nothing.
    if header.unclean && header.kind() == DiskKind::HostedSparse {
        notes.add(UNCLEAN, at(72), []);
    }
}

/// The text of a descriptor, as far as it is one.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// The text that describes a VMDK disk: lines of `key = "value"` and lines for its extents.
struct Descriptor<'a>(&'a str);

impl<'a> Descriptor<'a> {
    fn entries(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.0.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(key, value)| (key.trim(), value.trim().trim_matches('"')))
    }

    /// The value of a key, with or without the prefix of the disk database.
    fn value(&self, key: &str) -> Option<String> {
        let plain = |name: &'a str| name.strip_prefix("ddb.").unwrap_or(name);
        let (_, value) = self.entries().find(|(name, _)| plain(name).eq_ignore_ascii_case(key))?;
        Some(value.chars().take(TEXT_LIMIT).collect())
    }

    fn extents(&self) -> impl Iterator<Item = (u64, &'a str)> {
        self.0.lines().filter_map(|line| {
            let mut words = line.splitn(4, ' ');
            matches!(words.next()?, "RW" | "RDONLY" | "NOACCESS").then_some(())?;
            let sectors = words.next()?.parse().ok()?;
            Some((sectors, words.nth(1).unwrap_or_default().trim_matches(['"', ' ', '\r'])))
        })
    }

    /// How many sectors the only extent has.
    fn extent(&self) -> Option<u64> {
        let mut extents = self.extents();
        let (sectors, _) = extents.next()?;
        extents.next().is_none().then_some(sectors)
    }

    /// The writer that leaves such traces.
    fn writer(&self) -> Option<&'static str> {
        let named = |name: &str| self.extents().any(|(_, file)| file == name);
        if self.entries().any(|(key, _)| key.starts_with("ddb.uuid.image")) {
            Some("VirtualBox")
        } else if named("generated-stream.vmdk") || named("call-me-stream.vmdk") {
            Some("VMware (ovftool or a vSphere export)")
        } else {
            None
        }
    }
}

//! Makes VMDK disks byte by byte, in the layouts of the programs that write them, and giant ones
//! piece by piece. Grains hold uncompressed deflate blocks, so a grain's size is known beforehand.

use std::collections::VecDeque;

pub(crate) const SECTOR: u64 = 512;
/// A grain has 128 sectors.
pub(crate) const GRAIN_SECTORS: u64 = 128;
pub(crate) const GRAIN_BYTES: u64 = GRAIN_SECTORS * SECTOR;
const TABLE_ENTRIES: u64 = 512;
const TABLE_SECTORS: u64 = TABLE_ENTRIES * 4 / SECTOR;
const GD_AT_END: u64 = u64::MAX;

/// Who writes the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// ovftool and the exports of vSphere: everything in the order of the stream.
    Vmware,
    /// The same, with entries of VirtualBox's own in the descriptor. Here it also has the tables
    /// that are empty, as the format allows.
    VirtualBox,
    /// vmdk-convert: tables in front of the grains, no footer.
    OpenVmdk,
    /// qemu-img: two sets of tables in front, no end, and room for a whole grain after the last.
    Qemu,
}

impl Layout {
    pub(crate) const ALL: [Self; 4] = [Self::Vmware, Self::VirtualBox, Self::OpenVmdk, Self::Qemu];

    fn tables_in_front(self) -> bool {
        matches!(self, Self::OpenVmdk | Self::Qemu)
    }
}

/// The header of a disk; places and sizes in sectors.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) version: u32,
    pub(crate) flags: u32,
    pub(crate) capacity: u64,
    pub(crate) grain: u64,
    pub(crate) descriptor_at: u64,
    pub(crate) descriptor_len: u64,
    pub(crate) redundant_directory: u64,
    pub(crate) directory: u64,
    pub(crate) overhead: u64,
    pub(crate) unclean: u8,
    pub(crate) newlines: [u8; 4],
    pub(crate) compression: u16,
}

impl Header {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"KDMV".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        for number in [self.capacity, self.grain, self.descriptor_at, self.descriptor_len] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((TABLE_ENTRIES as u32).to_le_bytes());
        for number in [self.redundant_directory, self.directory, self.overhead] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.push(self.unclean);
        bytes.extend(self.newlines);
        bytes.extend(self.compression.to_le_bytes());
        bytes.resize(512, 0);
        bytes
    }
}

/// A small disk. What is public can be changed before it is built.
#[derive(Debug, Clone)]
pub(crate) struct Vmdk {
    pub(crate) layout: Layout,
    pub(crate) header: Header,
    pub(crate) descriptor: String,
    /// The sectors that grains are for, and what is in them.
    pub(crate) grains: Vec<(u64, Vec<u8>)>,
}

impl Vmdk {
    /// A disk of that many grains' capacity that holds the first `filled` of them.
    pub(crate) fn new(layout: Layout, capacity: u64, filled: u64) -> Self {
        let sectors = capacity * GRAIN_SECTORS;
        let descriptor = descriptor(layout, sectors);
        let tables = capacity.div_ceil(TABLE_ENTRIES);
        let directory_sectors = (tables * 4).div_ceil(SECTOR);
        let table_sectors = directory_sectors + tables * TABLE_SECTORS;
        let (flags, descriptor_len, redundant_directory, directory) = match layout {
            Layout::Vmware | Layout::VirtualBox => (0x30001, 2, 0, GD_AT_END),
            Layout::OpenVmdk => (0x30001, 20, 0, 21),
            Layout::Qemu => (0x30003, 20, 21, 21 + table_sectors),
        };
        let overhead = match layout {
            Layout::Vmware | Layout::VirtualBox => GRAIN_SECTORS,
            Layout::OpenVmdk => directory + table_sectors,
            Layout::Qemu => (directory + table_sectors).next_multiple_of(GRAIN_SECTORS),
        };
        let header = Header {
            version: 3,
            flags,
            capacity: sectors,
            grain: GRAIN_SECTORS,
            descriptor_at: 1,
            descriptor_len,
            redundant_directory,
            directory,
            overhead,
            unclean: 0,
            newlines: *b"\n \r\n",
            compression: 1,
        };
        let grains = (0..filled).map(|n| (n * GRAIN_SECTORS, deflate(&noise(n, 2000))));
        Self { layout, header, descriptor, grains: grains.collect() }
    }

    /// The bytes before the first grain.
    fn front(&self, places: &[u32]) -> Vec<u8> {
        let mut bytes = self.header.bytes();
        bytes.extend(self.descriptor.as_bytes());
        let descriptor_end = (self.header.descriptor_at + self.header.descriptor_len).max(1);
        bytes.resize((descriptor_end * SECTOR) as usize, 0);
        if self.layout.tables_in_front() {
            for _ in 0..if self.layout == Layout::Qemu { 2 } else { 1 } {
                let begin = bytes.len() as u64 / SECTOR;
                let (directory, tables) = tables(self.header.capacity, begin, &self.grains, places);
                bytes.extend(directory);
                bytes.extend(tables);
            }
        }
        bytes.resize((self.header.overhead * SECTOR) as usize, 0);
        bytes
    }

    /// The bytes of the whole disk.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut places = Vec::new();
        let mut last = 0;
        for (sector, data) in &self.grains {
            last = stream.len();
            places.push((self.header.overhead + stream.len() as u64 / SECTOR) as u32);
            stream.extend(grain(*sector, data));
        }
        let here = |stream: &[u8]| self.header.overhead + stream.len() as u64 / SECTOR;
        match self.layout {
            Layout::OpenVmdk => stream.extend(marker(0, 0)),
            Layout::Qemu if self.grains.is_empty() => {}
            Layout::Qemu => stream.resize((last + GRAIN_BYTES as usize).max(stream.len()), 0),
            Layout::Vmware | Layout::VirtualBox => {
                let mut directory = Vec::new();
                let (_, tables) = tables(self.header.capacity, 0, &self.grains, &places);
                for table in tables.chunks((TABLE_SECTORS * SECTOR) as usize) {
                    // VMware leaves out tables that are empty.
                    if self.layout == Layout::Vmware && table.iter().all(|byte| *byte == 0) {
                        directory.extend([0; 4]);
                        continue;
                    }
                    stream.extend(marker(TABLE_SECTORS, 1));
                    directory.extend((here(&stream) as u32).to_le_bytes());
                    stream.extend(table);
                }
                directory.resize(directory.len().next_multiple_of(512), 0);
                stream.extend(marker(directory.len() as u64 / SECTOR, 2));
                let footer = Header { directory: here(&stream), ..self.header.clone() };
                stream.extend(directory);
                stream.extend(marker(1, 3));
                stream.extend(footer.bytes());
                stream.extend(marker(0, 0));
            }
        }
        let mut bytes = self.front(&places);
        bytes.extend(stream);
        bytes
    }
}

/// The descriptor that a writer puts into a stream-optimized disk.
pub(crate) fn descriptor(layout: Layout, sectors: u64) -> String {
    let (extent, database) = match layout {
        Layout::Vmware => (
            format!("RDONLY {sectors} SPARSE \"generated-stream.vmdk\""),
            "adapterType = \"lsilogic\"\nvirtualHWVersion = \"11\"\nthinProvisioned = \"1\"\n",
        ),
        Layout::VirtualBox => (
            format!("RDONLY {sectors} SPARSE \"box-disk001.vmdk\""),
            "ddb.virtualHWVersion = \"4\"\nddb.adapterType=\"ide\"\nddb.uuid.image=\"c0ffee00-0000\"\n",
        ),
        Layout::OpenVmdk => (
            format!("RW {sectors} SPARSE \"disk\""),
            "ddb.virtualHWVersion = \"4\"\nddb.adapterType = \"lsilogic\"\nddb.toolsVersion = \"2147483647\"",
        ),
        Layout::Qemu => (
            format!("RW {sectors} SPARSE \"disk.vmdk\""),
            "ddb.virtualHWVersion = \"4\"\nddb.adapterType = \"ide\"\nddb.toolsVersion = \"2147483647\"\n",
        ),
    };
    format!(
        "# Disk DescriptorFile\nversion=1\nCID=6b53244c\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n\n\
         # Extent description\n{extent}\n\n# The Disk Data Base\n#DDB\n\n{database}"
    )
}

/// A grain directory for tables that follow it at once, and these tables.
fn tables(
    capacity: u64,
    begin: u64,
    grains: &[(u64, Vec<u8>)],
    places: &[u32],
) -> (Vec<u8>, Vec<u8>) {
    let count = capacity.div_ceil(GRAIN_SECTORS).div_ceil(TABLE_ENTRIES);
    let first = begin + (count * 4).div_ceil(SECTOR);
    let mut directory: Vec<u8> =
        (0..count).flat_map(|n| ((first + n * TABLE_SECTORS) as u32).to_le_bytes()).collect();
    directory.resize(directory.len().next_multiple_of(512), 0);
    let mut entries = vec![0_u32; (count * TABLE_ENTRIES) as usize];
    for ((sector, _), place) in grains.iter().zip(places) {
        if let Some(entry) = entries.get_mut((sector / GRAIN_SECTORS) as usize) {
            *entry = *place;
        }
    }
    (directory, entries.into_iter().flat_map(u32::to_le_bytes).collect())
}

/// A marker of a type, for so many sectors after it.
pub(crate) fn marker(sectors: u64, kind: u32) -> Vec<u8> {
    let mut bytes = sectors.to_le_bytes().to_vec();
    bytes.extend([0; 4]);
    bytes.extend(kind.to_le_bytes());
    bytes.resize(512, 0);
    bytes
}

/// A grain with its marker.
pub(crate) fn grain(sector: u64, data: &[u8]) -> Vec<u8> {
    let mut bytes = sector.to_le_bytes().to_vec();
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A zlib stream that holds the bytes as they are (RFC 1950, RFC 1951), filled up with zeros to a
/// whole grain.
pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.resize(GRAIN_BYTES as usize, 0);
    let mut bytes = vec![0x78, 0x01];
    let mut blocks = padded.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        bytes.push(u8::from(blocks.peek().is_none()));
        bytes.extend((block.len() as u16).to_le_bytes());
        bytes.extend((!(block.len() as u16)).to_le_bytes());
        bytes.extend(block);
    }
    let (a, b) = padded.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    bytes.extend((b << 16 | a).to_be_bytes());
    bytes
}

/// Bytes that do not compress, always the same for a seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let numbers = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    numbers.flatten().take(len).collect()
}

/// A good stream-optimized disk file of exactly `size` bytes, in pieces of at most a grain, made as
/// they are asked for: 30 GB take no more memory than its grain tables do.
pub(crate) struct Giant {
    /// What is to come before the next grain.
    ready: VecDeque<Vec<u8>>,
    grain: Vec<u8>,
    grains: u64,
    next: u64,
    /// The sector of the file where the next piece goes.
    here: u64,
    header: Header,
    table: Vec<u32>,
    directory: Vec<u32>,
}

impl Giant {
    /// The smallest one: one grain.
    pub(crate) const SMALLEST: u64 = 400 * SECTOR;

    /// A disk file of `size` bytes, a multiple of 512.
    pub(crate) fn new(size: u64) -> Self {
        assert!(size >= Self::SMALLEST && size.is_multiple_of(SECTOR), "no such disk: {size}");
        let grain = grain(0, &deflate(&noise(size, GRAIN_BYTES as usize)));
        let grain_sectors = grain.len() as u64 / SECTOR;
        let sectors = size / SECTOR;
        let after = |grains: u64| {
            let tables = grains.div_ceil(TABLE_ENTRIES);
            grains * grain_sectors
                + tables * (1 + TABLE_SECTORS)
                + 1
                + (tables * 4).div_ceil(SECTOR)
                + 3
        };
        let mut grains = sectors / grain_sectors;
        while GRAIN_SECTORS + after(grains) > sectors {
            grains -= 1;
        }
        let mut disk = Vmdk::new(Layout::Vmware, grains, 0);
        // What is left of the size goes between the descriptor and the first grain.
        disk.header.overhead = sectors - after(grains);
        let mut front = disk.front(&[]);
        let rest = front.split_off(4096);
        let ready =
            std::iter::once(front).chain(rest.chunks(GRAIN_BYTES as usize).map(<[u8]>::to_vec));
        Self {
            ready: ready.collect(),
            grain,
            grains,
            next: 0,
            here: disk.header.overhead,
            header: disk.header,
            table: Vec::new(),
            directory: Vec::new(),
        }
    }

    /// How many bytes the disk has for its guest.
    pub(crate) fn capacity_bytes(&self) -> u64 {
        self.header.capacity * SECTOR
    }

    fn put(&mut self, bytes: Vec<u8>) {
        self.here += bytes.len() as u64 / SECTOR;
        self.ready.push_back(bytes);
    }

    fn finish_table(&mut self) {
        self.put(marker(TABLE_SECTORS, 1));
        self.directory.push(self.here as u32);
        self.table.resize(TABLE_ENTRIES as usize, 0);
        let table = std::mem::take(&mut self.table);
        self.put(table.into_iter().flat_map(u32::to_le_bytes).collect());
    }

    fn finish(&mut self) {
        let mut directory: Vec<u8> =
            self.directory.iter().flat_map(|place| place.to_le_bytes()).collect();
        directory.resize(directory.len().next_multiple_of(512), 0);
        self.put(marker(directory.len() as u64 / SECTOR, 2));
        let footer = Header { directory: self.here, ..self.header.clone() };
        self.put(directory);
        self.put(marker(1, 3));
        self.put(footer.bytes());
        self.put(marker(0, 0));
    }
}

impl Iterator for Giant {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        if self.next == self.grains {
            return None;
        }
        self.grain[..8].copy_from_slice(&(self.next * GRAIN_SECTORS).to_le_bytes());
        self.table.push(self.here as u32);
        self.here += self.grain.len() as u64 / SECTOR;
        self.next += 1;
        if self.table.len() as u64 == TABLE_ENTRIES || self.next == self.grains {
            self.finish_table();
        }
        if self.next == self.grains {
            self.finish();
        }
        Some(self.grain.clone())
    }
}

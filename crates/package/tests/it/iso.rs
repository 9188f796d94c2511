//! Builds CD images, sector by sector, without files in them.

use crate::tar::put;

/// Bytes in a sector.
pub(crate) const SECTOR: usize = 2048;

/// An image that begins with 16 sectors of zeros.
#[derive(Clone)]
pub(crate) struct Iso {
    bytes: Vec<u8>,
}

/// A volume descriptor of ISO 9660.
pub(crate) fn descriptor(kind: u8) -> Vec<u8> {
    let mut sector = vec![0; SECTOR];
    sector[0] = kind;
    put(&mut sector, 1, b"CD001\x01");
    sector
}

/// A primary volume descriptor of a volume of this many sectors.
pub(crate) fn primary(name: &str, sectors: u32) -> Vec<u8> {
    let mut sector = descriptor(1);
    for (at, length) in [(8, 32), (40, 32), (318, 128), (446, 128), (574, 128)] {
        sector[at..at + length].fill(b' ');
    }
    put(&mut sector, 8, b"LINUX");
    put(&mut sector, 40, name.as_bytes());
    put(&mut sector, 80, &sectors.to_le_bytes());
    put(&mut sector, 84, &sectors.to_be_bytes());
    put(&mut sector, 128, b"\x00\x08\x08\x00");
    put(&mut sector, 318, b"PUBLISHER");
    put(&mut sector, 446, b"PREPARER");
    put(&mut sector, 574, b"APPLICATION");
    put(&mut sector, 813, b"2024050112345600\x08");
    sector
}

impl Iso {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; 16 * SECTOR] }
    }

    /// A good image of this many sectors.
    pub(crate) fn plain(name: &str, sectors: u32) -> Self {
        Self::new().sector(&primary(name, sectors)).terminator().sectors(sectors)
    }

    /// Any sector, filled up with zeros.
    pub(crate) fn sector(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(SECTOR), 0);
        self
    }

    /// The descriptor that ends the others.
    pub(crate) fn terminator(self) -> Self {
        self.sector(&descriptor(255))
    }

    /// A supplementary descriptor of Joliet.
    pub(crate) fn joliet(self) -> Self {
        let mut sector = descriptor(2);
        put(&mut sector, 88, b"%/E");
        self.sector(&sector)
    }

    /// A boot record of El Torito, whose catalogue stands in this sector.
    pub(crate) fn boot_record(self, catalogue: u32) -> Self {
        let mut sector = descriptor(0);
        put(&mut sector, 7, b"EL TORITO SPECIFICATION");
        put(&mut sector, 71, &catalogue.to_le_bytes());
        self.sector(&sector)
    }

    /// A boot catalogue for a BIOS, and for other platforms.
    pub(crate) fn catalogue(self, others: &[u8]) -> Self {
        let mut sector = vec![0; SECTOR];
        sector[0] = 1;
        put(&mut sector, 30, b"\x55\xaa");
        sector[32] = 0x88;
        for (n, platform) in others.iter().enumerate() {
            let at = 64 + 64 * n;
            let kind = if n + 1 == others.len() { 0x91 } else { 0x90 };
            put(&mut sector, at, &[kind, *platform, 1, 0]);
            sector[at + 32] = 0x88;
        }
        self.sector(&sector)
    }

    /// The descriptors that announce a UDF file system.
    pub(crate) fn udf(mut self, nsr: &[u8; 5]) -> Self {
        for id in [b"BEA01", nsr, b"TEA01"] {
            self = self.sector(&[b"\0".as_slice(), id, b"\x01"].concat());
        }
        self
    }

    /// Sectors of zeros up to this many.
    pub(crate) fn sectors(mut self, sectors: u32) -> Self {
        self.bytes.resize(sectors as usize * SECTOR, 0);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

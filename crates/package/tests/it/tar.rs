//! Builds tar archives, block by block, so that a test can say what no tar program would write.

use std::iter;

/// An archive of bytes and of runs of zeros, which take no memory.
#[derive(Clone, Default)]
pub(crate) struct Tar {
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Bytes(Vec<u8>),
    Zeros(u64),
}

/// The magic number and version in a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    V7,
    Ustar,
    Gnu,
}

/// One header block, with a right checksum unless it is changed afterwards.
pub(crate) fn header(dialect: Dialect, name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut block = vec![0; 512];
    put(&mut block, 0, name);
    put(&mut block, 100, b"0000644\0");
    put(&mut block, 108, b"0000000\0");
    put(&mut block, 116, b"0000000\0");
    if size < 1 << 33 {
        put(&mut block, 124, format!("{size:011o}\0").as_bytes());
    } else {
        put(&mut block, 124, &[0x80, 0, 0, 0]);
        put(&mut block, 128, &size.to_be_bytes());
    }
    put(&mut block, 136, b"00000000000\0");
    block[156] = kind;
    match dialect {
        Dialect::V7 => {}
        Dialect::Ustar => put(&mut block, 257, b"ustar\x0000"),
        Dialect::Gnu => put(&mut block, 257, b"ustar  \0"),
    }
    sum(&mut block);
    block
}

/// Writes the checksum of a header that was changed.
pub(crate) fn sum(block: &mut [u8]) {
    put(block, 148, b"        ");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    put(block, 148, format!("{sum:06o}\0 ").as_bytes());
}

/// Puts bytes into a block.
pub(crate) fn put(block: &mut [u8], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A record of an extended header.
pub(crate) fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = 3 + key.len() + value.len();
    // The length counts its own digits.
    let length = (rest..).find(|n| n.to_string().len() + rest == *n).expect("a length");
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

impl Tar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A file in the USTAR dialect.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.member(header(Dialect::Ustar, name.as_bytes(), b'0', content.len() as u64), content)
    }

    /// A file of zeros, in the dialect that can tell its size.
    pub(crate) fn zeros(self, name: &str, size: u64) -> Self {
        let dialect = if size < 1 << 33 { Dialect::Ustar } else { Dialect::Gnu };
        let mut tar = self.raw(&header(dialect, name.as_bytes(), b'0', size));
        tar.parts.push(Part::Zeros(size.next_multiple_of(512)));
        tar
    }

    /// A header and a content, filled up to a block.
    pub(crate) fn member(self, header: Vec<u8>, content: &[u8]) -> Self {
        let mut padded = content.to_vec();
        padded.resize(content.len().next_multiple_of(512), 0);
        self.raw(&header).raw(&padded)
    }

    /// An entry without content: a directory (`5`), a link (`1`, `2`) …
    pub(crate) fn entry(self, name: &str, kind: u8) -> Self {
        self.raw(&header(Dialect::Ustar, name.as_bytes(), kind, 0))
    }

    /// GNU tar's way to give the next member a long name.
    pub(crate) fn gnu_long(self, name: &[u8]) -> Self {
        let content = [name, b"\0"].concat();
        let header = header(Dialect::Gnu, b"././@LongLink", b'L', content.len() as u64);
        self.member(header, &content)
    }

    /// An extended header for the next member, of these records.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let records: Vec<_> = records.iter().map(|(key, value)| record(key, value)).collect();
        self.extended(b'x', &records.concat())
    }

    /// An extended header with any content.
    pub(crate) fn extended(self, kind: u8, content: &[u8]) -> Self {
        let header = header(Dialect::Ustar, b"PaxHeaders/x", kind, content.len() as u64);
        self.member(header, content)
    }

    /// Any bytes.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        match self.parts.last_mut() {
            Some(Part::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.parts.push(Part::Bytes(bytes.to_vec())),
        }
        self
    }

    /// The two blocks of zeros.
    pub(crate) fn end(self) -> Self {
        self.raw(&[0; 1024])
    }

    /// The archive with its end, as bytes; only for one without giant files.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.end().bytes()
    }

    /// The archive as it is, as bytes; only for one without giant files.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.chunks(1 << 20).flatten().collect()
    }

    /// The archive as it is, in chunks of at most this size, each made when it is asked for.
    pub(crate) fn chunks(&self, size: usize) -> impl Iterator<Item = Vec<u8>> {
        self.parts.iter().flat_map(move |part| {
            let mut at = 0;
            iter::from_fn(move || {
                let left = part.len() - at;
                let n = left.min(size as u64);
                let begin = at;
                at += n;
                (n > 0).then(|| match part {
                    Part::Bytes(bytes) => bytes[begin as usize..at as usize].to_vec(),
                    Part::Zeros(_) => vec![0; n as usize],
                })
            })
        })
    }

    /// How long the archive is.
    pub(crate) fn len(&self) -> u64 {
        self.parts.iter().map(Part::len).sum()
    }
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Zeros(n) => *n,
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Reading entries: regular files under headers that we would have written, and nothing else.

use std::io::{ErrorKind, Read};

use super::header::{self, Block, Header};
use super::{BLOCK_BYTES, padding};
use crate::error::ArchiveError;

/// Most bytes of an extended header: one name and one size.
const EXTENDED_BYTES_MAX: u64 = 4096;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 128 << 10;

/// Reads an archive.
pub(crate) struct Reader<R> {
    from: R,
    /// Bytes read so far.
    at: u64,
    chunk: Vec<u8>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub name: String,
    pub bytes: u64,
}

impl<R: Read> Reader<R> {
    pub fn new(from: R) -> Self {
        Self {
            from,
            at: 0,
            chunk: Vec::new(),
        }
    }

    /// The next entry; `None` at the end, behind which nothing may follow. The content of the one
    /// before has been read.
    pub fn next(&mut self) -> Result<Option<Entry>, ArchiveError> {
        let first = self.block()?;
        if first.iter().all(|byte| *byte == 0) {
            return self.finish().map(|()| None);
        }
        self.check(&first)?;
        if header::kind(&first) != header::EXTENDED {
            return self.entry(&first, first.to_vec(), (None, None)).map(Some);
        }
        let bytes = header::size(&first).filter(|bytes| *bytes <= EXTENDED_BYTES_MAX);
        let bytes = bytes.ok_or_else(|| self.odd("an extended header is too long"))?;
        let mut raw = first.to_vec();
        let mut records = vec![0; bytes as usize + padding(bytes)];
        self.fill(&mut records)?;
        raw.extend(&records);
        records.truncate(bytes as usize);
        let said = header::records(&records)
            .ok_or_else(|| self.odd("an extended header can't be read"))?;
        let second = self.block()?;
        self.check(&second)?;
        raw.extend(&second);
        self.entry(&second, raw, said).map(Some)
    }

    /// Reads the content of an entry that [`Reader::next`] gave, piece by piece.
    pub fn content(
        &mut self,
        entry: &Entry,
        each: &mut dyn FnMut(&[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.resize(CHUNK_BYTES, 0);
        let mut left = entry.bytes;
        while left > 0 {
            let length = left.min(CHUNK_BYTES as u64) as usize;
            self.fill(&mut chunk[..length])?;
            each(&chunk[..length])?;
            left -= length as u64;
        }
        self.chunk = chunk;
        let mut rest = [0; BLOCK_BYTES];
        let rest = &mut rest[..padding(entry.bytes)];
        self.fill(rest)?;
        match rest.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => Err(self.odd("there is something between two entries")),
        }
    }

    /// An entry by its own header and what was said before it.
    fn entry(
        &self,
        own: &Block,
        raw: Vec<u8>,
        (name, bytes): (Option<String>, Option<u64>),
    ) -> Result<Entry, ArchiveError> {
        let name = name.unwrap_or_else(|| header::name(own));
        if let Some(why) = refusal(header::kind(own)) {
            return Err(ArchiveError::Unsafe { name, why });
        }
        let fields = bytes
            .or_else(|| header::size(own))
            .zip(header::modified(own));
        let (bytes, modified) = fields.ok_or_else(|| self.odd("a header can't be read"))?;
        let ours = Header {
            name,
            bytes,
            modified,
        };
        if ours.encode() != raw {
            return Err(self.odd("a header is not as headwater writes it"));
        }
        let Header { name, bytes, .. } = ours;
        Ok(Entry { name, bytes })
    }

    fn check(&self, block: &Block) -> Result<(), ArchiveError> {
        match header::is_header(block) {
            true => Ok(()),
            false if self.at <= BLOCK_BYTES as u64 => {
                Err(ArchiveError::Foreign("it is no tar file"))
            }
            false => Err(self.odd("a header's checksum is wrong")),
        }
    }

    /// The second block of zeros, and the end of the file.
    fn finish(&mut self) -> Result<(), ArchiveError> {
        let second = self.block()?;
        let mut more = [0];
        let end = second.iter().all(|byte| *byte == 0) && self.read(&mut more)? == 0;
        match end {
            true => Ok(()),
            false => Err(self.odd("something follows its end")),
        }
    }

    fn block(&mut self) -> Result<Block, ArchiveError> {
        let mut block = [0; BLOCK_BYTES];
        self.fill(&mut block)?;
        Ok(block)
    }

    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), ArchiveError> {
        while !out.is_empty() {
            match self.read(out)? {
                0 => return Err(ArchiveError::Truncated(self.at)),
                count => out = &mut out[count..],
            }
        }
        Ok(())
    }

    fn read(&mut self, out: &mut [u8]) -> Result<usize, ArchiveError> {
        loop {
            match self.from.read(out) {
                Ok(count) => {
                    self.at += count as u64;
                    return Ok(count);
                }
                Err(again) if again.kind() == ErrorKind::Interrupted => {}
                Err(other) => return Err(other.into()),
            }
        }
    }

    fn odd(&self, what: &str) -> ArchiveError {
        ArchiveError::damaged(format!("{what} (before byte {})", self.at))
    }
}

/// Why an entry of that kind is refused.
fn refusal(kind: u8) -> Option<&'static str> {
    match kind {
        header::FILE => None,
        b'1' => Some("is a hard link"),
        b'2' => Some("is a symbolic link"),
        b'3' | b'4' => Some("is a device"),
        b'5' => Some("is a folder; a backup names files only"),
        b'6' => Some("is a pipe"),
        b'S' | b'V' | b'M' | b'L' | b'K' => Some("is of a kind that only GNU tar writes"),
        _ => Some("is of an unknown kind"),
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Writing entries one behind the other.

use std::io::{Result, Write};

use super::header::Header;
use super::{BLOCK_BYTES, padding};

/// Writes an archive. An entry's content must have the size that was announced.
pub(crate) struct Writer<W> {
    out: W,
    modified: u64,
    entry_bytes: u64,
}

impl<W: Write> Writer<W> {
    /// All entries count as written `modified` seconds after 1970.
    pub fn new(out: W, modified: u64) -> Self {
        Self {
            out,
            modified,
            entry_bytes: 0,
        }
    }

    /// Begins an entry of `bytes` bytes; they follow by [`Writer::content`].
    pub fn begin(&mut self, name: &str, bytes: u64) -> Result<()> {
        let header = Header {
            name: name.to_owned(),
            bytes,
            modified: self.modified,
        };
        self.entry_bytes = bytes;
        self.out.write_all(&header.encode())
    }

    /// Adds to the entry's content.
    pub fn content(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)
    }

    /// Ends the entry.
    pub fn end(&mut self) -> Result<()> {
        self.out
            .write_all(&[0; BLOCK_BYTES][..padding(self.entry_bytes)])
    }

    /// Writes a whole entry.
    pub fn entry(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.begin(name, content.len() as u64)?;
        self.content(content)?;
        self.end()
    }

    /// Ends the archive.
    pub fn finish(mut self) -> Result<()> {
        self.out.write_all(&[0; 2 * BLOCK_BYTES])?;
        self.out.flush()
    }
}

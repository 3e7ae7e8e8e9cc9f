// SPDX-License-Identifier: Apache-2.0
//! Sealing what is written.

use std::io::{Error, Result, Write};

use super::{CHUNK_BYTES, Key, TAG_BYTES, WORK_FACTOR_LOG2, header, nonce};

/// Encrypts what is written to it. Without [`Sealer::finish`] the file counts as truncated.
pub struct Sealer<W> {
    out: W,
    key: Key,
    number: u64,
    chunk: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Writes the header. Takes a good part of a second, and 256 MiB for so long, on purpose.
    pub fn new(out: W, passphrase: &[u8]) -> Result<Self> {
        Self::with_work_factor(out, passphrase, WORK_FACTOR_LOG2)
    }

    pub(super) fn with_work_factor(mut out: W, passphrase: &[u8], log2: u8) -> Result<Self> {
        let (header, key) = header::write(passphrase, log2)?;
        out.write_all(&header)?;
        Ok(Self {
            out,
            key,
            number: 0,
            chunk: Vec::with_capacity(CHUNK_BYTES + TAG_BYTES),
        })
    }

    fn seal(&mut self, is_last: bool) -> Result<()> {
        let nonce = nonce(self.number, is_last);
        let sealed = self.key.seal(nonce, &mut self.chunk);
        sealed.map_err(|_| Error::other("a chunk could not be encrypted"))?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }

    /// Writes the last chunk and gives back what it wrote to.
    pub fn finish(mut self) -> Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.chunk.len() == CHUNK_BYTES {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// A chunk is written when it is full.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

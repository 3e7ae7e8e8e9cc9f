// SPDX-License-Identifier: Apache-2.0
//! Opening what was sealed. Nothing is given out that was not checked.

use std::io::{Read, Result};

use super::{CHUNK_BYTES, Key, TAG_BYTES, header, nonce};
use crate::error::ArchiveError;

/// Decrypts what it reads.
pub struct Opener<R> {
    from: R,
    key: Key,
    number: u64,
    chunk: Vec<u8>,
    /// How much of the chunk was given out.
    given: usize,
    is_last: bool,
}

impl<R: Read> Opener<R> {
    /// Reads the header. Takes a good part of a second, and 256 MiB for so long.
    pub fn new(mut from: R, passphrase: &[u8]) -> std::result::Result<Self, ArchiveError> {
        let key = header::read(&mut from, passphrase)?;
        Ok(Self {
            from,
            key,
            number: 0,
            chunk: Vec::new(),
            given: 0,
            is_last: false,
        })
    }

    fn next_chunk(&mut self) -> std::result::Result<(), ArchiveError> {
        const SEALED_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
        self.chunk.clear();
        self.given = 0;
        let mut part = (&mut self.from).take(SEALED_BYTES as u64);
        part.read_to_end(&mut self.chunk)?;
        let at = self.number * SEALED_BYTES as u64 + self.chunk.len() as u64;
        if self.chunk.is_empty() {
            return Err(ArchiveError::Truncated(at));
        }
        let is_full = self.chunk.len() == SEALED_BYTES;
        let whole = self.chunk.clone();
        // A full one may be the last one too.
        let opened = is_full && self.open(false);
        if !opened {
            self.chunk = whole;
            self.is_last = self.open(true);
            if !self.is_last {
                let what = "an encrypted chunk does not open: it was changed or cut off";
                return Err(ArchiveError::Damaged(format!("{what} (before byte {at})")));
            }
            if self.chunk.is_empty() && self.number > 0 || self.from.read(&mut [0])? > 0 {
                return Err(ArchiveError::damaged("something follows its end"));
            }
        }
        self.number += 1;
        Ok(())
    }

    fn open(&mut self, is_last: bool) -> bool {
        let nonce = nonce(self.number, is_last);
        self.key.open(nonce, &mut self.chunk).is_ok()
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.given == self.chunk.len() {
            if self.is_last {
                return Ok(0);
            }
            self.next_chunk()?;
        }
        let rest = &self.chunk[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

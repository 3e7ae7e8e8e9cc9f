// SPDX-License-Identifier: Apache-2.0
//! The segment that is written: adds to it, seals it, begins the next.

use std::io::{IoSlice, Result};
use std::path::Path;

use crate::disk::{Disk, Medium};
use crate::folder;
use crate::format::{HEADER_BYTES, Header, Seal};
use crate::life::Life;
use crate::segments::{Newest, Segment};
use crate::summary::Summary;

/// The newest segment, open for writing.
pub(crate) struct Active {
    medium: Box<dyn Medium>,
    newest: Newest,
    salt: u32,
    /// Offset behind the last record that was added for good.
    end: u64,
    summary: Summary,
}

impl Active {
    /// Begins a segment.
    pub(crate) fn create(disk: &dyn Disk, dir: &Path, life: Life, newest: Newest) -> Result<Self> {
        let header = Header {
            life,
            first: newest.first,
            follows: newest.follows,
        };
        let name = folder::segment_name(newest.first);
        Ok(Self {
            medium: disk.create(dir, &name, &header.encode())?,
            newest,
            salt: life.salt,
            end: newest.first,
            summary: Summary::default(),
        })
    }

    /// Offset behind the last record.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of records in it.
    pub(crate) fn bytes(&self) -> u64 {
        self.end - self.newest.first
    }

    /// Adds records; they count only once [`Active::confirm`] is called.
    pub(crate) fn append(&mut self, parts: &mut [IoSlice<'_>]) -> Result<()> {
        self.medium.append(parts)
    }

    /// Takes back what was added and not confirmed.
    pub(crate) fn cut_back(&mut self) -> Result<()> {
        self.medium.cut(HEADER_BYTES as u64 + self.bytes())
    }

    /// Makes what was added safe.
    pub(crate) fn sync(&mut self) -> Result<()> {
        self.medium.sync()
    }

    /// What was added up to `end` is safe and counts.
    pub(crate) fn confirm(&mut self, end: u64, added: &Summary) {
        self.end = end;
        self.summary.extend(added);
    }

    /// What it is once nothing is added to it.
    pub(crate) fn as_sealed(&self) -> Segment {
        Segment {
            first: self.newest.first,
            follows: self.newest.follows,
            end: self.end,
            summary: self.summary.clone(),
        }
    }

    /// Writes the seal behind the last record. Without it the next open scans the file.
    pub(crate) fn seal(&mut self) -> Result<()> {
        let seal = Seal {
            first: self.newest.first,
            end: self.end,
            summary: self.summary.clone(),
        };
        let seal = seal.encode(self.salt);
        self.medium.append(&mut [IoSlice::new(&seal)])
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What the writer asks of a disk; tests put one in its place that fails.

use std::fs::File;
use std::io::{Error, ErrorKind, IoSlice, Result, Seek, SeekFrom, Write};
use std::path::Path;

use crate::folder;

/// How much fits on a disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Bytes that this process may still use.
    pub(crate) free: u64,
    /// Bytes of the whole file system.
    pub(crate) total: u64,
}

/// Makes segment files.
pub(crate) trait Disk: Send {
    /// The room on the disk that `dir` is on.
    fn room(&self, dir: &Path) -> Result<Room>;
    /// A new file that begins with `header`, safe from power loss, over what has its name.
    fn create(&self, dir: &Path, name: &str, header: &[u8]) -> Result<Box<dyn Medium>>;
}

/// A file that is written at its end.
pub(crate) trait Medium: Send {
    /// Adds all of `parts`, in order.
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> Result<()>;
    /// Makes what was added safe.
    fn sync(&mut self) -> Result<()>;
    /// Cuts the file to `length` bytes.
    fn cut(&mut self, length: u64) -> Result<()>;
}

/// Files.
pub(crate) struct Files;

impl Disk for Files {
    fn room(&self, dir: &Path) -> Result<Room> {
        let about = rustix::fs::statvfs(dir)?;
        Ok(Room {
            free: about.f_bavail * about.f_frsize,
            total: about.f_blocks * about.f_frsize,
        })
    }

    fn create(&self, dir: &Path, name: &str, header: &[u8]) -> Result<Box<dyn Medium>> {
        Ok(Box::new(folder::replace(dir, name, header)?))
    }
}

impl Medium for File {
    fn append(&mut self, mut parts: &mut [IoSlice<'_>]) -> Result<()> {
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match self.write_vectored(parts) {
                Ok(0) => return Err(Error::from(ErrorKind::WriteZero)),
                Ok(count) => IoSlice::advance_slices(&mut parts, count),
                Err(again) if again.kind() == ErrorKind::Interrupted => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(|_| ())
    }
}

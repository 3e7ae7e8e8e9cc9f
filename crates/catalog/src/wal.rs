// SPDX-License-Identifier: Apache-2.0
//! SQLite's write-ahead log as a file (https://www.sqlite.org/fileformat2.html#walformat): which
//! pages it holds, and whether its middle is damaged.
//!
//! SQLite reads it up to the first frame that is not whole and takes the rest for a write that did
//! not finish. That is right after a crash, because a commit is synced before the next one begins:
//! so what was cut off can hold one commit at most. If there are more, a disk has lost them.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;

/// What a write-ahead log holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wal {
    /// Pages of its commits, from 1.
    pub(crate) pages: BTreeSet<u32>,
    /// Commits behind a damaged place: SQLite would pass over them.
    pub(crate) cut_off: usize,
}

/// Where the write-ahead log of a database is.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Reads it; `None` if there is no such file.
pub(crate) fn read(database: &Path) -> Result<Option<Wal>> {
    match std::fs::read(path_of(database)) {
        Ok(bytes) => Ok(Some(parse(&bytes))),
        Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
        Err(other) => Err(other),
    }
}

/// The pages of its first `frames` frames, which are known to be whole.
pub(crate) fn pages(database: &Path, frames: usize) -> Result<BTreeSet<u32>> {
    let bytes = std::fs::read(path_of(database))?;
    let short = || Error::from(ErrorKind::UnexpectedEof);
    let size = word(&bytes, 8).ok_or_else(short)? as usize;
    (0..frames)
        .map(|n| word(&bytes, HEADER_BYTES + n * (FRAME_HEADER_BYTES + size)).ok_or_else(short))
        .collect()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

fn parse(bytes: &[u8]) -> Wal {
    let mut wal = Wal::default();
    let size = word(bytes, 8).unwrap_or_default() as usize;
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return wal;
    }
    let frames = bytes
        .get(HEADER_BYTES..)
        .unwrap_or_default()
        .chunks_exact(FRAME_HEADER_BYTES + size);
    let is_big = word(bytes, 0) == Some(MAGIC_BIG);
    let mut sum = add([0, 0], &bytes[..24], is_big);
    let is_good = matches!(word(bytes, 0), Some(MAGIC_BIG | MAGIC_LITTLE))
        && [word(bytes, 24), word(bytes, 28)] == sum.map(Some);
    // A damaged header says nothing of salts, but the frames do.
    let salts = match is_good {
        true => bytes.get(16..24),
        false => bytes.get(HEADER_BYTES + 8..HEADER_BYTES + 16),
    };
    let (mut is_whole, mut open) = (is_good, Vec::new());
    for frame in frames {
        let is_of_this_run = frame.get(8..16) == salts;
        let is_commit = word(frame, 4) != Some(0);
        if is_whole {
            sum = add(sum, &frame[..8], is_big);
            sum = add(sum, &frame[FRAME_HEADER_BYTES..], is_big);
            is_whole = is_of_this_run && [word(frame, 16), word(frame, 20)] == sum.map(Some);
        }
        match (is_whole, is_of_this_run && is_commit) {
            (true, true) => {
                open.extend(word(frame, 0));
                wal.pages.extend(open.drain(..));
            }
            (true, false) => open.extend(word(frame, 0)),
            (false, true) => wal.cut_off += 1,
            (false, false) => {}
        }
    }
    wal
}

/// SQLite's checksum over more bytes, a multiple of eight.
fn add([mut a, mut b]: [u32; 2], bytes: &[u8], is_big: bool) -> [u32; 2] {
    let number = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        match is_big {
            true => u32::from_be_bytes(four),
            false => u32::from_le_bytes(four),
        }
    };
    for pair in bytes.chunks_exact(8) {
        a = a.wrapping_add(number(&pair[..4])).wrapping_add(b);
        b = b.wrapping_add(number(&pair[4..])).wrapping_add(a);
    }
    [a, b]
}

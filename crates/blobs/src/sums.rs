// SPDX-License-Identifier: Apache-2.0
//! Checksums of an object's blocks, in an extended attribute of its file: written with it, gone
//! with it, and no bytes of it, so that other tools read the file as it is.
//!
//! ```text
//! user.hw.crc32c: u8 version 1, u8 log2 of the block's bytes, u64 bytes of the object,
//!                 u32 crc32c of each block, u32 crc32c of all that
//! ```
//! Integers are little-endian. A file without it (of a file system that has no such attributes, an
//! earlier release, or copied by a tool that leaves them behind) is read unchecked.

use std::fs::File;
use std::io::{Error, Result};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Once;

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use rustix::io::Errno;

const NAME: &str = "user.hw.crc32c";
const VERSION: u8 = 1;

/// Bytes of a block at least: what a reader reads too much is less than two of them.
const BLOCK_LOG2_MIN: u8 = 16;

/// Most blocks: the attribute fits into a block of 1 KB, the least that ext4 has.
const BLOCKS_MAX: usize = 200;

/// Bytes around the blocks' checksums.
const FIXED_BYTES: usize = 1 + 1 + 8 + 4;

/// The checksums of an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    block_log2: u8,
    size: u64,
    blocks: Vec<u32>,
}

impl Sums {
    /// Those of an object of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let block_log2 = block_log2(bytes.len() as u64);
        Self {
            block_log2,
            size: bytes.len() as u64,
            blocks: bytes.chunks(1 << block_log2).map(crc32c::crc32c).collect(),
        }
    }

    /// Those of what is in a file, block by block.
    fn of_file(file: &File) -> Result<Self> {
        let size = file.metadata()?.len();
        let block_log2 = block_log2(size);
        let mut block = vec![0; 1 << block_log2];
        let (mut at, mut blocks) = (0, Vec::new());
        while at < size {
            let length = (size - at).min(block.len() as u64) as usize;
            file.read_exact_at(&mut block[..length], at)?;
            blocks.push(crc32c::crc32c(&block[..length]));
            at += length as u64;
        }
        Ok(Self {
            block_log2,
            size,
            blocks,
        })
    }

    /// Bytes of the object.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The whole blocks that `range`, which lies in the object, is in.
    pub(crate) fn around(&self, range: &Range<u64>) -> Range<u64> {
        let block = 1_u64 << self.block_log2;
        let start = range.start / block * block;
        start
            ..range
                .end
                .div_ceil(block)
                .saturating_mul(block)
                .min(self.size)
    }

    /// Where `bytes`, whole blocks from `start` on, are first not what was stored.
    pub(crate) fn damage(&self, start: u64, bytes: &[u8]) -> Option<Range<u64>> {
        let block = 1_u64 << self.block_log2;
        let first = usize::try_from(start / block).unwrap_or(usize::MAX);
        let stored = self.blocks.get(first..).unwrap_or_default().iter();
        let found = bytes.chunks(1 << self.block_log2);
        let at = |n: usize| start + n as u64 * block;
        let bad = found
            .zip(stored.map(Some).chain(std::iter::repeat(None)))
            .position(|(found, stored)| stored != Some(&crc32c::crc32c(found)))?;
        Some(at(bad)..at(bad + 1).min(self.size))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION, self.block_log2];
        out.extend_from_slice(&self.size.to_le_bytes());
        for block in &self.blocks {
            out.extend_from_slice(&block.to_le_bytes());
        }
        let sum = crc32c::crc32c(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, sum) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(covered).to_le_bytes() != *sum {
            return None;
        }
        let (head, blocks) = covered.split_first_chunk::<10>()?;
        let [VERSION, block_log2 @ BLOCK_LOG2_MIN..=40, size @ ..] = *head else {
            return None;
        };
        let size = u64::from_le_bytes(size);
        let blocks: Vec<u32> = blocks
            .chunks_exact(4)
            .map(|block| u32::from_le_bytes([block[0], block[1], block[2], block[3]]))
            .collect();
        let fits = size.div_ceil(1 << block_log2) == blocks.len() as u64;
        fits.then_some(Self {
            block_log2,
            size,
            blocks,
        })
    }
}

/// The least blocks that are few enough.
fn block_log2(size: u64) -> u8 {
    let mut block_log2 = BLOCK_LOG2_MIN;
    while size.div_ceil(1 << block_log2) > BLOCKS_MAX as u64 {
        block_log2 += 1;
    }
    block_log2
}

/// Puts checksums on the file of an object that came another way than by a put, as from a backup.
/// What is in it counts as right.
pub fn attach_to(object: &Path) -> Result<()> {
    let file = File::open(object)?;
    set(&file, &Sums::of_file(&file)?)
}

/// Puts the checksums of `bytes` on the file that holds them.
pub(crate) fn attach(file: &File, bytes: &[u8]) -> Result<()> {
    set(file, &Sums::of(bytes))
}

/// Puts checksums that an object had before on its file, right or not, so that damage stays damage;
/// `false` if the file system keeps none, and the damage would not be found.
pub fn attach_as_they_were(object: &Path, checksums: &[u8]) -> Result<bool> {
    set_value(&File::open(object)?, checksums)
}

fn set(file: &File, sums: &Sums) -> Result<()> {
    if !set_value(file, &sums.encode())? {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            tracing::warn!(
                "the file system of the object store keeps no extended attributes: \
                 damage in its files will not be noticed"
            );
        });
    }
    Ok(())
}

/// Whether the file system keeps it.
fn set_value(file: &File, value: &[u8]) -> Result<bool> {
    match fsetxattr(file, NAME, value, XattrFlags::empty()) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM) => Ok(false),
        done => done.map(|()| true).map_err(Error::from),
    }
}

/// A file's checksums as they lie there; what can't be read, or is none, is empty and no checksums.
pub(crate) fn as_they_are(file: &File) -> Vec<u8> {
    let mut value = [0; FIXED_BYTES + 4 * BLOCKS_MAX];
    fgetxattr(file, NAME, &mut value).map_or_else(|_| Vec::new(), |length| value[..length].to_vec())
}

/// The checksums of a file; `Ok(None)` if it has none, `Err` if they are damaged.
pub(crate) fn of(file: &File) -> Result<Option<Sums>> {
    let mut value = [0; FIXED_BYTES + 4 * BLOCKS_MAX];
    match fgetxattr(file, NAME, &mut value) {
        Ok(length) => Sums::decode(&value[..length])
            .map(Some)
            .ok_or_else(|| Error::other("its checksums are damaged")),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_flipped_bit_of_the_attribute_shows() {
        let sums = Sums::of(&vec![7; 200_000]);
        let bytes = sums.encode();
        assert_eq!(Sums::decode(&bytes), Some(sums));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Sums::decode(&bad), None, "{bit}");
        }
        assert_eq!(Sums::decode(&[]), None);
    }

    #[test]
    fn the_attribute_stays_small() {
        for size in [0, 1, 65_536, 13_107_200, 13_107_201, 100 << 20] {
            let sums = Sums::of(&vec![1; size]);
            assert!(sums.blocks.len() <= BLOCKS_MAX, "{size}");
            assert_eq!(Sums::decode(&sums.encode()).as_ref(), Some(&sums), "{size}");
        }
    }

    #[test]
    fn a_file_has_those_of_its_bytes() {
        for size in [0, 1, 65_536, 200_001] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            std::io::Write::write_all(&mut file, &bytes).expect("written");
            let found = Sums::of_file(file.as_file()).expect("read");
            assert_eq!(found, Sums::of(&bytes), "{size}");
            attach_to(file.path()).expect("attached");
        }
    }

    proptest! {
        #[test]
        fn damage_is_found_in_any_range(
            size in 1_u64..300_000, flipped in 0_u64..300_000, (a, b) in (0_u64..300_000, 0_u64..300_000)
        ) {
            let mut bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let sums = Sums::of(&bytes);
            let (a, b) = (a % size, b % (size + 1));
            let around = sums.around(&(a.min(b)..a.max(b)));
            let cut = |bytes: &[u8]| bytes[around.start as usize..around.end as usize].to_vec();
            prop_assert_eq!(sums.damage(around.start, &cut(&bytes)), None);
            let flipped = flipped % size;
            bytes[flipped as usize] ^= 1;
            let found = sums.damage(around.start, &cut(&bytes));
            prop_assert_eq!(found.is_some(), around.contains(&flipped));
            prop_assert!(found.is_none_or(|found| found.contains(&flipped)));
        }
    }
}

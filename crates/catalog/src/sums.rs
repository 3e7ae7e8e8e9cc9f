// SPDX-License-Identifier: Apache-2.0
//! Checksums of the database's pages, in a file beside it: SQLite has none, and a bit that flips
//! inside a text would be believed.
//!
//! ```text
//! "HWSUMS\0\1", u8 1 if the database was closed in order, 3 bytes 0,
//! u32 bytes of a page, u32 crc32c of each page, u32 crc32c of all that
//! ```
//! Integers are little-endian. They are those of the database as the last checkpoint left it;
//! pages in the write-ahead log are newer, and have SQLite's own checksums there.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"HWSUMS\0\x01";
const FIXED_BYTES: usize = 16;

/// Where SQLite's header has the size of a page.
const PAGE_SIZE_AT: u64 = 16;

/// The checksums of a database's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Whether nothing has changed since.
    pub(crate) closed: bool,
    page_bytes: u32,
    pages: Vec<u32>,
}

/// Where the checksums of a database are.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".sums");
    path.into()
}

impl Sums {
    /// Reads them; `None` if there are none, or they are damaged themselves.
    pub(crate) fn load(database: &Path) -> Result<Option<Self>> {
        match std::fs::read(path_of(database)) {
            Ok(bytes) => Ok(Self::decode(&bytes)),
            Err(gone) if gone.kind() == ErrorKind::NotFound => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Writes them whole or not at all, safe from power loss.
    pub(crate) fn store(&self, database: &Path) -> Result<()> {
        let path = path_of(database);
        let aside = path.with_extension("sums.new");
        let mut file = File::create(&aside)?;
        file.write_all(&self.encode())?;
        file.sync_all()?;
        std::fs::rename(aside, &path)?;
        let folder = path.parent().filter(|folder| folder != &Path::new(""));
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Those of a database as it is now: of all pages anew, or of `changed` alone.
    pub(crate) fn of(
        database: &Path,
        before: Option<Self>,
        changed: &BTreeSet<u32>,
    ) -> Result<Self> {
        let file = File::open(database)?;
        let page_bytes = page_bytes(&file)?;
        let count = usize::try_from(file.metadata()?.len() / u64::from(page_bytes)).unwrap_or(0);
        let known = before.filter(|before| before.page_bytes == page_bytes);
        let mut sums = Self {
            closed: false,
            page_bytes,
            pages: known.map(|known| known.pages).unwrap_or_default(),
        };
        let grown = sums.pages.len()..count;
        sums.pages.resize(count, 0);
        let changed = changed
            .iter()
            .filter_map(|page| (*page as usize).checked_sub(1));
        for index in changed.filter(|index| *index < count).chain(grown) {
            sums.pages[index] = sum_of(&file, page_bytes, index)?;
        }
        Ok(sums)
    }

    /// Pages, from 1, that are not what they were; those of `newer` are somewhere else.
    pub(crate) fn damaged(&self, database: &Path, newer: &BTreeSet<u32>) -> Result<Vec<usize>> {
        let file = File::open(database)?;
        let mut found = Vec::new();
        for (index, stored) in self.pages.iter().enumerate() {
            let page = index + 1;
            let is_newer = u32::try_from(page).is_ok_and(|page| newer.contains(&page));
            if is_newer {
                continue;
            }
            match sum_of(&file, self.page_bytes, index) {
                Ok(sum) if sum == *stored => {}
                Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error),
                _ => found.push(page),
            }
        }
        Ok(found)
    }

    /// How many pages there are.
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&[u8::from(self.closed), 0, 0, 0]);
        for number in std::iter::once(&self.page_bytes).chain(&self.pages) {
            out.extend_from_slice(&number.to_le_bytes());
        }
        let sum = crc32c::crc32c(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (covered, sum) = bytes.split_last_chunk::<4>()?;
        let is_whole = crc32c::crc32c(covered).to_le_bytes() == *sum;
        let (head, pages) = covered.split_at_checked(FIXED_BYTES).filter(|_| is_whole)?;
        let number = |four: &[u8]| u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        head.starts_with(MAGIC).then(|| Self {
            closed: head[8] == 1,
            page_bytes: number(&head[12..]),
            pages: pages.chunks_exact(4).map(number).collect(),
        })
    }
}

fn page_bytes(file: &File) -> Result<u32> {
    let mut two = [0; 2];
    file.read_exact_at(&mut two, PAGE_SIZE_AT)?;
    // 65536 does not fit, and is written as 1.
    Ok(match u16::from_be_bytes(two) {
        1 => 65_536,
        size => u32::from(size.max(512)),
    })
}

fn sum_of(file: &File, page_bytes: u32, index: usize) -> Result<u32> {
    let mut page = vec![0; page_bytes as usize];
    file.read_exact_at(&mut page, index as u64 * u64::from(page_bytes))?;
    Ok(crc32c::crc32c(&page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_shows() {
        let sums = Sums {
            closed: true,
            page_bytes: 4096,
            pages: vec![1, 2, 3],
        };
        let bytes = sums.encode();
        assert_eq!(Sums::decode(&bytes), Some(sums));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Sums::decode(&bad), None, "{bit}");
        }
        assert_eq!(Sums::decode(&[]), None);
    }
}

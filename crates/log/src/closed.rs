// SPDX-License-Identifier: Apache-2.0
//! The mark that a log was closed in order, and where its records ended: after a crash an end that
//! is cut off may be a write that nobody was told of, but after a close it is damage.
//!
//! ```text
//! v1 EPOCH END CRC32C        END is the offset behind the last record; CRC of all before, in hex
//! ```

use std::io::{ErrorKind, Result};
use std::path::Path;

use crate::folder;

const FILE: &str = "closed";

/// Writes the mark.
pub(crate) fn mark(dir: &Path, epoch: u32, end: u64) -> Result<()> {
    folder::replace(dir, FILE, text(epoch, end).as_bytes()).map(|_| ())
}

/// Takes the mark away, so that it says nothing of the run that begins, and gives back its end.
pub(crate) fn take(dir: &Path, epoch: u32) -> Result<Option<u64>> {
    let found = match std::fs::read(dir.join(FILE)) {
        Ok(found) => found,
        Err(gone) if gone.kind() == ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(other),
    };
    std::fs::remove_file(dir.join(FILE))?;
    folder::sync(dir)?;
    Ok(parse(&String::from_utf8_lossy(&found), epoch))
}

fn text(epoch: u32, end: u64) -> String {
    let covered = format!("v1 {epoch} {end} ");
    format!("{covered}{:08x}\n", crc32c::crc32c(covered.as_bytes()))
}

fn parse(found: &str, epoch: u32) -> Option<u64> {
    let end = found.split(' ').nth(2)?.parse().ok()?;
    (found == text(epoch, end)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_there_once_and_damage_counts_as_none() {
        let dir = tempfile::tempdir().expect("a folder");
        mark(dir.path(), 7, 99).expect("marked");
        assert_eq!(take(dir.path(), 7).expect("taken"), Some(99));
        assert_eq!(take(dir.path(), 7).expect("gone"), None);
        mark(dir.path(), 7, 99).expect("marked");
        assert_eq!(take(dir.path(), 8).expect("another log's"), None);
        assert_eq!(parse("v1 7 98 00000000\n", 7), None);
        assert_eq!(parse("", 7), None);
    }
}

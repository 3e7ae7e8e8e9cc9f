// SPDX-License-Identifier: Apache-2.0
//! Files of the log's folder as a whole: its lock, safe replacement, names of segments.

use std::fs::{File, TryLockError};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// Where damaged files are put aside.
pub(crate) const QUARANTINE: &str = "quarantine";

/// Written when a sync has failed: the pages of the newest segment may not be what is on disk.
pub(crate) const FAILED: &str = "failed";

const SEGMENT: &str = ".seg";
const ASIDE: &str = ".new";

/// The name of the segment that begins at `first`.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:016x}{SEGMENT}")
}

/// Makes the folder and its parents, safe from power loss.
pub(crate) fn make(dir: &Path) -> Result<()> {
    let missing = dir.ancestors().take_while(|above| !above.exists()).count();
    std::fs::create_dir_all(dir)?;
    for made in dir.canonicalize()?.ancestors().take(missing) {
        made.parent().map_or(Ok(()), sync)?;
    }
    Ok(())
}

/// Makes the entries of a folder safe.
pub(crate) fn sync(dir: &Path) -> Result<()> {
    File::open(dir)?.sync_all()
}

/// Holds the folder for this process until dropped.
pub(crate) fn lock(dir: &Path) -> std::result::Result<File, OpenError> {
    let path = dir.join("lock");
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(OpenError::at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::at(path)(source)),
    }
}

/// Writes a file whole or not at all, over what has the name. The file is returned, open behind
/// what was written.
pub(crate) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<File> {
    let aside = aside(dir, name, bytes)?;
    put_in_place(dir, name)?;
    sync(dir)?;
    Ok(aside)
}

/// Writes and syncs a file under a name that counts for nothing yet.
pub(crate) fn aside(dir: &Path, name: &str, bytes: &[u8]) -> Result<File> {
    let mut options = File::options();
    let options = options.create(true).truncate(true).write(true).read(true);
    let mut file = options.open(dir.join(format!("{name}{ASIDE}")))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}

/// Gives a file that was written aside its name; [`sync`] makes that safe.
pub(crate) fn put_in_place(dir: &Path, name: &str) -> Result<()> {
    std::fs::rename(dir.join(format!("{name}{ASIDE}")), dir.join(name))
}

/// The first offsets of all segments, in order. Removes what was written aside by a run that
/// ended before it counted.
pub(crate) fn segments(dir: &Path) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path: PathBuf = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.ends_with(ASIDE) {
            std::fs::remove_file(&path)?;
        } else if let Some(first) = name.strip_suffix(SEGMENT)
            && let Ok(first) = u64::from_str_radix(first, 16)
            && segment_name(first) == name
        {
            found.push(first);
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_segments_count_and_order_is_by_offset() {
        let dir = tempfile::tempdir().expect("a folder");
        for first in [1 << 40, 0, 77] {
            replace(dir.path(), &segment_name(first), b"x").expect("written");
        }
        aside(dir.path(), &segment_name(5), b"half").expect("written");
        for stranger in ["life", "1.seg", "zz.seg", "000000000000000G.seg"] {
            std::fs::write(dir.path().join(stranger), b"x").expect("written");
        }
        assert_eq!(segments(dir.path()).expect("a list"), [0, 77, 1 << 40]);
        assert!(!dir.path().join("0000000000000005.seg.new").exists());
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().expect("a folder");
        let first = lock(dir.path()).expect("free");
        assert!(matches!(lock(dir.path()), Err(OpenError::InUse(_))));
        drop(first);
        lock(dir.path()).expect("free again");
    }
}

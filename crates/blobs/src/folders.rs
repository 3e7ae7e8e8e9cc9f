// SPDX-License-Identifier: Apache-2.0
//! Folders that are known to survive a power cut: made, and synced in every parent up to the root.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

/// Most folders remembered as safe; beyond it all are forgotten and synced once more.
const FOLDERS_KNOWN_MAX: usize = 4096;

/// Makes folders below a root, and syncs each entry once per process.
#[derive(Debug)]
pub(crate) struct Folders {
    root: PathBuf,
    known: Mutex<HashSet<PathBuf>>,
}

impl Folders {
    /// The folders below `root`, which is there and safe.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            known: Mutex::default(),
        }
    }

    /// Makes `folder` and its parents, and returns when none can be lost. A folder that another
    /// writer has just made is synced here too: that one may not have come so far.
    pub(crate) fn ensure(&self, folder: &Path) -> io::Result<()> {
        if folder == self.root || self.known.lock().contains(folder) {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        let below = folder.ancestors().take_while(|above| *above != self.root);
        for made in below {
            if let Some(parent) = made.parent() {
                sync(parent)?;
            }
        }
        let mut known = self.known.lock();
        if known.len() >= FOLDERS_KNOWN_MAX {
            known.clear();
        }
        known.insert(folder.to_owned());
        Ok(())
    }
}

/// Makes the entries of a folder safe.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_made_and_a_file_in_the_way_is_an_error() {
        let root = tempfile::tempdir().expect("a folder");
        let folders = Folders::new(root.path().to_owned());
        let deep = root.path().join("a/b/c");
        folders.ensure(&deep).expect("made");
        folders.ensure(&deep).expect("known");
        assert!(deep.is_dir());
        std::fs::write(root.path().join("file"), b"x").expect("written");
        assert!(folders.ensure(&root.path().join("file/below")).is_err());
    }
}

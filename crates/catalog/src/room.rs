// SPDX-License-Identifier: Apache-2.0
//! Room on the disk for what SQLite maps.
//!
//! SQLite makes its `-shm` file anew at each start and maps it. It writes one byte of each 4 KiB to
//! be sure of the room, which is not enough where a file system's blocks are smaller: a disk that
//! is all but full then ends the process with SIGBUS, instead of an error.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};

/// The mapped file's first part (32 KiB), a log of some pages, and what the file system needs to
/// note them, in bytes.
const START_BYTES: u64 = 128 << 10;

/// Fails with [`ErrorKind::StorageFull`] unless the disk of the catalog has room for its start.
pub(crate) fn look(catalog: &Path) -> io::Result<()> {
    let mut probe = catalog.as_os_str().to_owned();
    probe.push(".room");
    let file = File::create(&probe)?;
    let taken = fallocate(&file, FallocateFlags::empty(), 0, START_BYTES);
    drop(file);
    std::fs::remove_file(&probe)?;
    match taken.map_err(io::Error::from) {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        look(&folder.path().join("catalog.db")).expect("there is room");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );
        let nowhere = look(&folder.path().join("missing/catalog.db")).expect_err("no folder");
        assert_eq!(nowhere.kind(), ErrorKind::NotFound);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The data folder: its layout, and the lock that keeps a second server out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{ServeError, formats};

/// An open data folder; the lock goes when it is dropped.
pub(crate) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens the folder, making it (0700) if it is not there, and takes its lock.
    pub fn open(path: &Path) -> Result<Self, ServeError> {
        formats::check(path)?;
        let failed = |source| ServeError::Folder {
            path: path.to_owned(),
            source,
        };
        for folder in [path.to_owned(), path.join("run"), path.join("secrets")] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(failed)?;
        }
        let root = path.canonicalize().map_err(failed)?;
        let lock = lock(&root.join("run/lock"), path)?;
        // Left empty by a restore that was killed right at its end.
        let _ = fs::remove_dir(root.join(formats::RESTORING));
        Ok(Self { root, _lock: lock })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn catalog_url(&self) -> String {
        format!("sqlite://{}", self.root.join("catalog.db").display())
    }

    pub fn log_url(&self) -> String {
        format!("file://{}", self.root.join("log").display())
    }

    /// Blobs have the folder itself as root: their keys begin with `lake/`.
    pub fn blobs_url(&self) -> String {
        format!("file://{}", self.root.join("blobs").display())
    }

    /// What SQL statements hold beyond their memory while they run.
    pub fn sql_spill(&self) -> PathBuf {
        self.root.join("tmp/sql")
    }

    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub fn lake(&self) -> PathBuf {
        self.root.join("blobs/lake")
    }

    pub fn ca_file(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    pub fn endpoints_file(&self) -> PathBuf {
        self.root.join("run/endpoints.json")
    }

    pub fn admin_socket(&self) -> PathBuf {
        self.root.join("run/admin.sock")
    }
}

/// The lock is the kernel's (it goes with the process); the pid in the file is for people.
fn lock(file: &Path, root: &Path) -> Result<File, ServeError> {
    let failed = |source| ServeError::Folder {
        path: root.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    let mut lock = options.open(file).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = lock.read_to_string(&mut pid);
            let pid = pid.trim();
            let owner = if pid.is_empty() {
                String::new()
            } else {
                format!(" (pid {pid})")
            };
            return Err(ServeError::InUse {
                path: root.to_owned(),
                owner,
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    lock.set_len(0).map_err(failed)?;
    write!(lock, "{}", std::process::id()).map_err(failed)?;
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_kept_out_and_told_by_whom() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Folder::open(folder.path()).expect("opened");
        let error = Folder::open(folder.path())
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        assert!(Folder::open(folder.path()).is_ok());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Why a backup can't be restored, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use hw_backup::ArchiveError;
use hw_kernel::port::catalog::CatalogError;

use crate::serve::ServeError;

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive holds a folder of a newer release.
    #[error(
        "the backup holds a data folder of layout {format}, and this release ({this}) reads up \
         to {reads}: use headwater {headwater} or newer"
    )]
    NewerFolder {
        /// Its layout.
        format: u32,
        /// What is read here.
        reads: u32,
        /// Who made it.
        headwater: String,
        /// This release.
        this: String,
    },
    /// The folder is not empty.
    #[error("{0} is not empty: a backup is restored into a new or empty folder only")]
    NotEmpty(PathBuf),
    /// Somebody else restores into it.
    #[error("another restore into {0} is running")]
    Busy(PathBuf),
    /// The file system failed.
    #[error("{path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The catalog in it can't be used.
    #[error("the catalog in the backup can't be used: {0}")]
    Catalog(#[from] CatalogError),
    /// The log in it can't be used.
    #[error("the log in the backup can't be used: {0}")]
    Log(String),
    /// The position or time lies outside of what can be had.
    #[error(
        "this backup can't be restored to {wanted}: it can be to {earliest} (up to there its \
         tables hold all, and rows can't be taken out of them, or sessions and retained messages \
         were written down anew), to {latest} (its end), and to what \
         lies between; for an earlier point take an older backup"
    )]
    Outside {
        /// What was asked for.
        wanted: String,
        /// The least position.
        earliest: String,
        /// The greatest one.
        latest: String,
    },
    /// Epochs have run out.
    #[error("the count of this server's starts has come to its end; nothing can be restored")]
    Epochs,
    /// The folder's formats can't be written down.
    #[error(transparent)]
    Folder(#[from] ServeError),
}

impl RestoreError {
    /// For `map_err`: an I/O error at `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

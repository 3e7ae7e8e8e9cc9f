// SPDX-License-Identifier: Apache-2.0
//! Why a backup can't be made, and why an archive is refused, in words that say what to do.

use std::io;

use hw_kernel::port::blobs::BlobError;
use hw_kernel::port::catalog::CatalogError;
use hw_kernel::port::log::LogError;

/// Why a backup can't be made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The catalog can't be copied.
    #[error("the catalog can't be copied: {0}")]
    Catalog(#[from] CatalogError),
    /// The log can't be copied.
    #[error("the log can't be copied: {0}")]
    Log(#[from] LogError),
    /// An object can't be copied.
    #[error("an object can't be copied: {0}")]
    Blobs(#[from] BlobError),
    /// An object is not what was stored.
    #[error(
        "{name} is damaged ({detail}), so no whole backup can be made: put the same file back from \
         an earlier backup and try again, or say --with-damaged to copy it as it is and have it \
         named"
    )]
    Damaged {
        /// Its name in the data folder.
        name: String,
        /// How it is damaged.
        detail: String,
    },
    /// A file can't be read.
    #[error("{name} can't be copied: {source}")]
    File {
        /// Which.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A file has become shorter, or an object another, while it was copied.
    #[error("{0} changed while it was copied; make the backup again")]
    Changed(String),
    /// An object's key can't be a name in an archive.
    #[error("{name:?} can't be put into a backup: {why}")]
    Name {
        /// The key.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// Whoever takes the archive does not take more of it.
    #[error("the backup can't be written: {0}")]
    Write(io::Error),
}

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Some other file.
    #[error("this is not a backup made by headwater: {0}")]
    Foreign(&'static str),
    /// Of a newer release.
    #[error(
        "this backup has format {format} and was made by headwater {headwater}; this release \
         reads formats up to {known}: use headwater {headwater} or newer"
    )]
    Newer {
        /// Its format.
        format: u32,
        /// Which release made it.
        headwater: String,
        /// What this release reads.
        known: u32,
    },
    /// It ends too early.
    #[error("the backup is truncated: it ends after {0} bytes, before its manifest")]
    Truncated(u64),
    /// What is in it is not what was written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// It names something that a backup never has.
    #[error("the backup is not safe and nothing of it was used: its entry {name:?} {why}")]
    Unsafe {
        /// The entry.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It is encrypted.
    #[error("the backup is encrypted: say --passphrase-file FILE")]
    PassphraseNeeded,
    /// It can't be opened with this passphrase.
    #[error(
        "wrong passphrase: the backup does not open with it (or its first 200 bytes are damaged)"
    )]
    WrongPassphrase,
    /// Its key would take more memory to make than is given.
    #[error(
        "the backup's passphrase has a work factor of 2^{0}; at most 2^{max} is taken",
        max = crate::age::WORK_FACTOR_LOG2_MAX
    )]
    WorkFactor(u8),
    /// The file system failed.
    #[error("{0}")]
    Io(io::Error),
}

impl ArchiveError {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

/// An error of our own comes through `Read` inside an `io::Error`.
impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(other) => Self::Io(other),
        }
    }
}

impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io(error) => error,
            other => io::Error::other(other),
        }
    }
}

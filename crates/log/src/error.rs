// SPDX-License-Identifier: Apache-2.0
//! Why a log can't be opened, and what I/O errors mean to its users.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use hw_kernel::port::log::LogError;

/// Why a log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process uses the log in {0}")]
    InUse(PathBuf),
    /// Written by a newer release; this one would misread it.
    #[error("{file} was written by a newer release (format {version})")]
    Newer {
        /// Which file.
        file: String,
        /// Its version.
        version: u32,
    },
    /// Neither the folder nor any segment says which storage this is.
    #[error("the log in {0} has lost its identity: neither `life` nor a segment's header is whole")]
    NoLife(PathBuf),
    /// The URL names no backend.
    #[error("the log can be in file:///ABSOLUTE/FOLDER only, not in {0}")]
    Unsupported(String),
    /// The file system failed.
    #[error("the log can't be opened at {path}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: Error,
    },
}

impl OpenError {
    /// For `map_err`: an I/O error at `path`.
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(Error) -> Self {
        let path = path.into();
        move |source| OpenError::Io { path, source }
    }
}

/// Whether the disk has no room.
pub(crate) fn is_full(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

/// An error while reading.
pub(crate) fn read(error: impl std::fmt::Display) -> LogError {
    LogError::Read(Arc::from(error.to_string()))
}

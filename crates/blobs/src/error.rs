// SPDX-License-Identifier: Apache-2.0
//! From an error of the file system to an error of the port.

use std::io::{Error, ErrorKind};

use hw_kernel::port::blobs::BlobError;

/// What an I/O error at `key` means to a caller.
pub(crate) fn store(key: &str, source: Error) -> BlobError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::Full,
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
            BlobError::NotFound(key.to_owned())
        }
        _ => failed(key, source),
    }
}

/// An I/O error while writing `key`: a path that is not there is then a failure of the store.
pub(crate) fn write(key: &str, source: Error) -> BlobError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::Full,
        _ => failed(key, source),
    }
}

fn failed(key: &str, source: Error) -> BlobError {
    BlobError::Store {
        key: key.to_owned(),
        source,
    }
}

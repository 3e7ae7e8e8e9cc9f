// SPDX-License-Identifier: Apache-2.0
//! Objects of a backup: read through their store's checksums and, if that is wanted, as they are.
//!
//! What is damaged may be copied, but never so that it passes for whole: its store's own checksums
//! go with it into the manifest, and are put beside its bytes again when it is restored.

use std::ops::Range;

use bytes::Bytes;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::BlobError;

use crate::error::BackupError;

/// Where objects are in an archive.
pub(crate) const FOLDER: &str = "blobs/";

/// What becomes of an object that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damaged {
    /// There is no backup.
    Refuse,
    /// It is copied as it is, and named.
    Copy,
}

/// Reads a range of an object, or all of it, and says whether it was damaged.
pub(crate) async fn read(
    blobs: &dyn Blobs,
    key: &str,
    range: Option<Range<u64>>,
    damaged: Damaged,
) -> Result<(Bytes, bool), BackupError> {
    match blobs.get(key, range.clone()).await {
        Ok(bytes) => Ok((bytes, false)),
        Err(BlobError::Damaged { key, detail }) => match damaged {
            Damaged::Copy => Ok((blobs.get_unchecked(&key, range).await?, true)),
            Damaged::Refuse => Err(BackupError::Damaged {
                name: format!("{FOLDER}{key}"),
                detail,
            }),
        },
        Err(other) => Err(other.into()),
    }
}

/// The checksums of a damaged object, for the manifest.
pub(crate) async fn checksums(blobs: &dyn Blobs, key: &str) -> Result<String, BlobError> {
    blobs.checksums(key).await.map(hex::encode)
}

// SPDX-License-Identifier: Apache-2.0
//! Chooses the backend by URL.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use hw_kernel::Blobs;
use hw_kernel::port::blobs::BlobError;

use crate::files::FileBlobs;

/// Opens the object store that `url` names: `file:///ABSOLUTE/FOLDER`.
pub fn open_url(url: &str) -> Result<Arc<dyn Blobs>, BlobError> {
    match url.strip_prefix("file://") {
        Some(path) if path.starts_with('/') => Ok(Arc::new(FileBlobs::open(PathBuf::from(path))?)),
        _ => Err(BlobError::Store {
            key: url.to_owned(),
            source: Error::new(
                ErrorKind::Unsupported,
                "objects can be stored in file:///ABSOLUTE/FOLDER only",
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("file://{}/objects", folder.path().display());
        let blobs = open_url(&url).expect("opens");
        assert!(blobs.url("a/b").ends_with("/objects/a/b"));
        for bad in ["s3://bucket", "file://relative", "/plain", ""] {
            assert!(open_url(bad).is_err(), "{bad}");
        }
    }
}

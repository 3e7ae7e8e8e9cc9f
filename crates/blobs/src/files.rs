// SPDX-License-Identifier: Apache-2.0
//! Objects as files below one root folder. The work is done on the runtime's blocking threads.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use hw_kernel::port::blobs::{BlobError, Blobs, Listed, Put};
use hw_kernel::port::hold::{Deletes, Hold};

use crate::folders::{Folders, sync};
use crate::key::{self, INCOMING};
use crate::{error, list, put, read};

/// Blobs in a folder. One server at a time may use it: what is on its way in when another opens
/// the folder is swept.
#[derive(Debug, Clone)]
pub struct FileBlobs {
    root: Arc<Path>,
    folders: Arc<Folders>,
    deletes: Arc<Deletes>,
}

impl FileBlobs {
    /// Opens a folder, makes it if need be, and sweeps what a crash left half written.
    pub fn open(root: PathBuf) -> Result<Self, BlobError> {
        let opened =
            prepare(&root).map_err(|cause| error::write(&root.to_string_lossy(), cause))?;
        Ok(Self {
            folders: Arc::new(Folders::new(opened.clone())),
            root: opened.into(),
            deletes: Arc::default(),
        })
    }

    /// The folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    async fn blocking<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&Self, &str) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let (this, name) = (self.clone(), key.to_owned());
        tokio::task::spawn_blocking(move || work(&this, &name))
            .await
            .unwrap_or_else(|cause| Err(error::write(key, io::Error::other(cause))))
    }
}

/// The absolute root, there and safe, with nothing on its way in.
fn prepare(root: &Path) -> io::Result<PathBuf> {
    let missing: Vec<_> = root
        .ancestors()
        .take_while(|above| !above.exists())
        .collect();
    std::fs::create_dir_all(root)?;
    let root = root.canonicalize()?;
    for made in root.ancestors().take(missing.len()) {
        made.parent().map_or(Ok(()), sync)?;
    }
    let incoming = root.join(INCOMING);
    std::fs::create_dir_all(&incoming)?;
    let mut swept = 0_u64;
    for entry in std::fs::read_dir(&incoming)? {
        std::fs::remove_file(entry?.path())?;
        swept += 1;
    }
    if swept > 0 {
        tracing::info!(blobs.swept = swept, "removed half-written objects");
    }
    Ok(root)
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, key: &str, bytes: Bytes, how: Put) -> Result<(), BlobError> {
        key::check(key)?;
        self.blocking(key, move |this, key| {
            let aside = this
                .root
                .join(INCOMING)
                .join(uuid::Uuid::new_v4().to_string());
            let target = this.root.join(key);
            put::put(&this.folders, key, (&aside, &target), &bytes, how)?;
            this.deletes.forget(&target);
            Ok(())
        })
        .await
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        key::check(key)?;
        self.blocking(key, move |this, key| {
            read::get(key, &this.root.join(key), range)
        })
        .await
    }

    async fn get_unchecked(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Bytes, BlobError> {
        key::check(key)?;
        self.blocking(key, move |this, key| {
            read::get_unchecked(key, &this.root.join(key), range)
        })
        .await
    }

    async fn checksums(&self, key: &str) -> Result<Bytes, BlobError> {
        key::check(key)?;
        self.blocking(key, |this, key| read::checksums(key, &this.root.join(key)))
            .await
    }

    async fn size(&self, key: &str) -> Result<u64, BlobError> {
        key::check(key)?;
        self.blocking(key, |this, key| {
            read::size(&this.root.join(key)).map_err(|cause| error::store(key, cause))
        })
        .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, BlobError> {
        key::check_prefix(prefix)?;
        self.blocking(prefix, |this, prefix| {
            list::list(&this.root, prefix).map_err(|cause| error::store(prefix, cause))
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        key::check(key)?;
        let deleted = self.blocking(key, |this, key| {
            let deleted = this.deletes.delete(&this.root.join(key));
            deleted.map_err(|cause| error::store(key, cause))
        });
        match deleted.await {
            Err(BlobError::NotFound(_)) => Ok(()),
            other => other,
        }
    }

    /// Not percent-encoded: table formats compare and open these as plain text.
    fn url(&self, key: &str) -> String {
        format!("file://{}/{key}", self.root.display())
    }

    fn hold(&self) -> Hold {
        self.deletes.hold()
    }
}

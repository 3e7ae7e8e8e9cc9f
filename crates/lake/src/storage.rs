// SPDX-License-Identifier: Apache-2.0
//! Iceberg's storage over the Blobs port, for one table: every object is on stable storage, file
//! and folder, before the commit goes on. (The crate's own local storage never syncs.)

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::{BlobError, Put};
use iceberg::io::{
    FileIO, FileIOBuilder, FileMetadata, FileRead, FileWrite, InputFile, OutputFile, Storage,
    StorageConfig, StorageFactory,
};
use iceberg::{Error, ErrorKind, Result};

use crate::place::Place;

/// Opens the files of the table at `place`.
pub(crate) fn file_io(blobs: Arc<dyn Blobs>, place: Place) -> FileIO {
    let storage = BlobStorage {
        inner: Some(Arc::new(Inner { blobs, place })),
    };
    FileIOBuilder::new(Arc::new(storage)).build()
}

/// Iceberg asks that storages can be serialised to be sent to other machines; ours can't, and one
/// that comes back empty refuses everything.
#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct BlobStorage {
    #[serde(skip)]
    inner: Option<Arc<Inner>>,
}

struct Inner {
    blobs: Arc<dyn Blobs>,
    place: Place,
}

impl fmt::Debug for BlobStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.inner.as_ref().map(|inner| &inner.place.location);
        f.debug_tuple("BlobStorage").field(&place).finish()
    }
}

impl BlobStorage {
    fn at(&self, url: &str) -> Result<(&dyn Blobs, String)> {
        let inner = self.inner.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Unexpected,
                "this storage belongs to another process",
            )
        })?;
        let key = inner.place.key_of(url).ok_or_else(|| {
            let message = format!("{url} lies outside {}", inner.place.location);
            Error::new(ErrorKind::DataInvalid, message)
        })?;
        Ok((&*inner.blobs, key))
    }
}

fn failed(error: BlobError) -> Error {
    Error::new(ErrorKind::Unexpected, "the object store refused").with_source(error)
}

#[typetag::serde(name = "HeadwaterBlobs")]
impl StorageFactory for BlobStorage {
    fn build(&self, _config: &StorageConfig) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
#[typetag::serde(name = "HeadwaterBlobs")]
impl Storage for BlobStorage {
    async fn exists(&self, path: &str) -> Result<bool> {
        let (blobs, key) = self.at(path)?;
        match blobs.size(&key).await {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound(_)) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    async fn metadata(&self, path: &str) -> Result<FileMetadata> {
        let (blobs, key) = self.at(path)?;
        let size = blobs.size(&key).await.map_err(failed)?;
        Ok(FileMetadata { size })
    }

    async fn read(&self, path: &str) -> Result<Bytes> {
        let (blobs, key) = self.at(path)?;
        blobs.get(&key, None).await.map_err(failed)
    }

    async fn reader(&self, path: &str) -> Result<Box<dyn FileRead>> {
        let (_, key) = self.at(path)?;
        let storage = self.clone();
        Ok(Box::new(BlobReader { storage, key }))
    }

    async fn write(&self, path: &str, bytes: Bytes) -> Result<()> {
        let (blobs, key) = self.at(path)?;
        let put = blobs.put(&key, bytes, Put::IfAbsent).await;
        put.map_err(failed)
    }

    async fn writer(&self, path: &str) -> Result<Box<dyn FileWrite>> {
        self.at(path)?;
        Ok(Box::new(BlobWriter {
            storage: self.clone(),
            path: path.to_owned(),
            bytes: Some(Vec::new()),
        }))
    }

    async fn delete(&self, path: &str) -> Result<()> {
        let (blobs, key) = self.at(path)?;
        blobs.delete(&key).await.map_err(failed)
    }

    async fn delete_prefix(&self, path: &str) -> Result<()> {
        let (blobs, key) = self.at(path)?;
        for object in blobs.list(&format!("{key}/")).await.map_err(failed)? {
            blobs.delete(&object.key).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn delete_stream(&self, mut paths: BoxStream<'static, String>) -> Result<()> {
        while let Some(path) = paths.next().await {
            self.delete(&path).await?;
        }
        Ok(())
    }

    fn new_input(&self, path: &str) -> Result<InputFile> {
        Ok(InputFile::new(Arc::new(self.clone()), path.to_owned()))
    }

    fn new_output(&self, path: &str) -> Result<OutputFile> {
        Ok(OutputFile::new(Arc::new(self.clone()), path.to_owned()))
    }
}

struct BlobReader {
    storage: BlobStorage,
    key: String,
}

#[async_trait]
impl FileRead for BlobReader {
    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let inner = self.storage.inner.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::Unexpected,
                "this storage belongs to another process",
            )
        })?;
        inner
            .blobs
            .get(&self.key, Some(range))
            .await
            .map_err(failed)
    }
}

/// Collects an object and puts it in one go: metadata is small, data files don't pass here.
struct BlobWriter {
    storage: BlobStorage,
    path: String,
    bytes: Option<Vec<u8>>,
}

#[async_trait]
impl FileWrite for BlobWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let closed = || Error::new(ErrorKind::Unexpected, "the file is closed");
        self.bytes
            .as_mut()
            .ok_or_else(closed)?
            .extend_from_slice(&bytes);
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let closed = || Error::new(ErrorKind::Unexpected, "the file is closed");
        let bytes = self.bytes.take().ok_or_else(closed)?;
        self.storage.write(&self.path, bytes.into()).await
    }
}

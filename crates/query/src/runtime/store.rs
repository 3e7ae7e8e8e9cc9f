// SPDX-License-Identifier: Apache-2.0
//! The `Blobs` port as the object store that Parquet readers want. It reads; all else is refused.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use hw_kernel::Blobs;
use hw_kernel::port::blobs::BlobError;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

/// Reads objects of the port by key. Objects are immutable, so all have the same old date.
pub(crate) struct BlobStore {
    blobs: Arc<dyn Blobs>,
}

impl BlobStore {
    pub(crate) fn new(blobs: Arc<dyn Blobs>) -> Self {
        Self { blobs }
    }

    async fn size(&self, location: &Path) -> Result<u64> {
        self.blobs
            .size(location.as_ref())
            .await
            .map_err(|e| error(location, e))
    }
}

fn error(location: &Path, error: BlobError) -> Error {
    let path = location.to_string();
    match error {
        BlobError::NotFound(_) => Error::NotFound {
            path,
            source: Box::new(error),
        },
        other => Error::Generic {
            store: "blobs",
            source: Box::new(other),
        },
    }
}

fn refused(operation: &str) -> Error {
    Error::NotImplemented {
        operation: operation.into(),
        implementer: "a reader".into(),
    }
}

impl fmt::Display for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("blobs")
    }
}

impl fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes that a request means, of an object of `size`.
fn range(wanted: Option<GetRange>, size: u64) -> Range<u64> {
    match wanted {
        None => 0..size,
        Some(GetRange::Bounded(range)) => range,
        Some(GetRange::Offset(start)) => start.min(size)..size,
        Some(GetRange::Suffix(last)) => size.saturating_sub(last)..size,
    }
}

#[async_trait]
impl ObjectStore for BlobStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        // A bounded range, as Parquet readers ask for, is read without asking for the size first:
        // with a remote store that would double the round trips.
        let size = match &options.range {
            Some(GetRange::Bounded(range)) => range.end,
            _ => self.size(location).await?,
        };
        let range = range(options.range, size);
        let bytes = if options.head || range.is_empty() {
            Bytes::new()
        } else {
            let got = self.blobs.get(location.as_ref(), Some(range.clone())).await;
            got.map_err(|e| error(location, e))?
        };
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: Default::default(),
            size,
            e_tag: None,
            version: None,
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::iter([Ok(bytes)]).boxed()),
            meta,
            range,
            attributes: Default::default(),
        })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        object_store::coalesce_ranges(
            ranges,
            |range| async move {
                let got = self.blobs.get(location.as_ref(), Some(range)).await;
                got.map_err(|e| error(location, e))
            },
            object_store::OBJECT_STORE_COALESCE_DEFAULT,
        )
        .await
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(refused("put"))
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(refused("put"))
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        stream::iter([Err(refused("delete"))]).boxed()
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::iter([Err(refused("list"))]).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(refused("list"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(refused("copy"))
    }
}

// SPDX-License-Identifier: Apache-2.0
//! An object store with nothing in it: made-up tables have no files.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::{BlobError, Listed, Put};

pub struct NoBlobs;

#[async_trait]
impl Blobs for NoBlobs {
    async fn put(&self, _: &str, _: Bytes, _: Put) -> Result<(), BlobError> {
        Err(BlobError::Full)
    }

    async fn get(&self, key: &str, _: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        Err(BlobError::NotFound(key.to_owned()))
    }

    async fn size(&self, key: &str) -> Result<u64, BlobError> {
        Err(BlobError::NotFound(key.to_owned()))
    }

    async fn list(&self, _: &str) -> Result<Vec<Listed>, BlobError> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: &str) -> Result<(), BlobError> {
        Ok(())
    }

    fn url(&self, key: &str) -> String {
        format!("memory:///{key}")
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Objects in memory, and which of them were read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use hw_kernel::Blobs;
use hw_kernel::port::blobs::{BlobError, Listed, Put};
use hw_model::Timestamp;
use parking_lot::Mutex;

#[derive(Default)]
pub struct FakeBlobs {
    objects: Mutex<BTreeMap<String, Bytes>>,
    read: Mutex<BTreeSet<String>>,
}

impl FakeBlobs {
    /// Stores rows as a Parquet file; returns its size in bytes.
    pub fn parquet(&self, key: &str, rows: &RecordBatch) -> u64 {
        let mut bytes = Vec::new();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(100_000))
            .build();
        let writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties));
        let mut writer = writer.expect("a schema");
        writer.write(rows).expect("rows");
        writer.close().expect("a footer");
        let size = bytes.len() as u64;
        self.objects.lock().insert(key.into(), bytes.into());
        size
    }

    /// Replaces an object by rubbish of the same size.
    pub fn spoil(&self, part: &str) {
        for (key, bytes) in self.objects.lock().iter_mut() {
            if key.contains(part) {
                *bytes = vec![0; bytes.len()].into();
            }
        }
    }

    /// The keys that were read since the last call.
    pub fn take_read(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.read.lock())
    }

    fn find(&self, key: &str) -> Result<Bytes, BlobError> {
        self.read.lock().insert(key.into());
        self.objects
            .lock()
            .get(key)
            .cloned()
            .ok_or_else(|| BlobError::NotFound(key.into()))
    }
}

#[async_trait]
impl Blobs for FakeBlobs {
    async fn put(&self, key: &str, _bytes: Bytes, _how: Put) -> Result<(), BlobError> {
        panic!("a reader puts {key}")
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        let bytes = self.find(key)?;
        Ok(match range {
            Some(range) => bytes.slice(range.start as usize..range.end as usize),
            None => bytes,
        })
    }

    async fn size(&self, key: &str) -> Result<u64, BlobError> {
        Ok(self.find(key)?.len() as u64)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, BlobError> {
        let objects = self.objects.lock();
        let under = objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let listed = |(key, bytes): (&String, &Bytes)| Listed {
            key: key.clone(),
            bytes: bytes.len() as u64,
            modified: Timestamp(0),
        };
        Ok(under.map(listed).collect())
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        panic!("a reader deletes {key}")
    }

    fn url(&self, key: &str) -> String {
        format!("memory:///{key}")
    }
}

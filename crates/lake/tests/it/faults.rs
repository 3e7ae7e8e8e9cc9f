// SPDX-License-Identifier: Apache-2.0
//! Blobs and Catalog that fail at a chosen write: before it happens, or after it has.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use hw_kernel::port::blobs::{BlobError, Listed, Put};
use hw_kernel::port::catalog::{CatalogError, Outcome, Row, Statement, Value};
use hw_kernel::{Blobs, Catalog};

/// Counts writes down; while it burns, everything fails from the chosen write on.
#[derive(Default)]
pub struct Fuse {
    left: AtomicI64,
    armed: AtomicBool,
    /// The chosen write happens before its failure is reported.
    late: AtomicBool,
    burnt: tokio::sync::Notify,
}

enum Spark {
    Pass,
    Fail,
    FailLate,
}

impl Fuse {
    /// Fails from the `nth` write on, counted from 0.
    pub fn arm(&self, nth: i64, late: bool) {
        self.left.store(nth, Ordering::SeqCst);
        self.late.store(late, Ordering::SeqCst);
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Lets everything pass; `true` if something had failed.
    pub fn disarm(&self) -> bool {
        self.armed.store(false, Ordering::SeqCst);
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Resolves when something has failed.
    pub async fn burns(&self) {
        self.burnt.notified().await;
    }

    fn spark(&self) -> Spark {
        if !self.armed.load(Ordering::SeqCst) {
            return Spark::Pass;
        }
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left == 0 {
            self.burnt.notify_one();
        }
        match left {
            1.. => Spark::Pass,
            0 if self.late.load(Ordering::SeqCst) => Spark::FailLate,
            _ => Spark::Fail,
        }
    }
}

/// The ports, with a fuse.
pub struct Faulty<T: ?Sized> {
    pub fuse: Arc<Fuse>,
    pub inner: Arc<T>,
}

fn blob_failed(key: &str) -> BlobError {
    BlobError::Store {
        key: key.to_owned(),
        source: std::io::Error::other("the fuse burnt"),
    }
}

#[async_trait]
impl Blobs for Faulty<dyn Blobs> {
    async fn put(&self, key: &str, bytes: Bytes, how: Put) -> Result<(), BlobError> {
        match self.fuse.spark() {
            Spark::Pass => self.inner.put(key, bytes, how).await,
            Spark::Fail => Err(blob_failed(key)),
            Spark::FailLate => {
                self.inner.put(key, bytes, how).await?;
                Err(blob_failed(key))
            }
        }
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        self.inner.get(key, range).await
    }

    async fn size(&self, key: &str) -> Result<u64, BlobError> {
        self.inner.size(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, BlobError> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), BlobError> {
        match self.fuse.spark() {
            Spark::Pass => self.inner.delete(key).await,
            Spark::Fail => Err(blob_failed(key)),
            Spark::FailLate => {
                self.inner.delete(key).await?;
                Err(blob_failed(key))
            }
        }
    }

    fn url(&self, key: &str) -> String {
        self.inner.url(key)
    }
}

#[async_trait]
impl Catalog for Faulty<dyn Catalog> {
    async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, CatalogError> {
        self.inner.read(sql, args).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, CatalogError> {
        let failed = || CatalogError::Engine("the fuse burnt".into());
        match self.fuse.spark() {
            Spark::Pass => self.inner.write(statements).await,
            Spark::Fail => Err(failed()),
            Spark::FailLate => {
                self.inner.write(statements).await?;
                Err(failed())
            }
        }
    }
}

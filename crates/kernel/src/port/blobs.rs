// SPDX-License-Identifier: Apache-2.0
//! The port for immutable objects: table files now, video fragments later.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use crate::port::hold::Hold;

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no object of that key.
    #[error("there is no object {0}")]
    NotFound(String),
    /// [`Put::IfAbsent`] found one already.
    #[error("there is an object {0} already")]
    Exists(String),
    /// The key is empty, has `..`, an empty part, a control character or a backslash.
    #[error("{0:?} is not a key of an object")]
    BadKey(String),
    /// What is stored is not what was put: a disk has lost or changed it.
    #[error("the object {key} is damaged: {detail}; put the same file back from a backup")]
    Damaged {
        /// Which object.
        key: String,
        /// How.
        detail: String,
    },
    /// The disk or bucket is full.
    #[error("the object store is full")]
    Full,
    /// The store failed.
    #[error("the object store failed at {key}")]
    Store {
        /// Which object.
        key: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// How to put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Fails with [`BlobError::Exists`] if the key is taken.
    IfAbsent,
    /// Replaces atomically: a reader sees the old or the new object, whole.
    Replace,
}

/// A listed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written.
    pub modified: hw_model::Timestamp,
}

/// Immutable objects under keys like `lake/000000000001/messages/data/x.parquet`.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores an object; safe from power loss (file and folder) when it returns.
    async fn put(&self, key: &str, bytes: Bytes, how: Put) -> Result<(), BlobError>;
    /// Reads an object, or a range of it. Never gives other bytes than were put, as far as the
    /// store can tell: those are [`BlobError::Damaged`].
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Bytes, BlobError>;
    /// The same without a look at its checksums, for whoever copies an object that is
    /// [`BlobError::Damaged`], damage and all.
    async fn get_unchecked(
        &self,
        key: &str,
        _range: Option<Range<u64>>,
    ) -> Result<Bytes, BlobError> {
        Err(no_copies(key))
    }
    /// An object's checksums as the store keeps them, empty if they can't be read: beside the same
    /// bytes in another store of this kind they find the same damage.
    async fn checksums(&self, key: &str) -> Result<Bytes, BlobError> {
        Err(no_copies(key))
    }
    /// An object's size in bytes.
    async fn size(&self, key: &str) -> Result<u64, BlobError>;
    /// All objects whose key begins with `prefix`, sorted by key.
    async fn list(&self, prefix: &str) -> Result<Vec<Listed>, BlobError>;
    /// Deletes an object; one that is not there is fine.
    async fn delete(&self, key: &str) -> Result<(), BlobError>;
    /// The URL that other tools open the object by, as in `file:///srv/hw/lake/…`.
    fn url(&self, key: &str) -> String;
    /// Keeps every object while somebody copies them: [`Blobs::delete`] succeeds meanwhile, and is
    /// done when the last hold goes. A crash before that leaves objects that nothing names.
    fn hold(&self) -> Hold {
        Hold::of_nothing()
    }
}

fn no_copies(key: &str) -> BlobError {
    BlobError::Store {
        key: key.to_owned(),
        source: std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            "this store gives no damaged objects",
        ),
    }
}

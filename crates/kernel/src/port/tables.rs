// SPDX-License-Identifier: Apache-2.0
//! The port for tables: append rows with the position they came from, read a consistent snapshot.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use hw_model::{AccountId, ErrorKind};

use crate::port::cursor::Cursor;
use crate::port::upkeep::{Compacted, Expired};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnKind,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What it holds, in words, with units; shown by SQL tools.
    pub doc: &'static str,
}

/// Types of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTC, microseconds (`timestamptz`).
    Time,
    /// UTF-8 text.
    Text,
    /// 64-bit float.
    Double,
    /// 32-bit integer.
    Int,
    /// 64-bit integer.
    Long,
    /// Boolean.
    Bool,
    /// Bytes.
    Bytes,
}

/// What a table is: name, columns, order. Partitioned by day of its first `Time` column.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// Its name, as in SQL.
    pub name: &'static str,
    /// Its columns, in order; only ever appended to.
    pub columns: &'static [Column],
    /// Names of the columns that rows of a file are sorted by.
    pub sort: &'static [&'static str],
    /// What it holds, in words.
    pub doc: &'static str,
}

/// A file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its key in Blobs.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Smallest and greatest value of the first `Time` column, if known: microseconds.
    pub time: Option<(i64, i64)>,
}

/// A table at one moment: files and buffered rows that together hold each row exactly once.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The Arrow schema of the buffered rows and, by name, of the files.
    pub schema: SchemaRef,
    /// Committed Parquet files. None is deleted while this list is held.
    pub files: Arc<[DataFile]>,
    /// Rows that are not in files yet. Their texts may be dictionaries.
    pub buffer: Vec<RecordBatch>,
}

/// What can go wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No such table in this account.
    #[error("there is no table {0}")]
    NotFound(String),
    /// Somebody else committed meanwhile; read `committed()` and go on from there.
    #[error("table {0} has changed meanwhile")]
    Stale(String),
    /// Storage is full.
    #[error("storage is full")]
    Full,
    /// The table's files can't be read.
    #[error("table {table} is damaged: {detail}")]
    Damaged {
        /// Which.
        table: String,
        /// How.
        detail: String,
    },
    /// The engine failed.
    #[error("table {table}: {detail}")]
    Engine {
        /// Which.
        table: String,
        /// How.
        detail: String,
    },
}

impl TableError {
    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            TableError::NotFound(_) => ErrorKind::NotFound,
            TableError::Stale(_) => ErrorKind::Conflict,
            TableError::Full => ErrorKind::Full,
            TableError::Damaged { .. } => ErrorKind::Damaged,
            TableError::Engine { .. } => ErrorKind::Internal,
        }
    }
}

/// Tables of all accounts. One Iceberg namespace per account.
#[async_trait]
pub trait Tables: Send + Sync {
    /// Makes the table if it is not there, adds columns that are new.
    async fn ensure(&self, account: AccountId, spec: &TableSpec) -> Result<(), TableError>;

    /// Appends rows, visible to [`Tables::snapshot`] when it returns; they come from the Log up to
    /// and including `source`, which is stored in the commit that makes them durable.
    async fn append(
        &self,
        account: AccountId,
        table: &str,
        rows: RecordBatch,
        source: &Cursor,
    ) -> Result<(), TableError>;

    /// Files and buffer of one moment, pinned together. Where a worker fills the table from the
    /// Log, they hold what was durable there at the call, unless the worker is far behind.
    async fn snapshot(&self, account: AccountId, table: &str) -> Result<Snapshot, TableError>;

    /// Commits what is buffered in all tables of the account; returns when it is durable.
    async fn flush(&self, account: AccountId) -> Result<(), TableError>;

    /// How far the durable rows of a table have come in the Log.
    async fn committed(&self, account: AccountId, table: &str) -> Result<Cursor, TableError>;

    /// Joins what can be joined of a table's files; no row changes, and the cursor stays. An
    /// adapter that has no files has nothing to do.
    async fn compact(&self, _account: AccountId, _table: &str) -> Result<Compacted, TableError> {
        Ok(Compacted::default())
    }

    /// Drops states of a table that nobody needs any more, the current one never.
    async fn expire(&self, _account: AccountId, _table: &str) -> Result<Expired, TableError> {
        Ok(Expired::default())
    }

    /// The tables of an account, in order.
    async fn list(&self, account: AccountId) -> Result<Vec<TableSpec>, TableError>;
}

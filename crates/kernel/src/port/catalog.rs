// SPDX-License-Identifier: Apache-2.0
//! The port for small records in transactions.
//!
//! Statements are written in the subset that SQLite and PostgreSQL share, with `$1` placeholders
//! and `&'static str` only: text from outside can only come in as an argument. A write is a list
//! of statements with what each must find; that keeps the port object-safe, and a conflict rolls
//! the whole list back.

use std::path::Path;

use async_trait::async_trait;

/// A column value or argument. Booleans are stored as 0 and 1, times as microseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BYTEA or BLOB.
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Int(i64::from(flag))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl From<hw_model::AccountId> for Value {
    fn from(account: hw_model::AccountId) -> Self {
        Value::Text(account.to_string())
    }
}

impl From<hw_model::Timestamp> for Value {
    fn from(time: hw_model::Timestamp) -> Self {
        Value::Int(time.0)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// How many rows a statement must change or return; otherwise the transaction is rolled back
/// with [`CatalogError::Conflict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Any number.
    Any,
    /// Exactly this many.
    Rows(u64),
}

/// One statement of a write.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with `$1`, `$2`, … for arguments.
    pub sql: &'static str,
    /// The arguments, in order.
    pub args: Vec<Value>,
    /// What it must find.
    pub expect: Expect,
}

impl Statement {
    /// A statement that may find any number of rows.
    pub fn new(sql: &'static str, args: Vec<Value>) -> Self {
        Self {
            sql,
            args,
            expect: Expect::Any,
        }
    }

    /// Asks for exactly `rows` changed or returned rows.
    pub fn expecting(mut self, rows: u64) -> Self {
        self.expect = Expect::Rows(rows);
        self
    }
}

/// What a statement did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Rows changed; rows returned for a `RETURNING` statement.
    pub rows_affected: u64,
    /// What `RETURNING` gave.
    pub returned: Vec<Row>,
}

/// A row, by column order of the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The text in column `index`.
    pub fn text(&self, index: usize) -> Result<&str, CatalogError> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(CatalogError::wrong_type(index, "text", other)),
        }
    }

    /// The text in column `index`, or `None` for NULL.
    pub fn text_or_null(&self, index: usize) -> Result<Option<&str>, CatalogError> {
        if matches!(self.0.get(index), Some(Value::Null)) {
            Ok(None)
        } else {
            self.text(index).map(Some)
        }
    }

    /// The whole number in column `index`.
    pub fn int(&self, index: usize) -> Result<i64, CatalogError> {
        match self.0.get(index) {
            Some(Value::Int(number)) => Ok(*number),
            other => Err(CatalogError::wrong_type(index, "integer", other)),
        }
    }

    /// The whole number in column `index`, or `None` for NULL.
    pub fn int_or_null(&self, index: usize) -> Result<Option<i64>, CatalogError> {
        if matches!(self.0.get(index), Some(Value::Null)) {
            Ok(None)
        } else {
            self.int(index).map(Some)
        }
    }

    /// The bytes in column `index`.
    pub fn bytes(&self, index: usize) -> Result<&[u8], CatalogError> {
        match self.0.get(index) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            other => Err(CatalogError::wrong_type(index, "bytes", other)),
        }
    }
}

/// What can go wrong in the catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A statement found another number of rows than it expected; nothing was changed.
    #[error("statement {index} found {found} rows where it expected {expected}")]
    Conflict {
        /// Which statement of the list, from 0.
        index: usize,
        /// What it expected.
        expected: u64,
        /// What it found.
        found: u64,
    },
    /// A unique or primary key exists already, or a foreign key does not; nothing was changed.
    #[error("statement {index} breaks a constraint: {detail}")]
    Constraint {
        /// Which statement of the list, from 0.
        index: usize,
        /// The engine's word for it.
        detail: String,
    },
    /// A stored value has not the type that the code reads.
    #[error("column {column} is not {wanted}")]
    WrongType {
        /// Column, from 0.
        column: usize,
        /// What was wanted.
        wanted: &'static str,
    },
    /// The disk is full; nothing was changed.
    #[error("the disk is full")]
    Full,
    /// The database is damaged or of a newer release.
    #[error("the catalog can't be used: {0}")]
    Damaged(String),
    /// Anything else of the engine's.
    #[error("the catalog failed: {0}")]
    Engine(String),
}

impl CatalogError {
    fn wrong_type(column: usize, wanted: &'static str, _found: Option<&Value>) -> Self {
        CatalogError::WrongType { column, wanted }
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> hw_model::ErrorKind {
        use hw_model::ErrorKind;
        match self {
            CatalogError::Conflict { .. } | CatalogError::Constraint { .. } => ErrorKind::Conflict,
            CatalogError::WrongType { .. } | CatalogError::Damaged(_) => ErrorKind::Damaged,
            CatalogError::Full => ErrorKind::Full,
            CatalogError::Engine(_) => ErrorKind::Internal,
        }
    }
}

/// Small records in transactions: registry, certificates, policies, keys, table pointers.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Runs one `SELECT`. Sees every write that has returned.
    async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, CatalogError>;

    /// Runs the statements in one transaction: all or none, serialised with every other write,
    /// and safe from power loss when it returns.
    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, CatalogError>;

    /// Waits for what runs and closes it in good order; later calls fail.
    async fn close(&self) -> Result<(), CatalogError> {
        Ok(())
    }

    /// Writes a copy of all of it, as of one moment between call and return, to the new SQLite
    /// file `file`. Reads and writes go on meanwhile; memory does not grow with the catalog.
    async fn copy_to(&self, file: &Path) -> Result<(), CatalogError> {
        Err(CatalogError::Engine(format!(
            "this catalog can't be copied to {}",
            file.display()
        )))
    }
}

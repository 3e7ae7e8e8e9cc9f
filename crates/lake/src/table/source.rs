// SPDX-License-Identifier: Apache-2.0
//! A Parquet file in Blobs, read a piece at a time by the synchronous reader: what is in memory is
//! a page of each column, not the file. For threads that may wait.

use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, SchemaRef};
use bytes::{Buf, Bytes};
use hw_kernel::Blobs;
use hw_kernel::port::blobs::BlobError;
use hw_kernel::port::tables::DataFile;
use iceberg::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

use crate::schema;

/// Files up to this size are read in one go, in bytes.
const WHOLE_BYTES_MAX: u64 = 512 << 10;

/// Bytes read ahead where the reader does not say how many it wants.
const AHEAD_BYTES: u64 = 64 << 10;

/// Rows decoded at a time, and bytes that they take, about.
const BATCH_ROWS_MAX: u64 = 4_096;
const BATCH_BYTES_MAX: u64 = 512 << 10;

/// The number of an I/O error, on every Unix.
const EIO: i32 = 5;

/// Bytes of a page that a reader holds at most, as it was written.
const PAGE_BYTES_MAX: u64 = 1 << 20;

#[derive(Clone)]
struct Object {
    blobs: Arc<dyn Blobs>,
    runtime: tokio::runtime::Handle,
    key: Arc<str>,
    bytes: u64,
    whole: Option<Bytes>,
    /// The store's last error: what the reader makes of it does not tell damage from an outage.
    failure: Arc<Mutex<Option<BlobError>>>,
}

impl Object {
    fn get(&self, range: Option<std::ops::Range<u64>>) -> parquet::errors::Result<Bytes> {
        let read = self.runtime.block_on(self.blobs.get(&self.key, range));
        read.map_err(|error| {
            let words = ParquetError::General(error.to_string());
            *self.failure.lock() = Some(error);
            words
        })
    }

    /// What it means that the file can't be read.
    fn unreadable(&self, error: ParquetError) -> Error {
        let (kind, words) = (ErrorKind::DataInvalid, "a file of the table can't be read");
        match self.failure.lock().take() {
            Some(failure) if !is_lasting(&failure) => {
                Error::new(ErrorKind::Unexpected, words).with_source(failure)
            }
            failure => Error::new(kind, words).with_source(Unreadable {
                key: self.key.to_string(),
                cause: failure.map_or_else(|| error.to_string(), |failure| failure.to_string()),
            }),
        }
    }

    fn range(&self, start: u64, end: u64) -> parquet::errors::Result<Bytes> {
        let end = end.min(self.bytes);
        if let Some(whole) = &self.whole {
            let range = start.min(end) as usize..end as usize;
            return whole
                .get(range.clone())
                .map(|_| whole.slice(range))
                .ok_or_else(|| ParquetError::EOF(format!("{} is cut short", self.key)));
        }
        self.get(Some(start..end))
    }
}

impl Length for Object {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Object {
    type T = Ahead;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Ahead> {
        Ok(Ahead {
            object: self.clone(),
            at: start,
            block: Bytes::new(),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.range(start, start + length as u64)?;
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(ParquetError::EOF(format!("{} is cut short", self.key))),
        }
    }
}

/// Reads on from a place, a block at a time.
struct Ahead {
    object: Object,
    at: u64,
    block: Bytes,
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() && self.at < self.object.bytes {
            self.block = self
                .object
                .range(self.at, self.at + AHEAD_BYTES)
                .map_err(io::Error::other)?;
            self.at += self.block.len() as u64;
        }
        let length = out.len().min(self.block.len());
        self.block.copy_to_slice(&mut out[..length]);
        Ok(length)
    }
}

/// A file that is open for a merge.
pub(super) struct Source {
    object: Object,
    metadata: ArrowReaderMetadata,
    /// Rows that it should have.
    rows: u64,
}

impl Source {
    /// Opens a file: reads its footer.
    pub fn open(blobs: &Arc<dyn Blobs>, file: &DataFile) -> Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        let mut object = Object {
            blobs: Arc::clone(blobs),
            runtime,
            key: file.key.as_str().into(),
            bytes: file.bytes,
            whole: None,
            failure: Arc::default(),
        };
        if file.bytes <= WHOLE_BYTES_MAX {
            let whole = object.get(None).map_err(|error| object.unreadable(error))?;
            object.whole = Some(whole);
        }
        let metadata = ArrowReaderMetadata::load(&object, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| object.unreadable(error))?;
        let rows = file.rows;
        Ok(Self {
            object,
            metadata,
            rows,
        })
    }

    fn parquet(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// Bytes of memory that reading the file takes at a time, about.
    pub fn memory_bytes(&self) -> u64 {
        let column = |column: &parquet::file::metadata::ColumnChunkMetaData| {
            2 * (column.uncompressed_size().max(0) as u64).min(PAGE_BYTES_MAX)
        };
        let group = |group: &parquet::file::metadata::RowGroupMetaData| {
            group.columns().iter().map(column).sum::<u64>()
        };
        let pages = self.parquet().row_groups().iter().map(group).max();
        let whole = self.object.whole.as_ref().map_or(0, Bytes::len) as u64;
        pages.unwrap_or_default() + whole + 2 * BATCH_BYTES_MAX
    }

    /// Whether a text column stands in a dictionary throughout; `None` if the file has no such
    /// column.
    pub fn has_dictionary(&self, name: &str) -> Option<bool> {
        let schema = self.parquet().file_metadata().schema_descr();
        let index = schema
            .columns()
            .iter()
            .position(|column| column.name() == name)?;
        let groups = self.parquet().row_groups().iter();
        Some(
            groups
                .map(|group| group.column(index))
                .all(|column| column.dictionary_page_offset().is_some()),
        )
    }

    fn batch_rows(&self) -> usize {
        let rows = self.parquet().file_metadata().num_rows().max(1) as u64;
        let groups = self.parquet().row_groups().iter();
        let bytes: i64 = groups.map(|group| group.total_byte_size()).sum();
        let row = (bytes.max(0) as u64 / rows).max(1);
        (BATCH_BYTES_MAX / row).clamp(16, BATCH_ROWS_MAX) as usize
    }

    /// Its rows, in order; text columns that `in_dictionary` names come as dictionaries.
    pub fn rows(self, in_dictionary: &[&str]) -> Result<Rows> {
        let (object, batch_rows) = (self.object.clone(), self.batch_rows());
        let failed = |error| object.unreadable(error);
        let schema = dictionaries(self.metadata.schema(), in_dictionary);
        let options = ArrowReaderOptions::new().with_schema(schema);
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)
            .map_err(failed)?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.object, metadata)
            .with_batch_size(batch_rows)
            .build()
            .map_err(failed)?;
        let missing = self.rows;
        Ok(Rows {
            reader,
            object,
            missing,
        })
    }
}

fn dictionaries(schema: &SchemaRef, names: &[&str]) -> SchemaRef {
    let field = |field: &Arc<Field>| match names.contains(&field.name().as_str()) {
        true => Arc::new(field.as_ref().clone().with_data_type(schema::dictionary())),
        false => Arc::clone(field),
    };
    let fields: Vec<_> = schema.fields().iter().map(field).collect();
    Arc::new(arrow_schema::Schema::new_with_metadata(
        fields,
        schema.metadata().clone(),
    ))
}

/// The rows of a file, a batch at a time.
pub(super) struct Rows {
    reader: ParquetRecordBatchReader,
    object: Object,
    /// Rows that have not come yet.
    missing: u64,
}

impl Rows {
    pub fn next(&mut self) -> Result<Option<RecordBatch>> {
        let next = self.reader.next().transpose();
        let next = next.map_err(|error| self.object.unreadable(error.into()))?;
        let came = next.as_ref().map(|rows| rows.num_rows() as u64);
        // At the end nothing may be missing, and before that nothing be too much.
        let missing = self.missing.checked_sub(came.unwrap_or_default());
        match missing.filter(|missing| came.is_some() || *missing == 0) {
            Some(missing) => self.missing = missing,
            None => {
                let words = "it has other rows than the table's list of files says";
                return Err(self
                    .object
                    .unreadable(ParquetError::General(words.to_owned())));
            }
        }
        Ok(next)
    }
}

/// A file that can't be read, and won't be by trying again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("file {key} can't be read: {cause}")]
pub(crate) struct Unreadable {
    pub key: String,
    pub cause: String,
}

impl Unreadable {
    /// The file that an error is about, if it is about one.
    pub fn within(error: &Error) -> Option<Self> {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(found) = cause.downcast_ref::<Self>() {
                return Some(found.clone());
            }
            next = cause.source();
        }
        None
    }
}

/// Whether trying again would fail in the same way.
fn is_lasting(error: &BlobError) -> bool {
    match error {
        BlobError::Damaged { .. } | BlobError::NotFound(_) => true,
        // What a disk answers for blocks that it has lost.
        BlobError::Store { source, .. } => source.raw_os_error() == Some(EIO),
        _ => false,
    }
}

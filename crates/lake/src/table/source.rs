// SPDX-License-Identifier: Apache-2.0
//! A Parquet file in Blobs, read a piece at a time by the synchronous reader: what is in memory is
//! a page of each column, not the file. For threads that may wait.

use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, SchemaRef};
use bytes::{Buf, Bytes};
use hw_kernel::Blobs;
use hw_kernel::port::tables::DataFile;
use iceberg::{Error, ErrorKind, Result};
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

/// Bytes of a page that a reader holds at most, as it was written.
const PAGE_BYTES_MAX: u64 = 1 << 20;

#[derive(Clone)]
struct Object {
    blobs: Arc<dyn Blobs>,
    runtime: tokio::runtime::Handle,
    key: Arc<str>,
    bytes: u64,
    whole: Option<Bytes>,
}

impl Object {
    fn range(&self, start: u64, end: u64) -> parquet::errors::Result<Bytes> {
        let end = end.min(self.bytes);
        if let Some(whole) = &self.whole {
            let range = start.min(end) as usize..end as usize;
            return whole
                .get(range.clone())
                .map(|_| whole.slice(range))
                .ok_or_else(|| ParquetError::EOF(format!("{} is cut short", self.key)));
        }
        let read = self.blobs.get(&self.key, Some(start..end));
        let read = self.runtime.block_on(read);
        read.map_err(|error| ParquetError::External(Box::new(error)))
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
}

impl Source {
    /// Opens a file: reads its footer.
    pub fn open(blobs: &Arc<dyn Blobs>, file: &DataFile) -> Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        let whole = match file.bytes <= WHOLE_BYTES_MAX {
            true => Some(runtime.block_on(blobs.get(&file.key, None)).map_err(gone)?),
            false => None,
        };
        let object = Object {
            blobs: Arc::clone(blobs),
            runtime,
            key: file.key.as_str().into(),
            bytes: file.bytes,
            whole,
        };
        let metadata = ArrowReaderMetadata::load(&object, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| unreadable(&file.key, error))?;
        Ok(Self { object, metadata })
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
        let (key, batch_rows) = (Arc::clone(&self.object.key), self.batch_rows());
        let failed = |error| unreadable(&key, error);
        let schema = dictionaries(self.metadata.schema(), in_dictionary);
        let options = ArrowReaderOptions::new().with_schema(schema);
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)
            .map_err(failed)?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.object, metadata)
            .with_batch_size(batch_rows)
            .build()
            .map_err(failed)?;
        Ok(Rows { reader, key })
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
    key: Arc<str>,
}

impl Rows {
    pub fn next(&mut self) -> Result<Option<RecordBatch>> {
        let failed = |error| unreadable(&self.key, ParquetError::from(error));
        self.reader.next().transpose().map_err(failed)
    }
}

fn gone(error: hw_kernel::port::blobs::BlobError) -> Error {
    Error::new(ErrorKind::Unexpected, "a file of the table can't be read").with_source(error)
}

fn unreadable(key: &str, error: ParquetError) -> Error {
    let message = format!("file {key} of the table can't be read");
    Error::new(ErrorKind::DataInvalid, message).with_source(error)
}

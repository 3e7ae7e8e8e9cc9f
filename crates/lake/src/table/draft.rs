// SPDX-License-Identifier: Apache-2.0
//! A Parquet file while it is written, in memory, and its entry for Iceberg's manifest. For
//! threads that compute: nothing here waits.

use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{ColumnKind, TableSpec};
use iceberg::io::{FileIO, FileIOBuilder, MemoryStorageFactory};
use iceberg::spec::{DataFile, Literal, Struct, TableMetadataRef};
use iceberg::writer::CurrentFileStatus;
use iceberg::writer::file_writer::{
    FileWriter, FileWriterBuilder, ParquetWriter, ParquetWriterBuilder,
};
use iceberg::{Error, ErrorKind, Result};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::Opened;
use super::encoding::Codings;
use crate::place::Place;

/// Bytes of a row group; large payloads would make a group of that many rows enormous.
const GROUP_BYTES_MAX: usize = 64 << 20;

/// The names of the footer's entries: how far in the Log the table was before the file, and is
/// with it; and that the file was merged from others.
const FOOTER_AFTER: &str = "headwater.after";
const FOOTER_CURSOR: &str = "headwater.cursor";
const FOOTER_MERGED: &str = "headwater.merged";

/// What a file is for. Figures for each choice are in docs/operations.md.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// The rows of a commit, soon to be merged with others: quick to write, small pages, so that
    /// many files can be merged at a time.
    Fresh {
        /// How far in the Log the table was before.
        after: Cursor,
        /// How far it is with the file.
        cursor: Cursor,
    },
    /// The rows of many commits, small.
    Merged {
        /// Of a day that is over: to be read for years. It is packed harder, for that is done once.
        over: bool,
    },
}

impl Kind {
    fn level(&self) -> i32 {
        match self {
            Self::Fresh { .. } => 1,
            Self::Merged { over: false } => 3,
            Self::Merged { over: true } => 9,
        }
    }

    /// Rows of a row group: few enough that its bounds on (thing, metric) pass whole groups over.
    fn group_rows(&self) -> usize {
        match self {
            Self::Fresh { .. } => 128 << 10,
            Self::Merged { .. } => 256 << 10,
        }
    }

    fn page_bytes(&self) -> usize {
        match self {
            Self::Fresh { .. } => 256 << 10,
            Self::Merged { .. } => 1 << 20,
        }
    }

    /// Rows of a page. Times and traces of a thing stand once for each of its metrics, and zstd
    /// finds that only within a page.
    fn page_rows(&self) -> usize {
        match self {
            Self::Fresh { .. } => 20_000,
            Self::Merged { .. } => 100_000,
        }
    }

    fn footer(&self) -> Vec<KeyValue> {
        let entry = |key: &str, text: String| KeyValue::new(key.to_owned(), text);
        match self {
            Self::Fresh { after, cursor } => vec![
                entry(FOOTER_AFTER, after.to_string()),
                entry(FOOTER_CURSOR, cursor.to_string()),
            ],
            Self::Merged { .. } => vec![entry(FOOTER_MERGED, "v1".to_owned())],
        }
    }
}

/// Where files go, and how they are written.
pub(super) struct Target {
    pub spec: TableSpec,
    pub place: Place,
    pub metadata: TableMetadataRef,
    pub kind: Kind,
}

/// A file, ready to be stored.
pub(crate) struct Written {
    pub key: String,
    pub bytes: Bytes,
    pub entry: DataFile,
}

impl Target {
    pub fn of(opened: &Opened, kind: Kind) -> Self {
        Self {
            spec: opened.spec,
            place: opened.place.clone(),
            metadata: opened.table.metadata_ref(),
            kind,
        }
    }

    /// How files are written but for the encodings of their columns.
    fn builder(&self) -> WriterPropertiesBuilder {
        let level = ZstdLevel::try_new(self.kind.level()).expect("zstd has these levels");
        let mut builder = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(self.kind.group_rows()))
            .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
            .set_data_page_size_limit(self.kind.page_bytes())
            .set_data_page_row_count_limit(self.kind.page_rows())
            .set_sorting_columns(Some(sorting_columns(&self.spec)))
            .set_key_value_metadata(Some(self.kind.footer()));
        let payloads = self
            .spec
            .columns
            .iter()
            .filter(|c| c.kind == ColumnKind::Bytes);
        for column in payloads {
            // Nobody asks for the least payload, and bounds would copy payloads into manifests.
            let path = ColumnPath::from(column.name);
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
        builder
    }

    /// The encodings that are smallest for rows like these.
    pub fn codings_for(&self, rows: &[RecordBatch]) -> Result<Codings> {
        Codings::tried(&self.spec, rows, &self.builder().build())
    }
}

/// A file that is being written.
pub(super) struct Draft {
    writer: ParquetWriter,
    memory: FileIO,
    partition: Struct,
    path: String,
}

impl Draft {
    /// Begins a file for rows of a day, in days since 1970-01-01.
    pub fn begin(target: &Target, day: i32, codings: &Codings) -> Result<Self> {
        let schema = target.metadata.current_schema().clone();
        let partition = Struct::from_iter([Some(Literal::date(day))]);
        let spec = target.metadata.default_partition_spec();
        let folder = spec.partition_to_path(&partition, schema.clone());
        let memory = FileIOBuilder::new(Arc::new(MemoryStorageFactory)).build();
        let properties = codings.set(target.builder()).build();
        let builder = ParquetWriterBuilder::new(properties, schema)
            .with_match_mode(iceberg::arrow::FieldMatchMode::Name);
        let output = memory.new_output("file")?;
        Ok(Self {
            writer: futures::executor::block_on(builder.build(output))?,
            memory,
            partition,
            path: format!("data/{folder}/{}.parquet", uuid::Uuid::now_v7()),
        })
    }

    pub fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        futures::executor::block_on(self.writer.write(rows))
    }

    /// Bytes so far, about.
    pub fn bytes(&self) -> u64 {
        self.writer.current_written_size() as u64
    }

    pub fn finish(self, target: &Target) -> Result<Written> {
        let mut entries = futures::executor::block_on(self.writer.close())?;
        let missing = || Error::new(ErrorKind::Unexpected, "a file without rows");
        let mut entry = entries.pop().ok_or_else(missing)?;
        entry
            .file_path(target.place.url(&self.path))
            .partition(self.partition)
            .partition_spec_id(target.metadata.default_partition_spec_id())
            .sort_order_id(target.metadata.default_sort_order_id() as i32);
        let file = self.memory.new_input("file")?;
        Ok(Written {
            key: target.place.key(&self.path),
            bytes: futures::executor::block_on(file.read())?,
            entry: entry.build().map_err(|error| {
                Error::new(ErrorKind::Unexpected, "a file without an entry").with_source(error)
            })?,
        })
    }
}

fn sorting_columns(spec: &TableSpec) -> Vec<SortingColumn> {
    let index = |name: &&str| spec.columns.iter().position(|column| column.name == *name);
    let sorted = |index: usize| SortingColumn {
        column_idx: index as i32,
        descending: false,
        nulls_first: true,
    };
    spec.sort.iter().filter_map(index).map(sorted).collect()
}

// SPDX-License-Identifier: Apache-2.0
//! Buffered rows to Parquet files, one for each day, each with its entry for Iceberg's manifest.
//! Runs on a thread for long work: it only computes.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_select::interleave::interleave_record_batch;
use bytes::Bytes;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{ColumnKind, TableSpec};
use iceberg::io::{FileIO, FileIOBuilder, MemoryStorageFactory};
use iceberg::spec::{DataFile, Literal, Struct, TableMetadataRef};
use iceberg::writer::file_writer::{FileWriter, FileWriterBuilder, ParquetWriterBuilder};
use iceberg::{Error, ErrorKind, Result};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::order::{Day, by_day};
use crate::place::Place;
use crate::schema::time_column;

/// Rows of a row group: small enough that its bounds on (thing, metric) pass whole groups over.
const GROUP_ROWS_MAX: usize = 128 << 10;

/// Bytes of a row group; large payloads would make a group of that many rows enormous.
const GROUP_BYTES_MAX: usize = 64 << 20;

/// Rows that are gathered at a time.
const GATHERED_ROWS: usize = 16 << 10;

/// The names of the footer's entries: how far in the Log the table was before the file, and is
/// with it.
const FOOTER_AFTER: &str = "headwater.after";
const FOOTER_CURSOR: &str = "headwater.cursor";

/// What to write.
pub(crate) struct Job {
    pub batches: Vec<RecordBatch>,
    pub spec: TableSpec,
    pub place: Place,
    pub metadata: TableMetadataRef,
    pub after: Cursor,
    pub cursor: Cursor,
}

/// A file, ready to be stored.
pub(crate) struct Written {
    pub key: String,
    pub bytes: Bytes,
    pub entry: DataFile,
}

/// Writes the rows.
pub(crate) fn write(job: &Job) -> Result<Vec<Written>> {
    let batches: Vec<&RecordBatch> = job.batches.iter().collect();
    let time = time_column(&job.spec)?.name;
    let days = by_day(&batches, time, job.spec.sort)?;
    days.iter()
        .map(|day| write_day(job, &batches, day))
        .collect()
}

fn write_day(job: &Job, batches: &[&RecordBatch], day: &Day) -> Result<Written> {
    let memory = FileIOBuilder::new(Arc::new(MemoryStorageFactory)).build();
    futures::executor::block_on(write_file(job, batches, day, &memory))
}

/// All of it happens in memory, so nothing here waits.
async fn write_file(
    job: &Job,
    batches: &[&RecordBatch],
    day: &Day,
    memory: &FileIO,
) -> Result<Written> {
    let schema = job.metadata.current_schema().clone();
    let partition = Struct::from_iter([Some(Literal::date(day.day))]);
    let folder = job
        .metadata
        .default_partition_spec()
        .partition_to_path(&partition, schema.clone());
    let path = format!("data/{folder}/{}.parquet", uuid::Uuid::now_v7());
    let builder = ParquetWriterBuilder::new(properties(job), schema)
        .with_match_mode(iceberg::arrow::FieldMatchMode::Name);
    let mut writer = builder.build(memory.new_output("file")?).await?;
    for rows in day.rows.chunks(GATHERED_ROWS) {
        let rows = interleave_record_batch(batches, rows).map_err(arrow_failed)?;
        writer.write(&rows).await?;
    }
    let mut entries = writer.close().await?;
    let missing = || Error::new(ErrorKind::Unexpected, "a file without rows");
    let mut entry = entries.pop().ok_or_else(missing)?;
    entry
        .file_path(job.place.url(&path))
        .partition(partition)
        .partition_spec_id(job.metadata.default_partition_spec_id())
        .sort_order_id(job.metadata.default_sort_order_id() as i32);
    Ok(Written {
        key: job.place.key(&path),
        bytes: memory.new_input("file")?.read().await?,
        entry: entry.build().map_err(|error| {
            Error::new(ErrorKind::Unexpected, "a file without an entry").with_source(error)
        })?,
    })
}

fn arrow_failed(error: ArrowError) -> Error {
    Error::new(ErrorKind::Unexpected, "rows can't be gathered").with_source(error)
}

fn properties(job: &Job) -> WriterProperties {
    let footer = |key: &str, cursor: &Cursor| KeyValue::new(key.to_owned(), cursor.to_string());
    let level = ZstdLevel::try_new(1).expect("zstd has a level 1");
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_sorting_columns(Some(sorting_columns(&job.spec)))
        .set_key_value_metadata(Some(vec![
            footer(FOOTER_AFTER, &job.after),
            footer(FOOTER_CURSOR, &job.cursor),
        ]));
    for column in job.spec.columns {
        let path = || ColumnPath::from(column.name);
        if column.kind == ColumnKind::Bytes {
            // Nobody asks for the least payload, and bounds would copy payloads into manifests.
            builder = builder
                .set_column_statistics_enabled(path(), EnabledStatistics::None)
                .set_column_dictionary_enabled(path(), false);
        } else if column.name == "trace_id" {
            // Each is there once or a few times: a dictionary would be given up half way.
            builder = builder.set_column_dictionary_enabled(path(), false);
        }
    }
    builder.build()
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

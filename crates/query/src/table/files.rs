// SPDX-License-Identifier: Apache-2.0
//! Committed files: one Parquet source over all of them, dealt out to the partitions (`deal`).

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DataFusionError, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfigBuilder, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use hw_kernel::port::tables::{ColumnKind, DataFile, TableError, TableSpec};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::deal::{Part, deal};
use super::pinned::Pinned;
use crate::error::QueryError;
use crate::runtime::store_url;
use crate::types::UTC;

/// How much of a file's end is read at first; holds the footer of most files.
const FOOTER_BYTES: usize = 64 << 10;

/// What a scan of files needs to know.
pub(super) struct Scan<'a> {
    pub spec: &'a TableSpec,
    pub schema: &'a SchemaRef,
    pub projection: Option<&'a Vec<usize>>,
    pub limit: Option<usize>,
    /// All files of the snapshot: none is deleted while the plan lives.
    pub pinned: &'a Arc<[DataFile]>,
}

impl Scan<'_> {
    /// A plan that reads the files; columns are matched by name, and one that a file lacks is NULL.
    pub(super) fn plan(
        &self,
        state: &dyn Session,
        files: &[&DataFile],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let runtime = state.runtime_env();
        let url = store_url()?;
        let readers: Arc<dyn ParquetFileReaderFactory> = Arc::new(Pinned::new(
            CachedParquetFileReaderFactory::new(
                runtime.object_store(&url)?,
                runtime.cache_manager.get_file_metadata_cache(),
            ),
            Arc::clone(self.pinned),
        ));
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let source = ParquetSource::new(Arc::clone(self.schema))
            .with_table_parquet_options(options)
            .with_metadata_size_hint(FOOTER_BYTES)
            .with_parquet_file_reader_factory(readers);

        let groups = deal(files, state.config().target_partitions())
            .iter()
            .map(|parts| parts.iter().map(|part| self.part(part)).collect())
            .map(|parts: Result<Vec<_>>| Ok(FileGroup::new(parts?)))
            .collect::<Result<Vec<_>>>()?;
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.total(files))
            .with_limit(self.limit)
            .with_projection_indices(self.projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn part(&self, part: &Part<'_>) -> Result<PartitionedFile> {
        let file = part.file;
        let location = Path::parse(&file.key).map_err(|error| self.damaged(&error))?;
        let meta = ObjectMeta {
            location,
            last_modified: Default::default(),
            size: file.bytes,
            e_tag: None,
            version: None,
        };
        let statistics = self.statistics(file.rows, file.time);
        let whole = PartitionedFile::new_from_meta(meta);
        Ok(match &part.bytes {
            // Sizes of files are far below 2^63.
            Some(range) => whole
                .with_range(range.start as i64, range.end as i64)
                .with_statistics(Arc::new(statistics.to_inexact())),
            None => whole.with_statistics(Arc::new(statistics)),
        })
    }

    fn damaged(&self, error: &object_store::path::Error) -> DataFusionError {
        let detail = error.to_string();
        QueryError::Table(TableError::Damaged {
            table: self.spec.name.into(),
            detail,
        })
        .into()
    }

    fn total(&self, files: &[&DataFile]) -> Statistics {
        let rows = files.iter().map(|file| file.rows).sum();
        let times: Option<Vec<_>> = files.iter().map(|file| file.time).collect();
        let span = times.and_then(|times| {
            let first = times.iter().map(|time| time.0).min()?;
            Some((first, times.iter().map(|time| time.1).max()?))
        });
        self.statistics(rows, span)
    }

    /// Rows are counted, so `count(*)` opens no file. First and last time only help to plan:
    /// writers may have rounded them.
    fn statistics(&self, rows: u64, time: Option<(i64, i64)>) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.schema);
        statistics.num_rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Exact);
        let column = self
            .spec
            .columns
            .iter()
            .position(|c| c.kind == ColumnKind::Time);
        if let (Some(column), Some((min, max))) = (column, time) {
            let value = |micros| ScalarValue::TimestampMicrosecond(Some(micros), Some(UTC.into()));
            statistics.column_statistics[column] = ColumnStatistics {
                min_value: Precision::Inexact(value(min)),
                max_value: Precision::Inexact(value(max)),
                ..ColumnStatistics::new_unknown()
            };
        }
        statistics
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Readers of files that hold the list of their snapshot: as long as the plan lives, the lake
//! deletes none of its files, however long the statement runs.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::parquet::arrow::async_reader::AsyncFileReader;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use hw_kernel::port::tables::DataFile;

/// The readers, and what they hold.
#[derive(Debug)]
pub(super) struct Pinned {
    readers: CachedParquetFileReaderFactory,
    _files: Arc<[DataFile]>,
}

impl Pinned {
    /// Readers that hold `files`.
    pub fn new(readers: CachedParquetFileReaderFactory, files: Arc<[DataFile]>) -> Self {
        Self {
            readers,
            _files: files,
        }
    }
}

impl ParquetFileReaderFactory for Pinned {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        self.readers
            .create_reader(partition, file, metadata_size_hint, metrics)
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Buffered rows to Parquet files, one for each day, each with its entry for Iceberg's manifest.
//! Runs on a thread for long work: it only computes.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use iceberg::{Error, ErrorKind, Result};

use super::draft::{Draft, Target, Written};
use super::encoding::Codings;
use super::gather::Gather;
use super::order::{Day, by_day};
use crate::schema::time_column;

/// Rows that are gathered at a time.
const GATHERED_ROWS: usize = 16 << 10;

/// What to write.
pub(super) struct Job {
    pub batches: Vec<RecordBatch>,
    pub target: Target,
}

/// Writes the rows.
pub(super) fn write(job: &Job) -> Result<Vec<Written>> {
    let batches: Vec<&RecordBatch> = job.batches.iter().collect();
    let spec = &job.target.spec;
    let days = by_day(&batches, time_column(spec)?.name, spec.sort)?;
    let gather = Gather::new(&batches).map_err(ungatherable)?;
    let written = days.iter().map(|day| write_day(job, &gather, day));
    written.collect()
}

fn write_day(job: &Job, gather: &Gather, day: &Day) -> Result<Written> {
    let codings = Codings::usual(&job.target.spec);
    let mut draft = Draft::begin(&job.target, day.day, &codings)?;
    for places in day.rows.chunks(GATHERED_ROWS) {
        draft.write(&gather.rows(places).map_err(ungatherable)?)?;
    }
    draft.finish(&job.target)
}

fn ungatherable(error: ArrowError) -> Error {
    Error::new(ErrorKind::Unexpected, "rows can't be gathered").with_source(error)
}

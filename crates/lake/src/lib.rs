// SPDX-License-Identifier: Apache-2.0
//! The lake: rows from the Log in a buffer that SQL sees at once, then in Parquet files that
//! Iceberg tables name, with the Log's position in the same commit.
//!
//! The Log is the write-ahead log of the tables. [`Lake`] keeps a table's rows and its cursor
//! together: what a commit makes durable is both or neither, so after a crash the ingest worker
//! reads on from the cursors and no row is lost or there twice. It must not know who asks the
//! tables, nor SQL.

mod aside;
mod cursors;
mod env;
mod error;
pub mod flatten;
mod ingest;
mod jumps;
mod lake;
mod maintain;
mod place;
mod pointer;
mod schema;
mod scope;
pub mod spec;
mod storage;
mod table;
mod upkeep;

pub use ingest::{FlushError, Ingest, IngestFigures, IngestHandle, IngestLimits};
pub use lake::Lake;
pub use maintain::{
    Duty, DutyReport, Maintenance, MaintenanceHandle, MaintenanceSettings, Retention, TableReport,
};
pub use table::{Buffered, CURSOR_PROPERTY, CompactLimits};

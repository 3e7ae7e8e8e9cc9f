// SPDX-License-Identifier: Apache-2.0
//! The ingest worker: reads the Log, makes rows of what it holds, appends them, commits them at a
//! measured pace, and lets the Log go up to where all tables have come.

mod aside;
mod behind;
mod commit;
mod complaints;
mod decoder;
mod event_rows;
mod handle;
mod hex;
mod message_rows;
mod pace;
mod readers;
mod run;
mod telemetry_rows;
mod texts;
mod worker;

#[cfg(test)]
mod tests;

pub use handle::{FlushError, IngestFigures, IngestHandle};
pub use pace::IngestLimits;
pub(crate) use readers::Readers;
pub use worker::Ingest;

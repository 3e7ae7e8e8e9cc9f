// SPDX-License-Identifier: Apache-2.0
//! The worker from outside: flush, and figures.

use std::sync::Arc;

use hw_kernel::Log;
use hw_kernel::port::position::Position;
use hw_model::AccountId;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::decoder::Counts;

/// Flushes that wait for the worker to take them.
pub(super) const FLUSHES_MAX: usize = 64;

/// Why a flush did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The worker has ended: the server is closing.
    #[error("the lake is closing")]
    Ended,
    /// A commit failed; its rows are kept, and it is tried again.
    #[error("the lake could not commit: {0}")]
    Failed(String),
}

/// Somebody waits until what was durable in the Log is in Parquet.
pub(super) struct Flush {
    /// The end of the Log when it was asked for.
    pub target: Position,
    /// Whose tables; all if nobody is named.
    pub account: Option<AccountId>,
    pub done: oneshot::Sender<Result<(), FlushError>>,
}

/// What the worker has read since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IngestFigures {
    /// Messages.
    pub messages: u64,
    /// Events.
    pub events: u64,
    /// Rows of `telemetry`.
    pub telemetry_rows: u64,
    /// Records that a producer had written twice.
    pub repeats: u64,
    /// Records that could not be read.
    pub poison: u64,
    /// Commits that succeeded.
    pub commits: u64,
}

/// A handle to the worker; clones are of the same one.
#[derive(Clone)]
pub struct IngestHandle {
    pub(super) log: Arc<dyn Log>,
    pub(super) flushes: mpsc::Sender<Flush>,
    pub(super) figures: Figures,
}

impl IngestHandle {
    /// Returns when everything that was durable in the Log at the call is in Parquet files that a
    /// committed snapshot names.
    pub async fn flush(&self) -> Result<(), FlushError> {
        self.ask(None).await
    }

    /// The same for the tables of one account; those of others are not committed for it.
    pub async fn flush_account(&self, account: AccountId) -> Result<(), FlushError> {
        self.ask(Some(account)).await
    }

    async fn ask(&self, account: Option<AccountId>) -> Result<(), FlushError> {
        let (done, outcome) = oneshot::channel();
        let flush = Flush {
            target: self.log.end(),
            account,
            done,
        };
        let sent = self.flushes.send(flush).await;
        sent.map_err(|_| FlushError::Ended)?;
        outcome.await.unwrap_or(Err(FlushError::Ended))
    }

    /// What the worker has read so far.
    pub fn figures(&self) -> IngestFigures {
        *self.figures.0.lock()
    }
}

/// Figures that the worker writes and handles read.
#[derive(Clone, Default)]
pub(super) struct Figures(Arc<Mutex<IngestFigures>>);

impl Figures {
    pub fn read(&self, before: Counts, after: Counts) {
        let mut figures = self.0.lock();
        figures.messages += after.messages - before.messages;
        figures.events += after.events - before.events;
        figures.telemetry_rows += after.telemetry_rows - before.telemetry_rows;
        figures.repeats += after.repeats - before.repeats;
        figures.poison += after.poison - before.poison;
    }

    pub fn committed(&self) {
        self.0.lock().commits += 1;
    }
}

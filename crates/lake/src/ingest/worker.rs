// SPDX-License-Identifier: Apache-2.0
//! The worker `lake.ingest`.

use std::sync::Arc;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Log, Shutdown};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::handle::{FLUSHES_MAX, Figures, Flush, IngestHandle};
use super::pace::IngestLimits;
use super::run::Run;
use crate::Lake;

/// Fills the tables from the Log.
pub struct Ingest {
    pub(super) lake: Arc<Lake>,
    pub(super) log: Arc<dyn Log>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: IngestLimits,
    pub(super) status: StatusCell,
    pub(super) figures: Figures,
    flushes: Mutex<Option<mpsc::Receiver<Flush>>>,
}

impl Ingest {
    /// A worker and its handle. It reads from where the tables have come to.
    pub fn new(
        lake: Arc<Lake>,
        log: Arc<dyn Log>,
        clock: Arc<dyn Clock>,
        limits: IngestLimits,
    ) -> (Self, IngestHandle) {
        let (sender, receiver) = mpsc::channel(FLUSHES_MAX);
        let figures = Figures::default();
        let handle = IngestHandle {
            log: Arc::clone(&log),
            flushes: sender,
            figures: figures.clone(),
        };
        let ingest = Self {
            lake,
            log,
            clock,
            limits,
            status: StatusCell::named("lake.ingest"),
            figures,
            flushes: Mutex::new(Some(receiver)),
        };
        (ingest, handle)
    }
}

#[async_trait]
impl Worker for Ingest {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let flushes = self.flushes.lock().take();
        if let Some(flushes) = flushes {
            Run::new(self, flushes, shutdown).run().await;
        }
        self.status
            .set("ended", String::new(), self.status.get().last_error);
    }
}

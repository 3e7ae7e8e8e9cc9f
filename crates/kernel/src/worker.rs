// SPDX-License-Identifier: Apache-2.0
//! Background work with a name and a status that people can see.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::shutdown::Shutdown;

/// How a worker stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct WorkerStatus {
    /// Its name, as in `lake.ingest`.
    pub name: String,
    /// `starting`, `idle`, `busy`, `failing` or `ended`.
    pub state: String,
    /// What it has still to do, in its own unit, in words.
    pub lag: String,
    /// The last error, if the last try failed.
    pub last_error: Option<String>,
}

/// A shared status that its worker writes and faces read.
#[derive(Debug, Clone, Default)]
pub struct StatusCell(Arc<Mutex<WorkerStatus>>);

impl StatusCell {
    /// A status under a name.
    pub fn named(name: &str) -> Self {
        let status = WorkerStatus {
            name: name.into(),
            state: "starting".into(),
            ..Default::default()
        };
        Self(Arc::new(Mutex::new(status)))
    }

    /// Changes it.
    pub fn set(&self, state: &str, lag: String, last_error: Option<String>) {
        let mut status = self.0.lock();
        status.state = state.to_owned();
        (status.lag, status.last_error) = (lag, last_error);
    }

    /// Reads it.
    pub fn get(&self) -> WorkerStatus {
        self.0.lock().clone()
    }
}

/// Background work.
#[async_trait]
pub trait Worker: Send + Sync {
    /// Its status.
    fn status(&self) -> WorkerStatus;
    /// Works until shutdown begins, then ends in good order.
    async fn run(&self, shutdown: Shutdown);
}

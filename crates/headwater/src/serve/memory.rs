// SPDX-License-Identifier: Apache-2.0
//! The worker `memory`: gives back to the machine what a start or a burst has left behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Shutdown};

use crate::machine::{code, memory};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);

/// The start is over by then, and what only it ran can go.
const START: Duration = Duration::from_secs(2);

/// So much may lie about unused, in bytes: the next burst has it at once.
const UNUSED_BYTES_MAX: usize = 12 << 20;

/// So much may lie about at one look, between two uses of a burst, in bytes. What the tables and
/// merges leave at full speed would else be a second working set.
const UNUSED_AT_ONCE_BYTES_MAX: usize = 96 << 20;

/// What the looks have seen, in bytes.
#[derive(Default)]
struct Seen {
    /// Unused at the last one.
    unused: usize,
    /// What could not be given back: pieces of pages that are in use. Not tried again and again.
    stuck: usize,
}

/// Looks, and gives back.
pub(super) struct Memory {
    clock: Arc<dyn Clock>,
    status: StatusCell,
}

impl Memory {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let status = StatusCell::named("memory");
        Self { clock, status }
    }

    /// Gives back what has lain about since the last look.
    async fn look(&self, seen: &mut Seen) {
        let unused = memory::unused_bytes().unwrap_or_default();
        let before = std::mem::replace(&mut seen.unused, unused);
        seen.stuck = seen.stuck.min(unused);
        // What a burst uses again and again is not given back between two uses.
        let lasting = before.min(unused) > seen.stuck + UNUSED_BYTES_MAX;
        if !lasting && unused <= seen.stuck + UNUSED_AT_ONCE_BYTES_MAX {
            return self.tell(unused);
        }
        // A thread of its own: it takes some milliseconds.
        let began = self.clock.monotonic();
        let _ = tokio::task::spawn_blocking(memory::give_back).await;
        let left = memory::unused_bytes().unwrap_or_default();
        let took = self.clock.monotonic() - began;
        tracing::debug!(unused, left, ?took, "memory was given back");
        self.tell(left);
        (seen.unused, seen.stuck) = (left, left);
    }

    fn tell(&self, unused: usize) {
        let lag = format!("{} MB held and not in use", unused >> 20);
        self.status.set("idle", lag, None);
    }
}

#[async_trait]
impl Worker for Memory {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let mut seen = Seen::default();
        let mut started = Some(self.clock.monotonic() + START);
        loop {
            self.look(&mut seen).await;
            if started.is_some_and(|at| at <= self.clock.monotonic()) {
                started = None;
                let _ = tokio::task::spawn_blocking(code::let_go).await;
            }
            if shutdown.wait_for(self.clock.sleep(EVERY)).await {
                break;
            }
        }
        self.status.set("ended", String::new(), None);
    }
}

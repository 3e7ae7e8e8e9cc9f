// SPDX-License-Identifier: Apache-2.0
//! Threads that plan and run statements: their work is long and recursive, so it has threads of
//! its own, with deep stacks, and neither starves nor overflows those of doors and brokers.

use std::future::Future;
use std::io;

use datafusion::arrow::array::RecordBatch;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::{Stream, StreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::stop;
use crate::error::QueryError;

/// Enough for the deepest statement that the limits let through, in a build without optimisation.
const STACK_BYTES: usize = 64 << 20;
/// Batches that wait for a reader who is slower than the engine.
const BATCHES_AHEAD_MAX: usize = 2;

/// Threads that wait for files, for each that computes: this bounds what statements ask of a disk
/// at a time.
const BLOCKING_PER_THREAD: usize = 4;

/// The threads.
pub(crate) struct Workers(Option<Runtime>);

impl Workers {
    /// So many threads, each of which begins with `start`; so do those that wait for disks.
    pub(crate) fn new(threads: usize, start: Option<fn()>) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(threads)
            .max_blocking_threads(threads * BLOCKING_PER_THREAD)
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .enable_all();
        if let Some(start) = start {
            builder.on_thread_start(start);
        }
        Ok(Self(Some(builder.build()?)))
    }

    fn spawn<T: Send + 'static>(
        &self,
        tasks: &mut JoinSet<T>,
        work: impl Future<Output = T> + Send + 'static,
    ) {
        if let Some(runtime) = &self.0 {
            tasks.spawn_on(work, runtime.handle());
        }
    }

    /// Does `work` on these threads. Whoever stops waiting for it stops it, and a panic in it is
    /// an error of this statement alone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, QueryError>> + Send + 'static,
    ) -> Result<T, QueryError> {
        let mut tasks = JoinSet::new();
        let (_waiting, work) = stop::waited_for(work);
        self.spawn(&mut tasks, work);
        match tasks.join_next().await {
            Some(Ok(done)) => done,
            Some(Err(error)) => Err(QueryError::Internal(Box::new(error))),
            None => Err(QueryError::Cancelled),
        }
    }

    /// Pulls a stream on these threads, a little ahead of the reader; dropping it stops the work.
    pub(crate) fn pull(
        &self,
        mut stream: SendableRecordBatchStream,
    ) -> impl Stream<Item = Result<RecordBatch, QueryError>> + Send + use<> {
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD_MAX);
        let mut tasks = JoinSet::new();
        self.spawn(&mut tasks, async move {
            while let Some(batch) = stream.next().await {
                if sender.send(batch.map_err(QueryError::from)).await.is_err() {
                    break;
                }
            }
        });
        futures::stream::unfold((receiver, tasks), |(mut receiver, mut tasks)| async move {
            if let Some(batch) = receiver.recv().await {
                return Some((batch, (receiver, tasks)));
            }
            match tasks.join_next().await {
                Some(Err(error)) => Some((
                    Err(QueryError::Internal(Box::new(error))),
                    (receiver, tasks),
                )),
                _ => None,
            }
        })
    }
}

impl Drop for Workers {
    /// The last engine may be dropped inside of another runtime, which must not wait.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

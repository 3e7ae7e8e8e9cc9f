// SPDX-License-Identifier: Apache-2.0
//! Keeps short what a start has to read: from time to time all sessions, what they are owed and
//! what is retained are written down again at the end of the log, and what lies before is let go.

use std::error::Error;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::port::log::LogError;
use hw_kernel::port::position::Position;
use hw_kernel::worker::{StatusCell, Worker, WorkerStatus};
use hw_kernel::{Clock, Shutdown};
use hw_session::journal::Debt;
use hw_session::{KeepFailure, Ticket};

use crate::lane::Lane;
use crate::rebuild::STREAMS;
use crate::retained::RetainedMessages;
use crate::shard::Told;
use crate::shared::Shared;
use crate::stored::fetch;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The log grows by so much before it is worth a checkpoint.
const GROWTH_BYTES_MIN: u64 = 64 << 20;

/// And by so many times what a checkpoint would write.
const GROWTH_TIMES: u64 = 4;

/// About what a session takes in the log.
const SESSION_BYTES: u64 = 512;

/// About what an owed message takes.
const OWED_BYTES: u64 = 512;

/// Sessions, owed or retained messages that are written in one turn.
const AT_ONCE: usize = 128;

/// Hears where whole checkpoints end. A log that is cut before such an end may have nothing of what
/// was written down before the beginning.
#[async_trait]
pub trait CheckpointMarks: Send + Sync {
    /// One ends before `at`. Nothing is let go before this has returned, and nothing if it fails.
    async fn ended(&self, at: &Position) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Writes checkpoints.
pub struct Checkpointer {
    shared: Weak<Shared>,
    retained: Arc<RetainedMessages>,
    marks: Option<Arc<dyn CheckpointMarks>>,
    clock: Arc<dyn Clock>,
    status: StatusCell,
}

/// Why a checkpoint was not finished; the one before still holds.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The Log can't be read or trimmed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The Log did not take it.
    #[error("{}", .0.cause())]
    Keep(KeepFailure),
    /// Its end could not be noted.
    #[error("its end can't be noted: {0}")]
    Mark(Box<dyn Error + Send + Sync>),
    /// The broker ends.
    #[error("a shard has ended")]
    Ended,
}

impl Checkpointer {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        retained: Arc<RetainedMessages>,
        marks: Option<Arc<dyn CheckpointMarks>>,
    ) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            retained,
            marks,
            clock: shared.clock.clone(),
            status: StatusCell::named("broker.checkpoint"),
        }
    }

    /// Bytes that a checkpoint would write, about.
    fn live_bytes(&self, shared: &Shared) -> u64 {
        let (_, retained) = self.retained.size();
        let mut bytes = retained;
        for lane in shared.lanes() {
            let state = lane.state.lock();
            bytes += state.sessions().len() as u64 * SESSION_BYTES;
            bytes += state.owed_messages() as u64 * OWED_BYTES;
        }
        bytes
    }

    /// Writes one now.
    pub async fn write_now(&self) -> Result<(), CheckpointError> {
        match self.shared.upgrade() {
            Some(shared) => self.write(&shared).await,
            None => Err(CheckpointError::Ended),
        }
    }

    async fn write(&self, shared: &Arc<Shared>) -> Result<(), CheckpointError> {
        let upto = shared.log.end();
        let end = offset(&upto);
        // What is durable now must have been told to the sessions that are owed it. The Log knows
        // what is durable before it answers the shard that took it in; that shard must have heard.
        for lane in shared.lanes() {
            let told = lane.state.lock().watch_given(lane);
            if let Some(told) = told {
                // What was not kept is nobody's.
                let _: Result<u64, KeepFailure> = told.await.map_err(|_| CheckpointError::Ended)?;
            }
        }
        // Their shards hear it in a turn after that.
        for _ in 0..2 {
            self.pass_turns(shared).await;
        }
        for lane in shared.lanes() {
            let sessions = lane.state.lock().sessions();
            for some in sessions.chunks(AT_ONCE) {
                let told = written(lane, |state| state.write_sessions(some));
                settle(told).await?;
                for session in some {
                    self.write_owed(shared, lane, *session, end).await?;
                }
            }
        }
        if let Some(lane) = shared.lanes().first() {
            let all = self.retained.all(shared.now().wall);
            for some in all.chunks(AT_ONCE) {
                let now = shared.now();
                let told = written(lane, |state| state.write_retained(some, now));
                settle(told).await?;
            }
        }
        if let Some(marks) = &self.marks {
            let marked = marks.ended(&shared.log.end()).await;
            marked.map_err(CheckpointError::Mark)?;
        }
        for stream in STREAMS {
            shared.log.trim(stream, &upto).await?;
        }
        Ok(())
    }

    async fn write_owed(
        &self,
        shared: &Arc<Shared>,
        lane: &Arc<Lane>,
        session: u64,
        end: u64,
    ) -> Result<(), CheckpointError> {
        let mut debts = lane.state.lock().debts_before(session, end);
        while !debts.is_empty() {
            let some = &debts[..debts.len().min(AT_ONCE)];
            let places: Vec<u64> = some.iter().map(|debt| debt.place).collect();
            let found = fetch(&*shared.log, &places).await?;
            let done = some.iter().take_while(|it| found.contains_key(&it.place));
            let done: Vec<Debt> = done.copied().collect();
            // One that the log has no more can't be written again; its session is told when it asks.
            let there = |it: &Debt| Some((*it, found.get(&it.place)?.as_ref()?));
            let there: Vec<_> = done.iter().filter_map(there).collect();
            let written = {
                let mut state = lane.state.lock();
                let written = state.write_owed(session, &there);
                written.map(|(ticket, spots)| (state.watch(ticket), spots))
            };
            lane.signal();
            if let Some((told, mut places)) = written
                && let Some(base) = settle(Some(told)).await?
            {
                places.values_mut().for_each(|place| *place += base);
                lane.state.lock().moved(session, &places);
            }
            debts.drain(..done.len().max(1));
        }
        Ok(())
    }

    /// Waits until each shard has begun and ended a turn.
    async fn pass_turns(&self, shared: &Shared) {
        for lane in shared.lanes() {
            let before = lane.state.lock().turns();
            lane.signal();
            while lane.state.lock().turns() == before {
                self.clock.sleep(Duration::from_millis(1)).await;
                lane.signal();
            }
        }
    }
}

/// Has a shard write something in its next turn; what it wrote is durable when it is told so.
fn written(
    lane: &Arc<Lane>,
    write: impl FnOnce(&mut crate::shard::ShardState) -> Option<Ticket>,
) -> Option<Told> {
    let told = {
        let mut state = lane.state.lock();
        write(&mut state).map(|ticket| state.watch(ticket))
    };
    lane.signal();
    told
}

async fn settle(told: Option<Told>) -> Result<Option<u64>, CheckpointError> {
    let Some(told) = told else {
        return Ok(None);
    };
    match told.await {
        Ok(Ok(base)) => Ok(Some(base)),
        Ok(Err(failure)) => Err(CheckpointError::Keep(failure)),
        Err(_) => Err(CheckpointError::Ended),
    }
}

fn offset(position: &Position) -> u64 {
    position.0.values().copied().max().unwrap_or(0)
}

#[async_trait]
impl Worker for Checkpointer {
    fn status(&self) -> WorkerStatus {
        self.status.get()
    }

    async fn run(&self, shutdown: Shutdown) {
        let (mut last, mut written) = (0, 0);
        loop {
            let Some(shared) = self.shared.upgrade() else {
                break;
            };
            let grown = offset(&shared.log.end()).saturating_sub(last);
            let lag = format!("the log has grown by {} MB since the last one", grown >> 20);
            let live = self.live_bytes(&shared).max(written);
            let wanted = GROWTH_BYTES_MIN.max(GROWTH_TIMES * live);
            // What was written since the last one can't go: it must never fill the log.
            let most = shared.log.status().bytes_max.map(|most| most / 4);
            let wanted = most.map_or(wanted, |most| wanted.min(most));
            if grown >= wanted {
                self.status.set("busy", lag, None);
                let begun = offset(&shared.log.end());
                match self.write(&shared).await {
                    Ok(()) => {
                        last = offset(&shared.log.end());
                        // What others wrote meanwhile counts too, which is on the safe side.
                        written = last.saturating_sub(begun);
                        let now = self.clock.monotonic().as_micros() as u64;
                        shared.checkpointed_micros.store(now, Ordering::Relaxed);
                        self.status.set("idle", String::new(), None);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "sessions could not be written down whole");
                        self.status
                            .set("failing", String::new(), Some(error.to_string()));
                    }
                }
            } else {
                self.status.set("idle", lag, None);
            }
            drop(shared);
            if shutdown.wait_for(self.clock.sleep(LOOK_EVERY)).await {
                break;
            }
        }
        self.status.set("ended", String::new(), None);
    }
}

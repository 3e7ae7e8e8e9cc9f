// SPDX-License-Identifier: Apache-2.0
//! The event journal: folds events and appends them to the Log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hw_model::TraceId;
use hw_model::trace::Producer;
use parking_lot::Mutex;

use crate::event::fold::Fold;
use crate::event::{Event, EventSink};
use crate::port::clock::Clock;
use crate::port::log::{Log, Stream};
use crate::record::batch::{Batch, Envelope};
use crate::shutdown::Shutdown;

/// How often counts of repeated events are looked at.
const FOLD_TICK: Duration = Duration::from_secs(5);

/// Appends events to the Log under a producer of its own.
pub struct Journal {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    producer: Producer,
    state: Mutex<State>,
    lost: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    fold: Fold,
    sequence: u64,
}

impl Journal {
    /// A journal of this run of the server.
    pub fn new(log: Arc<dyn Log>, clock: Arc<dyn Clock>, epoch: u32) -> Self {
        let producer = Producer {
            epoch,
            shard: Producer::WORKERS,
        };
        let (state, lost) = (Mutex::default(), Arc::default());
        Self {
            log,
            clock,
            producer,
            state,
            lost,
        }
    }

    /// Events that the Log could not take (full disk, failed sync).
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Writes counts of repeated events until shutdown, then those that are left.
    pub async fn run(&self, shutdown: Shutdown) {
        while !shutdown.wait_for(self.clock.sleep(FOLD_TICK)).await {
            self.write_due(false);
        }
        self.write_due(true);
    }

    fn write_due(&self, closing: bool) {
        let mut state = self.state.lock();
        let due = state.fold.due(self.clock.monotonic(), closing);
        self.append(&mut state, due);
    }

    /// Under the lock, so that sequences reach the Log in order.
    fn append(&self, state: &mut State, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let (mut batch, count) = (Batch::default(), events.len() as u64);
        for event in events {
            tell(&event);
            state.sequence += 1;
            let trace = TraceId {
                producer: self.producer,
                sequence: state.sequence,
            };
            let (account, time) = (event.account, self.clock.now());
            let envelope = Envelope {
                stream: Stream::EVENTS,
                account,
                trace,
                time,
            };
            batch.push(&envelope, |out| crate::record::event::encode(&event, out));
        }
        let lost = Arc::clone(&self.lost);
        let done = move |kept: Result<_, _>| {
            if kept.is_err() {
                lost.fetch_add(count, Ordering::Relaxed);
            }
        };
        self.log.append(batch, Box::new(done));
    }
}

impl EventSink for Journal {
    fn emit(&self, event: Event) {
        let mut state = self.state.lock();
        let first = state.fold.take(event, self.clock.monotonic());
        self.append(&mut state, first.into_iter().collect());
    }
}

/// Into the log of the process, folded as in the table: nobody can flood it either.
fn tell(event: &Event) {
    tracing::info!(
        event.kind,
        event.outcome,
        event.cause,
        event.thing,
        event.client_id,
        event.principal,
        event.topic,
        event.address,
        event.trace_id,
        event.count,
        "{} {}",
        event.kind,
        event.outcome
    );
}

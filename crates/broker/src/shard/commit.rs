// SPDX-License-Identifier: Apache-2.0
//! The Log's side of a turn: this turn's batch goes out, answers to earlier ones come in.

use std::sync::atomic::Ordering;

use hw_kernel::port::log::LogError;
use hw_kernel::port::position::Position;
use hw_session::{KeepFailure, Now};

use super::ShardState;
use crate::lane::{Completion, Lane};
use crate::shared::Shared;

impl ShardState {
    /// Shows this turn's subscriptions to all shards and gives its messages to the Log: before any
    /// answer leaves.
    pub(super) fn commit(&mut self, shared: &Shared, lane: &Lane) {
        self.host.routes.commit();
        let Some((ticket, batch)) = self.host.take_batch() else {
            return;
        };
        let bytes = batch.bytes().len();
        lane.log_waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let lane = shared.lane(lane.number);
        let done = move |outcome: Result<Position, LogError>| {
            let end = outcome.as_ref().ok().and_then(|it| it.0.first_key_value());
            let position = end.map(|(partition, offset)| (*partition, *offset));
            let failure = outcome.err().map(|error| match error {
                LogError::Full => KeepFailure::Full,
                _ => KeepFailure::Failed,
            });
            lane.completions.lock().push(Completion {
                ticket,
                bytes,
                failure,
                position,
            });
            lane.signal();
        };
        shared.log.append(batch, Box::new(done));
    }

    /// Tells the machine what is durable, and what will never be.
    pub(super) fn take_completions(&mut self, lane: &Lane, now: Now) {
        std::mem::swap(&mut *lane.completions.lock(), &mut self.completions);
        let mut completions = std::mem::take(&mut self.completions);
        for completion in completions.drain(..) {
            lane.log_waiting_bytes
                .fetch_sub(completion.bytes, Ordering::Relaxed);
            self.commits.push(now, &completion);
            let end = completion.position.map_or(0, |(_, end)| end);
            let base = end.saturating_sub(completion.bytes as u64);
            let outcome = completion.failure.map_or(Ok(base), Err);
            self.machine
                .durable(&mut self.host, now, completion.ticket, outcome);
            self.tell_watchers(completion.ticket, outcome);
            self.tell_injected(completion.ticket, completion.failure);
        }
        self.completions = completions;
    }
}

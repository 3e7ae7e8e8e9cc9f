// SPDX-License-Identifier: Apache-2.0
//! Somebody who waits until what was written in a turn is durable.

use std::sync::atomic::Ordering;

use hw_session::{KeepFailure, Ticket};
use tokio::sync::oneshot;

use super::ShardState;
use crate::lane::Lane;

/// Told once: where the batch stands, or why it does not.
pub type Told = oneshot::Receiver<Result<u64, KeepFailure>>;

/// One who waits.
pub(super) struct Watcher {
    ticket: Ticket,
    tell: oneshot::Sender<Result<u64, KeepFailure>>,
}

impl ShardState {
    /// Has the caller told when the ticket is durable.
    pub fn watch(&mut self, ticket: Ticket) -> Told {
        let (tell, told) = oneshot::channel();
        self.watchers.push(Watcher { ticket, tell });
        told
    }

    /// Has the caller told when the Log has answered all that it was given until now; `None` if it
    /// has.
    pub fn watch_given(&mut self, lane: &Lane) -> Option<Told> {
        let last = self.host.ticket().0.checked_sub(1)?;
        let waits = lane.log_waiting_bytes.load(Ordering::Relaxed) > 0;
        waits.then(|| self.watch(Ticket(last)))
    }

    /// Tells those who waited for that ticket.
    pub(super) fn tell_watchers(&mut self, ticket: Ticket, outcome: Result<u64, KeepFailure>) {
        for watcher in self.watchers.extract_if(.., |it| it.ticket <= ticket) {
            // Who has gone meanwhile is not told.
            let _ = watcher.tell.send(outcome);
        }
    }
}

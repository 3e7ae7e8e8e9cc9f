// SPDX-License-Identifier: Apache-2.0
//! Kept QoS 0 messages: nobody waits for an answer to them, so if the Log refuses a batch they are
//! dropped, and then they are counted and an event says whose they were.

use std::collections::VecDeque;

use crate::{Happening, Host, KeepFailure, Shard, Slot, Ticket};

/// Messages of one connection in one batch.
#[derive(Debug)]
struct Run {
    ticket: Ticket,
    slot: Slot,
    count: u64,
}

/// QoS 0 messages that the Log has been given and has not answered for yet, of all connections.
/// The Log's queue is bounded, so this is.
#[derive(Debug, Default)]
pub(crate) struct Unanswered {
    runs: VecDeque<Run>,
}

impl Unanswered {
    #[inline]
    pub(crate) fn push(&mut self, slot: Slot, ticket: Ticket) {
        match self.runs.back_mut() {
            Some(last) if (last.ticket, last.slot) == (ticket, slot) => last.count += 1,
            _ => self.runs.push_back(Run {
                ticket,
                slot,
                count: 1,
            }),
        }
    }

    fn pop(&mut self, upto: Ticket) -> Option<Run> {
        const KEPT_ENTRIES: usize = 4_096;
        if self.runs.is_empty() && self.runs.capacity() > KEPT_ENTRIES {
            self.runs = VecDeque::new();
        }
        self.runs.pop_front_if(|first| first.ticket <= upto)
    }
}

impl<H: Host> Shard<H> {
    /// Forgets what the Log has; counts and tells what it will never have.
    pub(crate) fn answered(&mut self, host: &mut H, upto: Ticket, failure: Option<KeepFailure>) {
        while let Some(run) = self.unanswered.pop(upto) {
            let Some(failure) = failure else {
                continue;
            };
            self.counters.dropped_not_kept += run.count;
            let Some(connection) = self.connections.get(run.slot) else {
                continue;
            };
            let happening = Happening {
                kind: "publish",
                outcome: "dropped",
                cause: failure.cause().into(),
                topic: None,
                trace: None,
                count: run.count,
            };
            host.happened(&connection.auth, happening);
        }
    }
}

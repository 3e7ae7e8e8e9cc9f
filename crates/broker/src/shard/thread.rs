// SPDX-License-Identifier: Apache-2.0
//! A shard's own thread: sleep in the poll, run a turn, until it has ended.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll};

use crate::shared::Shared;

/// Events taken from the kernel at once.
const EVENTS_MAX: usize = 1_024;

/// Runs shard `number` until shutdown.
pub fn run(shared: &Arc<Shared>, number: u16, mut poll: Poll) {
    let lane = shared.lane(number);
    let mut events = Events::with_capacity(EVENTS_MAX);
    loop {
        let next = {
            let mut state = lane.state.lock();
            let next = state.turn(shared, &lane, Some(&events));
            if state.has_ended(shared.clock.monotonic()) {
                lane.arrivals.lock().clear();
                return state.close_all();
            }
            lane.set_due(next);
            next
        };
        let mut timeout = next.map(|at| span_until(at, shared.clock.monotonic()));
        if timeout != Some(Duration::ZERO) {
            let until = lane.fall_asleep();
            timeout = until.map(|at| span_until(at, shared.clock.monotonic()));
        }
        let polled = poll.poll(&mut events, timeout);
        lane.awake();
        match polled {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::error!(%error, shard.number = number, "a shard can't wait for events: the server ends");
                // Its clients would hang for ever: better a restart that everybody sees.
                std::process::abort();
            }
        }
    }
}

/// Rounded up to milliseconds, as the poll counts, so that it does not wake too early and spin.
fn span_until(at: Duration, now: Duration) -> Duration {
    match at.saturating_sub(now) {
        Duration::ZERO => Duration::ZERO,
        span => Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX) + 1),
    }
}

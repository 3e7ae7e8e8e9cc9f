// SPDX-License-Identifier: Apache-2.0
//! What passes between shards: deliveries in, deliveries out, and the choice between waking a
//! sleeping shard and running its turn here.

use hw_session::Now;

use super::ShardState;
use crate::lane::Lane;
use crate::shared::Shared;

/// Bytes above which a batch is not worked off in the receiver's place.
const IN_PLACE_BYTES_MAX: usize = 64 << 10;

impl ShardState {
    /// Delivers what other shards have sent.
    pub(super) fn take_inbound(&mut self, shared: &Shared, lane: &Lane, now: Now) {
        lane.ring.take(&mut self.inbound);
        if self.inbound.is_empty() {
            return;
        }
        for batch in &self.inbound {
            self.machine.forwarded(&mut self.host, now, batch);
        }
        if lane.ring.give_back(&mut self.inbound) {
            let others = shared
                .lanes()
                .iter()
                .filter(|other| other.number != lane.number);
            others.for_each(|other| other.signal());
        }
    }

    /// Gives sessions the owed messages that were read for them.
    pub(super) fn take_brought(&mut self, lane: &Lane, now: Now) {
        let brought = std::mem::take(&mut *lane.brought.lock());
        for one in brought {
            self.machine
                .found(&mut self.host, now, one.session, &one.found);
        }
    }

    /// Hands this turn's deliveries to the other shards. `may_run_others` is false in a turn in
    /// place, which must not go deeper.
    pub(super) fn send_outbox(&mut self, shared: &Shared, own: &Lane, may_run_others: bool) {
        for (other, batch) in shared.lanes().iter().zip(self.machine.outbox()) {
            if batch.is_empty() || other.number == own.number {
                continue;
            }
            let small = batch.receivers() <= shared.limits.in_place_receivers_max
                && batch.bytes() <= IN_PLACE_BYTES_MAX;
            other.ring.push(batch);
            if !other.signal_only() {
                continue;
            }
            let free = (small && may_run_others)
                .then(|| other.state.try_lock())
                .flatten();
            match free {
                Some(mut state) => state.turn_in_place(shared, other),
                None => other.wake(),
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What waits for slow receivers, all of a shard together: each is bounded by itself, but ten thousand
//! of them would fill the memory that the others need.

use std::cmp::Reverse;

use hw_mqtt::reason;

use crate::connection::{Connection, State};
use crate::presence::parting;
use crate::pump::outgoing_of;
use crate::refusal::Refusal;
use crate::{Close, Host, Now, Shard, Slot};

/// What waits for a connection, in bytes of memory.
fn waiting<A>(connection: &Connection<A>) -> usize {
    let queued = connection.rare.as_ref().map_or(0, |rare| {
        let owed = rare.outgoing.as_ref().map_or(0, |it| it.at_hand_bytes());
        rare.queue.memory_bytes() + rare.lent.bytes() + owed
    });
    connection.output.memory_bytes() + connection.output.sealed() + queued
}

/// Brings a connection's part of what waits for all up to date.
#[inline]
fn count<A>(connection: &mut Connection<A>, of_all: &mut usize) {
    let waits = waiting(connection);
    let counted = connection.output.count(waits);
    *of_all = (*of_all + waits).saturating_sub(counted);
}

impl<H: Host> Shard<H> {
    /// Counts what still waits for a connection, with the bytes that the loop itself holds for it. To
    /// be called when it has had its turn to write.
    #[inline]
    pub fn count_waiting(&mut self, slot: Slot, sealed_bytes: usize) {
        if let Some(connection) = self.connections.get_mut(slot) {
            connection.output.set_sealed(sealed_bytes);
            count(connection, &mut self.waiting_bytes);
        }
    }

    /// If too much waits for all together: lets go what nobody needs or can be read from the Log again,
    /// and then cuts those for whom most waits, until a quarter is free.
    pub fn relieve(&mut self, host: &mut H, now: Now) {
        let max = self.settings.waiting_bytes_max;
        if self.waiting_bytes <= max {
            return;
        }
        self.let_go_what_can_be();
        if self.waiting_bytes <= max {
            return;
        }
        let mut slots = Vec::new();
        self.connections.live(&mut slots);
        let mut slow: Vec<(usize, Slot)> = slots
            .into_iter()
            .filter_map(|slot| Some((self.connections.get(slot)?.output.counted(), slot)))
            .filter(|(bytes, _)| *bytes > 0)
            .collect();
        slow.sort_unstable_by_key(|(bytes, _)| Reverse(*bytes));
        for (_, slot) in slow {
            if self.waiting_bytes <= max - max / 4 {
                break;
            }
            self.cut_at_once(host, now, slot, max);
        }
    }

    /// What costs nobody anything: the last bytes for those that are closing, packets that are in the
    /// Log, messages that look for a new member of their group. And counts the rest anew.
    fn let_go_what_can_be(&mut self) {
        self.counters.dropped_queue_full += self.drop_strays();
        let mut slots = Vec::new();
        self.connections.all(&mut slots);
        for slot in slots {
            let Some(connection) = self.connections.get_mut(slot) else {
                continue;
            };
            if connection.is_live() {
                if let Some(outgoing) = outgoing_of(connection) {
                    outgoing.put_out_of_hand();
                }
            } else {
                connection.output.release(&mut self.pool);
                connection.output.set_close(Close::Now);
            }
            count(connection, &mut self.waiting_bytes);
            if !connection.is_live() {
                self.touch(slot);
            }
        }
    }

    /// Cuts a receiver without the rest of what was written for it: it does not read it.
    fn cut_at_once(&mut self, host: &mut H, now: Now, slot: Slot, max: usize) {
        self.counters.slow_receivers += 1;
        let cause = format!(
            "the receiver reads too slowly, and for all receivers together more than {max} bytes wait"
        );
        let refusal = Refusal::new("disconnect", "closed", reason::QUOTA_EXCEEDED, cause);
        let why = parting(&refusal);
        // Memory is short: what it has of groups would only wait elsewhere.
        self.counters.dropped_queue_full += self.of_groups(slot).len() as u64;
        self.detach(host, now, slot, refusal.happening(), why);
        if let Some(connection) = self.connections.get_mut(slot) {
            connection.state = State::Closing {
                until: now.monotonic,
            };
            connection.output.release(&mut self.pool);
            connection.output.set_close(Close::Now);
        }
        self.touch(slot);
        self.count_waiting(slot, 0);
    }

    /// Stops counting what waited for one that is gone.
    pub(crate) fn forget_waiting(&mut self, connection: &Connection<H::Auth>) {
        let counted = connection.output.counted();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(counted);
    }
}

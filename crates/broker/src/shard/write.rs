// SPDX-License-Identifier: Apache-2.0
//! Writing: one write for each connection that has something, at the end of the turn (or before:
//! `prompt.rs`).

use hw_session::{Close, Lost, Now, Slot};

use super::ShardState;
use super::connection::Connection;
use crate::shared::Shared;

impl ShardState {
    /// Writes what the machine has for its connections, and closes those that are at their end.
    pub(super) fn write_dirty(&mut self, shared: &Shared, now: Now) {
        let sealed_bytes_max = shared.limits.sealed_bytes_max;
        let mut dirty = std::mem::take(&mut self.dirty);
        self.machine.dirty(&mut dirty);
        // Closing one connection can give others something to read.
        while !dirty.is_empty() {
            for slot in dirty.drain(..) {
                self.flush(slot, sealed_bytes_max, now);
            }
            self.machine.dirty(&mut dirty);
        }
        self.dirty = dirty;
    }

    pub(super) fn flush(&mut self, slot: Slot, sealed_bytes_max: usize, now: Now) {
        let Some(connection) = find(&mut self.connections, slot) else {
            return;
        };
        let Some(output) = self.machine.output(slot) else {
            return;
        };
        let mut sealed_bytes = connection.sealed_bytes();
        let close = output.close();
        let unsent = output.unsent();
        if !connection.blocked
            && close != Close::Now
            && (!unsent.is_empty() || connection.has_unsent())
        {
            let written = connection.write(unsent, &mut self.pool, sealed_bytes_max);
            sealed_bytes = connection.sealed_bytes();
            match written {
                Ok(0) => {}
                Ok(count) => self.machine.sent(&mut self.host, now, slot, count),
                Err(broken) => return self.end(slot, broken.into(), now),
            }
        }
        self.machine.count_waiting(slot, sealed_bytes);
        let waits = self
            .machine
            .output(slot)
            .is_some_and(|output| !output.wants_close());
        let sealed_waits = close != Close::Now
            && find(&mut self.connections, slot).is_some_and(|connection| connection.has_unsent());
        if close != Close::No && !waits && !sealed_waits {
            self.end(slot, Lost::Closed, now);
        }
    }
}

/// A connection, if the slot is still its.
pub(super) fn find(connections: &mut [Option<Connection>], slot: Slot) -> Option<&mut Connection> {
    let place = connections.get_mut(slot.index as usize)?.as_mut()?;
    (place.slot == slot).then_some(place)
}

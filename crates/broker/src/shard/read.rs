// SPDX-License-Identifier: Apache-2.0
//! Reading: each connection that has something gets one read a turn, so that none starves another;
//! the more of them there are, the less it reads.

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use hw_session::{Close, Lost, Now, Slot};
use mio::Events;

use super::ShardState;
use super::connection::{Connection, Step};
use crate::lane::Lane;
use crate::shared::Shared;

/// Fewer bytes than that are not worth a read.
const READ_BYTES_MIN: usize = 8 << 10;

impl ShardState {
    /// Notes which connections can be read and written again.
    pub(super) fn note_events(&mut self, events: &Events) {
        for event in events {
            let index = event.token().0;
            let Some(Some(connection)) = self.connections.get_mut(index) else {
                // The waker, or a connection that has ended since.
                continue;
            };
            let ended = event.is_read_closed() || event.is_error();
            connection.peer_ended |= ended;
            if (event.is_readable() || ended) && !connection.queued {
                connection.queued = true;
                self.ready.push_back(connection.slot.index);
            }
            if connection.blocked && event.is_writable() {
                connection.blocked = false;
                self.dirty.push(connection.slot);
            }
        }
    }

    /// Whether publishers must wait: another shard or the Log is behind, and wakes this shard when
    /// it is not any more; or the broker ends.
    pub(super) fn is_paused(&self, shared: &Shared, lane: &Lane) -> bool {
        shared.stop.load(Ordering::Relaxed) || is_behind(shared, lane, 1)
    }

    /// One read for each connection that may have something.
    pub(super) fn read_ready(&mut self, shared: &Shared, now: Now) {
        self.read_those(shared, now, |_, _| true);
    }

    /// Meanwhile those are read that have subscribed and not published: they go on to acknowledge,
    /// and to say that they live. And those that send little, up to twice what makes the others wait.
    /// Says whether some of them have more.
    pub(super) fn read_meanwhile(&mut self, shared: &Shared, lane: &Lane, now: Now) -> bool {
        self.machine.publishers_wait(now);
        if shared.stop.load(Ordering::Relaxed) {
            return false;
        }
        let has_room = !is_behind(shared, lane, 2);
        self.read_those(shared, now, |state, slot| {
            has_room && state.is_light(slot) || !state.machine.may_publish(slot)
        })
    }

    fn read_those(
        &mut self,
        shared: &Shared,
        now: Now,
        are_read: impl Fn(&Self, Slot) -> bool,
    ) -> bool {
        let all = self.ready.len();
        let part = shared.limits.read_bytes_of_all_per_turn / all.max(1);
        let bytes_max = part.clamp(READ_BYTES_MIN, self.buffer.len());
        let mut prompt = self.begin_prompt(all);
        let mut more = false;
        for _ in 0..all {
            let Some(index) = self.ready.pop_front() else {
                break;
            };
            let place = self.connections.get(index as usize);
            let Some(slot) = place.and_then(Option::as_ref).map(|it| it.slot) else {
                continue;
            };
            if !are_read(self, slot) {
                self.ready.push_back(index);
                continue;
            }
            let before = self.ready.len();
            self.read(index, bytes_max, now);
            more |= self.ready.len() > before;
            prompt = prompt && self.write_promptly(slot, shared, now);
        }
        more
    }

    /// Those that had sent too much in a second and may be read again.
    pub(super) fn end_rests(&mut self, now: Now) {
        while let Some(Reverse((until, _, index, generation))) = self.resting.peek().copied() {
            if until > now.monotonic {
                return;
            }
            self.resting.pop();
            let place = self.connections.get(index as usize);
            let is_it = |it: &Connection| it.slot.generation == generation;
            if place.and_then(Option::as_ref).is_some_and(is_it) {
                self.ready.push_back(index);
            }
        }
    }

    fn read(&mut self, index: u32, bytes_max: usize, now: Now) {
        let place = self.connections.get_mut(index as usize);
        let Some(connection) = place.and_then(Option::as_mut) else {
            return;
        };
        let slot = connection.slot;
        let (machine, host) = (&mut self.machine, &mut self.host);
        if let Some(until) = machine.rests(now, slot) {
            // It stays queued, so that no event puts it into `ready` meanwhile.
            self.rests += 1;
            let rest = (until, self.rests, index, slot.generation);
            return self.resting.push(Reverse(rest));
        }
        connection.queued = false;
        // A connection that is to end is not read any more, nor are its last bytes asked for.
        if machine
            .output(slot)
            .is_none_or(|output| output.close() != Close::No)
        {
            return;
        }
        let mut sent = 0;
        let mut feed = |bytes: &[u8]| {
            let done = machine.input(host, now, slot, bytes);
            sent += done;
            done
        };
        let bytes_max = match connection.is_wrapped() {
            true => self.buffer.len(),
            false => bytes_max,
        };
        let buffer = &mut self.buffer[..bytes_max];
        // Should a packet find a fault in this program, it ends its own connection and no other.
        let read = catch_unwind(AssertUnwindSafe(|| connection.read(buffer, &mut feed)));
        connection.sent.add(&self.window, sent);
        if connection.has_unsent() {
            // A layer answers of itself: the pong of a ping, a key update.
            self.dirty.push(slot);
        }
        match read {
            Ok(Ok(Step::Drained)) => {}
            Ok(Ok(Step::More)) => {
                connection.queued = true;
                self.ready.push_back(index);
            }
            Ok(Err(broken)) => self.end(slot, broken.into(), now),
            Err(_) => {
                tracing::error!("a packet made the broker panic; its connection is closed");
                self.end(slot, Lost::Error("internal error".into()), now);
            }
        }
    }
}

/// Whether the Log or another shard is behind, by so many times as much as makes publishers wait.
fn is_behind(shared: &Shared, lane: &Lane, times: usize) -> bool {
    let limits = &shared.limits;
    let waiting = lane.log_waiting_bytes.load(Ordering::Relaxed);
    let mut others = shared
        .lanes()
        .iter()
        .filter(|other| other.number != lane.number);
    waiting > limits.log_waiting_bytes_max.saturating_mul(times)
        || others.any(|other| {
            let bytes_max = limits.ring_bytes_max.saturating_mul(times);
            other.ring.is_over(bytes_max)
        })
}

// SPDX-License-Identifier: Apache-2.0
//! Acknowledgements of QoS 1 messages: they leave in order of arrival, and not before the Log has
//! what it keeps.
//!
//! One queue serves the whole shard, because tickets never fall: so a connection needs a count
//! and no queue of its own. An acknowledgement that needs no disk, but has one of its connection
//! before it that does, waits for all that stand in the queue then: a group commit at most.

use std::collections::VecDeque;

use hw_mqtt::{Version, encode, reason};

use crate::refusal::Refusal;
use crate::{Host, KeepFailure, Now, Shard, Slot, Ticket};

/// An acknowledgement that waits.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    slot: Slot,
    packet_id: u16,
    /// Whether its message is in the Log, or only waits behind one that is.
    kept: bool,
}

/// Acknowledgements that wait for the Log, of all connections.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    waiting: VecDeque<Waiting>,
    last: Ticket,
}

impl Acks {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    fn push(&mut self, slot: Slot, packet_id: u16, ticket: Option<Ticket>) {
        self.last = self.last.max(ticket.unwrap_or_default());
        let kept = ticket.is_some();
        self.waiting.push_back(Waiting {
            ticket: self.last,
            slot,
            packet_id,
            kept,
        });
    }

    fn pop(&mut self, upto: Ticket) -> Option<Waiting> {
        const KEPT_ENTRIES: usize = 4_096;
        if self.waiting.is_empty() && self.waiting.capacity() > KEPT_ENTRIES {
            self.waiting = VecDeque::new();
        }
        self.waiting.pop_front_if(|first| first.ticket <= upto)
    }
}

impl<H: Host> Shard<H> {
    /// Releases the acknowledgements of all that is durable now. With a failure, none of it is:
    /// MQTT 5 clients are told of a full disk (0x97) and may send again later; else the
    /// connection ends, so that the client sends again.
    pub fn durable(&mut self, host: &mut H, now: Now, upto: Ticket, failure: Option<KeepFailure>) {
        self.answered(host, upto, failure);
        while let Some(waiting) = self.acks.pop(upto) {
            let Some(connection) = self.connections.get_mut(waiting.slot) else {
                continue;
            };
            connection.acks_waiting -= 1;
            match failure {
                Some(failure) if waiting.kept => self.not_kept(host, now, &waiting, failure),
                _ => self.write_puback(waiting.slot, waiting.packet_id, reason::SUCCESS),
            }
        }
    }

    /// Acknowledges a message when its turn comes and, if it has a ticket, when that is durable.
    #[inline]
    pub(crate) fn acknowledge(&mut self, slot: Slot, packet_id: u16, ticket: Option<Ticket>) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if ticket.is_none() && connection.acks_waiting == 0 {
            return self.write_puback(slot, packet_id, reason::SUCCESS);
        }
        connection.acks_waiting += 1;
        self.acks.push(slot, packet_id, ticket);
    }

    fn write_puback(&mut self, slot: Slot, packet_id: u16, code: u8) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let version = connection.version;
        // No PUBACK is longer than the smallest CONNACK of MQTT 5, which the client took.
        encode::puback(
            connection.output.buffer(&mut self.pool),
            version,
            packet_id,
            code,
        );
        self.counters.messages_acknowledged += u64::from(code == reason::SUCCESS);
        self.touch(slot);
    }

    fn not_kept(&mut self, host: &mut H, now: Now, waiting: &Waiting, failure: KeepFailure) {
        self.counters.refused_keeps += 1;
        let Some(connection) = self.connections.live_mut(waiting.slot) else {
            return;
        };
        let code = match failure {
            KeepFailure::Full => reason::QUOTA_EXCEEDED,
            KeepFailure::Failed => reason::IMPLEMENTATION_SPECIFIC_ERROR,
        };
        let refusal = Refusal::new("publish", "refused", code, failure.cause());
        if (connection.version, failure) == (Version::V5, KeepFailure::Full) {
            host.happened(&connection.auth, refusal.happening());
            return self.write_puback(waiting.slot, waiting.packet_id, code);
        }
        self.end(host, now, waiting.slot, refusal);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Sends what waits for a receiver, as far as there is room: what is retained, what a connection's
//! own queue holds, and what its session is owed.

use hw_mqtt::{Qos, encode};

use crate::acks::Answer;
use crate::connection::Connection;
use crate::flights::Fate;
use crate::journal::{Assigned, Note};
use crate::owed::{Out, Outgoing, Owed, Stage};
use crate::retained::Pace;
use crate::sessions::Link;
use crate::{Host, Now, Shard, Slot, retained};

/// Owed messages that are read from the Log at once.
const READ_AT_ONCE: usize = 64;

impl<H: Host> Shard<H> {
    /// Writes what waits, as far as there is room.
    pub(crate) fn pump(&mut self, host: &mut H, now: Now, slot: Slot) {
        let before = self.counters.messages_delivered;
        self.pump_retained(host, now, slot);
        // What is retained is older than what waits, unless it waits to be owed.
        let is_next = |it: &mut Connection<H::Auth>| {
            let none_left = it.rare.as_ref().is_some_and(|it| it.retained.is_empty());
            none_left || it.lasting_session().is_some() && retained::next_is_owed(it)
        };
        if self.connections.live_mut(slot).is_some_and(is_next) {
            self.pump_queue(now, slot);
            self.pump_owed(host, now, slot);
        }
        if self.counters.messages_delivered != before {
            self.touch(slot);
        }
    }

    /// The same for a session, if it has a connection.
    pub(crate) fn pump_session(&mut self, host: &mut H, now: Now, session: u64) {
        if let Some(Link::Here(slot)) = self.sessions.get(session).map(|it| &it.link) {
            let slot = *slot;
            self.pump(host, now, slot);
        }
    }

    fn pump_retained(&mut self, host: &mut H, now: Now, slot: Slot) {
        let out_buffer_bytes_max = self.settings.limits.out_buffer_bytes_max;
        loop {
            let Some(connection) = self.connections.live_mut(slot) else {
                return;
            };
            if connection.output.unsent_bytes() >= out_buffer_bytes_max {
                return;
            }
            if connection.lasting_session().is_some() && retained::next_is_owed(connection) {
                // It must come even if this connection does not last: it is owed from now on.
                match self.owe_retained(host, now, slot, Pace::InParts) {
                    Some(_) => continue,
                    None => return,
                }
            }
            match retained::write_next(connection, &mut self.pool, now) {
                Some(Fate::Sent) => self.counters.messages_delivered += 1,
                Some(Fate::Full) => self.counters.dropped_too_large += 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    fn pump_queue(&mut self, now: Now, slot: Slot) {
        let out_buffer_bytes_max = self.settings.limits.out_buffer_bytes_max;
        let now_millis = now.monotonic.as_millis() as u64;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (version, receive_max) = (connection.version, connection.receive_max);
        let Some(rare) = connection.rare.as_mut() else {
            return;
        };
        while !connection.inflight.is_full(receive_max)
            && !rare.lent.is_full()
            && connection.output.unsent_bytes() < out_buffer_bytes_max
        {
            let mut expired = 0;
            let next = rare.queue.pop(now_millis, &mut expired);
            self.counters.dropped_expired += expired;
            (0..expired).for_each(|_| connection.inflight.burn());
            let Some(mut queued) = next else {
                return;
            };
            if connection.inflight.is_full(receive_max) {
                rare.queue.put_back(queued);
                return;
            }
            let id = connection.inflight.take();
            if queued.is_exactly_once() {
                rare.exactly.sent(id);
            }
            let out = connection.output.buffer(&mut self.pool);
            queued.append(out, version, id, now_millis);
            if !queued.is_exactly_once()
                && let Some(of_group) = queued.of_group.take()
            {
                rare.lent.add(id, of_group);
            }
            self.counters.messages_delivered += 1;
        }
    }

    fn pump_owed(&mut self, host: &mut H, now: Now, slot: Slot) {
        let out_buffer_bytes_max = self.settings.limits.out_buffer_bytes_max;
        loop {
            let Some(connection) = self.connections.live_mut(slot) else {
                return;
            };
            let room = connection.output.unsent_bytes() < out_buffer_bytes_max;
            let Some(outgoing) = outgoing_of(connection).filter(|it| it.is_waiting()) else {
                return;
            };
            if !room {
                return;
            }
            let went = match outgoing.next_again() {
                Some(_) => self.send_again(host, now, slot),
                None => self.send_next(host, now, slot),
            };
            match went {
                Went::On => {}
                Went::NoRoom => return,
                Went::NotAtHand => return self.read_ahead(host, slot),
            }
        }
    }

    /// Sends again what was on its way when the last connection ended.
    fn send_again(&mut self, host: &mut H, now: Now, slot: Slot) -> Went {
        let now_millis = now.monotonic.as_millis() as u64;
        let Some(connection) = self.connections.live_mut(slot) else {
            return Went::NoRoom;
        };
        let (version, receive_max, account) = (
            connection.version,
            connection.receive_max,
            connection.account,
        );
        let Some(outgoing) = outgoing_of(connection) else {
            return Went::NoRoom;
        };
        let (number, sent) = (outgoing.number, outgoing.sent());
        let Some(out) = outgoing.next_again() else {
            return Went::On;
        };
        if sent >= usize::from(receive_max) {
            return Went::NoRoom;
        }
        let (id, stage, origin) = (out.id, out.stage, out.owed.origin);
        match stage {
            Stage::Received => {
                outgoing.sent_again(id);
                let buffer = connection.output.buffer(&mut self.pool);
                encode::pubrel(buffer, version, id, 0);
                self.touch(slot);
                return Went::On;
            }
            // PUBREL was not sent, so the client still knows the id, and says PUBREC again.
            Stage::Sent | Stage::Receiving => {}
            Stage::Assigning => {
                if out.owed.packet.is_none() {
                    return Went::NotAtHand;
                }
                out.again = false;
                outgoing.begun_again();
                let assigned = Assigned {
                    origin,
                    packet_id: id,
                    received: false,
                };
                let ticket = host.note(account, number, &Note::Assigned(assigned));
                self.acknowledge(host, now, slot, Answer::Send(id), Some(ticket));
                return Went::On;
            }
        }
        let Some(packet) = out.owed.packet.take() else {
            return Went::NotAtHand;
        };
        out.stage = Stage::Sent;
        outgoing.sent_again(id);
        let buffer = connection.output.buffer(&mut self.pool);
        let start = buffer.len();
        packet.append(buffer, version, id, now_millis);
        encode::set_dup(&mut buffer[start..]);
        self.counters.messages_delivered += 1;
        self.touch(slot);
        Went::On
    }

    /// Sends the next one that waits.
    fn send_next(&mut self, host: &mut H, now: Now, slot: Slot) -> Went {
        let now_millis = now.monotonic.as_millis() as u64;
        let Some(connection) = self.connections.live_mut(slot) else {
            return Went::NoRoom;
        };
        if connection.inflight.is_full(connection.receive_max) {
            return Went::NoRoom;
        }
        let (version, account) = (connection.version, connection.account);
        let Some(outgoing) = outgoing_of(connection) else {
            return Went::NoRoom;
        };
        let number = outgoing.number;
        let Some(first) = outgoing.queue.front() else {
            return Went::NoRoom;
        };
        let Some(packet) = &first.packet else {
            return Went::NotAtHand;
        };
        if packet.is_expired(now_millis) {
            if !first.is_settled() {
                return Went::NoRoom;
            }
            let (origin, ids) = (first.origin, first.skips.saturating_add(1));
            outgoing.pop();
            (0..ids).for_each(|_| connection.inflight.burn());
            self.counters.dropped_expired += 1;
            self.consumed(host, now, number, origin);
            return Went::On;
        }
        let exactly = first.qos == Qos::ExactlyOnce as u8;
        if exactly && !first.is_settled() {
            return Went::NoRoom;
        }
        let Some(mut owed) = outgoing.pop() else {
            return Went::NoRoom;
        };
        let id = connection.inflight.take();
        (0..owed.skips).for_each(|_| connection.inflight.burn());
        if exactly {
            let assigned = Assigned {
                origin: owed.origin,
                packet_id: id,
                received: false,
            };
            push_out(connection, owed, id, Stage::Assigning);
            let ticket = host.note(account, number, &Note::Assigned(assigned));
            self.acknowledge(host, now, slot, Answer::Send(id), Some(ticket));
            return Went::On;
        }
        if let Some(packet) = owed.packet.take() {
            let out = connection.output.buffer(&mut self.pool);
            packet.append(out, version, id, now_millis);
        }
        push_out(connection, owed, id, Stage::Sent);
        self.counters.messages_delivered += 1;
        Went::On
    }

    /// The packet id of a QoS 2 message is in the Log: it goes.
    pub(crate) fn send_assigned(&mut self, host: &mut H, now: Now, slot: Slot, id: u16) {
        let now_millis = now.monotonic.as_millis() as u64;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let version = connection.version;
        let Some(outgoing) = outgoing_of(connection) else {
            return;
        };
        let is_behind = outgoing.is_behind(id);
        let Some(out) = outgoing.find(id) else {
            return;
        };
        if out.stage != Stage::Assigning || out.again {
            return;
        }
        let packet = out.owed.packet.take_if(|_| !is_behind);
        let Some(packet) = packet else {
            outgoing.send_later(id);
            return self.pump(host, now, slot);
        };
        out.stage = Stage::Sent;
        let buffer = connection.output.buffer(&mut self.pool);
        packet.append(buffer, version, id, now_millis);
        self.counters.messages_delivered += 1;
        self.touch(slot);
    }

    /// Has what comes next read from the Log.
    fn read_ahead(&mut self, host: &mut H, slot: Slot) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(outgoing) = outgoing_of(connection).filter(|it| !it.fetching) else {
            return;
        };
        let missing = outgoing.missing(READ_AT_ONCE);
        if !missing.is_empty() {
            outgoing.fetching = true;
            host.fetch(outgoing.number, &missing);
        }
    }
}

/// What an attempt to send came to.
enum Went {
    /// It is done; there may be more.
    On,
    /// There is no room, or the Log must answer first.
    NoRoom,
    /// The message must be read first.
    NotAtHand,
}

pub(crate) fn outgoing_of<A>(connection: &mut Connection<A>) -> Option<&mut Outgoing> {
    connection.rare.as_mut()?.outgoing.as_deref_mut()
}

/// A message goes out with that packet id.
pub(crate) fn push_out<A>(connection: &mut Connection<A>, owed: Owed, id: u16, stage: Stage) {
    if let Some(outgoing) = outgoing_of(connection) {
        outgoing.out.push_back(Out {
            owed,
            id,
            stage,
            again: false,
        });
    }
}

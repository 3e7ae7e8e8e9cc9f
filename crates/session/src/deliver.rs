// SPDX-License-Identifier: Apache-2.0
//! Delivery to the receivers of this shard: permission, merging, room, and the shared packet.

use hw_mqtt::{Qos, encode, reason};

use crate::connection::Connection;
use crate::encodings::{Encoded, Shape};
use crate::flights::Fate;
use crate::given_on::{OfGroup, Stray};
use crate::message::Message;
use crate::output::Pool;
use crate::owed::{Owed, Stage};
use crate::pump::{outgoing_of, push_out};
use crate::queue::Queued;
use crate::refusal::Refusal;
use crate::sessions::Link;
use crate::{Ahead, Forward, Happening, Host, Lasting, Now, Shard, Slot, Subscriber, flags};

impl<H: Host> Shard<H> {
    /// Delivers what other shards took in, in the order in which they did.
    pub fn forwarded(&mut self, host: &mut H, now: Now, batch: &Forward) {
        let mut found = std::mem::take(&mut self.scratch.found);
        for (message, targets) in batch.iter() {
            found.clear();
            found.extend_from_slice(targets);
            self.flights.begin_foreign(message.trace, now);
            self.fan_out(host, now, &message, &mut found);
        }
        found.clear();
        self.scratch.found = found;
        for settled in batch.settled() {
            self.settle(host, now, *settled);
        }
    }

    /// Puts a delivery into the batch for another shard.
    #[inline]
    pub(crate) fn forward(&mut self, message: &Message<'_>, target: Subscriber) {
        match self.outbox().get_mut(usize::from(target.shard)) {
            Some(batch) => {
                batch.push(message, target);
                self.counters.messages_forwarded += 1;
                self.flights.note_forwarded();
            }
            None => self.counters.dropped_receiver_gone += 1,
        }
    }

    /// Delivers a message to receivers of this shard, to each once.
    pub(crate) fn fan_out(
        &mut self,
        host: &mut H,
        now: Now,
        message: &Message<'_>,
        targets: &mut Vec<Subscriber>,
    ) {
        self.deliver_to_each(host, now, message, targets);
        // Whoever is cut may leave a will: another message, so not amid this one.
        if !self.cutting && !self.slow.is_empty() {
            self.cutting = true;
            while let Some(slot) = self.slow.pop() {
                self.cut_slow(host, now, slot, "messages of QoS 1 and 2");
            }
            self.cutting = false;
        }
    }

    fn deliver_to_each(
        &mut self,
        host: &mut H,
        now: Now,
        message: &Message<'_>,
        targets: &mut Vec<Subscriber>,
    ) {
        if targets.iter().any(|target| target.lasting != Lasting::No) {
            self.meet_sessions(host, message, targets);
        }
        let delivery = self.encodings.begin();
        if targets.len() > 1 && self.has_doubles(delivery, targets) {
            return self.fan_out_merged(host, now, message, targets);
        }
        for target in targets {
            match target.subscription_id {
                0 => self.deliver(host, now, message, target, &[]),
                id => self.deliver(host, now, message, target, &[id]),
            }
        }
    }

    /// Puts their connections in the place of sessions; one that has none is owed the message and
    /// leaves the list.
    #[cold]
    fn meet_sessions(
        &mut self,
        host: &mut H,
        message: &Message<'_>,
        targets: &mut Vec<Subscriber>,
    ) {
        let owed_max = self.owed_bound.each();
        let mut known = std::mem::take(&mut self.scratch.sessions);
        known.clear();
        targets.retain_mut(|target| {
            let Some(number) = target.session() else {
                return true;
            };
            let qos = lesser(message.qos, target.qos) as u8;
            let Some(session) = self.sessions.get_mut(number) else {
                self.counters.dropped_receiver_gone += 1;
                return false;
            };
            let away = match &mut session.link {
                Link::Here(slot) => {
                    (target.slot, target.generation) = (slot.index, slot.generation);
                    return true;
                }
                Link::Away(away) => away,
            };
            if qos == 0 {
                return false;
            }
            if known.contains(&number) {
                // As its record has it: the highest of those that match.
                away.outgoing.raise(message.trace, qos);
                return false;
            }
            known.push(number);
            if away.outgoing.len() < owed_max {
                away.outgoing.push(Owed::fresh(message.trace, qos), None);
            } else {
                self.counters.dropped_queue_full += 1;
                if away.outgoing.overflow(message.trace) {
                    let happening = self.owed_bound.overflows(message);
                    host.happened_away(
                        session.account,
                        &session.owner,
                        &session.client_id,
                        happening,
                    );
                }
            }
            false
        });
        self.scratch.sessions = known;
    }

    /// Whether one receiver was found by several filters.
    fn has_doubles(&mut self, delivery: u64, targets: &[Subscriber]) -> bool {
        targets.iter().any(|target| {
            self.connections
                .get_mut(slot_of(target))
                .is_some_and(|connection| {
                    std::mem::replace(&mut connection.delivery, delivery) == delivery
                })
        })
    }

    /// One copy for each receiver: the highest QoS, all subscription identifiers (MQTT 5, section
    /// 3.3.4, allows it), what is known by any of its filters.
    #[cold]
    fn fan_out_merged(
        &mut self,
        host: &mut H,
        now: Now,
        message: &Message<'_>,
        targets: &mut [Subscriber],
    ) {
        targets.sort_unstable_by_key(|target| (target.slot, target.generation));
        let mut ids = std::mem::take(&mut self.scratch.merged_ids);
        for group in targets.chunk_by(|one, other| slot_of(one) == slot_of(other)) {
            let Some(connection) = self.connections.get(slot_of(&group[0])) else {
                group
                    .iter()
                    .for_each(|target| self.is_gone(now, message, target));
                continue;
            };
            let permits = connection.permits;
            let mut merged = group[0];
            for target in &group[1..] {
                merged.qos = merged.qos.max(target.qos);
                merged.flags = flags::merged(merged.flags, target.flags, permits);
                merged.group = merged.group.max(target.group);
            }
            ids.clear();
            ids.extend(
                group
                    .iter()
                    .map(|target| target.subscription_id)
                    .filter(|id| *id != 0),
            );
            self.deliver(host, now, message, &merged, &ids);
        }
        self.scratch.merged_ids = ids;
    }

    /// Writes the message for one receiver, or queues, drops or refuses it.
    fn deliver(
        &mut self,
        host: &mut H,
        now: Now,
        message: &Message<'_>,
        target: &Subscriber,
        ids: &[u32],
    ) {
        let slot = slot_of(target);
        let limits = &self.settings.limits;
        let Some(connection) = self.connections.live_mut(slot) else {
            return self.is_gone(now, message, target);
        };
        let allowed = match flags::ahead(target.flags, connection.permits) {
            Ahead::Always => true,
            Ahead::PerTopic => host.receive(&mut connection.auth, message.topic),
            Ahead::Never => false,
        };
        let qos = lesser(message.qos, target.qos);
        let is_owed = target.lasting != Lasting::No && qos != Qos::AtMostOnce;
        if !allowed {
            self.counters.refused_receive += 1;
            self.flights.note(slot, Fate::Refused);
            if is_owed && let Some(outgoing) = outgoing_of(connection) {
                outgoing.done_early(message.trace);
            }
            let cause = "iot:Receive is not allowed";
            return not_delivered(host, connection, message, "refused", cause);
        }
        let shape = Shape {
            version: connection.version,
            qos,
            retain: message.retain && flags::retain_as_published(target.flags),
        };
        let room = connection.output.unsent_bytes() < limits.out_buffer_bytes_max;
        let open = match shape.qos {
            Qos::AtMostOnce => room,
            _ => {
                let waits = connection.has_queue() || target.group != 0 && lent_is_full(connection);
                room && !waits && !connection.inflight.is_full(connection.receive_max)
            }
        };
        // A number must leave in the order in which it was given: not in what is written down first.
        let at_once = open && !(is_owed && qos == Qos::ExactlyOnce);
        let short = connection
            .rare
            .as_ref()
            .filter(|rare| at_once && rare.short.is_on());
        let number = short.and_then(|rare| rare.short.number(message.topic));
        let encoded = match (ids, number) {
            ([], None) => self.encodings.shared(message, shape),
            (ids, number) => self.encodings.own(message, shape, ids, number),
        };
        let fits = |encoded: &Encoded<'_>| connection.takes_message_of(encoded.packet.len());
        let Some(encoded) = encoded.filter(fits) else {
            self.counters.dropped_too_large += 1;
            self.flights.note(slot, Fate::Lost);
            if is_owed && let Some(outgoing) = outgoing_of(connection) {
                outgoing.done_early(message.trace);
            }
            if qos != Qos::AtMostOnce && !connection.has_queue() {
                connection.inflight.burn();
            }
            let cause = "larger than the Maximum Packet Size of the receiver";
            return not_delivered(host, connection, message, "dropped", cause);
        };
        if let (Some((number, false)), Some(rare)) = (number, &mut connection.rare) {
            rare.short.sent(message.topic, number);
        }
        let Some(id_at) = encoded.id_at else {
            if open {
                connection
                    .output
                    .buffer(&mut self.pool)
                    .extend_from_slice(encoded.packet);
                self.counters.messages_delivered += 1;
                self.flights.note(slot, Fate::Sent);
                return self.touch(slot);
            }
            self.counters.dropped_buffer_full += 1;
            self.flights.note(slot, Fate::Full);
            if !std::mem::replace(&mut connection.dropping, true) {
                let cause = "the receiver reads too slowly: QoS 0 messages are dropped";
                not_delivered(host, connection, message, "dropped", cause);
            }
            return;
        };
        if is_owed {
            let room = (open, self.owed_bound.each(), &mut self.pool);
            let fate = owe(connection, now, message, encoded, id_at, room);
            match fate {
                Fate::Sent => self.counters.messages_delivered += 1,
                Fate::Full => {
                    self.counters.dropped_queue_full += 1;
                    let outgoing = outgoing_of(connection);
                    if outgoing.is_some_and(|outgoing| outgoing.overflow(message.trace)) {
                        host.happened(&connection.auth, self.owed_bound.overflows(message));
                    }
                }
                _ => {}
            }
            self.flights.note(slot, fate);
            return self.touch(slot);
        }
        if open {
            let id = connection.inflight.take();
            if shape.qos == Qos::ExactlyOnce {
                connection.rare().exactly.sent(id);
            }
            let out = connection.output.buffer(&mut self.pool);
            let start = out.len();
            out.extend_from_slice(encoded.packet);
            encode::patch_packet_id(&mut out[start..], id_at, id);
            if target.group != 0 && shape.qos == Qos::AtLeastOnce {
                lend(connection, now, message, id, target.group);
            }
            self.counters.messages_delivered += 1;
            self.flights.note(slot, Fate::Sent);
            return self.touch(slot);
        }
        let bytes = encoded.packet.len() + size_of::<Queued>();
        let queued_bytes = connection.rare().queue.bytes() + bytes;
        if message.members > 0 && queued_bytes > limits.queued_bytes_max {
            // Nobody is cut for what he inherits.
            self.counters.dropped_queue_full += 1;
            self.flights.note(slot, Fate::Full);
            let cause = "the member of a shared subscription that gets it after another had left has \
                         no room for it";
            return not_delivered(host, connection, message, "dropped", cause);
        }
        let before = connection.rare().queue.memory_bytes();
        enqueue(connection, now, message, encoded, id_at, target.group);
        // It may have no turn to write for long.
        let more = connection.rare().queue.memory_bytes() - before;
        connection.output.count_more(more);
        self.waiting_bytes += more;
        self.flights.note(slot, Fate::Queued);
        if connection.rare().queue.bytes() > limits.queued_bytes_max {
            self.slow.push(slot);
        }
    }

    /// A receiver that had gone when a message came for it; the group that it was a member of has
    /// others.
    #[cold]
    fn is_gone(&mut self, now: Now, message: &Message<'_>, target: &Subscriber) {
        let slot = slot_of(target);
        self.flights.note(slot, Fate::Lost);
        if target.group != 0 && lesser(message.qos, target.qos) != Qos::AtMostOnce {
            let one = OfGroup::of(message, target.group, now);
            self.stray(Stray::for_nobody(slot, one));
        } else {
            self.counters.dropped_receiver_gone += 1;
        }
    }

    /// A receiver that leaves too much waiting is cut: nobody else may suffer from it.
    pub(crate) fn cut_slow(&mut self, host: &mut H, now: Now, slot: Slot, what: &str) {
        self.counters.slow_receivers += 1;
        let cause = format!("the receiver reads too slowly: too many bytes of {what} wait");
        let refusal = Refusal::new("disconnect", "closed", reason::QUOTA_EXCEEDED, cause);
        self.end(host, now, slot, refusal);
    }

    /// PUBACK of a receiver: room for what waits. An id that is not out is ignored, as a client
    /// may acknowledge twice what it got twice.
    #[inline]
    pub(crate) fn on_puback(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if let Some(number) = connection.lasting_session() {
            return self.on_puback_of_session(host, now, slot, number, packet_id);
        }
        if connection
            .rare
            .as_ref()
            .is_some_and(|rare| rare.exactly.is_out(packet_id))
        {
            return self.wrong_answer(host, now, slot, "PUBACK", packet_id);
        }
        if let Some(rare) = &mut connection.rare {
            rare.lent.done(packet_id);
        }
        if connection.inflight.release(packet_id) && connection.has_queue() {
            self.pump(host, now, slot);
        }
    }

    fn on_puback_of_session(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        session: u64,
        packet_id: u16,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(outgoing) = outgoing_of(connection) else {
            return;
        };
        match outgoing.find(packet_id) {
            None => return,
            Some(out) if out.owed.qos != 1 => {
                return self.wrong_answer(host, now, slot, "PUBACK", packet_id);
            }
            Some(_) => {}
        }
        self.complete_owed(host, now, slot, session, packet_id);
    }

    /// The exchange about an owed message is over.
    pub(crate) fn complete_owed(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        session: u64,
        packet_id: u16,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(done) = outgoing_of(connection).and_then(|it| it.complete(packet_id)) else {
            return;
        };
        connection.inflight.release(packet_id);
        if let Some(origin) = done {
            self.consumed(host, now, session, origin);
        }
        self.pump(host, now, slot);
    }
}

#[inline]
fn lesser(qos: Qos, granted: u8) -> Qos {
    match granted {
        0 => Qos::AtMostOnce,
        1 if qos == Qos::ExactlyOnce => Qos::AtLeastOnce,
        _ => qos,
    }
}

/// The slot of a subscriber that is a connection.
#[inline]
pub(crate) fn slot_of(target: &Subscriber) -> Slot {
    Slot {
        index: target.slot,
        generation: target.generation,
    }
}

/// A message for a session that lasts: sent if it may go now, else lined up.
fn owe<A>(
    connection: &mut Connection<A>,
    now: Now,
    message: &Message<'_>,
    encoded: Encoded<'_>,
    id_at: usize,
    (open, owed_max, pool): (bool, usize, &mut Pool),
) -> Fate {
    let exactly = encoded.packet[0] >> 1 & 3 == Qos::ExactlyOnce as u8;
    let owed = Owed::fresh(message.trace, if exactly { 2 } else { 1 });
    if open && !exactly {
        let id = connection.inflight.take();
        let out = connection.output.buffer(pool);
        let start = out.len();
        out.extend_from_slice(encoded.packet);
        encode::patch_packet_id(&mut out[start..], id_at, id);
        push_out(connection, owed, id, Stage::Sent);
        return Fate::Sent;
    }
    let Some(outgoing) = outgoing_of(connection) else {
        return Fate::Lost;
    };
    if outgoing.len() >= owed_max {
        return Fate::Full;
    }
    outgoing.push(owed, Some(queued(now, message, encoded, id_at)));
    Fate::Queued
}

fn queued(now: Now, message: &Message<'_>, encoded: Encoded<'_>, id_at: usize) -> Queued {
    let mut packet: Box<[u8]> = encoded.packet.into();
    // Any id but 0, so that it can be read meanwhile.
    encode::patch_packet_id(&mut packet, id_at, 1);
    Queued {
        packet,
        id_at,
        since_millis: now.monotonic.as_millis() as u64,
        expiry_seconds: message.properties.message_expiry_interval(),
        of_group: None,
    }
}

fn enqueue<A>(
    connection: &mut Connection<A>,
    now: Now,
    message: &Message<'_>,
    encoded: Encoded<'_>,
    id_at: usize,
    group: u32,
) {
    let mut queued = queued(now, message, encoded, id_at);
    if group != 0 {
        queued.of_group = Some(Box::new(OfGroup::of(message, group, now)));
    }
    connection.rare().queue.push(queued);
}

/// A message of QoS 1 is out to a member of a group: another gets it if this one leaves.
#[cold]
fn lend<A>(connection: &mut Connection<A>, now: Now, message: &Message<'_>, id: u16, group: u32) {
    let one = OfGroup::of(message, group, now);
    connection.rare().lent.add(id, Box::new(one));
}

fn lent_is_full<A>(connection: &Connection<A>) -> bool {
    let rare = connection.rare.as_ref();
    rare.is_some_and(|rare| rare.lent.is_full())
}

#[cold]
fn not_delivered<H: Host>(
    host: &mut H,
    connection: &Connection<H::Auth>,
    message: &Message<'_>,
    outcome: &'static str,
    cause: &'static str,
) {
    host.happened(
        &connection.auth,
        Happening {
            kind: "deliver",
            outcome,
            cause: cause.into(),
            topic: Some(message.topic.to_owned()),
            trace: Some(message.trace),
            count: 1,
        },
    );
}

// SPDX-License-Identifier: Apache-2.0
//! Delivery to the receivers of this shard: permission, merging, room, and the shared packet.

use hw_mqtt::{Qos, encode, reason};

use crate::connection::Connection;
use crate::encodings::{Encoded, Shape};
use crate::flights::Fate;
use crate::message::Message;
use crate::queue::Queued;
use crate::refusal::Refusal;
use crate::{Ahead, Forward, Happening, Host, Now, Shard, Slot, Subscriber, flags, retained};

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
        targets: &mut [Subscriber],
    ) {
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
                self.counters.dropped_receiver_gone += 1;
                self.flights.note(slot_of(&group[0]), Fate::Lost);
                continue;
            };
            let permits = connection.permits;
            let mut merged = group[0];
            for target in &group[1..] {
                merged.qos = merged.qos.max(target.qos);
                merged.flags = flags::merged(merged.flags, target.flags, permits);
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
            self.counters.dropped_receiver_gone += 1;
            return self.flights.note(slot, Fate::Lost);
        };
        let allowed = match flags::ahead(target.flags, connection.permits) {
            Ahead::Always => true,
            Ahead::PerTopic => host.receive(&mut connection.auth, message.topic),
            Ahead::Never => false,
        };
        if !allowed {
            self.counters.refused_receive += 1;
            self.flights.note(slot, Fate::Refused);
            let cause = "iot:Receive is not allowed";
            return not_delivered(host, connection, message, "refused", cause);
        }
        let shape = Shape {
            version: connection.version,
            qos: lesser(message.qos, target.qos),
            retain: message.retain && flags::retain_as_published(target.flags),
        };
        let room = connection.output.unsent_bytes() < limits.out_buffer_bytes_max;
        let open = match shape.qos {
            Qos::AtMostOnce => room,
            _ => {
                room && !connection.inflight.is_full(connection.receive_max)
                    && !connection.has_queue()
            }
        };
        let short = connection
            .rare
            .as_ref()
            .filter(|rare| open && rare.short.is_on());
        let number = short.and_then(|rare| rare.short.number(message.topic));
        let encoded = match (ids, number) {
            ([], None) => self.encodings.shared(message, shape),
            (ids, number) => self.encodings.own(message, shape, ids, number),
        };
        let Some(encoded) =
            encoded.filter(|encoded| encoded.packet.len() <= connection.packet_bytes_max as usize)
        else {
            self.counters.dropped_too_large += 1;
            self.flights.note(slot, Fate::Lost);
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
        if open {
            let id = connection.inflight.take();
            if shape.qos == Qos::ExactlyOnce {
                connection.rare().exactly.sent(id);
            }
            let out = connection.output.buffer(&mut self.pool);
            let start = out.len();
            out.extend_from_slice(encoded.packet);
            encode::patch_packet_id(&mut out[start..], id_at, id);
            self.counters.messages_delivered += 1;
            self.flights.note(slot, Fate::Sent);
            return self.touch(slot);
        }
        enqueue(connection, now, message, encoded, id_at);
        self.flights.note(slot, Fate::Queued);
        if connection.rare().queue.bytes() > limits.queued_bytes_max {
            self.cut_slow(host, now, slot, "messages of QoS 1 and 2");
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
        if connection
            .rare
            .as_ref()
            .is_some_and(|rare| rare.exactly.is_out(packet_id))
        {
            let cause = format!("PUBACK for {packet_id}, which is a message of QoS 2");
            let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
            return self.breach(host, now, slot, refusal);
        }
        if connection.inflight.release(packet_id) && connection.has_queue() {
            self.pump(now, slot);
        }
    }

    /// Writes what waits, as far as there is room.
    pub(crate) fn pump(&mut self, now: Now, slot: Slot) {
        let out_buffer_bytes_max = self.settings.limits.out_buffer_bytes_max;
        let now_millis = now.monotonic.as_millis() as u64;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (version, receive_max) = (connection.version, connection.receive_max);
        let before = self.counters.messages_delivered;
        while connection.output.unsent_bytes() < out_buffer_bytes_max
            && let Some(fate) = retained::write_next(connection, &mut self.pool, now)
        {
            match fate {
                Fate::Sent => self.counters.messages_delivered += 1,
                Fate::Full => self.counters.dropped_too_large += 1,
                _ => {}
            }
        }
        if self.counters.messages_delivered != before {
            self.touch(slot);
        }
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(rare) = connection.rare.as_mut() else {
            return;
        };
        if !rare.retained.is_empty() {
            // They are older than what waits in the queue.
            return;
        }
        let before = self.counters.messages_delivered;
        while !connection.inflight.is_full(receive_max)
            && connection.output.unsent_bytes() < out_buffer_bytes_max
        {
            let expired = &mut self.counters.dropped_expired;
            let Some(queued) = rare.queue.pop(now_millis, expired) else {
                break;
            };
            let id = connection.inflight.take();
            if queued.is_exactly_once() {
                rare.exactly.sent(id);
            }
            queued.append(
                connection.output.buffer(&mut self.pool),
                version,
                id,
                now_millis,
            );
            self.counters.messages_delivered += 1;
        }
        if self.counters.messages_delivered != before {
            self.touch(slot);
        }
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

#[inline]
fn slot_of(target: &Subscriber) -> Slot {
    Slot {
        index: target.slot,
        generation: target.generation,
    }
}

fn enqueue<A>(
    connection: &mut Connection<A>,
    now: Now,
    message: &Message<'_>,
    encoded: Encoded<'_>,
    id_at: usize,
) {
    let mut packet: Box<[u8]> = encoded.packet.into();
    // Any id but 0, so that it can be read meanwhile.
    encode::patch_packet_id(&mut packet, id_at, 1);
    connection.rare().queue.push(Queued {
        packet,
        id_at,
        since_millis: now.monotonic.as_millis() as u64,
        expiry_seconds: message.properties.message_expiry_interval(),
    });
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

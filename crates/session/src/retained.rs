// SPDX-License-Identifier: Apache-2.0
//! Retained messages: what a new subscription gets first (MQTT 5, section 3.3.1.3).
//!
//! The host stores them; a connection that subscribed holds references, and writes them as its
//! reader makes room: a filter that matches a million of them costs a million references.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hw_model::{Timestamp, TraceId, topic};
use hw_mqtt::encode::{self, PublishExtra};
use hw_mqtt::{Properties, Property, PropertyBuf, Publish, Qos, RetainHandling};

use crate::connection::{Connection, takes_message_of};
use crate::flights::Fate;
use crate::journal::{Keeping, Recipient};
use crate::message::Message;
use crate::owed::{Outgoing, Owed};
use crate::queue::Queued;
use crate::{Ahead, Host, Now, Shard, Slot, Ticket, flags};

/// The retained message of a topic.
#[derive(Debug)]
pub struct Retained {
    /// Its topic.
    pub topic: Box<str>,
    /// Never empty.
    pub payload: Box<[u8]>,
    /// MQTT 5 properties as received, without topic alias.
    pub properties: Box<[u8]>,
    /// QoS as published.
    pub qos: u8,
    /// Its trace id.
    pub trace: TraceId,
    /// When it was taken in.
    pub since: Timestamp,
    /// Set when another takes its place, or it is forgotten: who still holds it must not send it
    /// behind its successor.
    pub replaced: AtomicBool,
}

impl Retained {
    /// Seconds until it expires at `now`; `None` if it never does (MQTT-3.3.2-5).
    pub fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        let properties = Properties::from_raw(&self.properties);
        let lifetime = properties.message_expiry_interval()?;
        let age = now.0.saturating_sub(self.since.0).max(0) / 1_000_000;
        Some(i64::from(lifetime) - age)
    }

    /// Whether it still is what its topic has.
    pub fn holds(&self, now: Timestamp) -> bool {
        !self.replaced.load(Ordering::Acquire)
            && self.seconds_left(now).is_none_or(|seconds| seconds > 0)
    }
}

/// One that a subscriber is still to get.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) message: Arc<Retained>,
    qos: Qos,
    subscription_id: u32,
}

impl Pending {
    /// Whether it must come, even if the connection ends first.
    pub(crate) fn is_owed(&self) -> bool {
        self.qos != Qos::AtMostOnce
    }
}

/// What a connection is still to get, in order.
pub(crate) type Waiting = VecDeque<Pending>;

/// A subscription that was just granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Granted {
    /// Place in the list of the connection's subscriptions.
    pub(crate) place: usize,
    pub(crate) is_new: bool,
    pub(crate) handling: RetainHandling,
    /// When it is durable, if it has to be.
    pub(crate) ticket: Option<Ticket>,
}

impl Granted {
    fn wants_retained(&self) -> bool {
        match self.handling {
            RetainHandling::Always => true,
            RetainHandling::IfNew => self.is_new,
            RetainHandling::Never => false,
        }
    }
}

/// Messages that a session is given to owe before the Log has answered for some of them, and the
/// size of one that goes alone: what one SUBSCRIBE asks for is not written down in one batch.
const OWED_AT_ONCE: usize = 64;
const LARGE_BYTES: usize = 64 * 1024;

/// Whether the next one must come, even if its connection ends first.
pub(crate) fn next_is_owed<A>(connection: &Connection<A>) -> bool {
    let next = connection.rare.as_ref().and_then(|it| it.retained.front());
    next.is_some_and(Pending::is_owed)
}

/// How fast a session is made to owe what is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each answer of the Log, and of the client, makes room.
    InParts,
    /// There is no later.
    AllAtOnce,
}

impl Pace {
    fn has_room(self, outgoing: &Outgoing, next: &Pending, owed_max: usize) -> bool {
        let unsettled = outgoing.unsettled();
        let large = next.message.payload.len() >= LARGE_BYTES;
        let soon = || unsettled < OWED_AT_ONCE && (unsettled == 0 || !large);
        outgoing.len() < owed_max && (self == Self::AllAtOnce || soon())
    }
}

impl<H: Host> Shard<H> {
    /// A retained message of QoS 1 or 2 for a session that lasts: it is owed like any other. Gives
    /// the bytes of its payload, 0 if it need not come any more; `None`: none is left, or it must
    /// wait.
    pub(crate) fn owe_retained(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        pace: Pace,
    ) -> Option<usize> {
        let owed_max = self.owed_bound.each();
        let trace = self.stamp();
        let connection = self.connections.get_mut(slot)?;
        let (version, packet_bytes_max) = (connection.version, connection.packet_bytes_max);
        let rare = connection.rare.as_mut()?;
        let outgoing = rare.outgoing.as_deref_mut()?;
        let room = |next: &mut Pending| pace.has_room(outgoing, next, owed_max);
        let next = rare.retained.pop_front_if(room)?;
        if !next.message.holds(now.wall) {
            return Some(0);
        }
        let left = next.message.seconds_left(now.wall);
        let left = left.and_then(|left| u32::try_from(left).ok());
        let mut properties = PropertyBuf::new();
        for property in Properties::from_raw(&next.message.properties).iter() {
            let property = match (property, left) {
                (Property::MessageExpiryInterval(_), Some(left)) => {
                    Property::MessageExpiryInterval(left)
                }
                (other, _) => other,
            };
            properties
                .push(property)
                .expect("it was decoded from a packet");
        }
        let ids: Vec<u32> = Some(next.subscription_id)
            .filter(|id| *id != 0)
            .into_iter()
            .collect();
        let recipient = Recipient {
            session: outgoing.number,
            qos: next.qos as u8,
            retain: true,
            subscription_ids: ids.clone(),
        };
        let message = Message {
            account: connection.account,
            trace,
            topic: &next.message.topic,
            properties: properties.as_properties(),
            payload: &next.message.payload,
            qos: next.qos,
            retain: true,
            members: 0,
        };
        let keeping = Keeping {
            owed: &[recipient],
            ..Keeping::default()
        };
        let packet = Queued::encode(&message, version, next.qos, true, &ids, now);
        let fits = |packet: &Queued| takes_message_of(packet_bytes_max, packet.packet_bytes());
        if !packet.as_ref().is_some_and(fits) {
            self.counters.dropped_too_large += 1;
            return Some(0);
        }
        outgoing.push(Owed::fresh(trace, next.qos as u8), packet);
        let number = outgoing.number;
        let appended = host.append(&connection.auth, &message.inbound(), &keeping);
        self.await_place_of(appended, trace, number);
        Some(next.message.payload.len())
    }

    /// Lines up what is retained for a subscription, as far as its client may receive it.
    pub(crate) fn send_retained(&mut self, host: &mut H, now: Now, slot: Slot, granted: Granted) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(subscription) = connection.subscriptions.get(granted.place) else {
            return;
        };
        if subscription.group != 0 || !granted.wants_retained() {
            // Shared subscriptions get none (MQTT 5, section 4.8.2).
            return;
        }
        let quirks = self.settings.limits.quirks;
        if quirks.retained_for_exact_filters_only && topic::is_wild(&subscription.filter) {
            return;
        }
        let mut found = std::mem::take(&mut self.scratch.retained);
        host.retained(connection.account, now, &subscription.filter, &mut found);
        let known = flags::ahead(subscription.flags, connection.permits);
        let (granted_qos, subscription_id) = (subscription.qos, subscription.id);
        let waiting_max = self.settings.limits.retained_waiting_max;
        let (mut refused, mut too_many) = (0, false);
        for message in found.drain(..) {
            let allowed = match known {
                Ahead::Always => true,
                Ahead::Never => false,
                Ahead::PerTopic => host.receive(&mut connection.auth, &message.topic),
            };
            if !allowed {
                refused += 1;
                continue;
            }
            let qos = Qos::from_bits(message.qos.min(granted_qos)).unwrap_or(Qos::AtMostOnce);
            if connection.rare().retained.len() >= waiting_max {
                too_many = true;
                break;
            }
            connection.rare().retained.push_back(Pending {
                message,
                qos,
                subscription_id,
            });
        }
        self.scratch.retained = found;
        self.counters.refused_receive += refused;
        if too_many {
            return self.cut_slow(host, now, slot, "retained messages");
        }
        self.pump(host, now, slot);
    }
}

/// Writes the next one, if there is room for it, and says what became of it. `None`: it must wait,
/// or none is left.
pub(crate) fn write_next<A>(
    connection: &mut Connection<A>,
    pool: &mut crate::output::Pool,
    now: Now,
) -> Option<Fate> {
    let rare = connection.rare.as_mut()?;
    let next = rare.retained.front()?;
    if next.qos != Qos::AtMostOnce && connection.inflight.is_full(connection.receive_max) {
        return None;
    }
    let next = rare.retained.pop_front()?;
    if rare.retained.is_empty() {
        rare.retained = Waiting::new();
    }
    if !next.message.holds(now.wall) {
        return Some(Fate::Lost);
    }
    let id = match next.qos {
        Qos::AtMostOnce => 0,
        _ => connection.inflight.take(),
    };
    let ids = [next.subscription_id];
    let left = next.message.seconds_left(now.wall);
    let extra = PublishExtra {
        subscription_ids: if ids == [0] { &[] } else { &ids },
        topic_alias: None,
        message_expiry_interval: left.and_then(|left| u32::try_from(left).ok()),
    };
    let publish = Publish {
        dup: false,
        qos: next.qos,
        retain: true,
        topic: &next.message.topic,
        packet_id: id,
        properties: Properties::from_raw(&next.message.properties),
        payload: &next.message.payload,
    };
    let out = connection.output.buffer(pool);
    let start = out.len();
    let written = encode::publish(out, connection.version, &publish, &extra).is_ok();
    let bytes = out.len() - start;
    if !written || !connection.takes_message_of(bytes) {
        connection.output.buffer(pool).truncate(start);
        if id != 0 {
            connection.inflight.release(id);
        }
        return Some(Fate::Full);
    }
    if next.qos == Qos::ExactlyOnce {
        connection.rare().exactly.sent(id);
    }
    Some(Fate::Sent)
}

// SPDX-License-Identifier: Apache-2.0
//! PUBLISH: checks, the topic behind an alias, the way in, the answer.

use hw_model::topic;
use hw_mqtt::{Properties, Property, PropertyBuf, Publish, Qos, Version, reason};

use crate::acks::Answer;
use crate::connection::Connection;
use crate::exactly::Incoming;
use crate::ingest::Origin;
use crate::refusal::Refusal;
use crate::unreleased::Way;
use crate::{Host, Now, Shard, Slot};

impl<H: Host> Shard<H> {
    pub(crate) fn on_publish(&mut self, host: &mut H, now: Now, slot: Slot, publish: &Publish<'_>) {
        if let Err(refusal) = self.check(slot, publish) {
            self.counters.refused_publishes += 1;
            return self.end(host, now, slot, refusal);
        }
        if publish.properties.is_empty() {
            return self.take_in(host, now, slot, publish);
        }
        match publish.properties.topic_alias() {
            None => self.take_in(host, now, slot, publish),
            Some(alias) => self.on_publish_by_alias(host, now, slot, publish, alias),
        }
    }

    /// What can be said before the topic is known.
    fn check(&self, slot: Slot, publish: &Publish<'_>) -> Result<(), Refusal> {
        if publish.topic.len() >= topic::TOPIC_LEVELS_MAX
            && let Err(error) = topic::check_name(publish.topic)
        {
            // A shorter one can't have too many levels, and the decoder saw to the rest.
            let cause = error.to_string();
            let code = reason::MALFORMED_PACKET;
            return Err(Refusal::publish(publish.topic, code, cause));
        }
        if !publish.properties.is_empty()
            && publish
                .properties
                .subscription_identifiers()
                .next()
                .is_some()
        {
            // MQTT-3.3.4-6.
            let cause = "a client's PUBLISH has no Subscription Identifier";
            return Err(Refusal::packet(reason::PROTOCOL_ERROR, cause));
        }
        if publish.qos != Qos::AtMostOnce && !publish.dup {
            return self.check_receive_maximum(slot);
        }
        Ok(())
    }

    /// MQTT 5 clients were told a Receive Maximum. Those of 3.1.1 know none; they have 65,535
    /// packet ids.
    fn check_receive_maximum(&self, slot: Slot) -> Result<(), Refusal> {
        let Some(connection) = self.connections.get(slot) else {
            return Ok(());
        };
        let inflight_max = match connection.version {
            Version::V5 => self.settings.limits.inflight_messages_max.max(1),
            Version::V31 | Version::V311 => u16::MAX,
        };
        let half_way = connection
            .rare
            .as_ref()
            .map_or(0, |rare| rare.exactly.incoming());
        if connection.publishes_waiting as usize + half_way < usize::from(inflight_max) {
            return Ok(());
        }
        let cause = format!("more than {inflight_max} messages of QoS 1 and 2 are unacknowledged");
        Err(Refusal::packet(reason::RECEIVE_MAXIMUM_EXCEEDED, cause))
    }

    fn on_publish_by_alias(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        publish: &Publish<'_>,
        alias: u16,
    ) {
        let aliases_max = self.settings.limits.topic_aliases_max;
        let mut name = std::mem::take(&mut self.scratch.topic);
        let mut properties = std::mem::take(&mut self.scratch.properties);
        name.clear();
        if let Some(connection) = self.connections.live_mut(slot) {
            resolve(connection, publish.topic, alias, aliases_max, &mut name);
        }
        if alias > aliases_max {
            let cause = format!("topic alias {alias} is above the maximum, {aliases_max}");
            let refusal = Refusal::packet(reason::TOPIC_ALIAS_INVALID, cause);
            self.breach(host, now, slot, refusal);
        } else if name.is_empty() {
            let cause = format!("topic alias {alias} stands for nothing yet");
            let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
            self.breach(host, now, slot, refusal);
        } else {
            without_alias(publish.properties, &mut properties);
            let publish = Publish {
                topic: &name,
                properties: properties.as_properties(),
                ..*publish
            };
            self.take_in(host, now, slot, &publish);
        }
        (self.scratch.topic, self.scratch.properties) = (name, properties);
    }

    /// Takes the message in; a publisher of QoS 1 or 2 is answered in its turn.
    fn take_in(&mut self, host: &mut H, now: Now, slot: Slot, publish: &Publish<'_>) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        connection.publishes = true;
        let account = connection.account;
        if let Err(refusal) = self.settings.limits.check_publish(publish) {
            self.counters.refused_publishes += 1;
            return self.end(host, now, slot, refusal);
        }
        if !self.keeps_pace(host, now, slot, publish) {
            return;
        }
        let mut bounded = PropertyBuf::new();
        let publish = &match self.settings.limits.bound_expiry(publish, &mut bounded) {
            true => Publish {
                properties: bounded.as_properties(),
                ..*publish
            },
            false => *publish,
        };
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let mut before = Way::Out;
        if publish.qos == Qos::ExactlyOnce {
            let answer = Answer::PubRec(publish.packet_id);
            match connection.rare().exactly.take_in(publish) {
                Incoming::New => {}
                Incoming::Instead(way) => before = way,
                // It was taken in, and its first answer may have been lost.
                Incoming::Again { answered: true } => {
                    let session = connection.lasting_session();
                    let ticket = session.and_then(|it| self.receiving(it, publish.packet_id));
                    return self.acknowledge(host, now, slot, answer, ticket);
                }
                // Its answer still waits for the Log.
                Incoming::Again { answered: false } => return,
                Incoming::TooOften if connection.version == Version::V31 => {
                    // Clients of MQTT 3.1 send again after a while, as often as it takes.
                    return self.acknowledge(host, now, slot, answer, None);
                }
                Incoming::TooOften => {
                    let id = publish.packet_id;
                    let cause = format!("the message of QoS 2 with packet id {id} came 3 times");
                    let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
                    return self.breach(host, now, slot, refusal);
                }
            }
        }
        let origin = Origin::Connection { slot, account };
        let taken = self.ingest(host, now, origin, publish);
        match (before, &taken) {
            (way, Ok(_)) => self.take_back(host, slot, way),
            (Way::Here(unreleased), Err(_)) => self.release(host, now, &unreleased),
            (Way::Out | Way::Held(_), Err(_)) => {}
        }
        if let Err(refusal) = taken {
            self.counters.refused_publishes += 1;
            if refusal.code == Some(reason::QUOTA_EXCEEDED) {
                return self.turn_back(host, now, slot, publish, &refusal);
            }
            self.turn_down(slot, publish, &refusal);
            self.end(host, now, slot, refusal);
        }
    }

    /// There was no room to retain it, and there may be when it comes again: its publisher is told in
    /// its turn, and goes on.
    fn turn_back(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        publish: &Publish<'_>,
        refusal: &Refusal,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        host.happened(&connection.auth, refusal.happening());
        let (id, code) = (publish.packet_id, reason::QUOTA_EXCEEDED);
        let answer = match publish.qos {
            Qos::AtMostOnce => return,
            Qos::AtLeastOnce => Answer::PubAck(id, code),
            Qos::ExactlyOnce => {
                connection.rare().exactly.let_go(id);
                Answer::PubRecRefused(id, code)
            }
        };
        self.acknowledge(host, now, slot, answer, None);
    }

    /// Says for which message a connection is about to end.
    fn turn_down(&mut self, slot: Slot, publish: &Publish<'_>, refusal: &Refusal) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if let Some(rare) = &mut connection.rare {
            rare.exactly.let_go(publish.packet_id);
        }
        let (Version::V5, Some(code)) = (connection.version, refusal.code) else {
            return;
        };
        match publish.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => {
                self.write_refused(slot, Answer::PubAck(publish.packet_id, code), code);
            }
            Qos::ExactlyOnce => self.write_refused(slot, Answer::PubRec(publish.packet_id), code),
        }
    }
}

/// Puts the topic that is meant into `name`; leaves it empty if there is none.
fn resolve<A>(
    connection: &mut Connection<A>,
    topic: &str,
    alias: u16,
    aliases_max: u16,
    name: &mut String,
) {
    if alias > aliases_max {
        return;
    }
    let aliases = &mut connection.rare().aliases;
    if !topic.is_empty() {
        aliases.set(alias, topic);
    }
    name.push_str(aliases.get(alias).unwrap_or_default());
}

/// The alias belongs to the hop, not to the message.
fn without_alias(properties: Properties<'_>, out: &mut PropertyBuf) {
    out.clear();
    for property in properties.iter() {
        if !matches!(property, Property::TopicAlias(_)) {
            out.push(property).expect("it was decoded from a packet");
        }
    }
}

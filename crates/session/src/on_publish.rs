// SPDX-License-Identifier: Apache-2.0
//! PUBLISH: checks, policy, one route, the Log, the fan-out, the acknowledgement.

use hw_model::topic;
use hw_mqtt::{Properties, Property, PropertyBuf, Publish, Qos, Version, reason};

use crate::connection::Connection;
use crate::message::Message;
use crate::refusal::Refusal;
use crate::reserved;
use crate::{Host, Inbound, Now, Shard, Slot, Subscriber, Verdict, flags};

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
        let refuse = |code, cause| Err(Refusal::publish(publish.topic, code, cause));
        if publish.qos == Qos::ExactlyOnce {
            return refuse(
                reason::QOS_NOT_SUPPORTED,
                "QoS 2 is not supported yet: use QoS 1",
            );
        }
        if publish.retain {
            return refuse(
                reason::RETAIN_NOT_SUPPORTED,
                "retained messages are not supported yet",
            );
        }
        if publish.topic.len() >= topic::TOPIC_LEVELS_MAX
            && let Err(error) = topic::check_name(publish.topic)
        {
            // A shorter one can't have too many levels, and the decoder saw to the rest.
            let cause = error.to_string();
            return Err(Refusal::publish(
                publish.topic,
                reason::TOPIC_NAME_INVALID,
                cause,
            ));
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
        if publish.qos == Qos::AtLeastOnce {
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
            Version::V311 => u16::MAX,
        };
        if connection.acks_waiting < u32::from(inflight_max) {
            return Ok(());
        }
        let cause = format!("more than {inflight_max} QoS 1 messages are unacknowledged");
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
        if name.is_empty() {
            let cause =
                format!("topic alias {alias} stands for nothing; the maximum is {aliases_max}");
            let refusal = Refusal::packet(reason::TOPIC_ALIAS_INVALID, cause);
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

    /// Policy, and then the message is on its way.
    fn take_in(&mut self, host: &mut H, now: Now, slot: Slot, publish: &Publish<'_>) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let verdict = host.publish(&mut connection.auth, publish.topic, publish.retain);
        let refusal = match verdict {
            Verdict::Allowed => reserved::refuse(publish.topic),
            Verdict::Denied(why) => {
                Some(Refusal::publish(publish.topic, reason::NOT_AUTHORIZED, why).untold())
            }
        };
        if let Some(refusal) = refusal {
            self.counters.refused_publishes += 1;
            return self.end(host, now, slot, refusal);
        }
        let account = connection.account;
        let message = Message {
            trace: self.stamp(),
            topic: publish.topic,
            properties: publish.properties,
            payload: publish.payload,
            qos: publish.qos,
            retain: publish.retain,
        };
        self.counters.messages_received += 1;
        self.flights.begin(message.trace, now, slot, account);
        let mut found = std::mem::take(&mut self.scratch.found);
        host.route(account, message.topic, &mut found);
        if !found.is_empty() {
            self.hand_out(host, slot, &message, &mut found);
            self.fan_out(host, now, &message, &mut found);
            found.clear();
        }
        self.scratch.found = found;

        let mut ticket = None;
        if host.keeps(account, message.topic)
            && let Some(connection) = self.connections.get(slot)
        {
            let given = host.append(&connection.auth, &inbound(&message));
            self.counters.messages_kept += 1;
            self.flights.note_kept(given);
            if publish.qos == Qos::AtMostOnce {
                self.unanswered.push(slot, given);
            }
            ticket = Some(given);
        }
        if publish.qos == Qos::AtLeastOnce {
            self.acknowledge(slot, publish.packet_id, ticket);
        }
    }

    /// Gives the message to taps and other shards; leaves the receivers of this one in `found`.
    fn hand_out(
        &mut self,
        host: &mut H,
        publisher: Slot,
        message: &Message<'_>,
        found: &mut Vec<Subscriber>,
    ) {
        let own = self.settings.shard;
        let mut taps = false;
        found.retain(|target| {
            if target.shard == own {
                let to_itself =
                    (target.slot, target.generation) == (publisher.index, publisher.generation);
                return !(to_itself && flags::no_local(target.flags));
            }
            if target.shard == Subscriber::TAP {
                taps = true;
                return true;
            }
            self.forward(message, *target);
            false
        });
        if taps && let Some(connection) = self.connections.get(publisher) {
            for tap in found
                .iter()
                .filter(|target| target.shard == Subscriber::TAP)
            {
                host.tap(&connection.auth, &inbound(message), tap);
            }
            found.retain(|target| target.shard != Subscriber::TAP);
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

fn inbound<'a>(message: &Message<'a>) -> Inbound<'a> {
    Inbound {
        trace: message.trace,
        topic: message.topic,
        payload: message.payload,
        properties: message.properties.raw(),
        qos: message.qos as u8,
        retain: message.retain,
    }
}

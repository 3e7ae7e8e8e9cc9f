// SPDX-License-Identifier: Apache-2.0
//! CONNACK: what the server offers, or the code of a refusal.

use hw_mqtt::reason::ConnackCode;
use hw_mqtt::{ConnAck, Connect, Properties, Property, PropertyBuf, Qos, Version, encode};

use crate::attach::Met;
use crate::refusal::Refusal;
use crate::{Host, Shard, Slot};

impl<H: Host> Shard<H> {
    /// Says what is offered. `false`: the client takes no packet of that size.
    pub(crate) fn write_welcome(&mut self, slot: Slot, packet: &Connect<'_>, met: Met) -> bool {
        // MQTT 3.1 has no word for a session that goes on.
        let present = met.present && packet.version != Version::V31;
        let mut offer = PropertyBuf::new();
        // What a client can do without is left out for one that takes small packets only.
        let spared = match packet.version {
            Version::V5 => 0..=2,
            Version::V31 | Version::V311 => 0..=0,
        };
        spared.into_iter().any(|spared| {
            offer.clear();
            if packet.version.is_5() {
                self.offer(slot, packet, met, spared, &mut offer);
            }
            let properties = offer.as_properties();
            self.write_connack(slot, packet.version, (present, 0), properties)
        })
    }

    /// Says why not, in words too where MQTT 5 has room for them.
    pub(crate) fn write_refusal(&mut self, slot: Slot, version: Version, code: u8, why: &Refusal) {
        let code = match version {
            // A decoder's code is one of 3.1.1 already; those below 0x80 are left as they are.
            Version::V31 | Version::V311 if code >= 0x80 => ConnackCode::nearest(code) as u8,
            _ => code,
        };
        let mut words = PropertyBuf::new();
        if version == Version::V5 && why.told {
            // Words that are too long for the property are left out.
            let _ = words.push(Property::ReasonString(&why.cause));
        }
        // The client's Maximum Packet Size is not in force yet, and counts from CONNACK on.
        let _ = self.write_connack(slot, version, (false, code), words.as_properties());
    }

    fn offer(
        &self,
        slot: Slot,
        packet: &Connect<'_>,
        met: Met,
        spared: u8,
        offer: &mut PropertyBuf,
    ) {
        let limits = &self.settings.limits;
        let Some(connection) = self.connections.get(slot) else {
            return;
        };
        let mut push = |property: Property<'_>| {
            offer
                .push(property)
                .expect("limits are in range, and a client id fits a string");
        };
        if met.expiry_seconds != packet.properties.session_expiry_interval().unwrap_or(0) {
            push(Property::SessionExpiryInterval(met.expiry_seconds));
        }
        push(Property::ReceiveMaximum(
            limits.inflight_messages_max.max(1),
        ));
        if spared < 2 {
            let bytes_max = limits.packet_bytes_max.clamp(1, u32::MAX as usize);
            push(Property::MaximumPacketSize(bytes_max as u32));
        }
        match limits.qos_max {
            0 => push(Property::MaximumQos(Qos::AtMostOnce)),
            1 => push(Property::MaximumQos(Qos::AtLeastOnce)),
            _ => {}
        }
        if limits.quirks.no_subscription_identifiers {
            push(Property::SubscriptionIdentifierAvailable(false));
        }
        if packet.client_id.is_empty() {
            push(Property::AssignedClientIdentifier(&connection.client_id));
        }
        if limits.topic_aliases_max > 0 && spared < 1 {
            push(Property::TopicAliasMaximum(limits.topic_aliases_max));
        }
        if connection.keep_alive_seconds != packet.keep_alive_seconds {
            push(Property::ServerKeepAlive(connection.keep_alive_seconds));
        }
    }

    fn write_connack(
        &mut self,
        slot: Slot,
        version: Version,
        (session_present, code): (bool, u8),
        properties: Properties<'_>,
    ) -> bool {
        let connack = ConnAck {
            session_present,
            code,
            properties,
        };
        self.write(slot, |out| {
            encode::connack(out, version, &connack).expect("it has few properties, all checked");
        })
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Wills: what is published for a client that goes without a word (MQTT 5, section 3.1.2.5).
//!
//! Its topic is checked at CONNECT and again when it is published: a client that may not publish
//! there any more does not do so by dying.

use std::time::Duration;

use hw_mqtt::{Properties, Property, PropertyBuf, Publish, Qos};

use crate::ingest::Origin;
use crate::journal::StoredWill;
use crate::{Happening, Host, Now, Shard, Slot};

/// A client's will.
#[derive(Debug, Clone)]
pub(crate) struct Will {
    pub(crate) topic: Box<str>,
    pub(crate) payload: Box<[u8]>,
    /// Those that go with the message: without the delay.
    pub(crate) properties: Box<[u8]>,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// How long after the connection's end it is published (MQTT-3.1.3-9).
    pub(crate) delay: Duration,
}

impl Will {
    /// `ends_at_once`: the client says that its session ends with its connection, and so does the
    /// delay. One that says nothing about its session has its delay, though that ends too: it would
    /// not ask for one otherwise.
    pub(crate) fn of(will: &hw_mqtt::Will<'_>, ends_at_once: bool) -> Self {
        let mut properties = PropertyBuf::new();
        for property in will.properties.iter() {
            if !matches!(property, Property::WillDelayInterval(_)) {
                properties
                    .push(property)
                    .expect("it was decoded from a packet");
            }
        }
        let delay = match ends_at_once {
            true => 0,
            false => will.properties.will_delay_interval().unwrap_or(0),
        };
        Self {
            topic: will.topic.into(),
            payload: will.payload.into(),
            properties: properties.as_properties().raw().into(),
            qos: will.qos,
            retain: will.retain,
            delay: Duration::from_secs(u64::from(delay)),
        }
    }

    pub(crate) fn stored(&self) -> StoredWill {
        StoredWill {
            topic: self.topic.clone(),
            payload: self.payload.clone(),
            properties: self.properties.clone(),
            qos: self.qos,
            retain: self.retain,
            delay_seconds: u32::try_from(self.delay.as_secs()).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn restored(will: StoredWill) -> Self {
        Self {
            topic: will.topic,
            payload: will.payload,
            properties: will.properties,
            qos: will.qos,
            retain: will.retain,
            delay: Duration::from_secs(u64::from(will.delay_seconds)),
        }
    }

    pub(crate) fn publish(&self) -> Publish<'_> {
        Publish {
            dup: false,
            qos: self.qos,
            retain: self.retain,
            topic: &self.topic,
            packet_id: 0,
            properties: Properties::from_raw(&self.properties),
            payload: &self.payload,
        }
    }
}

impl<H: Host> Shard<H> {
    /// Publishes the will of a connection whose slot is still there. `false`: it has none.
    pub(crate) fn fire_will(&mut self, host: &mut H, now: Now, slot: Slot) -> bool {
        let Some(connection) = self.connections.get_mut(slot) else {
            return false;
        };
        let Some(will) = connection.rare.as_mut().and_then(|rare| rare.will.take()) else {
            return false;
        };
        let account = connection.account;
        let origin = Origin::Connection { slot, account };
        if let Err(refusal) = self.ingest(host, now, origin, &will.publish())
            && let Some(connection) = self.connections.get(slot)
        {
            self.counters.refused_publishes += 1;
            let happening = Happening {
                kind: "will",
                ..refusal.happening()
            };
            host.happened(&connection.auth, happening);
        }
        true
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A message on its way through a shard; it borrows from wherever its bytes stand.

use std::time::Duration;

use hw_model::{AccountId, TraceId};
use hw_mqtt::{Properties, Property, PropertyBuf, Qos};

use crate::{Inbound, Now};

/// What is delivered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) account: AccountId,
    pub(crate) trace: TraceId,
    pub(crate) topic: &'a str,
    /// Those that go with the message: without topic alias.
    pub(crate) properties: Properties<'a>,
    pub(crate) payload: &'a [u8],
    /// As published.
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// Members of its shared subscription that have had it and left; 0: it is new.
    pub(crate) members: u8,
}

impl<'a> Message<'a> {
    /// As the host sees it.
    pub(crate) fn inbound(&self) -> Inbound<'a> {
        Inbound {
            trace: self.trace,
            topic: self.topic,
            payload: self.payload,
            properties: self.properties.raw(),
            qos: self.qos as u8,
            retain: self.retain,
        }
    }
}

/// A message that is kept for later, on its own.
#[derive(Debug)]
pub(crate) struct OwnMessage {
    account: AccountId,
    trace: TraceId,
    topic: Box<str>,
    properties: Box<[u8]>,
    payload: Box<[u8]>,
    qos: Qos,
    retain: bool,
    members: u8,
}

impl OwnMessage {
    pub(crate) fn of(message: &Message<'_>) -> Self {
        Self {
            account: message.account,
            trace: message.trace,
            topic: message.topic.into(),
            properties: message.properties.raw().into(),
            payload: message.payload.into(),
            qos: message.qos,
            retain: message.retain,
            members: message.members,
        }
    }

    pub(crate) fn message(&self) -> Message<'_> {
        Message {
            account: self.account,
            trace: self.trace,
            topic: &self.topic,
            properties: Properties::from_raw(&self.properties),
            payload: &self.payload,
            qos: self.qos,
            retain: self.retain,
            members: self.members,
        }
    }

    /// Its properties with what is left of its Message Expiry Interval; `None`: it has expired.
    pub(crate) fn properties_after(&self, now: Now, since: Duration) -> Option<PropertyBuf> {
        let waited = now.monotonic.saturating_sub(since).as_secs();
        let waited = u32::try_from(waited).unwrap_or(u32::MAX);
        let mut properties = PropertyBuf::new();
        for property in Properties::from_raw(&self.properties).iter() {
            let property = match property {
                Property::MessageExpiryInterval(seconds) => {
                    let left = seconds.checked_sub(waited).filter(|left| *left > 0)?;
                    Property::MessageExpiryInterval(left)
                }
                other => other,
            };
            properties
                .push(property)
                .expect("it was decoded from a packet");
        }
        Some(properties)
    }

    /// Bytes of its parts.
    pub(crate) fn bytes(&self) -> usize {
        self.topic.len() + self.properties.len() + self.payload.len()
    }
}

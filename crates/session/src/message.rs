// SPDX-License-Identifier: Apache-2.0
//! A message on its way through a shard; it borrows from wherever its bytes stand.

use hw_model::{AccountId, TraceId};
use hw_mqtt::{Properties, Qos};

use crate::Inbound;

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

// SPDX-License-Identifier: Apache-2.0
//! A message's packets: encoded once for all receivers of the same version, QoS and RETAIN.

use hw_mqtt::encode::{self, PublishExtra};
use hw_mqtt::{Publish, Qos, Version};

use crate::message::Message;

/// How a packet differs between receivers, but for packet id and subscription identifiers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) version: Version,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
}

/// An encoded PUBLISH whose packet id, if it has one, is still 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoded<'a> {
    pub(crate) packet: &'a [u8],
    pub(crate) id_at: Option<usize>,
}

#[derive(Debug, Default)]
struct Variant {
    /// Which message it holds.
    delivery: u64,
    packet: Vec<u8>,
    id_at: Option<usize>,
}

/// Scratch memory for the packets of one message at a time.
#[derive(Debug, Default)]
pub(crate) struct Encodings {
    variants: [Variant; 12],
    own: Variant,
    delivery: u64,
}

impl Encodings {
    /// Another message begins. Returns its number, which is never 0.
    #[inline]
    pub(crate) fn begin(&mut self) -> u64 {
        self.delivery += 1;
        self.delivery
    }

    /// The packet that all receivers of that shape share.
    #[inline]
    pub(crate) fn shared(&mut self, message: &Message<'_>, shape: Shape) -> Option<Encoded<'_>> {
        let place = usize::from(shape.version == Version::V5)
            | usize::from(shape.retain) << 1
            | (shape.qos as usize) << 2;
        let variant = &mut self.variants[place];
        if variant.delivery != self.delivery {
            variant.encode(message, shape, &[], None)?;
            variant.delivery = self.delivery;
        }
        Some(variant.encoded())
    }

    /// The packet with subscription identifiers, and with a number for its topic; that stands alone
    /// if the receiver knows it.
    pub(crate) fn own(
        &mut self,
        message: &Message<'_>,
        shape: Shape,
        subscription_ids: &[u32],
        number: Option<(u16, bool)>,
    ) -> Option<Encoded<'_>> {
        self.own.encode(message, shape, subscription_ids, number)?;
        Some(self.own.encoded())
    }
}

impl Variant {
    /// `None` if it fits in no packet, as identifiers may make it too long.
    fn encode(
        &mut self,
        message: &Message<'_>,
        shape: Shape,
        ids: &[u32],
        number: Option<(u16, bool)>,
    ) -> Option<()> {
        let publish = Publish {
            dup: false,
            qos: shape.qos,
            retain: shape.retain,
            topic: match number {
                Some((_, true)) => "",
                _ => message.topic,
            },
            packet_id: 0,
            properties: message.properties,
            payload: message.payload,
        };
        let extra = PublishExtra {
            subscription_ids: ids,
            topic_alias: number.map(|(number, _)| number),
            ..PublishExtra::default()
        };
        self.packet.clear();
        self.id_at = encode::publish(&mut self.packet, shape.version, &publish, &extra).ok()?;
        Some(())
    }

    fn encoded(&self) -> Encoded<'_> {
        Encoded {
            packet: &self.packet,
            id_at: self.id_at,
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! PUBLISH: encoded once for all receivers of a version and QoS; only the packet id is patched.

use crate::encode::EncodeError;
use crate::encode::framing::{body_len, prefix};
use crate::packet::publish::Publish;
use crate::packet_type::PacketType;
use crate::property::{Properties, Property};
use crate::property::{PropertyId, Walk, append, four_bytes, two_bytes};
use crate::varint;
use crate::version::{Qos, Version};

/// Properties that belong to one hop: they are added to those of the message, in MQTT 5 only.
#[derive(Debug, Clone, Copy, Default)]
pub struct PublishExtra<'a> {
    /// Identifiers of the subscriptions that matched; none is 0.
    pub subscription_ids: &'a [u32],
    /// The alias of the topic on this connection; not 0.
    pub topic_alias: Option<u16>,
    /// Seconds left; it replaces the message's own.
    pub message_expiry_interval: Option<u32>,
}

/// Appends a PUBLISH. Returns where the packet identifier stands, counted from the start of what
/// was appended (`None` at QoS 0), for [`patch_packet_id`] on a copy for another receiver.
///
/// The message's own properties are passed on as they are, but for those that belong to the hop
/// it came by: topic alias and subscription identifiers are dropped, and the message expiry
/// interval is if `extra` has another. `packet_id` may be 0 if it is patched later.
#[inline]
pub fn publish(
    out: &mut Vec<u8>,
    version: Version,
    publish: &Publish<'_>,
    extra: &PublishExtra<'_>,
) -> Result<Option<usize>, EncodeError> {
    let topic_len = prefix(publish.topic.as_bytes(), "the topic name")?;
    let id_len = if publish.qos == Qos::AtMostOnce { 0 } else { 2 };
    let plan = match version {
        Version::V31 | Version::V311 => None,
        Version::V5 => Some(Plan::new(publish.properties, extra)?),
    };
    let section_len = plan.as_ref().map_or(0, Plan::section_len);
    let rest_len = 2 + publish.topic.len() + id_len + section_len + publish.payload.len();
    let (len, len_len) = varint::bytes(body_len(rest_len)?);

    out.reserve(1 + len_len + rest_len);
    out.push(first_byte(publish));
    out.extend_from_slice(&len[..len_len]);
    out.extend_from_slice(&topic_len.to_be_bytes());
    out.extend_from_slice(publish.topic.as_bytes());
    if id_len != 0 {
        out.extend_from_slice(&publish.packet_id.to_be_bytes());
    }
    if let Some(plan) = plan {
        plan.write(out, publish.properties, extra)?;
    }
    out.extend_from_slice(publish.payload);
    Ok((id_len != 0).then_some(1 + len_len + 2 + publish.topic.len()))
}

/// Sets the packet identifier of an encoded PUBLISH; `at` is what [`publish`] returned.
///
/// # Panics
/// If `packet` ends before `at + 2`.
#[inline]
pub fn patch_packet_id(packet: &mut [u8], at: usize, packet_id: u16) {
    packet[at..at + 2].copy_from_slice(&packet_id.to_be_bytes());
}

/// Sets DUP in an encoded PUBLISH of QoS 1 or 2: it is sent again (MQTT-3.3.1-1).
pub fn set_dup(packet: &mut [u8]) {
    if let Some(first) = packet.first_mut() {
        *first |= 1 << 3;
    }
}

fn first_byte(publish: &Publish<'_>) -> u8 {
    PacketType::Publish.first_byte()
        | u8::from(publish.dup) << 3
        | (publish.qos as u8) << 1
        | u8::from(publish.retain)
}

/// The sizes of the properties, found before anything is written.
struct Plan {
    kept_len: usize,
    len: u32,
}

impl Plan {
    #[inline]
    fn new(properties: Properties<'_>, extra: &PublishExtra<'_>) -> Result<Plan, EncodeError> {
        let mut len = extra.message_expiry_interval.map_or(0, |_| 5);
        if let Some(alias) = extra.topic_alias {
            Property::TopicAlias(alias)
                .check_range()
                .map_err(EncodeError::Value)?;
            len += 3;
        }
        for id in extra.subscription_ids {
            Property::SubscriptionIdentifier(*id)
                .check_range()
                .map_err(EncodeError::Value)?;
            len += 1 + varint::len(*id);
        }
        let kept_len = kept(properties, extra).map(<[u8]>::len).sum();
        Ok(Plan {
            kept_len,
            len: body_len(kept_len + len)?,
        })
    }

    fn section_len(&self) -> usize {
        varint::len(self.len) + self.len as usize
    }

    #[inline]
    fn write(
        &self,
        out: &mut Vec<u8>,
        properties: Properties<'_>,
        extra: &PublishExtra<'_>,
    ) -> Result<(), EncodeError> {
        varint::write(out, self.len);
        if self.kept_len == properties.raw().len() {
            out.extend_from_slice(properties.raw());
        } else {
            kept(properties, extra).for_each(|bytes| out.extend_from_slice(bytes));
        }
        if let Some(seconds) = extra.message_expiry_interval {
            four_bytes(out, PropertyId::MessageExpiryInterval, seconds);
        }
        if let Some(alias) = extra.topic_alias {
            two_bytes(out, PropertyId::TopicAlias, alias);
        }
        for id in extra.subscription_ids {
            append(out, Property::SubscriptionIdentifier(*id))?;
        }
        Ok(())
    }
}

/// The bytes of each property that is passed on.
#[inline]
fn kept<'a>(
    properties: Properties<'a>,
    extra: &PublishExtra<'_>,
) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let new_expiry = extra.message_expiry_interval.is_some();
    let mut walk = Walk::new(properties.raw());
    std::iter::from_fn(move || {
        loop {
            let before = walk.rest();
            let id = walk.next()?.id;
            let dropped = match id {
                PropertyId::TopicAlias | PropertyId::SubscriptionIdentifier => true,
                PropertyId::MessageExpiryInterval => new_expiry,
                _ => false,
            };
            if !dropped {
                return Some(&before[..before.len() - walk.rest().len()]);
            }
        }
    })
}

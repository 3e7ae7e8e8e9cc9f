// SPDX-License-Identifier: Apache-2.0
//! PUBLISH (MQTT 5, section 3.3): decoded in one pass, without allocation or copy.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::frame;
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::version::{Qos, Version};

/// A message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Whether it may have been sent before.
    pub dup: bool,
    /// Quality of service of this hop.
    pub qos: Qos,
    /// Sent as a retained message, or to be retained.
    pub retain: bool,
    /// Without wildcards or control characters. Empty only in MQTT 5, where a topic alias stands
    /// for it.
    pub topic: &'a str,
    /// 0 at QoS 0, and only there.
    pub packet_id: u16,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
    /// The application's bytes.
    pub payload: &'a [u8],
}

/// Decodes a whole PUBLISH; for a loop that looks at the type itself.
#[inline]
pub fn decode(version: Version, packet: &[u8]) -> Result<Publish<'_>, DecodeError> {
    let (first, body) = open_as(PacketType::Publish, version, packet)?;
    read(version, first, body)
}

/// The same where [`frame::peek_in`] has found its borders in that version, and its type.
#[inline]
pub fn decode_framed(
    version: Version,
    frame: frame::Frame,
    packet: &[u8],
) -> Result<Publish<'_>, DecodeError> {
    match packet.get(frame.header_len..frame.total_len) {
        Some(body) if frame.total_len == packet.len() => read(version, frame.first, body),
        _ => decode(version, packet),
    }
}

#[inline]
pub(crate) fn read(version: Version, first: u8, body: &[u8]) -> Result<Publish<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::Publish, body);
    let Some(qos) = Qos::from_bits(first >> 1 & 0b11) else {
        frame::check_flags(PacketType::Publish, first)?;
        return Err(reader.error(DecodeErrorKind::QosReserved { field: "QoS" }));
    };
    let topic = reader.topic(TOPIC)?;
    let packet_id = if qos == Qos::AtMostOnce {
        0
    } else {
        reader.packet_id()?
    };
    let properties = match version {
        Version::V31 | Version::V311 => Properties::EMPTY,
        Version::V5 => property::read_section(&mut reader, Place::Packet(PacketType::Publish))?,
    };
    if topic.is_empty() && properties.topic_alias().is_none() {
        return Err(reader.error(DecodeErrorKind::Empty { field: TOPIC }));
    }
    Ok(Publish {
        dup: first & 0b1000 != 0,
        qos,
        retain: first & 0b0001 != 0,
        topic,
        packet_id,
        properties,
        payload: reader.remainder(),
    })
}

const TOPIC: &str = "the topic name";

// SPDX-License-Identifier: Apache-2.0
//! PUBACK (MQTT 5, section 3.4).

use crate::error::DecodeError;
use crate::packet::{answer, open_as};
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::version::Version;

/// The answer to a PUBLISH at QoS 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PubAck<'a> {
    /// The identifier of the PUBLISH; never 0.
    pub packet_id: u16,
    /// A reason code of MQTT 5; always `SUCCESS` in MQTT 3.1.1.
    pub reason: u8,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
}

impl PubAck<'_> {
    /// The usual one: success, no properties.
    pub const fn success(packet_id: u16) -> PubAck<'static> {
        PubAck::with_reason(packet_id, crate::reason::SUCCESS)
    }

    /// One with a reason code, without properties.
    pub const fn with_reason(packet_id: u16, reason: u8) -> PubAck<'static> {
        PubAck {
            packet_id,
            reason,
            properties: Properties::EMPTY,
        }
    }
}

/// Bytes of a PUBACK that says success in the shortest way.
pub const SHORT_BYTES: usize = 4;

/// The packet identifier, if `bytes` begin with a PUBACK that says success in the shortest way, as
/// nearly all do; for a loop that has many of them to read.
#[inline]
pub const fn short(bytes: &[u8]) -> Option<u16> {
    const FIRST: u8 = PacketType::PubAck.first_byte();
    match *bytes {
        [FIRST, 2, high, low, ..] if high | low != 0 => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// Decodes a whole PUBACK.
#[inline]
pub fn decode(version: Version, packet: &[u8]) -> Result<PubAck<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::PubAck, version, packet)?;
    read(version, body)
}

#[inline]
pub(crate) fn read(version: Version, body: &[u8]) -> Result<PubAck<'_>, DecodeError> {
    let (packet_id, reason, properties) = answer::read(PacketType::PubAck, version, body)?;
    Ok(PubAck {
        packet_id,
        reason,
        properties,
    })
}

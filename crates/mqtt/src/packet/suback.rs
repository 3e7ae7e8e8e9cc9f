// SPDX-License-Identifier: Apache-2.0
//! SUBACK (MQTT 5, section 3.9).

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// The server's answer to SUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE; never 0.
    pub packet_id: u16,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
    /// One for each filter, in their order: the granted QoS, or 0x80 and above.
    pub codes: &'a [u8],
}

/// Decodes a whole SUBACK.
pub fn decode(version: Version, packet: &[u8]) -> Result<SubAck<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::SubAck, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<SubAck<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::SubAck, body);
    let packet_id = reader.packet_id()?;
    let properties = match version {
        Version::V31 | Version::V311 => Properties::EMPTY,
        Version::V5 => property::read_section(&mut reader, Place::Packet(PacketType::SubAck))?,
    };
    let codes = reader.remainder();
    let allowed = |code: &u8| match version {
        Version::V31 | Version::V311 => reason::allowed_v311(PacketType::SubAck, *code),
        Version::V5 => reason::allowed(PacketType::SubAck, *code),
    };
    if let Some(&code) = codes.iter().find(|code| !allowed(code)) {
        return Err(reader.error(DecodeErrorKind::ReasonCode { code }));
    }
    if codes.is_empty() {
        return Err(reader.error(DecodeErrorKind::Empty {
            field: "the list of codes",
        }));
    }
    Ok(SubAck {
        packet_id,
        properties,
        codes,
    })
}

// SPDX-License-Identifier: Apache-2.0
//! UNSUBACK (MQTT 5, section 3.11).

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// The server's answer to UNSUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsubAck<'a> {
    /// The identifier of the UNSUBSCRIBE; never 0.
    pub packet_id: u16,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
    /// One for each filter, in their order; always empty in MQTT 3.1.1.
    pub codes: &'a [u8],
}

/// Decodes a whole UNSUBACK.
pub fn decode(version: Version, packet: &[u8]) -> Result<UnsubAck<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::UnsubAck, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<UnsubAck<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::UnsubAck, body);
    let packet_id = reader.packet_id()?;
    if !version.is_5() {
        reader.end()?;
        return Ok(UnsubAck {
            packet_id,
            properties: Properties::EMPTY,
            codes: &[],
        });
    }
    let properties = property::read_section(&mut reader, Place::Packet(PacketType::UnsubAck))?;
    let codes = reader.remainder();
    if let Some(&code) = codes
        .iter()
        .find(|code| !reason::allowed(PacketType::UnsubAck, **code))
    {
        return Err(reader.error(DecodeErrorKind::ReasonCode { code }));
    }
    if codes.is_empty() {
        return Err(reader.error(DecodeErrorKind::Empty {
            field: "the list of codes",
        }));
    }
    Ok(UnsubAck {
        packet_id,
        properties,
        codes,
    })
}

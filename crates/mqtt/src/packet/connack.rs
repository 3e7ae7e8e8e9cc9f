// SPDX-License-Identifier: Apache-2.0
//! CONNACK (MQTT 5, section 3.2).

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::open_as;
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// The server's answer to CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnAck<'a> {
    /// Whether the server goes on with a stored session; only with `code` 0.
    pub session_present: bool,
    /// MQTT 3.1.1: a [`reason::ConnackCode`]; MQTT 5: a reason code. 0 is accepted in both.
    pub code: u8,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
}

/// Decodes a whole CONNACK.
///
/// A server that does not speak MQTT 5 may answer in the form of 3.1.1: then this fails in
/// `Version::V5`, and the packet has a remaining length of 2.
pub fn decode(version: Version, packet: &[u8]) -> Result<ConnAck<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::ConnAck, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<ConnAck<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::ConnAck, body);
    let flags = reader.u8("the acknowledge flags")?;
    let code = reader.u8("the code")?;
    let (allowed, properties) = match version {
        Version::V31 | Version::V311 => (
            reason::allowed_v311(PacketType::ConnAck, code),
            Properties::EMPTY,
        ),
        Version::V5 => {
            let place = Place::Packet(PacketType::ConnAck);
            let properties = property::read_section(&mut reader, place)?;
            (reason::allowed(PacketType::ConnAck, code), properties)
        }
    };
    if flags & !1 != 0 {
        return Err(reader.error(DecodeErrorKind::AcknowledgeFlags { flags }));
    }
    if !allowed {
        return Err(reader.error(DecodeErrorKind::ReasonCode { code }));
    }
    reader.end()?;
    Ok(ConnAck {
        session_present: flags == 1,
        code,
        properties,
    })
}

// SPDX-License-Identifier: Apache-2.0
//! DISCONNECT (MQTT 5, section 3.14); only clients send it in MQTT 3.1.1.

use crate::error::DecodeError;
use crate::packet::{answer, open_as};
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// The last packet of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Why; always `NORMAL_DISCONNECTION` in MQTT 3.1.1.
    pub reason: u8,
    /// Always empty in MQTT 3.1.1.
    pub properties: Properties<'a>,
}

impl Disconnect<'_> {
    /// One with a reason, without properties.
    pub const fn with_reason(reason: u8) -> Disconnect<'static> {
        Disconnect {
            reason,
            properties: Properties::EMPTY,
        }
    }
}

/// Decodes a whole DISCONNECT.
pub fn decode(version: Version, packet: &[u8]) -> Result<Disconnect<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::Disconnect, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<Disconnect<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::Disconnect, body);
    if !version.is_5() || reader.is_empty() {
        reader.end()?;
        return Ok(Disconnect::with_reason(reason::NORMAL_DISCONNECTION));
    }
    let (reason, properties) = answer::read_reason(&mut reader)?;
    reader.end()?;
    Ok(Disconnect { reason, properties })
}

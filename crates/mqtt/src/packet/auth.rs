// SPDX-License-Identifier: Apache-2.0
//! AUTH (MQTT 5, section 3.15): the steps of an enhanced authentication.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet::{answer, open_as};
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// A step of an enhanced authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auth<'a> {
    /// `SUCCESS`, `CONTINUE_AUTHENTICATION` or `RE_AUTHENTICATE`.
    pub reason: u8,
    /// The method stands in here; it is left out only with `SUCCESS` and nothing else.
    pub properties: Properties<'a>,
}

/// Decodes a whole AUTH. MQTT 3.1.1 has none.
pub fn decode(version: Version, packet: &[u8]) -> Result<Auth<'_>, DecodeError> {
    let (_, body) = open_as(PacketType::Auth, version, packet)?;
    read(version, body)
}

pub(crate) fn read(version: Version, body: &[u8]) -> Result<Auth<'_>, DecodeError> {
    let mut reader = Reader::new(PacketType::Auth, body);
    if !version.is_5() {
        return Err(reader.error(DecodeErrorKind::NotInVersion { version }));
    }
    if reader.is_empty() {
        return Ok(Auth {
            reason: reason::SUCCESS,
            properties: Properties::EMPTY,
        });
    }
    let (reason, properties) = answer::read_reason(&mut reader)?;
    reader.end()?;
    Ok(Auth { reason, properties })
}

// SPDX-License-Identifier: Apache-2.0
//! The body that PUBACK, PUBREC, PUBREL and PUBCOMP share (MQTT 5, sections 3.4 to 3.7).

use crate::error::{DecodeError, DecodeErrorKind};
use crate::packet_type::PacketType;
use crate::property::{self, Place, Properties};
use crate::read::Reader;
use crate::reason;
use crate::version::Version;

/// Packet identifier, reason code and properties; the latter two may be left out in MQTT 5.
#[inline]
pub(crate) fn read(
    packet: PacketType,
    version: Version,
    body: &[u8],
) -> Result<(u16, u8, Properties<'_>), DecodeError> {
    let mut reader = Reader::new(packet, body);
    let packet_id = reader.packet_id()?;
    if !version.is_5() || reader.is_empty() {
        reader.end()?;
        return Ok((packet_id, reason::SUCCESS, Properties::EMPTY));
    }
    let (code, properties) = read_reason(&mut reader)?;
    reader.end()?;
    Ok((packet_id, code, properties))
}

/// A reason code that fits the packet, and properties unless the packet ends before them.
pub(crate) fn read_reason<'a>(
    reader: &mut Reader<'a>,
) -> Result<(u8, Properties<'a>), DecodeError> {
    let code = reader.u8("the reason code")?;
    if !reason::allowed(reader.packet, code) {
        return Err(reader.error(DecodeErrorKind::ReasonCode { code }));
    }
    if reader.is_empty() {
        return Ok((code, Properties::EMPTY));
    }
    let place = Place::Packet(reader.packet);
    Ok((code, property::read_section(reader, place)?))
}

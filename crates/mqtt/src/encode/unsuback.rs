// SPDX-License-Identifier: Apache-2.0
//! UNSUBACK.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::unsuback::UnsubAck;
use crate::packet_type::PacketType;
use crate::version::Version;

/// Appends an UNSUBACK; the codes are left out in MQTT 3.1.1.
pub fn unsuback(
    out: &mut Vec<u8>,
    version: Version,
    unsuback: &UnsubAck<'_>,
) -> Result<(), EncodeError> {
    framed(out, PacketType::UnsubAck, |out| {
        out.extend_from_slice(&unsuback.packet_id.to_be_bytes());
        section(out, version, unsuback.properties)?;
        if version == Version::V5 {
            out.extend_from_slice(unsuback.codes);
        }
        Ok(())
    })
}

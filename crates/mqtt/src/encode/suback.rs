// SPDX-License-Identifier: Apache-2.0
//! SUBACK.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::suback::SubAck;
use crate::packet_type::PacketType;
use crate::version::Version;

/// Appends a SUBACK; `codes` are numbers of that version, one for each filter.
pub fn suback(out: &mut Vec<u8>, version: Version, suback: &SubAck<'_>) -> Result<(), EncodeError> {
    framed(out, PacketType::SubAck, |out| {
        out.extend_from_slice(&suback.packet_id.to_be_bytes());
        section(out, version, suback.properties)?;
        out.extend_from_slice(suback.codes);
        Ok(())
    })
}

// SPDX-License-Identifier: Apache-2.0
//! DISCONNECT. A server has none in MQTT 3.1.1: it just closes.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::disconnect::Disconnect;
use crate::packet_type::PacketType;
use crate::reason;
use crate::version::Version;

/// Appends a DISCONNECT without properties.
pub fn disconnect(out: &mut Vec<u8>, version: Version, code: u8) {
    let first = PacketType::Disconnect.first_byte();
    if !version.is_5() || code == reason::NORMAL_DISCONNECTION {
        out.extend_from_slice(&[first, 0]);
    } else {
        out.extend_from_slice(&[first, 1, code]);
    }
}

/// Appends a DISCONNECT with its properties.
pub fn disconnect_with(
    out: &mut Vec<u8>,
    version: Version,
    it: &Disconnect<'_>,
) -> Result<(), EncodeError> {
    if !version.is_5() || it.properties.is_empty() {
        disconnect(out, version, it.reason);
        return Ok(());
    }
    framed(out, PacketType::Disconnect, |out| {
        out.push(it.reason);
        section(out, version, it.properties)
    })
}

// SPDX-License-Identifier: Apache-2.0
//! CONNACK.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::connack::ConnAck;
use crate::packet_type::PacketType;
use crate::version::Version;

/// Appends a CONNACK; `code` is a number of that version.
pub fn connack(
    out: &mut Vec<u8>,
    version: Version,
    connack: &ConnAck<'_>,
) -> Result<(), EncodeError> {
    framed(out, PacketType::ConnAck, |out| {
        out.extend_from_slice(&[u8::from(connack.session_present), connack.code]);
        section(out, version, connack.properties)
    })
}

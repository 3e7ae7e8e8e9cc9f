// SPDX-License-Identifier: Apache-2.0
//! PINGREQ and PINGRESP: the same two bytes in both versions.

use crate::packet_type::PacketType;

/// Appends a PINGREQ.
#[inline]
pub fn pingreq(out: &mut Vec<u8>) {
    out.extend_from_slice(&[PacketType::PingReq.first_byte(), 0]);
}

/// Appends a PINGRESP.
#[inline]
pub fn pingresp(out: &mut Vec<u8>) {
    out.extend_from_slice(&[PacketType::PingResp.first_byte(), 0]);
}

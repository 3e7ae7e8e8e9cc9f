// SPDX-License-Identifier: Apache-2.0
//! PUBACK, PUBREC, PUBREL and PUBCOMP in their three lengths: bare, with a reason, with properties.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::puback::PubAck;
use crate::packet::pubcomp::PubComp;
use crate::packet::pubrec::PubRec;
use crate::packet::pubrel::PubRel;
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::reason;
use crate::version::Version;

/// Appends a PUBACK without properties.
#[inline]
pub fn puback(out: &mut Vec<u8>, version: Version, packet_id: u16, reason: u8) {
    short(out, PacketType::PubAck, version, packet_id, reason);
}

/// Appends a PUBREC without properties.
#[inline]
pub fn pubrec(out: &mut Vec<u8>, version: Version, packet_id: u16, reason: u8) {
    short(out, PacketType::PubRec, version, packet_id, reason);
}

/// Appends a PUBREL without properties.
#[inline]
pub fn pubrel(out: &mut Vec<u8>, version: Version, packet_id: u16, reason: u8) {
    short(out, PacketType::PubRel, version, packet_id, reason);
}

/// Appends a PUBCOMP without properties.
#[inline]
pub fn pubcomp(out: &mut Vec<u8>, version: Version, packet_id: u16, reason: u8) {
    short(out, PacketType::PubComp, version, packet_id, reason);
}

/// Appends a PUBACK with its properties.
pub fn puback_with(
    out: &mut Vec<u8>,
    version: Version,
    it: &PubAck<'_>,
) -> Result<(), EncodeError> {
    long(
        out,
        PacketType::PubAck,
        version,
        (it.packet_id, it.reason, it.properties),
    )
}

/// Appends a PUBREC with its properties.
pub fn pubrec_with(
    out: &mut Vec<u8>,
    version: Version,
    it: &PubRec<'_>,
) -> Result<(), EncodeError> {
    long(
        out,
        PacketType::PubRec,
        version,
        (it.packet_id, it.reason, it.properties),
    )
}

/// Appends a PUBREL with its properties.
pub fn pubrel_with(
    out: &mut Vec<u8>,
    version: Version,
    it: &PubRel<'_>,
) -> Result<(), EncodeError> {
    long(
        out,
        PacketType::PubRel,
        version,
        (it.packet_id, it.reason, it.properties),
    )
}

/// Appends a PUBCOMP with its properties.
pub fn pubcomp_with(
    out: &mut Vec<u8>,
    version: Version,
    it: &PubComp<'_>,
) -> Result<(), EncodeError> {
    long(
        out,
        PacketType::PubComp,
        version,
        (it.packet_id, it.reason, it.properties),
    )
}

#[inline]
fn short(out: &mut Vec<u8>, packet: PacketType, version: Version, packet_id: u16, code: u8) {
    let [high, low] = packet_id.to_be_bytes();
    if !version.is_5() || code == reason::SUCCESS {
        out.extend_from_slice(&[packet.first_byte(), 2, high, low]);
    } else {
        out.extend_from_slice(&[packet.first_byte(), 3, high, low, code]);
    }
}

fn long(
    out: &mut Vec<u8>,
    packet: PacketType,
    version: Version,
    (packet_id, code, properties): (u16, u8, Properties<'_>),
) -> Result<(), EncodeError> {
    if !version.is_5() || properties.is_empty() {
        short(out, packet, version, packet_id, code);
        return Ok(());
    }
    framed(out, packet, |out| {
        out.extend_from_slice(&packet_id.to_be_bytes());
        out.push(code);
        section(out, version, properties)
    })
}

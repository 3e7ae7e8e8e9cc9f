// SPDX-License-Identifier: Apache-2.0
//! Finds where a packet ends in a stream of bytes, and refuses it as early as its header allows.

use crate::error::{DecodeError, DecodeErrorKind, REMAINING_LENGTH};
use crate::packet_type::PacketType;
use crate::varint::{self, Varint};
use crate::version::{Qos, Version};

/// The fixed header of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: type and flags.
    pub first: u8,
    /// Bytes of the fixed header, 2 to 5.
    pub header_len: usize,
    /// Bytes of the whole packet, header included.
    pub total_len: usize,
}

/// Reads the fixed header at the start of `buf`. `None`: more bytes are needed to know the length.
///
/// Refused as soon as it can be seen: a reserved type, wrong flags (those of CONNECT are left to
/// [`crate::connect::decode`]), a length of more than four bytes, and a packet of more than
/// `packet_bytes_max` bytes, header included (MQTT 5, section 3.1.2.11.4).
#[inline]
pub fn peek(buf: &[u8], packet_bytes_max: usize) -> Result<Option<Frame>, DecodeError> {
    peek_in(Version::V311, buf, packet_bytes_max)
}

/// The same on a connection that speaks that version: MQTT 3.1 takes flags that others refuse.
#[inline]
pub fn peek_in(
    version: Version,
    buf: &[u8],
    packet_bytes_max: usize,
) -> Result<Option<Frame>, DecodeError> {
    let Some((&first, rest)) = buf.split_first() else {
        return Ok(None);
    };
    let packet = packet_type(first)?;
    if packet != PacketType::Connect
        && let Err(error) = check_flags(packet, first)
        && !(version == Version::V31 && is_repeated(packet, first))
    {
        return Err(error);
    }
    let (body_len, len_len) = match varint::read(rest) {
        Varint::Whole(value, len) => (value as usize, len),
        Varint::Incomplete => return Ok(None),
        Varint::TooLong => {
            let kind = DecodeErrorKind::VarintTooLong {
                field: REMAINING_LENGTH,
            };
            return Err(kind.in_packet(packet));
        }
    };
    let header_len = 1 + len_len;
    let total_len = header_len + body_len;
    if total_len > packet_bytes_max {
        let kind = DecodeErrorKind::PacketTooLarge {
            bytes: total_len,
            bytes_max: packet_bytes_max,
        };
        return Err(kind.in_packet(packet));
    }
    Ok(Some(Frame {
        first,
        header_len,
        total_len,
    }))
}

/// Whether it has the flags that it must have, and DUP (MQTT 3.1, section 2.1).
#[cold]
fn is_repeated(packet: PacketType, first: u8) -> bool {
    const DUP: u8 = 0b1000;
    let has_dup = matches!(
        packet,
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe
    );
    has_dup && packet.reserved_flags() == Some(first & 0x0F & !DUP)
}

/// Splits a whole packet into its first byte and its body; the length must be exactly its own.
#[inline]
pub(crate) fn open(
    version: Version,
    packet: &[u8],
) -> Result<(PacketType, u8, &[u8]), DecodeError> {
    let frame = peek_in(version, packet, usize::MAX)?;
    let kind = packet
        .first()
        .map(|first| packet_type(*first))
        .transpose()?;
    let (Some(frame), Some(kind)) = (frame, kind) else {
        return Err(DecodeErrorKind::Truncated {
            field: "fixed header",
        }
        .in_frame(kind_of(packet)));
    };
    if frame.total_len > packet.len() {
        return Err(DecodeErrorKind::Truncated { field: "packet" }.in_packet(kind));
    }
    if frame.total_len < packet.len() {
        let count = packet.len() - frame.total_len;
        return Err(DecodeErrorKind::TrailingBytes { count }.in_packet(kind));
    }
    Ok((kind, frame.first, &packet[frame.header_len..]))
}

fn kind_of(packet: &[u8]) -> Option<PacketType> {
    packet
        .first()
        .and_then(|first| PacketType::of_first_byte(*first))
}

#[inline]
fn packet_type(first: u8) -> Result<PacketType, DecodeError> {
    PacketType::of_first_byte(first).ok_or_else(|| DecodeErrorKind::ReservedType.in_frame(None))
}

/// Checks the four low bits of the first byte (MQTT 5, section 2.1.3).
#[inline]
pub(crate) fn check_flags(packet: PacketType, first: u8) -> Result<(), DecodeError> {
    let flags = first & 0x0F;
    let kind = match packet.reserved_flags() {
        Some(expected) if flags == expected => return Ok(()),
        Some(expected) => DecodeErrorKind::ReservedFlags { flags, expected },
        None => match Qos::from_bits(flags >> 1 & 0b11) {
            None => DecodeErrorKind::QosReserved { field: "QoS" },
            Some(Qos::AtMostOnce) if flags & 0b1000 != 0 => DecodeErrorKind::DupAtQos0,
            Some(_) => return Ok(()),
        },
    };
    Err(kind.in_packet(packet))
}

#[cfg(test)]
mod tests;

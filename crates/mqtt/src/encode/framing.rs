// SPDX-License-Identifier: Apache-2.0
//! The fixed header around a body whose length is not known before, and length-prefixed fields.

use crate::encode::EncodeError;
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::varint;
use crate::version::Version;

/// Appends a packet whose body `write` appends. On an error nothing stays appended.
///
/// One byte is kept for the length; a longer one moves the body, which is rare in small packets.
pub(crate) fn framed(
    out: &mut Vec<u8>,
    packet: PacketType,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[packet.first_byte(), 0]);
    let written = write(out).and_then(|()| body_len(out.len() - start - 2));
    match written {
        Ok(len) => {
            let (bytes, count) = varint::bytes(len);
            out.splice(start + 1..start + 2, bytes.into_iter().take(count));
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// The length of a body as the fixed header takes it.
#[inline]
pub(crate) fn body_len(bytes: usize) -> Result<u32, EncodeError> {
    match u32::try_from(bytes) {
        Ok(len) if len <= varint::VALUE_MAX => Ok(len),
        _ => Err(EncodeError::PacketTooLarge { bytes }),
    }
}

/// Appends two bytes of length and the bytes.
pub(crate) fn prefixed(
    out: &mut Vec<u8>,
    bytes: &[u8],
    field: &'static str,
) -> Result<(), EncodeError> {
    let len = prefix(bytes, field)?;
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

/// The two bytes of length before a field.
#[inline]
pub(crate) fn prefix(bytes: &[u8], field: &'static str) -> Result<u16, EncodeError> {
    u16::try_from(bytes.len()).map_err(|_| EncodeError::TooLong {
        field,
        bytes: bytes.len(),
    })
}

/// Appends the length of the properties and the properties: nothing at all in MQTT 3.1.1.
pub(crate) fn section(
    out: &mut Vec<u8>,
    version: Version,
    properties: Properties<'_>,
) -> Result<(), EncodeError> {
    if version == Version::V5 {
        varint::write(out, body_len(properties.raw().len())?);
        out.extend_from_slice(properties.raw());
    }
    Ok(())
}

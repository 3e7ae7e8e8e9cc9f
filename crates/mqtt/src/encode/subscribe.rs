// SPDX-License-Identifier: Apache-2.0
//! SUBSCRIBE, for clients.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, prefixed, section};
use crate::error::DecodeErrorKind;
use crate::packet::subscribe::SubscribeOptions;
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::version::Version;

/// Appends a SUBSCRIBE with at least one filter.
pub fn subscribe<'f>(
    out: &mut Vec<u8>,
    version: Version,
    packet_id: u16,
    properties: Properties<'_>,
    filters: impl IntoIterator<Item = (&'f str, SubscribeOptions)>,
) -> Result<(), EncodeError> {
    framed(out, PacketType::Subscribe, |out| {
        out.extend_from_slice(&packet_id.to_be_bytes());
        section(out, version, properties)?;
        let filters_at = out.len();
        for (filter, options) in filters {
            prefixed(out, filter.as_bytes(), "a topic filter")?;
            out.push(options.to_byte(version));
        }
        match out.len() {
            len if len == filters_at => Err(EncodeError::Value(DecodeErrorKind::NoFilter)),
            _ => Ok(()),
        }
    })
}

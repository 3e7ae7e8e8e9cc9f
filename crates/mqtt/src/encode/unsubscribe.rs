// SPDX-License-Identifier: Apache-2.0
//! UNSUBSCRIBE, for clients.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, prefixed, section};
use crate::error::DecodeErrorKind;
use crate::packet_type::PacketType;
use crate::property::Properties;
use crate::version::Version;

/// Appends an UNSUBSCRIBE with at least one filter.
pub fn unsubscribe<'f>(
    out: &mut Vec<u8>,
    version: Version,
    packet_id: u16,
    properties: Properties<'_>,
    filters: impl IntoIterator<Item = &'f str>,
) -> Result<(), EncodeError> {
    framed(out, PacketType::Unsubscribe, |out| {
        out.extend_from_slice(&packet_id.to_be_bytes());
        section(out, version, properties)?;
        let filters_at = out.len();
        for filter in filters {
            prefixed(out, filter.as_bytes(), "a topic filter")?;
        }
        match out.len() {
            len if len == filters_at => Err(EncodeError::Value(DecodeErrorKind::NoFilter)),
            _ => Ok(()),
        }
    })
}

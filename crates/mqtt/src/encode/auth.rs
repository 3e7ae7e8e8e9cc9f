// SPDX-License-Identifier: Apache-2.0
//! AUTH.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, section};
use crate::packet::auth::Auth;
use crate::packet_type::PacketType;
use crate::reason;
use crate::version::Version;

/// Appends an AUTH. Refused: MQTT 3.1.1.
pub fn auth(out: &mut Vec<u8>, version: Version, auth: &Auth<'_>) -> Result<(), EncodeError> {
    if !version.is_5() {
        return Err(EncodeError::NotInVersion {
            packet: PacketType::Auth,
            version,
        });
    }
    framed(out, PacketType::Auth, |out| {
        if auth.reason == reason::SUCCESS && auth.properties.is_empty() {
            return Ok(());
        }
        out.push(auth.reason);
        section(out, version, auth.properties)
    })
}

// SPDX-License-Identifier: Apache-2.0
//! CONNECT, for clients.

use crate::encode::EncodeError;
use crate::encode::framing::{framed, prefixed, section};
use crate::error::{CLIENT_ID, PASSWORD, USER_NAME, WILL_PAYLOAD, WILL_TOPIC};
use crate::packet::connect::flags::Flags;
use crate::packet::connect::{BRIDGE, Connect};
use crate::packet_type::PacketType;

/// Appends a CONNECT in its own version. Refused: in MQTT 3.1.1, a password without a user name.
pub fn connect(out: &mut Vec<u8>, connect: &Connect<'_>) -> Result<(), EncodeError> {
    let version = connect.version;
    let flags = Flags::bits(connect);
    Flags::read(flags, version).map_err(EncodeError::Value)?;
    framed(out, PacketType::Connect, |out| {
        prefixed(out, version.protocol_name().as_bytes(), "protocol name")?;
        let bridge = if connect.bridge && !version.is_5() {
            BRIDGE
        } else {
            0
        };
        out.extend_from_slice(&[version.level() | bridge, flags]);
        out.extend_from_slice(&connect.keep_alive_seconds.to_be_bytes());
        section(out, version, connect.properties)?;
        prefixed(out, connect.client_id.as_bytes(), CLIENT_ID)?;
        if let Some(will) = &connect.will {
            section(out, version, will.properties)?;
            prefixed(out, will.topic.as_bytes(), WILL_TOPIC)?;
            prefixed(out, will.payload, WILL_PAYLOAD)?;
        }
        if let Some(user_name) = connect.user_name {
            prefixed(out, user_name.as_bytes(), USER_NAME)?;
        }
        if let Some(password) = connect.password {
            prefixed(out, password, PASSWORD)?;
        }
        Ok(())
    })
}

// SPDX-License-Identifier: Apache-2.0
//! Encoders: each appends one packet to a buffer, or fails and leaves the buffer as it was.
//!
//! In MQTT 3.1.1 properties and reason codes have no place and are left out.

use crate::error::DecodeErrorKind;
use crate::packet_type::PacketType;
use crate::version::Version;

mod answers;
mod auth;
mod connack;
mod connect;
mod disconnect;
mod framing;
mod ping;
mod publish;
mod suback;
mod subscribe;
mod unsuback;
mod unsubscribe;

pub use answers::{
    puback, puback_with, pubcomp, pubcomp_with, pubrec, pubrec_with, pubrel, pubrel_with,
};
pub use auth::auth;
pub use connack::connack;
pub use connect::connect;
pub use disconnect::{disconnect, disconnect_with};
pub use ping::{pingreq, pingresp};
pub use publish::{PublishExtra, patch_packet_id, publish, set_dup};
pub use suback::suback;
pub use subscribe::subscribe;
pub use unsuback::unsuback;
pub use unsubscribe::unsubscribe;

/// Why something cannot be put into a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Strings and binary data have two bytes of length.
    #[error("{field} has {bytes} bytes, at most 65535 fit")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// The length in the fixed header has four bytes.
    #[error("a packet body of {bytes} bytes does not fit, at most 268435455 do")]
    PacketTooLarge {
        /// Bytes after the fixed header.
        bytes: usize,
    },
    /// A value that no decoder would take.
    #[error("{0}")]
    Value(DecodeErrorKind),
    /// The packet does not exist in that version.
    #[error("{packet} does not exist in {version}")]
    NotInVersion {
        /// Which packet.
        packet: PacketType,
        /// In which version.
        version: Version,
    },
}

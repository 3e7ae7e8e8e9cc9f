// SPDX-License-Identifier: Apache-2.0
//! The options byte of one subscription (MQTT 5, section 3.8.3.1).

use crate::version::{Qos, Version};

/// When retained messages are sent for a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RetainHandling {
    /// At every SUBSCRIBE; MQTT 3.1.1 always does so.
    Always = 0,
    /// Only if the subscription did not exist.
    IfNew = 1,
    /// Not at all.
    Never = 2,
}

/// How the client wants what matches one filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubscribeOptions {
    /// The highest quality of service wanted.
    pub qos: Qos,
    /// Do not send back what this client published.
    pub no_local: bool,
    /// Keep the Retain flag as it was published.
    pub retain_as_published: bool,
    /// When to send retained messages.
    pub retain_handling: RetainHandling,
}

impl SubscribeOptions {
    /// What a subscription in MQTT 3.1.1 asks for.
    pub const fn at(qos: Qos) -> Self {
        SubscribeOptions {
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::Always,
        }
    }

    /// The options of that byte; `None` if it has reserved bits or values.
    pub const fn from_byte(version: Version, byte: u8) -> Option<Self> {
        let reserved = match version {
            Version::V31 | Version::V311 => 0b1111_1100,
            Version::V5 => 0b1100_0000,
        };
        let retain_handling = match byte >> 4 & 0b11 {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            2 => RetainHandling::Never,
            _ => return None,
        };
        match Qos::from_bits(byte & 0b11) {
            Some(qos) if byte & reserved == 0 => Some(SubscribeOptions {
                qos,
                no_local: byte & 0b0100 != 0,
                retain_as_published: byte & 0b1000 != 0,
                retain_handling,
            }),
            _ => None,
        }
    }

    /// The byte; MQTT 3.1.1 has room for the QoS only.
    pub const fn to_byte(self, version: Version) -> u8 {
        match version {
            Version::V31 | Version::V311 => self.qos as u8,
            Version::V5 => {
                self.qos as u8
                    | (self.no_local as u8) << 2
                    | (self.retain_as_published as u8) << 3
                    | (self.retain_handling as u8) << 4
            }
        }
    }
}

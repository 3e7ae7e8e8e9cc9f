// SPDX-License-Identifier: Apache-2.0
//! The protocol versions spoken, and the three qualities of service.

use std::fmt;

/// A protocol version that Headwater speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// MQTT 3.1, protocol level 3 under the name "MQIsdp". Its packets are those of 3.1.1, which it
    /// is laxer than: DUP may stand in PUBREL, SUBSCRIBE and UNSUBSCRIBE, any flag in CONNECT.
    V31,
    /// MQTT 3.1.1, protocol level 4.
    V311,
    /// MQTT 5, protocol level 5.
    V5,
}

impl Version {
    /// The protocol level byte of CONNECT.
    pub const fn level(self) -> u8 {
        match self {
            Version::V31 => 3,
            Version::V311 => 4,
            Version::V5 => 5,
        }
    }

    /// The protocol name of CONNECT.
    pub const fn protocol_name(self) -> &'static str {
        match self {
            Version::V31 => "MQIsdp",
            Version::V311 | Version::V5 => "MQTT",
        }
    }

    /// Whether packets have properties and reason codes.
    #[inline]
    pub const fn is_5(self) -> bool {
        matches!(self, Version::V5)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V31 => "MQTT 3.1",
            Version::V311 => "MQTT 3.1.1",
            Version::V5 => "MQTT 5",
        })
    }
}

/// Quality of service (MQTT 5, section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Qos {
    /// QoS 0: sent once, never acknowledged.
    AtMostOnce = 0,
    /// QoS 1: sent until acknowledged; may arrive twice.
    AtLeastOnce = 1,
    /// QoS 2: four packets, arrives once.
    ExactlyOnce = 2,
}

impl Qos {
    /// The quality of service of a two-bit field; `None` for 3, which is reserved.
    pub const fn from_bits(bits: u8) -> Option<Qos> {
        match bits {
            0 => Some(Qos::AtMostOnce),
            1 => Some(Qos::AtLeastOnce),
            2 => Some(Qos::ExactlyOnce),
            _ => None,
        }
    }
}

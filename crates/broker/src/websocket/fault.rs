// SPDX-License-Identifier: Apache-2.0
//! What a peer can do wrong in its frames, and the codes of Close (RFC 6455, section 7.4).

/// Codes that this side sends.
pub mod code {
    /// The connection has done what it was for.
    pub const NORMAL: u16 = 1_000;
    /// The server ends.
    pub const GOING_AWAY: u16 = 1_001;
    /// A rule of the framing was broken.
    pub const PROTOCOL_ERROR: u16 = 1_002;
    /// Text, where MQTT is binary (MQTT-6.0.0-1).
    pub const UNACCEPTABLE_DATA: u16 = 1_003;
    /// A reason that is no UTF-8.
    pub const INVALID_PAYLOAD: u16 = 1_007;
    /// A rule of what is above the framing was broken.
    pub const POLICY: u16 = 1_008;
    /// A frame larger than is taken.
    pub const TOO_BIG: u16 = 1_009;
}

/// A broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("WebSocket: {cause}")]
pub struct Fault {
    /// What Close says.
    pub code: u16,
    /// In words.
    pub cause: &'static str,
}

impl Fault {
    pub(super) const fn protocol(cause: &'static str) -> Self {
        Self {
            code: code::PROTOCOL_ERROR,
            cause,
        }
    }
}

/// The code that answers a peer's Close: its own.
pub(super) fn close_code(payload: &[u8]) -> Result<u16, Fault> {
    let (given, reason) = match payload {
        [] => return Ok(code::NORMAL),
        [_] => return Err(Fault::protocol("a Close of one byte")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    // 1004 to 1006 and 1015 are never on the wire; below 1000 and above 4999 nothing is defined.
    let known = matches!(given, 1_000..=1_003 | 1_007..=1_014 | 3_000..=4_999);
    if !known {
        return Err(Fault::protocol("a Close with a code that nobody may send"));
    }
    if std::str::from_utf8(reason).is_err() {
        return Err(Fault {
            code: code::INVALID_PAYLOAD,
            cause: "a Close whose reason is not UTF-8",
        });
    }
    Ok(given)
}

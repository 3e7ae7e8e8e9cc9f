// SPDX-License-Identifier: Apache-2.0
//! JSON payloads to leaves, in one pass and without a tree.
//!
//! A leaf is a number, boolean or text with the path to it, joined by `.`; `null` and empty
//! objects and arrays give none. A key that stands twice in an object gives two leaves: what a
//! device sent is not dropped because it sent more. Half of a surrogate pair becomes U+FFFD.

mod leaves;
mod number;
mod parser;
mod text;

#[cfg(test)]
mod tests;

pub use leaves::{Cut, Leaf, Leaves};
pub use parser::Broken;

/// Leaves kept of one payload.
pub const LEAVES_MAX: usize = 256;

/// Objects and arrays around a kept leaf.
pub const DEPTH_MAX: usize = 8;

/// Bytes of a metric's name.
pub const METRIC_BYTES_MAX: usize = 128;

/// Objects and arrays inside each other that are still read (and counted) as JSON.
pub const NESTING_MAX: usize = 1_024;

/// The metric of a payload that is a bare number, boolean or text.
pub const BARE_METRIC: &str = "value";

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// JSON: the leaves are filled.
    Json,
    /// It starts like a JSON object, array or string, but is none.
    Broken(Broken),
    /// Anything else: text, numbers with something behind them, binary.
    Other,
}

/// Reads a payload; `leaves` is emptied first, and holds leaves only if it is JSON.
///
/// Only `{`, `[` and `"` count as a start that promises JSON: plain texts often begin with a
/// digit, a dash or a `t`.
pub fn flatten(payload: &[u8], leaves: &mut Leaves) -> Payload {
    leaves.clear();
    let first = payload.iter().find(|byte| !parser::is_space(**byte));
    let promises = match first {
        Some(b'{' | b'[' | b'"') => true,
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => false,
        _ => return Payload::Other,
    };
    let read = simdutf8::basic::from_utf8(payload)
        .map_err(|_| Broken::NotUtf8)
        .and_then(|text| parser::read(text, leaves));
    match read {
        Ok(()) => Payload::Json,
        Err(broken) => {
            leaves.clear();
            if promises {
                Payload::Broken(broken)
            } else {
                Payload::Other
            }
        }
    }
}

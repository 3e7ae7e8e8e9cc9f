// SPDX-License-Identifier: Apache-2.0
//! A message of the bench: JSON, as devices send it, that says who sent it, its number and when.

use std::fmt::Write;

/// The smallest payload: all that is in it but padding.
pub const BYTES_MIN: usize = 64;

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the publisher.
    pub publisher: u32,
    /// Counts its messages, from 0.
    pub number: u64,
    /// When it was due, in microseconds since the run began.
    pub micros: u64,
}

impl Stamp {
    /// Writes it with so many bytes, or [`BYTES_MIN`] if that is less.
    pub fn write(self, bytes: usize, out: &mut String) {
        out.clear();
        let Self {
            publisher,
            number,
            micros,
        } = self;
        // Writing to a string does not fail.
        let _ = write!(out, r#"{{"p":{publisher},"n":{number},"t":{micros},"x":""#);
        let rest = bytes.max(BYTES_MIN).saturating_sub(out.len() + 2);
        out.extend(std::iter::repeat_n('x', rest));
        out.push_str("\"}");
    }

    /// Reads it; `None` if it is none of ours.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let mut rest = payload;
        let publisher = field(&mut rest, b"{\"p\":")?;
        Some(Self {
            publisher: u32::try_from(publisher).ok()?,
            number: field(&mut rest, b",\"n\":")?,
            micros: field(&mut rest, b",\"t\":")?,
        })
    }
}

fn field(rest: &mut &[u8], name: &[u8]) -> Option<u64> {
    let digits = rest.strip_prefix(name)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    let number = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
    *rest = &digits[end..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut text = String::new();
        for (number, bytes, wanted) in [(0, 0, BYTES_MIN), (7, 200, 200), (u64::MAX, 64, 64)] {
            let stamp = Stamp {
                publisher: 3,
                number,
                micros: 123_456,
            };
            stamp.write(bytes, &mut text);
            assert!(text.len() >= wanted && (text.len() == wanted || number == u64::MAX));
            assert_eq!(Stamp::read(text.as_bytes()), Some(stamp));
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
        assert_eq!(Stamp::read(b"{\"p\":1,\"n\":"), None);
        assert_eq!(Stamp::read(b"\xff"), None);
    }
}

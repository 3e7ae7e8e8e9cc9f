// SPDX-License-Identifier: Apache-2.0
//! What a message carries: when it was sent, by which publisher, and its number there; as raw bytes
//! or inside a JSON document of the same size.

use std::ops::Range;

/// What the receiver needs for latency and order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Monotonic nanoseconds; JSON carries whole microseconds.
    pub time: u64,
    pub publisher: u32,
    pub number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 16 bytes of stamp, then filling.
    Raw,
    /// Five numbers (three of them the stamp) and one text that fills up to the size.
    Json,
}

// Each number begins with a digit that is not 0, so that its width never changes and it is JSON.
const DOCUMENT: &str = r#"{"time":100000000000000,"publisher":100000,"number":1000000000,"temperature":20.00,"flow":10.000,"state":""}"#;
const TIME: Range<usize> = 9..23;
const PUBLISHER: Range<usize> = 37..42;
const NUMBER: Range<usize> = 53..62;
const TEMPERATURE: usize = 78;
const FLOW: usize = 91;

impl Form {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "raw" => Some(Form::Raw),
            "json" => Some(Form::Json),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Form::Raw => "raw",
            Form::Json => "json",
        }
    }

    /// The fewest bytes that hold a stamp.
    pub fn size_min(self) -> usize {
        match self {
            Form::Raw => 16,
            Form::Json => DOCUMENT.len(),
        }
    }

    /// A payload of `size` bytes that [`Form::stamp`] writes into.
    pub fn blank(self, size: usize) -> Vec<u8> {
        match self {
            Form::Raw => vec![b'x'; size],
            Form::Json => {
                let mut text = DOCUMENT.as_bytes().to_vec();
                let filling = "open and well ".bytes().cycle().take(size - text.len());
                text.splice(text.len() - 2..text.len() - 2, filling);
                text
            }
        }
    }

    #[inline]
    pub fn stamp(self, payload: &mut [u8], s: Stamp) {
        match self {
            Form::Raw => {
                payload[..8].copy_from_slice(&s.time.to_le_bytes());
                payload[8..12].copy_from_slice(&s.publisher.to_le_bytes());
                payload[12..16].copy_from_slice(&s.number.to_le_bytes());
            }
            Form::Json => {
                digits(&mut payload[TIME], s.time / 1000);
                digits(&mut payload[PUBLISHER], s.publisher.into());
                digits(&mut payload[NUMBER], s.number.into());
                let turn = u64::from(s.number).wrapping_mul(37);
                payload[TEMPERATURE] = b'0' + (turn % 10) as u8;
                digits(&mut payload[TEMPERATURE + 2..TEMPERATURE + 4], turn % 100);
                digits(&mut payload[FLOW + 2..FLOW + 5], turn % 1000);
            }
        }
    }

    #[inline]
    pub fn read(self, payload: &[u8]) -> Stamp {
        match self {
            Form::Raw => Stamp {
                time: u64::from_le_bytes(payload[..8].try_into().unwrap()),
                publisher: u32::from_le_bytes(payload[8..12].try_into().unwrap()),
                number: u32::from_le_bytes(payload[12..16].try_into().unwrap()),
            },
            Form::Json => Stamp {
                time: number(&payload[TIME]) * 1000,
                publisher: number(&payload[PUBLISHER]) as u32,
                number: number(&payload[NUMBER]) as u32,
            },
        }
    }
}

#[inline]
fn digits(out: &mut [u8], mut value: u64) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

#[inline]
fn number(text: &[u8]) -> u64 {
    text.iter()
        .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stamped_is_read() {
        for form in [Form::Raw, Form::Json] {
            let mut payload = form.blank(200);
            assert_eq!(payload.len(), 200);
            let stamp = Stamp {
                time: 12_345_678_901_234_000,
                publisher: 499,
                number: 7_654_321,
            };
            form.stamp(&mut payload, stamp);
            assert_eq!(form.read(&payload), stamp);
        }
    }

    #[test]
    fn the_document_keeps_its_shape() {
        let mut payload = Form::Json.blank(130);
        Form::Json.stamp(
            &mut payload,
            Stamp {
                time: 5_000,
                publisher: 3,
                number: 21,
            },
        );
        let text = String::from_utf8(payload).unwrap();
        let wanted = r#"{"time":100000000000005,"publisher":100003,"number":1000000021,"temperature":27.77,"flow":10.777,"state":"open and well open an"}"#;
        assert_eq!(text.len(), 130);
        assert!(text.starts_with(&wanted[..105]), "{text}");
        assert!(text.ends_with("\"}"));
    }
}

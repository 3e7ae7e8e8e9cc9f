// SPDX-License-Identifier: Apache-2.0
//! The messages of a client by their outer shape, before the library decodes them: how long they
//! are, and that what they say of their parts is true. The library takes lengths and counts on
//! trust, and reads past a message's end into the next where they lie.
//!
//! Shapes: PostgreSQL's documentation, "Message Formats". Fuzzed as `pg_messages`.

use std::fmt;

/// Why a client's bytes are not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameError {
    /// A message of so many bytes is more than is allowed.
    TooLong(usize),
    /// A message that the protocol does not have, or whose parts are not what it says.
    NotTheProtocol,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLong(bytes) => {
                let more = "is more than is allowed (message_bytes_max)";
                write!(f, "a message of {bytes} bytes {more}")
            }
            FrameError::NotTheProtocol => f.write_str("a message that is not the protocol's"),
        }
    }
}

impl std::error::Error for FrameError {}

/// What a message is made of.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Bytes up to a zero.
    Text,
    /// So many bytes, whatever they are.
    Bytes(usize),
    /// A count in 16 bits, and for each so many bytes.
    Each(usize),
    /// A count in 16 bits, and for each a length in 32 bits, −1 for NULL, and so many bytes.
    Values,
    /// All that is left.
    Rest,
}

use Part::{Bytes, Each, Rest, Text, Values};

fn parts(kind: u8) -> Option<&'static [Part]> {
    Some(match kind {
        // Query, a password, CopyFail.
        b'Q' | b'p' | b'f' => &[Text],
        // Parse: name, statement, types.
        b'P' => &[Text, Text, Each(4)],
        // Bind: portal, statement, formats, values, formats.
        b'B' => &[Text, Text, Each(2), Values, Each(2)],
        // Describe, Close: of what, name.
        b'D' | b'C' => &[Bytes(1), Text],
        // Execute: portal, rows.
        b'E' => &[Text, Bytes(4)],
        // Sync, Flush, Terminate, CopyDone.
        b'S' | b'H' | b'X' | b'c' => &[],
        // CopyData.
        b'd' => &[Rest],
        _ => return None,
    })
}

/// Follows the messages of a client: a byte of type, four of length, the rest.
#[derive(Debug)]
pub(super) struct Frames {
    /// The longest message that is let through, in bytes, without its type.
    pub(super) bytes_max: usize,
    head: [u8; 5],
    /// Bytes of a message's head that are known: none between two messages.
    pub(super) have: usize,
    body: Body,
}

impl Frames {
    /// At the beginning of a message.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            head: [0; 5],
            have: 0,
            body: Body::default(),
        }
    }

    /// Looks at the next bytes of the stream.
    ///
    /// # Errors
    /// What is wrong, and how many of these bytes come before the message that it is in.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), (usize, FrameError)> {
        let (mut at, mut begun) = (0, 0);
        while at < bytes.len() {
            if self.have == 0 {
                begun = at;
            }
            if self.have < self.head.len() {
                self.head[self.have] = bytes[at];
                self.have += 1;
                at += 1;
                if self.have == self.head.len() {
                    self.body = self.begin().map_err(|error| (begun, error))?;
                }
            } else {
                let end = bytes.len().min(at + self.body.rest);
                let fits = self.body.eat(&bytes[at..end]);
                fits.ok_or((begun, FrameError::NotTheProtocol))?;
                at = end;
            }
            if self.have == self.head.len() && self.body.rest == 0 {
                let whole = self.body.is_whole();
                whole.ok_or((begun, FrameError::NotTheProtocol))?;
                self.have = 0;
            }
        }
        Ok(())
    }

    fn begin(&self) -> Result<Body, FrameError> {
        let [kind, length @ ..] = self.head;
        let length = u32::from_be_bytes(length) as usize;
        let parts = parts(kind).ok_or(FrameError::NotTheProtocol)?;
        if length > self.bytes_max {
            return Err(FrameError::TooLong(length));
        }
        let rest = length.checked_sub(4).ok_or(FrameError::NotTheProtocol)?;
        Ok(Body {
            rest,
            parts,
            within: Within::Nothing,
        })
    }
}

/// A message behind its head.
#[derive(Debug, Default)]
struct Body {
    /// Bytes to come.
    rest: usize,
    /// Parts that have not begun.
    parts: &'static [Part],
    within: Within,
}

/// A part that has begun.
#[derive(Debug, Default, Clone, Copy)]
enum Within {
    #[default]
    Nothing,
    Text,
    Bytes(usize),
    /// A count, of which one byte may be known; for each so many bytes, or a value.
    Count(Option<u8>, Option<usize>),
    /// So many values to come.
    Values(u16),
    /// The length of a value, of which some bytes are known; so many to come behind it.
    Length(u16, [u8; 4], usize),
    /// Bytes of a value; so many to come behind it.
    Value(u16, usize),
    Rest,
}

impl Body {
    /// Takes the next bytes, no more than are left; `None` if they don't fit.
    fn eat(&mut self, mut bytes: &[u8]) -> Option<()> {
        self.rest -= bytes.len();
        while !bytes.is_empty() {
            let taken = self.step(bytes)?;
            bytes = &bytes[taken..];
        }
        Some(())
    }

    /// Takes some of the bytes: how many.
    fn step(&mut self, bytes: &[u8]) -> Option<usize> {
        let (taken, next) = match self.within {
            Within::Nothing => {
                let (part, behind) = self.parts.split_first()?;
                self.parts = behind;
                let begun = match *part {
                    Text => Within::Text,
                    Bytes(count) => Within::Bytes(count),
                    Each(size) => Within::Count(None, Some(size)),
                    Values => Within::Count(None, None),
                    Rest => Within::Rest,
                };
                (0, begun)
            }
            Within::Text => match bytes.iter().position(|byte| *byte == 0) {
                Some(end) => (end + 1, Within::Nothing),
                None => (bytes.len(), Within::Text),
            },
            Within::Bytes(left) => {
                let taken = left.min(bytes.len());
                let next = match left - taken {
                    0 => Within::Nothing,
                    left => Within::Bytes(left),
                };
                (taken, next)
            }
            Within::Count(None, each) => (1, Within::Count(Some(bytes[0]), each)),
            Within::Count(Some(high), each) => {
                let count = u16::from_be_bytes([high, bytes[0]]);
                let next = match (count, each) {
                    (0, _) => Within::Nothing,
                    (_, Some(size)) => Within::Bytes(size * usize::from(count)),
                    (_, None) => Within::Values(count),
                };
                (1, next)
            }
            Within::Values(0) => (0, Within::Nothing),
            Within::Values(count) => (0, Within::Length(count - 1, [0; 4], 0)),
            Within::Length(behind, mut length, have) => {
                length[have] = bytes[0];
                let next = match have + 1 {
                    4 => match i32::from_be_bytes(length) {
                        -1 | 0 => Within::Values(behind),
                        length => Within::Value(behind, usize::try_from(length).ok()?),
                    },
                    have => Within::Length(behind, length, have),
                };
                (1, next)
            }
            Within::Value(behind, left) => {
                let taken = left.min(bytes.len());
                let next = match left - taken {
                    0 => Within::Values(behind),
                    left => Within::Value(behind, left),
                };
                (taken, next)
            }
            Within::Rest => (bytes.len(), Within::Rest),
        };
        self.within = next;
        Some(taken)
    }

    /// Whether the message may end here.
    fn is_whole(&self) -> Option<()> {
        let ended = matches!(
            self.within,
            Within::Nothing | Within::Values(0) | Within::Rest
        );
        let complete = match self.parts {
            [] => ended,
            [Rest] => matches!(self.within, Within::Nothing),
            _ => false,
        };
        complete.then_some(())
    }
}

/// Whether a startup packet is names and values, ended by an empty name. `packet` is whole, and
/// begins with its length and the protocol's version.
pub(super) fn is_startup(packet: &[u8]) -> bool {
    let Some((&0, pairs)) = packet.get(8..).and_then(<[u8]>::split_last) else {
        return false;
    };
    if pairs.is_empty() {
        return true;
    }
    let Some((&0, pairs)) = pairs.split_last() else {
        return false;
    };
    let texts: Vec<&[u8]> = pairs.split(|byte| *byte == 0).collect();
    texts.len().is_multiple_of(2) && texts.iter().step_by(2).all(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn fed(bytes: &[u8]) -> Result<(), (usize, FrameError)> {
        let mut frames = Frames::new(64);
        frames.feed(bytes)
    }

    const BIND: &[u8] = b"p\0s\0\0\x01\0\x01\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0\0\x01\0\x01";

    #[test]
    fn long_messages_are_seen_at_their_head_however_they_are_cut() {
        let mut stream = message(b'Q', b"abc\0");
        stream.extend(message(b'S', b""));
        stream.extend(message(b'B', BIND));
        for cut in 1..stream.len() {
            let mut frames = Frames::new(64);
            for part in stream.chunks(cut) {
                frames.feed(part).expect("good messages");
            }
            assert_eq!(frames.have, 0);
            assert_eq!(
                frames.feed(b"Q\0\0\0\x41"),
                Err((0, FrameError::TooLong(65)))
            );
        }
    }

    #[test]
    fn each_message_is_what_it_says() {
        for (kind, body) in [
            (b'Q', &b"\0"[..]),
            (b'p', b"key\0"),
            (b'P', b"\0select 1\0\0\0"),
            (b'P', b"a\0b\0\0\x02\0\0\0\x14\0\0\0\x19"),
            (b'B', b"\0\0\0\0\0\0\0\0"),
            (b'B', BIND),
            (b'D', b"S\0"),
            (b'C', b"Pname\0"),
            (b'E', b"\0\0\0\0\0"),
            (b'X', b""),
            (b'd', b""),
            (b'd', b"anything"),
        ] {
            let whole = message(kind, body);
            assert_eq!(fed(&whole), Ok(()), "{kind} {body:?}");
            for end in 0..body.len() {
                let short = message(kind, &body[..end]);
                assert_eq!(fed(&short).is_ok(), kind == b'd', "{kind} {body:?} {end}");
            }
            let more = message(kind, &[body, b"x"].concat());
            assert_eq!(fed(&more).is_ok(), kind == b'd', "{kind} {body:?} and more");
        }
    }

    #[test]
    fn what_came_before_is_told() {
        let good = message(b'Q', b"abc\0");
        for bad in [
            message(b'?', b""),
            message(b'F', b"\0\0\0\0\0\0\0\0\0\0"),
            b"Q\0\0\0\x03".to_vec(),
            message(b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"),
            message(b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0"),
        ] {
            let error = (good.len(), FrameError::NotTheProtocol);
            assert_eq!(fed(&[&good[..], &bad].concat()), Err(error), "{bad:?}");
        }
        let mut frames = Frames::new(64);
        frames
            .feed(&[&good[..], b"S\0\0"].concat())
            .expect("half of one");
        assert_eq!(
            frames.feed(b"\0\x05x"),
            Err((0, FrameError::NotTheProtocol))
        );
    }

    #[test]
    fn startup_packets() {
        let packet = |body: &[u8]| [&b"\0\0\0\0\0\x03\0\0"[..], body].concat();
        for good in [&b"\0"[..], b"user\0ann\0\0", b"user\0ann\0options\0\0\0"] {
            assert!(is_startup(&packet(good)), "{good:?}");
        }
        for bad in [
            &b""[..],
            b"user\0ann\0",
            b"user\0\0",
            b"user\0ann\0\0Q\0\0\0\x05\0",
            b"\0\0",
            b"user\0ann",
        ] {
            assert!(!is_startup(&packet(bad)), "{bad:?}");
        }
        assert!(!is_startup(b"\0\0\0\x04"));
    }
}

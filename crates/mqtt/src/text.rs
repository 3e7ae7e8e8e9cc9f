// SPDX-License-Identifier: Apache-2.0
//! Checks of UTF-8 strings (MQTT 5, section 1.5.4) and of topic names.
//!
//! Surrogates are no UTF-8, so the UTF-8 check refuses them. Control characters "should not" be
//! sent, and a receiver may treat them as malformed: they are refused where text names something
//! (topics, filters, client identifiers, user names), and taken in values that people read.

use crate::error::DecodeErrorKind as Kind;

/// Text without U+0000.
#[inline]
pub(crate) fn plain<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, Kind> {
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Kind::NotUtf8 { field })?;
    if bytes.contains(&0) {
        Err(Kind::Nul { field })
    } else {
        Ok(text)
    }
}

/// Text without control characters (U+0000 to U+001F, U+007F to U+009F).
#[inline]
pub(crate) fn name<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, Kind> {
    named(bytes, field).map(|(text, _)| text)
}

/// A topic name: no control character, no wildcard. Whether it may be empty is the caller's matter.
#[inline]
pub(crate) fn topic<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, Kind> {
    match named(bytes, field)? {
        (text, false) => Ok(text),
        (_, true) => Err(Kind::Wildcard { field }),
    }
}

/// The text, and whether it has a wildcard.
#[inline]
fn named<'a>(bytes: &'a [u8], field: &'static str) -> Result<(&'a str, bool), Kind> {
    let Seen {
        control,
        wildcard,
        all_bits,
    } = Seen::in_bytes(bytes);
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Kind::NotUtf8 { field })?;
    if control {
        return Err(if bytes.contains(&0) {
            Kind::Nul { field }
        } else {
            Kind::ControlCharacter { field }
        });
    }
    if all_bits >= 0x80 && text.chars().any(char::is_control) {
        return Err(Kind::ControlCharacter { field });
    }
    Ok((text, wildcard))
}

/// What a name has anywhere in it.
#[derive(Default)]
struct Seen {
    control: bool,
    wildcard: bool,
    /// All bytes or-ed: below 0x80 for ASCII.
    all_bits: u8,
}

impl Seen {
    /// Sixteen bytes at a time, the last of them overlapping: that is vectorised, and a third
    /// faster on topics of usual length than a loop with a remainder.
    #[inline]
    fn in_bytes(bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        match bytes.last_chunk::<16>() {
            Some(last) => {
                bytes
                    .as_chunks::<16>()
                    .0
                    .iter()
                    .for_each(|chunk| seen.add(chunk));
                seen.add(last);
            }
            None => seen.add(bytes),
        }
        seen
    }

    #[inline]
    fn add(&mut self, bytes: &[u8]) {
        let (mut control, mut wildcard, mut all_bits) = (false, false, 0);
        for &byte in bytes {
            control |= (byte < 0x20) | (byte == 0x7F);
            wildcard |= (byte == b'+') | (byte == b'#');
            all_bits |= byte;
        }
        self.control |= control;
        self.wildcard |= wildcard;
        self.all_bits |= all_bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &str = "f";

    #[test]
    fn nul_and_surrogates_are_refused_everywhere() {
        for check in [plain, name, topic] {
            assert_eq!(check(b"a\0b", FIELD), Err(Kind::Nul { field: FIELD }));
            assert_eq!(
                check(b"a\xED\xA0\x80", FIELD),
                Err(Kind::NotUtf8 { field: FIELD })
            );
            assert_eq!(
                check(b"a\xED\xBF\xBF", FIELD),
                Err(Kind::NotUtf8 { field: FIELD })
            );
            assert_eq!(
                check(b"a\xC0\x80", FIELD),
                Err(Kind::NotUtf8 { field: FIELD })
            );
            // MQTT 5, section 1.5.4, the non-normative example, and the byte order mark.
            assert_eq!(check("A\u{2A6D4}".as_bytes(), FIELD), Ok("A\u{2A6D4}"));
            assert_eq!(check("\u{FEFF}".as_bytes(), FIELD), Ok("\u{FEFF}"));
        }
    }

    #[test]
    fn control_characters_are_refused_in_names_only() {
        for text in ["a\u{1}", "a\u{1F}b", "\u{7F}", "\u{9F}x", "ü\u{80}"] {
            assert!(plain(text.as_bytes(), FIELD).is_ok());
            assert_eq!(
                name(text.as_bytes(), FIELD),
                Err(Kind::ControlCharacter { field: FIELD })
            );
        }
        assert_eq!(name("ü ñ \u{A0}".as_bytes(), FIELD), Ok("ü ñ \u{A0}"));
    }

    #[test]
    fn every_place_of_names_of_every_length_is_looked_at() {
        for len in 1..70 {
            for at in 0..len {
                let mut bytes = vec![b'a'; len];
                bytes[at] = b'#';
                assert_eq!(topic(&bytes, FIELD), Err(Kind::Wildcard { field: FIELD }));
                bytes[at] = 0x7F;
                assert_eq!(
                    topic(&bytes, FIELD),
                    Err(Kind::ControlCharacter { field: FIELD })
                );
                bytes[at] = 0xC2;
                assert_eq!(topic(&bytes, FIELD), Err(Kind::NotUtf8 { field: FIELD }));
            }
        }
    }

    #[test]
    fn wildcards_are_refused_in_topics_only() {
        assert_eq!(name(b"a/+/#", FIELD), Ok("a/+/#"));
        assert_eq!(topic(b"a/+", FIELD), Err(Kind::Wildcard { field: FIELD }));
        assert_eq!(topic(b"#", FIELD), Err(Kind::Wildcard { field: FIELD }));
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Variable byte integers (MQTT 5, section 1.5.5): 7 bits a byte, at most four bytes.

/// The largest value: 268,435,455.
pub const VALUE_MAX: u32 = 0x0FFF_FFFF;

/// What the first bytes of a buffer say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Varint {
    /// A whole integer and the number of bytes it took (1 to 4).
    Whole(u32, usize),
    /// The buffer ends inside the integer.
    Incomplete,
    /// The fourth byte says that more follow.
    TooLong,
}

/// Reads a variable byte integer from the start of `bytes`. Encodings longer than needed are read.
#[inline]
pub fn read(bytes: &[u8]) -> Varint {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Varint::Whole(value, at + 1);
        }
    }
    if bytes.len() < 4 {
        Varint::Incomplete
    } else {
        Varint::TooLong
    }
}

/// The number of bytes that `value` takes, 1 to 4 (for values up to [`VALUE_MAX`]).
#[inline]
pub const fn len(value: u32) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// The bytes of `value` and how many of them count. Values above [`VALUE_MAX`] lose their high bits.
#[inline]
pub fn bytes(value: u32) -> ([u8; 4], usize) {
    let mut bytes = [0; 4];
    let len = len(value);
    for (at, byte) in bytes.iter_mut().take(len).enumerate() {
        let more = if at + 1 < len { 0x80 } else { 0 };
        *byte = (value >> (7 * at)) as u8 & 0x7F | more;
    }
    (bytes, len)
}

/// Appends `value` to `out`.
#[inline]
pub fn write(out: &mut Vec<u8>, value: u32) {
    let (bytes, len) = bytes(value);
    out.extend_from_slice(&bytes[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_standard() {
        // MQTT 5, table 1-1.
        for (value, expected) in [
            (0, &[0x00][..]),
            (127, &[0x7F]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xFF, 0x7F]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xFF, 0xFF, 0x7F]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
            (VALUE_MAX, &[0xFF, 0xFF, 0xFF, 0x7F]),
        ] {
            let mut out = Vec::new();
            write(&mut out, value);
            assert_eq!(out, expected);
            assert_eq!(read(expected), Varint::Whole(value, expected.len()));
            for cut in 0..expected.len() {
                assert_eq!(read(&expected[..cut]), Varint::Incomplete);
            }
        }
    }

    #[test]
    fn a_fifth_byte_is_refused_at_the_fourth() {
        assert_eq!(read(&[0x80; 4]), Varint::TooLong);
        assert_eq!(read(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F]), Varint::TooLong);
    }
}

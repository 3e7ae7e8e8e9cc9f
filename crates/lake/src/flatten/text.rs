// SPDX-License-Identifier: Apache-2.0
//! JSON strings (RFC 8259 section 7).

use super::parser::Broken;

/// Appends the string whose opening quote is at `at - 1` to `out`; moves `at` behind its end.
pub(super) fn read(text: &str, at: &mut usize, out: &mut String) -> Result<(), Broken> {
    let bytes = text.as_bytes();
    loop {
        let start = *at;
        *at += plain_bytes(&bytes[start..]);
        // Cut at ASCII bytes only, so both ends are borders of characters.
        out.push_str(&text[start..*at]);
        match bytes.get(*at) {
            Some(b'"') => {
                *at += 1;
                return Ok(());
            }
            Some(b'\\') => {
                *at += 1;
                out.push(escape(bytes, at)?);
            }
            Some(_) => return Err(Broken::Control),
            None => return Err(Broken::Ends),
        }
    }
}

/// How many bytes come before a quote, backslash or control character; eight at a time.
fn plain_bytes(bytes: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut count = 0;
    for word in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        let zero_in = |word: u64| word.wrapping_sub(LOW) & !word;
        let quote = zero_in(word ^ (LOW * u64::from(b'"')));
        let backslash = zero_in(word ^ (LOW * u64::from(b'\\')));
        let control = word.wrapping_sub(LOW * 0x20) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            // A borrow can only mark bytes above the first that is really there.
            return count + found.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = &bytes[count..];
    count + rest.iter().position(ends).unwrap_or(rest.len())
}

fn escape(bytes: &[u8], at: &mut usize) -> Result<char, Broken> {
    let letter = *bytes.get(*at).ok_or(Broken::Ends)?;
    *at += 1;
    Ok(match letter {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(bytes, at),
        _ => return Err(Broken::Escape),
    })
}

fn unicode(bytes: &[u8], at: &mut usize) -> Result<char, Broken> {
    let first = hex4(bytes, at)?;
    if (0xd800..0xdc00).contains(&first) && bytes[*at..].starts_with(b"\\u") {
        let mut behind = *at + 2;
        let second = hex4(bytes, &mut behind)?;
        if (0xdc00..0xe000).contains(&second) {
            *at = behind;
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn hex4(bytes: &[u8], at: &mut usize) -> Result<u32, Broken> {
    let digits = bytes.get(*at..*at + 4).ok_or(Broken::Ends)?;
    *at += 4;
    digits.iter().try_fold(0, |code, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(Broken::Escape)?;
        Ok(code << 4 | digit)
    })
}

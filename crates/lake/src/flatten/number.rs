// SPDX-License-Identifier: Apache-2.0
//! JSON numbers (RFC 8259 section 6).

use super::parser::Broken;

/// Greatest integer up to which each has a double of its own.
const EXACT_MAX: u64 = 1 << 53;

/// A number as it was written.
pub(super) struct Number {
    /// Its double; `None` if it is too large for one.
    pub value: Option<f64>,
    /// Whether the double is not the whole truth: an integer beyond 2^53, or no double at all.
    pub inexact: bool,
}

/// Powers of ten that are doubles exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads the number at `at`, and moves `at` behind it.
pub(super) fn read(text: &str, at: &mut usize) -> Result<Number, Broken> {
    let (bytes, start) = (text.as_bytes(), *at);
    let negative = bytes.get(*at) == Some(&b'-');
    *at += usize::from(negative);
    let mut digits = Digits::default();
    let whole = digits.take(bytes, at);
    if whole == 0 || (whole > 1 && bytes[*at - whole] == b'0') {
        return Err(Broken::Number);
    }
    let mut fraction = 0;
    if bytes.get(*at) == Some(&b'.') {
        *at += 1;
        fraction = digits.take(bytes, at);
        if fraction == 0 {
            return Err(Broken::Number);
        }
    }
    let has_exponent = matches!(bytes.get(*at), Some(b'e' | b'E'));
    if has_exponent {
        skip_exponent(bytes, at)?;
    }
    let integer = fraction == 0 && !has_exponent;
    if !has_exponent && digits.mantissa <= EXACT_MAX && !digits.overflow && fraction < POWERS.len()
    {
        // One exact division of exact numbers: the nearest double (Clinger 1990).
        let value = digits.mantissa as f64 / POWERS[fraction];
        return Ok(Number {
            value: Some(if negative { -value } else { value }),
            inexact: false,
        });
    }
    let value = text[start..*at].parse::<f64>();
    let value = value.ok().filter(|value| value.is_finite());
    Ok(Number {
        value,
        inexact: value.is_none() || integer,
    })
}

fn skip_exponent(bytes: &[u8], at: &mut usize) -> Result<(), Broken> {
    *at += 1;
    *at += usize::from(matches!(bytes.get(*at), Some(b'+' | b'-')));
    let digits = bytes[*at..].iter().take_while(|b| b.is_ascii_digit());
    match digits.count() {
        0 => Err(Broken::Number),
        count => {
            *at += count;
            Ok(())
        }
    }
}

#[derive(Default)]
struct Digits {
    mantissa: u64,
    overflow: bool,
}

impl Digits {
    fn take(&mut self, bytes: &[u8], at: &mut usize) -> usize {
        let start = *at;
        while let Some(digit @ b'0'..=b'9') = bytes.get(*at) {
            let next = self
                .mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add(u64::from(digit - b'0')));
            match next {
                Some(mantissa) => self.mantissa = mantissa,
                None => self.overflow = true,
            }
            *at += 1;
        }
        *at - start
    }
}

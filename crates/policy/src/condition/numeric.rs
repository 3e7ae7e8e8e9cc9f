// SPDX-License-Identifier: Apache-2.0
//! `Numeric*`: whole and decimal numbers, compared exactly.

use std::cmp::Ordering;

use super::operator::Compare;

/// A decimal number without superfluous zeros.
struct Decimal<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl Decimal<'_> {
    /// `[+-]DIGITS[.DIGITS]`, at least one digit before or after the point.
    fn parse(text: &str) -> Option<Decimal<'_>> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0'),
        );
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Decimal {
            negative: negative && !zero,
            whole,
            fraction,
        })
    }

    fn order(&self, other: &Decimal<'_>) -> Ordering {
        let size = self.whole.len().cmp(&other.whole.len());
        let size = size.then_with(|| self.whole.cmp(other.whole));
        let size = size.then_with(|| self.fraction.cmp(other.fraction));
        match (self.negative, other.negative) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

pub(super) fn is_valid(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

pub(super) fn fits(value: &str, wanted: &str, compare: Compare) -> bool {
    match (Decimal::parse(value), Decimal::parse(wanted)) {
        (Some(value), Some(wanted)) => compare.accepts(value.order(&wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let sorted = [
            "-10.5",
            "-10",
            "-0.25",
            "0",
            "0.09",
            "0.1",
            "9",
            "9007199254740993",
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(fits(a, b, Compare::Less), i < j, "{a} {b}");
                assert_eq!(fits(a, b, Compare::GreaterOrEqual), i >= j, "{a} {b}");
            }
        }
        assert!(fits("-0.0", "0", Compare::Equal));
        assert!(fits("007.50", "7.5", Compare::Equal));
        for bad in ["", ".", "-", "1e3", "NaN", "1.2.3", " 1"] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A span of time as text, as in `5 minutes`, `1h30m`, `300.000s` and `01:30:00`.

use datafusion::arrow::compute::kernels::cast_utils::parse_interval_month_day_nano;
use datafusion::arrow::datatypes::IntervalMonthDayNano;
use datafusion::common::Result;

use crate::error::QueryError;

/// Reads a span. Numbers may touch their units, as tools write them.
pub(super) fn parse(text: &str) -> Result<IntervalMonthDayNano> {
    let wrong = || {
        let words = format!("invalid input syntax for type interval: \"{text}\"");
        QueryError::state("22007", words).into()
    };
    parse_interval_month_day_nano(&spaced(text)).map_err(|_| wrong())
}

/// The text with a space before each unit, and `m` as minutes, which the reader takes for months.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut units = Vec::new();
    for letter in text.trim().chars() {
        if letter.is_ascii_alphabetic() && (before.is_ascii_digit() || before == '.') {
            out.push(' ');
        }
        if letter.is_ascii_digit() && before.is_ascii_alphabetic() {
            out.push(' ');
        }
        out.push(letter);
        before = letter;
    }
    for word in out.split_whitespace() {
        units.push(match word {
            "m" | "M" | "min" => "minutes".to_owned(),
            "us" | "µs" => "microseconds".to_owned(),
            clock if clock.contains(':') => of_clock(clock),
            other => other.to_owned(),
        });
    }
    units.join(" ")
}

/// `01:30:00` in seconds; what is none stays, for the reader to refuse.
fn of_clock(clock: &str) -> String {
    let sign = if clock.starts_with('-') { "-" } else { "" };
    let parts = clock.trim_start_matches(['-', '+']).split(':');
    let parts: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([hours, minutes]) => format!("{sign}{} seconds", hours * 3_600.0 + minutes * 60.0),
        Some([hours, minutes, seconds]) => {
            let all = hours * 3_600.0 + minutes * 60.0 + seconds;
            format!("{sign}{all} seconds")
        }
        _ => clock.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_and_tools_write_them() {
        let of = |months, days, seconds: f64| {
            IntervalMonthDayNano::new(months, days, (seconds * 1e9) as i64)
        };
        for (text, want) in [
            ("5 minutes", of(0, 0, 300.0)),
            ("5m", of(0, 0, 300.0)),
            ("300.000s", of(0, 0, 300.0)),
            ("1h30m", of(0, 0, 5_400.0)),
            ("01:30:00", of(0, 0, 5_400.0)),
            ("1 day", of(0, 1, 0.0)),
            ("1 month", of(1, 0, 0.0)),
            ("1 year 2 mons", of(14, 0, 0.0)),
            ("250ms", of(0, 0, 0.25)),
            ("1 week", of(0, 7, 0.0)),
        ] {
            assert_eq!(parse(text).expect(text), want, "{text}");
        }
        for text in ["", "x", "5 fortnights", "1 mon th"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

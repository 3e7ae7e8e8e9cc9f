// SPDX-License-Identifier: Apache-2.0
//! PostgreSQL's patterns of `to_char` for times, as in `YYYY-MM-DD HH24:MI`.

use std::fmt::Write;

use chrono::{Datelike, NaiveDateTime, Timelike};
use datafusion::common::Result;

use crate::error::QueryError;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field {
        field: &'static str,
        exact: bool,
        ordinal: Option<bool>,
    },
}

/// A pattern that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

/// The fields, longer before shorter.
const FIELDS: &[&str] = &[
    "Y,YYY", "MONTH", "Month", "month", "HH24", "HH12", "YYYY", "IYYY", "A.M.", "P.M.", "a.m.",
    "p.m.", "SSSSS", "SSSS", "IDDD", "DAY", "Day", "day", "DDD", "MON", "Mon", "mon", "TZH", "TZM",
    "YYY", "IYY", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "HH", "MI", "SS", "MS", "US", "AM",
    "PM", "am", "pm", "YY", "IY", "MM", "DY", "Dy", "dy", "DD", "ID", "IW", "WW", "CC", "TZ", "tz",
    "OF", "RM", "rm", "BC", "AD", "bc", "ad", "J", "Q", "W", "D", "Y", "I",
];

/// Fields that are one length in lower case too: PostgreSQL takes numbers in any case.
fn field_at(text: &str) -> Option<&'static str> {
    let exact = FIELDS.iter().find(|field| text.starts_with(**field));
    exact.copied().or_else(|| {
        FIELDS
            .iter()
            .find(|field| {
                text.get(..field.len())
                    .is_some_and(|t| t.eq_ignore_ascii_case(field))
            })
            .copied()
    })
}

impl Pattern {
    pub(super) fn read(text: &str) -> Result<Self> {
        let (mut parts, mut rest, mut exact) = (Vec::new(), text, false);
        let literal = |parts: &mut Vec<Part>, text: &str| match parts.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ => parts.push(Part::Literal(text.to_owned())),
        };
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("FM").or_else(|| rest.strip_prefix("fm")) {
                (exact, rest) = (true, after);
                continue;
            }
            if let Some(after) = rest.strip_prefix('"') {
                let (quoted, after) = after.split_once('"').unwrap_or((after, ""));
                literal(&mut parts, quoted);
                rest = after;
                continue;
            }
            if let Some(field) = field_at(rest) {
                rest = &rest[field.len()..];
                let ordinal = match rest.get(..2) {
                    Some("TH") => Some(true),
                    Some("th") => Some(false),
                    _ => None,
                };
                if ordinal.is_some() {
                    rest = &rest[2..];
                }
                parts.push(Part::Field {
                    field,
                    exact,
                    ordinal,
                });
                exact = false;
                continue;
            }
            if first.is_ascii_alphabetic() {
                let text = format!(
                    "to_char does not know \"{rest}\" in a pattern for times: quote text with \
                     double quotes"
                );
                return Err(QueryError::state("22007", text).into());
            }
            literal(&mut parts, first.encode_utf8(&mut [0; 4]));
            rest = &rest[first.len_utf8()..];
        }
        Ok(Self(parts))
    }

    /// Writes a time; `utc` tells whether it is a moment, which has the zone UTC.
    pub(super) fn write(&self, time: &NaiveDateTime, utc: bool, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Field {
                    field,
                    exact,
                    ordinal,
                } => {
                    let begin = out.len();
                    // Writing to a String can't fail.
                    let _ = write_field(field, time, utc, *exact, out);
                    if let Some(upper) = ordinal {
                        let suffix = suffix(&out[begin..]);
                        let suffix = if *upper {
                            suffix.to_uppercase()
                        } else {
                            suffix.into()
                        };
                        out.push_str(&suffix);
                    }
                }
            }
        }
    }
}

fn suffix(number: &str) -> &'static str {
    let digits = number.trim_start_matches('0');
    let teen = digits.len() > 1 && digits.as_bytes()[digits.len() - 2] == b'1';
    match (teen, digits.as_bytes().last()) {
        (false, Some(b'1')) => "st",
        (false, Some(b'2')) => "nd",
        (false, Some(b'3')) => "rd",
        _ => "th",
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const ROMAN: [&str; 12] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
];

fn write_field(
    field: &str,
    time: &NaiveDateTime,
    utc: bool,
    exact: bool,
    out: &mut String,
) -> std::fmt::Result {
    let month = MONTHS[time.month0() as usize];
    let day = DAYS[time.weekday().num_days_from_monday() as usize];
    let micros = time.and_utc().timestamp_subsec_micros();
    let year = time.year();
    let mut number = |value: i64, width: usize| match exact {
        true => write!(out, "{value}"),
        false => write!(out, "{value:0width$}"),
    };
    match field {
        "YYYY" => number(year.into(), 4),
        "YYY" => number(i64::from(year.rem_euclid(1_000)), 3),
        "YY" => number(i64::from(year.rem_euclid(100)), 2),
        "Y" => number(i64::from(year.rem_euclid(10)), 1),
        "Y,YYY" => write!(out, "{},{:03}", year / 1_000, year % 1_000),
        "IYYY" => number(time.iso_week().year().into(), 4),
        "IYY" => number(i64::from(time.iso_week().year().rem_euclid(1_000)), 3),
        "IY" => number(i64::from(time.iso_week().year().rem_euclid(100)), 2),
        "I" => number(i64::from(time.iso_week().year().rem_euclid(10)), 1),
        "CC" => number(i64::from((year - 1).div_euclid(100) + 1), 2),
        "Q" => number(i64::from(time.month0() / 3 + 1), 1),
        "MM" => number(time.month().into(), 2),
        "WW" => number(i64::from(time.ordinal0() / 7 + 1), 2),
        "W" => number(i64::from(time.day0() / 7 + 1), 1),
        "IW" => number(time.iso_week().week().into(), 2),
        "DDD" => number(time.ordinal().into(), 3),
        "IDDD" => {
            let day = time.iso_week().week0() * 7 + time.weekday().number_from_monday();
            number(day.into(), 3)
        }
        "DD" => number(time.day().into(), 2),
        "D" => number(time.weekday().number_from_sunday().into(), 1),
        "ID" => number(time.weekday().number_from_monday().into(), 1),
        "J" => number(i64::from(time.num_days_from_ce()) + 1_721_425, 1),
        "HH24" => number(time.hour().into(), 2),
        "HH12" | "HH" => number(time.hour12().1.into(), 2),
        "MI" => number(time.minute().into(), 2),
        "SS" => number(time.second().into(), 2),
        "SSSS" | "SSSSS" => number(time.num_seconds_from_midnight().into(), 1),
        "MS" => number(i64::from(micros / 1_000), 3),
        "US" => number(micros.into(), 6),
        _ => write_word(field, time, utc, exact, (month, day, micros), out),
    }
}

fn write_word(
    field: &str,
    time: &NaiveDateTime,
    utc: bool,
    exact: bool,
    (month, day, micros): (&str, &str, u32),
    out: &mut String,
) -> std::fmt::Result {
    let mut padded = |word: &str| match exact {
        true => write!(out, "{word}"),
        false => write!(out, "{word:<9}"),
    };
    let half = |am: &'static str, pm: &'static str| if time.hour() < 12 { am } else { pm };
    let after = time.year() > 0;
    match field {
        "MONTH" => padded(&month.to_uppercase()),
        "Month" => padded(month),
        "month" => padded(&month.to_lowercase()),
        "MON" => write!(out, "{}", month[..3].to_uppercase()),
        "Mon" => write!(out, "{}", &month[..3]),
        "mon" => write!(out, "{}", month[..3].to_lowercase()),
        "DAY" => padded(&day.to_uppercase()),
        "Day" => padded(day),
        "day" => padded(&day.to_lowercase()),
        "DY" => write!(out, "{}", day[..3].to_uppercase()),
        "Dy" => write!(out, "{}", &day[..3]),
        "dy" => write!(out, "{}", day[..3].to_lowercase()),
        "AM" | "PM" => write!(out, "{}", half("AM", "PM")),
        "am" | "pm" => write!(out, "{}", half("am", "pm")),
        "A.M." | "P.M." => write!(out, "{}", half("A.M.", "P.M.")),
        "a.m." | "p.m." => write!(out, "{}", half("a.m.", "p.m.")),
        "AD" | "BC" => write!(out, "{}", if after { "AD" } else { "BC" }),
        "ad" | "bc" => write!(out, "{}", if after { "ad" } else { "bc" }),
        "TZ" if utc => write!(out, "UTC"),
        "tz" if utc => write!(out, "utc"),
        "TZH" | "OF" if utc => write!(out, "+00"),
        "TZM" if utc => write!(out, "00"),
        "RM" => write!(out, "{:<4}", ROMAN[time.month0() as usize]),
        "rm" => write!(out, "{:<4}", ROMAN[time.month0() as usize].to_lowercase()),
        _ => match field
            .strip_prefix("FF")
            .and_then(|digits| digits.parse::<usize>().ok())
        {
            Some(digits) => write!(out, "{}", &format!("{micros:06}")[..digits]),
            // A zone of a time that has none is empty.
            None => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_postgresql_writes() {
        let time =
            NaiveDateTime::parse_from_str("2019-02-01 16:04:09.012345", "%Y-%m-%d %H:%M:%S%.f")
                .expect("a time");
        for (pattern, want) in [
            ("YYYY-MM-DD HH24:MI:SS", "2019-02-01 16:04:09"),
            ("yyyy-mm-dd hh24:mi", "2019-02-01 16:04"),
            ("HH12:MI AM", "04:04 PM"),
            ("Month|FMMonth|MON", "February |February|FEB"),
            ("FMDD.FMMM.YY", "1.2.19"),
            ("DDth \"of\" Mon", "01st of Feb"),
            ("SS.MS|US|FF2", "09.012|012345|01"),
            ("IYYY-\"W\"IW-ID", "2019-W05-5"),
            ("Q WW DDD J CC", "1 05 032 2458516 21"),
            ("Dy Day", "Fri Friday   "),
            ("TZ OF", "UTC +00"),
        ] {
            let mut out = String::new();
            Pattern::read(pattern)
                .expect(pattern)
                .write(&time, true, &mut out);
            assert_eq!(out, want, "{pattern}");
        }
        assert!(Pattern::read("%Y-%m").is_err(), "strftime is told apart");
    }
}

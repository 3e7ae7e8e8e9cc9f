// SPDX-License-Identifier: Apache-2.0
//! `Date*`: ISO 8601 as W3C profiles it (year, month, day, minute, second, fraction), or epoch
//! seconds.

use super::operator::Compare;

/// Nanoseconds since 1970, UTC.
type Instant = i128;

const NANOS_PER_SECOND: Instant = 1_000_000_000;

pub(super) fn is_valid(text: &str) -> bool {
    parse(text).is_some()
}

pub(super) fn fits(value: &str, wanted: &str, compare: Compare) -> bool {
    match (parse(value), parse(wanted)) {
        (Some(value), Some(wanted)) => compare.accepts(value.cmp(&wanted)),
        _ => false,
    }
}

fn parse(text: &str) -> Option<Instant> {
    if let Some(seconds) = epoch(text) {
        return Some(seconds);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let complete = date.len() == 10;
    if parts.next().is_some() || (time.is_some() && !complete) {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let nanos = match time {
        Some(time) => time_of_day(time)?,
        None => 0,
    };
    Some(Instant::from(days) * 86_400 * NANOS_PER_SECOND + nanos)
}

/// Seconds since 1970; four digits are a year.
fn epoch(text: &str) -> Option<Instant> {
    let whole = text.strip_prefix('-').unwrap_or(text);
    let plausible = !whole.is_empty() && whole.len() <= 18 && text.len() != 4;
    let all_digits = whole.bytes().all(|b| b.is_ascii_digit());
    if plausible && all_digits {
        Some(text.parse::<Instant>().ok()? * NANOS_PER_SECOND)
    } else {
        None
    }
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// `hh:mm[:ss[.fraction]]` and a zone, as nanoseconds from midnight UTC.
fn time_of_day(text: &str) -> Option<Instant> {
    let zone_at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone_at);
    let offset_minutes = match zone {
        "Z" => 0,
        zone => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let minutes =
                in_range(digits(hours, 2)?, 0, 23)? * 60 + in_range(digits(minutes, 2)?, 0, 59)?;
            if zone.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let mut parts = clock.splitn(3, ':');
    let hour = in_range(digits(parts.next()?, 2)?, 0, 23)?;
    let minute = in_range(digits(parts.next()?, 2)?, 0, 59)?;
    let (second, nanos) = match parts.next() {
        Some(rest) => seconds(rest)?,
        None => (0, 0),
    };
    let total = (hour * 60 + minute - offset_minutes) * 60 + second;
    Some(Instant::from(total) * NANOS_PER_SECOND + nanos)
}

fn seconds(text: &str) -> Option<(i64, Instant)> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some((in_range(digits(whole, 2)?, 0, 60)?, nanos))
}

fn in_range(value: i64, from: i64, to: i64) -> Option<i64> {
    (from..=to).contains(&value).then_some(value)
}

/// Days of the proleptic Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(in_range(month, 1, 12)? - 1).ok()?;
    in_range(day, 1, lengths[index])?;
    let before = year - 1;
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let to_year = (year - 1970) * 365 + leaps(before) - leaps(1969);
    Some(to_year + lengths[..index].iter().sum::<i64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        for (text, seconds) in [
            ("1970", 0),
            ("1970-01-02", 86_400),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("2026-01-31T12:30Z", 1_769_862_600),
            ("2026-01-31T12:30:00+02:00", 1_769_855_400),
            ("1700000000", 1_700_000_000),
            ("-1", -1),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(parse(text), Some(seconds * NANOS_PER_SECOND), "{text}");
        }
        for bad in [
            "",
            "2026-13",
            "2026-02-30",
            "2026-01-01T10",
            "2026-01T10:00Z",
            "noon",
            "2026-01-01T10:00:00",
            "2026-01-01T10:00:00.Z",
            "2026-01-01T24:00Z",
            "2026-1-1",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Times as the API writes and reads them: RFC 3339 in UTC, and spans back from now.

use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::error::ApiError;

const RFC_3339_MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A time in UTC, with microseconds (RFC 3339).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("format" = "date-time"))]
pub(crate) struct Moment(pub String);

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(rfc_3339(time).unwrap_or_else(|| "9999-12-31T23:59:59.999999Z".to_owned()))
    }
}

/// As in `2019-02-21T16:14:10.000001Z`; `None` beyond the years 0 to 9999.
pub(crate) fn rfc_3339(time: Timestamp) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000).ok()?;
    (0..=9999).contains(&time.year()).then_some(())?;
    time.format(RFC_3339_MICROS).ok()
}

/// Reads a time: RFC 3339, `now`, or a span back from now as in `-90s`, `-15m`, `-6h`, `-7d`.
///
/// # Errors
/// `Invalid`, with the parameter's name.
pub(crate) fn parse(name: &str, text: &str, now: Timestamp) -> Result<Timestamp, ApiError> {
    let wrong = || {
        ApiError::invalid(format!(
            "`{name}` is a time as 2026-03-01T12:00:00Z (write + as %2B), `now`, or a span back \
             from now as -15m (s, m, h, d)"
        ))
    };
    if text == "now" {
        return Ok(now);
    }
    if let Some(span) = text.strip_prefix('-') {
        return back(span, now).ok_or_else(wrong);
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
    let micros = time.unix_timestamp_nanos().div_euclid(1_000);
    let time = Timestamp(i64::try_from(micros).map_err(|_| wrong())?);
    rfc_3339(time).is_some().then_some(time).ok_or_else(wrong)
}

fn back(span: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = span.chars().next_back()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u32 = span[..span.len() - unit.len_utf8()].parse().ok()?;
    let micros = i64::from(count).checked_mul(seconds * 1_000_000)?;
    let time = Timestamp(now.0.checked_sub(micros)?);
    rfc_3339(time).is_some().then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_550_765_650_000_001);

    #[test]
    fn times_and_spans() {
        for (text, micros) in [
            ("2019-02-21T16:14:10.000001Z", NOW.0),
            ("2019-02-21T17:14:10.000001+01:00", NOW.0),
            ("now", NOW.0),
            ("-1h", NOW.0 - 3_600_000_000),
            ("-0s", NOW.0),
            ("1970-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(parse("from", text, NOW), Ok(Timestamp(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "-",
            "1",
            "-h",
            "-1",
            "-1y",
            "--1h",
            "-1é",
            "2019-02-30T00:00:00Z",
            "-4294967295d",
            "-99999999999999999999s",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert!(parse("from", text, NOW).is_err(), "{text}");
        }
    }
}

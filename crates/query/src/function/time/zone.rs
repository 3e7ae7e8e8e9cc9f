// SPDX-License-Identifier: Apache-2.0
//! `timezone(zone, time)`, which `time AT TIME ZONE zone` is: from a moment to the clock on that
//! zone's wall, and back.

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, Offset, TimeZone, Utc};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::error::QueryError;
use crate::types::UTC;

/// A zone by its name, as in `Europe/Zurich`, or its distance from UTC as POSIX writes it and
/// PostgreSQL reads it: `+02:00` and `UTC+2` are two hours *west* of Greenwich.
pub(super) fn named(name: &str) -> Result<Tz> {
    let titled: Vec<String> = name.split('/').map(titled).collect();
    let tries = [name.to_owned(), name.to_uppercase(), titled.join("/")];
    let found = match distance(name) {
        Some(east) => east.parse().ok(),
        None if name.starts_with(['+', '-']) => None,
        None => tries.iter().find_map(|name| name.parse().ok()),
    };
    found.ok_or_else(|| {
        let text = format!("time zone \"{name}\" not recognized");
        QueryError::state("22023", text).into()
    })
}

/// A distance as POSIX writes it, in the other direction: as ISO 8601 does.
pub(super) fn distance(name: &str) -> Option<String> {
    let prefix = name.get(..3).filter(|it| {
        let known = ["utc", "gmt"];
        known.iter().any(|known| it.eq_ignore_ascii_case(known))
    });
    let west = &name[prefix.map_or(0, str::len)..];
    let (sign, clock) = match west.strip_prefix('-') {
        Some(clock) => ('+', clock),
        None => ('-', west.strip_prefix('+').unwrap_or(west)),
    };
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "0"));
    let digits = |text: &str| -> Option<u8> {
        let good = matches!(text.len(), 1 | 2) && text.bytes().all(|it| it.is_ascii_digit());
        good.then(|| text.parse().ok())?
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if minutes > 59 {
        return None;
    }
    Some(format!("{sign}{hours:02}:{minutes:02}"))
}

fn titled(part: &str) -> String {
    let words = part.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|l| l.to_ascii_uppercase());
        first
            .into_iter()
            .chain(letters.map(|l| l.to_ascii_lowercase()))
            .collect::<String>()
    });
    words.collect::<Vec<_>>().join("_")
}

/// What the clock shows in the zone at a moment; both in microseconds since 1970.
pub(super) fn to_wall(zone: Tz, moment: i64) -> Option<i64> {
    let moment = DateTime::<Utc>::from_timestamp_micros(moment)?;
    let wall = zone.from_utc_datetime(&moment.naive_utc()).naive_local();
    Some(wall.and_utc().timestamp_micros())
}

/// The moment at which the clock shows this. Where it shows it twice, the second; what it never
/// shows is read as before the jump: both as PostgreSQL does.
pub(super) fn from_wall(zone: Tz, wall: i64) -> Option<i64> {
    let wall = DateTime::<Utc>::from_timestamp_micros(wall)?.naive_utc();
    let moment = match zone.from_local_datetime(&wall) {
        LocalResult::Single(moment) => moment.naive_utc(),
        LocalResult::Ambiguous(_, later) => later.naive_utc(),
        LocalResult::None => wall - offset_before(zone, wall)?,
    };
    Some(moment.and_utc().timestamp_micros())
}

/// The distance from UTC that held before the jump in which `wall` lies. A jump is a day at most.
fn offset_before(zone: Tz, wall: NaiveDateTime) -> Option<Duration> {
    (1..=26).find_map(|hours| {
        let earlier = wall.checked_sub_signed(Duration::hours(hours))?;
        let known = zone.from_local_datetime(&earlier).latest()?;
        Some(Duration::seconds(
            known.offset().fix().local_minus_utc().into(),
        ))
    })
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct AtZone {
    signature: Signature,
}

impl Default for AtZone {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for AtZone {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        "timezone"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let [zone, time] = arguments else {
            return Err(QueryError::state("42883", "timezone takes a zone and a time").into());
        };
        let zone = match zone {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
                DataType::Utf8
            }
            _ => {
                let text = "a zone is a name, as in AT TIME ZONE 'Europe/Zurich'";
                return Err(QueryError::Unsupported(text.into()).into());
            }
        };
        let time = match time {
            DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
            _ => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        };
        Ok(vec![zone, time])
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let zone = match arguments.get(1) {
            Some(DataType::Timestamp(_, None)) => Some(UTC.into()),
            _ => None,
        };
        Ok(DataType::Timestamp(TimeUnit::Microsecond, zone))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (zones, times) = (arrays[0].as_string::<i32>(), &arrays[1]);
        let wall = matches!(times.data_type(), DataType::Timestamp(_, None));
        let values = times.as_primitive::<TimestampMicrosecondType>();
        let mut known: Option<(&str, Tz)> = None;
        let mut out = Vec::with_capacity(values.len());
        for row in 0..values.len() {
            if zones.is_null(row) || values.is_null(row) {
                out.push(None);
                continue;
            }
            let name = zones.value(row);
            let zone = match known {
                Some((last, zone)) if last == name => zone,
                _ => named(name)?,
            };
            known = Some((name, zone));
            let turned = match wall {
                true => from_wall(zone, values.value(row)),
                false => to_wall(zone, values.value(row)),
            };
            out.push(Some(turned.ok_or_else(out_of_range)?));
        }
        let out = TimestampMicrosecondArray::from(out);
        let out: ArrayRef = match wall {
            true => Arc::new(out.with_timezone(UTC)),
            false => Arc::new(out),
        };
        if args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)))
        {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?));
        }
        Ok(ColumnarValue::Array(out))
    }
}

/// A time beyond what has a calendar.
pub(super) fn out_of_range() -> datafusion::common::DataFusionError {
    QueryError::state("22008", "timestamp out of range").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect(text);
        parsed.and_utc().timestamp_micros()
    }

    #[test]
    fn clocks_that_jump() {
        let zurich = named("europe/zurich").expect("known");
        assert_eq!(
            to_wall(zurich, at("2024-07-01 10:00")),
            Some(at("2024-07-01 12:00"))
        );
        assert_eq!(
            from_wall(zurich, at("2024-01-01 12:00")),
            Some(at("2024-01-01 11:00"))
        );
        // Twice: the second, in winter time. Never: as before the jump, in winter time.
        assert_eq!(
            from_wall(zurich, at("2024-10-27 02:30")),
            Some(at("2024-10-27 01:30"))
        );
        assert_eq!(
            from_wall(zurich, at("2024-03-31 02:30")),
            Some(at("2024-03-31 01:30"))
        );
        // As PostgreSQL 15 answers.
        for (name, wall) in [
            ("+02:00", "2024-01-01 08:00"),
            ("-02:00", "2024-01-01 12:00"),
            ("-2", "2024-01-01 12:00"),
            ("2", "2024-01-01 08:00"),
            ("-5:30", "2024-01-01 15:30"),
            ("UTC+2", "2024-01-01 08:00"),
            ("gmt-3", "2024-01-01 13:00"),
            ("Etc/GMT+2", "2024-01-01 08:00"),
        ] {
            let zone = named(name).expect(name);
            let moment = at("2024-01-01 10:00");
            assert_eq!(to_wall(zone, moment), Some(at(wall)), "{name}");
        }
        for unknown in [
            "+02:75", "02:60", "+0200", "+", "-99", "+2:", "UTC+", "é", "+é",
        ] {
            assert!(named(unknown).is_err(), "{unknown}");
        }
        assert!(named("utc").is_ok() && named("america/new_york").is_ok());
        assert!(named("Middle/Earth").is_err());
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `time_bucket(width, time [, zone] [, origin] [, offset])` as TimescaleDB has it.
//!
//! Widths of days and less are counted from Monday, 2000-01-03, those of months and years from
//! 2000-01-01. With a zone, days and months begin when they do on that zone's clocks.

use std::any::Any;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveDate};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::arity::try_unary;
use datafusion::arrow::datatypes::{
    DataType, Int64Type, IntervalMonthDayNano, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::{interval, zone};
use crate::error::QueryError;
use crate::types::UTC;

const DAY: i64 = 86_400_000_000;
/// Monday, 2000-01-03, in microseconds since 1970.
const MONDAY: i64 = 946_857_600_000_000;

/// How wide a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Micros(i64),
    Months(u32),
}

/// Everything but the time.
struct Buckets {
    width: Width,
    zone: Option<Tz>,
    /// Where a bucket begins, on the zone's clocks; microseconds since 1970.
    origin: Option<i64>,
    /// How much later buckets begin; months are those of the origin.
    offset: Option<IntervalMonthDayNano>,
}

fn invalid(text: &str) -> datafusion::common::DataFusionError {
    QueryError::state("22023", text).into()
}

fn micros(span: IntervalMonthDayNano) -> Option<i64> {
    i64::from(span.days)
        .checked_mul(DAY)?
        .checked_add(span.nanoseconds / 1_000)
}

impl Width {
    fn of(span: IntervalMonthDayNano) -> Result<Self> {
        if span.months != 0 {
            if span.days != 0 || span.nanoseconds != 0 {
                return Err(invalid("month intervals cannot have day or time component"));
            }
            return match u32::try_from(span.months) {
                Ok(months) => Ok(Width::Months(months)),
                Err(_) => Err(invalid("period must be greater than 0")),
            };
        }
        match micros(span) {
            Some(width) if width > 0 => Ok(Width::Micros(width)),
            _ => Err(invalid("period must be greater than 0")),
        }
    }
}

/// The greatest `origin + n × width` that is not above `value`.
fn floor(value: i64, width: i64, origin: i64) -> Option<i64> {
    let origin = origin.rem_euclid(width);
    let since = value.checked_sub(origin)?;
    Some(since.checked_sub(since.rem_euclid(width))? + origin)
}

fn floor_months(value: i64, width: u32, origin: i64) -> Option<i64> {
    let date = |micros| DateTime::from_timestamp_micros(micros).map(|time| time.date_naive());
    let months = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let first = date(origin)?.with_day(1)?.and_hms_opt(0, 0, 0)?.and_utc();
    // What the origin is after its month's beginning, each bucket is too.
    let into = origin - first.timestamp_micros();
    let own = months(date(value.checked_sub(into)?)?);
    let bucket = floor(own, width.into(), months(first.date_naive()))?;
    let year = i32::try_from(bucket.div_euclid(12)).ok()?;
    let month = u32::try_from(bucket.rem_euclid(12)).ok()? + 1;
    let begin = NaiveDate::from_ymd_opt(year, month, 1)?.and_hms_opt(0, 0, 0)?;
    begin.and_utc().timestamp_micros().checked_add(into)
}

impl Buckets {
    /// The beginning of the bucket that a moment is in.
    fn of(&self, moment: i64) -> Option<i64> {
        let wall = match self.zone {
            Some(zone) => zone::to_wall(zone, moment)?,
            None => moment,
        };
        let begin = match self.width {
            Width::Micros(width) => {
                let offset = self.offset.map_or(Some(0), micros)?;
                floor(
                    wall,
                    width,
                    self.origin.unwrap_or(MONDAY).checked_add(offset)?,
                )?
            }
            Width::Months(width) => {
                let origin = self.origin.unwrap_or(MONDAY - 2 * DAY);
                let origin = match self.offset {
                    Some(span) => {
                        let later = DateTime::from_timestamp_micros(origin)?;
                        let months = Months::new(span.months.unsigned_abs());
                        let later = match span.months < 0 {
                            true => later.checked_sub_months(months)?,
                            false => later.checked_add_months(months)?,
                        };
                        later.timestamp_micros().checked_add(micros(span)?)?
                    }
                    None => origin,
                };
                floor_months(wall, width, origin)?
            }
        };
        match self.zone {
            Some(zone) => zone::from_wall(zone, begin),
            None => Some(begin),
        }
    }

    /// The fast way where no calendar is asked.
    fn fixed(&self) -> Option<(i64, i64)> {
        match (self.width, self.zone) {
            (Width::Micros(width), None) => {
                let offset = self.offset.map_or(Some(0), micros)?;
                let origin = self.origin.unwrap_or(MONDAY).checked_add(offset)?;
                Some((width, origin.rem_euclid(width)))
            }
            _ => None,
        }
    }
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TimeBucket {
    signature: Signature,
}

impl Default for TimeBucket {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

const SPAN: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

fn is_text(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

fn wanted(index: usize, kind: &DataType) -> Result<DataType> {
    Ok(match kind {
        kind if is_text(kind) && index != 1 => DataType::Utf8,
        kind if is_text(kind) => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        DataType::Null => DataType::Null,
        DataType::Interval(_) if index != 1 => SPAN,
        kind if kind.is_integer() => DataType::Int64,
        DataType::Timestamp(_, zone) if index != 0 => {
            DataType::Timestamp(TimeUnit::Microsecond, zone.clone())
        }
        DataType::Date32 | DataType::Date64 if index != 0 => match index {
            1 => DataType::Date32,
            _ => DataType::Timestamp(TimeUnit::Microsecond, None),
        },
        _ => {
            let text = "time_bucket takes a width, a time, and perhaps a zone, an origin and an \
                        offset, as in time_bucket('5 minutes', time)";
            return Err(QueryError::state("42883", text).into());
        }
    })
}

impl ScalarUDFImpl for TimeBucket {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        "time_bucket"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let numbers = arguments.iter().filter(|kind| kind.is_integer()).count();
        let mixed = numbers > 0 && numbers < arguments.len();
        if !(2..=5).contains(&arguments.len()) || mixed {
            wanted(0, &DataType::Boolean)?;
        }
        let kinds = arguments.iter().enumerate();
        kinds.map(|(index, kind)| wanted(index, kind)).collect()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(match arguments.get(1) {
            Some(DataType::Null) | None => {
                DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into()))
            }
            Some(time) => time.clone(),
        })
    }

    /// Later times are in later buckets, or the same.
    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        let constant = |at: &ExprProperties| at.sort_properties == SortProperties::Singleton;
        let others = inputs.iter().enumerate().filter(|(index, _)| *index != 1);
        match inputs.get(1) {
            Some(time) if others.map(|(_, at)| at).all(constant) => Ok(time.sort_properties),
            _ => Ok(SortProperties::Unordered),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let kind = args.return_field.data_type().clone();
        let nothing = |at: &ColumnarValue| matches!(at, ColumnarValue::Scalar(v) if v.is_null());
        if args.args.iter().take(2).any(nothing) {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&kind)?));
        }
        let scalar = matches!(args.args[1], ColumnarValue::Scalar(_));
        let times = args.args[1].to_array(1)?;
        let out = match kind {
            DataType::Int64 => numbers(&args.args, &times)?,
            _ => cast(&moments(&args.args, &times)?, &kind)?,
        };
        match scalar {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?)),
            false => Ok(ColumnarValue::Array(out)),
        }
    }
}

fn constant(arg: &ColumnarValue) -> Result<&ScalarValue> {
    match arg {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(_) => {
            let text = "time_bucket wants the same width, zone, origin and offset for all rows";
            Err(QueryError::Unsupported(text.into()).into())
        }
    }
}

fn read(args: &[ColumnarValue]) -> Result<Buckets> {
    let width = match constant(&args[0])? {
        ScalarValue::IntervalMonthDayNano(Some(span)) => *span,
        ScalarValue::Utf8(Some(text)) => interval::parse(text)?,
        _ => return Err(invalid("a bucket's width is a span, as in '5 minutes'")),
    };
    let mut buckets = Buckets {
        width: Width::of(width)?,
        zone: None,
        origin: None,
        offset: None,
    };
    for (index, arg) in args.iter().enumerate().skip(2) {
        match constant(arg)? {
            ScalarValue::IntervalMonthDayNano(Some(span)) => buckets.offset = Some(*span),
            ScalarValue::TimestampMicrosecond(Some(at), _) => buckets.origin = Some(*at),
            ScalarValue::Utf8(Some(text)) => text_of(&mut buckets, index, text)?,
            value if value.is_null() => {}
            _ => return Err(invalid("time_bucket takes a zone, an origin and an offset")),
        }
    }
    // An origin with a zone of its own is a moment; buckets are counted on the wall's clock.
    let is_moment =
        |arg: &&ColumnarValue| matches!(arg.data_type(), DataType::Timestamp(_, Some(_)));
    if let (Some(zone), Some(origin)) = (buckets.zone, buckets.origin)
        && args[2..].iter().any(|arg| is_moment(&arg))
    {
        buckets.origin = zone::to_wall(zone, origin);
    }
    Ok(buckets)
}

/// Where a zone stands among the arguments.
const ZONE: usize = 2;

/// Text is a zone, an origin or an offset, whichever it can be read as.
fn text_of(buckets: &mut Buckets, index: usize, text: &str) -> Result<()> {
    let literal = ScalarValue::Utf8(Some(text.to_owned()));
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(ScalarValue::TimestampMicrosecond(Some(at), _)) =
            literal.cast_to(&DataType::Timestamp(TimeUnit::Microsecond, None))
    {
        buckets.origin = Some(at);
    } else if index == ZONE && zone::distance(text).is_some() {
        // `-02:00` would do as a span, too.
        buckets.zone = Some(zone::named(text)?);
    } else if let (Ok(span), true) = (interval::parse(text), index >= 2) {
        buckets.offset = Some(span);
    } else {
        buckets.zone = Some(zone::named(text)?);
    }
    Ok(())
}

fn moments(args: &[ColumnarValue], times: &ArrayRef) -> Result<ArrayRef> {
    let buckets = read(args)?;
    let zone = match times.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let micros = cast(
        times,
        &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
    )?;
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    let late = || ArrowError::ArithmeticOverflow("timestamp out of range".into());
    let out = match buckets.fixed() {
        Some((width, origin)) => try_unary::<_, _, TimestampMicrosecondType>(micros, |time| {
            floor(time, width, origin).ok_or_else(late)
        }),
        None => try_unary(micros, |time| buckets.of(time).ok_or_else(late)),
    };
    Ok(Arc::new(out?.with_timezone_opt(zone)))
}

fn numbers(args: &[ColumnarValue], values: &ArrayRef) -> Result<ArrayRef> {
    let number = |index: usize| match args.get(index).map(constant).transpose()? {
        Some(ScalarValue::Int64(value)) => Ok::<_, datafusion::common::DataFusionError>(*value),
        _ => Ok(None),
    };
    let width = number(0)?.filter(|width| *width > 0);
    let width = width.ok_or_else(|| invalid("period must be greater than 0"))?;
    let offset = number(2)?.unwrap_or(0);
    let late = || ArrowError::ArithmeticOverflow("bigint out of range".into());
    let values = values.as_primitive::<Int64Type>();
    let out =
        try_unary::<_, _, Int64Type>(values, |value| floor(value, width, offset).ok_or_else(late))?;
    Ok(Arc::new(out))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn at(text: &str) -> i64 {
        let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect(text);
        parsed.and_utc().timestamp_micros()
    }

    fn buckets(width: &str, zone: Option<&str>) -> Buckets {
        Buckets {
            width: Width::of(interval::parse(width).expect(width)).expect(width),
            zone: zone.map(|name| zone::named(name).expect(name)),
            origin: None,
            offset: None,
        }
    }

    #[test]
    fn as_timescaledb_counts() {
        for (width, zone, time, begin) in [
            ("5 minutes", None, "2019-02-21 16:14", "2019-02-21 16:10"),
            ("1 week", None, "2019-02-21 16:14", "2019-02-18 00:00"),
            ("1 day", None, "1969-12-31 23:59", "1969-12-31 00:00"),
            ("1 month", None, "2019-02-21 16:14", "2019-02-01 00:00"),
            ("1 year", None, "1999-02-21 16:14", "1999-01-01 00:00"),
            ("3 months", None, "2019-06-30 00:00", "2019-04-01 00:00"),
            // Zurich is one hour ahead in winter, two in summer.
            (
                "1 day",
                Some("Europe/Zurich"),
                "2024-07-01 22:30",
                "2024-07-01 22:00",
            ),
            (
                "1 month",
                Some("Europe/Zurich"),
                "2024-01-31 23:30",
                "2024-01-31 23:00",
            ),
            (
                "1 day",
                Some("Europe/Zurich"),
                "2024-03-31 21:59",
                "2024-03-30 23:00",
            ),
        ] {
            let got = buckets(width, zone).of(at(time));
            assert_eq!(got, Some(at(begin)), "{width} {zone:?} {time}");
        }
    }

    #[test]
    fn origins_and_offsets_move_the_beginning() {
        let mut week = buckets("1 week", None);
        week.origin = Some(at("2000-01-02 00:00"));
        assert_eq!(
            week.of(at("2019-02-21 16:14")),
            Some(at("2019-02-17 00:00")),
            "Sundays"
        );
        let mut day = buckets("1 day", None);
        day.offset = Some(interval::parse("6 hours").expect("a span"));
        assert_eq!(day.of(at("2019-02-21 05:00")), Some(at("2019-02-20 06:00")));
        let mut month = buckets("1 month", None);
        month.offset = Some(interval::parse("5 days").expect("a span"));
        assert_eq!(
            month.of(at("2019-03-03 05:00")),
            Some(at("2019-02-06 00:00"))
        );
    }

    #[test]
    fn a_distance_is_a_zone_only_where_zones_stand() {
        let text = |text: &str| ColumnarValue::Scalar(ScalarValue::Utf8(Some(text.into())));
        let null = || ColumnarValue::Scalar(ScalarValue::Utf8(None));
        let (day, time) = (text("1 day"), null());
        let args = [day.clone(), time.clone(), text("-02:00")];
        let zoned = read(&args).expect("good");
        assert!(zoned.zone.is_some() && zoned.offset.is_none());
        let noon = at("2024-01-31 12:00");
        assert_eq!(zoned.of(noon), Some(at("2024-01-30 22:00")));
        let args = [day, time, null(), null(), text("-02:00")];
        let moved = read(&args).expect("good");
        assert!(moved.zone.is_none() && moved.offset.is_some());
    }

    #[test]
    fn the_fast_way_is_the_same() {
        let minutes = buckets("7 minutes", None);
        let (width, origin) = minutes.fixed().expect("no calendar");
        for step in -1_000..1_000 {
            let time = step * 86_413_000_123;
            assert_eq!(floor(time, width, origin), minutes.of(time));
            let begin = floor(time, width, origin).expect("in range");
            assert!(begin <= time && time < begin + width);
        }
    }

    #[test]
    fn widths_that_are_none() {
        for text in ["0 seconds", "-5 minutes", "1 month 1 day", "-1 month"] {
            let span = interval::parse(text).expect("a span");
            assert!(Width::of(span).is_err(), "{text}");
        }
    }
}

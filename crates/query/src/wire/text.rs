// SPDX-License-Identifier: Apache-2.0
//! Times and numbers as PostgreSQL writes them: `2019-02-21 16:14:10+00` without a fraction of
//! zeros, `1` and not `1.0`. The library's own forms mean the same but look foreign in psql.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder};
use datafusion::arrow::datatypes::{
    DataType, Field, Float64Type, Schema, TimeUnit, TimestampMicrosecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion_postgres::pgwire::api::results::{FieldFormat, FieldInfo};

use crate::types::UTC;

/// The batch with those columns as text that are sent as text and have a form of their own.
pub(super) fn written(batch: RecordBatch, fields: &[FieldInfo]) -> Result<RecordBatch, ArrowError> {
    let wanted = |index: usize| fields[index].format() == FieldFormat::Text;
    let columns: Vec<Option<StringArray>> = batch
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| match column.data_type() {
            _ if !wanted(index) => Ok(None),
            DataType::Float64 => Ok(Some(floats(column))),
            DataType::Timestamp(TimeUnit::Microsecond, Some(zone))
                if zone.as_ref() == UTC && is_iso(&fields[index]) =>
            {
                times(column).map(Some)
            }
            _ => Ok(None),
        })
        .collect::<Result<_, ArrowError>>()?;
    if columns.iter().all(Option::is_none) {
        return Ok(batch);
    }
    let (schema, old, _) = batch.into_parts();
    let both = old.into_iter().zip(columns).zip(schema.fields());
    let (arrays, fields): (Vec<ArrayRef>, Vec<Arc<Field>>) = both
        .map(|((old, new), field)| match new {
            None => (old, Arc::clone(field)),
            Some(new) => (
                Arc::new(new) as ArrayRef,
                Arc::new(Field::new(field.name(), DataType::Utf8, true)),
            ),
        })
        .unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

fn is_iso(field: &FieldInfo) -> bool {
    field
        .format_options()
        .date_style
        .to_ascii_uppercase()
        .starts_with("ISO")
}

fn floats(column: &ArrayRef) -> StringArray {
    let mut text = String::new();
    let values = column.as_primitive::<Float64Type>().iter().map(|value| {
        value.map(|value| {
            text.clear();
            float(value, &mut text);
            text.clone()
        })
    });
    values.collect()
}

/// The shortest digits that read back the same, with an exponent where PostgreSQL has one.
fn float(value: f64, out: &mut String) {
    // Writing to a String can't fail.
    let _ = match value {
        _ if value.is_nan() => write!(out, "NaN"),
        _ if value.is_infinite() => write!(out, "{}Infinity", if value < 0.0 { "-" } else { "" }),
        _ => {
            let scientific = format!("{value:e}");
            let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            match exponent.parse::<i32>().unwrap_or(0) {
                -4..15 => write!(out, "{value}"),
                exponent => {
                    let sign = if exponent < 0 { '-' } else { '+' };
                    write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
                }
            }
        }
    };
}

fn times(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::new().with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S"));
    let seconds = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let values = column.as_primitive::<TimestampMicrosecondType>();
    let mut out = StringBuilder::with_capacity(values.len(), values.len() * 29);
    for (row, value) in values.iter().enumerate() {
        let Some(value) = value else {
            out.append_null();
            continue;
        };
        // Writing to a builder can't fail; a time that has no form does.
        write!(out, "{}", seconds.value(row).try_to_string()?)
            .map_err(|_| ArrowError::CastError("a time out of range".into()))?;
        let micros = value.rem_euclid(1_000_000);
        if micros > 0 {
            let digits = format!("{micros:06}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
        out.append_value("+00");
    }
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::TimestampMicrosecondArray;

    use super::*;

    #[test]
    fn numbers() {
        let written = |value: f64| {
            let mut out = String::new();
            float(value, &mut out);
            out
        };
        for (value, text) in [
            (1.0, "1"),
            (-0.0, "-0"),
            (4.5, "4.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (-1.5e300, "-1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(written(value), text);
        }
    }

    #[test]
    fn moments() {
        let moments = [
            Some(1_550_765_650_000_000),
            Some(1_550_765_650_120_000),
            Some(-1),
            None,
        ];
        let column: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(moments.to_vec()).with_timezone(UTC));
        let want = [
            Some("2019-02-21 16:14:10+00"),
            Some("2019-02-21 16:14:10.12+00"),
            Some("1969-12-31 23:59:59.999999+00"),
            None,
        ];
        assert_eq!(
            times(&column).expect("in range"),
            StringArray::from(want.to_vec())
        );
    }
}

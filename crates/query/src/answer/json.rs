// SPDX-License-Identifier: Apache-2.0
//! Answers as JSON text, written straight from the columns.

use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, TimeUnit, UInt64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Answer;
use crate::error::QueryError;
use crate::types::UTC;

const WITH_ZONE: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";
const WITHOUT_ZONE: &str = "%Y-%m-%dT%H:%M:%S%.6f";

pub(super) fn answer(answer: &Answer) -> Result<String, QueryError> {
    let mut out = String::from(r#"{"columns":["#);
    for (index, column) in answer.columns.iter().enumerate() {
        comma(&mut out, index);
        out.push_str(r#"{"name":"#);
        string(&mut out, &column.name);
        out.push_str(r#","type":"#);
        string(&mut out, &column.type_name);
        out.push('}');
    }
    out.push_str(r#"],"rows":["#);
    let mut rows = 0;
    for batch in &answer.batches {
        let columns = batch
            .columns()
            .iter()
            .map(Values::of)
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            comma(&mut out, rows);
            rows += 1;
            array(&mut out, columns.iter(), |out, column| {
                column.write(out, row)
            })?;
        }
    }
    out.push_str("]}");
    Ok(out)
}

fn comma(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

fn array<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    out.push('[');
    for (index, item) in items.enumerate() {
        comma(out, index);
        write(out, item)?;
    }
    out.push(']');
    Ok(())
}

fn string(out: &mut String, text: &str) {
    // Serialising text can't fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// A column, brought to one of a few forms.
enum Values {
    Null,
    Bool(ArrayRef),
    Int(ArrayRef),
    Unsigned(ArrayRef),
    Float(ArrayRef),
    Text(ArrayRef),
    Bytes(ArrayRef),
    /// Written by a formatter, as text.
    Formatted(ArrayRef),
    List(ArrayRef),
    Record(Vec<(String, Values)>, ArrayRef),
}

impl Values {
    fn of(column: &ArrayRef) -> Result<Self, QueryError> {
        let to = |data_type| cast(column, &data_type);
        Ok(match column.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Bool(Arc::clone(column)),
            DataType::UInt64 => Values::Unsigned(Arc::clone(column)),
            kind if kind.is_integer() => Values::Int(to(DataType::Int64)?),
            kind if kind.is_floating() => Values::Float(to(DataType::Float64)?),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Values::Text(to(DataType::LargeUtf8)?)
            }
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Values::Bytes(to(DataType::LargeBinary)?),
            DataType::Timestamp(_, Some(_)) => Values::Formatted(to(DataType::Timestamp(
                TimeUnit::Microsecond,
                Some(UTC.into()),
            ))?),
            DataType::Dictionary(_, value) => return Values::of(&to(value.as_ref().clone())?),
            DataType::List(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
                Values::List(to(DataType::LargeList(Arc::clone(item)))?)
            }
            DataType::LargeList(_) => Values::List(Arc::clone(column)),
            DataType::Struct(fields) => {
                let parts = fields.iter().zip(column.as_struct().columns());
                let part = |(field, values): (&Arc<Field>, &ArrayRef)| {
                    Ok::<_, QueryError>((field.name().clone(), Values::of(values)?))
                };
                Values::Record(
                    parts.map(part).collect::<Result<_, _>>()?,
                    Arc::clone(column),
                )
            }
            _ => Values::Formatted(Arc::clone(column)),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Values::Null => true,
            Values::Bool(a)
            | Values::Int(a)
            | Values::Unsigned(a)
            | Values::Float(a)
            | Values::Text(a)
            | Values::Bytes(a)
            | Values::Formatted(a)
            | Values::List(a)
            | Values::Record(_, a) => a.is_null(row),
        }
    }

    fn write(&self, out: &mut String, row: usize) -> Result<(), QueryError> {
        if self.is_null(row) {
            out.push_str("null");
            return Ok(());
        }
        match self {
            Values::Null => out.push_str("null"),
            Values::Bool(a) => out.push_str(if a.as_boolean().value(row) {
                "true"
            } else {
                "false"
            }),
            Values::Int(a) => number(out, a.as_primitive::<Int64Type>().value(row)),
            Values::Unsigned(a) => number(out, a.as_primitive::<UInt64Type>().value(row)),
            Values::Float(a) => float(out, a.as_primitive::<Float64Type>().value(row)),
            Values::Text(a) => string(out, a.as_string::<i64>().value(row)),
            Values::Bytes(a) => {
                string(
                    out,
                    &BASE64_STANDARD.encode(a.as_binary::<i64>().value(row)),
                );
            }
            Values::Formatted(a) => {
                let options = FormatOptions::new()
                    .with_timestamp_tz_format(Some(WITH_ZONE))
                    .with_timestamp_format(Some(WITHOUT_ZONE));
                let formatter = ArrayFormatter::try_new(a.as_ref(), &options)?;
                string(out, &formatter.value(row).try_to_string()?);
            }
            Values::List(a) => {
                let items = Values::of(&a.as_list::<i64>().value(row))?;
                let count = a.as_list::<i64>().value_length(row);
                array(out, 0..count as usize, |out, index| items.write(out, index))?;
            }
            Values::Record(parts, _) => {
                out.push('{');
                for (index, (name, values)) in parts.iter().enumerate() {
                    comma(out, index);
                    string(out, name);
                    out.push(':');
                    values.write(out, row)?;
                }
                out.push('}');
            }
        }
        Ok(())
    }
}

fn number(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a String can't fail.
    let _ = write!(out, "{value}");
}

/// The shortest digits that read back as the same number.
fn float(out: &mut String, value: f64) {
    match serde_json::Number::from_f64(value) {
        Some(value) => number(out, value),
        None => out.push_str("null"),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        BinaryArray, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    };

    use super::*;

    #[test]
    fn each_type_has_its_form() {
        let decimal = Decimal128Array::from(vec![Some(12345), None])
            .with_precision_and_scale(10, 2)
            .expect("fits");
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "t",
                Arc::new(
                    TimestampMicrosecondArray::from(vec![Some(1_550_765_650_000_001), None])
                        .with_timezone("Europe/Berlin"),
                ),
            ),
            ("d", Arc::new(Float64Array::from(vec![f64::NAN, 0.1]))),
            ("i", Arc::new(Int64Array::from(vec![i64::MAX, -1]))),
            ("s", Arc::new(StringArray::from(vec!["a\"b\u{7}", "ü"]))),
            (
                "b",
                Arc::new(BinaryArray::from(vec![&[0_u8, 255][..], b""])),
            ),
            ("n", Arc::new(decimal)),
            (
                "l",
                Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
                    Some(vec![Some(1), None]),
                    None,
                ])),
            ),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("same lengths");
        let got = Answer::new(batch.schema(), vec![batch])
            .to_json()
            .expect("has JSON");
        let got: serde_json::Value = serde_json::from_str(&got).expect("is JSON");
        assert_eq!(
            got["rows"],
            serde_json::json!([
                [
                    "2019-02-21T16:14:10.000001Z",
                    null,
                    i64::MAX,
                    "a\"b\u{7}",
                    "AP8=",
                    "123.45",
                    [1, null]
                ],
                [null, 0.1, -1, "ü", "", null, null],
            ])
        );
        assert_eq!(got["columns"][0]["type"], "timestamp with time zone");
        assert_eq!(got["columns"][6]["type"], "bigint[]");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `to_char(time, pattern)` with PostgreSQL's patterns.

use std::any::Any;
use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::{Array, AsArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::pattern::Pattern;
use super::zone::out_of_range;
use crate::error::QueryError;
use crate::types::UTC;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToChar {
    signature: Signature,
}

impl Default for ToChar {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for ToChar {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        "to_char"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        let zone = match arguments {
            [DataType::Timestamp(_, zone), _] => zone.as_ref().map(|_| UTC.into()),
            [DataType::Date32 | DataType::Date64 | DataType::Null, _] => None,
            _ => {
                let text = "to_char takes a time and a pattern, as in \
                            to_char(time, 'YYYY-MM-DD HH24:MI'); numbers are written by ::text \
                            and round()";
                return Err(QueryError::Unsupported(text.into()).into());
            }
        };
        Ok(vec![
            DataType::Timestamp(TimeUnit::Microsecond, zone),
            DataType::Utf8,
        ])
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let utc = matches!(arrays[0].data_type(), DataType::Timestamp(_, Some(_)));
        let times = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let patterns = arrays[1].as_string::<i32>();
        let (mut known, mut text) = (None::<(&str, Pattern)>, String::new());
        let mut out = StringBuilder::with_capacity(times.len(), times.len() * 16);
        for row in 0..times.len() {
            if times.is_null(row) || patterns.is_null(row) {
                out.append_null();
                continue;
            }
            let own = patterns.value(row);
            let pattern = match &mut known {
                Some((last, pattern)) if *last == own => pattern,
                other => &mut other.insert((own, Pattern::read(own)?)).1,
            };
            let time =
                DateTime::from_timestamp_micros(times.value(row)).ok_or_else(out_of_range)?;
            text.clear();
            pattern.write(&time.naive_utc(), utc, &mut text);
            out.append_value(&text);
        }
        let out = out.finish();
        if args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)))
        {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?));
        }
        Ok(ColumnarValue::Array(Arc::new(out)))
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `to_timestamp(seconds)` as PostgreSQL has it: a moment in UTC from seconds since 1970.

use std::any::Any;
use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::kernels::arity::try_unary;
use datafusion::arrow::datatypes::{DataType, Float64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::error::QueryError;
use crate::types::UTC;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToTimestamp {
    signature: Signature,
}

impl Default for ToTimestamp {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for ToTimestamp {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &str {
        "to_timestamp"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        match arguments {
            [DataType::Null] => Ok(vec![DataType::Float64]),
            [kind] if kind.is_numeric() => Ok(vec![DataType::Float64]),
            _ => {
                let text = "to_timestamp takes seconds since 1970; text becomes a time by a cast, \
                            as in '2019-02-21 16:14'::timestamptz";
                Err(QueryError::Unsupported(text.into()).into())
            }
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = args.args[0].to_array(1)?;
        let out = try_unary::<_, _, TimestampMicrosecondType>(
            array.as_primitive::<Float64Type>(),
            |seconds| {
                let micros = (seconds * 1e6).round();
                // PostgreSQL's own bounds are narrower; these keep the number whole.
                match micros.abs() < 9.2e18 {
                    true => Ok(micros as i64),
                    false => Err(ArrowError::ArithmeticOverflow(
                        "timestamp out of range".into(),
                    )),
                }
            },
        )?;
        let out = out.with_timezone(UTC);
        match &args.args[0] {
            ColumnarValue::Scalar(_) => {
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&out, 0)?))
            }
            ColumnarValue::Array(_) => Ok(ColumnarValue::Array(Arc::new(out))),
        }
    }
}

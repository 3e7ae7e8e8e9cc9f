// SPDX-License-Identifier: Apache-2.0
//! Values bound to `$1`, `$2`, … of a statement.

use datafusion::common::ScalarValue;
use hw_model::Timestamp;

use crate::types::UTC;

/// A bound value. A value is data, never SQL text.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// NULL of any type.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text; also a time or number in text where the statement needs one.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A moment in UTC.
    Time(Timestamp),
}

impl From<Param> for ScalarValue {
    fn from(param: Param) -> Self {
        match param {
            Param::Null => ScalarValue::Null,
            Param::Bool(v) => ScalarValue::Boolean(Some(v)),
            Param::Int(v) => ScalarValue::Int64(Some(v)),
            Param::Float(v) => ScalarValue::Float64(Some(v)),
            Param::Text(v) => ScalarValue::Utf8(Some(v)),
            Param::Bytes(v) => ScalarValue::Binary(Some(v)),
            Param::Time(v) => ScalarValue::TimestampMicrosecond(Some(v.0), Some(UTC.into())),
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Columns of batches by their place in the statement, as the types that the tables have.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use hw_query::RecordBatch;

use crate::error::ApiError;

/// A batch whose columns are known.
pub(crate) struct Columns<'a>(pub &'a RecordBatch);

impl<'a> Columns<'a> {
    fn get<T>(
        &self,
        at: usize,
        pick: impl Fn(&'a dyn Array) -> Option<&'a T>,
    ) -> Result<&'a T, ApiError> {
        let column = self.0.columns().get(at).map(|column| column.as_ref());
        column.and_then(pick).ok_or_else(|| {
            let found = self.0.schema();
            ApiError::internal(&format!("column {at} of {found} is of another type"))
        })
    }

    pub(crate) fn times(&self, at: usize) -> Result<&'a TimestampMicrosecondArray, ApiError> {
        self.get(at, |c| c.as_primitive_opt::<TimestampMicrosecondType>())
    }

    pub(crate) fn texts(&self, at: usize) -> Result<&'a StringArray, ApiError> {
        self.get(at, |c| c.as_string_opt::<i32>())
    }

    pub(crate) fn doubles(&self, at: usize) -> Result<&'a Float64Array, ApiError> {
        self.get(at, |c| c.as_primitive_opt::<Float64Type>())
    }

    pub(crate) fn ints(&self, at: usize) -> Result<&'a Int32Array, ApiError> {
        self.get(at, |c| c.as_primitive_opt::<Int32Type>())
    }

    pub(crate) fn longs(&self, at: usize) -> Result<&'a Int64Array, ApiError> {
        self.get(at, |c| c.as_primitive_opt::<Int64Type>())
    }

    pub(crate) fn booleans(&self, at: usize) -> Result<&'a BooleanArray, ApiError> {
        self.get(at, |c| c.as_boolean_opt())
    }

    pub(crate) fn bytes(&self, at: usize) -> Result<&'a BinaryArray, ApiError> {
        self.get(at, |c| c.as_binary_opt::<i32>())
    }
}

/// The text in a row, unless it is NULL.
pub(crate) fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// The number in a row, unless it is NULL or none that JSON has.
pub(crate) fn double(column: &Float64Array, row: usize) -> Option<f64> {
    let there = column.is_valid(row).then(|| column.value(row));
    there.filter(|value| value.is_finite())
}

/// A text, cut at `max` bytes with an ellipsis.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("äöü", 6), "äöü");
        assert_eq!(cut("äöü", 5), "äö…");
        assert_eq!(cut("äöü", 1), "…");
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The columns of an answer in types that PostgreSQL has: it knows no unsigned numbers, and what
//! the engine holds in several forms is one there.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};

use crate::error::QueryError;

/// The type that an answer has in place of the engine's.
pub(crate) fn told_type(own: &DataType) -> DataType {
    match own {
        DataType::UInt64 | DataType::UInt32 => DataType::Int64,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt8 | DataType::Int8 => DataType::Int16,
        DataType::Float16 => DataType::Float32,
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Dictionary(_, value) => told_type(value),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let kind = told_type(item.data_type());
            DataType::List(Arc::new(Field::new(item.name(), kind, item.is_nullable())))
        }
        other => other.clone(),
    }
}

/// The batch in the answer's types and names.
pub(crate) fn told(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, QueryError> {
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let columns = batch.columns().iter().zip(schema.fields());
    let columns: Vec<ArrayRef> = columns
        .map(
            |(column, field)| match column.data_type() == field.data_type() {
                true => Ok(Arc::clone(column)),
                false => cast_with_options(column, field.data_type(), &strict),
            },
        )
        .collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::clone(schema);
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{AsArray, UInt64Array};
    use datafusion::arrow::datatypes::{Int64Type, Schema};

    use super::*;

    #[test]
    fn unsigned_numbers_are_bigint_or_an_error() {
        let of = |value: u64| {
            let column: ArrayRef = Arc::new(UInt64Array::from(vec![value]));
            RecordBatch::try_from_iter([("n", column)]).expect("one column")
        };
        let kind = told_type(&DataType::UInt64);
        let schema = Arc::new(Schema::new(vec![Field::new("count", kind, true)]));
        let got = told(&of(7), &schema).expect("fits");
        assert_eq!(got.column(0).as_primitive::<Int64Type>().value(0), 7);
        assert!(told(&of(u64::MAX), &schema).is_err());
    }
}

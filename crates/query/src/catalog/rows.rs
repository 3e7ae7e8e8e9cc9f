// SPDX-License-Identifier: Apache-2.0
//! Small tables of the system, written by the names of columns: what a row does not name is 0,
//! false, empty or NULL.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::{Result, ScalarValue};

/// A row: the values that are not the column's default.
pub(super) type Row = Vec<(&'static str, ScalarValue)>;

/// A schema of nullable columns.
pub(super) fn schema(columns: &[(&'static str, DataType)]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, kind)| Field::new(*name, kind.clone(), true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// A table that holds the rows.
pub(super) fn table(schema: SchemaRef, rows: &[Row]) -> Result<Arc<dyn TableProvider>> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| {
            if rows.is_empty() {
                return Ok(datafusion::arrow::array::new_empty_array(field.data_type()));
            }
            let values = rows
                .iter()
                .map(|row| value(field, row))
                .collect::<Result<Vec<_>>>()?;
            ScalarValue::iter_to_array(values)
        })
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

fn value(field: &Field, row: &Row) -> Result<ScalarValue> {
    let named = row.iter().find(|(name, _)| name == field.name());
    match named {
        Some((_, value)) => value.cast_to(field.data_type()),
        None if field.is_nullable() => ScalarValue::try_from(field.data_type()),
        None => ScalarValue::new_default(field.data_type()),
    }
}

/// Text of a row.
pub(super) fn text(value: impl Into<String>) -> ScalarValue {
    ScalarValue::Utf8(Some(value.into()))
}

/// A whole number of a row, of whatever width its column has.
pub(super) fn int(value: impl Into<i64>) -> ScalarValue {
    ScalarValue::Int64(Some(value.into()))
}

/// A boolean of a row.
pub(super) fn bool(value: bool) -> ScalarValue {
    ScalarValue::Boolean(Some(value))
}

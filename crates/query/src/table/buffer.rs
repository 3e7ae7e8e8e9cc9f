// SPDX-License-Identifier: Apache-2.0
//! Rows that are not in files yet, brought to the table's schema by the names of columns.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::Result;
use datafusion::physical_plan::ExecutionPlan;

use super::projected;

/// A plan over buffered rows. Columns are shared with the buffer, not copied, except texts that
/// stand in dictionaries there: those are written out where a statement asks for them.
pub(super) fn plan(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    projection: Option<&Vec<usize>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = projected(schema, projection)?;
    let batches = batches
        .iter()
        .map(|b| adapt(&schema, b))
        .collect::<Result<Vec<_>>>()?;
    let plan = MemorySourceConfig::try_new_exec(&[batches], schema, None)?;
    Ok(plan)
}

fn adapt(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match batch.column_by_name(field.name()) {
            None => new_null_array(field.data_type(), batch.num_rows()),
            Some(column) if column.data_type() == field.data_type() => Arc::clone(column),
            Some(column) => cast(column, field.data_type())?,
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns,
        &options,
    )?)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray, Int32Array, StringArray};
    use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    #[test]
    fn columns_are_matched_by_name_cast_and_filled_with_null() {
        let have = Arc::new(Schema::new(vec![
            Field::new("extra", DataType::Utf8, true),
            Field::new("count", DataType::Int32, true),
        ]));
        let want: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("count", DataType::Int64, true),
            Field::new("later", DataType::Utf8, true),
        ]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["x", "y"])),
            Arc::new(Int32Array::from(vec![1, 2])),
        ];
        let batch = RecordBatch::try_new(have, columns).expect("same lengths");

        let got = adapt(&want, &batch).expect("adaptable");
        assert_eq!(got.column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
        assert_eq!(got.column(1).null_count(), 2);
    }
}

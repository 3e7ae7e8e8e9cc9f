// SPDX-License-Identifier: Apache-2.0
//! Answers as Parquet files, written into memory: an answer is within the limits, and a file of it is
//! smaller.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;

use super::Answer;
use crate::error::QueryError;
use crate::types::type_name;

/// Rows of a row group: what a reader takes into memory at once.
const GROUP_ROWS_MAX: usize = 128 << 10;

pub(super) fn answer(answer: &Answer) -> Result<Vec<u8>, QueryError> {
    let schema = written(&answer.schema)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_created_by("Headwater".to_owned());
    let mut file = Vec::new();
    let writer = ArrowWriter::try_new(&mut file, Arc::clone(&schema), Some(properties.build()));
    let mut writer = writer.map_err(wrong)?;
    for batch in &answer.batches {
        writer.write(&of_schema(batch, &schema)?).map_err(wrong)?;
    }
    writer.close().map_err(wrong)?;
    Ok(file)
}

/// The columns with a name each, in types that every reader has.
fn written(schema: &SchemaRef) -> Result<SchemaRef, QueryError> {
    let mut taken = BTreeSet::new();
    let mut fields = Vec::new();
    for field in schema.fields() {
        let kind = match field.data_type() {
            DataType::Null => DataType::Utf8,
            // By its name: some readers know no offsets.
            DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("UTC".into())),
            kind @ (DataType::Interval(_) | DataType::Duration(_)) => {
                return Err(QueryError::invalid(format!(
                    "column {} is of type {}, which Parquet files have no form for: cast it to text",
                    field.name(),
                    type_name(kind)
                )));
            }
            kind => kind.clone(),
        };
        let numbered = |number: usize| match number {
            1 => field.name().clone(),
            _ => format!("{}_{number}", field.name()),
        };
        let name = (1..).map(numbered).find(|name| !taken.contains(name));
        let name = name.unwrap_or_default();
        taken.insert(name.clone());
        fields.push(Field::new(name, kind, true));
    }
    Ok(Arc::new(Schema::new(fields)))
}

fn of_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, QueryError> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns: Vec<ArrayRef> = columns
        .map(
            |(column, field)| match column.data_type() == field.data_type() {
                true => Ok(Arc::clone(column)),
                false => cast(column, field.data_type()),
            },
        )
        .collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::clone(schema);
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}

fn wrong(error: ParquetError) -> QueryError {
    QueryError::invalid(format!("the answer can't be written as Parquet: {error}"))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int64Array, NullArray, StringArray};
    use datafusion::arrow::datatypes::IntervalUnit;
    use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn read(file: Vec<u8>) -> (SchemaRef, Vec<RecordBatch>) {
        let file = bytes::Bytes::from(file);
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let schema = Arc::clone(reader.schema());
        let batches = reader.build().expect("readable").collect::<Result<_, _>>();
        (schema, batches.expect("batches"))
    }

    #[test]
    fn names_are_made_to_differ() {
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new("n", DataType::Utf8, true),
            Field::new("nothing", DataType::Null, true),
        ]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(StringArray::from(vec![Some("a"), None])),
            Arc::new(NullArray::new(2)),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).expect("fits");
        let file = Answer::new(schema, vec![batch]).to_parquet().expect("fits");
        let (schema, batches) = read(file);
        let names: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(names, ["n", "n_2", "nothing"]);
        assert_eq!(batches[0].column(1).null_count(), 1);
        assert_eq!(batches[0].column(2).null_count(), 2);
    }

    #[test]
    fn an_answer_without_rows_has_its_columns() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let file = Answer::new(schema, vec![]).to_parquet().expect("fits");
        let (schema, batches) = read(file);
        assert_eq!((schema.fields().len(), batches.len()), (1, 0));
    }

    #[test]
    fn what_has_no_form_is_said() {
        let kind = DataType::Interval(IntervalUnit::MonthDayNano);
        let schema = Arc::new(Schema::new(vec![Field::new("i", kind, true)]));
        let refused = Answer::new(schema, vec![])
            .to_parquet()
            .expect_err("no form");
        assert!(refused.to_string().contains("cast it to text"), "{refused}");
    }
}

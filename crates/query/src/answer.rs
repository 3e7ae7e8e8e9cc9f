// SPDX-License-Identifier: Apache-2.0
//! What a statement answers: columns with PostgreSQL's names of types, rows as Arrow batches.

pub(crate) mod columns;
mod json;
mod parquet;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::error::QueryError;
use crate::types::type_name;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its name; names may repeat.
    pub name: String,
    /// Its type in PostgreSQL's words, as in `timestamp with time zone`.
    pub type_name: String,
}

/// A whole answer, within the limits.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The columns, in order.
    pub columns: Vec<AnswerColumn>,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    schema: SchemaRef,
}

impl Answer {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        let column = |field: &Arc<Field>| AnswerColumn {
            name: field.name().clone(),
            type_name: type_name(field.data_type()),
        };
        Self {
            columns: schema.fields().iter().map(column).collect(),
            batches,
            schema,
        }
    }

    /// An answer of one column of text.
    pub(crate) fn text(name: &str, values: &[String]) -> Result<Self, QueryError> {
        let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, true)]));
        let values: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![values])?;
        Ok(Self::new(schema, vec![batch]))
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The answer as JSON: `{"columns":[{"name":…,"type":…}],"rows":[[…],…]}`.
    ///
    /// Times with a zone are RFC 3339 in UTC with six digits and `Z`, those without have no `Z`;
    /// whole and floating-point numbers are numbers, NaN and the infinities null; exact decimals,
    /// dates, times of day and intervals are text; bytes are text in standard base64; arrays are
    /// arrays and records objects.
    ///
    /// # Errors
    /// `Invalid` for a type that has no JSON form.
    pub fn to_json(&self) -> Result<String, QueryError> {
        json::answer(self)
    }

    /// The answer as a Parquet file, compressed by zstd. Columns keep their types; of columns that
    /// have one name all but the first get a number, as in `count_2`.
    ///
    /// # Errors
    /// `Invalid` for a type that Parquet has no form for.
    pub fn to_parquet(&self) -> Result<Vec<u8>, QueryError> {
        parquet::answer(self)
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Files that a statement's condition on time rules out are not opened.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicate;
use hw_kernel::port::tables::{ColumnKind, DataFile, TableSpec};

use crate::types::UTC;

/// The files that may hold rows which the filters let through. When in doubt a file stays.
pub(super) fn by_time<'a>(
    spec: &TableSpec,
    schema: &SchemaRef,
    state: &dyn Session,
    filters: &[Expr],
    files: &'a [DataFile],
) -> Result<Vec<&'a DataFile>> {
    let all = || files.iter().collect();
    let time = spec
        .columns
        .iter()
        .find(|column| column.kind == ColumnKind::Time);
    let Some(time) = time else {
        return Ok(all());
    };
    // Conditions on other columns can rule out nothing here, and not all of them can be tried:
    // DataFusion compares the bounds of `text LIKE 'a%'` as another type than views of text.
    let about_time = filters.iter().filter(|filter| {
        let columns = filter.column_refs();
        !columns.is_empty() && columns.iter().all(|column| column.name == time.name)
    });
    let Some(filter) = conjunction(about_time.cloned()) else {
        return Ok(all());
    };
    let df_schema = DFSchema::try_from(Arc::clone(schema))?;
    let expr = state.create_physical_expr(filter, &df_schema)?;
    let Ok(predicate) = PruningPredicate::try_new(expr, Arc::clone(schema)) else {
        return Ok(all());
    };
    let kept = predicate.prune(&Times {
        column: time.name,
        files,
    })?;
    Ok(files
        .iter()
        .zip(kept)
        .filter_map(|(file, keep)| keep.then_some(file))
        .collect())
}

/// What is known of files without opening them: first and last time.
struct Times<'a> {
    column: &'a str,
    files: &'a [DataFile],
}

impl Times<'_> {
    fn values(&self, column: &Column, pick: fn((i64, i64)) -> i64) -> Option<ArrayRef> {
        (column.name == self.column).then(|| {
            let values = self.files.iter().map(|file| file.time.map(pick));
            let array: TimestampMicrosecondArray = values.collect();
            Arc::new(array.with_timezone(UTC)) as ArrayRef
        })
    }
}

impl PruningStatistics for Times<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |(min, _)| min)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |(_, max)| max)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

// SPDX-License-Identifier: Apache-2.0
//! In which of a table's files a row is, by its time and one text of it. Only the two columns are
//! read, and of them what the file's own statistics don't rule out.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, LogicalPlan, ident, lit};
use futures::StreamExt;
use hw_kernel::port::tables::ColumnKind;
use hw_model::{AccountId, Timestamp};

use crate::catalog::OneFile;
use crate::engine::{Engine, within};
use crate::error::QueryError;
use crate::session::Session;
use crate::types::UTC;

/// A row by what it holds.
#[derive(Debug, Clone, Copy)]
pub struct RowOf<'a> {
    /// The table's name.
    pub table: &'a str,
    /// In its first column of times.
    pub time: Timestamp,
    /// The name of a column of text.
    pub column: &'a str,
    /// What stands in that column.
    pub text: &'a str,
}

impl Engine {
    /// The first of `files`, by its place in the list, that holds the row; `None` if none of them
    /// does, or they are no files of the table any more.
    ///
    /// # Errors
    /// See [`QueryError`]: the limits of a statement hold for the whole search.
    pub async fn file_with(
        &self,
        account: AccountId,
        files: &[String],
        row: RowOf<'_>,
    ) -> Result<Option<usize>, QueryError> {
        let session = self.open(account, &account.to_string());
        let search = async {
            for (place, key) in files.iter().enumerate() {
                let Some(file) = session.catalog.file(row.table, key).await? else {
                    return Ok(None);
                };
                let mut rows = self.started(&session, plan(&session, file, row)?).await?;
                while let Some(batch) = rows.next().await {
                    if batch?.num_rows() > 0 {
                        return Ok(Some(place));
                    }
                }
            }
            Ok(None)
        };
        within(self.limits().statement_time_max, search).await
    }
}

fn plan(session: &Session, file: OneFile, row: RowOf<'_>) -> Result<LogicalPlan, QueryError> {
    let times = file.spec.columns.iter();
    let time = times
        .filter(|column| column.kind == ColumnKind::Time)
        .map(|column| {
            let time = ScalarValue::TimestampMicrosecond(Some(row.time.0), Some(UTC.into()));
            ident(column.name).eq(Expr::Literal(time, None))
        })
        .next();
    let text = ident(row.column).eq(lit(row.text));
    let wanted = match time {
        Some(time) => time.and(text),
        None => text,
    };
    let rows = session.context.read_table(Arc::new(file.table))?;
    let rows = rows.filter(wanted)?.select(vec![ident(row.column)])?;
    Ok(rows.limit(0, Some(1))?.into_unoptimized_plan())
}

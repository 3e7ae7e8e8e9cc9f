// SPDX-License-Identifier: Apache-2.0
//! One write: its statements in one transaction, each with what it must find.

use hw_kernel::port::catalog::{CatalogError, Expect, Outcome, Statement};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor, SqlSafeStr, Statement as _};

use crate::error::{engine, statement as of_statement};
use crate::value;

/// Why a write changed nothing, and whether its connection can go on.
pub(crate) struct Failed {
    pub(crate) error: CatalogError,
    pub(crate) connection_is_clean: bool,
}

impl Failed {
    fn for_good(error: CatalogError) -> Self {
        Self {
            error,
            connection_is_clean: false,
        }
    }
}

/// Runs `statements`; an error means that nothing was changed.
pub(crate) async fn run(
    connection: &mut SqliteConnection,
    statements: Vec<Statement>,
) -> Result<Vec<Outcome>, Failed> {
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(|error| Failed::for_good(engine(error)))?;
    let last = statements.len().saturating_sub(1);
    match all(&mut transaction, statements).await {
        Ok(outcomes) => match transaction.commit().await {
            Ok(()) => Ok(outcomes),
            Err(error) => Err(Failed::for_good(of_statement(last, error))),
        },
        // Some failures, such as a full disk, have rolled back already: then this one fails.
        Err(error) => Err(Failed {
            error,
            connection_is_clean: transaction.rollback().await.is_ok(),
        }),
    }
}

async fn all(
    connection: &mut SqliteConnection,
    statements: Vec<Statement>,
) -> Result<Vec<Outcome>, CatalogError> {
    let mut outcomes = Vec::with_capacity(statements.len());
    for (index, statement) in statements.into_iter().enumerate() {
        let expect = statement.expect;
        let outcome = one(connection, index, statement).await?;
        if let Expect::Rows(expected) = expect
            && expected != outcome.rows_affected
        {
            return Err(CatalogError::Conflict {
                index,
                expected,
                found: outcome.rows_affected,
            });
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn one(
    connection: &mut SqliteConnection,
    index: usize,
    statement: Statement,
) -> Result<Outcome, CatalogError> {
    let error = |error| of_statement(index, error);
    let arguments = value::arguments(statement.args)?;
    let prepared = connection
        .prepare(statement.sql.into_sql_str())
        .await
        .map_err(error)?;
    let query = prepared.query_with(arguments);
    if prepared.columns().is_empty() {
        let done = query.execute(connection).await.map_err(error)?;
        return Ok(Outcome {
            rows_affected: done.rows_affected(),
            returned: Vec::new(),
        });
    }
    // The engine's own count would be that of the statement before, if this one changes nothing.
    let rows = query.fetch_all(connection).await.map_err(error)?;
    let returned: Vec<_> = rows.iter().map(value::row).collect::<Result<_, _>>()?;
    Ok(Outcome {
        rows_affected: returned.len() as u64,
        returned,
    })
}

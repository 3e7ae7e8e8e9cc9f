// SPDX-License-Identifier: Apache-2.0
//! Statements that are kept by name: `PREPARE` and `EXECUTE`, `DECLARE` and `FETCH`.

use datafusion::sql::sqlparser::ast::{
    DataType, Declare as Declared, DeclareType, Expr, FetchDirection, Ident, Query, SelectItem,
    SetExpr, Statement, Value,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::words::unsupported;
use super::{Command, Declare, Prepare, allowed, ask, command};
use crate::error::QueryError;

pub(super) fn prepare(
    name: String,
    types: &[DataType],
    statement: Statement,
) -> Result<Command, QueryError> {
    let command = match command(statement)? {
        query @ Command::Query(_) => query,
        _ => return unsupported("only queries are prepared"),
    };
    let types = types.iter().map(ToString::to_string).collect();
    Ok(Command::Prepare(Box::new(Prepare {
        name,
        types,
        command,
    })))
}

/// The values of `EXECUTE` are what `SELECT` of them answers.
pub(super) fn execute(name: String, values: Vec<Expr>) -> Result<Command, QueryError> {
    if values.is_empty() {
        return Ok(Command::Execute(name, None));
    }
    let mut query = one_row()?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        let named = (1..).zip(values);
        let items = named.map(|(number, expr)| SelectItem::ExprWithAlias {
            expr,
            alias: Ident::new(format!("p{number}")),
        });
        select.projection = items.collect();
    }
    allowed(&query)?;
    let ask = ask(&mut Statement::Query(Box::new(query)))?;
    Ok(Command::Execute(name, Some(Box::new(ask))))
}

/// A query that has every part a query has, and no table.
fn one_row() -> Result<Query, QueryError> {
    match Parser::parse_sql(&PostgreSqlDialect {}, "SELECT 1")?.pop() {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(QueryError::Syntax("syntax error in EXECUTE".into())),
    }
}

pub(super) fn declare(declared: Vec<Declared>) -> Result<Command, QueryError> {
    let [declared] = <[Declared; 1]>::try_from(declared)
        .map_err(|_| QueryError::Syntax("one cursor at a time".into()))?;
    let (Some(name), Some(query), Some(DeclareType::Cursor)) = (
        declared.names.into_iter().next(),
        declared.for_query,
        declared.declare_type,
    ) else {
        return unsupported("only cursors are declared, as in DECLARE c CURSOR FOR SELECT …");
    };
    if declared.scroll == Some(true) {
        return unsupported("cursors go forward only: declare it with NO SCROLL");
    }
    if declared.binary == Some(true) {
        return unsupported("a cursor is text or binary as its FETCH asks: leave BINARY out");
    }
    allowed(&query)?;
    Ok(Command::Declare(Box::new(Declare {
        name: name.value,
        hold: declared.hold == Some(true),
        ask: ask(&mut Statement::Query(query))?,
    })))
}

/// How many rows are fetched; `None` is all.
pub(super) fn count(direction: &FetchDirection) -> Result<Option<usize>, QueryError> {
    let number = |value: &Value| match value {
        Value::Number(digits, _) => digits.parse::<usize>().ok(),
        _ => None,
    };
    let rows = match direction {
        FetchDirection::Next | FetchDirection::Forward { limit: None } => Some(1),
        FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => {
            number(limit)
        }
        FetchDirection::All | FetchDirection::ForwardAll => return Ok(None),
        _ => None,
    };
    match rows {
        Some(rows) => Ok(Some(rows)),
        None => Err(QueryError::state(
            "55000",
            "cursors go forward only: FETCH a number, or ALL",
        )),
    }
}

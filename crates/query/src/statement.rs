// SPDX-License-Identifier: Apache-2.0
//! From text to statements that may run: parsed, bounded, told apart, and made fit for the engine.

mod compat;
mod cursor;
mod dialect;
mod lookups;
mod names;
mod size;
mod words;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Query, SetExpr, Statement, Visit, Visitor};

use crate::error::QueryError;
use crate::limits::Limits;

pub(crate) use compat::Parser;
pub(crate) use dialect::with_seconds;
pub(crate) use names::Names;

/// A query as it is planned, and the names of its answer's columns.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub statement: Statement,
    pub names: Names,
}

/// A statement that is allowed.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// A query, or the explanation of one.
    Query(Box<Ask>),
    /// `SHOW name`; `None` is `SHOW ALL`.
    Show(Option<String>),
    /// `SET name = value`; `None` is `DEFAULT`, as in `RESET`.
    Set(String, Option<String>),
    /// `RESET ALL`.
    ResetAll,
    /// `BEGIN` or `START TRANSACTION`.
    Begin,
    /// `COMMIT` or `END`.
    Commit,
    /// `ROLLBACK` or `ABORT`.
    Rollback,
    /// Accepted and without effect here; the tag that answers it.
    Nothing(&'static str),
    /// `DISCARD ALL` and the like.
    Discard(String),
    /// `DEALLOCATE name`; `None` is `ALL`.
    Deallocate(Option<String>),
    /// `PREPARE name AS …`.
    Prepare(Box<Prepare>),
    /// `EXECUTE name (…)`; the values are asked for by a query of one row, if there are any.
    Execute(String, Option<Box<Ask>>),
    /// `DECLARE name CURSOR FOR …`.
    Declare(Box<Declare>),
    /// `FETCH … FROM name`: so many rows, or all.
    Fetch(String, Option<usize>),
    /// `CLOSE name`; `None` is `ALL`.
    Close(Option<String>),
}

/// A statement that is prepared by SQL.
#[derive(Debug, Clone)]
pub(crate) struct Prepare {
    pub name: String,
    /// The types of its parameters, in PostgreSQL's words.
    pub types: Vec<String>,
    pub command: Command,
}

/// A cursor that is declared by SQL.
#[derive(Debug, Clone)]
pub(crate) struct Declare {
    pub name: String,
    /// Whether it outlives its transaction.
    pub hold: bool,
    pub ask: Ask,
}

impl Parser {
    /// The statements of a text, in order.
    ///
    /// # Errors
    /// `Syntax` if it is not SQL, `Limit` if it is too long or deep, `ReadOnly` or `Unsupported`
    /// for what is not allowed: one bad statement refuses the whole text.
    pub(crate) fn commands(&self, sql: &str, limits: &Limits) -> Result<Vec<Command>, QueryError> {
        size::text(sql, limits)?;
        let statements = self.parse(sql)?;
        statements.into_iter().map(command).collect()
    }
}

/// What a statement is, if it is allowed.
fn command(mut statement: Statement) -> Result<Command, QueryError> {
    match &statement {
        Statement::Query(query) => allowed(query)?,
        Statement::Explain {
            statement: inner, ..
        } => match inner.as_ref() {
            Statement::Query(query) => allowed(query)?,
            other => return Err(QueryError::ReadOnly(words::first(other))),
        },
        _ => return words::command(statement),
    }
    Ok(Command::Query(Box::new(ask(&mut statement)?)))
}

/// A query that is allowed, as the engine wants it.
fn ask(statement: &mut Statement) -> Result<Ask, QueryError> {
    let names = Names::of(statement);
    dialect::adapt(statement)?;
    Ok(Ask {
        statement: statement.clone(),
        names,
    })
}

/// A query that only reads and is not too large when its parts are put in place.
fn allowed(query: &Query) -> Result<(), QueryError> {
    if let ControlFlow::Break(refused) = query.visit(&mut Reads) {
        return Err(QueryError::ReadOnly(refused));
    }
    size::relations(query)
}

/// Looks for what writes inside of a query.
struct Reads;

impl Visitor for Reads {
    type Break = String;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<String> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            other => ControlFlow::Break(words::first(other)),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("SELECT FOR UPDATE".into());
        }
        into(&query.body)
    }
}

fn into(body: &SetExpr) -> ControlFlow<String> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => {
            ControlFlow::Break("SELECT INTO".into())
        }
        SetExpr::SetOperation { left, right, .. } => {
            into(left)?;
            into(right)
        }
        _ => ControlFlow::Continue(()),
    }
}

// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/tables`: what SQL finds, in words.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_kernel::port::tables::{Column, ColumnKind, TableError, TableSpec};
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation};
use crate::error::ApiError;

/// Tables.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TableList {
    /// An account has them from its first message or event on.
    tables: Vec<ShownTable>,
}

/// A table.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownTable {
    /// As in SQL.
    name: &'static str,
    /// What it holds.
    about: &'static str,
    /// In order.
    columns: Vec<ShownColumn>,
}

/// A column.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownColumn {
    name: &'static str,
    /// As PostgreSQL calls it.
    r#type: &'static str,
    /// What it holds, with units.
    about: Option<&'static str>,
}

fn table(spec: TableSpec) -> ShownTable {
    ShownTable {
        name: spec.name,
        about: spec.doc,
        columns: spec.columns.iter().map(column).collect(),
    }
}

fn column(column: &Column) -> ShownColumn {
    ShownColumn {
        name: column.name,
        r#type: match column.kind {
            ColumnKind::Time => "timestamptz",
            ColumnKind::Text => "text",
            ColumnKind::Double => "double precision",
            ColumnKind::Int => "integer",
            ColumnKind::Long => "bigint",
            ColumnKind::Bool => "boolean",
            ColumnKind::Bytes => "bytea",
        },
        about: Some(column.doc).filter(|doc| !doc.is_empty()),
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_tables",
    tag: "data",
    summary: "The tables that SQL reads, and their columns",
    answers: &[Answer::json::<TableList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<TableList>, ApiError> {
    let found = door.deps.explain.tables.list(caller.account).await;
    let specs = found.or_else(|error| match error {
        TableError::NotFound(_) => Ok(Vec::new()),
        error => Err(ApiError::internal(&error)),
    })?;
    let tables = specs.into_iter().map(table).collect();
    Ok(Json(TableList { tables }))
}

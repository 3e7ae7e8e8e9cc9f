// SPDX-License-Identifier: Apache-2.0
//! Values of the port as arguments and columns of SQLite. A stored value comes back by its own
//! type, whatever the column was declared as.

use hw_kernel::port::catalog::{CatalogError, Row, Value};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row as _, TypeInfo, ValueRef};

use crate::error::engine;

/// The arguments of a statement, in order.
pub(crate) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, CatalogError> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(number) => arguments.add(number),
            Value::Real(number) => arguments.add(number),
            Value::Text(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(|error| engine(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

/// A row of the port.
pub(crate) fn row(found: &SqliteRow) -> Result<Row, CatalogError> {
    (0..found.len())
        .map(|column| value(found, column))
        .collect::<Result<_, _>>()
        .map(Row)
        .map_err(engine)
}

fn value(row: &SqliteRow, column: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => Value::Int(row.try_get_unchecked(column)?),
        "REAL" => Value::Real(row.try_get_unchecked(column)?),
        "BLOB" => Value::Bytes(row.try_get_unchecked(column)?),
        _ => Value::Text(row.try_get_unchecked(column)?),
    })
}

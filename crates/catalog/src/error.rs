// SPDX-License-Identifier: Apache-2.0
//! From SQLite's result codes to errors of the port.

use hw_kernel::port::catalog::CatalogError;

// Primary result codes: https://www.sqlite.org/rescode.html
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CONSTRAINT: i32 = 19;
const NOT_A_DATABASE: i32 = 26;

/// What an error outside of any statement means.
pub(crate) fn engine(error: sqlx::Error) -> CatalogError {
    if let sqlx::Error::Io(io) = &error
        && io.kind() == std::io::ErrorKind::StorageFull
    {
        return CatalogError::Full;
    }
    match primary_code(&error) {
        Some(FULL) => CatalogError::Full,
        Some(CORRUPT | NOT_A_DATABASE) => CatalogError::Damaged(error.to_string()),
        _ => CatalogError::Engine(error.to_string()),
    }
}

/// What an error of statement `index` means.
pub(crate) fn statement(index: usize, error: sqlx::Error) -> CatalogError {
    match (primary_code(&error), &error) {
        (Some(CONSTRAINT), sqlx::Error::Database(inner)) => CatalogError::Constraint {
            index,
            detail: inner.message().to_owned(),
        },
        _ => engine(error),
    }
}

/// The low byte of an extended result code.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

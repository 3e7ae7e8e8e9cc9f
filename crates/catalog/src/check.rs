// SPDX-License-Identifier: Apache-2.0
//! SQLite's own check of its pages, when the last run has not closed the database.

use std::path::Path;

use hw_kernel::port::catalog::CatalogError;
use sqlx::SqliteConnection;

use crate::error::engine;

/// Whether the last run left its write-ahead log behind: the last connection to close removes it.
pub(crate) fn was_left_open(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(Path::new(&wal)).is_ok_and(|about| about.len() > 0)
}

/// Looks for damaged pages; names the first findings.
pub(crate) async fn quick_check(connection: &mut SqliteConnection) -> Result<(), CatalogError> {
    let findings: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(5)")
        .fetch_all(connection)
        .await
        .map_err(engine)?;
    match findings.as_slice() {
        [only] if only == "ok" => Ok(()),
        _ => Err(CatalogError::Damaged(findings.join("; "))),
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The least position that a backup can be restored to.
//!
//! What tables hold can't be taken out of them again. And a checkpoint writes sessions, what they
//! are owed and what is retained down again and lets go what lies before it, so a log that is cut
//! before the end of one has the old records no more and the new ones not yet.

use std::collections::BTreeMap;

use hw_kernel::port::catalog::{Catalog, CatalogError, Statement};
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::position::Position;

/// Name of the fact that says where the last whole checkpoint ends.
const CHECKPOINT: &str = "checkpoint";

/// Begins to note checkpoints: nothing is known of those before, so they may have ended at `end`
/// of the log. What was noted stays.
pub async fn begin_checkpoints(catalog: &dyn Catalog, end: &Position) -> Result<(), CatalogError> {
    let sql = "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    write(catalog, sql, end).await
}

/// Notes that a whole checkpoint ends before `end` of the log. Must be done before it lets anything
/// go: so whoever holds the log still, and then reads the catalog, knows of each that has.
pub async fn note_checkpoint(catalog: &dyn Catalog, end: &Position) -> Result<(), CatalogError> {
    let sql = "INSERT INTO facts (name, value) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET value = $2";
    write(catalog, sql, end).await
}

async fn write(
    catalog: &dyn Catalog,
    sql: &'static str,
    end: &Position,
) -> Result<(), CatalogError> {
    let values = vec![CHECKPOINT.into(), end.to_string().into()];
    let written = catalog.write(vec![Statement::new(sql, values)]).await;
    written.map(drop)
}

/// How far the tables and the last checkpoint have come; `end` is the end of the log. A catalog
/// that notes no checkpoint is of a release that did not: then it is that end.
pub async fn earliest(catalog: &dyn Catalog, end: &Position) -> Result<Position, CatalogError> {
    let mut furthest = Position(BTreeMap::new());
    let cursors = catalog.read("SELECT cursor FROM lake_cursors", vec![]);
    for row in cursors.await? {
        let cursor: Cursor = parse(row.text(0)?, "a table's cursor")?;
        furthest.advance(&cursor.position);
    }
    let sql = "SELECT value FROM facts WHERE name = $1";
    let noted = catalog.read(sql, vec![CHECKPOINT.into()]).await?;
    let mut checkpoint = match noted.first() {
        Some(row) => parse(row.text(0)?, "the last checkpoint")?,
        None => end.clone(),
    };
    // One of a log that is gone says nothing of this one.
    let is_of_this = |epoch| end.0.keys().any(|partition| partition.epoch == epoch);
    checkpoint
        .0
        .retain(|partition, _| is_of_this(partition.epoch));
    furthest.advance(&checkpoint);
    Ok(furthest)
}

fn parse<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, CatalogError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| CatalogError::Damaged(format!("{what}: {error}")))
}

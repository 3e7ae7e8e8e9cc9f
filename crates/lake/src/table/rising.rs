// SPDX-License-Identifier: Apache-2.0
//! Times of snapshots that never fall, whatever the machine's clock does.
//!
//! Iceberg takes no snapshot that is more than a minute older than the one before. A clock that is
//! set back, or was wrong by months when a table was written, would stop all commits until it has
//! caught up. So a snapshot is then one millisecond younger than the one before it. The crate
//! checks times before it asks the catalog, too; there it is shown the table as if its past had
//! just been ([`lowered`]).

use iceberg::spec::TableMetadata;
use iceberg::table::Table;
use iceberg::{Error, ErrorKind, Result, TableCommit, TableUpdate};
use serde_json::{Value, json};

use super::open::iceberg_table;
use crate::env::Env;
use crate::place::Place;

/// The table with no time later than `now_ms`, for the crate to build a commit on; the same if it
/// has none.
pub(super) fn lowered(env: &Env, place: &Place, base: &Table, now_ms: i64) -> Result<Table> {
    let metadata = base.metadata();
    if metadata.last_updated_ms() <= now_ms {
        return Ok(base.clone());
    }
    let mut value = serde_json::to_value(metadata).map_err(unexpected)?;
    lower(&mut value, "last-updated-ms", now_ms);
    for log in ["snapshot-log", "metadata-log"] {
        let entries = value.get_mut(log).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            lower(entry, "timestamp-ms", now_ms);
        }
    }
    let metadata = serde_json::from_value(value).map_err(unexpected)?;
    iceberg_table(env, place, metadata, base.metadata_location_result()?)
}

fn lower(of: &mut Value, field: &str, most: i64) {
    if of[field].as_i64().is_some_and(|time| time > most) {
        of[field] = json!(most);
    }
}

fn unexpected(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "a table's times can't be changed").with_source(error)
}

/// What the table's metadata is with `commit`.
pub(super) fn apply(base: &Table, mut commit: TableCommit) -> Result<TableMetadata> {
    let metadata = base.metadata();
    for requirement in commit.take_requirements() {
        requirement.check(Some(metadata))?;
    }
    let from = base.metadata_location_result()?;
    let mut builder = metadata.clone().into_builder(Some(from.to_owned()));
    for update in commit.take_updates() {
        builder = risen(update, metadata)?.apply(builder)?;
    }
    Ok(builder.build()?.metadata)
}

fn risen(update: TableUpdate, metadata: &TableMetadata) -> Result<TableUpdate> {
    let least = metadata.last_updated_ms() + 1;
    match &update {
        TableUpdate::AddSnapshot { snapshot } if snapshot.timestamp_ms() < least => {
            at(&update, least)
        }
        _ => Ok(update),
    }
}

/// The same snapshot at another time; its fields can be changed only in its JSON.
fn at(update: &TableUpdate, time_ms: i64) -> Result<TableUpdate> {
    let mut value: Value = serde_json::to_value(update).map_err(unexpected)?;
    value["snapshot"]["timestamp-ms"] = json!(time_ms);
    serde_json::from_value(value).map_err(unexpected)
}

#[cfg(test)]
mod tests {
    use iceberg::spec::{Operation, Snapshot, Summary};

    use super::*;

    #[test]
    fn only_the_time_changes() {
        let snapshot = Snapshot::builder()
            .with_snapshot_id(7)
            .with_parent_snapshot_id(Some(6))
            .with_sequence_number(9)
            .with_timestamp_ms(1_000)
            .with_manifest_list("file:///t/metadata/snap.avro")
            .with_summary(Summary {
                operation: Operation::Append,
                additional_properties: [("headwater.cursor".to_owned(), "v1".to_owned())].into(),
            })
            .with_schema_id(3)
            .build();
        let update = TableUpdate::AddSnapshot { snapshot };
        let later = at(&update, 2_000).expect("changed");
        let TableUpdate::AddSnapshot { snapshot } = &later else {
            panic!("another update: {later:?}");
        };
        assert_eq!(snapshot.timestamp_ms(), 2_000);
        assert_eq!(at(&later, 1_000).expect("changed back"), update);
    }
}

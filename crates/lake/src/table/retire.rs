// SPDX-License-Identifier: Apache-2.0
//! What follows a commit, and may fail without harm: the hint for readers without a catalog, old
//! metadata files, old snapshots. Without it metadata would grow with the square of the commits.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use hw_kernel::port::blobs::Put;
use hw_kernel::port::cursor::Cursor;
use iceberg::Result;
use iceberg::spec::{Operation, TableMetadata};
use iceberg::table::Table;

use super::change::{self, Change};
use super::{Opened, swap};
use crate::env::Env;
use crate::place::Place;

/// Old metadata files that are kept, for readers that have just opened one.
pub(crate) const METADATA_FILES_KEPT: usize = 50;

/// How long a snapshot is kept at least after it was the current one.
pub(super) const SNAPSHOT_AGE_MIN: Duration = Duration::from_secs(3_600);

const HINT: &str = "metadata/version-hint.text";

/// What readers that go by folder look for: the current metadata file's name without its ending.
pub(crate) fn hint(metadata_location: &str) -> Option<&str> {
    let (_, name) = metadata_location.rsplit_once('/')?;
    name.strip_suffix(".metadata.json")
}

/// Writes the hint.
pub(crate) async fn write_hint(env: &Env, place: &Place, metadata_location: &str) {
    let Some(hint) = hint(metadata_location) else {
        return;
    };
    let bytes = Bytes::copy_from_slice(hint.as_bytes());
    if let Err(error) = env.blobs.put(&place.key(HINT), bytes, Put::Replace).await {
        tracing::warn!(table = place.table, error = %error, "the version hint could not be written");
    }
}

/// Writes the hint if it is not that of the current metadata, as after a crash between the commit
/// and its hint.
pub(crate) async fn repair_hint(env: &Env, place: &Place, metadata_location: &str) {
    let found = env.blobs.get(&place.key(HINT), None).await;
    let right =
        found.is_ok_and(|found| hint(metadata_location).map(str::as_bytes) == Some(&*found));
    if !right {
        write_hint(env, place, metadata_location).await;
    }
}

/// After a commit that led from `before` to `after`.
pub(super) async fn after_commit(env: &Env, before: &Opened, after: &Table) {
    let place = &before.place;
    write_hint(env, place, after.metadata_location().unwrap_or_default()).await;
    let log = |table: &Table| -> HashSet<String> {
        let log = table.metadata().metadata_log().iter();
        log.map(|entry| entry.metadata_file.clone()).collect()
    };
    // Manifests and files may be named by other snapshots too: the sweep finds out.
    let lists = |table: &Table| -> HashSet<String> {
        let snapshots = table.metadata().snapshots();
        snapshots
            .map(|snapshot| snapshot.manifest_list().to_owned())
            .collect()
    };
    let dropped = &log(&before.table) - &log(after);
    delete(env, place, dropped).await;
    delete(env, place, &lists(&before.table) - &lists(after)).await;
}

/// Snapshots of a table that nobody needs any more, oldest first.
///
/// What counts is not how old a snapshot is but how long it has not been the current one: whoever
/// opened the table while it was has the hour to read its files to the end.
pub(super) fn old_snapshots(metadata: &TableMetadata, now_ms: i64) -> Vec<i64> {
    let mut snapshots: Vec<_> = metadata.snapshots().collect();
    snapshots.sort_unstable_by_key(|snapshot| snapshot.sequence_number());
    let age_min = SNAPSHOT_AGE_MIN.as_millis() as i64;
    snapshots
        .windows(2)
        .take_while(|pair| {
            let replaced = pair[1].timestamp_ms();
            // A time yet to come is that of a clock that was set back since.
            replaced < now_ms - age_min || replaced > now_ms + age_min
        })
        .map(|pair| pair[0].snapshot_id())
        .collect()
}

/// Drops these snapshots; gives back the table without them.
pub(super) async fn expire(
    env: &Env,
    opened: &Opened,
    snapshots: Vec<i64>,
    cursor: &Cursor,
) -> Result<Opened> {
    let from = opened.table.metadata_location_result()?;
    let builder = opened.table.metadata().clone();
    let built = builder
        .into_builder(Some(from.to_owned()))
        .remove_snapshots(&snapshots)
        .build();
    let next = match built {
        Ok(built) => {
            let (place, base) = (&opened.place, &opened.table);
            let table = swap::install(env, place, base, built.metadata, cursor).await?;
            Opened {
                table,
                ..opened.clone()
            }
        }
        // The clock was set back, and metadata of today would lie before the last snapshot: a new
        // snapshot, which changes nothing, takes them along.
        Err(_) => {
            let change = Change {
                commit: uuid::Uuid::new_v4(),
                operation: Operation::Replace,
                added: Vec::new(),
                removed: HashSet::new(),
                forgotten: snapshots,
            };
            change::apply(env, opened, change, cursor).await?
        }
    };
    after_commit(env, opened, &next.table).await;
    Ok(next)
}

async fn delete(env: &Env, place: &Place, urls: HashSet<String>) {
    for key in urls.iter().filter_map(|url| place.key_of(url)) {
        if let Err(error) = env.blobs.delete(&key).await {
            tracing::warn!(blob.key = key, error = %error, "an old metadata file could not be deleted");
        }
    }
}

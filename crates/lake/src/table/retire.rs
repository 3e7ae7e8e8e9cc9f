// SPDX-License-Identifier: Apache-2.0
//! What follows a commit, and may fail without harm: the hint for readers without a catalog, old
//! metadata files, old snapshots. Without it metadata would grow with the square of the commits.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use hw_kernel::port::blobs::Put;
use hw_kernel::port::cursor::Cursor;
use iceberg::Result;
use iceberg::table::Table;
use iceberg::transaction::{ApplyTransactionAction, Transaction};

use super::Opened;
use super::swap::Swap;
use crate::env::Env;
use crate::place::Place;

/// Old metadata files that are kept, for readers that have just opened one.
pub(crate) const METADATA_FILES_KEPT: usize = 50;

/// Snapshots of a table before old ones are dropped.
const SNAPSHOTS_MAX: usize = 128;

/// Snapshots that are kept however old they are.
const SNAPSHOTS_KEPT: usize = 20;

/// How long a snapshot is kept at least.
const SNAPSHOT_AGE_MIN: Duration = Duration::from_secs(3_600);

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
    let dropped = &log(&before.table) - &log(after);
    delete(env, place, dropped).await;
}

/// Drops old snapshots if there are many; gives back the table without them.
pub(super) async fn expire(env: &Env, opened: &Opened, cursor: &Cursor) -> Result<Option<Table>> {
    let metadata = opened.table.metadata();
    let cutoff = env.clock.now().millis() - SNAPSHOT_AGE_MIN.as_millis() as i64;
    let old = metadata
        .snapshots()
        .filter(|snapshot| snapshot.timestamp_ms() < cutoff);
    if metadata.snapshots().len() <= SNAPSHOTS_MAX || old.count() <= SNAPSHOTS_KEPT {
        return Ok(None);
    }
    let transaction = Transaction::new(&opened.table);
    let action = transaction
        .expire_snapshots()
        .retain_last(SNAPSHOTS_KEPT)
        .expire_older_than_ms(cutoff);
    let swap = Swap {
        env,
        place: &opened.place,
        base: &opened.table,
        cursor,
    };
    let table = action.apply(transaction)?.commit(&swap).await?;
    after_commit(env, opened, &table).await;
    let lists = |table: &Table| -> HashSet<String> {
        let snapshots = table.metadata().snapshots();
        snapshots
            .map(|snapshot| snapshot.manifest_list().to_owned())
            .collect()
    };
    // Only lists go: tables are appended to, so the newest one names every manifest and file.
    delete(env, &opened.place, &lists(&opened.table) - &lists(&table)).await;
    Ok(Some(table))
}

async fn delete(env: &Env, place: &Place, urls: HashSet<String>) {
    for key in urls.iter().filter_map(|url| place.key_of(url)) {
        if let Err(error) = env.blobs.delete(&key).await {
            tracing::warn!(blob.key = key, error = %error, "an old metadata file could not be deleted");
        }
    }
}

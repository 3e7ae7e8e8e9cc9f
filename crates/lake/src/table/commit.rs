// SPDX-License-Identifier: Apache-2.0
//! A commit: buffered rows become Parquet files, the files a snapshot, and the snapshot, with the
//! cursor in its summary, the table's current one. Until the last step nothing has happened; a
//! failure leaves the rows in the buffer and perhaps files that nobody names.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use hw_kernel::port::blobs::Put;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{DataFile, TableError};
use iceberg::table::Table;
use iceberg::transaction::{ApplyTransactionAction, Transaction};
use iceberg::{Error, ErrorKind, Result};
use uuid::Uuid;

use super::parquet::{Job, Written};
use super::swap::Swap;
use super::undo::Undo;
use super::{LakeTable, Opened, manifest, parquet, retire};
use crate::cursors;
use crate::env::Env;
use crate::error::table_error;

/// The property of a snapshot's summary that says how far in the Log its rows come.
pub const CURSOR_PROPERTY: &str = "headwater.cursor";

/// Files stored at a time; there are two where a commit passes midnight.
const FILES_AT_ONCE: usize = 4;

impl LakeTable {
    /// Commits what is buffered: `false` if nothing was. Everything up to `floor` was appended
    /// before the call, so the table has come at least that far.
    pub async fn commit(&self, env: &Env, floor: &Cursor) -> std::result::Result<bool, TableError> {
        let _turn = self.turn.lock().await;
        if self.buffered().rows == 0 {
            self.parked()?;
            return Ok(false);
        }
        let opened = self.opened_in_turn(env).await?;
        let job = self.seal(&opened, floor);
        match write(env, &opened, job).await {
            Ok((next, cursor)) => {
                self.settle(next.clone(), cursor);
                retire::after_commit(env, &opened, &next.table).await;
                self.expire(env, &next).await;
                Ok(true)
            }
            Err(error) => {
                self.unseal();
                Err(table_error(&self.name, &error))
            }
        }
    }

    /// Sets the rows of this moment aside for a commit. They stay visible.
    fn seal(&self, opened: &Opened, floor: &Cursor) -> Job {
        let mut state = self.state.lock();
        // Rows are still sealed if a commit was given up half way.
        let mut rows = std::mem::take(&mut state.fresh);
        rows.prepend(std::mem::take(&mut state.sealed));
        let batches = rows.batches().cloned().collect();
        state.sealed = rows;
        let mut cursor = state.source.clone();
        cursors::advance(&mut cursor, floor);
        Job {
            batches,
            spec: opened.spec,
            place: opened.place.clone(),
            metadata: opened.table.metadata_ref(),
            after: state.committed.clone(),
            cursor,
        }
    }

    fn unseal(&self) {
        let mut state = self.state.lock();
        let sealed = std::mem::take(&mut state.sealed);
        state.fresh.prepend(sealed);
    }

    /// Files and buffer change in one moment, so that no snapshot sees rows twice or not at all.
    fn settle(&self, next: Opened, cursor: Cursor) {
        let mut state = self.state.lock();
        state.pointer = next
            .table
            .metadata_location()
            .unwrap_or_default()
            .to_owned();
        state.opened = Some(next);
        cursors::advance(&mut state.source, &cursor);
        state.committed = cursor;
        state.sealed = Default::default();
    }

    /// Drops snapshots that nobody needs any more; the table is as good without.
    async fn expire(&self, env: &Env, opened: &Opened) {
        let cursor = self.committed();
        match retire::expire(env, opened, &cursor).await {
            Ok(Some(table)) => {
                let next = Opened {
                    table,
                    ..opened.clone()
                };
                self.settle_expired(next);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(
                table = self.name, account = %self.account, error = %error,
                "old snapshots could not be dropped"
            ),
        }
    }

    fn settle_expired(&self, next: Opened) {
        let mut state = self.state.lock();
        state.pointer = next
            .table
            .metadata_location()
            .unwrap_or_default()
            .to_owned();
        state.opened = Some(next);
    }
}

async fn write(env: &Env, opened: &Opened, job: Job) -> Result<(Opened, Cursor)> {
    let cursor = job.cursor.clone();
    let written = tokio::task::spawn_blocking(move || parquet::write(&job)).await;
    let stopped = |error| {
        Error::new(
            ErrorKind::Unexpected,
            "the thread that writes Parquet stopped",
        )
        .with_source(error)
    };
    let written = written.map_err(stopped)??;
    let undo = Undo::of(&written);
    match publish(env, opened, written, &cursor, undo.commit).await {
        Ok(next) => Ok((next, cursor)),
        Err(error) => {
            undo.after(env, &opened.place, &error).await;
            Err(error)
        }
    }
}

async fn publish(
    env: &Env,
    opened: &Opened,
    written: Vec<Written>,
    cursor: &Cursor,
    commit: Uuid,
) -> Result<Opened> {
    let entries = store(env, written).await?;
    let files = new_files(opened, &entries)?;
    let table = append(env, opened, entries, cursor, commit).await?;
    Ok(Opened {
        table,
        files,
        ..opened.clone()
    })
}

async fn store(env: &Env, written: Vec<Written>) -> Result<Vec<iceberg::spec::DataFile>> {
    let refused =
        |error| Error::new(ErrorKind::Unexpected, "the object store refused").with_source(error);
    let put = |file: Written| async move {
        let Written { key, bytes, entry } = file;
        env.blobs
            .put(&key, bytes, Put::IfAbsent)
            .await
            .map_err(refused)?;
        Ok(entry)
    };
    stream::iter(written.into_iter().map(put))
        .buffered(FILES_AT_ONCE)
        .try_collect()
        .await
}

fn new_files(opened: &Opened, entries: &[iceberg::spec::DataFile]) -> Result<Arc<[DataFile]>> {
    let time = crate::schema::time_column(&opened.spec)?.name;
    let time = opened
        .table
        .metadata()
        .current_schema()
        .field_id_by_name(time);
    let mut files = opened.files.to_vec();
    for entry in entries {
        files.push(manifest::data_file(entry, &opened.place, time)?);
    }
    Ok(files.into())
}

async fn append(
    env: &Env,
    opened: &Opened,
    entries: Vec<iceberg::spec::DataFile>,
    cursor: &Cursor,
    commit: Uuid,
) -> Result<Table> {
    let transaction = Transaction::new(&opened.table);
    let summary = HashMap::from([(CURSOR_PROPERTY.to_owned(), cursor.to_string())]);
    let action = transaction
        .fast_append()
        // Names are new UUIDs: reading every manifest to look for them would be in vain.
        .with_check_duplicate(false)
        .set_commit_uuid(commit)
        .add_data_files(entries)
        .set_snapshot_properties(summary);
    let swap = Swap {
        env,
        place: &opened.place,
        base: &opened.table,
        cursor,
    };
    action.apply(transaction)?.commit(&swap).await
}

// SPDX-License-Identifier: Apache-2.0
//! A commit: buffered rows become Parquet files, the files a snapshot, and the snapshot, with the
//! cursor in its summary, the table's current one. Until the last step nothing has happened; a
//! failure leaves the rows in the buffer and perhaps files that nobody names.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use hw_kernel::port::blobs::Put;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::TableError;
use iceberg::spec::Operation;
use iceberg::{Error, ErrorKind, Result};

use super::change::{self, Change};
use super::draft::{Kind, Target, Written};
use super::parquet::{self, Job};
use super::undo::Undo;
use super::{LakeTable, Opened, retire};
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
        self.is_sound()?;
        if self.buffered().rows == 0 {
            return Ok(false);
        }
        let opened = self.opened_in_turn(env).await?;
        let (job, cursor) = self.seal(&opened, floor);
        match write(env, &opened, job, &cursor).await {
            Ok(next) => {
                self.settle(next.clone(), cursor);
                retire::after_commit(env, &opened, &next.table).await;
                Ok(true)
            }
            Err(error) => {
                self.unseal();
                Err(table_error(&self.name, &error))
            }
        }
    }

    /// Sets the rows of this moment aside for a commit. They stay visible.
    fn seal(&self, opened: &Opened, floor: &Cursor) -> (Job, Cursor) {
        let mut state = self.state.lock();
        // Rows are still sealed if a commit was given up half way.
        let mut rows = std::mem::take(&mut state.fresh);
        rows.prepend(std::mem::take(&mut state.sealed));
        let batches = rows.batches().cloned().collect();
        state.sealed = rows;
        let mut cursor = state.source.clone();
        cursors::advance(&mut cursor, floor);
        let kind = Kind::Fresh {
            after: state.committed.clone(),
            cursor: cursor.clone(),
        };
        let target = Target::of(opened, kind);
        (Job { batches, target }, cursor)
    }

    /// Takes a table whose files, or metadata, changed and whose rows did not.
    pub(super) fn settle_files(&self, next: Opened) {
        let mut state = self.state.lock();
        state.pointer = next
            .table
            .metadata_location()
            .unwrap_or_default()
            .to_owned();
        state.opened = Some(next);
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
}

async fn write(env: &Env, opened: &Opened, job: Job, cursor: &Cursor) -> Result<Opened> {
    let written = tokio::task::spawn_blocking(move || parquet::write(&job)).await;
    let stopped = |error| {
        Error::new(
            ErrorKind::Unexpected,
            "the thread that writes Parquet stopped",
        )
        .with_source(error)
    };
    let written = written.map_err(stopped)??;
    let undo = Undo::of(written.iter().map(|file| file.key.clone()).collect());
    let published = publish(env, opened, written, cursor, undo.commit).await;
    if let Err(error) = &published {
        undo.after(env, &opened.place, error).await;
    }
    published
}

async fn publish(
    env: &Env,
    opened: &Opened,
    written: Vec<Written>,
    cursor: &Cursor,
    commit: uuid::Uuid,
) -> Result<Opened> {
    let change = Change {
        commit,
        operation: Operation::Append,
        added: store(env, written).await?,
        removed: HashSet::new(),
        forgotten: Vec::new(),
    };
    change::apply(env, opened, change, cursor).await
}

pub(super) async fn store(
    env: &Env,
    written: Vec<Written>,
) -> Result<Vec<iceberg::spec::DataFile>> {
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

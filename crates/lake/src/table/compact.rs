// SPDX-License-Identifier: Apache-2.0
//! Compaction: many small files of a day become few large ones, sorted as before, in one commit
//! that changes no row. The long part goes on beside commits and readers; only the commit takes
//! the table's turn.

use std::collections::HashSet;
use std::sync::Arc;

use hw_kernel::port::tables::{DataFile, TableError};
use hw_kernel::port::upkeep::Compacted;
use hw_model::Timestamp;
use iceberg::spec::Operation;
use iceberg::{Error, ErrorKind, Result};
use tokio::sync::mpsc;

use super::change::{self, Change};
use super::commit::store;
use super::draft::{Kind, Target};
use super::merging::Work;
use super::plan::{self, CompactLimits, Merge};
use super::source::Unreadable;
use super::undo::Undo;
use super::{LakeTable, Opened, retire};
use crate::env::Env;
use crate::error::table_error;

impl LakeTable {
    /// Files that wait for a merge, if the table has been read.
    pub fn files_waiting(&self, limits: &CompactLimits) -> usize {
        let files = self
            .state
            .lock()
            .opened
            .as_ref()
            .map(|o| Arc::clone(&o.files));
        files.map_or(0, |files| plan::waiting(&files, limits))
    }

    /// Merges what is due at `now`, but for files that can't be read: see
    /// [`Self::unreadable_files`].
    pub async fn compact(
        &self,
        env: &Env,
        now: Timestamp,
        limits: &CompactLimits,
    ) -> std::result::Result<Compacted, TableError> {
        let _alone = self.upkeep.lock().await;
        let mut done = Compacted::default();
        let mut days = HashSet::new();
        loop {
            let opened = self.opened(env).await?;
            let due = plan::due(&self.readable(&opened.files), now, limits);
            // A merge may leave a day with as many files as before: once a round is enough.
            let next = due.into_iter().find(|merge| !days.contains(&merge.keys));
            let Some(merge) = next else { break };
            let merged = match self.merge(env, &opened, &merge, limits).await {
                Ok(merged) => merged,
                Err(error) => match Unreadable::within(&error) {
                    Some(file) => {
                        self.leave_out(file);
                        continue;
                    }
                    None => return Err(table_error(&self.name, &error)),
                },
            };
            days.insert(merge.keys);
            done += merged;
            if merged.files_after == 0 {
                break;
            }
        }
        Ok(done)
    }

    async fn merge(
        &self,
        env: &Env,
        opened: &Opened,
        merge: &Merge,
        limits: &CompactLimits,
    ) -> Result<Compacted> {
        let wanted: HashSet<&str> = merge.keys.iter().map(String::as_str).collect();
        // In the order of their commits: of rows with the same key and time, the older come first.
        let files = opened
            .files
            .iter()
            .filter(|file| wanted.contains(file.key.as_str()));
        let files: Vec<DataFile> = files.cloned().collect();
        let mut undo = Undo::of(Vec::new());
        let merged = self.merge_files(env, opened, files, merge, limits, &mut undo);
        let merged = merged.await;
        if let Err(error) = &merged {
            undo.after(env, &opened.place, error).await;
        }
        merged
    }

    async fn merge_files(
        &self,
        env: &Env,
        opened: &Opened,
        files: Vec<DataFile>,
        merge: &Merge,
        limits: &CompactLimits,
        undo: &mut Undo,
    ) -> Result<Compacted> {
        let (taken, added) = write_merged(env, opened, files, merge, limits, undo).await?;
        if taken.len() < 2 {
            return Ok(Compacted::default());
        }
        let done = Compacted {
            merges: 1,
            files_before: taken.len() as u64,
            files_after: added.len() as u64,
            rows: taken.iter().map(|file| file.rows).sum(),
            bytes_before: taken.iter().map(|file| file.bytes).sum(),
            bytes_after: added.iter().map(|file| file.file_size_in_bytes()).sum(),
        };
        let change = Change {
            commit: undo.commit,
            operation: Operation::Replace,
            added,
            removed: taken
                .iter()
                .map(|file| opened.place.url_of(&file.key))
                .collect(),
            forgotten: Vec::new(),
        };
        self.change_files(env, change).await?;
        Ok(done)
    }

    /// Commits a change of files that leaves the buffer and the cursor alone; snapshots that
    /// nobody needs any more go with it, if the clock can be trusted to say which.
    pub(super) async fn change_files(&self, env: &Env, mut change: Change) -> Result<()> {
        let _turn = self.turn.lock().await;
        let stale =
            |error| Error::new(ErrorKind::CatalogCommitConflicts, "it moved").with_source(error);
        let base = self.opened_in_turn(env).await.map_err(stale)?;
        if let Some(now) = env.settled_now() {
            change.forgotten = retire::old_snapshots(base.table.metadata(), now.millis());
        }
        let next = change::apply(env, &base, change, &self.committed()).await?;
        self.settle_files(next.clone());
        retire::after_commit(env, &base, &next.table).await;
        Ok(())
    }
}

/// Writes the files of a merge as the rows come: which files it took, and what came of them.
async fn write_merged(
    env: &Env,
    opened: &Opened,
    files: Vec<DataFile>,
    merge: &Merge,
    limits: &CompactLimits,
    undo: &mut Undo,
) -> Result<(Vec<DataFile>, Vec<iceberg::spec::DataFile>)> {
    let (sender, mut written) = mpsc::channel(1);
    let work = Work {
        blobs: Arc::clone(&env.blobs),
        target: Target::of(opened, Kind::Merged { over: merge.over }),
        files,
        day: merge.day,
        limits: limits.clone(),
    };
    let merging = tokio::task::spawn_blocking(move || work.run(&sender));
    let mut entries = Vec::new();
    while let Some(file) = written.recv().await {
        undo.add(file.key.clone());
        entries.extend(store(env, vec![file]).await?);
    }
    let stopped = |error| {
        Error::new(
            ErrorKind::Unexpected,
            "the thread that merges files stopped",
        )
        .with_source(error)
    };
    let taken = merging.await.map_err(stopped)??;
    Ok((taken, entries))
}

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
use super::draft::{Draft, Kind, Target, Written};
use super::merge::Merger;
use super::plan::{self, CompactLimits, Merge};
use super::source::Source;
use super::undo::Undo;
use super::{LakeTable, Opened, retire};
use crate::env::Env;
use crate::error::table_error;
use crate::schema;

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

    /// Merges what is due at `now`.
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
            let due = plan::due(&opened.files, now, limits);
            // A merge may leave a day with as many files as before: once a round is enough.
            let next = due.into_iter().find(|merge| !days.contains(&merge.keys));
            let Some(merge) = next else { break };
            let merged = self.merge(env, &opened, &merge, limits).await;
            let merged = merged.map_err(|error| self.read_error(&error))?;
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
        let merged = self.merge_files(env, opened, files, merge.day, limits, &mut undo);
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
        day: i32,
        limits: &CompactLimits,
        undo: &mut Undo,
    ) -> Result<Compacted> {
        let (taken, added) = write_merged(env, opened, files, day, limits, undo).await?;
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
    /// nobody needs any more go with it.
    pub(super) async fn change_files(&self, env: &Env, mut change: Change) -> Result<()> {
        let _turn = self.turn.lock().await;
        let stale =
            |error| Error::new(ErrorKind::CatalogCommitConflicts, "it moved").with_source(error);
        let base = self.opened_in_turn(env).await.map_err(stale)?;
        change.forgotten = retire::old_snapshots(base.table.metadata(), env.clock.now().millis());
        let next = change::apply(env, &base, change, &self.committed()).await?;
        self.settle_files(next.clone());
        retire::after_commit(env, &base, &next.table).await;
        Ok(())
    }

    fn read_error(&self, error: &Error) -> TableError {
        match table_error(&self.name, error) {
            TableError::Engine { table, detail } if error.kind() == ErrorKind::DataInvalid => {
                TableError::Damaged { table, detail }
            }
            other => other,
        }
    }
}

/// Writes the files of a merge as the rows come: which files it took, and what came of them.
async fn write_merged(
    env: &Env,
    opened: &Opened,
    files: Vec<DataFile>,
    day: i32,
    limits: &CompactLimits,
    undo: &mut Undo,
) -> Result<(Vec<DataFile>, Vec<iceberg::spec::DataFile>)> {
    let (sender, mut written) = mpsc::channel(1);
    let work = Work {
        blobs: Arc::clone(&env.blobs),
        target: Target::of(opened, Kind::Merged),
        files,
        day,
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

/// Whoever asked for a merge has given up: the server ends.
const NOBODY_WAITS: &str = "nobody waits for the merged files";

/// The long part, for a thread of its own.
struct Work {
    blobs: Arc<dyn hw_kernel::Blobs>,
    target: Target,
    files: Vec<DataFile>,
    day: i32,
    limits: CompactLimits,
}

impl Work {
    fn run(mut self, out: &mpsc::Sender<Written>) -> Result<Vec<DataFile>> {
        let sources = self.open()?;
        if sources.len() < 2 {
            return Ok(Vec::new());
        }
        let dictionaries = self.dictionaries(&sources);
        let schema = self.schema(&dictionaries)?;
        let rows = sources.into_iter().map(|source| source.rows(&dictionaries));
        let spec = self.target.spec;
        let time = schema::time_column(&spec)?.name;
        let mut merger = Merger::new(rows.collect::<Result<_>>()?, schema, time, spec.sort)?;
        let (mut draft, mut count) = (None, 0);
        while let Some(rows) = merger.next()? {
            if out.is_closed() {
                return Err(Error::new(ErrorKind::Unexpected, NOBODY_WAITS));
            }
            count += rows.num_rows() as u64;
            let mut open = match draft.take() {
                Some(open) => open,
                None => Draft::begin(&self.target, self.day)?,
            };
            open.write(&rows)?;
            match open.bytes() >= self.limits.file_bytes_max {
                true => hand_over(out, open.finish(&self.target)?)?,
                false => draft = Some(open),
            }
        }
        if let Some(open) = draft {
            hand_over(out, open.finish(&self.target)?)?;
        }
        let expected: u64 = self.files.iter().map(|file| file.rows).sum();
        if count != expected {
            let message = format!("{count} rows were read where {expected} should be");
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        Ok(self.files)
    }

    /// Opens as many files as fit into memory, and leaves the rest for another time.
    fn open(&mut self) -> Result<Vec<Source>> {
        let (mut sources, mut memory): (Vec<Source>, u64) = (Vec::new(), 0);
        for file in &self.files {
            let source = Source::open(&self.blobs, file)?;
            memory += source.memory_bytes();
            if sources.len() >= 2 && memory > self.limits.memory_bytes_max {
                break;
            }
            sources.push(source);
        }
        self.files.truncate(sources.len());
        Ok(sources)
    }

    /// Text columns that stand in dictionaries in every file that has them.
    fn dictionaries(&self, sources: &[Source]) -> Vec<&'static str> {
        let names = self.target.spec.columns.iter().map(|column| column.name);
        let everywhere = |name: &&str| {
            let mut found = sources
                .iter()
                .filter_map(|source| source.has_dictionary(name))
                .peekable();
            found.peek().is_some() && found.all(|has| has)
        };
        let texts = |name: &&str| {
            let mut columns = self.target.spec.columns.iter();
            columns.any(|c| c.name == *name && c.kind == hw_kernel::port::tables::ColumnKind::Text)
        };
        names.filter(texts).filter(everywhere).collect()
    }

    fn schema(&self, dictionaries: &[&str]) -> Result<arrow_schema::SchemaRef> {
        let plain = schema::arrow(self.target.metadata.current_schema())?;
        let field = |field: &Arc<arrow_schema::Field>| {
            let field = field.as_ref().clone();
            match dictionaries.contains(&field.name().as_str()) {
                true => field.with_data_type(schema::dictionary()),
                false => field,
            }
        };
        let fields: Vec<_> = plain.fields().iter().map(field).collect();
        Ok(Arc::new(arrow_schema::Schema::new(fields)))
    }
}

fn hand_over(out: &mpsc::Sender<Written>, file: Written) -> Result<()> {
    let gone = |_| Error::new(ErrorKind::Unexpected, NOBODY_WAITS);
    out.blocking_send(file).map_err(gone)
}

// SPDX-License-Identifier: Apache-2.0
//! One table of one account: files that are committed, rows that are not yet, and the turn that
//! whoever changes its metadata has to take.

mod aside;
mod buffer;
mod change;
mod commit;
mod compact;
mod create;
mod draft;
mod encoding;
mod expire;
mod fold;
mod gather;
mod lent;
mod manifest;
mod merge;
mod merging;
mod open;
mod order;
mod parquet;
mod plan;
mod retain;
mod retire;
mod rising;
mod source;
mod swap;
mod sweep;
mod undo;
mod unreadable;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{DataFile, Snapshot, TableError, TableSpec};
use hw_model::AccountId;
use parking_lot::Mutex;

use self::buffer::Buffer;
pub use self::commit::CURSOR_PROPERTY;
pub(crate) use self::create::create;
use self::lent::Lent;
pub use self::plan::CompactLimits;
pub(crate) use self::retire::repair_hint;
pub(crate) use self::source::Unreadable;
use self::unreadable::LeftOut;
use crate::cursors;
use crate::env::Env;
use crate::error::table_error;
use crate::place::Place;
use crate::pointer::Pointer;
use crate::schema::conform;

/// A table.
pub(crate) struct LakeTable {
    pub account: AccountId,
    pub name: String,
    /// Taken by whoever writes metadata: one at a time.
    turn: tokio::sync::Mutex<()>,
    /// Taken by whoever tidies the table up: compaction, expiry, sweep, retention. Before `turn`.
    upkeep: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    left_out: Mutex<LeftOut>,
    /// Objects that the last sweep could not delete yet; `None` before the first, and if it failed.
    waiting: Mutex<Option<u64>>,
}

struct State {
    spec: Option<TableSpec>,
    /// The current metadata file, and how far the table has come with it.
    pointer: String,
    committed: Cursor,
    /// Read when it is first needed, so that a start with many accounts is quick.
    opened: Option<Opened>,
    /// Rows that a commit is writing.
    sealed: Buffer,
    /// Rows that came since.
    fresh: Buffer,
    /// What the rows of both come from.
    source: Cursor,
    /// Files that readers may still hold.
    lent: Lent,
    /// What is damaged, if the table was put aside for that.
    ailment: Option<String>,
}

/// A table's metadata, read.
#[derive(Clone)]
pub(crate) struct Opened {
    pub table: iceberg::table::Table,
    pub place: Place,
    pub spec: TableSpec,
    pub schema: SchemaRef,
    pub files: Arc<[DataFile]>,
}

/// Rows that wait for a commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buffered {
    /// Rows.
    pub rows: usize,
    /// Bytes of memory that they take.
    pub bytes: usize,
}

impl LakeTable {
    pub fn new(pointer: Pointer, spec: Option<TableSpec>) -> Self {
        let Pointer {
            account,
            table,
            metadata_location,
            cursor,
        } = pointer;
        let state = State {
            spec,
            pointer: metadata_location,
            source: cursor.clone(),
            committed: cursor,
            opened: None,
            sealed: Buffer::default(),
            fresh: Buffer::default(),
            lent: Lent::default(),
            ailment: None,
        };
        Self {
            account,
            name: table,
            turn: tokio::sync::Mutex::default(),
            upkeep: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            left_out: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Forgets all that is not committed, and goes on from what the catalog says.
    pub fn reset(&self, pointer: Pointer) {
        let spec = self.spec();
        let mut state = self.state.lock();
        let lent = std::mem::take(&mut state.lent);
        *state = Self::new(pointer, spec).state.into_inner();
        state.lent = lent;
    }

    /// The turn to change metadata, if nobody has it.
    pub fn try_turn(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.turn.try_lock().ok()
    }

    /// Whether its metadata has been read.
    pub fn is_open(&self) -> bool {
        self.state.lock().opened.is_some()
    }

    pub fn spec(&self) -> Option<TableSpec> {
        self.state.lock().spec
    }

    /// The current metadata file.
    pub fn metadata_location(&self) -> String {
        self.state.lock().pointer.clone()
    }

    pub fn committed(&self) -> Cursor {
        self.state.lock().committed.clone()
    }

    pub fn buffered(&self) -> Buffered {
        let state = self.state.lock();
        Buffered {
            rows: state.sealed.rows() + state.fresh.rows(),
            bytes: state.sealed.bytes() + state.fresh.bytes(),
        }
    }

    /// The row for the catalog that moves this table on to `cursor`, if it has no rows waiting and
    /// has not come that far.
    pub fn idle_until(&self, cursor: &Cursor) -> Option<Pointer> {
        let state = self.state.lock();
        let idle = state.sealed.is_empty() && state.fresh.is_empty();
        if !idle || state.ailment.is_some() || state.committed.position.covers(&cursor.position) {
            return None;
        }
        let mut moved = state.committed.clone();
        cursors::advance(&mut moved, cursor);
        Some(self.pointer(&state, moved))
    }

    /// Takes note that the catalog has `pointer`'s cursor.
    pub fn advanced(&self, pointer: &Pointer) {
        let mut state = self.state.lock();
        if state.pointer == pointer.metadata_location {
            cursors::advance(&mut state.committed, &pointer.cursor);
            cursors::advance(&mut state.source, &pointer.cursor);
        }
    }

    fn pointer(&self, state: &State, cursor: Cursor) -> Pointer {
        Pointer {
            account: self.account,
            table: self.name.clone(),
            metadata_location: state.pointer.clone(),
            cursor,
        }
    }

    /// Appends rows that come from the Log up to `source`. A table that was put aside takes none.
    pub async fn append(
        &self,
        env: &Env,
        rows: &RecordBatch,
        source: &Cursor,
    ) -> Result<(), TableError> {
        self.is_sound()?;
        self.opened(env).await?;
        let failed = |error| table_error(&self.name, &error);
        let mut state = self.state.lock();
        // Reset or widened meanwhile: take the schema of this moment.
        let Some(schema) = state
            .opened
            .as_ref()
            .map(|opened| Arc::clone(&opened.schema))
        else {
            return Err(TableError::Stale(self.name.clone()));
        };
        let rows = conform(rows, &schema).map_err(failed)?;
        state.fresh.push(rows).map_err(failed)?;
        cursors::advance(&mut state.source, source);
        Ok(())
    }

    /// Files and buffered rows of one moment.
    pub async fn snapshot(&self, env: &Env) -> Result<Snapshot, TableError> {
        loop {
            self.opened(env).await?;
            let mut state = self.state.lock();
            if let Some(opened) = &state.opened {
                let rows = state.sealed.batches().chain(state.fresh.batches());
                let (schema, files) = (Arc::clone(&opened.schema), Arc::clone(&opened.files));
                let buffer = rows.cloned().collect();
                state.lent.note(&files);
                return Ok(Snapshot {
                    schema,
                    files,
                    buffer,
                });
            }
        }
    }
}

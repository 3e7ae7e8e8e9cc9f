// SPDX-License-Identifier: Apache-2.0
//! One table of one account: files that are committed, rows that are not yet, and the turn that
//! whoever changes its metadata has to take.

mod buffer;
mod commit;
mod create;
mod manifest;
mod open;
mod order;
mod orphans;
mod parquet;
mod retire;
mod rising;
mod swap;
mod undo;

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
pub(crate) use self::retire::repair_hint;
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
    state: Mutex<State>,
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
    /// How its files are damaged, if they are: until the next start it takes no rows, its cursor
    /// stays, and the Log keeps what it has not seen.
    parked: Option<String>,
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
            parked: None,
        };
        Self {
            account,
            name: table,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
        }
    }

    /// Forgets all that is not committed, and goes on from what the catalog says.
    pub fn reset(&self, pointer: Pointer) {
        let spec = self.spec();
        *self.state.lock() = Self::new(pointer, spec).state.into_inner();
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
        let idle = state.sealed.is_empty() && state.fresh.is_empty() && state.parked.is_none();
        if !idle || state.committed.position.covers(&cursor.position) {
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

    /// Why the table takes no rows, if so.
    pub fn parked(&self) -> Result<(), TableError> {
        match &self.state.lock().parked {
            Some(detail) => Err(TableError::Damaged {
                table: self.name.clone(),
                detail: detail.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Appends rows that come from the Log up to `source`. A table whose files are damaged takes
    /// none, and takes none later either: they would be missing between.
    pub async fn append(
        &self,
        env: &Env,
        rows: &RecordBatch,
        source: &Cursor,
    ) -> Result<(), TableError> {
        self.parked()?;
        if let Err(error) = self.opened(env).await {
            if let TableError::Damaged { detail, .. } = &error {
                self.state.lock().parked = Some(detail.clone());
            }
            return Err(error);
        }
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
            let state = self.state.lock();
            if let Some(opened) = &state.opened {
                let rows = state.sealed.batches().chain(state.fresh.batches());
                return Ok(Snapshot {
                    schema: Arc::clone(&opened.schema),
                    files: Arc::clone(&opened.files),
                    buffer: rows.cloned().collect(),
                });
            }
        }
    }
}

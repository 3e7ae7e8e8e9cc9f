// SPDX-License-Identifier: Apache-2.0
//! The tables of all accounts: the port `Tables`, and what the ingest worker needs beside it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{Snapshot, TableError, TableSpec};
use hw_kernel::port::upkeep::{Compacted, Expired};
use hw_kernel::{Blobs, Catalog, Clock, Tables};
use hw_model::AccountId;
use parking_lot::RwLock;

use crate::cursors;
use crate::env::Env;
use crate::error::table_error;
use crate::ingest::Readers;
use crate::jumps::Jumps;
use crate::place::Place;
use crate::pointer::{self, Pointer};
use crate::scope::Scope;
use crate::spec::TABLES;
use crate::table::{Buffered, CompactLimits, LakeTable, create, repair_hint};

/// Tables whose commits run at the same time.
const COMMITS_AT_ONCE: usize = 4;

/// How long a snapshot waits for rows of what is in the Log: far longer than the worker takes, and
/// not for as long as it may have to read after a start.
const CATCH_UP_MAX: Duration = Duration::from_millis(500);

/// The tables of all accounts.
pub struct Lake {
    pub(crate) env: Env,
    specs: Vec<TableSpec>,
    tables: RwLock<BTreeMap<(AccountId, String), Arc<LakeTable>>>,
    /// Held while a table is made, so that nobody makes it twice.
    making: tokio::sync::Mutex<()>,
    /// Who waits for rows of what the Log holds now.
    pub(crate) readers: Readers,
}

impl Lake {
    /// Opens what the catalog knows. Metadata is read when a table is first used; must be called
    /// inside a tokio runtime.
    pub async fn open(
        blobs: Arc<dyn Blobs>,
        catalog: Arc<dyn Catalog>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TableError> {
        Self::open_with(blobs, catalog, clock, &[]).await
    }

    /// The same with tables of modules, beside [`TABLES`]: they are readable before anybody
    /// ensures them again.
    pub async fn open_with(
        blobs: Arc<dyn Blobs>,
        catalog: Arc<dyn Catalog>,
        clock: Arc<dyn Clock>,
        more: &[TableSpec],
    ) -> Result<Self, TableError> {
        let runtime = iceberg::Runtime::try_current().map_err(|e| table_error("(all)", &e))?;
        let env = Env {
            blobs,
            catalog,
            jumps: Arc::new(Jumps::of(&*clock)),
            clock,
            runtime,
        };
        let lake = Self {
            env,
            specs: [&TABLES[..], more].concat(),
            tables: RwLock::default(),
            making: tokio::sync::Mutex::default(),
            readers: Readers::default(),
        };
        lake.reload().await?;
        lake.repair_hints().await;
        Ok(lake)
    }

    /// Forgets all rows that are not committed, and goes on from what the catalog says: after
    /// [`TableError::Stale`], before the Log is read again from [`Lake::cursors`].
    pub async fn reload(&self) -> Result<(), TableError> {
        for pointer in self.adopt().await? {
            self.table(pointer.account, &pointer.table)?.reset(pointer);
        }
        Ok(())
    }

    /// Takes in tables that the catalog knows and the lake does not; gives back all that it knows.
    async fn adopt(&self) -> Result<Vec<Pointer>, TableError> {
        let pointers = pointer::all(&*self.env.catalog).await;
        let pointers = pointers.map_err(|error| table_error("(all)", &error))?;
        let mut tables = self.tables.write();
        for pointer in &pointers {
            let key = (pointer.account, pointer.table.clone());
            tables.entry(key).or_insert_with(|| {
                let spec = self.specs.iter().find(|spec| spec.name == pointer.table);
                Arc::new(LakeTable::new(pointer.clone(), spec.copied()))
            });
        }
        Ok(pointers)
    }

    async fn repair_hints(&self) {
        for table in self.all() {
            let pointer = table.metadata_location();
            if let Some(place) = Place::of_metadata(table.account, &table.name, &pointer) {
                repair_hint(&self.env, &place, &pointer).await;
            }
        }
    }

    /// How far the tables that the Log fills have come, by account and table.
    pub fn cursors(&self) -> Vec<(AccountId, &'static str, Cursor)> {
        let cursor = |table: Arc<LakeTable>| {
            let spec = TABLES.iter().find(|spec| spec.name == table.name)?;
            Some((table.account, spec.name, table.committed()))
        };
        self.all().into_iter().filter_map(cursor).collect()
    }

    /// What all tables that the Log fills have come to; the start if there are none.
    pub fn common_cursor(&self) -> Cursor {
        let cursors = self.cursors();
        cursors::common(cursors.iter().map(|(_, _, cursor)| cursor))
    }

    /// Rows that wait for a commit, of all tables.
    pub fn buffered(&self) -> Buffered {
        self.all().iter().fold(Buffered::default(), |sum, table| {
            let Buffered { rows, bytes } = table.buffered();
            Buffered {
                rows: sum.rows + rows,
                bytes: sum.bytes + bytes,
            }
        })
    }

    /// Commits the buffered rows of `scope`, and moves the cursors of its tables that have none on
    /// to `cursor`. Everything up to it was appended before the call; appending goes on meanwhile.
    /// Every table is tried; of several failures, [`TableError::Stale`] comes first. A damaged table
    /// is put aside and is no failure of the others.
    pub(crate) async fn commit(&self, scope: &Scope, cursor: &Cursor) -> Result<(), TableError> {
        let elsewhere = Cursor::default();
        let commits = self.within(scope).into_iter().map(|table| {
            // The Log's cursor says nothing of tables that a module fills from elsewhere.
            let floor = if fed(&table) { cursor } else { &elsewhere };
            async move {
                let committed = table.commit(&self.env, floor).await;
                match committed {
                    Err(error) if self.put_aside(table.account, &table.name, &error) => Ok(false),
                    committed => committed,
                }
            }
        });
        let outcomes: Vec<_> = stream::iter(commits)
            .buffer_unordered(COMMITS_AT_ONCE)
            .collect()
            .await;
        let mut failures: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
        failures.sort_by_key(|error| !matches!(error, TableError::Stale(_)));
        match failures.into_iter().next() {
            Some(error) => Err(error),
            None => self.advance_idle(scope, cursor).await,
        }
    }

    async fn advance_idle(&self, scope: &Scope, cursor: &Cursor) -> Result<(), TableError> {
        let tables = self.within(scope);
        let fed = tables.iter().filter(|table| fed(table));
        // One whose metadata somebody changes at the moment moves on another time: the change
        // writes the cursor that it has read.
        let idle: Vec<_> = fed
            .filter_map(|table| Some((table, table.try_turn()?)))
            .collect();
        let moves = idle
            .iter()
            .filter_map(|(table, _)| table.idle_until(cursor));
        let moves: Vec<Pointer> = moves.collect();
        if moves.is_empty() {
            return Ok(());
        }
        let moved = pointer::advance(&*self.env.catalog, &moves, self.env.clock.now()).await;
        let moved = moved.map_err(|error| table_error("(all)", &error))?;
        for (pointer, _) in moves.iter().zip(moved).filter(|(_, moved)| *moved) {
            if let Ok(table) = self.table(pointer.account, &pointer.table) {
                table.advanced(pointer);
            }
        }
        Ok(())
    }

    /// Waits until rows of all that is durable in the Log are there, but not for long.
    async fn catch_up(&self) {
        tokio::select! {
            () = self.readers.wait() => {}
            () = self.env.clock.sleep(CATCH_UP_MAX) => {}
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<LakeTable>> {
        self.tables.read().values().cloned().collect()
    }

    fn within(&self, scope: &Scope) -> Vec<Arc<LakeTable>> {
        let mut tables = self.all();
        tables.retain(|table| scope.holds(Some(table.account)));
        tables
    }

    fn of_account(&self, account: AccountId) -> Vec<Arc<LakeTable>> {
        let tables = self.tables.read();
        let own = tables
            .range((account, String::new())..)
            .take_while(|((of, _), _)| *of == account);
        own.map(|(_, table)| Arc::clone(table)).collect()
    }

    pub(crate) fn table(
        &self,
        account: AccountId,
        table: &str,
    ) -> Result<Arc<LakeTable>, TableError> {
        let tables = self.tables.read();
        let found = tables.get(&(account, table.to_owned())).cloned();
        found.ok_or_else(|| TableError::NotFound(table.to_owned()))
    }
}

/// Whether the ingest worker fills the table from the Log.
fn fed(table: &LakeTable) -> bool {
    TABLES.iter().any(|spec| spec.name == table.name)
}

#[async_trait]
impl Tables for Lake {
    async fn ensure(&self, account: AccountId, spec: &TableSpec) -> Result<(), TableError> {
        let _making = self.making.lock().await;
        if let Ok(table) = self.table(account, spec.name) {
            return table.widen(&self.env, spec).await;
        }
        // Whoever appends makes the table before its first row, so no row of it lies before what
        // all tables have come to; from the very start, a restart would read the whole Log.
        let cursor = self.common_cursor();
        match create(&self.env, account, spec, cursor).await {
            Ok(table) => {
                let key = (account, spec.name.to_owned());
                self.tables.write().insert(key, Arc::new(table));
                Ok(())
            }
            // Made already: by an earlier try whose answer was lost, or by somebody else.
            Err(TableError::Stale(_)) => {
                self.adopt().await?;
                self.table(account, spec.name)?.widen(&self.env, spec).await
            }
            Err(error) => Err(error),
        }
    }

    async fn append(
        &self,
        account: AccountId,
        table: &str,
        rows: RecordBatch,
        source: &Cursor,
    ) -> Result<(), TableError> {
        self.table(account, table)?
            .append(&self.env, &rows, source)
            .await
    }

    /// Holds the rows of all that was durable in the Log at the call: who has an acknowledgement
    /// and asks finds its row. While the worker is far behind, as after a start, it holds what is
    /// there after [`CATCH_UP_MAX`].
    async fn snapshot(&self, account: AccountId, table: &str) -> Result<Snapshot, TableError> {
        if TABLES.iter().any(|spec| spec.name == table) {
            self.catch_up().await;
        }
        self.table(account, table)?.snapshot(&self.env).await
    }

    async fn flush(&self, account: AccountId) -> Result<(), TableError> {
        let mut outcome = Ok(());
        for table in self.of_account(account) {
            let committed = table.commit(&self.env, &Cursor::default()).await;
            outcome = outcome.and(committed.map(drop));
        }
        outcome
    }

    async fn committed(&self, account: AccountId, table: &str) -> Result<Cursor, TableError> {
        Ok(self.table(account, table)?.committed())
    }

    async fn compact(&self, account: AccountId, table: &str) -> Result<Compacted, TableError> {
        let limits = CompactLimits::default();
        self.compact_table(account, table, &limits, true).await
    }

    async fn expire(&self, account: AccountId, table: &str) -> Result<Expired, TableError> {
        self.expire_table(account, table).await
    }

    async fn list(&self, account: AccountId) -> Result<Vec<TableSpec>, TableError> {
        let is_missing = |spec: &TableSpec| self.table(account, spec.name).is_err();
        if TABLES.iter().any(is_missing) {
            // Its first message may be acknowledged, and not all of its tables made yet.
            self.catch_up().await;
        }
        let specs = self
            .of_account(account)
            .into_iter()
            .filter_map(|table| table.spec());
        Ok(specs.collect())
    }
}

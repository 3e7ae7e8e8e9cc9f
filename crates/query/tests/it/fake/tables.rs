// SPDX-License-Identifier: Apache-2.0
//! Tables in memory: files by key, buffered rows as they are.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use hw_kernel::Tables;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{DataFile, Snapshot, TableError, TableSpec};
use hw_model::AccountId;
use parking_lot::Mutex;

#[derive(Default)]
pub struct FakeTables {
    tables: Mutex<BTreeMap<(AccountId, &'static str), Table>>,
    asked: Mutex<BTreeSet<AccountId>>,
}

struct Table {
    spec: TableSpec,
    files: Vec<DataFile>,
    buffer: Vec<RecordBatch>,
}

impl FakeTables {
    /// The accounts that were asked for since the last call.
    pub fn take_asked(&self) -> BTreeSet<AccountId> {
        std::mem::take(&mut self.asked.lock())
    }

    pub fn file(
        &self,
        account: AccountId,
        spec: &TableSpec,
        key: String,
        bytes: u64,
        rows: &RecordBatch,
    ) {
        let column = rows.column_by_name("time").expect("a time");
        let times = column.as_primitive::<TimestampMicrosecondType>().values();
        let span = times.iter().min().copied().zip(times.iter().max().copied());
        let file = DataFile {
            key,
            bytes,
            rows: rows.num_rows() as u64,
            time: span,
        };
        self.change(account, spec, |table| table.files.push(file));
    }

    pub fn buffer(&self, account: AccountId, spec: &TableSpec, rows: RecordBatch) {
        self.change(account, spec, |table| table.buffer.push(rows));
    }

    fn change(&self, account: AccountId, spec: &TableSpec, change: impl FnOnce(&mut Table)) {
        let mut tables = self.tables.lock();
        let empty = || Table {
            spec: *spec,
            files: Vec::new(),
            buffer: Vec::new(),
        };
        change(tables.entry((account, spec.name)).or_insert_with(empty));
    }
}

#[async_trait]
impl Tables for FakeTables {
    async fn ensure(&self, account: AccountId, spec: &TableSpec) -> Result<(), TableError> {
        self.change(account, spec, |_| ());
        Ok(())
    }

    async fn append(
        &self,
        _account: AccountId,
        table: &str,
        _rows: RecordBatch,
        _source: &Cursor,
    ) -> Result<(), TableError> {
        panic!("a reader appends to {table}")
    }

    async fn snapshot(&self, account: AccountId, table: &str) -> Result<Snapshot, TableError> {
        self.asked.lock().insert(account);
        let tables = self.tables.lock();
        let found = tables
            .iter()
            .find(|((a, name), _)| *a == account && *name == table);
        let (_, table) = found.ok_or_else(|| TableError::NotFound(table.into()))?;
        let schema = match table.buffer.first() {
            Some(batch) => batch.schema(),
            None => std::sync::Arc::new(datafusion::arrow::datatypes::Schema::empty()),
        };
        Ok(Snapshot {
            schema,
            files: table.files.clone().into(),
            buffer: table.buffer.clone(),
        })
    }

    async fn flush(&self, _account: AccountId) -> Result<(), TableError> {
        panic!("a reader flushes")
    }

    async fn committed(&self, _account: AccountId, table: &str) -> Result<Cursor, TableError> {
        panic!("a reader asks for the position of {table}")
    }

    async fn list(&self, account: AccountId) -> Result<Vec<TableSpec>, TableError> {
        self.asked.lock().insert(account);
        let tables = self.tables.lock();
        let own = tables.iter().filter(|((a, _), _)| *a == account);
        Ok(own.map(|(_, table)| table.spec).collect())
    }
}

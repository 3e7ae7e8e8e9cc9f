// SPDX-License-Identifier: Apache-2.0
//! The promises of the port `Tables`, held against an adapter.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use hw_model::AccountId;
use hw_model::trace::Producer;

use crate::port::cursor::Cursor;
use crate::port::position::{Partition, Position};
use crate::port::tables::{Column, ColumnKind, Snapshot, TableError, TableSpec, Tables};

const fn column(name: &'static str, kind: ColumnKind, nullable: bool) -> Column {
    Column {
        name,
        kind,
        nullable,
        doc: "for tests",
    }
}

/// The table that the suite makes. An adapter that must know its tables is given it beforehand.
pub const SUITE_TABLE: TableSpec = TableSpec {
    name: "suite",
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
        column("n", ColumnKind::Long, false),
    ],
    sort: &["name", "time"],
    doc: "made by the port's suite",
};

const WIDER: TableSpec = TableSpec {
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
        column("n", ColumnKind::Long, false),
        column("more", ColumnKind::Text, true),
    ],
    ..SUITE_TABLE
};

const ACCOUNT: AccountId = AccountId::FIRST;

/// Runs all of it. `open` opens the store of that number: empty at first, and later what the
/// process before left there.
pub async fn run(open: impl AsyncFn(usize) -> Arc<dyn Tables>) {
    rows_are_there_at_once_and_durable_after_a_flush(&open).await;
    a_snapshot_stays_as_it_was(&open).await;
    compaction_and_expiry_change_no_row(&open).await;
    new_columns_are_null(&open).await;
    accounts_are_apart(&open).await;
}

/// Rows, a second apart from noon of 24 November 2026 on.
fn rows(numbers: std::ops::Range<i64>) -> RecordBatch {
    const NOON: i64 = 1_795_521_600_000_000;
    let times = numbers.clone().map(|n| NOON + n * 1_000_000);
    let times = TimestampMicrosecondArray::from_iter_values(times).with_timezone("+00:00");
    let names: StringArray = numbers
        .clone()
        .map(|n| (n % 3 != 0).then(|| format!("name {}", n % 3)))
        .collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("time", Arc::new(times)),
        ("name", Arc::new(names)),
        ("n", Arc::new(Int64Array::from_iter_values(numbers))),
    ];
    RecordBatch::try_from_iter(columns).expect("same lengths")
}

fn cursor(n: u64) -> Cursor {
    let partition = Partition {
        stream: 1,
        partition: 0,
        epoch: 1,
    };
    Cursor {
        position: Position([(partition, n)].into()),
        producers: [(Producer { epoch: 1, shard: 0 }, n)].into(),
    }
}

async fn append(tables: &dyn Tables, numbers: std::ops::Range<i64>) {
    let source = cursor(numbers.end as u64);
    let appended = tables.append(ACCOUNT, "suite", rows(numbers), &source);
    appended.await.expect("taken");
}

async fn snapshot(tables: &dyn Tables) -> Snapshot {
    tables.snapshot(ACCOUNT, "suite").await.expect("is there")
}

/// Rows in files and in the buffer.
async fn counts(tables: &dyn Tables) -> (u64, usize) {
    let snapshot = snapshot(tables).await;
    (
        snapshot.files.iter().map(|file| file.rows).sum(),
        snapshot.buffer.iter().map(RecordBatch::num_rows).sum(),
    )
}

async fn committed(tables: &dyn Tables) -> Cursor {
    tables.committed(ACCOUNT, "suite").await.expect("known")
}

async fn rows_are_there_at_once_and_durable_after_a_flush(
    open: &impl AsyncFn(usize) -> Arc<dyn Tables>,
) {
    let tables = open(1).await;
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("made");
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("there");
    append(&*tables, 0..5).await;
    assert_eq!(counts(&*tables).await, (0, 5));
    assert_eq!(committed(&*tables).await, Cursor::default());
    tables.flush(ACCOUNT).await.expect("commits");
    assert_eq!(counts(&*tables).await, (5, 0));
    assert_eq!(committed(&*tables).await, cursor(5));
    append(&*tables, 5..7).await;
    drop(tables);
    let tables = open(1).await;
    assert_eq!(
        counts(&*tables).await,
        (5, 0),
        "what was not flushed is in the log alone"
    );
    assert_eq!(committed(&*tables).await, cursor(5));
    let names = tables.list(ACCOUNT).await.expect("lists");
    assert_eq!(
        names.iter().map(|spec| spec.name).collect::<Vec<_>>(),
        ["suite"]
    );
}

async fn a_snapshot_stays_as_it_was(open: &impl AsyncFn(usize) -> Arc<dyn Tables>) {
    let tables = open(2).await;
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("made");
    append(&*tables, 0..5).await;
    let before = snapshot(&*tables).await;
    tables.flush(ACCOUNT).await.expect("commits");
    append(&*tables, 5..6).await;
    assert_eq!((before.files.len(), before.buffer[0].num_rows()), (0, 5));
    assert_eq!(counts(&*tables).await, (5, 1), "each row once");
}

async fn compaction_and_expiry_change_no_row(open: &impl AsyncFn(usize) -> Arc<dyn Tables>) {
    let tables = open(3).await;
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("made");
    for n in 0..4 {
        append(&*tables, n..n + 1).await;
        tables.flush(ACCOUNT).await.expect("commits");
    }
    append(&*tables, 4..5).await;
    let before = snapshot(&*tables).await.files.len();
    for _ in 0..2 {
        tables.compact(ACCOUNT, "suite").await.expect("compacts");
        tables.expire(ACCOUNT, "suite").await.expect("expires");
        assert_eq!(counts(&*tables).await, (4, 1));
        assert_eq!(committed(&*tables).await, cursor(4));
    }
    assert!(snapshot(&*tables).await.files.len() <= before);
    tables.flush(ACCOUNT).await.expect("commits");
    drop(tables);
    let tables = open(3).await;
    assert_eq!(counts(&*tables).await, (5, 0));
    assert_eq!(committed(&*tables).await, cursor(5));
}

async fn new_columns_are_null(open: &impl AsyncFn(usize) -> Arc<dyn Tables>) {
    let tables = open(4).await;
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("made");
    append(&*tables, 0..2).await;
    tables.flush(ACCOUNT).await.expect("commits");
    append(&*tables, 2..3).await;
    tables.ensure(ACCOUNT, &WIDER).await.expect("widened");
    let wide = snapshot(&*tables).await;
    assert_eq!(wide.schema.fields().len(), 4);
    assert_eq!(
        wide.buffer[0]
            .column_by_name("more")
            .expect("there")
            .null_count(),
        1
    );
    assert_eq!(committed(&*tables).await, cursor(2));
    tables.flush(ACCOUNT).await.expect("commits");
    tables.compact(ACCOUNT, "suite").await.expect("compacts");
    assert_eq!(counts(&*tables).await, (3, 0));
}

async fn accounts_are_apart(open: &impl AsyncFn(usize) -> Arc<dyn Tables>) {
    let tables = open(5).await;
    let other = AccountId::from_number(2).expect("a number of an account");
    tables.ensure(ACCOUNT, &SUITE_TABLE).await.expect("made");
    append(&*tables, 0..2).await;
    let strange = tables.snapshot(other, "suite").await;
    assert!(matches!(strange, Err(TableError::NotFound(name)) if name == "suite"));
    assert!(tables.list(other).await.expect("lists").is_empty());
    tables.ensure(other, &SUITE_TABLE).await.expect("made");
    tables.flush(other).await.expect("commits");
    assert_eq!(counts(&*tables).await, (0, 2), "a flush of another account");
}

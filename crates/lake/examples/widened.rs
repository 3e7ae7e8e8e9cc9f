// SPDX-License-Identifier: Apache-2.0
//! Writes a table whose older files lack a column: `widened FOLDER [compact]`. Three rows are from
//! before the column, two from after; other engines then open `FOLDER/lake`. With `compact` all
//! of them are merged into one file.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};
use hw_kernel::{Clock, Tables};
use hw_lake::Lake;
use hw_model::AccountId;

type Failure = Box<dyn std::error::Error>;

/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000_000;

const fn column(name: &'static str, kind: ColumnKind, nullable: bool) -> Column {
    Column {
        name,
        kind,
        nullable,
        doc: "an example",
    }
}

const BEFORE: TableSpec = TableSpec {
    name: "notes",
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
    ],
    sort: &["name", "time"],
    doc: "a table that gets a column more",
};

const AFTER: TableSpec = TableSpec {
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
        column("value", ColumnKind::Double, true),
    ],
    ..BEFORE
};

fn rows(numbers: std::ops::Range<i64>, with_value: bool) -> Result<RecordBatch, Failure> {
    let times = numbers.clone().map(|n| BEGIN + n * 1_000_000);
    let times = TimestampMicrosecondArray::from_iter_values(times).with_timezone("+00:00");
    let names = StringArray::from_iter_values(numbers.clone().map(|n| format!("note {n}")));
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("time", Arc::new(times)), ("name", Arc::new(names))];
    if with_value {
        let values = Float64Array::from_iter_values(numbers.map(|n| n as f64 / 2.0));
        columns.push(("value", Arc::new(values)));
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}

async fn run(folder: &Path, compact: bool) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let path = folder.display();
    let blobs = hw_blobs::open_url(&format!("file://{path}"))?;
    let catalog = hw_catalog::open_url(&format!("sqlite://{path}/catalog.db")).await?;
    // Two releases, one after the other: the second finds the table of the first.
    for (spec, numbers) in [(BEFORE, 0..3), (AFTER, 3..5)] {
        let (blobs, catalog) = (Arc::clone(&blobs), Arc::clone(&catalog));
        let lake = Lake::open_with(blobs, catalog, Arc::clone(&clock), &[spec]).await?;
        lake.ensure(AccountId::FIRST, &spec).await?;
        for n in numbers {
            let rows = rows(n..n + 1, spec.columns.len() > 2)?;
            let cursor = Cursor::default();
            lake.append(AccountId::FIRST, "notes", rows, &cursor)
                .await?;
            lake.flush(AccountId::FIRST).await?;
        }
        if compact && spec.columns.len() > 2 {
            let done = lake.compact(AccountId::FIRST, "notes").await?;
            println!("{done:?}");
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: widened FOLDER [compact]")?;
    std::fs::create_dir_all(&folder)?;
    let compact = arguments.next().is_some();
    run(&std::fs::canonicalize(folder)?, compact).await
}

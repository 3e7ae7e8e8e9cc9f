// SPDX-License-Identifier: Apache-2.0
//! Reading a snapshot as a query would: all files and all buffered rows.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, RecordBatch};
use hw_kernel::port::tables::Snapshot;
use hw_kernel::{Blobs, Tables};
use hw_lake::Lake;
use hw_model::AccountId;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::world::{ACCOUNT, World};

/// All rows of a snapshot, files first.
pub async fn batches(blobs: &dyn Blobs, snapshot: &Snapshot) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for file in snapshot.files.iter() {
        let bytes = blobs
            .get(&file.key, None)
            .await
            .expect("a named file is there");
        assert_eq!(bytes.len() as u64, file.bytes);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("is Parquet");
        let rows: Vec<_> = reader
            .build()
            .expect("builds")
            .map(|b| b.expect("reads"))
            .collect();
        assert_eq!(
            rows.iter().map(|b| b.num_rows() as u64).sum::<u64>(),
            file.rows
        );
        batches.extend(rows);
    }
    batches.extend(snapshot.buffer.iter().cloned());
    batches
}

/// The column `n` of all rows, sorted.
pub async fn numbers(world: &World, lake: &Lake, table: &str) -> Vec<i64> {
    numbers_of(world, lake, table, "n").await
}

/// A column of 64-bit numbers of all rows, sorted.
pub async fn numbers_of(world: &World, lake: &Lake, table: &str, column: &str) -> Vec<i64> {
    let snapshot = lake
        .snapshot(ACCOUNT, table)
        .await
        .expect("the table is there");
    let mut numbers = Vec::new();
    for batch in batches(&*world.blobs, &snapshot).await {
        let column = batch.column_by_name(column).expect("has the column");
        numbers.extend_from_slice(column.as_primitive::<Int64Type>().values());
    }
    numbers.sort_unstable();
    numbers
}

/// The texts of a column, written out if they stand in a dictionary.
fn plain(column: &ArrayRef) -> ArrayRef {
    match column.as_any_dictionary_opt() {
        Some(texts) => arrow_select::take::take(texts.values(), texts.keys(), None).expect("takes"),
        None => column.clone(),
    }
}

/// A text column of all rows, sorted.
pub async fn texts(world: &World, lake: &Lake, table: &str, column: &str) -> Vec<String> {
    texts_of(world, lake, ACCOUNT, table, column).await
}

/// The same of a table of any account.
pub async fn texts_of(
    world: &World,
    lake: &Lake,
    account: AccountId,
    table: &str,
    column: &str,
) -> Vec<String> {
    let snapshot = lake
        .snapshot(account, table)
        .await
        .expect("the table is there");
    let mut texts = Vec::new();
    for batch in batches(&*world.blobs, &snapshot).await {
        let column = batch.column_by_name(column).expect("has the column");
        let column = plain(column);
        let column = column.as_string::<i32>();
        texts.extend(column.iter().flatten().map(str::to_owned));
    }
    texts.sort_unstable();
    texts
}

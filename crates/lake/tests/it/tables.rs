// SPDX-License-Identifier: Apache-2.0
//! What comes back of what was appended: buffer, files, days, new columns, several accounts.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StringArray};
use hw_kernel::Tables;
use hw_kernel::port::tables::TableError;
use hw_lake::Lake;
use hw_model::AccountId;

use crate::read::{batches, numbers};
use crate::world::{ACCOUNT, NOTES, WIDER_NOTES, World, cursor, notes};

#[tokio::test]
async fn rows_are_seen_at_once_and_stay_through_commit_and_restart() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    lake.append(ACCOUNT, "notes", notes(0..10), &cursor(10))
        .await
        .expect("taken");
    let expected: Vec<i64> = (0..10).collect();
    assert_eq!(numbers(&world, &lake, "notes").await, expected);
    assert_eq!(lake.buffered().rows, 10);

    lake.flush(ACCOUNT).await.expect("commits");
    let snapshot = lake.snapshot(ACCOUNT, "notes").await.expect("is there");
    assert_eq!(
        (
            snapshot.files.len(),
            snapshot.buffer.len(),
            lake.buffered().rows
        ),
        (1, 0, 0)
    );
    let first = crate::world::NOON;
    assert_eq!(snapshot.files[0].time, Some((first, first + 9_000_000)));
    assert_eq!(numbers(&world, &lake, "notes").await, expected);
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(10)
    );

    lake.append(ACCOUNT, "notes", notes(10..12), &cursor(12))
        .await
        .expect("taken");
    drop(lake);
    let lake = world.lake().await;
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        expected,
        "what was not committed is gone"
    );
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(10)
    );
}

#[tokio::test]
async fn a_file_holds_a_day_and_is_sorted() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    // Noon plus 43,200 seconds is midnight.
    lake.append(ACCOUNT, "notes", notes(43_190..43_210), &cursor(1))
        .await
        .expect("taken");
    lake.flush(ACCOUNT).await.expect("commits");
    let snapshot = lake.snapshot(ACCOUNT, "notes").await.expect("is there");
    let days: Vec<&str> = snapshot
        .files
        .iter()
        .map(|f| f.key.split('/').nth(4).expect("a day"))
        .collect();
    assert_eq!(days, ["time_day=2026-11-24", "time_day=2026-11-25"]);
    for file in batches(&*world.blobs, &snapshot).await {
        let names = file.column_by_name("name").expect("is there");
        let names: Vec<_> = names
            .as_any()
            .downcast_ref::<StringArray>()
            .expect("text")
            .iter()
            .collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}

#[tokio::test]
async fn a_new_column_is_null_in_what_was_there() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    lake.append(ACCOUNT, "notes", notes(0..3), &cursor(3))
        .await
        .expect("taken");
    lake.flush(ACCOUNT).await.expect("commits");
    lake.append(ACCOUNT, "notes", notes(3..5), &cursor(5))
        .await
        .expect("taken");

    lake.ensure(ACCOUNT, &WIDER_NOTES).await.expect("widened");
    lake.ensure(ACCOUNT, &WIDER_NOTES)
        .await
        .expect("nothing to do");
    let narrow = notes(5..6);
    let more = StringArray::from_iter_values(["new"]);
    let mut columns: Vec<(&str, Arc<dyn Array>)> = vec![("more", Arc::new(more))];
    for name in ["n", "time", "name"] {
        columns.push((
            name,
            Arc::clone(narrow.column_by_name(name).expect("is there")),
        ));
    }
    let wide = RecordBatch::try_from_iter(columns).expect("same lengths");
    lake.append(ACCOUNT, "notes", wide, &cursor(6))
        .await
        .expect("taken in any order of columns");

    let snapshot = lake.snapshot(ACCOUNT, "notes").await.expect("is there");
    assert_eq!(snapshot.schema.fields().len(), 4);
    let nulls: usize = snapshot
        .buffer
        .iter()
        .map(|batch| batch.column(3).null_count())
        .sum();
    assert_eq!(nulls, 2);
    lake.flush(ACCOUNT).await.expect("commits");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..6).collect::<Vec<_>>()
    );
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &WIDER_NOTES)
        .await
        .expect("nothing to do");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..6).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_table_of_an_older_release_is_widened_when_it_is_opened() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    lake.append(ACCOUNT, "notes", notes(0..3), &cursor(3))
        .await
        .expect("taken");
    lake.flush(ACCOUNT).await.expect("commits");
    drop(lake);
    let ports = (Arc::clone(&world.blobs), Arc::clone(&world.catalog));
    let clock = Arc::clone(&world.clock);
    let newer = Lake::open_with(ports.0, ports.1, clock, &[WIDER_NOTES]).await;
    let newer = newer.expect("opens");
    let snapshot = newer.snapshot(ACCOUNT, "notes").await.expect("is there");
    assert_eq!(snapshot.schema.fields().len(), 4);
    assert_eq!(numbers(&world, &newer, "notes").await, [0, 1, 2]);
    let metadata = world.metadata("notes").await;
    let schemas = metadata["schemas"].as_array().expect("schemas");
    assert_eq!(schemas.len(), 2);
    assert_eq!(
        newer.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(3)
    );
}

#[tokio::test]
async fn accounts_are_apart_and_strangers_are_refused() {
    let world = World::new().await;
    let lake = world.lake().await;
    let other = AccountId::from_number(2).expect("a number of an account");
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    lake.ensure(other, &NOTES).await.expect("made");
    lake.append(other, "notes", notes(0..1), &cursor(1))
        .await
        .expect("taken");
    assert!(numbers(&world, &lake, "notes").await.is_empty());
    let unknown = lake.snapshot(ACCOUNT, "nothing").await;
    assert!(matches!(unknown, Err(TableError::NotFound(name)) if name == "nothing"));
    let strange = RecordBatch::try_from_iter([("x", Arc::new(StringArray::from(vec!["y"])) as _)]);
    let refused = lake
        .append(ACCOUNT, "notes", strange.expect("a batch"), &cursor(1))
        .await;
    assert!(refused.is_err_and(|error| error.to_string().contains("no column x")));
    let names: Vec<_> = lake
        .list(other)
        .await
        .expect("lists")
        .iter()
        .map(|spec| spec.name)
        .collect();
    assert_eq!(names, ["notes"]);
}

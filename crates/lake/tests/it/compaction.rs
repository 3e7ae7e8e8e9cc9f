// SPDX-License-Identifier: Apache-2.0
//! Compaction: fewer files, the same rows, sorted, and nobody who reads or writes notices.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use hw_kernel::Tables;
use hw_kernel::port::tables::{Snapshot, TableError};
use hw_kernel::testkit::clock::SimulatedClock;
use hw_lake::{CURSOR_PROPERTY, CompactLimits, Lake};

use crate::read::{batches, numbers};
use crate::world::{ACCOUNT, NOTES, WIDER_NOTES, World, cursor, notes};

/// Commits rows, a commit for each number.
pub async fn commit_each(lake: &Lake, numbers: std::ops::Range<i64>) {
    for n in numbers {
        lake.append(ACCOUNT, "notes", notes(n..n + 1), &cursor(n as u64 + 1))
            .await
            .expect("taken");
        lake.flush(ACCOUNT).await.expect("commits");
    }
}

pub async fn snapshot(lake: &Lake) -> Snapshot {
    lake.snapshot(ACCOUNT, "notes").await.expect("is there")
}

pub fn all(to: i64) -> Vec<i64> {
    (0..to).collect()
}

#[tokio::test]
async fn many_files_become_one_and_rows_cursor_and_order_stay() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&lake, 0..49).await;
    let limits = CompactLimits {
        // The rows lie in the past.
        quiet: Duration::from_secs(10 * 365 * 86_400),
        ..CompactLimits::default()
    };
    let none = lake.compact_table(ACCOUNT, "notes", &limits, false).await;
    assert_eq!(none.expect("compacts").files_before, 0, "too few");
    commit_each(&lake, 49..50).await;
    let done = lake.compact_table(ACCOUNT, "notes", &limits, false).await;
    let done = done.expect("compacts");
    assert_eq!(
        (done.merges, done.files_before, done.files_after, done.rows),
        (1, 50, 1, 50)
    );
    assert!(done.bytes_after * 5 < done.bytes_before, "{done:?}");

    let after = snapshot(&lake).await;
    assert_eq!(after.files.len(), 1);
    assert_eq!(numbers(&world, &lake, "notes").await, all(50));
    let rows = batches(&*world.blobs, &after).await;
    let names = rows[0].column_by_name("name").expect("is there");
    let names: Vec<_> = names.as_string::<i32>().iter().collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(50)
    );
    drop(lake);

    let lake = world.lake().await;
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(50)
    );
    commit_each(&lake, 50..52).await;
    assert_eq!(numbers(&world, &lake, "notes").await, all(52));
    let metadata = world.metadata("notes").await;
    let snapshots = metadata["snapshots"].as_array().expect("snapshots");
    assert_eq!(snapshots.len(), 53);
    let replace = &snapshots
        .iter()
        .find(|s| s["summary"]["operation"] == "replace");
    let summary = &replace.expect("a replace")["summary"];
    assert_eq!(summary[CURSOR_PROPERTY], cursor(50).to_string());
    assert_eq!(summary["total-records"], "50");
    assert_eq!(summary["deleted-data-files"], "50");
    let last = snapshots
        .iter()
        .max_by_key(|s| s["sequence-number"].as_i64());
    let summary = &last.expect("one")["summary"];
    assert_eq!(
        (&summary["total-records"], &summary["total-data-files"]),
        (&"52".into(), &"3".into())
    );
}

#[tokio::test]
async fn readers_have_their_hour_and_then_what_was_replaced_is_swept() {
    let mut world = World::new().await;
    let clock = SimulatedClock::at(world.clock.now());
    world.clock = Arc::new(clock.clone());
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&lake, 0..30).await;
    let query = snapshot(&lake).await;
    clock.advance(Duration::from_secs(5 * 3_600));
    lake.compact(ACCOUNT, "notes").await.expect("compacts");
    lake.expire(ACCOUNT, "notes").await.expect("expires");
    lake.sweep_table(ACCOUNT, "notes").await.expect("sweeps");
    // Another program that opened the last state before the compaction may read it for an hour.
    let kept = batches(&*world.blobs, &query).await;
    assert_eq!(kept.iter().map(|b| b.num_rows()).sum::<usize>(), 30);

    commit_each(&lake, 30..55).await;
    clock.advance(Duration::from_secs(3_601));
    lake.expire(ACCOUNT, "notes").await.expect("expires");
    let swept = lake.sweep_table(ACCOUNT, "notes").await.expect("sweeps");
    assert!(swept.objects > 0, "old manifests");
    let kept = batches(&*world.blobs, &query).await;
    assert_eq!(
        kept.len(),
        30,
        "a query of this process holds them as long as it runs"
    );
    drop(query);
    let swept = lake.sweep_table(ACCOUNT, "notes").await.expect("sweeps");
    assert_eq!(swept.objects, 30);
    assert_eq!(numbers(&world, &lake, "notes").await, all(55));
    let lake = world.lake().await;
    assert_eq!(numbers(&world, &lake, "notes").await, all(55));
}

#[tokio::test]
async fn a_stale_base_is_refused_and_the_next_try_goes_on_from_what_is_there() {
    let world = World::new().await;
    let first = world.lake().await;
    first.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&first, 0..5).await;
    let second = world.lake().await;
    snapshot(&second).await;
    commit_each(&first, 5..6).await;
    let refused = second.compact(ACCOUNT, "notes").await;
    assert!(matches!(refused, Err(TableError::Stale(_))), "{refused:?}");
    second.reload().await.expect("reads again");
    let done = second.compact(ACCOUNT, "notes").await.expect("compacts");
    assert_eq!(done.rows, 6);
    assert_eq!(numbers(&world, &second, "notes").await, all(6));
    let refused = first.compact(ACCOUNT, "notes").await;
    assert!(matches!(refused, Err(TableError::Stale(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_and_readers_go_on_beside_it() {
    const ROWS: i64 = 120;
    let world = Arc::new(World::new().await);
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    let committing = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move { commit_each(&lake, 0..ROWS).await }
    });
    let mut files_before = 0;
    while !committing.is_finished() {
        let done = lake.compact(ACCOUNT, "notes").await.expect("compacts");
        files_before += done.files_before;
        let seen = numbers(&world, &lake, "notes").await;
        assert_eq!(seen, all(seen.len() as i64), "each row once");
        tokio::task::yield_now().await;
    }
    committing.await.expect("commits");
    assert!(files_before > 0);
    assert_eq!(numbers(&world, &lake, "notes").await, all(ROWS));
    let lake = world.lake().await;
    assert_eq!(numbers(&world, &lake, "notes").await, all(ROWS));
}

#[tokio::test]
async fn files_of_an_older_schema_are_merged_with_nulls() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&lake, 0..3).await;
    lake.ensure(ACCOUNT, &WIDER_NOTES).await.expect("widened");
    commit_each(&lake, 3..5).await;
    lake.compact(ACCOUNT, "notes").await.expect("compacts");
    let after = snapshot(&lake).await;
    assert_eq!(after.files.len(), 1);
    let rows = batches(&*world.blobs, &after).await;
    let more = rows[0].column_by_name("more").expect("the new column");
    assert_eq!(more.null_count(), 5);
    assert_eq!(numbers(&world, &lake, "notes").await, all(5));
}

#[tokio::test]
async fn more_rows_than_fit_into_memory_are_merged_in_steps() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    for n in 0..6 {
        // Every sixth row, so that the files lie across each other.
        let rows = notes(0..24_000);
        let picked = (0..24_000).filter(|k| k % 6 == n);
        let picked = arrow_array::UInt32Array::from_iter_values(picked);
        let rows = arrow_select::take::take_record_batch(&rows, &picked).expect("takes");
        lake.append(ACCOUNT, "notes", rows, &cursor(n as u64 + 1))
            .await
            .expect("taken");
        lake.flush(ACCOUNT).await.expect("commits");
    }
    let limits = CompactLimits {
        memory_bytes_max: 1,
        file_bytes_max: 100_000,
        ..CompactLimits::default()
    };
    let done = lake
        .compact_table(ACCOUNT, "notes", &limits, true)
        .await
        .expect("compacts");
    assert!(done.merges >= 1, "{done:?}");
    assert_eq!(numbers(&world, &lake, "notes").await, all(24_000));
    for file in batches(&*world.blobs, &snapshot(&lake).await)
        .await
        .iter()
        .take(1)
    {
        let names: Vec<_> = file.column(1).as_string::<i32>().iter().collect();
        assert!(names.is_sorted());
    }
}

#[tokio::test]
async fn old_days_are_dropped_whole_and_rewrite_nothing() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    // Noon plus 43,200 seconds is midnight.
    commit_each(&lake, 43_198..43_202).await;
    let before = snapshot(&lake).await;
    let day = (crate::world::NOON / 86_400_000_000) as i32;
    let none = lake
        .drop_before(ACCOUNT, "notes", day)
        .await
        .expect("drops");
    assert_eq!(none.files, 0);
    let dropped = lake
        .drop_before(ACCOUNT, "notes", day + 1)
        .await
        .expect("drops");
    assert_eq!((dropped.days, dropped.files, dropped.rows), (1, 2, 2));
    let after = snapshot(&lake).await;
    assert_eq!(after.files[..], before.files[2..]);
    assert_eq!(numbers(&world, &lake, "notes").await, [43_200, 43_201]);
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(43_202)
    );
    let lake = world.lake().await;
    assert_eq!(numbers(&world, &lake, "notes").await, [43_200, 43_201]);
}

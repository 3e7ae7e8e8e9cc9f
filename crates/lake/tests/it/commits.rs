// SPDX-License-Identifier: Apache-2.0
//! Commits beside appends and readers, commits on a stale base, and what commits leave behind.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Tables;
use hw_kernel::port::tables::TableError;
use hw_kernel::testkit::clock::SimulatedClock;

use crate::read::{batches, numbers};
use crate::world::{ACCOUNT, NOTES, World, cursor, notes};

#[tokio::test]
async fn a_stale_base_is_refused_and_nothing_is_doubled() {
    let world = World::new().await;
    let first = world.lake().await;
    first.ensure(ACCOUNT, &NOTES).await.expect("made");
    let second = world.lake().await;
    for lake in [&first, &second] {
        lake.append(ACCOUNT, "notes", notes(0..4), &cursor(4))
            .await
            .expect("taken");
    }
    first.flush(ACCOUNT).await.expect("commits");
    let refused = second.flush(ACCOUNT).await;
    assert!(matches!(refused, Err(TableError::Stale(_))), "{refused:?}");
    assert_eq!(second.buffered().rows, 4, "the rows are kept");

    second.reload().await.expect("reads the catalog again");
    assert_eq!(
        second.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(4)
    );
    second
        .append(ACCOUNT, "notes", notes(4..6), &cursor(6))
        .await
        .expect("taken");
    second.flush(ACCOUNT).await.expect("commits");
    assert_eq!(
        numbers(&world, &second, "notes").await,
        (0..6).collect::<Vec<_>>()
    );
    let third = world.lake().await;
    assert_eq!(
        numbers(&world, &third, "notes").await,
        (0..6).collect::<Vec<_>>()
    );
}

/// Every snapshot taken while rows are appended and committed holds a prefix of them, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_are_whole_beside_appends_and_commits() {
    const ROWS: i64 = 600;
    let world = Arc::new(World::new().await);
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    let appending = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move {
            for n in 0..ROWS {
                let rows = notes(n..n + 1);
                lake.append(ACCOUNT, "notes", rows, &cursor(n as u64 + 1))
                    .await
                    .expect("taken");
                tokio::task::yield_now().await;
            }
        }
    });
    let committing = tokio::spawn({
        let lake = Arc::clone(&lake);
        async move {
            while lake.committed(ACCOUNT, "notes").await.expect("known") != cursor(ROWS as u64) {
                lake.flush(ACCOUNT).await.expect("commits");
                tokio::task::yield_now().await;
            }
        }
    });
    let mut seen = 0;
    while seen < ROWS {
        let snapshot = lake.snapshot(ACCOUNT, "notes").await.expect("is there");
        let in_files: u64 = snapshot.files.iter().map(|file| file.rows).sum();
        let in_buffer: usize = snapshot.buffer.iter().map(|batch| batch.num_rows()).sum();
        let rows = in_files as i64 + in_buffer as i64;
        assert!(rows >= seen, "{rows} rows after {seen}");
        seen = rows;
        tokio::task::yield_now().await;
    }
    appending.await.expect("appends");
    committing.await.expect("commits");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..ROWS).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn old_metadata_files_go_and_the_hint_is_right() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    for n in 0..60 {
        lake.append(ACCOUNT, "notes", notes(n..n + 1), &cursor(n as u64 + 1))
            .await
            .expect("taken");
        lake.flush(ACCOUNT).await.expect("commits");
    }
    let prefix = format!("lake/{ACCOUNT}/notes/metadata/");
    let listed = world.blobs.list(&prefix).await.expect("lists");
    let metadata = listed
        .iter()
        .filter(|object| object.key.ends_with(".metadata.json"));
    assert_eq!(metadata.count(), 51, "the current one and 50 before it");
    let hint = world
        .blobs
        .get(&format!("{prefix}version-hint.text"), None)
        .await
        .expect("a hint");
    let hint = String::from_utf8(hint.to_vec()).expect("text");
    assert!(hint.starts_with("00060-"), "{hint}");
    world
        .blobs
        .size(&format!("{prefix}{hint}.metadata.json"))
        .await
        .expect("the hint's file");
    assert!(
        lake.orphans(ACCOUNT, "notes")
            .await
            .expect("lists")
            .is_empty()
    );

    // A crash between a commit and its hint: the next start puts it right.
    let stale = bytes::Bytes::from_static(b"00001-stale");
    let key = format!("{prefix}version-hint.text");
    world
        .blobs
        .put(&key, stale, hw_kernel::port::blobs::Put::Replace)
        .await
        .expect("puts");
    world.lake().await;
    assert_eq!(world.blobs.get(&key, None).await.expect("a hint"), hint);
}

#[tokio::test]
async fn old_snapshots_go_and_no_row_with_them() {
    let mut world = World::new().await;
    let clock = SimulatedClock::at(world.clock.now());
    world.clock = Arc::new(clock.clone());
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    for n in 0..131 {
        lake.append(ACCOUNT, "notes", notes(n..n + 1), &cursor(n as u64 + 1))
            .await
            .expect("taken");
        lake.flush(ACCOUNT).await.expect("commits");
    }
    let expired = lake.expire(ACCOUNT, "notes").await.expect("expires");
    assert_eq!(
        (expired.snapshots, expired.left),
        (0, 131),
        "all were current in the last hour"
    );
    clock.advance(Duration::from_secs(3_601));
    let expired = lake.expire(ACCOUNT, "notes").await.expect("expires");
    assert_eq!(expired.snapshots, 130);
    assert!((1..=2).contains(&expired.left), "{}", expired.left);
    let prefix = format!("lake/{ACCOUNT}/notes/metadata/");
    let listed = world.blobs.list(&prefix).await.expect("lists");
    let lists = listed
        .iter()
        .filter(|object| object.key.contains("/snap-"))
        .count();
    assert!((1..=2).contains(&lists), "{lists} manifest lists");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..131).collect::<Vec<_>>()
    );
    assert!(
        lake.orphans(ACCOUNT, "notes")
            .await
            .expect("lists")
            .is_empty()
    );
    let lake = world.lake().await;
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..131).collect::<Vec<_>>()
    );
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(131)
    );
}

#[tokio::test]
async fn many_days_and_rows_come_back() {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    for n in 0..10 {
        let rows = notes(n * 5_000..(n + 1) * 5_000);
        lake.append(ACCOUNT, "notes", rows, &cursor(n as u64 + 1))
            .await
            .expect("taken");
    }
    lake.flush(ACCOUNT).await.expect("commits");
    let snapshot = lake.snapshot(ACCOUNT, "notes").await.expect("is there");
    assert_eq!(snapshot.files.len(), 2);
    let rows: usize = batches(&*world.blobs, &snapshot)
        .await
        .iter()
        .map(|b| b.num_rows())
        .sum();
    assert_eq!(rows, 50_000);
}

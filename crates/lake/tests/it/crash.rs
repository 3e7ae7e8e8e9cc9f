// SPDX-License-Identifier: Apache-2.0
//! A crash at each write of a commit, before it happens and after: the next start finds the rows
//! and the cursor together, and what is replayed from there is neither lost nor doubled.

use hw_kernel::Tables;

use crate::read::numbers;
use crate::world::{ACCOUNT, NOTES, World, cursor, notes};

/// Appends what the table has not seen yet, as a worker that reads the Log would.
async fn replay(lake: &hw_lake::Lake, rows: i64) {
    let committed = lake.committed(ACCOUNT, "notes").await.expect("known");
    let from = committed.producers.values().copied().next().unwrap_or(0) as i64;
    lake.append(ACCOUNT, "notes", notes(from..rows), &cursor(rows as u64))
        .await
        .expect("taken");
}

async fn crash_at(nth: i64, late: bool) -> bool {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    replay(&lake, 5).await;
    lake.flush(ACCOUNT).await.expect("commits");
    replay(&lake, 12).await;
    world.fuse.arm(nth, late);
    let outcome = lake.flush(ACCOUNT).await;
    let burnt = world.fuse.disarm();
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..12).collect::<Vec<_>>()
    );

    // The same process may go on: either it tries again, or it learns that it has to read again.
    if outcome.is_err() && lake.flush(ACCOUNT).await.is_err() {
        lake.reload().await.expect("reads the catalog");
        replay(&lake, 12).await;
        lake.flush(ACCOUNT).await.expect("commits");
    }
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..12).collect::<Vec<_>>()
    );
    drop(lake);
    let lake = world.lake().await;
    replay(&lake, 15).await;
    lake.flush(ACCOUNT).await.expect("commits");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..15).collect::<Vec<_>>()
    );
    burnt
}

/// The same, but the process dies with the failure.
async fn die_at(nth: i64, late: bool) -> bool {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    replay(&lake, 12).await;
    world.fuse.arm(nth, late);
    let _ = lake.flush(ACCOUNT).await;
    drop(lake);
    let burnt = world.fuse.disarm();
    let lake = world.lake().await;
    replay(&lake, 15).await;
    lake.flush(ACCOUNT).await.expect("commits");
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        (0..15).collect::<Vec<_>>()
    );
    burnt
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_wherever_a_commit_stops() {
    for late in [false, true] {
        let mut nth = 0;
        while crash_at(nth, late).await {
            nth += 1;
        }
        // Data file, manifest, manifest list, metadata, pointer, hint.
        assert_eq!(nth, 6);
    }
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_wherever_the_process_dies() {
    for late in [false, true] {
        let mut nth = 0;
        while die_at(nth, late).await {
            nth += 1;
        }
        assert_eq!(nth, 6);
    }
}

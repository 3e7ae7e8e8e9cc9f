// SPDX-License-Identifier: Apache-2.0
//! A crash at each write and each deletion of compaction, retention, expiry and sweep, before it
//! happens and after: no row is lost or doubled, and what is left over goes with a later sweep.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Tables;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_lake::Lake;

use crate::compaction::{all, commit_each};
use crate::read::numbers;
use crate::world::{ACCOUNT, NOON, NOTES, World, cursor, notes};

const ROWS: i64 = 2;

/// A row of the day before, which is not to be kept.
const OLD: i64 = -86_400;

/// The first day that is kept.
const KEPT_FROM: i32 = (NOON / 86_400_000_000) as i32;

/// Everything that upkeep does, in its order.
async fn tidy(
    lake: &Lake,
    clock: &SimulatedClock,
) -> Result<(), hw_kernel::port::tables::TableError> {
    lake.compact(ACCOUNT, "notes").await?;
    lake.drop_before(ACCOUNT, "notes", KEPT_FROM).await?;
    lake.expire(ACCOUNT, "notes").await?;
    clock.advance(Duration::from_secs(3_601));
    lake.expire(ACCOUNT, "notes").await?;
    lake.sweep_table(ACCOUNT, "notes").await.map(drop)
}

/// Whether the fuse burnt; `dies` says whether the process goes with it.
async fn crash_at(nth: i64, late: bool, dies: bool) -> bool {
    let mut world = World::new().await;
    let clock = SimulatedClock::at(world.clock.now());
    world.clock = Arc::new(clock.clone());
    let mut lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    lake.append(ACCOUNT, "notes", notes(OLD..OLD + 1), &cursor(0))
        .await
        .expect("taken");
    commit_each(&lake, 0..ROWS).await;
    clock.advance(Duration::from_secs(7_200));
    world.fuse.arm(nth, late);
    let outcome = tidy(&lake, &clock).await;
    let burnt = world.fuse.disarm();
    if dies {
        drop(lake);
        lake = world.lake().await;
    }
    let mut there = numbers(&world, &lake, "notes").await;
    there.retain(|n| *n != OLD || outcome.is_ok());
    assert_eq!(there, all(ROWS), "at {nth}, {late}");
    if outcome.is_err() && !dies && tidy(&lake, &clock).await.is_err() {
        lake.reload().await.expect("reads the catalog");
    }
    assert_eq!(
        lake.committed(ACCOUNT, "notes").await.expect("known"),
        cursor(ROWS as u64)
    );
    commit_each(&lake, ROWS..ROWS + 2).await;
    clock.advance(Duration::from_secs(3_601));
    tidy(&lake, &clock).await.expect("nothing fails any more");
    clock.advance(Duration::from_secs(3_601));
    tidy(&lake, &clock).await.expect("nothing fails any more");
    drop(lake);
    let lake = world.lake().await;
    assert_eq!(
        numbers(&world, &lake, "notes").await,
        all(ROWS + 2),
        "at {nth}, {late}"
    );
    let prefix = format!("lake/{ACCOUNT}/notes/data/");
    let files = world.blobs.list(&prefix).await.expect("lists");
    let named = lake
        .snapshot(ACCOUNT, "notes")
        .await
        .expect("is there")
        .files;
    assert_eq!(
        files.len(),
        named.len(),
        "at {nth}, {late}: files that nobody names"
    );
    burnt
}

async fn everywhere(dies: bool) {
    for late in [false, true] {
        let mut nth = 0;
        while crash_at(nth, late, dies).await {
            nth += 1;
        }
        // Merged file, two manifests, list, metadata, pointer, hint; the same without a file for
        // what is dropped; and deletions.
        assert!(nth >= 22, "{nth}");
    }
}

#[tokio::test]
async fn nothing_is_lost_wherever_upkeep_stops() {
    everywhere(false).await;
}

#[tokio::test]
async fn nothing_is_lost_wherever_the_process_dies() {
    everywhere(true).await;
}

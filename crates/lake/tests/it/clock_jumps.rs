// SPDX-License-Identifier: Apache-2.0
//! After the wall clock has jumped, no snapshot goes for an hour, whatever commits meanwhile: who
//! has just opened a table reads it to its end.

use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Tables;
use hw_lake::{Duty, Lake, MaintenanceHandle, Retention};

use crate::compaction::{all, commit_each};
use crate::jumpy_clock::JumpyClock;
use crate::read::numbers;
use crate::rounds::{round, upkeep};
use crate::world::{ACCOUNT, NOTES, World};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

struct Scene {
    world: World,
    clock: JumpyClock,
    lake: Arc<Lake>,
    upkeep: MaintenanceHandle,
}

impl Scene {
    /// A table with three commits of this minute.
    async fn new() -> Self {
        let mut world = World::new().await;
        let clock = JumpyClock::at(world.clock.now());
        world.clock = Arc::new(clock.clone());
        let lake = world.lake().await;
        lake.ensure(ACCOUNT, &NOTES).await.expect("made");
        commit_each(&lake, 0..3).await;
        let (_, upkeep) = upkeep(&lake, Retention::default());
        Self {
            world,
            clock,
            lake,
            upkeep,
        }
    }

    async fn snapshots(&self) -> usize {
        let metadata = self.world.metadata("notes").await;
        metadata["snapshots"].as_array().map_or(0, Vec::len)
    }

    /// Manifest lists in the folder.
    async fn lists(&self) -> usize {
        let prefix = format!("lake/{ACCOUNT}/notes/metadata/snap-");
        self.world.blobs.list(&prefix).await.expect("lists").len()
    }

    async fn figures(&self) -> (usize, usize) {
        (self.snapshots().await, self.lists().await)
    }

    /// An hour passes, and no clock jumps.
    fn settle(&self) {
        self.clock.advance(Duration::from_secs(3_601));
    }
}

#[tokio::test]
async fn compaction_drops_no_snapshot_before_the_hour_is_over() {
    for jump in [400 * DAY, -2 * DAY] {
        let scene = Scene::new().await;
        scene.clock.jump(jump);
        let report = round(&scene.upkeep, Duty::Compact).await;
        assert_eq!(report.tables.len(), 1, "it merged");
        assert_eq!(scene.figures().await, (4, 4), "{jump}");
        scene.settle();
        commit_each(&scene.lake, 3..6).await;
        round(&scene.upkeep, Duty::Compact).await;
        let (snapshots, lists) = scene.figures().await;
        assert!(snapshots < 8 && lists == snapshots, "{snapshots}, {lists}");
        assert_eq!(numbers(&scene.world, &scene.lake, "notes").await, all(6));
    }
}

#[tokio::test]
async fn a_clock_that_jumps_after_the_round_began_is_seen() {
    let scene = Scene::new().await;
    round(&scene.upkeep, Duty::Retain).await;
    scene.clock.jump(400 * DAY);
    // As within a round: nobody looks at the clock but the table itself.
    scene.lake.compact(ACCOUNT, "notes").await.expect("merges");
    assert_eq!(scene.figures().await, (4, 4));
    let expired = scene.lake.expire(ACCOUNT, "notes").await.expect("expires");
    assert_eq!((expired.snapshots, expired.left), (0, 4));
    scene.clock.advance(Duration::from_secs(60));
    let swept = scene.lake.sweep_table(ACCOUNT, "notes").await;
    assert_eq!(swept.expect("sweeps").objects, 0);
}

#[tokio::test]
async fn steps_between_commits_are_seen_each() {
    let scene = Scene::new().await;
    scene.clock.jump(HOUR);
    commit_each(&scene.lake, 3..5).await;
    // To a round that sees nothing but this, it is an hour back.
    scene.clock.jump(-2 * HOUR);
    round(&scene.upkeep, Duty::Compact).await;
    assert_eq!(scene.figures().await, (6, 6));
}

#[tokio::test]
async fn retention_drops_no_snapshot_before_the_hour_is_over() {
    let scene = Scene::new().await;
    scene.clock.jump(400 * DAY);
    let dropped = scene.lake.drop_before(ACCOUNT, "notes", i32::MAX).await;
    assert_eq!(dropped.expect("drops").rows, 3);
    assert_eq!(scene.figures().await, (4, 4));
    assert_eq!(numbers(&scene.world, &scene.lake, "notes").await, all(0));
}

#[tokio::test]
async fn a_confirmed_clock_ends_no_reader_s_hour() {
    let scene = Scene::new().await;
    round(&scene.upkeep, Duty::Retain).await;
    scene.clock.jump(400 * DAY);
    let waits = round(&scene.upkeep, Duty::Retain).await.waits;
    assert!(waits.is_some_and(|words| words.contains("--confirm-clock")));
    scene.upkeep.confirm_clock().await.expect("is kept");
    for duty in [Duty::Expire, Duty::Sweep] {
        let report = round(&scene.upkeep, duty).await;
        let words = report.waits.expect("waits");
        assert!(words.contains("nothing goes for 60 minutes"), "{words}");
        assert!(report.tables.is_empty());
    }
    assert_eq!(round(&scene.upkeep, Duty::Retain).await.waits, None);
    assert_eq!(scene.snapshots().await, 3);
    scene.settle();
    assert_eq!(round(&scene.upkeep, Duty::Expire).await.tables.len(), 1);
    assert!(scene.snapshots().await < 3);
}

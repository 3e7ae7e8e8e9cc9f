// SPDX-License-Identifier: Apache-2.0
//! What the worker of sweeps says is left over.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hw_kernel::Tables;
use hw_kernel::port::blobs::Put;
use hw_kernel::shutdown;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::worker::{Worker, WorkerStatus};
use hw_lake::{Maintenance, Retention};

use crate::compaction::{commit_each, snapshot};
use crate::rounds::upkeep;
use crate::world::{ACCOUNT, NOTES, World};

/// Time until a sweep goes over all tables.
const HOUR: Duration = Duration::from_secs(3_600);

/// Waits until a worker says `lag`; fails after ten seconds.
async fn says(worker: &Maintenance, state: &str, lag: &str) -> WorkerStatus {
    let mut status = worker.status();
    for _ in 0..5_000 {
        if (status.state.as_ref(), status.lag.as_str()) == (state, lag) {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        status = worker.status();
    }
    panic!("{status:?}, not {state}: {lag}");
}

fn key(name: &str) -> String {
    format!("lake/{ACCOUNT}/notes/data/{name}.parquet")
}

/// A file that no commit names.
async fn leave(world: &World, name: &str) {
    let bytes = Bytes::from_static(b"PAR1");
    let key = key(name);
    let put = world.blobs.put(&key, bytes, Put::IfAbsent);
    put.await.expect("puts");
}

async fn is_there(world: &World, name: &str) -> bool {
    world.blobs.get(&key(name), None).await.is_ok()
}

#[tokio::test]
async fn the_sweep_says_what_waits_and_what_it_does_not_know() {
    let mut world = World::new().await;
    let clock = SimulatedClock::at(world.clock.now());
    world.clock = Arc::new(clock.clone());
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&lake, 0..3).await;
    leave(&world, "stray").await;
    drop(lake);
    let lake = world.lake().await;
    let (workers, _) = upkeep(&lake, Retention::default());
    let sweep = workers
        .into_iter()
        .find(|worker| worker.status().name == "lake.sweep");
    let sweep = Arc::new(sweep.expect("one of them"));
    let (sender, receiver) = shutdown::channel();
    let running = tokio::spawn({
        let sweep = Arc::clone(&sweep);
        async move { sweep.run(receiver).await }
    });
    says(&sweep, "idle", "1 of 1 tables are not swept yet").await;

    // Somebody uses it: the next round looks.
    snapshot(&lake).await;
    clock.advance(HOUR / 2);
    let waits = "1 files wait: younger than an hour, or held by a query";
    says(&sweep, "idle", waits).await;
    clock.advance(HOUR);
    says(&sweep, "idle", "nothing is left over").await;
    assert!(!is_there(&world, "stray").await);

    // What a compaction replaces is held by a query that began before.
    let query = snapshot(&lake).await;
    lake.compact(ACCOUNT, "notes").await.expect("merges");
    leave(&world, "another").await;
    clock.advance(2 * HOUR);
    while is_there(&world, "another").await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    says(&sweep, "idle", "nothing is left over").await;
    lake.expire(ACCOUNT, "notes").await.expect("expires");
    clock.advance(HOUR);
    let waits = "3 files wait: younger than an hour, or held by a query";
    says(&sweep, "idle", waits).await;

    // One that fails knows nothing.
    drop(query);
    world.fuse.arm(0, false);
    clock.advance(HOUR);
    let status = says(&sweep, "failing", "1 of 1 tables are not swept yet").await;
    assert!(status.last_error.is_some());
    world.fuse.disarm();
    clock.advance(HOUR);
    says(&sweep, "idle", "nothing is left over").await;
    sender.begin();
    running.await.expect("ends");
}

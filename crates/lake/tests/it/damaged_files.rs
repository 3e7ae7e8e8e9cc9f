// SPDX-License-Identifier: Apache-2.0
//! A data file that can't be read: merges go on without it, and it is named until it is whole.

use std::sync::Arc;

use hw_kernel::port::blobs::Put;
use hw_kernel::{Event, EventSink, Tables};
use hw_lake::{Duty, DutyReport, Maintenance, MaintenanceHandle, MaintenanceSettings};
use parking_lot::Mutex;

use crate::compaction::{all, commit_each, snapshot};
use crate::read::numbers;
use crate::world::{ACCOUNT, NOTES, World};

#[derive(Default)]
struct Told(Mutex<Vec<Event>>);

impl EventSink for Told {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

async fn round(handle: &MaintenanceHandle) -> DutyReport {
    handle.run(Duty::Compact).await.expect("runs")
}

/// Merges six files of which the third was changed by `damage`.
async fn merge_beside(damage: impl Fn(&mut Vec<u8>)) {
    let world = World::new().await;
    let lake = world.lake().await;
    lake.ensure(ACCOUNT, &NOTES).await.expect("made");
    commit_each(&lake, 0..6).await;
    let damaged = snapshot(&lake).await.files[2].key.clone();
    let whole = world.blobs.get(&damaged, None).await.expect("is there");
    let mut bytes = whole.to_vec();
    damage(&mut bytes);
    world.blobs.delete(&damaged).await.expect("deletes");
    if !bytes.is_empty() {
        let put = world.blobs.put(&damaged, bytes.into(), Put::IfAbsent);
        put.await.expect("puts");
    }

    let told = Arc::<Told>::default();
    let settings = MaintenanceSettings::default();
    let (_, handle) = Maintenance::new(Arc::clone(&lake), settings, told.clone());
    for rounds in 1..=3 {
        let report = round(&handle).await;
        let [notes] = &report.tables[..] else {
            panic!("{report:?}");
        };
        let error = notes.error.as_deref().unwrap_or_default();
        assert!(error.contains(&damaged), "{error}");
        let merged = if rounds == 1 { 5 } else { 0 };
        assert_eq!(notes.done["files_before"].as_u64().unwrap_or(0), merged);
        assert_eq!(told.0.lock().len(), 1, "told once");
    }
    let event = told.0.lock()[0].clone();
    assert_eq!(
        (event.kind.as_str(), event.outcome.as_str()),
        ("table", "damaged")
    );
    assert!(event.cause.contains(&damaged), "{}", event.cause);
    assert_eq!(snapshot(&lake).await.files.len(), 2);
    commit_each(&lake, 6..7).await;

    world.blobs.delete(&damaged).await.expect("deletes");
    let put = world.blobs.put(&damaged, whole, Put::IfAbsent);
    put.await.expect("puts");
    let report = round(&handle).await;
    assert_eq!(report.tables[0].error, None, "{report:?}");
    assert_eq!(snapshot(&lake).await.files.len(), 1);
    assert_eq!(numbers(&world, &lake, "notes").await, all(7));
    assert_eq!(told.0.lock().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_cut_is_left_out() {
    merge_beside(|bytes| bytes.truncate(bytes.len() / 2)).await;
}

#[tokio::test]
async fn a_file_with_a_torn_page_is_left_out() {
    merge_beside(|bytes| bytes[4..60].fill(0xff)).await;
}

#[tokio::test]
async fn a_file_that_is_gone_is_left_out() {
    merge_beside(Vec::clear).await;
}

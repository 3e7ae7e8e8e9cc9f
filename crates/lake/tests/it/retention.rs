// SPDX-License-Identifier: Apache-2.0
//! What a setting of retention drops, and when: whole days of its table, by the time lived through.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, LargeBinaryArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use hw_kernel::Tables;
use hw_kernel::port::tables::{ColumnKind, TableSpec};
use hw_lake::spec::TABLES;
use hw_lake::{Duty, Lake, MaintenanceHandle, Retention};
use hw_model::{AccountId, Timestamp};
use serde_json::json;

use crate::jumpy_clock::JumpyClock;
use crate::read::batches;
use crate::rounds::{round, upkeep};
use crate::world::{ACCOUNT, NOON, World, cursor};

const DAY_MICROS: i64 = 86_400_000_000;
const DAY_SECONDS: i64 = 86_400;
const OTHER: AccountId = AccountId::MAX;

/// The midnight before [`NOON`], which is of day 0 here.
const MIDNIGHT: i64 = NOON - DAY_MICROS / 2;

/// Two rows of each day: of its first microsecond and of its last.
fn rows(spec: &TableSpec, days: impl Iterator<Item = i64>) -> RecordBatch {
    let begin = days.map(|day| MIDNIGHT + day * DAY_MICROS);
    let times: Vec<i64> = begin
        .flat_map(|begin| [begin, begin + DAY_MICROS - 1])
        .collect();
    let count = times.len();
    let column = |kind| -> ArrayRef {
        match kind {
            ColumnKind::Time => {
                let times = TimestampMicrosecondArray::from(times.clone());
                Arc::new(times.with_timezone("+00:00"))
            }
            ColumnKind::Int => Arc::new(Int32Array::from(vec![1; count])),
            ColumnKind::Long => Arc::new(Int64Array::from(vec![1; count])),
            ColumnKind::Bool => Arc::new(BooleanArray::from(vec![false; count])),
            ColumnKind::Bytes => Arc::new(LargeBinaryArray::from(vec![&b"x"[..]; count])),
            _ => Arc::new(StringArray::from(vec!["x"; count])),
        }
    };
    let required = spec.columns.iter().filter(|column| !column.nullable);
    let columns = required.map(|of| (of.name, column(of.kind)));
    RecordBatch::try_from_iter(columns).expect("same lengths")
}

/// A server's tables of two accounts, each with rows of the days −5 to 0.
struct Scene {
    world: World,
    clock: JumpyClock,
    lake: Arc<Lake>,
    upkeep: MaintenanceHandle,
}

impl Scene {
    async fn new(now: i64, retention: Retention) -> Self {
        let mut world = World::new().await;
        let clock = JumpyClock::at(Timestamp(now));
        world.clock = Arc::new(clock.clone());
        let lake = world.lake().await;
        for (account, spec) in [ACCOUNT, OTHER]
            .iter()
            .flat_map(|account| TABLES.iter().map(move |spec| (*account, spec)))
        {
            lake.ensure(account, spec).await.expect("made");
            lake.append(account, spec.name, rows(spec, -5..=0), &cursor(1))
                .await
                .expect("taken");
            lake.flush(account).await.expect("commits");
        }
        // As after a start: nobody has used the tables yet.
        drop(lake);
        let lake = world.lake().await;
        let (_, upkeep) = upkeep(&lake, retention);
        Self {
            world,
            clock,
            lake,
            upkeep,
        }
    }

    /// The days of which a table has rows, both of each.
    async fn days(&self, account: AccountId, table: &str) -> Vec<i64> {
        let snapshot = self.lake.snapshot(account, table).await.expect("is there");
        let mut days = Vec::new();
        for batch in batches(&*self.world.blobs, &snapshot).await {
            let times = batch.column_by_name("time").expect("a time");
            let times = times.as_primitive::<TimestampMicrosecondType>().values();
            days.extend(
                times
                    .iter()
                    .map(|time| (time - MIDNIGHT).div_euclid(DAY_MICROS)),
            );
        }
        days.sort_unstable();
        let twice = days
            .chunks(2)
            .all(|pair| pair.len() == 2 && pair[0] == pair[1]);
        assert!(twice, "{days:?}");
        days.dedup();
        days
    }

    /// Of `messages`, `telemetry` and `events`: the first day that each account has, all the
    /// following being there.
    async fn first_days(&self) -> [i64; 3] {
        let mut first = [0; 3];
        for (first, table) in first.iter_mut().zip(["messages", "telemetry", "events"]) {
            let days = self.days(ACCOUNT, table).await;
            assert_eq!(days, self.days(OTHER, table).await, "{table}");
            *first = days.first().copied().unwrap_or(1);
            assert_eq!(days, (*first..=0).collect::<Vec<_>>(), "{table}");
        }
        first
    }
}

#[tokio::test]
async fn the_right_days_of_the_right_tables_go() {
    let retention = Retention {
        telemetry_days: 2,
        events_days: 3,
        ..Retention::default()
    };
    let scene = Scene::new(NOON, retention).await;
    let report = round(&scene.upkeep, Duty::Retain).await;
    assert_eq!((report.looked_at, report.waits), (6, None));
    // The last moment of day -3 is two and a half days ago, that of day -2 one and a half.
    assert_eq!(scene.first_days().await, [-5, -2, -3]);
    let done: Vec<_> = report.tables.iter().map(|t| (&*t.table, &t.done)).collect();
    let (events, telemetry) = (done[0], done[1]);
    assert_eq!(
        (done.len(), events.0, telemetry.0),
        (4, "events", "telemetry")
    );
    for ((_, figures), days) in [(events, 2), (telemetry, 3)] {
        let rows = json!([figures["days"], figures["files"], figures["rows"]]);
        assert_eq!(rows, json!([days, days, 2 * days]));
    }
    let again = round(&scene.upkeep, Duty::Retain).await;
    assert!(again.tables.is_empty(), "once is enough");
}

#[tokio::test]
async fn a_day_goes_at_the_moment_its_last_row_is_too_old() {
    let retention = Retention {
        messages_days: 2,
        ..Retention::default()
    };
    let scene = Scene::new(MIDNIGHT - 1, retention).await;
    round(&scene.upkeep, Duty::Retain).await;
    assert_eq!(scene.first_days().await, [-3, -5, -5], "not yet");
    scene.clock.advance(Duration::from_micros(1));
    round(&scene.upkeep, Duty::Retain).await;
    assert_eq!(scene.first_days().await, [-2, -5, -5]);
}

#[tokio::test]
async fn without_a_setting_everything_stays() {
    let scene = Scene::new(NOON + 10_000 * DAY_MICROS, Retention::default()).await;
    let report = round(&scene.upkeep, Duty::Retain).await;
    assert!(report.tables.is_empty());
    assert_eq!(scene.first_days().await, [-5; 3]);
}

#[tokio::test]
async fn a_clock_that_jumps_drops_nothing_until_it_is_confirmed() {
    let retention = Retention {
        messages_days: 400,
        telemetry_days: 3,
        ..Retention::default()
    };
    let scene = Scene::new(NOON, retention).await;
    round(&scene.upkeep, Duty::Retain).await;
    assert_eq!(scene.first_days().await, [-5, -3, -5]);
    scene.clock.jump(2 * DAY_SECONDS);
    let report = round(&scene.upkeep, Duty::Retain).await;
    let words = report.waits.expect("it says so");
    assert!(words.contains("48 hours ahead"), "{words}");
    assert!(
        words.contains("headwater lake retain --confirm-clock"),
        "{words}"
    );
    assert!(report.tables.is_empty());
    assert_eq!(scene.first_days().await, [-5, -3, -5]);
    // What is lived through counts, ten hours of it: not enough for a day more.
    scene.clock.advance(Duration::from_secs(36_000));
    assert!(round(&scene.upkeep, Duty::Retain).await.waits.is_some());
    assert_eq!(scene.first_days().await, [-5, -3, -5]);

    scene.upkeep.confirm_clock().await.expect("is kept");
    let report = round(&scene.upkeep, Duty::Retain).await;
    assert_eq!(report.waits, None);
    assert_eq!(report.tables.len(), 2, "one of each account");
    assert_eq!(scene.first_days().await, [-5, -1, -5]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_what_is_not_too_old_by_it() {
    let retention = Retention {
        messages_days: 2,
        ..Retention::default()
    };
    let scene = Scene::new(NOON, Retention::default()).await;
    round(&scene.upkeep, Duty::Retain).await;
    scene.clock.jump(-2 * DAY_SECONDS);
    let (_, upkeep) = upkeep(&scene.lake, retention);
    round(&upkeep, Duty::Retain).await;
    assert_eq!(scene.first_days().await, [-4, -5, -5]);
}

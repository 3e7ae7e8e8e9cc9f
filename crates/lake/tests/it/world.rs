// SPDX-License-Identifier: Apache-2.0
//! A folder with a catalog and blobs, and lakes opened on it one after the other.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::position::{Partition, Position};
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};
use hw_kernel::{Blobs, Catalog, Clock};
use hw_lake::Lake;
use hw_model::AccountId;
use hw_model::trace::Producer;

use crate::faults::{Faulty, Fuse};

pub const ACCOUNT: AccountId = AccountId::FIRST;

/// Noon of 24 November 2026, in microseconds.
pub const NOON: i64 = 1_795_521_600_000_000;

pub struct World {
    pub fuse: Arc<Fuse>,
    pub blobs: Arc<dyn Blobs>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Arc<dyn Clock>,
    pub folder: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().display();
        let blobs = hw_blobs::open_url(&format!("file://{path}")).expect("opens");
        let url = format!("sqlite://{path}/catalog.db");
        let catalog = hw_catalog::open_url(&url).await.expect("opens");
        let fuse = Arc::<Fuse>::default();
        Self {
            blobs: Arc::new(Faulty {
                fuse: Arc::clone(&fuse),
                inner: blobs,
            }),
            catalog: Arc::new(Faulty {
                fuse: Arc::clone(&fuse),
                inner: catalog,
            }),
            fuse,
            clock: Arc::new(SystemClock::default()),
            folder,
        }
    }

    /// What a start of the server opens.
    pub async fn lake(&self) -> Arc<Lake> {
        let (blobs, catalog) = (Arc::clone(&self.blobs), Arc::clone(&self.catalog));
        let clock = Arc::clone(&self.clock);
        let lake = Lake::open_with(blobs, catalog, clock, &[NOTES]).await;
        Arc::new(lake.expect("the lake opens"))
    }

    /// The current metadata of a table, as other programs read it.
    pub async fn metadata(&self, table: &str) -> serde_json::Value {
        let folder = format!("lake/{ACCOUNT}/{table}/metadata/");
        let hint = format!("{folder}version-hint.text");
        let hint = self.blobs.get(&hint, None).await.expect("a hint");
        let name = std::str::from_utf8(&hint).expect("text");
        let file = format!("{folder}{name}.metadata.json");
        let file = self.blobs.get(&file, None).await.expect("the hint's file");
        serde_json::from_slice(&file).expect("JSON")
    }
}

const fn column(name: &'static str, kind: ColumnKind, nullable: bool) -> Column {
    Column {
        name,
        kind,
        nullable,
        doc: "for tests",
    }
}

/// A small table.
pub const NOTES: TableSpec = TableSpec {
    name: "notes",
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
        column("n", ColumnKind::Long, false),
    ],
    sort: &["name", "time"],
    doc: "notes",
};

/// The same with a column more.
pub const WIDER_NOTES: TableSpec = TableSpec {
    columns: &[
        column("time", ColumnKind::Time, false),
        column("name", ColumnKind::Text, true),
        column("n", ColumnKind::Long, false),
        column("more", ColumnKind::Text, true),
    ],
    ..NOTES
};

/// Rows of [`NOTES`], one for each number, a second apart.
pub fn notes(numbers: std::ops::Range<i64>) -> RecordBatch {
    let times: TimestampMicrosecondArray = numbers
        .clone()
        .map(|n| Some(NOON + n * 1_000_000))
        .collect();
    let names: StringArray = numbers
        .clone()
        .map(|n| (n % 5 != 0).then(|| format!("name {}", n % 3)))
        .collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("time", Arc::new(times.with_timezone("+00:00"))),
        ("name", Arc::new(names)),
        ("n", Arc::new(Int64Array::from_iter_values(numbers))),
    ];
    RecordBatch::try_from_iter(columns).expect("same lengths")
}

/// The cursor of a reader that has read records up to `n` of one producer.
pub fn cursor(n: u64) -> Cursor {
    let partition = Partition {
        stream: 1,
        partition: 0,
        epoch: 1,
    };
    let producer = Producer { epoch: 1, shard: 0 };
    Cursor {
        position: Position([(partition, n)].into()),
        producers: [(producer, n)].into(),
    }
}

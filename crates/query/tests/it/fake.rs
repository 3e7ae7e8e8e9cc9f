// SPDX-License-Identifier: Apache-2.0
//! Fakes of `Tables` and `Blobs`, and a small world: two accounts, files and buffered rows.

mod blobs;
mod tables;

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use hw_kernel::port::tables::{Column, ColumnKind, TableSpec};
use hw_model::AccountId;
use hw_query::{Engine, Host, Limits};

pub use blobs::FakeBlobs;
pub use tables::FakeTables;

const fn column(name: &'static str, kind: ColumnKind, doc: &'static str) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        doc,
    }
}

pub const TELEMETRY: TableSpec = TableSpec {
    name: "telemetry",
    columns: &[
        Column {
            name: "time",
            kind: ColumnKind::Time,
            nullable: false,
            doc: "When, in UTC.",
        },
        column("thing", ColumnKind::Text, "Which thing."),
        column("metric", ColumnKind::Text, "Path in the payload."),
        column("value", ColumnKind::Double, "The number."),
        column("text", ColumnKind::Text, "The text."),
    ],
    sort: &["thing", "metric", "time"],
    doc: "A row per leaf of a JSON payload.",
};

pub const MESSAGES: TableSpec = TableSpec {
    name: "messages",
    columns: &[
        Column {
            name: "time",
            kind: ColumnKind::Time,
            nullable: false,
            doc: "When, in UTC.",
        },
        column("topic", ColumnKind::Text, "Where to."),
        column("qos", ColumnKind::Int, "Quality of service."),
        column("retain", ColumnKind::Bool, "Whether it was retained."),
        column("payload", ColumnKind::Bytes, "The payload."),
        column("size", ColumnKind::Long, "Bytes of the payload."),
    ],
    sort: &["topic", "time"],
    doc: "Every message, byte for byte.",
};

pub const ONE: AccountId = AccountId::FIRST;

pub fn other() -> AccountId {
    AccountId::from_number(2).expect("twelve digits")
}

/// Microseconds of 2019-02-21T16:00:00Z.
pub const FOUR: i64 = 1_550_764_800_000_000;
pub const HOUR: i64 = 3_600_000_000;

fn times(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("+00:00"))
}

/// Rows `(time, thing, value)` of the metric `flow`.
pub fn flow(rows: &[(i64, &str, f64)]) -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", times(rows.iter().map(|row| row.0).collect())),
        (
            "thing",
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))),
        ),
        (
            "metric",
            Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "flow"))),
        ),
        (
            "value",
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
        ),
    ];
    RecordBatch::try_from_iter(columns).expect("same lengths")
}

pub fn message(time: i64, topic: &str, payload: &[u8]) -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", times(vec![time])),
        ("topic", Arc::new(StringArray::from(vec![topic]))),
        ("qos", Arc::new(Int32Array::from(vec![1]))),
        ("retain", Arc::new(BooleanArray::from(vec![false]))),
        ("payload", Arc::new(BinaryArray::from(vec![payload]))),
        (
            "size",
            Arc::new(Int64Array::from(vec![payload.len() as i64])),
        ),
    ];
    RecordBatch::try_from_iter(columns).expect("same lengths")
}

/// The ports, to be changed while an engine reads them.
pub struct World {
    pub tables: Arc<FakeTables>,
    pub blobs: Arc<FakeBlobs>,
    pub engine: Engine,
}

impl World {
    pub fn with(limits: Limits) -> Self {
        Self::on(&Host::default(), limits)
    }

    pub fn on(host: &Host, limits: Limits) -> Self {
        let (tables, blobs) = (
            Arc::new(FakeTables::default()),
            Arc::new(FakeBlobs::default()),
        );
        let engine = Engine::on(host, tables.clone(), blobs.clone(), limits).expect("sets up");
        Self {
            tables,
            blobs,
            engine,
        }
    }

    /// Account 1 has two files (from 16:00 and from 17:00) and two buffered rows of `telemetry`,
    /// and one buffered message; account 2 has one row that nobody else may see.
    pub fn small(limits: Limits) -> Self {
        let world = Self::with(limits);
        world.file(
            ONE,
            &TELEMETRY,
            "early",
            &flow(&[(FOUR, "a", 1.0), (FOUR + 1, "b", 2.0)]),
        );
        world.file(ONE, &TELEMETRY, "late", &flow(&[(FOUR + HOUR, "a", 3.0)]));
        let fresh = flow(&[
            (FOUR + 2 * HOUR, "a", 4.5),
            (FOUR + 2 * HOUR + 123_456, "c", f64::NAN),
        ]);
        world.tables.buffer(ONE, &TELEMETRY, fresh);
        world.tables.buffer(
            ONE,
            &MESSAGES,
            message(FOUR, "/things/a", b"{\"flow\":1}\x00\xff"),
        );
        world
            .tables
            .buffer(other(), &TELEMETRY, flow(&[(FOUR, "secret", 42.0)]));
        world
    }

    /// Writes a Parquet file and adds it to a table.
    pub fn file(&self, account: AccountId, spec: &TableSpec, name: &str, rows: &RecordBatch) {
        let key = format!("lake/{account}/{}/data/{name}.parquet", spec.name);
        let bytes = self.blobs.parquet(&key, rows);
        self.tables.file(account, spec, key, bytes, rows);
    }

    /// The rows of an answer, as JSON.
    pub async fn rows(&self, sql: &str) -> serde_json::Value {
        let answer = self.engine.sql(ONE, sql, Vec::new()).await.expect(sql);
        let json: serde_json::Value =
            serde_json::from_str(&answer.to_json().expect("has JSON")).expect("is JSON");
        json["rows"].clone()
    }

    /// The SQLSTATE and the words of a statement that must fail.
    pub async fn refused(&self, sql: &str) -> (&'static str, String) {
        match self.engine.sql(ONE, sql, Vec::new()).await {
            Ok(answer) => panic!("{sql} answered {}", answer.to_json().unwrap_or_default()),
            Err(error) => (error.sqlstate(), error.to_string()),
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Tables in memory, of the columns that the page and the tests ask for.

use std::sync::Arc;

use arrow_array::TimestampMicrosecondArray;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use hw_kernel::Tables;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::port::tables::{Column, ColumnKind, Snapshot, TableError, TableSpec};
use hw_model::AccountId;
use parking_lot::Mutex;

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        doc: "",
    }
}

const fn spec(name: &'static str, columns: &'static [Column]) -> TableSpec {
    TableSpec {
        name,
        columns,
        sort: &["time"],
        doc: "",
    }
}

const TELEMETRY: TableSpec = spec(
    "telemetry",
    &[
        column("time", ColumnKind::Time),
        column("thing", ColumnKind::Text),
        column("metric", ColumnKind::Text),
        column("value", ColumnKind::Double),
        column("text", ColumnKind::Text),
        column("topic", ColumnKind::Text),
    ],
);

const EVENTS: TableSpec = spec(
    "events",
    &[
        column("time", ColumnKind::Time),
        column("kind", ColumnKind::Text),
        column("thing", ColumnKind::Text),
        column("client_id", ColumnKind::Text),
        column("topic", ColumnKind::Text),
        column("outcome", ColumnKind::Text),
        column("cause", ColumnKind::Text),
        column("count", ColumnKind::Long),
        column("principal", ColumnKind::Text),
        column("address", ColumnKind::Text),
    ],
);

const SPECS: [TableSpec; 2] = [TELEMETRY, EVENTS];

/// A row of `telemetry`.
#[derive(Clone)]
pub struct Reading {
    pub time: i64,
    pub thing: Option<String>,
    pub metric: String,
    pub value: Option<f64>,
    pub text: Option<String>,
    pub topic: String,
}

/// A row of `events`.
pub struct Refused {
    pub time: i64,
    pub kind: &'static str,
    pub client_id: Option<&'static str>,
    pub cause: String,
    pub count: i64,
}

#[derive(Default)]
pub struct MemoryTables {
    telemetry: Mutex<Vec<RecordBatch>>,
    events: Mutex<Vec<RecordBatch>>,
}

impl MemoryTables {
    pub fn add(&self, rows: &[Reading]) {
        let columns = vec![
            times(rows.iter().map(|row| row.time)),
            texts(rows.iter().map(|row| row.thing.clone())),
            texts(rows.iter().map(|row| Some(row.metric.clone()))),
            Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()) as ArrayRef,
            texts(rows.iter().map(|row| row.text.clone())),
            texts(rows.iter().map(|row| Some(row.topic.clone()))),
        ];
        let batch = RecordBatch::try_new(schema(&TELEMETRY), columns).expect("rows fit");
        self.telemetry.lock().push(batch);
    }

    pub fn refuse(&self, rows: &[Refused]) {
        let text = |text: &str| Some(text.to_owned());
        let columns = vec![
            times(rows.iter().map(|row| row.time)),
            texts(rows.iter().map(|row| text(row.kind))),
            texts(rows.iter().map(|_| None)),
            texts(rows.iter().map(|row| row.client_id.map(str::to_owned))),
            texts(rows.iter().map(|_| None)),
            texts(rows.iter().map(|_| text("refused"))),
            texts(rows.iter().map(|row| text(&row.cause))),
            Arc::new(rows.iter().map(|row| row.count).collect::<Int64Array>()) as ArrayRef,
            texts(rows.iter().map(|_| None)),
            texts(rows.iter().map(|_| text("192.0.2.7"))),
        ];
        let batch = RecordBatch::try_new(schema(&EVENTS), columns).expect("rows fit");
        self.events.lock().push(batch);
    }
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("+00:00"))
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn schema(spec: &TableSpec) -> SchemaRef {
    let kind = |kind| match kind {
        ColumnKind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
        ColumnKind::Double => DataType::Float64,
        ColumnKind::Long => DataType::Int64,
        _ => DataType::Utf8,
    };
    let fields = spec.columns.iter();
    let fields = fields.map(|column| Field::new(column.name, kind(column.kind), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[async_trait]
impl Tables for MemoryTables {
    async fn ensure(&self, _: AccountId, _: &TableSpec) -> Result<(), TableError> {
        Ok(())
    }

    async fn append(
        &self,
        _: AccountId,
        _: &str,
        _: RecordBatch,
        _: &Cursor,
    ) -> Result<(), TableError> {
        Err(TableError::Full)
    }

    async fn snapshot(&self, _: AccountId, table: &str) -> Result<Snapshot, TableError> {
        let (spec, rows) = match table {
            "telemetry" => (&TELEMETRY, &self.telemetry),
            "events" => (&EVENTS, &self.events),
            other => return Err(TableError::NotFound(other.to_owned())),
        };
        let buffer = rows.lock().clone();
        Ok(Snapshot {
            schema: schema(spec),
            files: Arc::new([]),
            buffer,
        })
    }

    async fn flush(&self, _: AccountId) -> Result<(), TableError> {
        Ok(())
    }

    async fn committed(&self, _: AccountId, _: &str) -> Result<Cursor, TableError> {
        Ok(Cursor::default())
    }

    async fn list(&self, _: AccountId) -> Result<Vec<TableSpec>, TableError> {
        Ok(SPECS.to_vec())
    }
}

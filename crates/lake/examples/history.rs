// SPDX-License-Identifier: Apache-2.0
//! Writes a week of readings into a data folder's table `telemetry`, as fast as files can be made:
//! `history FOLDER ROWS`. A server that starts on the folder, and any reader of Iceberg, then has
//! them. 500 things with five metrics each, at even steps up to 2026-01-08.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMicrosecondArray};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::cursor::Cursor;
use hw_kernel::{Clock, Tables};
use hw_lake::Lake;
use hw_lake::spec::TABLES;
use hw_model::AccountId;

type Failure = Box<dyn std::error::Error>;

const THINGS: u64 = 500;
const METRICS: [&str; 5] = ["temperature", "humidity", "pressure", "battery", "flow"];
const DAYS: u64 = 7;
/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000_000;
const DAY: i64 = 86_400_000_000;

/// The messages from `from` to `to`, of `all`: a row for each metric.
fn rows(from: u64, to: u64, all: u64) -> Result<RecordBatch, Failure> {
    let count = ((to - from) * METRICS.len() as u64) as usize;
    let (mut times, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut texts: [StringBuilder; 4] = Default::default();
    for n in from..to {
        let time =
            BEGIN + (n as i128 * i128::from(DAY) * i128::from(DAYS) / i128::from(all)) as i64;
        let thing = format!("meter{:06}", n % THINGS);
        for (index, metric) in METRICS.iter().enumerate() {
            let wave = ((n / THINGS) as f64 / 40.0 + index as f64).sin();
            times.push(time);
            values.push((wave * 1_000.0).round() / 100.0 + (n % 97) as f64);
            texts[0].append_value(&thing);
            texts[1].append_value(metric);
            texts[2].append_value(format!("/things/waterflowcontrollers/{thing}"));
            texts[3].append_value(format!("1-0-{n:x}"));
        }
    }
    let [mut thing, mut metric, mut topic, mut trace] = texts;
    let time: ArrayRef = Arc::new(TimestampMicrosecondArray::from(times).with_timezone("+00:00"));
    let none: ArrayRef = arrow_array::new_null_array(&arrow_schema::DataType::Utf8, count);
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("time", time, false),
        ("thing", Arc::new(thing.finish()) as ArrayRef, true),
        ("metric", Arc::new(metric.finish()), false),
        ("value", Arc::new(Float64Array::from(values)), true),
        ("text", none, true),
        ("topic", Arc::new(topic.finish()), false),
        ("trace_id", Arc::new(trace.finish()), false),
    ])?)
}

async fn fill(folder: &Path, wanted: u64) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let path = folder.display();
    std::fs::create_dir_all(folder.join("blobs"))?;
    let blobs = hw_blobs::open_url(&format!("file://{path}/blobs"))?;
    let catalog = hw_catalog::open_url(&format!("sqlite://{path}/catalog.db")).await?;
    let lake = Lake::open(blobs, catalog, clock).await?;
    for spec in &TABLES {
        lake.ensure(AccountId::FIRST, spec).await?;
    }
    let messages = wanted / METRICS.len() as u64;
    let step = (messages / DAYS).div_ceil(4).max(1);
    let (mut from, mut day) = (0, 0);
    while from < messages {
        let to = (from + step).min(messages);
        let batch = rows(from, to, messages)?;
        lake.append(AccountId::FIRST, "telemetry", batch, &Cursor::default())
            .await?;
        from = to;
        if from * DAYS / messages > day || from == messages {
            lake.flush(AccountId::FIRST).await?;
            day = from * DAYS / messages;
        }
    }
    let files = lake.snapshot(AccountId::FIRST, "telemetry").await?.files;
    let rows: u64 = files.iter().map(|file| file.rows).sum();
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    println!("{rows} rows, {bytes} bytes in {} files", files.len());
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: history FOLDER ROWS")?;
    let rows = arguments
        .next()
        .and_then(|n| n.to_str()?.parse().ok())
        .unwrap_or(1_000_000);
    fill(Path::new(&folder), rows).await
}

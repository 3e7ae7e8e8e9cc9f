// SPDX-License-Identifier: Apache-2.0
//! What a message and a point take on disk, before compaction and after, column by column:
//! `sizes FOLDER meters MESSAGES` makes readings of 200 meters, one each ten seconds;
//! `sizes FOLDER daiad FILE.csv` takes those of real ones (`user.key;datetime;meter.reading;diff`),
//! a household after the other; `sizes FOLDER mixed FILE.csv` in the order of their times.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{self, Message, PrincipalRef};
use hw_kernel::worker::Worker;
use hw_kernel::{Blobs, Clock, Log, Tables, shutdown};
use hw_lake::{Ingest, IngestHandle, IngestLimits, Lake};
use hw_model::trace::Producer;
use hw_model::{AccountId, CertificateId, Timestamp, TraceId};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

type Failure = Box<dyn std::error::Error>;

const METERS: u64 = 200;
/// Midnight of 24 November 2026, in microseconds.
const MIDNIGHT: i64 = 1_795_478_400_000_000;
/// Messages of a commit: half a minute of all meters.
const COMMIT: usize = 600;

/// Numbers that look like chance and are the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About a bell of width 1.
    fn bell(&mut self) -> f64 {
        (0..4).map(|_| self.part()).sum::<f64>() - 2.0
    }
}

struct Reading {
    time: i64,
    thing: String,
    payload: String,
}

struct Meter {
    phase: i64,
    flow: f64,
    total: f64,
    temperature: f64,
    pressure: f64,
    battery: f64,
}

/// Water runs now and then; temperature and pressure wander; nothing repeats exactly.
fn meters(messages: u64) -> Vec<Reading> {
    let mut chance = Chance(7);
    let mut meters: Vec<Meter> = (0..METERS)
        .map(|_| Meter {
            phase: (chance.part() * 10e6) as i64,
            flow: 0.0,
            total: 1_000.0 + 99_000.0 * chance.part(),
            temperature: 14.0 + 2.0 * chance.bell(),
            pressure: 3.4 + 0.3 * chance.bell(),
            battery: 3.3 + 0.35 * chance.part(),
        })
        .collect();
    let mut readings = Vec::new();
    for n in 0..messages {
        let (round, at) = ((n / METERS) as i64, (n % METERS) as usize);
        let meter = &mut meters[at];
        match (meter.flow > 0.0, chance.part()) {
            (false, p) if p < 0.02 => meter.flow = 1.0 + 13.0 * chance.part(),
            (true, p) if p < 0.1 => meter.flow = 0.0,
            _ => {}
        }
        let flow = if meter.flow > 0.0 {
            meter.flow + 0.15 * chance.bell()
        } else {
            0.0
        };
        meter.total += flow / 6.0;
        meter.temperature += 0.02 * chance.bell();
        meter.pressure += 0.01 * chance.bell();
        meter.battery -= 1e-6;
        let payload = format!(
            r#"{{"serialNumber":"HW-86619103{at:07}","flowRateLitresPerMinute":{flow:.2},"totalVolumeLitres":{:.1},"waterTemperatureCelsius":{:.2},"linePressureBar":{:.3},"batteryVoltageVolts":{:.2}}}"#,
            meter.total, meter.temperature, meter.pressure, meter.battery,
        );
        readings.push(Reading {
            time: MIDNIGHT + round * 10_000_000 + meter.phase + (30_000.0 * chance.bell()) as i64,
            thing: format!("meter{at:06}"),
            payload,
        });
    }
    readings.sort_by_key(|reading| reading.time);
    readings
}

/// Hourly readings of households, an hour's all at once, as far as a day: rows of later days are
/// moved to the first, so that a year is not a year of files.
fn daiad(path: &Path) -> Result<Vec<Reading>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut readings = Vec::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line
            .split(';')
            .map(|field| field.trim_matches('"'))
            .collect();
        let [key, time, litres, diff, ..] = fields[..] else {
            continue;
        };
        let next = numbers.len();
        let meter = *numbers.entry(key.to_owned()).or_insert(next);
        let n = readings.len() as i64;
        let payload =
            format!(r#"{{"user":"{key}","datetime":"{time}","reading":{litres},"diff":{diff}}}"#);
        readings.push(Reading {
            time: MIDNIGHT + n * 100_000,
            thing: format!("meter{meter:06}"),
            payload,
        });
    }
    Ok(readings)
}

/// The same readings as they would arrive: in the order of their times, of all households mixed.
/// A month becomes a day, each a little late, and no two as late.
fn mixed(path: &Path) -> Result<Vec<Reading>, Failure> {
    /// A payload's `01/03/2016 01:19:43` in seconds, as if all months had 31 days.
    fn seconds(payload: &str) -> Option<i64> {
        let time = payload.split(r#""datetime":""#).nth(1)?;
        let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
        let days = (number(6, 10)? * 12 + number(3, 5)?) * 31 + number(0, 2)?;
        Some(((days * 24 + number(11, 13)?) * 60 + number(14, 16)?) * 60 + number(17, 19)?)
    }
    const DAY: i64 = 86_400_000_000;
    let mut chance = Chance(7);
    let mut readings = daiad(path)?;
    let times = readings.iter().map(|reading| seconds(&reading.payload));
    let times: Vec<i64> = times
        .collect::<Option<_>>()
        .ok_or("a reading without time")?;
    let (first, last) = (times.iter().min(), times.iter().max());
    let (first, last) = first.zip(last).ok_or("no readings")?;
    for (reading, seconds) in readings.iter_mut().zip(&times) {
        let into_day = (seconds - first) * (DAY - 1_000_000) / (last - first).max(1);
        reading.time = MIDNIGHT + into_day + (250_000.0 + 60_000.0 * chance.bell()) as i64;
    }
    readings.sort_by_key(|reading| reading.time);
    Ok(readings)
}

fn push(batch: &mut Batch, reading: &Reading, sequence: u64) {
    let topic = format!("meters/{}/readings", reading.thing);
    let mut certificate = CertificateId([7; 32]);
    for (at, byte) in reading.thing.bytes().enumerate() {
        certificate.0[at] = byte.wrapping_mul(37);
    }
    let message = Message {
        topic: &topic,
        client_id: &reading.thing,
        principal: PrincipalRef::Certificate(certificate),
        thing: Some(&reading.thing),
        qos: 1,
        retain: false,
        properties: &[],
        payload: reading.payload.as_bytes(),
        recipients: &[],
    };
    let producer = Producer { epoch: 3, shard: 1 };
    let envelope = Envelope {
        stream: Stream::MESSAGES,
        account: AccountId::FIRST,
        trace: TraceId { producer, sequence },
        time: Timestamp(reading.time),
    };
    batch.push(&envelope, |out| message::encode(&message, out));
}

async fn ingest(log: &dyn Log, handle: &IngestHandle, readings: &[Reading]) -> Result<(), Failure> {
    let mut sequence = 0;
    for readings in readings.chunks(COMMIT) {
        let mut batch = Batch::default();
        for reading in readings {
            sequence += 1;
            push(&mut batch, reading, sequence);
        }
        let (done, durable) = tokio::sync::oneshot::channel();
        log.append(batch, Box::new(move |outcome| drop(done.send(outcome))));
        durable.await??;
        handle.flush().await?;
    }
    Ok(())
}

async fn report(
    lake: &Lake,
    blobs: &dyn Blobs,
    table: &str,
    points: Option<u64>,
) -> Result<(), Failure> {
    let files = lake.snapshot(AccountId::FIRST, table).await?.files;
    let (rows, bytes) = files
        .iter()
        .fold((0, 0), |sum, f| (sum.0 + f.rows, sum.1 + f.bytes));
    let points = points.unwrap_or(rows).max(1) as f64;
    let mut columns: BTreeMap<String, i64> = BTreeMap::new();
    for file in files.iter() {
        let bytes = blobs.get(&file.key, None).await?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
        let groups = reader.metadata().row_groups().iter();
        for column in groups.flat_map(|group| group.columns()) {
            *columns.entry(column.column_path().string()).or_default() += column.compressed_size();
        }
    }
    println!(
        "{table}: {rows} rows, {bytes} bytes in {} files, {:.2} bytes each",
        files.len(),
        bytes as f64 / points
    );
    for (name, bytes) in columns {
        println!("    {name}: {:.3}", bytes as f64 / points);
    }
    Ok(())
}

async fn run(folder: &Path, readings: Vec<Reading>) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let path = folder.display();
    let blobs = hw_blobs::open_url(&format!("file://{path}"))?;
    let catalog = hw_catalog::open_url(&format!("sqlite://{path}/catalog.db")).await?;
    let url = format!("file://{path}/log");
    let (log, _) = hw_log::open_url(&url, Default::default(), clock.clone())?;
    let lake = Arc::new(Lake::open(blobs.clone(), catalog, clock.clone()).await?);
    let (ingest_worker, handle) =
        Ingest::new(lake.clone(), log.clone(), clock, IngestLimits::default());
    let (closing, receiver) = shutdown::channel();
    let running = tokio::spawn(async move { ingest_worker.run(receiver).await });
    let length: usize = readings.iter().map(|reading| reading.payload.len()).sum();
    println!(
        "{} messages of {} bytes",
        readings.len(),
        length / readings.len().max(1)
    );
    ingest(&*log, &handle, &readings).await?;
    let figures = handle.figures();
    // Texts are rows too: what a numeric point takes is the whole table by its numbers alone.
    let texts = readings.len() as u64
        * if readings[0].payload.contains("serial") {
            1
        } else {
            2
        };
    let points = Some(figures.telemetry_rows - texts);
    for after in [false, true] {
        if after {
            let begun = std::time::Instant::now();
            for table in ["messages", "telemetry"] {
                println!("{:?}", lake.compact(AccountId::FIRST, table).await?);
            }
            println!("compacted in {:?}", begun.elapsed());
        }
        report(&lake, &*blobs, "messages", None).await?;
        report(&lake, &*blobs, "telemetry", points).await?;
    }
    closing.begin();
    running.await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    const USAGE: &str = "usage: sizes FOLDER meters MESSAGES | sizes FOLDER daiad|mixed FILE";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, kind, what] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let readings = match kind.as_str() {
        "meters" => meters(what.parse()?),
        "daiad" => daiad(Path::new(what))?,
        "mixed" => mixed(Path::new(what))?,
        _ => return Err(USAGE.into()),
    };
    std::fs::create_dir_all(folder)?;
    run(&std::fs::canonicalize(folder)?, readings).await
}

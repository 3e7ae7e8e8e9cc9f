// SPDX-License-Identifier: Apache-2.0
//! Fills a lake through a log, as a server would, and says what it took: `fill FOLDER MESSAGES`.
//! Payloads are 200 bytes of JSON, five numbers and a text. Other tools then open `FOLDER/lake`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{self, Message, PrincipalRef};
use hw_kernel::worker::Worker;
use hw_kernel::{Clock, Log, Tables, shutdown};
use hw_lake::flatten::{Leaves, flatten};
use hw_lake::{Ingest, IngestLimits, Lake};
use hw_model::trace::Producer;
use hw_model::{AccountId, CertificateId, TraceId};

type Failure = Box<dyn std::error::Error>;

const THINGS: u64 = 500;
const BATCH: u64 = 1_000;

fn payload(n: u64) -> String {
    let flow = (n % 977) as f64 / 13.0;
    format!(
        r#"{{"temperature":{:.2},"humidity":{:.1},"pressure":{:.1},"battery":{},"flow":{flow:.6},"status":"{:-<88}"}}"#,
        18.0 + (n % 700) as f64 / 100.0,
        40.0 + (n % 300) as f64 / 10.0,
        980.0 + (n % 500) as f64 / 10.0,
        2_000 + n % 1_500,
        "nominal",
    )
}

fn push(batch: &mut Batch, clock: &dyn Clock, n: u64) {
    let (thing, payload) = (format!("meter{:06}", n % THINGS), payload(n));
    let topic = format!("/things/waterflowcontrollers/{thing}");
    let mut certificate = CertificateId([7; 32]);
    certificate.0[..8].copy_from_slice(&(n % THINGS).to_le_bytes());
    let message = Message {
        topic: &topic,
        client_id: &thing,
        principal: PrincipalRef::Certificate(certificate),
        thing: Some(&thing),
        qos: 1,
        retain: false,
        properties: &[],
        payload: payload.as_bytes(),
        recipients: &[],
    };
    let producer = Producer { epoch: 1, shard: 0 };
    let envelope = Envelope {
        stream: Stream::MESSAGES,
        account: AccountId::FIRST,
        trace: TraceId {
            producer,
            sequence: n + 1,
        },
        time: clock.now(),
    };
    batch.push(&envelope, |out| message::encode(&message, out));
}

/// User and system time of this process, all threads.
fn cpu() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .ok_or("no stat")?
        .1
        .split_whitespace()
        .collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn measure_flatten() -> Result<(), Failure> {
    let payloads: Vec<String> = (0..1_000).map(payload).collect();
    let (mut leaves, mut rows) = (Leaves::default(), 0);
    let start = cpu()?;
    for _ in 0..1_000 {
        for payload in &payloads {
            flatten(payload.as_bytes(), &mut leaves);
            rows += leaves.len();
        }
    }
    let nanos = (cpu()? - start).as_nanos() / 1_000_000;
    let (bytes, leaves) = (payloads[0].len(), rows / 1_000_000);
    println!("flatten: {nanos} ns of CPU a message of {bytes} bytes, {leaves} leaves");
    Ok(())
}

async fn append(log: &Arc<dyn Log>, clock: &Arc<dyn Clock>, messages: u64) -> Result<(), Failure> {
    for from in (0..messages).step_by(BATCH as usize) {
        let mut batch = Batch::default();
        (from..messages.min(from + BATCH)).for_each(|n| push(&mut batch, &**clock, n));
        let (done, durable) = tokio::sync::oneshot::channel();
        log.append(batch, Box::new(move |outcome| drop(done.send(outcome))));
        durable.await??;
    }
    Ok(())
}

async fn fill(folder: &Path, messages: u64) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let path = folder.display();
    let blobs = hw_blobs::open_url(&format!("file://{path}"))?;
    let catalog = hw_catalog::open_url(&format!("sqlite://{path}/catalog.db")).await?;
    let (log, _) = hw_log::open_url(
        &format!("file://{path}/log"),
        Default::default(),
        clock.clone(),
    )?;
    let begun = (Instant::now(), cpu()?);
    append(&log, &clock, messages).await?;
    let logged = (Instant::now(), cpu()?);
    println!(
        "log: {:?}, CPU {:?}",
        logged.0 - begun.0,
        logged.1 - begun.1
    );

    let lake = Arc::new(Lake::open(blobs, catalog, clock.clone()).await?);
    let (ingest, handle) = Ingest::new(
        lake.clone(),
        log.clone(),
        clock.clone(),
        IngestLimits::default(),
    );
    let (closing, receiver) = shutdown::channel();
    let running = tokio::spawn(async move { ingest.run(receiver).await });
    handle.flush().await?;
    let (wall, cpu) = (Instant::now() - logged.0, cpu()? - logged.1);
    let each = cpu.as_nanos() as u64 / messages.max(1);
    println!(
        "lake: {wall:?}, CPU {cpu:?}, {each} ns a message; {:?}",
        handle.figures()
    );
    for table in ["messages", "telemetry", "events"] {
        let files = lake.snapshot(AccountId::FIRST, table).await?.files;
        let (rows, bytes) = files
            .iter()
            .fold((0, 0), |sum, f| (sum.0 + f.rows, sum.1 + f.bytes));
        println!(
            "{table}: {rows} rows, {bytes} bytes in {} files",
            files.len()
        );
    }
    measure_visibility(&log, &clock, &lake, messages).await?;
    closing.begin();
    running.await?;
    Ok(())
}

/// From durable in the log to visible in a snapshot, a message at a time.
async fn measure_visibility(
    log: &Arc<dyn Log>,
    clock: &Arc<dyn Clock>,
    lake: &Lake,
    from: u64,
) -> Result<(), Failure> {
    let mut spans = Vec::new();
    for n in from..from + 50 {
        let mut batch = Batch::default();
        push(&mut batch, &**clock, n);
        let (done, durable) = tokio::sync::oneshot::channel();
        log.append(batch, Box::new(move |outcome| drop(done.send(outcome))));
        durable.await??;
        let start = Instant::now();
        let rows = (n - from + 1) as usize;
        while buffered(lake).await? < rows {
            clock.sleep(Duration::from_micros(200)).await;
        }
        spans.push(start.elapsed());
        clock.sleep(Duration::from_millis(n % 7 * 5)).await;
    }
    spans.sort_unstable();
    println!(
        "visible after: median {:?}, worst {:?}",
        spans[spans.len() / 2],
        spans[spans.len() - 1]
    );
    Ok(())
}

async fn buffered(lake: &Lake) -> Result<usize, Failure> {
    let snapshot = lake.snapshot(AccountId::FIRST, "messages").await?;
    Ok(snapshot.buffer.iter().map(|batch| batch.num_rows()).sum())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: fill FOLDER MESSAGES")?;
    let messages = arguments
        .next()
        .and_then(|n| n.to_str()?.parse().ok())
        .unwrap_or(100_000);
    measure_flatten()?;
    std::fs::create_dir_all(&folder)?;
    fill(&std::fs::canonicalize(folder)?, messages).await
}

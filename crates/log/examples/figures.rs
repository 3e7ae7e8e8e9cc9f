// SPDX-License-Identifier: Apache-2.0
//! Measures appending, reading and recovery: `cargo run --release -p hw-log --example figures`.
//! The folder is the first argument, or a temporary one; it takes 1.3 GB.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hw_kernel::Log;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::Stream;
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::Batch;
use hw_kernel::testkit::log_suite::envelope;
use hw_log::{SegmentLog, Settings};
use hw_model::trace::Producer;

const BODY: [u8; 240] = [b'x'; 240];
/// A bit less than a whole number of segments: the newest is nearly full, which takes longest.
const BIG_LOG_BYTES: u64 = (1 << 30) - (4 << 20);

fn open(dir: &Path) -> SegmentLog {
    SegmentLog::open(dir, Settings::default(), Arc::new(SystemClock::default())).expect("opens")
}

fn batch(sequence: u64, records: u64) -> Batch {
    let mut batch = Batch::default();
    for n in 0..records {
        let producer = Producer { epoch: 1, shard: 0 };
        let envelope = envelope(Stream::MESSAGES, producer, sequence + n);
        batch.push(&envelope, |out| out.extend_from_slice(&BODY));
    }
    batch
}

/// Keeps `in_flight` batches of `records` on their way until `records_max` are durable.
fn append(log: &SegmentLog, records_max: u64, records: u64, in_flight: u64) {
    let (tell, told) = sync_channel(in_flight as usize);
    let mut latencies = Vec::new();
    let begin = Instant::now();
    let mut sequence = 1;
    let push = |sequence: &mut u64| {
        let tell: SyncSender<Duration> = tell.clone();
        let sent = Instant::now();
        let done = move |outcome: Result<Position, _>| {
            outcome.expect("durable");
            // The last ones find nobody.
            let _ = tell.send(sent.elapsed());
        };
        log.append(batch(*sequence, records), Box::new(done));
        *sequence += records;
    };
    (0..in_flight).for_each(|_| push(&mut sequence));
    while (latencies.len() as u64) * records < records_max {
        latencies.push(told.recv().expect("an outcome"));
        push(&mut sequence);
    }
    let span = begin.elapsed();
    latencies.sort_unstable();
    let at = |share: usize| latencies[latencies.len() * share / 100];
    let total = latencies.len() as u64 * records;
    println!(
        "append {records:>4} a batch, {in_flight:>3} in flight: {:>9.0} records/s, {:>6.0} MB/s, \
         p50 {:?}, p99 {:?}",
        total as f64 / span.as_secs_f64(),
        (total * 284) as f64 / span.as_secs_f64() / 1e6,
        at(50),
        at(99),
    );
}

/// Fills a log and ends without closing it.
fn fill_and_die(dir: &Path) -> ! {
    let log = open(dir);
    let (tell, told) = sync_channel(8);
    let mut sequence = 1;
    while log.status().bytes < BIG_LOG_BYTES {
        let tell = tell.clone();
        let done = move |outcome: Result<Position, _>| {
            outcome.expect("durable");
            tell.send(()).expect("somebody listens");
        };
        log.append(batch(sequence, 4_000), Box::new(done));
        sequence += 4_000;
        told.recv().expect("an outcome");
    }
    std::process::exit(0)
}

fn recover(dir: &Path) -> SegmentLog {
    let begin = Instant::now();
    let log = open(dir);
    let (status, recovery) = (log.status(), log.recovery().clone());
    println!(
        "open: {:?}, {} segments, {} MB, scanned {} MB, left open: {}",
        begin.elapsed(),
        status.segments,
        status.bytes / 1_000_000,
        recovery.scanned_bytes / 1_000_000,
        recovery.was_left_open,
    );
    log
}

async fn read(log: &SegmentLog) {
    let begin = Instant::now();
    let (mut at, mut bytes, mut records) = (Position::start(), 0, 0);
    loop {
        let read = log.read(&[Stream::MESSAGES], &at, 1 << 20).await;
        let read = read.expect("read");
        if read.bytes.is_empty() {
            break;
        }
        bytes += read.bytes.len();
        records += read.records().count();
        at = read.next;
    }
    let span = begin.elapsed().as_secs_f64();
    println!(
        "read: {:.0} MB/s, {:.0} records/s",
        bytes as f64 / span / 1e6,
        records as f64 / span
    );
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let dir = arguments.next().map(std::path::PathBuf::from);
    if arguments.next().is_some() {
        fill_and_die(&dir.expect("a folder"));
    }
    let own = dir
        .unwrap_or_else(std::env::temp_dir)
        .join("hw-log-figures");
    std::fs::create_dir_all(&own).expect("a folder");
    {
        let small = own.join("small");
        let log = open(&small);
        append(&log, 2_000, 1, 1);
        append(&log, 50_000, 1, 64);
        append(&log, 500_000, 100, 8);
        append(&log, 1_000_000, 1_000, 8);
    }
    recover(&own.join("small"));
    let big = own.join("big");
    let this = std::env::current_exe().expect("this program");
    let filled = std::process::Command::new(this)
        .arg(&big)
        .arg("die")
        .status();
    assert!(filled.expect("started").success());
    let log = recover(&big);
    read(&log).await;
    drop(log);
    drop(recover(&big));
    std::fs::remove_dir_all(&own).expect("removed");
}

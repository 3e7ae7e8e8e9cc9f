// SPDX-License-Identifier: Apache-2.0
//! Conformance suite of the log port: every promise of its docs.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use hw_model::trace::{Producer, TraceId};
use hw_model::{AccountId, Timestamp};
use tokio::sync::oneshot;

use crate::port::cursor::Cursor;
use crate::port::log::{Log, LogError, Read, Stream};
use crate::port::position::Position;
use crate::record::batch::{Batch, Envelope};

const MESSAGES: Stream = Stream::MESSAGES;
const EVENTS: Stream = Stream::EVENTS;
const BOTH: [Stream; 2] = [MESSAGES, EVENTS];
const PRODUCER: Producer = Producer { epoch: 1, shard: 0 };
/// Enough for everything that a check appends.
const ALL: usize = 64 << 20;

/// Runs every check, each on a storage of its own. `open` opens a storage, again and again; what
/// it gave before is dropped by then.
pub async fn run<S>(make: impl AsyncFn() -> S, open: impl AsyncFn(&S) -> Arc<dyn Log>) {
    an_empty_log(&*open(&make().await).await).await;
    order_and_streams(&*open(&make().await).await).await;
    outcomes_come_in_order(&*open(&make().await).await).await;
    reading_goes_on_anywhere(&*open(&make().await).await).await;
    records_have_places(&*open(&make().await).await).await;
    any_size(&*open(&make().await).await).await;
    waiting(&*open(&make().await).await).await;
    many_writers(open(&make().await).await).await;
    trimming_takes_only_what_was_let_go(&*open(&make().await).await).await;
    repeats_are_dropped_an_hour_later(&*open(&make().await).await).await;
    let storage = make().await;
    reopening_keeps_what_was_acknowledged(async || open(&storage).await).await;
}

/// A record's envelope.
pub fn envelope(stream: Stream, producer: Producer, sequence: u64) -> Envelope {
    Envelope {
        stream,
        account: AccountId::MAX,
        trace: TraceId { producer, sequence },
        time: Timestamp(sequence as i64),
    }
}

/// A batch of one record.
pub fn batch(stream: Stream, sequence: u64, body: &[u8]) -> Batch {
    let mut batch = Batch::default();
    let envelope = envelope(stream, PRODUCER, sequence);
    batch.push(&envelope, |out| out.extend_from_slice(body));
    batch
}

/// Appends, and waits until that is durable.
pub async fn append(log: &dyn Log, batch: Batch) -> Result<Position, LogError> {
    let (tell, told) = oneshot::channel();
    let done = move |outcome| {
        let _ = tell.send(outcome);
    };
    log.append(batch, Box::new(done));
    told.await.expect("the outcome is told exactly once")
}

async fn appended(log: &dyn Log, stream: Stream, sequence: u64) -> Position {
    let body = format!("body {sequence}");
    let position = append(log, batch(stream, sequence, body.as_bytes())).await;
    position.expect("appended")
}

async fn read(log: &dyn Log, streams: &[Stream], after: &Position, bytes_max: usize) -> Read {
    let read = log.read(streams, after, bytes_max).await.expect("read");
    assert_eq!(read.lost, [], "nothing is lost");
    read
}

/// The sequences of the records that a read gave.
pub fn sequences(read: &Read) -> Vec<u64> {
    read.records().map(|r| r.envelope.trace.sequence).collect()
}

async fn an_empty_log(log: &dyn Log) {
    assert_eq!(log.end(), Position::start());
    let read = read(log, &BOTH, &Position::start(), ALL).await;
    assert!(read.bytes.is_empty() && read.next == Position::start());
    append(log, Batch::default())
        .await
        .expect("nothing is durable at once");
    assert_eq!(log.end(), Position::start());
}

/// Records come back as they went in, in order; a reader sees its streams only.
async fn order_and_streams(log: &dyn Log) {
    for sequence in 1..=30 {
        let stream = BOTH[sequence as usize % 2];
        let position = appended(log, stream, sequence).await;
        assert!(log.end().covers(&position), "durable before it is told");
        let after = read(log, &[stream], &position, ALL).await;
        assert!(after.bytes.is_empty(), "it lies behind its own position");
    }
    let all = read(log, &BOTH, &Position::start(), ALL).await;
    assert_eq!(sequences(&all), (1..=30).collect::<Vec<_>>());
    for record in all.records() {
        let sequence = record.envelope.trace.sequence;
        let stream = BOTH[sequence as usize % 2];
        assert_eq!(record.envelope, envelope(stream, PRODUCER, sequence));
        assert_eq!(record.body, format!("body {sequence}").as_bytes());
    }
    assert!(all.next.covers(&log.end()));
    for (n, stream) in BOTH.into_iter().enumerate() {
        let own = read(log, &[stream], &Position::start(), ALL).await;
        let wanted = (1..=30_u64).filter(|sequence| *sequence as usize % 2 == n);
        assert_eq!(sequences(&own), wanted.collect::<Vec<_>>());
    }
    let none = read(log, &[Stream::RETAINED], &Position::start(), ALL).await;
    assert!(none.bytes.is_empty());
}

/// Batches become durable, and are told so, in the order of the calls.
async fn outcomes_come_in_order(log: &dyn Log) {
    let (tell, mut told) = tokio::sync::mpsc::channel(1_000);
    for sequence in 1..=1_000 {
        let tell = tell.clone();
        let done = move |outcome: Result<Position, LogError>| {
            let sent = tell.try_send((sequence, outcome.expect("appended")));
            sent.expect("there is room");
        };
        log.append(batch(MESSAGES, sequence, b"x"), Box::new(done));
    }
    let mut last = Position::start();
    for expected in 1..=1_000 {
        let (sequence, position) = told.recv().await.expect("each is told");
        assert_eq!(sequence, expected);
        assert!(position.covers(&last) && !last.covers(&position));
        last = position;
    }
    let all = read(log, &BOTH, &Position::start(), ALL).await;
    assert_eq!(sequences(&all), (1..=1_000).collect::<Vec<_>>());
}

/// Read in steps, from any position that a read or an append gave, in its text form too.
async fn reading_goes_on_anywhere(log: &dyn Log) {
    let mut positions = vec![(0, Position::start())];
    for sequence in 1..=40 {
        let stream = BOTH[usize::from(sequence % 5 == 0)];
        positions.push((sequence, appended(log, stream, sequence).await));
    }
    let mut at = Position::start();
    let mut seen = Vec::new();
    loop {
        let step = read(log, &BOTH, &at, 150).await;
        if step.bytes.is_empty() {
            break;
        }
        assert!(step.bytes.len() <= 150);
        seen.extend(sequences(&step));
        at = step.next.to_string().parse().expect("its own text");
        positions.push((*seen.last().unwrap_or(&0), at.clone()));
    }
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
    let mut reached = Position::start();
    for (last, position) in positions {
        // An append's position names the streams of its batch only.
        reached = if last == 0 { position } else { full(&position) };
        let rest = read(log, &BOTH, &reached, ALL).await;
        assert_eq!(sequences(&rest), (last + 1..=40).collect::<Vec<_>>());
    }
    assert!(reached.covers(&log.end()));
}

/// The furthest offset of a position, for both streams.
fn full(position: &Position) -> Position {
    let offset = position.0.values().copied().max().unwrap_or(0);
    let partition = position.0.keys().next().copied();
    let partition = partition.expect("it names a stream");
    let of = |stream: Stream| {
        let stream = stream.0;
        (
            crate::port::position::Partition {
                stream,
                ..partition
            },
            offset,
        )
    };
    Position(BOTH.map(of).into())
}

/// Each record of a batch is found by how far it begins before the batch's end.
async fn records_have_places(log: &dyn Log) {
    let sizes = [0, 5, 70_000, 1, 900];
    for round in 0..3 {
        let (mut batch, mut starts) = (Batch::default(), Vec::new());
        for (n, size) in (0..).zip(sizes) {
            starts.push(batch.bytes().len() as u64);
            let stream = BOTH[n as usize % 2];
            let envelope = envelope(stream, PRODUCER, round * 10 + n + 1);
            batch.push(&envelope, |out| out.resize(out.len() + size, n as u8));
        }
        let bytes = batch.bytes().len() as u64;
        let end = full(&append(log, batch).await.expect("appended"));
        for (n, start) in (0..).zip(starts) {
            let mut before = end.clone();
            before.0.values_mut().for_each(|at| *at -= bytes - start);
            let found = read(log, &BOTH, &before, 1).await;
            assert_eq!(sequences(&found), [round * 10 + n + 1]);
            let (place, _) = found.placed().next().expect("a record");
            assert_eq!(Some(&place), before.0.values().next());
        }
    }
    let all = read(log, &BOTH, &Position::start(), ALL).await;
    assert_eq!(all.ends.len(), 15);
}

/// A record comes whole however little was asked for, and however large it is.
async fn any_size(log: &dyn Log) {
    let sizes = [0, 1, 100_000, 7, 3 << 20, 0, 262_144];
    for (n, size) in sizes.into_iter().enumerate() {
        let body = vec![n as u8; size];
        let position = append(log, batch(MESSAGES, n as u64 + 1, &body)).await;
        position.expect("appended");
    }
    let mut at = Position::start();
    for (n, size) in sizes.into_iter().enumerate() {
        let one = read(log, &BOTH, &at, 1).await;
        let records: Vec<_> = one.records().collect();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].body, vec![n as u8; size]);
        at = one.next;
    }
    let all = read(log, &BOTH, &Position::start(), ALL).await;
    assert_eq!(all.records().count(), sizes.len());
}

/// Waiting ends when one of the position's streams has more, not when another has.
async fn waiting(log: &dyn Log) {
    let start = Position::start();
    let mut waits = pin!(log.wait(&start));
    let mut look = Context::from_waker(Waker::noop());
    assert_eq!(waits.as_mut().poll(&mut look), Poll::Pending);
    let first = appended(log, MESSAGES, 1).await;
    waits.await;
    log.wait(&start).await;
    let mut waits = pin!(log.wait(&first));
    appended(log, EVENTS, 2).await;
    assert_eq!(waits.as_mut().poll(&mut look), Poll::Pending);
    let third = appended(log, MESSAGES, 3).await;
    waits.await;
    log.wait(&first).await;
    let empty = read(log, &[MESSAGES], &third, ALL).await;
    let mut waits = pin!(log.wait(&empty.next));
    assert_eq!(waits.as_mut().poll(&mut look), Poll::Pending);
}

/// Of many writers at once nothing is lost, and each one's order is kept.
async fn many_writers(log: Arc<dyn Log>) {
    const WRITERS: u16 = 4;
    const RECORDS: u64 = 100;
    let writers = (0..WRITERS).map(|shard| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let producer = Producer { epoch: 1, shard };
            for sequence in 1..=RECORDS {
                let mut batch = Batch::default();
                batch.push(&envelope(MESSAGES, producer, sequence), |_| {});
                append(&*log, batch).await.expect("appended");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer ended well");
    }
    let all = read(&*log, &[MESSAGES], &Position::start(), ALL).await;
    for shard in 0..WRITERS {
        let traces = all.records().map(|record| record.envelope.trace);
        let own: Vec<_> = traces
            .filter(|trace| trace.producer.shard == shard)
            .map(|trace| trace.sequence)
            .collect();
        assert_eq!(own, (1..=RECORDS).collect::<Vec<_>>());
    }
}

/// What one stream's reader lets go stays as long as another stream's reader needs it; a reader
/// that has read on misses nothing.
async fn trimming_takes_only_what_was_let_go(log: &dyn Log) {
    let mut positions = Vec::new();
    let body = vec![7; 10_000];
    for sequence in 1..=100 {
        let stream = BOTH[usize::from(sequence % 10 == 0)];
        let position = append(log, batch(stream, sequence, &body)).await;
        positions.push(full(&position.expect("appended")));
    }
    let middle = &positions[49];
    log.trim(MESSAGES, middle).await.expect("trimmed");
    let events = read(log, &[EVENTS], &Position::start(), ALL).await;
    assert_eq!(sequences(&events).len(), 10, "events were not let go");
    log.trim(EVENTS, middle).await.expect("trimmed");
    let rest = read(log, &BOTH, middle, ALL).await;
    assert_eq!(sequences(&rest), (51..=100).collect::<Vec<_>>());
    let late = log
        .read(&BOTH, &Position::start(), ALL)
        .await
        .expect("read");
    let late = sequences(&late);
    assert!(late.ends_with(&(51..=100).collect::<Vec<_>>()));
    log.trim(MESSAGES, &Position::start())
        .await
        .expect("no step back");
    let end = log.end();
    for stream in BOTH {
        log.trim(stream, &end).await.expect("all of it");
    }
    assert!(log.end().covers(&end), "the end stays where it was");
    let more = appended(log, MESSAGES, 101).await;
    assert!(!end.covers(&more));
    let read = read(log, &BOTH, &end, ALL).await;
    assert_eq!(sequences(&read), [101]);
}

/// A producer that crashed writes again what it is not sure of; a reader drops it by the sequence,
/// however long that took and wherever it reads on.
async fn repeats_are_dropped_an_hour_later(log: &dyn Log) {
    const HOUR_US: u64 = 3_600_000_000;
    let mut cursor = Cursor::default();
    let mut seen = Vec::new();
    for hour in 0..3 {
        for sequence in 1..=10 + hour {
            let mut batch = Batch::default();
            let mut envelope = envelope(MESSAGES, PRODUCER, sequence);
            envelope.time = Timestamp((hour * HOUR_US) as i64);
            batch.push(&envelope, |_| {});
            append(log, batch).await.expect("appended");
        }
        let read = read(log, &[MESSAGES], &cursor.position, ALL).await;
        assert_eq!(
            read.records().count() as u64,
            10 + hour,
            "the log keeps repeats"
        );
        for record in read.records() {
            let trace = record.envelope.trace;
            if cursor.admit(trace.producer, trace.sequence) {
                seen.push(trace.sequence);
            }
        }
        cursor.position = read.next;
        cursor = cursor.to_string().parse().expect("its own text");
    }
    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
}

/// Whatever was acknowledged is there after each reopening, and positions stay valid.
async fn reopening_keeps_what_was_acknowledged(open: impl AsyncFn() -> Arc<dyn Log>) {
    let mut middle = Position::start();
    for round in 0..5_u64 {
        let log = open().await;
        let sequence = round * 3;
        let all = read(&*log, &BOTH, &Position::start(), ALL).await;
        assert_eq!(sequences(&all), (1..=sequence).collect::<Vec<_>>());
        let rest = read(&*log, &BOTH, &middle, ALL).await;
        let behind_middle = if round == 0 { 1 } else { sequence - 1 };
        assert_eq!(
            sequences(&rest),
            (behind_middle..=sequence).collect::<Vec<_>>()
        );
        assert!(all.next.covers(&log.end()));
        if round % 2 == 1 {
            // A run without a write changes nothing.
            drop(log);
            let log = open().await;
            let again = read(&*log, &BOTH, &all.next, ALL).await;
            assert!(again.bytes.is_empty());
            drop(log);
            continue_with(&*open().await, sequence, &mut middle).await;
        } else {
            continue_with(&*log, sequence, &mut middle).await;
        }
    }
}

/// Appends three more, and notes the position of the first.
async fn continue_with(log: &dyn Log, sequence: u64, middle: &mut Position) {
    let first = appended(log, MESSAGES, sequence + 1).await;
    *middle = full(&first);
    appended(log, EVENTS, sequence + 2).await;
    appended(log, MESSAGES, sequence + 3).await;
}

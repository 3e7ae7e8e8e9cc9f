// SPDX-License-Identifier: Apache-2.0
//! The writer on a disk that fails: what is refused, what goes on, and what is found afterwards.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::testkit::log_suite::{append, batch, sequences};
use hw_kernel::{Clock, Event, EventSink, Log};
use hw_model::Timestamp;
use parking_lot::Mutex;

use crate::disk::{Disk, Files, Medium, Room};
use crate::{SegmentLog, Settings};

/// What goes wrong next.
#[derive(Default)]
struct Faults {
    /// Bytes that still fit.
    room: Option<usize>,
    sync: Option<ErrorKind>,
    cut: Option<ErrorKind>,
    create: Option<ErrorKind>,
    /// Bytes that the disk says are free, of 8 MB.
    free: Option<u64>,
    /// A sync says that it begins, and goes on when told.
    gate: Option<(SyncSender<()>, Receiver<()>)>,
    syncs: usize,
}

#[derive(Clone, Default)]
struct Faulty(Arc<Mutex<Faults>>);

struct FaultyFile(Box<dyn Medium>, Faulty);

impl Disk for Faulty {
    fn room(&self, dir: &Path) -> Result<Room> {
        match self.0.lock().free {
            Some(free) => Ok(Room {
                free,
                total: 8 << 20,
            }),
            None => Files.room(dir),
        }
    }

    fn create(&self, dir: &Path, name: &str, header: &[u8]) -> Result<Box<dyn Medium>> {
        match self.0.lock().create {
            Some(kind) => Err(kind.into()),
            None => Ok(Box::new(FaultyFile(
                Files.create(dir, name, header)?,
                self.clone(),
            ))),
        }
    }
}

impl Medium for FaultyFile {
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> Result<()> {
        let bytes = parts.concat_bytes();
        let room = self.1.0.lock().room.unwrap_or(usize::MAX);
        let fits = bytes.len().min(room);
        self.0.append(&mut [IoSlice::new(&bytes[..fits])])?;
        match fits == bytes.len() {
            true => Ok(()),
            false => Err(Error::from(ErrorKind::StorageFull)),
        }
    }

    fn sync(&mut self) -> Result<()> {
        let mut faults = self.1.0.lock();
        faults.syncs += 1;
        let gate = faults.gate.take();
        let fails = faults.sync;
        drop(faults);
        if let Some((begun, go_on)) = gate {
            begun.send(()).expect("the test listens");
            go_on.recv().expect("the test goes on");
        }
        match fails {
            Some(kind) => Err(kind.into()),
            None => self.0.sync(),
        }
    }

    fn cut(&mut self, length: u64) -> Result<()> {
        match self.1.0.lock().cut {
            Some(kind) => Err(kind.into()),
            None => self.0.cut(length),
        }
    }
}

trait ConcatBytes {
    fn concat_bytes(&self) -> Vec<u8>;
}

impl ConcatBytes for [IoSlice<'_>] {
    fn concat_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|part| part.to_vec()).collect()
    }
}

fn open_on(disk: &Faulty, dir: &Path, settings: Settings) -> SegmentLog {
    let clock = Arc::new(SystemClock::default());
    SegmentLog::open_on(Box::new(disk.clone()), dir, settings, clock).expect("opens")
}

async fn put(log: &dyn Log, sequence: u64) -> std::result::Result<Position, LogError> {
    append(log, batch(Stream::MESSAGES, sequence, &[7; 100])).await
}

async fn found(log: &dyn Log) -> Vec<u64> {
    let start = Position::start();
    let read = log.read(&[Stream::MESSAGES], &start, usize::MAX);
    let read = read.await.expect("read");
    assert_eq!(read.lost, []);
    sequences(&read)
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let log = open_on(&disk, dir.path(), Settings::default());
    put(&log, 1).await.expect("appended");
    for room in [0, 50, 143] {
        disk.0.lock().room = Some(room);
        assert!(matches!(put(&log, 2).await, Err(LogError::Full)));
        assert_eq!(log.status().failed, None);
        disk.0.lock().room = None;
    }
    put(&log, 3).await.expect("appended");
    assert_eq!(found(&log).await, [1, 3]);
    drop(log);
    assert_eq!(
        found(&open_on(&disk, dir.path(), Settings::default())).await,
        [1, 3]
    );
}

#[tokio::test]
async fn messages_leave_the_reserve_to_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let log = open_on(&disk, dir.path(), Settings::default());
    put(&log, 1).await.expect("appended");
    disk.0.lock().free = Some((1 << 20) + 100);
    assert!(matches!(put(&log, 2).await, Err(LogError::Full)));
    assert!(log.status().full.is_some());
    append(&log, batch(Stream::EVENTS, 1, &[7; 100]))
        .await
        .expect("an event may");
    assert!(log.status().full.is_some(), "it says nothing of messages");
    disk.0.lock().free = Some((1 << 20) + 200);
    put(&log, 3).await.expect("appended");
    assert_eq!(log.status().full, None);
    assert_eq!(found(&log).await, [1, 3]);
}

#[tokio::test]
async fn no_room_for_another_segment() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let settings = Settings {
        segment_bytes: 200,
        ..Settings::default()
    };
    let log = open_on(&disk, dir.path(), settings);
    put(&log, 1).await.expect("appended");
    disk.0.lock().create = Some(ErrorKind::StorageFull);
    assert!(matches!(put(&log, 2).await, Err(LogError::Full)));
    disk.0.lock().create = None;
    put(&log, 3).await.expect("appended");
    assert_eq!(found(&log).await, [1, 3]);
}

#[tokio::test]
async fn a_failed_sync_is_never_tried_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let log = open_on(&disk, dir.path(), Settings::default());
    let first = put(&log, 1).await.expect("appended");
    disk.0.lock().sync = Some(ErrorKind::Other);
    assert!(matches!(put(&log, 2).await, Err(LogError::Failed(_))));
    disk.0.lock().sync = None;
    let syncs = disk.0.lock().syncs;
    for sequence in 3..6 {
        assert!(matches!(
            put(&log, sequence).await,
            Err(LogError::Failed(_))
        ));
    }
    assert!(log.status().failed.is_some());
    assert_eq!(log.end(), first, "readers see what was acknowledged");
    assert_eq!(found(&log).await, [1]);
    drop(log);
    assert_eq!(disk.0.lock().syncs, syncs, "not even at the end");
    let log = open_on(&disk, dir.path(), Settings::default());
    put(&log, 6).await.expect("a new run goes on");
    let found = found(&log).await;
    assert!(
        found == [1, 6] || found == [1, 2, 6],
        "never less than was acknowledged"
    );
}

#[tokio::test]
async fn what_cannot_be_taken_back_stops_the_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let log = open_on(&disk, dir.path(), Settings::default());
    put(&log, 1).await.expect("appended");
    disk.0.lock().room = Some(50);
    disk.0.lock().cut = Some(ErrorKind::Other);
    assert!(matches!(put(&log, 2).await, Err(LogError::Failed(_))));
    drop(log);
    disk.0.lock().room = None;
    let log = open_on(&disk, dir.path(), Settings::default());
    assert_eq!(log.recovery().truncated_bytes, 50);
    assert_eq!(found(&log).await, [1]);
}

/// While one sync lasts, everything else gathers and shares the next; beyond the limit it is
/// refused, and the writer says so in turn.
#[tokio::test]
async fn one_sync_for_all_that_waits() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let settings = Settings {
        buffered_bytes_max: 10_000,
        ..Settings::default()
    };
    let log = open_on(&disk, dir.path(), settings);
    let (begin, begun) = sync_channel(1);
    let (go_on, gate) = sync_channel(1);
    disk.0.lock().gate = Some((begin, gate));
    let (tell, told) = sync_channel(1_000);
    let push = |sequence: u64| {
        let tell = tell.clone();
        let done = move |outcome: std::result::Result<Position, LogError>| {
            let kind = outcome.map(|_| ()).map_err(|error| error.to_string());
            tell.send((sequence, kind)).expect("the test listens");
        };
        log.append(batch(Stream::MESSAGES, sequence, &[7; 100]), Box::new(done));
    };
    push(1);
    begun.recv().expect("the first sync begins");
    (2..=100).for_each(push);
    assert_eq!(log.end(), Position::start(), "nothing is durable yet");
    assert!(told.try_recv().is_err(), "and nothing is told");
    go_on.send(()).expect("the writer waits");
    let outcomes: Vec<_> = told.iter().take(100).collect();
    let taken = outcomes.iter().filter(|(_, kind)| kind.is_ok()).count();
    assert!(outcomes.iter().map(|(sequence, _)| *sequence).eq(1..=100));
    assert_eq!(taken, 10_000 / 144);
    let refusal = Err("more than 10000 bytes wait for the disk".to_owned());
    assert!(outcomes[taken..].iter().all(|(_, kind)| *kind == refusal));
    assert_eq!(disk.0.lock().syncs, 2);
    assert_eq!(found(&log).await.len(), taken);
}

#[tokio::test]
async fn what_is_no_record_is_refused_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    // Room beside the huge one, whose bytes are given back only after it was told.
    let settings = Settings {
        buffered_bytes_max: 256 << 20,
        ..Settings::default()
    };
    let log = open_on(&Faulty::default(), dir.path(), settings);
    let mut huge = batch(Stream::MESSAGES, 1, b"");
    let envelope =
        hw_kernel::testkit::log_suite::envelope(Stream::EVENTS, crate::sample::PRODUCER, 2);
    huge.push(&envelope, |out| out.resize(out.len() + (64 << 20), 0));
    assert!(matches!(
        append(&log, huge).await,
        Err(LogError::Damaged(_))
    ));
    put(&log, 3).await.expect("appended");
    assert_eq!(found(&log).await, [3]);
}

/// A panic over an outcome is that caller's own.
#[tokio::test]
async fn a_panicking_caller_stops_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = open_on(&Faulty::default(), dir.path(), Settings::default());
    let done = Box::new(|_| panic!("on purpose"));
    log.append(batch(Stream::MESSAGES, 1, b"x"), done);
    put(&log, 2).await.expect("appended");
    assert_eq!(found(&log).await, [1, 2]);
}

/// Four writers as fast as they can, a reader that takes a millisecond for 15 KB: they go at its
/// pace, and none is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_writes_faster_than_a_reader_reads_is_slowed_down_and_not_refused() {
    const BATCH_BYTES: usize = 64 << 10;
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        segment_bytes: 256 << 10,
        bytes_max: 8 << 20,
        ..Settings::default()
    };
    let log = Arc::new(open_on(&Faulty::default(), dir.path(), settings));
    let reader = tokio::spawn({
        let log = Arc::clone(&log);
        async move {
            let mut at = Position::start();
            loop {
                log.wait(&at).await;
                let read = log.read(&[Stream::MESSAGES], &at, 1 << 20).await;
                let read = read.expect("read");
                let work = read.bytes.len() as u64 / 15;
                tokio::time::sleep(std::time::Duration::from_micros(work)).await;
                at = read.next;
                log.trim(Stream::MESSAGES, &at).await.expect("trimmed");
            }
        }
    });
    let writers = (0..4).map(|writer| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for n in 1..=100 {
                let batch = batch(Stream::MESSAGES, writer * 1_000 + n, &[7; BATCH_BYTES]);
                append(&*log, batch).await?;
            }
            Ok::<_, LogError>(())
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("runs").expect("appended");
    }
    reader.abort();
}

#[derive(Default)]
struct Told(Mutex<Vec<Event>>);

impl EventSink for Told {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

#[tokio::test]
async fn a_disk_that_stalls_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let disk = Faulty::default();
    let clock = SimulatedClock::at(Timestamp(1));
    let shown: Arc<dyn Clock> = Arc::new(clock.clone());
    let settings = Settings::default();
    let log = SegmentLog::open_on(Box::new(disk.clone()), dir.path(), settings, shown.clone());
    let log = Arc::new(log.expect("opens"));
    let told = Arc::new(Told::default());
    let sink: Arc<dyn EventSink> = told.clone();
    let watch = log
        .upkeep(&shown, &sink)
        .into_iter()
        .find(|worker| worker.status().name == "log.watch")
        .expect("it is there");
    let (end, shutdown) = hw_kernel::shutdown::channel();
    let watching = tokio::spawn({
        let watch = watch.clone();
        async move { watch.run(shutdown).await }
    });
    let (begun, has_begun) = sync_channel(1);
    let (go_on, told_to) = sync_channel(1);
    disk.0.lock().gate = Some((begun, told_to));
    let putting = tokio::spawn({
        let log = log.clone();
        async move { put(&*log, 1).await }
    });
    tokio::task::spawn_blocking(move || has_begun.recv())
        .await
        .expect("no panic")
        .expect("the sync begins");
    let events = || told.0.lock().clone();
    let until = async |count: usize| {
        while events().len() < count {
            clock.advance(Duration::from_millis(100));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    until(1).await;
    assert!(clock.monotonic() >= Duration::from_secs(2));
    assert_eq!(events()[0].outcome, "stalled");
    assert_eq!(watch.status().state, "failing");
    go_on.send(()).expect("it waits");
    putting.await.expect("no panic").expect("appended");
    until(2).await;
    assert_eq!(events()[1].outcome, "ok");
    assert_eq!(events().len(), 2, "once each");
    end.begin();
    watching.await.expect("ended");
}

// SPDX-License-Identifier: Apache-2.0
//! The log in segment files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::metric::Histogram;
use hw_kernel::port::hold::Hold;
use hw_kernel::port::log::{Done, LogCopy, LogError, LogStatus, Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::Batch;
use hw_kernel::worker::{StatusCell, Worker};
use hw_kernel::{Clock, EventSink, Log};
use parking_lot::{Mutex, RwLock};

use crate::active::Active;
use crate::closed;
use crate::disk::{Disk, Files};
use crate::durable::Durable;
use crate::error::{self, OpenError};
use crate::folder::{self, QUARANTINE};
use crate::life::Life;
use crate::queue::Queue;
use crate::recovery::{Recovery, put_aside, recover};
use crate::scrub::Scrub;
use crate::segments::Segments;
use crate::settings::Settings;
use crate::summary::Summary;
use crate::trims::Trims;
use crate::watch::Watch;
use crate::writer::Writer;
use crate::{copy, reader, retention};

/// A log in a folder, held by this process alone. Dropping it closes it.
pub struct SegmentLog {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
    recovery: Recovery,
    /// Held until the writer has ended.
    _lock: File,
}

/// What writer and readers share.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) life: Life,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) segments: Segments,
    pub(crate) durable: Durable,
    pub(crate) trims: Mutex<Trims>,
    /// Whether segments may still be deleted.
    pub(crate) deleting: RwLock<bool>,
    pub(crate) notes: Mutex<Notes>,
    /// Whoever copies the log: as long as there is one, nothing is freed.
    pub(crate) holders: Arc<AtomicUsize>,
    /// How long syncs took.
    pub(crate) syncs: Histogram,
}

/// What went wrong, for people.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Names of files that were put aside.
    pub(crate) quarantined: Vec<String>,
    failed: Option<Arc<str>>,
    /// Since when a write or sync is under way.
    writing_since: Option<Duration>,
    /// Why messages are refused for want of room, if they are.
    full: Option<&'static str>,
}

/// A disk that has not answered for so long is said to have stalled.
const STALL: Duration = Duration::from_secs(2);

impl Shared {
    /// Says that the disk was asked for something, or that it has answered.
    pub(crate) fn note_writing(&self, writing: bool) {
        let since = writing.then(|| self.clock.monotonic());
        self.notes.lock().writing_since = since;
    }

    /// Says that the log is full, and why, or that it is not.
    pub(crate) fn note_full(&self, why: Option<&'static str>) {
        let mut notes = self.notes.lock();
        if notes.full.is_some() != why.is_some() {
            match why {
                Some(cause) => tracing::warn!(cause, "the log takes no messages: no room"),
                None => tracing::info!("the log takes messages again"),
            }
        }
        notes.full = why;
    }

    /// Why no messages are taken, if so, with a word for it.
    pub(crate) fn stopped(&self) -> Option<(&'static str, String)> {
        let notes = self.notes.lock();
        match (&notes.failed, notes.full) {
            (Some(why), _) => Some((
                "failed",
                format!("a write failed ({why}): nothing is acknowledged until a restart"),
            )),
            (None, Some(why)) => Some(("full", why.to_owned())),
            (None, None) if self.stalls(&notes) => Some((
                "stalled",
                "the disk has not answered for 2 seconds: nothing is acknowledged until it does, \
                 and publishers wait"
                    .to_owned(),
            )),
            (None, None) => None,
        }
    }

    fn stalls(&self, notes: &Notes) -> bool {
        let now = self.clock.monotonic();
        let since = notes.writing_since;
        since.is_some_and(|since| now.saturating_sub(since) >= STALL)
    }

    /// Why the log has stopped, if it has.
    pub(crate) fn failed(&self) -> Option<Arc<str>> {
        self.notes.lock().failed.clone()
    }

    /// Keeps a damaged segment's file for people, once.
    pub(crate) fn note_damage(&self, segment: &str) {
        let mut notes = self.notes.lock();
        if notes.quarantined.iter().any(|name| name == segment) {
            return;
        }
        let kept = put_aside(&self.dir, segment);
        tracing::error!(
            log.segment = segment,
            kept = kept.is_ok(),
            "a segment of the log is damaged"
        );
        notes
            .quarantined
            .push(kept.unwrap_or_else(|_| segment.to_owned()));
    }

    /// Stops the log.
    pub(crate) fn set_failed(&self, cause: &std::io::Error) -> Arc<str> {
        let cause: Arc<str> = Arc::from(cause.to_string());
        self.notes.lock().failed.get_or_insert(cause).clone()
    }
}

impl SegmentLog {
    /// Opens the log in `dir`, makes it if need be, brings what a crash left into order, and starts
    /// the writer. Blocks for as long as the newest segment takes to read if the last run has not
    /// closed the log.
    pub fn open(dir: &Path, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_on(Box::new(Files), dir, settings, clock)
    }

    pub(crate) fn open_on(
        disk: Box<dyn Disk>,
        dir: &Path,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        folder::make(dir).map_err(OpenError::at(dir))?;
        let lock = folder::lock(dir)?;
        let mut found = recover(dir)?;
        let closed = closed::take(dir, found.life.epoch).map_err(OpenError::at(dir))?;
        let active = Active::create(&*disk, dir, found.life, found.newest).map_err(
            OpenError::at(dir.join(folder::segment_name(found.newest.first))),
        )?;
        if let Some(empty) = found.empty.filter(|first| *first != found.newest.first) {
            let path = dir.join(folder::segment_name(empty));
            std::fs::remove_file(&path).map_err(OpenError::at(path))?;
        }
        let mut all = Summary::default();
        found.segments.iter().for_each(|s| all.extend(&s.summary));
        let trims = Trims::load(dir, found.life.epoch);
        let there = all.streams.values().copied().max().unwrap_or_default();
        let missing = closed
            .unwrap_or_default()
            .saturating_sub(there.max(trims.floor));
        found.report.missing_bytes = missing;
        let queue = Arc::new(Queue::new(settings.buffered_bytes_max));
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            life: found.life,
            settings,
            clock,
            syncs: Histogram::default(),
            segments: Segments::new(found.segments, found.newest),
            durable: Durable::new(found.life.epoch, found.newest.first, all.streams),
            trims: Mutex::new(trims),
            deleting: RwLock::new(true),
            notes: Mutex::new(Notes {
                quarantined: quarantined(dir),
                ..Notes::default()
            }),
            holders: Arc::default(),
        });
        let writer = Writer {
            shared: Arc::clone(&shared),
            queue: Arc::clone(&queue),
            disk,
            active,
            braking: false,
        };
        let thread = std::thread::Builder::new().name("log-writer".to_owned());
        let thread = thread.spawn(|| writer.run()).map_err(OpenError::at(dir))?;
        Ok(Self {
            shared,
            queue,
            writer: Mutex::new(Some(thread)),
            recovery: found.report,
            _lock: lock,
        })
    }

    /// What opening it found and did.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Writes and syncs what waits, and ends the writer. Blocks until that is done; later appends
    /// are answered with [`LogError::Closed`], and reading goes on.
    pub fn close(&self) {
        self.queue.close();
        if let Some(writer) = self.writer.lock().take()
            && writer.join().is_err()
        {
            tracing::error!("the log's writer panicked");
        }
        *self.shared.deleting.write() = false;
        self.shared.durable.close();
    }
}

impl Drop for SegmentLog {
    fn drop(&mut self) {
        self.close();
    }
}

/// Names of what earlier runs put aside.
fn quarantined(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join(QUARANTINE));
    let mut names: Vec<_> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[async_trait]
impl Log for SegmentLog {
    fn append(&self, batch: Batch, done: Done) {
        self.queue.push(batch.into_bytes(), done);
    }

    async fn read(
        &self,
        streams: &[Stream],
        after: &Position,
        bytes_max: usize,
    ) -> Result<Read, LogError> {
        let shared = Arc::clone(&self.shared);
        let (streams, after) = (streams.to_vec(), after.clone());
        tokio::task::spawn_blocking(move || reader::read(&shared, &streams, &after, bytes_max))
            .await
            .unwrap_or_else(|cause| Err(error::read(cause)))
    }

    fn end(&self) -> Position {
        self.shared.durable.position()
    }

    async fn wait(&self, after: &Position) {
        self.shared.durable.wait(after).await;
    }

    async fn trim(&self, stream: Stream, before: &Position) -> Result<(), LogError> {
        let Some(offset) = before.0.get(&self.shared.durable.partition(stream.0)) else {
            return Ok(());
        };
        self.shared.trims.lock().let_go(stream.0, *offset);
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || retention::collect(&shared))
            .await
            .map_err(error::read)?
            .map_err(error::read)
    }

    fn upkeep(&self, clock: &Arc<dyn Clock>, events: &Arc<dyn EventSink>) -> Vec<Arc<dyn Worker>> {
        let (shared, clock, events) = (&self.shared, clock, events);
        let scrub = Scrub {
            shared: Arc::clone(shared),
            clock: Arc::clone(clock),
            events: Arc::clone(events),
            status: StatusCell::named("log.scrub"),
        };
        let watch = Watch {
            shared: Arc::clone(shared),
            clock: Arc::clone(clock),
            events: Arc::clone(events),
            status: StatusCell::named("log.watch"),
        };
        vec![Arc::new(scrub), Arc::new(watch)]
    }

    fn status(&self) -> LogStatus {
        let (segments, sealed) = self.shared.segments.count_and_bytes();
        let newest = self.shared.segments.newest();
        let notes = self.shared.notes.lock();
        LogStatus {
            segments,
            bytes: sealed + self.shared.durable.end().saturating_sub(newest.first),
            bytes_max: Some(self.shared.settings.bytes_max),
            quarantined: notes.quarantined.clone(),
            failed: notes.failed.as_deref().map(str::to_owned),
            full: notes.full.map(str::to_owned),
            syncs: self.shared.syncs.snapshot(),
        }
    }

    fn hold(&self) -> Hold {
        copy::hold(&self.shared)
    }

    async fn copy(&self) -> Result<LogCopy, LogError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || copy::copy(&shared).map_err(error::read))
            .await
            .unwrap_or_else(|cause| Err(error::read(cause)))
    }
}

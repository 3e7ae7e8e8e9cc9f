// SPDX-License-Identifier: Apache-2.0
//! One run of the worker: read, append, wait. Commits are in the room beside it.

use std::collections::HashSet;
use std::future::pending;
use std::time::Duration;

use hw_kernel::port::log::{LogError, Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::port::tables::TableError;
use hw_kernel::{Shutdown, Tables};
use hw_model::AccountId;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::commit::ended;
use super::decoder::{Decoder, Moment, Rows};
use super::handle::Flush;
use super::pace::Pace;
use super::worker::Ingest;
use crate::error::chain;
use crate::spec::TABLES;

pub(super) const STREAMS: [Stream; 2] = [Stream::MESSAGES, Stream::EVENTS];

/// Bytes of records from which decoding is worth a thread of its own.
const LONG_WORK_BYTES: usize = 64 << 10;

pub(super) struct Run<'a> {
    pub(super) ingest: &'a Ingest,
    shutdown: Shutdown,
    flushes: mpsc::Receiver<Flush>,
    /// Flushes whose records are not all appended yet, or that wait for a commit to start.
    pub(super) waiting: Vec<Flush>,
    /// Flushes that the running commit serves.
    pub(super) serving: Vec<Flush>,
    pub(super) commit: Option<JoinHandle<Result<(), TableError>>>,
    pub(super) decoder: Decoder,
    pub(super) pace: Pace,
    /// Accounts whose tables are there.
    known: HashSet<AccountId>,
    last_read: Duration,
    /// The ticket of readers who wait, and the end of the Log when they were seen.
    reader: Option<(u64, Position)>,
    /// What fails at the moment.
    failing: Option<Part>,
    /// Damaged tables that were told of, and what is said of the first.
    pub(super) told: HashSet<(AccountId, String)>,
    pub(super) ailing: Option<String>,
    /// When it is tried to read them again.
    pub(super) heal_at: Duration,
}

/// What can fail, and is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Read,
    Append,
    Commit,
}

/// What a read came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Records,
    Nothing,
    /// Nothing was read: the buffer has no room.
    Full,
    Failure,
}

/// The worker is told to end.
pub(super) struct Closing;

impl<'a> Run<'a> {
    pub fn new(ingest: &'a Ingest, flushes: mpsc::Receiver<Flush>, shutdown: Shutdown) -> Self {
        Self {
            ingest,
            shutdown,
            flushes,
            waiting: Vec::new(),
            serving: Vec::new(),
            commit: None,
            decoder: decoder(ingest),
            pace: Pace::default(),
            known: HashSet::new(),
            last_read: Duration::ZERO,
            reader: None,
            failing: None,
            told: HashSet::new(),
            ailing: None,
            heal_at: Duration::ZERO,
        }
    }

    pub async fn run(&mut self) {
        let _open = self.ingest.lake.readers.open();
        while !self.shutdown.has_begun() {
            if self.turn().await.is_err() {
                break;
            }
        }
        self.close().await;
    }

    /// Reads what is there and commits what is due; waits if there is neither.
    async fn turn(&mut self) -> Result<(), Closing> {
        if self.commit.as_ref().is_some_and(JoinHandle::is_finished) {
            let commit = self.commit.take().expect("just seen");
            self.committed(commit.await).await;
        }
        self.heal().await;
        while let Ok(flush) = self.flushes.try_recv() {
            self.waiting.push(flush);
        }
        let asked = self.waiting.len();
        self.see_readers();
        let found = if self.is_full() {
            Found::Full
        } else {
            self.read().await?
        };
        if found == Found::Nothing {
            // Whatever was durable before this read has been read.
            let here = &self.decoder.cursor().position;
            self.waiting[..asked]
                .iter_mut()
                .for_each(|flush| flush.target = here.clone());
        }
        self.serve_readers(found);
        if self.commit.is_none()
            && let Some(scope) = self.due()
        {
            self.start_commit(scope).await?;
        }
        match found {
            Found::Records => {}
            Found::Failure => self.pause().await?,
            Found::Nothing | Found::Full => self.wait(found).await,
        }
        Ok(())
    }

    /// Takes up whoever waits for rows of what is durable now.
    fn see_readers(&mut self) {
        if self.reader.is_none() {
            let ticket = self.ingest.lake.readers.waiting();
            self.reader = ticket.map(|ticket| (ticket, as_read(self.ingest.log.end())));
        }
    }

    /// Lets readers go whose rows are there; and those who would wait for long.
    fn serve_readers(&mut self, found: Found) {
        let here = &self.decoder.cursor().position;
        let done = |(_, end): &mut (u64, Position)| found != Found::Records || here.covers(end);
        if let Some((ticket, _)) = self.reader.take_if(done) {
            self.ingest.lake.readers.serve(ticket);
        }
    }

    fn is_full(&self) -> bool {
        self.ingest.lake.buffered().bytes >= self.ingest.limits.buffer_bytes_max
    }

    pub(super) fn now(&self) -> Duration {
        self.ingest.clock.monotonic()
    }

    pub(super) fn moment(&self) -> Moment {
        Moment {
            time: self.ingest.clock.now(),
            monotonic: self.now(),
        }
    }

    /// Reads once, and appends what it finds.
    async fn read(&mut self) -> Result<Found, Closing> {
        let ingest = self.ingest;
        self.last_read = self.now();
        let position = self.decoder.cursor().position.clone();
        match ingest
            .log
            .read(&STREAMS, &position, ingest.limits.read_bytes_max)
            .await
        {
            Ok(read) => {
                self.works_again(Part::Read);
                let some = !read.bytes.is_empty();
                if some || !read.lost.is_empty() {
                    self.take(read).await?;
                } else {
                    self.decoder.pass(&read.next);
                }
                Ok(if some { Found::Records } else { Found::Nothing })
            }
            Err(LogError::Closed) => {
                self.shutdown.begun().await;
                Err(Closing)
            }
            Err(error) => {
                self.report_failure(Part::Read, &chain(&error));
                Ok(Found::Failure)
            }
        }
    }

    /// Appends the rows of what was read.
    async fn take(&mut self, read: Read) -> Result<(), Closing> {
        let now = self.moment();
        self.decoder.lost(&read.lost, now);
        let before = self.decoder.counts();
        let (mut bytes, mut at) = (read.bytes, 0);
        while at < bytes.len() {
            at = if bytes.len() < LONG_WORK_BYTES {
                at + self.decoder.take(&bytes[at..], now)
            } else {
                let (back, end) = self.take_on_a_thread(bytes, at, now).await;
                bytes = back;
                end
            };
            if at >= bytes.len() {
                self.decoder.pass(&read.next);
            }
            self.append().await?;
        }
        self.decoder.pass(&read.next);
        self.append().await?;
        self.ingest.figures.read(before, self.decoder.counts());
        Ok(())
    }

    async fn take_on_a_thread(
        &mut self,
        bytes: Vec<u8>,
        at: usize,
        now: Moment,
    ) -> (Vec<u8>, usize) {
        let mut decoder = std::mem::replace(&mut self.decoder, Decoder::stand_in());
        let work = tokio::task::spawn_blocking(move || {
            let taken = decoder.take(&bytes[at..], now);
            (decoder, bytes, at + taken)
        });
        match work.await {
            Ok((decoder, bytes, end)) => {
                self.decoder = decoder;
                (bytes, end)
            }
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being taken down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Appends gathered rows, however often it takes: their records are not read again.
    pub(super) async fn append(&mut self) -> Result<(), Closing> {
        let rows = self.decoder.finish();
        if rows.is_empty() {
            return Ok(());
        }
        self.pace.rows_came(self.now());
        for rows in rows {
            while let Err(error) = self.append_rows(&rows).await {
                self.report_failure(Part::Append, &chain(&error));
                self.pause().await?;
            }
        }
        self.works_again(Part::Append);
        Ok(())
    }

    async fn append_rows(&mut self, rows: &Rows) -> Result<(), TableError> {
        let lake = self.ingest.lake.clone();
        if !self.known.contains(&rows.account) {
            for spec in &TABLES {
                let ensured = lake.ensure(rows.account, spec).await;
                self.unless_aside(rows.account, spec.name, ensured)?;
            }
            self.known.insert(rows.account);
        }
        let source = self.decoder.cursor();
        let appended = lake.append(rows.account, rows.table, rows.batch.clone(), source);
        let appended = appended.await;
        self.unless_aside(rows.account, rows.table, appended)
    }

    fn unless_aside(
        &mut self,
        account: AccountId,
        table: &str,
        outcome: Result<(), TableError>,
    ) -> Result<(), TableError> {
        match outcome {
            Err(error) if self.is_put_aside(account, table, &error) => Ok(()),
            outcome => outcome,
        }
    }

    /// Waits for records, a flush, the running commit, or the time of the next one.
    async fn wait(&mut self, found: Found) {
        let ingest = self.ingest;
        let buffered = ingest.lake.buffered();
        let state = if self.commit.is_some() {
            "busy"
        } else {
            "idle"
        };
        let lag = format!("{} rows in the buffer", buffered.rows);
        match self.ailment(None) {
            _ if self.failing.is_some() => {}
            Some(words) => ingest.status.set("failing", lag, Some(words)),
            None => ingest.status.set(state, lag, None),
        }
        let healing = self
            .ailing
            .is_some()
            .then(|| self.heal_at.saturating_sub(self.now()));
        let position = self.decoder.cursor().position.clone();
        let due = self.pace.due_in(self.now(), buffered, &ingest.limits);
        let due = due.filter(|_| self.commit.is_none());
        let mut finished = None;
        tokio::select! {
            () = self.shutdown.begun() => {}
            () = ingest.log.wait(&position), if found != Found::Full => self.linger().await,
            Some(flush) = self.flushes.recv() => self.waiting.push(flush),
            outcome = ended(&mut self.commit) => finished = Some(outcome),
            () = ingest.lake.readers.asked() => {}
            () = elapsed(ingest, due) => {}
            () = elapsed(ingest, healing) => {}
        }
        if let Some(outcome) = finished {
            self.commit = None;
            self.committed(outcome).await;
        }
    }

    /// Lets a little more come if the last read was just now and nobody looks.
    async fn linger(&self) {
        let since = self.now().saturating_sub(self.last_read);
        if let Some(rest) = self.ingest.limits.linger.checked_sub(since) {
            tokio::select! {
                () = self.shutdown.begun() => {}
                () = self.ingest.lake.readers.asked() => {}
                () = self.ingest.clock.sleep(rest) => {}
            }
        }
    }

    async fn pause(&self) -> Result<(), Closing> {
        let pause = self.ingest.clock.sleep(self.ingest.limits.retry_after);
        if self.shutdown.wait_for(pause).await {
            return Err(Closing);
        }
        Ok(())
    }

    pub(super) fn works_again(&mut self, part: Part) {
        if self.failing == Some(part) {
            self.failing = None;
        }
    }

    pub(super) fn report_failure(&mut self, part: Part, error: &str) {
        self.failing = Some(part);
        tracing::error!(error, "the lake's ingest has failed and tries again");
        let lag = format!("{} rows in the buffer", self.ingest.lake.buffered().rows);
        self.ingest
            .status
            .set("failing", lag, Some(error.to_owned()));
    }
}

pub(super) fn decoder(ingest: &Ingest) -> Decoder {
    Decoder::new(ingest.lake.common_cursor(), ingest.lake.cursors())
}

/// An end of the Log as far as it is of what the worker reads; the Log has other streams, too.
pub(super) fn as_read(mut end: Position) -> Position {
    end.0
        .retain(|partition, _| STREAMS.contains(&Stream(partition.stream)));
    end
}

async fn elapsed(ingest: &Ingest, due: Option<Duration>) {
    match due {
        Some(due) => ingest.clock.sleep(due).await,
        None => pending().await,
    }
}

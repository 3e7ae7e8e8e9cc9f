// SPDX-License-Identifier: Apache-2.0
//! The port for the durable log: what somebody who may not be there will need goes here once.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::event::EventSink;
use crate::port::clock::Clock;
use crate::port::hold::Hold;
use crate::port::position::Position;
use crate::record::batch::{Batch, RecordRef};
use crate::worker::Worker;

/// A stream of the log. All streams of one writer share its files, and one fsync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream(pub u16);

impl Stream {
    /// Published messages: [`crate::record::message`].
    pub const MESSAGES: Stream = Stream(1);
    /// What happened, with cause: [`crate::record::event`].
    pub const EVENTS: Stream = Stream(2);
    /// Sessions that outlive their connections: subscriptions, expiry, wills, what they consumed.
    /// The broker's own.
    pub const SESSIONS: Stream = Stream(3);
    /// Retained messages: [`crate::record::retained`].
    pub const RETAINED: Stream = Stream(4);
    /// Which sessions are owed which message. The broker's own.
    pub const OWED: Stream = Stream(5);
}

/// Called exactly once when a batch is safe, or never will be; on the writer's thread, so it must
/// only note the outcome and wake somebody.
///
/// The position is the end of the batch. Its offset counts bytes of encoded records, so that a
/// record that begins `n` bytes before the end of the batch is the first that a read after
/// `offset - n` gives.
pub type Done = Box<dyn FnOnce(Result<Position, LogError>) + Send>;

/// What can go wrong in the log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// No room: the batch was not kept and must not be acknowledged. Later ones may be.
    #[error("the disk is full")]
    Full,
    /// A sync failed once: nothing can be acknowledged until the server is restarted.
    #[error("the log has stopped after a failed write: {0}")]
    Failed(Arc<str>),
    /// More waits for the disk than the log holds in memory: the batch was not kept and must not be
    /// acknowledged. Later ones may be.
    #[error("more than {buffered_bytes_max} bytes wait for the disk")]
    Backlog {
        /// The limit, in bytes.
        buffered_bytes_max: usize,
    },
    /// The log is closing.
    #[error("the log is closed")]
    Closed,
    /// A stored segment is damaged or of a newer release.
    #[error("the log is damaged: {0}")]
    Damaged(Arc<str>),
    /// The engine failed to read.
    #[error("the log can't be read: {0}")]
    Read(Arc<str>),
}

/// Records that a reader asked for and will not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What happened, for an event: trimmed by the cap, or a quarantined segment.
    pub cause: String,
    /// Bytes passed over, as far as known.
    pub bytes: u64,
}

/// What a read gave.
#[derive(Debug, Default)]
pub struct Read {
    /// Whole encoded records of the wanted streams, in order; see [`Read::records`].
    pub bytes: Vec<u8>,
    /// The offset behind each record.
    pub ends: Vec<u64>,
    /// Where to go on; covers records of other streams that were passed over.
    pub next: Position,
    /// What lies between the asked position and the first record and can't be had.
    pub lost: Vec<Loss>,
}

impl Read {
    /// The records, in the order they were appended.
    pub fn records(&self) -> impl Iterator<Item = RecordRef<'_>> {
        crate::record::batch::records(&self.bytes)
    }

    /// The records with the offset at which each begins.
    pub fn placed(&self) -> impl Iterator<Item = (u64, RecordRef<'_>)> {
        self.records().zip(&self.ends).map(|(record, end)| {
            let length = crate::record::batch::ENVELOPE_BYTES + record.body.len();
            (end.saturating_sub(length as u64), record)
        })
    }
}

/// How the log stands, for people.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct LogStatus {
    /// Segments held.
    pub segments: u64,
    /// Bytes held.
    pub bytes: u64,
    /// Bytes that it may hold, if they are bounded; beyond them nothing is taken in.
    pub bytes_max: Option<u64>,
    /// Files put aside because their middle was damaged.
    pub quarantined: Vec<String>,
    /// Why nothing more is acknowledged until a restart, if so.
    pub failed: Option<String>,
    /// Why no messages are taken at present, if so: storage is full.
    pub full: Option<String>,
    /// How long syncs of the disk took.
    pub syncs: crate::metric::Snapshot,
}

/// The durable log.
#[async_trait]
pub trait Log: Send + Sync {
    /// Takes a batch and returns at once; `done` is called when it is durable. Batches become
    /// durable in the order of the calls. Part of a batch that failed may be found after a restart:
    /// more than was acknowledged, never less.
    fn append(&self, batch: Batch, done: Done);

    /// Reads records of `streams` after `after`, about `bytes_max` at most (one record at least if
    /// there is one). Only durable records are seen. Nothing there gives an empty read.
    async fn read(
        &self,
        streams: &[Stream],
        after: &Position,
        bytes_max: usize,
    ) -> Result<Read, LogError>;

    /// The end of what is durable.
    fn end(&self) -> Position;

    /// Resolves when something is durable beyond `after`, or the log closes.
    async fn wait(&self, after: &Position);

    /// Says that `stream` is no longer needed up to `before`: space may be freed.
    async fn trim(&self, stream: Stream, before: &Position) -> Result<(), LogError>;

    /// How it stands.
    fn status(&self) -> LogStatus;

    /// Background work that this engine needs, to be hired once.
    fn upkeep(
        &self,
        _clock: &Arc<dyn Clock>,
        _events: &Arc<dyn EventSink>,
    ) -> Vec<Arc<dyn Worker>> {
        Vec::new()
    }

    /// Keeps every file while somebody copies them; space that is freed meanwhile is freed when
    /// the last hold goes.
    fn hold(&self) -> Hold {
        Hold::of_nothing()
    }

    /// The files that hold all that is durable now. They can be read as long as a hold lives that
    /// was taken before.
    async fn copy(&self) -> Result<LogCopy, LogError> {
        Err(LogError::Read("this log can't be copied".into()))
    }
}

/// The log at one moment, as files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogCopy {
    /// The end of what is in it.
    pub position: Position,
    /// Its files; put into an empty folder, they are a log with that end.
    pub files: Vec<LogFile>,
}

/// A file of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Its name in the log's folder.
    pub name: String,
    /// What is in it.
    pub content: LogContent,
}

/// What is in a file of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The first `bytes` of the file at `path`; more may be added behind them meanwhile.
    Head {
        /// Where it is.
        path: PathBuf,
        /// How much of it.
        bytes: u64,
    },
}

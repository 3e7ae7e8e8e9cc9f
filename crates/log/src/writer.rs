// SPDX-License-Identifier: Apache-2.0
//! The writer's thread: takes what waits, writes it with one write and one sync, answers in order.
//!
//! After a failed write or sync nothing more is written: the kernel may have thrown pages away and
//! a second sync would not say so. Only a full disk leaves the log usable, if cutting back works.

mod brake;
mod group;
mod room;

use std::io::Error;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::port::log::LogError;

use crate::active::Active;
use crate::closed;
use crate::disk::Disk;
use crate::error;
use crate::folder;
use crate::log::Shared;
use crate::queue::{Pending, Queue};
use crate::retention;
use crate::segments::Newest;
use group::Group;

/// Runs on a thread of its own until the queue closes.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) active: Active,
    /// Whether what comes is slowed down.
    pub(crate) braking: bool,
}

impl Writer {
    /// Writes until the queue is closed and empty, then seals.
    pub(crate) fn run(mut self) {
        // As if the last sync were long ago: the first one waits for nothing.
        let mut last_sync = None;
        while self.queue.wait() {
            let gap = self.shared.settings.sync_gap;
            let since = |last: Duration| self.shared.clock.monotonic().saturating_sub(last);
            let left = gap.saturating_sub(last_sync.map_or(gap, since));
            if !left.is_zero() {
                self.queue.linger(left);
            }
            last_sync = Some(self.shared.clock.monotonic());
            let pending = self.queue.take();
            let bytes = pending.iter().map(|batch| batch.bytes.len()).sum();
            self.brake(bytes);
            self.shared.note_writing(true);
            self.process(pending);
            self.shared.note_writing(false);
            self.queue.release(bytes);
        }
        if self.shared.failed().is_none() {
            let shared = &self.shared;
            let mark = || closed::mark(&shared.dir, shared.life.epoch, shared.durable.last());
            let sealed = self.active.seal().and_then(|()| self.active.sync());
            let sealed = sealed.and_then(|()| mark());
            if let Err(cause) = sealed {
                tracing::warn!(%cause, "the log's newest segment was not sealed and will be scanned");
            }
        }
    }

    fn process(&mut self, mut pending: Vec<Pending>) {
        if let Some(cause) = self.shared.failed() {
            for batch in pending {
                batch.answer(Err(LogError::Failed(Arc::clone(&cause))));
            }
            return;
        }
        let is_short = self.keep_reserve(&mut pending);
        let bytes = pending.iter().map(|batch| batch.bytes.len() as u64).sum();
        let room = self.make_room(bytes);
        let group = Group::new(pending, self.active.end(), self.shared.life.salt);
        match room.and_then(|()| self.write(&group)) {
            Ok(()) => {
                self.active.confirm(group.end, &group.summary);
                self.shared.durable.advance(group.end, &group.summary);
                if !is_short {
                    self.shared.note_full(None);
                }
                group.answer(&self.shared.durable);
            }
            Err(error) => {
                if matches!(error, LogError::Full) {
                    self.shared.note_full(Some("no room for the log"));
                }
                group.fail(&error);
            }
        }
    }

    /// Begins another segment if this one is full, and frees space if the log is at its limit.
    fn make_room(&mut self, bytes: u64) -> Result<(), LogError> {
        let settings = &self.shared.settings;
        let used = self.active.bytes();
        if used > 0 && used + bytes > settings.segment_bytes {
            self.rotate()
                .map_err(|cause| self.fail_unless_full(cause))?;
        }
        let most = self.shared.settings.bytes_max;
        if self.held() + bytes > most {
            if let Err(cause) = retention::collect(&self.shared) {
                tracing::warn!(%cause, "the log could not free space");
            }
            if self.held() + bytes > most {
                return Err(LogError::Full);
            }
        }
        Ok(())
    }

    fn rotate(&mut self) -> Result<(), Error> {
        let newest = Newest {
            first: self.active.end(),
            follows: self.active.end(),
        };
        let (dir, life) = (&self.shared.dir, self.shared.life);
        let next = Active::create(&*self.disk, dir, life, newest)?;
        if let Err(cause) = self.active.seal() {
            // The next open scans it instead, if what stands there now is not longer than that.
            tracing::warn!(%cause, "a segment of the log was not sealed and will be scanned");
        }
        self.shared.segments.rotate(self.active.as_sealed(), newest);
        self.active = next;
        if let Err(cause) = retention::collect(&self.shared) {
            tracing::warn!(%cause, "the log could not free space");
        }
        Ok(())
    }

    fn write(&mut self, group: &Group) -> Result<(), LogError> {
        if group.end == self.active.end() {
            return Ok(());
        }
        if let Err(cause) = self.active.append(&mut group.parts()) {
            let cut = self.active.cut_back();
            return Err(match cut {
                Ok(()) => self.fail_unless_full(cause),
                Err(cause) => self.fail(&cause),
            });
        }
        let began = self.shared.clock.monotonic();
        let synced = self.active.sync();
        let span = self.shared.clock.monotonic().saturating_sub(began);
        self.shared.syncs.observe(span);
        synced.map_err(|cause| self.fail(&cause))
    }

    fn fail_unless_full(&self, cause: Error) -> LogError {
        match error::is_full(&cause) {
            true => LogError::Full,
            false => self.fail(&cause),
        }
    }

    /// Stops the log for good, and marks the folder: the next open must not trust the pages in
    /// memory.
    fn fail(&self, cause: &Error) -> LogError {
        tracing::error!(%cause, "the log has stopped: nothing more is acknowledged");
        if let Err(unmarked) = folder::replace(&self.shared.dir, folder::FAILED, b"") {
            tracing::error!(cause = %unmarked, "the log's folder could not be marked as failed");
        }
        LogError::Failed(self.shared.set_failed(cause))
    }
}

#[cfg(test)]
mod tests;

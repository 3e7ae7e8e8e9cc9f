// SPDX-License-Identifier: Apache-2.0
//! The part of the disk that messages leave to others: registry writes, events, and the commits of
//! tables, which free the log. So a disk that ingest fills is one that can still be worked on.

use hw_kernel::port::log::{LogError, Stream};
use hw_kernel::record::batch;

use super::Writer;
use crate::queue::Pending;

/// For people.
const SHORT: &str = "the disk has only the reserve left: free some space, or let retention do it";

impl Writer {
    /// Refuses batches of messages if they would go into the reserve; says whether they would.
    pub(super) fn keep_reserve(&self, pending: &mut [Pending]) -> bool {
        let bytes: u64 = pending.iter().map(|batch| batch.bytes.len() as u64).sum();
        // A file system that does not tell refuses by itself when it is full.
        let Ok(room) = self.disk.room(&self.shared.dir) else {
            return false;
        };
        let is_short = room.free < self.shared.settings.reserve(room.total) + bytes;
        if is_short {
            self.shared.note_full(Some(SHORT));
            let messages = pending.iter_mut().filter(|batch| !is_events(&batch.bytes));
            messages.for_each(|batch| batch.refuse(LogError::Full));
        }
        is_short
    }
}

/// Whether it is a batch of events: there is no flood of those (`kernel/src/event/fold.rs`), and
/// what happens on a full disk should be known.
fn is_events(bytes: &[u8]) -> bool {
    batch::decode(bytes).is_ok_and(|(first, _)| first.envelope.stream == Stream::EVENTS)
}

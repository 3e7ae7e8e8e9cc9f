// SPDX-License-Identifier: Apache-2.0
//! What waits for a shard from the others: one batch a turn and sender. Pushing never blocks for
//! longer than another push takes; bytes are accounted, and who sees too many stops reading.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hw_session::Forward;
use parking_lot::Mutex;

/// Emptied batches kept for senders.
const SPARE_MAX: usize = 4;

/// A shard's inbox for batches. Many push, one takes.
#[derive(Debug, Default)]
pub struct Ring {
    batches: Mutex<Batches>,
    bytes: AtomicUsize,
    somebody_paused: AtomicBool,
}

#[derive(Debug, Default)]
struct Batches {
    waiting: Vec<Forward>,
    spare: Vec<Forward>,
}

impl Ring {
    /// Moves the batch in and leaves an empty one in its place.
    pub fn push(&self, batch: &mut Forward) {
        self.bytes.fetch_add(batch.bytes(), Ordering::SeqCst);
        let mut batches = self.batches.lock();
        let empty = batches.spare.pop().unwrap_or_default();
        batches.waiting.push(std::mem::replace(batch, empty));
    }

    /// Moves all that waits to `taken`, which must be empty.
    pub fn take(&self, taken: &mut Vec<Forward>) {
        std::mem::swap(&mut self.batches.lock().waiting, taken);
    }

    /// Gives batches back that were worked off. Says whether somebody paused who may go on now.
    pub fn give_back(&self, done: &mut Vec<Forward>) -> bool {
        let bytes: usize = done.iter().map(Forward::bytes).sum();
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        let mut batches = self.batches.lock();
        for mut batch in done.drain(..) {
            if batches.spare.len() < SPARE_MAX {
                batch.clear();
                batches.spare.push(batch);
            }
        }
        self.somebody_paused.swap(false, Ordering::SeqCst)
    }

    /// Whether more than `bytes_max` wait. Who is told so will be woken when less do.
    pub fn is_over(&self, bytes_max: usize) -> bool {
        if self.bytes.load(Ordering::SeqCst) <= bytes_max {
            return false;
        }
        self.somebody_paused.store(true, Ordering::SeqCst);
        // It may have been emptied between the look and the note.
        self.bytes.load(Ordering::SeqCst) > bytes_max
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

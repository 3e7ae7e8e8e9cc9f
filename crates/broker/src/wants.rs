// SPDX-License-Identifier: Apache-2.0
//! What sessions want read from the Log, and what was read for them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hw_session::journal::Found;
use parking_lot::{Condvar, Mutex};

/// What a session wants read.
#[derive(Debug)]
pub struct Wanted {
    /// Its home shard.
    pub shard: u16,
    /// Its number.
    pub session: u64,
    /// Where its messages stand.
    pub places: Vec<u64>,
}

/// What was read for a session.
#[derive(Debug)]
pub struct Brought {
    /// Its number.
    pub session: u64,
    /// The messages.
    pub found: Vec<Found>,
}

/// What sessions want read, in the order in which they asked. Each asks for one at a time, so there
/// are never more than sessions.
#[derive(Debug, Default)]
pub struct Wants {
    queue: Mutex<VecDeque<Wanted>>,
    came: Condvar,
    ended: AtomicBool,
}

impl Wants {
    /// Lines one up.
    pub fn push(&self, wanted: Wanted) {
        self.queue.lock().push_back(wanted);
        self.came.notify_one();
    }

    /// Nothing is read any more.
    pub fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        let _queue = self.queue.lock();
        self.came.notify_all();
    }

    /// Waits for the next one; `None` at the end.
    pub fn next(&self) -> Option<Wanted> {
        let mut queue = self.queue.lock();
        loop {
            if self.ended.load(Ordering::SeqCst) {
                return None;
            }
            if let Some(wanted) = queue.pop_front() {
                return Some(wanted);
            }
            self.came.wait(&mut queue);
        }
    }

    /// Rests, unless the end comes.
    pub fn rest(&self, span: Duration) {
        let mut queue = self.queue.lock();
        if !self.ended.load(Ordering::SeqCst) {
            self.came.wait_for(&mut queue, span);
        }
    }
}

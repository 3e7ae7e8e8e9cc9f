// SPDX-License-Identifier: Apache-2.0
//! A shard as everybody else sees it: inboxes, and how to wake it or to run it in place.
//!
//! Who brings something puts it into an inbox, raises `work`, then looks whether the shard sleeps.
//! The shard says that it sleeps, then looks at `work`. Both are sequentially consistent: one of
//! the two sees the other, and no wake-up is lost. The same holds for the time at which the next
//! turn is due, when a turn in place finds an earlier one.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hw_kernel::port::position::Partition;
use hw_session::{KeepFailure, Ticket};
use mio::Waker;
use parking_lot::Mutex;

use crate::handover::Handover;
use crate::ingest::Injection;
use crate::ring::Ring;
use crate::shard::ShardState;
use crate::wants::Brought;

/// The Log's answer to one batch.
#[derive(Debug, Clone, Copy)]
pub struct Completion {
    /// Which batch.
    pub ticket: Ticket,
    /// Its size.
    pub bytes: usize,
    /// Why it was not kept.
    pub failure: Option<KeepFailure>,
    /// Where it ends in the Log.
    pub position: Option<(Partition, u64)>,
}

/// One shard.
pub struct Lane {
    /// Its number.
    pub number: u16,
    /// Deliveries from other shards.
    pub ring: Ring,
    /// Connections from the doors.
    pub arrivals: Mutex<Vec<Handover>>,
    /// Messages that come by no connection.
    pub injections: Mutex<Vec<Injection>>,
    /// Answers of the Log.
    pub completions: Mutex<Vec<Completion>>,
    /// Owed messages that were read for its sessions.
    pub brought: Mutex<Vec<Brought>>,
    /// Bytes given to the Log and not answered yet.
    pub log_waiting_bytes: AtomicUsize,
    /// All that only one thread at a time may touch; held for a turn.
    pub state: Mutex<ShardState>,
    work: AtomicBool,
    asleep: AtomicBool,
    due_micros: AtomicU64,
    waker: Waker,
}

impl Lane {
    /// A shard that nobody runs yet.
    pub fn new(number: u16, state: ShardState, waker: Waker) -> Self {
        Self {
            number,
            ring: Ring::default(),
            arrivals: Mutex::default(),
            injections: Mutex::default(),
            completions: Mutex::default(),
            brought: Mutex::default(),
            log_waiting_bytes: AtomicUsize::new(0),
            state: Mutex::new(state),
            work: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            due_micros: AtomicU64::new(u64::MAX),
            waker,
        }
    }

    /// Says that there is something in an inbox, and wakes the shard if it sleeps.
    pub fn signal(&self) {
        self.work.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Says that there is something; `true` if the shard sleeps and somebody must care.
    pub fn signal_only(&self) -> bool {
        self.work.store(true, Ordering::SeqCst);
        self.asleep.load(Ordering::SeqCst)
    }

    /// Wakes the shard if it sleeps.
    pub fn wake(&self) {
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, shard.number = self.number, "a shard can't be woken");
        }
    }

    /// Whether somebody has brought something; asked at the start of a turn, before the inboxes are
    /// looked at.
    pub fn take_work(&self) -> bool {
        self.work.load(Ordering::Relaxed) && self.work.swap(false, Ordering::SeqCst)
    }

    /// Says when the next turn is due, under the lock of the turn that found it out (`None`: when
    /// something comes). `true`: that is earlier than what the turn before had said, and the
    /// shard's thread may sleep too long.
    pub fn set_due(&self, due: Option<Duration>) -> bool {
        let due = micros(due);
        due < self.due_micros.swap(due, Ordering::SeqCst)
    }

    /// Goes to sleep. Says until when: what the last turn has said, which may be one in place after
    /// the thread's own; at once if there is work.
    pub fn fall_asleep(&self) -> Option<Duration> {
        self.asleep.store(true, Ordering::SeqCst);
        if self.work.load(Ordering::SeqCst) {
            self.asleep.store(false, Ordering::SeqCst);
            return Some(Duration::ZERO);
        }
        match self.due_micros.load(Ordering::SeqCst) {
            u64::MAX => None,
            due => Some(Duration::from_micros(due)),
        }
    }

    /// The shard's thread runs again.
    pub fn awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }
}

fn micros(at: Option<Duration>) -> u64 {
    at.map_or(u64::MAX, |at| {
        u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
    })
}

// SPDX-License-Identifier: Apache-2.0
//! What all shards share: the ports, the trees, the taps, and each other.

use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};

use hw_kernel::{Admission, Clock, EventSink, Log};
use hw_session::Now;

use crate::config::Limits;
use crate::lane::Lane;
use crate::retained::RetainedMessages;
use crate::routes::Routes;
use crate::taps::Taps;
use crate::wants::Wants;

/// Made once, before the first shard runs.
pub struct Shared {
    /// Durable log.
    pub log: Arc<dyn Log>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Events.
    pub events: Arc<dyn EventSink>,
    /// Principals.
    pub admission: Arc<dyn Admission>,
    /// Subscription trees.
    pub routes: Arc<Routes>,
    /// Retained messages.
    pub retained: Arc<RetainedMessages>,
    /// What sessions want read from the Log.
    pub wants: Arc<Wants>,
    /// Live taps.
    pub taps: Arc<Taps>,
    /// Limits of each shard.
    pub limits: Limits,
    /// Counts the server's starts on its folder.
    pub epoch: u32,
    /// When sessions and retained messages were last written down whole, or the start, on the
    /// monotonic clock.
    pub checkpointed_micros: AtomicU64,
    /// Shutdown has begun.
    pub stop: AtomicBool,
    /// All shards, by number; filled in right after this is made.
    pub all: OnceLock<Box<[Arc<Lane>]>>,
}

impl Shared {
    /// All shards, by number.
    pub fn lanes(&self) -> &[Arc<Lane>] {
        self.all.get().map_or(&[], |all| all)
    }

    /// One shard.
    pub fn lane(&self, number: u16) -> Arc<Lane> {
        self.lanes()[usize::from(number)].clone()
    }

    /// The time of a turn.
    pub fn now(&self) -> Now {
        Now {
            wall: self.clock.now(),
            monotonic: self.clock.monotonic(),
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! How the broker stands, for people and metrics.

use std::sync::atomic::Ordering;
use std::time::Duration;

pub use hw_session::Counters;
use hw_session::Tally;

use crate::lane::Lane;
pub use crate::shard::LoopCounters;

/// The whole broker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerStatus {
    /// Each shard, by number.
    pub shards: Vec<ShardStatus>,
    /// (Filter, subscriber) pairs of all accounts, taps included.
    pub subscriptions: usize,
    /// Open live taps.
    pub taps: usize,
    /// Messages of QoS 1 and 2 that sessions are owed.
    pub owed: u64,
    /// Messages of QoS 2 that sessions have half way.
    pub half_way: u64,
    /// Retained messages.
    pub retained_messages: u64,
    /// Bytes that they take.
    pub retained_bytes: u64,
    /// Since sessions and retained messages were last written down whole, or the start.
    pub checkpoint_age: Duration,
}

/// One shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardStatus {
    /// Its number.
    pub number: u16,
    /// What its machine has counted.
    pub counters: Counters,
    /// What its loop has counted.
    pub loops: LoopCounters,
    /// Bytes that wait for it from other shards.
    pub ring_bytes: usize,
    /// Bytes that it gave to the Log and that are not durable.
    pub log_waiting_bytes: usize,
}

impl ShardStatus {
    pub(crate) fn of(lane: &Lane) -> Self {
        let (counters, loops) = lane.state.lock().counters();
        Self {
            number: lane.number,
            counters,
            loops,
            ring_bytes: lane.ring.bytes(),
            log_waiting_bytes: lane.log_waiting_bytes.load(Ordering::Relaxed),
        }
    }
}

/// Sessions that are looked at while a shard waits.
const SESSIONS_AT_ONCE: usize = 1_024;

/// What the sessions of a shard hold together.
pub(crate) fn tally(lane: &Lane) -> Tally {
    let sessions = lane.state.lock().sessions();
    let mut all = Tally::default();
    for some in sessions.chunks(SESSIONS_AT_ONCE) {
        let tally = lane.state.lock().tally(some);
        all.owed += tally.owed;
        all.half_way += tally.half_way;
    }
    all
}

impl BrokerStatus {
    /// Open connections.
    pub fn connections(&self) -> u64 {
        self.sum(|counters| counters.connections)
    }

    /// A counter over all shards.
    pub fn sum(&self, counter: impl Fn(&Counters) -> u64) -> u64 {
        self.shards
            .iter()
            .map(|shard| counter(&shard.counters))
            .sum()
    }
}

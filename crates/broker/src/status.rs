// SPDX-License-Identifier: Apache-2.0
//! How the broker stands, for people and metrics.

use std::sync::atomic::Ordering;

pub use hw_session::Counters;

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

// SPDX-License-Identifier: Apache-2.0
//! What the broker is told at its start, and its limits, each with name and unit. The limits of a
//! single connection are the session's: [`hw_session::Limits`].

use std::time::Duration;

use crate::keep::Keep;

/// What the broker is told at its start.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Shards, a thread each; 0 is one fewer than the machine has cores, and at least one.
    pub shards: u16,
    /// Counts the server's starts on its folder; part of every trace id.
    pub epoch: u32,
    /// What goes to the Log.
    pub keep: Keep,
    /// Messages whose way each shard remembers, for explanations: 96 bytes each (twice that where
    /// there are several shards) and 40 for its group commit; 0 remembers none.
    pub flights_max: usize,
    /// Limits of each connection.
    pub session: hw_session::Limits,
    /// Limits of each shard.
    pub limits: Limits,
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            shards: 0,
            epoch: 1,
            keep: Keep::All,
            flights_max: 32_768,
            session: hw_session::Limits::default(),
            limits: Limits::default(),
        }
    }
}

impl BrokerConfig {
    /// How many shards that makes.
    pub fn shard_count(&self) -> u16 {
        match self.shards {
            0 => {
                let cores = std::thread::available_parallelism().map_or(1, usize::from);
                u16::try_from(cores.saturating_sub(1).max(1)).unwrap_or(1)
            }
            // Numbers from here up stand for taps and other producers.
            shards => shards.min(hw_model::trace::Producer::WORKERS),
        }
    }
}

/// Limits of one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes read from one connection before the others get their turn.
    pub read_bytes_per_turn_max: usize,
    /// About how many bytes are read in a turn from all connections that have something, so that
    /// nobody waits long behind those that send all they can. Those behind TLS or in a WebSocket get
    /// their whole record or frame.
    pub read_bytes_of_all_per_turn: usize,
    /// Plain bytes encrypted for one connection before the socket must take some.
    pub sealed_bytes_max: usize,
    /// Bytes that wait for a shard from others; above, the publishers' reads pause, and at twice that
    /// those of publishers that send little, too.
    pub ring_bytes_max: usize,
    /// Bytes given to the Log that are not durable yet; above, the publishers' reads pause,
    /// likewise.
    pub log_waiting_bytes_max: usize,
    /// Deliveries for which a sleeping shard is run in place and not woken.
    pub in_place_receivers_max: usize,
    /// Bytes that may wait for slow receivers, of all shards together (each has its part, and 32 MB at
    /// least); above, those are cut for whom most waits. 0: any.
    pub waiting_bytes_max: usize,
    /// Bytes of cached policy decisions.
    pub decisions_bytes_max: usize,
    /// Bytes of retained messages, of all shards together; above, no more topics get one.
    pub retained_bytes_max: u64,
    /// How long a closed connection's peer may take to read the last bytes.
    pub linger: Duration,
    /// Sockets that linger so; beyond it the oldest is closed at once.
    pub lingering_max: usize,
    /// How long connections may take to end at shutdown.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read_bytes_per_turn_max: 64 << 10,
            read_bytes_of_all_per_turn: 256 << 10,
            sealed_bytes_max: 128 << 10,
            ring_bytes_max: 8 << 20,
            log_waiting_bytes_max: 8 << 20,
            in_place_receivers_max: 32,
            waiting_bytes_max: 256 << 20,
            decisions_bytes_max: 16 << 20,
            retained_bytes_max: 1 << 30,
            linger: Duration::from_secs(1),
            lingering_max: 512,
            shutdown_grace: Duration::from_secs(1),
        }
    }
}

impl Limits {
    /// What may wait on each of so many shards.
    pub(crate) fn waiting_bytes_of_a_shard(&self, shards: u16) -> usize {
        /// Fewer would cut a few slow readers on a machine with many cores.
        const LEAST_BYTES: usize = 32 << 20;
        let all = self.waiting_bytes_max;
        match all / usize::from(shards.max(1)) {
            _ if all == 0 => usize::MAX,
            each => each.max(LEAST_BYTES.min(all)),
        }
    }

    /// Sets what would stop the broker to the least that works.
    pub(crate) fn checked(mut self) -> Self {
        // A record of TLS must fit into half the buffer.
        self.read_bytes_per_turn_max = self.read_bytes_per_turn_max.max(48 << 10);
        self.sealed_bytes_max = self.sealed_bytes_max.max(1 << 10);
        self
    }
}

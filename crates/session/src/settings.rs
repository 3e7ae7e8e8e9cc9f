// SPDX-License-Identifier: Apache-2.0
//! What a shard is told at its start, and every limit it keeps, with name and unit.

use std::time::Duration;

use hw_model::Timestamp;

/// The time of a turn, read once by whoever runs the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For people and records; it may jump.
    pub wall: Timestamp,
    /// Since any fixed moment; it never falls. All timers of the machine go by it.
    pub monotonic: Duration,
}

/// Which shard it is, and its limits.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This shard's number, below `shards`.
    pub shard: u16,
    /// How many shards there are.
    pub shards: u16,
    /// Counts the server's starts on its folder; part of every trace id.
    pub epoch: u32,
    /// Messages whose way is remembered for [`crate::Shard::flight`], 96 bytes each (twice that
    /// where there are several shards); 0 remembers none.
    pub flights_max: usize,
    /// The limits of each connection.
    pub limits: Limits,
}

/// Limits of one connection. The defaults are those of the full standard; `--profile aws` sets
/// others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole packet from a client, header included. Told in CONNACK (MQTT 5).
    pub packet_bytes_max: usize,
    /// Bytes of a client id.
    pub client_id_bytes_max: usize,
    /// QoS 1 messages unacknowledged each way. Told in CONNACK as Receive Maximum (MQTT 5), where
    /// a client that sends more is cut; a smaller Receive Maximum of the client counts.
    pub inflight_messages_max: u16,
    /// Unsent bytes from which on no more messages are written for a receiver: QoS 0 is dropped,
    /// QoS 1 waits in the queue. A buffer holds at most this and one packet; a client that has
    /// yet more answers waiting, because it asks and does not read, is cut.
    pub out_buffer_bytes_max: usize,
    /// Bytes of QoS 1 messages that wait for a slow receiver; above, it is cut.
    pub queued_bytes_max: usize,
    /// Messages that a session is owed at most; a new one beyond it is dropped and counted.
    pub session_messages_max: usize,
    /// Longest Session Expiry Interval in seconds; who asks for more gets this one, and MQTT 5 is
    /// told so. [`crate::journal::NEVER_EXPIRES`] allows any.
    pub session_expiry_seconds_max: u32,
    /// How long a session of MQTT 3.1.1 with Clean Session 0 outlives its connection, in seconds.
    pub session_expiry_seconds_v311: u32,
    /// How long after a restart a will of a connection that was open before waits for its client.
    pub will_grace: Duration,
    /// Retained messages that a connection is still to be sent; one that asks for more, and does not
    /// read, is cut. Each costs 16 bytes.
    pub retained_waiting_max: usize,
    /// Subscriptions of a connection.
    pub subscriptions_max: usize,
    /// Filters in one SUBSCRIBE; the rest of them is refused in the SUBACK.
    pub filters_per_subscribe_max: usize,
    /// Topic aliases that a client may use (MQTT 5); 0 forbids them.
    pub topic_aliases_max: u16,
    /// Longest keep-alive in seconds. A client of MQTT 5 that asks for more, or for none, gets this
    /// one and is told so. 0: any, and none, is taken as asked.
    pub keep_alive_seconds_max: u16,
    /// How long a connection that is to be closed may take to read its last bytes.
    pub close_linger: Duration,
}

impl Limits {
    /// Unsent bytes above which a client that goes on asking is cut. Messages alone never get
    /// there.
    pub(crate) fn answers_bytes_max(&self) -> usize {
        const ANSWERS_BYTES_MAX: usize = 16 * 1024;
        self.out_buffer_bytes_max + self.packet_bytes_max + ANSWERS_BYTES_MAX
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes_max: 256 * 1024 + 1024,
            client_id_bytes_max: u16::MAX as usize,
            inflight_messages_max: 1_000,
            out_buffer_bytes_max: 1024 * 1024,
            queued_bytes_max: 1024 * 1024,
            session_messages_max: 10_000,
            session_expiry_seconds_max: crate::journal::NEVER_EXPIRES,
            session_expiry_seconds_v311: crate::journal::NEVER_EXPIRES,
            will_grace: Duration::from_secs(30),
            retained_waiting_max: 1_000_000,
            subscriptions_max: 1_000,
            filters_per_subscribe_max: 1_000,
            topic_aliases_max: 8,
            keep_alive_seconds_max: 0,
            close_linger: Duration::from_secs(3),
        }
    }
}

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
    /// Bytes that may wait for all receivers of the shard together; above, those are cut for whom
    /// most waits.
    pub waiting_bytes_max: usize,
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
    /// Messages that all sessions together are owed at most, over all shards: from three quarters of it
    /// on, a session is owed no more than its share. Each takes 40 bytes of memory.
    pub all_sessions_messages_max: usize,
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
    /// Shortest keep-alive in seconds: a client that asks for less gets this one.
    pub keep_alive_seconds_min: u16,
    /// Bytes of a payload.
    pub payload_bytes_max: usize,
    /// Bytes of a topic or filter, without `$aws/rules/RULE/` and `$share/NAME/`.
    pub topic_bytes_max: usize,
    /// Slashes in it.
    pub topic_slashes_max: usize,
    /// Bytes of the name of a shared subscription.
    pub share_name_bytes_max: usize,
    /// Longest Message Expiry Interval in seconds that is taken as asked; a longer one is cut, and 0
    /// is 1 then.
    pub message_expiry_seconds_max: u32,
    /// Greatest QoS: 1 refuses messages and wills of QoS 2 and grants subscriptions 1.
    pub qos_max: u8,
    /// Messages a second from a connection; what exceeds it is dropped (PUBACK 0x97 in MQTT 5, none
    /// in 3.1.1, so that the client sends it again). 0: any number.
    pub publishes_per_second_max: u32,
    /// Bytes a second from a connection; what exceeds it is read later. 0: any number.
    pub bytes_per_second_max: u32,
    /// Connections a second of one client id; what exceeds it is refused. 0: any number.
    pub connects_per_client_id_per_second_max: u32,
    /// What all connections of one principal may use together.
    pub principal: PrincipalLimits,
    /// What AWS IoT does otherwise than the standard.
    pub quirks: Quirks,
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
            all_sessions_messages_max: 10_000_000,
            session_expiry_seconds_max: crate::journal::NEVER_EXPIRES,
            session_expiry_seconds_v311: crate::journal::NEVER_EXPIRES,
            will_grace: Duration::from_secs(30),
            retained_waiting_max: 1_000_000,
            subscriptions_max: 1_000,
            filters_per_subscribe_max: 1_000,
            topic_aliases_max: 8,
            keep_alive_seconds_max: 0,
            keep_alive_seconds_min: 0,
            payload_bytes_max: usize::MAX,
            topic_bytes_max: u16::MAX as usize,
            topic_slashes_max: usize::MAX,
            share_name_bytes_max: u16::MAX as usize,
            message_expiry_seconds_max: u32::MAX,
            qos_max: 2,
            publishes_per_second_max: 0,
            bytes_per_second_max: 0,
            connects_per_client_id_per_second_max: 0,
            principal: PrincipalLimits::default(),
            quirks: Quirks::default(),
            close_linger: Duration::from_secs(3),
        }
    }
}

/// What all connections of one principal (a certificate, a user, a key) may use together; 0: any
/// number, as all are by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrincipalLimits {
    /// Connections at a time; one more is refused.
    pub connections_max: u32,
    /// Connections a second; what exceeds it is refused.
    pub connects_per_second_max: u32,
    /// Subscriptions of those that are connected; one more is refused. What a session brings back is
    /// counted and never refused.
    pub subscriptions_max: u32,
    /// Messages a second; what exceeds it is dropped, as by [`Limits::publishes_per_second_max`].
    pub publishes_per_second_max: u32,
    /// Bytes a second; what exceeds it is read later.
    pub bytes_per_second_max: u32,
}

impl PrincipalLimits {
    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// What AWS IoT does otherwise than MQTT has it; all off is the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks {
    /// `a/#` does not match `a`. The host sees to it.
    pub hash_spares_parent: bool,
    /// Retained messages come only for filters without wildcards.
    pub retained_for_exact_filters_only: bool,
    /// A SUBSCRIBE with a subscription identifier ends the connection (0xA1).
    pub no_subscription_identifiers: bool,
    /// A denied filter gets 0x87 in MQTT 5, and not 0x80.
    pub denied_subscribe_says_so: bool,
    /// Client ids that begin with `$` are refused.
    pub no_dollar_client_ids: bool,
    /// Keep-alives are bounded in MQTT 3.1.1 too, where clients can't be told.
    pub keep_alive_bounds_v311: bool,
    /// MQTT 3 and 5 do not go on with each other's sessions.
    pub versions_have_own_sessions: bool,
}

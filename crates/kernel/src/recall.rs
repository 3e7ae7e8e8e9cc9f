// SPDX-License-Identifier: Apache-2.0
//! What the broker still knows about a message or a connection, for whoever explains it to people.
//! Memory of a fixed size: what was long ago is not known any more, and that is said too.

use hw_model::{AccountId, Timestamp, TraceId};
use hw_policy::Why;

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Written for the receiver.
    Sent,
    /// QoS 1 that waited for room when the message passed.
    Queued,
    /// QoS 0 that was dropped: the receiver's buffer was full.
    DroppedFull,
    /// Policy does not allow the receiver `iot:Receive`.
    RefusedReceive,
    /// The receiver had gone, or takes no packet of that size.
    Lost,
}

/// One receiver of a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receiver {
    /// Its client id; `None` if it has left since.
    pub client_id: Option<String>,
    /// What became of its copy.
    pub fate: Fate,
}

/// Deliveries of a message, by fate.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Deliveries {
    /// Written for their receivers.
    pub sent: u64,
    /// QoS 1 that waited for room.
    pub queued: u64,
    /// QoS 0 dropped for a full buffer.
    pub dropped_full: u64,
    /// Refused by policy.
    pub refused_receive: u64,
    /// Receiver gone, or the packet too large for it.
    pub lost: u64,
    /// The first receivers by name.
    pub receivers: Vec<Receiver>,
    /// Receivers on other shards whose part is not known any more.
    pub forgotten: u64,
}

impl Deliveries {
    /// Receivers in all.
    pub fn total(&self) -> u64 {
        self.sent
            + self.queued
            + self.dropped_full
            + self.refused_receive
            + self.lost
            + self.forgotten
    }
}

/// Whether and when a message became durable.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Kept {
    /// The account does not keep its topic.
    Not,
    /// Its group commit is under way.
    Waiting,
    /// It is on disk.
    Durable {
        /// Since when: the shard heard of it then.
        time: Timestamp,
        /// The end of its group in the Log.
        position: String,
    },
    /// The Log did not take it.
    Failed {
        /// When that was known.
        time: Timestamp,
        /// Why.
        cause: String,
    },
    /// It was given to the Log; how that ended is not remembered any more.
    Forgotten,
}

/// A message as its shards remember it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Flight {
    /// When it was taken in.
    pub received: Timestamp,
    /// The shard that took it in.
    pub shard: u16,
    /// Its publisher's connection, while that is open.
    pub publisher: Option<ConnectionFacts>,
    /// Whether it is in the Log.
    pub kept: Kept,
    /// To whom it went.
    pub deliveries: Deliveries,
}

/// Why there is nothing to tell of a trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is of an earlier run of the server.
    EarlierRun,
    /// It was overwritten, or is not this account's.
    Forgotten,
    /// No message has had it yet.
    NeverGiven,
}

/// An open connection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConnectionFacts {
    /// Its client id.
    pub client_id: String,
    /// Its thing, if it has one.
    pub thing: Option<String>,
    /// Certificate id, `anonymous`, or the name of another principal (`mqtt-user/NAME`).
    pub principal: String,
    /// Where it comes from.
    pub address: String,
    /// `mqtts` for TLS, `wss` and `ws` for WebSockets with and without it, `mqtt` in clear.
    pub door: &'static str,
    /// `3.1.1` or `5`.
    pub mqtt: &'static str,
    /// When it was accepted.
    pub since: Timestamp,
    /// When its policies were last read.
    pub policies_since: Timestamp,
    /// When its last whole packet came.
    pub last_packet: Timestamp,
    /// Keep-alive in seconds, 0 if none.
    pub keep_alive_seconds: u16,
    /// (Filter, granted QoS).
    pub subscriptions: Vec<Subscribed>,
    /// QoS 1 messages that it has not acknowledged.
    pub unacknowledged: u32,
    /// Bytes that it has not read yet.
    pub unread_bytes: usize,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Subscribed {
    /// Topic filter.
    pub filter: String,
    /// Granted QoS.
    pub qos: u8,
}

/// A decision of policies with its reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Ruling {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The statement, or what is missing.
    pub why: Why,
}

/// Whose policies are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The account.
    pub account: AccountId,
    /// Certificate id, or `anonymous`.
    pub principal: String,
    /// The client id that variables stand for; empty if it is no MQTT client.
    pub client_id: String,
}

/// Remembers. Implemented by the broker; calls wait for a turn of a shard, or read the catalog, so
/// they are made where blocking is allowed.
pub trait Recall: Send + Sync {
    /// What is remembered of a message of this account.
    fn flight(&self, account: AccountId, trace: TraceId) -> Result<Flight, Unknown>;

    /// The open connection of a client id.
    fn connection(&self, account: AccountId, client_id: &str) -> Option<ConnectionFacts>;

    /// What policies say now about `iot:Publish` on a topic.
    ///
    /// # Errors
    /// Why nobody can be asked, as in `certificate INACTIVE`.
    fn may_publish(&self, who: &Asker, topic: &str) -> Result<Ruling, String>;
}

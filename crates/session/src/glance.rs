// SPDX-License-Identifier: Apache-2.0
//! What people ask of a shard beside its turns: the way of a message, the state of a connection.

use hw_model::{AccountId, TraceId};
use hw_mqtt::Version;

use crate::{Flight, Host, Shard, Slot};

/// A connection at one moment.
#[derive(Debug)]
pub struct Glance<'a, A> {
    /// Whose it is.
    pub account: AccountId,
    /// Its identity, as the host made it.
    pub auth: &'a A,
    /// Its client id.
    pub client_id: &'a str,
    /// Whether it is MQTT 5; else 3.1.1.
    pub v5: bool,
    /// Whether it is open, and not about to be closed.
    pub live: bool,
    /// Keep-alive in force, 0 if none.
    pub keep_alive_seconds: u16,
    /// When its last whole packet came, on the clock of [`crate::Now::monotonic`].
    pub seen_millis: u64,
    /// QoS 1 messages sent to it that it has not acknowledged.
    pub unacknowledged: u32,
    /// QoS 1 messages of it whose acknowledgement waits for the Log.
    pub acknowledgements_waiting: u32,
    /// Bytes that its socket has not taken yet.
    pub unsent_bytes: usize,
    /// Bytes of QoS 1 messages that wait for room.
    pub queued_bytes: usize,
    /// (Filter, granted QoS), in the order in which they were made.
    pub subscriptions: Vec<(&'a str, u8)>,
}

impl<H: Host> Shard<H> {
    /// What is remembered of a message. One that this shard did not take in is known if it came
    /// here from another shard.
    pub fn flight(&self, trace: TraceId) -> Option<Flight> {
        if trace.producer.epoch != self.settings.epoch {
            return None;
        }
        if trace.producer.shard == self.settings.shard {
            self.flights.own(trace)
        } else {
            self.flights.foreign(trace)
        }
    }

    /// The sequence of the last message that was taken in; 0 before the first.
    pub fn last_sequence(&self) -> u64 {
        self.sequence()
    }

    /// The live connection of a client id.
    pub fn find(&self, account: AccountId, client_id: &str) -> Option<Slot> {
        self.names.get(account, client_id)
    }

    /// How a connection stands; `None` if it is gone.
    pub fn glance(&self, slot: Slot) -> Option<Glance<'_, H::Auth>> {
        let connection = self.connections.get(slot)?;
        let queued = connection
            .rare
            .as_ref()
            .map_or(0, |rare| rare.queue.bytes());
        let filters = connection.subscriptions.iter();
        Some(Glance {
            account: connection.account,
            auth: &connection.auth,
            client_id: &connection.client_id,
            v5: connection.version == Version::V5,
            live: connection.is_live(),
            keep_alive_seconds: connection.keep_alive_seconds,
            seen_millis: connection.seen_millis,
            unacknowledged: connection.inflight.len(),
            acknowledgements_waiting: connection.acks_waiting,
            unsent_bytes: connection.output.unsent_bytes(),
            queued_bytes: queued,
            subscriptions: filters.map(|it| (&*it.filter, it.qos)).collect(),
        })
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What a shard has counted since it began, and what it holds now.

/// Counts since the start; the last group is what there is now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// PUBLISH packets that were taken in.
    pub messages_received: u64,
    /// Bytes of all packets that were read.
    pub bytes_received: u64,
    /// PUBLISH packets put into the buffers of receivers.
    pub messages_delivered: u64,
    /// Deliveries handed to other shards.
    pub messages_forwarded: u64,
    /// Messages given to the Log.
    pub messages_kept: u64,
    /// QoS 1 messages acknowledged to their publishers.
    pub messages_acknowledged: u64,

    /// QoS 0 deliveries dropped because the receiver's buffer was full.
    pub dropped_buffer_full: u64,
    /// Deliveries dropped because the receiver takes no packet of that size.
    pub dropped_too_large: u64,
    /// Queued deliveries whose message expired.
    pub dropped_expired: u64,
    /// Messages that a session is not owed any more, because it is owed too many.
    pub dropped_queue_full: u64,
    /// Messages of QoS 2 whose packet id another one took before PUBREL.
    pub dropped_replaced: u64,
    /// Owed messages that the Log has no more.
    pub dropped_lost: u64,
    /// Deliveries that policy refused (`iot:Receive`).
    pub refused_receive: u64,
    /// Messages dropped because their publisher sent too many in a second.
    pub dropped_too_fast: u64,
    /// QoS 0 messages that the Log did not take.
    pub dropped_not_kept: u64,
    /// Messages of shared subscriptions given to another member, as one had left.
    pub given_on: u64,
    /// Deliveries for a connection that was gone when they came.
    pub dropped_receiver_gone: u64,

    /// CONNECT packets refused.
    pub refused_connects: u64,
    /// Those of them that policy was against.
    pub refused_connects_denied: u64,
    /// Those whose client id can't be taken.
    pub refused_connects_client_id: u64,
    /// Those that came while the server was shutting down or had no room.
    pub refused_connects_unavailable: u64,
    /// PUBLISH packets refused.
    pub refused_publishes: u64,
    /// Filters refused.
    pub refused_subscriptions: u64,
    /// QoS 1 messages that the Log did not take.
    pub refused_keeps: u64,
    /// Connections ended for a broken rule of MQTT.
    pub protocol_errors: u64,
    /// Connections ended because a newer one took the client id.
    pub taken_over: u64,
    /// Connections that somebody who runs the server has cut.
    pub kicked: u64,
    /// Sessions that ended because their client did not come back in time.
    pub sessions_expired: u64,
    /// Connections ended by keep-alive.
    pub keep_alive_expired: u64,
    /// Connections ended because they read too slowly.
    pub slow_receivers: u64,

    /// Connections that are open now.
    pub connections: u64,
    /// Their subscriptions, and those of sessions without a connection.
    pub subscriptions: u64,
    /// Sessions that are written down.
    pub sessions: u64,
    /// Bytes of memory that wait to be sent to receivers.
    pub waiting_bytes: u64,
    /// Memory that holds messages of QoS 2 whose publishers have not released them.
    pub unreleased_bytes: u64,
    /// Acknowledgements that wait for the Log.
    pub acknowledgements_waiting: u64,
}

// SPDX-License-Identifier: Apache-2.0
//! What happens in a client's life that others are told of, in the words of AWS IoT.
//!
//! Source: AWS IoT developer guide, `life-cycle-events`.

use std::fmt;

use hw_model::Timestamp;

use crate::{Settings, Slot};

/// Something in a client's life, of which the server publishes a message.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    /// The client.
    pub client_id: &'a str,
    /// When it was.
    pub time: Timestamp,
    /// Its connection.
    pub session: SessionIdentifier,
    /// What it was.
    pub what: Moment<'a>,
}

/// What happened to a client.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// It is connected.
    Connected {
        /// The same in the message of its end; grows from connection to connection of a client id.
        version: u64,
    },
    /// It is not any more.
    Disconnected {
        /// That of its beginning.
        version: u64,
        /// Why.
        why: Parting,
    },
    /// It may not connect.
    ConnectFailed,
    /// It has subscribed to these filters.
    Subscribed(&'a [&'a str]),
    /// It has unsubscribed from these.
    Unsubscribed(&'a [&'a str]),
}

impl Moment<'_> {
    /// The topic up to the client id.
    pub(crate) fn topic(&self) -> &'static str {
        match self {
            Self::Connected { .. } => "$aws/events/presence/connected/",
            Self::Disconnected { .. } => "$aws/events/presence/disconnected/",
            Self::ConnectFailed => "$aws/events/presence/connect_failed/",
            Self::Subscribed(_) => "$aws/events/subscriptions/subscribed/",
            Self::Unsubscribed(_) => "$aws/events/subscriptions/unsubscribed/",
        }
    }

    /// `eventType` of the message.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Connected { .. } => "connected",
            Self::Disconnected { .. } => "disconnected",
            Self::ConnectFailed => "connect_failed",
            Self::Subscribed(_) => "subscribed",
            Self::Unsubscribed(_) => "unsubscribed",
        }
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// The client said so.
    ClientInitiated,
    /// Its socket is gone.
    ConnectionLost,
    /// Another connection took its client id.
    DuplicateClientId,
    /// Nothing came in time.
    KeepAliveTimeout,
    /// It did what it may not.
    AuthError,
    /// Its certificate, key or policies do not let it stay.
    ForbiddenAccess,
    /// It broke a rule.
    ClientError,
    /// It took or sent too much.
    Throttled,
    /// What it had proved itself with is valid no longer.
    ProofExpired,
    /// Somebody who may had it ended.
    ApiInitiated,
    /// The server ends it for a reason of its own.
    ServerInitiated,
    /// The server could not keep what it was sent.
    ServerError,
}

impl Parting {
    /// `disconnectReason` of the message. Whether a connection by WebSocket or by an authorizer has
    /// outlived its proof only the host knows.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ClientInitiated => "CLIENT_INITIATED_DISCONNECT",
            Self::ConnectionLost => "CONNECTION_LOST",
            Self::DuplicateClientId => "DUPLICATE_CLIENTID",
            Self::KeepAliveTimeout => "MQTT_KEEP_ALIVE_TIMEOUT",
            Self::AuthError => "AUTH_ERROR",
            Self::ForbiddenAccess => "FORBIDDEN_ACCESS",
            Self::ClientError => "CLIENT_ERROR",
            Self::Throttled => "THROTTLED",
            Self::ProofExpired => "WEBSOCKET_TTL_EXPIRATION",
            Self::ApiInitiated => "API_INITIATED_DISCONNECT",
            Self::ServerInitiated => "SERVER_INITIATED_DISCONNECT",
            Self::ServerError => "SERVER_ERROR",
        }
    }
}

/// Names a connection among all that there ever were; printed as a UUID (version 8, RFC 9562).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionIdentifier(u128);

impl SessionIdentifier {
    /// Start of the server, shard, place and generation: no two connections share all four.
    pub(crate) fn of(settings: &Settings, slot: Slot) -> Self {
        const VERSION_8: u128 = 8 << 76;
        const VARIANT: u128 = 2 << 62;
        let generation = u128::from(slot.generation);
        let (first, second, third) = (generation >> 16, generation >> 4 & 0xFFF, generation & 0xF);
        Self(
            u128::from(settings.epoch) << 96
                | first << 80
                | VERSION_8
                | second << 64
                | VARIANT
                | third << 58
                | u128::from(settings.shard) << 42
                | u128::from(slot.index),
        )
    }
}

impl fmt::Display for SessionIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0;
        let part = |shift: u32, digits: u32| bits >> shift & ((1 << (4 * digits)) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 8),
            part(80, 4),
            part(64, 4),
            part(48, 4),
            part(0, 12)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_session_identifier_is_a_uuid_of_its_own() {
        let of = |epoch, shard, index, generation| {
            let settings = Settings {
                shard,
                shards: 2,
                epoch,
                flights_max: 0,
                waiting_bytes_max: 64 << 20,
                limits: Limits::default(),
            };
            SessionIdentifier::of(&settings, Slot { index, generation }).to_string()
        };
        let one = of(7, 1, 0xABCD, 0x1234_5678);
        assert_eq!(one, "00000007-1234-8567-a000-04000000abcd");
        let mut all = vec![one];
        for (epoch, shard, index, generation) in [
            (8, 1, 0xABCD, 0x1234_5678),
            (7, 0, 0xABCD, 0x1234_5678),
            (7, 1, 0xABCE, 0x1234_5678),
            (7, 1, 0xABCD, 0x1234_5679),
        ] {
            let next = of(epoch, shard, index, generation);
            assert!(!all.contains(&next), "{next}");
            all.push(next);
        }
    }
}

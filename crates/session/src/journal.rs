// SPDX-License-Identifier: Apache-2.0
//! What the machine has written down about sessions that outlive their connections, and what it
//! is given back after a restart. How that is encoded is the host's matter.

use hw_model::{AccountId, Timestamp, TraceId};
use hw_mqtt::Qos;

/// Session Expiry Interval that never ends (MQTT 5, section 3.1.2.11.2), in seconds.
pub const NEVER_EXPIRES: u32 = u32::MAX;

/// Whose a session is. It is inherited by the same principal, and by another one of the same
/// thing; anybody else starts clean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// How the principal is shown: a certificate id, `anonymous`, …
    pub principal: Box<str>,
    /// The connection's thing, if it has one.
    pub thing: Option<Box<str>>,
}

impl Owner {
    /// Whether that one may have this one's session.
    pub fn may_leave_to(&self, heir: &Owner) -> bool {
        self.principal == heir.principal || (self.thing.is_some() && self.thing == heir.thing)
    }
}

/// A subscription of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSubscription {
    /// As the client sent it, `$share/…` included.
    pub filter: Box<str>,
    /// Granted QoS.
    pub qos: u8,
    /// Options, as the machine packs them.
    pub options: u8,
    /// MQTT 5 subscription identifier, 0 if none.
    pub id: u32,
}

/// What is published for a client that is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWill {
    /// Topic.
    pub topic: Box<str>,
    /// Payload.
    pub payload: Box<[u8]>,
    /// MQTT 5 properties of the message.
    pub properties: Box<[u8]>,
    /// QoS.
    pub qos: Qos,
    /// RETAIN.
    pub retain: bool,
    /// Will Delay Interval.
    pub delay_seconds: u32,
}

/// A message of QoS 2 on its way to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// Which of the owed messages.
    pub origin: u64,
    /// Its packet id, for as long as the exchange lasts.
    pub packet_id: u16,
    /// Whether the client's PUBREC came: only PUBREL is left to say.
    pub received: bool,
}

/// A message that a session is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// Its name: where it first stood in the Log.
    pub origin: u64,
    /// Where it stands now.
    pub place: u64,
    /// QoS it is owed at, 1 or 2.
    pub qos: u8,
}

/// A session as it is written down whole, and given back after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionImage {
    /// Names it for ever.
    pub number: u64,
    /// Its account.
    pub account: AccountId,
    /// Its client id.
    pub client_id: Box<str>,
    /// Whose it is.
    pub owner: Owner,
    /// How long it outlives its connection; 0 is not at all: it is written for its will.
    pub expiry_seconds: u32,
    /// Since when it has no connection; `None` while it has one.
    pub away_since: Option<Timestamp>,
    /// What it subscribes to.
    pub subscriptions: Vec<StoredSubscription>,
    /// Packet ids of QoS 2 messages of the client that were taken in and not released.
    pub incoming: Vec<u16>,
    /// QoS 2 messages on their way to it.
    pub assigned: Vec<Assigned>,
    /// Its will.
    pub will: Option<StoredWill>,
}

/// A change of a session, to be written down.
#[derive(Debug)]
pub enum Note<'a> {
    /// It is as the image says; what it is owed is written elsewhere.
    Whole(&'a SessionImage),
    /// It has a connection again.
    Back {
        /// What holds from now on.
        expiry_seconds: u32,
        /// Of the new connection.
        owner: &'a Owner,
        /// The new connection's.
        will: Option<&'a StoredWill>,
    },
    /// It has no connection any more.
    Away {
        /// What holds from now on.
        expiry_seconds: u32,
        /// What is still to be published, if it is.
        will: Option<&'a StoredWill>,
    },
    /// It subscribes to something, or with other options.
    Subscribed(&'a StoredSubscription),
    /// It does not any more.
    Unsubscribed(&'a str),
    /// Its will was published, or is void.
    WillGone,
    /// The client has these of the messages that it was owed.
    Consumed(&'a [u64]),
    /// A QoS 2 message goes out with that packet id.
    Assigned(Assigned),
    /// A QoS 2 message of the client is released: its packet id is free.
    Released(u16),
    /// It ended.
    Ended,
}

/// A session that must not miss a message, connected or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its number.
    pub session: u64,
    /// QoS it is owed at, 1 or 2.
    pub qos: u8,
    /// Whether RETAIN is set when it gets it.
    pub retain: bool,
    /// MQTT 5 subscription identifiers that matched.
    pub subscription_ids: Vec<u32>,
}

/// What is to be stored of a message, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keeping<'a> {
    /// The tables hold it.
    pub kept: bool,
    /// Sessions that are owed it.
    pub owed: &'a [Recipient],
    /// It came at QoS 2 from that session with that packet id: the same again is the same message.
    pub received: Option<(u64, u16)>,
}

impl Keeping<'_> {
    /// Whether there is nothing to store.
    pub fn is_nothing(&self) -> bool {
        !self.kept && self.owed.is_empty() && self.received.is_none()
    }
}

/// An owed message, read from the Log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it was looked for.
    pub place: u64,
    /// `None`: it is not there (any more).
    pub message: Option<FoundMessage>,
}

/// What a session is owed, with what its subscriptions said when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessage {
    /// Its trace id.
    pub trace: TraceId,
    /// When it was taken in.
    pub time: Timestamp,
    /// Its topic.
    pub topic: Box<str>,
    /// MQTT 5 properties as received.
    pub properties: Box<[u8]>,
    /// Its payload.
    pub payload: Box<[u8]>,
    /// QoS it is owed at.
    pub qos: u8,
    /// Whether RETAIN is set.
    pub retain: bool,
    /// MQTT 5 subscription identifiers.
    pub subscription_ids: Vec<u32>,
}

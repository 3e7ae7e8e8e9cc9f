// SPDX-License-Identifier: Apache-2.0
//! Clients as the API writes them.

use hw_kernel::clients::{ClientDetail, ClientRow, Lasting, Presence, Subscription, WillFacts};
use hw_kernel::recall::ConnectionFacts;
use schemars::JsonSchema;
use serde::Serialize;

use crate::moment::Moment;

/// A page of clients.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ClientList {
    /// In the order that was asked for.
    pub clients: Vec<ListedClient>,
    /// How many fit that are connected, on all pages.
    pub connected: u64,
    /// How many fit that are away.
    pub away: u64,
    /// What to send as `after` for the next page; null at the end.
    pub next: Option<String>,
}

/// A client in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedClient {
    client_id: String,
    /// `connected`, or `away`: its session waits for it.
    state: &'static str,
    thing: Option<String>,
    /// Certificate id, `anonymous`, `api-key/…`, …
    principal: String,
    /// Where it comes from, while connected.
    address: Option<String>,
    /// Since when it is connected, or away.
    since: Moment,
    /// How long its session outlives a connection: `never`, seconds as in `3600`, or `ever`.
    session: String,
    subscriptions: usize,
    /// Messages of QoS 1 and 2 that its session is owed, those on their way among them.
    owed: usize,
    /// Messages sent to it that it has not acknowledged.
    in_flight: u32,
    /// Bytes written for it that it has not read.
    unread_bytes: usize,
}

/// A client.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ClientShown {
    #[serde(flatten)]
    client: ListedClient,
    /// While connected.
    connection: Option<ShownConnection>,
    /// In the order in which they were made.
    subscribed: Vec<ShownSubscription>,
    /// Messages of QoS 2 that it has sent and not released.
    half_way: usize,
    /// What is published if it is lost.
    will: Option<ShownWill>,
    /// When its session ends unless it comes back; null while connected, or if it never does.
    expires: Option<Moment>,
}

/// A connection.
#[derive(Serialize, JsonSchema)]
struct ShownConnection {
    /// `3.1.1` or `5`.
    mqtt: &'static str,
    /// `mqtts` or `mqtt`.
    door: &'static str,
    /// Keep-alive in seconds, 0 if none.
    keep_alive_seconds: u16,
    /// When its last whole packet came.
    last_packet: Moment,
    /// When its policies were last read.
    policies_since: Moment,
}

/// A subscription.
#[derive(Serialize, JsonSchema)]
struct ShownSubscription {
    /// As the client sent it, `$share/…` included.
    filter: String,
    /// Granted QoS.
    qos: u8,
    /// MQTT 5 subscription identifier.
    identifier: Option<u32>,
}

/// A will.
#[derive(Serialize, JsonSchema)]
struct ShownWill {
    topic: String,
    qos: u8,
    retain: bool,
    /// How long after the connection's end.
    delay_seconds: u64,
    /// When it will be published, of a client that is away.
    due: Option<Moment>,
}

impl From<ClientRow> for ListedClient {
    fn from(row: ClientRow) -> Self {
        Self {
            client_id: row.client_id,
            state: match row.presence {
                Presence::Connected => "connected",
                Presence::Away => "away",
            },
            thing: row.thing,
            principal: row.principal,
            address: row.address,
            since: row.since.into(),
            session: match row.session {
                Lasting::No => "never".to_owned(),
                Lasting::Seconds(seconds) => seconds.to_string(),
                Lasting::Ever => "ever".to_owned(),
            },
            subscriptions: row.subscriptions,
            owed: row.owed,
            in_flight: row.in_flight,
            unread_bytes: row.unread_bytes,
        }
    }
}

impl From<ClientDetail> for ClientShown {
    fn from(detail: ClientDetail) -> Self {
        let subscribed = detail.subscriptions.into_iter();
        Self {
            client: detail.row.into(),
            connection: detail.connection.map(ShownConnection::from),
            subscribed: subscribed.map(ShownSubscription::from).collect(),
            half_way: detail.half_way,
            will: detail.will.map(ShownWill::from),
            expires: detail.expires.map(Moment::from),
        }
    }
}

impl From<ConnectionFacts> for ShownConnection {
    fn from(facts: ConnectionFacts) -> Self {
        Self {
            mqtt: facts.mqtt,
            door: facts.door,
            keep_alive_seconds: facts.keep_alive_seconds,
            last_packet: facts.last_packet.into(),
            policies_since: facts.policies_since.into(),
        }
    }
}

impl From<Subscription> for ShownSubscription {
    fn from(it: Subscription) -> Self {
        Self {
            filter: it.filter,
            qos: it.qos,
            identifier: it.identifier,
        }
    }
}

impl From<WillFacts> for ShownWill {
    fn from(will: WillFacts) -> Self {
        Self {
            topic: will.topic,
            qos: will.qos,
            retain: will.retain,
            delay_seconds: will.delay_seconds,
            due: will.due.map(Moment::from),
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The clients of an account as those who run the server see them: connected, or away with a
//! session that is kept.

use std::collections::HashSet;

use hw_model::{AccountId, Timestamp};

use crate::recall::ConnectionFacts;

/// Whether a client has a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It has.
    Connected,
    /// Its session waits for it.
    Away,
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By client id.
    #[default]
    ClientId,
    /// Those that are farthest behind first: owed most messages, with most bytes unread.
    Behind,
}

/// Which clients are asked for; all that is named must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientsWanted {
    /// What the client id begins with.
    pub prefix: String,
    /// What stands in the client id or the thing's name, in any case of ASCII letters.
    pub contains: Option<String>,
    /// The name of its thing.
    pub thing: Option<String>,
    /// Connected, or away.
    pub presence: Option<Presence>,
    /// How they are sorted.
    pub order: Order,
    /// By client id: those behind this one.
    pub after: Option<String>,
    /// At most so many.
    pub max: usize,
}

/// A client in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRow {
    /// Its client id.
    pub client_id: String,
    /// Whether it is connected.
    pub presence: Presence,
    /// Its thing, if it has one.
    pub thing: Option<String>,
    /// Certificate id or another principal: of the connection, or of the session's last one.
    pub principal: String,
    /// Where it comes from, while connected.
    pub address: Option<String>,
    /// Since when it is connected, or away.
    pub since: Timestamp,
    /// How its session outlives a connection.
    pub session: Lasting,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Messages of QoS 1 and 2 that its session is owed.
    pub owed: usize,
    /// Messages sent to it that it has not acknowledged.
    pub in_flight: u32,
    /// Bytes that it has not read yet.
    pub unread_bytes: usize,
}

/// How a session outlives its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It does not.
    No,
    /// For so many seconds after the connection's end.
    Seconds(u32),
    /// Until somebody ends it.
    Ever,
}

/// Some clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientPage {
    /// In the order that was asked for.
    pub clients: Vec<ClientRow>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// How many fit that are connected, on all pages.
    pub connected: u64,
    /// How many fit that are away.
    pub away: u64,
}

/// All about one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDetail {
    /// As in lists.
    pub row: ClientRow,
    /// Its connection.
    pub connection: Option<ConnectionFacts>,
    /// What it subscribes to.
    pub subscriptions: Vec<Subscription>,
    /// Messages of QoS 2 of the client that it has not released.
    pub half_way: usize,
    /// Its will.
    pub will: Option<WillFacts>,
    /// When its session ends unless it comes back; `None` while it is connected, or never.
    pub expires: Option<Timestamp>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// As the client sent it, `$share/…` included.
    pub filter: String,
    /// Granted QoS.
    pub qos: u8,
    /// MQTT 5 subscription identifier.
    pub identifier: Option<u32>,
}

/// What is published when the client is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WillFacts {
    /// Topic.
    pub topic: String,
    /// QoS.
    pub qos: u8,
    /// Whether it is retained.
    pub retain: bool,
    /// How long after the connection's end.
    pub delay_seconds: u64,
    /// When it will be, of a client that is away.
    pub due: Option<Timestamp>,
}

/// What a kick has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kicked {
    /// A connection.
    pub connection: bool,
    /// A session.
    pub session: bool,
}

/// Why a kick is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KickError {
    /// No such client is connected, and none has a session.
    #[error("no client of that id is connected or has a session")]
    Nobody,
    /// The end of the session could not be written down: it may be back after a restart.
    #[error("the end of the session is not on disk: {0}")]
    NotStored(String),
}

/// Knows the clients. Implemented by the broker; calls wait for a turn of a shard, so they are made
/// where blocking is allowed.
pub trait Clients: Send + Sync {
    /// Some of an account's clients.
    fn clients(&self, account: AccountId, wanted: &ClientsWanted) -> ClientPage;

    /// One of them.
    fn client(&self, account: AccountId, client_id: &str) -> Option<ClientDetail>;

    /// Which of an account's things have a client that is connected; of these alone, if some are
    /// named.
    fn connected_things(
        &self,
        account: AccountId,
        among: Option<&HashSet<String>>,
    ) -> HashSet<String>;

    /// Ends a client's connection, and with `end_session` its session, which is gone for good when
    /// this returns. `by` is who asks, for the event.
    ///
    /// # Errors
    /// There is nothing to end, or the end can't be written down.
    fn kick(
        &self,
        account: AccountId,
        client_id: &str,
        by: &str,
        end_session: bool,
    ) -> Result<Kicked, KickError>;
}

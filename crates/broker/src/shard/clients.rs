// SPDX-License-Identifier: Apache-2.0
//! One shard's clients, in words of the kernel.

use std::collections::HashSet;
use std::time::Duration;

use hw_kernel::clients::{ClientDetail, ClientRow, ClientsWanted, Lasting, Order, Presence};
use hw_kernel::clients::{Subscription, WillFacts};
use hw_model::{AccountId, Timestamp};
use hw_session::journal::NEVER_EXPIRES;
use hw_session::{Holding, Kicked, Now, Ticket};

use super::ShardState;
use crate::host::auth::Auth;

type Client<'a> = hw_session::Client<'a, Auth>;

/// About what an owed message weighs beside unread bytes, when clients are sorted by how far they
/// are behind.
const OWED_BYTES: usize = 256;

/// What one shard has.
#[derive(Debug, Default)]
pub struct Found {
    /// The first ones, in order.
    pub rows: Vec<ClientRow>,
    /// How many there are that fit and are connected.
    pub connected: u64,
    /// How many are away.
    pub away: u64,
    /// How many fit behind `after`.
    pub behind: u64,
}

impl ShardState {
    /// The first of this shard's clients that are wanted.
    pub fn clients(&self, account: AccountId, wanted: &ClientsWanted, now: Now) -> Found {
        let mut found = Found::default();
        let mut fitting: Vec<Client<'_>> = Vec::new();
        self.machine.each_client(account, &mut |client| {
            if !fits(&client, wanted) {
                return;
            }
            match client.connection {
                Some(_) => found.connected += 1,
                None => found.away += 1,
            }
            let after = wanted.after.as_deref();
            if after.is_none_or(|after| client.client_id > after) {
                fitting.push(client);
            }
        });
        found.behind = fitting.len() as u64;
        let before = |one: &Client<'_>, other: &Client<'_>| match wanted.order {
            Order::ClientId => one.client_id.cmp(other.client_id),
            Order::Behind => {
                let order = weight(other.owed, other.unread_bytes);
                let order = order.cmp(&weight(one.owed, one.unread_bytes));
                order.then_with(|| one.client_id.cmp(other.client_id))
            }
        };
        if wanted.max < fitting.len() {
            fitting.select_nth_unstable_by(wanted.max, before);
            fitting.truncate(wanted.max);
        }
        fitting.sort_unstable_by(before);
        let row = |client: &Client<'_>| self.row(client, &self.machine.holding(client), now);
        found.rows = fitting.iter().map(row).collect();
        found
    }

    /// Adds the things of connected clients; those of `among` alone, if it is given.
    pub fn connected_things(
        &self,
        account: AccountId,
        among: Option<&HashSet<String>>,
        found: &mut HashSet<String>,
    ) {
        self.machine.each_client(account, &mut |client| {
            let named = thing(&client).filter(|_| client.connection.is_some());
            if let Some(name) = named
                && among.is_none_or(|among| among.contains(name))
                && !found.contains(name)
            {
                found.insert(name.to_owned());
            }
        });
    }

    /// All about one client.
    pub fn client(&self, account: AccountId, client_id: &str, now: Now) -> Option<ClientDetail> {
        let client = self.machine.client(account, client_id)?;
        let holding = self.machine.holding(&client);
        let will = holding.will.map(|(topic, qos, retain, delay)| WillFacts {
            topic: topic.to_owned(),
            qos,
            retain,
            delay_seconds: delay.as_secs(),
            due: holding.will_due.map(|due| wall(due, now)),
        });
        let subscriptions = holding.subscriptions.iter().map(|it| Subscription {
            filter: it.filter.to_owned(),
            qos: it.qos,
            identifier: (it.id != 0).then_some(it.id),
        });
        Some(ClientDetail {
            row: self.row(&client, &holding, now),
            connection: client
                .connection
                .and_then(|(slot, _)| self.facts(slot, now)),
            subscriptions: subscriptions.collect(),
            half_way: holding.half_way,
            will,
            expires: holding.expires.map(|at| wall(at, now)),
        })
    }

    /// Ends a client's connection, and its session if that is wanted: then also gives the ticket
    /// with which its end is durable. A turn is owed behind it.
    pub fn kick(
        &mut self,
        (account, client_id): (AccountId, &str),
        by: &str,
        end_session: bool,
        now: Now,
    ) -> (Kicked, Option<Ticket>) {
        self.host.begin_turn(now);
        let (machine, host) = (&mut self.machine, &mut self.host);
        let kicked = machine.kick(host, now, (account, client_id), by, end_session);
        let ticket = kicked.session.then(|| self.host.ticket());
        (kicked, ticket)
    }

    /// What some sessions hold together.
    pub fn tally(&self, sessions: &[u64]) -> hw_session::Tally {
        self.machine.tally(sessions)
    }

    fn row(&self, client: &Client<'_>, holding: &Holding<'_>, now: Now) -> ClientRow {
        let auth = client.connection.map(|(_, auth)| auth);
        let owner = client.owner;
        let principal = match (auth, owner) {
            (Some(auth), _) => auth.principal.id.to_string(),
            (None, Some(owner)) => owner.principal.to_string(),
            (None, None) => String::new(),
        };
        ClientRow {
            client_id: client.client_id.to_owned(),
            presence: presence(client),
            thing: thing(client).map(str::to_owned),
            principal,
            address: auth.map(|auth| auth.peer.to_string()),
            since: match auth {
                Some(auth) => auth.since,
                None => holding.away_since.unwrap_or(now.wall),
            },
            session: match holding.expiry_seconds {
                0 => Lasting::No,
                NEVER_EXPIRES => Lasting::Ever,
                seconds => Lasting::Seconds(seconds),
            },
            subscriptions: holding.subscriptions.len(),
            owed: client.owed,
            in_flight: holding.in_flight,
            unread_bytes: client.unread_bytes,
        }
    }
}

/// How far behind a client is.
pub fn weight(owed: usize, unread_bytes: usize) -> usize {
    unread_bytes.saturating_add(owed.saturating_mul(OWED_BYTES))
}

fn presence(client: &Client<'_>) -> Presence {
    match client.connection {
        Some(_) => Presence::Connected,
        None => Presence::Away,
    }
}

fn thing<'a>(client: &Client<'a>) -> Option<&'a str> {
    match client.connection {
        Some((_, auth)) => auth.thing_name(),
        None => client.owner?.thing.as_deref(),
    }
}

fn fits(client: &Client<'_>, wanted: &ClientsWanted) -> bool {
    let presence = wanted.presence.is_none_or(|it| it == presence(client));
    let of_thing = wanted.thing.as_deref();
    let of_thing = of_thing.is_none_or(|wanted| thing(client) == Some(wanted));
    presence && of_thing && client.client_id.starts_with(&wanted.prefix) && {
        let contains = |word: &String| {
            let has = |text: &str| has_word(text, word);
            has(client.client_id) || thing(client).is_some_and(has)
        };
        wanted.contains.as_ref().is_none_or(contains)
    }
}

/// Whether a word stands in a text, in any case of ASCII letters.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let mut places = text.windows(word.len().max(1));
    word.is_empty() || places.any(|place| place.eq_ignore_ascii_case(word))
}

/// A moment of the machine's clock, as people read it.
fn wall(at: Duration, now: Now) -> Timestamp {
    let left = at.saturating_sub(now.monotonic).as_micros();
    let left = i64::try_from(left).unwrap_or(i64::MAX);
    Timestamp(now.wall.0.saturating_add(left))
}

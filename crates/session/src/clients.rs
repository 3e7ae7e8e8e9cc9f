// SPDX-License-Identifier: Apache-2.0
//! The clients of an account, for people: who is connected, whose session waits without a
//! connection, and how one is sent away.

use std::time::Duration;

use hw_model::{AccountId, Timestamp};
use hw_mqtt::reason;

use crate::connection::Subscription;
use crate::exactly::Exactly;
use crate::journal::Owner;
use crate::owed::Outgoing;
use crate::refusal::Refusal;
use crate::sessions::{Link, Session};
use crate::will::Will;
use crate::{Host, Now, Shard, Slot};

/// A client that is connected, or whose session is kept.
#[derive(Debug)]
pub struct Client<'a, A> {
    /// Its client id.
    pub client_id: &'a str,
    /// Its open connection, and who that is.
    pub connection: Option<(Slot, &'a A)>,
    /// Whose the session is, if it has no connection.
    pub owner: Option<&'a Owner>,
    /// The number of its session, if that outlives the connection.
    pub session: Option<u64>,
    /// Messages of QoS 1 and 2 that its session is owed.
    pub owed: usize,
    /// Bytes that its socket has not taken, and those that wait for room behind them.
    pub unread_bytes: usize,
}

/// What a client's state holds beside [`crate::Glance`].
#[derive(Debug, Default)]
pub struct Holding<'a> {
    /// What it subscribes to.
    pub subscriptions: Vec<Held<'a>>,
    /// Messages sent to it that it has not acknowledged.
    pub in_flight: u32,
    /// Messages of QoS 2 of the client that it has not released.
    pub half_way: usize,
    /// Its will: topic, QoS, whether it is retained, delay.
    pub will: Option<(&'a str, u8, bool, Duration)>,
    /// When the will is published, on the clock of [`Now::monotonic`]; `None` while connected.
    pub will_due: Option<Duration>,
    /// How long its session outlives a connection: [`crate::journal::NEVER_EXPIRES`] is for ever,
    /// 0 not at all.
    pub expiry_seconds: u32,
    /// Since when it has no connection.
    pub away_since: Option<Timestamp>,
    /// When its session ends, on the clock of [`Now::monotonic`].
    pub expires: Option<Duration>,
}

/// A subscription of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// As the client sent it, `$share/…` included.
    pub filter: &'a str,
    /// Granted QoS.
    pub qos: u8,
    /// MQTT 5 subscription identifier, 0 if none.
    pub id: u32,
}

/// What was there to be ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kicked {
    /// A connection was cut.
    pub connection: bool,
    /// A session ended.
    pub session: bool,
}

/// What some sessions hold together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages of QoS 1 and 2 that they are owed.
    pub owed: u64,
    /// Messages of QoS 2 that are half way, in either direction.
    pub half_way: u64,
}

impl<H: Host> Shard<H> {
    /// Shows every client of an account, in no order.
    pub fn each_client<'a>(
        &'a self,
        account: AccountId,
        visit: &mut dyn FnMut(Client<'a, H::Auth>),
    ) {
        for slot in self.names.of(account) {
            if let Some(client) = self.connected(slot) {
                visit(client);
            }
        }
        for session in self.sessions.of(account) {
            if let Some(client) = away(session) {
                visit(client);
            }
        }
    }

    /// One client.
    pub fn client(&self, account: AccountId, client_id: &str) -> Option<Client<'_, H::Auth>> {
        if let Some(slot) = self.names.get(account, client_id) {
            return self.connected(slot);
        }
        let number = self.sessions.number(account, client_id)?;
        away(self.sessions.get(number)?)
    }

    /// What a client's state holds.
    pub fn holding(&self, client: &Client<'_, H::Auth>) -> Holding<'_> {
        let held = |subscriptions| -> Vec<Held<'_>> {
            let all: &[Subscription] = subscriptions;
            let held = |it: &Subscription| (it.qos, it.id);
            let held = all.iter().map(|it| (&*it.filter, held(it)));
            held.map(|(filter, (qos, id))| Held { filter, qos, id })
                .collect()
        };
        if let Some((slot, _)) = client.connection {
            let Some(connection) = self.connections.get(slot) else {
                return Holding::default();
            };
            let rare = connection.rare.as_ref();
            let session = client.session.and_then(|number| self.sessions.get(number));
            return Holding {
                subscriptions: held(&connection.subscriptions),
                in_flight: connection.inflight.len(),
                half_way: rare.map_or(0, |rare| rare.exactly.incoming()),
                will: rare.and_then(|rare| rare.will.as_deref()).map(shown),
                expiry_seconds: session.map_or(0, |session| session.expiry_seconds),
                ..Holding::default()
            };
        }
        let session = client.session.and_then(|number| self.sessions.get(number));
        let Some(session) = session else {
            return Holding::default();
        };
        let Link::Away(away) = &session.link else {
            return Holding::default();
        };
        Holding {
            subscriptions: held(&away.subscriptions),
            in_flight: away.inflight.len(),
            half_way: away.exactly.incoming(),
            will: away.will.as_ref().map(|(_, will)| shown(will)),
            will_due: away.will.as_ref().map(|(due, _)| *due),
            expiry_seconds: session.expiry_seconds,
            away_since: Some(away.since),
            expires: away.expires,
        }
    }

    /// Cuts a client's connection, in MQTT 5 with 0x98 (Administrative action); its will is
    /// published as ever. With `end_session` its session ends too, and what it is owed is void.
    /// `by` stands in the event and is not told to the client.
    pub fn kick(
        &mut self,
        host: &mut H,
        now: Now,
        (account, client_id): (AccountId, &str),
        by: &str,
        end_session: bool,
    ) -> Kicked {
        let mut kicked = Kicked::default();
        if let Some(slot) = self.names.get(account, client_id) {
            kicked.connection = true;
            kicked.session = end_session && self.connected(slot).is_some_and(|it| it.lasts());
            self.counters.kicked += 1;
            let cause = format!("disconnected by {by}");
            let code = reason::ADMINISTRATIVE_ACTION;
            let refusal = Refusal::new("disconnect", "closed", code, cause).untold();
            self.end(host, now, slot, refusal);
        }
        if end_session && let Some(number) = self.sessions.number(account, client_id) {
            kicked.session = true;
            self.end_session(host, now, number);
        }
        kicked
    }

    /// What these sessions hold together; those that are gone count nothing.
    pub fn tally(&self, sessions: &[u64]) -> Tally {
        let mut tally = Tally::default();
        for session in sessions.iter().filter_map(|it| self.sessions.get(*it)) {
            let parts = match &session.link {
                Link::Away(away) => Some((&*away.outgoing, &away.exactly)),
                Link::Here(slot) => self.connections.get(*slot).and_then(|connection| {
                    let rare = connection.rare.as_ref()?;
                    Some((rare.outgoing.as_deref()?, &rare.exactly))
                }),
            };
            let Some((outgoing, exactly)) = parts else {
                continue;
            };
            tally.owed += outgoing.len() as u64;
            tally.half_way += half_way(outgoing, exactly);
        }
        tally
    }

    fn connected(&self, slot: Slot) -> Option<Client<'_, H::Auth>> {
        let connection = self.connections.get(slot).filter(|it| it.is_live())?;
        let rare = connection.rare.as_ref();
        let outgoing = rare.and_then(|rare| rare.outgoing.as_deref());
        let queued = rare.map_or(0, |rare| rare.queue.bytes());
        Some(Client {
            client_id: &connection.client_id,
            connection: Some((slot, &connection.auth)),
            owner: None,
            session: connection.lasting_session(),
            owed: outgoing.map_or(0, Outgoing::len),
            unread_bytes: connection.output.unsent_bytes() + queued,
        })
    }
}

impl<A> Client<'_, A> {
    /// Whether its session outlives a connection.
    pub fn lasts(&self) -> bool {
        self.session.is_some()
    }
}

fn away<A>(session: &Session) -> Option<Client<'_, A>> {
    let Link::Away(away) = &session.link else {
        return None;
    };
    Some(Client {
        client_id: &session.client_id,
        connection: None,
        owner: Some(&session.owner),
        session: Some(session.number),
        owed: away.outgoing.len(),
        unread_bytes: 0,
    })
}

fn shown(will: &Will) -> (&str, u8, bool, Duration) {
    (&will.topic, will.qos as u8, will.retain, will.delay)
}

fn half_way(outgoing: &Outgoing, exactly: &Exactly) -> u64 {
    let out = outgoing.out.iter().filter(|out| out.owed.qos == 2);
    (exactly.incoming() + out.count()) as u64
}

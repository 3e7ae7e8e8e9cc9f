// SPDX-License-Identifier: Apache-2.0
//! Sessions after a restart, and as they are written down whole.

use std::collections::BTreeMap;
use std::time::Duration;

use hw_model::Timestamp;

use crate::attach::stored_will;
use crate::connection::{Key, Subscription};
use crate::exactly::Exactly;
use crate::inflight::Inflight;
use crate::journal::{Assigned, Debt, NEVER_EXPIRES, Note, SessionImage, StoredSubscription};
use crate::owed::{Out, Outgoing, Owed, Stage};
use crate::sessions::{Away, Link, Session};
use crate::will::Will;
use crate::{Host, Lasting, Now, Shard, Ticket, flags, shared};

impl<H: Host> Shard<H> {
    /// Gives back a session, as it was written down, with what it is owed in order. Nobody is
    /// connected then: a connection that it had was lost with the last run of the server.
    pub fn restore(&mut self, host: &mut H, now: Now, image: SessionImage, debts: &[Debt]) {
        let grace = self.settings.limits.will_grace;
        let (number, account) = (image.number, image.account);
        let gone = match image.away_since {
            Some(since) => passed(since, now),
            None => Duration::ZERO,
        };
        let left = |seconds: u32| Duration::from_secs(u64::from(seconds)).saturating_sub(gone);
        let will = image.will.map(|will| {
            let due = now.monotonic + left(will.delay_seconds).max(grace);
            (due, Box::new(Will::restored(will)))
        });
        let expires = match (image.expiry_seconds, &will) {
            (NEVER_EXPIRES, _) => None,
            // It was written down for its will alone.
            (0, Some((due, _))) => Some(*due),
            (seconds, _) => Some(now.monotonic + left(seconds)),
        };
        let shard = self.settings.shard;
        let key = Key::session(number, Lasting::Away);
        let mut subscriptions = Vec::with_capacity(image.subscriptions.len());
        for stored in image.subscriptions {
            let parsed = shared::split(&stored.filter);
            let group = parsed
                .share
                .map_or(0, |share| host.group(account, share, parsed.topics));
            let topics: Box<str> = parsed.topics.into();
            let subscription = Subscription {
                filter: stored.filter,
                id: stored.id,
                qos: stored.qos,
                flags: flags::stored(stored.options),
                group,
            };
            host.insert(account, &topics, subscription.subscriber(shard, key));
            subscriptions.push(subscription);
        }
        self.counters.subscriptions += subscriptions.len() as u64;
        let is_owed = |it: &&Assigned| debts.iter().any(|debt| debt.origin == it.origin);
        let still = image.assigned.iter().filter(is_owed);
        let ids: Vec<u16> = still.map(|it| it.packet_id).collect();
        let away = Away {
            since: image.away_since.unwrap_or(now.wall),
            expires,
            permits: Default::default(),
            subscriptions,
            inflight: Inflight::of(&ids),
            exactly: Exactly::with_incoming(&image.incoming),
            outgoing: Box::new(outgoing(number, &image.assigned, debts)),
            will,
        };
        if let Some(due) = away.due() {
            self.session_wheel.schedule(number, due);
        }
        self.sessions.insert(Session {
            number,
            account,
            client_id: image.client_id.into(),
            owner: image.owner,
            expiry_seconds: image.expiry_seconds,
            is_of_5: None,
            link: Link::Away(Box::new(away)),
        });
    }

    /// The numbers of all sessions that are written down.
    pub fn session_numbers(&self) -> Vec<u64> {
        self.sessions.iter().map(|session| session.number).collect()
    }

    /// Writes a session down whole. What it is owed is not in that; what it has got of it is written
    /// first, or a message whose exchange is over would seem not to have begun.
    pub fn write_whole(&mut self, host: &mut H, number: u64) -> Option<Ticket> {
        self.write_consumed(host);
        let image = self.image(number)?;
        Some(host.note(image.account, number, &Note::Whole(&image)))
    }

    /// What a session is owed, as far as the Log has it.
    pub fn debts(&self, number: u64) -> Vec<Debt> {
        let Some(session) = self.sessions.get(number) else {
            return Vec::new();
        };
        let outgoing = self.outgoing_of_session(session);
        let debt = |owed: &Owed| Debt {
            origin: owed.origin,
            place: owed.place,
            qos: owed.qos,
        };
        outgoing.map_or_else(Vec::new, |it| it.settled().map(debt).collect())
    }

    /// How many messages all sessions are owed.
    pub fn owed_messages(&self) -> usize {
        let outgoing = self
            .sessions
            .iter()
            .filter_map(|it| self.outgoing_of_session(it));
        outgoing.map(Outgoing::len).sum()
    }

    /// Owed messages stand at other places now: by origin.
    pub fn moved(&mut self, number: u64, places: &BTreeMap<u64, u64>) {
        if let Some(outgoing) = self.outgoing(number) {
            outgoing.moved(places);
        }
    }

    fn outgoing_of_session<'a>(&'a self, session: &'a Session) -> Option<&'a Outgoing> {
        match &session.link {
            Link::Away(away) => Some(&*away.outgoing),
            Link::Here(slot) => {
                let connection = self.connections.get(*slot)?;
                connection.rare.as_ref()?.outgoing.as_deref()
            }
        }
    }

    /// A session as it stands.
    pub fn image(&self, number: u64) -> Option<SessionImage> {
        let session = self.sessions.get(number)?;
        let (subscriptions, exactly, outgoing, will, away_since) = match &session.link {
            Link::Away(away) => (
                &away.subscriptions,
                Some(&away.exactly),
                Some(&*away.outgoing),
                away.will.as_ref().map(|(_, will)| will.stored()),
                Some(away.since),
            ),
            Link::Here(slot) => {
                let connection = self.connections.get(*slot)?;
                let rare = connection.rare.as_ref();
                (
                    &connection.subscriptions,
                    rare.map(|it| &it.exactly),
                    rare.and_then(|it| it.outgoing.as_deref()),
                    stored_will(connection),
                    None,
                )
            }
        };
        let lasts = outgoing.is_some();
        let stored = |it: &Subscription| StoredSubscription {
            filter: it.filter.clone(),
            qos: it.qos,
            options: flags::options_of(it.flags),
            id: it.id,
        };
        Some(SessionImage {
            number,
            account: session.account,
            client_id: Box::from(&*session.client_id),
            owner: session.owner.clone(),
            expiry_seconds: session.expiry_seconds,
            away_since,
            // Of one that ends with its connection nobody needs them again.
            subscriptions: match lasts {
                true => subscriptions.iter().map(stored).collect(),
                false => Vec::new(),
            },
            incoming: match (lasts, exactly) {
                (true, Some(exactly)) => exactly.incoming_ids().collect(),
                _ => Vec::new(),
            },
            assigned: outgoing
                .map_or_else(Vec::new, |it| it.out.iter().filter_map(assigned).collect()),
            will,
        })
    }
}

fn passed(since: Timestamp, now: Now) -> Duration {
    let micros = now.wall.0.saturating_sub(since.0);
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn assigned(out: &Out) -> Option<Assigned> {
    (out.owed.qos == 2).then_some(Assigned {
        origin: out.owed.origin,
        packet_id: out.id,
        // Its PUBREC came, whether that is written down yet or not: this says so too.
        received: matches!(out.stage, Stage::Receiving | Stage::Received),
    })
}

fn outgoing(number: u64, assigned: &[Assigned], debts: &[Debt]) -> Outgoing {
    let mut outgoing = Outgoing::of(number);
    for debt in debts {
        let owed = Owed::stored(debt.origin, debt.place, debt.qos);
        match assigned.iter().find(|it| it.origin == debt.origin) {
            None => outgoing.push(owed, None),
            Some(it) => outgoing.out.push_back(Out {
                owed,
                id: it.packet_id,
                stage: if it.received {
                    Stage::Received
                } else {
                    Stage::Sent
                },
                again: true,
            }),
        }
    }
    let _none_is_void = outgoing.put_aside();
    outgoing
}

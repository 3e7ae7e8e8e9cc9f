// SPDX-License-Identifier: Apache-2.0
//! A connection meets its session: goes on with it, begins another, or has none.

use hw_mqtt::{Connect, Version};

use crate::connection::{Connection, Key, Subscription};
use crate::journal::{Note, SessionImage, StoredWill};
use crate::owed::Outgoing;
use crate::sessions::{Away, Link, Session};
use crate::{Ahead, Happening, Host, Lasting, Now, Shard, Slot, Ticket, Verdict, flags, shared};

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Met {
    /// The session was there before.
    pub(crate) present: bool,
    /// Its Session Expiry Interval before that.
    pub(crate) expiry_before: Option<u32>,
    /// What CONNACK has to wait for.
    pub(crate) ticket: Option<Ticket>,
    /// Session Expiry Interval in force.
    pub(crate) expiry_seconds: u32,
}

impl<H: Host> Shard<H> {
    /// How long the session is to outlive the connection, in seconds.
    pub(crate) fn expiry_asked(&self, packet: &Connect<'_>) -> u32 {
        let limits = &self.settings.limits;
        let asked = match packet.version {
            Version::V31 | Version::V311 if packet.clean_start => 0,
            Version::V31 | Version::V311 => limits.session_expiry_seconds_v311,
            Version::V5 => packet.properties.session_expiry_interval().unwrap_or(0),
        };
        asked.min(limits.session_expiry_seconds_max)
    }

    /// Finds, begins or ends the session of a connection that is admitted. Whoever had the client
    /// id is gone.
    pub(crate) fn meet_session(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet: &Connect<'_>,
        client_id: &str,
    ) -> Met {
        let expiry_seconds = self.expiry_asked(packet);
        let Some(connection) = self.connections.live_mut(slot) else {
            return Met::default();
        };
        let account = connection.account;
        let owner = host.owner(&connection.auth);
        let known = self.sessions.number(account, client_id);
        let mut ended = None;
        if let Some(number) = known {
            let may = |session: &Session| session.owner.may_leave_to(&owner);
            let inherits = self.sessions.get(number).is_some_and(may);
            if inherits {
                self.drop_will(number);
            }
            let lasts = |session: &Session| session.expiry_seconds > 0;
            let lasts = self.sessions.get(number).is_some_and(lasts);
            let apart = self.settings.limits.quirks.versions_have_own_sessions;
            let fits = |it: &Session| it.is_of_5.is_none_or(|it| it == packet.version.is_5());
            let fits = !apart || self.sessions.get(number).is_some_and(fits);
            if inherits && lasts && fits && !packet.clean_start {
                return self.go_on(host, slot, number, expiry_seconds);
            }
            if !inherits && lasts {
                let cause = "the session of this client id is another principal's: it has ended";
                self.tell_session(host, slot, cause);
            }
            ended = self.end_session(host, now, number);
        }
        let begun = self.begin_session(host, slot, expiry_seconds);
        Met {
            present: false,
            expiry_before: None,
            ticket: ended.max(begun),
            expiry_seconds,
        }
    }

    /// A session of its own, if it is to last, or has a will that a crash must not lose.
    fn begin_session(&mut self, host: &mut H, slot: Slot, expiry_seconds: u32) -> Option<Ticket> {
        let connection = self.connections.live_mut(slot)?;
        let will = stored_will(connection);
        if expiry_seconds == 0 && will.is_none() {
            return None;
        }
        let owner = host.owner(&connection.auth);
        let (number, account) = (host.number_session(), connection.account);
        let rare = connection.rare();
        rare.session = number;
        if expiry_seconds > 0 {
            rare.outgoing = Some(Box::new(Outgoing::of(number)));
        }
        let image = SessionImage {
            number,
            account,
            client_id: Box::from(&*connection.client_id),
            owner: owner.clone(),
            expiry_seconds,
            away_since: None,
            subscriptions: Vec::new(),
            incoming: Vec::new(),
            assigned: Vec::new(),
            will,
        };
        let session = Session {
            number,
            account,
            client_id: connection.client_id.clone(),
            owner,
            expiry_seconds,
            is_of_5: Some(connection.version.is_5()),
            link: Link::Here(slot),
        };
        self.sessions.insert(session);
        Some(host.note(account, number, &Note::Whole(&image)))
    }

    /// Its state moves into the connection.
    fn go_on(&mut self, host: &mut H, slot: Slot, number: u64, expiry_seconds: u32) -> Met {
        let Some(connection) = self.connections.live_mut(slot) else {
            return Met::default();
        };
        let (account, owner) = (connection.account, host.owner(&connection.auth));
        let will = stored_will(connection);
        let Some(session) = self.sessions.get_mut(number) else {
            return Met::default();
        };
        let Link::Away(away) = std::mem::replace(&mut session.link, Link::Here(slot)) else {
            return Met::default();
        };
        let expiry_before = std::mem::replace(&mut session.expiry_seconds, expiry_seconds);
        session.is_of_5 = Some(connection.version.is_5());
        session.owner = owner.clone();
        let Away {
            permits,
            subscriptions,
            inflight,
            exactly,
            outgoing,
            ..
        } = *away;
        connection.inflight = inflight;
        connection.permits = permits.next();
        let rare = connection.rare();
        (rare.session, rare.exactly, rare.outgoing) = (number, exactly, Some(outgoing));
        let note = Note::Back {
            expiry_seconds,
            owner: &owner,
            will: will.as_ref(),
        };
        let ticket = host.note(account, number, &note);
        self.bring_subscriptions(host, slot, number, subscriptions);
        Met {
            present: true,
            expiry_before: Some(expiry_before),
            ticket: Some(ticket),
            expiry_seconds,
        }
    }

    /// Asks again for each subscription whether it is allowed; one that is not any more is dropped,
    /// with an event.
    fn bring_subscriptions(
        &mut self,
        host: &mut H,
        slot: Slot,
        number: u64,
        subscriptions: Vec<Subscription>,
    ) {
        let shard = self.settings.shard;
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (account, permits) = (connection.account, connection.permits);
        let (here, away) = (
            Key::session(number, Lasting::Here),
            Key::session(number, Lasting::Away),
        );
        for mut subscription in subscriptions {
            let topics = shared::split(&subscription.filter).topics;
            if let Verdict::Denied(why) = host.subscribe(&mut connection.auth, &subscription.filter)
            {
                host.remove(account, topics, &subscription.subscriber(shard, away));
                host.note(account, number, &Note::Unsubscribed(&subscription.filter));
                self.counters.subscriptions -= 1;
                let happening = Happening {
                    kind: "subscribe",
                    outcome: "refused",
                    cause: why.into(),
                    topic: Some(subscription.filter.to_string()),
                    trace: None,
                    count: 1,
                };
                host.happened(&connection.auth, happening);
                continue;
            }
            let known: Ahead = host.receive_ahead(&mut connection.auth, topics);
            let flags = flags::with_ahead(subscription.flags, known, permits);
            if flags != subscription.flags || subscription.group != 0 {
                subscription.flags = flags;
                host.insert(account, topics, subscription.subscriber(shard, here));
            }
            connection.subscriptions.push(subscription);
            if let Some(share) = connection.share() {
                share.brings();
            }
        }
    }

    /// The client is back, so nobody is to be told that it is gone, whether its session goes on or
    /// not.
    fn drop_will(&mut self, number: u64) {
        if let Some(session) = self.sessions.get_mut(number)
            && let Link::Away(away) = &mut session.link
        {
            away.will = None;
        }
    }

    fn tell_session(&mut self, host: &mut H, slot: Slot, cause: &'static str) {
        if let Some(connection) = self.connections.get(slot) {
            let happening = Happening {
                kind: "session",
                outcome: "refused",
                cause: cause.into(),
                topic: None,
                trace: None,
                count: 1,
            };
            host.happened(&connection.auth, happening);
        }
    }
}

/// The will of a connection, to be written down.
pub(crate) fn stored_will<A>(connection: &Connection<A>) -> Option<StoredWill> {
    let will = connection.rare.as_ref()?.will.as_ref()?;
    Some(will.stored())
}

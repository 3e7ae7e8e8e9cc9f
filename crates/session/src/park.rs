// SPDX-License-Identifier: Apache-2.0
//! A session loses its connection, waits, and ends.

use std::time::Duration;

use crate::connection::Key;
use crate::ingest::Origin;
use crate::journal::Note;
use crate::retained::Pace;
use crate::sessions::{Away, Link, Session, expiry};
use crate::will::Will;
use crate::{Happening, Host, Lasting, Now, Shard, Slot, Ticket, shared};

/// Bytes of retained messages that sessions which lose their connections in one turn are given to
/// owe: it is one batch.
const RETAINED_BYTES_MAX: usize = 8 << 20;

impl<H: Host> Shard<H> {
    /// Puts the session of a connection that ends aside. `false`: it has none that lasts.
    pub(crate) fn put_aside(&mut self, host: &mut H, now: Now, slot: Slot) -> bool {
        let shard = self.settings.shard;
        self.owe_the_rest(host, now, slot);
        let Some(connection) = self.connections.get_mut(slot) else {
            return false;
        };
        let account = connection.account;
        let Some(rare) = connection.rare.as_mut().filter(|rare| rare.session != 0) else {
            return false;
        };
        let number = rare.session;
        let Some(session) = self.sessions.get_mut(number) else {
            return false;
        };
        let expiry_seconds = session.expiry_seconds;
        if expiry_seconds == 0 || rare.outgoing.is_none() {
            return false;
        }
        let Some(mut outgoing) = rare.outgoing.take() else {
            return false;
        };
        for id in outgoing.put_aside() {
            connection.inflight.release(id);
        }
        let mut exactly = std::mem::take(&mut rare.exactly);
        exactly.put_aside();
        let ends = expiry(now, expiry_seconds);
        let waits = |delay: &Duration| !delay.is_zero();
        let will = rare.will.take_if(|will| waits(&will.delay));
        let due = |delay| {
            let due = now.monotonic + delay;
            ends.map_or(due, |ends| ends.min(due))
        };
        let will = will.map(|will| (due(will.delay), will));
        // One that is due at once is written down, too, until it is published.
        let last = will.as_ref().map(|(_, will)| will).or(rare.will.as_ref());
        let stored = last.map(|will| will.stored());
        let away = Away {
            since: now.wall,
            expires: ends,
            permits: connection.permits,
            subscriptions: std::mem::take(&mut connection.subscriptions),
            inflight: std::mem::take(&mut connection.inflight),
            exactly,
            outgoing,
            will,
        };
        let key = Key::session(number, Lasting::Away);
        for member in away.subscriptions.iter().filter(|it| it.group != 0) {
            let topics = shared::split(&member.filter).topics;
            host.insert(account, topics, member.subscriber(shard, key));
        }
        if let Some(due) = away.due() {
            self.session_wheel.schedule(number, due);
        }
        session.link = Link::Away(Box::new(away));
        let note = Note::Away {
            expiry_seconds,
            will: stored.as_ref(),
        };
        host.note(account, number, &note);
        true
    }

    /// Keeps the will of a connection that ends, if it has a delay and no session that lasts: what
    /// was written down for it stays until then. `false`: there is none.
    pub(crate) fn put_will_aside(&mut self, host: &mut H, now: Now, slot: Slot) -> bool {
        let Some(connection) = self.connections.get_mut(slot) else {
            return false;
        };
        let (account, client) = (connection.account, slot);
        let Some(rare) = connection.rare.as_mut() else {
            return false;
        };
        let number = rare.session;
        let is_here = |it: &&mut Session| matches!(it.link, Link::Here(here) if here == client);
        let Some(session) = self.sessions.get_mut(number).filter(is_here) else {
            return false;
        };
        let Some(will) = rare.will.take_if(|will| !will.delay.is_zero()) else {
            return false;
        };
        let due = now.monotonic + will.delay;
        let note = Note::Away {
            expiry_seconds: 0,
            will: Some(&will.stored()),
        };
        host.note(account, number, &note);
        session.expiry_seconds = 0;
        session.link = Link::Away(Box::new(Away::for_will(now.wall, number, due, will)));
        self.session_wheel.schedule(number, due);
        true
    }

    /// What is retained and was not sent yet is owed, too, as far as there is room for it.
    fn owe_the_rest(&mut self, host: &mut H, now: Now, slot: Slot) {
        let Some(connection) = self.connections.get_mut(slot) else {
            return;
        };
        let session = connection.lasting_session();
        let session = session.and_then(|number| self.sessions.get(number));
        if session.is_none_or(|session| session.expiry_seconds == 0) {
            return;
        }
        let Some(rare) = connection.rare.as_mut() else {
            return;
        };
        rare.retained.retain(|it| it.is_owed());
        while self.parting_bytes < RETAINED_BYTES_MAX
            && let Some(owed) = self.owe_retained(host, now, slot, Pace::AllAtOnce)
        {
            self.parting_bytes += owed;
        }
        let Some(connection) = self.connections.get_mut(slot) else {
            return;
        };
        let Some(rare) = connection
            .rare
            .as_mut()
            .filter(|it| !it.retained.is_empty())
        else {
            return;
        };
        let count = std::mem::take(&mut rare.retained).len() as u64;
        self.counters.dropped_queue_full += count;
        let cause = "the client left before it had read all that is retained, and its session has \
                     no room for the rest";
        let happening = Happening {
            kind: "deliver",
            outcome: "dropped",
            cause: cause.into(),
            topic: None,
            trace: None,
            count,
        };
        host.happened(&connection.auth, happening);
    }

    /// Looks at the sessions without a connection whose time has come. Says how long nothing will
    /// be.
    pub(crate) fn tick_sessions(&mut self, host: &mut H, now: Now) -> Option<Duration> {
        let mut due = Vec::new();
        self.session_wheel.advance(now.monotonic, &mut due);
        for number in due {
            let Some(session) = self.sessions.get_mut(number) else {
                continue;
            };
            let Link::Away(away) = &mut session.link else {
                continue;
            };
            if away.expires.is_some_and(|at| at <= now.monotonic) {
                self.counters.sessions_expired += u64::from(session.expiry_seconds > 0);
                self.end_session(host, now, number);
                continue;
            }
            if away
                .will
                .as_ref()
                .is_some_and(|(at, _)| *at <= now.monotonic)
            {
                self.fire_delayed_will(host, now, number);
            }
            let next = self.sessions.get(number).and_then(|it| match &it.link {
                Link::Away(away) => away.due(),
                Link::Here(_) => None,
            });
            if let Some(next) = next {
                self.session_wheel.schedule(number, next);
            }
        }
        self.session_wheel.wait(now.monotonic)
    }

    /// Publishes the will of a session without a connection. That it is gone is written behind it:
    /// what a power cut leaves of a batch is its beginning.
    fn fire_delayed_will(&mut self, host: &mut H, now: Now, number: u64) {
        let Some(session) = self.sessions.get_mut(number) else {
            return;
        };
        let Link::Away(away) = &mut session.link else {
            return;
        };
        let Some((_, will)) = away.will.take() else {
            return;
        };
        let account = session.account;
        self.publish_will_of(host, now, number, &will);
        host.note(account, number, &Note::WillGone);
    }

    fn publish_will_of(&mut self, host: &mut H, now: Now, number: u64, will: &Will) {
        let Some(session) = self.sessions.get(number) else {
            return;
        };
        let account = session.account;
        let Some(mut auth) = host.revive(account, &session.owner, &session.client_id) else {
            // Whoever it was may publish nothing any more.
            self.counters.refused_publishes += 1;
            return;
        };
        let auth = &mut auth;
        let origin = Origin::Other {
            auth: &mut *auth,
            account,
            waits: false,
        };
        if let Err(refusal) = self.ingest(host, now, origin, &will.publish()) {
            self.counters.refused_publishes += 1;
            let happening = Happening {
                kind: "will",
                ..refusal.happening()
            };
            host.happened(auth, happening);
        }
    }

    /// Ends a session that has no connection: its will is due now, what it is owed is void.
    pub(crate) fn end_session(&mut self, host: &mut H, now: Now, number: u64) -> Option<Ticket> {
        self.fire_delayed_will(host, now, number);
        let session = self.sessions.remove(number)?;
        let shard = self.settings.shard;
        if let Link::Away(away) = session.link {
            let key = Key::session(number, Lasting::Away);
            for subscription in &away.subscriptions {
                let topics = shared::split(&subscription.filter).topics;
                host.remove(
                    session.account,
                    topics,
                    &subscription.subscriber(shard, key),
                );
            }
            self.counters.subscriptions -= away.subscriptions.len() as u64;
        }
        Some(host.note(session.account, number, &Note::Ended))
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A message's way in, whoever it comes from: policy, one route, the Log, the fan-out.

use hw_model::{AccountId, TraceId};
use hw_mqtt::{Properties, PropertyBuf, Publish, Qos, Version, reason};

use crate::acks::Answer;
use crate::connection::Connection;
use crate::deliver::slot_of;
use crate::held::Held;
use crate::journal::Keeping;
use crate::message::Message;
use crate::refusal::Refusal;
use crate::slots::Slots;
use crate::unreleased::{FromPublisher, Way};
use crate::{Ahead, Happening, Host, Lasting, Now, Shard, Slot, Subscriber, Ticket, Verdict};
use crate::{flags, placing, reserved, shared};

/// Who publishes.
pub(crate) enum Origin<'a, A> {
    /// A connection, open or about to go.
    Connection { slot: Slot, account: AccountId },
    /// Somebody who has none here; whether he waits for an answer.
    Other {
        auth: &'a mut A,
        account: AccountId,
        waits: bool,
    },
    /// The server itself, whom nobody need ask.
    Server { auth: &'a mut A, account: AccountId },
}

impl<A> Origin<'_, A> {
    fn account(&self) -> AccountId {
        match self {
            Self::Connection { account, .. }
            | Self::Other { account, .. }
            | Self::Server { account, .. } => *account,
        }
    }

    /// The slot that stands for it; one that no connection has, if it has none.
    fn slot(&self) -> Slot {
        match self {
            Self::Connection { slot, .. } => *slot,
            Self::Other { .. } | Self::Server { .. } => Slot::NOBODY,
        }
    }

    fn auth<'b>(&'b mut self, connections: &'b mut Slots<A>) -> Option<&'b mut A> {
        match self {
            Self::Connection { slot, .. } => connections.get_mut(*slot).map(|it| &mut it.auth),
            Self::Other { auth, .. } | Self::Server { auth, .. } => Some(auth),
        }
    }
}

/// A message that comes by another way than a connection: HTTP, a rule, the server itself.
#[derive(Debug, Clone, Copy)]
pub struct Injected<'a> {
    /// Valid topic name.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// MQTT 5 properties, without topic alias.
    pub properties: Properties<'a>,
    /// QoS that it is published with.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
}

/// A message that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Its trace id.
    pub trace: TraceId,
    /// Says when it is durable; `None`: nothing of it is stored.
    pub ticket: Option<Ticket>,
}

/// Why a message is not taken in, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// It breaks a rule of topics or payloads.
    Invalid(String),
    /// A policy, or a rule of reserved topics, is against it.
    Denied(String),
    /// Its principal sends more than it may in a second.
    TooFast(String),
    /// There is no room for it.
    Full(String),
}

impl NotTaken {
    fn of(refusal: Refusal) -> Self {
        let cause = refusal.cause.into_owned();
        match refusal.code {
            Some(reason::NOT_AUTHORIZED) => Self::Denied(cause),
            Some(reason::QUOTA_EXCEEDED) => Self::Full(cause),
            _ => Self::Invalid(cause),
        }
    }
}

impl<H: Host> Shard<H> {
    /// Publishes on behalf of somebody who has no connection here.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn inject(
        &mut self,
        host: &mut H,
        now: Now,
        account: AccountId,
        auth: &mut H::Auth,
        message: &Injected<'_>,
    ) -> Result<Taken, NotTaken> {
        let publish = &Publish {
            dup: false,
            qos: message.qos,
            retain: message.retain,
            topic: message.topic,
            packet_id: 0,
            properties: message.properties,
            payload: message.payload,
        };
        let mut bounded = PropertyBuf::new();
        let limits = &self.settings.limits;
        if let Err(refusal) = limits.check_publish(publish) {
            self.counters.refused_publishes += 1;
            return Err(NotTaken::Invalid(refusal.cause.into_owned()));
        }
        if limits.principal.is_any() {
            let used = host.principal_use(auth, now);
            let bytes = (publish.topic.len() + publish.payload.len()) as u64;
            if let Err(cause) = used.admit(&limits.principal, now.monotonic, bytes) {
                self.counters.dropped_too_fast += 1;
                return Err(NotTaken::TooFast(cause));
            }
        }
        let publish = &match limits.bound_expiry(publish, &mut bounded) {
            true => Publish {
                properties: bounded.as_properties(),
                ..*publish
            },
            false => *publish,
        };
        let origin = Origin::Other {
            auth,
            account,
            waits: true,
        };
        self.ingest(host, now, origin, publish).map_err(|refusal| {
            self.counters.refused_publishes += 1;
            NotTaken::of(refusal)
        })
    }

    /// Policy, and then the message is on its way. A publisher of QoS 1 or 2 is answered in its
    /// turn, and before it gets its own message.
    pub(crate) fn ingest(
        &mut self,
        host: &mut H,
        now: Now,
        mut origin: Origin<'_, H::Auth>,
        publish: &Publish<'_>,
    ) -> Result<Taken, Refusal> {
        let account = origin.account();
        if origin.auth(&mut self.connections).is_none() {
            let cause = "its publisher is gone";
            return Err(Refusal::publish(
                publish.topic,
                reason::UNSPECIFIED_ERROR,
                cause,
            ));
        }
        let mut found = std::mem::take(&mut self.scratch.found);
        // Read before the routes are: what is found may be newer than its version says, not older.
        let routes = host.routes_version(account);
        let recalled = self.recall(&origin, publish, routes, &mut found);
        if !recalled && let Err(refusal) = self.permit(host, &mut origin, publish) {
            self.scratch.found = found;
            return Err(refusal);
        }
        let message = Message {
            account,
            trace: self.stamp(),
            topic: publish.topic,
            properties: publish.properties,
            payload: publish.payload,
            qos: publish.qos,
            retain: publish.retain,
            members: 0,
        };
        self.counters.messages_received += 1;
        self.flights
            .begin(message.trace, now, origin.slot(), account);

        // Before the look at who subscribes: who comes meanwhile finds it retained.
        let mut retained = None;
        if message.retain
            && let Some(auth) = origin.auth(&mut self.connections)
        {
            match host.retain(auth, now, &message.inbound()) {
                Ok(ticket) => retained = ticket,
                Err(why) if self.can_be_told(&origin, publish) => {
                    self.scratch.found = found;
                    let code = reason::QUOTA_EXCEEDED;
                    return Err(Refusal::publish(publish.topic, code, why));
                }
                Err(why) => self.not_retained(host, &mut origin, &message, why),
            }
        }
        let is_basic_ingest = reserved::is_basic_ingest(message.topic);
        if !recalled && !is_basic_ingest {
            host.route(account, message.topic, &mut found);
            self.remember(host, &origin, publish, routes, &mut found);
        }
        if !found.is_empty() {
            self.give_to_taps(host, &mut origin, &message, &mut found);
        }
        // Live taps and tables are no subscribers.
        let code = match found.is_empty() && !is_basic_ingest {
            true => reason::NO_MATCHING_SUBSCRIBERS,
            false => reason::SUCCESS,
        };
        if !found.is_empty() {
            shared::choose(&mut found, |group| host.turn(account, group));
            self.leave_out(&mut found, origin.slot());
        }
        let stored = self.store(host, &mut origin, &message, publish.packet_id, &found);
        let ticket = stored.max(retained);
        if let Some(answer) = answer(publish, code) {
            self.acknowledge(host, now, origin.slot(), answer, ticket);
        }
        if !found.is_empty() {
            // One that waits for nothing must not overtake one that does.
            let after = ticket.max(self.held.back().map(Held::ticket));
            let from = self.releases(&origin, publish);
            match (after, from) {
                (Some(after), _) if message.qos == Qos::ExactlyOnce => {
                    if let Some((slot, id)) = from {
                        self.set_way(slot, id, Way::Held(message.trace));
                    }
                    self.hold_back(after, &message, &found, ticket.is_some(), from);
                }
                (None, Some(from)) => {
                    self.await_release(host, now, from, &message, &mut found);
                }
                _ => self.send_out(host, now, &message, &mut found),
            }
            found.clear();
        }
        self.scratch.found = found;
        Ok(Taken {
            trace: message.trace,
            ticket,
        })
    }

    /// Who is to say PUBREL before a message goes out; nobody does so for a will.
    fn releases(
        &self,
        origin: &Origin<'_, H::Auth>,
        publish: &Publish<'_>,
    ) -> Option<FromPublisher> {
        match *origin {
            Origin::Connection { slot, .. }
                if publish.qos == Qos::ExactlyOnce && publish.packet_id != 0 =>
            {
                Some((slot, publish.packet_id))
            }
            _ => None,
        }
    }

    /// Whether a publisher can be told that its message is not taken, and go on.
    fn can_be_told(&self, origin: &Origin<'_, H::Auth>, publish: &Publish<'_>) -> bool {
        let is_of_5 = |slot| self.connections.get(slot).map(|it| it.version) == Some(Version::V5);
        publish.qos != Qos::AtMostOnce
            && match origin {
                // A will has no packet id, and nobody who could be told.
                Origin::Connection { slot, .. } => publish.packet_id != 0 && is_of_5(*slot),
                Origin::Other { waits, .. } => *waits,
                Origin::Server { .. } => false,
            }
    }

    /// Others get the message; newcomers will not.
    fn not_retained(
        &mut self,
        host: &mut H,
        origin: &mut Origin<'_, H::Auth>,
        message: &Message<'_>,
        why: String,
    ) {
        if let Some(auth) = origin.auth(&mut self.connections) {
            let happening = Happening {
                kind: "retain",
                outcome: "dropped",
                cause: why.into(),
                topic: Some(message.topic.to_owned()),
                trace: Some(message.trace),
                count: 1,
            };
            host.happened(auth, happening);
        }
    }

    /// Whether the publisher may publish that.
    fn permit(
        &mut self,
        host: &mut H,
        origin: &mut Origin<'_, H::Auth>,
        publish: &Publish<'_>,
    ) -> Result<(), Refusal> {
        if matches!(origin, Origin::Server { .. }) {
            return Ok(());
        }
        if let Some(auth) = origin.auth(&mut self.connections)
            && let Verdict::Denied(why) = host.publish(auth, publish.topic, publish.retain)
        {
            return Err(Refusal::publish(publish.topic, reason::NOT_AUTHORIZED, why).untold());
        }
        match reserved::refuse(publish.topic, publish.retain) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Whether the publisher may publish there, and to whom that goes, as found out before.
    #[inline]
    fn recall(
        &mut self,
        origin: &Origin<'_, H::Auth>,
        publish: &Publish<'_>,
        routes: u64,
        found: &mut Vec<Subscriber>,
    ) -> bool {
        let Origin::Connection { slot, .. } = *origin else {
            return false;
        };
        is_alike(publish) && self.last_topics.recall(slot, publish.topic, routes, found)
    }

    /// Remembers whom a topic went to, and that its publisher may publish there.
    fn remember(
        &mut self,
        host: &mut H,
        origin: &Origin<'_, H::Auth>,
        publish: &Publish<'_>,
        routes: u64,
        found: &mut [Subscriber],
    ) {
        let Origin::Connection { slot, .. } = *origin else {
            return;
        };
        if !is_alike(publish) || !self.last_topics.wants(slot, publish.topic, found.len()) {
            return;
        }
        for target in found.iter_mut() {
            self.settle_ahead(host, publish.topic, target);
        }
        self.last_topics
            .remember(slot, publish.topic, routes, found);
    }

    /// Finds out whether a connection of this shard may receive that topic. Not so a session, which
    /// another principal may come to hold, nor the members of a group, of whom one gets it.
    fn settle_ahead(&mut self, host: &mut H, topic: &str, target: &mut Subscriber) {
        let is_its_own = target.lasting == Lasting::No && target.group == 0;
        if target.shard != self.settings.shard || !is_its_own {
            return;
        }
        if let Some(receiver) = self.connections.live_mut(slot_of(target))
            && flags::ahead(target.flags, receiver.permits) == Ahead::PerTopic
        {
            let ahead = match host.receive(&mut receiver.auth, topic) {
                true => Ahead::Always,
                false => Ahead::Never,
            };
            target.flags = flags::with_ahead(target.flags, ahead, receiver.permits);
        }
    }

    /// Gives the Log what is to be stored of the message. Says when all of that is durable.
    #[inline]
    fn store(
        &mut self,
        host: &mut H,
        origin: &mut Origin<'_, H::Auth>,
        message: &Message<'_>,
        packet_id: u16,
        found: &[Subscriber],
    ) -> Option<Ticket> {
        let mut owed = std::mem::take(&mut self.scratch.owed);
        placing::recipients(found, message.qos as u8, message.retain, &mut owed);
        let received = match message.qos {
            Qos::ExactlyOnce => self.lasting_session(origin.slot()),
            _ => None,
        };
        let keeping = Keeping {
            kept: host.keeps(origin.account(), reserved::without_rule(message.topic)),
            owed: &owed,
            received: received.map(|session| (session, packet_id)),
        };
        let mut ticket = None;
        if !keeping.is_nothing()
            && let Some(auth) = origin.auth(&mut self.connections)
        {
            let appended = host.append(auth, &message.inbound(), &keeping);
            self.counters.messages_kept += u64::from(keeping.kept);
            self.flights.note_kept(appended.ticket);
            if message.qos == Qos::AtMostOnce {
                self.unanswered.push(origin.slot(), appended.ticket);
            }
            if !owed.is_empty() || received.is_some() {
                self.await_place(appended, message.trace, &keeping, found);
            }
            ticket = Some(appended.ticket);
        }
        self.scratch.owed = owed;
        ticket
    }

    fn lasting_session(&self, slot: Slot) -> Option<u64> {
        self.connections.get(slot)?.lasting_session()
    }

    /// Takes out a publisher that does not want its own messages.
    fn leave_out(&self, found: &mut Vec<Subscriber>, publisher: Slot) {
        if !found.iter().any(|target| flags::no_local(target.flags)) {
            return;
        }
        let Some(key) = self.connections.get(publisher).map(Connection::key) else {
            return;
        };
        let own = self.settings.shard;
        found.retain(|target| {
            let to_itself = target.shard == own && key.is(target);
            !(to_itself && flags::no_local(target.flags))
        });
    }

    /// Gives the message to live taps, and takes them off the list.
    fn give_to_taps(
        &mut self,
        host: &mut H,
        origin: &mut Origin<'_, H::Auth>,
        message: &Message<'_>,
        found: &mut Vec<Subscriber>,
    ) {
        let is_tap = |target: &Subscriber| target.shard == Subscriber::TAP;
        if !found.iter().any(is_tap) {
            return;
        }
        if let Some(auth) = origin.auth(&mut self.connections) {
            for tap in found.iter().filter(|target| is_tap(target)) {
                host.tap(auth, &message.inbound(), tap);
            }
        }
        found.retain(|target| !is_tap(target));
    }

    /// Gives the message to other shards; leaves the receivers of this one in `found`.
    pub(crate) fn hand_out(&mut self, message: &Message<'_>, found: &mut Vec<Subscriber>) {
        let own = self.settings.shard;
        found.retain(|target| {
            if target.shard == own {
                return true;
            }
            self.forward(message, *target);
            false
        });
    }
}

/// Whether all messages of that kind from one connection to one topic go the same way. Retaining is
/// asked for on its own, and a message that is held back until it is safe is asked about when it is.
#[inline]
fn is_alike(publish: &Publish<'_>) -> bool {
    !publish.retain && publish.qos != Qos::ExactlyOnce
}

/// The answer to a client's message that is taken in; none to a will, and to what others inject.
fn answer(publish: &Publish<'_>, code: u8) -> Option<Answer> {
    match publish.qos {
        _ if publish.packet_id == 0 => None,
        Qos::AtMostOnce => None,
        Qos::AtLeastOnce => Some(Answer::PubAck(publish.packet_id, code)),
        Qos::ExactlyOnce => Some(Answer::PubRec(publish.packet_id)),
    }
}

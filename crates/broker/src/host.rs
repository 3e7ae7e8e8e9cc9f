// SPDX-License-Identifier: Apache-2.0
//! The machine's host: policy by the principal, routes by the shared trees, records for the Log,
//! events and taps. One per shard; nothing in it is shared.

pub mod arns;
pub mod auth;
pub mod context;
pub mod decisions;
mod filter;
mod life;
mod revive;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use hw_kernel::live::LiveMessage;
use hw_kernel::port::log::Stream;
use hw_kernel::record::batch::{Batch, Envelope};
use hw_kernel::record::message::{self, Message, PrincipalRef};
use hw_kernel::record::retained as retained_record;
use hw_kernel::{Admission, Event, EventSink, admission::PrincipalId};
use hw_model::trace::Producer;
use hw_model::{AccountId, Timestamp, TraceId};
use hw_policy::{Action, Effect, Why};
use hw_session::journal::{Keeping, Note, Owner, Recipient};
use hw_session::{Ahead, Appended, ConnectFacts, Happening, Host, Inbound, Noted, Now, Retained};
use hw_session::{Life, PrincipalUse, Subscriber, Ticket, Verdict};

use crate::journal::note;
use crate::journal::owed::{self, Owed, Where};
use crate::keep::Keep;
use crate::numbers::Numbers;
use crate::principals::Principals;
use crate::retained::RetainedMessages;
use crate::routes::{Edit, RouteReader};
use crate::stored::Stored;
use crate::taps::Taps;
use crate::wants::{Wanted, Wants};
use auth::{Asked, Auth};
use decisions::Decisions;
use life::Servers;

/// One shard's host.
pub struct ShardHost {
    /// The subscription trees as this shard sees them.
    pub routes: RouteReader,
    taps: Arc<Taps>,
    retained: Arc<RetainedMessages>,
    keep: Arc<Keep>,
    events: Arc<dyn EventSink>,
    admission: Arc<dyn Admission>,
    decisions: Decisions,
    servers: Servers,
    /// [`hw_session::Quirks::hash_spares_parent`]
    hash_spares_parent: bool,
    principals: Arc<Principals>,
    shard: u16,
    numbers: Arc<Numbers>,
    /// Sequence of the last note.
    notes: u64,
    /// Notes that the Log has not answered for; what it has not answered is bounded, so they are.
    noted: VecDeque<(Ticket, Noted)>,
    wants: Arc<Wants>,
    /// Wall-clock time of this turn.
    time: Timestamp,
    /// This turn's messages for the Log, and the name of their group commit.
    batch: Batch,
    ticket: Ticket,
    batch_bytes_last: usize,
}

/// What a host is made of.
pub struct HostParts {
    /// Subscription trees.
    pub routes: RouteReader,
    /// Live taps.
    pub taps: Arc<Taps>,
    /// Retained messages.
    pub retained: Arc<RetainedMessages>,
    /// What is kept.
    pub keep: Arc<Keep>,
    /// Events.
    pub events: Arc<dyn EventSink>,
    /// Principals.
    pub admission: Arc<dyn Admission>,
    /// Bytes of cached policy decisions.
    pub decisions_bytes_max: usize,
    /// The shard's number.
    pub shard: u16,
    /// Numbers for sessions.
    pub numbers: Arc<Numbers>,
    /// Reads owed messages.
    pub wants: Arc<Wants>,
    /// `a/#` does not match `a`.
    pub hash_spares_parent: bool,
    /// What principals use.
    pub principals: Arc<Principals>,
}

impl ShardHost {
    /// A host without connections.
    pub fn new(parts: HostParts) -> Self {
        Self {
            routes: parts.routes,
            taps: parts.taps,
            retained: parts.retained,
            keep: parts.keep,
            events: parts.events,
            admission: parts.admission,
            decisions: Decisions::new(parts.decisions_bytes_max),
            servers: Servers::default(),
            hash_spares_parent: parts.hash_spares_parent,
            principals: parts.principals,
            shard: parts.shard,
            numbers: parts.numbers,
            notes: 0,
            noted: VecDeque::new(),
            wants: parts.wants,
            time: Timestamp::default(),
            batch: Batch::default(),
            ticket: Ticket(1),
            batch_bytes_last: 0,
        }
    }

    /// Sets the time of the turn, and lets go what ended connections have left.
    pub fn begin_turn(&mut self, now: Now) {
        self.time = now.wall;
        self.decisions.let_go();
    }

    /// Whether something is still to be given to the Log.
    pub fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Writes an owed message down again, for those sessions that are still owed it.
    pub fn write_again(
        &mut self,
        stored: &Stored,
        recipients: &[Recipient],
        origin: u64,
    ) -> Option<Appended> {
        let decoded = stored.message()?;
        let message = Message {
            topic: decoded.topic,
            client_id: decoded.client_id,
            principal: decoded.principal,
            thing: decoded.thing,
            qos: decoded.qos,
            retain: decoded.retain,
            properties: decoded.properties,
            payload: decoded.payload,
            recipients: &[],
        };
        let owed = Owed {
            recipients,
            received: None,
            origin: Some(origin),
            message: Where::Here(&message),
        };
        let envelope = stored.envelope;
        let spot = self.batch().bytes().len() as u64;
        self.batch.push(&envelope, |out| owed::encode(&owed, out));
        Some(Appended {
            ticket: self.ticket,
            spot,
        })
    }

    /// Writes a retained message down again.
    pub fn retain_again(&mut self, account: AccountId, number: u64, retained: &Retained) -> Ticket {
        let envelope = Envelope {
            stream: Stream::RETAINED,
            account,
            trace: retained.trace,
            time: retained.since,
        };
        let record = Message {
            topic: &retained.topic,
            client_id: "",
            principal: PrincipalRef::None,
            thing: None,
            qos: retained.qos,
            retain: true,
            properties: &retained.properties,
            payload: &retained.payload,
            recipients: &[],
        };
        self.batch().push(&envelope, |out| {
            retained_record::encode(number, &record, out);
        });
        self.ticket
    }

    /// This turn's messages, if there are any.
    pub fn take_batch(&mut self) -> Option<(Ticket, Batch)> {
        if self.batch.is_empty() {
            return None;
        }
        self.batch_bytes_last = self.batch.bytes().len();
        let ticket = self.ticket;
        self.ticket.0 += 1;
        Some((ticket, std::mem::take(&mut self.batch)))
    }

    /// The group commit that is being filled.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Times that the decision cache was emptied for want of room.
    pub fn decisions_emptied(&self) -> u64 {
        self.decisions.emptied()
    }

    /// Why a connection may or may not do something.
    pub fn why(&mut self, auth: &Auth, action: Action, name: &str) -> (Effect, Why) {
        self.decisions.why(auth, action, name)
    }

    /// Resolves the policies of somebody who has no connection.
    pub fn resolve(&mut self, auth: &mut Auth) {
        self.decisions.resolve(auth);
    }

    /// This turn's batch.
    fn batch(&mut self) -> &mut Batch {
        if self.batch.is_empty() {
            let buffer = Vec::with_capacity(self.batch_bytes_last);
            self.batch = Batch::reusing(buffer);
        }
        &mut self.batch
    }

    fn envelope(&self, stream: Stream, auth: &Auth, message: &Inbound<'_>) -> Envelope {
        Envelope {
            stream,
            account: auth.principal.account,
            trace: message.trace,
            time: self.time,
        }
    }

    fn verdict(&mut self, auth: &Auth, action: Action, name: &str) -> Verdict {
        match self.decisions.decide(auth, action, name) {
            true => Verdict::Allowed,
            false => Verdict::Denied(self.decisions.explain(auth, action, name)),
        }
    }

    fn cached_verdict(&mut self, auth: &Auth, action: Action, topic: &str) -> Verdict {
        match self.decisions.decide_topic(auth, action, topic) {
            true => Verdict::Allowed,
            false => Verdict::Denied(self.decisions.explain(auth, action, topic)),
        }
    }
}

impl Host for ShardHost {
    type Auth = Auth;

    fn connect(&mut self, auth: &mut Auth, facts: &ConnectFacts<'_>) -> Verdict {
        auth.policies_since = self.time;
        if auth.asked.is_none() {
            auth.since = self.time;
        }
        // Asked again after a change: what the client once asked for stays what it asked for.
        let asked = auth.asked.get_or_insert_with(|| {
            let will_topic = facts.will_topic.map(Box::from);
            Asked {
                persistent: facts.persistent,
                will_topic,
            }
        });
        let will = asked.will_topic.clone();
        self.decisions.resolve(auth);
        let mut wanted = vec![(Action::Connect, facts.client_id)];
        if let Some(will) = will.as_deref() {
            wanted.push((Action::Publish, will));
            if facts.will_retain {
                wanted.push((Action::RetainPublish, will));
            }
        }
        let mut verdicts = wanted
            .into_iter()
            .map(|(action, name)| self.verdict(auth, action, name));
        verdicts
            .find(|verdict| *verdict != Verdict::Allowed)
            .unwrap_or(Verdict::Allowed)
    }

    #[inline]
    fn publish(&mut self, auth: &mut Auth, topic: &str, retain: bool) -> Verdict {
        match self.cached_verdict(auth, Action::Publish, topic) {
            Verdict::Allowed if retain => self.cached_verdict(auth, Action::RetainPublish, topic),
            verdict => verdict,
        }
    }

    fn subscribe(&mut self, auth: &mut Auth, filter: &str) -> Verdict {
        self.verdict(auth, Action::Subscribe, filter)
    }

    fn receive_ahead(&mut self, auth: &mut Auth, filter: &str) -> Ahead {
        match self.decisions.receive_ahead(auth, filter) {
            hw_policy::Ahead::Always => Ahead::Always,
            hw_policy::Ahead::Never => Ahead::Never,
            hw_policy::Ahead::PerTopic => Ahead::PerTopic,
        }
    }

    #[inline]
    fn receive(&mut self, auth: &mut Auth, topic: &str) -> bool {
        self.decisions.decide_topic(auth, Action::Receive, topic)
    }

    fn refresh(&mut self, auth: &mut Auth) -> Result<bool, String> {
        if !auth.principal.is_stale() {
            return Ok(false);
        }
        match self.admission.current(&auth.principal) {
            Ok(principal) => auth.principal = principal,
            Err(refusal) => return Err(refusal.cause),
        }
        Ok(true)
    }

    fn insert(&mut self, account: AccountId, filter: &str, subscriber: Subscriber) {
        let edit = Edit {
            filter: filter::as_matched(filter, self.hash_spares_parent).into(),
            subscriber,
            insert: true,
        };
        self.routes.edit(account, edit);
    }

    fn remove(&mut self, account: AccountId, filter: &str, subscriber: &Subscriber) {
        let edit = Edit {
            filter: filter::as_matched(filter, self.hash_spares_parent).into(),
            subscriber: *subscriber,
            insert: false,
        };
        self.routes.edit(account, edit);
    }

    #[inline]
    fn route(&mut self, account: AccountId, topic: &str, found: &mut Vec<Subscriber>) {
        self.routes.route(account, topic, found);
    }

    #[inline]
    fn routes_version(&mut self, account: AccountId) -> u64 {
        self.routes.version(account)
    }

    fn tap(&mut self, auth: &Auth, message: &Inbound<'_>, tap: &Subscriber) {
        self.taps.give(tap, || LiveMessage {
            time: self.time,
            trace: message.trace,
            topic: message.topic.to_owned(),
            thing: auth.thing_name().map(str::to_owned),
            client_id: auth.client_id.to_string(),
            principal: auth.principal.id.to_string(),
            qos: message.qos,
            retain: message.retain,
            payload: message.payload.to_vec(),
        });
    }

    #[inline]
    fn keeps(&mut self, account: AccountId, topic: &str) -> bool {
        self.keep.keeps(account, topic)
    }

    fn append(&mut self, auth: &Auth, message: &Inbound<'_>, keeping: &Keeping<'_>) -> Appended {
        let record = record(auth, message);
        let spot = self.batch().bytes().len() as u64;
        if !keeping.owed.is_empty() || keeping.received.is_some() {
            let envelope = self.envelope(Stream::OWED, auth, message);
            let owed = Owed {
                recipients: keeping.owed,
                received: keeping.received,
                origin: None,
                message: match (keeping.kept, keeping.owed.is_empty()) {
                    (true, _) => Where::Next,
                    (false, false) => Where::Here(&record),
                    (false, true) => Where::Nowhere,
                },
            };
            self.batch.push(&envelope, |out| owed::encode(&owed, out));
        }
        if keeping.kept {
            let envelope = self.envelope(Stream::MESSAGES, auth, message);
            self.batch
                .push(&envelope, |out| message::encode(&record, out));
        }
        Appended {
            ticket: self.ticket,
            spot,
        }
    }

    fn owner(&self, auth: &Auth) -> Owner {
        Owner {
            principal: auth.principal.id.to_string().into(),
            thing: auth.thing_name().map(Box::from),
        }
    }

    fn revive(&mut self, account: AccountId, owner: &Owner, client_id: &str) -> Option<Auth> {
        let principal = match revive::principal(&*self.admission, account, &owner.principal) {
            Ok(principal) => principal,
            Err(refusal) => {
                let mut event = Event::new(account, "will", "refused", refusal.cause);
                event.thing = owner.thing.as_deref().map(str::to_owned);
                event.client_id = Some(client_id.to_owned());
                event.principal = Some(owner.principal.to_string());
                self.events.emit(event);
                return None;
            }
        };
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let mut auth = Auth::new(principal, client_id.into(), nowhere, None);
        self.decisions.resolve(&mut auth);
        Some(auth)
    }

    fn number_session(&mut self) -> u64 {
        self.numbers.next()
    }

    fn note(&mut self, account: AccountId, session: u64, note: &Note<'_>) -> Ticket {
        self.notes += 1;
        let envelope = Envelope {
            stream: Stream::SESSIONS,
            account,
            trace: TraceId {
                producer: Producer {
                    epoch: self.numbers.epoch(),
                    shard: self.shard,
                },
                sequence: self.notes,
            },
            time: self.time,
        };
        self.batch()
            .push(&envelope, |out| note::encode(session, note, out));
        let noted = Noted::of(account, session, note);
        self.noted.push_back((self.ticket, noted));
        self.ticket
    }

    fn is_writing(&self) -> bool {
        self.has_batch()
    }

    fn noted(&mut self, upto: Ticket, notes: &mut Vec<Noted>) {
        while let Some((_, noted)) = self.noted.pop_front_if(|(ticket, _)| *ticket <= upto) {
            notes.push(noted);
        }
    }

    fn fetch(&mut self, session: u64, places: &[u64]) {
        let wanted = Wanted {
            shard: self.shard,
            session,
            places: places.to_vec(),
        };
        self.wants.push(wanted);
    }

    fn group(&mut self, account: AccountId, share: &str, filter: &str) -> u32 {
        self.routes.group(account, share, filter)
    }

    fn turn(&mut self, account: AccountId, group: u32) -> u64 {
        self.routes.turn(account, group)
    }

    fn retain(
        &mut self,
        auth: &Auth,
        now: Now,
        message: &Inbound<'_>,
    ) -> Result<Option<Ticket>, String> {
        let retained = Retained {
            topic: message.topic.into(),
            payload: message.payload.into(),
            properties: message.properties.into(),
            qos: message.qos,
            trace: message.trace,
            since: now.wall,
            replaced: false.into(),
        };
        let set = self.retained.set(auth.principal.account, retained);
        let number = set.map_err(|full| full.to_string())?;
        let envelope = self.envelope(Stream::RETAINED, auth, message);
        let record = record(auth, message);
        self.batch().push(&envelope, |out| {
            retained_record::encode(number, &record, out);
        });
        Ok(Some(self.ticket))
    }

    fn retained(
        &mut self,
        account: AccountId,
        now: Now,
        filter: &str,
        found: &mut Vec<Arc<Retained>>,
    ) {
        // Who publishes from now on must find the new subscription, or it is found here.
        self.routes.commit();
        self.retained.matching(account, filter, now.wall, found);
    }

    fn server(&mut self, account: AccountId) -> Auth {
        self.servers.of(account)
    }

    fn life(&self, auth: &Auth, life: &Life<'_>) -> Vec<u8> {
        life::payload(auth, life)
    }

    fn principal_use(&mut self, auth: &Auth, now: Now) -> Arc<PrincipalUse> {
        self.principals.uses(&auth.principal, now.monotonic)
    }

    fn happened_away(&mut self, account: AccountId, owner: &Owner, client_id: &str, it: Happening) {
        let mut event = event(account, it);
        event.thing = owner.thing.as_deref().map(str::to_owned);
        event.client_id = Some(client_id.to_owned());
        event.principal = Some(owner.principal.to_string());
        self.events.emit(event);
    }

    fn happened(&mut self, auth: &Auth, happening: Happening) {
        if (happening.kind, happening.outcome) == ("connect", "ok") {
            return;
        }
        let mut event = event(auth.principal.account, happening);
        event.thing = auth.thing_name().map(str::to_owned);
        event.client_id = Some(auth.client_id.to_string());
        event.principal = Some(auth.principal.id.to_string());
        event.address = Some(auth.peer.to_string());
        self.events.emit(event);
    }
}

/// The event of a happening, without whose it is.
fn event(account: AccountId, it: Happening) -> Event {
    let mut event = Event::new(account, it.kind, it.outcome, it.cause);
    event.topic = it.topic;
    event.trace_id = it.trace.map(|trace| trace.to_string());
    event.count = it.count;
    event
}

/// A message as the Log has it.
fn record<'a>(auth: &'a Auth, message: &'a Inbound<'_>) -> Message<'a> {
    Message {
        topic: message.topic,
        client_id: &auth.client_id,
        principal: match &auth.principal.id {
            PrincipalId::Certificate(id) => PrincipalRef::Certificate(*id),
            PrincipalId::Anonymous => PrincipalRef::Other("anonymous"),
            PrincipalId::Named(named) => PrincipalRef::Other(&named.name),
        },
        thing: auth.thing_name(),
        qos: message.qos,
        retain: message.retain,
        properties: message.properties,
        payload: message.payload,
        recipients: &[],
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What the machine asks of whoever runs it: policy, routing, keeping, events. Answers come at
//! once and without I/O. A type parameter and not a `dyn`: it is called for each message.

use std::borrow::Cow;
use std::sync::Arc;

use hw_model::{AccountId, TraceId};

use crate::journal::{Keeping, Note, Owner};
use crate::{Life, Now, PrincipalUse, Retained};

/// A decision with its reason for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Refused; why, in words.
    Denied(String),
}

/// What is known ahead about `iot:Receive` for all topics that a filter can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// Every topic is allowed.
    Always,
    /// No topic is.
    Never,
    /// It is asked for each topic.
    PerTopic,
}

/// Where a subscription lives. Equal when its owner and its shared group are; a slot is reused, so
/// its generation must fit at delivery.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber {
    /// Home shard of the session; [`Subscriber::TAP`] for a live tap of this process.
    pub shard: u16,
    /// Granted QoS.
    pub qos: u8,
    /// MQTT 5 options and what is known ahead, as the machine packs them; 0 for a live tap.
    pub flags: u8,
    /// Whether it is a connection's or a session's that may be without one.
    pub lasting: Lasting,
    /// Slot in that shard; of a lasting session the lower half of its number.
    pub slot: u32,
    /// Generation of the slot; of a lasting session the upper half of its number.
    pub generation: u32,
    /// MQTT 5 subscription identifier, 0 if none.
    pub subscription_id: u32,
    /// The shared subscription that it is a member of, as [`Host::group`] numbers them; 0 if none.
    /// Of the members of a group that a topic reaches, one gets the message.
    pub group: u32,
}

/// Whether a subscription outlives its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lasting {
    /// It ends with the connection.
    #[default]
    No,
    /// It lasts, and its session has a connection.
    Here,
    /// It lasts, and its session had none when this was written. Kept up to date for members of
    /// shared subscriptions only, which are chosen by it.
    Away,
}

impl Subscriber {
    /// The number of a lasting session.
    #[inline]
    pub fn session(&self) -> Option<u64> {
        let number = u64::from(self.generation) << 32 | u64::from(self.slot);
        (self.lasting != Lasting::No).then_some(number)
    }

    /// Shard number that stands for live taps.
    pub const TAP: u16 = u16::MAX;
}

impl PartialEq for Subscriber {
    fn eq(&self, other: &Self) -> bool {
        let lasts = |it: &Self| it.lasting != Lasting::No;
        let owner = |it: &Self| (it.shard, it.slot, it.generation, it.group, lasts(it));
        owner(self) == owner(other)
    }
}

impl Eq for Subscriber {}

/// A message on its way in.
#[derive(Debug, Clone, Copy)]
pub struct Inbound<'a> {
    /// Its trace id.
    pub trace: TraceId,
    /// Concrete topic.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// MQTT 5 properties as received, without topic alias.
    pub properties: &'a [u8],
    /// QoS as published.
    pub qos: u8,
    /// RETAIN as published.
    pub retain: bool,
}

/// Names a group commit of the Log: a message is durable when its ticket is. What
/// [`Host::append`] returns to one shard never falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// A note that was given to the Log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Whose account.
    pub account: AccountId,
    /// Which session.
    pub session: u64,
    /// What it said is consumed, if it did.
    pub consumed: Vec<u64>,
    /// Whether it said that the session has ended.
    pub ended: bool,
}

impl Noted {
    /// What is kept of a note until it is safe.
    pub fn of(account: AccountId, session: u64, note: &Note<'_>) -> Self {
        let consumed = match note {
            Note::Consumed(origins) => origins.to_vec(),
            _ => Vec::new(),
        };
        Self {
            account,
            session,
            consumed,
            ended: matches!(note, Note::Ended),
        }
    }
}

/// What [`Host::append`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The group commit.
    pub ticket: Ticket,
    /// Where in the batch the record begins by which the message is found; added to the place of
    /// the batch it is the message's origin.
    pub spot: u64,
}

/// A happening that is worth an event row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// `connect`, `publish`, `subscribe`, `deliver`, `disconnect`, `packet`.
    pub kind: &'static str,
    /// `ok`, `refused`, `dropped`, `closed`.
    ///
    /// A client that leaves or is lost is `disconnect`/`closed`; a broken rule of MQTT is
    /// `packet`/`refused`, and the connection ends with it.
    pub outcome: &'static str,
    /// Why, in words. Borrowed where it can happen for each message, so that a flood costs little.
    pub cause: Cow<'static, str>,
    /// Topic or filter it is about.
    pub topic: Option<String>,
    /// Message it is about.
    pub trace: Option<TraceId>,
    /// How many times it happened.
    pub count: u64,
}

/// Facts of a CONNECT that its policy check needs.
#[derive(Debug, Clone, Copy)]
pub struct ConnectFacts<'a> {
    /// Client id (assigned if it came empty).
    pub client_id: &'a str,
    /// Whether a session is asked for that outlives the connection.
    pub persistent: bool,
    /// Will topic, if there is a will.
    pub will_topic: Option<&'a str>,
    /// Whether the will is retained.
    pub will_retain: bool,
}

/// Whoever runs the machine.
pub trait Host {
    /// A connection's identity with its resolved policies and decision cache.
    type Auth;

    /// `iot:Connect` (and Publish of the will topic); resolves the connection's policies. Asked
    /// again, without a will, after [`Host::refresh`] said that something changed.
    fn connect(&mut self, auth: &mut Self::Auth, facts: &ConnectFacts<'_>) -> Verdict;
    /// `iot:Publish`, and `iot:RetainPublish` if `retain`. Answers for one topic, as those of
    /// [`Host::receive`], may be remembered until the next [`crate::Shard::refresh`].
    fn publish(&mut self, auth: &mut Self::Auth, topic: &str, retain: bool) -> Verdict;
    /// `iot:Subscribe` on the filter as sent.
    fn subscribe(&mut self, auth: &mut Self::Auth, filter: &str) -> Verdict;
    /// `iot:Receive` for a whole filter.
    fn receive_ahead(&mut self, auth: &mut Self::Auth, filter: &str) -> Ahead;
    /// `iot:Receive` for one topic.
    fn receive(&mut self, auth: &mut Self::Auth, topic: &str) -> bool;
    /// Whether the connection's principal has changed; looks it up again if so. `Err` is the cause
    /// for which the connection must be cut.
    fn refresh(&mut self, auth: &mut Self::Auth) -> Result<bool, String>;

    /// Puts a subscription into the account's tree; replaces an equal subscriber's.
    fn insert(&mut self, account: AccountId, filter: &str, subscriber: Subscriber);
    /// Takes it out.
    fn remove(&mut self, account: AccountId, filter: &str, subscriber: &Subscriber);
    /// Appends every subscriber of a topic to `found`, once for each filter that matches.
    fn route(&mut self, account: AccountId, topic: &str, found: &mut Vec<Subscriber>);
    /// A number that is another one whenever [`Host::route`] may find others in the account than
    /// it did; it never comes again.
    fn routes_version(&mut self, account: AccountId) -> u64;
    /// Gives the message to a live tap; called once for each that [`Host::route`] found.
    fn tap(&mut self, auth: &Self::Auth, message: &Inbound<'_>, tap: &Subscriber);

    /// The number of a shared subscription, the same for all that subscribe to that filter under
    /// that name; never 0.
    fn group(&mut self, account: AccountId, share: &str, filter: &str) -> u32;

    /// How many messages came to a shared subscription before this one, whichever shard took them
    /// in: whose turn it is. Asked once for each.
    fn turn(&mut self, account: AccountId, group: u32) -> u64;

    /// Makes a message the retained one of its topic, or forgets that if the payload is empty
    /// (MQTT 5, section 3.3.1.3). Durable when the ticket is; found by [`Host::retained`] at once.
    ///
    /// # Errors
    /// There is no room, in words.
    fn retain(
        &mut self,
        auth: &Self::Auth,
        now: Now,
        message: &Inbound<'_>,
    ) -> Result<Option<Ticket>, String>;
    /// Appends the retained messages of the topics that a filter matches, but those that have
    /// expired.
    fn retained(
        &mut self,
        account: AccountId,
        now: Now,
        filter: &str,
        found: &mut Vec<Arc<Retained>>,
    );

    /// Whether messages of this topic are kept.
    fn keeps(&mut self, account: AccountId, topic: &str) -> bool;
    /// Appends a message to this turn's batch, for all that it is kept for at once.
    fn append(
        &mut self,
        auth: &Self::Auth,
        message: &Inbound<'_>,
        keeping: &Keeping<'_>,
    ) -> Appended;

    /// Whose a connection's session is.
    fn owner(&self, auth: &Self::Auth) -> Owner;
    /// An identity for somebody who is not connected, as it stands now; `None` if there is none any
    /// more, which the host has noted as an event. For wills.
    fn revive(&mut self, account: AccountId, owner: &Owner, client_id: &str) -> Option<Self::Auth>;
    /// A number that no session has had. It rises, and is not 0.
    fn number_session(&mut self) -> u64;
    /// Appends a change of a session to this turn's batch.
    fn note(&mut self, account: AccountId, session: u64, note: &Note<'_>) -> Ticket;
    /// Whether this turn's batch has something in it.
    fn is_writing(&self) -> bool;
    /// The Log has answered for all up to that ticket: appends the notes of those batches, which are
    /// not asked for again.
    fn noted(&mut self, upto: Ticket, notes: &mut Vec<Noted>);
    /// Reads owed messages from the Log. [`crate::Shard::found`] is called with each sooner or
    /// later; one that is left out is asked for again.
    fn fetch(&mut self, session: u64, places: &[u64]);

    /// Who the server is when it publishes for itself in an account; for records and taps alone.
    fn server(&mut self, account: AccountId) -> Self::Auth;
    /// The payload of the message about something in a connection's life.
    fn life(&self, auth: &Self::Auth, life: &Life<'_>) -> Vec<u8>;

    /// What the principal of a connection uses. Asked for where that is bounded
    /// ([`crate::PrincipalLimits`]).
    fn principal_use(&mut self, auth: &Self::Auth, now: Now) -> Arc<PrincipalUse>;

    /// Notes an event.
    fn happened(&mut self, auth: &Self::Auth, happening: Happening);
    /// The same of a session that has no connection.
    fn happened_away(
        &mut self,
        account: AccountId,
        owner: &Owner,
        client_id: &str,
        happening: Happening,
    );
}

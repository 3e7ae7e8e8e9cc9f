// SPDX-License-Identifier: Apache-2.0
//! QoS 2 (MQTT 5, section 4.3.3): which messages are half way, in both directions.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZeroU64;

use hw_model::TraceId;
use hw_mqtt::{Publish, encode, reason};

use crate::acks::Answer;
use crate::connection::Connection;
use crate::journal::{Assigned, Note};
use crate::owed::Stage;
use crate::pump::outgoing_of;
use crate::refusal::Refusal;
use crate::unreleased::{Unreleased, Way};
use crate::{Host, Now, Shard, Slot};

type Map<V> = HashMap<u16, V, foldhash::fast::RandomState>;

/// Messages of one session that are half way.
#[derive(Debug, Default)]
pub(crate) struct Exactly {
    /// From the client, until its PUBREL.
    incoming: Map<Half>,
    /// How many of those wait for PUBREL.
    unreleased: usize,
    /// To the client, until its PUBCOMP: whether its PUBREC came.
    outgoing: Map<bool>,
}

/// A message that came and is not released.
#[derive(Debug, Default)]
struct Half {
    /// Whether it may be answered.
    answered: bool,
    /// Whether it came again on this connection.
    again: bool,
    /// What its content hashes to; `None` after a restart.
    print: Option<NonZeroU64>,
    way: Way,
}

/// What a message with a packet id is.
#[derive(Debug)]
pub(crate) enum Incoming {
    New,
    /// It takes the place of another one, which stands there with its receivers.
    Instead(Way),
    /// It was taken in; whether it has been answered.
    Again {
        answered: bool,
    },
    /// It came a third time.
    TooOften,
}

impl Exactly {
    /// How many are on their way from the client.
    pub(crate) fn incoming(&self) -> usize {
        self.incoming.len()
    }

    /// How many of those have receivers that wait for PUBREL.
    pub(crate) fn unreleased(&self) -> usize {
        self.unreleased
    }

    /// The ids of those that came from the client.
    pub(crate) fn incoming_ids(&self) -> impl Iterator<Item = u16> {
        self.incoming.keys().copied()
    }

    /// After a restart: these were taken in.
    pub(crate) fn with_incoming(ids: &[u16]) -> Self {
        Self {
            incoming: ids.iter().map(|id| (*id, Half::answered())).collect(),
            ..Self::default()
        }
    }

    /// The connection is gone. What was not answered will be asked for again; it is in the Log.
    pub(crate) fn put_aside(&mut self) {
        for half in self.incoming.values_mut() {
            (half.answered, half.again) = (true, false);
            half.way = Way::Out;
        }
    }

    /// A message came. Its id says whether it is one that came before, and so does its content: a
    /// device that was restarted, and has forgotten what it had half way, counts its ids anew.
    pub(crate) fn take_in(&mut self, publish: &Publish<'_>) -> Incoming {
        let print = print(publish);
        let fresh = Half {
            print: Some(print),
            ..Half::default()
        };
        match self.incoming.get_mut(&publish.packet_id) {
            None => {
                self.incoming.insert(publish.packet_id, fresh);
                Incoming::New
            }
            Some(half) if half.print.is_some_and(|known| known != print) => {
                let way = std::mem::replace(half, fresh).way;
                self.unreleased -= usize::from(way.is_here());
                Incoming::Instead(way)
            }
            Some(half) if half.again => Incoming::TooOften,
            Some(half) => {
                half.again = true;
                Incoming::Again {
                    answered: half.answered,
                }
            }
        }
    }

    /// Its PUBREC leaves.
    pub(crate) fn answered(&mut self, id: u16) {
        if let Some(half) = self.incoming.get_mut(&id) {
            half.answered = true;
        }
    }

    /// It was not taken after all, or PUBREL came. What waits for that.
    pub(crate) fn let_go(&mut self, id: u16) -> Option<Box<Unreleased>> {
        match self.incoming.remove(&id)?.way {
            Way::Here(unreleased) => {
                self.unreleased -= 1;
                Some(unreleased)
            }
            Way::Out | Way::Held(_) => None,
        }
    }

    /// How it stands with its receivers now.
    pub(crate) fn set_way(&mut self, id: u16, way: Way) {
        if let Some(half) = self.incoming.get_mut(&id) {
            self.unreleased += usize::from(way.is_here());
            self.unreleased -= usize::from(half.way.is_here());
            half.way = way;
        }
    }

    /// Whether it waits for the Log.
    pub(crate) fn is_held(&self, id: u16, trace: TraceId) -> bool {
        let way = self.incoming.get(&id).map(|half| &half.way);
        matches!(way, Some(Way::Held(held)) if *held == trace)
    }

    /// All that wait for PUBREL.
    pub(crate) fn take_unreleased(&mut self) -> Vec<Unreleased> {
        if std::mem::take(&mut self.unreleased) == 0 {
            return Vec::new();
        }
        let halves = self.incoming.values_mut();
        halves
            .filter_map(|half| match std::mem::take(&mut half.way) {
                Way::Here(unreleased) => Some(*unreleased),
                other => {
                    half.way = other;
                    None
                }
            })
            .collect()
    }

    /// A message left.
    pub(crate) fn sent(&mut self, id: u16) {
        self.outgoing.insert(id, false);
    }

    /// Whether that id is one of QoS 2.
    pub(crate) fn is_out(&self, id: u16) -> bool {
        !self.outgoing.is_empty() && self.outgoing.contains_key(&id)
    }

    /// Whether the PUBREC of that one came; `None`: no such message.
    fn is_received(&self, id: u16) -> Option<bool> {
        self.outgoing.get(&id).copied()
    }

    /// PUBREC came. `false`: no such message.
    fn received(&mut self, id: u16) -> bool {
        let known = self.outgoing.get_mut(&id);
        known.is_some_and(|received| {
            *received = true;
            true
        })
    }

    /// The exchange is over. `false`: no such message.
    fn complete(&mut self, id: u16) -> bool {
        self.outgoing.remove(&id).is_some()
    }
}

impl Half {
    fn answered() -> Self {
        Self {
            answered: true,
            ..Self::default()
        }
    }
}

/// What tells a message from another with the same packet id.
fn print(publish: &Publish<'_>) -> NonZeroU64 {
    let content = (publish.topic, publish.payload, publish.retain);
    let hash = foldhash::fast::FixedState::default().hash_one(content);
    NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN)
}

impl<H: Host> Shard<H> {
    /// PUBREL of a publisher: its id is free, and it is told so. In a session that lasts that is
    /// written down first: a client that is told so may give the id to another message.
    pub(crate) fn on_pubrel(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (account, session) = (connection.account, connection.lasting_session());
        let rare = connection.rare.as_mut();
        let unreleased = rare.and_then(|rare| rare.exactly.let_go(packet_id));
        // One that is not known was released before, and the answer was lost; that it was may not be
        // written down yet.
        let note = Note::Released(packet_id);
        let ticket = session.map(|session| host.note(account, session, &note));
        self.acknowledge(host, now, slot, Answer::PubComp(packet_id), ticket);
        if let Some(unreleased) = unreleased {
            self.release(host, now, &unreleased);
        }
    }

    /// PUBREC of a receiver: it has the message, or does not want it.
    pub(crate) fn on_pubrec(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        packet_id: u16,
        code: u8,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if let Some(session) = connection.lasting_session() {
            return self.on_pubrec_of_session(host, now, slot, session, packet_id, code);
        }
        let exactly = connection.rare.as_mut().map(|rare| &mut rare.exactly);
        let known = match exactly {
            Some(exactly) if reason::is_failure(code) => exactly.complete(packet_id),
            Some(exactly) => exactly.received(packet_id),
            None => false,
        };
        if !known && connection.inflight.is_out(packet_id) {
            return self.wrong_answer(host, now, slot, "PUBREC", packet_id);
        }
        if !reason::is_failure(code) {
            return self.answer_pubrec(host, now, slot, packet_id);
        }
        // MQTT 5, section 4.3.3: the exchange ends here.
        if known && connection.inflight.release(packet_id) {
            self.pump(host, now, slot);
        }
    }

    /// An id that is not known is one whose PUBCOMP was lost: its exchange goes on as if it were.
    fn answer_pubrec(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16) {
        if let Some(version) = self.connections.live_mut(slot).map(|it| it.version) {
            self.answer(host, now, slot, |out| {
                encode::pubrel(out, version, packet_id, reason::SUCCESS);
            });
        }
    }

    /// A receiver's answer does not go with its message.
    pub(crate) fn wrong_answer(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        answer: &str,
        packet_id: u16,
    ) {
        let cause = format!("{answer} for {packet_id} does not fit its QoS, or comes too early");
        let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
        self.breach(host, now, slot, refusal);
    }

    /// PUBREC in a session that lasts is written down before PUBREL leaves: on PUBREL the client
    /// forgets the id, and would take the message for another if it came again after a crash.
    fn on_pubrec_of_session(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        session: u64,
        packet_id: u16,
        code: u8,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let account = connection.account;
        let out = match outgoing_of(connection).and_then(|it| it.find(packet_id)) {
            Some(out) if out.owed.qos == 2 => out,
            Some(_) => return self.wrong_answer(host, now, slot, "PUBREC", packet_id),
            None if reason::is_failure(code) => return,
            None => return self.answer_pubrec(host, now, slot, packet_id),
        };
        if reason::is_failure(code) {
            return self.complete_owed(host, now, slot, session, packet_id);
        }
        match out.stage {
            Stage::Sent => {
                out.stage = Stage::Receiving;
                let assigned = Assigned {
                    origin: out.owed.origin,
                    packet_id,
                    received: true,
                };
                let ticket = host.note(account, session, &Note::Assigned(assigned));
                self.acknowledge(host, now, slot, Answer::PubRel(packet_id), Some(ticket));
            }
            Stage::Received => self.answer_pubrec(host, now, slot, packet_id),
            Stage::Receiving | Stage::Assigning => {}
        }
    }

    /// PUBCOMP of a receiver: room for what waits.
    pub(crate) fn on_pubcomp(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if let Some(session) = connection.lasting_session() {
            let out = outgoing_of(connection).and_then(|it| it.find(packet_id));
            return match out.map(|it| it.stage) {
                None | Some(Stage::Assigning) => {}
                Some(Stage::Received) => self.complete_owed(host, now, slot, session, packet_id),
                Some(_) => self.wrong_answer(host, now, slot, "PUBCOMP", packet_id),
            };
        }
        let exactly = connection.rare.as_mut().map(|rare| &mut rare.exactly);
        let received = exactly.as_ref().and_then(|it| it.is_received(packet_id));
        match (exactly, received) {
            (Some(exactly), Some(true)) => {
                exactly.complete(packet_id);
                if connection.inflight.release(packet_id) {
                    self.pump(host, now, slot);
                }
            }
            _ if connection.inflight.is_out(packet_id) => {
                self.wrong_answer(host, now, slot, "PUBCOMP", packet_id);
            }
            _ => {}
        }
    }
}

impl<A> Connection<A> {
    /// A client's PUBREC is written down: whether PUBREL is to be sent.
    pub(crate) fn received(&mut self, id: u16) -> bool {
        match outgoing_of(self).and_then(|it| it.find(id)) {
            Some(out) if out.stage == Stage::Receiving => {
                out.stage = Stage::Received;
                true
            }
            _ => false,
        }
    }
}

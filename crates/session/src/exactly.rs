// SPDX-License-Identifier: Apache-2.0
//! QoS 2 (MQTT 5, section 4.3.3): which messages are half way, in both directions.

use std::collections::HashMap;

use hw_mqtt::{Version, encode, reason};

use crate::acks::Answer;
use crate::connection::Connection;
use crate::journal::{Assigned, Note};
use crate::owed::Stage;
use crate::pump::outgoing_of;
use crate::refusal::Refusal;
use crate::{Host, Now, Shard, Slot};

type Map<V> = HashMap<u16, V, foldhash::fast::RandomState>;

/// Messages of one session that are half way.
#[derive(Debug, Default)]
pub(crate) struct Exactly {
    /// From the client, until its PUBREL: whether it may be answered.
    incoming: Map<bool>,
    /// To the client, until its PUBCOMP: whether its PUBREC came.
    outgoing: Map<bool>,
}

impl Exactly {
    /// How many are on their way from the client.
    pub(crate) fn incoming(&self) -> usize {
        self.incoming.len()
    }

    /// The ids of those that came from the client.
    pub(crate) fn incoming_ids(&self) -> impl Iterator<Item = u16> {
        self.incoming.keys().copied()
    }

    /// After a restart: these were taken in.
    pub(crate) fn with_incoming(ids: &[u16]) -> Self {
        Self {
            incoming: ids.iter().map(|id| (*id, true)).collect(),
            ..Self::default()
        }
    }

    /// The connection is gone. What was not answered will be asked for again; it is in the Log.
    pub(crate) fn put_aside(&mut self) {
        self.incoming
            .values_mut()
            .for_each(|answered| *answered = true);
    }

    /// A message came. `None` if it is new; else whether it has been answered.
    pub(crate) fn take_in(&mut self, id: u16) -> Option<bool> {
        let known = self.incoming.get(&id).copied();
        if known.is_none() {
            self.incoming.insert(id, false);
        }
        known
    }

    /// Its PUBREC leaves.
    pub(crate) fn answered(&mut self, id: u16) {
        if let Some(answered) = self.incoming.get_mut(&id) {
            *answered = true;
        }
    }

    /// It was not taken after all, or PUBREL came. `false`: it is not known.
    pub(crate) fn let_go(&mut self, id: u16) -> bool {
        self.incoming.remove(&id).is_some()
    }

    /// A message left.
    pub(crate) fn sent(&mut self, id: u16) {
        self.outgoing.insert(id, false);
    }

    /// Whether that id is one of QoS 2.
    pub(crate) fn is_out(&self, id: u16) -> bool {
        !self.outgoing.is_empty() && self.outgoing.contains_key(&id)
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

impl<H: Host> Shard<H> {
    /// PUBREL of a publisher: its id is free, and it is told so. In a session that lasts that is
    /// written down first: a client that is told so may give the id to another message.
    pub(crate) fn on_pubrel(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let (account, session) = (connection.account, connection.lasting_session());
        let known = match &mut connection.rare {
            Some(rare) => rare.exactly.let_go(packet_id),
            None => false,
        };
        let ticket = match session {
            Some(session) if known => Some(host.note(account, session, &Note::Released(packet_id))),
            _ => None,
        };
        let code = match known {
            true => reason::SUCCESS,
            false => reason::PACKET_IDENTIFIER_NOT_FOUND,
        };
        self.acknowledge(host, now, slot, Answer::PubComp(packet_id, code), ticket);
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
        let rare = connection.rare();
        if reason::is_failure(code) {
            // MQTT 5, section 4.3.3: the exchange ends here.
            if rare.exactly.complete(packet_id) && connection.inflight.release(packet_id) {
                self.pump(host, now, slot);
            }
            return;
        }
        let known = rare.exactly.received(packet_id);
        self.answer_pubrec(host, now, slot, packet_id, known);
    }

    fn answer_pubrec(&mut self, host: &mut H, now: Now, slot: Slot, packet_id: u16, known: bool) {
        let Some(version) = self.connections.live_mut(slot).map(|it| it.version) else {
            return;
        };
        if !known && version == Version::V311 {
            let cause = format!("PUBREC for {packet_id}, which is no message of QoS 2");
            let refusal = Refusal::packet(reason::PROTOCOL_ERROR, cause);
            return self.breach(host, now, slot, refusal);
        }
        let code = match known {
            true => reason::SUCCESS,
            false => reason::PACKET_IDENTIFIER_NOT_FOUND,
        };
        self.answer(host, now, slot, |out| {
            encode::pubrel(out, version, packet_id, code);
        });
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
        let out = outgoing_of(connection).and_then(|it| it.find(packet_id));
        let Some(out) = out.filter(|it| it.owed.qos == 2) else {
            if !reason::is_failure(code) {
                self.answer_pubrec(host, now, slot, packet_id, false);
            }
            return;
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
            Stage::Received => self.answer_pubrec(host, now, slot, packet_id, true),
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
            if out.is_some_and(|it| it.stage == Stage::Received) {
                self.complete_owed(host, now, slot, session, packet_id);
            }
            return;
        }
        let Some(rare) = &mut connection.rare else {
            return;
        };
        if rare.exactly.complete(packet_id) && connection.inflight.release(packet_id) {
            self.pump(host, now, slot);
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

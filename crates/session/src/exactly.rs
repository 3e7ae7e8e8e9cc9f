// SPDX-License-Identifier: Apache-2.0
//! QoS 2 (MQTT 5, section 4.3.3): which messages are half way, in both directions.

use std::collections::HashMap;

use hw_mqtt::{Version, encode, reason};

use crate::acks::Answer;
use crate::refusal::Refusal;
use crate::{Host, Now, Shard, Slot};

type Map<V> = HashMap<u16, V, foldhash::fast::RandomState>;

/// Messages of one session that are half way.
#[derive(Debug, Default)]
pub(crate) struct Exactly {
    /// From the client, until its PUBREL: whether PUBREC was sent.
    incoming: Map<bool>,
    /// To the client, until its PUBCOMP: whether its PUBREC came.
    outgoing: Map<bool>,
}

impl Exactly {
    /// How many are on their way from the client.
    pub(crate) fn incoming(&self) -> usize {
        self.incoming.len()
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
    /// PUBREL of a publisher: its id is free, and it is told so.
    pub(crate) fn on_pubrel(&mut self, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let known = match &mut connection.rare {
            Some(rare) => rare.exactly.let_go(packet_id),
            None => false,
        };
        let code = match known {
            true => reason::SUCCESS,
            false => reason::PACKET_IDENTIFIER_NOT_FOUND,
        };
        self.acknowledge(slot, Answer::PubComp(packet_id, code), None);
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
        let version = connection.version;
        let rare = connection.rare();
        if reason::is_failure(code) {
            // MQTT 5, section 4.3.3: the exchange ends here.
            if rare.exactly.complete(packet_id) && connection.inflight.release(packet_id) {
                self.pump(now, slot);
            }
            return;
        }
        let known = rare.exactly.received(packet_id);
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

    /// PUBCOMP of a receiver: room for what waits.
    pub(crate) fn on_pubcomp(&mut self, now: Now, slot: Slot, packet_id: u16) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let Some(rare) = &mut connection.rare else {
            return;
        };
        if rare.exactly.complete(packet_id) && connection.inflight.release(packet_id) {
            self.pump(now, slot);
        }
    }
}

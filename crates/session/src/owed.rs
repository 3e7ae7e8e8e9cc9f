// SPDX-License-Identifier: Apache-2.0
//! What a session is owed: messages of QoS 1 and 2 that wait for it or are on their way to it.
//!
//! They are in the Log; here stands only where. A message is named by the place where it first
//! stood (its *origin*); until the Log has answered it is known by its trace.

use std::collections::{BTreeMap, VecDeque};

use hw_model::TraceId;
use hw_mqtt::Qos;

use crate::queue::Queued;

/// Bytes of messages that a session keeps at hand, so that a short wait needs no reading.
const AT_HAND_BYTES_MAX: usize = 64 * 1024;

/// A message that a session is owed.
#[derive(Debug)]
pub(crate) struct Owed {
    /// 0 until the Log has it; [`Owed::NOWHERE`] if it never will.
    pub(crate) origin: u64,
    pub(crate) place: u64,
    shard: u16,
    pub(crate) qos: u8,
    /// Packet ids behind its own that belong to messages that were dropped.
    pub(crate) skips: u16,
    sequence: u64,
    /// The packet, while it is at hand.
    pub(crate) packet: Option<Box<Queued>>,
}

impl Owed {
    /// Origin of a message that the Log refused after it was sent.
    const NOWHERE: u64 = u64::MAX;

    /// One that the Log has been given.
    pub(crate) fn fresh(trace: TraceId, qos: u8) -> Self {
        Self {
            origin: 0,
            place: 0,
            shard: trace.producer.shard,
            qos,
            skips: 0,
            sequence: trace.sequence,
            packet: None,
        }
    }

    /// One that stands in the Log.
    pub(crate) fn stored(origin: u64, place: u64, qos: u8) -> Self {
        Self {
            origin,
            place,
            shard: 0,
            qos,
            skips: 0,
            sequence: 0,
            packet: None,
        }
    }

    /// Whether the Log has it.
    pub(crate) fn is_settled(&self) -> bool {
        self.origin != 0 && self.origin != Self::NOWHERE
    }

    fn is(&self, trace: TraceId) -> bool {
        self.origin == 0 && (self.shard, self.sequence) == (trace.producer.shard, trace.sequence)
    }
}

/// How far a message that was sent has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// QoS 2: its packet id is not in the Log yet, so it has not been sent.
    Assigning,
    /// Sent; PUBACK or PUBREC is to come.
    Sent,
    /// QoS 2: PUBREC came, and is not in the Log yet.
    Receiving,
    /// QoS 2: PUBREL was sent.
    Received,
}

/// A message that has a packet id.
#[derive(Debug)]
pub(crate) struct Out {
    pub(crate) owed: Owed,
    pub(crate) id: u16,
    pub(crate) stage: Stage,
    /// It is to be sent again, since the connection is a new one.
    pub(crate) again: bool,
}

impl Out {
    /// Whether it waits for the packet at that place. One that was sent meanwhile does not: the Log
    /// may be read twice for a session that changes its connection.
    fn is_again_at(&self, place: u64) -> bool {
        self.again && self.owed.is_settled() && self.owed.place == place
    }
}

/// What a session is owed.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) number: u64,
    /// On their way, in the order in which they were sent.
    pub(crate) out: VecDeque<Out>,
    /// Waiting, in order.
    pub(crate) queue: VecDeque<Owed>,
    /// Done with before the Log had them: (shard, sequence).
    early: VecDeque<(u16, u64)>,
    /// How many at the front of the queue are known to be settled.
    settled: usize,
    /// How many of those on their way are to be sent again.
    again: usize,
    /// The Log is being read for it.
    pub(crate) fetching: bool,
    /// How many it was owed when one was dropped for want of room; 0 since a quarter of that has gone,
    /// so that one event tells of all.
    overflowed_at: usize,
    at_hand_bytes: usize,
}

/// A message that is owed no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Let {
    pub(crate) origin: u64,
    /// Its packet id, if it had one.
    pub(crate) id: Option<u16>,
    /// Packet ids that would be given next to it, and to others dropped behind it.
    pub(crate) ids_due: u16,
}

/// What became of a message when the Log answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settling {
    /// It is still owed.
    Owed,
    /// It was done with already.
    Done,
    /// Nothing is known of it.
    Unknown,
    /// It was on its way with that packet id, on a connection that is gone, and can't be sent again.
    Void(u16),
}

impl Outgoing {
    pub(crate) fn of(number: u64) -> Self {
        Self {
            number,
            ..Self::default()
        }
    }

    /// Whether a message must wait behind others.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.queue.is_empty() || self.again > 0
    }

    /// How many were sent on this connection and are not done.
    pub(crate) fn sent(&self) -> usize {
        self.out.len() - self.again
    }

    /// The first that is to be sent again.
    pub(crate) fn next_again(&mut self) -> Option<&mut Out> {
        if self.again == 0 {
            return None;
        }
        self.out.iter_mut().find(|out| out.again)
    }

    /// One of them is on its way again, though not sent yet.
    pub(crate) fn begun_again(&mut self) {
        self.again -= 1;
    }

    /// It was.
    pub(crate) fn sent_again(&mut self, id: u16) {
        if let Some(out) = self.out.iter_mut().find(|out| out.id == id && out.again) {
            out.again = false;
            out.owed.packet = None;
            self.again -= 1;
        }
    }

    /// How many are owed.
    pub(crate) fn len(&self) -> usize {
        self.queue.len() + self.out.len()
    }

    /// How many of those that wait the Log has not answered for.
    pub(crate) fn unsettled(&self) -> usize {
        self.queue.len() - self.settled.min(self.queue.len())
    }

    /// Lines a message up; its packet is kept at hand if there is room.
    pub(crate) fn push(&mut self, mut owed: Owed, packet: Option<Queued>) {
        if self.overflowed_at > 0 && self.len() < self.overflowed_at - self.overflowed_at / 4 {
            self.overflowed_at = 0;
        }
        owed.packet = packet
            .filter(|packet| self.at_hand_bytes + packet.bytes() <= AT_HAND_BYTES_MAX)
            .map(Box::new);
        self.at_hand_bytes += owed.packet.as_ref().map_or(0, |it| it.bytes());
        self.queue.push_back(owed);
    }

    /// Takes the first one that waits.
    pub(crate) fn pop(&mut self) -> Option<Owed> {
        let owed = self.queue.pop_front()?;
        self.settled = self.settled.saturating_sub(1);
        self.at_hand_bytes -= owed.packet.as_ref().map_or(0, |it| it.bytes());
        Some(owed)
    }

    /// Puts a packet to its message; `false`: nobody waits for that place.
    pub(crate) fn bring(&mut self, place: u64, packet: Queued) -> bool {
        if let Some(out) = self.out.iter_mut().find(|out| out.is_again_at(place)) {
            out.owed.packet = Some(Box::new(packet));
            return true;
        }
        let waits = |owed: &&mut Owed| owed.is_settled() && owed.place == place;
        let Some(owed) = self.queue.iter_mut().find(waits) else {
            return false;
        };
        let before = owed.packet.replace(Box::new(packet));
        let bytes = owed.packet.as_ref().map_or(0, |it| it.bytes());
        self.at_hand_bytes += bytes;
        self.at_hand_bytes -= before.map_or(0, |it| it.bytes());
        true
    }

    /// A message of QoS 2 at that place was begun and must not be sent again: the client, which may
    /// have it, is to let go of its packet id. `false`: there is none, or it need not be sent.
    pub(crate) fn release_at(&mut self, place: u64) -> bool {
        let begun = |out: &&mut Out| {
            matches!(out.stage, Stage::Sent | Stage::Receiving)
                && out.owed.qos == Qos::ExactlyOnce as u8
                && out.is_again_at(place)
        };
        let Some(out) = self.out.iter_mut().find(begun) else {
            return false;
        };
        out.stage = Stage::Received;
        true
    }

    /// Forgets the message at that place, which can't be had or must not be sent.
    pub(crate) fn drop_at(&mut self, place: u64) -> Option<Let> {
        if let Some(at) = self.out.iter().position(|out| out.is_again_at(place)) {
            let out = self.take_out(at)?;
            return Some(Let {
                origin: out.owed.origin,
                id: Some(out.id),
                ids_due: 0,
            });
        }
        let waits = |owed: &Owed| owed.is_settled() && owed.place == place;
        let at = self.queue.iter().position(waits)?;
        let owed = self.queue.remove(at)?;
        self.settled -= usize::from(at < self.settled);
        self.at_hand_bytes -= owed.packet.as_ref().map_or(0, |it| it.bytes());
        let ids = owed.skips.saturating_add(1);
        let before = at.checked_sub(1).and_then(|at| self.queue.get_mut(at));
        let ids_due = match before {
            Some(before) => {
                before.skips = before.skips.saturating_add(ids);
                0
            }
            None => ids,
        };
        Some(Let {
            origin: owed.origin,
            id: None,
            ids_due,
        })
    }

    /// A message that needs not be sent: noted until the Log has answered for it.
    pub(crate) fn done_early(&mut self, trace: TraceId) {
        self.early.push_back((trace.producer.shard, trace.sequence));
    }

    /// A message that there is no room for; whether it is the first since there was some.
    pub(crate) fn overflow(&mut self, trace: TraceId) -> bool {
        self.done_early(trace);
        let now = self.len().max(1);
        std::mem::replace(&mut self.overflowed_at, now) == 0
    }

    /// Bytes of the packets at hand.
    #[inline]
    pub(crate) fn at_hand_bytes(&self) -> usize {
        self.at_hand_bytes
    }

    /// The message that was lined up last is owed at a higher QoS, too.
    pub(crate) fn raise(&mut self, trace: TraceId, qos: u8) {
        if let Some(last) = self.queue.back_mut().filter(|last| last.is(trace)) {
            last.qos = last.qos.max(qos);
        }
    }

    /// Forgets the packets at hand: whether they may be sent is to be asked again.
    pub(crate) fn put_out_of_hand(&mut self) {
        self.at_hand_bytes = 0;
        self.queue.iter_mut().for_each(|owed| owed.packet = None);
        self.out.iter_mut().for_each(|out| out.owed.packet = None);
    }

    /// Whether one before it, whose packet id is being written down again, is still to be sent.
    pub(crate) fn is_behind(&self, id: u16) -> bool {
        let mut before = self.out.iter().take_while(|out| out.id != id);
        before.any(|out| out.stage == Stage::Assigning)
    }

    /// One that was to go has no packet, or must not overtake one that has none: it goes again.
    pub(crate) fn send_later(&mut self, id: u16) {
        if let Some(out) = self.out.iter_mut().find(|out| out.id == id && !out.again) {
            out.again = true;
            self.again += 1;
        }
    }

    /// The Log has a message at that place, or (`None`) never will.
    pub(crate) fn settle(&mut self, trace: TraceId, place: Option<u64>) -> Settling {
        let key = (trace.producer.shard, trace.sequence);
        if let Some(at) = self.early.iter().position(|it| *it == key) {
            self.early.remove(at);
            return Settling::Done;
        }
        if let Some(at) = self.out.iter().position(|out| out.owed.is(trace)) {
            let out = &mut self.out[at];
            if place.is_none() && out.again {
                let id = out.id;
                self.take_out(at);
                return Settling::Void(id);
            }
            out.owed.origin = place.unwrap_or(Owed::NOWHERE);
            out.owed.place = out.owed.origin;
            return Settling::Owed;
        }
        let mut unsettled = self.queue.iter().skip(self.settled);
        let Some(at) = unsettled.position(|owed| owed.is(trace)) else {
            return Settling::Unknown;
        };
        let at = at + self.settled;
        match place {
            Some(place) => {
                let owed = &mut self.queue[at];
                (owed.origin, owed.place) = (place, place);
            }
            None => {
                if let Some(owed) = self.queue.remove(at) {
                    self.at_hand_bytes -= owed.packet.as_ref().map_or(0, |it| it.bytes());
                }
            }
        }
        while self.queue.get(self.settled).is_some_and(Owed::is_settled) {
            self.settled += 1;
        }
        Settling::Owed
    }

    /// The message with that packet id.
    pub(crate) fn find(&mut self, id: u16) -> Option<&mut Out> {
        self.out.iter_mut().find(|out| out.id == id)
    }

    /// Takes out the message with that packet id. What is to be noted as consumed: its origin, if
    /// the Log has it; if it is still to answer, it is noted then.
    pub(crate) fn complete(&mut self, id: u16) -> Option<Option<u64>> {
        let at = self.out.iter().position(|out| out.id == id)?;
        let owed = self.take_out(at)?.owed;
        match owed.origin {
            0 => {
                self.early.push_back((owed.shard, owed.sequence));
                Some(None)
            }
            Owed::NOWHERE => Some(None),
            origin => Some(Some(origin)),
        }
    }

    fn take_out(&mut self, at: usize) -> Option<Out> {
        let out = self.out.remove(at)?;
        self.again -= usize::from(out.again);
        Some(out)
    }

    /// The connection is gone: nothing is kept at hand, and what is on its way must go again. Gives
    /// the packet ids of what the Log refused meanwhile: that can't.
    pub(crate) fn put_aside(&mut self) -> Vec<u16> {
        let is_void = |out: &Out| out.owed.origin == Owed::NOWHERE;
        let void = self
            .out
            .iter()
            .filter(|out| is_void(out))
            .map(|out| out.id)
            .collect();
        self.out.retain(|out| !is_void(out));
        self.at_hand_bytes = 0;
        self.fetching = false;
        self.queue.iter_mut().for_each(|owed| owed.packet = None);
        for out in &mut self.out {
            out.owed.packet = None;
            out.again = true;
        }
        self.again = self.out.len();
        self.queue.shrink_to_fit();
        self.out.shrink_to_fit();
        void
    }

    /// Places of messages that are next to be sent and not at hand, up to `max`. Empty: nothing can
    /// be read now.
    pub(crate) fn missing(&self, max: usize) -> Vec<u64> {
        let again = self.out.iter().filter(|out| out.again && needs_packet(out));
        let out = again.map(|out| &out.owed);
        out.chain(&self.queue)
            .take_while(|owed| owed.is_settled())
            .filter(|owed| owed.packet.is_none())
            .map(|owed| owed.place)
            .take(max)
            .collect()
    }

    /// Messages were written again at other places: by origin.
    pub(crate) fn moved(&mut self, places: &BTreeMap<u64, u64>) {
        let out = self.out.iter_mut().map(|out| &mut out.owed);
        for owed in out.chain(&mut self.queue) {
            if let Some(place) = places.get(&owed.origin) {
                owed.place = *place;
            }
        }
    }

    /// All that the Log has.
    pub(crate) fn settled(&self) -> impl Iterator<Item = &Owed> {
        let out = self.out.iter().map(|out| &out.owed);
        out.chain(&self.queue).filter(|owed| owed.is_settled())
    }
}

fn needs_packet(out: &Out) -> bool {
    out.stage != Stage::Received
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::trace::Producer;

    fn trace(sequence: u64) -> TraceId {
        TraceId {
            producer: Producer { epoch: 1, shard: 3 },
            sequence,
        }
    }

    #[test]
    fn answers_of_the_log_find_their_messages() {
        let mut outgoing = Outgoing::of(1);
        for sequence in 1..=4 {
            outgoing.push(Owed::fresh(trace(sequence), 1), None);
        }
        outgoing.done_early(trace(9));
        assert_eq!(outgoing.settle(trace(2), Some(200)), Settling::Owed);
        assert!(outgoing.missing(9).is_empty(), "the first has no place yet");
        assert_eq!(outgoing.settle(trace(1), Some(100)), Settling::Owed);
        assert_eq!(outgoing.settle(trace(3), None), Settling::Owed);
        assert_eq!(outgoing.settle(trace(9), Some(900)), Settling::Done);
        assert_eq!(outgoing.settle(trace(9), Some(900)), Settling::Unknown);
        assert_eq!(outgoing.missing(9), [100, 200]);
        outgoing.moved(&[(100, 5_000)].into());
        assert_eq!(outgoing.missing(1), [5_000]);
        let second = Let {
            origin: 200,
            id: None,
            ids_due: 0,
        };
        assert_eq!(outgoing.drop_at(200), Some(second));
        let first = Let {
            origin: 100,
            id: None,
            ids_due: 2,
        };
        assert_eq!(outgoing.drop_at(5_000), Some(first));
        assert_eq!(outgoing.len(), 1);
    }

    #[test]
    fn an_answer_that_comes_twice_does_not_touch_what_was_sent() {
        let mut outgoing = Outgoing::of(1);
        outgoing.out.push_back(Out {
            owed: Owed::stored(77, 77, 2),
            id: 1,
            stage: Stage::Sent,
            again: false,
        });
        assert!(!outgoing.release_at(77));
        assert_eq!(outgoing.drop_at(77), None);
        assert_eq!(outgoing.len(), 1);
    }

    #[test]
    fn what_is_acknowledged_early_is_noted_when_the_log_answers() {
        let mut outgoing = Outgoing::of(1);
        for (id, origin) in [(1, 0), (2, 77)] {
            let mut owed = Owed::fresh(trace(u64::from(id)), 1);
            (owed.origin, owed.place) = (origin, origin);
            outgoing.out.push_back(Out {
                owed,
                id,
                stage: Stage::Sent,
                again: false,
            });
        }
        assert_eq!(outgoing.complete(2), Some(Some(77)));
        assert_eq!(outgoing.complete(1), Some(None));
        assert_eq!(outgoing.complete(1), None);
        assert_eq!(outgoing.settle(trace(1), Some(10)), Settling::Done);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Answers to a publisher, and what else must not leave before the Log has what it keeps: they leave
//! in order of arrival.
//!
//! One queue serves the whole shard, because tickets never fall: so a connection needs a count
//! and no queue of its own. An acknowledgement that needs no disk, but has one of its connection
//! before it that does, waits for all that stand in the queue then: a group commit at most.

use std::collections::VecDeque;

use hw_mqtt::{Version, encode, reason};

use crate::life::Parting;
use crate::refusal::Refusal;
use crate::{Host, KeepFailure, Now, Shard, Slot, Ticket};

/// What is to be answered, with its packet id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A message of QoS 1 is taken, with this reason code.
    PubAck(u16, u8),
    /// A message of QoS 2 is taken.
    PubRec(u16),
    /// A message of QoS 2 is not taken, with this reason code.
    PubRecRefused(u16, u8),
    /// A message of QoS 2 is finished.
    PubComp(u16),
    /// A receiver's PUBREC is written down: PUBREL.
    PubRel(u16),
    /// The packet id of an owed message of QoS 2 is written down: it may go.
    Send(u16),
    /// What is held back in the buffer may leave.
    Flow,
    /// The same for a connection's first packet; the expiry of the session that it goes on with.
    Welcome(Option<u32>),
}

impl Answer {
    fn is_of_a_publish(self) -> bool {
        matches!(self, Self::PubAck(..))
    }

    fn is_of_a_buffer(self) -> bool {
        matches!(self, Self::Flow | Self::Welcome(_))
    }
}

/// An acknowledgement that waits.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    slot: Slot,
    answer: Answer,
    /// Whether its message is in the Log, or only waits behind one that is.
    kept: bool,
}

/// Acknowledgements that wait for the Log, of all connections.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    waiting: VecDeque<Waiting>,
    last: Ticket,
}

impl Acks {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    fn push(&mut self, slot: Slot, answer: Answer, ticket: Option<Ticket>) {
        self.last = self.last.max(ticket.unwrap_or_default());
        let kept = ticket.is_some();
        self.waiting.push_back(Waiting {
            ticket: self.last,
            slot,
            answer,
            kept,
        });
    }

    fn pop(&mut self, upto: Ticket) -> Option<Waiting> {
        const KEPT_ENTRIES: usize = 4_096;
        if self.waiting.is_empty() && self.waiting.capacity() > KEPT_ENTRIES {
            self.waiting = VecDeque::new();
        }
        self.waiting.pop_front_if(|first| first.ticket <= upto)
    }
}

impl<H: Host> Shard<H> {
    /// Releases the acknowledgements of all that is durable now. With a failure, none of it is:
    /// MQTT 5 clients are told of a full disk (0x97) and may send again later; else the
    /// connection ends, so that the client sends again.
    ///
    /// `outcome` has the place of the batch in the Log, to which the spots of
    /// [`crate::Appended`] are added; it is called for each ticket alone, in order.
    pub fn durable(
        &mut self,
        host: &mut H,
        now: Now,
        upto: Ticket,
        outcome: Result<u64, KeepFailure>,
    ) {
        let failure = outcome.err();
        self.answered(host, upto, failure);
        self.notes_answered(host, now, upto, failure);
        while let Some(waiting) = self.acks.pop(upto) {
            let Some(connection) = self.connections.get_mut(waiting.slot) else {
                continue;
            };
            connection.acks_waiting -= 1;
            connection.publishes_waiting -= u32::from(waiting.answer.is_of_a_publish());
            match failure {
                Some(failure) if waiting.kept => self.not_kept(host, now, &waiting, failure),
                _ => self.write_answer(host, now, waiting.slot, waiting.answer),
            }
        }
        // Behind the answers: a publisher that gets its own message knows by then that it was
        // taken. And sessions are owed a message before they are told where it stands.
        self.let_out(host, now, upto, failure);
        self.place(host, now, upto, outcome.ok());
    }

    /// Answers when its turn comes and, if it has a ticket, when that is durable.
    #[inline]
    pub(crate) fn acknowledge(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        answer: Answer,
        ticket: Option<Ticket>,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        if ticket.is_none() && connection.acks_waiting == 0 {
            return self.write_answer(host, now, slot, answer);
        }
        connection.acks_waiting += 1;
        connection.publishes_waiting += u32::from(answer.is_of_a_publish());
        self.acks.push(slot, answer, ticket);
    }

    /// Holds back what is in a connection's buffer from here on, until the ticket is durable.
    pub(crate) fn hold_until(&mut self, slot: Slot, ticket: Ticket) {
        self.hold(slot, Answer::Flow, ticket);
    }

    /// The same with a CONNACK in the buffer.
    pub(crate) fn hold_welcome(&mut self, slot: Slot, expiry_before: Option<u32>, ticket: Ticket) {
        self.hold(slot, Answer::Welcome(expiry_before), ticket);
    }

    fn hold(&mut self, slot: Slot, answer: Answer, ticket: Ticket) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        connection.output.hold();
        connection.acks_waiting += 1;
        self.acks.push(slot, answer, Some(ticket));
    }

    /// No answer is longer than the smallest CONNACK of MQTT 5, which the client took.
    fn write_answer(&mut self, host: &mut H, now: Now, slot: Slot, answer: Answer) {
        if answer.is_of_a_buffer() {
            // A connection that is closing has something to say, too.
            if let Some(connection) = self.connections.get_mut(slot) {
                connection.output.let_go();
                self.touch(slot);
            }
            return;
        }
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let version = connection.version;
        match answer {
            Answer::PubRec(id) => connection.rare().exactly.answered(id),
            Answer::Send(id) => return self.send_assigned(host, now, slot, id),
            Answer::PubRel(id) if !connection.received(id) => return,
            _ => {}
        }
        let out = connection.output.buffer(&mut self.pool);
        match answer {
            Answer::PubAck(id, code) => encode::puback(out, version, id, code),
            Answer::PubRec(id) => encode::pubrec(out, version, id, reason::SUCCESS),
            Answer::PubRecRefused(id, code) => encode::pubrec(out, version, id, code),
            Answer::PubComp(id) => encode::pubcomp(out, version, id, reason::SUCCESS),
            Answer::PubRel(id) => encode::pubrel(out, version, id, reason::SUCCESS),
            Answer::Send(_) | Answer::Flow | Answer::Welcome(_) => {}
        }
        let taken = match answer {
            Answer::PubAck(_, code) => !reason::is_failure(code),
            Answer::PubRec(_) => true,
            _ => false,
        };
        self.counters.messages_acknowledged += u64::from(taken);
        self.touch(slot);
    }

    /// Refuses a message of MQTT 5 with a code; its id is free again.
    pub(crate) fn write_refused(&mut self, slot: Slot, answer: Answer, code: u8) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let version = connection.version;
        if let (Answer::PubRec(id), Some(rare)) = (answer, &mut connection.rare) {
            rare.exactly.let_go(id);
        }
        let out = connection.output.buffer(&mut self.pool);
        match answer {
            Answer::PubAck(id, _) => encode::puback(out, version, id, code),
            Answer::PubRec(id) => encode::pubrec(out, version, id, code),
            _ => {}
        }
        self.touch(slot);
    }

    fn not_kept(&mut self, host: &mut H, now: Now, waiting: &Waiting, failure: KeepFailure) {
        self.counters.refused_keeps += 1;
        if waiting.answer.is_of_a_buffer()
            && let Some(connection) = self.connections.get_mut(waiting.slot)
        {
            // What it tells did not come to be: the connection ends before it is told. One that has
            // ended already has been told that.
            if connection.is_live() {
                connection.output.release(&mut self.pool);
            }
            connection.output.let_go();
        }
        let Some(connection) = self.connections.live_mut(waiting.slot) else {
            return;
        };
        if let Answer::Welcome(expiry_before) = waiting.answer {
            return self.turn_away(host, now, waiting.slot, expiry_before, failure);
        }
        let code = match failure {
            KeepFailure::Full => reason::QUOTA_EXCEEDED,
            KeepFailure::Failed => reason::IMPLEMENTATION_SPECIFIC_ERROR,
        };
        let refusal = Refusal::new("publish", "refused", code, failure.cause()).by_server();
        let is_message = matches!(waiting.answer, Answer::PubAck(..) | Answer::PubRec(_));
        if is_message && (connection.version, failure) == (Version::V5, KeepFailure::Full) {
            host.happened(&connection.auth, refusal.happening());
            return self.write_refused(waiting.slot, waiting.answer, code);
        }
        self.end(host, now, waiting.slot, refusal);
    }

    /// A connection's session, or its will, could not be written down: its first packet is a CONNACK
    /// that says so (MQTT 5, section 3.2.0.1), and it leaves nothing behind that was not there.
    fn turn_away(
        &mut self,
        host: &mut H,
        now: Now,
        slot: Slot,
        expiry_before: Option<u32>,
        failure: KeepFailure,
    ) {
        let Some(connection) = self.connections.live_mut(slot) else {
            return;
        };
        let version = connection.version;
        connection.rare().will = None;
        let session = connection.rare().session;
        let code = reason::SERVER_UNAVAILABLE;
        let refusal = Refusal::new("connect", "refused", code, failure.cause());
        self.count_refused(refusal.code);
        if let (Some(before), Some(session)) = (expiry_before, self.sessions.get_mut(session)) {
            // It waits as long as it would have, had nobody come.
            session.expiry_seconds = before;
        }
        self.write_refusal(slot, version, code, &refusal);
        self.detach(host, now, slot, refusal.happening(), Parting::ServerError);
        self.close(now, slot);
        if expiry_before.is_none() {
            self.end_session(host, now, session);
        }
    }
}

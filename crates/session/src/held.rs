// SPDX-License-Identifier: Apache-2.0
//! QoS 2 messages that are kept: they go out to their receivers only once the Log has them, so
//! that a crash before that, after which the client sends them again, lets nobody see them twice.

use std::collections::VecDeque;

use crate::message::{Message, OwnMessage};
use crate::unreleased::FromPublisher;
use crate::{Host, KeepFailure, Lasting, Now, Shard, Subscriber, Ticket};

/// One that waits for the Log.
#[derive(Debug)]
pub(crate) struct Held {
    ticket: Ticket,
    message: OwnMessage,
    targets: Box<[Subscriber]>,
    /// Whether the Log is to have it; if not, it waits for its turn alone.
    kept: bool,
    /// Who is to release it; `None`: nobody, as with a will.
    from: Option<FromPublisher>,
}

impl Held {
    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }
}

/// Those of a shard, in order of their tickets. What the Log has not answered is bounded, so they
/// are.
pub(crate) type HeldBack = VecDeque<Held>;

impl<H: Host> Shard<H> {
    /// Keeps the message and its receivers until the ticket is answered: its own, or that of one that
    /// it must not overtake.
    pub(crate) fn hold_back(
        &mut self,
        ticket: Ticket,
        message: &Message<'_>,
        targets: &[Subscriber],
        kept: bool,
        from: Option<FromPublisher>,
    ) {
        if targets.is_empty() {
            return;
        }
        self.held.push_back(Held {
            ticket,
            message: OwnMessage::of(message),
            targets: targets.into(),
            kept,
            from,
        });
    }

    /// Lets out what is durable; what never will be is dropped, and its publisher told.
    /// One that is not kept has been acknowledged, and goes out whatever became of the others.
    pub(crate) fn let_out(
        &mut self,
        host: &mut H,
        now: Now,
        upto: Ticket,
        failure: Option<KeepFailure>,
    ) {
        while let Some(held) = self.held.pop_front_if(|first| first.ticket <= upto) {
            let message = held.message.message();
            let is_taken_back = self.taken_back.remove(&message.trace);
            if failure.is_some() && held.kept {
                continue;
            }
            let mut targets = std::mem::take(&mut self.scratch.found);
            targets.extend_from_slice(&held.targets);
            if is_taken_back {
                targets.retain(|target| target.lasting != Lasting::No);
            }
            self.flights.again(message.trace);
            match held.from.filter(|from| self.is_held(*from, message.trace)) {
                Some(from) => self.await_release(host, now, from, &message, &mut targets),
                // Its publisher has released it already, or is gone.
                None => self.send_out(host, now, &message, &mut targets),
            }
            targets.clear();
            self.scratch.found = targets;
        }
    }

    /// Whether that message is half way still, and waits for the Log.
    fn is_held(&self, (slot, id): FromPublisher, trace: hw_model::TraceId) -> bool {
        let connection = self.connections.get(slot).filter(|it| it.is_live());
        let rare = connection.and_then(|it| it.rare.as_ref());
        rare.is_some_and(|rare| rare.exactly.is_held(id, trace))
    }
}

// SPDX-License-Identifier: Apache-2.0
//! QoS 2 messages that are kept: they go out to their receivers only once the Log has them, so
//! that a crash before that, after which the client sends them again, lets nobody see them twice.

use std::collections::VecDeque;

use crate::message::{Message, OwnMessage};
use crate::{Host, KeepFailure, Now, Shard, Subscriber, Ticket};

/// One that waits for the Log.
#[derive(Debug)]
pub(crate) struct Held {
    ticket: Ticket,
    message: OwnMessage,
    targets: Box<[Subscriber]>,
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
    /// Keeps the message and its receivers until the ticket is durable.
    pub(crate) fn hold_back(
        &mut self,
        ticket: Ticket,
        message: &Message<'_>,
        targets: &[Subscriber],
    ) {
        if targets.is_empty() {
            return;
        }
        self.held.push_back(Held {
            ticket,
            message: OwnMessage::of(message),
            targets: targets.into(),
        });
    }

    /// Lets out what is durable; what never will be is dropped, and its publisher told.
    pub(crate) fn let_out(
        &mut self,
        host: &mut H,
        now: Now,
        upto: Ticket,
        failure: Option<KeepFailure>,
    ) {
        while let Some(held) = self.held.pop_front_if(|first| first.ticket <= upto) {
            if failure.is_some() {
                continue;
            }
            let message = held.message.message();
            let mut targets = std::mem::take(&mut self.scratch.found);
            targets.extend_from_slice(&held.targets);
            self.flights.again(message.trace);
            self.hand_out(&message, &mut targets);
            self.fan_out(host, now, &message, &mut targets);
            targets.clear();
            self.scratch.found = targets;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What the worker itself has to say of records and payloads: each becomes a row of `events`, but
//! nobody can flood the table. The first of its kind is there at once; repeats are counted, and
//! the counts are written at the latest before the commit that covers their records, so that a
//! crash neither loses nor repeats them.

use std::time::Duration;

use hw_kernel::Event;
use hw_kernel::event::fold::Fold;
use hw_kernel::port::log::Loss;
use hw_kernel::record::message::Decoded;
use hw_model::AccountId;

use super::message_rows::Stamp;
use crate::flatten::{Broken, Cut, DEPTH_MAX, LEAVES_MAX, METRIC_BYTES_MAX};

#[derive(Default)]
pub(super) struct Complaints {
    fold: Fold,
}

impl Complaints {
    /// Takes a complaint: gives it back if it is the first of its kind.
    pub fn take(&mut self, event: Event, now: Duration) -> Option<Event> {
        self.fold.take(event, now)
    }

    /// The counts of all repeats so far.
    pub fn counts(&mut self, now: Duration) -> Vec<Event> {
        self.fold.due(now, true)
    }
}

/// A payload that promises JSON but is none.
pub(super) fn broken(account: AccountId, broken: Broken) -> Event {
    let cause = format!("the payload starts like JSON but is not: {broken}");
    Event::new(account, "payload", "ignored", cause)
}

/// Leaves that were left out of `telemetry`.
pub(super) fn cut(account: AccountId, cut: Cut) -> impl Iterator<Item = Event> {
    let reasons = [
        (
            cut.many,
            format!("more than {LEAVES_MAX} values in a payload"),
        ),
        (
            cut.deep,
            format!("values more than {DEPTH_MAX} levels deep"),
        ),
        (
            cut.named,
            format!("names of more than {METRIC_BYTES_MAX} bytes"),
        ),
    ];
    let some = reasons.into_iter().filter(|(count, _)| *count > 0);
    some.map(move |(count, what)| {
        let cause = format!("{what}: they are in messages, but not in telemetry");
        let mut event = Event::new(account, "payload", "cut", cause);
        event.count = count;
        event
    })
}

/// A record that can't be read.
pub(super) fn poison(account: AccountId, why: &dyn std::fmt::Display) -> Event {
    Event::new(account, "record", "ignored", why.to_string())
}

/// Records that the Log could not give.
pub(super) fn loss(loss: &Loss) -> Event {
    let cause = format!("{} ({} bytes)", loss.cause, loss.bytes);
    Event::new(AccountId::FIRST, "log", "lost", cause)
}

/// Says whose message a complaint is about.
pub(super) fn about(mut event: Event, message: &Decoded<'_>, stamp: Stamp<'_>) -> Event {
    event.thing = message.thing.map(str::to_owned);
    event.client_id = (!message.client_id.is_empty()).then(|| message.client_id.to_owned());
    event.principal = stamp.principal.map(str::to_owned);
    event.topic = Some(message.topic.to_owned());
    event.trace_id = Some(stamp.trace_id.to_owned());
    event
}

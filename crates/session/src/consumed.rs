// SPDX-License-Identifier: Apache-2.0
//! What sessions have got of what they were owed: written down soon, not at once. What a crash
//! takes of it is sent again, as QoS 1 allows; QoS 2 is safe by its own records.

use std::time::Duration;

use crate::exactly::Exactly;
use crate::inflight::Inflight;
use crate::journal::Note;
use crate::owed::Outgoing;
use crate::sessions::Link;
use crate::{Host, Now, Shard};

/// As many are written down at once.
const AT_ONCE: usize = 64;

/// The first waits no longer than that.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Messages that sessions have got, not written down.
#[derive(Debug, Default)]
pub(crate) struct Consumed {
    /// (Session, origin), in the order of arrival.
    all: Vec<(u64, u64)>,
    since: Duration,
}

impl<H: Host> Shard<H> {
    /// A session has that message.
    pub(crate) fn consumed(&mut self, host: &mut H, now: Now, session: u64, origin: u64) {
        if self.consumed.all.is_empty() {
            self.consumed.since = now.monotonic;
        }
        self.consumed.all.push((session, origin));
        if self.consumed.all.len() >= AT_ONCE {
            self.write_consumed(host);
        }
    }

    /// What the Log did not take is written down later, with what else is.
    pub(crate) fn consumed_again(&mut self, now: Now, session: u64, origins: &[u64]) {
        if !origins.is_empty() {
            self.consumed.since = now.monotonic;
            let again = origins.iter().map(|origin| (session, *origin));
            self.consumed.all.extend(again);
        }
    }

    /// Writes down what has waited long enough. Says how long the rest may wait.
    pub(crate) fn write_consumed_when_due(&mut self, host: &mut H, now: Now) -> Option<Duration> {
        if self.consumed.all.is_empty() {
            return None;
        }
        let waited = now.monotonic.saturating_sub(self.consumed.since);
        if waited < WAIT_MAX {
            return Some(WAIT_MAX - waited);
        }
        self.write_consumed(host);
        None
    }

    pub(crate) fn write_consumed(&mut self, host: &mut H) {
        let mut all = std::mem::take(&mut self.consumed.all);
        all.sort_by_key(|(session, _)| *session);
        for of_one in all.chunk_by(|one, other| one.0 == other.0) {
            let number = of_one[0].0;
            // Of one that has ended nothing is owed.
            let Some(session) = self.sessions.get(number) else {
                continue;
            };
            let origins: Vec<u64> = of_one.iter().map(|(_, origin)| *origin).collect();
            host.note(session.account, number, &Note::Consumed(&origins));
        }
        all.clear();
        self.consumed.all = all;
    }

    /// What a session has half way of QoS 2, wherever its state is.
    pub(crate) fn exactly(&mut self, session: u64) -> Option<&mut Exactly> {
        match &mut self.sessions.get_mut(session)?.link {
            Link::Away(away) => Some(&mut away.exactly),
            Link::Here(slot) => {
                let connection = self.connections.get_mut(*slot)?;
                connection.rare.as_mut().map(|rare| &mut rare.exactly)
            }
        }
    }

    /// The packet ids that a session has out, wherever its state is.
    pub(crate) fn inflight(&mut self, session: u64) -> Option<&mut Inflight> {
        match &mut self.sessions.get_mut(session)?.link {
            Link::Away(away) => Some(&mut away.inflight),
            Link::Here(slot) => self.connections.get_mut(*slot).map(|it| &mut it.inflight),
        }
    }

    /// What a session is owed, wherever its state is.
    pub(crate) fn outgoing(&mut self, session: u64) -> Option<&mut Outgoing> {
        match &mut self.sessions.get_mut(session)?.link {
            Link::Away(away) => Some(&mut away.outgoing),
            Link::Here(slot) => {
                let connection = self.connections.get_mut(*slot)?;
                connection.rare.as_mut()?.outgoing.as_deref_mut()
            }
        }
    }
}

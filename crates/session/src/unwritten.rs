// SPDX-License-Identifier: Apache-2.0
//! Notes that the Log did not take, because the disk was full: the sessions that they are about are
//! written down whole with the next batch, so that nothing is built on what is not there.

use std::collections::BTreeMap;
use std::time::Duration;

use hw_model::AccountId;

use crate::journal::Note;
use crate::{Host, KeepFailure, Now, Shard, Ticket};

/// Without another batch, it is tried again after that.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Sessions of which the Log does not have what it was given last.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    sessions: BTreeMap<u64, AccountId>,
    since: Duration,
}

impl<H: Host> Shard<H> {
    /// The Log has answered for the notes up to that ticket.
    pub(crate) fn notes_answered(
        &mut self,
        host: &mut H,
        now: Now,
        upto: Ticket,
        failure: Option<KeepFailure>,
    ) {
        let mut notes = std::mem::take(&mut self.scratch.notes);
        host.noted(upto, &mut notes);
        if failure.is_some() && !notes.is_empty() {
            self.unwritten.since = now.monotonic;
            for note in &notes {
                let session = note.session;
                if note.ended || self.sessions.get(session).is_some() {
                    self.unwritten.sessions.insert(session, note.account);
                }
                self.consumed_again(now, session, &note.consumed);
            }
        }
        notes.clear();
        self.scratch.notes = notes;
    }

    /// What the Log has of a session is not all that it was given.
    pub(crate) fn is_unwritten(&mut self, now: Now, session: u64) {
        if let Some(session) = self.sessions.get(session) {
            let (number, account) = (session.number, session.account);
            self.unwritten.since = now.monotonic;
            self.unwritten.sessions.insert(number, account);
        }
    }

    /// Writes them down with this turn's batch. Says how long that may wait if there is none.
    pub(crate) fn write_unwritten(&mut self, host: &mut H, now: Now) -> Option<Duration> {
        if self.unwritten.sessions.is_empty() {
            return None;
        }
        let waited = now.monotonic.saturating_sub(self.unwritten.since);
        if !host.is_writing() && waited < TRY_AGAIN {
            return Some(TRY_AGAIN - waited);
        }
        for (number, account) in std::mem::take(&mut self.unwritten.sessions) {
            if self.write_whole(host, number).is_none() {
                host.note(account, number, &Note::Ended);
            }
        }
        None
    }
}

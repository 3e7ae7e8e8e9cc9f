// SPDX-License-Identifier: Apache-2.0
//! What a checkpoint asks of a shard: its sessions as they stand, what they are owed, and to write
//! both down again.

use hw_session::journal::{Debt, Recipient, SessionImage};
use hw_session::{Now, Ticket};

use super::ShardState;
use crate::reading::Stored;
use crate::retained::RetainedMessages;

impl ShardState {
    /// Gives a session back after a restart.
    pub fn restore(&mut self, now: Now, image: SessionImage, debts: &[Debt]) {
        self.machine.restore(&mut self.host, now, image, debts);
    }

    /// Shows restored subscriptions to everybody.
    pub fn show_restored(&mut self) {
        self.host.routes.commit();
    }

    /// The numbers of its sessions.
    pub fn sessions(&self) -> Vec<u64> {
        self.machine.session_numbers()
    }

    /// What a session is owed that stands before that place.
    pub fn debts_before(&self, session: u64, place: u64) -> Vec<Debt> {
        let mut debts = self.machine.debts(session);
        debts.retain(|debt| debt.place < place);
        debts
    }

    /// Writes sessions down whole; the last ticket.
    pub fn write_sessions(&mut self, sessions: &[u64]) -> Option<Ticket> {
        let (machine, host) = (&mut self.machine, &mut self.host);
        let written = sessions
            .iter()
            .filter_map(|it| machine.write_whole(host, *it));
        written.max()
    }

    /// Writes an owed message down again if a session is still owed it. Gives the ticket, and where
    /// in the batch it stands.
    pub fn write_owed(
        &mut self,
        session: u64,
        debt: Debt,
        stored: &Stored,
    ) -> Option<(Ticket, u64)> {
        let still = self
            .machine
            .debts(session)
            .iter()
            .any(|it| it.origin == debt.origin);
        let mut recipients = stored.recipients.iter().filter(|it| it.session == session);
        let recipient: &[Recipient] = std::slice::from_ref(recipients.next().filter(|_| still)?);
        let appended = self.host.write_again(stored, recipient, debt.origin)?;
        Some((appended.ticket, appended.spot))
    }

    /// An owed message was written down again.
    pub fn moved(&mut self, session: u64, origin: u64, place: u64) {
        self.machine.moved(session, origin, place);
    }

    /// Writes retained messages down again.
    pub fn write_retained(&mut self, all: &RetainedMessages, now: Now) -> Option<Ticket> {
        let all = all.all(now.wall).into_iter();
        let host = &mut self.host;
        let written = all.map(|(account, number, it)| host.retain_again(account, number, &it));
        written.max()
    }

    /// How many turns it has had.
    pub fn turns(&self) -> u64 {
        self.loops.turns
    }
}

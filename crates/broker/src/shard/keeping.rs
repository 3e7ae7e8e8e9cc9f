// SPDX-License-Identifier: Apache-2.0
//! What a checkpoint asks of a shard: its sessions as they stand, what they are owed, and to write
//! both down again.

use std::collections::{BTreeMap, BTreeSet};

use hw_session::journal::{Debt, Recipient, SessionImage};
use hw_session::{Now, Ticket};

use super::ShardState;
use crate::retained::Numbered;
use crate::stored::Stored;

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

    /// Writes messages down again that a session is still owed. Gives the ticket, and where in the
    /// batch each stands, by origin.
    pub fn write_owed(
        &mut self,
        session: u64,
        messages: &[(Debt, &Stored)],
    ) -> Option<(Ticket, BTreeMap<u64, u64>)> {
        let still = self.machine.debts(session).into_iter();
        let still: BTreeSet<u64> = still.map(|debt| debt.origin).collect();
        let (mut last, mut spots) = (None, BTreeMap::new());
        for (debt, stored) in messages {
            if !still.contains(&debt.origin) {
                continue;
            }
            if let Some((ticket, spot)) = self.write_one(session, *debt, stored) {
                last = Some(ticket);
                spots.insert(debt.origin, spot);
            }
        }
        last.map(|ticket| (ticket, spots))
    }

    fn write_one(&mut self, session: u64, debt: Debt, stored: &Stored) -> Option<(Ticket, u64)> {
        let mut recipients = stored.recipients.iter().filter(|it| it.session == session);
        let recipient: &[Recipient] = std::slice::from_ref(recipients.next()?);
        let appended = self.host.write_again(stored, recipient, debt.origin)?;
        Some((appended.ticket, appended.spot))
    }

    /// Owed messages were written down again.
    pub fn moved(&mut self, session: u64, places: &BTreeMap<u64, u64>) {
        self.machine.moved(session, places);
    }

    /// How many messages its sessions are owed.
    pub fn owed_messages(&self) -> usize {
        self.machine.owed_messages()
    }

    /// Writes retained messages down again, if they still hold.
    pub fn write_retained(&mut self, some: &[Numbered], now: Now) -> Option<Ticket> {
        let hold = some.iter().filter(|(_, _, it)| it.holds(now.wall));
        let host = &mut self.host;
        let written = hold.map(|(account, number, it)| host.retain_again(*account, *number, it));
        written.max()
    }

    /// How many turns it has had.
    pub fn turns(&self) -> u64 {
        self.loops.turns
    }
}

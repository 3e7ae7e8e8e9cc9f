// SPDX-License-Identifier: Apache-2.0
//! The clients of all shards together.

use std::cmp::Reverse;
use std::collections::HashSet;

use hw_kernel::clients::{ClientDetail, ClientPage, ClientRow, Clients, ClientsWanted};
use hw_kernel::clients::{KickError, Kicked, Order};
use hw_model::AccountId;

use crate::Broker;
use crate::shard::clients::weight;

impl Clients for Broker {
    fn clients(&self, account: AccountId, wanted: &ClientsWanted) -> ClientPage {
        let now = self.shared.now();
        let mut page = ClientPage::default();
        let mut behind = 0;
        for lane in self.shared.lanes() {
            let found = lane.state.lock().clients(account, wanted, now);
            page.clients.extend(found.rows);
            page.connected += found.connected;
            page.away += found.away;
            behind += found.behind;
        }
        match wanted.order {
            Order::ClientId => page
                .clients
                .sort_unstable_by(|one, other| one.client_id.cmp(&other.client_id)),
            Order::Behind => page.clients.sort_by_cached_key(|row: &ClientRow| {
                let weight = weight(row.owed, row.unread_bytes);
                (Reverse(weight), row.client_id.clone())
            }),
        }
        page.clients.truncate(wanted.max);
        page.more = behind > page.clients.len() as u64;
        page
    }

    fn client(&self, account: AccountId, client_id: &str) -> Option<ClientDetail> {
        let lane = self.home(account, client_id)?;
        let now = self.shared.now();
        lane.state.lock().client(account, client_id, now)
    }

    fn connected_things(
        &self,
        account: AccountId,
        among: Option<&HashSet<String>>,
    ) -> HashSet<String> {
        let mut found = HashSet::new();
        for lane in self.shared.lanes() {
            let state = lane.state.lock();
            state.connected_things(account, among, &mut found);
        }
        found
    }

    fn kick(
        &self,
        account: AccountId,
        client_id: &str,
        by: &str,
        end_session: bool,
    ) -> Result<Kicked, KickError> {
        let lane = self.home(account, client_id).ok_or(KickError::Nobody)?;
        let now = self.shared.now();
        let (kicked, told) = {
            let mut state = lane.state.lock();
            let who = (account, client_id);
            let (kicked, ticket) = state.kick(who, by, end_session, now);
            (kicked, ticket.map(|ticket| state.watch(ticket)))
        };
        if !kicked.connection && !kicked.session {
            return Err(KickError::Nobody);
        }
        // Its turn writes what it was told, and gives the note to the Log.
        lane.signal();
        match told.map(|told| told.blocking_recv()) {
            None | Some(Ok(Ok(_))) => Ok(Kicked {
                connection: kicked.connection,
                session: kicked.session,
            }),
            Some(Ok(Err(failure))) => Err(KickError::NotStored(failure.cause().to_owned())),
            Some(Err(_)) => Err(KickError::NotStored("the server ends".into())),
        }
    }
}

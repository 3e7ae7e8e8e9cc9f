// SPDX-License-Identifier: Apache-2.0
//! Which connection has a client id: one at a time in each account.

use std::collections::HashMap;
use std::sync::Arc;

use hw_model::AccountId;

use crate::Slot;

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Live connections by account and client id.
#[derive(Debug, Default)]
pub(crate) struct Names {
    accounts: Map<AccountId, Map<Arc<str>, Slot>>,
    len: usize,
}

impl Names {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, account: AccountId, client_id: &str) -> Option<Slot> {
        self.accounts.get(&account)?.get(client_id).copied()
    }

    /// The connections of an account.
    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = Slot> {
        let names = self.accounts.get(&account).into_iter();
        names.flat_map(|names| names.values().copied())
    }

    pub(crate) fn insert(&mut self, account: AccountId, client_id: Arc<str>, slot: Slot) {
        let before = self
            .accounts
            .entry(account)
            .or_default()
            .insert(client_id, slot);
        self.len += usize::from(before.is_none());
    }

    /// Forgets the client id if that connection still has it.
    pub(crate) fn remove(&mut self, account: AccountId, client_id: &str, slot: Slot) {
        let Some(names) = self.accounts.get_mut(&account) else {
            return;
        };
        if names.get(client_id) == Some(&slot) {
            names.remove(client_id);
            self.len -= 1;
        }
        if names.is_empty() {
            self.accounts.remove(&account);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
//! Principals that stand in no catalog: an authorizer gave them, for one connection each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use hw_kernel::admission::{NamedPrincipal, Principal, PrincipalId, Refusal};
use hw_model::AccountId;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::Directory;
use crate::named;

/// Those that are in use.
#[derive(Default)]
pub(super) struct Given {
    live: Mutex<HashMap<(AccountId, Arc<str>), Entry>>,
    pub policies_changed: watch::Sender<u64>,
    pub has_authorizers: AtomicBool,
    pub has_mqtt_users: AtomicBool,
}

enum Entry {
    /// Its connection holds it.
    Held(Weak<Principal>),
    /// Its connection will take this one when it looks.
    Next(Arc<Principal>),
    /// The authorizer let it go; why.
    Gone(String),
}

impl Given {
    /// As it stands now.
    pub fn current(
        &self,
        account: AccountId,
        named: &NamedPrincipal,
    ) -> Result<Arc<Principal>, Refusal> {
        let mut live = self.live.lock();
        let gone = |why: &str| Err(named::refuse(account, named, why.to_owned()));
        let Some(entry) = live.get_mut(&(account, named.proof.clone())) else {
            return gone("no longer known");
        };
        match entry {
            Entry::Gone(why) => gone(why),
            Entry::Held(held) => match held.upgrade() {
                Some(held) => Ok(held),
                None => gone("no longer known"),
            },
            Entry::Next(next) => {
                let next = next.clone();
                *entry = Entry::Held(Arc::downgrade(&next));
                Ok(next)
            }
        }
    }
}

impl Directory {
    /// Whether an authorizer of any account is active.
    pub(crate) fn has_authorizers(&self) -> bool {
        self.given.has_authorizers.load(Ordering::Relaxed)
    }

    /// Said at the start and after each change of authorizers.
    pub(crate) fn note_authorizers(&self, are_there: bool) {
        self.given
            .has_authorizers
            .store(are_there, Ordering::Relaxed);
    }

    /// Whether any account has users with passwords.
    pub(crate) fn has_mqtt_users(&self) -> bool {
        self.given.has_mqtt_users.load(Ordering::Relaxed)
    }

    /// Said at the start and after each change of them.
    pub(crate) fn note_mqtt_users(&self, are_there: bool) {
        self.given
            .has_mqtt_users
            .store(are_there, Ordering::Relaxed);
    }

    /// Counts the changes of policies from here on.
    pub(crate) fn policy_changes(&self) -> watch::Receiver<u64> {
        self.given.policies_changed.subscribe()
    }

    /// Takes somebody in whom an authorizer let in.
    pub(crate) fn give(&self, principal: Principal) -> Arc<Principal> {
        let principal = Arc::new(principal);
        if let PrincipalId::Named(named) = &principal.id {
            let key = (principal.account, named.proof.clone());
            let held = Entry::Held(Arc::downgrade(&principal));
            self.given.live.lock().insert(key, held);
        }
        principal
    }

    /// Puts another in the place of one, or nobody; its connection looks again.
    pub(crate) fn replace_given(
        &self,
        account: AccountId,
        proof: &Arc<str>,
        before: Weak<Principal>,
        next: Result<Arc<Principal>, String>,
    ) {
        let Some(before) = before.upgrade() else {
            return self.forget_given(account, proof);
        };
        let entry = match next {
            Ok(next) => Entry::Next(next),
            Err(why) => Entry::Gone(why),
        };
        self.given
            .live
            .lock()
            .insert((account, proof.clone()), entry);
        before.stale.store(true, Ordering::Release);
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.wakers.lock().iter().for_each(|wake| wake());
    }

    /// Its connection is gone.
    pub(crate) fn forget_given(&self, account: AccountId, proof: &Arc<str>) {
        self.given.live.lock().remove(&(account, proof.clone()));
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The subscription trees: one per account, shared by all shards. Readers never wait: they hold a
//! version and see a newer one with their next message.

mod reader;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use hw_model::AccountId;
use hw_model::tree::Tree;
use hw_session::Subscriber;
use parking_lot::{Mutex, RwLock};

pub use reader::RouteReader;

/// The trees of all accounts.
#[derive(Default)]
pub struct Routes {
    accounts: RwLock<HashMap<AccountId, Arc<AccountRoutes>>>,
}

/// A shared subscription: name and filter.
type Shared = (Box<str>, Box<str>);

/// The tree of one account.
pub struct AccountRoutes {
    /// Numbers of shared subscriptions.
    groups: Mutex<HashMap<Shared, u32>>,
    /// How many messages came to each, by number.
    turns: RwLock<Vec<Arc<AtomicU64>>>,
    /// The writers' copy, newest first to change.
    next: Mutex<Tree<Subscriber>>,
    published: Arc<ArcSwap<Tree<Subscriber>>>,
}

/// A change of a tree.
#[derive(Debug)]
pub struct Edit {
    /// Topic filter.
    pub filter: Box<str>,
    /// Who.
    pub subscriber: Subscriber,
    /// Put in or taken out.
    pub insert: bool,
}

impl Routes {
    /// The tree of an account, made if there is none.
    pub fn account(&self, account: AccountId) -> Arc<AccountRoutes> {
        if let Some(found) = self.accounts.read().get(&account) {
            return found.clone();
        }
        let made = || Arc::new(AccountRoutes::empty());
        self.accounts
            .write()
            .entry(account)
            .or_insert_with(made)
            .clone()
    }

    /// (Filter, subscriber) pairs of all accounts.
    pub fn subscriptions(&self) -> usize {
        self.accounts
            .read()
            .values()
            .map(|account| account.published.load().len())
            .sum()
    }
}

impl AccountRoutes {
    fn empty() -> Self {
        let published = Arc::new(ArcSwap::from_pointee(Tree::default()));
        Self {
            groups: Mutex::default(),
            turns: RwLock::default(),
            next: Mutex::default(),
            published,
        }
    }

    /// The number of a shared subscription. Numbers are kept for as long as the server runs: there
    /// are as many as different ones were ever made, which policies and limits bound.
    pub fn group(&self, share: &str, filter: &str) -> u32 {
        let mut groups = self.groups.lock();
        let next = u32::try_from(groups.len() + 1).unwrap_or(u32::MAX);
        *groups.entry((share.into(), filter.into())).or_insert(next)
    }

    /// Counts the messages of a shared subscription, on all shards.
    pub fn turns(&self, group: u32) -> Arc<AtomicU64> {
        let place = group as usize;
        if let Some(turns) = self.turns.read().get(place) {
            return turns.clone();
        }
        let mut all = self.turns.write();
        let len = all.len().max(place + 1);
        all.resize_with(len, Arc::default);
        all[place].clone()
    }

    /// Applies changes in their order and shows the result to readers. One new version for all of
    /// them: nodes that several change are copied once.
    pub fn apply(&self, edits: impl Iterator<Item = Edit>) {
        let mut next = self.next.lock();
        for edit in edits {
            if edit.insert {
                next.insert(&edit.filter, edit.subscriber);
            } else {
                next.remove(&edit.filter, &edit.subscriber);
            }
        }
        self.published.store(Arc::new(next.clone()));
    }
}

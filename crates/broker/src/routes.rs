// SPDX-License-Identifier: Apache-2.0
//! The subscription trees: one per account, shared by all shards. Readers never wait: they hold a
//! version and see a newer one with their next message.

mod groups;
mod reader;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use hw_model::AccountId;
use hw_model::tree::Tree;
use hw_session::Subscriber;
use parking_lot::{Mutex, RwLock};

use groups::Groups;
pub use reader::RouteReader;

/// The trees of all accounts.
#[derive(Default)]
pub struct Routes {
    accounts: RwLock<HashMap<AccountId, Arc<AccountRoutes>>>,
}

/// A shared subscription: name and filter.
type Share = (Box<str>, Box<str>);

/// The tree of one account.
pub struct AccountRoutes {
    /// Numbers of shared subscriptions.
    groups: Mutex<Groups>,
    /// How many messages came to each, by number.
    turns: RwLock<Vec<Arc<AtomicU64>>>,
    /// The writers' copy, newest first to change.
    next: Mutex<Tree<Subscriber>>,
    published: Arc<ArcSwap<Shown>>,
}

/// A version of a tree that readers see.
#[derive(Default)]
struct Shown {
    tree: Tree<Subscriber>,
    /// Counts the versions of this account.
    version: u64,
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
            .map(|account| account.published.load().tree.len())
            .sum()
    }
}

impl AccountRoutes {
    fn empty() -> Self {
        let published = Arc::new(ArcSwap::from_pointee(Shown::default()));
        Self {
            groups: Mutex::default(),
            turns: RwLock::default(),
            next: Mutex::default(),
            published,
        }
    }

    /// The number of a shared subscription: it stays that until a call of [`AccountRoutes::apply`]
    /// that has it among `asked`, and then for as long as it has members.
    pub fn group(&self, share: &str, filter: &str) -> u32 {
        self.groups.lock().number((share.into(), filter.into()))
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
    /// them: nodes that several change are copied once. `asked` are the groups whose numbers were
    /// asked for, which are now held by their members alone.
    pub fn apply(&self, edits: impl Iterator<Item = Edit>, asked: impl Iterator<Item = u32>) {
        let mut next = self.next.lock();
        for edit in edits {
            let (filter, group) = (&edit.filter, edit.subscriber.group);
            let changed = match edit.insert {
                true => next.insert(filter, edit.subscriber),
                false => next.remove(filter, &edit.subscriber),
            };
            if group == 0 || !changed {
                continue;
            }
            match edit.insert {
                true => self.groups.lock().add_use(group),
                false => self.groups.lock().drop_use(group),
            }
        }
        asked.for_each(|group| self.groups.lock().drop_use(group));
        let version = self.published.load().version + 1;
        self.published.store(Arc::new(Shown {
            tree: next.clone(),
            version,
        }));
    }
}

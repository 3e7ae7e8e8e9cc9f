// SPDX-License-Identifier: Apache-2.0
//! One shard's view of the trees: the versions it holds, and the changes of its turn that are not
//! shown yet. A storm of subscriptions makes one version a turn, not one each.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use arc_swap::cache::Cache;
use hw_model::AccountId;
use hw_session::Subscriber;

use super::{AccountRoutes, Edit, Routes, Shown};

type Published = Cache<Arc<ArcSwap<Shown>>, Arc<Shown>>;

/// A shard's own; never shared.
pub struct RouteReader {
    routes: Arc<Routes>,
    places: HashMap<AccountId, usize, foldhash::fast::RandomState>,
    accounts: Vec<Account>,
    /// The account of the last call: mostly that of the next one.
    last: usize,
    /// Accounts with changes that are not shown.
    changed: Vec<usize>,
}

struct Account {
    id: AccountId,
    shared: Arc<AccountRoutes>,
    published: Published,
    edits: Vec<Edit>,
    /// Groups whose numbers were asked for since they were last shown.
    asked: Vec<u32>,
    /// Counters of shared subscriptions, by number, as far as they were asked for.
    turns: Vec<Option<Arc<AtomicU64>>>,
}

impl RouteReader {
    /// A view of these trees.
    pub fn new(routes: Arc<Routes>) -> Self {
        Self {
            routes,
            places: HashMap::default(),
            accounts: vec![],
            last: 0,
            changed: vec![],
        }
    }

    /// Appends every subscriber of a topic, once for each filter that matches; changes of this
    /// shard count at once.
    #[inline]
    pub fn route(&mut self, account: AccountId, topic: &str, found: &mut Vec<Subscriber>) {
        let shown = self.shown(account);
        shown
            .tree
            .matches(topic, &mut |list| found.extend_from_slice(list));
    }

    /// Another number whenever a topic of the account may find other subscribers than before.
    #[inline]
    pub fn version(&mut self, account: AccountId) -> u64 {
        self.shown(account).version
    }

    /// What counts now.
    #[inline]
    fn shown(&mut self, account: AccountId) -> &Shown {
        let place = self.place(account);
        if !self.changed.is_empty() {
            self.commit();
        }
        self.accounts[place].published.load()
    }

    /// The number of a shared subscription of an account.
    pub fn group(&mut self, account: AccountId, share: &str, filter: &str) -> u32 {
        let place = self.changing(account);
        let account = &mut self.accounts[place];
        let group = account.shared.group(share, filter);
        account.asked.push(group);
        group
    }

    /// How many messages came to a shared subscription before this one.
    pub fn turn(&mut self, account: AccountId, group: u32) -> u64 {
        let place = self.place(account);
        let account = &mut self.accounts[place];
        let at = group as usize;
        if account.turns.len() <= at {
            account.turns.resize(at + 1, None);
        }
        let turns = account.turns[at].get_or_insert_with(|| account.shared.turns(group));
        turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes a change; others see it after [`RouteReader::commit`].
    pub fn edit(&mut self, account: AccountId, edit: Edit) {
        let place = self.changing(account);
        self.accounts[place].edits.push(edit);
    }

    /// Whether there are changes that are not shown.
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Shows all changes to everybody: before the answers to them leave.
    pub fn commit(&mut self) {
        for place in self.changed.drain(..) {
            let account = &mut self.accounts[place];
            let (edits, asked) = (account.edits.drain(..), account.asked.drain(..));
            account.shared.apply(edits, asked);
        }
    }

    /// The account's place, noted among those that change.
    fn changing(&mut self, account: AccountId) -> usize {
        let place = self.place(account);
        let account = &self.accounts[place];
        if account.edits.is_empty() && account.asked.is_empty() {
            self.changed.push(place);
        }
        place
    }

    #[inline]
    fn place(&mut self, account: AccountId) -> usize {
        match self.accounts.get(self.last) {
            Some(last) if last.id == account => {}
            _ => self.last = self.find(account),
        }
        self.last
    }

    fn find(&mut self, account: AccountId) -> usize {
        if let Some(place) = self.places.get(&account) {
            return *place;
        }
        let shared = self.routes.account(account);
        let published = Cache::new(shared.published.clone());
        let place = self.accounts.len();
        self.accounts.push(Account {
            id: account,
            shared,
            published,
            edits: vec![],
            asked: vec![],
            turns: vec![],
        });
        self.places.insert(account, place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(slot: u32) -> Subscriber {
        Subscriber {
            shard: 0,
            lasting: hw_session::Lasting::No,
            slot,
            generation: 1,
            qos: 1,
            flags: 0,
            subscription_id: 0,
            group: 0,
        }
    }

    fn edit(filter: &str, slot: u32, insert: bool) -> Edit {
        Edit {
            filter: filter.into(),
            subscriber: subscriber(slot),
            insert,
        }
    }

    fn slots(reader: &mut RouteReader, account: AccountId, topic: &str) -> Vec<u32> {
        let mut found = vec![];
        reader.route(account, topic, &mut found);
        let mut slots: Vec<u32> = found.iter().map(|one| one.slot).collect();
        slots.sort_unstable();
        slots
    }

    #[test]
    fn turns_are_counted_over_all_shards() {
        let routes = Arc::new(Routes::default());
        let (mut here, mut there) = (
            RouteReader::new(routes.clone()),
            RouteReader::new(routes.clone()),
        );
        let account = AccountId::FIRST;
        let (one, two) = (
            here.group(account, "g", "a"),
            there.group(account, "g", "b"),
        );
        assert_ne!(one, two);
        let turns = [
            here.turn(account, one),
            there.turn(account, one),
            there.turn(account, two),
            here.turn(account, one),
            here.turn(AccountId::MAX, one),
        ];
        assert_eq!(turns, [0, 1, 0, 2, 0]);
    }

    #[test]
    fn shares_that_come_and_go_take_no_numbers() {
        let routes = Arc::new(Routes::default());
        let (mut here, mut there) = (
            RouteReader::new(routes.clone()),
            RouteReader::new(routes.clone()),
        );
        let account = AccountId::FIRST;
        let member = |group: u32, slot: u32, insert: bool| {
            let mut edit = edit("a/#", slot, insert);
            edit.subscriber.group = group;
            edit
        };
        let stays = here.group(account, "stays", "a/#");
        here.edit(account, member(stays, 1, true));
        here.commit();
        for n in 0..1_000 {
            let group = there.group(account, &format!("goes {n}"), "a/#");
            assert_eq!(group, 2);
            there.edit(account, member(group, 2, true));
            there.commit();
            // The same again changes nothing.
            assert_eq!(there.group(account, &format!("goes {n}"), "a/#"), 2);
            there.edit(account, member(group, 2, true));
            there.commit();
            there.edit(account, member(group, 2, false));
            there.commit();
        }
        // One that is denied after it has asked.
        there.group(account, "nobody's", "a/#");
        there.commit();
        assert_eq!(there.group(account, "another", "a/#"), 2);
        // Another shard's last member goes while this one is about to come.
        let asked = there.group(account, "stays", "a/#");
        here.edit(account, member(stays, 1, false));
        here.commit();
        there.edit(account, member(asked, 3, true));
        there.commit();
        assert_eq!((asked, here.group(account, "stays", "a/#")), (1, 1));
    }

    #[test]
    fn own_changes_count_at_once_and_others_after_the_commit() {
        let routes = Arc::new(Routes::default());
        let (mut here, mut there) = (
            RouteReader::new(routes.clone()),
            RouteReader::new(routes.clone()),
        );
        let (first, other) = (AccountId::FIRST, AccountId::MAX);
        assert!(slots(&mut there, first, "a/b").is_empty());
        here.edit(first, edit("a/+", 7, true));
        here.edit(first, edit("a/b", 8, true));
        here.edit(other, edit("#", 9, true));
        assert!(slots(&mut there, first, "a/b").is_empty());
        let before = there.version(first);
        assert_eq!(slots(&mut here, first, "a/b"), [7, 8]);
        assert_eq!(slots(&mut there, first, "a/b"), [7, 8]);
        assert!(here.version(first) > before && there.version(first) == here.version(first));
        assert_eq!(
            slots(&mut there, other, "a/b"),
            [9],
            "and no account sees another's"
        );
        here.edit(first, edit("a/+", 7, false));
        here.commit();
        assert_eq!(slots(&mut there, first, "a/b"), [8]);
        assert_eq!(routes.subscriptions(), 2);
    }
}

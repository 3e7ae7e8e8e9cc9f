// SPDX-License-Identifier: Apache-2.0
//! The retained messages of all accounts, shared by all shards. Written under a lock of the
//! account, which no reader of another topic space meets.

mod people;
mod tree;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hw_model::{AccountId, Timestamp};
use hw_session::Retained;
use parking_lot::RwLock;

use tree::Tree;

/// Bytes that a retained message costs beside its own.
const ENTRY_BYTES: usize = 256;

/// One account has at most this part of the room: half, so that it leaves some to the others.
const ACCOUNT_PART: u64 = 2;

/// All retained messages.
pub struct RetainedMessages {
    accounts: RwLock<HashMap<AccountId, Arc<RwLock<Tree>>>>,
    /// The number of the last one, see `hw_kernel::record::retained`.
    number: AtomicU64,
    bytes: AtomicU64,
    messages: AtomicU64,
    bytes_max: u64,
}

/// One with its account and number.
pub type Numbered = (AccountId, u64, Arc<Retained>);

/// There is no room for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("retained messages take all of their {0} bytes")]
pub struct NoRoom(pub u64);

impl RetainedMessages {
    /// None; at most so many bytes.
    pub fn new(bytes_max: u64) -> Self {
        Self {
            accounts: RwLock::default(),
            number: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            bytes_max,
        }
    }

    /// Makes a message its topic's, or forgets that if its payload is empty. Gives its number.
    pub fn set(&self, account: AccountId, message: Retained) -> Result<u64, NoRoom> {
        let tree = self.tree(account);
        let mut tree = tree.write();
        if !message.payload.is_empty() {
            self.check_room(&tree, &message)?;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        if message.payload.is_empty() {
            let old = tree.remove(&message.topic);
            self.count(&mut tree, old, None);
        } else {
            self.put(&mut tree, number, message);
        }
        Ok(number)
    }

    /// Whether there is room for it. What is no larger than what it replaces always has.
    fn check_room(&self, tree: &Tree, message: &Retained) -> Result<(), NoRoom> {
        let of_account = self.bytes_max / ACCOUNT_PART;
        let max = match self.bytes.load(Ordering::Relaxed) {
            bytes if bytes >= self.bytes_max => self.bytes_max,
            _ if tree.bytes >= of_account => of_account,
            _ => return Ok(()),
        };
        match tree.message(&message.topic) {
            Some(old) if size(old) >= size(message) => Ok(()),
            _ => Err(NoRoom(max)),
        }
    }

    /// Puts in what stood in the Log, in any order.
    pub fn restore(&self, account: AccountId, number: u64, message: Retained) {
        self.number.fetch_max(number, Ordering::Relaxed);
        let tree = self.tree(account);
        let mut tree = tree.write();
        if tree
            .number(&message.topic)
            .is_none_or(|known| known < number)
        {
            if message.payload.is_empty() {
                let old = tree.bury(&message.topic, number);
                self.count(&mut tree, old, None);
            } else {
                self.put(&mut tree, number, message);
            }
        }
    }

    /// Forgets which numbers belonged to messages that are retained no more: to be called when all
    /// was restored.
    pub fn restored(&self) {
        for tree in self.accounts.read().values() {
            tree.write().forget_tombs();
        }
    }

    /// Appends those whose topics a filter matches.
    pub fn matching(
        &self,
        account: AccountId,
        filter: &str,
        now: Timestamp,
        found: &mut Vec<Arc<Retained>>,
    ) {
        let Some(tree) = self.accounts.read().get(&account).cloned() else {
            return;
        };
        tree.read().matches(filter, &mut |message| {
            if message.holds(now) {
                found.push(message.clone());
            }
        });
    }

    /// How many there are, and their bytes.
    pub fn size(&self) -> (u64, u64) {
        let messages = self.messages.load(Ordering::Relaxed);
        (messages, self.bytes.load(Ordering::Relaxed))
    }

    /// All of them with their accounts and numbers, for a checkpoint. Those that have expired are
    /// forgotten instead.
    pub fn all(&self, now: Timestamp) -> Vec<Numbered> {
        let accounts: Vec<_> = {
            let accounts = self.accounts.read();
            accounts
                .iter()
                .map(|(id, tree)| (*id, tree.clone()))
                .collect()
        };
        let mut all = Vec::new();
        for (account, tree) in accounts {
            let mut expired = Vec::new();
            tree.read().each(&mut |number, message| {
                if message.holds(now) {
                    all.push((account, number, message.clone()));
                } else {
                    expired.push((number, message.topic.clone()));
                }
            });
            let mut tree = tree.write();
            for (number, topic) in expired {
                if tree.number(&topic) == Some(number) {
                    let old = tree.remove(&topic);
                    self.count(&mut tree, old, None);
                }
            }
        }
        all
    }

    fn tree(&self, account: AccountId) -> Arc<RwLock<Tree>> {
        if let Some(tree) = self.accounts.read().get(&account) {
            return tree.clone();
        }
        self.accounts.write().entry(account).or_default().clone()
    }

    fn put(&self, tree: &mut Tree, number: u64, message: Retained) {
        let message = Arc::new(message);
        let old = tree.insert(number, message.clone());
        self.count(tree, old, Some(&message));
    }

    fn count(&self, tree: &mut Tree, old: Option<Arc<Retained>>, new: Option<&Arc<Retained>>) {
        if let Some(new) = new {
            tree.bytes += size(new);
            self.bytes.fetch_add(size(new), Ordering::Relaxed);
            self.messages.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(old) = old {
            old.replaced.store(true, Ordering::Release);
            tree.bytes = tree.bytes.saturating_sub(size(&old));
            self.bytes.fetch_sub(size(&old), Ordering::Relaxed);
            self.messages.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn size(message: &Retained) -> u64 {
    (message.topic.len() + message.payload.len() + message.properties.len() + ENTRY_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::TraceId;
    use hw_model::trace::Producer;

    fn message(topic: &str, payload: &str) -> Retained {
        Retained {
            topic: topic.into(),
            payload: payload.as_bytes().into(),
            properties: Box::new([]),
            qos: 1,
            trace: TraceId {
                producer: Producer { epoch: 1, shard: 0 },
                sequence: 1,
            },
            since: Timestamp(0),
            replaced: Default::default(),
        }
    }

    fn payloads(all: &RetainedMessages, account: AccountId, filter: &str) -> Vec<String> {
        let mut found = Vec::new();
        all.matching(account, filter, Timestamp(5), &mut found);
        let text = |it: &Arc<Retained>| String::from_utf8_lossy(&it.payload).into_owned();
        let mut payloads: Vec<_> = found.iter().map(text).collect();
        payloads.sort();
        payloads
    }

    #[test]
    fn the_last_one_holds_and_an_empty_one_ends_it() {
        let all = RetainedMessages::new(1 << 20);
        let (first, other) = (AccountId::FIRST, AccountId::MAX);
        for (topic, payload) in [("a/b", "1"), ("a/c", "2"), ("a/b", "3"), ("$x/b", "4")] {
            all.set(first, message(topic, payload)).unwrap();
        }
        assert_eq!(payloads(&all, first, "a/b"), ["3"]);
        assert_eq!(payloads(&all, first, "#"), ["2", "3"]);
        assert_eq!(payloads(&all, first, "+/b"), ["3"]);
        assert_eq!(payloads(&all, first, "$x/#"), ["4"]);
        assert!(payloads(&all, other, "#").is_empty());
        all.set(first, message("a/b", "")).unwrap();
        all.set(first, message("nobody", "")).unwrap();
        assert_eq!(payloads(&all, first, "a/#"), ["2"]);
        assert_eq!(all.size().0, 2);
        for topic in ["a/c", "$x/b"] {
            all.set(first, message(topic, "")).unwrap();
        }
        assert_eq!(all.size(), (0, 0));
    }

    #[test]
    fn the_greatest_number_holds_in_any_order() {
        let all = RetainedMessages::new(1 << 20);
        let account = AccountId::FIRST;
        for (number, payload) in [(7, "new"), (5, "old"), (6, "")] {
            all.restore(account, number, message("t", payload));
        }
        assert_eq!(payloads(&all, account, "t"), ["new"]);
        all.restore(account, 9, message("t", ""));
        all.restore(account, 8, message("t", "late"));
        all.restored();
        assert!(payloads(&all, account, "t").is_empty());
        assert_eq!(all.set(account, message("t", "next")), Ok(10));
        assert_eq!(all.all(Timestamp(0)).len(), 1);
    }

    #[test]
    fn no_room_for_more() {
        // Two messages each of two accounts: one takes 258 bytes.
        let all = RetainedMessages::new(1_000);
        let (first, other) = (AccountId::FIRST, AccountId::MAX);
        for topic in ["a", "b"] {
            all.set(first, message(topic, "x")).unwrap();
        }
        assert_eq!(all.set(first, message("c", "x")), Err(NoRoom(500)));
        for topic in ["a", "b"] {
            all.set(other, message(topic, "x")).unwrap();
        }
        let third = AccountId::from_number(2).unwrap();
        assert_eq!(all.set(third, message("a", "x")), Err(NoRoom(1_000)));
        // What takes no more than what it replaces has room, and so has what comes after an end.
        all.set(first, message("a", "y")).unwrap();
        assert_eq!(all.set(first, message("a", "yy")), Err(NoRoom(1_000)));
        all.set(first, message("a", "")).unwrap();
        all.set(third, message("a", "x")).unwrap();
    }
}

// SPDX-License-Identifier: Apache-2.0
//! The statements that run, of all accounts: what `pg_stat_activity` shows each of its own, and
//! what `pg_cancel_backend` ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hw_kernel::Clock;
use hw_model::{AccountId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// A statement that runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub pid: i32,
    pub user: String,
    pub application: String,
    pub since: Timestamp,
    pub text: Arc<str>,
}

struct Entry {
    account: AccountId,
    running: Running,
    cancel: Arc<Notify>,
}

/// All that run.
pub(crate) struct Activity {
    clock: Arc<dyn Clock>,
    entries: Mutex<BTreeMap<u64, Entry>>,
    next: AtomicU64,
}

/// Who runs a statement.
pub(crate) struct Who<'a> {
    pub account: AccountId,
    pub pid: i32,
    pub user: String,
    pub application: String,
    pub cancel: &'a Arc<Notify>,
}

impl std::fmt::Debug for Activity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Activity")
    }
}

impl Activity {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            entries: Mutex::default(),
            next: AtomicU64::new(1),
        })
    }

    /// A number for a session that has no process id of the protocol.
    pub(crate) fn number(&self) -> i32 {
        (self.next.fetch_add(1, Ordering::Relaxed) & 0x3fff_ffff) as i32
    }

    /// A statement begins; it ends when what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>, who: Who<'_>, text: Arc<str>) -> Begun {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Entry {
            account: who.account,
            running: Running {
                pid: who.pid,
                user: who.user,
                application: who.application,
                since: self.clock.now(),
                text,
            },
            cancel: Arc::clone(who.cancel),
        };
        self.entries.lock().insert(id, entry);
        Begun {
            activity: Arc::clone(self),
            id,
        }
    }

    /// How many run, of all accounts.
    pub(crate) fn count(&self) -> usize {
        self.entries.lock().len()
    }

    /// What runs of an account, the oldest first.
    pub(crate) fn of(&self, account: AccountId) -> Vec<Running> {
        let entries = self.entries.lock();
        let own = entries.values().filter(|entry| entry.account == account);
        own.map(|entry| entry.running.clone()).collect()
    }

    /// Ends what an account's session runs; whether anything did.
    pub(crate) fn cancel(&self, account: AccountId, pid: i32) -> bool {
        let entries = self.entries.lock();
        let mut found = false;
        for entry in entries.values() {
            if entry.account == account && entry.running.pid == pid {
                entry.cancel.notify_waiters();
                found = true;
            }
        }
        found
    }
}

/// A statement that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    activity: Arc<Activity>,
    id: u64,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.activity.entries.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use hw_kernel::port::clock::SystemClock;

    use super::*;

    #[test]
    fn each_account_sees_and_ends_its_own() {
        let activity = Activity::new(Arc::new(SystemClock::default()));
        let cancel = Arc::new(Notify::new());
        let other = AccountId::from_number(2).expect("twelve digits");
        let who = Who {
            account: AccountId::FIRST,
            pid: 7,
            user: "ann".into(),
            application: String::new(),
            cancel: &cancel,
        };
        let begun = activity.begin(who, "SELECT 1".into());
        assert_eq!(activity.of(AccountId::FIRST).len(), 1);
        assert!(activity.of(other).is_empty() && !activity.cancel(other, 7));
        assert!(activity.cancel(AccountId::FIRST, 7));
        drop(begun);
        assert!(activity.of(AccountId::FIRST).is_empty());
    }
}

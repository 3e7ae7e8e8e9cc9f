// SPDX-License-Identifier: Apache-2.0
//! `versionNumber` of presence messages: counts a client id's connections, and is forgotten when it
//! has had none for an hour (AWS IoT developer guide, `life-cycle-events`). While a connection is
//! there it holds its number itself, so that only those who left of late cost memory here.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use hw_model::AccountId;

/// How long a client id that left is remembered.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// Client ids that are remembered at most, 40 bytes each; beyond it the first to leave is forgotten.
const REMEMBERED_MAX: usize = 1 << 17;

/// The client ids that have left.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    hasher: foldhash::fast::RandomState,
    /// Last number by hash of account and client id, and until when.
    left: HashMap<u64, (u64, Duration), foldhash::fast::RandomState>,
    order: VecDeque<(Duration, u64)>,
}

impl Versions {
    /// The number of a new connection.
    pub(crate) fn next(&mut self, account: AccountId, client_id: &str, now: Duration) -> u64 {
        self.forget(now);
        let key = self.hasher.hash_one((account, client_id));
        self.left.remove(&key).map_or(0, |(last, _)| last + 1)
    }

    /// A connection with that number has ended.
    pub(crate) fn leave(
        &mut self,
        account: AccountId,
        client_id: &str,
        version: u64,
        now: Duration,
    ) {
        let key = self.hasher.hash_one((account, client_id));
        let until = now + REMEMBERED;
        self.left.insert(key, (version, until));
        self.order.push_back((until, key));
        self.forget(now);
    }

    fn forget(&mut self, now: Duration) {
        let is_due = |(until, _): &mut (Duration, u64)| *until <= now;
        while let Some((until, key)) = match self.order.len() > REMEMBERED_MAX {
            true => self.order.pop_front(),
            false => self.order.pop_front_if(is_due),
        } {
            if self.left.get(&key).is_some_and(|(_, last)| *last == until) {
                self.left.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_and_begins_anew_after_an_hour() {
        let (mut versions, one) = (Versions::default(), AccountId::FIRST);
        let at = |seconds| Duration::from_secs(seconds);
        assert_eq!(versions.next(one, "a", at(0)), 0);
        versions.leave(one, "a", 0, at(10));
        assert_eq!(versions.next(one, "b", at(10)), 0);
        assert_eq!(versions.next(AccountId::MAX, "a", at(10)), 0);
        assert_eq!(versions.next(one, "a", at(3_609)), 1);
        versions.leave(one, "a", 1, at(3_609));
        assert_eq!(
            versions.next(one, "a", at(3_611)),
            2,
            "the first leave does not count any more"
        );
        versions.leave(one, "a", 2, at(4_000));
        assert_eq!(versions.next(one, "a", at(7_600)), 0);
        assert!(versions.left.is_empty() && versions.order.is_empty());
    }
}

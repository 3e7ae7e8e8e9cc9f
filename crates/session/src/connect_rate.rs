// SPDX-License-Identifier: Apache-2.0
//! How often a client id may connect, where that is bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use hw_model::AccountId;

use crate::pace::Pace;

/// Client ids of the last second that are remembered at most.
const REMEMBERED_MAX: usize = 1 << 17;

/// The client ids that have connected within the last second.
#[derive(Debug, Default)]
pub(crate) struct ConnectRate {
    hasher: foldhash::fast::RandomState,
    paces: HashMap<u64, Pace, foldhash::fast::RandomState>,
    order: VecDeque<(Duration, u64)>,
}

impl ConnectRate {
    /// Whether it may connect now. `per_second` 0 is no bound.
    pub(crate) fn allows(
        &mut self,
        account: AccountId,
        client_id: &str,
        now: Duration,
        per_second: u32,
    ) -> bool {
        if per_second == 0 {
            return true;
        }
        let is_old = |(at, _): &mut (Duration, u64)| *at + Duration::from_secs(1) <= now;
        while let Some((_, key)) = match self.order.len() > REMEMBERED_MAX {
            true => self.order.pop_front(),
            false => self.order.pop_front_if(is_old),
        } {
            if self.paces.get(&key).is_some_and(|pace| pace.is_full(now)) {
                self.paces.remove(&key);
            }
        }
        let key = self.hasher.hash_one((account, client_id));
        let allows = self.paces.entry(key).or_default().take(now, per_second);
        if allows {
            self.order.push_back((now, key));
        }
        allows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_and_nothing_is_left_of_who_went() {
        let mut rate = ConnectRate::default();
        let mut ask =
            |id: &str, millis| rate.allows(AccountId::FIRST, id, Duration::from_millis(millis), 1);
        assert!(ask("a", 0) && !ask("a", 10) && ask("b", 10) && !ask("a", 999));
        assert!(ask("a", 1_000) && !ask("b", 1_009));
        assert!(ask("c", 9_000));
        assert_eq!((rate.paces.len(), rate.order.len()), (1, 1));
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What principals use, over all shards; asked only where that is bounded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hw_kernel::Principal;
use hw_model::AccountId;
use hw_session::PrincipalUse;
use parking_lot::Mutex;

/// From how many on it is looked for some to forget.
const SWEPT_FROM: usize = 1_024;

/// All that have connections, or had one within the last second.
#[derive(Default)]
pub struct Principals(Mutex<Known>);

#[derive(Default)]
struct Known {
    uses: HashMap<(AccountId, Box<str>), Arc<PrincipalUse>>,
    /// How many were left at the last sweep.
    left: usize,
}

impl Principals {
    /// What this one uses.
    pub fn uses(&self, principal: &Principal, now: Duration) -> Arc<PrincipalUse> {
        let mut known = self.0.lock();
        if known.uses.len() >= (known.left * 2).max(SWEPT_FROM) {
            let in_use = |of: &Arc<PrincipalUse>| Arc::strong_count(of) > 1 || !of.is_over(now);
            known.uses.retain(|_, of| in_use(of));
            known.left = known.uses.len();
        }
        let name = principal.id.to_string().into();
        known
            .uses
            .entry((principal.account, name))
            .or_default()
            .clone()
    }
}

// SPDX-License-Identifier: Apache-2.0
//! While the Log is nearly full, a shard takes in its part of what the Log can, and shares that out
//! among its connections.

use hw_session::Now;

use super::ShardState;
use crate::shared::Shared;

/// How much of that is taken in: less than the Log can, so that what waits for it gets less.
const PART: (u64, u64) = (4, 5);

impl ShardState {
    pub(super) fn slow_down(&mut self, shared: &Shared, now: Now) {
        let shards = shared.lanes().len().max(1) as u64;
        let pace = shared.log.pace();
        let part = pace.map(|all| all / PART.1 * PART.0 / shards);
        self.machine.slow_down(now, part);
    }
}

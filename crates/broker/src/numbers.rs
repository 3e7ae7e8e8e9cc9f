// SPDX-License-Identifier: Apache-2.0
//! Numbers for sessions: no two are the same, in any run of the server.

use std::sync::atomic::{AtomicU32, Ordering};

/// The next number: the run's epoch above, a count below.
#[derive(Debug)]
pub struct Numbers {
    epoch: u32,
    last: AtomicU32,
}

impl Numbers {
    /// Of a run.
    pub fn of(epoch: u32) -> Self {
        Self {
            epoch,
            last: AtomicU32::new(0),
        }
    }

    /// The run.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// One that nobody has had; never 0.
    pub fn next(&self) -> u64 {
        let count = self.last.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        u64::from(self.epoch) << 32 | u64::from(count.max(1))
    }
}

// SPDX-License-Identifier: Apache-2.0
//! When somebody looked at what came last, so that the next look reads only what came since.
//!
//! Rows become visible about in the order of their times: looking a little further back than the
//! newest that was seen misses none. That holds as long as the clock is not set back.

use std::time::Duration;

use hw_kernel::Clock;
use hw_model::Timestamp;

/// How far before the newest row known the next look begins.
pub(crate) const SLACK_MICROS: i64 = 60 * 1_000_000;

/// How far the clock may be set back between two looks before all is read again: within the slack.
const BACK_MICROS_MAX: i64 = SLACK_MICROS / 2;

/// When somebody looked, by both clocks.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    wall: Timestamp,
    steady: Duration,
}

impl Look {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.now(),
            steady: clock.monotonic(),
        }
    }

    /// The time of day of the look.
    pub(crate) fn wall(self) -> Timestamp {
        self.wall
    }

    /// Whether the clock was set back between the two.
    pub(crate) fn was_set_back(self, later: Self) -> bool {
        let passed = later.steady.saturating_sub(self.steady).as_micros() as i64;
        later.wall.0 - self.wall.0 < passed - BACK_MICROS_MAX
    }

    /// Whether a later look is at most so much later.
    pub(crate) fn is_within(self, span: Duration, later: Self) -> bool {
        later.steady.saturating_sub(self.steady) <= span
    }

    /// Whether a row is of a time that is yet to come.
    pub(crate) fn is_before(self, time: Timestamp) -> bool {
        time.0 > self.wall.0.saturating_add(SLACK_MICROS)
    }

    /// What decides which of two rows is the newer one: what is of a time to come stands behind
    /// all that is not.
    pub(crate) fn rank(self, time: Timestamp) -> (bool, i64) {
        (!self.is_before(time), time.0)
    }
}

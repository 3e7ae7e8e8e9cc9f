// SPDX-License-Identifier: Apache-2.0
//! Passing over offsets that no segment holds: never used, let go, taken by a limit, or lost.

use super::{Reading, Step};

impl Reading<'_> {
    /// Moves `at` on to `to`, and says what was lost between. What may be missing ends at
    /// `follows`.
    pub(super) fn pass_gap(&mut self, at: &mut u64, to: u64, follows: u64, at_start: bool) -> Step {
        let floor = match at_start {
            true => self.shared.trims.lock().floor.min(follows),
            false => 0,
        };
        let trimmed = self.trimmed(floor);
        let lost = follows.saturating_sub(floor.max(*at));
        if (trimmed.is_some() || lost > 0) && !self.read.bytes.is_empty() {
            // Losses are told before the records behind them.
            return Step::Break(());
        }
        if let Some(cause) = trimmed {
            self.lose(cause, floor.saturating_sub(*at));
        }
        if lost > 0 {
            self.lose("a damaged segment was put aside", lost);
        }
        *at = to;
        Step::Continue(())
    }

    /// Why a reader that stands before `floor` misses records that it could want. One that begins
    /// at the start takes what there is, unless a limit took it.
    fn trimmed(&self, floor: u64) -> Option<&'static str> {
        let trims = self.shared.trims.lock();
        let mut cause = None;
        for (stream, after) in self.wanted.iter().filter(|(_, after)| *after < floor) {
            let trim = trims.streams.get(stream).copied().unwrap_or_default();
            if *after < trim.dropped {
                return Some("the log's limit was reached before this was read");
            }
            if *after > 0 && *after < trim.trimmed {
                cause = Some("this was let go before");
            }
        }
        cause
    }
}

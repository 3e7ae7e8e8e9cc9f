// SPDX-License-Identifier: Apache-2.0
//! A failure that comes again each second, as on a full disk, is told of once a minute, and once
//! when it is over.

use std::time::Duration;

/// How far apart it is told of at least.
const APART: Duration = Duration::from_secs(60);

/// A failure that may come again. Pure: monotonic time comes in as an argument.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    /// When it was told of last.
    told: Option<Duration>,
    /// Failures since then, and since it began.
    since_told: u64,
    all: u64,
}

impl Repeated {
    /// It has failed: how often since it was told of last, if it is time to tell.
    pub fn failed(&mut self, now: Duration) -> Option<u64> {
        (self.since_told, self.all) = (self.since_told + 1, self.all + 1);
        if self.told.is_some_and(|told| now < told + APART) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.since_told))
    }

    /// It went well: how often it had failed, if it had.
    pub fn went_well(&mut self) -> Option<u64> {
        let all = std::mem::take(self).all;
        (all > 0).then_some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_at_once_then_once_a_minute_and_when_it_is_over() {
        let mut failure = Repeated::default();
        assert_eq!(failure.went_well(), None);
        let told = (0..150).map(|second| failure.failed(Duration::from_secs(second)));
        let told: Vec<_> = told.flatten().collect();
        assert_eq!(told, [1, 60, 60]);
        assert_eq!(failure.went_well(), Some(150));
        assert_eq!(failure.went_well(), None);
        assert_eq!(failure.failed(Duration::from_secs(151)), Some(1), "anew");
    }
}

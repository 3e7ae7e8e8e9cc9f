// SPDX-License-Identifier: Apache-2.0
//! How long to wait before the next try: longer each time, and never all devices at once.

use std::time::Duration;

use super::random::Random;

const FIRST_MS: u32 = 250;
const MAX_MS: u32 = 30_000;

/// Waits of one device.
#[derive(Debug)]
pub struct Backoff {
    next_ms: u32,
    random: Random,
}

impl Backoff {
    /// A device that has not failed yet.
    pub fn new(seed: u64) -> Self {
        Self {
            next_ms: FIRST_MS,
            random: Random::new(seed),
        }
    }

    /// How long to wait now: half of it certain, half of it by chance; then the double, up to
    /// thirty seconds.
    pub fn wait(&mut self) -> Duration {
        let half = self.next_ms / 2;
        let wait = half + self.random.below(half + 1);
        self.next_ms = self.next_ms.saturating_mul(2).min(MAX_MS);
        Duration::from_millis(u64::from(wait))
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.next_ms = FIRST_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_each_time_but_not_for_ever() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<u128> = (0..12).map(|_| backoff.wait().as_millis()).collect();
        assert!(
            (125..=250).contains(&waits[0]) && (250..=500).contains(&waits[1]),
            "{waits:?}"
        );
        assert!(waits.iter().all(|wait| *wait <= u128::from(MAX_MS)));
        assert!(waits[11] >= u128::from(MAX_MS / 2));
        backoff.reset();
        assert!(backoff.wait().as_millis() <= 250);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! A coarse timer wheel: one entry a connection, looked at when it is due and put back if the
//! connection was active meanwhile. So a message costs the time of a store, never of a timer.

use std::time::Duration;

const TICK_MILLIS: u64 = 250;
/// With the tick: how far ahead an entry can stand (64 s). Later ones are looked at in between.
const BUCKETS: u64 = 256;

/// What is to be looked at, by the time when.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    buckets: Vec<Vec<T>>,
    /// The first tick whose bucket was not emptied yet.
    at: u64,
    /// The first tick that has an entry; `u64::MAX` if none has.
    next: u64,
}

impl<T: Clone> Wheel<T> {
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![Vec::new(); BUCKETS as usize],
            at: 0,
            next: u64::MAX,
        }
    }

    /// Has it looked at when `due` is reached, or earlier if that is far ahead.
    pub(crate) fn schedule(&mut self, what: T, due: Duration) {
        let tick = (due.as_millis() as u64).div_ceil(TICK_MILLIS);
        let tick = tick.clamp(self.at, self.at + BUCKETS - 1);
        self.buckets[(tick % BUCKETS) as usize].push(what);
        self.next = self.next.min(tick);
    }

    /// Appends what is due to `out`.
    pub(crate) fn advance(&mut self, now: Duration, out: &mut Vec<T>) {
        const KEPT_ENTRIES: usize = 256;
        let current = now.as_millis() as u64 / TICK_MILLIS;
        if current < self.at {
            return;
        }
        if self.next <= current {
            for tick in self.next..=current.min(self.next + BUCKETS - 1) {
                let bucket = &mut self.buckets[(tick % BUCKETS) as usize];
                out.append(bucket);
                bucket.shrink_to(KEPT_ENTRIES);
            }
        }
        self.at = current + 1;
        if self.next < self.at {
            let filled = |tick: &u64| !self.buckets[(tick % BUCKETS) as usize].is_empty();
            self.next = (self.at..self.at + BUCKETS)
                .find(filled)
                .unwrap_or(u64::MAX);
        }
    }

    /// How long until something is due.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        let next = (self.next != u64::MAX).then(|| self.next * TICK_MILLIS)?;
        Some(Duration::from_millis(next).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slot;

    fn slot(index: u32) -> Slot {
        Slot {
            index,
            generation: 1,
        }
    }

    fn due(wheel: &mut Wheel<Slot>, millis: u64) -> Vec<u32> {
        let mut out = Vec::new();
        wheel.advance(Duration::from_millis(millis), &mut out);
        out.iter().map(|slot| slot.index).collect()
    }

    #[test]
    fn never_early_and_at_most_a_tick_late() {
        let mut wheel = Wheel::new();
        assert_eq!(due(&mut wheel, 9_000_000), []);
        assert_eq!(wheel.wait(Duration::from_secs(9_000)), None);
        wheel.schedule(slot(1), Duration::from_millis(9_001_400));
        wheel.schedule(slot(2), Duration::from_millis(9_003_000));
        assert_eq!(
            wheel.wait(Duration::from_secs(9_000)),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(due(&mut wheel, 9_001_399), []);
        assert_eq!(due(&mut wheel, 9_001_500), [1]);
        assert_eq!(
            wheel.wait(Duration::from_millis(9_001_500)),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            due(&mut wheel, 9_500_000),
            [2],
            "a long sleep misses nobody"
        );
    }

    #[test]
    fn what_is_far_ahead_comes_early_and_what_is_past_comes_at_once() {
        let mut wheel = Wheel::new();
        due(&mut wheel, 1_000_000);
        wheel.schedule(slot(1), Duration::from_secs(5_000));
        wheel.schedule(slot(2), Duration::from_secs(1));
        assert_eq!(due(&mut wheel, 1_000_250), [2]);
        let wait = wheel.wait(Duration::from_millis(1_000_250)).unwrap();
        assert!(
            wait > Duration::from_secs(60) && wait < Duration::from_secs(65),
            "{wait:?}"
        );
        assert_eq!(due(&mut wheel, 1_070_000), [1]);
    }
}

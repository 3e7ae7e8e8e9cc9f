// SPDX-License-Identifier: Apache-2.0
//! The softlock on sign-ins: each failure makes the next try wait, per user and per address.
//!
//! A try counts as failed before the password is looked at, so that many tries at once gain
//! nothing; success takes it back. Names that do not exist are locked like those that do. The
//! steps are Kanidm's (`kanidmd` softlock, password policy).

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use parking_lot::Mutex;

/// Entries that are kept; beyond it the one that failed longest ago goes.
const ENTRIES_MAX: usize = 100_000;

/// Failures are forgotten after so long without another.
const FORGET_SPAN: Duration = Duration::from_secs(24 * 60 * 60);

/// (failures so far fewer than, wait). Of the last, the number is not looked at.
pub(crate) type Steps = &'static [(u32, Duration)];

/// Of one user: a person has a few tries a minute, a guesser a hundred a day.
pub(crate) const USER_STEPS: Steps = &[
    (3, Duration::from_secs(1)),
    (9, Duration::from_secs(3)),
    (25, Duration::from_secs(5)),
    (100, Duration::from_secs(10)),
    (u32::MAX, FORGET_SPAN),
];

/// Of one device: who guesses must not be able to keep it out for a day.
pub(crate) const DEVICE_STEPS: Steps = &[
    (3, Duration::from_secs(1)),
    (9, Duration::from_secs(3)),
    (25, Duration::from_secs(5)),
    (100, Duration::from_secs(10)),
    (u32::MAX, Duration::from_secs(60)),
];

/// Of one address, which many people may share: it slows down, and locks nobody out.
pub(crate) const ADDRESS_STEPS: Steps = &[
    (10, Duration::ZERO),
    (50, Duration::from_secs(1)),
    (u32::MAX, Duration::from_secs(5)),
];

#[derive(Clone, Copy)]
struct Entry {
    failures: u32,
    last: Duration,
    open_at: Duration,
}

/// Failures by whatever is locked.
pub(crate) struct Softlock<K> {
    steps: Steps,
    entries: Mutex<HashMap<K, Entry>>,
}

impl<K: Hash + Eq + Clone> Softlock<K> {
    pub(crate) fn new(steps: Steps) -> Self {
        let entries = Mutex::default();
        Self { steps, entries }
    }

    /// Counts a try at `now` of the monotonic clock as failed.
    ///
    /// # Errors
    /// How long to wait; the try is not counted then.
    pub(crate) fn attempt(&self, key: &K, now: Duration) -> Result<(), Duration> {
        let mut entries = self.entries.lock();
        let known = entries.get(key).copied();
        let known = known.filter(|entry| now < entry.last + FORGET_SPAN);
        let failures = known.map_or(0, |entry| entry.failures);
        if let Some(entry) = known.filter(|entry| now < entry.open_at) {
            return Err(entry.open_at - now);
        }
        if entries.len() >= ENTRIES_MAX && !entries.contains_key(key) {
            make_room(&mut entries, now);
        }
        let failures = failures.saturating_add(1);
        let open_at = now + self.wait(failures);
        let entry = Entry {
            failures,
            last: now,
            open_at,
        };
        entries.insert(key.clone(), entry);
        Ok(())
    }

    /// Whether a try may be made at `now`, without counting it.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn look(&self, key: &K, now: Duration) -> Result<(), Duration> {
        let entries = self.entries.lock();
        match entries.get(key) {
            Some(entry) if now < entry.open_at => Err(entry.open_at - now),
            _ => Ok(()),
        }
    }

    /// The password was right: nothing is held against `key` any more.
    pub(crate) fn succeeded(&self, key: &K) {
        self.entries.lock().remove(key);
    }

    /// One try that was counted was none.
    pub(crate) fn take_back(&self, key: &K) {
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get_mut(key) {
            entry.failures = entry.failures.saturating_sub(1);
            entry.open_at = entry.last;
        }
    }

    fn wait(&self, failures: u32) -> Duration {
        let step = self.steps.iter().find(|(below, _)| failures < *below);
        step.or(self.steps.last())
            .map_or(Duration::ZERO, |(_, wait)| *wait)
    }
}

fn make_room<K: Hash + Eq + Clone>(entries: &mut HashMap<K, Entry>, now: Duration) {
    entries.retain(|_, entry| now < entry.last + FORGET_SPAN);
    if entries.len() >= ENTRIES_MAX {
        let oldest = entries.iter().min_by_key(|(_, entry)| entry.last);
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_failure_makes_the_next_try_wait_and_success_forgets() {
        let lock = Softlock::new(USER_STEPS);
        assert_eq!(lock.attempt(&"a", Duration::ZERO), Ok(()));
        assert_eq!(lock.attempt(&"a", SECOND / 2), Err(SECOND / 2), "too soon");
        assert_eq!(lock.attempt(&"b", Duration::ZERO), Ok(()), "another");
        assert_eq!(lock.attempt(&"a", SECOND), Ok(()));
        assert_eq!(lock.attempt(&"a", 2 * SECOND), Ok(()));
        assert_eq!(lock.attempt(&"a", 3 * SECOND), Err(2 * SECOND));
        lock.succeeded(&"a");
        assert_eq!(lock.attempt(&"a", 3 * SECOND), Ok(()));
    }

    #[test]
    fn a_guesser_has_a_hundred_tries_a_day() {
        let lock = Softlock::new(USER_STEPS);
        let (mut now, mut tries) = (Duration::ZERO, 0);
        while now < FORGET_SPAN {
            match lock.attempt(&"a", now) {
                Ok(()) => tries += 1,
                Err(wait) => now += wait,
            }
        }
        assert_eq!(tries, 100);
    }

    #[test]
    fn an_address_is_slowed_and_never_locked_out() {
        let lock = Softlock::new(ADDRESS_STEPS);
        let mut now = Duration::ZERO;
        for _ in 0..1_000 {
            if let Err(wait) = lock.attempt(&"a", now) {
                assert!(wait <= 5 * SECOND);
                now += wait;
            }
        }
        lock.take_back(&"a");
        assert_eq!(lock.attempt(&"a", now), Ok(()));
    }
}

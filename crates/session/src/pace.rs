// SPDX-License-Identifier: Apache-2.0
//! How much a connection may send a second: a token bucket that holds a second's worth.

use std::time::Duration;

/// A bucket, as the moment at which it will be full again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace(Duration);

/// How much may come at once, in time.
const BURST: Duration = Duration::from_secs(1);

impl Pace {
    /// Takes one out; `false`: it is empty. `per_second` 0 is no bound.
    pub fn take(&mut self, now: Duration, per_second: u32) -> bool {
        let mut next = *self;
        next.charge(now, 1, per_second);
        let fits = next.0 <= now + BURST || per_second == 0;
        if fits {
            *self = next;
        }
        fits
    }

    /// Takes that many out, whether they are there or not.
    pub fn charge(&mut self, now: Duration, amount: u64, per_second: u32) {
        if per_second > 0 {
            let nanos = u128::from(amount) * 1_000_000_000 / u128::from(per_second);
            let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
            self.0 = self.0.max(now).saturating_add(Duration::from_nanos(nanos));
        }
    }

    /// That moment, in nanoseconds.
    pub(crate) fn as_nanos(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }

    /// The bucket that is full at that moment.
    pub(crate) fn from_nanos(nanos: u64) -> Self {
        Self(Duration::from_nanos(nanos))
    }

    /// Whether nothing of it is taken.
    pub fn is_full(&self, now: Duration) -> bool {
        self.0 <= now
    }

    /// Until when it is empty, if it is.
    pub fn rest(&self, now: Duration) -> Option<Duration> {
        let until = self.0.checked_sub(BURST)?;
        (until > now).then_some(until)
    }
}

/// What one connection has sent.
#[derive(Debug, Default)]
pub(crate) struct Paces {
    pub(crate) publishes: Pace,
    pub(crate) bytes: Pace,
    /// Messages dropped since it last kept the pace: one event tells of them.
    pub(crate) dropping: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_at_once_and_then_so_many_a_second() {
        let count = |pace: &mut Pace, at| (0..50).filter(|_| pace.take(at, 10)).count();
        let (mut pace, mut at) = (Pace::default(), Duration::from_secs(100));
        assert_eq!(count(&mut pace, at), 10);
        at += Duration::from_millis(500);
        assert_eq!(count(&mut pace, at), 5);
        at += Duration::from_secs(60);
        assert_eq!(count(&mut pace, at), 10);
        assert!((0..1_000).all(|_| Pace::default().take(at, 0)));
        let mut bytes = Pace::default();
        bytes.charge(at, 3_000, 1_000);
        assert_eq!(bytes.rest(at), Some(at + Duration::from_secs(2)));
        assert_eq!(bytes.rest(at + Duration::from_secs(2)), None);
    }
}
